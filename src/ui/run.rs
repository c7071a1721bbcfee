//! The window on a screen: the system's side of it.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use eframe::{App, CreationContext, NativeOptions};
use egui::{IconData, Ui, ViewportBuilder};
use egui_system_font_provider::SystemFontProvider;

use super::ending::Ending;
use super::files::SystemFiles;
use super::log::LogBook;
use super::model::Model;
use super::phase::Phase;
use super::repaint::{Mood, Pace, is_unseen};
use super::saver::Saver;
use super::secrets::Keeper;
use super::window::{Parts, Window};
use super::windowless::{self, Survivors};
use super::{EngineLink, Repaint, display, scheme, text, theme};
use crate::engine::ExitClass;
use crate::settings::{self, Instance, InstanceError, Settings, Store, Warning};
use crate::supervise;

/// Why there is no window, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one is open.
    #[error("{}", text::ALREADY_RUNNING)]
    AlreadyRunning,
    /// The system gives none.
    #[error("{}", text::no_window(_0))]
    NoWindow(String),
    /// The one that was open has gone, and no stream was running; why, in words.
    #[error("{0}")]
    Gone(&'static str),
}

/// Opens the window and returns when it has closed.
///
/// `start` makes the engine, and is given what the engine calls whenever there
/// is something new to draw. `log` is shown in the log panel; the time to the
/// first frame is counted from `started`.
pub fn run<L: EngineLink + 'static>(
    started: Instant,
    log: LogBook,
    start: impl FnOnce(Repaint) -> L + 'static,
) -> Result<(), Error> {
    let folder = settings::folder();
    let instance = folder.as_deref().map(Instance::claim);
    if let Some(Err(InstanceError::Running)) = instance {
        // Its window comes to the front; where that can't be, another says so.
        if !folder.as_deref().is_some_and(settings::call::call) {
            say_already_running()?;
        }
        return Err(Error::AlreadyRunning);
    }
    let (store, settings, warnings) = match &folder {
        Some(folder) => {
            let (store, settings, warnings) = Store::open(folder);
            (Some(store), settings, warnings)
        }
        None => (None, Settings::default(), Vec::new()),
    };
    let remembered = Remembered { folder, store, settings, warnings };
    let options = options(&remembered.settings);
    let survivors = Survivors::new();
    let kept = Rc::clone(&survivors);
    let create = move |creation: &CreationContext<'_>| {
        theme::install(&creation.egui_ctx);
        creation.egui_ctx.set_zoom_factor(remembered.settings.window.zoom);
        let pace = Pace::of(creation.gl.as_deref());
        let repaint = pace.repaint(&creation.egui_ctx);
        let gone = Rc::clone(&kept);
        display::when_gone(move || leave(&gone));
        answer_calls(remembered.folder.as_deref(), &creation.egui_ctx);
        let ending = kept.ending.clone();
        let window = window(remembered, log, ending, repaint, |repaint| kept.keep(start(repaint)))?;
        Ok(Box::new(OnScreen { window, pace, first: First::Awaited(started) }) as Box<dyn App>)
    };
    let shown = supervise::outlive(|| eframe::run_native(text::TITLE, options, Box::new(create)));
    match (shown, survivors.link()) {
        (Some(Ok(())), _) => Ok(()),
        (Some(Err(error)), None) => Err(no_window(error)),
        (None, None) => Err(Error::Gone(text::WINDOW_BROKE)),
        (Some(Err(error)), Some(link)) => {
            tracing::info!(%error, "the window's end");
            without_window(&*link, &survivors.ending, text::DISPLAY_GONE)
        }
        (None, Some(link)) => without_window(&*link, &survivors.ending, text::WINDOW_BROKE),
    }
}

/// The window has gone: a stream goes on without it.
fn without_window<L: EngineLink>(
    link: &L,
    ending: &Ending,
    why: &'static str,
) -> Result<(), Error> {
    if !Phase::of(&link.snapshot()).is_busy() {
        return Err(Error::Gone(why));
    }
    // For the terminal, where there is one.
    tracing::warn!("{}", text::goes_on_without_window(why));
    windowless::go_on(link, ending);
    Ok(())
}

/// The display has gone in a way that the toolkit can't return from.
fn leave<L: EngineLink>(survivors: &Survivors<L>) {
    let left = match survivors.link() {
        Some(link) => without_window(&*link, &survivors.ending, text::DISPLAY_GONE),
        None => Err(Error::Gone(text::DISPLAY_GONE)),
    };
    if let Err(error) = &left {
        tracing::error!("{error}");
    }
    let status = if left.is_ok() { 0 } else { ExitClass::Device.status() };
    std::process::exit(status.into());
}

/// Comes to the front whenever another start finds this one running.
fn answer_calls(folder: Option<&Path>, ctx: &egui::Context) {
    use egui::{UserAttentionType, ViewportCommand};
    let ctx = ctx.clone();
    let answer = move || {
        tracing::info!("another start asked for this window");
        ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
        ctx.send_viewport_cmd(ViewportCommand::Focus);
        // For desktops that let no program take the focus.
        let attention = UserAttentionType::Informational;
        ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(attention));
        ctx.request_repaint();
    };
    if let Some(Err(error)) = folder.map(|folder| settings::call::listen(folder, answer)) {
        tracing::debug!(%error, "other starts can't call this one");
    }
}

/// What the settings folder held.
struct Remembered {
    folder: Option<std::path::PathBuf>,
    store: Option<Store>,
    settings: Settings,
    warnings: Vec<Warning>,
}

fn window<L: EngineLink>(
    remembered: Remembered,
    log: LogBook,
    ending: Ending,
    repaint: Repaint,
    start: impl FnOnce(Repaint) -> L,
) -> std::io::Result<Window<L>> {
    let Remembered { folder, store, settings, warnings } = remembered;
    let saver = match store {
        Some(store) => Saver::start(store, Arc::clone(&repaint))?,
        None => Saver::none(),
    };
    let keeper = Keeper::in_folder(folder, Arc::clone(&repaint))?;
    ending.listen(Arc::clone(&repaint));
    Ok(Window::new(Parts {
        model: Model::new(settings, &warnings, log),
        link: start(Arc::clone(&repaint)),
        saver,
        keeper: Some(keeper),
        ending,
        files: Box::new(SystemFiles::new(repaint)),
    }))
}

/// The window as the system's event loop wants it.
struct OnScreen<L: EngineLink> {
    window: Window<L>,
    pace: Pace,
    first: First,
}

impl<L: EngineLink> OnScreen<L> {
    fn mood(&self, ctx: &egui::Context) -> Mood {
        let model = self.window.model();
        let busy = !matches!(model.phase, Phase::Ready | Phase::Failed(_) | Phase::Broken(_));
        let strained = model.snapshot.is_overloaded();
        ctx.input(|i| Mood {
            now: i.time,
            touched: !i.events.is_empty(),
            busy,
            unseen: is_unseen(i),
            strained,
        })
    }
}

impl<L: EngineLink> App for OnScreen<L> {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        if self.first.is_shown() {
            // Finding the system's fonts and wishes takes time that the first frame needs.
            ctx.add_font_provider(Arc::new(SystemFontProvider::new()));
            scheme::follow(ctx);
        }
        self.window.update(ctx);
        self.pace.follow(self.mood(ctx));
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.window.show(ui);
        self.first.drawn();
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        self.window.end();
    }

    /// What no panel covers is behind the picture: cleared with that colour it
    /// needs no painting.
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::Tokens::of(visuals.dark_mode).stage.to_normalized_gamma_f32()
    }
}

/// How long the first frame took, told once.
enum First {
    /// Counted from here.
    Awaited(Instant),
    /// Drawn, and on its way to the screen.
    Drawn(Instant),
    Told,
}

impl First {
    fn drawn(&mut self) {
        if let Self::Awaited(started) = self {
            *self = Self::Drawn(*started);
        }
    }

    /// The next frame begins when the first one is on the screen: true for that
    /// one alone.
    fn is_shown(&mut self) -> bool {
        let Self::Drawn(started) = self else { return false };
        let ms = started.elapsed().as_millis();
        tracing::debug!(ms, "first frame shown");
        *self = Self::Told;
        true
    }
}

fn options(settings: &Settings) -> NativeOptions {
    let window = &settings.window;
    let viewport = ViewportBuilder::default()
        .with_title(text::TITLE)
        .with_app_id("tallylight")
        .with_inner_size([window.width, window.height])
        .with_min_inner_size(settings::Window::SMALLEST)
        .with_maximized(window.maximized);
    let viewport = match icon() {
        Some(icon) => viewport.with_icon(icon),
        None => viewport,
    };
    // There are no gradients to dither, and it is work for each pixel.
    // Fonts of the system come after the first frame.
    NativeOptions {
        viewport,
        dithering: false,
        system_font_fallback: false,
        ..NativeOptions::default()
    }
}

/// The program's icon; no icon is no reason for no window.
fn icon() -> Option<IconData> {
    let png = include_bytes!("../../assets/tallylight.png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().ok()?;
    let mut rgba = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut rgba).ok()?;
    Some(IconData { rgba, width: info.width, height: info.height })
}

fn no_window(error: eframe::Error) -> Error {
    Error::NoWindow(error.to_string())
}

/// A small window that says that there is one already.
fn say_already_running() -> Result<(), Error> {
    let viewport = ViewportBuilder::default()
        .with_title(text::TITLE)
        .with_app_id("tallylight")
        .with_inner_size([380.0, 150.0])
        .with_resizable(false);
    let options = NativeOptions { viewport, ..NativeOptions::default() };
    let create = |creation: &CreationContext<'_>| {
        theme::install(&creation.egui_ctx);
        Ok(Box::new(AlreadyRunning) as Box<dyn App>)
    };
    eframe::run_native(text::TITLE, options, Box::new(create)).map_err(no_window)
}

struct AlreadyRunning;

impl App for AlreadyRunning {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let frame = egui::Frame::new()
            .fill(theme::tokens(ui).panel)
            .inner_margin(egui::Margin::same(theme::MARGIN));
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            ui.label(egui::RichText::new(text::ALREADY_RUNNING).font(theme::large()));
            ui.label(text::ALREADY_RUNNING_MORE);
            ui.add_space(14.0);
            let close = ui.add_sized([ui.available_width(), 34.0], egui::Button::new(text::CLOSE));
            close.request_focus();
            if close.clicked() || ui.input(|i| i.key_pressed(egui::Key::Escape)) {
                ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
            }
        });
    }
}

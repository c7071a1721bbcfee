//! The window on a screen: the system's side of it.

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
use super::{EngineLink, Repaint, scheme, text, theme};
use crate::settings::{self, Instance, InstanceError, Settings, Store, Warning};

/// Why there is no window, or none any more.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another one is open.
    #[error("{}", text::ALREADY_RUNNING)]
    AlreadyRunning,
    /// The system gives none.
    #[error("{}", text::no_window(_0))]
    NoWindow(String),
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
        say_already_running()?;
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
    let create = move |creation: &CreationContext<'_>| {
        theme::install(&creation.egui_ctx);
        creation.egui_ctx.set_zoom_factor(remembered.settings.window.zoom);
        let pace = Pace::of(creation.gl.as_deref());
        let window = window(remembered, log, start, pace.repaint(&creation.egui_ctx))?;
        Ok(Box::new(OnScreen { window, pace, first: First::Awaited(started) }) as Box<dyn App>)
    };
    eframe::run_native(text::TITLE, options, Box::new(create)).map_err(no_window)
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
    start: impl FnOnce(Repaint) -> L,
    repaint: Repaint,
) -> std::io::Result<Window<L>> {
    let Remembered { folder, store, settings, warnings } = remembered;
    let saver = match store {
        Some(store) => Saver::start(store, Arc::clone(&repaint))?,
        None => Saver::none(),
    };
    let keeper = Keeper::in_folder(folder, Arc::clone(&repaint))?;
    let ending = Ending::default();
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
        let busy = !matches!(model.phase, Phase::Ready | Phase::Failed(_));
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

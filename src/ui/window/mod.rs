//! The window as a whole: what happens in a frame, and in which order.

mod background;
mod focus;
mod layout;
mod requests;
mod size;

use std::time::Duration;

use egui::{Context, Ui, ViewportCommand};

use crate::engine::Command;
use crate::settings::{Settings, Theme};
use crate::supervise::Restarts;
use crate::ui::draft::Draft;
use crate::ui::edit;
use crate::ui::ending::Ending;
use crate::ui::files::Files;
use crate::ui::model::Model;
use crate::ui::panels;
use crate::ui::preview::Preview;
use crate::ui::repaint::is_unseen;
use crate::ui::saver::Saver;
use crate::ui::secrets::Keeper;
use crate::ui::widgets::Outbox;
use crate::ui::{EngineLink, text};
use focus::Focus;

/// What a window is made of.
pub struct Parts<L> {
    /// The engine.
    pub link: L,
    /// What is known at the start.
    pub model: Model,
    /// The settings file.
    pub saver: Saver,
    /// Keys and passwords.
    pub keeper: Option<Keeper>,
    /// File dialogs.
    pub files: Box<dyn Files>,
    /// The system's request to end.
    pub ending: Ending,
}

/// The window. It draws itself into any [`Ui`].
pub struct Window<L> {
    link: L,
    model: Model,
    saver: Saver,
    keeper: Option<Keeper>,
    files: Box<dyn Files>,
    ending: Ending,
    preview: Preview,
    saved: Saved,
    previewing: bool,
    frames: Frames,
    close_from: Option<f64>,
    title: &'static str,
    focus: Focus,
    /// It was looked whether the screen has room.
    fits: bool,
    /// Height of the panel with the large button.
    go_live_height: f32,
    /// The engine knows what is remembered.
    introduced: bool,
    /// When engines that had stopped by themselves were replaced.
    restarts: Restarts,
}

/// What is on the disk, what was there to save a frame ago, and since when that
/// has not changed.
struct Saved {
    settings: Settings,
    seen: Settings,
    draft: Draft,
    changed_at: Option<f64>,
    /// The last writing failed: the disk holds something older.
    is_lost: bool,
    /// Why it failed, each reason once.
    said: Vec<String>,
}

/// How far the window is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Frames {
    None,
    /// The first one is on its way to the screen.
    First,
    More,
}

impl<L: EngineLink> Window<L> {
    /// A window of these parts. The engine is told everything remembered before
    /// anything else, but not before the first frame: devices take time.
    pub fn new(parts: Parts<L>) -> Self {
        let Parts { link, model, saver, keeper, files, ending } = parts;
        let saved = Saved {
            settings: model.settings.clone(),
            seen: model.settings.clone(),
            draft: model.draft.clone(),
            changed_at: None,
            is_lost: false,
            said: Vec::new(),
        };
        Self {
            link,
            model,
            saver,
            keeper,
            files,
            ending,
            preview: Preview::default(),
            saved,
            previewing: false,
            frames: Frames::None,
            close_from: None,
            title: text::TITLE,
            focus: Focus::default(),
            fits: false,
            go_live_height: 0.0,
            introduced: false,
            restarts: Restarts::default(),
        }
    }

    /// What the window knows.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The engine.
    pub fn link(&self) -> &L {
        &self.link
    }

    /// Everything but drawing: runs also while the window can't be seen.
    pub fn update(&mut self, ctx: &Context) {
        self.start_the_rest();
        if self.frames == Frames::More {
            self.show_preview(!ctx.input(is_unseen));
            self.fit_screen(ctx);
        }
        self.model.observe(self.link.snapshot());
        self.replace_engine(ctx);
        self.take_answers(ctx);
        self.end_when_told(ctx);
        self.close_when_asked(ctx);
        self.save_when_settled(ctx);
        self.name_window(ctx);
    }

    /// Draws the window and carries out what its user asked for.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut out = Outbox::default();
        ui.ctx().set_theme(match self.model.settings.window.theme {
            Theme::System => egui::ThemePreference::System,
            Theme::Dark => egui::ThemePreference::Dark,
            Theme::Light => egui::ThemePreference::Light,
        });
        // A slow machine may find a paste and the keys after it in one frame: what was
        // pasted or typed comes first, and where a key's action goes is settled then.
        self.focus.resume(ui.ctx());
        self.paste_anywhere(ui.ctx());
        let mut keys = Outbox::default();
        self.shortcuts(ui.ctx(), &mut keys);
        self.layout(ui, &mut out);
        if self.frames == Frames::None {
            self.frames = Frames::First;
            // The next one begins when this one is on the screen.
            ui.ctx().request_repaint();
        }
        panels::dialogs::show(ui.ctx(), &self.model, &mut out);
        self.focus.note(ui.ctx(), self.model.view.dialog.is_some());
        for request in out.requests.into_iter().chain(keys.requests) {
            self.carry_out(ui.ctx(), request);
        }
    }

    /// The engine and the files are told that this is the end.
    pub fn end(&mut self) {
        self.keep_secrets();
        self.saver.save(&self.model.settings);
        self.saver.finish();
        self.wait_for_keys(Duration::from_secs(2));
        self.link.send(Command::Shutdown);
    }

    /// Waits until the keyring has done all that was asked of it, but not longer
    /// than `longest`.
    pub fn wait_for_keys(&self, longest: Duration) {
        if let Some(keeper) = &self.keeper {
            keeper.flush(longest);
        }
    }

    /// Opens the sources and looks for devices and keys once the window can be seen:
    /// all take time that the first frame needs.
    fn start_the_rest(&mut self) {
        if self.frames == Frames::First {
            self.frames = Frames::More;
            self.send(Command::RefreshDevices);
            self.load_secrets();
        }
    }

    /// Asks the engine; says so where it does not take it.
    fn send(&mut self, command: Command) -> bool {
        if !std::mem::replace(&mut self.introduced, true) {
            for remembered in edit::at_start(&self.model) {
                self.pass(remembered);
            }
        }
        self.pass(command)
    }

    fn pass(&mut self, command: Command) -> bool {
        let taken = self.link.send(command);
        if !taken {
            let fault = self.link.fault().map(|fault| fault.to_string());
            self.model.notify(fault.unwrap_or_else(|| text::ENGINE_BUSY.to_owned()));
        }
        taken
    }

    fn show_preview(&mut self, show: bool) {
        if show != self.previewing {
            let command = if show { Command::ShowPreview } else { Command::HidePreview };
            self.previewing = show;
            self.send(command);
        }
    }

    /// A window that is larger than its screen, as one remembered from another screen may
    /// be, fills it instead: its foot with Go Live would be out of sight.
    fn fit_screen(&mut self, ctx: &Context) {
        let screen = ctx.input(|i| i.viewport().monitor_size).filter(|_| !self.fits);
        let Some(screen) = screen else { return };
        self.fits = true;
        if size::is_too_large(ctx.viewport_rect().size(), screen) {
            ctx.send_viewport_cmd(ViewportCommand::Maximized(true));
        }
    }

    fn name_window(&mut self, ctx: &Context) {
        let title = text::title(&self.model.phase);
        if title != self.title {
            self.title = title;
            ctx.send_viewport_cmd(ViewportCommand::Title(title.to_owned()));
        }
    }
}

//! The window as a whole: what happens in a frame, and in which order.

mod background;
mod requests;

use std::time::Duration;

use egui::{CentralPanel, Context, Frame, Margin, Panel, ScrollArea, Ui, ViewportCommand};

use crate::engine::Command;
use crate::settings::{Settings, Theme};
use crate::ui::action::Action;
use crate::ui::draft::Draft;
use crate::ui::edit;
use crate::ui::ending::Ending;
use crate::ui::files::Files;
use crate::ui::model::Model;
use crate::ui::panels::{self, BELOW, SIDE};
use crate::ui::phase::Phase;
use crate::ui::preview::Preview;
use crate::ui::repaint::is_unseen;
use crate::ui::saver::Saver;
use crate::ui::secrets::Keeper;
use crate::ui::theme::{self, MARGIN, SIDE_WIDTH, tokens};
use crate::ui::widgets::{self, Outbox};
use crate::ui::{EngineLink, text};

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
    /// Height of the panel with the large button.
    go_live_height: f32,
    /// The engine knows what is remembered.
    introduced: bool,
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
    /// Why the last one that failed did.
    why: Option<String>,
}

/// How far the window is.
#[derive(Clone, Copy, PartialEq, Eq)]
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
            why: None,
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
            go_live_height: 0.0,
            introduced: false,
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
        }
        self.model.observe(self.link.snapshot());
        self.take_answers();
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

    fn layout(&mut self, ui: &mut Ui, out: &mut Outbox) {
        let panel = tokens(ui).panel;
        let frame = Frame::new().fill(panel).inner_margin(Margin::same(MARGIN));
        if !self.model.notices.is_empty() {
            let strip = Frame::new()
                .fill(tokens(ui).amber_ground)
                .inner_margin(Margin::symmetric(MARGIN, 8));
            Panel::top("notices").frame(strip).show_separator_line(false).show(ui, |ui| {
                panels::notices::show(ui, &self.model, out);
            });
        }
        let wide = ui.available_width() >= 1500.0;
        let width = if wide { SIDE_WIDTH + 60.0 } else { SIDE_WIDTH };
        let mut height = self.go_live_height;
        Panel::right("side")
            .exact_size(width)
            .resizable(false)
            .frame(Frame::new().fill(panel))
            .show(ui, |ui| {
                let inside = frame.fill(egui::Color32::TRANSPARENT);
                let go_live =
                    Panel::bottom("go live").resizable(false).frame(inside).show(ui, |ui| {
                        panels::go_live::show(ui, &self.model, out);
                    });
                height = go_live.response.rect.height();
                self.side(ui, out);
            });
        self.keep_place(ui.ctx(), height);
        let height = if ui.available_height() < 720.0 { 216.0 } else { 264.0 };
        let frame = frame.inner_margin(Margin { left: MARGIN, right: MARGIN, top: 8, bottom: 8 });
        Panel::bottom("below").exact_size(height).resizable(false).frame(frame).show(ui, |ui| {
            self.below(ui, out);
        });
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            panels::preview::show(ui, &self.model, &mut self.preview, out);
        });
    }

    /// A panel at the foot of others has the height of the frame before. One that
    /// has grown or shrunk is drawn once more, or its buttons would jump.
    fn keep_place(&mut self, ctx: &Context, height: f32) {
        let jumps = (height - self.go_live_height).abs() > 0.5;
        self.go_live_height = height;
        // The first frame is to be quick, and nobody can click it yet.
        if jumps && self.frames != Frames::None {
            ctx.request_discard("height");
        }
    }

    fn side(&self, ui: &mut Ui, out: &mut Outbox) {
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
            // The bar has its place in the margin.
            ui.spacing_mut().scroll.floating_allocated_width = 0.0;
            ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let inside = Frame::new().inner_margin(Margin::symmetric(MARGIN, 8));
                inside.show(ui, |ui| {
                    for (i, panel) in SIDE.iter().enumerate() {
                        if i > 0 {
                            ui.add_space(2.0);
                            ui.separator();
                        }
                        ui.push_id(panel.name, |ui| (panel.show)(ui, &self.model, out));
                    }
                });
            });
        });
    }

    /// Figures or log, with the buttons that choose between them.
    fn below(&self, ui: &mut Ui, out: &mut Outbox) {
        let shown = usize::from(self.model.settings.window.show_log);
        ui.horizontal(|ui| {
            for (i, action) in [Action::ShowHealth, Action::ShowLog].into_iter().enumerate() {
                let words = egui::RichText::new(action.label()).font(theme::heading());
                let tab = ui.add(egui::Button::selectable(i == shown, words));
                if widgets::explained(ui, tab, action).clicked() {
                    out.act(action);
                }
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                use crate::ui::icon::Icon;
                let model = &self.model;
                widgets::in_order(ui, 2, |ui| {
                    widgets::icon_button(ui, model, out, Action::NextTheme, Icon::Contrast, None);
                    widgets::icon_button(ui, model, out, Action::ShowKeys, Icon::Keyboard, None);
                });
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add_space(6.0);
                    panels::health::sentence(ui, model);
                });
            });
        });
        let panel = &BELOW[shown];
        ui.push_id(panel.name, |ui| (panel.show)(ui, &self.model, out));
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

    fn name_window(&mut self, ctx: &Context) {
        let title = if self.model.phase == Phase::Live { text::TITLE_LIVE } else { text::TITLE };
        if title != self.title {
            self.title = title;
            ctx.send_viewport_cmd(ViewportCommand::Title(title.to_owned()));
        }
    }
}

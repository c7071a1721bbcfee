//! Where the panels are.

use egui::{CentralPanel, Context, Frame, Margin, Panel, ScrollArea, Ui};

use super::size::Division;
use super::{Frames, Window};
use crate::settings::Theme;
use crate::ui::action::Action;
use crate::ui::edit::Edit;
use crate::ui::icon::Icon;
use crate::ui::model::Model;
use crate::ui::panels::{self, BELOW, SIDE};
use crate::ui::theme::{self, MARGIN, tokens};
use crate::ui::widgets::{self, Outbox};
use crate::ui::{EngineLink, text};

impl<L: EngineLink> Window<L> {
    pub(super) fn layout(&mut self, ui: &mut Ui, out: &mut Outbox) {
        let panel = tokens(ui).panel;
        let frame = Frame::new().fill(panel).inner_margin(Margin::same(MARGIN));
        let division = Division::of(ui.available_size());
        if !self.model.notices.is_empty() {
            let strip = Frame::new()
                .fill(tokens(ui).amber_ground)
                .inner_margin(Margin::symmetric(MARGIN, 8));
            Panel::top("notices").frame(strip).show_separator_line(false).show(ui, |ui| {
                scrolled(ui, division.words, |ui| panels::notices::show(ui, &self.model, out));
            });
        }
        let mut height = self.go_live_height;
        Panel::right("side")
            .exact_size(division.side)
            .resizable(false)
            .frame(Frame::new().fill(panel))
            .show(ui, |ui| {
                let inside = frame.fill(egui::Color32::TRANSPARENT);
                let go_live =
                    Panel::bottom("go live").resizable(false).frame(inside).show(ui, |ui| {
                        panels::go_live::show(ui, &self.model, division.words, out);
                    });
                height = go_live.response.rect.height();
                self.side(ui, out);
            });
        self.keep_place(ui.ctx(), height);
        let frame = frame.inner_margin(Margin { left: MARGIN, right: MARGIN, top: 8, bottom: 8 });
        let below = Panel::bottom("below").exact_size(division.below).resizable(false);
        below.frame(frame).show(ui, |ui| self.below(ui, out));
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
                let model = &self.model;
                widgets::in_order(ui, 2, |ui| {
                    themes(ui, model, out);
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
}

/// Up to `height`; what is longer scrolls.
fn scrolled(ui: &mut Ui, height: f32, contents: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, contents);
}

/// The button with the themes.
fn themes(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let themes = [Theme::System, Theme::Dark, Theme::Light];
    let button = widgets::square(ui, Icon::Contrast, Action::NextTheme.label(), None);
    let button = widgets::explained(ui, button, Action::NextTheme);
    let names = themes.map(text::theme_choice);
    widgets::menu(ui, &button, &names, |ui| {
        for (theme, name) in themes.into_iter().zip(names) {
            if widgets::choice(ui, theme == model.settings.window.theme, name, "") {
                out.edit(Edit::Theme(theme));
            }
        }
    });
}

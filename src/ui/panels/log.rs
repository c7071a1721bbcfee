//! What has happened, to read and to copy.

use egui::{FontSelection, ScrollArea, TextEdit, TextStyle, Ui};

use crate::ui::action::Action;
use crate::ui::model::Model;
use crate::ui::text;
use crate::ui::theme::tokens;
use crate::ui::widgets::{self, Outbox};

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    ui.horizontal(|ui| {
        widgets::action_button(ui, model, out, Action::CopyLog);
        widgets::action_button(ui, model, out, Action::SaveLog);
    });
    let log = model.log.text();
    if log.is_empty() {
        widgets::aside(ui, text::LOG_EMPTY);
        return;
    }
    let list = ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
        let font = FontSelection::from(TextStyle::Monospace);
        let mut shown = log.as_str();
        let field = TextEdit::multiline(&mut shown)
            .font(font)
            .text_color(tokens(ui).weak)
            .frame(egui::Frame::new())
            .desired_width(f32::INFINITY);
        ui.add(field).accessible_name(text::LOG)
    });
    // The text is longer than what is seen of it.
    widgets::focus_ring(ui, &list.inner.with_new_rect(list.inner_rect));
}

//! What the person should know once: settings that were wrong, a keyring that
//! is missing. Nothing here needs an answer.

use egui::accesskit::Live;
use egui::{Align, Label, Layout, RichText, Ui};

use crate::ui::action::Action;
use crate::ui::model::Model;
use crate::ui::theme::tokens;
use crate::ui::widgets::{self, Outbox};

/// Draws the strip; call it only while there are notices.
pub fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let tokens = tokens(ui);
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        widgets::action_button(ui, model, out, Action::DismissNotices);
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            // The first line is as high as the button beside it.
            let line = ui.text_style_height(&egui::TextStyle::Body);
            ui.add_space((ui.spacing().interact_size.y - line) / 2.0);
            for notice in &model.notices {
                let words = Label::new(RichText::new(notice).color(tokens.amber)).wrap();
                let label = ui.add(words);
                widgets::announce(ui, &label, notice, Live::Polite);
            }
        });
    });
}

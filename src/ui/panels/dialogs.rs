//! Questions and overviews above everything.

use egui::{
    Align, Button, Context, Frame, Id, Key, Layout, Modal, Modifiers, RichText, ScrollArea, Ui,
    Vec2,
};

use crate::ui::action::Action;
use crate::ui::model::{Dialog, Model};
use crate::ui::text;
use crate::ui::theme::{self, Tokens, tokens};
use crate::ui::widgets::{Outbox, Request};

/// How soon the second click of a double click comes, in seconds.
const DOUBLE_CLICK: f64 = 0.5;

/// Draws the open dialog, if one is.
pub fn show(ctx: &Context, model: &Model, out: &mut Outbox) {
    let Some(dialog) = model.view.dialog else { return };
    // A list that was open is not what the keys are for now.
    egui::Popup::close_all(ctx);
    let mut answer = None;
    let just_asked = is_just_asked(ctx, dialog);
    let frame =
        Frame::popup(&ctx.global_style()).inner_margin(ctx.global_style().spacing.window_margin);
    let modal = Modal::new(Id::unique("dialog")).frame(frame).show(ctx, |ui| match dialog {
        Dialog::Stop => question(ui, text::ASK_STOP, text::END_STREAM, &mut answer),
        Dialog::Close => question(ui, text::ASK_CLOSE, text::END_AND_CLOSE, &mut answer),
        Dialog::Keys => keys(ui, &mut answer),
    });
    if modal.should_close() {
        answer = Some(Request::CloseDialog);
    }
    let by_pointer = ctx.input(|i| i.pointer.any_released());
    if let Some(answer) = answer.filter(|_| !(just_asked && by_pointer)) {
        out.ask(answer);
    }
}

/// The second click of the double click that asked is no answer, wherever it lands.
fn is_just_asked(ctx: &Context, dialog: Dialog) -> bool {
    let id = Id::unique("asked");
    let (now, pass) = (ctx.input(|i| i.time), ctx.cumulative_pass_nr());
    ctx.data_mut(|data| {
        let (asked, since, last): (Dialog, f64, u64) =
            data.get_temp(id).unwrap_or((dialog, now, pass));
        let goes_on = asked == dialog && last + 1 >= pass;
        let since = if goes_on { since } else { now };
        data.insert_temp(id, (dialog, since, pass));
        now - since < DOUBLE_CLICK
    })
}

/// A question whose safe answer has the keyboard.
fn question(ui: &mut Ui, words: &str, yes: &str, answer: &mut Option<Request>) {
    ui.set_width(340.0);
    ui.label(RichText::new(words).font(theme::large()));
    ui.label(RichText::new(text::ASK_STOP_MORE).color(tokens(ui).weak));
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let width = (ui.available_width() - ui.spacing().item_spacing.x) / 2.0;
        let keep = ui.add_sized([width, 40.0], Button::new(text::KEEP_STREAMING));
        if ui.memory(|memory| memory.focused()).is_none() {
            keep.request_focus();
        }
        let live = Tokens::of(ui.visuals().dark_mode).live;
        let end = RichText::new(yes).font(theme::heading()).color(theme::ON_COLOR);
        let end = ui.add_sized([width, 40.0], Button::new(end).fill(live));
        if keep.clicked() {
            *answer = Some(Request::CloseDialog);
        }
        if end.clicked() {
            *answer = Some(Request::Confirm);
        }
    });
}

/// An action and its key, at both ends of a line.
fn key(ui: &mut Ui, action: Action) {
    let size = Vec2::new(ui.available_width(), 30.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.label(text::full_name(action));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let key = ui.ctx().format_shortcut(&action.shortcut());
            ui.label(RichText::new(key).color(tokens(ui).weak));
        });
    });
}

/// All actions and their keys.
fn keys(ui: &mut Ui, answer: &mut Option<Request>) {
    let width = (ui.ctx().content_rect().width() - 76.0).min(660.0);
    // Two groups, read downwards, so that all are seen at once where there is room.
    let groups = if width >= 560.0 { 2 } else { 1 };
    ui.set_width(width);
    ui.label(RichText::new(text::KEYS).font(theme::large()));
    ui.add_space(6.0);
    let height = ui.ctx().content_rect().height() - 170.0;
    let list = ScrollArea::vertical().auto_shrink([false, true]).max_height(height.max(120.0));
    list.show(ui, |ui| {
        let rows = Action::ALL.len().div_ceil(groups);
        ui.spacing_mut().item_spacing.x = 40.0;
        ui.columns(groups, |columns| {
            for (column, actions) in columns.iter_mut().zip(Action::ALL.chunks(rows)) {
                column.spacing_mut().item_spacing.y = 1.0;
                for action in actions {
                    key(column, *action);
                }
            }
        });
    });
    ui.add_space(8.0);
    let close = ui.add_sized([ui.available_width(), 34.0], Button::new(text::CLOSE));
    if ui.memory(|memory| memory.focused()).is_none() {
        close.request_focus();
    }
    let enter = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
    if close.clicked() || enter {
        *answer = Some(Request::CloseDialog);
    }
}

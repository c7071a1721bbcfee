//! Buttons for actions, and what they say when something was copied.

use egui::accesskit::{Live, Role};
use egui::{
    Align, Button, Color32, Context, Id, Layout, Response, Sense, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo,
};

use super::Outbox;
use crate::ui::action::Action;
use crate::ui::icon::Icon;
use crate::ui::model::Model;
use crate::ui::text;
use crate::ui::theme::{self, tokens};

/// The side of a square button, in points.
pub const SQUARE: f32 = 28.0;

/// So long a button says that it has copied, in seconds.
const COPIED_FOR: f64 = 1.5;

/// What is left of a line that ends with a square button.
pub fn beside_square(ui: &Ui) -> f32 {
    ui.available_width() - SQUARE - ui.spacing().item_spacing.x
}

/// Square buttons at the right end of a line that is filled from there: `count` of
/// them, drawn and reached with Tab from left to right.
pub fn in_order(ui: &mut Ui, count: u8, buttons: impl FnOnce(&mut Ui)) {
    let count = f32::from(count);
    let width = SQUARE * count + ui.spacing().item_spacing.x * (count - 1.0);
    let size = Vec2::new(width, SQUARE);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), buttons);
}

/// What was copied last, and when on the window's clock.
fn copied_id() -> Id {
    Id::unique("copied")
}

/// Lets the button of `action` say that it has copied.
pub fn show_copied(ctx: &Context, action: Action) {
    let now = ctx.input(|i| i.time);
    ctx.data_mut(|data| data.insert_temp(copied_id(), (action, now)));
}

/// Whether the button of `action` says so now; asks for the frame in which it ends.
fn is_copied(ui: &Ui, action: Action) -> bool {
    let copied = ui.data(|data| data.get_temp::<(Action, f64)>(copied_id()));
    let Some((_, at)) = copied.filter(|(other, _)| *other == action) else { return false };
    let left = at + COPIED_FOR - ui.input(|i| i.time);
    if left > 0.0 {
        ui.ctx().request_repaint_after_secs(left as f32);
    }
    left > 0.0
}

/// Screen readers say by themselves that it was copied.
fn announce_copied(ui: &Ui, response: &Response) {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(Live::Polite));
}

/// A button for `action` with its words on it.
pub fn action_button(ui: &mut Ui, model: &Model, out: &mut Outbox, action: Action) -> Response {
    let copied = is_copied(ui, action);
    let words = if copied { text::COPIED } else { action.label() };
    let mut shown = Button::new(words);
    if copied {
        // What stands beside it stays where it is.
        let font = egui::TextStyle::Button.resolve(ui.style());
        let label = ui.painter().layout_no_wrap(action.label().to_owned(), font, Color32::WHITE);
        let padding = 2.0 * ui.spacing().button_padding.x;
        shown = shown.min_size(Vec2::new(label.size().x + padding, 0.0));
    }
    let button = ui.add_enabled(action.is_possible(model), shown);
    if copied {
        announce_copied(ui, &button);
    }
    if button.clicked() {
        out.act(action);
    }
    explained(ui, button, action)
}

/// A square button for `action` with a picture on it. `on` is a toggle's
/// position.
pub fn icon_button(
    ui: &mut Ui,
    model: &Model,
    out: &mut Outbox,
    action: Action,
    icon: Icon,
    on: Option<bool>,
) -> Response {
    icon_button_in(ui, model, out, action, icon, on, None)
}

/// The same with a picture of another colour.
pub fn icon_button_in(
    ui: &mut Ui,
    model: &Model,
    out: &mut Outbox,
    action: Action,
    icon: Icon,
    on: Option<bool>,
    color: Option<Color32>,
) -> Response {
    let enabled = action.is_possible(model);
    let copied = is_copied(ui, action);
    let (icon, name) = match on {
        _ if copied => (Icon::Tick, text::COPIED),
        Some(true) => (icon, text::toggled(action)),
        _ => (icon, action.label()),
    };
    let color = if copied { Some(tokens(ui).ready) } else { color };
    let button = ui.add_enabled_ui(enabled, |ui| square_in(ui, icon, name, on, color)).inner;
    if copied {
        announce_copied(ui, &button);
    }
    if button.clicked() {
        out.act(action);
    }
    explained(ui, button, action)
}

/// A square button with a picture on it.
pub fn square(ui: &mut Ui, icon: Icon, name: &str, on: Option<bool>) -> Response {
    square_in(ui, icon, name, on, None)
}

fn square_in(
    ui: &mut Ui,
    icon: Icon,
    name: &str,
    on: Option<bool>,
    color: Option<Color32>,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(SQUARE), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| match on {
        Some(on) => WidgetInfo::selected(Role::Button, enabled, on, name),
        None => WidgetInfo::labeled(Role::Button, enabled, name),
    });
    if ui.is_rect_visible(rect) {
        let look = ui.style().interact(&response);
        let tokens = tokens(ui);
        let lit = on == Some(true);
        let fill = match response.hovered() || response.has_focus() || lit {
            true => look.weak_bg_fill,
            false => Color32::TRANSPARENT,
        };
        let outline = if response.has_focus() { look.bg_stroke } else { Stroke::NONE };
        let color = color.unwrap_or(if lit { tokens.text } else { tokens.weak });
        ui.painter().rect(rect, theme::RADIUS, fill, outline, StrokeKind::Inside);
        icon.paint(ui.painter(), rect, color);
    }
    response
}

/// The tooltip of an action's button: what it does, and its key.
pub fn explained(ui: &Ui, response: Response, action: Action) -> Response {
    // It would stand above the question that has come between.
    let top = ui.ctx().memory(|memory| memory.top_modal_layer());
    if top.is_some_and(|top| top != ui.layer_id()) {
        return response;
    }
    let key = ui.ctx().format_shortcut(&action.shortcut());
    let words = format!("{}  ({key})", action.tooltip());
    response.on_hover_text(&words).on_disabled_hover_text(&words)
}

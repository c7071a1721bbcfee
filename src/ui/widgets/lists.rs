//! Drop-down lists.

use egui::accesskit::Role;
use egui::style::ScrollAnimation;
use egui::{
    Align, AtomExt as _, Atoms, Button, IntoAtoms as _, Response, RichText, Ui, UiKind, Vec2,
    WidgetInfo,
};

use super::{has_appeared, inner_name};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, tokens};

/// A drop-down list with its name inside. `choices` draws the list.
pub fn picker(
    ui: &mut Ui,
    id: &str,
    name: &str,
    chosen: &str,
    width: f32,
    choices: impl FnOnce(&mut Ui),
) -> Response {
    let shown = (inner_name(ui, name), RichText::new(chosen).atom_shrink(true));
    combo(ui, id, name, chosen, shown.into_atoms(), width, choices)
}

/// A drop-down list whose choices speak for themselves: its name is said to
/// screen readers only.
pub fn plain_picker(
    ui: &mut Ui,
    id: &str,
    name: &str,
    chosen: &str,
    width: f32,
    choices: impl FnOnce(&mut Ui),
) -> Response {
    let shown = RichText::new(chosen).atom_shrink(true);
    combo(ui, id, name, chosen, shown.into_atoms(), width, choices)
}

fn combo(
    ui: &mut Ui,
    id: &str,
    name: &str,
    chosen: &str,
    shown: Atoms<'_>,
    width: f32,
    choices: impl FnOnce(&mut Ui),
) -> Response {
    let combo = egui::ComboBox::from_id_salt(id)
        .selected_text(shown)
        .width(width)
        .height(room_for_list(ui))
        .truncate()
        .icon(|ui, rect, look, _| Icon::Down.paint(ui.painter(), rect, look.fg_stroke.color));
    let response = combo.show_ui(ui, choices).response;
    take_keyboard_back(ui, &response, egui::ComboBox::is_open(ui.ctx(), response.id));
    let response = super::locked(ui, response);
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, enabled, name);
        info.current_text_value = Some(chosen.to_owned());
        info
    });
    response
}

/// A list below `button` that is as wide as the widest of `names`.
pub fn menu(ui: &Ui, button: &Response, names: &[&str], choices: impl FnOnce(&mut Ui)) {
    let popup = egui::Popup::menu(button);
    let id = popup.get_id();
    let width = list_width(ui, names);
    popup.show(|ui| {
        ui.set_width(width);
        choices(ui);
    });
    take_keyboard_back(ui, button, egui::Popup::is_id_open(ui.ctx(), id));
}

fn list_width(ui: &Ui, names: &[&str]) -> f32 {
    let font = egui::TextStyle::Button.resolve(ui.style());
    let width = |name: &&str| {
        let galley = ui.painter().layout_no_wrap((*name).to_owned(), font.clone(), theme::ON_COLOR);
        galley.size().x
    };
    let widest = names.iter().map(width).fold(0.0, f32::max);
    widest.ceil() + 2.0 * ui.spacing().button_padding.x
}

/// A list that the keyboard has closed leaves it with what opened the list.
fn take_keyboard_back(ui: &Ui, button: &Response, is_open: bool) {
    let id = button.id.with("open");
    let was_open = ui.data_mut(|data| {
        let was_open = data.get_temp::<bool>(id).unwrap_or_default();
        data.insert_temp(id, is_open);
        was_open
    });
    let by_pointer = ui.input(|i| i.pointer.any_released() || i.pointer.any_pressed());
    if was_open && !is_open && !by_pointer {
        button.request_focus();
    }
}

/// How high a list can be, above or below where the next widget will be.
fn room_for_list(ui: &Ui) -> f32 {
    let window = ui.ctx().content_rect();
    let top = ui.cursor().top();
    let below = window.bottom() - top - ui.spacing().interact_size.y;
    let frame = 2.0 * (f32::from(ui.spacing().menu_margin.top) + 4.0);
    below.max(top - window.top()) - frame
}

/// The arrows start at the choice that is in force, where the keyboard opened the list.
fn start_here(ui: &Ui, chosen: &Response) {
    if ui.memory(|memory| memory.focused().is_some()) {
        chosen.request_focus();
    }
}

/// One choice in a drop-down list.
pub fn choice(ui: &mut Ui, chosen: bool, words: &str, aside: &str) -> bool {
    let width = ui.available_width();
    let mut button = Button::selectable(chosen, words).min_size(Vec2::new(width, 28.0));
    if !aside.is_empty() {
        let aside = RichText::new(aside).font(theme::small()).color(tokens(ui).weak);
        button = button.right_text(aside);
    }
    let response = ui.add(button);
    let clicked = response.clicked();
    // What scrolls by itself: a list without a bar would scroll what is below it.
    let scrolls = ui.stack().contained_in(UiKind::ScrollArea);
    if chosen && has_appeared(ui, ui.layer_id().id.with("chosen")) {
        if scrolls {
            response.scroll_to_me_animation(Some(Align::Center), ScrollAnimation::none());
        }
        start_here(ui, &response);
    }
    if clicked {
        // A click by a screen reader has no place outside the list.
        ui.close();
    }
    clicked
}

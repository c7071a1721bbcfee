//! Parts that several panels are made of.

use egui::accesskit::Role;
use egui::{
    Align, AtomExt as _, Atoms, Button, Color32, Frame, Id, IntoAtoms as _, Label, Layout, Margin,
    Rect, Response, RichText, Sense, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo,
};

use super::action::Action;
use super::edit::Edit;
use super::icon::Icon;
use super::model::Model;
use super::text;
use super::theme::{self, tokens};

/// What panels ask for while they draw; carried out after the last of them.
#[derive(Debug, Default)]
pub struct Outbox {
    pub(super) requests: Vec<Request>,
}

/// One wish of a panel.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Request {
    /// An action.
    Do(Action),
    /// A choice.
    Edit(Edit),
    /// The server field was left.
    SettleServer,
    /// An address was pasted where no field is.
    PasteAddress(String),
    /// A question was answered with yes.
    Confirm,
    /// A question was answered with no, or an overview closed.
    CloseDialog,
}

impl Outbox {
    /// Asks for an action.
    pub fn act(&mut self, action: Action) {
        self.requests.push(Request::Do(action));
    }

    /// Asks for a choice.
    pub fn edit(&mut self, edit: Edit) {
        self.requests.push(Request::Edit(edit));
    }

    pub(super) fn ask(&mut self, request: Request) {
        self.requests.push(request);
    }
}

/// The heading of a panel, with something at its right end.
pub fn heading(ui: &mut Ui, words: &str, right: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new(words).font(theme::heading()).color(tokens(ui).text));
        label.widget_info(|| WidgetInfo::labeled(Role::Heading, true, words));
        ui.with_layout(Layout::right_to_left(Align::Center), right);
    });
}

/// A line of text beside more important ones.
pub fn aside(ui: &mut Ui, words: &str) -> Response {
    ui.add(Label::new(RichText::new(words).font(theme::small()).color(tokens(ui).weak)).wrap())
}

/// A button for `action` with its words on it.
pub fn action_button(ui: &mut Ui, model: &Model, out: &mut Outbox, action: Action) -> Response {
    let button = ui.add_enabled(action.is_possible(model), Button::new(action.label()));
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
    let enabled = action.is_possible(model);
    let name = if on == Some(true) { text::toggled(action) } else { action.label() };
    let button = ui.add_enabled_ui(enabled, |ui| square(ui, icon, name, on)).inner;
    if button.clicked() {
        out.act(action);
    }
    explained(ui, button, action)
}

/// A square button with a picture on it.
pub fn square(ui: &mut Ui, icon: Icon, name: &str, on: Option<bool>) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(28.0), Sense::click());
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
        let color = if lit { tokens.text } else { tokens.weak };
        ui.painter().rect(rect, theme::RADIUS, fill, outline, StrokeKind::Inside);
        icon.paint(ui.painter(), rect, color);
    }
    response
}

/// The tooltip of an action's button: what it does, and its key.
pub fn explained(ui: &Ui, response: Response, action: Action) -> Response {
    let key = ui.ctx().format_shortcut(&action.shortcut());
    let words = format!("{}  ({key})", action.tooltip());
    response.on_hover_text(&words).on_disabled_hover_text(&words)
}

/// A text field of the whole width under its name. Gives the new text.
pub fn text_field(
    ui: &mut Ui,
    id: Id,
    name: &str,
    value: &str,
    hint: &str,
    width: f32,
) -> (Response, Option<String>) {
    field(ui, id, name, value, hint, width, false)
}

/// A text field that shows dots.
pub fn masked_field(
    ui: &mut Ui,
    id: Id,
    name: &str,
    value: &str,
    hint: &str,
    width: f32,
) -> (Response, Option<String>) {
    field(ui, id, name, value, hint, width, true)
}

fn field(
    ui: &mut Ui,
    id: Id,
    name: &str,
    value: &str,
    hint: &str,
    width: f32,
    masked: bool,
) -> (Response, Option<String>) {
    let mut text = value.to_owned();
    let field = TextEdit::singleline(&mut text)
        .id(id)
        .prefix(inner_name(ui, name))
        .hint_text(hint)
        .password(masked)
        .desired_width(width)
        .margin(Margin::symmetric(9, 6))
        .min_size(Vec2::new(0.0, 28.0))
        .align(egui::Align2::LEFT_CENTER);
    let response = ui.add(field).accessible_name(name);
    let changed = response.changed().then_some(text);
    (response, changed)
}

/// A sentence on a coloured ground.
pub fn sentence(ui: &mut Ui, words: &str, color: Color32, ground: Color32) -> Response {
    let frame = Frame::new()
        .fill(ground)
        .corner_radius(theme::RADIUS)
        .inner_margin(Margin::symmetric(10, 7));
    let inner = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(words).color(color)).wrap())
    });
    inner.inner
}

/// Words on a coloured pill, such as LIVE. Drawn at `rect`'s left top.
pub fn pill(
    ui: &mut Ui,
    at: egui::Pos2,
    words: &str,
    fill: Color32,
    lamp: Option<Color32>,
) -> Rect {
    let galley = ui.painter().layout_no_wrap(words.to_owned(), theme::heading(), theme::ON_COLOR);
    let lamp_width = if lamp.is_some() { 15.0 } else { 0.0 };
    let size = Vec2::new(galley.size().x + lamp_width + 20.0, 26.0);
    let rect = Rect::from_min_size(at, size);
    let response = ui.interact(rect, ui.scope_id().with(("pill", words.len())), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
    ui.painter().rect_filled(rect, theme::RADIUS, fill);
    if let Some(lamp) = lamp {
        let center = rect.left_center() + Vec2::new(14.0, 0.0);
        ui.painter().circle_filled(center, 4.0, lamp);
    }
    let text_at = rect.left_center() + Vec2::new(10.0 + lamp_width, -galley.size().y / 2.0);
    ui.painter().galley(text_at, galley, theme::ON_COLOR);
    rect
}

/// A figure with its name below, for a row of them.
pub fn figure(ui: &mut Ui, width: f32, name: &str, value: &str, color: Color32, more: &str) {
    let weak = tokens(ui).weak;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 34.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {value}")));
    if !more.is_empty() {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(more));
    }
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    painter.text(rect.left_top(), egui::Align2::LEFT_TOP, value, theme::figure(), color);
    painter.text(rect.left_bottom(), egui::Align2::LEFT_BOTTOM, name, theme::small(), weak);
    if !more.is_empty() {
        response.on_hover_text(more);
    }
}

/// The name of a field, inside it at its left end.
fn inner_name(ui: &Ui, name: &str) -> RichText {
    RichText::new(name).font(theme::small()).color(tokens(ui).faint)
}

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
        .truncate()
        .icon(|ui, rect, look, _| Icon::Down.paint(ui.painter(), rect, look.fg_stroke.color));
    let response = combo.show_ui(ui, choices).response;
    let enabled = ui.is_enabled();
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, enabled, name);
        info.current_text_value = Some(chosen.to_owned());
        info
    });
    response
}

/// One choice in a drop-down list.
pub fn choice(ui: &mut Ui, chosen: bool, words: &str, aside: &str) -> bool {
    let width = ui.available_width();
    let mut button = Button::selectable(chosen, words).min_size(Vec2::new(width, 28.0));
    if !aside.is_empty() {
        let aside = RichText::new(aside).font(theme::small()).color(tokens(ui).weak);
        button = button.right_text(aside);
    }
    let clicked = ui.add(button).clicked();
    if clicked {
        // A click by a screen reader has no place outside the list.
        ui.close();
    }
    clicked
}

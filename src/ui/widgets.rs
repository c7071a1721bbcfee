//! Parts that several panels are made of.

use egui::accesskit::{Live, Role};
use egui::style::ScrollAnimation;
use egui::{
    Align, AtomExt as _, Atoms, Button, Color32, Context, Frame, Id, IntoAtoms as _, Label, Layout,
    Margin, Rect, Response, RichText, Sense, Stroke, StrokeKind, TextEdit, Ui, UiKind, Vec2,
    WidgetInfo,
};

use super::action::Action;
use super::edit::Edit;
use super::icon::Icon;
use super::model::Model;
use super::text;
use super::theme::{self, tokens};

/// The side of a square button, in points.
pub const SQUARE: f32 = 28.0;

/// So long a button says that it has copied, in seconds.
const COPIED_FOR: f64 = 1.5;

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

/// Square buttons at the right end of a line that is filled from there: `count` of
/// them, drawn and reached with Tab from left to right.
pub fn in_order(ui: &mut Ui, count: u8, buttons: impl FnOnce(&mut Ui)) {
    let count = f32::from(count);
    let width = SQUARE * count + ui.spacing().item_spacing.x * (count - 1.0);
    let size = Vec2::new(width, SQUARE);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), buttons);
}

/// Marks what has the keyboard, where its widget does not.
pub fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let ring = theme::ring(ui.visuals().dark_mode);
        ui.painter().rect_stroke(response.rect, theme::RADIUS, ring, StrokeKind::Inside);
    }
}

/// Whether what `id` stands for was not drawn a moment ago. Ask once a frame.
pub fn has_appeared(ui: &Ui, id: Id) -> bool {
    // The first pass finds out how large it is, the second shows it.
    const PASSES: u8 = 2;
    let now = ui.ctx().cumulative_pass_nr();
    ui.data_mut(|data| {
        let (last, count): (u64, u8) = data.get_temp(id).unwrap_or_default();
        let count = if last + 1 >= now { count.saturating_add(1) } else { 1 };
        data.insert_temp(id, (now, count));
        count <= PASSES
    })
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

/// A line of text beside more important ones.
pub fn aside(ui: &mut Ui, words: &str) -> Response {
    ui.add(Label::new(RichText::new(words).font(theme::small()).color(tokens(ui).weak)).wrap())
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
    focus_ring(ui, &response);
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
    let tokens = tokens(ui);
    let color = if ui.is_enabled() { tokens.faint } else { tokens.between() };
    RichText::new(name).font(theme::small()).color(color)
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
        .height(room_for_list(ui))
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

/// How high a list can be, above or below where the next widget will be.
fn room_for_list(ui: &Ui) -> f32 {
    let window = ui.ctx().content_rect();
    let top = ui.cursor().top();
    let below = window.bottom() - top - ui.spacing().interact_size.y;
    let frame = 2.0 * (f32::from(ui.spacing().menu_margin.top) + 4.0);
    below.max(top - window.top()) - frame
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
    if chosen && scrolls && has_appeared(ui, ui.layer_id().id.with("chosen")) {
        response.scroll_to_me_animation(Some(Align::Center), ScrollAnimation::none());
    }
    if clicked {
        // A click by a screen reader has no place outside the list.
        ui.close();
    }
    clicked
}

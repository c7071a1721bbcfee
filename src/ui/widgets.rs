//! Parts that several panels are made of.

mod buttons;
mod lists;
mod passing;
mod typed;

use egui::accesskit::{Live, Role};
use egui::{
    Align, Color32, Frame, Id, Label, Layout, Margin, Rect, Response, RichText, Sense, StrokeKind,
    TextEdit, Ui, Vec2, WidgetInfo,
};

use super::action::Action;
use super::draft::Entered;
use super::edit::Edit;
use super::text;
use super::theme::{self, tokens};

pub use buttons::{
    SQUARE, action_button, beside_square, explained, icon_button, icon_button_in, in_order,
    show_copied, square,
};
pub use lists::{choice, menu, picker, plain_picker};
pub use passing::{passing, say_in_passing};
pub use typed::Typed;

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
    /// The key field, or one beside it, was left.
    SettleKey,
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

/// Marks what has the keyboard, where its widget does not.
pub fn focus_ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let ring = theme::ring(ui.visuals().dark_mode);
        ui.painter().rect_stroke(response.rect, theme::RADIUS, ring, StrokeKind::Inside);
    }
}

/// Says of a field that can't be used why: the stream runs.
pub fn locked(ui: &Ui, response: Response) -> Response {
    if ui.is_enabled() {
        return response;
    }
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(text::LOCKED_WHILE_LIVE);
    });
    response.on_disabled_hover_text(text::LOCKED_WHILE_LIVE)
}

/// Tells screen readers that `label` changes by itself; `words` are what is said.
pub fn announce(ui: &Ui, label: &Response, words: &str, how: Live) {
    ui.ctx().accesskit_node_builder(label.id, |node| {
        node.set_role(Role::Status);
        node.set_label(words);
        node.set_live(how);
    });
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

/// A line of text beside more important ones.
pub fn aside(ui: &mut Ui, words: &str) -> Response {
    ui.add(Label::new(RichText::new(words).font(theme::small()).color(tokens(ui).weak)).wrap())
}

/// A text field of the whole width under its name. Gives the new text.
pub fn text_field(
    ui: &mut Ui,
    id: Id,
    name: &str,
    value: &str,
    hint: &str,
    width: f32,
) -> (Response, Option<Entered>) {
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
) -> (Response, Option<Entered>) {
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
) -> (Response, Option<Entered>) {
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
    let response = locked(ui, response);
    let changed = response.changed().then(|| Entered { text, pasted: put_in(ui) });
    (response, changed)
}

/// What this frame put into a field at once: a paste, or a value that an assistive
/// program has set.
fn put_in(ui: &Ui) -> Option<String> {
    let whole = |event: &egui::Event| match event {
        egui::Event::Paste(text) => Some(text.clone()),
        egui::Event::AccessKitActionRequest(request) => match &request.data {
            Some(egui::accesskit::ActionData::Value(text)) => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    };
    ui.input(|i| i.events.iter().rev().find_map(whole))
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

/// The height of a figure, in points.
pub const FIGURE: f32 = 34.0;

/// A figure with its name below, for a row of them.
pub fn figure(ui: &mut Ui, width: f32, name: &str, value: &str, color: Color32, more: &str) {
    let weak = tokens(ui).weak;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, FIGURE), Sense::hover());
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

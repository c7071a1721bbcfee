//! The one large button, with the state above it and failures above that.

use egui::accesskit::{Live, Role};
use egui::{
    Align, Color32, FontId, Layout, Rect, Response, RichText, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo,
};

use crate::engine::Fault;
use crate::settings::Input;
use crate::ui::action::Action;
use crate::ui::address::Check;
use crate::ui::icon::Icon;
use crate::ui::model::Model;
use crate::ui::phase::{self, Phase};
use crate::ui::text;
use crate::ui::theme::{self, tokens};
use crate::ui::widgets::{self, Outbox, announce};

/// So long after Go Live a click on the same spot is the second of a double
/// click, not a wish to stop. In seconds.
const DOUBLE_CLICK: f64 = 0.6;

/// What the failure's text keeps free for the button that closes it, in points.
const CROSS: f32 = 34.0;

/// Draws the panel. A failure scrolls beyond `height`.
pub fn show(ui: &mut Ui, model: &Model, height: f32, out: &mut Outbox) {
    if let Some(fault) = &model.failure {
        failure(ui, model, fault, height, out);
    }
    test_signal(ui, model);
    state(ui, model);
    ui.horizontal(|ui| {
        let now = matches!(model.phase, Phase::Reconnecting { .. });
        let beside = if now { 128.0 + ui.spacing().item_spacing.x } else { 0.0 };
        let width = ui.available_width() - beside;
        button(ui, model, width, out);
        if now {
            reconnect_now(ui, model, out);
        }
    });
}

/// What happened and what to do about it.
fn failure(ui: &mut Ui, model: &Model, fault: &Fault, height: f32, out: &mut Outbox) {
    let tokens = tokens(ui);
    let frame = egui::Frame::new()
        .fill(tokens.error_ground)
        .corner_radius(theme::RADIUS)
        .inner_margin(egui::Margin::symmetric(10, 8));
    let card = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let beside = if model.phase.is_idle() { CROSS } else { 0.0 };
        ui.set_max_width(ui.available_width() - beside);
        ScrollArea::vertical().max_height(height).show(ui, |ui| failure_words(ui, model, fault));
    });
    if model.phase.is_idle() {
        let corner = card.response.rect.right_top() + Vec2::new(-32.0, 4.0);
        let rect = Rect::from_min_size(corner, Vec2::splat(widgets::SQUARE));
        let mut over = ui.new_child(egui::UiBuilder::new().max_rect(rect));
        if widgets::square(&mut over, Icon::Cross, text::DISMISS, None).clicked() {
            out.act(Action::DismissNotices);
        }
    }
}

fn failure_words(ui: &mut Ui, model: &Model, fault: &Fault) {
    let tokens = tokens(ui);
    let sentence = model.log.without_secrets(&fault.sentence());
    let words = RichText::new(&sentence).color(tokens.error);
    let label = ui.add(egui::Label::new(words).wrap().selectable(true));
    announce(ui, &label, &sentence, Live::Assertive);
    let remedy = if model.phase.is_idle() { fault.last_remedy() } else { fault.remedy() };
    let remedy = RichText::new(format!("{remedy}.")).color(tokens.text);
    ui.add(egui::Label::new(remedy).wrap());
}

/// A person with a camera who streams to others rarely means the test signal.
fn test_signal(ui: &mut Ui, model: &Model) {
    let has_camera = !model.snapshot.camera.choices.is_empty();
    let is_test = model.settings.sources.camera == Input::Test;
    if is_test && has_camera && !model.service().is_this_computer() {
        widgets::aside(ui, text::TEST_SIGNAL_IS_SENT);
    }
}

/// The lamp, the state in words, the time.
fn state(ui: &mut Ui, model: &Model) {
    let tokens = tokens(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::new(14.0, 24.0), Sense::hover());
        let is_ready = Action::GoLive.is_possible(model) || !model.phase.is_idle();
        let lamp = if is_ready { lamp(ui, &model.phase) } else { tokens.faint };
        ui.painter().circle_filled(rect.center(), 5.0, lamp);
        // The clock first: words take what is left.
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if model.phase.is_on_air() {
                let clock = text::clock(phase::live(&model.snapshot));
                ui.label(RichText::new(clock).font(theme::figure()).color(tokens.text));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| state_words(ui, model));
        });
    });
}

fn state_words(ui: &mut Ui, model: &Model) {
    let missing = missing(model);
    let state = missing.clone().unwrap_or_else(|| text::state(&model.phase));
    let words = RichText::new(&state).font(theme::figure());
    let label = ui.add(egui::Label::new(words).truncate());
    let said = missing.unwrap_or_else(|| text::announced(&model.phase));
    announce(ui, &label, &said, Live::Polite);
    if said != state {
        ui.ctx().accesskit_node_builder(label.id, |node| node.set_description(state));
    }
}

/// What has to be entered before Go Live.
fn missing(model: &Model) -> Option<String> {
    let has_server = match model.check() {
        _ if !model.phase.is_idle() => return None,
        _ if !model.has_source() => return Some(text::MISSING_SOURCE.to_owned()),
        Check::Empty => false,
        Check::NoKey(_) => true,
        Check::Wrong(error) => return Some(text::wrong(&error).to_owned()),
        Check::BuiltIn | Check::Fine(_) => return None,
    };
    Some(text::missing(model.service(), has_server).to_owned())
}

fn lamp(ui: &Ui, phase: &Phase) -> Color32 {
    let tokens = tokens(ui);
    match phase {
        Phase::Ready => tokens.ready,
        Phase::Connecting { .. } | Phase::Reconnecting { .. } | Phase::Stopping => tokens.amber,
        Phase::Live => tokens.live,
        Phase::Failed(_) | Phase::Broken(_) => tokens.error,
        Phase::Ended => tokens.faint,
    }
}

fn button(ui: &mut Ui, model: &Model, width: f32, out: &mut Outbox) {
    let action = if model.phase.is_idle() { Action::GoLive } else { Action::Stop };
    let (label, more) = text::button(&model.phase, &model.service().name);
    let possible = action.is_possible(model);
    let response =
        ui.add_enabled_ui(possible, |ui| large(ui, label, &more, width, look(ui, model))).inner;
    let response = widgets::explained(ui, response, action);
    if response.clicked() && !is_double_click(ui, model) {
        out.act(action);
    }
}

/// Fill, fill under the pointer, outline and text of the large button.
struct Look {
    fill: [Color32; 2],
    outline: Color32,
    text: Color32,
}

fn look(ui: &Ui, model: &Model) -> Look {
    let tokens = tokens(ui);
    let quiet =
        |outline| Look { fill: [tokens.raised, tokens.hovered], outline, text: tokens.text };
    match &model.phase {
        Phase::Ready | Phase::Failed(_) if !Action::GoLive.is_possible(model) => {
            Look { fill: [tokens.raised; 2], outline: tokens.line, text: tokens.weak }
        }
        Phase::Ready | Phase::Failed(_) => {
            Look { fill: tokens.go, outline: Color32::TRANSPARENT, text: theme::ON_COLOR }
        }
        Phase::Live => quiet(tokens.live),
        _ => quiet(tokens.amber),
    }
}

fn large(ui: &mut Ui, label: &str, more: &str, width: f32, look: Look) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 56.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, label));
    if !more.is_empty() {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(more));
    }
    if ui.is_rect_visible(rect) {
        let fill = look.fill[usize::from(response.hovered())];
        let outline = match response.has_focus() {
            true => Stroke::new(2.5, tokens(ui).focus),
            false => Stroke::new(1.5, look.outline),
        };
        ui.painter().rect(rect, 8.0, fill, outline, StrokeKind::Inside);
        let at = |offset: f32| rect.center() + Vec2::new(0.0, offset);
        let line = |y: f32, words: &str, font: FontId, color: Color32| {
            ui.painter().text(at(y), egui::Align2::CENTER_CENTER, words, font, color);
        };
        if more.is_empty() {
            line(0.0, label, theme::large(), look.text);
        } else {
            line(-8.0, label, theme::large(), look.text);
            line(14.0, more, theme::small(), look.text.gamma_multiply(0.85));
        }
    }
    response
}

fn reconnect_now(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let action = Action::ReconnectNow;
    let button =
        egui::Button::new(RichText::new(text::reconnect_now(&model.phase)).font(theme::heading()));
    let button = ui.add_sized([128.0, 56.0], button);
    let button = widgets::explained(ui, button, action);
    if button.clicked() && action.is_possible(model) {
        out.act(action);
    }
}

fn is_double_click(ui: &Ui, model: &Model) -> bool {
    let now = ui.input(|i| i.time);
    !model.phase.is_idle()
        && model.view.went_live_at.is_some_and(|pressed| now - pressed < DOUBLE_CLICK)
}

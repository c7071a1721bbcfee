//! The picture as it goes out, with the tally around it.

use egui::accesskit::{Live, Role};
use egui::{
    Align2, Color32, Frame, Margin, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
    pos2,
};

use crate::engine::Fault;
use crate::settings::Input;
use crate::ui::action::Action;
use crate::ui::icon::Icon;
use crate::ui::model::Model;
use crate::ui::phase::{self, Phase};
use crate::ui::preview::Preview;
use crate::ui::text;
use crate::ui::theme::{self, Tokens, tokens};
use crate::ui::widgets::{self, Outbox};

/// The tally border, in points.
const BORDER: f32 = 4.0;

/// Silence that long is worth a warning, in seconds.
const SILENCE: u64 = 5;

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &Model, preview: &mut Preview, out: &mut Outbox) {
    let area = ui.available_rect_before_wrap();
    let response = ui.allocate_rect(area, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, text::PREVIEW));
    let picture = picture(ui, model, preview, area);
    tally(ui, &model.phase, picture);
    state_pill(ui, model, picture);
    mirror_button(ui, model, picture, out);
    warnings(ui, model, picture);
}

/// Draws the picture in the middle of `area` and gives its place.
fn picture(ui: &Ui, model: &Model, preview: &mut Preview, area: Rect) -> Rect {
    let output = &model.settings.output;
    let inner = area.shrink(BORDER);
    let frame = model.snapshot.preview.as_ref();
    let side = frame.map_or(Vec2::new(output.width as f32, output.height as f32), |frame| {
        let layout = frame.picture.layout();
        Vec2::new(layout.width as f32, layout.height as f32)
    });
    let rect = letterboxed(side, inner);
    let off = model.settings.sources.camera == Input::Off;
    match frame.filter(|_| !off) {
        Some(frame) if ui.is_rect_visible(rect) => {
            let pixels = rect.size() * ui.pixels_per_point();
            let texture = preview.texture(ui.ctx(), frame, pixels);
            let uv = match model.settings.sources.mirror_preview {
                true => Rect::from_min_max(pos2(1.0, 0.0), pos2(0.0, 1.0)),
                false => Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)),
            };
            ui.painter().image(texture.id(), rect, uv, Color32::WHITE);
        }
        _ => {
            preview.clear();
            // The sound's source can fail like that too, beside a picture to come.
            let none = model.snapshot.camera.status.is_none();
            let fails =
                none && model.snapshot.faults.iter().any(|f| matches!(f, Fault::Source { .. }));
            let words = match (off, fails) {
                (true, _) => text::NO_PICTURE,
                (false, true) => text::PICTURE_FAILED,
                (false, false) => text::NO_PICTURE_YET,
            };
            let faint = Color32::from_gray(150);
            ui.painter().rect_filled(rect, 0.0, Color32::BLACK);
            ui.painter().text(rect.center(), Align2::CENTER_CENTER, words, theme::figure(), faint);
        }
    }
    rect
}

/// The largest place of these proportions within `area`, on whole points.
pub fn letterboxed(side: Vec2, area: Rect) -> Rect {
    let scale = (area.width() / side.x).min(area.height() / side.y).max(0.0);
    let rect = Rect::from_center_size(area.center(), side * scale);
    Rect::from_min_max(rect.min.round(), rect.max.round())
}

fn tally(ui: &Ui, phase: &Phase, picture: Rect) {
    let color = match phase {
        Phase::Live => tokens(ui).live,
        Phase::Connecting { .. } | Phase::Reconnecting { .. } => Tokens::over_picture().amber,
        _ => return,
    };
    let stroke = Stroke::new(BORDER, color);
    ui.painter().rect_stroke(picture, 0.0, stroke, StrokeKind::Outside);
}

/// LIVE with the running time, or that this is the preview.
fn state_pill(ui: &mut Ui, model: &Model, picture: Rect) {
    let tokens = tokens(ui);
    let at = picture.left_top() + Vec2::splat(10.0);
    let live = phase::live(&model.snapshot);
    match &model.phase {
        Phase::Live => {
            let words = format!("{}  {}", text::LIVE, text::clock(live));
            widgets::pill(ui, at, &words, tokens.live, Some(theme::ON_COLOR));
        }
        phase if phase.is_on_air() => {
            let amber = Tokens::over_picture().amber;
            widgets::pill(ui, at, text::OFF_AIR, theme::OVER_PICTURE, Some(amber));
        }
        _ => {
            widgets::pill(ui, at, text::PREVIEW_PILL, theme::OVER_PICTURE, None);
        }
    }
}

fn mirror_button(ui: &mut Ui, model: &Model, picture: Rect, out: &mut Outbox) {
    let corner = picture.right_top() + Vec2::new(-38.0, 10.0);
    let rect = Rect::from_min_size(corner, Vec2::splat(widgets::SQUARE));
    ui.painter().rect_filled(rect, theme::RADIUS, theme::OVER_PICTURE);
    let mut over = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    // The picture is dark or bright by itself: the dark look fits both.
    over.style_mut().visuals = ui.ctx().style_of(egui::Theme::Dark).visuals.clone();
    let on = Some(model.settings.sources.mirror_preview);
    let action = Action::ToggleMirrorPreview;
    widgets::icon_button(&mut over, model, out, action, Icon::MirrorView, on);
}

/// What is wrong with picture and sound, and what has just been done, at the picture's foot.
fn warnings(ui: &mut Ui, model: &Model, picture: Rect) {
    let amber = Tokens::over_picture().amber;
    let warnings = current_warnings(model).into_iter().map(|warning| (warning, amber));
    let passing = widgets::passing(ui).map(|words| (Warning::of(words), theme::ON_COLOR));
    let words: Vec<_> = warnings.chain(passing).collect();
    if words.is_empty() {
        return;
    }
    let line = 30.0;
    let width = picture.width() - 20.0;
    let top = picture.bottom() - 8.0 - line * words.len() as f32;
    let rect = Rect::from_min_size(pos2(picture.left() + 10.0, top), Vec2::new(width, 0.0));
    let mut over = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    over.spacing_mut().item_spacing.y = 4.0;
    for (warning, color) in words {
        let frame = Frame::new()
            .fill(theme::OVER_PICTURE)
            .corner_radius(theme::RADIUS)
            .inner_margin(Margin::symmetric(10, 4));
        frame.show(&mut over, |ui| {
            let words = egui::RichText::new(&warning.shown).font(theme::heading()).color(color);
            let label = ui.add(egui::Label::new(words).truncate());
            widgets::announce(ui, &label, &warning.said, Live::Polite);
        });
    }
}

/// What is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// As it is read.
    pub shown: String,
    /// As it is said aloud: once, without what counts up.
    pub said: String,
}

impl Warning {
    fn of(words: impl Into<String>) -> Self {
        let shown = words.into();
        Self { said: shown.clone(), shown }
    }
}

/// The warnings of this moment, worst first.
pub fn current_warnings(model: &Model) -> Vec<Warning> {
    let snapshot = &model.snapshot;
    let faults = snapshot.faults.iter().filter(|fault| is_of_the_picture(fault));
    let mut warnings: Vec<Warning> =
        faults.map(|fault| Warning::of(model.log.without_secrets(&fault.to_string()))).collect();
    warnings.extend(sound_warning(model));
    warnings.extend(picture_warning(model));
    warnings.truncate(4);
    warnings
}

fn sound_warning(model: &Model) -> Option<Warning> {
    let levels = &model.snapshot.levels;
    if model.settings.sources.microphone == Input::Off {
        None
    } else if levels.muted {
        Some(Warning::of(text::WARN_MUTED))
    } else {
        let silent = (levels.silent_for.as_secs() >= SILENCE).then_some(levels.silent_for)?;
        Some(Warning { shown: text::warn_silent(silent), said: text::WARN_SILENT.into() })
    }
}

fn picture_warning(model: &Model) -> Option<Warning> {
    let (snapshot, camera) = (&model.snapshot, &model.settings.sources.camera);
    let is_still = matches!(camera, Input::File(_));
    // What is shown in a camera's place stands still as well.
    let has_fault = snapshot.faults.iter().any(|fault| matches!(fault, Fault::Camera { .. }));
    if *camera == Input::Off {
        None
    } else if snapshot.video.black {
        Some(Warning::of(text::WARN_BLACK))
    } else {
        let stands = snapshot.video.frozen && !is_still && !has_fault;
        stands.then(|| Warning::of(text::WARN_FROZEN))
    }
}

/// Whether it is to be read where the picture is.
fn is_of_the_picture(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Camera { .. }
            | Fault::Microphone { .. }
            | Fault::Source { .. }
            | Fault::Overloaded { .. }
            | Fault::Internal { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_keeps_its_proportions() {
        let area = Rect::from_min_size(Pos2::ZERO, Vec2::new(800.0, 800.0));
        let wide = letterboxed(Vec2::new(1280.0, 720.0), area);
        assert_eq!(wide, Rect::from_min_max(pos2(0.0, 175.0), pos2(800.0, 625.0)));
        let tall = letterboxed(Vec2::new(720.0, 1280.0), area);
        assert_eq!((tall.width(), tall.height()), (450.0, 800.0));
        let none = letterboxed(Vec2::new(720.0, 1280.0), Rect::NOTHING);
        assert!(none.width() <= 0.0 || none.width().is_nan());
    }
}

//! What is made of picture and sound: a preset, and its values one by one.

use std::ops::RangeInclusive;

use egui::accesskit::Live;
use egui::{Align, DragValue, Grid, Id, Ui};

use crate::media::{FrameRate, limits};
use crate::settings::{Output, PRESETS};
use crate::ui::action::Action;
use crate::ui::edit::Edit;
use crate::ui::icon::Icon;
use crate::ui::model::Model;
use crate::ui::text;
use crate::ui::theme::{self, tokens};
use crate::ui::widgets::{self, Outbox, Typed};

/// Sizes to choose from, in pixels.
const SIZES: [(u32, u32); 8] = [
    (640, 360),
    (854, 480),
    (960, 540),
    (1280, 720),
    (1600, 900),
    (1920, 1080),
    (720, 1280),
    (1080, 1920),
];

/// Rates to choose from.
const RATES: [FrameRate; 6] = [
    FrameRate::whole(24),
    FrameRate::whole(25),
    FrameRate { num: 30_000, den: 1_001 },
    FrameRate::whole(30),
    FrameRate::whole(50),
    FrameRate::whole(60),
];

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    widgets::heading(ui, text::OUTPUT, |ui| {
        let on = Some(model.view.output_details);
        widgets::icon_button(ui, model, out, Action::ToggleOutputDetails, Icon::Sliders, on);
    });
    let busy = model.phase.is_busy();
    ui.add_enabled_ui(!busy, |ui| presets(ui, model, out));
    service_limits(ui, model, out);
    if model.view.output_details {
        let all = ui.scope(|ui| {
            details(ui, model, out);
            if busy {
                widgets::aside(ui, text::NOT_WHILE_LIVE);
            }
        });
        if widgets::has_appeared(ui, Id::unique("output details")) {
            // What was asked for is seen, where the column is too short for all.
            all.response.scroll_to_me(Some(Align::BOTTOM));
        }
    }
}

fn presets(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let output = &model.settings.output;
    let width = ui.available_width();
    let limits = model.service().limits();
    widgets::plain_picker(ui, "preset", text::PRESET, &text::preset(output), width, |ui| {
        ui.set_min_width(380.0);
        for preset in PRESETS {
            let fitted = preset.output(&limits, output.adaptive);
            let name = format!("{}, {}", text::preset_name(preset.id), text::preset_use(preset));
            let aside = text::output_summary(&fitted);
            if widgets::choice(ui, output.preset == preset.id, &name, &aside) {
                out.edit(Edit::Preset(preset.id.to_owned()));
            }
        }
        let custom = text::preset_name(Output::CUSTOM);
        if widgets::choice(ui, output.preset == Output::CUSTOM, custom, "") {
            out.edit(Edit::Preset(Output::CUSTOM.to_owned()));
            if !model.view.output_details {
                out.act(Action::ToggleOutputDetails);
            }
        }
    });
}

fn details(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let output = &model.settings.output;
    let busy = model.phase.is_busy();
    let gap = 12.0;
    let width = ui.available_width() - names_width(ui) - gap;
    Grid::new("output details").num_columns(2).spacing([gap, 6.0]).show(ui, |ui| {
        row(ui, text::SIZE, !busy, |ui| size(ui, width, output, out));
        row(ui, text::FPS, !busy, |ui| rate(ui, width, output, out));
        row(ui, text::VIDEO_KBPS, true, |ui| {
            let mut video = output.video_kbps;
            // The running encoder takes no more.
            let most =
                model.snapshot.most_kbps.filter(|_| busy).unwrap_or(*limits::VIDEO_KBPS.end());
            ui.set_width(width);
            if kbps(ui, text::VIDEO_KBPS, *limits::VIDEO_KBPS.start()..=most, &mut video) {
                out.edit(Edit::VideoKbps(video));
            }
        });
        row(ui, text::AUDIO_KBPS, !busy, |ui| {
            let mut audio = output.audio_kbps;
            ui.set_width(width);
            if kbps(ui, text::AUDIO_KBPS, limits::AUDIO_KBPS, &mut audio) {
                out.edit(Edit::AudioKbps(audio));
            }
        });
        row(ui, text::KEYFRAME, !busy, |ui| {
            ui.set_width(width);
            keyframe(ui, output, out);
        });
        let sources = &model.settings.sources;
        row(ui, text::PICTURE_DELAY, true, |ui| {
            ui.set_width(width);
            if let Some(ms) = delay(ui, text::PICTURE_DELAY, sources.camera_delay_ms) {
                out.edit(Edit::CameraDelay(ms));
            }
        });
        row(ui, text::SOUND_DELAY, true, |ui| {
            ui.set_width(width);
            if let Some(ms) = delay(ui, text::SOUND_DELAY, sources.microphone_delay_ms) {
                out.edit(Edit::MicrophoneDelay(ms));
            }
        });
    });
    let mut adaptive = output.adaptive;
    let adapts = ui.add_enabled(!busy, egui::Checkbox::new(&mut adaptive, text::ADAPTIVE));
    if adapts.on_disabled_hover_text(text::NOT_WHILE_LIVE).changed() {
        out.edit(Edit::Adaptive(adaptive));
    }
}

/// The width of the widest name of a value.
fn names_width(ui: &Ui) -> f32 {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let width = |name: &str| {
        let galley = ui.painter().layout_no_wrap(name.to_owned(), font.clone(), theme::ON_COLOR);
        galley.size().x
    };
    let names = [
        text::SIZE,
        text::FPS,
        text::VIDEO_KBPS,
        text::AUDIO_KBPS,
        text::KEYFRAME,
        text::PICTURE_DELAY,
        text::SOUND_DELAY,
    ];
    names.into_iter().map(width).fold(0.0, f32::max).ceil()
}

fn row(ui: &mut Ui, name: &str, enabled: bool, value: impl FnOnce(&mut Ui)) {
    ui.colored_label(tokens(ui).weak, name);
    ui.add_enabled_ui(enabled, value);
    ui.end_row();
}

fn size(ui: &mut Ui, width: f32, output: &Output, out: &mut Outbox) {
    let name = |(width, height): (u32, u32)| format!("{width}×{height}");
    let now = (output.width, output.height);
    widgets::plain_picker(ui, "size", text::SIZE, &name(now), width, |ui| {
        for size in SIZES {
            if widgets::choice(ui, size == now, &name(size), "") {
                out.edit(Edit::Size(size.0, size.1));
            }
        }
    });
}

fn rate(ui: &mut Ui, width: f32, output: &Output, out: &mut Outbox) {
    widgets::plain_picker(ui, "rate", text::FPS, &output.fps.to_string(), width, |ui| {
        for rate in RATES {
            if widgets::choice(ui, rate == output.fps, &rate.to_string(), "") {
                out.edit(Edit::Fps(rate));
            }
        }
    });
}

/// The field of a bitrate.
fn kbps(ui: &mut Ui, name: &'static str, range: RangeInclusive<u32>, value: &mut u32) -> bool {
    let (least, most) = range.into_inner();
    let typed = Typed {
        name,
        width: ui.available_width(),
        range: least.into()..=most.into(),
        limit: text::limit(least, most, text::KBPS_SUFFIX),
    };
    // A point moves it by a part of what there is to choose from.
    let speed = if most > 1_000 { 25.0 } else { 1.0 };
    typed.show(ui, DragValue::new(value).speed(speed).suffix(text::KBPS_SUFFIX))
}

fn keyframe(ui: &mut Ui, output: &Output, out: &mut Outbox) {
    let mut seconds = output.keyframe_s;
    let (least, most) = limits::KEYFRAME_S.into_inner();
    let typed = Typed {
        name: text::KEYFRAME,
        width: ui.available_width(),
        range: f64::from(least)..=f64::from(most),
        limit: text::limit(least, most, text::SECONDS_SUFFIX),
    };
    let field = DragValue::new(&mut seconds).speed(0.05).max_decimals(1);
    if typed.show(ui, field.suffix(text::SECONDS_SUFFIX)) {
        out.edit(Edit::Keyframe(seconds));
    }
}

/// How much later a track is to come, where that was changed.
fn delay(ui: &mut Ui, name: &'static str, now: i32) -> Option<i32> {
    let mut ms = now;
    let (least, most) = limits::DELAY_MS.into_inner();
    let typed = Typed {
        name,
        width: ui.available_width(),
        range: f64::from(least)..=f64::from(most),
        limit: text::limit(least, most, text::MS_SUFFIX),
    };
    let field = DragValue::new(&mut ms).speed(1.0).suffix(text::MS_SUFFIX);
    let row = ui.scope(|ui| typed.show(ui, field));
    row.response.on_hover_text(text::DELAY_WHY);
    (ms != now).then_some(ms)
}

/// What the service does not take, with the way out beside it.
fn service_limits(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let (service, output) = (model.service(), &model.settings.output);
    let limits = service.limits();
    if service.portrait && output.width > output.height {
        widgets::aside(ui, &text::shown_upright(&service.name));
    }
    if output.is_within(&limits) {
        return;
    }
    let tokens = tokens(ui);
    let words = text::over_limits(service, output, &limits);
    let warning = widgets::sentence(ui, &words, tokens.amber, tokens.amber_ground);
    widgets::announce(ui, &warning, &words, Live::Polite);
    if model.phase.is_busy() {
        return;
    }
    let button = ui.button(text::fit(output, &limits));
    if widgets::has_appeared(ui, Id::unique("limits")) {
        warning.union(button.clone()).scroll_to_me(None);
    }
    if widgets::explained(ui, button, Action::FitOutput).clicked() {
        out.act(Action::FitOutput);
    }
}

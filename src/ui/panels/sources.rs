//! Picture and sound in: pickers, gain, mute, meter, and what is wrong.

use egui::{
    DragValue, Event, Id, Key, MouseWheelUnit, Rect, Response, RichText, Sense, Slider,
    SliderClamping, Ui, Vec2, remap_clamp,
};

use crate::engine::SourceSnapshot;
use crate::settings::{Input, Sources};
use crate::ui::action::Action;
use crate::ui::channels::{self, CHOICES};
use crate::ui::edit::Edit;
use crate::ui::icon::Icon;
use crate::ui::meter;
use crate::ui::model::Model;
use crate::ui::text;
use crate::ui::theme::{self, tokens};
use crate::ui::widgets::{self, Outbox};

/// What the slider and a notch of the wheel change, in decibels.
const GAIN_STEP: f64 = 0.5;

/// Height of the slider's handle, in points.
const HANDLE: f32 = 22.0;

/// What a notch of the wheel is where it is told in points.
const LINE: f32 = 40.0;

/// A turn of the wheel so soon after the last one belongs to it, in seconds.
const STILL_SCROLLING: f64 = 0.7;

/// The picture path field's identity.
fn path_id() -> Id {
    Id::unique("picture path")
}

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    widgets::heading(ui, text::SOURCES, |ui| {
        widgets::in_order(ui, 2, |ui| {
            let on = Some(model.settings.sources.mirror);
            widgets::icon_button(ui, model, out, Action::ToggleMirror, Icon::Mirror, on);
            widgets::icon_button(ui, model, out, Action::RefreshDevices, Icon::Refresh, None);
        });
    });
    camera(ui, model, out);
    microphone(ui, model, out);
    from_next_stream(ui, model);
    delivery(ui, [&model.snapshot.camera, &model.snapshot.microphone]);
    sound(ui, model, out);
}

fn camera(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let sources = &model.settings.sources;
    let choices = &model.snapshot.camera.choices;
    let chosen = match &sources.camera {
        Input::Test => text::TEST_SIGNAL.to_owned(),
        Input::Default => text::DEFAULT_CAMERA.to_owned(),
        Input::File(_) => text::PICTURE.to_owned(),
        Input::Off => text::NO_CAMERA.to_owned(),
        Input::Device(id) => device_name(&model.snapshot.camera, id, &sources.camera_name),
    };
    let width = ui.available_width();
    let picker = widgets::picker(ui, "camera", text::CAMERA, &chosen, width, |ui| {
        let mut pick = |ui: &mut Ui, input: Input, name: &str| {
            if widgets::choice(ui, sources.camera == input, name, "") {
                out.edit(Edit::Camera(input, name.to_owned()));
            }
        };
        pick(ui, Input::Test, text::TEST_SIGNAL);
        pick(ui, Input::Default, text::DEFAULT_CAMERA);
        for (id, name) in choices.iter() {
            pick(ui, Input::Device(id.clone()), name);
        }
        ui.separator();
        let is_picture = matches!(sources.camera, Input::File(_));
        let picture = widgets::choice(ui, is_picture, text::PICTURE, "");
        pick(ui, Input::Off, text::NO_CAMERA);
        if picture {
            out.act(Action::ChoosePicture);
        }
    });
    if picker.clicked() {
        out.act(Action::RefreshDevices);
    }
    match &sources.camera {
        Input::File(path) => picture_path(ui, model, &path.to_string_lossy(), out),
        // It is being typed.
        _ if model.view.picture_path.is_some() => picture_path(ui, model, "", out),
        _ => {}
    }
}

fn picture_path(ui: &mut Ui, model: &Model, path: &str, out: &mut Outbox) {
    ui.horizontal(|ui| {
        let width = widgets::beside_square(ui);
        let name = text::PICTURE_PATH;
        let typed = model.view.picture_path.as_deref().unwrap_or(path);
        let (field, changed) =
            widgets::text_field(ui, path_id(), name, typed, text::PICTURE_HINT, width);
        if let Some(path) = changed {
            out.edit(Edit::PicturePath(path.text));
        } else if field.lost_focus() {
            // Enter asks for the file once more: it may be there by now.
            let again = ui.input(|i| i.key_pressed(Key::Enter));
            out.edit(Edit::Picture { again });
        }
        widgets::icon_button(ui, model, out, Action::ChoosePicture, Icon::Folder, None);
    });
}

fn microphone(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let sources = &model.settings.sources;
    let choices = &model.snapshot.microphone.choices;
    let chosen = match &sources.microphone {
        Input::Test | Input::File(_) => text::TEST_SIGNAL.to_owned(),
        Input::Default => text::DEFAULT_MICROPHONE.to_owned(),
        Input::Off => text::NO_MICROPHONE.to_owned(),
        Input::Device(asked) => {
            let name = device_name(&model.snapshot.microphone, asked, &sources.microphone_name);
            let channels = CHOICES.into_iter().find(|(option, _)| channels::of(asked) == *option);
            match channels {
                Some(("", _)) | None => name,
                Some((_, words)) => text::device_channels(&name, words),
            }
        }
    };
    let width = ui.available_width();
    let picker = widgets::picker(ui, "microphone", text::MICROPHONE, &chosen, width, |ui| {
        let mut pick = |ui: &mut Ui, input: Input, name: &str| {
            if widgets::choice(ui, sources.microphone == input, name, "") {
                out.edit(Edit::Microphone(input, name.to_owned()));
            }
        };
        pick(ui, Input::Test, text::TEST_SIGNAL);
        pick(ui, Input::Default, text::DEFAULT_MICROPHONE);
        for (id, name) in choices.iter() {
            // With its channels as they were chosen.
            let asked = match &sources.microphone {
                Input::Device(asked) if channels::device(asked) == id => asked,
                _ => id,
            };
            pick(ui, Input::Device(asked.clone()), name);
        }
        ui.separator();
        pick(ui, Input::Off, text::NO_MICROPHONE);
        microphone_channels(ui, model, out);
    });
    if picker.clicked() {
        out.act(Action::RefreshDevices);
    }
}

/// Which channels of the chosen device are heard.
fn microphone_channels(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let sources = &model.settings.sources;
    let Input::Device(asked) = &sources.microphone else { return };
    ui.separator();
    for (option, words) in CHOICES {
        if widgets::choice(ui, channels::of(asked) == option, words, "") {
            let input = Input::Device(channels::with(asked, option));
            out.edit(Edit::Microphone(input, sources.microphone_name.clone()));
        }
    }
}

/// Mute, gain and meter.
fn sound(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let sources = &model.settings.sources;
    if sources.microphone == Input::Off {
        return;
    }
    ui.horizontal(|ui| {
        // What is so, not what was asked for.
        let muted = model.snapshot.levels.muted;
        let icon = if muted { Icon::MicrophoneOff } else { Icon::Microphone };
        // Viewers hear nothing: that is an error more often than it is meant.
        let alarm = (muted && model.phase.is_on_air()).then_some(tokens(ui).error);
        let action = Action::ToggleMute;
        widgets::icon_button_in(ui, model, out, action, icon, Some(muted), alarm);
        gain(ui, sources.gain_db, out);
    });
    let width = ui.available_width();
    meter::show(ui, width, &model.snapshot.levels);
}

/// The gain as a slider and as a number, up to the column's end.
fn gain(ui: &mut Ui, set: f32, out: &mut Outbox) {
    let figure = Vec2::new(74.0, widgets::SQUARE);
    let rail = ui.available_width() - figure.x - ui.spacing().item_spacing.x;
    let slid = gain_slider(ui, set, rail);
    let mut gain = slid.unwrap_or(set);
    let number = DragValue::new(&mut gain)
        .range(Sources::GAIN_DB)
        .clamp_existing_to_range(false)
        .speed(0.1)
        .fixed_decimals(1)
        .update_while_editing(false)
        .suffix(text::DB_SUFFIX);
    let number = ui.add_sized(figure, number).accessible_name(text::GAIN);
    widgets::focus_ring(ui, &number);
    if slid.is_some() || number.changed() {
        out.edit(Edit::Gain(tenths(gain)));
    }
}

/// What the slider was set to: dragged, tapped, by the wheel, or twice for nothing.
fn gain_slider(ui: &mut Ui, set: f32, rail: f32) -> Option<f32> {
    let mut gain = set;
    let slider = ui.scope(|ui| {
        ui.spacing_mut().slider_width = rail;
        // The size of the handle.
        ui.spacing_mut().interact_size.y = HANDLE;
        // What was set finer elsewhere stays so until it is slid.
        let slider = Slider::new(&mut gain, Sources::GAIN_DB).step_by(GAIN_STEP);
        ui.add(slider.clamping(SliderClamping::Edits).show_value(false))
    });
    let slider = slider.inner.accessible_name(text::GAIN);
    widgets::focus_ring(ui, &slider);
    // Dragging is the slider's; what comes and goes within a frame it does not see.
    let taps = ui.interact(slider.rect, slider.id.with("taps"), Sense::CLICK);
    let wheel = wheel_steps(ui, &slider);
    if taps.double_clicked() {
        Some(0.0)
    } else if let Some(at) = taps.interact_pointer_pos().filter(|_| taps.clicked()) {
        Some(gain_at(slider.rect, at.x))
    } else if wheel != 0.0 {
        Some(gain_within(set + wheel * GAIN_STEP as f32))
    } else {
        slider.changed().then_some(gain)
    }
}

/// The gain at `x` on a slider of that place.
fn gain_at(slider: Rect, x: f32) -> f32 {
    let ends = slider.x_range().shrink(slider.height() / 2.5);
    let (least, most) = (*Sources::GAIN_DB.start(), *Sources::GAIN_DB.end());
    let gain = remap_clamp(x, ends, least..=most);
    (gain / GAIN_STEP as f32).round() * GAIN_STEP as f32
}

fn gain_within(gain: f32) -> f32 {
    gain.clamp(*Sources::GAIN_DB.start(), *Sources::GAIN_DB.end())
}

/// As the number beside the slider shows it.
fn tenths(gain: f32) -> f32 {
    (gain * 10.0).round() / 10.0
}

/// How many notches the wheel was turned over `slider`. A column that is being scrolled is
/// scrolled on when the slider comes under the pointer.
fn wheel_steps(ui: &Ui, slider: &Response) -> f32 {
    let id = slider.id.with("scrolled");
    let (now, notches) = ui.input(|i| (i.time, i.events.iter().map(notches).sum::<f32>()));
    let scrolled = ui.data(|data| data.get_temp::<f64>(id));
    let is_scrolling = scrolled.is_some_and(|at| now - at < STILL_SCROLLING);
    if notches != 0.0 && (!slider.hovered() || is_scrolling) {
        ui.data_mut(|data| data.insert_temp(id, now));
        return 0.0;
    }
    if slider.hovered() && !is_scrolling {
        ui.input_mut(|i| i.smooth_scroll_delta = Vec2::ZERO);
        return notches;
    }
    0.0
}

fn notches(event: &Event) -> f32 {
    match event {
        Event::MouseWheel { unit: MouseWheelUnit::Point, delta, .. } => delta.y / LINE,
        Event::MouseWheel { delta, .. } => delta.y,
        _ => 0.0,
    }
}

/// What was chosen too late for the stream that runs.
fn from_next_stream(ui: &mut Ui, model: &Model) {
    let Some(tracks) = model.snapshot.tracks else { return };
    let sources = &model.settings.sources;
    if !tracks.picture && sources.camera != Input::Off {
        widgets::aside(ui, text::PICTURE_FROM_NEXT_STREAM);
    }
    if !tracks.sound && sources.microphone != Input::Off {
        widgets::aside(ui, text::SOUND_FROM_NEXT_STREAM);
    }
}

/// What the devices deliver; what is wrong with them is said over the picture.
fn delivery(ui: &mut Ui, sources: [&SourceSnapshot; 2]) {
    let fine =
        |source: &&SourceSnapshot| source.status.as_ref().is_some_and(|s| s.trouble.is_none());
    let words: Vec<&str> = sources
        .into_iter()
        .filter(fine)
        .filter_map(|source| source.status.as_ref())
        .map(|status| status.delivers.as_str())
        .filter(|delivers| !delivers.is_empty())
        .collect();
    let words = RichText::new(words.join("  ·  ")).font(theme::small()).color(tokens(ui).faint);
    ui.add(egui::Label::new(words).truncate());
}

/// The name of a device by its identity, which may have options behind it: the system's,
/// or the remembered one.
/// Before the system has said what there is, nothing is missing.
fn device_name(source: &SourceSnapshot, id: &str, remembered: &str) -> String {
    let name = if remembered.is_empty() { id } else { remembered };
    let is_it = |(other, _): &&(String, String)| other == id || other == channels::device(id);
    match source.choices.iter().find(is_it) {
        Some((_, name)) => name.clone(),
        None if source.listed => text::missing_device(name),
        None => name.to_owned(),
    }
}

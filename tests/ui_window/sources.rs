//! Picture and sound in.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::Tracks;
use tallylight::settings::Input;
use tallylight::ui::action::Action;
use tallylight::ui::model::Model;
use tallylight::ui::text;

use crate::ui_support::{FakeEngine, model};
use crate::{Shown, click, model_of, press, shown, state};

#[test]
fn a_stream_of_nothing_is_not_begun() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model();
    model.settings.sources.camera = Input::Off;
    model.settings.sources.microphone = Input::Off;
    let mut harness = shown(&engine, model);
    engine.take();
    harness.get_by_role_and_label(Role::Status, text::MISSING_SOURCE);
    press(&mut harness, Action::GoLive);
    assert_eq!(engine.printed(), [""; 0]);
}

#[test]
fn what_comes_too_late_for_this_stream_is_said_to() {
    let engine = FakeEngine::default();
    let mut snapshot = state("live");
    snapshot.tracks = Some(Tracks { picture: false, sound: true });
    engine.show(snapshot.clone());
    let harness = shown(&engine, model());
    harness.get_by_label(text::PICTURE_FROM_NEXT_STREAM);
    assert!(harness.query_by_label(text::SOUND_FROM_NEXT_STREAM).is_none());
    snapshot.tracks = Some(Tracks { picture: true, sound: false });
    engine.show(snapshot);
    let harness = shown(&engine, model());
    harness.get_by_label(text::SOUND_FROM_NEXT_STREAM);
    assert!(harness.query_by_label(text::PICTURE_FROM_NEXT_STREAM).is_none());
}

#[test]
fn half_a_path_is_no_picture() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model();
    model.settings.sources.camera = Input::File("/old.png".into());
    let mut harness = shown(&engine, model);
    engine.take();
    let retype = |harness: &mut Shown, path: &str| {
        harness.get_by_label(text::PICTURE_PATH).focus();
        harness.step();
        harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        harness.key_press(egui::Key::Backspace);
        harness.run_ok();
        if !path.is_empty() {
            harness.event(egui::Event::Text(path.into()));
            harness.run_ok();
        }
    };
    retype(&mut harness, "/new.png");
    assert_eq!(engine.printed(), [""; 0]);
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
    assert_eq!(engine.printed(), [r#"SetVideoInput(Picture("/new.png"))"#]);
    // An empty path is none to remember.
    retype(&mut harness, "");
    harness.get_by_label(text::SERVER).focus();
    harness.run_ok();
    assert_eq!(engine.printed(), [""; 0]);
    let camera = &harness.state().model().settings.sources.camera;
    assert_eq!(*camera, Input::File("/new.png".into()));
    let field = harness.get_by_label(text::PICTURE_PATH);
    assert_eq!(field.value().as_deref(), Some("/new.png"));
}

#[test]
fn the_microphone_is_shown_muted_when_it_is() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    press(&mut harness, Action::ToggleMute);
    harness.get_by_role_and_label(Role::Button, "Mute");
    let mut muted = state("live");
    muted.levels.muted = true;
    engine.show(muted);
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Unmute");
    engine.fill();
    press(&mut harness, Action::ToggleMute);
    assert!(harness.state().model().settings.sources.muted, "it was not carried out");
}

#[test]
fn nothing_is_missing_before_the_system_has_said_what_there_is() {
    let engine = FakeEngine::default();
    let mut model = model();
    let sources = &mut model.settings.sources;
    sources.camera = Input::Device("usb-9".into());
    sources.camera_name = "My camera".into();
    sources.microphone = Input::Device("alsa-9".into());
    let mut harness = shown(&engine, model);
    let value = |harness: &Shown, name| harness.get_by_label(name).value();
    assert_eq!(value(&harness, text::CAMERA).as_deref(), Some("My camera"));
    assert_eq!(value(&harness, text::MICROPHONE).as_deref(), Some("alsa-9"));
    engine.show(state("ready"));
    harness.run_ok();
    assert_eq!(value(&harness, text::CAMERA).as_deref(), Some("Not there: My camera"));
}

#[test]
fn who_streams_the_test_signal_beside_a_camera_is_told_so() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let told = |model: Model| {
        let harness = shown(&engine, model);
        harness.query_by_label(text::TEST_SIGNAL_IS_SENT).is_some()
    };
    assert!(told(model_of("twitch")));
    assert!(!told(model_of("this-computer")));
    let mut with_camera = model_of("twitch");
    with_camera.settings.sources.camera = Input::Default;
    assert!(!told(with_camera));
    let mut without = state("ready");
    without.camera.choices = Default::default();
    engine.show(without);
    assert!(!told(model_of("twitch")));
}

#[test]
fn of_a_microphone_one_channel_can_be_chosen() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model();
    let sources = &mut model.settings.sources;
    sources.microphone = Input::Device("alsa-1".into());
    sources.microphone_name = "Blue Yeti Stereo Microphone".into();
    let mut harness = shown(&engine, model);
    let asked = |engine: &FakeEngine| -> Vec<String> {
        engine.printed().into_iter().filter(|sent| *sent != "RefreshDevices").collect()
    };
    asked(&engine);
    click(&mut harness, text::MICROPHONE);
    click(&mut harness, text::CHANNEL_2);
    assert_eq!(asked(&engine), [r#"SetAudioInput(Microphone("alsa-1;channel=2"))"#]);
    let shown = harness.get_by_label(text::MICROPHONE).value().expect("it is chosen");
    assert!(shown.ends_with(" · Channel 2 only") && !shown.contains("Not there"), "{shown}");
    click(&mut harness, text::MICROPHONE);
    click(&mut harness, text::ALL_CHANNELS);
    assert_eq!(asked(&engine), [r#"SetAudioInput(Microphone("alsa-1"))"#]);
}

#[test]
fn sources_are_chosen_by_name() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    click(&mut harness, text::CAMERA);
    click(&mut harness, "Elgato Cam Link 4K");
    click(&mut harness, text::MICROPHONE);
    click(&mut harness, "Blue Yeti Stereo Microphone");
    let sent: Vec<_> = engine.printed();
    let sent: Vec<_> = sent.iter().filter(|sent| *sent != "RefreshDevices").collect();
    assert_eq!(sent, ["SetVideoInput(Camera(\"usb-2\"))", "SetAudioInput(Microphone(\"alsa-1\"))"]);
    // It is named after it was pulled out, too.
    let mut gone = state("ready");
    gone.camera.choices = Default::default();
    engine.show(gone);
    harness.run_ok();
    let camera = harness.get_by_label(text::CAMERA);
    assert_eq!(camera.value().as_deref(), Some("Not there: Elgato Cam Link 4K"));
}

#[test]
fn gain_is_a_slider() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    let slider = harness.get_by_role_and_label(Role::Slider, text::GAIN);
    slider.set_value_accesskit(6.0);
    harness.run_ok();
    assert_eq!(engine.printed(), ["SetGain(6.0)"]);
}

#[test]
fn the_gain_ends_where_the_column_does_and_a_muted_meter_says_so() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let number = harness.get_by_role_and_label(Role::SpinButton, text::GAIN).rect();
    let slider = harness.get_by_role_and_label(Role::Slider, text::GAIN).rect();
    let column = harness.get_by_label(text::MICROPHONE).rect().right();
    assert!((number.right() - column).abs() < 1.0, "{number}, the column to {column}");
    assert!((number.center().y - slider.center().y).abs() < 1.0, "{number} beside {slider}");
    let mut muted = state("live");
    muted.levels.muted = true;
    engine.show(muted);
    harness.run_ok();
    harness.get_by_role_and_label(Role::Meter, &text::level_muted(text::LEVEL));
}

/// The slider's place and what the settings hold.
fn gain(harness: &Shown) -> (egui::Rect, f32) {
    let slider = harness.get_by_role_and_label(Role::Slider, text::GAIN).rect();
    (slider, harness.state().model().settings.sources.gain_db)
}

fn pointer(harness: &mut Shown, at: egui::Pos2, pressed: bool) {
    let modifiers = egui::Modifiers::NONE;
    let button = egui::PointerButton::Primary;
    harness.input_mut().events.push(egui::Event::PointerButton {
        pos: at,
        button,
        pressed,
        modifiers,
    });
}

/// The pointer is moved there, and a frame has seen it.
fn point(harness: &mut Shown, at: egui::Pos2) {
    harness.input_mut().events.push(egui::Event::PointerMoved(at));
    harness.step();
}

#[test]
fn a_tap_within_a_frame_sets_the_gain_and_two_take_it_away() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let (slider, before) = gain(&harness);
    assert_eq!(before, 0.0);
    let at = slider.lerp_inside(egui::vec2(0.9, 0.5));
    let tap = |harness: &mut Shown| {
        pointer(harness, at, true);
        pointer(harness, at, false);
        harness.step();
    };
    point(&mut harness, at);
    tap(&mut harness);
    let (_, set) = gain(&harness);
    assert!((18.0..26.0).contains(&set) && set % 0.5 == 0.0, "{set}");
    tap(&mut harness);
    assert_eq!(gain(&harness).1, 0.0);
    assert_eq!(engine.printed().last().map(String::as_str), Some("SetGain(0.0)"));
}

#[test]
fn the_gain_is_dragged() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let (slider, _) = gain(&harness);
    point(&mut harness, slider.center());
    pointer(&mut harness, slider.center(), true);
    harness.step();
    point(&mut harness, slider.right_center());
    pointer(&mut harness, slider.right_center(), false);
    harness.step();
    assert_eq!(gain(&harness).1, 30.0);
}

#[test]
fn the_wheel_turns_the_gain_unless_the_column_is_being_scrolled() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let (slider, _) = gain(&harness);
    let turn = |harness: &mut Shown, delta: f32| {
        harness.input_mut().events.push(egui::Event::MouseWheel {
            unit: egui::MouseWheelUnit::Line,
            delta: egui::vec2(0.0, delta),
            phase: egui::TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: egui::Modifiers::NONE,
        });
        harness.step();
    };
    point(&mut harness, slider.center());
    turn(&mut harness, 1.0);
    turn(&mut harness, -3.0);
    assert_eq!(gain(&harness).1, -1.0);
    point(&mut harness, slider.center_top() - egui::vec2(0.0, 60.0));
    turn(&mut harness, 1.0);
    point(&mut harness, slider.center());
    turn(&mut harness, 1.0);
    assert_eq!(gain(&harness).1, -1.0);
}

#[test]
fn a_gain_that_was_set_finer_or_lower_elsewhere_stays_as_it_is() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    for set in [-60.0, -45.5, -0.3, 29.9] {
        let mut model = model();
        model.settings.sources.gain_db = set;
        let mut harness = shown(&engine, model);
        engine.take();
        harness.run_steps(3);
        assert_eq!(gain(&harness).1, set);
        let sent = engine.printed();
        assert!(!sent.iter().any(|sent| sent.starts_with("SetGain")), "{sent:?}");
        let number = harness.get_by_role_and_label(Role::SpinButton, text::GAIN);
        let shown = number.accesskit_node().numeric_value().expect("it has one");
        assert!((shown - f64::from(set)).abs() < 0.01, "{shown} for {set}");
    }
}

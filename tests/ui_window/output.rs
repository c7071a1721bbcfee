//! What is made of picture and sound.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::Command;
use tallylight::ui::action::Action;
use tallylight::ui::text;

use crate::ui_support::FakeEngine;
use crate::{Shown, click, model_of, press, shown, sized, state};

#[test]
fn what_the_running_stream_can_not_change_is_not_offered() {
    let engine = FakeEngine::default();
    let mut live = state("live");
    live.most_kbps = Some(3_750);
    engine.show(live);
    let mut model = model_of("twitch");
    model.settings.output.audio_kbps = 320;
    model.settings.output.video_kbps = 2_500;
    model.settings.output.keyframe_s = 4.0;
    let mut harness = shown(&engine, model);
    press(&mut harness, Action::ToggleOutputDetails);
    engine.take();
    press(&mut harness, Action::FitOutput);
    assert_eq!(engine.printed(), [""; 0]);
    let checkbox = harness.get_by_role_and_label(Role::CheckBox, text::ADAPTIVE);
    assert!(checkbox.accesskit_node().is_disabled());
    let bitrate = harness.get_by_role_and_label(Role::SpinButton, text::VIDEO_KBPS);
    assert_eq!(bitrate.accesskit_node().data().max_numeric_value(), Some(3_750.0));
}

#[test]
fn presets_fit_the_service() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("facebook"));
    engine.take();
    click(&mut harness, text::PRESET);
    let name = harness
        .get_all_by_role(Role::Button)
        .filter_map(|node| node.accesskit_node().label())
        .find(|label| label.starts_with("Full HD"))
        .expect("the preset is in the list");
    click(&mut harness, &name.clone());
    let sent = engine.take();
    let [Command::SetOutput(output)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((output.width, output.video_kbps, output.audio_kbps), (1920, 5_000, 128));
}

#[test]
fn what_a_service_does_not_take_is_said_and_mended_with_a_click() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model_of("twitch");
    model.settings.output.video_kbps = 9_000;
    model.settings.output.preset = "custom".into();
    let mut harness = shown(&engine, model);
    engine.take();
    harness.get_by_label("Twitch takes at most 6000 kbit/s of video");
    click(&mut harness, "Use 6000 kbit/s");
    let sent = engine.take();
    assert!(matches!(&sent[..], [Command::SetOutput(o)] if o.video_kbps == 6_000), "{sent:?}");
    assert!(harness.query_by_label("Use 6000 kbit/s").is_none());
}

#[test]
fn what_a_service_does_not_take_is_in_sight_beside_the_details() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    for size in [[1280.0, 800.0], [960.0, 540.0], [640.0, 400.0]] {
        let mut model = model_of("twitch");
        model.settings.output.preset = "custom".into();
        let mut harness = sized(&engine, model, size);
        press(&mut harness, Action::ToggleOutputDetails);
        harness.run_steps(8);
        // As a person types it who has the details open.
        type_number(&mut harness, text::VIDEO_KBPS, "9000");
        harness.run_steps(8);
        let button = harness.get_by_label("Use 6000 kbit/s").rect();
        let go_live = harness.get_by_role_and_label(Role::Button, "Go Live").rect();
        assert!(button.top() > 0.0 && button.bottom() < go_live.top(), "{button} of {size:?}");
    }
}

#[test]
fn the_button_names_what_it_changes() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model_of("twitch");
    model.settings.output.preset = "custom".into();
    model.settings.output.keyframe_s = 6.0;
    let mut harness = shown(&engine, model);
    engine.take();
    click(&mut harness, "Use 2 s");
    let sent = engine.take();
    assert!(matches!(&sent[..], [Command::SetOutput(o)] if o.keyframe_s == 2.0), "{sent:?}");
}

/// Types over what a number's field holds, and leaves it.
fn type_number(harness: &mut Shown, field: &str, typed: &str) {
    harness.get_by_role_and_label(Role::SpinButton, field).focus();
    harness.run_ok();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.event(egui::Event::Text(typed.into()));
    harness.run_ok();
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
}

#[test]
fn a_number_that_can_not_be_used_is_answered() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("custom"));
    press(&mut harness, Action::ToggleOutputDetails);
    let video = text::limit(50, 100_000, text::KBPS_SUFFIX);
    let audio = text::limit(16, 512, text::KBPS_SUFFIX);
    let keyframe = text::limit(0.1, 20, text::SECONDS_SUFFIX);
    for (field, typed, limit) in [
        (text::VIDEO_KBPS, "999999999", &video),
        (text::VIDEO_KBPS, "-5", &video),
        (text::VIDEO_KBPS, "fast", &video),
        (text::AUDIO_KBPS, "9000", &audio),
        (text::KEYFRAME, "0", &keyframe),
        (text::KEYFRAME, "60", &keyframe),
    ] {
        type_number(&mut harness, field, typed);
        let told = harness.get_by_role_and_label(Role::Status, limit);
        let live = told.accesskit_node().data().live();
        assert_eq!(live, Some(egui::accesskit::Live::Polite), "{field}: {typed}");
        // It goes with a number that can be used.
        type_number(&mut harness, field, if field == text::KEYFRAME { "2" } else { "200" });
        assert!(harness.query_by_label(limit).is_none(), "{field}: {typed}");
    }
    let output = &harness.state().model().settings.output;
    assert_eq!((output.video_kbps, output.audio_kbps, output.keyframe_s), (200, 200, 2.0));
}

#[test]
fn what_the_running_encoder_does_not_take_is_answered() {
    let engine = FakeEngine::default();
    let mut live = state("live");
    live.most_kbps = Some(3_750);
    engine.show(live);
    let mut harness = shown(&engine, model_of("custom"));
    press(&mut harness, Action::ToggleOutputDetails);
    type_number(&mut harness, text::VIDEO_KBPS, "9000");
    harness.get_by_label(&text::limit(50, 3_750, text::KBPS_SUFFIX));
}

#[test]
fn what_is_locked_while_live_says_why() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model_of("twitch"));
    press(&mut harness, Action::ToggleOutputDetails);
    let locked = [
        (Role::ComboBox, text::SERVICE),
        (Role::TextInput, text::SERVER),
        (Role::ComboBox, text::PRESET),
        (Role::ComboBox, text::SIZE),
        (Role::ComboBox, text::FPS),
        (Role::SpinButton, text::AUDIO_KBPS),
        (Role::SpinButton, text::KEYFRAME),
    ];
    for (role, name) in locked {
        let field = harness.get_by_role_and_label(role, name);
        let node = field.accesskit_node();
        assert!(node.is_disabled(), "{name}");
        assert_eq!(node.data().description(), Some(text::LOCKED_WHILE_LIVE), "{name}");
    }
}

#[test]
fn what_is_opened_is_seen() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = sized(&engine, model_of("twitch"), [1024.0, 640.0]);
    harness.run_ok();
    press(&mut harness, Action::ToggleOutputDetails);
    harness.run_steps(8);
    let last = harness.get_by_role_and_label(Role::CheckBox, text::ADAPTIVE).rect();
    let button = harness.get_by_role_and_label(Role::Button, "Go Live").rect();
    assert!(last.top() > 0.0 && last.bottom() < button.top(), "{last} above {button}");
    // All values end where the column does.
    let column = harness.get_by_role_and_label(Role::ComboBox, text::PRESET).rect().right();
    let names = [
        text::VIDEO_KBPS,
        text::AUDIO_KBPS,
        text::KEYFRAME,
        text::PICTURE_DELAY,
        text::SOUND_DELAY,
    ];
    for name in names {
        let field = harness.get_by_role_and_label(Role::SpinButton, name).rect();
        assert!((field.right() - column).abs() < 1.0, "{name}: {field}, the column to {column}");
    }
}

/// By the keyboard: the engine is told at once, also while live.
#[test]
fn picture_and_sound_are_moved_in_time_while_live() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model_of("twitch"));
    press(&mut harness, Action::ToggleOutputDetails);
    harness.run_steps(8);
    engine.take();
    harness.get_by_role_and_label(Role::SpinButton, text::SOUND_DELAY).focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowUp);
    harness.run_steps(2);
    let sent = engine.take();
    let delayed = |sent: &[Command]| match sent {
        [Command::SetAudioInput(input)] => Some(input.delay_ms()),
        _ => None,
    };
    assert!(delayed(&sent).is_some_and(|ms| ms > 0), "{sent:?}");
    let ms = harness.state().model().settings.sources.microphone_delay_ms;
    assert_eq!(delayed(&sent), Some(ms));
}

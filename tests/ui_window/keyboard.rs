//! Where the keyboard is after lists, questions and Escape.

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::ui::Picked;
use tallylight::ui::action::Action;
use tallylight::ui::text;

use crate::ui_support::{FakeEngine, FakeFiles, model, window_with_files};
use crate::{Shown, click, drawn, enter, model_of, press, shown, state};

fn key(harness: &mut Shown, key: Key) {
    harness.key_press(key);
    harness.run_ok();
}

fn focused(harness: &Shown) -> String {
    let node = harness.root().children_recursive().find(|node| node.is_focused());
    node.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

/// Opens the list with the keyboard.
fn open(harness: &mut Shown, list: &str) {
    harness.get_by_role_and_label(Role::ComboBox, list).focus();
    harness.run_ok();
    key(harness, Key::Space);
    harness.run_steps(2);
}

#[test]
fn escape_from_a_list_leaves_the_keyboard_where_it_was() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    for list in [text::SERVICE, text::CAMERA, text::MICROPHONE, text::PRESET] {
        open(&mut harness, list);
        key(&mut harness, Key::ArrowDown);
        key(&mut harness, Key::Escape);
        assert_eq!(focused(&harness), list);
        key(&mut harness, Key::Tab);
        assert!(!["", "Go Live"].contains(&focused(&harness).as_str()), "after {list}");
    }
    engine.take();
    key(&mut harness, Key::Enter);
    let sent = engine.printed();
    assert!(!sent.iter().any(|sent| sent.starts_with("GoLive")), "{sent:?}");
}

#[test]
fn a_choice_by_keyboard_leaves_it_with_the_list() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    open(&mut harness, text::CAMERA);
    key(&mut harness, Key::ArrowDown);
    key(&mut harness, Key::Enter);
    let camera = harness.get_by_role_and_label(Role::ComboBox, text::CAMERA);
    assert_eq!(camera.value().as_deref(), Some(text::DEFAULT_CAMERA));
    assert_eq!(focused(&harness), text::CAMERA);
}

#[test]
fn in_an_open_list_the_arrows_start_at_what_is_chosen() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    open(&mut harness, text::SERVICE);
    assert_eq!(focused(&harness), "Twitch");
    key(&mut harness, Key::ArrowDown);
    let below = harness.get_by_label(&focused(&harness)).rect();
    let chosen = harness.get_by_role_and_label(Role::Button, "Twitch").rect();
    assert!(below.top() >= chosen.bottom() - 1.0, "{below} below {chosen}");
}

#[test]
fn a_file_dialog_that_is_cancelled_leaves_the_keyboard_where_it_was() {
    let (engine, files) = (FakeEngine::default(), FakeFiles::default());
    engine.show(state("ready"));
    let mut harness = drawn(window_with_files(&engine, model(), &files), [1280.0, 800.0]);
    harness.run_ok();
    open(&mut harness, text::CAMERA);
    harness.get_by_role_and_label(Role::Button, text::PICTURE).focus();
    harness.run_ok();
    key(&mut harness, Key::Enter);
    assert_eq!(files.take_asked(), ["picture"]);
    files.answer(Picked::Nothing);
    harness.run_ok();
    assert_eq!(focused(&harness), text::CAMERA);
    key(&mut harness, Key::Tab);
    assert_eq!(focused(&harness), text::MICROPHONE);
}

#[test]
fn tab_goes_on_from_a_field_that_escape_has_left() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    harness.get_by_label(text::SERVER).focus();
    harness.run_ok();
    key(&mut harness, Key::Tab);
    let next = focused(&harness);
    harness.get_by_label(text::SERVER).focus();
    harness.run_ok();
    key(&mut harness, Key::Escape);
    assert_eq!(focused(&harness), "");
    key(&mut harness, Key::Tab);
    assert_eq!(focused(&harness), next);
    // What had the keyboard last is not there any more: from the start, then.
    harness.get_by_label(text::KEY).focus();
    harness.run_ok();
    key(&mut harness, Key::Escape);
    let mut other = harness.state().model().settings.clone();
    other.destination.service = "this-computer".into();
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness =
        shown(&engine, tallylight::ui::model::Model::new(other, &[], Default::default()));
    key(&mut harness, Key::Tab);
    assert_ne!(focused(&harness), "");
}

#[test]
fn a_question_that_is_answered_leaves_the_keyboard_where_it_was() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model_of("twitch"));
    harness.get_by_role_and_label(Role::Button, Action::ToggleMute.label()).focus();
    harness.run_ok();
    press(&mut harness, Action::Stop);
    key(&mut harness, Key::Escape);
    key(&mut harness, Key::Tab);
    assert!(!["", "Stop"].contains(&focused(&harness).as_str()), "{}", focused(&harness));
}

#[test]
fn escape_leaves_a_field_before_it_closes_notices() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model_of("twitch");
    model.notify("Something to know.".into());
    let mut harness = shown(&engine, model);
    harness.get_by_label(text::SERVER).focus();
    harness.run_ok();
    key(&mut harness, Key::Escape);
    harness.get_by_label("Something to know.");
    open(&mut harness, text::SERVICE);
    key(&mut harness, Key::Escape);
    harness.get_by_label("Something to know.");
    // From the list it goes back to the field of the list, which is left next.
    key(&mut harness, Key::Escape);
    harness.get_by_label("Something to know.");
    key(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Something to know.").is_none());
}

#[test]
fn a_paste_after_a_choice_by_keyboard_finds_its_field() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    open(&mut harness, text::SERVICE);
    key(&mut harness, Key::Escape);
    harness.event(egui::Event::Paste("rtmp://example.com/app/some-key".into()));
    harness.run_ok();
    let server = harness.get_by_label(text::SERVER).value().unwrap_or_default();
    assert_eq!(server, "rtmp://example.com/app");
}

#[test]
fn lists_are_as_wide_as_their_words() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    click(&mut harness, text::SERVERS);
    harness.run_steps(2);
    let service = harness.state().model().service();
    for choice in &service.servers {
        let rect = harness.get_by_role_and_label(Role::Button, &choice.name).rect();
        assert!(rect.width() < 330.0, "{}: {rect}", choice.name);
    }
    enter(&mut harness, text::KEY, "live_1234");
}

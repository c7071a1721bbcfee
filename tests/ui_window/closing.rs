//! How a stream and the window end.

use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tallylight::ui::action::Action;
use tallylight::ui::{Window, text, theme};

use crate::ui_support::{FakeEngine, model, window};
use crate::{Shown, all_text, click, model_of, press, shown, state};

#[test]
fn a_stream_on_the_air_ends_only_after_a_question() {
    for name in ["live", "reconnecting"] {
        let engine = FakeEngine::default();
        engine.show(state(name));
        let mut harness = shown(&engine, model());
        engine.take();
        click(&mut harness, "Stop");
        assert_eq!(engine.printed(), [""; 0], "in {name}");
        assert!(harness.get_by_label(text::KEEP_STREAMING).is_focused());
        click(&mut harness, text::KEEP_STREAMING);
        assert_eq!(engine.printed(), [""; 0], "in {name}");
        press(&mut harness, Action::Stop);
        click(&mut harness, text::END_STREAM);
        assert_eq!(engine.printed(), ["Stop"], "in {name}");
    }
}

#[test]
fn escape_keeps_the_stream() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    engine.take();
    press(&mut harness, Action::Stop);
    harness.key_press(egui::Key::Escape);
    harness.run_ok();
    assert_eq!(harness.state().model().view.dialog, None);
    assert_eq!(engine.printed(), [""; 0]);
}

#[test]
fn a_try_to_connect_is_given_up_at_once() {
    let engine = FakeEngine::default();
    engine.show(state("connecting: handshake"));
    let mut harness = shown(&engine, model());
    engine.take();
    click(&mut harness, "Cancel");
    assert_eq!(engine.printed(), ["Stop"]);
}

#[test]
fn what_nobody_has_seen_is_cancelled_without_a_question() {
    let engine = FakeEngine::default();
    engine.show(state("never live"));
    let mut harness = shown(&engine, model_of("twitch"));
    engine.take();
    assert!(all_text(&harness).contains("Connecting in 2 s (try 3)"));
    assert!(harness.query_by_label(text::OFF_AIR).is_none());
    click(&mut harness, "Cancel");
    assert_eq!(engine.printed(), ["Stop"]);
    assert_eq!(harness.state().model().view.dialog, None);
    // A stream that was seen is on the air while it comes back, too.
    let mut again = state("connecting: handshake");
    again.destinations[0].live = Duration::from_secs(60);
    engine.show(again);
    harness.run_ok();
    harness.get_by_label(text::OFF_AIR);
    press(&mut harness, Action::Stop);
    assert_eq!(engine.printed(), [""; 0]);
    harness.get_by_label(text::ASK_STOP_MORE);
}

#[test]
fn a_question_goes_when_the_stream_has_ended_by_itself() {
    for ended in ["failed", "ready"] {
        let engine = FakeEngine::default();
        engine.show(state("live"));
        let mut harness = shown(&engine, model());
        press(&mut harness, Action::Stop);
        harness.get_by_label(text::ASK_STOP);
        engine.show(state(ended));
        harness.run_ok();
        assert!(harness.query_by_label(text::ASK_STOP).is_none());
    }
}

#[test]
fn the_second_click_of_a_double_click_stops_nothing() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = smooth(&engine);
    engine.take();
    harness.get_by_label("Go Live").click();
    harness.step();
    assert_eq!(engine.take().len(), 1);
    engine.show(state("connecting: resolve"));
    harness.step();
    harness.get_by_label("Cancel").click();
    harness.step();
    assert_eq!(engine.printed(), [""; 0]);
    harness.run_steps(60);
    harness.get_by_label("Cancel").click();
    harness.step();
    assert_eq!(engine.printed(), ["Stop"]);
}

#[test]
fn closing_while_live_asks_then_stops_then_closes() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    engine.take();
    request_close(&mut harness);
    assert!(commands(&harness).contains(&egui::ViewportCommand::CancelClose));
    harness.step();
    harness.run_ok();
    assert_eq!(engine.printed(), [""; 0]);
    click(&mut harness, text::END_AND_CLOSE);
    assert_eq!(engine.printed(), ["Stop"]);
    engine.show(state("stopping"));
    harness.step();
    assert!(!commands(&harness).contains(&egui::ViewportCommand::Close));
    engine.show(state("ready"));
    harness.step();
    assert!(commands(&harness).contains(&egui::ViewportCommand::Close));
    request_close(&mut harness);
    assert!(!commands(&harness).contains(&egui::ViewportCommand::CancelClose));
}

#[test]
fn closing_while_idle_just_closes() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    request_close(&mut harness);
    assert!(!commands(&harness).contains(&egui::ViewportCommand::CancelClose));
}

#[test]
fn the_system_ends_a_live_stream_and_the_window_without_a_question() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    press(&mut harness, Action::Stop);
    engine.take();
    engine.ending.ask();
    harness.step();
    assert_eq!(engine.printed(), ["Stop"]);
    assert!(harness.query_by_label(text::KEEP_STREAMING).is_none(), "a question stays open");
    engine.show(state("stopping"));
    harness.step();
    assert!(!commands(&harness).contains(&egui::ViewportCommand::Close));
    engine.show(state("ready"));
    harness.step();
    assert!(commands(&harness).contains(&egui::ViewportCommand::Close));
    request_close(&mut harness);
    assert!(!commands(&harness).contains(&egui::ViewportCommand::CancelClose));
    assert_eq!(engine.printed(), [""; 0]);
}

#[test]
fn the_system_ends_an_idle_window_at_once() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    engine.ending.ask();
    harness.step();
    assert!(commands(&harness).contains(&egui::ViewportCommand::Close));
    assert_eq!(engine.printed(), [""; 0]);
}

/// A window that is drawn sixty times a second.
fn smooth(engine: &FakeEngine) -> Shown {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(3)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, window: &mut Window<FakeEngine>| {
                window.update(ui.ctx());
                window.show(ui);
            },
            window(engine, model()),
        )
}

/// The pointer clicks there, over two frames.
fn tap(harness: &mut Shown, at: egui::Pos2) {
    for pressed in [true, false] {
        let events = &mut harness.input_mut().events;
        events.push(egui::Event::PointerMoved(at));
        events.push(egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Primary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        harness.step();
    }
}

#[test]
fn a_double_click_on_stop_leaves_its_question_open() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = smooth(&engine);
    harness.step();
    engine.take();
    let stop = harness.get_by_label("Stop").rect().center();
    tap(&mut harness, stop);
    tap(&mut harness, stop);
    harness.run_steps(2);
    harness.get_by_label(text::ASK_STOP);
    // Nor is it an answer where the question has come under the pointer.
    let end = harness.get_by_label(text::END_STREAM).rect().center();
    tap(&mut harness, end);
    harness.get_by_label(text::ASK_STOP);
    assert_eq!(engine.printed(), [""; 0]);
    // Half a second later a click beside it is meant.
    harness.run_steps(30);
    tap(&mut harness, stop);
    harness.step();
    assert!(harness.query_by_label(text::ASK_STOP).is_none());
    assert_eq!(engine.printed(), [""; 0]);
    // The next question is guarded anew, and answered.
    press(&mut harness, Action::Stop);
    tap(&mut harness, end);
    harness.get_by_label(text::ASK_STOP);
    harness.run_steps(30);
    tap(&mut harness, end);
    assert_eq!(engine.printed(), ["Stop"]);
}

fn request_close(harness: &mut Shown) {
    let viewport = harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT);
    viewport.expect("there is one").events.push(egui::ViewportEvent::Close);
    harness.step();
}

fn commands(harness: &Shown) -> Vec<egui::ViewportCommand> {
    let output = harness.output().viewport_output.get(&egui::ViewportId::ROOT);
    output.map(|output| output.commands.clone()).unwrap_or_default()
}

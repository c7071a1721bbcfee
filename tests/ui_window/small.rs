//! Small screens and large letters: Go Live is reached, and what does not fit scrolls.

use egui::accesskit::Role;
use egui::{Pos2, Rect};
use egui_kittest::kittest::Queryable;
use tallylight::engine::Fault;
use tallylight::settings::{self, Settings};
use tallylight::ui::action::Action;
use tallylight::ui::text;

use crate::ui_support::{FakeEngine, model, states};
use crate::{Shown, all_text, click, model_of, press, sized, state};

/// 640x400 points and up; 910x450 is what 1366x768 at 150 % leaves of itself beside a
/// task bar and a title, 960x470 what 1920x1080 at 200 % does.
const SIZES: [[f32; 2]; 7] = [
    settings::Window::SMALLEST,
    [640.0, 400.0],
    [800.0, 420.0],
    [800.0, 480.0],
    [910.0, 450.0],
    [960.0, 470.0],
    [640.0, 1000.0],
];

fn inside(size: [f32; 2]) -> Rect {
    Rect::from_min_size(Pos2::ZERO, size.into())
}

/// The large button is seen as a whole, where a click on it is one.
fn assert_reached(harness: &Shown, size: [f32; 2], what: &str) {
    let name = text::button(&harness.state().model().phase, "").0;
    let button = harness.get_by_role_and_label(Role::Button, name).rect();
    assert!(inside(size).contains_rect(button), "{name} at {button} of {size:?}, {what}");
    assert!(button.width() >= 80.0 && button.height() >= 40.0, "{name}: {button}, {what}");
}

#[test]
fn the_large_button_is_reached_in_every_state() {
    for size in SIZES {
        for (name, snapshot) in states() {
            let engine = FakeEngine::default();
            engine.show(snapshot);
            let mut harness = sized(&engine, model_of("twitch"), size);
            press(&mut harness, Action::ToggleOutputDetails);
            press(&mut harness, Action::ToggleServerDetails);
            assert_reached(&harness, size, name);
        }
    }
}

#[test]
fn long_words_leave_the_large_button_its_place() {
    let long = "The server said this and that, again and again, and did not come to an end. ";
    let mut failed = state("failed");
    let text = long.repeat(12);
    let fault = Fault::Refused { code: "NetConnection.Connect.Rejected".into(), text };
    failed.destinations[0].connection = tallylight::engine::Connection::Failed(fault.clone());
    failed.faults = vec![fault];
    for size in SIZES {
        let engine = FakeEngine::default();
        engine.show(failed.clone());
        let mut model = model_of("twitch");
        for number in 0..4 {
            model.notify(format!("{number}: {long}{long}"));
        }
        let mut harness = sized(&engine, model, size);
        harness.run_ok();
        assert_reached(&harness, size, "with long words");
        let dismiss = Action::DismissNotices.label();
        for cross in harness.get_all_by_role_and_label(Role::Button, dismiss) {
            assert!(inside(size).contains_rect(cross.rect()), "{} of {size:?}", cross.rect());
        }
    }
}

#[test]
fn what_does_not_fit_is_scrolled_to() {
    for size in SIZES {
        let engine = FakeEngine::default();
        engine.show(state("ready"));
        let mut harness = sized(&engine, model_of("twitch"), size);
        press(&mut harness, Action::ToggleOutputDetails);
        for (role, name) in [
            (Role::CheckBox, text::ADAPTIVE),
            (Role::ComboBox, text::SERVICE),
            (Role::ComboBox, text::CAMERA),
            (Role::SpinButton, text::GAIN),
        ] {
            harness.get_by_role_and_label(role, name).scroll_to_me();
            harness.run_steps(8);
            let seen = harness.get_by_role_and_label(role, name).rect();
            let go_live = harness.get_by_role_and_label(Role::Button, "Go Live").rect();
            let is_seen = seen.top() >= 0.0 && seen.bottom() <= go_live.top();
            assert!(is_seen && inside(size).contains_rect(seen), "{name} at {seen} of {size:?}");
        }
        // The figures below the picture too.
        harness.get_by_label_contains("Memory").scroll_to_me();
        harness.run_steps(8);
        let memory = harness.get_by_label_contains("Memory").rect();
        assert!(inside(size).contains_rect(memory), "{memory} of {size:?}");
    }
}

#[test]
fn questions_and_lists_fit_into_small_windows() {
    for size in SIZES {
        let engine = FakeEngine::default();
        engine.show(state("live"));
        let mut harness = sized(&engine, model_of("twitch"), size);
        press(&mut harness, Action::Stop);
        for answer in [text::KEEP_STREAMING, text::END_STREAM] {
            let answer = harness.get_by_label(answer).rect();
            assert!(inside(size).contains_rect(answer), "{answer} of {size:?}");
        }
        click(&mut harness, text::KEEP_STREAMING);
        press(&mut harness, Action::ShowKeys);
        // A click that comes at once would be a double click's.
        harness.run_steps(4);
        let close = harness.get_by_label(text::CLOSE).rect();
        assert!(inside(size).contains_rect(close), "{close} of {size:?}");
        click(&mut harness, text::CLOSE);
        engine.show(state("ready"));
        harness.run_ok();
        click(&mut harness, text::SERVICE);
        harness.run_steps(2);
        let chosen = harness.query_by_role_and_label(Role::Button, "Twitch");
        let chosen =
            chosen.unwrap_or_else(|| panic!("no list at {size:?}:\n{}", all_text(&harness))).rect();
        assert!(inside(size).contains_rect(chosen), "{chosen} of {size:?}");
    }
}

/// As a window that no protocol tells where it is: Wayland's.
#[test]
fn size_and_zoom_are_remembered() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = sized(&engine, model(), [1000.0, 700.0]);
    let without_place = |harness: &mut Shown| {
        let viewport = harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT);
        let viewport = viewport.expect("there is one");
        (viewport.inner_rect, viewport.outer_rect) = (None, None);
        harness.run_ok();
    };
    let window = |harness: &Shown| harness.state().model().settings.window.clone();
    without_place(&mut harness);
    assert_eq!((window(&harness).width, window(&harness).height), (1000.0, 700.0));
    assert_eq!(window(&harness).zoom, 1.0);
    // The toolkit makes everything larger, in a window that stays as it is.
    harness.ctx.set_zoom_factor(1.25);
    harness.set_size(egui::vec2(800.0, 560.0));
    without_place(&mut harness);
    let zoomed = window(&harness);
    assert_eq!((zoomed.zoom, zoomed.width, zoomed.height), (1.25, 1000.0, 700.0));
}

#[test]
fn a_window_larger_than_its_screen_fills_it() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    for (screen, fills) in [([960.0, 540.0], true), ([1920.0, 1080.0], false)] {
        let mut harness = sized(&engine, model(), [960.0, 540.0]);
        let viewport = harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT);
        viewport.expect("there is one").monitor_size = Some(screen.into());
        let mut asked = false;
        for _ in 0..4 {
            harness.step();
            let output = harness.output().viewport_output.get(&egui::ViewportId::ROOT);
            let commands = output.map(|output| output.commands.clone()).unwrap_or_default();
            asked |= commands.contains(&egui::ViewportCommand::Maximized(true));
        }
        assert_eq!(asked, fills, "{screen:?}");
    }
}

#[test]
fn remembered_sizes_of_small_windows_are_taken() {
    let smallest = settings::Window::SMALLEST;
    let mut settings = Settings::default();
    [settings.window.width, settings.window.height] = smallest;
    let engine = FakeEngine::default();
    let harness = sized(&engine, model(), smallest);
    let window = &harness.state().model().settings.window;
    assert_eq!((window.width, window.height), (settings.window.width, settings.window.height));
    assert!(all_text(&harness).contains(text::SERVICE));
}

#[test]
fn figures_and_graph_stay_within_their_panel() {
    for size in [[640.0, 400.0], [960.0, 600.0], [1280.0, 800.0], [1920.0, 1080.0]] {
        let engine = FakeEngine::default();
        engine.show(state("ready"));
        let mut harness = sized(&engine, model_of("twitch"), size);
        let place =
            |harness: &Shown| harness.get_by_role_and_label(Role::Image, text::PREVIEW).rect();
        let before = place(&harness);
        engine.show(state("live"));
        harness.run_steps(3);
        assert_eq!(place(&harness), before, "the picture is pushed about, {size:?}");
        let Some(graph) = harness.query_by_label_contains("Bitrate of the last") else { continue };
        assert!(inside(size).contains_rect(graph.rect()), "{} of {size:?}", graph.rect());
    }
}

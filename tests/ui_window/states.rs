//! What is seen in each state, and what is told.

use std::sync::Arc;
use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::{Connection, Fault, Snapshot, Stage};
use tallylight::settings::{Settings, Store, Theme, Warning};
use tallylight::supervise::Part;
use tallylight::ui::action::Action;
use tallylight::ui::model::Model;
use tallylight::ui::{LogBook, Parts, Saver, Window, text, theme};

use crate::ui_support::{FakeEngine, model, states};
use crate::{
    Shown, all_text, click, drawn, model_of, press, push_key, settle, shown, sized, state,
};

/// What has to be seen as a whole in every state, whatever else is open.
fn landmarks(harness: &Shown) -> Vec<(String, egui::Rect)> {
    let button = text::button(&harness.state().model().phase, "").0;
    let buttons = [
        button,
        Action::ShowHealth.label(),
        Action::ShowLog.label(),
        Action::NextTheme.label(),
        Action::ShowKeys.label(),
        Action::ToggleMirrorPreview.label(),
    ];
    let rect = |name: &str| harness.get_by_role_and_label(Role::Button, name).rect();
    buttons.map(|name| (name.to_owned(), rect(name))).into()
}

fn assert_drawn(harness: &Shown, size: [f32; 2], dark: bool, what: &str) {
    let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
    let landmarks = landmarks(harness);
    for (name, rect) in &landmarks {
        assert!(window.contains_rect(*rect), "{name} at {rect} of {size:?} in {what}");
        let hits = landmarks.iter().filter(|(_, other)| other.shrink(1.0).intersects(*rect));
        assert_eq!(hits.count(), 1, "{name} at {rect} of {size:?} is behind another in {what}");
    }
    assert_eq!(harness.ctx.global_style().visuals.dark_mode, dark, "{what}");
    // Some of it is painted in this theme's colours.
    let panel = theme::Tokens::of(dark).panel;
    let is_panel = |shape: &egui::epaint::ClippedShape| matches!(&shape.shape, egui::Shape::Rect(rect) if rect.fill == panel);
    assert!(harness.output().shapes.iter().any(is_panel), "no panel of {panel:?} in {what}");
}

#[test]
fn every_state_is_drawn_at_every_size_in_both_themes() {
    let sizes = [[640.0, 400.0], [960.0, 600.0], [1280.0, 800.0], [1920.0, 1080.0]];
    for (name, snapshot) in states() {
        for (size, service) in sizes.into_iter().zip(["twitch", "this-computer"].repeat(2)) {
            let engine = FakeEngine::default();
            engine.show(snapshot.clone());
            let mut model = model_of(service);
            model.settings.window.theme = Theme::Dark;
            let mut harness = sized(&engine, model, size);
            harness.run_ok();
            assert_drawn(&harness, size, true, name);
            press(&mut harness, Action::ToggleOutputDetails);
            press(&mut harness, Action::ShowLog);
            assert_drawn(&harness, size, true, name);
            press(&mut harness, Action::NextTheme);
            harness.run_ok();
            assert_drawn(&harness, size, false, name);
            press(&mut harness, Action::ToggleOutputDetails);
            press(&mut harness, Action::ShowHealth);
            assert_drawn(&harness, size, false, name);
        }
    }
}

#[test]
fn the_title_says_where_the_stream_stands() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let mut was_live = state("connecting: publish");
    was_live.destinations[0].live = Duration::from_secs(9);
    for (snapshot, expected) in [
        (state("connecting: resolve"), "Connecting – Tallylight"),
        (state("live"), "● LIVE – Tallylight"),
        (state("reconnecting"), "Reconnecting – Tallylight"),
        (was_live, "Reconnecting – Tallylight"),
        (state("never live"), "Connecting – Tallylight"),
        (state("stopping"), "Stopping – Tallylight"),
        (state("failed"), "Not live – Tallylight"),
        (state("ready"), "Tallylight"),
    ] {
        engine.show(snapshot);
        harness.step();
        let output = harness.output().viewport_output.get(&egui::ViewportId::ROOT);
        let titles = output.map(|output| output.commands.clone()).unwrap_or_default();
        let is_titled = |command: &egui::ViewportCommand| matches!(command, egui::ViewportCommand::Title(title) if title == expected);
        let stays = titles.is_empty();
        assert!(titles.iter().any(is_titled) || stays, "{expected}: {titles:?}");
        assert!(!stays || expected.starts_with("Reconnecting"), "{expected} is not said");
    }
}

#[test]
fn interruptions_are_counted_and_timed() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    harness.get_by_label("Interruptions: 0");
    let at = |second: i64, name: &str| {
        let mut snapshot = state(name);
        snapshot.at = tallylight::media::MediaTime::from_millis(4_000_000 + second * 1_000);
        snapshot.destinations[0].breaks = 1;
        snapshot
    };
    for (second, name) in [(0, "reconnecting"), (8, "reconnecting"), (14, "live"), (90, "live")] {
        engine.show(at(second, name));
        harness.run_ok();
    }
    harness.get_by_label("Interruptions: 1 (14 s)");
    // What it was is told after the end, too.
    let mut ended = at(95, "live");
    ended.stage = Stage::Idle;
    ended.destinations[0].connection = Connection::Stopped;
    engine.show(ended);
    harness.run_ok();
    harness.get_by_label("Interruptions: 1 (14 s)");
}

#[test]
fn what_appears_by_itself_is_said_aloud() {
    let engine = FakeEngine::default();
    let mut silent = state("trouble");
    silent.levels = tallylight::engine::Levels::default();
    silent.levels.silent_for = Duration::from_secs(7);
    engine.show(silent);
    let mut model = model();
    model.notify("Something to know.".into());
    let mut harness = shown(&engine, model);
    harness.run_ok();
    let camera = "The camera “Logitech HD Pro Webcam C920” is not there. Plug it in again; it \
                  comes back by itself.";
    for words in [camera, text::WARN_BLACK, text::WARN_SILENT, "Something to know."] {
        let node = harness.get_by_role_and_label(Role::Status, words);
        let live = node.accesskit_node().data().live();
        assert_eq!(live, Some(egui::accesskit::Live::Polite), "{words}");
    }
}

#[test]
fn the_state_is_said_in_words() {
    let expected = [
        ("ready", "Ready"),
        ("connecting: encrypt", "Connecting: agreeing on encryption"),
        ("connecting: publish", "Connecting: asking to publish"),
        ("live", "Live"),
        // The countdown is seen, and not said each second.
        ("reconnecting", "Reconnecting (try 3)"),
        ("never live", "Connecting (try 3)"),
        ("stopping", "Stopping"),
        ("failed", "Not live"),
        ("broken", "Not possible now"),
    ];
    for (name, words) in expected {
        let engine = FakeEngine::default();
        engine.show(state(name));
        let harness = shown(&engine, model());
        harness.get_by_role_and_label(Role::Status, words);
    }
}

/// What the large button is, and whether it can be pressed.
fn go_live_is_possible(harness: &Shown) -> bool {
    Action::GoLive.is_possible(harness.state().model())
}

#[test]
fn an_engine_that_stopped_by_itself_is_said_and_the_window_can_close() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    engine.show(state("broken"));
    harness.run_ok();
    harness.get_by_label("The streaming engine stopped because of an internal error");
    harness.get_by_label("Restart Tallylight and go live again; the log says where it happened.");
    assert!(!go_live_is_possible(&harness));
    push_key(&mut harness, Action::Quit);
    harness.step();
    assert_eq!(harness.state().model().view.dialog, None, "nothing is asked");
    let closes = |output: &egui::ViewportOutput| {
        output.commands.iter().any(|c| matches!(c, egui::ViewportCommand::Close))
    };
    let output = harness.output().viewport_output.get(&egui::ViewportId::ROOT);
    assert!(output.is_some_and(closes), "it closes");
}

#[test]
fn an_engine_that_stopped_by_itself_is_replaced_and_told_everything_again() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    let told = |commands: Vec<String>| -> Vec<String> {
        let mut names: Vec<_> = commands
            .iter()
            .map(|command| command.split(['(', ' ']).next().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names
    };
    let at_first = told(engine.printed());
    engine.can_be_replaced(state("ready"));
    engine.show(state("broken"));
    harness.run_ok();
    settle(&mut harness);
    assert_eq!(told(engine.printed()), at_first, "as at the start");
    let words = "The streaming engine stopped because of an internal error and was started again";
    harness.get_by_label(words);
    harness.get_by_label("Go live again; if it happens again, report the log.");
    assert!(go_live_is_possible(&harness));
}

#[test]
fn a_part_that_was_started_again_is_said_over_the_picture() {
    let engine = FakeEngine::default();
    let mut snapshot = state("live");
    snapshot.faults = vec![Fault::Internal { part: Part::Encode, goes_on: true }];
    engine.show(snapshot);
    let harness = shown(&engine, model());
    harness.get_by_label(
        "The video encoder stopped because of an internal error and was started again. Nothing \
         needs to be done; if it happens again, report the log.",
    );
}

#[test]
fn health_names_the_cause_and_the_figures() {
    let engine = FakeEngine::default();
    engine.show(state("slow network"));
    let harness = shown(&engine, model());
    for words in [
        "Your network: it carries about 1100 kbit/s and 2500 are needed; the bitrate was lowered",
        "Bitrate, kbit/s: 1080 / 1078",
        "Dropped: 2511 (2.2 %)",
        "Queue: 460 ms",
        "Round trip: 38 ms",
        "Encoder: 7.4 ms",
        "Frames/s: 30.0 / 30",
        "Memory: 78.4 MB",
        "CPU: 41 %",
        "Time live: 01:02:02",
        "Sent: 1.2 GB",
        "Bitrate of the last five minutes: 1080 kbit/s",
    ] {
        assert!(harness.query_by_label(words).is_some(), "{words} in\n{}", all_text(&harness));
    }
    for more in [
        "2480 because the network was too slow, 31 because this computer was",
        "1000 made of 1000 due; 0 left out because the encoder was late",
    ] {
        assert!(all_text(&harness).contains(more), "{more} in\n{}", all_text(&harness));
    }
}

#[test]
fn warnings_stand_over_the_picture() {
    let engine = FakeEngine::default();
    engine.show(state("trouble"));
    let mut harness = shown(&engine, model());
    for words in [
        "The camera “Logitech HD Pro Webcam C920” is not there. Plug it in again; it comes back by \
         itself.",
        text::WARN_MUTED,
        text::WARN_BLACK,
    ] {
        harness.get_by_label(words);
    }
    let mut silent = state("live");
    silent.levels.silent_for = Duration::from_secs(7);
    silent.video.frozen = true;
    engine.show(silent);
    harness.run_ok();
    harness.get_by_label(text::WARN_SILENT);
    harness.get_by_label(text::WARN_FROZEN);
    let mut unopened = state("live");
    unopened.faults = vec![
        Fault::Source { why: "/pictures/card.png can't be opened: no such file".into() },
        Fault::Overloaded { measure: "only one frame in 2 is sent".into() },
    ];
    engine.show(unopened);
    harness.run_ok();
    harness.get_by_label(
        "/pictures/card.png can't be opened: no such file. Choose another picture or sound.",
    );
    let slow = "This computer is too slow for these settings; only one frame in 2 is sent. Choose \
                a smaller picture or a lower frame rate, or close other programs.";
    harness.get_by_label(slow);
}

#[test]
fn a_failure_says_what_the_server_said_and_what_to_do() {
    let engine = FakeEngine::default();
    engine.show(state("failed"));
    let mut harness = shown(&engine, model());
    let sentence = "The server refused: NetStream.Publish.Denied, “Stream key is not valid”";
    harness.get_by_label(sentence);
    harness.get_by_label("Check the stream key and that the channel may go live.");
    // It stays when the engine has forgotten it, and goes when it was read.
    engine.show(state("ready"));
    harness.run_ok();
    harness.get_by_label(sentence);
    click(&mut harness, text::DISMISS);
    assert!(harness.query_by_label(sentence).is_none());
}

#[test]
fn a_failure_that_was_read_stays_away_until_the_next_one() {
    let engine = FakeEngine::default();
    let failed = |streams, at| Snapshot {
        at: tallylight::media::MediaTime::from_millis(at),
        streams,
        ..state("failed")
    };
    engine.show(failed(1, 0));
    let mut harness = shown(&engine, model());
    let sentence = "The server refused: NetStream.Publish.Denied, “Stream key is not valid”";
    harness.get_by_label(sentence);
    click(&mut harness, text::DISMISS);
    engine.show(failed(1, 100));
    harness.run_ok();
    assert!(harness.query_by_label(sentence).is_none());
    engine.show(failed(2, 200));
    harness.run_ok();
    harness.get_by_label(sentence);
}

#[test]
fn after_the_end_there_are_no_rates() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    let mut ended = state("live");
    ended.stage = Stage::Idle;
    ended.destinations[0].connection = Connection::Stopped;
    engine.show(ended);
    harness.run_ok();
    for words in ["Bitrate, kbit/s: –", "Queue: –", "Round trip: –", "Sent: 1.2 GB"] {
        assert!(harness.query_by_label(words).is_some(), "{words} in\n{}", all_text(&harness));
    }
}

#[test]
fn nothing_is_lost_silently_when_the_engine_is_too_busy() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.fill();
    click(&mut harness, "Go Live");
    harness.get_by_label(text::ENGINE_BUSY);
    press(&mut harness, Action::DismissNotices);
    assert!(harness.query_by_label(text::ENGINE_BUSY).is_none());
}

#[test]
fn warnings_of_the_settings_are_shown() {
    let warning = Warning::Wrong {
        setting: "output.fps".into(),
        expected: "a number".into(),
        used: "30".into(),
        found: "\"fast\"".into(),
    };
    let engine = FakeEngine::default();
    let model = Model::new(Settings::default(), std::slice::from_ref(&warning), LogBook::default());
    let mut harness = shown(&engine, model);
    harness.get_by_label(&warning.to_string());
    click(&mut harness, "Dismiss");
    assert!(harness.query_by_label(&warning.to_string()).is_none());
}

#[test]
fn the_log_tells_what_happened() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    for name in ["connecting: resolve", "connecting: handshake", "live", "reconnecting"] {
        engine.show(state(name));
        harness.run_ok();
    }
    // The next try, of which no step is told.
    for step in ["connecting: resolve", "connecting: handshake", "connecting: publish"] {
        let (mut again, before) = (state(step), state("reconnecting"));
        again.destinations[0].log = before.destinations[0].log.clone();
        engine.show(again);
        harness.run_ok();
    }
    engine.show(state("live"));
    harness.run_ok();
    engine.show(Snapshot { stage: Stage::Idle, ..state("failed") });
    harness.run_ok();
    let log = harness.state().model().log.text();
    let expected = [
        "Connecting: looking up the server · Twitch · rtmps://ingest.global-contribute.live-video.net:443/app",
        "Connecting: greeting the server",
        "Live",
        "Reconnecting in 2 s (try 3): Nothing got through for 4 s",
    ];
    for line in expected {
        let told = log.lines().any(|other| other.split_once("  ").is_some_and(|(_, t)| t == line));
        assert!(told, "{line} in\n{log}");
    }
    assert!(log.contains("Not live: The server refused: NetStream.Publish.Denied"), "{log}");
    let steps = log.lines().filter(|line| line.contains("onnecting: ")).count();
    assert_eq!(steps, 2, "{log}");
}

#[test]
fn a_minimised_window_asks_for_no_pictures() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    let minimise = |harness: &mut Shown, minimised| {
        let viewport = harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT);
        viewport.expect("there is one").minimized = Some(minimised);
        harness.step();
    };
    engine.take();
    minimise(&mut harness, true);
    minimise(&mut harness, false);
    assert_eq!(engine.printed(), ["HidePreview", "ShowPreview"]);
}

#[test]
fn who_has_no_engine_reads_why() {
    let engine = FakeEngine::default();
    engine.fill();
    engine.break_down(Fault::System { why: "No thread could be started: no room".into() });
    let mut harness = shown(&engine, model());
    let why = "No thread could be started: no room. Close other programs, or restart this computer, \
               and try again.";
    assert_eq!(harness.query_all_by_label(why).count(), 1);
    click(&mut harness, "Dismiss");
    click(&mut harness, "Go Live");
    harness.get_by_label(why);
    assert!(harness.query_by_label(text::ENGINE_BUSY).is_none());
}

#[test]
fn settings_that_could_not_be_written_are_written_later() {
    let folder = std::env::temp_dir().join(format!("tallylight-later-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&folder);
    // A folder in the place of the file that is written first.
    let obstacle = folder.join(format!("{}.new", Store::FILE));
    std::fs::create_dir_all(&obstacle).expect("the temporary folder can be written");
    let (store, settings, _) = Store::open(&folder);
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let (try_again, tried) = std::sync::mpsc::channel();
    let window = Window::new(Parts {
        link: engine.clone(),
        model: Model::new(settings, &[], LogBook::default()),
        saver: Saver::start(store, Arc::new(move || _ = try_again.send(()))).expect("a thread"),
        keeper: None,
        files: Box::new(crate::ui_support::FakeFiles::default()),
        ending: engine.ending.clone(),
    });
    let mut harness = drawn(window, [1280.0, 800.0]);
    press(&mut harness, Action::ShowLog);
    // Long enough for anything: the thread says when it has tried.
    let wait = || tried.recv_timeout(Duration::from_secs(60)).expect("it tries to write");
    let told = |harness: &Shown| {
        harness.state().model().notices.iter().any(|words| words.contains("not remembered"))
    };
    settle(&mut harness);
    wait();
    harness.run_ok();
    assert!(told(&harness));
    assert!(!folder.join(Store::FILE).exists());
    std::fs::remove_dir(&obstacle).expect("it is there");
    while tried.try_recv().is_ok() {}
    // Ten seconds of the window's time pass before it tries again.
    for _ in 0..4 {
        settle(&mut harness);
    }
    wait();
    let text = std::fs::read_to_string(folder.join(Store::FILE)).unwrap_or_default();
    _ = std::fs::remove_dir_all(&folder);
    assert!(text.contains("show_log = true"), "{text}");
}

#[test]
fn why_a_try_failed_stands_there_until_one_succeeds() {
    let engine = FakeEngine::default();
    engine.show(state("never live"));
    let mut harness = shown(&engine, model());
    let sentence = harness.state().model().failure.as_ref().expect("it failed").sentence();
    for next in ["connecting: connect", "never live", "ready"] {
        engine.show(state(next));
        harness.run_ok();
        harness.get_by_label(&sentence);
    }
    engine.show(state("live"));
    harness.run_ok();
    assert!(harness.query_by_label(&sentence).is_none());
}

#[test]
fn without_a_connection_nothing_is_said_to_be_well() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    assert!(all_text(&harness).contains("All is well"));
    let was_live = state("reconnecting").destinations;
    let mut again = state("connecting: connect");
    again.destinations[0].live = was_live[0].live.max(std::time::Duration::from_secs(9));
    again.cause = tallylight::engine::Cause::Fine;
    engine.show(again);
    harness.run_ok();
    assert!(!all_text(&harness).contains("All is well"), "{}", all_text(&harness));
}

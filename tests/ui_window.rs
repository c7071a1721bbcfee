//! The window drawn without a screen: every panel in every state, every action
//! by its name and by its key, and what a click asks of the engine.

mod ui_support;

use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::{Command, Connection, Fault, Snapshot, Stage};
use tallylight::settings::{Input, Services, Settings, Store, Warning};
use tallylight::ui::action::Action;
use tallylight::ui::model::{Dialog, Model};
use tallylight::ui::{LogBook, Parts, Saver, Window, text, theme};
use ui_support::{FakeEngine, Vaults, model, states, window, window_with_keys};

type Shown = Harness<'static, Window<FakeEngine>>;

/// A window of that size on `engine`.
fn sized(engine: &FakeEngine, model: Model, size: [f32; 2]) -> Shown {
    drawn(window(engine, model), size)
}

fn drawn(window: Window<FakeEngine>, size: [f32; 2]) -> Shown {
    Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, window: &mut Window<FakeEngine>| {
                window.update(ui.ctx());
                window.show(ui);
            },
            window,
        )
}

fn shown(engine: &FakeEngine, model: Model) -> Shown {
    sized(engine, model, [1280.0, 800.0])
}

/// A window on a service with everything entered.
fn ready_for(service: &str, server: &str, key: &str) -> (FakeEngine, Shown) {
    let engine = FakeEngine::default();
    engine.show(ui_support::ready());
    let mut harness = shown(&engine, model_of(service));
    if !server.is_empty() {
        enter(&mut harness, text::SERVER, server);
    }
    enter(&mut harness, text::KEY, key);
    engine.take();
    (engine, harness)
}

fn model_of(service: &str) -> Model {
    let mut settings = Settings::default();
    settings.destination.service = service.into();
    Model::new(settings, &[], LogBook::default())
}

fn enter(harness: &mut Shown, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.step();
    harness.event(egui::Event::Paste(text.to_owned()));
    harness.run_ok();
}

fn click(harness: &mut Shown, name: &str) {
    harness.get_by_label(name).click();
    harness.run_ok();
}

fn press(harness: &mut Shown, action: Action) {
    let shortcut = action.shortcut();
    harness.key_press_modifiers(shortcut.modifiers, shortcut.logical_key);
    harness.run_ok();
}

/// Every text in the window, with the values of its fields.
fn all_text(harness: &Shown) -> String {
    let node = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        let parts = [node.label(), node.value(), node.data().description().map(str::to_owned)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    };
    harness.root().children_recursive().map(node).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_state_is_drawn_at_every_size_in_both_themes() {
    let sizes = [[960.0, 600.0], [1024.0, 640.0], [1280.0, 800.0], [1920.0, 1080.0]];
    for (name, snapshot) in states() {
        for size in sizes {
            for service in ["this-computer", "twitch"] {
                let engine = FakeEngine::default();
                engine.show(snapshot.clone());
                let mut harness = sized(&engine, model_of(service), size);
                harness.run_ok();
                let button = text::button(&harness.state().model().phase, "").0;
                let node = harness.get_by_role_and_label(Role::Button, button);
                let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
                assert!(window.contains_rect(node.rect()), "{button} at {size:?} in {name}");
                if size == sizes[1] {
                    press(&mut harness, Action::ToggleOutputDetails);
                    press(&mut harness, Action::ShowLog);
                    press(&mut harness, Action::NextTheme);
                    press(&mut harness, Action::NextTheme);
                }
            }
        }
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
    ];
    for (name, words) in expected {
        let engine = FakeEngine::default();
        engine.show(state(name));
        let harness = shown(&engine, model());
        harness.get_by_role_and_label(Role::Status, words);
    }
}

fn state(name: &str) -> Snapshot {
    let found = states().into_iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("there is no state {name}")).1
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
        "The camera “Logitech HD Pro Webcam C920” is not there.",
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
    harness.get_by_label("Nothing has been heard for 7 s");
    harness.get_by_label(text::WARN_FROZEN);
    let mut unopened = state("live");
    unopened.faults = vec![
        Fault::Source { why: "/pictures/card.png can't be opened: no such file".into() },
        Fault::Overloaded { measure: "only one frame in 2 is sent".into() },
    ];
    engine.show(unopened);
    harness.run_ok();
    harness.get_by_label("/pictures/card.png can't be opened: no such file.");
    let slow = "This computer is too slow for these settings; only one frame in 2 is sent.";
    harness.get_by_label(slow);
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
fn this_computer_needs_nothing_and_shows_its_address() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    click(&mut harness, "Go Live");
    let sent = engine.take();
    assert!(matches!(&sent[..], [Command::GoLive(to)] if to.built_in_server), "{sent:?}");
    engine.show(state("this computer"));
    harness.run_ok();
    let address = harness.get_by_label(text::PLAY_ADDRESS);
    assert_eq!(address.value().as_deref(), Some("rtmp://127.0.0.1:1935/live/show"));
    harness.get_by_label("Copy address");
    let copied = copied_by(&mut harness, Action::CopyPlayAddress);
    assert_eq!(copied.as_deref(), Some("rtmp://127.0.0.1:1935/live/show"));
}

/// What an action's key puts on the clipboard.
fn copied_by(harness: &mut Shown, action: Action) -> Option<String> {
    let shortcut = action.shortcut();
    harness.input_mut().events.push(egui::Event::Key {
        key: shortcut.logical_key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: shortcut.modifiers,
    });
    harness.step();
    harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn two_pastes_and_three_clicks_go_live() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    // First start: the built-in server is chosen.
    harness.get_by_label(text::SERVER).click();
    harness.run_ok();
    harness.event(egui::Event::Paste(" rtmp://live-fra.twitch.tv/app\n".into()));
    harness.run_ok();
    assert_eq!(harness.state().model().service().id, "twitch");
    harness.get_by_label(text::KEY).click();
    harness.run_ok();
    harness.event(egui::Event::Paste(" live_1_abc\n".into()));
    harness.run_ok();
    engine.take();
    click(&mut harness, "Go Live");
    let sent = engine.take();
    let [Command::GoLive(to)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((to.name.as_str(), to.server.as_str()), ("Twitch", "rtmp://live-fra.twitch.tv/app"));
    assert_eq!(to.key.as_ref().map(|key| key.expose()), Some("live_1_abc"));
}

#[test]
fn a_paste_needs_no_click_at_all() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    harness.event(egui::Event::Paste("rtmps://a.rtmps.youtube.com/live2".into()));
    harness.run_ok();
    harness.event(egui::Event::Paste("abcd-efgh".into()));
    harness.run_ok();
    engine.take();
    press(&mut harness, Action::GoLive);
    let sent = engine.take();
    let [Command::GoLive(to)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(to.name, "YouTube");
    assert_eq!(to.key.as_ref().map(|key| key.expose()), Some("abcd-efgh"));
}

#[test]
fn what_was_pasted_is_split_and_shown() {
    let engine = FakeEngine::default();
    let mut harness = shown(&engine, model());
    enter(&mut harness, text::SERVER, "rtmp://10.0.0.7/live/show?token=abc");
    assert_eq!(harness.get_by_label(text::SERVER).value().as_deref(), Some("rtmp://10.0.0.7/live"));
    harness.get_by_label("Not encrypted, port 1935, application “live”, key of 14 characters");
    let model = harness.state().model();
    assert_eq!(
        (model.service().id.as_str(), model.draft.key.as_str()),
        ("custom", "show?token=abc")
    );
}

#[test]
fn what_is_wrong_is_said_at_once() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("custom"));
    enter(&mut harness, text::SERVER, "https://example.org/live");
    assert!(all_text(&harness).contains("Https:// is a web address"), "{}", all_text(&harness));
    assert!(harness.get_by_role_and_label(Role::Button, "Go Live").accesskit_node().is_disabled());
    harness.get_by_role_and_label(Role::Status, text::WRONG);
    engine.take();
    press(&mut harness, Action::GoLive);
    assert_eq!(engine.printed(), [""; 0]);
}

#[test]
fn a_key_is_masked_until_it_is_shown() {
    const MARKER: &str = "marker-key-5f2c91e4";
    let (engine, mut harness) = ready_for("twitch", "", MARKER);
    let node = harness.get_by_label(text::KEY);
    assert_eq!(node.accesskit_node().role(), Role::PasswordInput);
    assert_eq!(node.value().as_deref(), Some("•".repeat(MARKER.len()).as_str()));
    for action in Action::ALL {
        if ![Action::ToggleKey, Action::GoLive, Action::Quit].contains(&action) {
            press(&mut harness, action);
        }
        assert!(!all_text(&harness).contains(MARKER), "after {action:?}");
        press(&mut harness, Action::DismissNotices);
        if harness.state().model().view.dialog.is_some() {
            click(&mut harness, text::CLOSE);
        }
    }
    assert!(!format!("{:?}", harness.state().model()).contains(MARKER));
    press(&mut harness, Action::GoLive);
    assert!(!engine.printed().concat().contains(MARKER));
    let mut echo = state("live");
    echo.destinations[0].server_said = Some(format!("publishing {MARKER}"));
    engine.show(echo);
    harness.run_ok();
    assert!(!harness.state().model().log.text().contains(MARKER));
    assert!(!all_text(&harness).contains(MARKER), "a server repeated it");
    engine.show(state("ready"));
    harness.run_ok();
    click(&mut harness, "Show key");
    assert_eq!(harness.get_by_label(text::KEY).value().as_deref(), Some(MARKER));
    click(&mut harness, "Hide key");
    assert!(!all_text(&harness).contains(MARKER));
}

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
fn a_key_that_is_held_down_is_one_press() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    engine.take();
    let shortcut = Action::ToggleMute.shortcut();
    for _ in 0..5 {
        // The window's toolkit finds out by itself that these are repetitions.
        harness.event(egui::Event::Key {
            key: shortcut.logical_key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: shortcut.modifiers,
        });
        harness.step();
    }
    assert_eq!(engine.printed(), ["SetMuted(true)"]);
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
    assert_eq!(value(&harness, text::CAMERA).as_deref(), Some("My camera (not there)"));
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
fn the_second_click_of_a_double_click_stops_nothing() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(3)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, window: &mut Window<FakeEngine>| {
                window.update(ui.ctx());
                window.show(ui);
            },
            window(&engine, model()),
        );
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
fn reconnect_now_is_a_button_and_a_key() {
    let engine = FakeEngine::default();
    engine.show(state("reconnecting"));
    let mut harness = shown(&engine, model());
    engine.take();
    click(&mut harness, "Reconnect now");
    press(&mut harness, Action::ReconnectNow);
    assert_eq!(engine.printed(), ["ReconnectNow", "ReconnectNow"]);
}

/// Where each action's button is: the state, the service, and what has to be
/// opened first.
fn place_of(action: Action) -> Option<(&'static str, &'static str, &'static [Action])> {
    Some(match action {
        Action::GoLive => ("ready", "this-computer", &[]),
        Action::Stop => ("live", "twitch", &[]),
        Action::ReconnectNow => ("reconnecting", "twitch", &[]),
        Action::ToggleKey | Action::ToggleServerDetails => ("ready", "twitch", &[]),
        Action::CopyPlayAddress => ("this computer", "this-computer", &[]),
        Action::CopyLog | Action::SaveLog => ("live", "twitch", &[Action::ShowLog]),
        // These need something entered, opened or noticed first; they have
        // tests of their own.
        Action::FitOutput | Action::ChoosePicture | Action::DismissNotices | Action::Quit => {
            return None;
        }
        _ => ("ready", "twitch", &[]),
    })
}

#[test]
fn each_action_has_a_button_with_its_name() {
    for action in Action::ALL {
        let Some((name, service, first)) = place_of(action) else { continue };
        let engine = FakeEngine::default();
        engine.show(state(name));
        let mut harness = shown(&engine, model_of(service));
        for opening in first {
            press(&mut harness, *opening);
        }
        let found = harness.query_by_role_and_label(Role::Button, action.label());
        assert!(found.is_some(), "{action:?} in\n{}", all_text(&harness));
    }
}

#[test]
fn each_action_works_by_its_key() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    engine.take();
    let sends = [
        (Action::ToggleMute, "SetMuted(true)"),
        (Action::ToggleMute, "SetMuted(false)"),
        (Action::ToggleMirror, "SetMirror(true)"),
        (Action::RefreshDevices, "RefreshDevices"),
    ];
    for (action, expected) in sends {
        press(&mut harness, action);
        assert_eq!(engine.printed(), [expected], "for {action:?}");
    }
    let view = |harness: &Shown| harness.state().model().view.clone();
    let settings = |harness: &Shown| harness.state().model().settings.clone();
    press(&mut harness, Action::ToggleMirrorPreview);
    assert!(settings(&harness).sources.mirror_preview);
    press(&mut harness, Action::ToggleKey);
    assert!(view(&harness).show_key);
    press(&mut harness, Action::ToggleServerDetails);
    harness.get_by_label(text::USER);
    press(&mut harness, Action::ToggleOutputDetails);
    harness.get_by_role_and_label(Role::SpinButton, text::VIDEO_KBPS);
    press(&mut harness, Action::ShowLog);
    assert!(settings(&harness).window.show_log);
    press(&mut harness, Action::ShowHealth);
    assert!(!settings(&harness).window.show_log);
    let theme = settings(&harness).window.theme;
    press(&mut harness, Action::NextTheme);
    assert_ne!(settings(&harness).window.theme, theme);
    let copied = copied_by(&mut harness, Action::CopyLog);
    assert!(copied.is_some_and(|text| text.contains("Theme: dark")));
    press(&mut harness, Action::ShowKeys);
    assert_eq!(view(&harness).dialog, Some(Dialog::Keys));
    assert_eq!(engine.printed(), [""; 0]);
}

#[test]
fn no_two_actions_share_a_key_and_all_are_in_the_overview() {
    let engine = FakeEngine::default();
    let mut harness = shown(&engine, model());
    press(&mut harness, Action::ShowKeys);
    for action in Action::ALL {
        let same = Action::ALL.into_iter().filter(|other| other.shortcut() == action.shortcut());
        assert_eq!(same.count(), 1, "{action:?}");
        assert!(!action.tooltip().is_empty());
        assert!(harness.query_all_by_label(action.label()).next().is_some(), "{action:?}");
    }
}

#[test]
fn the_large_button_is_reached_with_tab_and_pressed_with_space() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    for _ in 0..60 {
        harness.key_press(egui::Key::Tab);
        harness.run_ok();
        if harness.get_by_role_and_label(Role::Button, "Go Live").is_focused() {
            break;
        }
    }
    harness.key_press(egui::Key::Space);
    harness.run_ok();
    assert!(matches!(engine.take()[..], [Command::GoLive(_)]));
}

#[test]
fn every_field_button_and_list_is_reached_with_tab() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    press(&mut harness, Action::ToggleServerDetails);
    press(&mut harness, Action::ToggleOutputDetails);
    let inputs = |harness: &Shown| -> Vec<(Role, String)> {
        let all = harness.root().children_recursive().map(|node| node.accesskit_node());
        all.filter(|node| egui::accessibility::is_input(node.role()) && !node.is_disabled())
            .map(|node| (node.role(), node.label().unwrap_or_default()))
            .collect()
    };
    let mut missed = inputs(&harness);
    assert!(missed.len() > 20, "{missed:?}");
    for _ in 0..3 * missed.len() {
        harness.key_press(egui::Key::Tab);
        harness.run_ok();
        let focused = harness.root().children_recursive().find(|node| node.is_focused());
        let Some(focused) = focused.map(|node| node.accesskit_node()) else { continue };
        let found = (focused.role(), focused.label().unwrap_or_default());
        missed.retain(|other| *other != found);
    }
    assert_eq!(missed, []);
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
    assert_eq!(camera.value().as_deref(), Some("Elgato Cam Link 4K (not there)"));
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
    click(&mut harness, "Fit");
    let sent = engine.take();
    assert!(matches!(&sent[..], [Command::SetOutput(o)] if o.video_kbps == 6_000), "{sent:?}");
    assert!(harness.query_by_label("Fit").is_none());
}

#[test]
fn each_service_is_chosen_and_remembers_its_own() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    for service in Services::built_in().all() {
        if service.is_this_computer() {
            continue;
        }
        harness.get_by_role_and_label(Role::ComboBox, text::SERVICE).click();
        harness.run_ok();
        let mut named = harness.get_all_by_role_and_label(Role::Button, &service.name);
        named.next().expect("it is in the list").click_accesskit();
        drop(named);
        harness.run_ok();
        let model = harness.state().model();
        assert_eq!(model.service().id, service.id);
        assert_eq!(model.draft.server, service.default_address());
        enter(&mut harness, text::KEY, &format!("key-of-{}", service.id));
    }
    harness.get_by_role_and_label(Role::ComboBox, text::SERVICE).click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "Mux").click_accesskit();
    harness.run_ok();
    assert_eq!(harness.state().model().draft.key, "key-of-mux");
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
    for name in ["connecting: resolve", "connecting: handshake", "live", "reconnecting", "live"] {
        engine.show(state(name));
        harness.run_ok();
    }
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

#[test]
fn all_keys_are_seen_at_once_in_the_smallest_window() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = sized(&engine, model(), [960.0, 600.0]);
    press(&mut harness, Action::ShowKeys);
    harness.run_ok();
    let close = harness.get_by_label(text::CLOSE).rect();
    assert!(close.bottom() < 600.0, "{close}");
    for action in Action::ALL {
        let key = harness.ctx.format_shortcut(&action.shortcut());
        let rect = harness.get_by_label(&key).rect();
        assert!(rect.top() > 0.0 && rect.bottom() < close.top(), "{action:?}: {rect}");
    }
}

#[test]
fn what_the_window_knows_prints_without_keys() {
    let address = "rtmp://ann:MARKER-password@host.example/app/MARKER-key?token=MARKER-token";
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("custom"));
    enter(&mut harness, text::SERVER, address);
    press(&mut harness, Action::GoLive);
    let command = engine.take().pop().expect("it goes live");
    let Command::GoLive(destination) = &command else { panic!("{command:?}") };
    let key = destination.key.as_ref().expect("it was pasted");
    assert_eq!(key.expose(), "MARKER-key?token=MARKER-token");
    // What a crash could print: all state there is, and the last command.
    let printed = format!("{:?} {command:?}", harness.state().model());
    assert!(!printed.contains("MARKER"), "{printed}");
    assert!(!all_text(&harness).contains("MARKER"), "{}", all_text(&harness));
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
fn a_stream_that_goes_on_is_not_touched_by_the_window() {
    // The fields of a stream that is going out can't be changed.
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let harness = shown(&engine, model_of("twitch"));
    for name in [text::SERVICE, text::SERVER, text::KEY, text::PRESET] {
        assert!(harness.get_by_label(name).accesskit_node().is_disabled(), "{name}");
    }
    for name in [text::CAMERA, text::MICROPHONE, text::GAIN] {
        assert!(
            !harness
                .get_all_by_label(name)
                .next()
                .expect("it is there")
                .accesskit_node()
                .is_disabled()
        );
    }
}

#[test]
fn after_a_failure_the_next_try_ends_the_last_one_first() {
    let engine = FakeEngine::default();
    let mut failed = state("failed");
    failed.stage = Stage::Publishing;
    failed.destinations[0].connection =
        Connection::Failed(Fault::NameNotFound { host: "h".into() });
    engine.show(failed);
    let mut harness = shown(&engine, model());
    engine.take();
    press(&mut harness, Action::GoLive);
    let sent = engine.take();
    assert!(matches!(sent[..], [Command::Stop, Command::GoLive(_)]), "{sent:?}");
}

/// A window on Twitch whose keyring has not answered yet.
fn on_a_slow_keyring(vaults: &Vaults) -> Shown {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model_of("twitch");
    model.settings.servers.insert("mux".into(), Default::default());
    let mut harness = drawn(window_with_keys(&engine, model, vaults), [1280.0, 800.0]);
    harness.run_ok();
    harness
}

/// Long enough for what was entered to be on its way to the disk.
fn settle(harness: &mut Shown) {
    harness.run_steps(12);
}

fn key_field(harness: &Shown) -> String {
    harness.state().model().draft.key.clone()
}

#[test]
fn a_key_that_is_pasted_while_the_keyring_waits_for_its_password_stays() {
    for old in [None, Some("old-key")] {
        let vaults = Vaults::locked();
        vaults.put("twitch/key", old);
        vaults.put("twitch/password", Some("old-password"));
        let mut harness = on_a_slow_keyring(&vaults);
        enter(&mut harness, text::KEY, "new-key");
        settle(&mut harness);
        vaults.unlock();
        harness.state().wait_for_keys(Duration::from_secs(5));
        settle(&mut harness);
        assert_eq!(key_field(&harness), "new-key");
        assert_eq!(harness.state().model().draft.password, "old-password");
        harness.state_mut().end();
        assert_eq!(vaults.get("twitch/key").as_deref(), Some("new-key"));
        assert_eq!(vaults.get("twitch/password").as_deref(), Some("old-password"));
    }
}

#[test]
fn a_remembered_key_outlives_a_keyring_that_fails_and_another_server() {
    for fails in [true, false] {
        let vaults = Vaults::locked();
        vaults.put("twitch/key", Some("old-key"));
        vaults.fail_reading(fails);
        let mut harness = on_a_slow_keyring(&vaults);
        if fails {
            vaults.unlock();
            harness.state().wait_for_keys(Duration::from_secs(5));
        }
        enter(&mut harness, text::SERVER, "rtmp://live-fra.twitch.tv/app");
        settle(&mut harness);
        vaults.unlock();
        harness.state().wait_for_keys(Duration::from_secs(5));
        settle(&mut harness);
        assert_eq!(key_field(&harness), if fails { "" } else { "old-key" });
        harness.state_mut().end();
        assert_eq!(vaults.get("twitch/key").as_deref(), Some("old-key"));
    }
}

#[test]
fn a_key_that_is_cleared_is_forgotten() {
    let vaults = Vaults::locked();
    vaults.put("twitch/key", Some("old-key"));
    vaults.unlock();
    let mut harness = on_a_slow_keyring(&vaults);
    harness.state().wait_for_keys(Duration::from_secs(5));
    settle(&mut harness);
    assert_eq!(key_field(&harness), "old-key");
    harness.get_by_label(text::KEY).focus();
    harness.step();
    harness.key_press(egui::Key::Backspace);
    settle(&mut harness);
    harness.state_mut().end();
    assert_eq!(vaults.get("twitch/key"), None);
}

#[test]
fn a_token_goes_to_no_other_address_than_its_own() {
    let vaults = Vaults::locked();
    vaults.put("custom/query", Some("token=secret"));
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut settings = Settings::default();
    settings.destination.service = "custom".into();
    settings.servers.entry("custom".into()).or_default().address = "rtmp://one.example/app".into();
    let model = Model::new(settings, &[], LogBook::default());
    let mut harness = drawn(window_with_keys(&engine, model, &vaults), [1280.0, 800.0]);
    harness.run_ok();
    enter(&mut harness, text::SERVER, "rtmp://two.example/app");
    settle(&mut harness);
    vaults.unlock();
    harness.state().wait_for_keys(Duration::from_secs(5));
    settle(&mut harness);
    assert!(!harness.state().model().draft.server.contains("token"));
    harness.state_mut().end();
    assert_eq!(vaults.get("custom/query"), None);
}

#[test]
fn a_key_that_is_replaced_goes_nowhere_else() {
    let (_, mut harness) = ready_for("custom", "rtmp://host.example/app/MARKER-old", "fresh-key-1");
    let model = harness.state().model();
    assert_eq!(model.draft.server, "rtmp://host.example/app");
    assert_eq!(model.draft.key, "fresh-key-1");
    settle(&mut harness);
    let model = harness.state().model();
    assert!(!format!("{:?}", model.settings).contains("MARKER"));
    assert!(!all_text(&harness).contains("MARKER"));
}

#[test]
fn a_server_never_sees_the_key_of_another() {
    let (_, mut harness) = ready_for("custom", "rtmp://one.example/app", "key-of-one");
    let key = |harness: &Shown| harness.state().model().draft.key.clone();
    enter(&mut harness, text::SERVER, "rtmp://one.example/other");
    assert_eq!(key(&harness), "key-of-one");
    enter(&mut harness, text::SERVER, "rtmp://two.example/app");
    assert_eq!(key(&harness), "");
    // All servers of a known service take the same key.
    let (_, mut harness) = ready_for("twitch", "rtmp://live-fra.twitch.tv/app", "live_1_abc");
    enter(&mut harness, text::SERVER, "rtmp://live-ams.twitch.tv/app");
    assert_eq!(key(&harness), "live_1_abc");
}

#[test]
fn a_key_tells_the_service_where_two_share_a_server() {
    let server = "rtmps://fra05.contribute.live-video.net/app";
    let (_, harness) = ready_for("custom", server, "live_1_abc");
    let model = harness.state().model();
    assert_eq!(model.service().id, "twitch");
    assert_eq!((model.draft.server.as_str(), model.draft.key.as_str()), (server, "live_1_abc"));
}

#[test]
fn a_typed_letter_does_not_forget_an_address() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut settings = Settings::default();
    let address = "rtmp://kept.example/app";
    settings.servers.entry("custom".into()).or_default().address = address.into();
    let mut harness = shown(&engine, Model::new(settings, &[], LogBook::default()));
    harness.get_by_label(text::SERVER).focus();
    harness.step();
    harness.event(egui::Event::Text("r".into()));
    harness.run_ok();
    let model = harness.state().model();
    assert_eq!((model.service().id.as_str(), model.draft.server.as_str()), ("custom", "r"));
    assert_eq!(model.settings.server("custom").address, address);
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
    let window = Window::new(Parts {
        link: engine.clone(),
        model: Model::new(settings, &[], LogBook::default()),
        saver: Saver::start(store, tallylight::ui::no_repaint()).expect("there is a thread"),
        keeper: None,
        files: Box::new(ui_support::FakeFiles::default()),
        ending: engine.ending.clone(),
    });
    let mut harness = drawn(window, [1280.0, 800.0]);
    press(&mut harness, Action::ShowLog);
    let told = |harness: &Shown| {
        harness.state().model().notices.iter().any(|words| words.contains("not remembered"))
    };
    for _ in 0..100 {
        settle(&mut harness);
        std::thread::sleep(Duration::from_millis(10));
        if told(&harness) {
            break;
        }
    }
    assert!(told(&harness));
    assert!(!folder.join(Store::FILE).exists());
    std::fs::remove_dir(&obstacle).expect("it is there");
    for _ in 0..100 {
        settle(&mut harness);
        std::thread::sleep(Duration::from_millis(10));
        if folder.join(Store::FILE).exists() {
            break;
        }
    }
    let text = std::fs::read_to_string(folder.join(Store::FILE)).unwrap_or_default();
    _ = std::fs::remove_dir_all(&folder);
    assert!(text.contains("show_log = true"), "{text}");
}

#[test]
fn what_a_service_needs_is_said() {
    let (_, mut harness) = ready_for("facebook", "", "FB-1-2-3");
    let service = Services::built_in().get("facebook");
    assert!(harness.query_by_label(&service.note).is_none());
    press(&mut harness, Action::ToggleServerDetails);
    harness.get_by_label(&service.note);
    harness.get_by_label(&service.where_to_find);
    let words = text::only_encrypted("Facebook");
    assert!(harness.query_by_label(&words).is_none());
    enter(&mut harness, text::SERVER, "rtmp://live-api-s.facebook.com/rtmp/");
    harness.get_by_label(&words);
    let harness = shown(&FakeEngine::default(), model_of("douyin"));
    harness.get_by_label(&text::shown_upright("Douyin / TikTok"));
}

//! Keys are shown to nobody and kept where they belong.

use std::time::Duration;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::Command;
use tallylight::settings::Settings;
use tallylight::ui::action::Action;
use tallylight::ui::model::Model;
use tallylight::ui::{LogBook, text};

use crate::ui_support::{FakeEngine, Vaults, window_with_keys};
use crate::{
    Shown, all_text, click, drawn, enter, model_of, press, ready_for, settle, shown, state,
};

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
    // Opened above, it has moved the key out of sight.
    press(&mut harness, Action::ToggleOutputDetails);
    click(&mut harness, "Show key");
    assert_eq!(harness.get_by_label(text::KEY).value().as_deref(), Some(MARKER));
    click(&mut harness, "Hide key");
    assert!(!all_text(&harness).contains(MARKER));
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

/// The proxy's password goes to a field of its own, to the engine and to the keyring.
#[test]
fn a_proxys_password_is_seen_by_nobody() {
    let vaults = Vaults::default();
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness =
        drawn(window_with_keys(&engine, model_of("custom"), &vaults), [1280.0, 800.0]);
    enter(&mut harness, text::SERVER, "rtmp://host.example/app/key");
    press(&mut harness, Action::ToggleServerDetails);
    enter(&mut harness, text::PROXY, "socks5h://ann:MARKER%21@127.0.0.1:9050");
    let shown = harness.get_by_label(text::PROXY).value();
    assert_eq!(shown.as_deref(), Some("socks5h://ann@127.0.0.1:9050"));
    let password = harness.get_by_label(text::PROXY_PASSWORD);
    assert_eq!(password.accesskit_node().role(), Role::PasswordInput);
    press(&mut harness, Action::GoLive);
    let command = engine.take().pop().expect("it goes live");
    let Command::GoLive(destination) = &command else { panic!("{command:?}") };
    let proxy = destination.proxy.as_ref().expect("it was entered");
    assert_eq!(proxy.expose(), "socks5h://ann:MARKER%21@127.0.0.1:9050");
    let model = harness.state().model();
    let printed = format!("{model:?} {command:?} {}", all_text(&harness));
    assert!(!printed.contains("MARKER"), "{printed}");
    assert_eq!(model.settings.server("custom").proxy, "socks5h://ann@127.0.0.1:9050");
}

#[test]
fn a_proxy_that_can_t_be_used_is_said_to_be_so() {
    let (_, mut harness) = ready_for("custom", "rtmp://host.example/app", "k");
    press(&mut harness, Action::ToggleServerDetails);
    enter(&mut harness, text::PROXY, "ftp://ann:MARKER@host");
    harness.get_by_label(text::USER).focus();
    harness.run_ok();
    let words = all_text(&harness);
    assert!(words.contains("“ftp://” is none of these"), "{words}");
    let (_, mut harness) = ready_for("custom", "rtmp://host.example/app", "k");
    press(&mut harness, Action::ToggleServerDetails);
    enter(&mut harness, text::PROXY, "socks5h://ann@host");
    harness.get_by_label(text::USER).focus();
    harness.run_ok();
    assert!(!all_text(&harness).contains("none of these"));
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

/// Nothing has the keyboard, and this is pasted.
fn stray_paste(harness: &mut Shown, text: &str) {
    harness.ctx.memory_mut(|memory| memory.stop_text_input());
    harness.step();
    harness.event(egui::Event::Paste(text.into()));
    harness.run_ok();
}

fn in_keyring(vaults: &Vaults) -> Shown {
    let mut harness = on_a_slow_keyring(vaults);
    vaults.unlock();
    harness.state().wait_for_keys(Duration::from_secs(5));
    settle(&mut harness);
    harness
}

#[test]
fn whatever_is_pasted_by_mistake_a_remembered_key_comes_back() {
    for text in [
        "report.pdf",
        "2024-05-01",
        "tomorrow",
        "see you tomorrow at 10:30",
        "/home/me/notes.txt",
        "C:\\notes.txt",
        "some.person@example.com",
        "12:03:44 ERROR key: not-found-404",
        "a1b2c3d4e5f6",
        "Stream key: other_key_1",
        "rtmp://live-fra.twitch.tv/app/other_key_1",
    ] {
        for in_field in [false, true] {
            let vaults = Vaults::locked();
            vaults.put("twitch/key", Some("old-key-1"));
            let mut harness = in_keyring(&vaults);
            match in_field {
                true => enter(&mut harness, text::KEY, text),
                false => stray_paste(&mut harness, text),
            }
            settle(&mut harness);
            harness.state().wait_for_keys(Duration::from_secs(5));
            if key_field(&harness) != "old-key-1" {
                let kept = vaults.get("twitch/former").unwrap_or_default();
                assert!(kept.contains("old-key-1"), "{text} took its place in the keyring");
                // In this start or in the next.
                if in_field {
                    harness.state_mut().end();
                    harness = in_keyring(&vaults);
                }
                let action = match harness.query_by_label(Action::PutKeyBack.label()) {
                    Some(_) => Action::PutKeyBack,
                    None => Action::PutAddressBack,
                };
                click(&mut harness, action.label());
            }
            assert_eq!(key_field(&harness), "old-key-1", "{text}");
            harness.state_mut().end();
            assert_eq!(vaults.get("twitch/key").as_deref(), Some("old-key-1"), "{text}");
            assert_eq!(vaults.get("twitch/former"), None, "{text}");
            assert!(!all_text(&harness).contains("old-key-1"));
        }
    }
}

#[test]
fn a_key_that_is_pasted_before_the_keyring_answers_replaces_nothing_for_good() {
    let vaults = Vaults::locked();
    vaults.put("twitch/key", Some("old-key-1"));
    let mut harness = on_a_slow_keyring(&vaults);
    stray_paste(&mut harness, "a1b2c3d4e5f6");
    vaults.unlock();
    harness.state().wait_for_keys(Duration::from_secs(5));
    settle(&mut harness);
    assert_eq!(key_field(&harness), "a1b2c3d4e5f6");
    press(&mut harness, Action::PutKeyBack);
    assert_eq!(key_field(&harness), "old-key-1");
}

#[test]
fn the_former_key_goes_when_a_stream_is_live_with_the_new() {
    let (engine, mut harness) = ready_for("twitch", "", "old-key-1");
    enter(&mut harness, text::KEY, "new-key-2");
    harness.get_by_label(Action::PutKeyBack.label());
    press(&mut harness, Action::GoLive);
    engine.show(state("connecting: publish"));
    harness.run_ok();
    engine.show(state("failed"));
    harness.run_ok();
    harness.get_by_label(Action::PutKeyBack.label());
    engine.show(state("live"));
    harness.run_ok();
    engine.show(state("ready"));
    harness.run_ok();
    assert!(harness.query_by_label(Action::PutKeyBack.label()).is_none());
    press(&mut harness, Action::PutKeyBack);
    assert_eq!(key_field(&harness), "new-key-2");
}

#[test]
fn an_address_that_was_replaced_comes_back_with_its_key() {
    let (_, mut harness) = ready_for("custom", "rtmp://one.example/app", "key-of-one");
    stray_paste(&mut harness, "rtmp://two.example/live/key-of-two");
    assert_eq!(key_field(&harness), "key-of-two");
    stray_paste(&mut harness, "rtmp://three.example/live");
    assert_eq!(key_field(&harness), "");
    for (server, key) in
        [("rtmp://two.example/live", "key-of-two"), ("rtmp://one.example/app", "key-of-one")]
    {
        click(&mut harness, Action::PutAddressBack.label());
        let draft = &harness.state().model().draft;
        assert_eq!((draft.server.as_str(), draft.key.as_str()), (server, key));
    }
    assert!(harness.query_by_label(Action::PutAddressBack.label()).is_none());
    assert!(!format!("{:?}", harness.state().model().settings).contains("key-of"));
}

#[test]
fn nobody_sees_the_key_on_air() {
    let (engine, mut harness) = ready_for("custom", "rtmp://one.example/app", "key-of-one");
    for name in ["live", "reconnecting", "connecting: publish", "stopping"] {
        engine.show(state(name));
        harness.run_ok();
        press(&mut harness, Action::ToggleKey);
        assert!(!all_text(&harness).contains("key-of-one"), "{name}");
    }
    engine.show(state("ready"));
    harness.run_ok();
    press(&mut harness, Action::ToggleKey);
    assert!(all_text(&harness).contains("key-of-one"));
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
fn a_key_that_the_keyring_did_not_take_is_handed_over_again() {
    let vaults = Vaults::locked();
    vaults.unlock();
    vaults.fail_writing(true);
    let mut harness = on_a_slow_keyring(&vaults);
    enter(&mut harness, text::KEY, "new-key");
    settle(&mut harness);
    harness.state().wait_for_keys(Duration::from_secs(5));
    settle(&mut harness);
    assert_eq!(vaults.get("twitch/key"), None);
    let notices = harness.state().model().notices.clone();
    assert_eq!(notices.len(), 1, "{notices:?}");
    // It is not said again while it is tried again. The first Escape leaves the field.
    press(&mut harness, Action::DismissNotices);
    press(&mut harness, Action::DismissNotices);
    for _ in 0..5 {
        settle(&mut harness);
        harness.state().wait_for_keys(Duration::from_secs(5));
    }
    assert_eq!(harness.state().model().notices, [""; 0]);
    vaults.fail_writing(false);
    for _ in 0..5 {
        settle(&mut harness);
    }
    harness.state().wait_for_keys(Duration::from_secs(5));
    assert_eq!(vaults.get("twitch/key").as_deref(), Some("new-key"));
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

/// Types over what is in the server field, letter by letter, and leaves it.
fn type_server(harness: &mut Shown, address: &str) {
    let field = harness.get_by_label(text::SERVER);
    field.focus();
    harness.step();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    for letter in address.chars() {
        harness.event(egui::Event::Text(letter.to_string()));
        harness.step();
    }
    harness.key_press(egui::Key::Enter);
    harness.run_ok();
}

#[test]
fn a_typed_address_of_another_host_takes_no_key_of_a_service_along() {
    let facebook = "rtmps://live-api-s.facebook.com:443/rtmp";
    let (engine, mut harness) = ready_for("facebook", facebook, "FB-secret-key");
    type_server(&mut harness, "rtmp://127.0.0.1:19414/ok");
    let model = harness.state().model();
    assert_eq!(model.settings.destination.service, "custom");
    assert_eq!(model.draft.server, "rtmp://127.0.0.1:19414/ok");
    assert_eq!(model.draft.key, "");
    let its_own = model.settings.server("facebook").address;
    assert_eq!(its_own, facebook, "it stays what it was");
    press(&mut harness, Action::GoLive);
    assert!(!engine.printed().iter().any(|sent| sent.starts_with("GoLive")));
}

/// Nobody has seen that there is a key already.
#[test]
fn an_address_typed_over_this_computer_is_whole() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut model = model_of("custom");
    model.settings.servers.entry("custom".into()).or_default().address =
        "rtmp://127.0.0.1:19350/live".into();
    let vaults = Vaults::locked();
    vaults.put("custom/key", Some("old-key"));
    vaults.unlock();
    let model = Model::new(model.settings, &[], LogBook::default());
    let mut harness = drawn(window_with_keys(&engine, model, &vaults), [1280.0, 800.0]);
    settle(&mut harness);
    harness.state().wait_for_keys(Duration::from_secs(5));
    settle(&mut harness);
    assert_eq!(key_field(&harness), "old-key");
    harness.get_by_role_and_label(Role::ComboBox, text::SERVICE).click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::Button, "This computer").click_accesskit();
    harness.run_ok();
    type_server(&mut harness, "rtmp://127.0.0.1:19350/live/typed1");
    let model = harness.state().model();
    assert_eq!(model.service().id, "custom");
    let draft = &model.draft;
    assert_eq!(
        (draft.server.as_str(), draft.key.as_str()),
        ("rtmp://127.0.0.1:19350/live", "typed1")
    );
    assert!(!all_text(&harness).contains("typed1"));
    click(&mut harness, Action::PutKeyBack.label());
    assert_eq!(key_field(&harness), "old-key");
}

/// With the key of another server remembered: of another host, of another port.
#[test]
fn a_typed_address_of_another_server_takes_no_former_key_along() {
    for old in ["rtmp://one.example/app", "rtmp://127.0.0.1:1936/live"] {
        for (typed, server, key) in [
            ("rtmp://127.0.0.1:19350/live/typed1", "rtmp://127.0.0.1:19350/live", "typed1"),
            ("rtmp://two.example/live", "rtmp://two.example/live", ""),
        ] {
            let (_, mut harness) = ready_for("custom", old, "old-key");
            click(&mut harness, text::SERVER);
            type_server(&mut harness, typed);
            let draft = &harness.state().model().draft;
            assert_eq!((draft.server.as_str(), draft.key.as_str()), (server, key), "{old}");
            assert!(!all_text(&harness).contains("typed1"), "it is a key");
            click(&mut harness, Action::PutAddressBack.label());
            assert_eq!(harness.state().model().draft.key, "old-key");
        }
    }
}

#[test]
fn a_whole_address_that_is_typed_over_another_brings_its_own_key() {
    let (_, mut harness) = ready_for("custom", "rtmp://one.example/app", "key-of-one");
    type_server(&mut harness, "rtmp://two.example/live/key-of-two");
    let model = harness.state().model();
    assert_eq!(
        (model.draft.server.as_str(), model.draft.key.as_str()),
        ("rtmp://two.example/live", "key-of-two")
    );
    let saved = format!("{:?}", model.settings);
    assert!(!saved.contains("key-of"), "{saved}");
}

#[test]
fn what_may_be_a_key_in_the_address_is_in_no_settings() {
    let (_, mut harness) = ready_for("custom", "rtmp://one.example/app", "key-of-one");
    type_server(&mut harness, "rtmp://one.example/app/instance");
    let model = harness.state().model();
    assert_eq!(model.draft.key, "key-of-one", "an application may have two parts");
    assert_eq!(model.draft.server, "rtmp://one.example/app/instance");
    let saved = format!("{:?}", model.settings);
    assert!(!saved.contains("instance"), "{saved}");
}

#[test]
fn a_key_that_was_shown_is_masked_on_air_and_at_another_service() {
    let (_, mut harness) = ready_for("custom", "rtmp://one.example/app", "key-of-one");
    press(&mut harness, Action::ToggleKey);
    assert!(all_text(&harness).contains("key-of-one"));
    press(&mut harness, Action::GoLive);
    assert!(!all_text(&harness).contains("key-of-one"));
}

//! Where the stream goes: service, server, key, and what is pasted.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::{Command, Connection, Fault, Stage};
use tallylight::settings::{Services, Settings};
use tallylight::ui::action::Action;
use tallylight::ui::model::Model;
use tallylight::ui::{LogBook, text};

use crate::ui_support::{FakeEngine, model};
use crate::{
    Shown, all_text, click, copied_by, enter, model_of, press, push_key, ready_for, shown, sized,
    state,
};

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

#[test]
fn the_address_for_players_says_when_it_plays_and_why_it_has_another_port() {
    let engine = FakeEngine::default();
    engine.show(state("this computer"));
    let mut harness = shown(&engine, model());
    harness.get_by_label(text::PLAY_ADDRESS_NOW);
    let mut ended = state("this computer");
    ended.stage = Stage::Idle;
    ended.destinations[0].connection = Connection::Stopped;
    engine.show(ended);
    harness.run_ok();
    harness.get_by_label(text::PLAY_ADDRESS_THEN);
    assert!(harness.query_by_label(text::PLAY_ADDRESS_NOW).is_none());
    assert!(harness.query_by_label_contains("Another program").is_none());
    let mut elsewhere = state("this computer");
    let server = elsewhere.server.as_mut().expect("it runs");
    server.play_url = "rtmp://127.0.0.1:41234/live/tally".into();
    engine.show(elsewhere);
    harness.run_ok();
    harness.get_by_label("Another program uses port 1935, so players use port 41234.");
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

/// As a machine that is slow to draw finds them.
#[test]
fn two_pastes_and_the_key_may_come_in_one_frame() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    for text in ["rtmps://a.rtmps.youtube.com/live2", "abcd-efgh"] {
        harness.input_mut().events.push(egui::Event::Paste(text.into()));
    }
    push_key(&mut harness, Action::GoLive);
    harness.step();
    let sent = engine.take();
    let Some(Command::GoLive(to)) = sent.last() else { panic!("{sent:?}") };
    assert_eq!(to.name, "YouTube");
    assert_eq!(to.key.as_ref().map(|key| key.expose()), Some("abcd-efgh"));
}

/// However many letters a slow frame finds.
#[test]
fn an_address_that_is_typed_is_left_whole_until_the_field_is() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    harness.get_by_label(text::SERVER).focus();
    harness.step();
    for letters in ["rtmp://10.0.0.7/live/oth", "erkey-67", "89"] {
        letters.chars().for_each(|c| {
            harness.input_mut().events.push(egui::Event::Text(c.into()));
        });
        harness.step();
    }
    assert_eq!(harness.state().model().draft.server, "rtmp://10.0.0.7/live/otherkey-6789");
    harness.get_by_label(text::KEY).focus();
    harness.run_ok();
    let draft = &harness.state().model().draft;
    assert_eq!(
        (draft.server.as_str(), draft.key.as_str()),
        ("rtmp://10.0.0.7/live", "otherkey-6789")
    );
}

#[test]
fn a_key_before_its_server_is_found_in_either_field() {
    let text = "Stream key: kkk-1\nServer: rtmp://10.0.0.7/live\n";
    for field in [text::SERVER, text::KEY] {
        let engine = FakeEngine::default();
        let mut harness = shown(&engine, model_of("custom"));
        enter(&mut harness, field, text);
        let draft = &harness.state().model().draft;
        assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://10.0.0.7/live", "kkk-1"));
    }
}

#[test]
fn an_address_typed_into_the_key_field_is_no_key_and_no_server() {
    let (_, mut harness) = ready_for("custom", "rtmp://10.0.0.7/live", "");
    harness.get_by_label(text::KEY).focus();
    harness.step();
    for letter in "rtmp://h".chars() {
        harness.event(egui::Event::Text(letter.into()));
        harness.step();
    }
    assert_eq!(harness.state().model().draft.server, "rtmp://10.0.0.7/live");
    harness.get_by_role_and_label(Role::Status, text::WRONG_KEY);
}

#[test]
fn a_stray_paste_changes_no_key() {
    let (_, mut harness) = ready_for("custom", "rtmp://10.0.0.7/live", "old-key");
    harness.ctx.memory_mut(|memory| memory.stop_text_input());
    harness.step();
    for text in ["see you tomorrow", "https://example.org/page", "tomorrow"] {
        harness.event(egui::Event::Paste(text.into()));
        harness.run_ok();
        assert_eq!(harness.state().model().draft.key, "old-key", "{text}");
    }
    harness.event(egui::Event::Paste("live_123_new".into()));
    harness.run_ok();
    assert_eq!(harness.state().model().draft.key, "live_123_new");
}

/// Server and key, one after the other.
#[test]
fn an_application_of_two_parts_stays_whole() {
    for typed in [false, true] {
        let (engine, mut harness) = ready_for("custom", "", "");
        let mut put = |field: &str, text: &str| {
            harness.get_by_label(field).focus();
            harness.step();
            if typed {
                text.chars().for_each(|c| {
                    harness.event(egui::Event::Text(c.into()));
                    harness.step();
                });
            } else {
                harness.event(egui::Event::Paste(text.into()));
            }
            harness.run_ok();
        };
        put(text::SERVER, "rtmp://10.0.0.7/app/inst");
        put(text::KEY, "k-1");
        engine.take();
        press(&mut harness, Action::GoLive);
        let sent = engine.take();
        let Some(Command::GoLive(to)) = sent.last() else { panic!("{sent:?}") };
        assert_eq!(to.server, "rtmp://10.0.0.7/app/inst", "typed: {typed}");
        assert_eq!(to.key.as_ref().map(|key| key.expose()), Some("k-1"));
        harness
            .get_by_label("Not encrypted, port 1935, application “app/inst”, key of 3 characters");
    }
}

#[test]
fn a_key_in_the_server_field_is_masked_and_explained() {
    for service in ["this-computer", "custom"] {
        for text in ["live_123456_AbCdEf", "holiday.mp4", "see you tomorrow"] {
            let engine = FakeEngine::default();
            engine.show(state("ready"));
            let mut harness = shown(&engine, model_of(service));
            enter(&mut harness, text::SERVER, text);
            harness.get_by_label(text::NOT_AN_ADDRESS_BUT_A_KEY);
            assert!(!all_text(&harness).contains(text), "{}", all_text(&harness));
            enter(&mut harness, text::SERVER, "rtmp://10.0.0.7/live");
            assert!(all_text(&harness).contains("rtmp://10.0.0.7/live"));
        }
    }
}

#[test]
fn an_address_without_its_scheme_is_a_click_away() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("custom"));
    enter(&mut harness, text::SERVER, "live.example.com/app/secret-key");
    click(&mut harness, "Use rtmp://live.example.com/…");
    let draft = &harness.state().model().draft;
    assert_eq!(
        (draft.server.as_str(), draft.key.as_str()),
        ("rtmp://live.example.com/app", "secret-key")
    );
}

#[test]
fn a_failure_is_no_news_of_another_destination() {
    let changes: [fn(&mut Shown); 4] = [
        |harness| enter(harness, text::KEY, "another-key-1"),
        |harness| enter(harness, text::SERVER, "rtmp://10.0.0.7/live"),
        |harness| {
            harness.get_by_role_and_label(Role::ComboBox, text::SERVICE).click();
            harness.run_ok();
            harness.get_by_role_and_label(Role::Button, "Mux").click_accesskit();
            harness.run_ok();
        },
        |harness| {
            harness.get_by_label(text::KEY).focus();
            harness.step();
            harness.event(egui::Event::Text("x".into()));
            harness.run_ok();
        },
    ];
    for change in changes {
        let (engine, mut harness) = ready_for("twitch", "", "live_1_abc");
        press(&mut harness, Action::GoLive);
        engine.show(state("connecting: publish"));
        harness.run_ok();
        engine.show(state("failed"));
        harness.run_ok();
        assert!(harness.state().model().failure.is_some());
        change(&mut harness);
        assert!(harness.state().model().failure.is_none());
    }
}

#[test]
fn a_server_that_takes_no_key_can_be_said() {
    for address in ["rtmp://10.0.0.7/mystream", "rtmp://10.0.0.7/mystream?user=a&pass=b"] {
        let engine = FakeEngine::default();
        engine.show(state("ready"));
        let mut harness = shown(&engine, model_of("custom"));
        enter(&mut harness, text::SERVER, address);
        press(&mut harness, Action::GoLive);
        assert!(!engine.printed().iter().any(|sent| sent.starts_with("GoLive")));
        click(&mut harness, text::NO_KEY);
        press(&mut harness, Action::GoLive);
        let sent = engine.take();
        let Some(Command::GoLive(to)) = sent.last() else { panic!("{sent:?}") };
        assert_eq!(to.server, address);
        assert_eq!(to.key.as_ref().map(|key| key.expose()), Some(""));
        let model = harness.state().model();
        assert!(model.settings.server("custom").no_key);
        assert!(!format!("{:?}", model.settings).contains("pass"));
    }
}

#[test]
fn keys_are_taken_whole_by_their_field() {
    for key in ["a@b", "a\\b#c", "#!x", "50%25", "ключ-1", "two words", "a/b", "a:b", "\"q"] {
        let (engine, mut harness) = ready_for("custom", "rtmp://10.0.0.7/live", "");
        enter(&mut harness, text::KEY, &format!(" {key}\n"));
        engine.take();
        press(&mut harness, Action::GoLive);
        let sent = engine.take();
        let Some(Command::GoLive(to)) = sent.last() else { panic!("{key}: {sent:?}") };
        assert_eq!(to.key.as_ref().map(|key| key.expose()), Some(key));
        let warns = harness.query_by_label(text::KEY_HAS_SPACE).is_some();
        assert_eq!(warns, key.contains(' '), "{key}");
    }
}

#[test]
fn what_a_paste_held_beside_the_address_is_not_left_out_without_a_word() {
    for text in ["rtmp://10.0.0.7/live/my secret key", "rtmp://10.0.0.7/live/key live=1"] {
        let (_, mut harness) = ready_for("custom", "", "");
        enter(&mut harness, text::SERVER, text);
        harness.get_by_label(text::LEFT_OUT);
    }
    // librtmp's options are none of a key's, in either field.
    for field in [text::SERVER, text::KEY] {
        let (_, mut harness) = ready_for("custom", "rtmp://10.0.0.7/live", "");
        harness.get_by_label(field).focus();
        harness.step();
        let typed = if field == text::KEY { "key live=1" } else { "rtmp://10.0.0.7/live/k live=1" };
        typed.chars().for_each(|c| {
            harness.event(egui::Event::Text(c.into()));
            harness.step();
        });
        harness.run_ok();
        assert!(all_text(&harness).contains("“live=” is an option for librtmp"), "{field}");
    }
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
    assert!(all_text(&harness).contains("“https://” is a web address"), "{}", all_text(&harness));
    assert!(harness.get_by_role_and_label(Role::Button, "Go Live").accesskit_node().is_disabled());
    harness.get_by_role_and_label(Role::Status, text::WRONG_SERVER);
    engine.take();
    press(&mut harness, Action::GoLive);
    assert_eq!(engine.printed(), [""; 0]);
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

#[test]
fn all_services_are_seen_at_once_and_the_chosen_one_always() {
    let list = |size: [f32; 2], service: &str| {
        let engine = FakeEngine::default();
        engine.show(state("ready"));
        let mut harness = sized(&engine, model_of(service), size);
        harness.get_by_role_and_label(Role::ComboBox, text::SERVICE).click();
        harness.run_ok();
        harness
    };
    let is_seen = |harness: &Shown, name: &str, size: [f32; 2]| {
        let window = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into());
        let mut named = harness.get_all_by_role_and_label(Role::Button, name);
        named.any(|node| window.contains_rect(node.rect()))
    };
    let services = Services::built_in().all();
    for size in [[960.0, 600.0], [1024.0, 640.0], [1280.0, 800.0]] {
        let harness = list(size, "twitch");
        for service in services {
            assert!(is_seen(&harness, &service.name, size), "{} at {size:?}", service.name);
        }
    }
    // Where there is no room for all.
    let low = [1280.0, 360.0];
    for service in services {
        let harness = list(low, &service.id);
        assert!(is_seen(&harness, &service.name, low), "{}", service.name);
    }
}

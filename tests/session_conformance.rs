//! The publishing session against servers as they are: each test is one thing
//! that some server does, or that a hostile one could.

mod session_support;

use std::time::Duration;

use session_support::scripted::{Scripted, raw, status};
use session_support::{at, metadata, options, random, recording, send_start, video_packet};
use tallylight::media::{MediaTime, TrackConfig};
use tallylight::protocol::amf0::{Encoder, Properties, Value};
use tallylight::protocol::flv::video;
use tallylight::protocol::rtmp::auth::AuthError;
use tallylight::protocol::rtmp::chunk::ChunkErrorKind;
use tallylight::protocol::rtmp::client::{ClientOptions, ClientSession, Event, MAX_REDIRECTS};
use tallylight::protocol::rtmp::error::{Error, ErrorKind};
use tallylight::protocol::rtmp::handshake::HandshakeError;
use tallylight::protocol::rtmp::key::Credentials;
use tallylight::protocol::rtmp::message::{
    MessageType, PeerBandwidthLimit, ProtocolControl, UserControl,
};
use tallylight::protocol::rtmp::status::Refusal;
use tallylight::protocol::rtmp::url::RedirectError;
use tallylight::protocol::rtmp::{Retry, State};

const START: &str = "NetStream.Publish.Start";

fn is_live(peer: &mut Scripted) -> bool {
    peer.events().contains(&Event::Live)
}

fn client_with(change: impl FnOnce(&mut ClientOptions)) -> ClientSession {
    let mut options = options("rtmp://media.example/live/k3y-of-test");
    change(&mut options);
    ClientSession::new(options, &random(1), at(0))
}

fn refusal(error: &Error) -> Option<Refusal> {
    match &error.kind {
        ErrorKind::Refused { refusal, .. } => Some(*refusal),
        _ => None,
    }
}

mod order {
    use super::*;

    #[test]
    fn everything_is_said_in_the_order_that_servers_know() {
        let mut peer = Scripted::handshaken();
        let first = peer.take_received();
        assert_eq!(first[0].header.message_type, MessageType::SET_CHUNK_SIZE);
        assert_eq!(first[0].payload, 4096_u32.to_be_bytes());
        let connect = first[1].command().unwrap();
        assert_eq!((connect.name.as_str(), connect.transaction_id), ("connect", 1.0));
        let object = connect.object().unwrap();
        let names: Vec<_> = object.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["app", "type", "flashVer", "tcUrl"]);
        let text = |name| object.get(name).and_then(Value::as_str).unwrap();
        assert_eq!((text("app"), text("tcUrl")), ("live", "rtmp://media.example/live"));
        assert!(text("flashVer").starts_with("FMLE/"));
        assert_eq!(first.len(), 2, "nothing more before the answer");

        peer.result(1.0, &[Value::Null, status("status", "NetConnection.Connect.Success", "")]);
        peer.deliver().unwrap();
        let second = peer.take_received();
        let window = (second[0].header.message_type, second[0].payload.clone());
        let expected = MessageType::WINDOW_ACKNOWLEDGEMENT_SIZE;
        assert_eq!(window, (expected, 100_000_u32.to_be_bytes().to_vec()));
        let calls: Vec<_> = second[1..].iter().map(|message| message.command().unwrap()).collect();
        let said: Vec<_> = calls.iter().map(|c| (c.name.as_str(), c.transaction_id)).collect();
        assert_eq!(said, [("releaseStream", 2.0), ("FCPublish", 3.0), ("createStream", 4.0)]);
        assert_eq!(calls[0].argument(0), Some(&Value::from("k3y-of-test")));

        peer.result(4.0, &[Value::Null, 7.0.into()]);
        peer.deliver().unwrap();
        let third = peer.take_received();
        let publish = third[0].command().unwrap();
        assert_eq!(third[0].header.message_stream_id, 7);
        let values =
            ["publish".into(), 5.0.into(), Value::Null, "k3y-of-test".into(), "live".into()];
        assert_eq!(third[0].values(), values);
        assert_eq!((publish.transaction_id, third.len()), (5.0, 1));

        peer.on_status("status", START, "go");
        peer.deliver().unwrap();
        assert!(is_live(&mut peer));
        send_start(&mut peer.client, peer.now, 1).unwrap();
        let media = peer.take_received();
        let kinds: Vec<_> = media.iter().map(|message| message.header.message_type).collect();
        let (audio, video) = (MessageType::AUDIO, MessageType::VIDEO);
        assert_eq!(kinds, [MessageType::DATA, audio, video, video, audio]);
        assert_eq!(media[0].values()[..2], ["@setDataFrame".into(), "onMetaData".into()]);
        assert_eq!(media[1].payload, [0xAF, 0, 0x11, 0x90]);
        assert_eq!(media[2].payload[..5], video::config_header());
        assert_eq!(media[3].payload[..5], video::nalus_header(true, 0));
        assert!(media.iter().all(|m| m.header.message_stream_id == 7 && m.header.timestamp == 0));
        assert!(media.iter().all(|m| m.header.chunk_stream_id < 32), "some servers take no more");

        peer.client.close(peer.now);
        assert_eq!(peer.take_commands(), ["FCUnpublish", "deleteStream"]);
        assert!(peer.client.is_drained());
    }

    #[test]
    fn nothing_of_a_stream_is_sent_before_it_may_start() {
        let mut peer = Scripted::publishing();
        let refused = peer.client.send_metadata(peer.now, &metadata()).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::NotLive);
        peer.on_status("status", START, "go");
        peer.deliver().unwrap();
        assert!(is_live(&mut peer), "the mistake did not end the session");
    }

    #[test]
    fn the_reconnect_bit_is_only_said_when_wanted() {
        let mut peer = Scripted::handshaken_with(client_with(|o| o.announce_reconnect = true));
        let connect = peer.take_received()[1].command().unwrap();
        assert_eq!(connect.object().unwrap().get("capsEx"), Some(&Value::Number(1.0)));
    }

    #[test]
    fn a_configuration_in_mid_stream_does_not_go_back_in_time() {
        let mut peer = Scripted::live();
        let packet = video_packet(0, true, 2_000);
        peer.client.send_packet(peer.now, 5_000, 0, &packet).unwrap();
        let config = TrackConfig::Video(session_support::video_config());
        peer.client.send_config(peer.now, &config).unwrap();
        peer.client.send_packet(peer.now, 5_040, 0, &packet).unwrap();
        let times: Vec<_> = peer.take_received().iter().map(|m| m.header.timestamp).collect();
        assert_eq!(times, [5_000, 5_000, 5_040]);
    }

    /// Timestamps of video messages sent in a row on a new stream.
    fn timestamps_of(sent: &[u32]) -> Vec<u32> {
        let mut peer = Scripted::live();
        let packet = video_packet(0, true, 2_000);
        for timestamp in sent {
            peer.client.send_packet(peer.now, *timestamp, 0, &packet).unwrap();
        }
        peer.take_received().iter().map(|m| m.header.timestamp).collect()
    }

    #[test]
    fn time_goes_on_through_the_wrap() {
        for sent in [
            &[u32::MAX - 20, u32::MAX, 20, 60][..],
            &[1 << 30, 1 << 31, u32::MAX - 20, u32::MAX, 20, 60],
            &[1 << 31, (1 << 31) + 33, u32::MAX],
        ] {
            assert_eq!(timestamps_of(sent), sent, "whatever a stream starts at");
        }
        assert_eq!(timestamps_of(&[100, 60, 140]), [100, 100, 140], "never back");
    }

    #[test]
    fn a_configuration_after_weeks_does_not_stop_the_clock() {
        let day = 24 * 3_600 * 1_000;
        for last in [24 * day, 25 * day, 40 * day, u32::MAX] {
            let mut peer = Scripted::live();
            let packet = video_packet(0, true, 2_000);
            let config = TrackConfig::Video(session_support::video_config());
            peer.client.send_packet(peer.now, last, 0, &packet).unwrap();
            peer.client.send_config(peer.now, &config).unwrap();
            peer.client.send_packet(peer.now, last.wrapping_add(33), 0, &packet).unwrap();
            let times: Vec<_> = peer.take_received().iter().map(|m| m.header.timestamp).collect();
            assert_eq!(times, [last, last, last.wrapping_add(33)]);
        }
    }

    #[test]
    fn a_first_unit_that_looks_like_a_start_code_gets_one_in_front() {
        let mut peer = Scripted::live();
        for (len, bytes) in [(255, 5), (256, 11), (511, 11), (512, 5)] {
            let packet = video_packet(0, true, len);
            peer.client.send_packet(peer.now, 0, 0, &packet).unwrap();
            let sent = peer.take_received().remove(0).payload;
            assert_eq!(sent.len(), bytes + 4 + len, "a unit of {len} bytes");
            assert!(sent.ends_with(&packet.data));
            assert!(!sent[5..].starts_with(&[0, 0, 1]));
        }
        let packet = video_packet(0, false, 300);
        peer.client.send_packet(peer.now, 0, 0, &packet).unwrap();
        assert_eq!(peer.take_received()[0].payload.len(), 5 + 4 + 300, "keyframes only");
    }
}

mod chunks {
    use super::*;

    /// The answer that makes the stream live, whose body `write` puts on the wire.
    fn goes_live(write: impl FnOnce(&[u8]) -> Vec<u8>) {
        let mut peer = Scripted::publishing();
        let mut body = Vec::new();
        let info = status("status", START, &"x".repeat(500));
        Encoder::new(&mut body).values(&["onStatus".into(), 0.0.into(), Value::Null, info]);
        peer.bytes = write(&body);
        peer.deliver().unwrap();
        assert!(is_live(&mut peer));
    }

    #[test]
    fn sizes_from_one_byte_to_sixty_four_kib() {
        for size in [1, 128, 4096, 65_536] {
            goes_live(|body| {
                let set = raw::message(2, 0, 1, &u32::to_be_bytes(size), 128, false);
                [set, raw::message(5, 0, 20, body, size as usize, false)].concat()
            });
        }
    }

    #[test]
    fn extended_timestamps_repeated_or_not() {
        for repeated in [true, false] {
            goes_live(|body| raw::message(5, 0x0100_0000, 20, body, 128, repeated));
        }
    }

    #[test]
    fn a_type_3_chunk_starts_a_message_after_a_full_header() {
        let mut peer = Scripted::live();
        let mut ping = raw::message(2, 5, 4, &[0, 6, 0, 0, 0, 1], 128, false);
        ping.extend([0xC2, 0, 6, 0, 0, 0, 2]);
        peer.bytes = ping;
        peer.deliver().unwrap();
        let pongs: Vec<_> = peer.take_received().into_iter().map(|m| m.payload).collect();
        assert_eq!(pongs, [[0, 7, 0, 0, 0, 1], [0, 7, 0, 0, 0, 2]]);
    }

    #[test]
    fn chunk_stream_ids_of_one_two_and_three_bytes() {
        for id in [3, 63, 64, 319, 320, 65_599] {
            goes_live(|body| raw::message(id, 0, 20, body, 128, false));
        }
    }

    #[test]
    fn messages_in_each_others_gaps() {
        goes_live(|body| {
            let whole = raw::message(5, 0, 20, body, 128, false);
            let ping = raw::message(2, 0, 4, &[0, 6, 0, 0, 0, 1], 128, false);
            let first = 12 + 128;
            [&whole[..first], &ping, &whole[first..]].concat()
        });
    }

    #[test]
    fn a_message_that_is_taken_back() {
        goes_live(|body| {
            let cut = raw::message(5, 0, 20, body, 128, false)[..12 + 128].to_vec();
            let abort = raw::message(2, 0, 2, &5_u32.to_be_bytes(), 128, false);
            [cut, abort, raw::message(5, 0, 20, body, 128, false)].concat()
        });
    }

    #[test]
    fn impossible_sizes_end_the_session() {
        for size in [0_u32, 0x8000_0000] {
            let mut peer = Scripted::live();
            peer.bytes = raw::message(2, 0, 1, &size.to_be_bytes(), 128, false);
            let error = peer.deliver().unwrap_err();
            assert_eq!(error.state, State::Live);
            let ErrorKind::Chunk(chunk) = error.kind else { panic!("{error}") };
            assert!(matches!(chunk.kind, ChunkErrorKind::BadControl(_)), "{chunk}");
            assert!(error.offset > 3073, "it says where: {}", error.offset);
        }
    }
}

mod session {
    use super::*;

    #[test]
    fn a_nothing_is_answered_to_release_stream_and_fc_publish() {
        let mut peer = Scripted::connected();
        peer.result(4.0, &[Value::Null, 1.0.into()]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Publishing);
    }

    #[test]
    fn a_errors_to_release_stream_and_fc_publish_do_not_matter() {
        let mut peer = Scripted::connected();
        for transaction in [2.0, 3.0] {
            let info = status("error", "NetConnection.Call.Failed", "no such method");
            peer.answer("_error", transaction, &[Value::Null, info]);
        }
        peer.result(4.0, &[Value::Null, 1.0.into()]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Publishing);
    }

    #[test]
    fn b_on_fc_publish_is_no_start_and_the_end_after_it_no_surprise() {
        let mut peer = Scripted::publishing();
        let info = status("status", START, "Started publishing stream.");
        peer.answer("onFCPublish", 0.0, &[Value::Null, info]);
        peer.values(&["onFCPublish".into()]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Publishing);
        let error = peer.client.peer_closed(peer.now).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Closed { .. }));
        assert_eq!((error.state, error.retry()), (State::Publishing, Retry::Backoff));
    }

    #[test]
    fn an_error_without_a_code_is_one() {
        let mut peer = Scripted::publishing();
        let info =
            Properties::new().with("level", "error").with("description", "Your plan is over");
        peer.values(&["onStatus".into(), 0.0.into(), Value::Null, info.into()]);
        let error = peer.deliver().unwrap_err();
        let ErrorKind::Refused { status, .. } = &error.kind else { panic!("{error:?}") };
        assert_eq!((status.code.as_str(), status.description.as_str()), ("", "Your plan is over"));
    }

    #[test]
    fn what_was_good_news_is_not_quoted_as_the_reason_of_an_end() {
        let mut peer = Scripted::live();
        peer.on_status("status", "NetStream.Data.Start", "");
        peer.deliver().unwrap();
        let error = peer.client.peer_closed(peer.now).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Closed { last_status: None });

        let mut peer = Scripted::live();
        peer.on_status("warning", "NetStream.Publish.Idle", "nothing came");
        peer.deliver().unwrap();
        let error = peer.client.peer_closed(peer.now).unwrap_err();
        let ErrorKind::Closed { last_status: Some(said) } = &error.kind else { panic!("{error}") };
        assert_eq!(said.code, "NetStream.Publish.Idle");
    }

    #[test]
    fn c_start_and_then_the_end_is_not_a_stream_that_ran() {
        let mut peer = Scripted::live();
        peer.wait(500).unwrap();
        let error = peer.client.peer_closed(peer.now).unwrap_err();
        assert_eq!((error.state, error.retry()), (State::Live, Retry::Backoff));
        assert_eq!(error.live_for, Some(Duration::from_millis(500)));
    }

    #[test]
    fn d_bad_name_on_a_connection_that_stays_open() {
        let mut peer = Scripted::publishing();
        peer.on_status("error", "NetStream.Publish.BadName", "Already publishing");
        let error = peer.deliver().unwrap_err();
        assert_eq!(refusal(&error), Some(Refusal::KeyInUse));
        assert_eq!((error.retry(), peer.client.state()), (Retry::Backoff, State::Over));
        assert!(error.to_string().contains("\"Already publishing\""), "{error}");
        assert!(matches!(&peer.events()[..], [.., Event::Status(said)] if said.level == "error"));
    }

    #[test]
    fn d_refusals_that_waiting_does_not_help() {
        for code in [
            "NetStream.Publish.Denied",
            "NetStream.Publish.Unauthorized",
            "NetStream.Publish.Rejected",
            "NetStream.Authenticate.UsherStreamKeyError",
        ] {
            let mut peer = Scripted::publishing();
            peer.on_status("", code, "no");
            let error = peer.deliver().unwrap_err();
            assert_eq!(refusal(&error), Some(Refusal::KeyRejected), "{code}");
            assert_eq!(error.retry(), Retry::Never);
        }
        let mut peer = Scripted::handshaken();
        let info = status("error\n", "NetConnection.Connect.InvalidApp", "no such app");
        peer.answer("_error", 1.0, &[Value::Null, info]);
        let error = peer.deliver().unwrap_err();
        assert_eq!(refusal(&error), Some(Refusal::NoSuchApp));
        assert_eq!((error.state, error.retry()), (State::Connecting, Retry::Never));
    }

    fn redirect(to: &str) -> Value {
        let ex = Properties::new().with("code", 302.0).with("redirect", to);
        let info = Properties::new()
            .with("level", "error")
            .with("code", "NetConnection.Connect.Rejected")
            .with("description", "RTMP 302 Redirect")
            .with("ex", ex);
        info.into()
    }

    fn sent_to(peer: &mut Scripted) -> Option<String> {
        peer.events().into_iter().find_map(|event| match event {
            Event::RedirectTo(url) => Some(url.tc_url().to_owned()),
            _ => None,
        })
    }

    #[test]
    fn e_a_redirect_in_the_error_to_connect() {
        let mut peer = Scripted::handshaken();
        peer.answer("_error", 1.0, &[Value::Null, redirect("rtmp://b.example:1940/app")]);
        peer.deliver().unwrap();
        assert_eq!(sent_to(&mut peer).as_deref(), Some("rtmp://b.example:1940/app"));
        assert_eq!((peer.client.state(), peer.client.deadline()), (State::Over, None));
    }

    #[test]
    fn e_a_redirect_in_a_notice() {
        let mut peer = Scripted::handshaken();
        peer.values(&[
            "onStatus".into(),
            0.0.into(),
            Value::Null,
            redirect("rtmp://b.example/app"),
        ]);
        peer.deliver().unwrap();
        assert_eq!(sent_to(&mut peer).as_deref(), Some("rtmp://b.example/app"));

        let mut peer = Scripted::publishing();
        peer.values(&[
            "onStatus".into(),
            0.0.into(),
            Value::Null,
            redirect("rtmp://c.example/app"),
        ]);
        peer.deliver().unwrap();
        assert_eq!(sent_to(&mut peer).as_deref(), Some("rtmp://c.example/app"));
    }

    #[test]
    fn e_redirects_end_and_never_lead_to_a_weaker_place() {
        let mut peer = Scripted::handshaken_with(client_with(|o| o.redirects = MAX_REDIRECTS));
        peer.answer("_error", 1.0, &[Value::Null, redirect("rtmp://b.example/app")]);
        let error = peer.deliver().unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooManyRedirects { limit: MAX_REDIRECTS });

        let secure = ClientSession::new(options("rtmps://a.example/live/k"), &random(1), at(0));
        let mut peer = Scripted::handshaken_with(secure);
        peer.answer("_error", 1.0, &[Value::Null, redirect("rtmp://a.example/live")]);
        let error = peer.deliver().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Redirect(RedirectError::Downgrade));
        assert_eq!(error.retry(), Retry::Never);

        let to_here = redirect("rtmp://127.0.0.1/live");
        let mut peer = Scripted::handshaken();
        peer.answer("_error", 1.0, &[Value::Null, to_here]);
        assert!(matches!(peer.deliver().unwrap_err().kind, ErrorKind::Redirect(_)));
    }

    fn asks_to_move(peer: &mut Scripted, to: Option<&str>) -> Option<String> {
        let mut info = Properties::new()
            .with("level", "status")
            .with("code", "NetConnection.Connect.ReconnectRequest");
        if let Some(to) = to {
            info.push("tcUrl", to);
        }
        peer.values(&["onStatus".into(), 0.0.into(), Value::Null, info.into()]);
        peer.deliver().unwrap();
        peer.events().into_iter().find_map(|event| match event {
            Event::ReconnectRequest(url) => Some(url.tc_url().to_owned()),
            _ => None,
        })
    }

    #[test]
    fn f_a_reconnect_request_is_resolved_and_the_stream_goes_on() {
        let mut peer = Scripted::live();
        for (to, expected) in [
            (Some("//b.example/live"), "rtmp://b.example/live"),
            (Some("/other"), "rtmp://media.example/other"),
            (Some("rtmp://c.example/x"), "rtmp://c.example/x"),
            (None, "rtmp://media.example/live"),
        ] {
            assert_eq!(asks_to_move(&mut peer, to).as_deref(), Some(expected));
        }
        assert_eq!(asks_to_move(&mut peer, Some("http://evil.example")), None);
        assert_eq!(peer.client.state(), State::Live);
        peer.client.send_packet(peer.now, 0, 0, &video_packet(0, true, 100)).unwrap();
    }

    fn rejected(peer: &mut Scripted, description: &str) -> Result<(), Error> {
        let info = status("error", "NetConnection.Connect.Rejected", description);
        peer.answer("_error", 1.0, &[Value::Null, info]);
        peer.deliver()
    }

    #[test]
    fn g_authentication_in_three_connections() {
        let need = "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ";
        let challenge = "[ AccessManager.Reject ] : [ authmod=adobe ] : \
                         ?reason=needauth&user=u&salt=S&challenge=C&opaque=O";
        let mut options = options("rtmp://u:p@media.example/live/k3y-of-test");
        for (said, query) in [(need, ""), (challenge, "?authmod=adobe&user=u")] {
            let client = ClientSession::new(options.clone(), &random(1), at(0));
            let mut peer = Scripted::handshaken_with(client);
            let connect = peer.take_received()[1].command().unwrap();
            let app = connect.object().unwrap().get("app").unwrap().clone();
            assert_eq!(app, Value::from(format!("live{query}")));
            rejected(&mut peer, said).unwrap();
            let events = peer.events();
            let Some(Event::AuthRequired(round)) = events.last() else { panic!("{events:?}") };
            options = options.authenticating(round.clone());
        }
        let client = ClientSession::new(options.clone(), &random(1), at(0));
        let mut peer = Scripted::handshaken_with(client);
        let connect = peer.take_received()[1].command().unwrap();
        for (name, start) in [("app", "live"), ("tcUrl", "rtmp://media.example/live")] {
            let text =
                connect.object().unwrap().get(name).and_then(Value::as_str).unwrap().to_owned();
            let answer = text.strip_prefix(start).unwrap();
            assert!(answer.starts_with("?authmod=adobe&user=u&challenge="), "{answer}");
            assert!(answer.contains("&response=") && answer.ends_with("&opaque=O"), "{answer}");
        }
        let failed = "[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=authfailed&opaque=O";
        let error = rejected(&mut peer, failed).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth(AuthError::WrongPassword));
        assert_eq!(error.retry(), Retry::Never);
    }

    #[test]
    fn g_authentication_without_a_password_says_so() {
        let mut peer = Scripted::handshaken();
        let error = rejected(&mut peer, "[ code=403 need auth; authmod=llnw ]").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth(AuthError::CredentialsNeeded));
        let with =
            client_with(|o| o.url = o.url.clone().with_credentials(Credentials::new("u", "p")));
        let mut peer = Scripted::handshaken_with(with);
        rejected(&mut peer, "[ code=403 need auth; authmod=llnw ]").unwrap();
        assert!(matches!(peer.events()[..], [.., Event::AuthRequired(_)]));
    }

    #[test]
    fn h_the_chunk_size_changes_in_mid_stream() {
        let mut peer = Scripted::live();
        for size in [4096, 1, 65_536] {
            peer.control(ProtocolControl::SetChunkSize(size));
            peer.on_status("status", "NetStream.Data.Start", &"y".repeat(300));
            peer.deliver().unwrap();
            assert!(
                matches!(&peer.events()[..], [Event::Status(said)] if said.description.len() == 300)
            );
        }
    }

    #[test]
    fn i_a_server_that_never_reads_does_not_keep_us_from_closing() {
        let mut session = session_support::client();
        let mut peer = Scripted::live();
        std::mem::swap(&mut session, &mut peer.client);
        for _ in 0..100 {
            session.send_packet(at(0), 0, 0, &video_packet(0, true, 10_000)).unwrap();
        }
        let waiting = session.output().len();
        assert!(waiting < 100 * 10_100, "no more than was given: {waiting}");
        session.close(at(1_000));
        let deadline = session.deadline().expect("closing has an end");
        assert!(deadline <= at(3_000), "{deadline}");
        session.on_deadline(deadline).unwrap();
        let events = session_support::events(&mut session);
        assert_eq!((events.last(), session.state()), (Some(&Event::Closed), State::Over));
    }

    #[test]
    fn j_the_end_may_come_at_any_byte() {
        let recorded = recording("nginx_publish");
        let live_at = bytes_until_live(&recorded);
        assert!(live_at > 3_400, "not before the whole exchange: {live_at}");
        for end in 0..live_at {
            let mut client = session_support::client();
            client.read(at(1), &recorded[..end]).unwrap();
            let error = client.peer_closed(at(1)).unwrap_err();
            assert!(matches!(error.kind, ErrorKind::Closed { .. }), "at {end}: {error}");
            assert!(error.offset <= end as u64);
            assert_eq!(client.deadline(), None);
        }
    }

    #[test]
    fn k_pings_are_answered_in_every_state() {
        for mut peer in [Scripted::handshaken(), Scripted::connected(), Scripted::live()] {
            peer.take_received();
            peer.user_control(&UserControl::PingRequest { timestamp: 0x0102_0304 });
            peer.deliver().unwrap();
            let sent = peer.take_received();
            assert_eq!(sent[0].header.message_type, MessageType::USER_CONTROL);
            assert_eq!((sent[0].payload.as_slice(), sent.len()), (&[0, 7, 1, 2, 3, 4][..], 1));
        }
    }

    #[test]
    fn l_windows_of_any_size_are_acknowledged() {
        let mut peer = Scripted::live();
        peer.control(ProtocolControl::WindowAcknowledgementSize(4096));
        peer.deliver().unwrap();
        let acknowledgements = |peer: &mut Scripted| {
            let sent = peer.take_received();
            sent.iter().filter(|m| m.header.message_type == MessageType::ACKNOWLEDGEMENT).count()
        };
        acknowledgements(&mut peer);
        for _ in 0..100 {
            peer.message(9, MessageType(99), &[0; 1000]);
            peer.deliver().unwrap();
        }
        let count = acknowledgements(&mut peer);
        assert!((24..=60).contains(&count), "{count} for 100 KB");

        peer.control(ProtocolControl::WindowAcknowledgementSize(0));
        peer.message(9, MessageType(99), &[0; 10_000]);
        peer.deliver().unwrap();
        assert_eq!(acknowledgements(&mut peer), 0, "none is wanted");
    }

    #[test]
    fn l_a_smaller_peer_bandwidth_is_announced_back() {
        let mut peer = Scripted::live();
        let limit = PeerBandwidthLimit::DYNAMIC;
        for (window_size, answered) in
            [(5_000_000, None), (4_096, Some(4_096)), (4_096, None), (5_000_000, Some(100_000))]
        {
            peer.control(ProtocolControl::SetPeerBandwidth { window_size, limit });
            peer.deliver().unwrap();
            let said = peer.take_received().first().map(|m| m.payload.clone());
            assert_eq!(
                said,
                answered.map(|size: u32| size.to_be_bytes().to_vec()),
                "{window_size}"
            );
        }
    }

    /// Feeds a recorded server byte by byte until the stream is live.
    fn bytes_until_live(recorded: &[u8]) -> usize {
        let mut client = session_support::client();
        let live =
            |client: &mut ClientSession| session_support::events(client).contains(&Event::Live);
        for (i, byte) in recorded.iter().enumerate() {
            client.read(at(1), &[*byte]).unwrap();
            if live(&mut client) {
                return i + 1;
            }
        }
        panic!("never live")
    }

    #[test]
    fn m_answers_byte_by_byte() {
        for name in ["nginx_publish", "ffmpeg_listen_publish"] {
            bytes_until_live(&recording(name));
        }
    }

    #[test]
    fn nginx_as_recorded_says_that_the_key_is_in_use() {
        let mut client = session_support::client();
        let error = client.read(at(1), &recording("nginx_busy")).unwrap_err();
        assert_eq!((refusal(&error), error.retry()), (Some(Refusal::KeyInUse), Retry::Backoff));
        assert_eq!((error.state, error.offset), (State::Publishing, 3_485));
    }

    #[test]
    fn n_extended_commands_are_read() {
        let mut peer = Scripted::publishing();
        let mut body = vec![0];
        let info = status("status", START, "");
        Encoder::new(&mut body).values(&["onStatus".into(), 0.0.into(), Value::Null, info]);
        peer.message(3, MessageType::COMMAND_EXTENDED, &body);
        peer.deliver().unwrap();
        assert!(is_live(&mut peer));
    }

    #[test]
    fn o_a_long_answer_to_connect_before_the_chunk_size() {
        let mut peer = Scripted::handshaken();
        let data = Properties::new().with("version", "7,0,0,0").with("text", "x".repeat(3_000));
        let server = Properties::new().with("fmsVer", "FMS/3,5,3,888").with("capabilities", 127.0);
        let info = Properties::new()
            .with("level", "status")
            .with("code", "NetConnection.Connect.Success")
            .with("objectEncoding", 3.0)
            .with("data", Value::EcmaArray(data));
        peer.result(1.0, &[server.into(), info.into()]);
        peer.control(ProtocolControl::SetChunkSize(60_000));
        peer.values(&["onBWDone".into(), 0.0.into(), Value::Null, 8192.0.into()]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Creating);
        assert!(peer.take_commands().contains(&"_checkbw".to_owned()));
    }
}

/// Servers that are odd, and with which a stream is possible.
mod odd {
    use super::*;

    fn body(values: &[Value], more: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        Encoder::new(&mut body).values(values);
        body.extend(more);
        body
    }

    /// What can't be read behind what can: a marker that is none, a text and an object
    /// that break off, the end of no object.
    const RUBBISH: [&[u8]; 5] =
        [&[0x0E], &[2, 0xFF, 0xFF], b"\x03\x00\x01a\x0E", &[9], &[0xEE, 0, 1, 2, 3]];

    #[test]
    fn surplus_bytes_after_what_is_needed() {
        for rubbish in RUBBISH {
            let mut peer = Scripted::handshaken();
            let success = status("status", "NetConnection.Connect.Success", "");
            let info = status("status", START, "");
            for values in [
                &["_result".into(), 1.0.into(), Value::Null, success][..],
                &["_result".into(), 2.0.into()],
                &["_result".into(), 4.0.into(), Value::Null, 1.0.into()],
                &["onStatus".into(), 0.0.into(), Value::Null, info],
            ] {
                peer.message(3, MessageType::COMMAND, &body(values, rubbish));
                peer.deliver().unwrap_or_else(|error| panic!("{rubbish:?}: {error}"));
            }
            assert!(is_live(&mut peer), "{rubbish:?}");
            peer.message(3, MessageType::COMMAND, &body(&["onStatus".into(), 0.0.into()], rubbish));
            peer.deliver().unwrap();
            assert_eq!(peer.client.state(), State::Live);
        }
    }

    #[test]
    fn a_success_that_breaks_off_is_one_and_a_refusal_too() {
        let cut = |name: &str, transaction: f64, code: &str| {
            let info = Properties::new().with("level", "error").with("code", code);
            let whole = body(&[name.into(), transaction.into(), Value::Null, info.into()], &[]);
            [&whole[..whole.len() - 3], b"\x00\x04data\x0E"].concat()
        };
        let mut peer = Scripted::handshaken();
        let success = cut("_result", 1.0, "NetConnection.Connect.Success");
        peer.message(3, MessageType::COMMAND, &success);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Creating);
        let mut peer = Scripted::handshaken();
        let refused = cut("_error", 1.0, "NetConnection.Connect.InvalidApp");
        peer.message(3, MessageType::COMMAND, &refused);
        assert_eq!(refusal(&peer.deliver().unwrap_err()), Some(Refusal::NoSuchApp));
    }

    #[test]
    fn control_messages_that_are_too_short() {
        for start in [Scripted::handshaken, Scripted::publishing, Scripted::live] {
            let mut peer = start();
            let before = peer.client.state();
            for message_type in [
                MessageType::ABORT,
                MessageType::ACKNOWLEDGEMENT,
                MessageType::WINDOW_ACKNOWLEDGEMENT_SIZE,
                MessageType::SET_PEER_BANDWIDTH,
                MessageType::USER_CONTROL,
            ] {
                for length in 0..=4 {
                    peer.message(2, message_type, &[0, 0, 0, 6][..length]);
                    peer.deliver().unwrap_or_else(|error| panic!("{message_type:?}: {error}"));
                }
            }
            assert_eq!(peer.client.state(), before);
        }
    }

    #[test]
    fn a_peer_bandwidth_of_four_bytes_is_heard() {
        let mut peer = Scripted::live();
        peer.message(2, MessageType::SET_PEER_BANDWIDTH, &4_096_u32.to_be_bytes());
        peer.deliver().unwrap();
        assert_eq!(peer.take_received()[0].payload, 4_096_u32.to_be_bytes());
    }

    #[test]
    fn events_that_are_short_or_unknown() {
        let mut peer = Scripted::live();
        for event in 0..40_u16 {
            for length in 0..9 {
                let payload = [&event.to_be_bytes()[..], &[0; 7]].concat();
                peer.message(2, MessageType::USER_CONTROL, &payload[..length]);
            }
        }
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Live);
    }

    #[test]
    fn a_message_stream_of_number_zero_or_written_as_text() {
        for (id, expected) in [(Value::from(0.0), 0), ("0".into(), 0), (" 7 ".into(), 7)] {
            let mut peer = Scripted::connected();
            peer.take_received();
            peer.result(4.0, &[Value::Null, id]);
            peer.deliver().unwrap();
            assert_eq!(peer.take_received()[0].header.message_stream_id, expected);
            peer.on_status("status", START, "");
            peer.deliver().unwrap();
            assert!(is_live(&mut peer));
            peer.client.close(peer.now);
            assert_eq!(peer.take_commands(), ["FCUnpublish", "deleteStream"]);
        }
    }

    /// As some servers answer everything: `number` is that of no call.
    #[test]
    fn answers_whose_number_is_that_of_no_call() {
        for number in [0.0, 99.0, -1.0, f64::NAN, 1.5] {
            let mut peer = Scripted::handshaken();
            let success = status("status", "NetConnection.Connect.Success", "");
            peer.result(number, &[Value::Null, success]);
            peer.result(number, &[Value::Null]);
            peer.result(number, &[Value::Null, Value::Undefined]);
            peer.result(number, &[Value::Null, 3.0.into()]);
            peer.deliver().unwrap();
            assert_eq!(peer.client.state(), State::Publishing, "{number}");
            peer.on_status("status", START, "");
            peer.deliver().unwrap();
            assert!(is_live(&mut peer));
            peer.answer("_error", number, &[Value::Null, status("error", "Any.Thing", "")]);
            peer.deliver().unwrap();
        }
        // An answer to the release is none to what comes after it.
        let mut peer = Scripted::connected();
        peer.result(2.0, &[Value::Null, 9.0.into()]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Creating);
    }

    #[test]
    fn an_error_without_a_number_is_for_the_only_call_that_waits() {
        let plain = client_with(|options| options.fc_commands = false);
        let mut peer = Scripted::handshaken_with(plain);
        peer.result(1.0, &[Value::Null]);
        peer.deliver().unwrap();
        peer.answer("_error", 0.0, &[Value::Null, status("error", "Any.Thing", "no")]);
        assert_eq!(refusal(&peer.deliver().unwrap_err()), Some(Refusal::Unknown));
    }

    #[test]
    fn a_welcome_to_a_call_about_bandwidth_is_none_to_connect() {
        let mut peer = Scripted::handshaken();
        peer.values(&["onBWDone".into(), 0.0.into(), Value::Null]);
        peer.result(2.0, &[Value::Null]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Connecting);
    }

    #[test]
    fn codes_and_names_in_another_case() {
        for (name, code) in [
            ("onStatus", "netstream.publish.start"),
            ("onStatus", "NETSTREAM.PUBLISH.START"),
            ("onstatus", "NetStream.Publish.Start"),
            ("OnStatus", "Netstream.Publish.Start"),
        ] {
            let mut peer = Scripted::publishing();
            peer.answer(name, 0.0, &[Value::Null, status("status", code, "")]);
            peer.deliver().unwrap();
            assert!(is_live(&mut peer), "{name} {code}");
        }
        let mut peer = Scripted::publishing();
        peer.on_status("ERROR", "netstream.publish.badname", "Already publishing");
        assert_eq!(refusal(&peer.deliver().unwrap_err()), Some(Refusal::KeyInUse));
    }

    #[test]
    fn a_start_in_odd_places() {
        let info = || status("status", START, "");
        let started = |values: &[Value]| {
            let mut peer = Scripted::publishing();
            peer.values(values);
            peer.deliver().unwrap();
            is_live(&mut peer)
        };
        assert!(started(&["onStatus".into(), info()]));
        assert!(started(&["onStatus".into(), Value::Null, info()]));
        assert!(started(&["onStatus".into(), 0.0.into(), Value::StrictArray(vec![info()])]));
        assert!(started(&["onStatus".into(), 5.0.into(), Value::Null, START.into()]));
        assert!(started(&["_result".into(), 5.0.into(), Value::Null, info()]), "publish's own");
        assert!(!started(&["onStatus".into(), 0.0.into()]), "that says nothing");
        assert!(!started(&["onStatus".into(), 0.0.into(), Value::Null, "welcome".into()]));
    }

    #[test]
    fn a_notice_on_any_message_stream() {
        for id in [0, 1, 7, u32::MAX] {
            let mut peer = Scripted::publishing();
            let info = status("status", START, "");
            let body = body(&["onStatus".into(), 0.0.into(), Value::Null, info], &[]);
            let mut bytes = raw::message(5, 0, 20, &body, 128, false);
            bytes[8..12].copy_from_slice(&id.to_le_bytes());
            peer.bytes = bytes;
            peer.deliver().unwrap();
            assert!(is_live(&mut peer), "{id}");
        }
    }

    /// A server may ask others before it answers.
    #[test]
    fn an_answer_after_nine_seconds_is_taken() {
        for announce in [true, false] {
            let client = client_with(|options| options.announce_reconnect = announce);
            let mut peer = Scripted::handshaken_with(client);
            peer.wait(9_000).unwrap();
            peer.result(1.0, &[Value::Null]);
            peer.deliver().unwrap();
            peer.wait(9_000).unwrap();
            peer.result(4.0, &[Value::Null, 1.0.into()]);
            peer.deliver().unwrap();
            assert_eq!(peer.client.state(), State::Publishing);
        }
    }
}

mod ends {
    use super::*;

    #[test]
    fn a_peer_that_never_speaks() {
        let mut peer = Scripted::new();
        assert!(peer.client.deadline().is_some_and(|due| due <= at(5_000)));
        peer.wait(4_000).unwrap();
        let error = peer.wait(1_000).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::TimedOut { .. }));
        assert_eq!((error.state, error.offset), (State::Handshaking, 0));
        assert_eq!(error.retry(), Retry::Backoff);
    }

    #[test]
    fn a_server_that_stops_answering_at_any_step() {
        for (mut peer, command) in [
            (Scripted::handshaken(), "connect"),
            (Scripted::connected(), "createStream"),
            (Scripted::publishing(), "publish"),
        ] {
            let error = peer.wait(10_001).unwrap_err();
            assert_eq!(error.kind, ErrorKind::TimedOut { waiting_for: command });
        }
    }

    #[test]
    fn a_live_stream_has_no_deadline_of_its_own() {
        assert_eq!(Scripted::live().client.deadline(), None);
    }

    #[test]
    fn peers_that_speak_something_else() {
        let tls = HandshakeError::LooksLikeTls { first_byte: 0x15 };
        let http = HandshakeError::LooksLikeHttp { first_byte: b'H' };
        for (bytes, expected) in
            [(&b"\x15\x03\x03\0\x02\x02\x28"[..], tls), (b"HTTP/1.1 400", http)]
        {
            let mut peer = Scripted::new();
            peer.bytes = bytes.to_vec();
            let error = peer.deliver().unwrap_err();
            assert_eq!(error.kind, ErrorKind::NotRtmp(expected));
            assert_eq!(error.retry(), Retry::Never);
        }
    }

    #[test]
    fn the_server_ends_a_stream_that_ran() {
        type Say = fn(&mut Scripted);
        let ways: [Say; 3] = [
            |peer| peer.on_status("status", "NetStream.Unpublish.Success", "bye"),
            |peer| peer.on_status("error", "NetConnection.Connect.AppShutdown", "bye"),
            |peer| peer.values(&["close".into()]),
        ];
        for say in ways {
            let mut peer = Scripted::live();
            peer.wait(60_000).unwrap();
            say(&mut peer);
            let error = peer.deliver().unwrap_err();
            assert_eq!((error.state, error.retry()), (State::Live, Retry::Now), "{error}");
        }
    }

    #[test]
    fn close_while_the_exchange_goes_on_does_not_end_it() {
        let success = status("status", "NetConnection.Connect.Success", "Connection succeeded.");
        for values in [
            vec!["close".into()],
            vec!["close".into(), 0.0.into()],
            vec!["close".into(), Value::Null],
            vec!["close".into(), 0.0.into(), Value::Null, "why".into()],
            vec!["close".into(), 0.0.into(), Value::Null, success],
        ] {
            let mut peer = Scripted::handshaken();
            peer.values(&values);
            peer.result(1.0, &[Value::Null]);
            peer.values(&values);
            peer.result(4.0, &[Value::Null, 1.0.into()]);
            peer.values(&values);
            peer.deliver().unwrap();
            let mut closed = Scripted::publishing();
            peer.on_status("status", START, "");
            peer.deliver().unwrap();
            assert!(is_live(&mut peer), "{values:?}");

            closed.values(&values);
            closed.deliver().unwrap();
            let error = closed.client.peer_closed(closed.now).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Closed { last_status: None });
        }
    }

    #[test]
    fn a_server_that_says_close_and_nothing_more_has_closed() {
        let mut peer = Scripted::publishing();
        peer.on_status("warning", "NetStream.Publish.Idle", "why");
        peer.values(&["close".into()]);
        peer.deliver().unwrap();
        let error = peer.wait(10_001).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Closed { last_status: Some(_) }), "{error}");
    }

    #[test]
    fn close_with_a_refusal_is_one() {
        let mut peer = Scripted::publishing();
        let info = status("error", "NetStream.Publish.Denied", "no");
        peer.values(&["close".into(), 0.0.into(), Value::Null, info]);
        assert_eq!(refusal(&peer.deliver().unwrap_err()), Some(Refusal::KeyRejected));

        let mut peer = Scripted::handshaken();
        let info = status("error", "NetConnection.Connect.InvalidApp", "no");
        peer.values(&["close".into(), 0.0.into(), Value::Null, info]);
        assert_eq!(refusal(&peer.deliver().unwrap_err()), Some(Refusal::NoSuchApp));
    }

    #[test]
    fn what_was_said_before_the_start_or_long_ago_is_not_why_a_stream_ends() {
        let closes = |peer: &mut Scripted| {
            let error = peer.client.peer_closed(peer.now).unwrap_err();
            let ErrorKind::Closed { last_status } = error.kind else { panic!("{error}") };
            last_status.map(|said| said.code)
        };
        let failed = || status("error", "NetConnection.Call.Failed", "no such method");
        let mut early = Scripted::connected();
        early.answer("_error", 2.0, &[Value::Null, failed()]);
        early.result(4.0, &[Value::Null, 1.0.into()]);
        early.on_status("warning", "NetStream.Publish.Idle", "");
        early.on_status("status", START, "");
        early.deliver().unwrap();
        assert!(is_live(&mut early));
        assert_eq!(closes(&mut early), None);

        for (hours, expected) in [(0, Some("NetStream.Publish.Idle")), (1, None)] {
            let mut idle = Scripted::live();
            idle.on_status("warning", "NetStream.Publish.Idle", "");
            idle.deliver().unwrap();
            idle.wait(hours * 3_600_000).unwrap();
            assert_eq!(closes(&mut idle).as_deref(), expected);
        }

        let mut asked = Scripted::live();
        asked.values(&["onBWDone".into(), 0.0.into(), Value::Null]);
        asked.answer("_error", 6.0, &[Value::Null, failed()]);
        asked.deliver().unwrap();
        assert_eq!(closes(&mut asked), None, "an extra's error explains nothing");
    }

    #[test]
    fn closing_ends_with_the_servers_answer_or_its_end_or_the_clock() {
        let closing = || {
            let mut peer = Scripted::live();
            peer.client.close(peer.now);
            peer.pump();
            assert_eq!(peer.events(), []);
            peer
        };
        let mut answered = closing();
        answered.on_status("status", "NetStream.Unpublish.Success", "");
        answered.deliver().unwrap();
        assert_eq!(answered.events().last(), Some(&Event::Closed));

        let mut ended = closing();
        ended.client.peer_closed(ended.now).unwrap();
        assert_eq!(ended.events(), [Event::Closed]);

        let mut silent = closing();
        silent.wait(2_000).unwrap();
        assert_eq!(silent.events(), [Event::Closed]);
    }

    #[test]
    fn closing_before_the_stream_exists_is_at_once() {
        for mut peer in [Scripted::new(), Scripted::handshaken()] {
            peer.events();
            peer.client.close(peer.now);
            assert_eq!(peer.events(), [Event::Closed]);
        }
        let mut peer = Scripted::connected();
        peer.take_received();
        peer.client.close(peer.now);
        assert_eq!(peer.take_commands(), ["FCUnpublish"]);
    }

    #[test]
    fn errors_about_other_things_do_not_end_a_live_stream() {
        let mut peer = Scripted::live();
        peer.on_status("error", "NetStream.Record.NoAccess", "disk full");
        peer.on_status("warning", "NetStream.Publish.Idle", "no data");
        peer.answer(
            "_error",
            77.0,
            &[Value::Null, status("error", "NetConnection.Call.Failed", "")],
        );
        peer.message(3, MessageType(77), b"what is this");
        peer.message(2, MessageType::USER_CONTROL, &[0, 6]);
        peer.user_control(&UserControl::Unknown { event: 999, data: vec![1] });
        peer.values(&["somethingElse".into(), 9.0.into()]);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Live);
    }
}

mod hostile {
    use super::*;

    #[test]
    fn text_is_cleaned_and_the_key_taken_out() {
        let mut peer = Scripted::publishing();
        peer.on_status("status", START, "k3y-of-test is \u{202e}live\u{7}\r\n");
        peer.deliver().unwrap();
        let events = peer.events();
        let Event::Status(said) = &events[events.len() - 2] else { panic!("{events:?}") };
        assert_eq!(said.description, "… is live");
    }

    #[test]
    fn invalid_utf_8_is_shown_and_does_no_harm() {
        let mut peer = Scripted::publishing();
        let mut body = Vec::new();
        Encoder::new(&mut body).string("onStatus").number(0.0).null();
        body.extend([3, 0, 4]);
        body.extend(
            b"code\x02\0\x17NetStream.Publish.Start\0\x0bdescription\x02\0\x02\xFF\xFE\0\0\x09",
        );
        peer.message(3, MessageType::COMMAND, &body);
        peer.deliver().unwrap();
        assert!(is_live(&mut peer));
    }

    #[test]
    fn values_that_nobody_needs_do_not_end_a_stream() {
        let mut peer = Scripted::live();
        let mut body = Vec::new();
        Encoder::new(&mut body).string("onBandwidth").number(0.0);
        body.push(0xEE);
        peer.message(3, MessageType::COMMAND, &body);
        peer.deliver().unwrap();
        assert_eq!(peer.client.state(), State::Live);
    }

    #[test]
    fn values_nested_without_end() {
        let mut peer = Scripted::connected();
        let mut body = Vec::new();
        Encoder::new(&mut body).string("_result").number(4.0);
        for _ in 0..100_000 {
            body.extend([3, 0, 1, b'a']);
        }
        peer.message(3, MessageType::COMMAND, &body);
        let error = peer.deliver().unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Amf(_)), "{error}");
        assert_eq!(error.message_type, Some(MessageType::COMMAND));
    }

    #[test]
    fn lengths_past_the_end() {
        for tail in
            [&[2, 0xFF, 0xFF][..], &[12, 0xFF, 0xFF, 0xFF, 0xFF], &[10, 0xFF, 0xFF, 0xFF, 0xFF]]
        {
            let mut peer = Scripted::connected();
            let mut body = Vec::new();
            Encoder::new(&mut body).string("_result").number(4.0);
            body.extend(tail);
            peer.message(3, MessageType::COMMAND, &body);
            assert!(matches!(peer.deliver().unwrap_err().kind, ErrorKind::Amf(_)));
        }
    }

    #[test]
    fn messages_that_claim_sixteen_mebibytes() {
        let mut peer = Scripted::live();
        peer.bytes = vec![0x05, 0, 0, 0, 0xFF, 0xFF, 0xFF, 20, 0, 0, 0, 0];
        let error = peer.deliver().unwrap_err();
        let ErrorKind::Chunk(chunk) = error.kind else { panic!("{error}") };
        assert!(matches!(chunk.kind, ChunkErrorKind::MessageTooLong { .. }));
    }

    #[test]
    fn a_flood_of_pings_or_notices_that_nobody_takes() {
        let mut peer = Scripted::live();
        for timestamp in 0..100_000 {
            peer.user_control(&UserControl::PingRequest { timestamp });
        }
        assert_eq!(peer.deliver().unwrap_err().kind, ErrorKind::Flooded);

        let mut peer = Scripted::live();
        for _ in 0..1_000 {
            peer.on_status("status", "NetStream.Data.Start", "");
        }
        assert_eq!(peer.deliver().unwrap_err().kind, ErrorKind::Flooded);
    }

    #[test]
    fn endless_errors_and_questions_are_answered_as_far_as_they_are_taken() {
        let mut peer = Scripted::live();
        for _ in 0..10_000 {
            peer.values(&["onBWDone".into(), 0.0.into(), Value::Null]);
            peer.values(&["_onbwcheck".into(), 3.0.into(), Value::Null]);
            peer.deliver().unwrap();
        }
        assert_eq!(peer.client.state(), State::Live);
    }

    #[test]
    fn a_stream_id_that_is_none() {
        for id in [Value::Null, (-1.0).into(), f64::NAN.into(), 1e20.into(), "one".into()] {
            let mut peer = Scripted::connected();
            peer.result(4.0, &[Value::Null, id]);
            let error = peer.deliver().unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadAnswer { command: "createStream" });
        }
    }

    #[test]
    fn acknowledgements_ahead_of_what_was_sent() {
        let mut peer = Scripted::live();
        for sequence_number in [u32::MAX, 0, 1 << 31, 5] {
            peer.control(ProtocolControl::Acknowledgement { sequence_number });
        }
        peer.deliver().unwrap();
        assert_eq!(peer.client.outstanding(), 0);
        assert!(matches!(peer.events()[..], [] | [Event::Acknowledged(_)]));
    }

    #[test]
    fn nothing_happens_after_the_end() {
        let mut peer = Scripted::publishing();
        peer.on_status("error", "NetStream.Publish.Denied", "no");
        peer.deliver().unwrap_err();
        peer.events();
        peer.user_control(&UserControl::PingRequest { timestamp: 1 });
        peer.deliver().unwrap();
        peer.client.peer_closed(peer.now).unwrap();
        peer.client.on_deadline(MediaTime::from_millis(1 << 40)).unwrap();
        peer.client.close(peer.now);
        assert_eq!(peer.events(), []);
        assert!(peer.client.output().is_empty());
    }
}

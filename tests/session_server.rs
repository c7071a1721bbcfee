//! The server session against publishers and players as they are: each test is
//! one thing that some client does, or that a hostile one could.

#[path = "support/exchange.rs"]
#[allow(dead_code)]
mod exchange;
mod session_support;

use session_support::scripted::raw;
use session_support::visitor::Visitor;
use session_support::{at, server, server_events};
use tallylight::protocol::amf0::{Encoder, Properties, Value};
use tallylight::protocol::rtmp::State;
use tallylight::protocol::rtmp::chunk::ChunkErrorKind;
use tallylight::protocol::rtmp::error::ErrorKind;
use tallylight::protocol::rtmp::handshake::HandshakeError;
use tallylight::protocol::rtmp::key::StreamKey;
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use tallylight::protocol::rtmp::server::{MediaKind, Rejection, ServerEvent};

/// What was published: kind, time, bytes.
fn media(events: &[ServerEvent]) -> Vec<(MediaKind, u32, Vec<u8>)> {
    let media = events.iter().filter_map(|event| match event {
        ServerEvent::Media { kind, timestamp, payload, .. } => {
            Some((*kind, *timestamp, payload.to_vec()))
        }
        _ => None,
    });
    media.collect()
}

mod recorded {
    use super::*;

    /// Lets a recorded client do what it asks for and gives all events.
    fn let_in(name: &str) -> (Vec<ServerEvent>, State) {
        let mut server = server();
        let mut all = Vec::new();
        // In reality the client waits for each answer; byte by byte, the answer is
        // always there before what follows it.
        for byte in exchange::recording(name, "client") {
            server.read(at(1), &[byte]).unwrap();
            for event in server_events(&mut server) {
                match &event {
                    ServerEvent::PublishRequested { stream_id, .. } => {
                        server.accept_publish(*stream_id).unwrap()
                    }
                    ServerEvent::PlayRequested { stream_id, .. } => {
                        server.accept_play(*stream_id).unwrap()
                    }
                    _ => {}
                }
                all.push(event);
            }
            let count = server.output().len();
            server.consume(count);
        }
        let state = server.state();
        (all, state)
    }

    #[test]
    fn ffmpeg_and_gstreamer_publish() {
        for name in ["ffmpeg_publish", "gstreamer_publish"] {
            let (events, _) = let_in(name);
            assert!(
                matches!(&events[0], ServerEvent::Connected { app } if app == "live"),
                "{name}"
            );
            assert!(matches!(&events[1], ServerEvent::PublishRequested { stream_id: 1, .. }));
            let media = media(&events);
            assert_eq!(media[0].0, MediaKind::Metadata, "{name}");
            assert!(media[0].2.starts_with(b"\x02\0\x0aonMetaData"), "{name}");
            let video = media.iter().filter(|(kind, ..)| *kind == MediaKind::Video);
            let headers = video.filter(|(_, _, body)| body.starts_with(&[0x17, 0])).count();
            assert_eq!(headers, 1, "{name}");
            assert!(media.len() > 50, "{name}: {}", media.len());
        }
    }

    #[test]
    fn ffmpeg_and_rtmpdump_play() {
        for name in ["ffmpeg_play", "rtmpdump_play"] {
            let (events, _) = let_in(name);
            assert!(
                matches!(&events[1], ServerEvent::PlayRequested { stream_id: 1, .. }),
                "{name}"
            );
        }
    }
}

mod publishing {
    use super::*;

    #[test]
    fn requests_wait_for_the_owners_word() {
        let mut visitor = Visitor::with_stream();
        visitor.call("releaseStream", 3.0, &[Value::Null, "k".into()]);
        visitor.call("FCPublish", 4.0, &[Value::Null, "k".into()]);
        visitor.stream_call(1, "publish", &[Value::Null, "k?a=b".into(), "live".into()]);
        visitor.deliver().unwrap();
        let key = StreamKey::new("k?a=b");
        let asked = ServerEvent::PublishRequested { stream_id: 1, app: "live".into(), key };
        assert_eq!(visitor.events(), [asked]);
        assert_eq!(visitor.take_codes(), [""; 0], "nothing is promised yet");

        visitor.media(MessageType::VIDEO, 0, &[0x17, 0, 1]);
        visitor.deliver().unwrap();
        assert_eq!(visitor.events(), [], "what comes too early is dropped");

        visitor.server.accept_publish(1).unwrap();
        assert_eq!(visitor.take_codes(), ["NetStream.Publish.Start"]);
        assert_eq!(visitor.server.state(), State::Live);
    }

    #[test]
    fn a_refused_name_may_be_followed_by_another() {
        let mut visitor = Visitor::with_stream();
        for _ in 0..2 {
            visitor.stream_call(1, "publish", &[Value::Null, "k".into(), "live".into()]);
            visitor.deliver().unwrap();
            assert_eq!(visitor.events().len(), 1);
            visitor.server.reject(1, &Rejection::name_in_use()).unwrap();
            assert_eq!(visitor.take_codes(), ["NetStream.Publish.BadName"]);
        }
        visitor.server.accept_publish(1).unwrap();
        assert_eq!(visitor.take_codes(), [""; 0], "nothing is asked for any more");
    }

    #[test]
    fn every_way_to_stop() {
        for (name, values) in [
            ("FCUnpublish", vec![Value::Null, "k".into()]),
            ("deleteStream", vec![Value::Null, 1.0.into()]),
            ("closeStream", vec![Value::Null]),
        ] {
            let mut visitor = Visitor::publishing("k");
            visitor.stream_call(1, name, &values);
            visitor.deliver().unwrap();
            assert_eq!(visitor.events(), [ServerEvent::PublishEnded { stream_id: 1 }], "{name}");
            assert_eq!(visitor.take_codes(), ["NetStream.Unpublish.Success"], "{name}");
        }
        let mut visitor = Visitor::publishing("k");
        visitor.server.peer_closed();
        let ended = [ServerEvent::PublishEnded { stream_id: 1 }, ServerEvent::Closed];
        assert_eq!(visitor.events(), ended);
    }

    #[test]
    fn a_stream_is_published_again_under_another_name() {
        let mut visitor = Visitor::publishing("one");
        visitor.stream_call(1, "publish", &[Value::Null, "two".into(), "live".into()]);
        visitor.deliver().unwrap();
        let events = visitor.events();
        assert_eq!(events[0], ServerEvent::PublishEnded { stream_id: 1 });
        assert!(
            matches!(&events[1], ServerEvent::PublishRequested { key, .. } if key.matches("two"))
        );
    }

    #[test]
    fn metadata_in_all_its_wrappings() {
        let array = Properties::new().with("width", 640.0);
        let mut plain = Vec::new();
        Encoder::new(&mut plain).string("onMetaData").ecma_array(&array);
        let mut wrapped = Vec::new();
        Encoder::new(&mut wrapped).string("@setDataFrame");
        wrapped.extend(&plain);
        let extended = [&[0][..], &wrapped].concat();
        for (message_type, body) in [
            (MessageType::DATA, &plain),
            (MessageType::DATA, &wrapped),
            (MessageType::DATA_EXTENDED, &extended),
            (MessageType::DATA_EXTENDED, &wrapped),
        ] {
            let mut visitor = Visitor::publishing("k");
            visitor.media(message_type, 0, body);
            visitor.deliver().unwrap();
            assert_eq!(media(&visitor.events()), [(MediaKind::Metadata, 0, plain.clone())]);
        }
        let mut cue = Vec::new();
        Encoder::new(&mut cue).string("onTextData").object(&array);
        let mut visitor = Visitor::publishing("k");
        visitor.media(MessageType::DATA, 7, &cue);
        visitor.deliver().unwrap();
        assert_eq!(media(&visitor.events()), [(MediaKind::Data, 7, cue)]);
    }

    #[test]
    fn an_aggregate_is_taken_apart() {
        let mut body = Vec::new();
        for (kind, time, bytes) in
            [(8, 1000_u32, &b"sound"[..]), (9, 1040, b"picture"), (8, 1060, b"")]
        {
            body.push(kind);
            body.extend(&(bytes.len() as u32).to_be_bytes()[1..]);
            body.extend(&time.to_be_bytes()[1..]);
            body.extend([0; 4]);
            body.extend(bytes);
            body.extend((bytes.len() as u32 + 11).to_be_bytes());
        }
        let mut visitor = Visitor::publishing("k");
        visitor.media(MessageType::AGGREGATE, 50, &body);
        visitor.deliver().unwrap();
        let sound = (MediaKind::Audio, 50, b"sound".to_vec());
        let picture = (MediaKind::Video, 90, b"picture".to_vec());
        assert_eq!(media(&visitor.events()), [sound.clone(), picture]);
        visitor.media(MessageType::AGGREGATE, 50, &body[..11 + 5 + 4 + 11 + 3]);
        visitor.deliver().unwrap();
        assert_eq!(media(&visitor.events()), [sound], "what is cut off is left out");
    }

    #[test]
    fn sound_that_starts_with_type_3_after_a_full_header() {
        let mut visitor = Visitor::publishing("k");
        let mut bytes = raw::message(4, 20, 8, &[0xAF, 1, 9], 128, false);
        bytes.extend([0xC4, 0xAF, 1, 8]);
        visitor.bytes = bytes;
        visitor.deliver().unwrap();
        let media = media(&visitor.events());
        assert_eq!(media[1], (MediaKind::Audio, 40, vec![0xAF, 1, 8]));
    }

    #[test]
    fn chunk_forms_of_every_kind() {
        let body: Vec<u8> = (0..1_000).map(|i| i as u8 | 1).collect();
        for repeated in [true, false] {
            for id in [4, 64, 320] {
                let mut visitor = Visitor::publishing("k");
                visitor.bytes = raw::message(id, 0x0200_0000, 9, &body, 128, repeated);
                visitor.deliver().unwrap();
                let expected = (MediaKind::Video, 0x0200_0000, body.clone());
                assert_eq!(media(&visitor.events()), [expected], "{id} {repeated}");
            }
        }
    }

    #[test]
    fn empty_media_is_not_passed_on() {
        let mut visitor = Visitor::publishing("k");
        visitor.media(MessageType::AUDIO, 0, &[]);
        visitor.deliver().unwrap();
        assert_eq!(visitor.events(), []);
    }

    #[test]
    fn bytes_are_acknowledged_in_the_clients_window() {
        let mut visitor = Visitor::publishing("k");
        visitor.control(ProtocolControl::WindowAcknowledgementSize(100_000));
        for i in 0..20 {
            visitor.media(MessageType::VIDEO, i * 40, &[0x27; 10_000]);
            visitor.deliver().unwrap();
            visitor.events();
        }
        let sent = visitor.take_received();
        let count =
            sent.iter().filter(|m| m.header.message_type == MessageType::ACKNOWLEDGEMENT).count();
        assert!((2..=5).contains(&count), "{count} for 200 KB");
    }
}

mod playing {
    use super::*;

    #[test]
    fn a_player_is_told_everything_it_waits_for() {
        let mut visitor = Visitor::with_stream();
        visitor.call("getStreamLength", 3.0, &[Value::Null, "k".into()]);
        visitor.call("FCSubscribe", 0.0, &[Value::Null, "k".into()]);
        visitor.stream_call(1, "play", &[Value::Null, "k".into(), (-2000.0).into()]);
        visitor.user_control(&UserControl::SetBufferLength { stream_id: 1, buffer_ms: 3_000 });
        visitor.deliver().unwrap();
        assert!(visitor.server.send(1, MediaKind::Audio, 0, &[0xAF, 1, 2]).is_err(), "not yet");
        let answer = visitor.take_received()[0].command().unwrap();
        assert_eq!(
            (answer.name.as_str(), answer.argument(0)),
            ("_result", Some(&Value::Number(0.0)))
        );

        visitor.server.accept_play(1).unwrap();
        let told = visitor.take_received();
        assert_eq!(told[0].payload, [0, 0, 0, 0, 0, 1], "StreamBegin");
        let codes: Vec<_> =
            told.iter().filter_map(|m| m.command()).map(|c| c.status().unwrap().code).collect();
        assert_eq!(codes, ["NetStream.Play.Reset", "NetStream.Play.Start"]);
        assert_eq!(told[3].values(), ["|RtmpSampleAccess".into(), true.into(), true.into()]);
        assert_eq!(told[4].values()[0], "onStatus".into());
        assert!(told[1..].iter().all(|m| m.header.message_stream_id == 1));

        visitor.server.send(1, MediaKind::Video, 40, &[0x17, 1, 0, 0, 0, 9]).unwrap();
        let sent = visitor.take_received();
        assert_eq!(
            (sent[0].header.message_type, sent[0].header.timestamp),
            (MessageType::VIDEO, 40)
        );

        visitor.server.end_play(1).unwrap();
        assert_eq!(visitor.take_codes(), ["NetStream.Play.UnpublishNotify", "NetStream.Play.Stop"]);
        assert!(visitor.server.send(1, MediaKind::Audio, 0, &[0xAF, 1, 2]).is_err(), "no more");
    }

    #[test]
    fn pausing_is_the_owners_to_do() {
        let mut visitor = Visitor::playing("k");
        for (paused, code) in
            [(true, "NetStream.Pause.Notify"), (false, "NetStream.Unpause.Notify")]
        {
            visitor.stream_call(1, "pause", &[Value::Null, paused.into(), 0.0.into()]);
            visitor.deliver().unwrap();
            assert_eq!(visitor.events(), [ServerEvent::Paused { stream_id: 1, paused }]);
            assert_eq!(visitor.take_codes(), [code]);
        }
    }

    #[test]
    fn one_connection_publishes_and_plays() {
        let mut visitor = Visitor::publishing("k");
        visitor.call("createStream", 5.0, &[Value::Null]);
        visitor.stream_call(2, "play", &[Value::Null, "other".into()]);
        visitor.deliver().unwrap();
        visitor.events();
        visitor.server.accept_play(2).unwrap();
        visitor.server.send(2, MediaKind::Video, 0, &[1]).unwrap();
        visitor.media(MessageType::VIDEO, 0, &[0x17, 0]);
        visitor.deliver().unwrap();
        assert_eq!(media(&visitor.events()).len(), 1);
        assert!(visitor.server.send(1, MediaKind::Video, 0, &[1]).is_err());
    }
}

mod connecting {
    use super::*;

    /// The application that a `connect` with these properties leads to.
    fn app_of(properties: Properties) -> Option<String> {
        let mut visitor = Visitor::handshaken();
        visitor.call("connect", 1.0, &[properties.into()]);
        visitor.deliver().unwrap();
        let welcome = visitor.take_received();
        let answer = welcome.last().unwrap().command().unwrap();
        assert_eq!(answer.status().unwrap().code, "NetConnection.Connect.Success");
        visitor.events().into_iter().find_map(|event| match event {
            ServerEvent::Connected { app } => Some(app),
            _ => None,
        })
    }

    #[test]
    fn applications_in_all_spellings() {
        let with = |name: &str, value: &str| Properties::new().with(name, value);
        assert_eq!(app_of(with("app", "live?token=x")).as_deref(), Some("live"));
        assert_eq!(app_of(with("app", "'a/b/'")).as_deref(), Some("a/b"));
        assert_eq!(app_of(with("tcurl", "rtmp://h/from/url")).as_deref(), Some("from/url"));
        assert_eq!(app_of(Properties::new()).as_deref(), Some(""), "not even a tcUrl");
    }

    #[test]
    fn amf3_is_never_agreed_on() {
        let mut visitor = Visitor::handshaken();
        let object = Properties::new().with("app", "live").with("objectEncoding", 3.0);
        let mut body = vec![0];
        Encoder::new(&mut body).string("connect").number(1.0).object(&object);
        visitor.bytes = raw::message(3, 0, 17, &body, 128, false);
        visitor.deliver().unwrap();
        let answer = visitor.take_received().last().unwrap().command().unwrap();
        let info = answer.values.last().unwrap();
        assert_eq!(info.get("objectEncoding"), Some(&Value::Number(0.0)));
    }

    #[test]
    fn an_object_without_its_end_is_read() {
        let mut visitor = Visitor::handshaken();
        let mut body = Vec::new();
        Encoder::new(&mut body).string("connect").number(1.0);
        body.extend(b"\x03\0\x03app\x02\0\x04live");
        visitor.bytes = raw::message(3, 0, 20, &body, 128, false);
        visitor.deliver().unwrap();
        assert_eq!(visitor.events(), [ServerEvent::Connected { app: "live".into() }]);
    }

    #[test]
    fn nothing_works_before_connect_and_connect_only_once() {
        let mut visitor = Visitor::handshaken();
        visitor.call("createStream", 2.0, &[Value::Null]);
        visitor.stream_call(1, "publish", &[Value::Null, "k".into()]);
        visitor.deliver().unwrap();
        assert_eq!((visitor.events(), visitor.take_received()), (vec![], vec![]));
        let mut visitor = Visitor::publishing("k");
        visitor.call("connect", 9.0, &[Properties::new().into()]);
        visitor.deliver().unwrap();
        assert_eq!((visitor.events(), visitor.server.state()), (vec![], State::Live));
    }

    #[test]
    fn streams_are_few() {
        let mut visitor = Visitor::connected();
        for i in 0..9 {
            visitor.call("createStream", 2.0 + f64::from(i), &[Value::Null]);
        }
        visitor.deliver().unwrap();
        let answers: Vec<_> = visitor.take_received().iter().filter_map(|m| m.command()).collect();
        assert_eq!(answers.iter().filter(|answer| answer.name == "_result").count(), 8);
        assert_eq!(answers.last().unwrap().name, "_error");
    }

    #[test]
    fn pings_and_questions_are_answered() {
        let mut visitor = Visitor::connected();
        visitor.bytes = vec![0x42, 0, 0, 0, 0, 0, 6, 4, 0, 6, 0, 0, 0, 5];
        visitor.call("_checkbw", 7.0, &[Value::Null]);
        visitor.deliver().unwrap();
        let sent = visitor.take_received();
        assert_eq!(sent[0].payload, [0, 7, 0, 0, 0, 5], "also on a chunk stream without history");
        assert_eq!(sent[1].command().unwrap().transaction_id, 7.0);
    }
}

mod hostile {
    use super::*;

    #[test]
    fn slow_clients_run_out_of_time() {
        let mut silent = Visitor::new();
        silent.wait(9_999).unwrap();
        let error = silent.wait(1).unwrap_err();
        assert_eq!(
            (error.state, error.kind),
            (State::Handshaking, ErrorKind::TimedOut { waiting_for: "the handshake" })
        );

        let mut shy = Visitor::handshaken();
        assert_eq!(shy.wait(20_000).unwrap_err().state, State::Connecting);
        let mut idle = Visitor::with_stream();
        assert_eq!(idle.wait(20_000).unwrap_err().state, State::Creating);
    }

    #[test]
    fn a_silent_player_is_pinged_and_dropped() {
        let mut visitor = Visitor::playing("k");
        visitor.wait(30_000).unwrap();
        assert_eq!(visitor.take_received()[0].payload[..2], [0, 6]);
        visitor.user_control(&UserControl::PingResponse { timestamp: 1 });
        visitor.deliver().unwrap();
        visitor.wait(30_000).unwrap();
        assert_eq!(visitor.take_received().len(), 1);
        let error = visitor.wait(30_000).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TimedOut { waiting_for: "a ping" });
        assert_eq!(visitor.events(), [ServerEvent::PlayEnded { stream_id: 1 }]);
    }

    #[test]
    fn other_protocols_are_told_apart() {
        let tls = HandshakeError::LooksLikeTls { first_byte: 0x16 };
        let http = HandshakeError::LooksLikeHttp { first_byte: b'G' };
        let rtmpe = HandshakeError::Encrypted { version: 6 };
        for (bytes, expected) in
            [(&b"\x16\x03\x01"[..], tls), (b"GET / HTTP/1.1", http), (b"\x06\0", rtmpe)]
        {
            let mut visitor = Visitor::new();
            visitor.bytes = bytes.to_vec();
            assert_eq!(visitor.deliver().unwrap_err().kind, ErrorKind::NotRtmp(expected));
        }
    }

    #[test]
    fn claims_of_size_cost_nothing() {
        let mut visitor = Visitor::publishing("k");
        visitor.bytes = vec![0x04, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0];
        let ErrorKind::Chunk(error) = visitor.deliver().unwrap_err().kind else { panic!() };
        assert!(matches!(error.kind, ChunkErrorKind::MessageTooLong { .. }));

        let mut visitor = Visitor::publishing("k");
        for id in 3..100_u32 {
            let header = if id < 64 { 12 } else { 13 };
            let message = raw::message(id, 0, 9, &[1; 100_000], 128, false);
            visitor.bytes.extend(&message[..header + 128]);
        }
        let ErrorKind::Chunk(error) = visitor.deliver().unwrap_err().kind else { panic!() };
        assert!(matches!(error.kind, ChunkErrorKind::TooManyChunkStreams { .. }), "{error}");
    }

    #[test]
    fn values_nested_without_end_in_the_first_command() {
        let mut visitor = Visitor::handshaken();
        let mut body = Vec::new();
        Encoder::new(&mut body).string("connect").number(1.0);
        for _ in 0..50_000 {
            body.extend([3, 0, 1, b'a']);
        }
        visitor.bytes = raw::message(3, 0, 20, &body, 128, false);
        let error = visitor.deliver().unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Amf(_)), "{error}");
        assert_eq!(
            (error.state, error.message_type),
            (State::Connecting, Some(MessageType::COMMAND))
        );
    }

    #[test]
    fn questions_without_end() {
        let mut visitor = Visitor::connected();
        for i in 0..100_000 {
            visitor.call("createStream", f64::from(i), &[Value::Null]);
        }
        assert_eq!(visitor.deliver().unwrap_err().kind, ErrorKind::Flooded);
    }

    #[test]
    fn ids_that_are_none() {
        let mut visitor = Visitor::publishing("k");
        for id in [Value::Null, f64::NAN.into(), (-1.0).into(), 1e300.into(), "x".into()] {
            visitor.call("createStream", f64::NAN, std::slice::from_ref(&id));
            visitor.call("deleteStream", 0.0, &[Value::Null, id]);
        }
        visitor.deliver().unwrap();
        assert_ne!(visitor.server.state(), State::Over);
    }

    #[test]
    fn closing_waits_for_the_output_and_not_longer_than_a_second() {
        let mut visitor = Visitor::publishing("k");
        visitor.server.close(visitor.now);
        assert_eq!(visitor.events(), [ServerEvent::PublishEnded { stream_id: 1 }]);
        assert!(visitor.server.is_drained());
        visitor.media(MessageType::VIDEO, 0, &[0x17, 0]);
        visitor.deliver().unwrap();
        visitor.wait(1_000).unwrap();
        assert_eq!(
            (visitor.events(), visitor.server.state()),
            (vec![ServerEvent::Closed], State::Over)
        );
    }
}

//! The server session with all kinds of clients: recorded ones, careful ones, and
//! those that are known to do it their own way.

use super::exchange;
use super::peer::{Host, Script, at, what};
use tallylight::protocol::amf0::{Encoder, Properties, Value};
use tallylight::protocol::rtmp::handshake::HANDSHAKE_SIZE;
use tallylight::protocol::rtmp::message::{MessageType, ProtocolControl, UserControl};
use tallylight::protocol::rtmp::server::{MediaKind, ServerEvent};

const KEY: &[u8] = &[0x17, 1, 0, 0, 0, 1, 2, 3];
const SOUND: &[u8] = &[0xAF, 1, 9, 9];

/// A session after a whole script.
fn hosted(script: &mut Script) -> Host {
    let mut host = Host::new();
    host.read(&script.take()).expect("the script is lawful");
    host
}

#[test]
fn a_publisher_is_answered_step_by_step() {
    let mut host = Host::new();
    let answers = host.read(&Script::publisher("live", "k3y").take()).unwrap();
    assert_eq!(
        what(&answers),
        [
            "type 5",
            "type 6",
            "type 1",
            "_result NetConnection.Connect.Success",
            "_result",
            "_result",
            "onFCPublish NetStream.Publish.Start",
            "_result",
            "StreamBegin",
            "onStatus NetStream.Publish.Start",
        ]
    );
    assert_eq!(answers[7].values(), ["_result".into(), 4.0.into(), Value::Null, 1.0.into()]);
    assert_eq!(answers[9].header.message_stream_id, 1);
    let [ServerEvent::Connected { app: connected }, ServerEvent::PublishRequested { app, key, .. }] =
        &host.events[..]
    else {
        panic!("{:?}", host.events)
    };
    assert_eq!((connected.as_str(), app.as_str(), key.expose()), ("live", "live", "k3y"));
}

/// Behind what is needed something that can't be read may follow.
#[test]
fn surplus_bytes_in_commands_change_nothing() {
    let object = Properties::new().with("app", "live").with("tcUrl", "rtmp://media.example/live");
    let mut script = Script::hello();
    for (stream_id, name, number, values) in [
        (0, "connect", 1.0, vec![object.into()]),
        (0, "createStream", 2.0, vec![Value::Null]),
        (1, "publish", 3.0, vec![Value::Null, "k3y".into(), "live".into()]),
    ] {
        let mut command = Vec::new();
        Encoder::new(&mut command).string(name).number(number).values(&values);
        command.push(0x0E);
        script.message(3, MessageType::COMMAND, stream_id, 0, &command);
    }
    let host = hosted(&mut script);
    let [ServerEvent::Connected { .. }, ServerEvent::PublishRequested { key, .. }] =
        &host.events[..]
    else {
        panic!("{:?}", host.events)
    };
    assert_eq!(key.expose(), "k3y");
}

#[test]
fn the_chunk_size_comes_before_the_first_long_answer() {
    let mut host = Host::new();
    host.session.read(at(0), &Script::connected("live").take()).unwrap();
    let output = host.session.output();
    let after_handshake = &output[HANDSHAKE_SIZE..];
    assert!(after_handshake.len() > 128 + 3 * 12, "the answer is longer than a first chunk");
    let at = after_handshake.windows(4).position(|bytes| bytes == [0, 0, 0x10, 0]).unwrap();
    assert!(at < 60, "4096 is announced first");
}

#[test]
fn a_player_is_told_all_that_players_wait_for() {
    let mut host = Host::new();
    let answers = host.read(&Script::player("live", "k3y").take()).unwrap();
    assert_eq!(
        what(&answers)[5..],
        [
            "StreamBegin",
            "onStatus NetStream.Play.Reset",
            "onStatus NetStream.Play.Start",
            "|RtmpSampleAccess",
        ]
    );
    host.session.send(1, MediaKind::Metadata, 0, &b"\x02\0\x0AonMetaData\x05"[..].into()).unwrap();
    host.session.send(1, MediaKind::Video, 40, &KEY.into()).unwrap();
    host.session.send(1, MediaKind::Audio, 41, &SOUND.into()).unwrap();
    host.session.notify_unpublished(1).unwrap();
    host.session.notify_published(1).unwrap();
    host.session.send(1, MediaKind::Video, 60, &KEY.into()).unwrap();
    host.session.end_play(1).unwrap();
    let answers = host.answers();
    assert_eq!(
        what(&answers),
        [
            "onMetaData",
            "type 9",
            "type 8",
            "StreamEof",
            "onStatus NetStream.Play.UnpublishNotify",
            "StreamBegin",
            "onStatus NetStream.Play.PublishNotify",
            "type 9",
            "StreamEof",
            "onStatus NetStream.Play.UnpublishNotify",
            "onStatus NetStream.Play.Stop",
        ]
    );
    assert_eq!((answers[1].header.timestamp, &answers[1].payload[..]), (40, KEY));
    assert_eq!((answers[7].header.timestamp, answers[7].header.message_stream_id), (60, 1));
}

#[test]
fn one_connection_publishes_and_plays() {
    let mut script = Script::publisher("live", "out");
    script.command(0, "createStream", 6.0, &[Value::Null]);
    script.command(2, "play", 0.0, &[Value::Null, "in".into()]);
    script.video(7, KEY);
    let mut host = hosted(&mut script);
    assert_eq!(host.media(), ["Video 7 8"]);
    host.session.send(2, MediaKind::Video, 1, &KEY.into()).unwrap();
    let answers = host.answers();
    assert_eq!((answers[0].header.message_stream_id, &answers[0].payload[..]), (2, KEY));
    script.command(0, "deleteStream", 0.0, &[Value::Null, 1.0.into()]);
    host.read(&script.take()).unwrap();
    assert_eq!(host.events.last(), Some(&ServerEvent::PublishEnded { stream_id: 1 }));
    assert!(host.session.send(2, MediaKind::Video, 2, &KEY.into()).is_ok(), "playing goes on");
}

#[test]
fn every_way_to_end_publishing_is_heard_once() {
    let ways: [fn(&mut Script); 4] = [
        |script| script.command(0, "FCUnpublish", 6.0, &[Value::Null, "k3y".into()]),
        |script| script.command(1, "closeStream", 0.0, &[Value::Null]),
        |script| script.command(0, "deleteStream", 7.0, &[Value::Null, 1.0.into()]),
        |script| script.command(1, "deleteStream", 0.0, &[Value::Null]),
    ];
    for (n, way) in ways.iter().enumerate() {
        let mut script = Script::publisher("live", "k3y");
        way(&mut script);
        script.command(0, "FCUnpublish", 0.0, &[Value::Null, "k3y".into()]);
        script.command(0, "deleteStream", 0.0, &[Value::Null, 1.0.into()]);
        script.video(0, KEY);
        let host = hosted(&mut script);
        assert_eq!(
            host.events[2..],
            [ServerEvent::PublishEnded { stream_id: 1 }],
            "way {n}: once, and no media after it"
        );
    }
}

#[test]
fn metadata_loses_what_was_written_for_the_server() {
    let mut body = Vec::new();
    let info = Properties::new().with("width", 1280.0);
    Encoder::new(&mut body).string("@setDataFrame").string("onMetaData").ecma_array(&info);
    let kept = &body[16..];
    let mut script = Script::publisher("live", "k3y");
    script.message(5, MessageType::DATA, 1, 3, &body);
    script.message(5, MessageType::DATA_EXTENDED, 1, 3, &[&[0], &body[..]].concat());
    script.message(5, MessageType::DATA_EXTENDED, 1, 3, &body);
    script.message(5, MessageType::DATA, 1, 3, kept);
    let host = hosted(&mut script);
    let bodies: Vec<_> = host.events[2..]
        .iter()
        .map(|event| match event {
            ServerEvent::Media { kind: MediaKind::Metadata, payload, .. } => payload.to_vec(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(bodies, vec![kept.to_vec(); 4], "in each form that encoders use");
}

#[test]
fn other_data_is_passed_on_and_none_is_kept_of_what_is_cleared() {
    let mut script = Script::publisher("live", "k3y");
    let mut text = Vec::new();
    Encoder::new(&mut text).string("onTextData").null();
    script.message(5, MessageType::DATA, 1, 9, &text);
    let mut clear = Vec::new();
    Encoder::new(&mut clear).string("@clearDataFrame").string("onMetaData");
    script.message(5, MessageType::DATA, 1, 9, &clear);
    assert_eq!(hosted(&mut script).media(), ["Data 9 14"]);
}

/// Quirks of encoders in the field.
mod quirks {
    use super::*;

    #[test]
    fn a_type_3_header_right_after_a_full_one_repeats_its_time() {
        // Flash Media Live Encoder does this with sound.
        let mut script = Script::publisher("live", "k3y");
        script.raw(&[4, 0, 0, 21, 0, 0, 2, 8, 1, 0, 0, 0, 0xAF, 1]);
        script.raw(&[0xC4, 0xAF, 1]);
        script.raw(&[0xC4, 0xAF, 1]);
        assert_eq!(hosted(&mut script).media(), ["Audio 21 2", "Audio 42 2", "Audio 63 2"]);
    }

    #[test]
    fn a_fresh_chunk_stream_may_start_without_a_full_header() {
        // librtmp sends pings this way.
        let mut script = Script::publisher("live", "k3y");
        script.raw(&[0x42, 0, 0, 1, 0, 0, 6, 4, 0, 6, 0, 0, 0, 9]);
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        let pong = answers.last().unwrap();
        assert_eq!(
            UserControl::parse(&pong.payload),
            Ok(UserControl::PingResponse { timestamp: 9 })
        );
    }

    #[test]
    fn an_empty_message_is_no_media_and_no_end() {
        let mut script = Script::publisher("live", "k3y");
        script.audio(0, &[]);
        script.video(0, &[]);
        script.audio(5, SOUND);
        assert_eq!(hosted(&mut script).media(), ["Audio 5 4"]);
    }

    #[test]
    fn an_address_may_be_missing_misspelt_or_quoted() {
        let app_of = |object: Properties| {
            let mut script = Script::hello();
            script.connect(&object);
            match hosted(&mut script).events.first() {
                Some(ServerEvent::Connected { app }) => app.clone(),
                other => panic!("{other:?}"),
            }
        };
        let new = Properties::new;
        assert_eq!(app_of(new().with("app", "live")), "live", "no tcUrl");
        assert_eq!(app_of(new().with("tcurl", "'rtmp://h:1935/a/b?q=1'")), "a/b");
        assert_eq!(app_of(new().with("App", "live/")), "live");
        assert_eq!(app_of(new()), "", "neither");
    }

    #[test]
    fn connect_without_an_object_is_answered() {
        let mut script = Script::hello();
        script.command(0, "connect", 1.0, &[Value::Null]);
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        assert_eq!(what(&answers).last().unwrap(), "_result NetConnection.Connect.Success");
    }

    #[test]
    fn amf3_is_never_agreed_on_and_read_all_the_same() {
        let mut script = Script::hello();
        script.connect(&Properties::new().with("app", "live").with("objectEncoding", 3.0));
        let mut body = vec![0];
        Encoder::new(&mut body).string("createStream").number(2.0).null();
        script.message(3, MessageType::COMMAND_EXTENDED, 0, 0, &body);
        let mut body = vec![0];
        Encoder::new(&mut body).string("publish").number(3.0).null();
        // "k3y" as AMF3, behind its marker; then the type without format byte.
        body.extend([0x11, 0x06, 0x07, b'k', b'3', b'y']);
        script.message(3, MessageType::COMMAND_EXTENDED, 1, 0, &body);
        let mut body = Vec::new();
        Encoder::new(&mut body).string("FCUnpublish").number(9.0).null().string("k3y");
        script.message(3, MessageType::COMMAND_EXTENDED, 0, 0, &body);
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        let success = answers[3].values();
        assert_eq!(success[3].get("objectEncoding"), Some(&Value::Number(0.0)));
        let types: Vec<_> = answers[3..].iter().map(|answer| answer.header.message_type).collect();
        assert!(!types.contains(&MessageType::COMMAND_EXTENDED), "{types:?}");
        let ServerEvent::PublishRequested { key, .. } = &host.events[1] else {
            panic!("{:?}", host.events)
        };
        assert_eq!(key.expose(), "k3y");
        assert_eq!(host.events[2], ServerEvent::PublishEnded { stream_id: 1 });
    }

    #[test]
    fn unknown_commands_and_messages_are_ignored() {
        let mut script = Script::publisher("live", "k3y");
        script.command(0, "_onbwcheck", 10.0, &[Value::Null]);
        script.command(1, "sing", 11.0, &[Value::Null, "loud".into()]);
        for message_type in [0, 7, 10, 16, 19, 21, 99, 255] {
            script.message(3, MessageType(message_type), 0, 0, b"what?");
        }
        script.user_control(&UserControl::Unknown { event: 77, data: vec![1] });
        script.audio(0, SOUND);
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        assert_eq!(answers.len(), 10, "{:?}", what(&answers));
        assert_eq!(host.media(), ["Audio 0 4"]);
    }

    #[test]
    fn commands_before_connect_change_nothing() {
        let mut script = Script::hello();
        script.command(0, "createStream", 2.0, &[Value::Null]);
        script.command(1, "publish", 3.0, &[Value::Null, "k3y".into()]);
        let mut host = Host::new();
        assert_eq!(host.read(&script.take()).unwrap(), []);
        assert_eq!(host.events, []);
    }

    /// As xiu does when it relays: it would take a second answer with this number for
    /// another welcome, and ask for all again, without end.
    #[test]
    fn calls_that_reuse_the_number_of_connect_are_not_answered() {
        let mut script = Script::connected("live");
        script.command(0, "releaseStream", 1.0, &[Value::Null, "k3y".into()]);
        script.command(0, "FCPublish", 1.0, &[Value::Null, "k3y".into()]);
        script.command(0, "createStream", 1.0, &[Value::Null]);
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        assert_eq!(what(&answers)[4..], ["_result"], "a stream it must have");
        assert_eq!(answers[4].values()[3], Value::Number(1.0));
    }

    #[test]
    fn a_player_that_seeks_is_told_that_it_is_there() {
        let mut script = Script::player("live", "k3y");
        let mut host = hosted(&mut script);
        script.command(1, "seek", 0.0, &[Value::Null, 10_000.0.into()]);
        let answers = host.read(&script.take()).unwrap();
        let expected = ["onStatus NetStream.Seek.Notify", "onStatus NetStream.Play.Start"];
        assert_eq!(what(&answers), expected);
        assert_eq!(host.events.last(), Some(&ServerEvent::Sought { stream_id: 1 }));
    }

    #[test]
    fn players_questions_are_answered() {
        let mut script = Script::connected("live");
        script.command(0, "_checkbw", 2.0, &[Value::Null]);
        script.command(0, "FCSubscribe", 3.0, &[Value::Null, "k3y".into()]);
        script.command(0, "createStream", 4.0, &[Value::Null]);
        script.command(0, "getStreamLength", 5.0, &[Value::Null, "k3y".into()]);
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        let expected = ["_result", "onFCSubscribe NetStream.Play.Start", "_result", "_result"];
        assert_eq!(what(&answers)[4..], expected);
        assert_eq!(answers[7].values()[3], Value::Number(0.0));
    }

    #[test]
    fn media_on_another_stream_id_is_that_of_the_only_stream() {
        let mut script = Script::publisher("live", "k3y");
        script.message(6, MessageType::VIDEO, 0, 3, KEY);
        assert_eq!(hosted(&mut script).media(), ["Video 3 8"]);
    }

    #[test]
    fn enhanced_clients_are_told_that_everything_is_passed_on() {
        let mut script = Script::hello();
        let list = Value::StrictArray(vec!["hvc1".into()]);
        script.connect(&Properties::new().with("app", "live").with("fourCcList", list));
        let mut host = Host::new();
        let answers = host.read(&script.take()).unwrap();
        let server = answers[3].values()[2].clone();
        assert_eq!(server.get("capsEx"), Some(&Value::Number(14.0)));
        assert_eq!(server.get("videoFourCcInfoMap").unwrap().get("*"), Some(&Value::Number(4.0)));
    }
}

#[test]
fn players_say_what_they_want() {
    let mut script = Script::player("live", "k3y");
    script.command(1, "pause", 0.0, &[Value::Null, true.into(), 0.0.into()]);
    script.command(1, "pause", 0.0, &[Value::Null, false.into(), 0.0.into()]);
    script.command(1, "receiveVideo", 0.0, &[Value::Null, false.into()]);
    script.command(1, "receiveAudio", 0.0, &[Value::Null, true.into()]);
    script.command(1, "play", 0.0, &[Value::Null, "other".into()]);
    let host = hosted(&mut script);
    let stream_id = 1;
    let said = &host.events[2..];
    assert_eq!(
        said[..5],
        [
            ServerEvent::Paused { stream_id, paused: true },
            ServerEvent::Paused { stream_id, paused: false },
            ServerEvent::Wanted { stream_id, kind: MediaKind::Video, wanted: false },
            ServerEvent::Wanted { stream_id, kind: MediaKind::Audio, wanted: true },
            ServerEvent::PlayEnded { stream_id },
        ]
    );
    assert!(matches!(&said[5], ServerEvent::PlayRequested { key, .. } if key.expose() == "other"));
}

#[test]
fn acknowledgements_are_sent() {
    let mut script = Script::publisher("live", "k3y");
    let mut host = hosted(&mut script);
    script.control(ProtocolControl::WindowAcknowledgementSize(1000));
    script.audio(0, &[0xAF; 600]);
    let answers = host.read(&script.take()).unwrap();
    assert_eq!(what(&answers), ["type 3"]);
}

#[test]
fn aggregates_are_taken_apart() {
    let part = |kind: u8, time: u32, body: &[u8]| {
        let mut part = vec![kind];
        part.extend(&(body.len() as u32).to_be_bytes()[1..]);
        part.extend(&time.to_be_bytes()[1..]);
        part.extend([(time >> 24) as u8, 9, 9, 9]);
        part.extend(body);
        part.extend(((body.len() + 11) as u32).to_be_bytes());
        part
    };
    let mut data = Vec::new();
    Encoder::new(&mut data).string("onTextData").null();
    let mut parts = [part(9, 1000, KEY), part(8, 1010, SOUND), part(18, 1020, &data)].concat();
    parts.truncate(parts.len() - 4);
    let mut script = Script::publisher("live", "k3y");
    script.message(6, MessageType::AGGREGATE, 1, 500, &parts);
    assert_eq!(hosted(&mut script).media(), ["Video 500 8", "Audio 510 4", "Data 520 14"]);
}

/// Everything that came of a client, in a form that can be compared.
fn outcome(pieces: &[&[u8]]) -> (Vec<ServerEvent>, Vec<Vec<u8>>) {
    let mut host = Host::new();
    let mut answers = Vec::new();
    for piece in pieces {
        answers.extend(host.read(piece).expect("the recording is lawful"));
    }
    // Acknowledgements say how much came at a time, and are meant to.
    let same =
        answers.into_iter().filter(|a| a.header.message_type != MessageType::ACKNOWLEDGEMENT);
    (host.events, same.map(|answer| answer.payload).collect())
}

#[test]
fn recorded_clients_get_through_however_their_bytes_are_cut() {
    for (name, media) in [
        ("ffmpeg_publish", true),
        ("gstreamer_publish", true),
        ("ffmpeg_play", false),
        ("rtmpdump_play", false),
    ] {
        let bytes = exchange::recording(name, "client");
        let whole = outcome(&[&bytes]);
        let count = whole.0.iter().filter(|e| matches!(e, ServerEvent::Media { .. })).count();
        assert_eq!(count > 50, media, "{name}: {count} messages");
        let asks = |event: &&ServerEvent| {
            matches!(
                event,
                ServerEvent::PublishRequested { .. } | ServerEvent::PlayRequested { .. }
            )
        };
        assert_eq!(whole.0.iter().filter(asks).count(), 1, "{name}");
        for size in [1, 2, 3, 7, 127, 128, 129, 1000, 4096] {
            let pieces: Vec<_> = bytes.chunks(size).collect();
            assert!(outcome(&pieces) == whole, "{name} in pieces of {size}");
        }
        // Every single cut of the part where the session is set up.
        for cut in HANDSHAKE_SIZE..bytes.len().min(HANDSHAKE_SIZE + 1500) {
            let (before, after) = bytes.split_at(cut);
            assert!(outcome(&[before, after]) == whole, "{name} cut at {cut}");
        }
    }
}

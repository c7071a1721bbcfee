//! The server session with clients that are slow, broken or hostile, and with
//! chunks in every form that is lawful or seen in the field.

use super::allocations;
use super::peer::{Host, Script, at, what};
use tallylight::protocol::amf0::{AmfErrorKind, Encoder, Value};
use tallylight::protocol::rtmp::chunk::ChunkErrorKind;
use tallylight::protocol::rtmp::handshake::HandshakeError;
use tallylight::protocol::rtmp::message::{
    MessageError, MessageType, ProtocolControl, UserControl,
};
use tallylight::protocol::rtmp::server::ServerEvent;
use tallylight::protocol::rtmp::{Error, ErrorKind, State};

/// A body of some bytes that tell their place.
fn body(length: usize) -> Vec<u8> {
    [0x17, 1].into_iter().chain((2..length).map(|n| (n % 251) as u8)).collect()
}

fn failure(script: &mut Script) -> Error {
    Host::new().read(&script.take()).expect_err("the script goes too far")
}

fn chunk_failure(script: &mut Script) -> ChunkErrorKind {
    match failure(script).kind {
        ErrorKind::Chunk(error) => error.kind,
        other => panic!("{other:?}"),
    }
}

/// Chunks in their forms.
mod chunks {
    use super::*;

    /// The payloads that came in, told apart by their lengths and times.
    fn media(script: &mut Script) -> Vec<String> {
        let mut host = Host::new();
        host.read(&script.take()).expect("these chunks can be followed");
        for event in &host.events {
            if let ServerEvent::Media { payload, .. } = event {
                assert!(payload[..] == body(payload.len()), "the bytes are in their place");
            }
        }
        host.media()
    }

    #[test]
    fn of_every_size() {
        for size in [1, 128, 4096, 65_536] {
            let mut script = Script::publisher("live", "k3y");
            script.control(ProtocolControl::SetChunkSize(size));
            script.video(0, &body(100_000));
            script.audio(1, &body(200));
            script.video(40, &body(65_536));
            assert_eq!(media(&mut script), ["Video 0 100000", "Audio 1 200", "Video 40 65536"]);
        }
    }

    #[test]
    fn of_a_size_that_changes_on_the_way() {
        let mut script = Script::publisher("live", "k3y");
        let mut expected = Vec::new();
        for (n, size) in [300, 1, 70_000, 128, 2_147_483_647, 5].into_iter().enumerate() {
            script.control(ProtocolControl::SetChunkSize(size));
            script.video(n as u32, &body(5000));
            expected.push(format!("Video {n} 5000"));
        }
        assert_eq!(media(&mut script), expected);
    }

    #[test]
    fn with_an_extended_time_repeated_and_not() {
        let time = 0x0123_4567_u32;
        let mut header = vec![6, 0xFF, 0xFF, 0xFF, 0, 1, 44, 9, 1, 0, 0, 0];
        header.extend(time.to_be_bytes());
        for repeated in [true, false] {
            let mut script = Script::publisher("live", "k3y");
            script.raw(&header);
            for (n, chunk) in body(300).chunks(128).enumerate() {
                if n > 0 {
                    script.raw(&[0xC6]);
                    script.raw(if repeated { &header[12..] } else { &[] });
                }
                script.raw(chunk);
            }
            script.audio(7, &body(9));
            assert_eq!(media(&mut script), [format!("Video {time} 300"), "Audio 7 9".to_owned()]);
        }
    }

    #[test]
    fn whose_time_wraps() {
        let mut script = Script::publisher("live", "k3y");
        let mut time = u32::MAX - 50;
        let mut expected = Vec::new();
        for _ in 0..5 {
            script.video(time, &body(200));
            expected.push(format!("Video {time} 200"));
            time = time.wrapping_add(33);
        }
        assert_eq!(media(&mut script), expected);
        assert!(time < 200);
    }

    #[test]
    fn of_two_messages_in_turns() {
        let mut script = Script::publisher("live", "k3y");
        let (video, audio) = (body(300), body(200));
        script.raw(&[6, 0, 0, 10, 0, 1, 44, 9, 1, 0, 0, 0]);
        script.raw(&video[..128]);
        script.raw(&[4, 0, 0, 11, 0, 0, 200, 8, 1, 0, 0, 0]);
        script.raw(&audio[..128]);
        script.raw(&[0xC6]);
        script.raw(&video[128..256]);
        script.raw(&[0xC4]);
        script.raw(&audio[128..]);
        script.raw(&[0xC6]);
        script.raw(&video[256..]);
        assert_eq!(media(&mut script), ["Audio 11 200", "Video 10 300"]);
    }

    #[test]
    fn of_a_message_that_is_given_up() {
        let mut script = Script::publisher("live", "k3y");
        script.raw(&[6, 0, 0, 10, 0, 1, 44, 9, 1, 0, 0, 0]);
        script.raw(&body(300)[..128]);
        script.control(ProtocolControl::Abort { chunk_stream_id: 6 });
        script.raw(&[0x46, 0, 0, 5, 0, 0, 20, 9]);
        script.raw(&body(20));
        assert_eq!(media(&mut script), ["Video 15 20"], "its time still counts");
    }

    #[test]
    fn on_chunk_streams_of_every_form() {
        let ids = [2, 3, 63, 64, 65, 319, 320, 65_598, 65_599];
        let mut script = Script::publisher("live", "k3y");
        for (n, id) in ids.into_iter().enumerate() {
            script.message(id, MessageType::VIDEO, 1, n as u32, &body(300 + n));
        }
        let expected: Vec<_> = (0..ids.len()).map(|n| format!("Video {n} {}", 300 + n)).collect();
        assert_eq!(media(&mut script), expected);
    }

    #[test]
    fn come_byte_by_byte() {
        let mut script = Script::publisher("live", "k3y");
        script.control(ProtocolControl::SetChunkSize(777));
        for n in 0..20 {
            script.video(n * 40, &body(3000));
            script.audio(n * 40 + 1, &body(300));
        }
        let bytes = script.take();
        let mut whole = Host::new();
        whole.read(&bytes).unwrap();
        let mut bit_by_bit = Host::new();
        for byte in bytes.chunks(1) {
            bit_by_bit.read(byte).unwrap();
        }
        assert_eq!(whole.events, bit_by_bit.events);
        assert_eq!(whole.media().len(), 40);
    }
}

/// Breaches are errors that say where.
mod breaches {
    use super::*;

    #[test]
    fn chunk_sizes_that_are_none() {
        for size in [0_u32, 0x8000_0000, u32::MAX] {
            let mut script = Script::connected("live");
            let offset = script.bytes.len() as u64;
            script.message(2, MessageType::SET_CHUNK_SIZE, 0, 0, &size.to_be_bytes());
            let error = failure(&mut script);
            let ErrorKind::Chunk(chunk) = error.kind else { panic!("{error}") };
            let expected = ChunkErrorKind::BadControl(MessageError::InvalidChunkSize { size });
            assert_eq!((chunk.kind, chunk.offset, error.offset), (expected, offset, offset));
            assert_eq!(error.state, State::Creating);
        }
    }

    #[test]
    fn a_message_that_changes_its_length_half_way() {
        let mut script = Script::publisher("live", "k3y");
        script.raw(&[6, 0, 0, 10, 0, 1, 44, 9, 1, 0, 0, 0]);
        script.raw(&body(300)[..128]);
        script.raw(&[0x46, 0, 0, 5, 0, 0xFF, 0xFF, 9]);
        let expected = ChunkErrorKind::LengthChanged { from: 300, to: 0xFFFF };
        assert_eq!(chunk_failure(&mut script), expected);
    }

    #[test]
    fn claims_of_16_mib_on_many_chunk_streams() {
        let claim = |script: &mut Script, id: u32, length: u32| {
            let [_, a, b, c] = length.to_be_bytes();
            let [low, high, ..] = (id - 64).to_le_bytes();
            script.raw(&[1, low, high, 0, 0, 0, a, b, c, 9, 1, 0, 0, 0]);
            script.raw(&[0x5A; 128]);
        };
        let mut script = Script::publisher("live", "k3y");
        claim(&mut script, 400, 0xFF_FFFF);
        let kind = chunk_failure(&mut script);
        assert!(matches!(kind, ChunkErrorKind::MessageTooLong { length: 0xFF_FFFF, .. }), "{kind}");

        let mut script = Script::publisher("live", "k3y");
        for id in 400..65_000 {
            claim(&mut script, id, 10 << 20);
        }
        let bytes = script.take();
        let mut host = Host::new();
        let (result, usage) = allocations::measure(|| host.read(&bytes));
        let ErrorKind::Chunk(error) = result.expect_err("too many").kind else { panic!() };
        assert!(matches!(error.kind, ChunkErrorKind::TooManyChunkStreams { .. }), "{error}");
        assert!(usage.peak_bytes < 200 << 10, "claims cost nothing: {usage:?}");
    }

    #[test]
    fn long_messages_of_one_who_does_not_publish() {
        let mut script = Script::connected("live");
        script.control(ProtocolControl::SetChunkSize(10 << 20));
        script.command(0, "createStream", 2.0, &[Value::Null]);
        script.video(0, &body(600 << 10));
        let kind = chunk_failure(&mut script);
        assert!(matches!(kind, ChunkErrorKind::TooManyPartialBytes { .. }), "{kind}");

        let mut script = Script::publisher("live", "k3y");
        script.control(ProtocolControl::SetChunkSize(10 << 20));
        script.video(0, &body(9 << 20));
        let mut host = Host::new();
        for piece in script.take().chunks(4096) {
            host.read(piece).unwrap();
        }
        assert_eq!(host.media(), [format!("Video 0 {}", 9 << 20)], "a publisher may");
    }

    #[test]
    fn values_nested_without_end() {
        let depth = 100_000;
        let mut command = Vec::new();
        Encoder::new(&mut command).string("connect").number(1.0);
        command.extend(b"\x03\x00\x01a".repeat(depth));
        let mut script = Script::hello();
        script.control(ProtocolControl::SetChunkSize(1 << 20));
        script.message(3, MessageType::COMMAND, 0, 0, &command);
        let kind = failure(&mut script).kind;
        let ErrorKind::Amf(error) = kind else { panic!("{kind}") };
        assert_eq!(error.kind, AmfErrorKind::TooDeep);

        // As metadata it is the players' to judge, and not looked into here.
        let mut script = Script::publisher("live", "k3y");
        let mut data = Vec::new();
        Encoder::new(&mut data).string("onMetaData");
        data.extend(b"\x03\x00\x01a".repeat(depth));
        script.message(5, MessageType::DATA, 1, 0, &data);
        let mut host = Host::new();
        host.read(&script.take()).unwrap();
        assert_eq!(host.media().len(), 1);
    }

    #[test]
    fn values_longer_than_the_message() {
        for end in [
            &b"\x02\xFF\xFFabc"[..],
            b"\x0C\xFF\xFF\xFF\xFFabc",
            b"\x0A\xFF\xFF\xFF\xFF\x05",
            b"\x03\x00\x05ab",
            b"\x11\x06\xFF\xFF\xFF\xFF",
        ] {
            let mut command = Vec::new();
            Encoder::new(&mut command).string("publish").number(2.0);
            command.extend(end);
            let mut script = Script::connected("live");
            script.message(3, MessageType::COMMAND, 0, 0, &command);
            let (error, usage) = allocations::measure(|| failure(&mut script));
            assert!(matches!(error.kind, ErrorKind::Amf(_)), "{end:?}: {error}");
            assert_eq!(error.message_type, Some(MessageType::COMMAND));
            assert!(usage.peak_bytes < 100 << 10, "{usage:?}");
        }
    }

    #[test]
    fn values_that_nobody_needs_do_not_end_a_stream() {
        let mut script = Script::publisher("live", "k3y");
        let mut command = Vec::new();
        Encoder::new(&mut command).string("sendStatistics").number(2.0);
        command.push(0xEE);
        script.message(3, MessageType::COMMAND, 0, 0, &command);
        script.message(5, MessageType::DATA, 1, 0, &[0xEE, 1, 2]);
        script.message(5, MessageType::DATA, 1, 0, b"\x02\xFF\xFFon");
        script.video(7, &[0x17, 1, 0, 0, 0, 9]);
        let mut host = Host::new();
        host.read(&script.take()).unwrap();
        assert_eq!(host.media(), ["Video 7 6"]);
    }

    #[test]
    fn names_that_are_not_text() {
        let mut command = Vec::new();
        Encoder::new(&mut command).string("publish").number(3.0).null().string(b"k\xFF\xFE\x00y");
        let mut script = Script::connected("li\u{202E}ve\r\n");
        script.command(0, "createStream", 2.0, &[Value::Null]);
        script.message(3, MessageType::COMMAND, 1, 0, &command);
        script.audio(0, &body(5));
        let mut host = Host::new();
        host.read(&script.take()).unwrap();
        assert_eq!(host.media(), ["Audio 0 5"]);
        let printed = format!("{:?}", host.events);
        assert!(!printed.contains(['\u{202E}', '\r', '\n', '\u{FFFD}']), "{printed}");
    }

    #[test]
    fn more_streams_than_are_allowed() {
        let mut script = Script::connected("live");
        for n in 0..20 {
            script.command(0, "createStream", 2.0 + f64::from(n), &[Value::Null]);
        }
        let mut host = Host::new();
        let answers = what(&host.read(&script.take()).unwrap());
        let refused = answers.iter().filter(|w| *w == "_error NetConnection.Call.Failed").count();
        assert_eq!(refused, 12, "8 are");
    }

    #[test]
    fn questions_without_reading_the_answers() {
        let mut host = Host::new();
        host.read(&Script::publisher("live", "k3y").take()).unwrap();
        let mut script = Script::new();
        for timestamp in 0..100_000 {
            script.user_control(&UserControl::PingRequest { timestamp });
        }
        let error = host.session.read(at(0), &script.take()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Flooded);
        assert!(host.session.output().len() < 100 << 10);
    }

    #[test]
    fn an_aggregate_of_a_million_messages() {
        let part = [8, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xAF, 0, 0, 0, 12];
        let mut script = Script::publisher("live", "k3y");
        script.control(ProtocolControl::SetChunkSize(10 << 20));
        script.message(6, MessageType::AGGREGATE, 1, 0, &part.repeat(600_000));
        let bytes = script.take();
        let mut host = Host::new();
        let (error, usage) = allocations::measure(|| host.read(&bytes).unwrap_err());
        assert_eq!(error.kind, ErrorKind::Flooded);
        assert!(usage.peak_bytes < 60 << 20, "{usage:?}");
    }

    #[test]
    fn a_chunk_size_that_is_too_short() {
        let mut script = Script::connected("live");
        script.message(2, MessageType::SET_CHUNK_SIZE, 0, 0, &[0, 1]);
        let kind = chunk_failure(&mut script);
        let short = matches!(kind, ChunkErrorKind::BadControl(MessageError::TooShort { .. }));
        assert!(short, "{kind}");
    }

    /// Without the chunk size nothing that follows could be read; the others can be done
    /// without.
    #[test]
    fn other_control_messages_that_are_too_short_say_nothing() {
        let mut script = Script::publisher("live", "k3y");
        for message_type in [
            MessageType::ABORT,
            MessageType::ACKNOWLEDGEMENT,
            MessageType::WINDOW_ACKNOWLEDGEMENT_SIZE,
            MessageType::SET_PEER_BANDWIDTH,
        ] {
            for length in 0..4 {
                script.message(2, message_type, 0, 0, &vec![1; length]);
            }
        }
        script.video(40, &body(300));
        let mut host = Host::new();
        host.read(&script.take()).expect("the session goes on");
        assert_eq!(host.media(), ["Video 40 300"]);
    }
}

/// Those who come to the wrong door.
mod strangers {
    use super::*;

    fn turned_away(hello: &[u8]) -> (ErrorKind, Vec<u8>) {
        let mut host = Host::new();
        let error = host.session.read(at(0), hello).unwrap_err();
        assert_eq!((error.state, error.offset), (State::Handshaking, 0));
        (error.kind, host.session.output().to_vec())
    }

    #[test]
    fn a_browser_is_told_in_its_language() {
        let (kind, answer) = turned_away(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n");
        assert!(matches!(kind, ErrorKind::NotRtmp(HandshakeError::LooksLikeHttp { .. })));
        let answer = String::from_utf8(answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 400 ") && text.contains("RTMP"), "{answer}");
        assert!(head.contains(&format!("Content-Length: {}", text.len())));
    }

    #[test]
    fn a_tls_client_gets_an_alert() {
        let (kind, answer) = turned_away(&[0x16, 3, 1, 2, 0, 1]);
        assert!(matches!(kind, ErrorKind::NotRtmp(HandshakeError::LooksLikeTls { .. })));
        assert_eq!(answer, [21, 3, 3, 0, 2, 2, 40]);
    }

    #[test]
    fn encryption_is_refused_without_a_word() {
        let (kind, answer) = turned_away(&[6; 100]);
        assert!(matches!(kind, ErrorKind::NotRtmp(HandshakeError::Encrypted { version: 6 })));
        assert!(answer.is_empty());
    }
}

/// Those who do not get on.
mod silence {
    use super::*;

    /// Lets time pass in steps up to each deadline; gives when the session ended
    /// and why. `each` says what the client does at that time.
    fn end_of(host: &mut Host, mut each: impl FnMut(&mut Host)) -> (i64, String) {
        for _ in 0..1000 {
            host.now = host.session.deadline().expect("something is always waited for");
            if let Err(error) = host.session.on_deadline(host.now) {
                return (host.now.as_millis(), error.to_string());
            }
            each(host);
        }
        panic!("it goes on for ever");
    }

    #[test]
    fn the_handshake_may_take_ten_seconds_however_it_drips() {
        let mut host = Host::new();
        host.read(&[3]).unwrap();
        host.now = at(9_999);
        host.read(&[0; 100]).unwrap();
        let (ended, why) = end_of(&mut host, |_| ());
        assert_eq!(ended, 10_000);
        assert!(why.contains("the handshake"), "{why}");
    }

    #[test]
    fn connect_and_publish_have_their_time() {
        for (script, waited) in
            [(Script::hello(), "connect"), (Script::connected("live"), "publish")]
        {
            let mut script = script;
            let mut host = Host::new();
            host.now = at(5_000);
            host.read(&script.take()).unwrap();
            let (ended, why) = end_of(&mut host, |host| {
                // Answers to pings do not count as getting on.
                let mut pong = Script::new();
                pong.user_control(&UserControl::PingResponse { timestamp: 0 });
                host.read(&pong.take()).unwrap();
            });
            assert_eq!(ended, 25_000, "{waited}");
            assert!(why.contains(waited), "{why}");
        }
    }

    #[test]
    fn after_publishing_the_time_counts_again() {
        let mut script = Script::publisher("live", "k3y");
        let mut host = Host::new();
        host.read(&script.take()).unwrap();
        host.now = at(100_000);
        script.command(0, "FCUnpublish", 6.0, &[Value::Null, "k3y".into()]);
        host.read(&script.take()).unwrap();
        let mut pong = Script::new();
        pong.user_control(&UserControl::PingResponse { timestamp: 0 });
        let pong = pong.take();
        let (ended, why) = end_of(&mut host, |host| {
            host.read(&pong).unwrap();
        });
        assert_eq!(ended, 120_000, "{why}");
    }

    #[test]
    fn a_silent_publisher_is_pinged_and_then_given_up() {
        let mut host = Host::new();
        host.read(&Script::publisher("live", "k3y").take()).unwrap();
        let mut pings = 0;
        let (ended, why) = end_of(&mut host, |host| {
            pings += host.answers().iter().filter(|a| a.what() == "PingRequest").count();
        });
        assert_eq!((ended, pings), (60_000, 1));
        assert!(why.contains("ping"), "{why}");
    }

    #[test]
    fn a_byte_now_and_then_is_no_sign_of_life() {
        let mut script = Script::publisher("live", "k3y");
        let mut host = Host::new();
        host.read(&script.take()).unwrap();
        script.control(ProtocolControl::SetChunkSize(1 << 20));
        host.read(&script.take()).unwrap();
        script.video(0, &body(500));
        let mut bytes = script.take().into_iter();
        let mut drip = |host: &mut Host| {
            host.now = at(host.now.as_millis() + 7_000);
            host.read(&[bytes.next().expect("it is long")]).unwrap();
        };
        let (ended, why) = end_of(&mut host, &mut drip);
        assert!(ended <= 75_000 && why.contains("ping"), "{ended}: {why}");
    }

    #[test]
    fn a_long_message_over_a_slow_line_is_a_sign_of_life() {
        let mut script = Script::publisher("live", "k3y");
        script.control(ProtocolControl::SetChunkSize(1 << 20));
        let mut host = Host::new();
        host.read(&script.take()).unwrap();
        script.video(0, &body(1 << 20));
        for (second, piece) in script.take().chunks(5_000).enumerate() {
            host.now = at(second as i64 * 1000);
            host.session.on_deadline(host.now).expect("it is there");
            host.read(piece).unwrap();
        }
        assert_eq!(host.media(), [format!("Video 0 {}", 1 << 20)], "after three minutes");
    }

    #[test]
    fn a_player_that_answers_no_ping_may_wait() {
        let mut host = Host::new();
        host.read(&Script::player("live", "k3y").take()).unwrap();
        for _ in 0..100 {
            host.now = host.session.deadline().expect("a ping is due");
            host.session.on_deadline(host.now).expect("it may wait");
            assert_eq!(what(&host.answers()), ["PingRequest"]);
        }
        assert!(host.now >= at(100 * 30_000), "{:?}", host.now);
    }

    #[test]
    fn one_that_answers_pings_stays() {
        let mut host = Host::new();
        host.read(&Script::player("live", "k3y").take()).unwrap();
        let mut pong = Script::new();
        let mut rounds = 0;
        while rounds < 100 {
            host.now = host.session.deadline().unwrap();
            host.session.on_deadline(host.now).unwrap();
            assert_eq!(what(&host.answers()), ["PingRequest"]);
            pong.user_control(&UserControl::PingResponse { timestamp: 0 });
            host.read(&pong.take()).unwrap();
            rounds += 1;
        }
        assert_eq!(host.now, at(3_000_000));
    }
}

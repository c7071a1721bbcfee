//! Our sessions with those of two other implementations at the other end, both
//! ways, joined in memory: what one side sends the other has to understand.

#[path = "support/peer.rs"]
#[allow(dead_code, reason = "each test file uses a part of it")]
mod peer;
mod session_support;

use bytes::Bytes;
use peer::Host;
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions as rml;
use rml_rtmp::time::RtmpTimestamp;
use rtmp_runtime::amf0::Amf0Value;
use rtmp_runtime::client as runtime_client;
use rtmp_runtime::server as runtime_server;
use session_support::{at, client, events, send_start, take_output};
use tallylight::protocol::flv::file::{FlvReader, Tag, TagKind};
use tallylight::protocol::rtmp::client::{ClientSession, Event};
use tallylight::protocol::rtmp::server::{MediaKind, ServerEvent};

const FRAMES: i64 = 10;

/// What `send_start` sends, as it arrives: kind, time, length.
fn expected() -> Vec<(MediaKind, u32, usize)> {
    let mut all = vec![(MediaKind::Audio, 0, 4), (MediaKind::Video, 0, 5 + 17)];
    for i in 0..FRAMES {
        let len = if i == 0 { 20_000 } else { 3_000 };
        all.push((MediaKind::Video, i as u32 * 33, 5 + 4 + len));
        all.push((MediaKind::Audio, i as u32 * 33, 2 + 340));
    }
    all
}

/// What a server that lets everyone in received, as kind, time, length.
fn received(host: &Host) -> Vec<(MediaKind, u32, usize)> {
    let media = host.events.iter().filter_map(|event| match event {
        ServerEvent::Media { kind: MediaKind::Metadata, .. } => None,
        ServerEvent::Media { kind, timestamp, payload, .. } => {
            Some((*kind, *timestamp, payload.len()))
        }
        _ => None,
    });
    media.collect()
}

mod rml_side {
    use super::*;

    /// Its handshake, then whatever takes the bytes after it.
    pub struct Shaken {
        handshake: Option<Handshake>,
    }

    impl Shaken {
        pub fn new(side: PeerType) -> (Self, Vec<u8>) {
            let mut handshake = Handshake::new(side);
            let hello = handshake.generate_outbound_p0_and_p1().unwrap();
            (Self { handshake: Some(handshake) }, hello)
        }

        /// Takes bytes; gives its answer, and what belongs to the session.
        pub fn read(&mut self, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
            let Some(handshake) = &mut self.handshake else {
                return (Vec::new(), bytes.to_vec());
            };
            match handshake.process_bytes(bytes).expect("our handshake is lawful") {
                HandshakeProcessResult::InProgress { response_bytes } => {
                    (response_bytes, Vec::new())
                }
                HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
                    self.handshake = None;
                    (response_bytes, remaining_bytes)
                }
            }
        }

        pub fn is_done(&self) -> bool {
            self.handshake.is_none()
        }
    }
}

mod our_client {
    use super::*;

    /// Goes live at a server that answers bytes with bytes, sends, and closes.
    fn publish(mut answer: impl FnMut(&[u8]) -> Vec<u8>) {
        let mut client = client();
        let mut exchange = |client: &mut ClientSession| {
            for _ in 0..20 {
                let bytes = take_output(client, at(1));
                client.read(at(1), &answer(&bytes)).expect("the server accepts");
            }
        };
        exchange(&mut client);
        assert!(events(&mut client).contains(&Event::Live));
        send_start(&mut client, at(1), FRAMES).unwrap();
        exchange(&mut client);
        client.close(at(1));
        exchange(&mut client);
        client.peer_closed(at(1)).unwrap();
        assert_eq!(events(&mut client).last(), Some(&Event::Closed));
    }

    #[test]
    fn publishes_to_rml_rtmp() {
        let (mut shaken, hello) = rml_side::Shaken::new(PeerType::Server);
        let mut hello = Some(hello);
        let mut session = None;
        let mut raised = Vec::new();
        publish(|bytes| {
            let (mut out, rest) = shaken.read(bytes);
            out.splice(0..0, hello.take().unwrap_or_default());
            if !shaken.is_done() {
                return out;
            }
            let mut results = Vec::new();
            let session = session.get_or_insert_with(|| {
                let (session, first) =
                    rml::ServerSession::new(rml::ServerSessionConfig::new()).unwrap();
                results = first;
                session
            });
            results.extend(session.handle_input(&rest).expect("our bytes are lawful"));
            while !results.is_empty() {
                match results.remove(0) {
                    rml::ServerSessionResult::OutboundResponse(packet) => out.extend(packet.bytes),
                    rml::ServerSessionResult::RaisedEvent(event) => {
                        if let Some(id) = request_of(&event) {
                            results.extend(session.accept_request(id).unwrap());
                        }
                        raised.push(event);
                    }
                    rml::ServerSessionResult::UnhandleableMessageReceived(_) => {}
                }
            }
            out
        });
        check_rml_events(&raised);
    }

    fn request_of(event: &rml::ServerSessionEvent) -> Option<u32> {
        match event {
            rml::ServerSessionEvent::ConnectionRequested { request_id, .. }
            | rml::ServerSessionEvent::ReleaseStreamRequested { request_id, .. }
            | rml::ServerSessionEvent::PublishStreamRequested { request_id, .. } => {
                Some(*request_id)
            }
            _ => None,
        }
    }

    fn check_rml_events(raised: &[rml::ServerSessionEvent]) {
        use rml::ServerSessionEvent as E;
        let media = raised.iter().filter_map(|event| match event {
            E::AudioDataReceived { data, timestamp, .. } => {
                Some((MediaKind::Audio, timestamp.value, data.len()))
            }
            E::VideoDataReceived { data, timestamp, .. } => {
                Some((MediaKind::Video, timestamp.value, data.len()))
            }
            _ => None,
        });
        assert_eq!(media.collect::<Vec<_>>(), expected());
        let metadata = raised.iter().find_map(|event| match event {
            E::StreamMetadataChanged { metadata, stream_key, app_name } => {
                assert_eq!((app_name.as_str(), stream_key.as_str()), ("live", "k3y-of-test"));
                Some(metadata)
            }
            _ => None,
        });
        let metadata = metadata.expect("metadata comes first");
        assert_eq!((metadata.video_width, metadata.video_height), (Some(1280), Some(720)));
        assert_eq!(
            (metadata.audio_sample_rate, metadata.audio_is_stereo),
            (Some(48_000), Some(true))
        );
        assert!(raised.iter().any(|event| matches!(event, E::PublishStreamFinished { .. })));
    }

    #[test]
    fn publishes_to_rtmp_runtime() {
        let mut session = runtime_server::ServerSession::with_defaults();
        let mut flv = FlvReader::new(1 << 20);
        let mut named = None;
        let mut ended = false;
        publish(|bytes| {
            let (out, events) = session.handle_data(bytes).expect("our bytes are lawful");
            for event in events {
                match event {
                    runtime_server::ServerEvent::Publish { app, stream_key, .. } => {
                        named = Some((app, stream_key))
                    }
                    runtime_server::ServerEvent::Media { flv: bytes } => flv.feed(&bytes),
                    runtime_server::ServerEvent::Eof => ended = true,
                    runtime_server::ServerEvent::Unsupported { message_type_id } => {
                        panic!("type {message_type_id}")
                    }
                    _ => {}
                }
            }
            out
        });
        assert_eq!(named, Some(("live".into(), "k3y-of-test".into())));
        assert!(ended);
        let tags: Vec<Tag> = std::iter::from_fn(|| flv.next_tag().unwrap()).collect();
        assert_eq!(tags[0].kind, TagKind::Script);
        let kind = |tag: &Tag| {
            if tag.kind == TagKind::Audio { MediaKind::Audio } else { MediaKind::Video }
        };
        let media = tags[1..].iter().map(|tag| (kind(tag), tag.timestamp_ms, tag.body.len()));
        assert_eq!(media.collect::<Vec<_>>(), expected());
    }
}

mod our_server {
    use super::*;

    /// Bodies as `send_start` makes them, for other clients to send.
    fn bodies() -> Vec<(MediaKind, u32, Bytes)> {
        let body = |(kind, time, len): (MediaKind, u32, usize)| {
            (kind, time, (0..len).map(|i| i as u8 | 1).collect::<Vec<_>>().into())
        };
        expected().into_iter().map(body).collect()
    }

    #[test]
    fn takes_a_stream_from_rtmp_runtime() {
        let mut config = runtime_client::ClientConfig::default();
        config.app = "live".into();
        config.stream_key = "k3y".into();
        config.tc_url = Some("rtmp://h/live".into());
        let mut client = runtime_client::ClientSession::new(config);
        let mut host = Raw::new();
        let mut to_server = client.start();
        for _ in 0..20 {
            let (next, events) =
                client.handle_data(&host.read(&to_server)).expect("our bytes are lawful");
            assert!(
                !events.iter().any(|e| matches!(e, runtime_client::ClientEvent::Error { .. })),
                "{events:?}"
            );
            to_server = next;
        }
        assert!(client.is_publishing());
        let metadata = [("width".to_owned(), Amf0Value::Number(1280.0))];
        host.read(&client.send_metadata(&metadata).unwrap());
        for (kind, time, body) in bodies() {
            let bytes = match kind {
                MediaKind::Audio => client.send_audio(time, &body).unwrap(),
                _ => client.send_video(time, &body).unwrap(),
            };
            host.read(&bytes);
        }
        assert_eq!(received(&host.0), expected());
        assert!(
            host.0
                .events
                .iter()
                .any(|e| matches!(e, ServerEvent::Media { kind: MediaKind::Metadata, .. }))
        );
    }

    /// A host whose output is bytes.
    struct Raw(Host);

    impl Raw {
        fn new() -> Self {
            Self(Host::new())
        }

        fn read(&mut self, bytes: &[u8]) -> Vec<u8> {
            let mut rest = bytes;
            while !rest.is_empty() {
                rest = &rest[self.0.session.read(at(1), rest).expect("their bytes are lawful")..];
                while let Some(event) = self.0.session.poll_event() {
                    match &event {
                        ServerEvent::PublishRequested { stream_id, .. } => {
                            self.0.session.accept_publish(*stream_id).unwrap();
                        }
                        ServerEvent::PlayRequested { stream_id, .. } => {
                            self.0.session.accept_play(*stream_id).unwrap();
                        }
                        _ => {}
                    }
                    self.0.events.push(event);
                }
            }
            self.output()
        }

        fn output(&mut self) -> Vec<u8> {
            self.0.take_output()
        }
    }

    /// Another implementation's client, past its handshake with our server.
    struct RmlClient {
        session: rml::ClientSession,
        host: Raw,
        raised: Vec<rml::ClientSessionEvent>,
    }

    impl RmlClient {
        fn connected() -> Self {
            let mut host = Raw::new();
            let (mut shaken, mut to_server) = rml_side::Shaken::new(PeerType::Client);
            let mut early = Vec::new();
            for _ in 0..5 {
                let (next, rest) = shaken.read(&host.read(&to_server));
                (to_server, early) = (next, [early, rest].concat());
            }
            assert!(shaken.is_done() && early.is_empty());
            let (session, first) =
                rml::ClientSession::new(rml::ClientSessionConfig::new()).unwrap();
            let mut this = Self { session, host, raised: Vec::new() };
            this.send(first);
            let connect = this.session.request_connection("live".into()).unwrap();
            this.send(vec![connect]);
            this
        }

        /// Sends what it wants sent and takes the answers, until there are none.
        fn send(&mut self, results: Vec<rml::ClientSessionResult>) {
            let mut results = results;
            while !results.is_empty() {
                let mut to_server = Vec::new();
                for result in results {
                    match result {
                        rml::ClientSessionResult::OutboundResponse(packet) => {
                            to_server.extend(packet.bytes)
                        }
                        rml::ClientSessionResult::RaisedEvent(event) => self.raised.push(event),
                        rml::ClientSessionResult::UnhandleableMessageReceived(_) => {}
                    }
                }
                let answer = self.host.read(&to_server);
                results = if answer.is_empty() {
                    Vec::new()
                } else {
                    self.session.handle_input(&answer).unwrap()
                };
            }
        }
    }

    #[test]
    fn takes_a_stream_from_rml_rtmp() {
        let mut client = RmlClient::connected();
        let live = rml::PublishRequestType::Live;
        let publish = client.session.request_publishing("k3y".into(), live).unwrap();
        client.send(vec![publish]);
        assert!(
            client.raised.contains(&rml::ClientSessionEvent::PublishRequestAccepted),
            "{:?}",
            client.raised
        );
        for (kind, time, body) in bodies() {
            let time = RtmpTimestamp::new(time);
            let sent = match kind {
                MediaKind::Audio => client.session.publish_audio_data(body, time, false),
                _ => client.session.publish_video_data(body, time, false),
            };
            client.send(vec![sent.unwrap()]);
        }
        assert_eq!(received(&client.host.0), expected());
        let stop = client.session.stop_publishing().unwrap();
        client.send(stop);
        assert_eq!(client.host.0.events.last(), Some(&ServerEvent::PublishEnded { stream_id: 1 }));
    }

    #[test]
    fn plays_to_rml_rtmp() {
        let mut client = RmlClient::connected();
        let play = client.session.request_playback("k3y".into()).unwrap();
        client.send(vec![play]);
        assert!(
            client.raised.contains(&rml::ClientSessionEvent::PlaybackRequestAccepted),
            "{:?}",
            client.raised
        );
        let metadata = session_support::metadata().script_body();
        client.host.0.session.send(1, MediaKind::Metadata, 0, &metadata.clone().into()).unwrap();
        for (kind, time, body) in bodies() {
            client.host.0.session.send(1, kind, time, &body).unwrap();
        }
        let bytes = client.host.output();
        let heard = client.session.handle_input(&bytes).expect("our bytes are lawful");
        client.send(heard);
        let media = client.raised.iter().filter_map(|event| match event {
            rml::ClientSessionEvent::AudioDataReceived { timestamp, data } => {
                Some((MediaKind::Audio, timestamp.value, data.clone()))
            }
            rml::ClientSessionEvent::VideoDataReceived { timestamp, data } => {
                Some((MediaKind::Video, timestamp.value, data.clone()))
            }
            _ => None,
        });
        assert!(media.eq(bodies()));
        let width = client.raised.iter().find_map(|event| match event {
            rml::ClientSessionEvent::StreamMetadataReceived { metadata } => metadata.video_width,
            _ => None,
        });
        assert_eq!(width, Some(1280));
    }
}

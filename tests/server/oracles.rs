//! The server session with clients of two other implementations, joined to it
//! without a socket.

use bytes::Bytes;
use rml_rtmp::handshake::{Handshake, HandshakeProcessResult, PeerType};
use rml_rtmp::sessions::{
    ClientSession, ClientSessionConfig, ClientSessionEvent, ClientSessionResult,
    PublishRequestType, StreamMetadata,
};
use rml_rtmp::time::RtmpTimestamp;
use rtmp_runtime::client::{ClientConfig, ClientEvent};
use tallylight::protocol::rtmp::server::{MediaKind, ServerEvent};

use super::peer::{Host, at};

/// Bytes of a picture or a sound, of some length.
fn body(first: u8, length: usize) -> Bytes {
    let rest = (1..length).map(|n| (n % 253) as u8);
    [first].into_iter().chain(rest).collect()
}

/// What was published, in order.
fn published(host: &Host) -> Vec<(MediaKind, u32, Bytes)> {
    let media = host.events.iter().filter_map(|event| match event {
        ServerEvent::Media { kind, timestamp, payload, .. } => {
            Some((*kind, *timestamp, payload.clone()))
        }
        _ => None,
    });
    media.collect()
}

/// The server's answer as bytes.
fn exchange(host: &mut Host, mut bytes: &[u8]) -> Vec<u8> {
    while !bytes.is_empty() {
        let taken = host.session.read(at(0), bytes).expect("another's client is right");
        bytes = &bytes[taken..];
        host.take_events();
    }
    take_output(host)
}

fn take_output(host: &mut Host) -> Vec<u8> {
    host.take_output()
}

/// A client of rml_rtmp, joined to a host.
struct Rml {
    client: ClientSession,
    host: Host,
    events: Vec<ClientSessionEvent>,
}

impl Rml {
    /// After the handshake and `connect`.
    fn connected() -> Self {
        let mut host = Host::new();
        let mut handshake = Handshake::new(PeerType::Client);
        let hello = handshake.generate_outbound_p0_and_p1().expect("it makes its first packet");
        let answer = exchange(&mut host, &hello);
        let done = handshake.process_bytes(&answer).expect("it takes ours");
        let HandshakeProcessResult::Completed { response_bytes, remaining_bytes } = done else {
            panic!("the handshake goes on after all was sent")
        };
        assert!(remaining_bytes.is_empty());
        exchange(&mut host, &response_bytes);
        let (client, results) =
            ClientSession::new(ClientSessionConfig::new()).expect("a session can be made");
        let mut rml = Self { client, host, events: Vec::new() };
        rml.take(results);
        let result = rml.client.request_connection("live".to_owned());
        rml.take([result.expect("it may connect")]);
        assert_eq!(rml.events.pop(), Some(ClientSessionEvent::ConnectionRequestAccepted));
        rml
    }

    /// Delivers what it wants sent, and the answers, until nobody has more to say.
    fn take(&mut self, results: impl IntoIterator<Item = ClientSessionResult>) {
        for result in results {
            match result {
                ClientSessionResult::OutboundResponse(packet) => {
                    let answer = exchange(&mut self.host, &packet.bytes);
                    self.hear(&answer);
                }
                ClientSessionResult::RaisedEvent(event) => self.events.push(event),
                ClientSessionResult::UnhandleableMessageReceived(_) => {}
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            let results = self.client.handle_input(bytes).expect("it can read what we write");
            self.take(results);
        }
    }
}

#[test]
fn rml_rtmp_publishes() {
    let mut rml = Rml::connected();
    let result = rml.client.request_publishing("k3y".to_owned(), PublishRequestType::Live);
    rml.take([result.expect("it may publish")]);
    assert!(rml.events.contains(&ClientSessionEvent::PublishRequestAccepted), "{:?}", rml.events);
    let mut metadata = StreamMetadata::new();
    metadata.video_width = Some(1280);
    let sent = [(body(0x17, 9000), 0), (body(0x27, 20), 40), (body(0x27, 20), 80)];
    let result = rml.client.publish_metadata(&metadata).expect("it is publishing");
    rml.take([result]);
    for (payload, time) in &sent {
        let time = RtmpTimestamp::new(*time);
        let result = rml.client.publish_video_data(payload.clone(), time, false);
        rml.take([result.expect("it is publishing")]);
        let result = rml.client.publish_audio_data(body(0xAF, 300), time, false);
        rml.take([result.expect("it is publishing")]);
    }
    let published = published(&rml.host);
    assert_eq!(published[0].0, MediaKind::Metadata);
    assert!(published[0].2.starts_with(b"\x02\x00\x0AonMetaData"));
    let expected: Vec<_> = sent
        .into_iter()
        .flat_map(|(payload, time)| {
            [(MediaKind::Video, time, payload), (MediaKind::Audio, time, body(0xAF, 300))]
        })
        .collect();
    assert_eq!(published[1..], expected);
    let results = rml.client.stop_publishing().expect("it is publishing");
    rml.take(results);
    assert_eq!(rml.host.events.last(), Some(&ServerEvent::PublishEnded { stream_id: 1 }));
}

#[test]
fn rml_rtmp_plays() {
    let mut rml = Rml::connected();
    let result = rml.client.request_playback("k3y".to_owned()).expect("it may play");
    rml.take([result]);
    assert!(rml.events.contains(&ClientSessionEvent::PlaybackRequestAccepted), "{:?}", rml.events);
    let session = &mut rml.host.session;
    let metadata = b"\x02\x00\x0AonMetaData\x08\0\0\0\x01\0\x05width\0\x40\x94\0\0\0\0\0\0\0\0\x09";
    session.send(1, MediaKind::Metadata, 0, &metadata[..].into()).expect("it plays");
    let mut expected = Vec::new();
    for n in 0..30_u32 {
        let (picture, sound) = (body(0x27, 7000 + 100 * n as usize), body(0xAF, 300));
        session.send(1, MediaKind::Video, 33 * n, &picture).expect("it plays");
        session.send(1, MediaKind::Audio, 33 * n, &sound).expect("it plays");
        let timestamp = RtmpTimestamp::new(33 * n);
        expected.push(ClientSessionEvent::VideoDataReceived { timestamp, data: picture });
        expected.push(ClientSessionEvent::AudioDataReceived { timestamp, data: sound });
    }
    let bytes = take_output(&mut rml.host);
    rml.events.clear();
    for piece in bytes.chunks(1000) {
        rml.hear(piece);
    }
    let Some(ClientSessionEvent::StreamMetadataReceived { metadata }) = rml.events.first() else {
        panic!("{:?}", rml.events.first())
    };
    assert_eq!(metadata.video_width, Some(1280));
    assert_eq!(rml.events[1..], expected);
}

#[test]
fn rtmp_runtime_publishes() {
    let mut config = ClientConfig::default();
    config.app = "live".to_owned();
    config.stream_key = "k3y".to_owned();
    let mut client = rtmp_runtime::client::ClientSession::new(config);
    let mut host = Host::new();
    let mut events = Vec::new();
    let mut bytes = client.start();
    while !bytes.is_empty() {
        let answer = exchange(&mut host, &bytes);
        let (more, new) = client.handle_data(&answer).expect("it can read what we write");
        bytes = more;
        events.extend(new);
    }
    assert!(events.contains(&ClientEvent::Publishing), "{events:?}");
    let mut expected = Vec::new();
    for n in 0..30_u32 {
        let (picture, sound) = (body(0x27, 7000 + 100 * n as usize), body(0xAF, 300));
        let bytes = client.send_video(33 * n, &picture).expect("it is publishing");
        exchange(&mut host, &bytes);
        let bytes = client.send_audio(33 * n, &sound).expect("it is publishing");
        exchange(&mut host, &bytes);
        expected.push((MediaKind::Video, 33 * n, picture));
        expected.push((MediaKind::Audio, 33 * n, sound));
    }
    assert_eq!(published(&host), expected);
}

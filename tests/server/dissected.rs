//! What the server session writes, as Wireshark's dissector reads it.

use tallylight::protocol::rtmp::handshake::PACKET_SIZE;
use tallylight::protocol::rtmp::server::MediaKind;

use super::dissector::Capture;
use super::peer::{Host, Script, at};

/// Hands bytes of the client over, and captures them and the answer.
fn exchange(capture: &mut Capture, host: &mut Host, mut bytes: &[u8]) {
    capture.client(bytes);
    while !bytes.is_empty() {
        bytes = &bytes[host.session.read(at(0), bytes).expect("the script is lawful")..];
        host.take_events();
    }
    capture_output(capture, host);
}

fn capture_output(capture: &mut Capture, host: &mut Host) {
    capture.server(&host.take_output());
}

/// The handshake in its two steps, then the rest.
fn captured(mut script: Script) -> (Capture, Host) {
    let (mut capture, mut host) = (Capture::default(), Host::new());
    let bytes = script.take();
    let (first, rest) = bytes.split_at(1 + PACKET_SIZE);
    let (second, rest) = rest.split_at(PACKET_SIZE);
    for part in [first, second, rest] {
        exchange(&mut capture, &mut host, part);
    }
    (capture, host)
}

const CONNECTED: &str = "Window Acknowledgement Size 2500000|Set Peer Bandwidth 2500000,Dynamic|\
                         Set Chunk Size 4096|_result('NetConnection.Connect.Success')";

#[test]
fn a_player() {
    let (mut capture, mut host) = captured(Script::player("live", "k3y"));
    let session = &mut host.session;
    session
        .send(1, MediaKind::Metadata, 0, &b"\x02\0\x0AonMetaData\x05"[..].into())
        .expect("it plays");
    session.send(1, MediaKind::Video, 0, &vec![0x17; 9000].into()).expect("it plays");
    session.send(1, MediaKind::Audio, 0x0123_4567, &vec![0xAF; 9000].into()).expect("it plays");
    session.end_play(1).expect("it plays");
    capture_output(&mut capture, &mut host);
    let dissected = capture.dissected();
    let all = dissected.join("|");
    assert!(!all.contains("malformed"), "{dissected:?}");
    assert_eq!(dissected[..3], ["Handshake C0+C1", "Handshake S0+S1+S2", "Handshake C2"]);
    assert!(all.contains(CONNECTED), "{all}");
    let rest = "_result()|Stream Begin 1|onStatus('NetStream.Play.Reset')|\
                onStatus('NetStream.Play.Start')||RtmpSampleAccess()|onMetaData()|Video Data|Audio Data|\
                Stream EOF 1|onStatus('NetStream.Play.UnpublishNotify')|\
                onStatus('NetStream.Play.Stop')";
    assert!(all.ends_with(rest), "{all}");
}

#[test]
fn a_publisher() {
    let (capture, _) = captured(Script::publisher("live", "k3y"));
    let dissected = capture.dissected();
    let rest = "_result()|_result()|onFCPublish()|_result()|\
                Stream Begin 1|onStatus('NetStream.Publish.Start')";
    assert_eq!(dissected.last(), Some(&format!("{CONNECTED}|{rest}")));
}

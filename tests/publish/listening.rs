//! What a server says while the stream is live is heard: the program against a
//! server that says odd things at chosen moments.

use std::time::Duration;

use serde_json::Value as Json;
use tallylight::protocol::amf0::{Properties, Value};
use tallylight::protocol::rtmp::message::{PeerBandwidthLimit, ProtocolControl, UserControl};

use crate::faults::{live, stop};
use crate::odd_server::{Heard, OddServer};
use crate::peer::Script;
use crate::program::Program;
use crate::program::eventually;
use crate::witness::Witness;

const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of a server whose chunks are of the size that ours announced.
fn script() -> Script {
    let mut script = Script::new();
    script.control(ProtocolControl::SetChunkSize(4_096));
    script
}

fn move_request(to: &str) -> Vec<u8> {
    let info = Properties::new()
        .with("level", "status")
        .with("code", "NetConnection.Connect.ReconnectRequest")
        .with("tcUrl", to)
        .with("description", "This server is about to be updated");
    let mut script = script();
    script.command(0, "onStatus", 0.0, &[Value::Null, info.into()]);
    script.take()
}

/// Waits until so many pictures were heard on a connection.
fn pictures(server: &OddServer, connection: usize, count: usize) -> Heard {
    eventually("pictures", PATIENCE, || {
        let heard = server.heard().get(connection)?.clone();
        (heard.pictures().len() >= count).then_some(heard)
    })
}

/// Both connections together have every frame that was sent, once.
fn expect_no_gap(old: &Heard, new: &Heard, summary: &Json) {
    let (before, after) = (old.pictures(), new.pictures());
    assert_eq!(before.len() + after.len(), summary["video_frames"].as_u64().unwrap_or(0) as usize);
    assert_eq!(after.first(), Some(&(true, 0)), "a keyframe at time 0 comes first");
    assert!(!old.unpublished, "the stream was not taken back: it goes on elsewhere");
    assert!(old.ended && !old.reset, "the old connection was closed in order");
}

#[test]
fn a_stream_that_is_asked_to_move_goes_on_without_a_gap() {
    let (old, new) = (OddServer::start(), OddServer::start());
    let program = live(&old.url("k"), &[]);
    pictures(&old, 0, 30);
    old.say(&move_request(&format!("rtmp://127.0.0.1:{}/live", new.port)));
    pictures(&new, 0, 30);
    eventually("the old connection's end", PATIENCE, || old.heard()[0].ended.then_some(()));
    let ended = stop(program);
    assert!(ended.lines.iter().all(|line| line["state"] != "reconnecting"), "{:?}", ended.lines);
    let (before, after) = (&old.heard()[0], &new.heard()[0]);
    assert_eq!(after.key, "k");
    expect_no_gap(before, after, ended.summary());
    let waited = after.last.zip(before.last).map(|(new, old)| new > old);
    assert_eq!(waited, Some(true));
}

#[test]
fn a_move_to_a_relative_address() {
    let server = OddServer::start();
    let program = live(&server.url("k"), &[]);
    pictures(&server, 0, 10);
    server.say(&move_request("/elsewhere"));
    pictures(&server, 1, 10);
    eventually("the old connection's end", PATIENCE, || server.heard()[0].ended.then_some(()));
    let ended = stop(program);
    let heard = server.heard();
    expect_no_gap(&heard[0], &heard[1], ended.summary());
}

/// Whichever connection has the stream when the stop comes takes it back.
#[test]
fn a_stop_while_the_stream_moves_ends_in_order() {
    for delay in [0, 40, 80] {
        let (old, new) = (OddServer::start(), OddServer::start());
        let program = live(&old.url("k"), &[]);
        pictures(&old, 0, 10);
        old.say(&move_request(&format!("rtmp://127.0.0.1:{}/live", new.port)));
        std::thread::sleep(Duration::from_millis(delay));
        stop(program);
        let unpublished =
            |server: &OddServer| server.heard().iter().filter(|heard| heard.unpublished).count();
        assert_eq!(unpublished(&old) + unpublished(&new), 1, "{delay} ms after the request");
    }
}

/// Frames come so slowly that the first one finds both connections.
#[test]
fn a_move_before_the_first_keyframe_happens_too() {
    let (old, new) = (OddServer::start(), OddServer::start());
    old.say_first(&move_request(&format!("rtmp://127.0.0.1:{}/live", new.port)));
    let program = live(&old.url("k"), &["--fps", "1"]);
    let heard = pictures(&new, 0, 2);
    assert_eq!(heard.pictures().first(), Some(&(true, 0)), "a keyframe at time 0 comes first");
    stop(program);
    assert!(new.heard()[0].unpublished && !old.heard()[0].unpublished);
}

#[test]
fn a_move_to_where_nobody_is_changes_nothing() {
    let server = OddServer::start();
    let program = live(&server.url("k"), &[]);
    pictures(&server, 0, 10);
    let nobody = crate::nginx::free_port();
    server.say(&move_request(&format!("rtmp://127.0.0.1:{nobody}/live")));
    let so_far = server.heard()[0].pictures().len();
    pictures(&server, 0, so_far + 40);
    stop(program);
    assert_eq!(server.heard().len(), 1, "there was one connection");
    assert!(server.heard()[0].unpublished);
}

#[test]
fn a_server_that_goes_before_the_move_is_done() {
    let (old, new) = (OddServer::start(), OddServer::start());
    let mut program = live(&old.url("k"), &[]);
    pictures(&old, 0, 10);
    let mut bytes = move_request(&format!("rtmp://127.0.0.1:{}/live", new.port));
    // Not a chunk of any kind: the session has to end.
    bytes.extend([0xff; 64]);
    old.say(&bytes);
    pictures(&new, 0, 30);
    program.wait_for_state("live");
    stop(program);
    assert_eq!(old.heard().len(), 1, "the new server took over at once");
}

#[test]
fn sizes_windows_and_pings_in_mid_stream() {
    let server = OddServer::start();
    let program = live(&server.url("k"), &[]);
    pictures(&server, 0, 10);
    let mut script = script();
    for size in [1, 4_096, 128, 65_536, 4_096] {
        script.control(ProtocolControl::SetChunkSize(size));
        script.user_control(&UserControl::PingRequest { timestamp: size });
        script.control(ProtocolControl::WindowAcknowledgementSize(4_096));
        script.control(ProtocolControl::SetPeerBandwidth {
            window_size: 4_096,
            limit: PeerBandwidthLimit(0),
        });
    }
    // What the server's own session writes next on the same chunk stream is an
    // acknowledgement, with a header that builds on the last.
    script.control(ProtocolControl::Acknowledgement { sequence_number: 0 });
    server.say(&script.take());
    let so_far = server.heard()[0].pictures().len();
    pictures(&server, 0, so_far + 60);
    stop(program);
    assert_eq!(server.heard().len(), 1, "the connection was kept");
}

#[test]
fn rubbish_in_mid_stream_ends_the_connection_and_not_the_stream() {
    let server = OddServer::start();
    let mut program = live(&server.url("k"), &["--keep-trying"]);
    pictures(&server, 0, 10);
    server.say(&[0xff; 64]);
    let away = program.wait_for_state("reconnecting");
    assert!(away["detail"].as_str().is_some_and(|words| words.len() > 20), "{away}");
    program.wait_for_state("live");
    pictures(&server, 1, 10);
    server.say(&[0xff; 64]);
    program.wait_for_state("reconnecting");
    stop(program);
}

#[test]
fn a_server_that_no_longer_reads() {
    let server = OddServer::start();
    let program = live(&server.url("k"), &["--video-kbps", "4000"]);
    pictures(&server, 0, 10);
    server.set_deaf(true);
    stop(program);
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let server = OddServer::start();
    let mut program = live(&server.url("k"), &["--video-kbps", "4000"]);
    pictures(&server, 0, 10);
    server.set_deaf(true);
    // What it says must have somewhere to wait, or the goodbye would be through.
    loop {
        let line = program.wait_for_state("live");
        if line["queue_ms"].as_u64() > Some(300) {
            break;
        }
    }
    program.interrupt();
    program.wait_for_state("stopping");
    let begun = Witness::start();
    program.interrupt();
    let ended = program.wait();
    assert_eq!(ended.code(), Some(130), "{}", ended.stderr);
    assert!(begun.elapsed() < Duration::from_millis(700), "{:?}", begun.elapsed());
}

/// As `nohup` starts it: the terminal may close.
#[test]
fn a_hangup_that_is_to_be_ignored_is() {
    let server = OddServer::start();
    let mut child = std::process::Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" publish --json --size 320x180 \"$1\""])
        .args([env!("CARGO_BIN_EXE_tallylight"), &server.url("k")])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("there is a shell");
    let send = |signal: &str| {
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill is part of procps").success());
    };
    let so_far = pictures(&server, 0, 10).pictures().len();
    send("-HUP");
    pictures(&server, 0, so_far + 60);
    send("-INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert!(server.heard()[0].unpublished, "it said goodbye");
}

/// The form that MediaMTX documents.
#[test]
fn a_server_without_keys_is_published_to_by_its_address() {
    let server = OddServer::start();
    let url = format!("rtmp://127.0.0.1:{}/mystream?user=a&pass=hush", server.port);
    let arguments =
        ["publish", "--size", "320x180", "--json", "--no-key", "--duration", "500ms", &url];
    let ended = Program::start(&arguments).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    let heard = &server.heard()[0];
    assert!(heard.key.is_empty() && !heard.media.is_empty(), "{heard:?}");
}

//! Staying live on a bad link: the program against a real nginx-rtmp, through a
//! proxy that throttles, stalls and cuts.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use crate::nginx::{self, Nginx};
use crate::program::{Ended, Program};
use crate::proxy::Proxy;
use crate::witness::{Witness, undisturbed};
use serde_json::Value;

/// Starts a stream and waits until it is live.
pub fn live(url: &str, more: &[&str]) -> Program {
    let mut arguments = vec!["publish", "--json", "--size", "640x360"];
    arguments.extend(more);
    arguments.push(url);
    let mut program = Program::start(&arguments);
    program.wait_for_state("live");
    program
}

/// The same, for long enough that the server meant it: from then on it is tried
/// again for as long as it takes.
pub fn live_in_earnest(url: &str, more: &[&str]) -> Program {
    let mut program = live(url, more);
    lines_for(&mut program, 3.0);
    program
}

/// Reads lines for this long of the program's own time.
pub fn lines_for(program: &mut Program, seconds: f64) -> Vec<Value> {
    lines_until(program, seconds, |_| false)
}

/// Its lines for so long, or up to the one that is waited for.
fn lines_until(
    program: &mut Program,
    seconds: f64,
    is_last: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    let mut lines = Vec::new();
    loop {
        let line = program.line().expect("it goes on");
        let start = lines.first().map_or(&line, |first: &Value| first)["t_s"].as_f64();
        let (start, now) = (start.expect("each has a time"), line["t_s"].as_f64().expect("a time"));
        let ends = is_last(&line) || now - start >= seconds;
        lines.push(line);
        if ends {
            return lines;
        }
    }
}

/// Stops it, which it has to do in time whatever its server does.
pub fn stop(program: Program) -> Ended {
    let (ended, took) = interrupt(program);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert!(took < Duration::from_millis(2_300), "stopped after {took:?}");
    ended
}

/// How it ends, and how long that takes.
fn interrupt(program: Program) -> (Ended, Duration) {
    let witness = Witness::start();
    program.interrupt();
    let ended = program.wait();
    (ended, witness.elapsed())
}

#[test]
fn a_server_that_is_killed_and_started_again() {
    let mut nginx = Nginx::start("restart");
    let mut program = live_in_earnest(&nginx.url("k"), &[]);
    nginx.kill();
    program.wait_for_state("reconnecting");
    std::thread::sleep(Duration::from_secs(3));
    nginx.launch();
    let listening = Witness::start();
    program.wait_for_state("live");
    let took = listening.elapsed();
    assert!(took < Duration::from_millis(1_500), "live again after {took:?}");
    stop(program);
    assert_eq!(nginx.recordings().len(), 2, "two sessions were recorded");
}

#[test]
fn a_connection_that_is_cut() {
    let nginx = Nginx::start("cut");
    let proxy = Proxy::start(nginx.port);
    let mut program = live(&proxy.url("k"), &["--keep-trying"]);
    for _ in 0..3 {
        proxy.cut();
        let away = program.wait_for_state("reconnecting");
        assert!(away["detail"].as_str().is_some_and(|text| !text.is_empty()), "{away}");
        program.wait_for_state("live");
    }
    assert_eq!(stop(program).summary()["reconnects"], 3);
}

#[test]
fn a_link_that_stands_still_is_given_up_and_found_again() {
    let nginx = Nginx::start("stall");
    let proxy = Proxy::start(nginx.port);
    let mut program = live(&proxy.url("k"), &[]);
    proxy.stall(true);
    let stalled = Witness::start();
    program.wait_for_state("reconnecting");
    let noticed = stalled.elapsed();
    assert!(noticed < Duration::from_millis(5_500), "noticed after {noticed:?}");
    std::thread::sleep(Duration::from_secs(20).saturating_sub(noticed));
    proxy.stall(false);
    program.wait_for_state("live");
    stop(program);
}

#[test]
fn a_link_that_carries_less_gets_less() {
    // What a machine that stands still holds up is in the queue, too.
    let (throttled, restored) = undisturbed(Duration::from_millis(200), throttled_for_30_s);
    for line in &throttled {
        assert_eq!(line["state"], "live", "{line}");
        assert!(line["queue_ms"].as_u64().expect("a number") <= 1_000, "{line}");
    }
    let lowered = throttled.iter().any(|line| line["target_kbps"].as_u64() < Some(1_000));
    assert!(lowered, "the bitrate goes below what the link carries: {throttled:?}");
    assert!(
        throttled.iter().any(|line| line["detail"].as_str().is_some_and(|d| d.contains("uplink")))
    );
    let full = restored.iter().find(|line| line["target_kbps"] == 2_500);
    assert!(full.is_some(), "full rate again: {restored:?}");
}

/// The lines of a stream while it has less room than it wants, and then all of it again.
fn throttled_for_30_s() -> (Vec<Value>, Vec<Value>) {
    let nginx = Nginx::start("throttle");
    let proxy = Proxy::start(nginx.port);
    let mut program = live(&proxy.url("k"), &["--video-kbps", "2500"]);
    lines_for(&mut program, 3.0);
    proxy.throttle(1_000);
    let throttled = lines_for(&mut program, 30.0);
    proxy.throttle(0);
    let is_full = |line: &Value| line["target_kbps"] == 2_500;
    let restored = lines_until(&mut program, 17.0, is_full);
    stop(program);
    (throttled, restored)
}

/// Networks of hotels and trains answer in everybody's place until somebody has
/// signed in: a stream that was live outlives that.
#[test]
fn somebody_else_answers_for_a_while() {
    let mut nginx = Nginx::start("portal");
    let mut program = live_in_earnest(&nginx.url("k"), &[]);
    nginx.kill();
    let portal = TcpListener::bind(("127.0.0.1", nginx.port)).expect("the port is free again");
    let (mut page, _) = portal.accept().expect("it tries again");
    page.write_all(b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n").expect("it reads");
    let away = loop {
        let line = program.wait_for_state("reconnecting");
        if line["detail"].as_str().is_some_and(|words| words.contains("is a web server")) {
            break line;
        }
    };
    drop((page, portal));
    nginx.launch();
    program.wait_for_state("live");
    assert!(away["t_s"].as_f64() > Some(0.0));
    stop(program);
}

#[test]
fn stop_answers_on_a_link_that_stands_still() {
    let nginx = Nginx::start("stop-stalled");
    let proxy = Proxy::start(nginx.port);
    let program = live(&proxy.url("k"), &[]);
    proxy.stall(true);
    stop(program);
}

#[test]
fn stop_answers_while_reconnecting() {
    let mut nginx = Nginx::start("stop-away");
    let mut program = live_in_earnest(&nginx.url("k"), &[]);
    nginx.kill();
    program.wait_for_state("reconnecting");
    stop(program);
}

#[test]
fn a_server_that_was_not_there_yet() {
    let port = nginx::free_port();
    let url = format!("rtmp://127.0.0.1:{port}/live/k");
    let mut program =
        Program::start(&["publish", "--json", "--size", "320x180", "--keep-trying", &url]);
    program.wait_for_state("reconnecting");
    let _nginx = Nginx::start_on("late", port);
    program.wait_for_state("live");
    stop(program);
}

#[test]
fn a_key_that_is_in_use_is_tried_again() {
    // The last try without patience comes when the key was in use for eight seconds at
    // most.
    for (seconds, more) in [(1.7, &[][..]), (5.0, &["--keep-trying"])] {
        let nginx = Nginx::start("in-use");
        let first = live(&nginx.url("k"), &[]);
        let arguments = ["publish", "--json", "--size", "320x180", &nginx.url("k")];
        let mut second = Program::start(&[&arguments[..], more].concat());
        let waiting = second.wait_for_state("reconnecting");
        assert!(
            waiting["detail"].as_str().is_some_and(|text| text.contains("already in use")),
            "{waiting}"
        );
        let waits = lines_for(&mut second, seconds);
        assert!(waits.iter().all(|line| line["state"] != "failed"), "{waits:?}");
        stop(first);
        second.wait_for_state("live");
        stop(second);
    }
}

#[test]
fn stop_answers_while_a_key_is_in_use() {
    let nginx = Nginx::start("stop-in-use");
    let first = live(&nginx.url("k"), &[]);
    let arguments = ["publish", "--json", "--size", "320x180", "--keep-trying", &nginx.url("k")];
    let mut second = Program::start(&arguments);
    second.wait_for_state("reconnecting");
    let (ended, took) = interrupt(second);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(ended.code(), Some(3), "nothing was sent, and why: {}", ended.stderr);
    stop(first);
}

#[test]
fn stop_answers_on_a_link_that_is_too_narrow() {
    let nginx = Nginx::start("stop-narrow");
    let proxy = Proxy::start(nginx.port);
    let mut program = live(&proxy.url("k"), &["--video-kbps", "2500"]);
    proxy.throttle(300);
    lines_for(&mut program, 2.0);
    stop(program);
}

#[test]
fn a_port_that_accepts_and_never_speaks_can_be_stopped() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let url = format!("rtmp://{}/live/k", listener.local_addr().expect("it has an address"));
    let mut program = Program::start(&["publish", "--json", "--size", "320x180", &url]);
    program.wait_for_state("connecting");
    let (ended, took) = interrupt(program);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(ended.code(), Some(4), "nothing was sent: {}", ended.stderr);
}

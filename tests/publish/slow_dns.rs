//! Name servers that are dead or die, by hand: it needs the right to mount files over
//! /etc/resolv.conf for the program alone, and to listen at port 53 of addresses of this
//! computer.
//!
//!     sudo -E cargo nextest run --test publish --run-ignored only slow_dns

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::nginx::Nginx;

/// Says nothing.
const DEAD: &str = "127.0.0.102:53";
/// Says that every name is this computer.
const ALIVE: &str = "127.0.0.103:53";

#[test]
#[ignore = "needs the right to mount and port 53"]
fn slow_dns() {
    let _dead = UdpSocket::bind(DEAD).expect("port 53 is free");
    let alive = answer(UdpSocket::bind(ALIVE).expect("port 53 is free"));
    for timeout in [3, 5, 7] {
        let nginx = Nginx::start(&format!("slow-dns-{timeout}"));
        let begun = Instant::now();
        let mut child = publish(timeout, &nginx, "1s");
        let status = child.wait().expect("it is our child");
        let took = begun.elapsed();
        println!("a name server that is dead for {timeout} s: done after {took:?}");
        // And a second of stream.
        let limit = Duration::from_secs(u64::from(timeout) + 4);
        assert!(status.success() && took < limit, "{status}, {took:?}");
    }
    reconnects_by_what_is_known(&alive);
}

/// A stream finds its server again while all name servers are silent.
fn reconnects_by_what_is_known(alive: &AtomicBool) {
    let mut nginx = Nginx::start("dead-dns");
    let mut child = publish(2, &nginx, "15s");
    let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let mut wait_for = |state: &str| {
        let found = lines.by_ref().map_while(Result::ok).find(|line| line.contains(state));
        found.unwrap_or_else(|| panic!("never {state}"));
    };
    wait_for("\"live\"");
    // Longer than what makes a stream one that was there.
    thread::sleep(Duration::from_secs(3));
    alive.store(false, Ordering::Relaxed);
    nginx.kill();
    wait_for("\"reconnecting\"");
    nginx.launch();
    let begun = Instant::now();
    wait_for("\"live\"");
    println!("all name servers dead: live again after {:?}", begun.elapsed());
    let _ = child.kill();
    let _ = child.wait();
}

/// Publishes by a name, with a first name server that is dead.
fn publish(timeout: u32, nginx: &Nginx, duration: &str) -> Child {
    let script = "for f in resolv.conf nsswitch.conf; do mount --bind \"$1/$f\" /etc/$f; done; \
                  shift; exec \"$@\"";
    Command::new("timeout")
        .args(["20", "unshare", "-m", "sh", "-ec", script, "sh"])
        .arg(configuration(timeout))
        .arg(env!("CARGO_BIN_EXE_tallylight"))
        .args(["publish", "--json", "--size", "320x180", "--duration", duration])
        .args(["--proxy", "none", &format!("rtmp://live.test:{}/live/k", nginx.port)])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("unshare is part of util-linux")
}

/// A folder with files for /etc.
fn configuration(timeout: u32) -> PathBuf {
    let name = format!("tallylight-dns-{}-{timeout}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let servers = "nameserver 127.0.0.102\nnameserver 127.0.0.103\n";
    let resolv = format!("{servers}options timeout:{timeout}\n");
    fs::write(folder.join("resolv.conf"), resolv).expect("it can be written");
    fs::write(folder.join("nsswitch.conf"), "hosts: files dns\n").expect("it can be written");
    folder
}

/// Answers each question for an address of the fourth version (RFC 1035 §4), and others
/// with nothing, while it is alive.
fn answer(socket: UdpSocket) -> Arc<AtomicBool> {
    let alive = Arc::new(AtomicBool::new(true));
    let lives = Arc::clone(&alive);
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if lives.load(Ordering::Relaxed) {
                let _ = socket.send_to(&reply(&question[..length]), from);
            }
        }
    });
    alive
}

fn reply(question: &[u8]) -> Vec<u8> {
    let mut reply = [&question[..2], &[0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]].concat();
    // The question alone: what may follow it is not repeated.
    let name = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap_or(0);
    reply.extend(&question[12..(name + 5).min(question.len())]);
    if question.get(name + 1..name + 5) == Some(&[0, 1, 0, 1]) {
        reply[7] = 1;
        reply.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    reply
}

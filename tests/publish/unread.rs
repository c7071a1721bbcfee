//! Standard output that nobody reads holds up nothing.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::odd_server::OddServer;

/// The end of a stream whose figures nobody reads: a pipe is full after some
/// seconds of them, so this one is full before it begins.
#[test]
fn a_full_pipe_does_not_keep_a_stream_from_ending() {
    let server = OddServer::start();
    let begun = Instant::now();
    let mut child = Command::new("sh")
        .args(["-c", "{ head -c 65536 /dev/zero; exec \"$0\" \"$@\"; } | sleep 20"])
        .arg(env!("CARGO_BIN_EXE_tallylight"))
        .args(["publish", "--json", "--size", "320x180", "--duration", "2s", &server.url("k")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("there is a shell");
    crate::program::eventually("the stream's end", Duration::from_secs(12), || {
        server.heard().first().is_some_and(|heard| heard.ended && heard.unpublished).then_some(())
    });
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    // With all that the shell has started.
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    let _ = child.wait();
}

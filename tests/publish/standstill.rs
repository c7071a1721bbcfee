//! The program stands still, as on Ctrl-Z or while a virtual machine is paused, and
//! goes on: sound and picture are as close as before, and so they are after the next
//! connection.

use std::process::Command;
use std::time::Duration;

use crate::faults::{lines_for, live, stop};
use crate::media;
use crate::nginx::Nginx;
use crate::program::Program;
use crate::proxy::Proxy;

/// Seconds that are looked at after each change.
const LOOK_S: f64 = 3.5;

fn signal(program: &Program, signal: &str) {
    let kill = Command::new("kill").args([signal, &program.id().to_string()]).status();
    assert!(kill.expect("kill is part of procps").success());
}

/// Publishes, stands still, goes on, loses its connection and goes on; what was
/// recorded.
fn stand_still(name: &str, pause: Duration) -> (Nginx, Vec<std::path::PathBuf>) {
    let nginx = Nginx::start(name);
    let proxy = Proxy::start(nginx.port);
    let mut program = live(&proxy.url("k"), &["--keep-trying"]);
    lines_for(&mut program, LOOK_S);
    signal(&program, "-STOP");
    std::thread::sleep(pause);
    signal(&program, "-CONT");
    lines_for(&mut program, LOOK_S);
    // It is back before a line could say so.
    proxy.cut();
    lines_for(&mut program, LOOK_S + 1.0);
    stop(program);
    let files = nginx.recordings();
    (nginx, files)
}

/// Flash and beep come together. Of sound a second of the pause is made up for, of the
/// picture less: a beep there may come alone.
fn expect_marks(files: &[std::path::PathBuf]) {
    for file in files {
        println!("{:?} {:?}", media::flashes(file), media::beeps(file));
        media::expect_marks_together(file, 2);
    }
}

#[test]
fn after_five_seconds_sound_and_picture_are_together() {
    let (_nginx, files) = stand_still("standstill", Duration::from_secs(5));
    assert_eq!(files.len(), 2, "before the cut and after it: {files:?}");
    let last = media::flashes(&files[0]).last().copied();
    assert!(last > Some(LOOK_S + 5.0), "it went on over the same connection: {last:?}");
    expect_marks(&files);
}

#[test]
#[ignore = "takes a minute and a half"]
fn after_a_minute_sound_and_picture_are_together() {
    let (_nginx, files) = stand_still("standstill-long", Duration::from_secs(60));
    assert!(files.len() >= 2, "the server may have closed: {files:?}");
    expect_marks(&files);
}

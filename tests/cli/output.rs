//! Where what is printed goes.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Output, Stdio};

use crate::program::Program;

/// What is asked for to be read.
const LISTS: [&[&str]; 6] = [
    &["devices"],
    &["devices", "--json"],
    &["--help"],
    &["publish", "-h"],
    &["help", "serve"],
    &["--version"],
];

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tallylight"));
    program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    program
}

fn assert_says(output: &Output, words: &str, what: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{what:?}: {told}");
    assert!(told.starts_with("tallylight: ") && told.contains(words), "{what:?}: {told}");
    assert_eq!(told.lines().count(), 1, "{what:?}: {told}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_list_that_can_not_be_written_is_an_error() {
    for arguments in LISTS {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let output = program().args(arguments).stdout(full).output().expect("it starts");
        assert_says(&output, "No space left on device", arguments);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_list_without_a_standard_output_is_an_error() {
    for arguments in LISTS {
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$0\" \"$@\" >&-", env!("CARGO_BIN_EXE_tallylight")]);
        let output = shell.args(arguments).stdin(Stdio::null()).output().expect("a shell");
        assert_says(&output, "Standard output is closed", arguments);
    }
    // Nobody wants to read it: that is no closed one.
    for nowhere in [File::options().read(true).write(true), File::options().write(true)] {
        let nowhere = nowhere.open("/dev/null").expect("it is always there");
        let output = program().arg("--help").stdout(nowhere).output().expect("it starts");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    for arguments in LISTS {
        let mut child = program()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let mut told = String::new();
        let mut stderr = child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut told).expect("it is text");
        let status = child.wait().expect("it is our child");
        assert!(status.success() && told.is_empty(), "{arguments:?}: {status}, {told}");
    }
}

#[test]
fn a_stream_of_a_moment_has_its_summary_too() {
    let arguments = ["publish", "--duration", "1ms", "--size", "64x64", "--video-kbps", "50"];
    let output = program().args(arguments).output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(told.lines().last().is_some_and(|line| line.starts_with("Sent ")), "{told}");
    let ended = Program::start(&[&arguments[..], &["--json"]].concat()).wait();
    assert!(ended.summary()["seconds"].is_number(), "{:?}", ended.lines);
}

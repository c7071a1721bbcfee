//! Threads of the program that are ended by a panic, as they are met on the command
//! line.

use std::net::TcpStream;
use std::time::Duration;

use crate::media;
use crate::nginx::Nginx;
use crate::program::{Program, eventually};

/// The program's own way to lose threads.
const LOSE: &str = "TALLYLIGHT_TEST_PANIC";

#[test]
fn lost_threads_are_said_and_leave_a_recording_in_step() {
    let nginx = Nginx::start("threads");
    let url = nginx.url("k");
    let arguments = ["publish", "--json", "--size", "320x180", "--duration", "9s", &url];
    let lost = "encode@2500,sound@3500,frames@4500";
    let ended = Program::start_with(&arguments, &[(LOSE, lost)]).wait();
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    for (thread, part) in
        [("encode", "The video encoder"), ("sound", "The sound"), ("frames", "The picture")]
    {
        let words = format!("{part} stopped because of an internal error and was started again");
        let says = |line: &serde_json::Value| {
            line["state"] == "live" && line["detail"].as_str().is_some_and(|d| d.contains(&words))
        };
        assert!(ended.lines.iter().any(says), "{words}: {:?}", ended.lines);
        let logged = format!("internal error thread=\"{thread}\"");
        assert!(ended.stderr.contains(&logged), "{}", ended.stderr);
    }
    let file = eventually("a recording", Duration::from_secs(5), || nginx.recordings().pop());
    assert_eq!(media::decode_complaints(&file), "");
    media::expect_marks_together(&file, 5);
    assert_eq!(nginx.recordings().len(), 1, "all on one connection");
}

#[test]
fn an_engine_that_is_lost_ends_the_stream_with_words_and_a_status() {
    let nginx = Nginx::start("engine");
    let url = nginx.url("k");
    let arguments = ["publish", "--json", "--size", "320x180", &url];
    let ended = Program::start_with(&arguments, &[(LOSE, "control@1500")]).wait();
    assert_eq!(ended.code(), Some(5), "{}", ended.stderr);
    let words = "The streaming engine stopped because of an internal error";
    assert!(ended.stderr.contains(&format!("tallylight: {words}. ")), "{}", ended.stderr);
    let last = &ended.lines[ended.lines.len() - 2];
    assert_eq!(last["state"], "failed");
    assert!(last["detail"].as_str().is_some_and(|d| d.starts_with(words)), "{last}");
}

#[test]
fn a_server_that_is_lost_serves_again_at_its_port() {
    let arguments = ["serve", "--json", "--listen", "127.0.0.1:0"];
    let mut program = Program::start_with(&arguments, &[(LOSE, "rtmp server@100")]);
    let first = program.line().expect("it says where it listens");
    let address = first["address"].as_str().expect("an address").to_owned();
    // Its thread sleeps until somebody comes.
    std::thread::sleep(Duration::from_millis(300));
    let _ = TcpStream::connect(&address).expect("it listens");
    let again = program.wait_for_state("restarted");
    let words = "The built-in server stopped because of an internal error and was started again.";
    assert!(again["detail"].as_str().is_some_and(|d| d.starts_with(words)), "{again}");
    TcpStream::connect(&address).expect("it listens again");
    program.interrupt();
    let ended = program.wait();
    assert_eq!(ended.code(), Some(0));
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
}

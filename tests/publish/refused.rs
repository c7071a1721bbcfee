//! What goes wrong before a stream starts: each ends with its sentence, its
//! status and within five seconds.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use crate::nginx::{Nginx, free_port};
use crate::program::{Ended, Program};
use crate::witness::Witness;

/// Publishes there and expects this exit status, this sentence, and no panic.
fn expect(url: &str, status: i32, sentence: &str) {
    let begun = Witness::start();
    // A name server that is not there is an answer of the same kind, and sooner so.
    let environment = [("RES_OPTIONS", "timeout:1 attempts:1")];
    let arguments = ["publish", "--size", "320x180", "--json", url];
    let ended = Program::start_with(&arguments, &environment).wait();
    let took = begun.elapsed();
    assert_eq!(ended.code(), Some(status), "{url}: {}", ended.stderr);
    assert!(ended.stderr.contains(sentence), "{url}: {}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    assert!(took < Duration::from_secs(6), "{url}: answered after {took:?}");
    assert!(says_failed(&ended), "{:?}", ended.lines);
}

/// The state is in the lines too, and the last line is the summary.
fn says_failed(ended: &Ended) -> bool {
    let failed = ended.lines.iter().any(|line| line["state"] == "failed");
    failed && ended.summary()["video_frames"] == 0
}

/// A peer that answers the first bytes of each connection with `answer`, or
/// never.
fn peer(answer: Option<&'static [u8]>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            if let Some(answer) = answer {
                let _ = stream.read(&mut [0; 64]);
                let _ = stream.write_all(answer);
            }
            kept.push(stream);
        }
    });
    format!("rtmp://127.0.0.1:{port}/live/k")
}

#[test]
fn addresses_that_make_no_sense_are_wrong_usage() {
    expect("http://example.com/live", 2, "web address");
    expect("rtmp://127.0.0.1", 2, "names no application");
    expect("rtmp://127.0.0.1:99999/live/k", 2, "port");
    expect("srt://127.0.0.1/live/k", 2, "srt");
}

#[test]
fn unknown_arguments_are_wrong_usage() {
    for arguments in [&["publish", "--size", "0x0"][..], &["publish", "--fps", "x"], &["fly"]] {
        let ended = Program::start(arguments).wait();
        assert_eq!(ended.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn devices_are_not_replaced_by_something_else() {
    for arguments in [["--camera", "some-camera"], ["--mic", "alsa:some-microphone"]] {
        let url = "rtmp://127.0.0.1/live/k";
        let ended = Program::start(&["publish", "--json", arguments[0], arguments[1], url]).wait();
        assert_eq!(ended.code(), Some(5), "{arguments:?}: {}", ended.stderr);
        let name = arguments[1];
        assert!(ended.stderr.contains(&format!("{name}” is not there")), "{}", ended.stderr);
        assert!(ended.stderr.contains("tallylight devices"), "{}", ended.stderr);
        assert!(says_failed(&ended), "{:?}", ended.lines);
    }
}

#[test]
fn what_is_missing_is_wrong_usage_in_its_own_words() {
    let url = "rtmp://127.0.0.1/live/k";
    for (arguments, words) in [
        (&["--camera", "none", "--mic", "none", url][..], "Leave out --camera none or --mic none."),
        (&["--key-stdin", "rtmp://127.0.0.1/live"], "no stream key on standard input. Write it"),
        (
            &["rtmp://127.0.0.1/live"],
            "or into TALLYLIGHT_KEY. If the server takes no key, say --no-key.",
        ),
        (&["rtmp://127.0.0.1/live/k live=1"], "“live=” is an option for librtmp"),
        (&["rtmp://127.0.0.1/live/a#b/c"], "give the stream key apart"),
        (&["--user", "somebody", url], "no password for “somebody”. Put it into"),
        (&["--ca-file", "/nowhere.pem", "rtmps://127.0.0.1/live/k"], "in PEM form"),
    ] {
        let ended = Program::start(&[&["publish", "--json"], arguments].concat()).wait();
        assert_eq!(ended.code(), Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
        assert!(says_failed(&ended), "{:?}", ended.lines);
    }
}

/// A key in an address must not become part of the application, which is shown.
#[test]
fn a_key_in_the_address_stays_a_key_whatever_the_environment_holds() {
    let url = format!("rtmp://127.0.0.1:{}/live/hush-1", free_port());
    let arguments = ["publish", "-vv", "--size", "320x180", "--json", &url];
    let ended = Program::start_with(&arguments, &[("TALLYLIGHT_KEY", "hush-2")]).wait();
    assert_eq!(ended.code(), Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains("TALLYLIGHT_KEY is not used"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    assert!(!format!("{:?}", ended.lines).contains("hush"));
}

#[test]
fn nothing_listens() {
    expect(&format!("rtmp://127.0.0.1:{}/live/k", free_port()), 4, "Nothing is listening");
}

#[test]
fn a_name_without_an_address() {
    expect("rtmp://no-such-host.invalid/live/k", 4, "No server is known by the name");
}

#[test]
fn a_web_server() {
    expect(
        &peer(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        4,
        "is a web server, not an RTMP server",
    );
}

#[test]
fn rubbish() {
    expect(&peer(Some(&[0xA5; 8_000])), 4, "does not speak RTMP");
}

/// Whether what was said to it was read or not, which is an end or a reset.
#[test]
fn a_peer_that_closes_without_a_word() {
    for reads in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let port = listener.local_addr().expect("it has an address").port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut greeting = [0; 1 + 1536];
                let _ = if reads { stream.read_exact(&mut greeting) } else { Ok(()) };
            }
        });
        let url = format!("rtmp://127.0.0.1:{port}/live/k");
        expect(&url, 4, "closed the connection before it said a word of RTMP. Check the address");
    }
}

#[test]
fn an_address_behind_mic_alone_is_no_microphone() {
    let url = format!("rtmp://127.0.0.1:{}/live/hush-1", free_port());
    let ended = Program::start(&["publish", "--json", "--camera", "none", "--mic", &url]).wait();
    assert_eq!(ended.code(), Some(5), "there is no microphone: {}", ended.stderr);
    assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
    assert!(!format!("{:?}", ended.lines).contains("hush"));
}

#[test]
fn mistyped_arguments_tell_nobody_the_key() {
    let url = "rtmp://127.0.0.1/live/hush-1";
    for arguments in [
        &[url][..],
        &["help", url],
        &["publish", "--duration", "1", "m", url],
        &["publish", url, url],
        &["publish", "rtmp://127.0.0.1/live", "hush-1"],
        &["publish", "--fps", url],
        &["publish", "--json", "--size", url],
        &["publish", "rtmp://127.0.0.1/hush-1"],
        &["publish", "rtmp://me:hush-1/2@127.0.0.1/live/k"],
        &["publish", "rtmp://me:hush-1"],
        &["publish", "hush-1"],
        &["publish", "--ca-file", url],
        &["publish", "--user", "me:hush-1", url],
        &["publish", "--proxy", "ftp://me:hush-1@127.0.0.1", url],
        &["publish", "--proxy", "socks5://me:hush-1@", url],
        &["serve", url],
        &["serve", "--listen", url],
        &["devices", url],
    ] {
        let ended = Program::start(arguments).wait();
        assert_eq!(ended.code(), Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stderr.contains("hush"), "{arguments:?}: {}", ended.stderr);
        assert!(ended.lines.is_empty() || says_failed(&ended), "{:?}", ended.lines);
        assert!(!format!("{:?}", ended.lines).contains("hush"));
    }
}

#[test]
fn an_address_that_was_lost_is_missed() {
    for arguments in [
        ["--key-stdin"].as_slice(),
        &["--user", "bob"],
        &["--ca-file", "x.pem"],
        &["--proxy", "none"],
    ] {
        let ended = Program::start(&[&["publish", "--json"], arguments].concat()).wait();
        assert_eq!(ended.code(), Some(2), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("belongs to an address"), "{}", ended.stderr);
    }
}

#[test]
fn a_complaint_that_nobody_can_read_changes_nothing() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_tallylight"))
        .args(["publish", "http://example.com/x"])
        .stderr(full)
        .status();
    assert_eq!(status.expect("it was built").code(), Some(2));
}

#[test]
fn a_peer_that_never_speaks() {
    expect(&peer(None), 4, "did not answer in time");
}

#[test]
fn an_application_that_does_not_exist() {
    let nginx = Nginx::start("no-app");
    let url = format!("rtmp://127.0.0.1:{}/nowhere/k", nginx.port);
    expect(&url, 3, "closed without saying why");
}

//! RTMPS: nginx-rtmp behind a TLS front, with certificates good and bad.

use std::time::Duration;

use crate::media;
use crate::nginx::Nginx;
use crate::program::{Ended, Program, eventually};
use crate::tls_front::{Certificate, TlsFront};
use crate::witness::undisturbed;

/// Publishes two seconds through a front that shows this certificate.
fn publish(name: &str, certificate: &Certificate, trust: bool) -> (Nginx, Ended) {
    let nginx = Nginx::start(name);
    let front = TlsFront::start(name, nginx.port, certificate);
    let url = format!("rtmps://localhost:{}/live/k", front.port);
    let mut arguments = vec!["publish", "--json", "--size", "320x180", "--duration", "2s"];
    let authority = front.authority();
    if trust {
        arguments.extend(["--ca-file", &authority]);
    }
    arguments.push(&url);
    let ended = Program::start(&arguments).wait();
    (nginx, ended)
}

#[test]
fn a_good_certificate() {
    // What a machine can't make while it stands still is missing.
    let run = || publish("tls-good", &Certificate::good(), true);
    let (nginx, ended) = undisturbed(Duration::from_millis(200), run);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    let file = eventually("a recording", Duration::from_secs(5), || nginx.recordings().pop());
    assert_eq!(media::decode_complaints(&file), "");
    let recorded = media::packets(&media::probe(&file), "video").len() as u64;
    assert!((50..=70).contains(&recorded), "{recorded} pictures");
    assert_eq!(ended.summary()["video_frames"], recorded);
}

fn expect_refusal(name: &str, certificate: &Certificate, trust: bool, words: &str) {
    let (nginx, ended) = publish(name, certificate, trust);
    assert_eq!(ended.code(), Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains(words), "{}", ended.stderr);
    assert!(nginx.recordings().is_empty(), "nothing was sent");
}

#[test]
fn a_certificate_that_nobody_signed() {
    expect_refusal("tls-unknown", &Certificate::good(), false, "signed by nobody");
}

#[test]
fn a_certificate_that_has_expired() {
    expect_refusal("tls-expired", &Certificate::expired(), true, "expired");
}

#[test]
fn a_certificate_for_another_name() {
    expect_refusal(
        "tls-name",
        &Certificate::for_name("elsewhere.example"),
        true,
        "elsewhere.example",
    );
}

#[test]
fn the_one_certificate_that_was_named() {
    let nginx = Nginx::start("tls-named");
    let front =
        TlsFront::start("tls-named", nginx.port, &Certificate::for_name("elsewhere.example"));
    let url = format!("rtmps://localhost:{}/live/k", front.port);
    let publish = |fingerprint: &str| {
        let fixed = ["publish", "--json", "--size", "320x180", "--duration", "1s"];
        let arguments = [&fixed[..], &["--only-certificate", fingerprint, &url]].concat();
        Program::start(&arguments).wait()
    };
    let other = publish(&"00".repeat(32));
    assert_eq!(other.code(), Some(4), "{}", other.stderr);
    let ended = publish(&front.fingerprint());
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(publish("no fingerprint").code(), Some(2));
}

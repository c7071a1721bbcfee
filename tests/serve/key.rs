//! The program `tallylight serve` with a key, and `tallylight publish` that shows one.

use super::program::{Ended, Program};

const KEY: &str = "s3cret-s3cret";

/// Publishes for a moment.
fn publish(url: &str) -> Ended {
    Program::start(&["publish", url, "--json", "--size", "64x64", "--duration", "500ms"]).wait()
}

/// All that was said.
fn said(ended: &Ended) -> String {
    format!("{:?} {}", ended.lines, ended.stderr)
}

#[test]
fn a_publisher_with_another_key_is_told_so_and_the_key_is_in_no_log() {
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--json", "-vv"];
    let mut server = Program::start_with(&arguments, &[("TALLYLIGHT_SERVE_KEY", KEY)]);
    let address = server.wait_for_state("listening")["address"].clone();
    let url = |key: &str| format!("rtmp://{}/live/{key}", address.as_str().expect("text"));
    let wrong = publish(&url("guess"));
    assert_eq!(wrong.code(), Some(3), "{}", said(&wrong));
    assert!(said(&wrong).contains("its own publish key"), "{}", said(&wrong));
    let long = publish(&url(&"k".repeat(1500)));
    assert_eq!(long.code(), Some(3), "{}", said(&long));
    for key in [KEY.to_owned(), format!("cam?key={KEY}")] {
        let right = publish(&url(&key));
        assert_eq!(right.code(), Some(0), "{}", said(&right));
    }
    server.interrupt();
    let server = server.wait();
    let said = said(&server);
    assert!(said.contains("may not publish") && !said.contains(KEY), "{said}");
}

#[test]
fn a_server_for_all_without_a_key_warns() {
    for (listen, key, warns) in
        [("0.0.0.0:0", "", true), ("0.0.0.0:0", KEY, false), ("127.0.0.1:0", "", false)]
    {
        let with = ["serve", "--json", "--listen", listen, "--publish-key", key];
        let arguments = if key.is_empty() { &with[..4] } else { &with };
        let mut server = Program::start(arguments);
        server.wait_for_state("serving");
        server.interrupt();
        let stderr = server.wait().stderr;
        assert_eq!(stderr.contains("anyone who can reach"), warns, "{listen}: {stderr}");
    }
}

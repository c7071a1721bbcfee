//! Through proxies: the program, a proxy that keeps what it is asked for, and a server
//! behind it.

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use crate::gateway::{Gateway, Speaks};
use crate::nginx::Nginx;
use crate::program::{Ended, Program, eventually};
use crate::tls_front::{Certificate, TlsFront};

/// A name that no resolver knows (RFC 6761).
const SERVER: &str = "rtmp://server.invalid/live/k";

/// What a web server answers.
const WEB: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\r\n";

const GRANTED: Speaks = Speaks::Http("200 OK");

/// Publishes for a second.
fn publish(more: &[&str], environment: &[(&str, &str)]) -> Ended {
    let fixed = ["publish", "--json", "--size", "320x180", "--duration", "1s"];
    Program::start_with(&[&fixed[..], more].concat(), environment).wait()
}

/// What came of a try that ends at once.
fn refused(proxy: &str) -> Ended {
    let ended = publish(&["--proxy", proxy, SERVER], &[]);
    assert_eq!(ended.code(), Some(4), "{proxy}: {}", ended.stderr);
    ended
}

#[test]
fn a_name_that_the_proxy_alone_knows() {
    let nginx = Nginx::start("socks");
    let gateway = Gateway::start(Speaks::Socks5(Some(("ann", "hush-1"))), nginx.port);
    let proxy = format!("socks5h://ann:hush-1@127.0.0.1:{}", gateway.port);
    let ended = publish(&["--proxy", &proxy, "-vvv", SERVER], &[]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(gateway.asked(), ["server.invalid:1935"]);
    eventually("a recording", Duration::from_secs(5), || nginx.recordings().pop());
    let said = format!("{} {:?}", ended.stderr, ended.lines);
    assert!(!said.contains("hush"), "{said}");
}

#[test]
fn encryption_through_a_proxy_is_with_the_server() {
    let nginx = Nginx::start("connect-tls");
    let front = TlsFront::start("connect-tls", nginx.port, &Certificate::good());
    let gateway = Gateway::start(GRANTED, front.port);
    // The environment's proxy is not for this computer; one that is asked for is.
    let proxy = format!("http://127.0.0.1:{}", gateway.port);
    let url = format!("rtmps://localhost:{}/live/k", front.port);
    let authority = front.authority();
    let ended = publish(&["--proxy", &proxy, "--ca-file", &authority, &url], &[]);
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
    assert_eq!(gateway.asked(), [format!("localhost:{}", front.port)]);
}

#[test]
fn names_are_looked_up_here_for_socks5_and_the_proxy_is_asked_for_an_address() {
    let web = page(WEB);
    let gateway = Gateway::start(Speaks::Socks5(None), web);
    let proxy = format!("socks5://127.0.0.1:{}", gateway.port);
    let ended = publish(&["--proxy", &proxy, "rtmp://localhost:1935/live/k"], &[]);
    assert!(ended.stderr.contains("localhost:1935 is a web server"), "{}", ended.stderr);
    assert_eq!(gateway.asked(), ["127.0.0.1:1935"]);
}

#[test]
fn refusals_name_the_proxy_and_are_told_apart() {
    let locked = Gateway::start(Speaks::Socks5(Some(("ann", "secret"))), 1);
    let web = page(WEB);
    for (proxy, words) in [
        (format!("socks5h://127.0.0.1:{}", locked.port), "asks for a user name and password"),
        (format!("socks5h://ann:hush@127.0.0.1:{}", locked.port), "does not accept the user"),
        (format!("socks5h://127.0.0.1:{web}"), "is not a SOCKS5 proxy"),
        (format!("http://127.0.0.1:{}", page(b"\x05\xFF")), "is not an HTTP proxy"),
    ] {
        let ended = refused(&proxy);
        assert!(ended.stderr.contains(words), "{proxy}: {}", ended.stderr);
        assert!(ended.stderr.contains("127.0.0.1:") && !ended.stderr.contains("hush"));
    }
    for (answer, words) in [
        ("403 Forbidden", "does not allow connections to server.invalid:1935"),
        ("407 Who\r\nProxy-Authenticate: Basic", "asks for a user name and password"),
        ("405 Method Not Allowed", "refused the connection: 405 Method Not Allowed"),
    ] {
        let gateway = Gateway::start(Speaks::Http(answer), 1);
        let ended = refused(&format!("http://127.0.0.1:{}", gateway.port));
        assert!(ended.stderr.contains(words), "{answer}: {}", ended.stderr);
    }
}

#[test]
fn the_environments_proxy_counts_but_for_this_computer_and_its_exceptions() {
    let gateway = Gateway::start(Speaks::Http("403 Forbidden"), 1);
    let proxy = format!("http://ann:hush@127.0.0.1:{}", gateway.port);
    let environment = [("all_proxy", ""), ("ALL_PROXY", proxy.as_str()), ("no_proxy", "")];
    let through = publish(&[SERVER], &environment);
    assert!(through.stderr.contains("does not allow connections"), "{}", through.stderr);
    assert!(through.stderr.contains("--proxy none") && !through.stderr.contains("hush"));

    let here = format!("rtmp://127.0.0.1:{}/live/k", page(WEB));
    let direct = publish(&[&here], &environment);
    assert!(direct.stderr.contains("is a web server"), "{}", direct.stderr);

    let none = publish(&["--proxy", "none", &here], &[("ALL_PROXY", "nonsense://")]);
    assert!(none.stderr.contains("is a web server"), "{}", none.stderr);
    let nonsense = publish(&[&here], &[("all_proxy", "https://ann:hush@proxy")]);
    assert_eq!(nonsense.code(), Some(2), "{}", nonsense.stderr);
    assert!(nonsense.stderr.contains("all_proxy") && !nonsense.stderr.contains("hush"));
}

/// A server that answers whatever it hears with the same.
fn page(answer: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let _ = std::io::Read::read(&mut client, &mut [0; 4]);
            let _ = client.write_all(answer);
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut client, &mut std::io::sink());
            });
        }
    });
    port
}

//! Addresses as services and people write them.

use super::*;

fn server_and_key(server: &str, key: &str) -> Target {
    Target::with_key(server, key).unwrap_or_else(|e| panic!("{server} + {key}: {e}"))
}

/// (typed, app, tcUrl, key, host, port, tls)
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, u16, bool);

const FULL: &[Row] = &[
    ("rtmp://127.0.0.1/live/k", "live", "rtmp://127.0.0.1/live", "k", "127.0.0.1", 1935, false),
    ("rtmp://h:80/a/b/c", "a/b", "rtmp://h:80/a/b", "c", "h", 80, false),
    ("RTMPS://h/app/k", "app", "rtmps://h/app", "k", "h", 443, true),
    ("rtmp://[::1]:1936/app/k", "app", "rtmp://[::1]:1936/app", "k", "::1", 1936, false),
    (
        "rtmp://[fe80::1%eth0]/app/k",
        "app",
        "rtmp://[fe80::1%eth0]/app",
        "k",
        "fe80::1%eth0",
        1935,
        false,
    ),
    ("rtmp://h/app/k?s=a/b&t=%2F", "app", "rtmp://h/app", "k?s=a/b&t=%2F", "h", 1935, false),
    (
        "rtmp://h/live2?backup=1/k",
        "live2?backup=1",
        "rtmp://h/live2?backup=1",
        "k",
        "h",
        1935,
        false,
    ),
    (
        "rtmp://h/live-bvc/?streamname=x&key=y",
        "live-bvc",
        "rtmp://h/live-bvc",
        "?streamname=x&key=y",
        "h",
        1935,
        false,
    ),
    ("rtmp://h/app#k/with?all=1", "app", "rtmp://h/app", "k/with?all=1", "h", 1935, false),
    ("rtmp://h/app/path?u=v#k", "app", "rtmp://h/app", "path?u=v#k", "h", 1935, false),
    ("rtmp://h/live/ab#cd!X", "live", "rtmp://h/live", "ab#cd!X", "h", 1935, false),
    ("rtmp://h/live/#k", "live", "rtmp://h/live", "#k", "h", 1935, false),
    ("rtmp://h/live2?b=1/k#x", "live2?b=1", "rtmp://h/live2?b=1", "k#x", "h", 1935, false),
    ("rtmp://h/a/b@c\\d%2F!é", "a", "rtmp://h/a", "b@c\\d%2F!é", "h", 1935, false),
    ("rtmp://h/a/two words", "a", "rtmp://h/a", "two words", "h", 1935, false),
    ("rtmp://h:1935/a/k@1?x=y", "a", "rtmp://h:1935/a", "k@1?x=y", "h", 1935, false),
    ("rtmp://h//key?t=1", "", "rtmp://h/", "key?t=1", "h", 1935, false),
    (
        "rtmp://[fe80::1%25eth0]:80/a/k",
        "a",
        "rtmp://[fe80::1%25eth0]:80/a",
        "k",
        "fe80::1%eth0",
        80,
        false,
    ),
    (
        "rtmp://BÜCHER.example:80/a/k",
        "a",
        "rtmp://xn--bcher-kva.example:80/a",
        "k",
        "xn--bcher-kva.example",
        80,
        false,
    ),
    // Decomposed, as some systems write names of files.
    (
        "rtmp://bu\u{308}cher。example/a/k",
        "a",
        "rtmp://xn--bcher-kva.example/a",
        "k",
        "xn--bcher-kva.example",
        1935,
        false,
    ),
    ("rtmp://例え.jp/a/k", "a", "rtmp://xn--r8jz45g.jp/a", "k", "xn--r8jz45g.jp", 1935, false),
    (
        "\u{a0}rt\u{ad}mp://h\u{200b}ost.e\u{2060}x/a\u{feff}/k\u{200e}1\u{200d}\u{202f}",
        "a",
        "rtmp://host.ex/a",
        "k1",
        "host.ex",
        1935,
        false,
    ),
    ("rtmp://h:/app/k", "app", "rtmp://h:/app", "k", "h", 1935, false),
    ("rtmp://u:p@h/app/k", "app", "rtmp://h/app", "k", "h", 1935, false),
    (" \u{feff}rtmp://h/app/\nk \r\n", "app", "rtmp://h/app", "k", "h", 1935, false),
    ("\"rtmp://h/app/k\"", "app", "rtmp://h/app", "k", "h", 1935, false),
    ("<rtmp://h/app/k>", "app", "rtmp://h/app", "k", "h", 1935, false),
    (
        "rtmp://xn--bcher-kva.example/app/kä",
        "app",
        "rtmp://xn--bcher-kva.example/app",
        "kä",
        "xn--bcher-kva.example",
        1935,
        false,
    ),
];

#[test]
fn full_addresses_split_before_the_key() {
    for &(typed, app, tc_url, key, host, port, tls) in FULL {
        let target = Target::parse(typed).unwrap_or_else(|e| panic!("{typed}: {e}"));
        let url = &target.url;
        assert_eq!((url.app(), url.tc_url(), target.key.expose()), (app, tc_url, key), "{typed}");
        assert_eq!((url.host(), url.port(), url.tls()), (host, port, tls), "{typed}");
    }
}

#[test]
fn server_and_key_keep_their_own_queries() {
    let target = server_and_key("rtmps://b.rtmps.youtube.com:443/live2?backup=1", " k?x=1\n");
    assert_eq!(target.url.app(), "live2?backup=1");
    assert_eq!(target.url.tc_url(), "rtmps://b.rtmps.youtube.com:443/live2?backup=1");
    assert_eq!(target.key.expose(), "k?x=1");

    let target = server_and_key("rtmps://rtmp-api.facebook.com:443/rtmp/", "FB-1?s_bl=1&s_psm=1#x");
    assert_eq!(target.url.app(), "rtmp", "a closing slash is no part of the application");
    assert_eq!(target.key.expose(), "FB-1?s_bl=1&s_psm=1#x", "a key of its own is kept whole");

    let target = server_and_key("rtmp://live-push.bilivideo.com/live-bvc/", "?streamname=a&key=b");
    assert_eq!((target.url.app(), target.key.expose()), ("live-bvc", "?streamname=a&key=b"));

    let target = server_and_key("rtmp://rtmp-auto.millicast.com/v2/pub", "k");
    assert_eq!(target.url.app(), "v2/pub");
}

#[test]
fn addresses_without_a_key_or_an_application_can_be_meant() {
    let target = Target::without_key("rtmp://h/mystream?user=a&pass=b").unwrap();
    assert_eq!((target.url.app(), target.key.expose()), ("mystream?user=a&pass=b", ""));
    assert_eq!(target.url.tc_url(), "rtmp://h/mystream?user=a&pass=b");
    let target = server_and_key("rtmp://h/", "k");
    assert_eq!((target.url.app(), target.url.tc_url()), ("", "rtmp://h/"));
    let error = Target::with_key("rtmp://h", "k").unwrap_err();
    assert!(error.to_string().contains("rtmp://h/ "), "{error}");
}

#[test]
fn keys_are_taken_whole() {
    for key in
        ["a@b", "a\\b", "#a#b", "!a", "50%", "%41", "ключ", "a/b", "two words", "a:b", "é\u{200d}x"]
    {
        let target = server_and_key("rtmp://h/app", key);
        assert_eq!((target.url.app(), target.key.expose()), ("app", key));
    }
    assert_eq!(server_and_key("rtmp://h/app", "a\u{200b}b\u{feff}").key.expose(), "ab");
    let error = Target::with_key("rtmp://h/app", "secret live=1").unwrap_err();
    assert_eq!(error, UrlError::LibrtmpOption { name: "live" });
}

#[test]
fn what_may_have_been_meant_is_completed() {
    assert_eq!(completed("h.example/app/k?x").as_deref(), Some("rtmp://h.example/app/k?x"));
    assert_eq!(completed("rtmps:/h/app").as_deref(), Some("rtmps://h/app"));
    assert_eq!(completed("a:b@h.example/app/k").as_deref(), Some("rtmp://a:b@h.example/app/k"));
    for text in ["live_123", "holiday.mp4", "rtmp://h/app", "", "some.one@example.com"] {
        assert_eq!(completed(text), None, "{text}");
    }
}

#[test]
fn an_empty_key_field_means_a_full_address() {
    assert_eq!(server_and_key("rtmp://h/app/k", " \n"), Target::parse("rtmp://h/app/k").unwrap());
}

#[test]
fn user_and_password_are_taken_off_and_decoded() {
    let url = RtmpUrl::parse("rtmp://a%40b:p%3Aq%25%@h/app").unwrap();
    let who = url.credentials().expect("they were given");
    assert_eq!((who.user.as_str(), who.password.expose()), ("a@b", "p:q%%"));
    assert_eq!(url.tc_url(), "rtmp://h/app");
    assert!(RtmpUrl::parse("rtmp://h/app").unwrap().credentials().is_none());
}

#[test]
fn secrets_are_not_printed() {
    let target =
        Target::parse("rtmp://ann:hunter2@h/app?token=s3cret&flag/k-s3cret?x=s3cret").unwrap();
    let printed = format!("{target} {target:?} {} {:?}", target.url, target.url);
    assert!(!printed.contains("s3cret") && !printed.contains("hunter2"), "{printed}");
    let server = RtmpUrl::parse("rtmp://h/app?token=s3cret&flag").unwrap();
    assert_eq!(server.to_string(), "rtmp://h/app?token=…&…");
}

#[test]
fn wrong_addresses_say_what_is_wrong() {
    let rows: &[(&str, &str)] = &[
        ("", "no address"),
        (" \n", "no address"),
        ("live.example.com/app/secret", "rtmp://live.example.com/…"),
        ("live.example.com:443/app/secret", "rtmps://live.example.com:443/…"),
        ("rtmp:/h/app/secret", "rtmp://h/…"),
        ("live_123_secret", "not a server address"),
        ("holiday-secret.mp4", "not a server address"),
        ("a word/secret of. it", "not a server address"),
        ("/home/secret/picture.png", "not a server address"),
        ("h/app?u=http://x/secret", "not a server address"),
        ("localhost/app/secret", "rtmp://localhost/…"),
        ("h:1936/app/secret", "rtmp://h:1936/…"),
        ("rtmpe://h/app/k", "encryption protects nothing"),
        ("rtmpt://h/app/k", "RTMP inside HTTP"),
        ("https://studio.youtube.com/x", "web address"),
        ("srt://h:9000", "another way to send live video"),
        ("gopher://h/app/k", "is not known"),
        ("rtmp:///app/k", "names no server"),
        ("rtmp://:1935/app/k", "names no server"),
        ("rtmp://::1/app/k", "brackets"),
        ("rtmp://[::zz]/app/k", "not a server's name"),
        ("rtmp://[::1]x/app/k", "not a server's name"),
        ("rtmp://a b/app/k", "not a server's name"),
        ("rtmp://h:0/app/k", "the port"),
        ("rtmp://h:65536/app/k", "the port"),
        ("rtmp://ann:secret", "the port"),
        ("rtmp://ann:sec/ret@h/app/k", "%2F"),
        ("rtmp://ann:12/34secret@h/app/k", "%2F"),
        ("rtmp://an/n:secret@h/app/k", "%2F"),
        ("rtmp://ann:se?cret@h/app/k", "%2F"),
        ("rtmp://ann:se#cret@h/app/k", "%2F"),
        ("rtmp://a nn:secret/x@h/app/k", "%2F"),
        ("rtmp://h/live/sec#ret/secret", "apart"),
        ("rtmp://h/app/secret live=1", "“live=”"),
        ("rtmp://h/app/secret  Playpath=x swfUrl=y", "“playpath=”"),
        ("rtmp://h", "names no application"),
        ("rtmp://h/", "names no application"),
        ("rtmp://h/?a=b/k", "names no application"),
        ("rtmp://h//", "names no application"),
        ("rtmp://ä／b/app/k", "not a server's name"),
        ("rtmp://ä\u{a0}b/app/k", "not a server's name"),
        ("rtmp://h/app", "rtmp://h/…/key"),
        ("rtmp://h/secret/", "rtmp://h/…/key"),
        ("rtmp://h/app?token=secret", "rtmp://h/…/key"),
        ("rtmp://h/app/\u{7}secret", "can't be typed"),
    ];
    for (typed, expected) in rows {
        let said = Target::parse(typed).expect_err(typed).to_string();
        assert!(said.contains(expected), "{typed}: {said}");
        assert!(!said.contains("secret"), "{typed}: {said}");
    }
    assert_eq!(Target::with_key("rtmp://h/app", "RTMP://h/app/k"), Err(UrlError::KeyIsAddress));
    assert_eq!(Target::with_key("rtmp://h/app", "HTTPS://x/y"), Err(UrlError::KeyIsPage));
    let long = format!("rtmp://h/app/{}", "k".repeat(9_000));
    assert_eq!(Target::parse(&long), Err(UrlError::TooLong { max: 8_192 }));
}

#[test]
fn redirects_resolve_against_the_tc_url() {
    let from = RtmpUrl::parse("rtmp://u:p@a.example:1936/one/two?x=1").unwrap();
    let rows = [
        ("rtmp://b.example/app", "rtmp://b.example/app"),
        ("rtmps://b.example/app", "rtmps://b.example/app"),
        ("//c.example/app", "rtmp://c.example/app"),
        ("/other", "rtmp://a.example:1936/other"),
        ("other?y=2", "rtmp://a.example:1936/one/other?y=2"),
        ("", "rtmp://a.example:1936/one/two?x=1"),
    ];
    for (reference, expected) in rows {
        let next = from.redirected(reference).unwrap_or_else(|e| panic!("{reference}: {e}"));
        assert_eq!(next.tc_url(), expected, "{reference}");
        assert_eq!(next.credentials(), from.credentials());
    }
}

#[test]
fn redirects_never_lead_to_a_weaker_place() {
    let from = RtmpUrl::parse("rtmps://a.example/app").unwrap();
    assert_eq!(from.redirected("rtmp://a.example/app"), Err(RedirectError::Downgrade));
    for host in [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "localhost",
        "[::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:169.254.1.1]",
        "[fe80::1%25eth0]",
        "LOCALHOST.",
        "tv.localhost",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "0x7f.0.0.01",
        "10.1.2.3.",
        "172.16.257",
    ] {
        let said = from.redirected(&format!("rtmps://{host}/app"));
        assert!(matches!(said, Err(RedirectError::IntoLocalNetwork { .. })), "{host}: {said:?}");
    }
    for host in
        ["100.63.0.1", "100.128.0.1", "8.8.8.8", "134744072", "1.2.3.4.5", "0x", "127.example"]
    {
        from.redirected(&format!("rtmps://{host}/app")).unwrap_or_else(|e| panic!("{host}: {e}"));
    }
    assert!(matches!(from.redirected("http://b/app"), Err(RedirectError::Url(_))));
    let local = RtmpUrl::parse("rtmp://127.0.0.1/app").unwrap();
    assert!(local.redirected("rtmp://127.0.0.2/app").is_ok());
}

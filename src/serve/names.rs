//! What streams are known by, and who may publish them.
//!
//! A stream is known by application and name as one path, however a client divides
//! them, without queries.
//!
//! Where the server has a publish key, a publisher shows it in one of two ways, and
//! players need none:
//!
//! - as its stream key: the stream is then named [`UNNAMED`], for the key is not to
//!   stand in the address that players are given;
//! - behind the stream's own name, as `NAME?key=KEY`.

use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::server::Rejection;
use crate::protocol::rtmp::url::percent_decoded;
use crate::text::server as text;

/// The name of a stream that was published with nothing but the key.
pub const UNNAMED: &str = "stream";

/// The code for one who may not publish here.
pub const WRONG_KEY: &str = "NetStream.Publish.Denied";

/// The code for a name that can't be used.
const BAD_NAME: &str = "NetStream.Publish.Rejected";

/// Longest path of a stream, in bytes.
const MAX_PATH: usize = 1024;

/// The path of a stream that a client wants to publish.
pub fn to_publish(
    app: &str,
    name: &StreamKey,
    key: Option<&StreamKey>,
) -> Result<Vec<u8>, Rejection> {
    let Some(key) = key else { return path(app, name.expose()).map_err(bad_name) };
    if let Some(app) = before_key(app, name, key) {
        return path(&app, UNNAMED).map_err(bad_name);
    }
    let query = name.expose().split_once('?').map_or("", |(_, query)| query);
    let mut values = query.split('&').filter_map(|pair| pair.strip_prefix("key="));
    if values.any(|value| key.matches(value) || key.matches(&percent_decoded(value))) {
        return path(app, name.expose()).map_err(bad_name);
    }
    Err(Rejection { code: WRONG_KEY, description: text::WRONG_KEY.to_owned() })
}

/// The path of a stream that a client wants to play. Whoever knows the key may use it
/// in place of the name, as the publisher did.
pub fn to_play(app: &str, name: &StreamKey, key: Option<&StreamKey>) -> Option<Vec<u8>> {
    match key.and_then(|key| before_key(app, name, key)) {
        Some(app) => path(&app, UNNAMED).ok(),
        None => path(app, name.expose()).ok(),
    }
}

/// What stands before the key in application and name together: a key may have
/// slashes, and clients divide where they like.
fn before_key(app: &str, name: &StreamKey, key: &StreamKey) -> Option<String> {
    let name = name.expose();
    [name, without_query(name)].into_iter().find_map(|name| {
        let whole = format!("{app}/{name}");
        let split = whole.len().checked_sub(key.expose().len()).filter(|&at| at > 0)?;
        let before = whole.get(..split)?.strip_suffix('/')?;
        key.matches(&whole[split..]).then(|| before.to_owned())
    })
}

/// Why a path can't be used.
enum BadPath {
    Empty,
    TooLong,
}

fn bad_name(why: BadPath) -> Rejection {
    let description = match why {
        BadPath::Empty => text::NO_NAME.to_owned(),
        BadPath::TooLong => text::name_too_long(MAX_PATH),
    };
    Rejection { code: BAD_NAME, description }
}

fn path(app: &str, name: &str) -> Result<Vec<u8>, BadPath> {
    let app = without_query(app);
    let parts = app.split('/').chain(bare_name(name).split('/')).filter(|part| !part.is_empty());
    let path = parts.collect::<Vec<_>>().join("/").into_bytes();
    match path.len() {
        0 => Err(BadPath::Empty),
        1..=MAX_PATH => Ok(path),
        _ => Err(BadPath::TooLong),
    }
}

fn without_query(text: &str) -> &str {
    text.split('?').next().unwrap_or_default()
}

/// A name without its query, unless it is all query, and without the kind of file
/// that some players put before or behind it: `mp4:x` and `x.flv` are `x`.
fn bare_name(key: &str) -> &str {
    let name = match key.split_once('?') {
        Some(("", _)) => return key,
        Some((name, _)) => name,
        None => key,
    };
    let kinds = [("flv:", ".flv"), ("mp4:", ".mp4"), ("f4v:", ".f4v")];
    let before = kinds.iter().find_map(|(before, _)| name.strip_prefix(before)).unwrap_or(name);
    let bare = kinds.iter().find_map(|(_, behind)| before.strip_suffix(behind)).unwrap_or(before);
    if bare.is_empty() { name } else { bare }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(app: &str, name: &str, key: Option<&str>) -> Option<String> {
        let path = to_play(app, &StreamKey::new(name), key.map(StreamKey::new).as_ref())?;
        Some(String::from_utf8(path).expect("it was text"))
    }

    fn published(app: &str, name: &str, key: Option<&str>) -> Result<String, &'static str> {
        let path = to_publish(app, &StreamKey::new(name), key.map(StreamKey::new).as_ref());
        path.map(|path| String::from_utf8(path).expect("it was text")).map_err(|why| why.code)
    }

    #[test]
    fn a_stream_is_known_by_application_and_name_however_they_are_written() {
        let same =
            [("live", "x"), ("live?user=1", "x?token=2"), ("live/", "mp4:x"), ("", "live/x")];
        for (app, name) in same.into_iter().chain([("live", "x.flv"), ("live", "flv:x.flv")]) {
            assert_eq!(played(app, name, None).as_deref(), Some("live/x"), "{app} {name}");
            assert_eq!(published(app, name, None).as_deref(), Ok("live/x"), "{app} {name}");
        }
        for name in ["?streamname=a", "?streamname=b", ".flv"] {
            assert_eq!(played("live", name, None), Some(format!("live/{name}")));
        }
        assert_eq!(played("live", "aaaé.flv", None).as_deref(), Some("live/aaaé"));
        assert_eq!(played("", "", None), None);
    }

    #[test]
    fn a_name_that_cannot_be_used_is_not_called_one_that_is_in_use() {
        let long = "k".repeat(MAX_PATH + 1);
        for (app, name) in [("", ""), ("live", &long), ("", &long), ("live", &"é/".repeat(999))] {
            assert_eq!(published(app, name, None), Err(BAD_NAME));
        }
        assert!(published("live", &long[..MAX_PATH - 5], None).is_ok());
        let why = to_publish("live", &StreamKey::new(&long), None).unwrap_err();
        assert!(why.description.contains("too long"), "{why:?}");
    }

    #[test]
    fn the_publish_key_is_shown_as_the_stream_key_or_behind_a_name() {
        let cases = [
            ("live", "s3cret", "s3cret", "live/stream"),
            ("live", "s3cret?x=1", "s3cret", "live/stream"),
            ("live/a", "s3cret", "s3cret", "live/a/stream"),
            ("live/s3", "cret", "s3/cret", "live/stream"),
            ("live", "a?b=c", "a?b=c", "live/stream"),
            ("", "s3cret", "s3cret", "stream"),
            ("live", "cam?key=s3cret", "s3cret", "live/cam"),
            ("live", "cam?a=1&key=s%26%C3%A9&b=2", "s&é", "live/cam"),
        ];
        for (app, name, key, path) in cases {
            assert_eq!(published(app, name, Some(key)).as_deref(), Ok(path), "{app} {name}");
        }
        for name in
            ["", "s3cre", "s3crett", "S3CRET", "xs3cret", "cam", "cam?key=", "cam?key=s3", "?", "é"]
        {
            assert_eq!(published("live", name, Some("s3cret")), Err(WRONG_KEY), "{name}");
        }
    }

    #[test]
    fn players_need_no_key_and_may_use_the_publishers_address() {
        assert_eq!(played("live", "stream", Some("s3cret")).as_deref(), Some("live/stream"));
        assert_eq!(played("live", "s3cret", Some("s3cret")).as_deref(), Some("live/stream"));
        assert_eq!(played("live", "cam?key=no", Some("s3cret")).as_deref(), Some("live/cam"));
    }
}

//! What people paste: a server, a key, both at once, in any order and shape, and in
//! the midst of other words.

use super::address::split;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::url::SCHEMES;

/// What stands around things that were copied.
const QUOTES: [char; 7] = ['"', '\'', '<', '>', '“', '”', '`'];

/// What follows an address in a sentence and is no part of it.
const PUNCTUATION: [char; 7] = ['.', ',', ';', ')', ']', '!', '：'];

/// What a label of a stream key holds, as services write it.
const KEY_LABELS: [&str; 14] = [
    "key",
    "schlüssel",
    "clé",
    "clave",
    "chave",
    "chiave",
    "sleutel",
    "nyckel",
    "klucz",
    "ключ",
    "密钥",
    "密鑰",
    "キー",
    "키",
];

/// What a pasted text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// A server address.
    pub server: Option<String>,
    /// A stream key that stood apart.
    pub key: Option<StreamKey>,
}

impl Pasted {
    /// Takes `text` apart. The first word with a scheme and a host is the server. The
    /// key is what follows a label (`Stream key:`), or the only other word there is; in
    /// a sentence there is none.
    pub fn read(text: &str) -> Self {
        let mut words = Words::default();
        let is_alone = text.split_whitespace().nth(1).is_none();
        text.lines().for_each(|line| words.read(line, is_alone));
        let Words { server, key, labelled, plain, .. } = words;
        // Of an address with a key of its own the label has to say that this is another.
        let has_own = server.as_deref().is_some_and(|server| split(server).is_some());
        let labelled = key.or(labelled.filter(|_| !has_own));
        let alone = || if let [word] = plain[..] { Some(word) } else { None };
        Self { server, key: labelled.or_else(alone).map(StreamKey::new) }
    }
}

/// The words of a text, sorted while they are read.
#[derive(Default)]
struct Words<'a> {
    server: Option<String>,
    /// The first word behind a label of a key, and the last behind any other.
    key: Option<&'a str>,
    labelled: Option<&'a str>,
    /// Those without a label.
    plain: Vec<&'a str>,
    /// A label has ended and nothing has followed yet: whether it is a key's.
    label: Option<bool>,
}

impl<'a> Words<'a> {
    fn read(&mut self, line: &'a str, is_alone: bool) {
        // Words that may turn out to be a label, and where the first begins.
        let mut open: Vec<&str> = Vec::new();
        for mut word in line.split_whitespace() {
            if let Some(address) = address_in(word, is_alone) {
                self.server.get_or_insert_with(|| address.to_owned());
                self.plain.append(&mut open);
                self.label = None;
                continue;
            }
            if let Some((end, value)) = after_label(word) {
                open.push(end);
                let label = open.join(" ").to_lowercase();
                self.label = Some(KEY_LABELS.iter().any(|key| label.contains(key)));
                open.clear();
                word = value;
            }
            word = word.trim_matches(QUOTES);
            let is_aside = word.starts_with('(') && word.ends_with(')');
            if is_aside || !word.contains(char::is_alphanumeric) {
                continue;
            }
            match self.label.take() {
                Some(true) if self.key.is_none() => self.key = Some(word),
                Some(_) => self.labelled = Some(word),
                None => open.push(word),
            }
        }
        self.plain.append(&mut open);
    }
}

/// Whether `text` holds a publishing address.
pub fn is_address(text: &str) -> bool {
    text.split_whitespace().any(|word| address_in(word, true).is_some())
}

/// What a text without an address has for the key field, where nobody has said that it
/// is meant for it: a word that is none of a sentence, and in place of another key one
/// that looks like a key.
pub fn key_alone(text: &str, old: &str) -> Option<String> {
    let key = Pasted::read(text).key?;
    let key = key.expose();
    let looks_like_one = key.len() >= 8 && key.contains(|c: char| !c.is_alphabetic());
    let is_place = key.starts_with(['/', '~', '.']) || key.contains(['\\', '@']);
    let fits = !key.contains("://") && !is_place && (old.is_empty() || looks_like_one);
    fits.then(|| key.to_owned())
}

/// The publishing address in `word`, without what stands around it and without a
/// placeholder for the key. One that stands alone may end in a point.
fn address_in(word: &str, is_alone: bool) -> Option<&str> {
    let lower = word.to_ascii_lowercase();
    let start = SCHEMES.iter().filter_map(|scheme| lower.find(scheme)).min()?;
    let mut address = word[start..].trim_end_matches(QUOTES);
    if !is_alone {
        address = address.trim_end_matches(PUNCTUATION).trim_end_matches(QUOTES);
    }
    let host = address.find("://")? + 3;
    let path = host + address[host..].find('/').unwrap_or(address.len() - host);
    let placeholder = ["/{", "/<", "/‹", "/["].iter().filter_map(|mark| address[path..].find(mark));
    address = &address[..placeholder.min().map_or(address.len(), |at| path + at)];
    let has_host = address[host.min(address.len())..].starts_with(|c| !"/?#:".contains(c));
    has_host.then_some(address)
}

/// A word cut where a label ends in it: at a colon with nothing after it, or at one
/// that is wide by itself.
fn after_label(word: &str) -> Option<(&str, &str)> {
    word.rsplit_once('：').or_else(|| word.strip_suffix(':').map(|label| (label, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<String>, Option<String>) {
        let pasted = Pasted::read(text);
        (pasted.server, pasted.key.map(|key| key.expose().to_owned()))
    }

    #[test]
    fn pasted_texts_are_told_apart() {
        let both = (Some("rtmp://h/app".to_owned()), Some("k-1?x=y".to_owned()));
        for text in [
            "rtmp://h/app k-1?x=y",
            "k-1?x=y\nrtmp://h/app\n",
            "Server: rtmp://h/app\r\nStream key: k-1?x=y\r\n",
            "Stream URL : rtmp://h/app\nStream Key : k-1?x=y",
            "服务器地址：rtmp://h/app\n串流密钥：k-1?x=y",
            "<rtmp://h/app>\n\nkey:\nk-1?x=y",
        ] {
            assert_eq!(read(text), both, "{text:?}");
        }
        assert_eq!(read("rtmp://h/app secret").1.as_deref(), Some("secret"));
        assert_eq!(read("  abcdef \n"), (None, Some("abcdef".to_owned())));
        assert_eq!(read("RTMPS://h/a"), (Some("RTMPS://h/a".to_owned()), None));
        assert_eq!(read(" \n"), (None, None));
    }

    #[test]
    fn the_shapes_that_people_have_are_read() {
        let both = (Some("rtmp://h/app".to_owned()), Some("k-1?x=y".to_owned()));
        for text in [
            "Stream key: k-1?x=y Server: rtmp://h/app",
            "Server: rtmp://h/app, Stream key: k-1?x=y",
            "User: bob\nServer: `rtmp://h/app`\nStream key (primary): k-1?x=y\nHave fun",
            "rtmp://h/app/{stream_key}\nk-1?x=y",
            "rtmp://h/app/<key> k-1?x=y (primary)",
        ] {
            assert_eq!(read(text), both, "{text:?}");
        }
        let with_its_key = (Some("rtmp://h/app/key".to_owned()), None);
        for text in [
            "Go to rtmp://h/app/key and press start.",
            "Publish to rtmp://h/app/key.",
            "ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://h/app/key",
            "(rtmp://h/app/key), then wait: it takes a while",
            "rtmp://h/app/key (primary)\nrtmp://h2/app/key (backup)",
            "rtmp://h/app/key rtmps://h2/app/key",
        ] {
            assert_eq!(read(text), with_its_key, "{text:?}");
        }
        let two_parts = (Some("rtmp://h/a/b".to_owned()), Some("key".to_owned()));
        for text in ["rtmp://h/a/b\nkey", "rtmp://h/a/b\nClé de stream :\nkey"] {
            assert_eq!(read(text), two_parts, "{text:?}");
        }
        assert_eq!(read("rtmp://h/app/key.").0.as_deref(), Some("rtmp://h/app/key."), "alone");
        assert_eq!(
            read("rtmp://[::1]:1935/app/key").0.as_deref(),
            Some("rtmp://[::1]:1935/app/key")
        );
        assert_eq!(read("see you tomorrow"), (None, None));
        assert!(
            !is_address("rtmp://") && !is_address("say rtmps:// first") && is_address("rtmp://h")
        );
    }

    #[test]
    fn a_stray_paste_is_no_key() {
        assert_eq!(key_alone(" abcd-efgh\n", ""), Some("abcd-efgh".into()));
        assert_eq!(key_alone("Stream key: abc", ""), Some("abc".into()));
        assert_eq!(key_alone("live_123_abc", "old"), Some("live_123_abc".into()));
        for (text, old) in [
            ("see you tomorrow", ""),
            ("https://example.com/x", ""),
            ("tomorrow", "old-key"),
            ("/home/me/picture.png", ""),
            ("some.person@example.com", ""),
            ("", ""),
        ] {
            assert_eq!(key_alone(text, old), None, "{text}");
        }
    }
}

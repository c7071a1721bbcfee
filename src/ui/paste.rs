//! What people paste: a server, a key, both at once, in any order and shape, and in
//! the midst of other words.

use super::address::split;
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::url::{SCHEMES, is_librtmp_option};

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

/// The same in one word, as it stands before a colon and the key without a space.
const KEY_WORDS: [&str; 5] = ["key", "streamkey", "stream-key", "stream_key", "schlüssel"];

/// What stands between a label and its value, apart from a colon at the label.
const SEPARATORS: [&str; 5] = [":", "=", "-", "–", "→"];

/// What a pasted text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// A server address.
    pub server: Option<String>,
    /// A stream key that stood apart.
    pub key: Option<StreamKey>,
    /// There was more, and it may have meant something.
    pub is_more: bool,
}

impl Pasted {
    /// Takes `text` apart. The first word with a scheme and a host is the server. The
    /// key is what follows a label (`Stream key:`), or the only other word there is; in
    /// a sentence there is none.
    pub fn read(text: &str) -> Self {
        let mut words = Words::default();
        let is_alone = text.split_whitespace().nth(1).is_none();
        text.lines().for_each(|line| words.read(line, is_alone));
        let Words { server, key, labelled, plain, is_option, .. } = words;
        // Of an address with a key of its own the label has to say that this is another.
        let has_own = server.as_deref().is_some_and(|server| split(server).is_some());
        let labelled = key.or(labelled.filter(|_| !has_own));
        let alone = || if let [word] = plain[..] { Some(word) } else { None };
        let is_more = server.is_some() && (is_option || labelled.is_none() && plain.len() > 1);
        Self { server, key: labelled.or_else(alone).map(StreamKey::new), is_more }
    }

    /// The key in what was put into the key field: behind a label, the only word, or all
    /// of it.
    pub fn key_in(text: &str) -> String {
        let mut words = text.split_whitespace();
        if let (Some(word), None) = (words.next(), words.next())
            && after_label(word).is_none()
        {
            return word.to_owned();
        }
        match Self::read(text).key {
            Some(key) => key.expose().to_owned(),
            None => text.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned(),
        }
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
    /// There were options for another program.
    is_option: bool,
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
            if self.server.is_some() && is_librtmp_option(word) {
                self.is_option = true;
                continue;
            }
            if let Some((end, value)) = after_label(word) {
                open.push(end);
                self.label = Some(is_key_label(&open));
                open.clear();
                word = value;
            } else if SEPARATORS.contains(&word) && is_key_label(&open) {
                self.label = Some(true);
                open.clear();
                continue;
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
    let has = |what: fn(char) -> bool| key.contains(what);
    let looks_like_one = key.len() >= 8
        && has(|c| c.is_alphabetic())
        && has(|c| !c.is_alphabetic() && !matches!(c, '-' | '\'' | '.' | ',' | '!' | '?'));
    let is_place = key.starts_with(['/', '~', '.']) || key.contains(['\\', '@']);
    let fits = !key.contains("://") && !is_place && !is_file(key) && !is_date(key);
    (fits && (old.is_empty() || looks_like_one)).then(|| key.to_owned())
}

/// Whether it ends like the name of a file.
fn is_file(word: &str) -> bool {
    let Some((name, end)) = word.rsplit_once('.') else { return false };
    let is_ending = (1..=5).contains(&end.len()) && end.chars().all(|c| c.is_ascii_alphanumeric());
    !name.is_empty() && is_ending && end.contains(|c: char| c.is_ascii_alphabetic())
}

/// Whether it is a date, a time, a version or a telephone number.
fn is_date(word: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    let parts: Vec<&str> = word.split(['-', '/', '.', ':', 'T', '+']).collect();
    let is_number =
        |part: &&str| part.len() <= 4 && part.trim_end_matches('Z').chars().all(is_digit);
    parts.len() > 1 && parts.iter().all(is_number)
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

/// Whether these words name a key.
fn is_key_label(words: &[&str]) -> bool {
    let label = words.join(" ").to_lowercase();
    KEY_LABELS.iter().any(|key| label.contains(key))
}

/// A word cut where a label ends in it: at a colon with nothing after it, at one that is
/// wide by itself, or behind a word for a key.
fn after_label(word: &str) -> Option<(&str, &str)> {
    let is_key = |label: &str| KEY_WORDS.contains(&label.to_lowercase().as_str());
    let cut = word.split_once(':').filter(|(label, value)| is_key(label) && !value.is_empty());
    cut.or_else(|| word.rsplit_once('：'))
        .or_else(|| word.strip_suffix(':').map(|label| (label, "")))
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
            "URL: rtmp://h/app\nStream key:k-1?x=y",
            "Server:rtmp://h/app Key:k-1?x=y",
            "Server = rtmp://h/app\nStream key = k-1?x=y",
            "Server - rtmp://h/app\nStream Key - k-1?x=y",
            "stream-key:k-1?x=y rtmp://h/app",
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
    fn what_is_left_out_is_known() {
        for (text, is_more) in [
            ("rtmp://h/app/key", false),
            ("rtmp://h/app k-1", false),
            ("Server: rtmp://h/app\nStream key: k-1", false),
            ("rtmp://h/app/my secret key", true),
            ("rtmp://h/app/key live=1", true),
            ("rtmp://h/app/key swfUrl=x playpath=y live=1", true),
        ] {
            assert_eq!(Pasted::read(text).is_more, is_more, "{text}");
        }
        assert_eq!(read("rtmp://h/app/key live=1").1, None, "an option is no key");
    }

    #[test]
    fn a_key_field_takes_all_that_may_be_a_key() {
        for key in
            ["a@b", "a\\b", "#a#b", "!a!", "50%", "ключ", "two words", "a:b", "mykey:1", "a/b"]
        {
            assert_eq!(Pasted::key_in(key), key);
            assert_eq!(Pasted::key_in(&format!(" {key}\r\n")), key);
        }
        for text in
            ["Stream key: abc", "Stream key:abc", "key:abc", "abc (primary)", "Key\nkey: abc"]
        {
            assert_eq!(Pasted::key_in(text), "abc", "{text}");
        }
        assert_eq!(Pasted::key_in("first line\nsecond line"), "first line second line");
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
            ("well-known", "old-key"),
            ("don't-worry!", "old-key"),
            ("report.pdf", ""),
            ("holiday_2024_final.mp4", ""),
            ("2024-05-01", ""),
            ("2024-05-01T10:20:30Z", ""),
            ("10:20", ""),
            ("1.2.3", ""),
            ("C:\\Users\\me\\key.txt", ""),
            ("12:03:44 ERROR connection lost", ""),
            ("15551234567", "old-key"),
            ("/home/me/picture.png", ""),
            ("some.person@example.com", ""),
            ("", ""),
        ] {
            assert_eq!(key_alone(text, old), None, "{text}");
        }
    }
}

//! The destination's fields while they are edited.

use super::address::{self, Pasted};
use super::secrets::Kept;
use crate::protocol::rtmp::url::RtmpUrl;
use crate::settings::{SecretKind, Server, Service};

/// So many characters at once were pasted, not typed.
const PASTED: usize = 6;

/// The text of the fields. It prints without key and password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Server address.
    pub server: String,
    /// Stream key.
    pub key: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
    /// Path of a certificate file.
    pub ca_file: String,
    /// The address that the key was cut from, while the key may turn out to be
    /// a part of the server's path.
    pub whole: Option<String>,
    loaded: Option<Box<Draft>>,
}

impl Draft {
    /// The fields of `service` as they were left.
    pub fn load(service: &Service, server: &Server, kept: Option<&Kept>) -> Self {
        if service.is_this_computer() {
            return Self::default();
        }
        let secret = |kind| kept.and_then(|kept| kept.get(kind)).map(|secret| secret.expose());
        let address = match server.address.as_str() {
            "" => service.default_address(),
            address => address,
        };
        let mut draft = Self {
            server: match secret(SecretKind::Query) {
                Some(query) if !address.contains('?') => format!("{address}?{query}"),
                _ => address.to_owned(),
            },
            key: secret(SecretKind::Key).unwrap_or_default().to_owned(),
            user: server.user.clone(),
            password: secret(SecretKind::Password).unwrap_or_default().to_owned(),
            ca_file: server.ca_file.clone(),
            whole: None,
            loaded: None,
        };
        draft.settle();
        draft
    }

    /// Whether the person has changed anything since it was loaded.
    pub fn is_touched(&self) -> bool {
        match &self.loaded {
            Some(loaded) => Self { loaded: None, ..self.clone() } != **loaded,
            None => *self != Self::default(),
        }
    }

    /// What is in the fields now is known to those who keep it.
    pub fn settle(&mut self) {
        self.loaded = None;
        self.loaded = Some(Box::new(self.clone()));
    }

    /// The address in what was inserted at once into the server field to make
    /// `text`, if there is one.
    pub fn pasted_address(&self, text: &str) -> Option<String> {
        let inserted = inserted(&self.server, text);
        let pasted = inserted.chars().count() >= PASTED && address::is_address(text);
        // An address that was pasted in parts is read as a whole.
        pasted.then(|| if address::is_address(inserted) { inserted } else { text }.to_owned())
    }

    /// What was inserted into the key field to make `text`.
    pub fn inserted_key<'a>(&self, text: &'a str) -> &'a str {
        let inserted = inserted(&self.key, text);
        if address::is_address(inserted) { inserted } else { text }
    }

    /// The key field's text is `text`.
    pub fn set_key(&mut self, text: String) {
        let pasted = inserted(&self.key, &text);
        let replaced = pasted.chars().count() >= PASTED && !self.key.is_empty();
        match self.whole.take() {
            // What was taken for the key was a part of the server's path.
            Some(whole) if replaced || text.chars().count() <= 1 => {
                self.key = if replaced { pasted.to_owned() } else { text };
                self.server = whole;
            }
            _ if text.contains(char::is_whitespace) => {
                let pasted = Pasted::read(&text);
                self.key = pasted.key.map(|key| key.expose().to_owned()).unwrap_or_default();
            }
            _ => self.key = text,
        }
    }

    /// Takes a pasted server, and its key where one came along.
    pub fn take(&mut self, pasted: Pasted) {
        if let Some(server) = pasted.server {
            let cut = if pasted.key.is_none() { address::split(&server) } else { None };
            match cut {
                Some((address, key)) => {
                    self.server = address;
                    key.expose().clone_into(&mut self.key);
                    self.whole = Some(server);
                }
                None => {
                    self.server = server;
                    self.whole = None;
                }
            }
            self.take_user();
        }
        if let Some(key) = pasted.key {
            key.expose().clone_into(&mut self.key);
        }
    }

    /// Moves user and password from the address into their fields, where the
    /// password is masked.
    fn take_user(&mut self) {
        let Ok(url) = RtmpUrl::parse(&self.server) else { return };
        let Some(credentials) = url.credentials() else { return };
        self.user.clone_from(&credentials.user);
        credentials.password.expose().clone_into(&mut self.password);
        url.tc_url().clone_into(&mut self.server);
        self.whole = None;
    }
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Draft(…)")
    }
}

/// The part of `new` that is not in `old`, if one part was inserted.
fn inserted<'a>(old: &str, new: &'a str) -> &'a str {
    let same = |(a, b): &(char, char)| a == b;
    let start: usize =
        old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old, new) = (&old[start..], &new[start..]);
    let end: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    &new[..new.len() - end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_inserted_is_found() {
        assert_eq!(inserted("", "abc"), "abc");
        assert_eq!(inserted("ad", "abcd"), "bc");
        assert_eq!(inserted("xyz", "abc"), "abc");
        assert_eq!(inserted("é", "éè"), "è");
        assert_eq!(inserted("aa", "aaa"), "a");
        assert_eq!(inserted("abc", "ab"), "");
    }

    #[test]
    fn a_key_that_was_cut_off_goes_back_when_another_comes() {
        let mut draft = Draft::default();
        draft.take(Pasted::read("rtmp://h/app/instance"));
        assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", "instance"));
        draft.set_key("key-that-was-pasted".into());
        assert_eq!(draft.server, "rtmp://h/app/instance");
        assert_eq!(draft.key, "key-that-was-pasted");
    }

    #[test]
    fn a_key_that_was_cut_off_can_be_mended() {
        let mut draft = Draft::default();
        draft.take(Pasted::read("rtmp://h/app/ev3nt"));
        draft.set_key("event".into());
        assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", "event"));
    }

    #[test]
    fn user_and_password_go_to_their_fields() {
        let mut draft = Draft::default();
        draft.take(Pasted::read("rtmp://ann:s%40crt@h/app/key"));
        assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", "key"));
        assert_eq!((draft.user.as_str(), draft.password.as_str()), ("ann", "s@crt"));
    }

    #[test]
    fn it_prints_nothing() {
        let draft = Draft { key: "marker".into(), ..Draft::default() };
        assert!(!format!("{draft:?}").contains("marker"));
    }
}

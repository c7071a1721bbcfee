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
    /// The server's address as it was loaded, to which a remembered token belongs.
    left: String,
    /// The server's address before it was typed at.
    before: String,
    loaded: Option<Box<Draft>>,
}

impl Draft {
    /// The fields of `service` as they were left.
    pub fn load(service: &Service, server: &Server, kept: Option<&Kept>) -> Self {
        if service.is_this_computer() {
            return Self::default();
        }
        let address = match server.address.as_str() {
            "" => service.default_address(),
            address => address,
        };
        let mut draft = Self {
            server: address.to_owned(),
            user: server.user.clone(),
            ca_file: server.ca_file.clone(),
            left: address.to_owned(),
            before: address.to_owned(),
            ..Self::default()
        };
        if let Some(kept) = kept {
            draft.fill(kept);
        }
        draft.settle();
        draft
    }

    /// Takes a service's secrets. A token goes to the address that it belongs to,
    /// and to no other that was entered meanwhile.
    pub fn fill(&mut self, kept: &Kept) {
        let secret = |kind| kept.get(kind).map(|secret| secret.expose());
        self.key = secret(SecretKind::Key).unwrap_or_default().to_owned();
        self.password = secret(SecretKind::Password).unwrap_or_default().to_owned();
        if let Some(query) = secret(SecretKind::Query)
            && self.server == self.left
            && !self.server.contains('?')
        {
            self.server = address::rejoined(&self.server, query);
        }
        self.settle();
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
        self.key = match text.contains(char::is_whitespace) {
            true => Pasted::read(&text).key.map(|key| key.expose().to_owned()).unwrap_or_default(),
            false => text,
        };
    }

    /// Takes a pasted server, and its key where one came along.
    pub fn take(&mut self, pasted: Pasted) {
        if let Some(server) = pasted.server {
            let cut = if pasted.key.is_none() { address::split(&server) } else { None };
            match cut {
                Some((address, key)) => {
                    self.server = address;
                    key.expose().clone_into(&mut self.key);
                }
                None => self.server = server,
            }
            self.take_user();
            self.leave_server();
        }
        if let Some(key) = pasted.key {
            key.expose().clone_into(&mut self.key);
        }
    }

    /// The server field is left. Gives the address that was there before it was
    /// typed at.
    pub fn leave_server(&mut self) -> String {
        std::mem::replace(&mut self.before, self.server.clone())
    }

    /// Empties what belongs to the server that was entered before.
    pub fn forget(&mut self) {
        self.key.clear();
        self.user.clear();
        self.password.clear();
    }

    /// Moves user and password from the address into their fields, where the
    /// password is masked.
    fn take_user(&mut self) {
        let Ok(url) = RtmpUrl::parse(&self.server) else { return };
        let Some(credentials) = url.credentials() else { return };
        self.user.clone_from(&credentials.user);
        credentials.password.expose().clone_into(&mut self.password);
        url.tc_url().clone_into(&mut self.server);
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
    fn a_key_that_was_cut_off_never_goes_back_into_the_address() {
        for next in ["a-key-that-was-pasted", "", "e", "old-secret-kez"] {
            let mut draft = Draft::default();
            draft.take(Pasted::read("rtmp://h/app/old-secret-key"));
            assert_eq!(draft.key, "old-secret-key");
            draft.set_key(next.into());
            assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", next));
        }
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

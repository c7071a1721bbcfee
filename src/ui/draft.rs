//! The destination's fields while they are edited.

use super::address;
use super::former::{Entries, Former};
use super::paste::{self, Pasted};
use super::proxy;
use super::secrets::Kept;
use crate::protocol::rtmp::key::Secret;
use crate::protocol::rtmp::url::RtmpUrl;
use crate::settings::{SecretKind, Server, Service};

/// What a field holds after a change. It prints without that.
#[derive(Clone, PartialEq, Eq)]
pub struct Entered {
    /// All of it.
    pub text: String,
    /// What was put in at once, as it was, with its line ends; `None`: it was typed.
    pub pasted: Option<String>,
}

impl Entered {
    /// All of it was put in at once.
    pub fn pasted(text: String) -> Self {
        Self { pasted: Some(text.clone()), text }
    }

    /// The address that came with a paste, or that it has completed. One that is being
    /// typed is left alone until the field is.
    pub fn pasted_address(&self) -> Option<&str> {
        let pasted = self.pasted.as_deref()?;
        [pasted, &self.text].into_iter().find(|text| paste::is_address(text))
    }
}

impl std::fmt::Debug for Entered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entered(…)")
    }
}

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
    /// Address of a proxy.
    pub proxy: String,
    /// Password at the proxy.
    pub proxy_password: String,
    /// The server takes no key.
    pub no_key: bool,
    /// The server field holds something else than an address, which may be a secret.
    pub is_veiled: bool,
    /// What was there before.
    pub former: Former,
    /// The end of a whole address that was taken for its key, and may be the end of the
    /// application: another key says so.
    cut: Option<String>,
    /// The key was entered since the fields were loaded.
    is_key_new: bool,
    /// The address is typed in the place of another service's: nobody has seen yet which
    /// key was remembered here.
    pub is_elsewhere: bool,
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
            proxy: server.proxy.clone(),
            no_key: server.no_key,
            left: address.to_owned(),
            before: address.to_owned(),
            ..Self::default()
        };
        if let Some(kept) = kept {
            draft.fill(kept);
        }
        draft.hold();
        draft.settle();
        draft
    }

    /// Takes a service's secrets. A token goes to the address that it belongs to,
    /// and to no other that was entered meanwhile.
    pub fn fill(&mut self, kept: &Kept) {
        let secret = |kind| kept.get(kind).map(|secret| secret.expose());
        self.key = secret(SecretKind::Key).unwrap_or_default().to_owned();
        self.password = secret(SecretKind::Password).unwrap_or_default().to_owned();
        self.proxy_password = secret(SecretKind::Proxy).unwrap_or_default().to_owned();
        if let Some(query) = secret(SecretKind::Query)
            && self.server == self.left
            && !self.server.contains('?')
        {
            self.server = address::rejoined(&self.server, query);
            self.before.clone_from(&self.server);
        }
        self.former.remember(kept.get(SecretKind::Former));
        self.hold();
        self.settle();
    }

    /// What the fields hold that has a way back.
    pub fn entries(&self) -> Entries {
        Entries {
            server: self.server.clone(),
            key: self.key.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
        }
    }

    /// What was entered is noted, all at once (`whole`) or a letter of it.
    pub fn note(&mut self, service: &Service, whole: bool) {
        let now = self.entries();
        self.former.note(now, service, whole);
    }

    /// What is in the fields is complete.
    fn hold(&mut self) {
        let now = self.entries();
        self.former.hold(now);
    }

    /// A stream is live with what is in the fields: it needs no way back.
    pub fn confirm(&mut self) {
        let now = self.entries();
        self.former.confirm(now);
        self.cut = None;
    }

    /// What was there before is there again.
    pub fn put_back(&mut self) {
        let Some(Entries { server, key, user, password }) = self.former.take() else { return };
        (self.server, self.key, self.user, self.password) = (server, key, user, password);
        (self.cut, self.is_veiled) = (None, false);
        self.leave_server();
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

    /// The key field's text is `text`, letter by letter.
    pub fn set_key(&mut self, text: String) {
        self.is_key_new = true;
        self.key = text;
        if self.key.is_empty() {
            self.former.forget();
        }
    }

    /// The key field's text was put in at once.
    pub fn paste_key(&mut self, text: &str) {
        self.set_key(Pasted::key_in(text));
        self.join_cut();
    }

    /// The key field is left.
    pub fn leave_key(&mut self) {
        self.join_cut();
        self.hold();
    }

    /// A key beside the one that was cut off the address: what was cut off is the end of
    /// the application. One that the first was only changed into is not.
    fn join_cut(&mut self) {
        let Some(end) = self.cut.take_if(|end| *end != self.key) else { return };
        let is_its_own = end.starts_with(&self.key) || self.key.starts_with(&end);
        if !is_its_own {
            self.server = format!("{}/{end}", self.server);
            self.leave_server();
        }
    }

    /// Takes a server that was put in, or is complete, and its key where one came along.
    pub fn take(&mut self, pasted: Pasted, is_same_server: bool) {
        if let Some(server) = pasted.server {
            let cut = if pasted.key.is_none() { address::split(&server) } else { None };
            self.cut = None;
            self.is_elsewhere = false;
            match cut {
                Some((address, key)) => {
                    let end = address::may_be_application(&server, &key).then(|| key.clone());
                    let waits = self.is_key_new && self.former_server().is_empty();
                    if end.is_some() && !self.key.is_empty() && (waits || is_same_server) {
                        // The key is there, so this is none.
                        self.server = server;
                    } else {
                        self.server = address;
                        key.expose().clone_into(&mut self.key);
                        self.cut = end.map(|end| end.expose().to_owned());
                    }
                }
                None => self.server = server,
            }
            self.is_veiled = false;
            self.take_user();
            self.leave_server();
        }
        if let Some(key) = pasted.key {
            key.expose().clone_into(&mut self.key);
        }
    }

    /// The server's address before this one.
    fn former_server(&self) -> &str {
        self.former.held().server.trim()
    }

    /// The server field is left. Gives the address that was there before it was
    /// typed at.
    pub fn leave_server(&mut self) -> String {
        std::mem::replace(&mut self.before, self.server.clone())
    }

    /// The server's address before it was typed at.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// Empties what belongs to the server that was entered before.
    pub fn forget(&mut self) {
        self.key.clear();
        self.user.clear();
        self.password.clear();
    }

    /// The proxy field is left: its password moves to the field where it is masked.
    pub fn settle_proxy(&mut self) {
        let (address, password) = proxy::split(&self.proxy);
        self.proxy = address;
        if let Some(password) = password {
            self.proxy_password = password;
        }
    }

    /// The proxy's address with the password; `None` where none is entered.
    pub fn whole_proxy(&self) -> Option<Secret> {
        let (address, typed) = proxy::split(&self.proxy);
        let password = typed.as_deref().unwrap_or(&self.proxy_password);
        (!address.is_empty()).then(|| Secret::new(&proxy::joined(&address, password)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_cut_off_never_goes_back_into_the_address() {
        for next in ["a-key-that-was-pasted", "", "e", "old-secret-kez"] {
            let mut draft = Draft::default();
            draft.take(Pasted::read("rtmp://h/app/old-secret-key"), false);
            assert_eq!(draft.key, "old-secret-key");
            draft.set_key(next.into());
            draft.leave_key();
            assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", next));
        }
    }

    #[test]
    fn user_and_password_go_to_their_fields() {
        let mut draft = Draft::default();
        draft.take(Pasted::read("rtmp://ann:s%40crt@h/app/key"), false);
        assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", "key"));
        assert_eq!((draft.user.as_str(), draft.password.as_str()), ("ann", "s@crt"));
    }

    #[test]
    fn a_key_after_a_server_leaves_its_application_whole() {
        for (server, key) in [
            ("rtmp://h/app/inst", "k"),
            ("rtmp://h/v2/pub", "key-1?x=y"),
            ("rtmp://h/live/_definst_", "live_123_abc"),
            ("rtmp://h:1936/live/event2024/", "a/b#c"),
        ] {
            let mut pasted = Draft::default();
            pasted.take(Pasted::read(server), false);
            pasted.paste_key(key);
            let mut typed = Draft::default();
            typed.take(Pasted::read(server), false);
            for end in 1..=key.len() {
                typed.set_key(key[..end].into());
            }
            typed.leave_key();
            let mut first = Draft::default();
            first.paste_key(key);
            first.take(Pasted::read(server), false);
            for draft in [pasted, typed, first] {
                let whole = server.trim_end_matches('/');
                assert_eq!(draft.server.trim_end_matches('/'), whole);
                assert_eq!(draft.key, key, "{server}");
            }
        }
    }

    #[test]
    fn a_key_that_is_mended_after_it_was_cut_off_stays_one() {
        for key in ["inst2", "ins", "", "inst"] {
            let mut draft = Draft::default();
            draft.take(Pasted::read("rtmp://h/app/inst"), false);
            draft.set_key(key.into());
            draft.leave_key();
            assert_eq!((draft.server.as_str(), draft.key.as_str()), ("rtmp://h/app", key));
        }
    }

    #[test]
    fn what_is_typed_into_the_key_stays() {
        let mut draft = Draft::default();
        for text in ["abc", "abc ", "abc d", "abc def"] {
            draft.set_key(text.into());
            assert_eq!(draft.key, text);
        }
    }

    #[test]
    fn it_prints_nothing() {
        let draft = Draft { key: "marker".into(), ..Draft::default() };
        assert!(!format!("{draft:?}").contains("marker"));
    }
}

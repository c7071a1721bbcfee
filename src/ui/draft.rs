//! The destination's fields while they are edited.

use super::address;
use super::paste::{self, Pasted};
use super::proxy;
use super::secrets::Kept;
use crate::protocol::rtmp::key::{Secret, StreamKey};
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
        self.proxy_password = secret(SecretKind::Proxy).unwrap_or_default().to_owned();
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

    /// The key field's text is `text`.
    pub fn set_key(&mut self, text: String) {
        let longest = || text.split_whitespace().max_by_key(|word| word.len()).map(StreamKey::new);
        self.key = match text.contains(char::is_whitespace) {
            true => {
                let key = Pasted::read(&text).key.or_else(longest);
                key.map(|key| key.expose().to_owned()).unwrap_or_default()
            }
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

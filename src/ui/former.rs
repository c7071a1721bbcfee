//! The way back from what took the place of something entered: a key, an address, a
//! user and a password.
//!
//! What was there is kept beside what is there now, in the keyring too, until a stream
//! was live with the new, or the person puts the former back.

use crate::protocol::rtmp::key::Secret;
use crate::settings::Service;

/// More of them nobody wants back.
const MOST: usize = 8;

/// Some keyrings take no longer secrets, in bytes.
const LONGEST: usize = 2_000;

/// The destination's fields at one time. It prints without them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// Server address.
    pub server: String,
    /// Stream key.
    pub key: String,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Entries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entries(…)")
    }
}

impl Entries {
    /// Whether something of it is not in `now` any more. An address that `service`
    /// offers can be chosen again.
    fn is_lost(&self, now: &Self, service: &Service) -> bool {
        let is_offered = service.servers.iter().any(|choice| choice.address == self.server);
        let is_gone = |was: &str, is: &str| !was.is_empty() && was != is;
        is_gone(&self.key, &now.key)
            || is_gone(&self.password, &now.password)
            || is_gone(&self.server, &now.server) && !is_offered
    }
}

/// What has a way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The key, or the password.
    Key,
    /// The address, with all that belongs to it.
    Address,
}

/// What was there before, the latest last. It prints none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Former {
    replaced: Vec<Entries>,
    /// What the fields held when they were left.
    held: Entries,
    /// The last one was replaced by what is being typed.
    is_open: bool,
    /// Keys that the person took out of their field: none is kept for another start.
    forgotten: Vec<String>,
}

impl Former {
    /// The fields hold something else now: all of it put in at once (`whole`), or letter
    /// by letter.
    pub fn note(&mut self, now: Entries, service: &Service, whole: bool) {
        match (self.held.is_lost(&now, service), self.is_open) {
            (true, false) => {
                self.push(self.held.clone());
                self.is_open = true;
            }
            (false, true) => {
                self.replaced.pop();
                self.is_open = false;
            }
            _ => {}
        }
        if whole {
            self.hold(now);
        }
    }

    /// What the fields hold is complete.
    pub fn hold(&mut self, now: Entries) {
        self.replaced.retain(|entries| *entries != now);
        self.held = now;
        self.is_open = false;
    }

    /// What the fields held when they were left.
    pub fn held(&self) -> &Entries {
        &self.held
    }

    /// The key field was emptied.
    pub fn forget(&mut self) {
        let keys = self.replaced.iter().chain([&self.held]).map(|entries| &entries.key);
        self.forgotten = keys.filter(|key| !key.is_empty()).cloned().collect();
    }

    /// The new has proved itself.
    pub fn confirm(&mut self, now: Entries) {
        *self = Self { held: now, ..Self::default() };
    }

    /// What was there last, unless its successor is still being typed.
    pub fn last(&self) -> Option<&Entries> {
        self.replaced.last().filter(|_| !self.is_open)
    }

    /// The same, which is not there any more afterwards.
    pub fn take(&mut self) -> Option<Entries> {
        let last = if self.is_open { None } else { self.replaced.pop() }?;
        self.hold(last.clone());
        Some(last)
    }

    /// All of it that must not be seen.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.replaced.iter().flat_map(|entries| [entries.key.as_str(), &entries.password])
    }

    /// What an earlier start has kept goes before what came since.
    pub fn remember(&mut self, kept: Option<&Secret>) {
        let mut earlier = kept.map(|kept| read(kept.expose())).unwrap_or_default();
        earlier.retain(|entries| !self.replaced.contains(entries));
        self.replaced.splice(..0, earlier);
        self.limit();
    }

    /// A remembered key came when there was another in its field already.
    pub fn outrun(&mut self, entries: Entries) {
        if !self.replaced.contains(&entries) {
            self.replaced.insert(0, entries);
        }
        self.limit();
    }

    /// For the keyring, as many of the latest as it takes.
    pub fn kept(&self) -> String {
        let is_kept = |entries: &&Entries| !self.forgotten.contains(&entries.key);
        let all: Vec<_> = self.replaced.iter().filter(is_kept).map(list).collect();
        let mut texts = (0..all.len()).filter_map(|from| serde_json::to_string(&all[from..]).ok());
        texts.find(|text| text.len() <= LONGEST).unwrap_or_default()
    }

    fn push(&mut self, entries: Entries) {
        self.replaced.retain(|other| *other != entries);
        self.replaced.push(entries);
        self.limit();
    }

    fn limit(&mut self) {
        let over = self.replaced.len().saturating_sub(MOST);
        self.replaced.drain(..over);
    }
}

fn list(entries: &Entries) -> [&str; 4] {
    [&entries.server, &entries.key, &entries.user, &entries.password]
}

/// What [`Former::kept`] has written, as far as it can be read.
fn read(text: &str) -> Vec<Entries> {
    let lists: Vec<[String; 4]> = serde_json::from_str(text).unwrap_or_default();
    let entries =
        |[server, key, user, password]: [String; 4]| Entries { server, key, user, password };
    lists.into_iter().map(entries).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Services;

    fn entries(server: &str, key: &str) -> Entries {
        Entries { server: server.into(), key: key.into(), ..Entries::default() }
    }

    fn custom() -> &'static Service {
        Services::built_in().get(Services::CUSTOM)
    }

    fn holding(key: &str) -> Former {
        let mut former = Former::default();
        former.hold(entries("rtmp://h/app", key));
        former
    }

    #[test]
    fn each_replacement_can_be_taken_back_in_turn() {
        let mut former = holding("one");
        former.note(entries("rtmp://h/app", "two"), custom(), true);
        former.note(entries("rtmp://other/app", "two"), custom(), true);
        assert_eq!(former.take(), Some(entries("rtmp://h/app", "two")));
        assert_eq!(former.take(), Some(entries("rtmp://h/app", "one")));
        assert_eq!(former.take(), None);
    }

    #[test]
    fn what_is_typed_is_one_replacement() {
        let mut former = holding("one");
        for key in ["t", "tw", "two"] {
            former.note(entries("rtmp://h/app", key), custom(), false);
            assert_eq!(former.last(), None, "it is not complete");
            assert!(former.kept().contains("one"), "the window may close now");
        }
        former.hold(entries("rtmp://h/app", "two"));
        assert_eq!(former.take(), Some(entries("rtmp://h/app", "one")));
        // Typed away and back again is none at all.
        former.note(entries("rtmp://h/app", "on"), custom(), false);
        former.note(entries("rtmp://h/app", "one"), custom(), false);
        former.hold(entries("rtmp://h/app", "one"));
        assert_eq!(former.take(), None);
    }

    #[test]
    fn what_is_added_or_offered_is_no_loss() {
        let mut former = holding("");
        former.note(entries("rtmp://h/app", "one"), custom(), true);
        assert_eq!(former.last(), None);
        let twitch = Services::built_in().get("twitch");
        former.hold(entries(twitch.default_address(), "one"));
        former.note(entries("rtmp://live-fra.twitch.tv/app", "one"), twitch, true);
        assert_eq!(former.last(), None);
    }

    #[test]
    fn another_start_remembers_it_unless_the_key_was_to_be_forgotten() {
        let mut former = holding("one \"quoted\" ключ");
        former.note(entries("rtmp://h/app", "two"), custom(), true);
        let kept = Secret::new(&former.kept());
        let mut next = holding("two");
        next.remember(Some(&kept));
        assert_eq!(next.kept(), kept.expose());
        assert_eq!(next.take(), Some(entries("rtmp://h/app", "one \"quoted\" ключ")));
        former.forget();
        former.note(entries("rtmp://h/app", ""), custom(), true);
        assert_eq!(former.kept(), "");
        former.note(entries("rtmp://h/app", "three"), custom(), true);
        former.note(entries("rtmp://h/app", "four"), custom(), true);
        assert!(former.kept().contains("three") && !former.kept().contains("two"));
        for text in ["", "{}", "[[1]]", "[[\"a\"]]", "rubbish"] {
            next.remember(Some(&Secret::new(text)));
            assert_eq!(next.take(), None, "{text}");
        }
    }

    #[test]
    fn it_is_bounded_and_prints_nothing() {
        let mut former = holding(&"marker".repeat(100));
        for number in 0..100 {
            let key = format!("{number}{}", "marker".repeat(100));
            former.note(entries("rtmp://h/app", &key), custom(), true);
        }
        assert_eq!(former.replaced.len(), MOST);
        assert!(former.kept().len() <= LONGEST && former.kept().contains("98marker"));
        assert!(!format!("{former:?}").contains("marker"));
    }
}

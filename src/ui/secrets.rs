//! A thread of its own for the keyring, which may wait for a person.

use std::collections::HashMap;
use std::iter;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Repaint;
use crate::protocol::rtmp::key::Secret;
use crate::settings::{SecretKind, SecretName, Secrets, VaultPlace};
use crate::supervise::{self, Fate};

/// The secrets of one service. It prints none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept(HashMap<SecretKind, Secret>);

impl Kept {
    /// One of them.
    pub fn get(&self, kind: SecretKind) -> Option<&Secret> {
        self.0.get(&kind)
    }

    /// Sets or removes one of them.
    pub fn set(&mut self, kind: SecretKind, secret: Option<Secret>) {
        match secret {
            Some(secret) => drop(self.0.insert(kind, secret)),
            None => drop(self.0.remove(&kind)),
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Secret> {
        self.0.values()
    }
}

/// What a person changed of one service's secrets: the new ones, and `None` for
/// those that are to be forgotten. What is not in it stays as it is kept. It
/// prints none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(HashMap<SecretKind, Option<Secret>>);

impl Changes {
    /// What makes `after` of `before`.
    pub fn between(before: &Kept, after: &Kept) -> Self {
        let changed = |kind: &SecretKind| before.get(*kind) != after.get(*kind);
        let kinds = SecretKind::ALL.into_iter().filter(changed);
        Self(kinds.map(|kind| (kind, after.get(kind).cloned())).collect())
    }

    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds later changes.
    pub fn follow(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Makes the same changes in `kept`.
    pub fn apply(&self, kept: &mut Kept) {
        for (kind, secret) in &self.0 {
            kept.set(*kind, secret.clone());
        }
    }
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Where secrets are kept.
    Place(VaultPlace),
    /// A service's secrets.
    Loaded(String, Kept),
    /// It did not work, and why.
    Failed(String),
    /// These changes of a service's secrets were not kept, and why: they are to be
    /// handed over again.
    NotKept(String, Changes, String),
}

enum Request {
    Load(String),
    Keep(String, Changes),
    /// Says when all before it is done.
    Flush(Sender<()>),
}

/// The window's end of the keyring's thread.
#[derive(Debug)]
pub struct Keeper {
    requests: Sender<Request>,
    answers: Receiver<Answer>,
    fate: Fate,
}

impl Keeper {
    /// More than these wait for a keyring that waits for a person.
    const REQUESTS: usize = 16;

    /// Starts the thread. `open` finds the keyring and may take its time.
    pub fn start(
        open: impl FnOnce() -> Secrets + Send + 'static,
        repaint: Repaint,
    ) -> std::io::Result<Self> {
        let (requests, requested) = bounded(Self::REQUESTS);
        let (answering, answers) = bounded(Self::REQUESTS);
        let thread = supervise::spawn("keyring", move || {
            let answer = |answer| {
                // A full channel: the window is not looking any more.
                _ = answering.try_send(answer);
                repaint();
            };
            serve(&requested, open, &answer);
        })?;
        Ok(Self { requests, answers, fate: thread.fate() })
    }

    /// Secrets in the settings folder, or in the keyring.
    pub fn in_folder(folder: Option<PathBuf>, repaint: Repaint) -> std::io::Result<Self> {
        let folder = folder.unwrap_or_default();
        Self::start(move || Secrets::open(&folder), repaint)
    }

    /// Whether its thread was ended by a panic: nothing is kept any more.
    pub fn has_panicked(&self) -> bool {
        self.fate.has_panicked()
    }

    /// Asks for a service's secrets; `false` if too much waits already.
    pub fn load(&self, service: &str) -> bool {
        self.requests.try_send(Request::Load(service.to_owned())).is_ok()
    }

    /// Keeps what was changed of a service's secrets; `false` if too much waits
    /// already.
    pub fn keep(&self, service: &str, changes: Changes) -> bool {
        self.requests.try_send(Request::Keep(service.to_owned(), changes)).is_ok()
    }

    /// What came since the last call.
    pub fn answers(&self) -> impl Iterator<Item = Answer> + '_ {
        self.answers.try_iter()
    }

    /// Waits until all that was asked is done, but not longer than `longest`.
    pub fn flush(&self, longest: std::time::Duration) {
        let (done, waiting) = bounded(1);
        if self.requests.try_send(Request::Flush(done)).is_ok() {
            _ = waiting.recv_timeout(longest);
        }
    }
}

fn serve(requests: &Receiver<Request>, open: impl FnOnce() -> Secrets, answer: &dyn Fn(Answer)) {
    // Not before it is needed: a keyring's service may have to be started.
    let Ok(first) = requests.recv() else { return };
    let mut secrets = open();
    let mut place = secrets.place();
    answer(Answer::Place(place.clone()));
    for request in iter::once(first).chain(requests.iter()) {
        match request {
            Request::Load(service) => answer(load(&mut secrets, service)),
            Request::Keep(service, changes) => {
                if let Err(words) = keep(&mut secrets, &service, &changes) {
                    answer(Answer::NotKept(service, changes, words));
                }
            }
            Request::Flush(done) => drop(done.try_send(())),
        }
        // A keyring that fails leaves what is entered to the file.
        if place != secrets.place() {
            place = secrets.place();
            answer(Answer::Place(place.clone()));
        }
    }
}

fn load(secrets: &mut Secrets, service: String) -> Answer {
    let mut kept = Kept::default();
    for kind in SecretKind::ALL {
        match secrets.read(&SecretName { service: service.clone(), kind }) {
            Ok(secret) => kept.set(kind, secret),
            Err(error) => return Answer::Failed(super::text::key_not_read(&error.to_string())),
        }
    }
    Answer::Loaded(service, kept)
}

fn keep(secrets: &mut Secrets, service: &str, changes: &Changes) -> Result<(), String> {
    let changed = SecretKind::ALL.iter().filter_map(|kind| changes.0.get_key_value(kind));
    for (kind, secret) in changed {
        let name = SecretName { service: service.to_owned(), kind: *kind };
        secrets
            .keep(&name, secret.as_ref())
            .map_err(|error| super::text::key_not_kept(&error.to_string()))?;
    }
    Ok(())
}

/// A [`Repaint`] that does nothing, for tests without a window.
pub fn no_repaint() -> Repaint {
    Arc::new(|| ())
}

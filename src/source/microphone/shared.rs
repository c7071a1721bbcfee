//! What a microphone's thread and its source have in common.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cpal::ErrorKind;
use rtrb::Consumer;

use super::devices::trouble_of;
use super::feed::FeedCounts;
use crate::source::Trouble;
use crate::source::life::Life;

/// The reading end of a ring, and what is in it.
#[derive(Debug)]
pub(super) struct Link {
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channels of what is in the ring.
    pub channels: u16,
    /// Interleaved samples.
    pub ring: Consumer<f32>,
    /// What was put into the ring, and when.
    pub counts: Arc<FeedCounts>,
}

/// The meeting place of one microphone thread and one source.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Whether the source wants the thread, and whether the thread lives.
    pub life: Life,
    state: Mutex<State>,
    /// A ring that the source has not taken yet.
    link: Mutex<Option<Link>>,
    /// An error that the sound system reported.
    failure: Mutex<Option<Trouble>>,
}

/// What the thread tells the source.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// The device's identity, once it has delivered.
    pub id: Option<String>,
    /// The device's name, once it was found.
    pub name: Option<String>,
    /// What it delivers, once it was opened.
    pub setup: Option<String>,
    /// Frames that found no room in the ring.
    pub dropped: u64,
    /// What is wrong.
    pub trouble: Option<Trouble>,
}

impl Shared {
    /// The state, for as long as it takes to read or write it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Gives the source a new ring.
    pub fn hand_over(&self, link: Link, setup: String) {
        *lock(&self.failure) = None;
        *lock(&self.link) = Some(link);
        self.state().setup = Some(setup);
    }

    /// The ring that was handed over last, once.
    pub fn take_link(&self) -> Option<Link> {
        lock(&self.link).take()
    }

    /// Notes an error of the sound system, unless it is a hiccup that the sound
    /// survives. Called when something already failed, not with each block.
    pub fn fail(&self, error: &cpal::Error) {
        use ErrorKind::{DeviceChanged, RealtimeDenied, Xrun};
        if !matches!(error.kind(), DeviceChanged | RealtimeDenied | Xrun) {
            *lock(&self.failure) = Some(trouble_of(error.clone()));
        }
    }

    /// The error that was noted, once.
    pub fn take_failure(&self) -> Option<Trouble> {
        lock(&self.failure).take()
    }
}

/// Each value is whole after every statement, so that a panic elsewhere while it
/// was held does no harm.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What the server shows of itself, and how it is told to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What goes on at a moment. No names of streams: those are keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Open connections, of whatever use.
    pub connections: usize,
    /// Those who publish.
    pub publishers: usize,
    /// Those who play or wait for a stream.
    pub players: usize,
    /// The streams in the order they began.
    pub streams: Vec<StreamStatus>,
    /// Bytes received since the start, from all.
    pub bytes_in: u64,
    /// Bytes sent since the start, to all.
    pub bytes_out: u64,
    /// Pictures that slow players missed since the start.
    pub missed_pictures: u64,
    /// Players that were closed for reading nothing, since the start.
    pub stalled_players: u64,
}

/// One stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamStatus {
    /// A number that no other stream of this server has.
    pub number: u64,
    /// The application, and "…" for the name.
    pub label: String,
    /// Whether somebody publishes it now.
    pub published: bool,
    /// How many play it or wait for it.
    pub players: usize,
}

/// What the server's thread shares with its owner.
#[derive(Debug, Default)]
pub(super) struct Shared {
    stop: AtomicBool,
    pub bytes_in: AtomicU64,
    pub bytes_out: AtomicU64,
    pub missed_pictures: AtomicU64,
    /// Who is there, and what is counted of them: one change, one moment.
    table: Mutex<Status>,
}

impl Shared {
    pub fn status(&self) -> Status {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Status {
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            missed_pictures: self.missed_pictures.load(Ordering::Relaxed),
            ..table
        }
    }

    /// Replaces all but the counters of bytes and pictures.
    pub fn set_table(&self, table: Status) {
        *self.table.lock().unwrap_or_else(PoisonError::into_inner) = table;
    }

    pub fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    pub fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// Adds to a counter that only one thread writes.
pub(super) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

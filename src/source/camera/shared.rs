//! What a camera's thread and its source have in common: the newest picture and
//! how the camera is doing.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::watch::STALL;
use crate::media::{MediaTime, VideoFrame};
use crate::source::Trouble;

/// The meeting place of one camera thread and one source.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// The source let go: the thread is to end.
    closed: AtomicBool,
    /// When the thread last showed that it lives, in µs of the media clock.
    beat: AtomicI64,
    state: Mutex<State>,
}

/// What the thread tells the source.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The newest picture, with the time at which it was taken.
    pub latest: Option<VideoFrame>,
    /// Pictures that were put into `latest` so far.
    pub arrived: u64,
    /// Pictures that were damaged or came while another was worked on.
    pub dropped: u64,
    /// The camera's name, once it was found.
    pub name: Option<String>,
    /// The mode that was set, once it was opened.
    pub mode: Option<String>,
    /// How long no picture may come before that is a stall.
    pub stall: Duration,
    /// Pictures a second, measured.
    pub fps: Option<f64>,
    /// Pictures a second that it was set to.
    pub fps_set: Option<f64>,
    /// What is wrong.
    pub trouble: Option<Trouble>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            latest: None,
            arrived: 0,
            dropped: 0,
            name: None,
            mode: None,
            stall: STALL,
            fps: None,
            fps_set: None,
            trouble: None,
        }
    }
}

impl Shared {
    /// Tells the thread to end.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether the thread is to end.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Shows that the thread lives.
    pub fn beat(&self, now: MediaTime) {
        self.beat.store(now.as_micros(), Ordering::Release);
    }

    /// When the thread last showed that it lives.
    pub fn last_beat(&self) -> MediaTime {
        MediaTime::from_micros(self.beat.load(Ordering::Acquire))
    }

    /// The state, for as long as it takes to read or write it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        // Each writer leaves it whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

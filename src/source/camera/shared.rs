//! What a camera's thread and its source have in common: the newest picture and
//! how the camera is doing.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::watch::STALL;
use crate::media::{MediaTime, VideoFrame};
use crate::source::Trouble;
use crate::source::life::Life;

/// The meeting place of one camera thread and one source.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Whether the source wants the thread, and whether the thread lives.
    pub life: Life,
    /// When the source was last asked for a picture, in µs of the media clock.
    asked: AtomicI64,
    state: Mutex<State>,
}

/// What the thread tells the source.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// The newest picture, with the time at which it was taken; none while nobody
    /// looks.
    pub latest: Option<VideoFrame>,
    /// The picture before that.
    pub before: Option<VideoFrame>,
    /// When the newest picture was taken, whether or not anybody looks.
    pub came: Option<MediaTime>,
    /// Pictures that came so far and could be read.
    pub arrived: u64,
    /// Pictures that could not be read, or came while another was worked on.
    pub dropped: u64,
    /// Pictures that were lost before they came to this program.
    pub lost: u64,
    /// The camera's identity and name, once it was found.
    pub id: Option<String>,
    /// The same.
    pub name: Option<String>,
    /// The mode that was set, once it was opened.
    pub mode: Option<String>,
    /// How long no picture may come before that is a stall.
    pub stall: Duration,
    /// Pictures a second, measured.
    pub fps: Option<f64>,
    /// The same with those that this program had no time for.
    pub fps_sent: Option<f64>,
    /// Pictures a second that were lost before they came here.
    pub fps_lost: Option<f64>,
    /// Pictures a second that it was set to.
    pub fps_set: Option<f64>,
    /// What is wrong.
    pub trouble: Option<Trouble>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            latest: None,
            before: None,
            came: None,
            arrived: 0,
            dropped: 0,
            lost: 0,
            id: None,
            name: None,
            mode: None,
            stall: STALL,
            fps: None,
            fps_sent: None,
            fps_lost: None,
            fps_set: None,
            trouble: None,
        }
    }
}

impl State {
    /// Notes a picture that came.
    pub fn note(&mut self, taken: MediaTime, fps: Option<f64>) {
        self.came = Some(taken);
        self.arrived += 1;
        self.trouble = None;
        self.fps = fps.or(self.fps);
    }
}

impl Shared {
    /// Nobody looks at a source that was not asked for a picture for so long.
    const LOOKED_AWAY: Duration = Duration::from_secs(1);

    /// Notes that the source is asked for a picture.
    pub fn ask(&self, now: MediaTime) {
        self.asked.store(now.as_micros(), Ordering::Relaxed);
    }

    /// Whether anybody looks.
    pub fn is_looked_at(&self, now: MediaTime) -> bool {
        let asked = MediaTime::from_micros(self.asked.load(Ordering::Relaxed));
        now.since(asked) < Self::LOOKED_AWAY
    }

    /// The state, for as long as it takes to read or write it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        // Each writer leaves it whole after every statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

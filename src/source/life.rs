//! The life of a device's thread, and when its source gives it up: the same for
//! cameras and microphones.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::media::{Clock, MediaTime};
use crate::supervise::{Fate, Restarts};

/// How often a device's thread looks up from waiting.
pub(super) const LOOK_UP: Duration = Duration::from_millis(100);

/// A thread that gave no sign of life for this long sits in a driver that never
/// returns, and is left there.
const DEAD: Duration = Duration::from_secs(10);

/// A driver may take this long to open a device, of which it gives no sign meanwhile.
const OPENS_WITHIN: Duration = Duration::from_secs(10);

/// Threads that may be left in drivers that never return, for one source.
const MOST_ABANDONED: u32 = 3;

/// What a thread and its source know of each other.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// The source let go: the thread is to end.
    closed: AtomicBool,
    /// When the thread last showed that it lives, in µs of the media clock.
    beat: AtomicI64,
    /// The thread's own, once it runs.
    thread: OnceLock<Fate>,
}

impl Life {
    /// Notes the thread that this is the life of.
    pub fn begins(&self, thread: Fate) {
        // A life has one thread.
        let _ = self.thread.set(thread);
    }

    /// Whether the thread was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.thread.get().is_some_and(Fate::has_panicked)
    }

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

    /// Shows that the thread lives, and may be silent for so long while it opens a
    /// device.
    pub fn opens(&self, now: MediaTime) {
        self.beat(now + OPENS_WITHIN);
    }

    /// Waits, but not for longer than the source wants the device.
    pub fn pause(&self, pause: Duration, clock: Clock) {
        let until = Instant::now() + pause;
        while !self.is_closed() && Instant::now() < until {
            self.beat(clock.at(Instant::now()));
            thread::sleep(LOOK_UP.min(until.saturating_duration_since(Instant::now())));
        }
    }

    fn last_beat(&self) -> MediaTime {
        MediaTime::from_micros(self.beat.load(Ordering::Acquire))
    }
}

/// A source's eye on its thread.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Overseer {
    /// When the source, or its present thread, began.
    since: Option<MediaTime>,
    abandoned: u32,
    /// Threads that were ended by a panic, and when others took their place.
    deaths: u64,
    restarts: Restarts,
}

impl Overseer {
    /// One that leaves no thread, for sources without one.
    #[cfg(test)]
    pub fn resigned() -> Self {
        Self { abandoned: MOST_ABANDONED, ..Self::default() }
    }

    /// How many threads were ended by a panic and replaced.
    pub fn deaths(&self) -> u64 {
        self.deaths
    }

    /// Whether another thread is to take the place of one that was ended by a panic.
    pub fn replaces(&mut self, life: &Life, now: MediaTime) -> bool {
        let replaces = life.has_panicked() && self.restarts.allows(now);
        if replaces {
            self.deaths += 1;
            self.since = Some(now);
        }
        replaces
    }

    /// When the source, or its present thread, began.
    pub fn since(&self) -> Option<MediaTime> {
        self.since
    }

    /// Whether the thread gave no sign of life for so long that it is to be left
    /// where it is, and another one started.
    pub fn gives_up(&mut self, life: &Life, now: MediaTime) -> bool {
        let since = *self.since.get_or_insert(now);
        let last = life.last_beat().max(since);
        if life.has_panicked() || now.since(last) < DEAD || self.abandoned >= MOST_ABANDONED {
            return false;
        }
        self.abandoned += 1;
        self.since = Some(now);
        true
    }
}

/// How long to wait before a device is tried again: it is to be back within two
/// seconds, and a slow machine takes one of them to open it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_millis(500);

    /// The pause before the next try.
    pub fn next(&mut self) -> Duration {
        let pause = Self::FIRST * 2_u32.pow(self.tries.min(4));
        self.tries = self.tries.saturating_add(1);
        pause.min(Self::LONGEST)
    }

    /// It worked.
    pub fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_short() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..6).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(pauses, [200, 400, 500, 500, 500, 500]);
        backoff.reset();
        assert_eq!(backoff.next().as_millis(), 200);
    }

    #[test]
    fn a_thread_that_opens_a_device_is_given_its_time() {
        let at = MediaTime::from_millis;
        let (life, mut overseer) = (Life::default(), Overseer::default());
        assert!(!overseer.gives_up(&life, at(0)));
        life.opens(at(3_000));
        assert!(!overseer.gives_up(&life, at(22_999)));
        assert!(overseer.gives_up(&life, at(23_000)));
        // As soon as it has opened it, the usual patience is enough.
        let (life, mut overseer) = (Life::default(), Overseer::default());
        life.opens(at(0));
        life.beat(at(8_000));
        assert!(!overseer.gives_up(&life, at(8_000)));
        assert!(overseer.gives_up(&life, at(18_000)));
    }

    #[test]
    fn a_silent_thread_is_given_up_after_ten_seconds_and_three_times() {
        let at = MediaTime::from_millis;
        let (life, mut overseer) = (Life::default(), Overseer::default());
        assert!(!overseer.gives_up(&life, at(1_000)));
        life.beat(at(5_000));
        assert!(!overseer.gives_up(&life, at(14_999)));
        for n in 0..3 {
            assert!(overseer.gives_up(&life, at(15_000 + n * 10_000)), "{n}");
            assert!(!overseer.gives_up(&life, at(15_001 + n * 10_000)));
        }
        assert!(!overseer.gives_up(&life, at(100_000)));
    }
}

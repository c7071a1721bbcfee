//! When to give up on what a microphone does, and for how long: times as data.

use std::time::Duration;

use crate::media::MediaTime;

/// A thread that gave no sign of life for this long sits in a driver that never
/// returns, and is left there.
pub(super) const DEAD: Duration = Duration::from_secs(10);

/// Notices that a callback has stopped coming. The sound system's own errors are
/// not enough: some devices fall silent without one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starvation {
    calls: u64,
    since: MediaTime,
}

impl Starvation {
    /// No callback for this long: the device has stalled, and is opened anew.
    const LIMIT: Duration = Duration::from_millis(500);
    /// The first may take longer: a Bluetooth headset has to change its mode.
    const FIRST: Duration = Duration::from_secs(3);

    /// From opening the device on.
    pub fn new(now: MediaTime) -> Self {
        Self { calls: 0, since: now }
    }

    /// Whether it is still worth waiting, when the callback has come `calls`
    /// times.
    pub fn goes_on(&mut self, calls: u64, now: MediaTime) -> bool {
        if calls != self.calls {
            *self = Self { calls, since: now };
        }
        now.since(self.since) < if self.calls == 0 { Self::FIRST } else { Self::LIMIT }
    }
}

/// How long to wait before a device is tried again. Never so long that it would
/// be missed for two seconds after it came back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_millis(800);
    /// A device that delivered for this long works.
    pub const WORKED: Duration = Duration::from_secs(5);

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
    fn half_a_second_without_a_callback_is_a_stall() {
        let at = MediaTime::from_millis;
        let mut starvation = Starvation::new(at(0));
        assert!(starvation.goes_on(0, at(2_999)));
        assert!(starvation.goes_on(1, at(3_500)));
        assert!(starvation.goes_on(1, at(3_999)));
        assert!(!starvation.goes_on(1, at(4_000)));
        assert!(starvation.goes_on(2, at(4_100)));
    }

    #[test]
    fn a_device_that_never_calls_is_given_three_seconds() {
        let mut starvation = Starvation::new(MediaTime::ZERO);
        assert!(!starvation.goes_on(0, MediaTime::from_millis(3_000)));
    }
}

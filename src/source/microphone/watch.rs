//! When to give up on what a microphone does, and for how long: times as data.

use std::time::Duration;

use crate::media::MediaTime;

/// Notices that samples have stopped coming. The sound system's own errors are
/// not enough: some devices stop without one, and some call back with nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Starvation {
    frames: u64,
    since: MediaTime,
}

impl Starvation {
    /// No sample for this long: the device has stalled, and is opened anew.
    const LIMIT: Duration = Duration::from_millis(500);
    /// The first may take longer: a Bluetooth headset has to change its mode.
    const FIRST: Duration = Duration::from_secs(3);

    /// From opening the device on.
    pub fn new(now: MediaTime) -> Self {
        Self { frames: 0, since: now }
    }

    /// Whether it is still worth waiting, when so many frames have come.
    pub fn goes_on(&mut self, frames: u64, now: MediaTime) -> bool {
        if frames != self.frames {
            *self = Self { frames, since: now };
        }
        now.since(self.since) < if self.frames == 0 { Self::FIRST } else { Self::LIMIT }
    }
}

/// A device that delivered for this long works.
pub(super) const WORKED: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_second_without_a_sample_is_a_stall() {
        let at = MediaTime::from_millis;
        let mut starvation = Starvation::new(at(0));
        assert!(starvation.goes_on(0, at(2_999)));
        assert!(starvation.goes_on(1, at(3_500)));
        assert!(starvation.goes_on(1, at(3_999)));
        assert!(!starvation.goes_on(1, at(4_000)));
        assert!(starvation.goes_on(2, at(4_100)));
    }

    #[test]
    fn a_device_that_never_delivers_is_given_three_seconds() {
        let mut starvation = Starvation::new(MediaTime::ZERO);
        assert!(!starvation.goes_on(0, MediaTime::from_millis(3_000)));
    }
}

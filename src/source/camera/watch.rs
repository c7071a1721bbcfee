//! When to give up on what a camera does, and for how long: times as data.

use std::time::Duration;

use crate::media::{FrameRate, MediaTime};

/// No picture for this long: the camera has stalled, and is opened anew.
pub(super) const STALL: Duration = Duration::from_secs(2);

/// The same for a camera that was set to a rate: a slow one is given four
/// pictures' time.
pub(super) fn stall(rate: Option<FrameRate>) -> Duration {
    rate.map_or(STALL, |rate| STALL.max(rate.interval() * 4))
}

/// The first picture may take longer: some cameras settle their exposure first.
pub(super) const FIRST_PICTURE: Duration = Duration::from_secs(4);

/// A camera that has shown nothing for this long is shown as one that is starting: a
/// stream that waits for its first picture begins with that.
pub(super) const SLOW_START: Duration = Duration::from_secs(2);

/// The last picture is shown for this long before a slate takes its place.
pub(super) const LAST_PICTURE: Duration = Duration::from_secs(3);

/// Waits for pictures, and loses patience.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// When the last picture came, or the camera was opened.
    since: MediaTime,
    /// How long to wait for the next.
    limit: Duration,
    /// How long to wait once pictures come.
    stall: Duration,
}

impl Patience {
    /// From opening the camera on.
    pub fn new(now: MediaTime, stall: Duration) -> Self {
        Self { since: now, limit: FIRST_PICTURE.max(stall), stall }
    }

    /// Whether it is still worth waiting, after a picture came or did not.
    pub fn goes_on(&mut self, picture: bool, now: MediaTime) -> bool {
        if picture {
            (self.since, self.limit) = (now, self.stall);
        }
        now.since(self.since) < self.limit
    }
}

/// Notices a camera none of whose pictures can be read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unreadable {
    in_a_row: u32,
}

impl Unreadable {
    /// So many, and it is no accident: half a second of a common camera.
    const MOST: u32 = 15;

    /// Whether it is still worth going on, after a picture could be read or not.
    pub fn goes_on(&mut self, read: bool) -> bool {
        self.in_a_row = if read { 0 } else { self.in_a_row + 1 };
        self.in_a_row < Self::MOST
    }

    /// Whether pictures came, the last of which could not be read.
    pub fn is_all_there_was(self) -> bool {
        self.in_a_row > 0
    }
}

/// Pictures a second, over the last seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct RateMeter {
    window: Option<(MediaTime, u64)>,
}

impl RateMeter {
    const WINDOW: Duration = Duration::from_secs(2);

    /// Counts some pictures; answers the rate when a window is full.
    pub fn count(&mut self, pictures: u64, now: MediaTime) -> Option<f64> {
        let Some((start, count)) = &mut self.window else {
            self.window = Some((now, 0));
            return None;
        };
        *count += pictures;
        let elapsed = now.since(*start);
        if elapsed < Self::WINDOW {
            return None;
        }
        let fps = *count as f64 / elapsed.as_secs_f64();
        self.window = Some((now, 0));
        Some(fps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_picture_may_take_longer() {
        let at = MediaTime::from_millis;
        let mut patience = Patience::new(at(1_000), STALL);
        assert!(patience.goes_on(false, at(4_999)));
        assert!(!patience.goes_on(false, at(5_000)));
        assert!(patience.goes_on(true, at(6_000)));
        assert!(patience.goes_on(false, at(7_999)));
        assert!(!patience.goes_on(false, at(8_000)));
    }

    #[test]
    fn a_slow_camera_is_given_its_time() {
        assert_eq!(stall(None), STALL);
        assert_eq!(stall(Some(FrameRate::whole(30))), STALL);
        assert_eq!(stall(Some(FrameRate::whole(1))), Duration::from_secs(4));
    }

    #[test]
    fn the_rate_is_that_of_the_pictures() {
        let mut meter = RateMeter::default();
        let rates: Vec<_> =
            (0..101).filter_map(|n| meter.count(1, MediaTime::from_millis(n * 40))).collect();
        assert_eq!(rates, [25.0, 25.0]);
    }
}

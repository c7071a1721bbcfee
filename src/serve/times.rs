//! A publisher's timestamps as one player sees them.

/// Steps back that are still the order of two tracks; beyond that the publisher
/// has started again, in milliseconds.
const MAX_STEP_BACK: i32 = 10_000;

/// Between the last time before a break and the first one after, in milliseconds.
const STEP_OVER_BREAK: i64 = 20;

/// Counts from zero at a player's first picture, and goes on over breaks: another
/// publisher, a publisher that starts again from zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// Whether the publisher's times are still those that were counted before.
    running: bool,
    /// The publisher's time at `position`.
    last: u32,
    /// The latest time given out, in ms.
    position: i64,
    /// The time of the picture that playing started with.
    start: i64,
}

/// The first start comes a step over a break from here, at zero.
impl Default for Times {
    fn default() -> Self {
        Self { running: false, last: 0, position: -STEP_OVER_BREAK, start: 0 }
    }
}

impl Times {
    /// Playing starts with a message of this time. If it was interrupted, and the
    /// publisher's clock is the same, the time of the gap counts.
    pub fn start_at(&mut self, timestamp: u32) {
        let gap = timestamp.wrapping_sub(self.last).cast_signed();
        let same_clock = self.running && gap > 0;
        self.position += if same_clock { i64::from(gap) } else { STEP_OVER_BREAK };
        self.running = true;
        self.start = self.position;
        self.last = timestamp;
    }

    /// The publisher's clock will be another.
    pub fn stop(&mut self) {
        self.running = false;
    }

    /// The player's time of a message; none if it is from before the start.
    pub fn of(&mut self, timestamp: u32) -> Option<u32> {
        let step = timestamp.wrapping_sub(self.last).cast_signed();
        if step < -MAX_STEP_BACK {
            self.start_at(timestamp);
            return Some(self.position as u32);
        }
        let position = self.position + i64::from(step);
        if step > 0 {
            (self.position, self.last) = (position, timestamp);
        }
        // Wraps after 49 days, as RTMP's timestamps do.
        (position >= self.start).then_some(position as u32)
    }

    /// The latest time; that of headers, which have none of their own.
    pub fn now(&self) -> u32 {
        self.position as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_from_the_first_picture() {
        let mut times = Times::default();
        times.start_at(5000);
        assert_eq!(times.of(5000), Some(0));
        assert_eq!(times.of(4990), None, "sound from before the picture");
        assert_eq!(times.of(5033), Some(33));
        assert_eq!(times.of(5021), Some(21), "sound behind the picture");
        assert_eq!(times.of(5066), Some(66));
    }

    #[test]
    fn goes_on_when_the_publisher_starts_again() {
        let mut times = Times::default();
        times.start_at(900_000);
        assert_eq!(times.of(901_000), Some(1000));
        assert_eq!(times.of(0), Some(1020));
        assert_eq!(times.of(33), Some(1053));
        times.stop();
        times.start_at(777);
        assert_eq!(times.of(777), Some(1073), "another publisher");
        assert_eq!(times.of(770), None);
    }

    #[test]
    fn a_gap_in_playing_counts() {
        let mut times = Times::default();
        times.start_at(100);
        assert_eq!(times.of(600), Some(500));
        times.start_at(3100);
        assert_eq!(times.of(3100), Some(3000));
        assert_eq!(times.of(3090), None);
        times.start_at(2000);
        assert_eq!(times.of(2000), Some(3020), "no way back, as after a pause");
    }

    #[test]
    fn wraps_with_the_publishers_clock_and_outlives_it() {
        let mut times = Times::default();
        times.start_at(u32::MAX - 9);
        assert_eq!(times.of(90), Some(100));
        let mut at = 90u32;
        for n in 1..=60u32 {
            at = at.wrapping_add(86_400_000);
            let expected = 86_400_000u64 * u64::from(n) + 100;
            assert_eq!(times.of(at), Some(expected as u32), "day {n}");
        }
    }
}

//! A stream's times as one player sees them.

/// From the last time to the first one of a new start, where the stream's clock says
/// nothing better, in milliseconds.
const STEP_OVER_BREAK: i64 = 20;

/// Counts from zero at a player's first picture. Later starts go on from there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// The stream's time at `position`; none before the first start.
    last: Option<u32>,
    /// The latest time given out, in ms.
    position: i64,
    /// The time of the picture that playing started with.
    start: i64,
}

impl Times {
    /// Playing starts with a message of this time, or starts again: then the time of
    /// the gap counts.
    pub fn start_at(&mut self, time: u32) {
        let gap = self.last.map(|last| i64::from(time.wrapping_sub(last).cast_signed()));
        self.position += match gap {
            Some(gap) if gap > 0 => gap,
            Some(_) => STEP_OVER_BREAK,
            None => 0,
        };
        self.start = self.position;
        self.last = Some(time);
    }

    /// The player's time of a message; none if it is from before the start.
    pub fn of(&mut self, time: u32) -> Option<u32> {
        let last = *self.last.get_or_insert(time);
        let step = i64::from(time.wrapping_sub(last).cast_signed());
        let position = self.position + step;
        if step > 0 {
            (self.position, self.last) = (position, Some(time));
        }
        // Wraps after 49 days, as RTMP's timestamps do.
        (position >= self.start).then_some(position as u32)
    }

    /// The time that playing started with.
    pub fn start(&self) -> u32 {
        self.start as u32
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
    fn wraps_with_the_streams_clock_and_outlives_it() {
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

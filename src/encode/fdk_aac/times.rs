//! When the sound in an access unit was heard.

use std::collections::VecDeque;

use crate::media::{BLOCK_FRAMES, MediaTime, SAMPLE_RATE};

/// Gives access units the times of the blocks that went in.
///
/// Blocks need not follow each other without a gap: a machine that stood still
/// leaves some out.
#[derive(Debug)]
pub(super) struct Times {
    /// Starts of the blocks from the one that the next access unit begins in.
    blocks: VecDeque<MediaTime>,
    /// Access units to come that begin before the first block.
    before: usize,
    /// Where in its block an access unit begins, in samples.
    offset: usize,
}

impl Times {
    /// For an encoder that delays sound by so many samples.
    pub fn new(delay: usize) -> Self {
        let before = delay.div_ceil(BLOCK_FRAMES);
        Self { blocks: VecDeque::new(), before, offset: before * BLOCK_FRAMES - delay }
    }

    /// A block went in.
    pub fn block(&mut self, start: MediaTime) {
        self.blocks.push_back(start);
    }

    /// The next access unit's time; `None` if it holds nothing but priming.
    pub fn unit(&mut self) -> Option<MediaTime> {
        if self.before == 0 {
            return self.blocks.pop_front().map(|block| after(block, self.offset as i64));
        }
        let begins = self.offset as i64 - (self.before * BLOCK_FRAMES) as i64;
        self.before -= 1;
        let sounds = begins + BLOCK_FRAMES as i64 > 0;
        self.blocks.front().filter(|_| sounds).map(|block| after(*block, begins))
    }
}

/// The time of a sample, counted from a block's first.
fn after(block: MediaTime, sample: i64) -> MediaTime {
    let micros = MediaTime::from_samples(sample, SAMPLE_RATE).as_micros();
    MediaTime::from_micros(block.as_micros().saturating_add(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times in µs of the access units that come out with these blocks.
    fn times(delay: usize, blocks: &[i64]) -> Vec<Option<i64>> {
        let mut times = Times::new(delay);
        let unit = |start: &i64| {
            times.block(MediaTime::from_micros(*start));
            times.unit().map(MediaTime::as_micros)
        };
        blocks.iter().map(unit).collect()
    }

    #[test]
    fn an_access_unit_has_the_time_of_its_first_sample() {
        let blocks = [0, 21_333, 42_666, 64_000];
        assert_eq!(times(0, &blocks), blocks.map(Some));
        assert_eq!(times(1_024, &blocks), [None, Some(0), Some(21_333), Some(42_666)]);
        assert_eq!(times(1_000, &blocks), [Some(-20_833), Some(500), Some(21_833), Some(43_166)]);
        assert_eq!(times(2_048, &blocks), [None, None, Some(0), Some(21_333)]);
    }

    #[test]
    fn what_was_left_out_is_a_gap() {
        let blocks = [0, 21_333, 5_000_000, 5_021_333];
        assert_eq!(times(1_024, &blocks), [None, Some(0), Some(21_333), Some(5_000_000)]);
    }
}

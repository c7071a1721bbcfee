//! The sound of the test signal: a beep at each full second, else silence.

use super::{MARK_MS, mark_start};
use crate::media::{AudioBlock, CHANNELS, FrameRate, MediaTime, SAMPLE_RATE};
use crate::source::{AudioSource, SourceStatus};
use crate::text::device;

/// The tone's frequency in Hz; divides the sample rate.
const FREQUENCY: u32 = 1_000;
/// Samples of one period.
const PERIOD: usize = (SAMPLE_RATE / FREQUENCY) as usize;
/// Samples from one beep to the next.
const SECOND: i64 = SAMPLE_RATE as i64;
/// Samples of a beep: whole periods, so that it ends without a click.
const BEEP: i64 = SECOND * MARK_MS / 1_000;
/// Peak of the tone: −12 dBFS.
const PEAK: f32 = 0.25;

/// A 1 kHz beep at each full second of the media clock, exact to the sample; where
/// the test picture has no frame at that moment, with the frame that flashes.
#[derive(Clone, Debug)]
pub struct TestTone {
    /// One period.
    wave: [f32; PERIOD],
    /// The test picture's rate.
    rate: FrameRate,
}

impl TestTone {
    /// The tone that belongs to a test picture of this rate.
    pub fn new(rate: FrameRate) -> Self {
        let step = std::f32::consts::TAU / PERIOD as f32;
        Self { wave: std::array::from_fn(|n| PEAK * (n as f32 * step).sin()), rate }
    }

    /// The samples at which the beeps around `index` start.
    fn starts(&self, index: i64) -> [i64; 2] {
        let second = index.div_euclid(SECOND);
        [second, second + 1].map(|second| sample_at(mark_start(self.rate, second)))
    }

    fn sample(&self, starts: [i64; 2], index: i64) -> f32 {
        let since = starts.into_iter().map(|start| index - start);
        let in_beep = since.into_iter().find(|since| (0..BEEP).contains(since));
        in_beep.map_or(0.0, |since| self.wave[since as usize % PERIOD])
    }
}

impl AudioSource for TestTone {
    fn read(&mut self, block: &mut AudioBlock) {
        let first = sample_at(block.time);
        let starts = self.starts(first);
        for (n, frame) in block.samples.chunks_exact_mut(CHANNELS).enumerate() {
            frame.fill(self.sample(starts, first + n as i64));
        }
    }

    fn status(&self) -> SourceStatus {
        SourceStatus {
            name: device::TEST_SIGNAL.into(),
            delivers: device::delivers::TEST_TONE.into(),
            ..SourceStatus::default()
        }
    }
}

/// The sample that sounds at `time`. Times are samples rounded down to whole
/// microseconds, and rounding to the nearest sample undoes that.
fn sample_at(time: MediaTime) -> i64 {
    let scaled = i128::from(time.as_micros()) * i128::from(SAMPLE_RATE);
    ((scaled + 500_000).div_euclid(1_000_000)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::BLOCK_FRAMES;

    /// The left channel of `blocks` blocks in a row.
    fn record(rate: FrameRate, blocks: i64) -> Vec<f32> {
        let mut tone = TestTone::new(rate);
        let mut sound = Vec::new();
        for n in 0..blocks {
            let time = MediaTime::from_samples(n * BLOCK_FRAMES as i64, SAMPLE_RATE);
            let mut block = AudioBlock::silence(time);
            tone.read(&mut block);
            assert!(block.samples.chunks_exact(2).all(|frame| frame[0] == frame[1]));
            sound.extend(block.samples.iter().step_by(CHANNELS));
        }
        sound
    }

    #[test]
    fn beeps_start_and_end_exact_to_the_sample() {
        let sound = record(FrameRate::whole(30), 500);
        for (n, sample) in sound.iter().enumerate() {
            let in_second = n % 48_000;
            let expected = if in_second < 4_800 {
                0.25 * (in_second as f64 * std::f64::consts::TAU / 48.0).sin()
            } else {
                0.0
            };
            assert!((f64::from(*sample) - expected).abs() < 1e-6, "sample {n}: {sample}");
        }
    }

    #[test]
    fn beeps_start_with_the_frames_that_flash_at_any_rate() {
        for (num, den) in [(12_500, 1_000), (30_000, 1_001), (24_000, 1_001), (7, 1), (2, 1)] {
            let rate = FrameRate { num, den };
            let sound = record(rate, 500);
            let quiet = |n: usize| sound[n.saturating_sub(100)..n].iter().all(|s| *s == 0.0);
            let starts = (100..sound.len()).filter(|&n| sound[n] != 0.0 && quiet(n));
            let starts: Vec<i64> = starts.map(|n| n as i64 - 1).collect();
            let marks = (1..=10).map(|second| sample_at(mark_start(rate, second)));
            assert_eq!(starts, marks.collect::<Vec<_>>(), "{rate}");
        }
    }

    #[test]
    fn block_times_map_to_their_samples() {
        for index in [0, 1, 1_024, 48_000 * 3_600 * 24 + 1, -1, -1_024] {
            assert_eq!(sample_at(MediaTime::from_samples(index, SAMPLE_RATE)), index);
        }
    }
}

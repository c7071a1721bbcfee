//! The sound of the test signal: a beep at each full second, else silence.

use super::MARK_MS;
use crate::media::{AudioBlock, CHANNELS, MediaTime, SAMPLE_RATE};
use crate::source::{AudioSource, SourceStatus};

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

/// A 1 kHz beep at each full second of the media clock, exact to the sample.
#[derive(Clone, Debug)]
pub struct TestTone {
    /// One period.
    wave: [f32; PERIOD],
}

impl TestTone {
    /// The tone.
    pub fn new() -> Self {
        let step = std::f32::consts::TAU / PERIOD as f32;
        Self { wave: std::array::from_fn(|n| PEAK * (n as f32 * step).sin()) }
    }

    fn sample(&self, index: i64) -> f32 {
        let in_second = index.rem_euclid(SECOND);
        if in_second < BEEP { self.wave[in_second as usize % PERIOD] } else { 0.0 }
    }
}

impl Default for TestTone {
    fn default() -> Self {
        Self::new()
    }
}

impl AudioSource for TestTone {
    fn read(&mut self, block: &mut AudioBlock) {
        let first = sample_at(block.time);
        for (n, frame) in block.samples.chunks_exact_mut(CHANNELS).enumerate() {
            frame.fill(self.sample(first + n as i64));
        }
    }

    fn status(&self) -> SourceStatus {
        SourceStatus {
            name: "Test signal".into(),
            delivers: "1 kHz beep each second, 48 kHz stereo".into(),
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
    fn record(blocks: i64) -> Vec<f32> {
        let mut tone = TestTone::new();
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
        let sound = record(500);
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
    fn block_times_map_to_their_samples() {
        for index in [0, 1, 1_024, 48_000 * 3_600 * 24 + 1, -1, -1_024] {
            assert_eq!(sample_at(MediaTime::from_samples(index, SAMPLE_RATE)), index);
        }
    }
}

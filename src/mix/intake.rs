//! A device's sound made the program's own: 48 kHz stereo on the media clock.

use std::collections::VecDeque;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use super::drift::DriftControl;
use crate::media::{BLOCK_FRAMES, CHANNELS, SAMPLE_RATE};

/// Sample rates that are taken, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Channel counts that are taken.
pub const MOST_CHANNELS: u16 = 8;

/// Time that a block takes, in seconds.
const BLOCK_S: f64 = BLOCK_FRAMES as f64 / SAMPLE_RATE as f64;

/// The device's samples can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sound of {channels} channels at {rate} Hz can't be used")]
pub struct Unusable {
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channel count.
    pub channels: u16,
}

/// Takes samples as a device delivers them and gives blocks as the media clock
/// wants them.
///
/// Between the two lies a short queue. Its length is held by taking a little
/// faster or slower, as the clocks differ; that keeps sound and picture together
/// for as long as one likes. Where the device fails to deliver there is silence.
pub struct Intake {
    /// Sample rate of the device in Hz.
    rate: u32,
    /// Channels of the device.
    channels: usize,
    /// Left and right at the device's rate, oldest first.
    queue: VecDeque<[f32; 2]>,
    resampler: Async<f32>,
    /// What the resampler takes next, interleaved.
    input: Vec<f32>,
    drift: DriftControl,
    /// Largest lump the device delivered lately, in frames.
    lump: usize,
    /// Time to keep queued beside half a lump, in seconds.
    reserve_s: f64,
    /// Whether the queue has reached its length, so that blocks may be taken.
    flowing: bool,
    /// Frames that were thrown away because nobody took them in time.
    dropped: u64,
    /// Blocks that were silent because nothing was there.
    starved: u64,
}

impl Intake {
    /// Reserve at first, in seconds.
    const RESERVE_S: f64 = 0.015;
    /// What is added each time the queue runs dry, and the most that it comes to.
    const RESERVE_STEP_S: f64 = 0.010;
    const RESERVE_MOST_S: f64 = 0.100;
    /// The longest queue, in seconds: what is older is of no use.
    const LONGEST_S: f64 = 0.400;
    /// Beyond its length by this much, the queue is shortened at once: after the
    /// program or the machine had stopped for a while.
    const EXCESS_S: f64 = 0.150;
    /// Frames of the slopes into and out of silence.
    const SLOPE: usize = 240;

    /// For a device of this rate and these channels.
    pub fn new(rate: u32, channels: u16) -> Result<Self, Unusable> {
        let unusable = Unusable { rate, channels };
        if !RATES.contains(&rate) || !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(unusable);
        }
        // Flat to 17 kHz, where AAC ends too, with all that is left beside a tone
        // below −80 dB: a longer filter would only cost more.
        let sinc = SincInterpolationParameters::new(64, WindowFunction::BlackmanHarris2)
            .oversampling_factor(512)
            .interpolation(SincInterpolationType::Linear);
        let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
        let resampler =
            Async::new_sinc(ratio, 1.05, &sinc, BLOCK_FRAMES, CHANNELS, FixedAsync::Output)
                .map_err(|_| unusable)?;
        Ok(Self {
            rate,
            channels: usize::from(channels),
            queue: VecDeque::with_capacity((f64::from(rate) * Self::LONGEST_S) as usize + 1),
            input: Vec::with_capacity(resampler.input_frames_max() * CHANNELS),
            resampler,
            drift: DriftControl::default(),
            lump: 0,
            reserve_s: Self::RESERVE_S,
            flowing: false,
            dropped: 0,
            starved: 0,
        })
    }

    /// Takes samples as the device delivered them: interleaved, full scale ±1.
    pub fn push(&mut self, samples: &[f32]) {
        let frames = samples.chunks_exact(self.channels);
        self.lump = (self.lump - self.lump / 64).max(frames.len());
        self.queue.extend(frames.map(to_stereo));
        let longest = (f64::from(self.rate) * Self::LONGEST_S) as usize;
        self.drop_oldest(self.queue.len().saturating_sub(longest));
    }

    /// Fills a block: [`BLOCK_FRAMES`] frames of interleaved stereo.
    pub fn fill(&mut self, block: &mut [f32]) {
        block.fill(0.0);
        let was_flowing = self.flowing;
        self.flowing = self.flowing || self.queued_s() >= self.target_s() + BLOCK_S;
        if !self.flowing {
            return;
        }
        self.shorten();
        let dry = self.take_input();
        self.resample(block);
        if !was_flowing {
            rise(block, Self::SLOPE);
        }
        if dry {
            self.run_dry();
        } else {
            self.follow();
        }
    }

    /// Sound on its way through, in seconds of the media clock.
    pub fn latency_s(&self) -> f64 {
        self.queued_s() + self.resampler.output_delay() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Frames that were thrown away because nobody took them in time.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Blocks with silence in them because nothing was there.
    pub fn starved(&self) -> u64 {
        self.starved
    }

    /// How much faster than it says the device runs, as far as is known.
    pub fn clock_difference(&self) -> f64 {
        self.drift.learned()
    }

    fn queued_s(&self) -> f64 {
        self.queue.len() as f64 / f64::from(self.rate)
    }

    /// The length to hold, seen after a block was taken: half a lump on average,
    /// and the reserve.
    fn target_s(&self) -> f64 {
        self.reserve_s + self.lump as f64 / 2.0 / f64::from(self.rate)
    }

    /// Moves what the resampler needs next to its input. Where the queue is too
    /// short, its end slopes to silence, and silence follows; true then.
    fn take_input(&mut self) -> bool {
        let needed = self.resampler.input_frames_next();
        let there = needed.min(self.queue.len());
        self.input.clear();
        self.input.extend(self.queue.drain(..there).flatten());
        let dry = there < needed;
        if dry {
            fall(&mut self.input, Self::SLOPE);
            self.input.resize(needed * CHANNELS, 0.0);
        }
        dry
    }

    fn resample(&mut self, block: &mut [f32]) {
        let (input, output) = (
            InterleavedSlice::new(&self.input, CHANNELS, self.input.len() / CHANNELS),
            InterleavedSlice::new_mut(block, CHANNELS, BLOCK_FRAMES),
        );
        let (Ok(input), Ok(mut output)) = (input, output) else { return };
        // The sizes are what the resampler asked for, so it has nothing to
        // refuse; if it did, the block would be silent.
        let _ = self.resampler.process_into_buffer(&input, &mut output, None);
    }

    /// Sets how fast the next block is taken.
    fn follow(&mut self) {
        let speed = self.drift.update(self.queued_s(), self.target_s(), BLOCK_S);
        // Within the bounds that the resampler was made for.
        let _ = self.resampler.set_resample_ratio_relative(1.0 / (1.0 + speed), true);
    }

    fn run_dry(&mut self) {
        self.flowing = false;
        self.starved += 1;
        self.reserve_s = (self.reserve_s + Self::RESERVE_STEP_S).min(Self::RESERVE_MOST_S);
        self.drift.restart();
    }

    /// Throws away what has piled up while nobody took anything.
    fn shorten(&mut self) {
        let excess = self.queued_s() - BLOCK_S - self.target_s();
        if excess > Self::EXCESS_S {
            self.drop_oldest((excess * f64::from(self.rate)) as usize);
            self.drift.restart();
        }
    }

    fn drop_oldest(&mut self, frames: usize) {
        self.queue.drain(..frames.min(self.queue.len()));
        self.dropped += frames as u64;
    }
}

/// Left and right of a frame of any number of channels: mono goes to both;
/// beyond two, odd ones belong to the left and even ones to the right, added as
/// sounds that have nothing to do with each other.
fn to_stereo(frame: &[f32]) -> [f32; 2] {
    match *frame {
        [] => [0.0; 2],
        [mono] => [mono; 2],
        [left, right] => [left, right],
        _ => {
            let side = |first| {
                let side = frame.iter().skip(first).step_by(2);
                side.clone().sum::<f32>() / (side.count() as f32).sqrt()
            };
            [side(0), side(1)]
        }
    }
}

/// Lets the first frames rise from silence.
fn rise(samples: &mut [f32], slope: usize) {
    for (n, frame) in samples.as_chunks_mut::<2>().0.iter_mut().take(slope).enumerate() {
        *frame = frame.map(|sample| sample * n as f32 / slope as f32);
    }
}

/// Lets the last frames fall to silence.
fn fall(samples: &mut [f32], slope: usize) {
    for (n, frame) in samples.as_chunks_mut::<2>().0.iter_mut().rev().take(slope).enumerate() {
        *frame = frame.map(|sample| sample * n as f32 / slope as f32);
    }
}

#[cfg(test)]
mod tests;

//! A device's sound made the program's own: 48 kHz stereo on the media clock.

use std::collections::VecDeque;
use std::time::Duration;

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{
    Adjustable, Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType,
    WindowFunction,
};

use super::drift::DriftControl;
use crate::media::{BLOCK_FRAMES, CHANNELS, MediaTime, SAMPLE_RATE};

/// Sample rates that are taken, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;

/// Channel counts that are taken.
pub const MOST_CHANNELS: u16 = 8;

/// Time that a block takes, in seconds.
const BLOCK_S: f64 = BLOCK_FRAMES as f64 / SAMPLE_RATE as f64;

/// The device's samples can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", crate::text::device::error::unusable_sound(*channels, *rate))]
pub struct Unusable {
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channel count.
    pub channels: u16,
}

/// What a device had delivered when it last did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Frames since it was opened.
    pub frames: u64,
    /// When the last of them came.
    pub at: MediaTime,
    /// How many came with it.
    pub lump: usize,
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
    /// Frames that were put into the queue so far.
    pushed: u64,
    /// What the device had delivered when it last did.
    delivery: Delivery,
    /// Largest lump the device delivered lately, in frames.
    lump: f64,
    /// Time to keep queued beside a lump, in seconds.
    reserve_s: f64,
    /// What was never touched of the queue lately.
    slack: Slack,
    /// The last frame that went into the resampler.
    last: [f32; CHANNELS],
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
    /// The longest queue, in seconds: what is older is of no use, whatever is
    /// owed.
    const LONGEST_S: f64 = 1.500;
    /// Beyond its length by this much, with all that is owed, the queue is
    /// shortened at once: after the machine had stopped for a while.
    const EXCESS_S: f64 = 0.150;
    /// Seconds of the slopes into and out of silence, and across a cut.
    const SLOPE_S: f64 = 0.005;
    /// Frames of silence after the last slope, so that the resampler has nothing
    /// left that would be cut off.
    const TAIL: usize = 80;
    /// The newest samples are believed to be no older than this beyond a lump,
    /// in seconds: what comes later has stopped, and is not on its way.
    const OLDEST_S: f64 = 0.100;

    /// For a device of this rate and these channels.
    pub fn new(rate: u32, channels: u16) -> Result<Self, Unusable> {
        let unusable = Unusable { rate, channels };
        let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
        if !RATES.contains(&rate) || !(1..=MOST_CHANNELS).contains(&channels) {
            return Err(unusable);
        }
        // Flat to 17 kHz, where AAC ends too, with all that is left beside a tone
        // below −80 dB: a longer filter would only cost more.
        let sinc = SincInterpolationParameters::new(64, WindowFunction::BlackmanHarris2)
            .oversampling_factor(4_096)
            .interpolation(SincInterpolationType::Nearest);
        let resampler =
            Async::new_sinc(ratio, 1.05, &sinc, BLOCK_FRAMES, CHANNELS, FixedAsync::Output)
                .map_err(|_| unusable)?;
        Ok(Self::with(resampler, rate, channels))
    }

    fn with(resampler: Async<f32>, rate: u32, channels: u16) -> Self {
        Self {
            rate,
            channels: usize::from(channels),
            queue: VecDeque::with_capacity((f64::from(rate) * Self::LONGEST_S) as usize + 1),
            input: Vec::with_capacity(resampler.input_frames_max() * CHANNELS),
            resampler,
            drift: DriftControl::default(),
            pushed: 0,
            delivery: Delivery::default(),
            lump: 0.0,
            reserve_s: Self::RESERVE_S,
            slack: Slack::default(),
            last: [0.0; CHANNELS],
            flowing: false,
            dropped: 0,
            starved: 0,
        }
    }

    /// Takes samples as the device delivered them: interleaved, full scale ±1.
    pub fn push(&mut self, samples: &[f32]) {
        let frames = samples.chunks_exact(self.channels);
        self.pushed += frames.len() as u64;
        self.queue.extend(frames.map(to_stereo));
        let longest = (f64::from(self.rate) * Self::LONGEST_S) as usize;
        if self.queue.len() > longest {
            // Much at once: many small cuts would be heard.
            self.cut(self.queue.len() - longest * 2 / 3);
        }
    }

    /// Takes note of what the device has delivered by now, which may be more than
    /// was [pushed](Self::push).
    pub fn note(&mut self, delivery: Delivery) {
        if delivery.frames != self.delivery.frames {
            self.lump = (self.lump * 0.999).max(delivery.lump as f64);
        }
        self.delivery = delivery;
    }

    /// Fills the block that ends at `end`: [`BLOCK_FRAMES`] frames of interleaved
    /// stereo. It may be overdue, and others after it.
    pub fn fill(&mut self, block: &mut [f32], end: MediaTime) {
        block.fill(0.0);
        let was_flowing = self.flowing;
        if !self.flowing && !self.begin(end) {
            return;
        }
        self.shorten(end);
        let dry = self.take_input();
        if !was_flowing {
            // Before the resampler, which would delay what begins at once.
            rise(&mut self.input, slope(self.rate));
        }
        self.resample(block);
        if dry {
            self.run_dry();
        } else {
            self.follow(end);
        }
    }

    /// Begins to flow, if there is enough; with just that.
    fn begin(&mut self, end: MediaTime) -> bool {
        let excess = self.level_s(end) - BLOCK_S - self.target_s();
        let spare = self.queued_s() - BLOCK_S - self.reserve_s;
        self.flowing = excess.min(spare) >= 0.0;
        if self.flowing {
            let frames = (excess.min(spare) * f64::from(self.rate)) as usize;
            self.queue.drain(..frames.min(self.queue.len()));
        }
        self.flowing
    }

    /// Sound on its way through, in seconds of the media clock.
    pub fn latency_s(&self) -> f64 {
        self.queued_s() + self.resampler.output_delay() as f64 / f64::from(SAMPLE_RATE)
    }

    /// How long before its time the sound of a block was captured, once the queue has
    /// its length. It changes with the length alone.
    pub fn behind(&self) -> Duration {
        let filter_s = self.resampler.output_delay() as f64 / f64::from(SAMPLE_RATE);
        Duration::try_from_secs_f64(self.target_s() + filter_s).unwrap_or_default()
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

    /// Sound that the device had captured at `end` and that was not taken yet, in
    /// seconds: what is queued, and what was on its way then. The lumps in which
    /// it comes don't show in it, nor does a thread that looks late.
    fn level_s(&self, end: MediaTime) -> f64 {
        let rate = f64::from(self.rate);
        let taken = self.pushed - self.queue.len() as u64;
        let delivered = self.delivery.frames as f64 - taken as f64;
        let age = end.micros_from(self.delivery.at) as f64 / 1e6;
        let on_its_way = age < self.lump / rate + Self::OLDEST_S;
        delivered / rate + if on_its_way { age } else { 0.0 }
    }

    /// The level to hold, seen after a block was taken: a lump may be on its way,
    /// and the reserve.
    fn target_s(&self) -> f64 {
        self.reserve_s + self.lump / f64::from(self.rate)
    }

    /// Moves what the resampler needs next to its input. Where the queue is too
    /// short, its end slopes to silence, and silence follows; true then.
    fn take_input(&mut self) -> bool {
        let needed = self.resampler.input_frames_next();
        let dry = self.queue.len() < needed;
        let end = if dry { needed.saturating_sub(Self::TAIL) } else { needed };
        self.input.clear();
        self.input.extend(self.queue.drain(..end.min(self.queue.len())).flatten());
        if dry {
            fall(&mut self.input, self.last, slope(self.rate).min(end));
            self.input.resize(needed * CHANNELS, 0.0);
        }
        self.last = self.input.last_chunk().copied().unwrap_or_default();
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
    fn follow(&mut self, end: MediaTime) {
        if let Some(slack) = self.slack.of_a_while(self.queued_s()) {
            let most = self.reserve_s - Self::RESERVE_S;
            self.reserve_s -= (slack - Slack::KEPT_S).clamp(0.0, Slack::STEP_S).min(most);
        }
        let speed = self.drift.update(self.level_s(end), self.target_s(), BLOCK_S);
        // Within the bounds that the resampler was made for.
        let _ = self.resampler.set_resample_ratio_relative(1.0 / (1.0 + speed), true);
    }

    fn run_dry(&mut self) {
        self.flowing = false;
        self.starved += 1;
        // Less than the tail; what comes next has nothing to do with it.
        self.queue.clear();
        self.reserve_s = (self.reserve_s + Self::RESERVE_STEP_S).min(Self::RESERVE_MOST_S);
        self.slack = Slack::default();
        self.drift.restart();
    }

    /// Throws away what has piled up beyond what is owed.
    fn shorten(&mut self, end: MediaTime) {
        let excess = self.level_s(end) - BLOCK_S - self.target_s();
        if excess > Self::EXCESS_S {
            self.cut((excess * f64::from(self.rate)) as usize);
            self.drift.restart();
        }
    }

    /// Takes the oldest frames out; what was before the cut fades into what is
    /// after it.
    fn cut(&mut self, frames: usize) {
        let frames = frames.min(self.queue.len());
        let slope = slope(self.rate).min(frames).min(self.queue.len() - frames);
        for n in 0..slope {
            let (before, share) = (self.queue[n], n as f32 / slope as f32);
            for (after, before) in self.queue[frames + n].iter_mut().zip(before) {
                *after = before + (*after - before) * share;
            }
        }
        self.queue.drain(..frames);
        self.dropped += frames as u64;
    }
}

/// The least that was left in the queue over a while: what the reserve can do
/// without.
#[derive(Clone, Copy, Debug, Default)]
struct Slack {
    blocks: u32,
    least_s: f64,
}

impl Slack {
    /// A while: half a minute of blocks.
    const BLOCKS: u32 = 1_400;
    /// Seconds that are kept in any case.
    const KEPT_S: f64 = 0.010;
    /// The most that the reserve shrinks in a while, in seconds: a tenth of a
    /// thousandth, by which the pitch changes.
    const STEP_S: f64 = 0.003;

    /// Counts a block that left so much in the queue; at the end of a while, the
    /// least there was.
    fn of_a_while(&mut self, left_s: f64) -> Option<f64> {
        self.least_s = if self.blocks == 0 { left_s } else { self.least_s.min(left_s) };
        self.blocks += 1;
        (self.blocks >= Self::BLOCKS).then(|| std::mem::take(self).least_s)
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

/// Frames of a slope.
fn slope(rate: u32) -> usize {
    (f64::from(rate) * Intake::SLOPE_S) as usize
}

/// Lets the first frames rise from silence.
fn rise(samples: &mut [f32], slope: usize) {
    for (n, frame) in samples.as_chunks_mut::<2>().0.iter_mut().take(slope).enumerate() {
        *frame = frame.map(|sample| sample * n as f32 / slope as f32);
    }
}

/// Lets the last frames fall to silence. Where they are too few for a slope, the
/// last of all is held: `last` where there is none.
fn fall(samples: &mut Vec<f32>, last: [f32; CHANNELS], slope: usize) {
    let held = samples.last_chunk().copied().unwrap_or(last);
    while samples.len() < slope * CHANNELS {
        samples.extend(held);
    }
    let frames = samples.as_chunks_mut::<CHANNELS>().0.iter_mut();
    for (n, frame) in frames.rev().take(slope).enumerate() {
        *frame = frame.map(|sample| sample * (n + 1) as f32 / slope as f32);
    }
}

#[cfg(test)]
mod tests;

//! A limiter: nothing leaves it louder than its ceiling, and nothing is clipped.

use std::collections::VecDeque;

/// Looks a little ahead and turns the volume down in time.
///
/// What it needs for the loudest sample of the next 1.3 ms is reached by a
/// straight line over that time, and let go slowly after it. Sound comes out
/// [`Limiter::DELAY`] frames later than it went in.
#[derive(Clone, Debug)]
pub struct Limiter {
    /// Frames on their way.
    delayed: VecDeque<[f32; 2]>,
    /// Gains of the last frames, the smallest to come first: falling queue of
    /// (frame's number, gain).
    smallest: VecDeque<(u64, f32)>,
    /// Smallest gains after the slow release, one for each of the last frames.
    recent: VecDeque<f32>,
    /// Sum of `recent`.
    sum: f64,
    /// Frames so far.
    count: u64,
}

impl Limiter {
    /// Frames from going in to coming out.
    pub const DELAY: usize = 64;

    /// The loudest that comes out: 1 dB below full scale, as lossy coding adds a
    /// little.
    pub const CEILING: f32 = 0.891;

    /// Share of the way back to full gain in one frame: 63 % in 100 ms.
    const RELEASE: f32 = 1.0 / 4_800.0;

    /// At rest.
    pub fn new() -> Self {
        Self {
            delayed: VecDeque::from(vec![[0.0; 2]; Self::DELAY - 1]),
            smallest: VecDeque::with_capacity(Self::DELAY + 1),
            recent: VecDeque::from(vec![1.0; Self::DELAY]),
            sum: Self::DELAY as f64,
            count: 0,
        }
    }

    /// Works on interleaved stereo samples in place.
    pub fn process(&mut self, samples: &mut [f32]) {
        for frame in samples.as_chunks_mut::<2>().0 {
            *frame = self.frame(frame.map(|sample| if sample.is_finite() { sample } else { 0.0 }));
        }
    }

    fn frame(&mut self, frame: [f32; 2]) -> [f32; 2] {
        let loudest = frame[0].abs().max(frame[1].abs());
        let needed = if loudest > Self::CEILING { Self::CEILING / loudest } else { 1.0 };
        let gain = self.gain(needed);
        self.delayed.push_back(frame);
        let out = self.delayed.pop_front().unwrap_or_default();
        out.map(|sample| sample * gain)
    }

    /// The gain for the frame that comes out when one that needs `needed` goes in.
    fn gain(&mut self, needed: f32) -> f32 {
        while self.smallest.back().is_some_and(|(_, gain)| *gain >= needed) {
            self.smallest.pop_back();
        }
        self.smallest.push_back((self.count, needed));
        self.count += 1;
        let oldest = self.count.saturating_sub(Self::DELAY as u64);
        while self.smallest.front().is_some_and(|(number, _)| *number < oldest) {
            self.smallest.pop_front();
        }
        let smallest = self.smallest.front().map_or(1.0, |(_, gain)| *gain);
        let before = self.recent.back().copied().unwrap_or(1.0);
        let released = smallest.min(before + (1.0 - before) * Self::RELEASE);
        self.push_recent(released);
        // Each of these is at most what the frame that comes out needs, so their
        // mean is; rounding is what the `min` is for.
        ((self.sum / Self::DELAY as f64) as f32).min(1.0)
    }

    fn push_recent(&mut self, gain: f32) {
        self.recent.push_back(gain);
        let gone = self.recent.pop_front().unwrap_or(1.0);
        self.sum += f64::from(gain) - f64::from(gone);
    }
}

impl Default for Limiter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(input: impl Fn(usize) -> f32, frames: usize) -> Vec<f32> {
        let mut samples: Vec<f32> = (0..frames).flat_map(|n| [input(n), -input(n)]).collect();
        Limiter::new().process(&mut samples);
        samples.iter().step_by(2).copied().collect()
    }

    #[test]
    fn quiet_sound_only_comes_later() {
        let sine = |n: usize| 0.8 * (n as f32 * 0.13).sin();
        let out = limit(sine, 5_000);
        for (n, sample) in out.iter().enumerate().skip(Limiter::DELAY) {
            assert!((sample - sine(n + 1 - Limiter::DELAY)).abs() < 1e-5);
        }
    }

    #[test]
    fn nothing_is_louder_than_the_ceiling() {
        let mut random = 1_u64;
        let noise: Vec<f32> = (0..48_000)
            .map(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                ((random >> 33) as f32 / (1_u64 << 30) as f32 - 1.0)
                    * if random & 0xf00 == 0 { 30.0 } else { 0.7 }
            })
            .collect();
        let out = limit(|n| noise[n], noise.len());
        let loudest = out.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
        assert!(loudest <= Limiter::CEILING * 1.000_1, "{loudest}");
        assert!(loudest > 0.8);
    }

    #[test]
    fn the_gain_comes_back_within_half_a_second() {
        let out = limit(|n| if n < 4_800 { 2.0 } else { 0.5 }, 48_000);
        assert!((out[4_000] - Limiter::CEILING).abs() < 1e-3);
        assert!(out[5_000] < 0.3);
        assert!(out[4_800 + 24_000] > 0.49);
    }

    #[test]
    fn what_is_no_number_becomes_silence() {
        let out = limit(|n| [f32::NAN, f32::INFINITY, 0.3][n % 3], 300);
        assert!(out.iter().all(|sample| sample.abs() <= 0.3));
    }
}

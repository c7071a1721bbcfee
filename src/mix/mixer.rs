//! The one channel strip: gain, mute, limiter, meter.

use super::{Limiter, Meter};

/// Gain, mute, limiter and meter of the one sound there is, in this order.
#[derive(Debug)]
pub struct Mixer {
    gain_db: f32,
    /// The factor in use; it glides to the wanted one, so that a change does not
    /// click.
    gain: f32,
    muted: bool,
    limiter: Limiter,
    meter: Meter,
}

impl Default for Mixer {
    fn default() -> Self {
        Self {
            gain_db: 0.0,
            gain: 1.0,
            muted: false,
            limiter: Limiter::new(),
            meter: Meter::default(),
        }
    }
}

impl Mixer {
    /// Sets the gain in decibels; held to -60 … +30.
    pub fn set_gain_db(&mut self, db: f32) {
        self.gain_db = if db.is_finite() { db.clamp(-60.0, 30.0) } else { 0.0 };
    }

    /// The gain in decibels.
    pub fn gain_db(&self) -> f32 {
        self.gain_db
    }

    /// Silence or not.
    pub fn set_muted(&mut self, muted: bool) {
        self.muted = muted;
    }

    /// Whether it is silenced by the person.
    pub fn is_muted(&self) -> bool {
        self.muted
    }

    /// How loud the sound is that leaves the mixer.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Works on interleaved stereo samples in place.
    pub fn process(&mut self, samples: &mut [f32]) {
        self.apply_gain(samples);
        self.limiter.process(samples);
        self.meter.feed(samples);
    }

    fn apply_gain(&mut self, samples: &mut [f32]) {
        let wanted = if self.muted { 0.0 } else { 10_f32.powf(self.gain_db / 20.0) };
        if self.gain == wanted && wanted == 1.0 {
            return;
        }
        let frames = (samples.len() / 2).max(1) as f32;
        let step = (wanted - self.gain) / frames;
        for frame in samples.chunks_exact_mut(2) {
            self.gain += step;
            frame[0] *= self.gain;
            frame[1] *= self.gain;
        }
        self.gain = wanted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mute_glides_to_silence_within_a_block() {
        let mut mixer = Mixer::default();
        mixer.set_muted(true);
        let mut block = vec![0.5; 2048];
        mixer.process(&mut block);
        let steepest =
            block[2 * Limiter::DELAY..].windows(3).map(|w| (w[2] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.001, "no click: {steepest}");
        let mut next = vec![0.5; 2048];
        mixer.process(&mut next);
        let limited = 2 * Limiter::DELAY;
        assert!(next[limited..].iter().all(|s| *s == 0.0));
    }

    #[test]
    fn gain_is_in_decibels() {
        let mut mixer = Mixer::default();
        mixer.set_gain_db(-20.0);
        let mut block = vec![0.5; 2048];
        mixer.process(&mut block);
        let mut next = vec![0.5; 2048];
        mixer.process(&mut next);
        assert!(next[2 * Limiter::DELAY..].iter().all(|s| (s - 0.05).abs() < 1e-4));
    }

    #[test]
    fn too_much_gain_is_limited_and_not_clipped() {
        let mut mixer = Mixer::default();
        mixer.set_gain_db(30.0);
        for n in 0..20 {
            let mut block: Vec<f32> = (0..2048).map(|i| (i as f32 * 0.02).sin()).collect();
            mixer.process(&mut block);
            assert!(n == 0 || block.iter().all(|s| s.abs() <= Limiter::CEILING * 1.001));
        }
        assert!(mixer.meter().peak_db()[0] <= -0.9);
    }
}

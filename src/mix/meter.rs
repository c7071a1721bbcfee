//! How loud it is: peak with decay and hold, and power, of two channels.

use std::time::Duration;

use crate::media::SAMPLE_RATE;

/// Peak and power meters of interleaved stereo at 48 kHz.
///
/// The peak falls by 20 dB in 1.7 s (IEC 60268-10 type I), the highest peak is
/// held for 2 s, power is averaged over 300 ms.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    peak: [f32; 2],
    hold: [f32; 2],
    held_for: [f32; 2],
    power: [f32; 2],
    silent: f32,
}

impl Meter {
    /// What counts as nothing heard: below the noise of any microphone that is
    /// switched on.
    const SILENCE: f32 = 0.000_1;
    const DECAY_DB_PER_S: f32 = 20.0 / 1.7;
    const HOLD_S: f32 = 2.0;
    const POWER_S: f32 = 0.3;

    /// Takes in interleaved stereo samples.
    pub fn feed(&mut self, samples: &[f32]) {
        let frames = samples.len() / 2;
        if frames == 0 {
            return;
        }
        let seconds = frames as f32 / SAMPLE_RATE as f32;
        let decay = 10_f32.powf(-Self::DECAY_DB_PER_S * seconds / 20.0);
        let keep = (-seconds / Self::POWER_S).exp();
        let mut loudest = 0.0_f32;
        for channel in 0..2 {
            let of_channel = || samples.iter().skip(channel).step_by(2);
            let top = of_channel().fold(0.0_f32, |top, s| top.max(s.abs()));
            let mean = of_channel().map(|s| s * s).sum::<f32>() / frames as f32;
            self.peak[channel] = top.max(self.peak[channel] * decay);
            self.power[channel] = keep * self.power[channel] + (1.0 - keep) * mean;
            self.held_for[channel] += seconds;
            if top >= self.hold[channel] || self.held_for[channel] > Self::HOLD_S {
                self.hold[channel] = top;
                self.held_for[channel] = 0.0;
            }
            loudest = loudest.max(top);
        }
        self.silent = if loudest < Self::SILENCE { self.silent + seconds } else { 0.0 };
    }

    /// Peak with decay, in dBFS.
    pub fn peak_db(&self) -> [f32; 2] {
        self.peak.map(decibels)
    }

    /// Highest peak of the last seconds, in dBFS.
    pub fn hold_db(&self) -> [f32; 2] {
        self.hold.map(decibels)
    }

    /// Power, in dBFS: a full-scale square wave is 0.
    pub fn rms_db(&self) -> [f32; 2] {
        self.power.map(|p| decibels(p.sqrt()))
    }

    /// How long nothing has been heard.
    pub fn silent_for(&self) -> Duration {
        Duration::from_secs_f32(self.silent)
    }
}

/// Decibels of full scale; silence is -120.
fn decibels(amplitude: f32) -> f32 {
    (20.0 * amplitude.max(1e-6).log10()).max(-120.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_held_and_falls_by_20_db_in_1_7_s() {
        let mut meter = Meter::default();
        meter.feed(&[1.0, 0.5, 0.0, 0.0]);
        assert!((meter.peak_db()[0]).abs() < 0.1);
        assert!((meter.peak_db()[1] + 6.02).abs() < 0.1);
        let silence = vec![0.0; 4_800 * 2];
        for _ in 0..17 {
            meter.feed(&silence);
        }
        assert!((meter.peak_db()[0] + 20.0).abs() < 0.2, "{:?}", meter.peak_db());
        assert!((meter.hold_db()[0]).abs() < 0.1);
        assert!(meter.silent_for() > Duration::from_millis(1_690));
    }
}

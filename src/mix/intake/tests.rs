//! A device on paper feeds the intake; what comes out is measured.

use super::*;

/// A device that plays a sine of `hertz` at `rate` Hz, off by `ppm`, in lumps.
struct Device {
    rate: u32,
    channels: u16,
    ppm: f64,
    lump: usize,
    hertz: f64,
    /// Frames captured so far, and of them delivered.
    captured: f64,
    delivered: u64,
}

impl Device {
    fn new(rate: u32, channels: u16, hertz: f64) -> Self {
        let lump = rate as usize / 100;
        Self { rate, channels, ppm: 0.0, lump, hertz, captured: 0.0, delivered: 0 }
    }

    /// One block's time goes by.
    fn block(&mut self, intake: &mut Intake) {
        self.captured += f64::from(self.rate) * (1.0 + self.ppm * 1e-6) * BLOCK_FRAMES as f64
            / f64::from(SAMPLE_RATE);
        while self.delivered as f64 + self.lump as f64 <= self.captured {
            let frames = (0..self.lump as u64).map(|n| self.sample(self.delivered + n));
            let channels = usize::from(self.channels);
            let lump: Vec<f32> = frames.flat_map(|s| std::iter::repeat_n(s, channels)).collect();
            intake.push(&lump);
            self.delivered += self.lump as u64;
        }
    }

    fn sample(&self, index: u64) -> f32 {
        let phase = index as f64 * self.hertz / f64::from(self.rate);
        (0.5 * (phase.fract() * std::f64::consts::TAU).sin()) as f32
    }
}

/// The left channel of `blocks` blocks.
fn record(device: &mut Device, intake: &mut Intake, blocks: usize) -> Vec<f32> {
    let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
    let mut sound = Vec::new();
    for _ in 0..blocks {
        device.block(intake);
        intake.fill(&mut block);
        sound.extend(block.iter().step_by(CHANNELS));
    }
    sound
}

/// Amplitude of the best-fitting sine of `hertz`, and what is left beside it, in
/// decibels below it: noise and distortion.
fn sine_and_rest(sound: &[f32], hertz: f64) -> (f64, f64) {
    let (mut s, mut c, mut ss, mut cc, mut sc) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let wave =
        |n: usize| (n as f64 * hertz / f64::from(SAMPLE_RATE) * std::f64::consts::TAU).sin_cos();
    for (n, sample) in sound.iter().enumerate() {
        let (sin, cos) = wave(n);
        let sample = f64::from(*sample);
        (s, c) = (s + sample * sin, c + sample * cos);
        (ss, cc, sc) = (ss + sin * sin, cc + cos * cos, sc + sin * cos);
    }
    let det = ss * cc - sc * sc;
    let (a, b) = ((s * cc - c * sc) / det, (c * ss - s * sc) / det);
    let rest: f64 = sound
        .iter()
        .enumerate()
        .map(|(n, sample)| {
            let (sin, cos) = wave(n);
            (f64::from(*sample) - a * sin - b * cos).powi(2)
        })
        .sum();
    let power = (a * a + b * b) / 2.0;
    (power.sqrt() * 2.0_f64.sqrt(), 10.0 * (rest / sound.len() as f64 / power).log10())
}

/// The same, at the frequency near `hertz` that leaves the least: a resampler
/// that follows a clock is off by a few millionths.
fn best_sine_and_rest(sound: &[f32], hertz: f64) -> (f64, f64) {
    let rest = |ppm: f64| sine_and_rest(sound, hertz * (1.0 + ppm * 1e-6)).1;
    let (mut low, mut high) = (-2_000.0, 2_000.0);
    for _ in 0..60 {
        let third = (high - low) / 3.0;
        if rest(low + third) < rest(high - third) { high -= third } else { low += third }
    }
    sine_and_rest(sound, hertz * (1.0 + (low + high) / 2.0 * 1e-6))
}

#[test]
fn a_sine_at_44_1_khz_comes_out_clean() {
    let mut intake = Intake::new(44_100, 2).unwrap();
    let mut device = Device::new(44_100, 2, 1_000.0);
    // Half a minute, in which it finds its length.
    record(&mut device, &mut intake, 1_400);
    let sound = record(&mut device, &mut intake, 200);
    for stretch in sound.chunks_exact(2_400).step_by(10) {
        let (amplitude, rest) = best_sine_and_rest(stretch, 1_000.0);
        println!("amplitude {amplitude:.4}, THD+N {rest:.1} dB");
        assert!((amplitude - 0.5).abs() < 0.001);
        assert!(rest < -80.0, "THD+N {rest:.1} dB");
    }
}

#[test]
fn every_rate_and_channel_count_sounds_the_same() {
    for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 48_000, 88_200, 96_000, 192_000] {
        let mut intake = Intake::new(rate, 1).unwrap();
        let sound = record(&mut Device::new(rate, 1, 440.0), &mut intake, 300);
        let (amplitude, rest) = best_sine_and_rest(&sound[sound.len() - 2_400..], 440.0);
        assert!((amplitude - 0.5).abs() < 0.001 && rest < -80.0, "{rate} Hz: {amplitude} {rest}");
        assert_eq!(intake.dropped(), 0);
    }
    for channels in 1..=8 {
        let mut intake = Intake::new(48_000, channels).unwrap();
        let sound = record(&mut Device::new(48_000, channels, 440.0), &mut intake, 300);
        let (amplitude, _) = sine_and_rest(&sound[sound.len() - 9_600..], 440.0);
        assert!((0.3..1.1).contains(&amplitude), "{channels} channels: {amplitude}");
    }
}

#[test]
fn what_no_device_has_is_refused() {
    for (rate, channels) in [(0, 2), (7_999, 2), (192_001, 1), (48_000, 0), (48_000, 9)] {
        assert_eq!(Intake::new(rate, channels).err(), Some(Unusable { rate, channels }));
    }
}

#[test]
fn a_device_off_by_200_ppm_neither_clicks_nor_drifts() {
    for ppm in [200.0, -200.0] {
        let mut intake = Intake::new(48_000, 2).unwrap();
        let mut device = Device { ppm, ..Device::new(48_000, 2, 100.0) };
        // Three minutes, with the slowest sine: its steepest step is known.
        let mut last: Option<f32> = None;
        let steepest = (0.5 * std::f64::consts::TAU * 100.0 / 48_000.0) as f32 * 1.05;
        let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
        for n in 0..8_437 {
            device.block(&mut intake);
            intake.fill(&mut block);
            if n < 20 {
                continue;
            }
            for sample in block.iter().step_by(CHANNELS) {
                let step = last.map_or(0.0, |last| (sample - last).abs());
                assert!(step <= steepest, "{ppm} ppm: a click of {step} in block {n}");
                last = Some(*sample);
            }
            assert!((0.005..0.060).contains(&intake.latency_s()), "{}", intake.latency_s());
        }
        assert_eq!((intake.starved(), intake.dropped()), (0, 0));
        assert!(
            (intake.clock_difference() * 1e6 - ppm).abs() < 30.0,
            "{}",
            intake.clock_difference()
        );
    }
}

#[test]
fn a_device_that_stops_leaves_silence_without_a_click_and_comes_back() {
    let mut intake = Intake::new(48_000, 2).unwrap();
    let mut device = Device::new(48_000, 2, 100.0);
    let mut sound = record(&mut device, &mut intake, 100);
    let mut block = vec![0.0; BLOCK_FRAMES * CHANNELS];
    for _ in 0..50 {
        intake.fill(&mut block);
        sound.extend(block.iter().step_by(CHANNELS));
    }
    assert!(block.iter().all(|sample| *sample == 0.0), "silence while nothing comes");
    sound.extend(record(&mut device, &mut intake, 100));
    let steepest = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    assert!(steepest < 0.02, "a click of {steepest}");
    let (amplitude, _) = sine_and_rest(&sound[sound.len() - 9_600..], 100.0);
    assert!((amplitude - 0.5).abs() < 0.01);
    assert_eq!(intake.starved(), 1);
}

#[test]
fn sound_that_nobody_takes_is_thrown_away_and_not_kept_for_later() {
    let mut intake = Intake::new(48_000, 2).unwrap();
    let mut device = Device::new(48_000, 2, 440.0);
    record(&mut device, &mut intake, 100);
    for _ in 0..100 {
        device.block(&mut intake);
    }
    assert!(intake.latency_s() < 0.45);
    record(&mut device, &mut intake, 10);
    assert!(intake.latency_s() < 0.2, "{}", intake.latency_s());
    assert!(intake.dropped() > 48_000);
}

#[test]
fn channels_go_to_their_sides() {
    assert_eq!(to_stereo(&[0.3]), [0.3; 2]);
    assert_eq!(to_stereo(&[0.3, -0.2]), [0.3, -0.2]);
    let four = to_stereo(&[0.4, 0.1, 0.0, 0.1]);
    assert!(
        (four[0] - 0.4 / 2_f32.sqrt()).abs() < 1e-6 && (four[1] - 0.2 / 2_f32.sqrt()).abs() < 1e-6
    );
}

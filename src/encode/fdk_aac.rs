//! AAC-LC by the FDK AAC library: 48 kHz stereo at a constant bitrate.
//!
//! The library delays sound by a fixed number of samples. A packet's time is that
//! of the block its first sample was in, so that blocks left out upstream leave a
//! gap where they were; packets of nothing but priming are dropped.

mod times;

use bytes::Bytes;
use fdk_aac::enc::{
    AudioObjectType, BitRate, ChannelMode, Encoder, EncoderError, EncoderParams, Transport,
};

use self::times::Times;
use super::{AudioEncoder, AudioSettings, Error};
use crate::media::{
    AudioBlock, AudioConfig, BLOCK_FRAMES, CHANNELS, Packet, SAMPLE_RATE, Track, TrackConfig,
};
use crate::text::encoder as text;

/// The codec's name in errors.
const CODEC: &str = "AAC";

/// Bitrates that make sense for AAC-LC in 48 kHz stereo, in kbit/s. The library
/// would quietly take the nearest it can do.
const KBPS: std::ops::RangeInclusive<u32> = crate::media::limits::AUDIO_KBPS;

/// Opens an encoder for the registry.
pub(super) fn open(settings: &AudioSettings) -> Result<Box<dyn AudioEncoder>, Error> {
    Ok(Box::new(FdkAac::new(settings)?))
}

/// An AAC-LC encoder.
struct FdkAac {
    encoder: Encoder,
    config: TrackConfig,
    times: Times,
    /// The block as the library wants it.
    pcm: Box<[i16]>,
    /// Room for the largest access unit.
    output: Box<[u8]>,
}

impl FdkAac {
    fn new(settings: &AudioSettings) -> Result<Self, Error> {
        if !KBPS.contains(&settings.kbps) {
            return Err(unsupported(settings));
        }
        let encoder = Encoder::new(EncoderParams {
            bit_rate: BitRate::Cbr(settings.kbps * 1_000),
            sample_rate: SAMPLE_RATE,
            transport: Transport::Raw,
            channels: ChannelMode::Stereo,
            audio_object_type: AudioObjectType::Mpeg4LowComplexity,
        })
        .map_err(|_| unsupported(settings))?;
        let info = encoder.info().map_err(failed)?;
        if info.frameLength as usize != BLOCK_FRAMES || info.inputChannels as usize != CHANNELS {
            return Err(unsupported(settings));
        }
        let specific_config = info.confBuf.get(..info.confSize as usize).unwrap_or_default();
        Ok(Self {
            config: TrackConfig::Audio(AudioConfig {
                specific_config: Bytes::copy_from_slice(specific_config),
                sample_rate: SAMPLE_RATE,
                channels: CHANNELS as u32,
                kbps: settings.kbps,
            }),
            times: Times::new(info.nDelay as usize),
            pcm: vec![0; BLOCK_FRAMES * CHANNELS].into_boxed_slice(),
            output: vec![0; info.maxOutBufBytes as usize].into_boxed_slice(),
            encoder,
        })
    }
}

impl AudioEncoder for FdkAac {
    fn encode(&mut self, block: &AudioBlock) -> Result<Option<Packet>, Error> {
        self.times.block(block.time);
        for (out, sample) in self.pcm.iter_mut().zip(&block.samples) {
            *out = to_i16(*sample);
        }
        let done = self.encoder.encode(&self.pcm, &mut self.output).map_err(failed)?;
        if done.input_consumed != self.pcm.len() {
            return Err(Error::Codec { codec: CODEC, text: text::PART_OF_A_BLOCK.into() });
        }
        if done.output_size == 0 {
            return Ok(None);
        }
        let Some(time) = self.times.unit() else { return Ok(None) };
        Ok(Some(Packet {
            track: Track::Audio,
            pts: time,
            dts: time,
            keyframe: true,
            data: Bytes::copy_from_slice(&self.output[..done.output_size]),
        }))
    }

    fn config(&self) -> &TrackConfig {
        &self.config
    }
}

/// Full scale ±1 to 16 bit, rounded; what is louder is clipped, NaN is silence.
fn to_i16(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}

fn unsupported(settings: &AudioSettings) -> Error {
    Error::Unsupported { codec: CODEC, what: text::sound(settings.kbps) }
}

fn failed(error: EncoderError) -> Error {
    Error::Codec { codec: CODEC, text: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaTime;

    fn packets(encoder: &mut FdkAac, origin: MediaTime, blocks: i64) -> Vec<Packet> {
        (0..blocks)
            .filter_map(|n| {
                let offset = MediaTime::from_samples(n * BLOCK_FRAMES as i64, SAMPLE_RATE);
                let time = MediaTime::from_micros(origin.as_micros() + offset.as_micros());
                encoder.encode(&AudioBlock::silence(time)).unwrap()
            })
            .collect()
    }

    #[test]
    fn config_is_aac_lc_48_khz_stereo() {
        let encoder = FdkAac::new(&AudioSettings { kbps: 128 }).unwrap();
        let TrackConfig::Audio(config) = encoder.config() else { panic!("an audio track") };
        // ISO/IEC 14496-3 §1.6.2.1: object type 2, frequency index 3, two channels.
        assert_eq!(config.specific_config[..2], [0x11, 0x90]);
    }

    #[test]
    fn times_start_with_the_sound_and_never_drift() {
        let mut encoder = FdkAac::new(&AudioSettings { kbps: 128 }).unwrap();
        let origin = MediaTime::from_millis(5_000);
        let packets = packets(&mut encoder, origin, 1_000);
        let first = packets[0].pts;
        assert!(first.micros_from(origin).abs() < 21_334, "starts at {first}");
        for (n, packet) in packets.iter().enumerate() {
            let due = MediaTime::from_samples(n as i64 * 1_024, SAMPLE_RATE).as_micros();
            let off = packet.pts.micros_from(first) - due;
            assert!(off.abs() <= 1, "packet {n} is {off} µs off");
            assert!(!packet.data.is_empty());
        }
    }

    #[test]
    fn sound_after_a_pause_has_the_times_of_its_blocks() {
        let mut encoder = FdkAac::new(&AudioSettings { kbps: 128 }).unwrap();
        let block = |n| MediaTime::from_samples(n * BLOCK_FRAMES as i64, SAMPLE_RATE);
        // The machine stood still for 235 blocks, five seconds.
        let mut last = MediaTime::ZERO;
        for n in (0..50).chain(285..400) {
            let Some(packet) = encoder.encode(&AudioBlock::silence(block(n))).unwrap() else {
                continue;
            };
            // It comes out with a block that is at most three later, before the pause
            // or after it.
            let behind = block(n).micros_from(packet.pts);
            let through_the_pause = (285..288).contains(&n);
            assert!((0..64_001).contains(&behind) || through_the_pause, "block {n}: {behind} µs");
            assert!(packet.pts > last || last == MediaTime::ZERO, "block {n}");
            last = packet.pts;
        }
        assert!(block(399).micros_from(last) < 64_001, "five seconds later: {last}");
    }

    #[test]
    fn refuses_an_absurd_bitrate() {
        for kbps in [0, 1_000_000, u32::MAX] {
            assert!(
                matches!(FdkAac::new(&AudioSettings { kbps }), Err(Error::Unsupported { .. })),
                "{kbps}"
            );
        }
    }

    #[test]
    fn samples_are_rounded_and_clipped() {
        assert_eq!(
            [0.0, 0.5, 1.0, 7.0, -1.0, -7.0, f32::NAN].map(to_i16),
            [0, 16_384, 32_767, 32_767, -32_768, -32_768, 0]
        );
    }
}

//! AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1): what an AAC decoder must know
//! before the first access unit.

use super::bits::{BitReader, BitWriter};

/// Sampling frequencies by index, in Hz (ISO/IEC 14496-3 table 1.18).
const SAMPLE_RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// The index that says that the frequency follows in 24 bits.
const EXPLICIT_RATE: u32 = 15;

/// Audio object types (ISO/IEC 14496-3 table 1.17).
mod object_type {
    pub const LC: u8 = 2;
    pub const SBR: u8 = 5;
    pub const PS: u8 = 29;
    pub const ESCAPE: u8 = 31;
}

/// Object types that are written behind the escape, in six bits.
const FIRST_ESCAPED: u8 = 32;
const LAST_ESCAPED: u8 = FIRST_ESCAPED + 63;

/// What an AudioSpecificConfig says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioSpecificConfig {
    /// The object type of the core coder: 2 is AAC-LC.
    pub object_type: u8,
    /// Sampling frequency of the core coder, in Hz.
    pub sample_rate: u32,
    /// `channelConfiguration`: 1 mono, 2 stereo, 7 is 7.1; 0 says that the layout
    /// is described elsewhere.
    pub channel_config: u8,
    /// Whether an access unit holds 960 samples instead of 1024.
    pub short_frames: bool,
    /// HE-AAC: the sampling frequency after spectral band replication, in Hz.
    pub sbr_rate: Option<u32>,
    /// HE-AAC version 2: parametric stereo.
    pub parametric_stereo: bool,
}

/// Why bytes are not an AudioSpecificConfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AacError {
    /// The bytes end before the configuration does.
    #[error("the audio configuration ends too early")]
    Truncated,
    /// A sampling frequency that is reserved, or zero.
    #[error("the audio configuration names no sampling frequency")]
    SampleRate,
}

impl AudioSpecificConfig {
    /// AAC-LC with 1024 samples in an access unit.
    pub fn lc(sample_rate: u32, channel_config: u8) -> Self {
        Self {
            object_type: object_type::LC,
            sample_rate,
            channel_config,
            short_frames: false,
            sbr_rate: None,
            parametric_stereo: false,
        }
    }

    /// The channels that come out, where the configuration says it.
    pub fn channels(&self) -> Option<u32> {
        match self.channel_config {
            1 if self.parametric_stereo => Some(2),
            count @ 1..=6 => Some(u32::from(count)),
            7 | 12 | 14 => Some(8),
            11 => Some(7),
            _ => None,
        }
    }

    /// The sampling frequency that comes out, in Hz.
    pub fn output_rate(&self) -> u32 {
        self.sbr_rate.unwrap_or(self.sample_rate)
    }

    /// The configuration's bytes. HE-AAC is written in its explicit, hierarchical
    /// form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = BitWriter::default();
        if self.sbr_rate.is_some() {
            let outer = if self.parametric_stereo { object_type::PS } else { object_type::SBR };
            write_object_type(&mut out, outer);
        } else {
            write_object_type(&mut out, self.object_type);
        }
        write_rate(&mut out, self.sample_rate);
        out.bits(u32::from(self.channel_config), 4);
        if let Some(rate) = self.sbr_rate {
            write_rate(&mut out, rate);
            write_object_type(&mut out, self.object_type);
        }
        // GASpecificConfig (§4.4.1): frame length, no core coder, no extension.
        out.bits(u32::from(self.short_frames), 1).bits(0, 2);
        out.finish()
    }

    /// Reads a configuration. What follows the part that is known here is not
    /// looked at.
    pub fn parse(bytes: &[u8]) -> Result<Self, AacError> {
        let mut input = BitReader::new(bytes);
        let outer = object_type(&mut input)?;
        let mut config = Self { sample_rate: rate(&mut input)?, ..Self::lc(0, 0) };
        config.channel_config = number(&mut input, 4)? as u8;
        config.object_type = outer;
        if matches!(outer, object_type::SBR | object_type::PS) {
            config.parametric_stereo = outer == object_type::PS;
            config.sbr_rate = Some(rate(&mut input)?);
            config.object_type = object_type(&mut input)?;
        }
        // The rest is optional for our purpose: some encoders leave it out.
        config.read_rest(&mut input);
        Ok(config)
    }

    fn read_rest(&mut self, input: &mut BitReader<'_>) -> Option<()> {
        let general_audio = matches!(self.object_type, 1..=4 | 6 | 7 | 17 | 19..=23);
        if !general_audio {
            return None;
        }
        self.short_frames = input.bit()?;
        if input.bit()? {
            input.skip(14)?; // coreCoderDelay
        }
        let extension = input.bit()?;
        if self.channel_config == 0 || extension {
            // A program_config_element or error resilience flags follow; nobody
            // sends a backward compatible extension after them.
            return None;
        }
        self.read_extension(input)
    }

    /// HE-AAC in its backward compatible form (§1.6.6.1): behind the rest, where
    /// an old decoder does not look.
    fn read_extension(&mut self, input: &mut BitReader<'_>) -> Option<()> {
        const SBR_FOLLOWS: u32 = 0x2B7;
        const PS_FOLLOWS: u32 = 0x548;
        if self.sbr_rate.is_some() || input.bits(11)? != SBR_FOLLOWS {
            return None;
        }
        if object_type(input).ok()? != object_type::SBR || !input.bit()? {
            return None;
        }
        self.sbr_rate = Some(rate(input).ok()?);
        if input.bits(11)? == PS_FOLLOWS {
            self.parametric_stereo = input.bit()?;
        }
        Some(())
    }
}

fn number(input: &mut BitReader<'_>, bits: u32) -> Result<u32, AacError> {
    input.bits(bits).ok_or(AacError::Truncated)
}

fn object_type(input: &mut BitReader<'_>) -> Result<u8, AacError> {
    let value = match number(input, 5)? {
        escape if escape == u32::from(object_type::ESCAPE) => {
            u32::from(FIRST_ESCAPED) + number(input, 6)?
        }
        value => value,
    };
    Ok(value as u8)
}

fn rate(input: &mut BitReader<'_>) -> Result<u32, AacError> {
    let rate = match number(input, 4)? {
        EXPLICIT_RATE => number(input, 24)?,
        index => SAMPLE_RATES.get(index as usize).copied().unwrap_or(0),
    };
    if rate == 0 { Err(AacError::SampleRate) } else { Ok(rate) }
}

/// Type 31 says that the type stands behind it: no configuration has it, and none
/// has a type above 95. They are written as the nearest type that there is.
fn write_object_type(out: &mut BitWriter, value: u8) {
    if value < object_type::ESCAPE {
        out.bits(u32::from(value), 5);
    } else {
        let behind = u32::from(value.clamp(FIRST_ESCAPED, LAST_ESCAPED) - FIRST_ESCAPED);
        out.bits(u32::from(object_type::ESCAPE), 5).bits(behind, 6);
    }
}

fn write_rate(out: &mut BitWriter, rate: u32) {
    match SAMPLE_RATES.iter().position(|&known| known == rate) {
        Some(index) => out.bits(index as u32, 4),
        None => out.bits(EXPLICIT_RATE, 4).bits(rate, 24),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_forms_have_their_known_bytes() {
        let rows: [(u32, u8, &[u8]); 4] = [
            (48_000, 2, &[0x11, 0x90]),
            (44_100, 2, &[0x12, 0x10]),
            (48_000, 1, &[0x11, 0x88]),
            (12_345, 2, &[0x17, 0x80, 0x18, 0x1C, 0x90]),
        ];
        for (sample_rate, channels, bytes) in rows {
            let config = AudioSpecificConfig::lc(sample_rate, channels);
            assert_eq!(config.to_bytes(), bytes, "{sample_rate} Hz");
            assert_eq!(AudioSpecificConfig::parse(bytes), Ok(config), "{sample_rate} Hz");
        }
    }

    #[test]
    fn he_aac_is_read_in_both_forms() {
        let explicit = AudioSpecificConfig::parse(&[0x2B, 0x92, 0x08, 0x00]).unwrap();
        assert_eq!(
            (explicit.object_type, explicit.sample_rate, explicit.sbr_rate),
            (2, 22_050, Some(44_100))
        );
        assert_eq!((explicit.channels(), explicit.output_rate()), (Some(2), 44_100));
        assert_eq!(explicit.to_bytes(), [0x2B, 0x92, 0x08, 0x00]);

        let compatible = AudioSpecificConfig::parse(&[0x13, 0x90, 0x56, 0xE5, 0xA0]).unwrap();
        assert_eq!((compatible.object_type, compatible.sample_rate), (2, 22_050));
        assert_eq!((compatible.sbr_rate, compatible.parametric_stereo), (Some(44_100), false));

        let with_stereo =
            AudioSpecificConfig { parametric_stereo: true, channel_config: 1, ..explicit };
        assert_eq!(AudioSpecificConfig::parse(&with_stereo.to_bytes()), Ok(with_stereo));
        assert_eq!(with_stereo.channels(), Some(2));
    }

    #[test]
    fn every_object_type_is_written_and_read_again() {
        for object_type in 0..=u8::MAX {
            let config = AudioSpecificConfig { object_type, ..AudioSpecificConfig::lc(48_000, 2) };
            let bytes = config.to_bytes();
            let outer_only = matches!(object_type, object_type::SBR | object_type::PS);
            if !outer_only && object_type != object_type::ESCAPE && object_type <= LAST_ESCAPED {
                assert_eq!(AudioSpecificConfig::parse(&bytes), Ok(config), "type {object_type}");
            }
        }
    }

    #[test]
    fn what_is_cut_or_reserved_is_an_error() {
        assert_eq!(AudioSpecificConfig::parse(&[]), Err(AacError::Truncated));
        assert_eq!(AudioSpecificConfig::parse(&[0x11]), Err(AacError::Truncated));
        assert_eq!(AudioSpecificConfig::parse(&[0x16, 0x90]), Err(AacError::SampleRate));
    }
}

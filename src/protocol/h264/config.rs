//! AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1): the parameter sets
//! as a container carries them.

use super::sps::is_high;
use super::{H264Error, Sps};

/// The record's contents: what a decoder needs before the first picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderConfig {
    /// Sequence parameter sets, NAL units of type 7. At least one, at most 31.
    pub sps: Vec<Vec<u8>>,
    /// Picture parameter sets, NAL units of type 8. At least one, at most 255.
    pub pps: Vec<Vec<u8>>,
    /// Bytes of the length before each NAL unit: 1, 2 or 4.
    pub length_size: u8,
}

impl DecoderConfig {
    /// The configuration with these parameter sets and 32-bit lengths.
    pub fn new(sps: &[u8], pps: &[u8]) -> Self {
        Self { sps: vec![sps.to_vec()], pps: vec![pps.to_vec()], length_size: 4 }
    }

    /// The record's bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, H264Error> {
        let first = self.sps.first().ok_or(H264Error::Missing("sequence parameter set"))?;
        if self.pps.is_empty() {
            return Err(H264Error::Missing("picture parameter set"));
        }
        let &[profile, constraints, level] = first
            .get(1..4)
            .and_then(|bytes| bytes.first_chunk())
            .ok_or(H264Error::Truncated("parameter set"))?;
        let mut out =
            vec![1, profile, constraints, level, 0xFC | self.length_size.saturating_sub(1) & 3];
        append_sets(&self.sps, 0xE0, 31, &mut out)?;
        append_sets(&self.pps, 0, 255, &mut out)?;
        if is_high(profile) {
            let sps = Sps::parse(first)?;
            let depths = [sps.luma_bits - 8, sps.chroma_bits - 8];
            out.extend([0xFC | sps.chroma_format, 0xF8 | depths[0], 0xF8 | depths[1], 0]);
        }
        Ok(out)
    }

    /// Reads a record. What follows the picture parameter sets repeats the
    /// sequence parameter set and is not looked at.
    pub fn parse(record: &[u8]) -> Result<Self, H264Error> {
        let short = H264Error::Truncated("decoder configuration");
        let (&[version, _, _, _, lengths, sps_count], mut rest) =
            record.split_first_chunk().ok_or(short)?;
        let length_size = (lengths & 3) + 1;
        if version != 1 || length_size == 3 {
            return Err(H264Error::OutOfRange("decoder configuration"));
        }
        let sps = take_sets(&mut rest, sps_count & 0x1F)?;
        let (&pps_count, mut rest) = rest.split_first().ok_or(short)?;
        let pps = take_sets(&mut rest, pps_count)?;
        Ok(Self { sps, pps, length_size })
    }
}

/// Appends the sets after their count, which shares its byte with `flags`.
fn append_sets(sets: &[Vec<u8>], flags: u8, max: u8, out: &mut Vec<u8>) -> Result<(), H264Error> {
    let count = u8::try_from(sets.len()).ok().filter(|&count| count <= max);
    out.push(flags | count.ok_or(H264Error::OutOfRange("number of parameter sets"))?);
    for set in sets {
        let length =
            u16::try_from(set.len()).map_err(|_| H264Error::OutOfRange("parameter set"))?;
        out.extend(length.to_be_bytes());
        out.extend(set);
    }
    Ok(())
}

fn take_sets(rest: &mut &[u8], count: u8) -> Result<Vec<Vec<u8>>, H264Error> {
    (0..count).map(|_| take_set(rest)).collect()
}

fn take_set(rest: &mut &[u8]) -> Result<Vec<u8>, H264Error> {
    let set = rest
        .split_first_chunk()
        .and_then(|(length, rest)| rest.split_at_checked(usize::from(u16::from_be_bytes(*length))));
    let (set, after) = set.ok_or(H264Error::Truncated("parameter set"))?;
    *rest = after;
    Ok(set.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baseline_has_no_further_fields() {
        let config = DecoderConfig::new(&[0x67, 0x42, 0xC0, 0x1F, 0xDA], &[0x68, 0xCE]);
        let bytes = config.to_bytes().unwrap();
        assert_eq!(
            bytes,
            [
                1, 0x42, 0xC0, 0x1F, 0xFF, 0xE1, 0, 5, 0x67, 0x42, 0xC0, 0x1F, 0xDA, 1, 0, 2, 0x68,
                0xCE
            ]
        );
        assert_eq!(DecoderConfig::parse(&bytes), Ok(config));
    }

    #[test]
    fn what_is_missing_or_cut_is_an_error() {
        let empty = DecoderConfig { sps: vec![], pps: vec![], length_size: 4 };
        assert_eq!(empty.to_bytes(), Err(H264Error::Missing("sequence parameter set")));
        let record = DecoderConfig::new(&[0x67, 0x42, 0xC0, 0x1F], &[0x68]).to_bytes().unwrap();
        for end in 0..record.len() {
            assert!(DecoderConfig::parse(&record[..end]).is_err(), "cut at {end}");
        }
        let claims = [1, 0x42, 0, 30, 0xFF, 0xFF, 0xFF, 0xFF, 1];
        assert_eq!(DecoderConfig::parse(&claims), Err(H264Error::Truncated("parameter set")));
    }
}

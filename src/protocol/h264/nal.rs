//! NAL units, and the two ways to tell where one ends and the next begins.

use super::H264Error;

/// What a NAL unit holds: `nal_unit_type` (H.264 table 7-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NalType {
    /// 1: a slice of a picture that is not an IDR picture.
    Slice,
    /// 5: a slice of an IDR picture, where decoding can start.
    Idr,
    /// 6: supplemental enhancement information.
    Sei,
    /// 7: a sequence parameter set.
    Sps,
    /// 8: a picture parameter set.
    Pps,
    /// 9: an access unit delimiter.
    Delimiter,
    /// 12: filler data, there to hold a bitrate.
    Filler,
    /// Any other, kept as it is.
    Other(u8),
}

impl NalType {
    /// The type of a NAL unit, from its first byte.
    pub fn of(nal: &[u8]) -> Option<Self> {
        Some(match nal.first()? & 0x1F {
            1 => Self::Slice,
            5 => Self::Idr,
            6 => Self::Sei,
            7 => Self::Sps,
            8 => Self::Pps,
            9 => Self::Delimiter,
            12 => Self::Filler,
            other => Self::Other(other),
        })
    }
}

/// The NAL units of a byte stream with start codes (H.264 Annex B). Empty units
/// are left out, and so are zeros after a unit.
pub fn annex_b(stream: &[u8]) -> AnnexB<'_> {
    let first = start_code(stream, 0).map_or(stream.len(), |(_, end)| end);
    AnnexB { stream, at: first }
}

/// See [`annex_b`].
#[derive(Clone, Debug)]
pub struct AnnexB<'a> {
    stream: &'a [u8],
    /// Where the next unit starts.
    at: usize,
}

impl<'a> Iterator for AnnexB<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while self.at < self.stream.len() {
            let start = self.at;
            let (end, next) =
                start_code(self.stream, start).unwrap_or((self.stream.len(), self.stream.len()));
            self.at = next;
            let unit = trim_zeros(&self.stream[start..end]);
            if !unit.is_empty() {
                return Some(unit);
            }
        }
        None
    }
}

/// The first `00 00 01` at or after `from`: where it starts and where it ends.
fn start_code(stream: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    // The last byte of a code is looked at first: anything above 1 there rules
    // out a code that overlaps these three bytes.
    while let Some(&last) = stream.get(at + 2) {
        if last > 1 {
            at += 3;
        } else if last == 1 && stream[at] == 0 && stream[at + 1] == 0 {
            return Some((at, at + 3));
        } else {
            at += 1;
        }
    }
    None
}

/// A unit never ends in a zero byte (H.264 §7.4.1); what follows it is padding or
/// the first byte of a longer start code.
fn trim_zeros(unit: &[u8]) -> &[u8] {
    let end = unit.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &unit[..end]
}

/// The NAL units of an access unit with 32-bit length prefixes. The first error
/// is the last item.
pub fn length_prefixed(access_unit: &[u8]) -> LengthPrefixed<'_> {
    LengthPrefixed { rest: access_unit }
}

/// See [`length_prefixed`].
#[derive(Clone, Debug)]
pub struct LengthPrefixed<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for LengthPrefixed<'a> {
    type Item = Result<&'a [u8], H264Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let unit = self
            .rest
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(u32::from_be_bytes(*length) as usize));
        let Some((nal, rest)) = unit else {
            self.rest = &[];
            return Some(Err(H264Error::Truncated("NAL unit")));
        };
        self.rest = rest;
        Some(Ok(nal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(stream: &[u8]) -> Vec<&[u8]> {
        annex_b(stream).collect()
    }

    #[test]
    fn finds_units_between_start_codes_of_both_lengths() {
        let stream = [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0x65, 0, 0, 3, 1, 0, 0];
        assert_eq!(units(&stream), [&[0x67, 1][..], &[0x68, 2], &[0x65, 0, 0, 3, 1]]);
    }

    #[test]
    fn copes_with_streams_that_are_not() {
        let none: [&[u8]; 0] = [];
        assert_eq!(units(&[]), none);
        assert_eq!(units(&[1, 2, 3]), none);
        assert_eq!(units(&[0, 0, 1]), none);
        assert_eq!(units(&[0, 0, 1, 0, 0, 1, 0x65]), [&[0x65]]);
        assert_eq!(units(&[9, 9, 0, 0, 1, 0x65]), [&[0x65]], "bytes before the first code");
    }

    #[test]
    fn a_length_past_the_end_is_the_last_item() {
        let bytes = [0, 0, 0, 1, 0x65, 0, 0, 0, 9, 1];
        let read: Vec<_> = length_prefixed(&bytes).collect();
        assert_eq!(read, [Ok(&[0x65][..]), Err(H264Error::Truncated("NAL unit"))]);
        assert_eq!(length_prefixed(&[0, 0]).count(), 1);
    }
}

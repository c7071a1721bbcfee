//! Bits from the most significant one on, as H.264 and MPEG-4 audio write them.

/// A place in a byte string, with checked reads: `None` is "past the end".
#[derive(Clone, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits read so far.
    at: usize,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bits are left.
    pub fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    pub fn bit(&mut self) -> Option<bool> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// An unsigned number of `count` bits, at most 32.
    pub fn bits(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.bit()?);
        }
        Some(value)
    }

    pub fn skip(&mut self, count: usize) -> Option<()> {
        (count <= self.left()).then(|| self.at += count)
    }

    /// ue(v) of H.264 §9.1. More than 31 leading zeros is no number of 32 bits.
    pub fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1 << zeros) - 1 + self.bits(zeros)?)
    }

    /// se(v) of H.264 §9.1.1.
    pub fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        let magnitude = (code + 1) / 2;
        i32::try_from(if code % 2 == 1 { magnitude } else { -magnitude }).ok()
    }
}

/// Writes numbers bit by bit.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits used in the last byte; 0 where a new byte starts.
    used: u32,
}

impl BitWriter {
    /// Appends the low `count` bits of `value`, at most 32.
    pub fn bits(&mut self, value: u32, count: u32) -> &mut Self {
        for shift in (0..count).rev() {
            if self.used == 0 {
                self.bytes.push(0);
            }
            let bit = (value >> shift & 1) as u8;
            if let Some(last) = self.bytes.last_mut() {
                *last |= bit << (7 - self.used);
            }
            self.used = (self.used + 1) % 8;
        }
        self
    }

    /// The bytes; the last one is filled up with zeros.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_written() {
        let mut out = BitWriter::default();
        out.bits(0b101, 3).bits(0x1234, 16).bits(1, 1);
        let bytes = out.finish();
        let mut input = BitReader::new(&bytes);
        assert_eq!((input.bits(3), input.bits(16)), (Some(5), Some(0x1234)));
        assert_eq!((input.bit(), input.left()), (Some(true), 4));
        assert_eq!(input.bits(5), None);
    }

    #[test]
    fn exp_golomb_follows_the_table() {
        // 1 | 010 | 011 | 00100 | 00101, H.264 table 9-2.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1000_0000];
        let mut input = BitReader::new(&bytes);
        let read: Vec<_> = (0..5).map(|_| input.ue().unwrap()).collect();
        assert_eq!(read, [0, 1, 2, 3, 4]);
        let mut input = BitReader::new(&bytes);
        let read: Vec<_> = (0..5).map(|_| input.se().unwrap()).collect();
        assert_eq!(read, [0, 1, -1, 2, -2]);
    }

    #[test]
    fn exp_golomb_is_bounded() {
        let mut largest = vec![0, 0, 0, 1];
        largest.extend([0xFF; 4]);
        assert_eq!(BitReader::new(&largest).ue(), Some(u32::MAX - 1));
        assert_eq!(BitReader::new(&[0; 64]).ue(), None);
        assert_eq!(BitReader::new(&[]).ue(), None);
    }
}

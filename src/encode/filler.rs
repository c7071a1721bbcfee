//! Fills video up to a least bitrate, for services that take a still picture for a
//! broken stream: filler data NAL units (H.264 §7.3.2.7), which decoders skip.

use crate::media::MediaTime;

/// The account of what is missing to the least bitrate.
#[derive(Clone, Debug, Default)]
pub(super) struct Filler {
    /// Bitrate to fill up to, in bit/s.
    bps: f64,
    /// When the frame before was due.
    last: Option<MediaTime>,
    /// Bits that are missing; negative: spent in advance.
    missing: f64,
}

impl Filler {
    /// Filler data behind the length of its NAL unit: header, and what ends it
    /// (§7.3.2.11).
    const HEADER: u8 = 12;
    const TRAILING: u8 = 0x80;
    /// Bytes of a NAL unit without any filler in it, with its length.
    const OVERHEAD: usize = 4 + 2;

    /// What was spent in advance counts for this long, in seconds: as long as it takes
    /// from keyframe to keyframe.
    const ADVANCE_S: f64 = 2.0;
    /// A pause is not filled for longer than this, in seconds.
    const PAUSE_S: f64 = 0.5;

    /// Changes what is filled up to, in kbit/s.
    pub fn set_least(&mut self, kbps: u32) {
        self.bps = f64::from(kbps) * 1e3;
    }

    /// Books an access unit of so many bytes, due at `time`; how many to add to it.
    pub fn missing(&mut self, time: MediaTime, bytes: usize) -> usize {
        let passed = self.last.replace(time).map_or(0.0, |last| time.since(last).as_secs_f64());
        self.missing += self.bps * passed.min(Self::PAUSE_S) - bytes as f64 * 8.0;
        self.missing = self.missing.max(-self.bps * Self::ADVANCE_S);
        let fill = (self.missing / 8.0).max(0.0) as usize;
        if fill < Self::OVERHEAD {
            return 0;
        }
        self.missing -= fill as f64 * 8.0;
        fill
    }

    /// Adds a NAL unit of so many bytes in all to an access unit.
    pub fn fill(data: &mut Vec<u8>, bytes: usize) {
        let Some(filler) = bytes.checked_sub(Self::OVERHEAD) else { return };
        let length = u32::try_from(filler + 2).unwrap_or(u32::MAX);
        data.extend_from_slice(&length.to_be_bytes());
        data.push(Self::HEADER);
        data.resize(data.len() + filler, 0xff);
        data.push(Self::TRAILING);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of each frame with what was added, at 30 frames a second.
    fn filled(kbps: u32, frames: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut filler = Filler::default();
        filler.set_least(kbps);
        let at = |n: usize| MediaTime::from_micros(n as i64 * 1_000_000 / 30);
        let frames = frames.into_iter().enumerate();
        frames.map(|(n, bytes)| bytes + filler.missing(at(n), bytes)).collect()
    }

    #[test]
    fn what_is_missing_is_added_and_no_more() {
        let kbps = |frames: &[usize]| {
            frames.iter().sum::<usize>() as f64 * 8.0 / 1e3 / (frames.len() as f64 / 30.0)
        };
        let still = filled(500, (0..300).map(|n| if n % 60 == 0 { 20_000 } else { 50 }));
        assert!((kbps(&still[60..]) / 500.0 - 1.0).abs() < 0.05, "{}", kbps(&still[60..]));
        let enough = filled(500, [2_500; 300]);
        assert_eq!(enough, [2_500; 300]);
        assert_eq!(filled(0, [50; 300]), [50; 300]);
    }

    #[test]
    fn a_filler_unit_has_the_size_that_was_asked_for() {
        for bytes in [6, 7, 300] {
            let mut data = vec![1];
            Filler::fill(&mut data, bytes);
            assert_eq!(data.len(), 1 + bytes);
            assert_eq!(data[1..5], (bytes as u32 - 4).to_be_bytes());
            assert_eq!((data[5], data.last()), (12, Some(&0x80)));
            assert!(data[6..data.len() - 1].iter().all(|byte| *byte == 0xff));
        }
        let mut data = Vec::new();
        Filler::fill(&mut data, 5);
        assert!(data.is_empty(), "there is no room for one");
    }
}

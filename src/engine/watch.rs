//! Notices a picture that is black or stands still.

use std::time::Duration;

use crate::media::{MediaTime, Picture, Plane};

/// Looks at a few pixels of a frame now and then.
#[derive(Debug, Default)]
pub struct PictureWatch {
    next: MediaTime,
    last: u64,
    bright_at: MediaTime,
    moved_at: MediaTime,
    /// The picture has been black for some seconds.
    pub black: bool,
    /// The picture has not changed for some seconds.
    pub frozen: bool,
}

impl PictureWatch {
    const EVERY: Duration = Duration::from_millis(500);
    const PATIENCE: Duration = Duration::from_secs(3);
    /// One pixel of so many is looked at; no power of two, so that the pixels
    /// looked at don't stand in columns.
    const STEP: usize = 1_013;
    /// Luma in limited range below which nothing can be made out.
    const DARK: u8 = 28;

    /// Looks at a frame, when it is time.
    pub fn look(&mut self, now: MediaTime, picture: &Picture) {
        if now < self.next {
            return;
        }
        self.next = now + Self::EVERY;
        let pixels = || picture.plane(Plane::Y).iter().step_by(Self::STEP);
        if pixels().any(|luma| *luma > Self::DARK) {
            self.bright_at = now;
        }
        let sum = pixels().fold(0_u64, |sum, luma| sum.wrapping_mul(31) + u64::from(*luma));
        if sum != self.last {
            (self.last, self.moved_at) = (sum, now);
        }
        self.black = now.since(self.bright_at) >= Self::PATIENCE;
        self.frozen = now.since(self.moved_at) >= Self::PATIENCE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Planes;

    #[test]
    fn black_and_frozen_take_three_seconds() {
        let mut watch = PictureWatch::default();
        let mut picture = Picture::black(Planes::new(640, 360));
        picture.plane_mut(Plane::Y).fill(100);
        watch.look(MediaTime::from_millis(0), &picture);
        picture.plane_mut(Plane::Y).fill(16);
        watch.look(MediaTime::from_millis(1_000), &picture);
        assert!(!watch.black && !watch.frozen);
        watch.look(MediaTime::from_millis(3_100), &picture);
        assert!(watch.black && !watch.frozen);
        watch.look(MediaTime::from_millis(4_100), &picture);
        assert!(watch.frozen);
        picture.plane_mut(Plane::Y).fill(90);
        watch.look(MediaTime::from_millis(5_000), &picture);
        assert!(!watch.black && !watch.frozen);
    }
}

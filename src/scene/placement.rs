//! Where a picture lies in the output.

use crate::media::Planes;

/// A rectangle in pixels of luma, all sides even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Rect {
    /// The largest place in `output` for a picture of `source`'s shape, in the
    /// middle. Bars of a few pixels, that only rounding left, are not worth
    /// having: the picture then fills that side.
    pub fn fit(source: Planes, output: Planes) -> Self {
        let (w, h) = (u64::from(source.width), u64::from(source.height));
        let (room_w, room_h) = (u64::from(output.width), u64::from(output.height));
        let width = (room_h * w / h).min(room_w);
        let height = (room_w * h / w).min(room_h);
        let (width, height) = (snap(width, room_w), snap(height, room_h));
        Self {
            x: (output.width - width) / 4 * 2,
            y: (output.height - height) / 4 * 2,
            width,
            height,
        }
    }

    /// Half of it: the same place in a plane of chroma.
    pub fn half(self) -> Self {
        Self { x: self.x / 2, y: self.y / 2, width: self.width / 2, height: self.height / 2 }
    }
}

/// An even length, and all the room where less than 1 % would be left.
fn snap(length: u64, room: u64) -> u32 {
    let even = (length / 2 * 2).max(2);
    let length = if (room - even.min(room)) * 100 < room { room } else { even };
    // No more than the room, which came from a u32.
    length as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(source: (u32, u32), output: (u32, u32)) -> [u32; 4] {
        let rect = Rect::fit(Planes::new(source.0, source.1), Planes::new(output.0, output.1));
        [rect.x, rect.y, rect.width, rect.height]
    }

    #[test]
    fn a_picture_keeps_its_shape_and_lies_in_the_middle() {
        assert_eq!(fit((640, 360), (1280, 720)), [0, 0, 1280, 720]);
        assert_eq!(fit((640, 480), (1280, 720)), [160, 0, 960, 720]);
        assert_eq!(fit((1080, 1920), (1280, 720)), [438, 0, 404, 720]);
        assert_eq!(fit((2560, 1080), (1280, 720)), [0, 90, 1280, 540]);
    }

    #[test]
    fn bars_of_a_few_pixels_are_filled() {
        assert_eq!(fit((642, 362), (1280, 720)), [0, 0, 1280, 720]);
    }

    #[test]
    fn extreme_shapes_still_have_a_place() {
        for source in [(2, 2), (2, 8_192), (8_192, 2), (8_192, 8_192)] {
            for output in [(2, 2), (16, 16), (1280, 720), (2, 4_000)] {
                let [x, y, width, height] = fit(source, output);
                assert!(
                    width >= 2 && height >= 2 && x + width <= output.0 && y + height <= output.1
                );
                assert!([x, y, width, height].iter().all(|side| side % 2 == 0));
            }
        }
    }
}

//! Turning a picture: quarter turns, and left to right.

use crate::media::{Picture, Plane, Planes};

/// How far a picture is turned clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotation {
    /// Not at all.
    #[default]
    None,
    /// A quarter.
    Quarter,
    /// Upside down.
    Half,
    /// Three quarters.
    ThreeQuarters,
}

/// How a picture is turned: first clockwise, then left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Clockwise.
    pub rotation: Rotation,
    /// Left to right.
    pub mirror: bool,
}

impl Turn {
    /// Whether it leaves the picture as it is.
    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The size of a turned picture; of an output, that of the pictures which it turns.
    pub fn layout(self, source: Planes) -> Planes {
        match self.rotation {
            Rotation::None | Rotation::Half => source,
            Rotation::Quarter | Rotation::ThreeQuarters => Planes::new(source.height, source.width),
        }
    }

    /// A turned picture.
    pub fn of(self, source: &Picture) -> Picture {
        let mut out = Picture::black(self.layout(source.layout()));
        self.apply(source, &mut out);
        out
    }

    /// Writes the turned `source` to `out`, which has its [layout](Self::layout).
    pub(super) fn apply(self, source: &Picture, out: &mut Picture) {
        for plane in [Plane::Y, Plane::U, Plane::V] {
            let (from, to) = (source.layout().stride(plane), out.layout().stride(plane));
            self.turn_plane(source.plane(plane), from, out.plane_mut(plane), to);
        }
    }

    fn turn_plane(self, source: &[u8], width: usize, out: &mut [u8], out_width: usize) {
        let height = source.len() / width;
        for (y, row) in out.chunks_exact_mut(out_width).enumerate() {
            match self.rotation {
                Rotation::None => row.copy_from_slice(&source[y * width..][..width]),
                Rotation::Half => {
                    row.copy_from_slice(&source[(height - 1 - y) * width..][..width]);
                    row.reverse();
                }
                Rotation::Quarter => copy_column(source, width, y, row.iter_mut().rev()),
                Rotation::ThreeQuarters => {
                    copy_column(source, width, width - 1 - y, row.iter_mut())
                }
            }
            if self.mirror {
                row.reverse();
            }
        }
    }
}

fn copy_column<'a>(source: &[u8], width: usize, x: usize, row: impl Iterator<Item = &'a mut u8>) {
    for (to, from) in row.zip(source[x..].iter().step_by(width)) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Luma counts up row by row.
    fn counted(width: u32, height: u32) -> Picture {
        let mut picture = Picture::black(Planes::new(width, height));
        for (n, byte) in picture.bytes_mut().iter_mut().enumerate() {
            *byte = n as u8;
        }
        picture
    }

    fn turned(rotation: Rotation, mirror: bool) -> (Planes, Vec<u8>) {
        let turn = Turn { rotation, mirror };
        let source = counted(4, 2);
        let mut out = Picture::black(turn.layout(source.layout()));
        turn.apply(&source, &mut out);
        (out.layout(), out.bytes().to_vec())
    }

    #[test]
    fn turns_go_clockwise() {
        // Rows 0 1 2 3 and 4 5 6 7, chroma 8 9 and 10 11.
        let (upright, tall) = (Planes::new(4, 2), Planes::new(2, 4));
        assert_eq!(turned(Rotation::None, false), (upright, (0..12).collect()));
        assert_eq!(
            turned(Rotation::Quarter, false),
            (tall, vec![4, 0, 5, 1, 6, 2, 7, 3, 8, 9, 10, 11])
        );
        assert_eq!(
            turned(Rotation::Half, false),
            (upright, vec![7, 6, 5, 4, 3, 2, 1, 0, 9, 8, 11, 10])
        );
        assert_eq!(
            turned(Rotation::ThreeQuarters, false),
            (tall, vec![3, 7, 2, 6, 1, 5, 0, 4, 9, 8, 11, 10])
        );
    }

    #[test]
    fn mirroring_swaps_left_and_right_of_the_turned_picture() {
        assert_eq!(turned(Rotation::None, true).1[..8], [3, 2, 1, 0, 7, 6, 5, 4]);
        assert_eq!(turned(Rotation::Quarter, true).1[..8], [0, 4, 1, 5, 2, 6, 3, 7]);
    }
}

//! What a JPEG file says of itself outside its picture: how it is to be turned (Exif),
//! and whether it has an end.

use crate::scene::{Rotation, Turn};

/// What was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// How the picture is to be turned.
    pub upright: Turn,
    /// Whether the file goes on to the picture's end.
    pub is_whole: bool,
}

const START_OF_SCAN: u8 = 0xda;
const END: [u8; 2] = [0xff, 0xd9];
const EXIF: u8 = 0xe1;

impl Marks {
    /// Of a file.
    pub fn of(bytes: &[u8]) -> Self {
        let mut marks = Self::default();
        let mut rest = bytes.get(2..).unwrap_or_default();
        while let Some((mark, segment, after)) = segment(rest) {
            match mark {
                EXIF => marks.upright = orientation(segment).map_or(marks.upright, turn),
                START_OF_SCAN => {
                    // From the end, where it is nearly always.
                    marks.is_whole = after.windows(2).rev().any(|two| two == END);
                    break;
                }
                _ => {}
            }
            rest = after;
        }
        marks
    }
}

/// The next mark, what belongs to it, and what comes after.
fn segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    // Any number of fill bytes may come before a mark, and some files have others.
    let at = bytes.windows(2).position(|two| two[0] == 0xff && !matches!(two[1], 0 | 0xff))?;
    let (mark, rest) = (bytes[at + 1], &bytes[at + 2..]);
    if matches!(mark, 0x01 | 0xd0..=0xd9) {
        return Some((mark, &[], rest));
    }
    let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    Some((mark, rest.get(2..length)?, rest.get(length..)?))
}

/// The number of the orientation in an Exif segment (Exif 2.3, tag 274).
fn orientation(segment: &[u8]) -> Option<u16> {
    const TAG: u16 = 274;
    /// Far more than any picture has.
    const MOST_TAGS: u16 = 512;
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let is_little = match tiff.first_chunk()? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) } as usize)
    };
    let tags = long(4)?;
    let count = short(tags)?.min(MOST_TAGS);
    let entry = |n: u16| tags.checked_add(2 + usize::from(n) * 12);
    let wanted = (0..count).filter_map(entry).find(|at| short(*at) == Some(TAG))?;
    short(wanted + 8)
}

/// How a picture of that orientation is turned to stand upright.
fn turn(orientation: u16) -> Turn {
    let (rotation, mirror) = match orientation {
        2 => (Rotation::None, true),
        3 => (Rotation::Half, false),
        4 => (Rotation::Half, true),
        5 => (Rotation::Quarter, true),
        6 => (Rotation::Quarter, false),
        7 => (Rotation::ThreeQuarters, true),
        8 => (Rotation::ThreeQuarters, false),
        _ => (Rotation::None, false),
    };
    Turn { rotation, mirror }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Picture, Plane, Planes};

    /// A file with an Exif segment of that orientation, and a picture that ends.
    fn file(is_little: bool, orientation: u16) -> Vec<u8> {
        let short = |n: u16| if is_little { n.to_le_bytes() } else { n.to_be_bytes() };
        let long = |n: u32| if is_little { n.to_le_bytes() } else { n.to_be_bytes() };
        let tags = [(271_u16, 7_u16), (274, orientation)];
        let mut exif = b"Exif\0\0".to_vec();
        exif.extend(if is_little { b"II" } else { b"MM" });
        exif.extend(short(42));
        exif.extend(long(8));
        exif.extend(short(tags.len() as u16));
        for (tag, value) in tags {
            exif.extend([short(tag), short(3)].concat());
            exif.extend(long(1));
            exif.extend([short(value), short(0)].concat());
        }
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xff, EXIF];
        bytes.extend((exif.len() as u16 + 2).to_be_bytes());
        bytes.extend(exif);
        bytes.extend([0xff, START_OF_SCAN, 0, 2, 1, 2, 3, 0xff, 0xd9, 9]);
        bytes
    }

    #[test]
    fn the_orientation_is_found_in_either_order_of_bytes() {
        for (is_little, orientation) in
            [true, false].into_iter().flat_map(|l| (1..=8).map(move |o| (l, o)))
        {
            let marks = Marks::of(&file(is_little, orientation));
            assert_eq!(marks, Marks { upright: turn(orientation), is_whole: true });
        }
        assert_eq!(turn(0), Turn::default());
    }

    #[test]
    fn a_file_that_ends_anywhere_else_is_not_whole_and_no_panic() {
        let whole = file(true, 6);
        for len in 0..whole.len() - 2 {
            assert!(!Marks::of(&whole[..len]).is_whole, "{len}");
        }
        for n in 0..whole.len() * 4 {
            let mut bytes = whole.clone();
            bytes[n / 4] ^= [0x01, 0x10, 0x80, 0xff][n % 4];
            Marks::of(&bytes);
        }
    }

    #[test]
    fn an_orientation_says_where_the_first_row_and_column_belong() {
        // Luma 1 2 / 3 4 of a scene, as a camera would store it in each orientation.
        let stored = [
            [1, 2, 3, 4],
            [2, 1, 4, 3],
            [4, 3, 2, 1],
            [3, 4, 1, 2],
            [1, 3, 2, 4],
            [2, 4, 1, 3],
            [4, 2, 3, 1],
            [3, 1, 4, 2],
        ];
        for (orientation, luma) in (1..).zip(stored) {
            let mut picture = Picture::black(Planes::new(2, 2));
            picture.plane_mut(Plane::Y).copy_from_slice(&luma);
            let upright = turn(orientation).of(&picture);
            assert_eq!(upright.plane(Plane::Y), [1, 2, 3, 4], "orientation {orientation}");
        }
    }
}

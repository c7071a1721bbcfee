//! A small bitmap alphabet for the timecode of the test signal and for slates,
//! so that neither needs a font.

use crate::media::{Picture, Plane};

/// Columns of a glyph, without the gap to the next.
pub(super) const WIDTH: usize = 5;
/// Rows of a glyph.
pub(super) const HEIGHT: usize = 7;
/// Columns from one glyph to the next.
pub(super) const PITCH: usize = WIDTH + 1;

/// Text to be drawn: where, how large, in which shades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    /// Left edge in pixels.
    pub x: usize,
    /// Upper edge in pixels.
    pub y: usize,
    /// Pixels per dot of a glyph, at least 1.
    pub scale: usize,
    /// Luma of the dots.
    pub ink: u8,
    /// Luma around them.
    pub paper: u8,
}

impl Pen {
    /// Pixels that `text` takes across.
    pub fn width(&self, text: &str) -> usize {
        text.chars().count() * PITCH * self.scale
    }

    /// Draws one line, in grey; what lies outside the picture is cut off.
    pub fn write(&self, picture: &mut Picture, text: &str) {
        let across = self.width(text);
        self.bleach(picture, across);
        let stride = picture.layout().stride(Plane::Y);
        let height = picture.layout().height as usize;
        let luma = picture.plane_mut(Plane::Y);
        for row in 0..HEIGHT * self.scale {
            let y = self.y + row;
            if y >= height {
                return;
            }
            let line = &mut luma[y * stride..][..stride];
            let from = self.x.min(stride);
            let to = (self.x + across).min(stride);
            self.write_row(&mut line[from..to], text, row / self.scale);
        }
    }

    /// One row of pixels of one row of dots.
    fn write_row(&self, line: &mut [u8], text: &str, dot_row: usize) {
        line.fill(self.paper);
        let mut cells = line.chunks_mut(PITCH * self.scale);
        for (glyph, cell) in text.chars().map(glyph).zip(&mut cells) {
            let bits = glyph[dot_row];
            for (column, dots) in cell.chunks_mut(self.scale).take(WIDTH).enumerate() {
                if bits >> (WIDTH - 1 - column) & 1 == 1 {
                    dots.fill(self.ink);
                }
            }
        }
    }

    /// Takes the colour out of the line's place.
    fn bleach(&self, picture: &mut Picture, across: usize) {
        let stride = picture.layout().stride(Plane::U);
        let rows = picture.layout().height as usize / 2;
        let (from, to) = ((self.x / 2).min(stride), (self.x + across).div_ceil(2).min(stride));
        let last = (self.y + HEIGHT * self.scale).div_ceil(2).min(rows);
        for plane in [Plane::U, Plane::V] {
            let chroma = picture.plane_mut(plane);
            for y in (self.y / 2).min(rows)..last {
                chroma[y * stride + from..y * stride + to].fill(128);
            }
        }
    }
}

/// The rows of a character, top first; the fifth bit is the left column. Lower
/// case is drawn as upper case, what is not in the table as a box.
fn glyph(character: char) -> [u8; HEIGHT] {
    let wanted = character.to_ascii_uppercase();
    GLYPHS.iter().find(|(c, _)| *c == wanted).map_or(UNKNOWN, |(_, rows)| *rows)
}

/// Whether it is drawn as what it is.
pub(super) fn knows(character: char) -> bool {
    let wanted = character.to_ascii_uppercase();
    GLYPHS.iter().any(|(c, _)| *c == wanted)
}

const UNKNOWN: [u8; HEIGHT] = [31, 17, 17, 17, 17, 17, 31];

#[rustfmt::skip]
const GLYPHS: &[(char, [u8; HEIGHT])] = &[
    (' ', [0, 0, 0, 0, 0, 0, 0]),
    ('0', [14, 17, 19, 21, 25, 17, 14]), ('1', [4, 12, 4, 4, 4, 4, 14]),
    ('2', [14, 17, 1, 6, 8, 16, 31]),    ('3', [14, 17, 1, 6, 1, 17, 14]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),     ('5', [31, 16, 30, 1, 1, 17, 14]),
    ('6', [6, 8, 16, 30, 17, 17, 14]),   ('7', [31, 1, 2, 4, 4, 8, 8]),
    ('8', [14, 17, 17, 14, 17, 17, 14]), ('9', [14, 17, 17, 15, 1, 2, 12]),
    ('A', [14, 17, 17, 31, 17, 17, 17]), ('B', [30, 17, 17, 30, 17, 17, 30]),
    ('C', [14, 17, 16, 16, 16, 17, 14]), ('D', [30, 17, 17, 17, 17, 17, 30]),
    ('E', [31, 16, 16, 30, 16, 16, 31]), ('F', [31, 16, 16, 30, 16, 16, 16]),
    ('G', [14, 17, 16, 23, 17, 17, 15]), ('H', [17, 17, 17, 31, 17, 17, 17]),
    ('I', [14, 4, 4, 4, 4, 4, 14]),      ('J', [7, 2, 2, 2, 2, 18, 12]),
    ('K', [17, 18, 20, 24, 20, 18, 17]), ('L', [16, 16, 16, 16, 16, 16, 31]),
    ('M', [17, 27, 21, 21, 17, 17, 17]), ('N', [17, 25, 21, 19, 17, 17, 17]),
    ('O', [14, 17, 17, 17, 17, 17, 14]), ('P', [30, 17, 17, 30, 16, 16, 16]),
    ('Q', [14, 17, 17, 17, 21, 18, 13]), ('R', [30, 17, 17, 30, 20, 18, 17]),
    ('S', [15, 16, 16, 14, 1, 1, 30]),   ('T', [31, 4, 4, 4, 4, 4, 4]),
    ('U', [17, 17, 17, 17, 17, 17, 14]), ('V', [17, 17, 17, 17, 17, 10, 4]),
    ('W', [17, 17, 17, 21, 21, 27, 17]), ('X', [17, 17, 10, 4, 10, 17, 17]),
    ('Y', [17, 17, 10, 4, 4, 4, 4]),     ('Z', [31, 1, 2, 4, 8, 16, 31]),
    ('.', [0, 0, 0, 0, 0, 12, 12]),      (',', [0, 0, 0, 0, 12, 4, 8]),
    (':', [0, 12, 12, 0, 12, 12, 0]),    (';', [0, 12, 12, 0, 12, 4, 8]),
    ('-', [0, 0, 0, 31, 0, 0, 0]),       ('_', [0, 0, 0, 0, 0, 0, 31]),
    ('/', [1, 1, 2, 4, 8, 16, 16]),      ('\'', [4, 4, 8, 0, 0, 0, 0]),
    ('(', [2, 4, 8, 8, 8, 4, 2]),        (')', [8, 4, 2, 2, 2, 4, 8]),
    ('+', [0, 4, 4, 31, 4, 4, 0]),       ('%', [24, 25, 2, 4, 8, 19, 3]),
    ('!', [4, 4, 4, 4, 4, 0, 4]),        ('?', [14, 17, 1, 2, 4, 0, 4]),
    ('#', [10, 10, 31, 10, 31, 10, 10]), ('&', [12, 18, 20, 8, 21, 18, 13]),
    ('@', [14, 17, 23, 21, 23, 16, 14]), ('=', [0, 0, 31, 0, 31, 0, 0]),
    ('*', [0, 4, 21, 14, 21, 4, 0]),     ('$', [4, 15, 20, 14, 5, 30, 4]),
    ('<', [2, 4, 8, 16, 8, 4, 2]),       ('>', [8, 4, 2, 1, 2, 4, 8]),
    ('[', [14, 8, 8, 8, 8, 8, 14]),      (']', [14, 2, 2, 2, 2, 2, 14]),
    ('{', [6, 4, 4, 8, 4, 4, 6]),        ('}', [12, 4, 4, 2, 4, 4, 12]),
    ('|', [4, 4, 4, 4, 4, 4, 4]),        ('\\', [16, 16, 8, 4, 2, 1, 1]),
    ('~', [0, 0, 9, 21, 18, 0, 0]),      ('^', [4, 10, 17, 0, 0, 0, 0]),
    ('`', [8, 4, 2, 0, 0, 0, 0]),        ('"', [10, 10, 20, 0, 0, 0, 0]),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::media::Planes;

    #[test]
    fn no_two_characters_look_alike() {
        let shapes: HashSet<_> = GLYPHS.iter().map(|(_, rows)| rows).collect();
        assert_eq!(shapes.len(), GLYPHS.len());
        assert!(GLYPHS.iter().flat_map(|(_, rows)| rows).all(|row| *row < 32));
    }

    #[test]
    fn no_character_of_an_identity_is_a_box() {
        assert!((' '..='~').all(knows));
        assert!(!knows('é'));
    }

    #[test]
    fn text_is_cut_at_the_edges() {
        for (x, y) in [(0, 0), (3, 5), (7, 7), (1_000, 1_000)] {
            let mut picture = Picture::black(Planes::new(8, 8));
            Pen { x, y, scale: 3, ink: 235, paper: 16 }.write(&mut picture, "0A?");
        }
    }

    #[test]
    fn a_glyph_is_drawn_dot_by_dot() {
        let mut picture = Picture::black(Planes::new(12, 8));
        Pen { x: 0, y: 0, scale: 1, ink: 235, paper: 16 }.write(&mut picture, "1");
        let row = &picture.plane(Plane::Y)[..PITCH];
        assert_eq!(row, [16, 16, 235, 16, 16, 16]);
    }
}

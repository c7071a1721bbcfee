//! The picture that stands in for one that is missing, and says why.

use std::sync::Arc;

use super::glyphs::{self, Pen};
use crate::media::{Picture, Plane, Planes};

/// Luma of the ground and of the words.
const GROUND: u8 = 40;
const INK: u8 = 200;

/// Draws a slate: some lines of words in the middle of a dark picture.
pub(super) fn slate(layout: Planes, lines: &[&str]) -> Arc<Picture> {
    let mut picture = Picture::black(layout);
    picture.plane_mut(Plane::Y).fill(GROUND);
    let (width, height) = (layout.width as usize, layout.height as usize);
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0).max(1);
    let across = width * 4 / 5 / (longest * glyphs::PITCH);
    let pitch = glyphs::HEIGHT * 2;
    let scale = across.min(height / 12 / glyphs::HEIGHT).max(1);
    let top = height.saturating_sub(lines.len() * pitch * scale) / 2;
    for (n, line) in lines.iter().enumerate() {
        let mut pen =
            Pen { x: 0, y: (top + n * pitch * scale) / 2 * 2, scale, ink: INK, paper: GROUND };
        pen.x = width.saturating_sub(pen.width(line)) / 4 * 2;
        pen.write(&mut picture, line);
    }
    Arc::new(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_drawn_inside_at_any_size() {
        for (width, height) in [(2, 2), (160, 90), (1280, 720), (720, 1280), (3840, 2160)] {
            let picture = slate(Planes::new(width, height), &["Integrated Camera", "is not there"]);
            assert_eq!(picture.layout(), Planes::new(width, height));
            let inked = picture.plane(Plane::Y).iter().filter(|luma| **luma == INK).count();
            assert!(width < 160 || inked > 100, "{inked} at {width}×{height}");
        }
    }
}

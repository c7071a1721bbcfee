//! A slate in the bitmap alphabet: there at once, and without a font.

use super::{GROUND, INK};
use crate::media::{Picture, Plane, Planes};
use crate::source::glyphs::{self, Pen};
use crate::source::spelling;

/// Whether the alphabet has all of its letters.
pub(super) fn has(text: &str) -> bool {
    text.chars().all(glyphs::knows)
}

/// The text in letters of the alphabet; empty where nothing of it can be spelt.
pub(super) fn spelt(text: &str) -> String {
    let spelt = spelling::plain(text, glyphs::knows);
    if spelt.chars().any(char::is_alphanumeric) { spelt } else { String::new() }
}

/// Draws lines of words in the middle of a dark picture.
pub(super) fn draw(layout: Planes, lines: [&str; 2]) -> Picture {
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
    picture
}

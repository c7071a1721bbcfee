//! The picture that stands in for one that is missing, and says why.
//!
//! It is drawn at once in the bitmap alphabet. Where that lacks a letter, the system's
//! fonts are looked for on a thread of its own, and what they draw takes its place.

mod fonts;
mod lettering;
mod plain;

use std::sync::{Arc, OnceLock};
use std::thread;

use self::fonts::Fonts;
use crate::media::{Picture, Planes};

/// Luma of the ground and of the words.
const GROUND: u8 = 40;
const INK: u8 = 200;

/// Letters of a line that are drawn: more would be too small to read.
const MOST_LETTERS: usize = 80;

/// A slate, and perhaps a better one that is being drawn.
#[derive(Clone, Debug)]
pub(super) struct Slate {
    plain: Arc<Picture>,
    lettered: Arc<OnceLock<Arc<Picture>>>,
}

impl Slate {
    /// Draws a name and what is wrong. A name that can't be spelt in the alphabet is
    /// `nameless` until there is a font for it.
    pub fn draw(layout: Planes, name: &str, words: &str, nameless: &str) -> Self {
        let name: String = name.trim().chars().take(MOST_LETTERS).collect();
        let spelt = Some(plain::spelt(&name)).filter(|name| !name.is_empty());
        let spelt = spelt.unwrap_or_else(|| nameless.into());
        let slate = Self {
            plain: Arc::new(plain::draw(layout, [&spelt, &plain::spelt(words)])),
            lettered: Arc::default(),
        };
        if !plain::has(&name) || !plain::has(words) {
            slate.letter(layout, [name, words.into()]);
        }
        slate
    }

    /// The best that there is by now.
    pub fn picture(&self) -> Arc<Picture> {
        Arc::clone(self.lettered.get().unwrap_or(&self.plain))
    }

    /// Draws it in the system's letters, on a thread: fonts take their time to find.
    fn letter(&self, layout: Planes, lines: [String; 2]) {
        let lettered = Arc::clone(&self.lettered);
        let draw = move || {
            if let Some(picture) = lettering::draw(&mut Fonts::of_system(), layout, &lines) {
                // Nobody else sets it.
                let _ = lettered.set(Arc::new(picture));
            }
        };
        if let Err(error) = thread::Builder::new().name("slate".into()).spawn(draw) {
            tracing::debug!(%error, "no thread to letter a slate");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Plane;

    fn plain(layout: Planes, name: &str) -> Arc<Picture> {
        Slate::draw(layout, name, "is not there", "Camera").plain
    }

    #[test]
    fn words_are_drawn_inside_at_any_size() {
        for (width, height) in [(2, 2), (160, 90), (1280, 720), (720, 1280), (3840, 2160)] {
            let layout = Planes::new(width, height);
            let picture = plain(layout, "Integrated Camera");
            assert_eq!(picture.layout(), layout);
            let inked = picture.plane(Plane::Y).iter().filter(|luma| **luma == INK).count();
            assert!(width < 160 || inked > 100, "{inked} at {width}×{height}");
        }
    }

    #[test]
    fn names_of_other_letters_are_spelt_and_never_boxes() {
        let drawn = |name| plain(Planes::new(640, 360), name);
        assert_eq!(drawn("Caméra intégrée"), drawn("Camera integree"));
        assert_eq!(drawn("摄像头 USB"), drawn("USB"));
        assert_eq!(drawn("摄像头"), drawn("Camera"), "what can't be spelt has no name");
        assert_eq!(drawn(""), drawn("camera"));
        assert_ne!(drawn("Caméra"), drawn("Cam"));
    }

    #[test]
    fn what_is_lettered_takes_the_place_of_what_is_plain() {
        let slate = Slate::draw(Planes::new(64, 36), "Camera", "is not there", "Camera");
        assert!(Arc::ptr_eq(&slate.picture(), &slate.plain), "no font is looked for");
        let lettered = Arc::new(Picture::black(Planes::new(64, 36)));
        slate.lettered.set(Arc::clone(&lettered)).expect("nobody else set it");
        assert!(Arc::ptr_eq(&slate.picture(), &lettered));
    }
}

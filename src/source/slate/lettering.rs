//! Lines of text of any script, shaped and drawn with outlines of fonts.

use fontique::QueryFont;
use harfrust::{ShapeOptions, ShaperData, UnicodeBuffer};
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use unicode_script::Script;
use vello_cpu::kurbo::{Affine, BezPath};
use vello_cpu::{Pixmap, RenderContext, Resources, color};

use super::fonts::{self, Fonts};
use super::{GROUND, INK};
use crate::media::{Picture, Plane, Planes};
use crate::source::spelling;

/// Draws lines in the middle of a dark picture; `None` where no font has any of it.
pub(super) fn draw(fonts: &mut Fonts, layout: Planes, lines: &[String; 2]) -> Option<Picture> {
    let lines = lines.each_ref().map(|line| Line::of(fonts, line));
    if lines[0].glyphs.is_empty() {
        return None;
    }
    let mut picture = Picture::black(layout);
    picture.plane_mut(Plane::Y).fill(GROUND);
    let (width, height) = (f64::from(layout.width), f64::from(layout.height));
    let longest = lines.iter().map(|line| line.width).fold(0.1, f64::max);
    // An em of both lines, whose capitals are as high as the bitmap alphabet's.
    let em = (width * 0.8 / longest).min(height / 9.0);
    for (n, line) in lines.iter().enumerate() {
        let base = height / 2.0 + em * (n as f64 * 1.5 - 0.4);
        line.paint(&mut picture, em, [(width - line.width * em) / 2.0, base]);
    }
    Some(picture)
}

/// A line, in ems.
#[derive(Default)]
struct Line {
    width: f64,
    /// Outlines from a base line at zero, y downwards.
    glyphs: Vec<BezPath>,
}

/// Letters of one font and script that stand together.
struct Run {
    font: QueryFont,
    script: Option<Script>,
    text: String,
}

impl Line {
    fn of(fonts: &mut Fonts, text: &str) -> Self {
        let mut runs = runs(fonts, text);
        let first = runs.iter().find_map(|run| run.script);
        if first.is_some_and(fonts::is_from_right) {
            runs.reverse();
        }
        let mut line = Self::default();
        for run in &runs {
            line.shape(run);
        }
        line
    }

    /// Sets the letters of a run behind the others.
    fn shape(&mut self, run: &Run) -> Option<()> {
        let face = FontRef::from_index(run.font.blob.as_ref(), run.font.index).ok()?;
        let data = ShaperData::new(&face);
        let shaper = data.shaper(&face).build();
        let em = f64::from(shaper.units_per_em().max(1));
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&run.text);
        buffer.guess_segment_properties();
        let shaped = shaper.shape(buffer, ShapeOptions::new());
        for (info, at) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            // A mark that the font lacks; else it would be a box.
            if info.glyph_id == GlyphId::NOTDEF.to_u32() {
                continue;
            }
            let offset = [at.x_offset, -at.y_offset].map(|units| f64::from(units) / em);
            if let Some(path) = outline(&face, GlyphId::new(info.glyph_id), em) {
                let place = Affine::translate((self.width + offset[0], offset[1]));
                self.glyphs.push(place * path);
            }
            self.width += f64::from(at.x_advance) / em;
        }
        Some(())
    }

    /// Paints it with its base line's left end there.
    fn paint(&self, picture: &mut Picture, em: f64, [left, base]: [f64; 2]) {
        let layout = picture.layout();
        // Room above and below the base line for marks on marks.
        let top = (base - em * 1.3).floor().max(0.0);
        let rows = (em * 2.0).ceil().min(f64::from(layout.height) - top).max(1.0);
        let (width, rows) = (layout.width as u16, rows as u16);
        let mut context = RenderContext::new(width, rows);
        context.set_transform(Affine::translate((left, base - top)) * Affine::scale(em));
        context.set_paint(color::OpaqueColor::<color::Srgb>::WHITE);
        for glyph in &self.glyphs {
            context.fill_path(glyph);
        }
        context.flush();
        let mut pixels = Pixmap::new(width, rows);
        context.render(&mut pixels, &mut Resources::new());
        let luma = &mut picture.plane_mut(Plane::Y)[top as usize * usize::from(width)..];
        for (luma, pixel) in luma.iter_mut().zip(pixels.data_as_u8_slice().as_chunks::<4>().0) {
            let ink = u16::from(INK - GROUND) * u16::from(pixel[3]) / 255;
            *luma = (*luma).max(GROUND + ink as u8);
        }
    }
}

/// Text in runs, each of one font. What no font has is spelt in other letters, or left
/// out.
fn runs(fonts: &mut Fonts, text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        if add(&mut runs, fonts, letter) {
            continue;
        }
        for other in spelling::spelling(letter).unwrap_or_default().chars() {
            add(&mut runs, fonts, other);
        }
    }
    runs
}

/// Adds a letter to the last run, or to a new one. False: no font has it.
fn add(runs: &mut Vec<Run>, fonts: &mut Fonts, letter: char) -> bool {
    let script = fonts::script_of(letter);
    if let Some(last) = runs.last_mut() {
        let suits = script.is_none() || last.script.is_none() || last.script == script;
        if suits && (fonts::has(&last.font, letter) || fonts::is_mark(letter)) {
            last.text.push(letter);
            last.script = last.script.or(script);
            return true;
        }
    }
    let Some(font) = fonts.find(letter) else { return false };
    runs.push(Run { font, script, text: letter.into() });
    true
}

/// A glyph's outline in ems, y downwards.
fn outline(face: &FontRef<'_>, glyph: GlyphId, em: f64) -> Option<BezPath> {
    let mut pen = Pen { path: BezPath::new(), em };
    let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::default());
    face.outline_glyphs().get(glyph)?.draw(settings, &mut pen).ok()?;
    Some(pen.path)
}

struct Pen {
    path: BezPath,
    em: f64,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f64, f64) {
        (f64::from(x) / self.em, -f64::from(y) / self.em)
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.at(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.at(x, y));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(self.at(cx, cy), self.at(x, y));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.path.curve_to(self.at(cx0, cy0), self.at(cx1, cy1), self.at(x, y));
    }

    fn close(&mut self) {
        self.path.close_path();
    }
}

#[cfg(test)]
mod tests {
    use fontique::{Blob, Collection, CollectionOptions, GenericFamily};

    use super::*;

    /// A font of Latin, Greek and Cyrillic, and no other.
    fn fonts() -> Fonts {
        let options = CollectionOptions { shared: false, system_fonts: false };
        let mut collection = Collection::new(options);
        let font = Blob::from(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
        let families: Vec<_> =
            collection.register_fonts(font, None).into_iter().map(|(family, _)| family).collect();
        collection.set_generic_families(GenericFamily::SansSerif, families.into_iter());
        Fonts::of(collection)
    }

    fn drawn(width: u32, height: u32, name: &str) -> Option<Picture> {
        let lines = [name.to_owned(), "is not there".to_owned()];
        draw(&mut fonts(), Planes::new(width, height), &lines)
    }

    /// Where there is ink: left, top, right, bottom.
    fn inked(picture: &Picture, rows: std::ops::Range<usize>) -> [usize; 4] {
        let width = picture.layout().width as usize;
        let luma = picture.plane(Plane::Y);
        let ink = rows
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .filter(|(x, y)| luma[y * width + x] > GROUND + 60);
        ink.fold([usize::MAX, usize::MAX, 0, 0], |[l, t, r, b], (x, y)| {
            [l.min(x), t.min(y), r.max(x), b.max(y)]
        })
    }

    #[test]
    fn letters_with_accents_are_drawn_with_them() {
        let [with, without] = ["CAMÉRA", "CAMERA"].map(|name| drawn(640, 360, name).unwrap());
        let [left, top, right, bottom] = inked(&with, 0..180);
        let [plain_left, plain_top, plain_right, plain_bottom] = inked(&without, 0..180);
        assert!(top + 4 < plain_top, "the accent stands above: {top} {plain_top}");
        assert_eq!([left, right, bottom], [plain_left, plain_right, plain_bottom]);
        // In the middle, to a pixel or two.
        assert!((left + right).abs_diff(640) <= 6, "{left} {right}");
    }

    #[test]
    fn an_accent_of_its_own_stands_on_its_letter() {
        let [composed, apart] = ["Cam\u{e9}ra", "Came\u{301}ra"].map(|name| drawn(640, 360, name));
        assert_eq!(composed, apart);
    }

    #[test]
    fn what_no_font_has_is_spelt_or_left_out() {
        assert_eq!(drawn(640, 360, "ＵＳＢ摄"), drawn(640, 360, "USB"));
        assert_eq!(drawn(640, 360, "摄像头"), None, "nothing of the name is left");
        assert_eq!(drawn(640, 360, ""), None);
    }

    #[test]
    fn every_size_and_length_has_room() {
        let long = "Ünïcödé ".repeat(10);
        for (width, height) in [(2, 2), (160, 90), (720, 1_280), (3_840, 2_160)] {
            for name in ["Ü", &long, "\u{301}", "é\u{301}\u{301}\u{301}\u{301}"] {
                let Some(picture) = drawn(width, height, name) else { continue };
                assert_eq!(picture.layout(), Planes::new(width, height));
            }
        }
        let [left, _, right, _] = inked(&drawn(640, 360, &long).unwrap(), 0..180);
        assert!(left >= 60 && right <= 580, "{left} {right}");
    }

    #[test]
    fn scripts_from_the_right_are_known() {
        let is_from_right = |letter| fonts::script_of(letter).is_some_and(fonts::is_from_right);
        assert!(is_from_right('ע') && is_from_right('ع') && !is_from_right('é'));
        assert_eq!(fonts::script_of('1'), None);
    }
}

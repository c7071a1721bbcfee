//! What YCbCr values mean, and how to make those of the canvas of them.
//!
//! The canvas is BT.709 in limited range. Most cameras deliver BT.601, and JPEG
//! is BT.601 in full range. Both steps, range and matrix, are linear, so one
//! small linear map does them, without a detour through RGB.

/// The meaning of YCbCr values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    /// How luma is made of red, green and blue.
    pub matrix: Matrix,
    /// Which codes are black and white.
    pub range: Range,
}

/// How luma is made of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition, JPEG, most webcams.
    Bt601,
    /// ITU-R BT.709: high definition, and the canvas.
    Bt709,
    /// ITU-R BT.2020 without constant luminance.
    Bt2020,
}

/// Which codes are black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// Luma 16 to 235, chroma 16 to 240.
    Limited,
    /// 0 to 255.
    Full,
}

impl Colour {
    /// What the canvas holds.
    pub const CANVAS: Self = Self { matrix: Matrix::Bt709, range: Range::Limited };
    /// What a JPEG file holds (JFIF 1.02).
    pub const JPEG: Self = Self { matrix: Matrix::Bt601, range: Range::Full };
    /// What a camera holds that says nothing about it.
    pub const CAMERA: Self = Self { matrix: Matrix::Bt601, range: Range::Limited };
}

impl Matrix {
    /// The weights of red and blue in luma.
    const fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.212_6, 0.072_2),
            Self::Bt2020 => (0.262_7, 0.059_3),
        }
    }
}

impl Range {
    /// The code of black, and how many codes luma and chroma span.
    const fn codes(self) -> (f32, f32, f32) {
        match self {
            Self::Limited => (16.0, 219.0, 224.0),
            Self::Full => (0.0, 255.0, 255.0),
        }
    }
}

/// The linear map from some meaning to the canvas's.
///
/// Grey stays grey, so chroma depends on chroma alone; luma depends on all.
#[derive(Clone, Debug)]
pub(super) struct ToCanvas {
    /// Luma's own factor, in 1/128; at most 128.
    luma: i16,
    /// What is added to luma for black and for rounding, in 1/128.
    offset: f32,
    /// Luma per code of Cb and of Cr, in 1/128.
    from_chroma: [f32; 2],
    /// New Cb and Cr per code of old Cb and Cr, in 1/4096.
    chroma: [[i32; 2]; 2],
    /// What luma gets from the chroma of the row, in 1/128.
    lift: Vec<i16>,
}

impl ToCanvas {
    /// One 1/128th: luma is worked out in 16 bits.
    const LUMA_ONE: f32 = 128.0;
    const CHROMA_BITS: u32 = 12;

    /// The map from `colour`; `None` where there is nothing to do.
    pub fn of(colour: Colour) -> Option<Self> {
        if colour == Colour::CANVAS {
            return None;
        }
        let (black, luma_span, chroma_span) = colour.range.codes();
        let (new_black, new_luma_span, new_chroma_span) = Colour::CANVAS.range.codes();
        let cb = convert(colour.matrix, [0.0, 1.0, 0.0]);
        let cr = convert(colour.matrix, [0.0, 0.0, 1.0]);
        let luma = (new_luma_span / luma_span * Self::LUMA_ONE).round();
        let chroma_one = (1 << Self::CHROMA_BITS) as f32 * new_chroma_span / chroma_span;
        let fixed = |share: f32| (share * chroma_one).round() as i32;
        Some(Self {
            luma: luma as i16,
            offset: new_black * Self::LUMA_ONE - black * luma + Self::LUMA_ONE / 2.0,
            from_chroma: [cb[0], cr[0]]
                .map(|share| share * new_luma_span / chroma_span * Self::LUMA_ONE),
            chroma: [[fixed(cb[1]), fixed(cr[1])], [fixed(cb[2]), fixed(cr[2])]],
            lift: Vec::new(),
        })
    }

    /// Maps two rows of luma and the row of chroma they share, in place. An
    /// empty second row is none.
    pub fn rows(&mut self, luma: [&mut [u8]; 2], cb: &mut [u8], cr: &mut [u8]) {
        self.lift.resize(cb.len() * 2, 0);
        self.find_lift(cb, cr);
        for row in luma {
            lift_row(row, &self.lift, self.luma);
        }
        self.chroma_row(cb, cr);
    }

    /// Works out what chroma gives to the luma of each pixel.
    fn find_lift(&mut self, cb: &[u8], cr: &[u8]) {
        let ([from_cb, from_cr], offset) = (self.from_chroma, self.offset);
        for ((pair, cb), cr) in self.lift.as_chunks_mut::<2>().0.iter_mut().zip(cb).zip(cr) {
            let lift =
                offset + from_cb * (f32::from(*cb) - 128.0) + from_cr * (f32::from(*cr) - 128.0);
            *pair = [lift as i16; 2];
        }
    }

    fn chroma_row(&self, cb: &mut [u8], cr: &mut [u8]) {
        let [[cb_cb, cb_cr], [cr_cb, cr_cr]] = self.chroma;
        let half = (128 << Self::CHROMA_BITS) + (1 << (Self::CHROMA_BITS - 1));
        for (cb, cr) in cb.iter_mut().zip(cr) {
            let (b, r) = (i32::from(*cb) - 128, i32::from(*cr) - 128);
            let new = |b_share: i32, r_share: i32| {
                ((b * b_share + r * r_share + half) >> Self::CHROMA_BITS).clamp(0, 255) as u8
            };
            *cb = new(cb_cb, cb_cr);
            *cr = new(cr_cb, cr_cr);
        }
    }
}

/// Luma times its factor plus what it gets from chroma.
fn lift_row(luma: &mut [u8], lift: &[i16], factor: i16) {
    for (luma, lift) in luma.iter_mut().zip(lift) {
        // 255 · 128 fits; the sum may not, and is too bright then anyway.
        let sum = (i16::from(*luma) * factor).saturating_add(*lift);
        *luma = (sum >> 7).clamp(0, 255) as u8;
    }
}

/// The BT.709 values of some others: luma in 0 to 1, chroma in ±0.5.
fn convert(matrix: Matrix, [y, cb, cr]: [f32; 3]) -> [f32; 3] {
    let (red, blue) = matrix.weights();
    let r = y + 2.0 * (1.0 - red) * cr;
    let b = y + 2.0 * (1.0 - blue) * cb;
    let g = (y - red * r - blue * b) / (1.0 - red - blue);
    let (red, blue) = Matrix::Bt709.weights();
    let y = red * r + (1.0 - red - blue) * g + blue * b;
    [y, (b - y) / (2.0 * (1.0 - blue)), (r - y) / (2.0 * (1.0 - red))]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exact result for one pixel.
    fn exact(colour: Colour, [y, cb, cr]: [u8; 3]) -> [f32; 3] {
        let (black, luma_span, chroma_span) = colour.range.codes();
        let centred = |code: u8| (f32::from(code) - 128.0) / chroma_span;
        let [y, cb, cr] =
            convert(colour.matrix, [(f32::from(y) - black) / luma_span, centred(cb), centred(cr)]);
        [16.0 + 219.0 * y, 128.0 + 224.0 * cb, 128.0 + 224.0 * cr]
            .map(|code| code.clamp(0.0, 255.0))
    }

    #[test]
    fn every_value_comes_out_within_one() {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for range in [Range::Limited, Range::Full] {
                let colour = Colour { matrix, range };
                let Some(mut map) = ToCanvas::of(colour) else { continue };
                for (y, cb, cr) in (0..=255).step_by(5).flat_map(|y| {
                    (0..=255)
                        .step_by(15)
                        .flat_map(move |cb| (0..=255).step_by(15).map(move |cr| (y, cb, cr)))
                }) {
                    let (mut luma, mut new_cb, mut new_cr) = ([y; 2], [cb], [cr]);
                    map.rows([&mut luma, &mut []], &mut new_cb, &mut new_cr);
                    for (new, exact) in
                        [luma[1], new_cb[0], new_cr[0]].iter().zip(exact(colour, [y, cb, cr]))
                    {
                        assert!(
                            (f32::from(*new) - exact).abs() <= 1.2,
                            "{colour:?} {y} {cb} {cr}: {new} {exact}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn grey_stays_grey_and_white_stays_white() {
        let mut map = ToCanvas::of(Colour::JPEG).unwrap();
        let (mut luma, mut cb, mut cr) = ([255, 0, 255, 0], [128; 2], [128; 2]);
        map.rows([&mut luma, &mut []], &mut cb, &mut cr);
        assert_eq!((luma, cb, cr), ([235, 16, 235, 16], [128; 2], [128; 2]));
    }

    #[test]
    fn the_canvas_is_left_alone() {
        assert!(ToCanvas::of(Colour::CANVAS).is_none());
    }
}

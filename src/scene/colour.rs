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
    /// What limited RGB, 16 to 235, becomes when it is taken for full: luma 16 to
    /// 235, and chroma as wide as that.
    LimitedRgb,
}

impl Colour {
    /// What the canvas holds.
    pub const CANVAS: Self = Self { matrix: Matrix::Bt709, range: Range::Limited };
    /// What a JPEG file holds (JFIF 1.02).
    pub const JPEG: Self = Self { matrix: Matrix::Bt601, range: Range::Full };
    /// What RGB means that nothing is said of.
    pub const RGB: Self = Self { matrix: Matrix::Bt709, range: Range::Full };
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
            Self::LimitedRgb => (16.0, 219.0, 219.0),
        }
    }
}

/// The linear map from some meaning to the canvas's.
///
/// Grey stays grey, so chroma depends on chroma alone; luma depends on all. All
/// is worked out in 16 bits, many pixels at a time: the compiler makes vectors of
/// these loops, and of nothing wider does it make good ones on every processor.
#[derive(Clone, Debug)]
pub(super) struct ToCanvas {
    factors: Factors,
    /// What luma gets from the chroma of the row, in 1/128: for each pair of
    /// pixels, and for each pixel.
    lift: Vec<i16>,
    lift_wide: Vec<i16>,
}

/// The map in numbers. No product of theirs with a byte leaves 16 bits.
#[derive(Clone, Copy, Debug)]
struct Factors {
    /// Luma's own factor, in 1/128; at most 128.
    luma: i16,
    /// What is added to luma for black and for rounding, in 1/128.
    offset: i16,
    /// Luma per code of Cb and of Cr, in 1/1024; at most ±255.
    from_chroma: [i16; 2],
    /// What is added to Cb and Cr per code of old Cb and Cr, in 1/2048; at most
    /// ±255.
    chroma: [[i16; 2]; 2],
}

impl ToCanvas {
    /// The map from `colour`; `None` where there is nothing to do.
    pub fn of(colour: Colour) -> Option<Self> {
        if colour == Colour::CANVAS {
            return None;
        }
        let (lift, lift_wide) = (Vec::new(), Vec::new());
        Some(Self { factors: Factors::of(colour), lift, lift_wide })
    }

    /// Maps two rows of luma and the row of chroma they share, in place. An
    /// empty second row is none.
    pub fn rows(&mut self, luma: [&mut [u8]; 2], cb: &mut [u8], cr: &mut [u8]) {
        self.lift.resize(cb.len(), 0);
        self.lift_wide.resize(cb.len() * 2, 0);
        let (factors, lift, wide) = (&self.factors, &mut self.lift, &mut self.lift_wide);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just asked whether it has it.
            return unsafe { map_rows_avx2(factors, luma, cb, cr, lift, wide) };
        }
        map_rows(factors, luma, cb, cr, lift, wide);
    }
}

impl Factors {
    fn of(colour: Colour) -> Self {
        let (black, luma_span, chroma_span) = colour.range.codes();
        let (new_black, new_luma_span, new_chroma_span) = Colour::CANVAS.range.codes();
        let cb = convert(colour.matrix, [0.0, 1.0, 0.0]);
        let cr = convert(colour.matrix, [0.0, 0.0, 1.0]);
        let luma = (new_luma_span / luma_span * 128.0).round();
        let lift = |share: f32| (share * new_luma_span / chroma_span * 1_024.0).round() as i16;
        let added = |share: f32, before: f32| {
            ((share * new_chroma_span / chroma_span - before) * 2_048.0).round() as i16
        };
        Self {
            luma: luma as i16,
            offset: (new_black * 128.0 - black * luma) as i16 + 64,
            from_chroma: [lift(cb[0]), lift(cr[0])],
            chroma: [
                [added(cb[1], 1.0), added(cr[1], 0.0)],
                [added(cb[2], 0.0), added(cr[2], 1.0)],
            ],
        }
    }
}

/// [`map_rows`] for processors with wider vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn map_rows_avx2(
    factors: &Factors,
    luma: [&mut [u8]; 2],
    cb: &mut [u8],
    cr: &mut [u8],
    lift: &mut [i16],
    wide: &mut [i16],
) {
    map_rows(factors, luma, cb, cr, lift, wide);
}

#[inline(always)]
fn map_rows(
    factors: &Factors,
    luma: [&mut [u8]; 2],
    cb: &mut [u8],
    cr: &mut [u8],
    lift: &mut [i16],
    wide: &mut [i16],
) {
    find_lift(factors, cb, cr, lift);
    spread(lift, wide);
    for row in luma {
        lift_row(row, wide, factors.luma);
    }
    chroma_row(factors.chroma, cb, cr);
}

/// Works out what chroma gives to the luma of each pair of pixels.
#[inline(always)]
fn find_lift(factors: &Factors, cb: &[u8], cr: &[u8], lift: &mut [i16]) {
    let ([from_cb, from_cr], offset) = (factors.from_chroma, factors.offset);
    for ((lift, cb), cr) in lift.iter_mut().zip(cb).zip(cr) {
        let (b, r) = (i16::from(*cb) - 128, i16::from(*cr) - 128);
        // Nothing wraps here or below; to say so keeps checks out of the loop.
        let from_chroma = (b.wrapping_mul(from_cb) >> 3).wrapping_add(r.wrapping_mul(from_cr) >> 3);
        *lift = from_chroma.wrapping_add(offset);
    }
}

/// Gives each value twice.
#[inline(always)]
fn spread(lift: &[i16], wide: &mut [i16]) {
    let (eights, rest) = lift.as_chunks::<8>();
    let (wide_eights, wide_rest) = wide.split_at_mut(eights.len() * 16);
    for (wide, eight) in wide_eights.as_chunks_mut::<16>().0.iter_mut().zip(eights) {
        for (pair, value) in wide.as_chunks_mut::<2>().0.iter_mut().zip(eight) {
            *pair = [*value; 2];
        }
    }
    for (pair, value) in wide_rest.as_chunks_mut::<2>().0.iter_mut().zip(rest) {
        *pair = [*value; 2];
    }
}

/// Luma times its factor plus what it gets from chroma.
#[inline(always)]
fn lift_row(luma: &mut [u8], lift: &[i16], factor: i16) {
    for (luma, lift) in luma.iter_mut().zip(lift) {
        // 255 · 128 fits; the sum may not, and is too bright then anyway.
        let sum = i16::from(*luma).wrapping_mul(factor).saturating_add(*lift);
        *luma = (sum >> 7).clamp(0, 255) as u8;
    }
}

#[inline(always)]
fn chroma_row([to_cb, to_cr]: [[i16; 2]; 2], cb: &mut [u8], cr: &mut [u8]) {
    for (cb, cr) in cb.iter_mut().zip(cr) {
        let (b, r) = (i16::from(*cb) - 128, i16::from(*cr) - 128);
        // In 1/64 after the shift, with a half for rounding.
        let new = |before: i16, [from_b, from_r]: [i16; 2]| {
            let added = (b.wrapping_mul(from_b) >> 5).wrapping_add(r.wrapping_mul(from_r) >> 5);
            let added = added.wrapping_add(32) >> 6;
            before.wrapping_add(128).wrapping_add(added).clamp(0, 255) as u8
        };
        (*cb, *cr) = (new(b, to_cb), new(r, to_cr));
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
    fn no_product_leaves_sixteen_bits() {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for range in [Range::Limited, Range::Full, Range::LimitedRgb] {
                let factors = Factors::of(Colour { matrix, range });
                assert!((0..=128).contains(&factors.luma));
                let small = |factor: &i16| (-255..=255).contains(factor);
                assert!(factors.from_chroma.iter().all(small), "{factors:?}");
                assert!(factors.chroma.as_flattened().iter().all(small), "{factors:?}");
            }
        }
    }

    #[test]
    fn every_processor_gets_the_same() {
        let bytes = |seed: usize, len: usize| -> Vec<u8> {
            (0..len).map(|n| ((n * n * 31 + n * seed) >> 3) as u8).collect()
        };
        for pairs in [1, 7, 8, 9, 64, 333] {
            let (mut luma, mut cb, mut cr) =
                (bytes(5, pairs * 2), bytes(3, pairs), bytes(9, pairs));
            let (mut luma_2, mut cb_2, mut cr_2) = (luma.clone(), cb.clone(), cr.clone());
            let mut map = ToCanvas::of(Colour::JPEG).unwrap();
            map.rows([&mut luma, &mut []], &mut cb, &mut cr);
            let (mut lift, mut wide) = (vec![0; pairs], vec![0; pairs * 2]);
            map_rows(
                &map.factors,
                [&mut luma_2, &mut []],
                &mut cb_2,
                &mut cr_2,
                &mut lift,
                &mut wide,
            );
            assert_eq!((luma, cb, cr), (luma_2, cb_2, cr_2), "{pairs}");
        }
    }

    #[test]
    fn every_value_comes_out_within_one() {
        for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
            for range in [Range::Limited, Range::Full, Range::LimitedRgb] {
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

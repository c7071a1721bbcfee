//! The map from what YCbCr values mean to what they mean on the canvas.
//!
//! Both steps, range and matrix, are linear, so one small linear map does them,
//! without a detour through RGB. All is worked out in 16 bits, many pixels at a
//! time: the compiler makes vectors of the loops here on every processor, and
//! `avx2` does the same by hand, in less than half the time.

#[cfg(target_arch = "x86_64")]
mod avx2;

use super::Colour;
use super::colour::to_bt709;

/// The linear map from some meaning to the canvas's.
#[derive(Clone, Debug)]
pub(super) struct ToCanvas {
    factors: Factors,
    /// What luma gets from the chroma of the row, in 1/128: for each pair of
    /// pixels, and for each pixel.
    lift: Vec<i16>,
    lift_wide: Vec<i16>,
}

/// The map in numbers. Grey stays grey, so chroma depends on chroma alone; luma
/// depends on all. No sum of their products with bytes leaves 16 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Factors {
    /// Luma's own factor, in 1/128; at most [`SAME_RANGE`].
    luma: i16,
    /// What is added to luma for black and for rounding, in 1/128.
    offset: i16,
    /// Luma per code of Cb and of Cr, in 1/256.
    lift: [i8; 2],
    /// What is added to Cb and to Cr per code of old Cb and Cr, in 1/512.
    chroma: [[i8; 2]; 2],
}

/// Luma's factor where its range stays what it is.
const SAME_RANGE: i16 = 128;

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
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just asked whether it has it.
            return unsafe { avx2::map_rows(&self.factors, luma, cb, cr, &mut self.lift) };
        }
        self.lift_wide.resize(cb.len() * 2, 0);
        map_rows(&self.factors, luma, cb, cr, &mut self.lift, &mut self.lift_wide);
    }
}

impl Factors {
    fn of(colour: Colour) -> Self {
        let (black, luma_span, chroma_span) = colour.range.codes();
        let (new_black, new_luma_span, new_chroma_span) = Colour::CANVAS.range.codes();
        let cb = to_bt709(colour.matrix, [0.0, 1.0, 0.0]);
        let cr = to_bt709(colour.matrix, [0.0, 0.0, 1.0]);
        let luma = (new_luma_span / luma_span * 128.0).round();
        let lift = |share: f32| (share * new_luma_span / chroma_span * 256.0).round() as i8;
        let added = |share: f32, before: f32| {
            ((share * new_chroma_span / chroma_span - before) * 512.0).round() as i8
        };
        Self {
            luma: luma as i16,
            offset: (new_black * 128.0 - black * luma) as i16 + 64,
            lift: [lift(cb[0]), lift(cr[0])],
            chroma: [
                [added(cb[1], 1.0), added(cr[1], 0.0)],
                [added(cb[2], 0.0), added(cr[2], 1.0)],
            ],
        }
    }
}

/// The map on any processor.
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
    map_chroma(factors.chroma, cb, cr);
}

/// Works out what chroma gives to the luma of each pair of pixels.
fn find_lift(factors: &Factors, cb: &[u8], cr: &[u8], lift: &mut [i16]) {
    for ((lift, cb), cr) in lift.iter_mut().zip(cb).zip(cr) {
        *lift = (of_chroma(factors.lift, centred(*cb), centred(*cr)) >> 1) + factors.offset;
    }
}

/// Gives each value twice.
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
fn lift_row(luma: &mut [u8], wide: &[i16], factor: i16) {
    for (luma, lift) in luma.iter_mut().zip(wide) {
        *luma = lifted(*luma, *lift, factor);
    }
}

/// One pixel's luma.
#[inline]
fn lifted(luma: u8, lift: i16, factor: i16) -> u8 {
    // 255 · 128 fits; the sum may not, and is too bright then anyway.
    let sum = i16::from(luma).wrapping_mul(factor).saturating_add(lift);
    (sum >> 7).clamp(0, 255) as u8
}

fn map_chroma([to_cb, to_cr]: [[i8; 2]; 2], cb: &mut [u8], cr: &mut [u8]) {
    for (cb, cr) in cb.iter_mut().zip(cr) {
        let (b, r) = (centred(*cb), centred(*cr));
        let new = |before: i16, factors| {
            let added = of_chroma(factors, b, r).wrapping_add(256) >> 9;
            (before as i8).saturating_add(added as i8) as u8 ^ 0x80
        };
        (*cb, *cr) = (new(b, to_cb), new(r, to_cr));
    }
}

/// A chroma code, with grey at zero.
#[inline]
fn centred(code: u8) -> i16 {
    i16::from(code) - 128
}

/// Nothing wraps here; to say so keeps checks out of the loops.
#[inline]
fn of_chroma([from_b, from_r]: [i8; 2], b: i16, r: i16) -> i16 {
    b.wrapping_mul(from_b.into()).wrapping_add(r.wrapping_mul(from_r.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Matrix, Range};

    /// The exact result for one pixel.
    fn exact(colour: Colour, [y, cb, cr]: [u8; 3]) -> [f32; 3] {
        let (black, luma_span, chroma_span) = colour.range.codes();
        let centred = |code: u8| (f32::from(code) - 128.0) / chroma_span;
        let [y, cb, cr] =
            to_bt709(colour.matrix, [(f32::from(y) - black) / luma_span, centred(cb), centred(cr)]);
        [16.0 + 219.0 * y, 128.0 + 224.0 * cb, 128.0 + 224.0 * cr]
            .map(|code| code.clamp(0.0, 255.0))
    }

    fn all() -> impl Iterator<Item = Colour> {
        [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020].into_iter().flat_map(|matrix| {
            let ranges = [Range::Limited, Range::Full, Range::LimitedRgb];
            ranges.into_iter().map(move |range| Colour { matrix, range })
        })
    }

    #[test]
    fn no_sum_leaves_sixteen_bits() {
        for factors in all().map(Factors::of) {
            assert!((0..=SAME_RANGE).contains(&factors.luma), "{factors:?}");
            let pairs = [factors.lift, factors.chroma[0], factors.chroma[1]];
            for [b, r] in pairs.map(|pair| pair.map(|factor| i32::from(factor).abs())) {
                // As unsigned codes, too, times both; with rounding and offset.
                assert!(255 * (b + r) + 4_096 <= i32::from(i16::MAX), "{factors:?}");
                assert!(128 * (b + r) < 128 << 9, "{factors:?}");
            }
        }
    }

    #[test]
    fn every_processor_gets_the_same() {
        let bytes = |seed: usize, len: usize| -> Vec<u8> {
            (0..len).map(|n| ((n * n * 31 + n * seed) >> 3) as u8).collect()
        };
        for (pairs, colour) in
            [1, 7, 31, 32, 33, 64, 333].into_iter().flat_map(|n| all().map(move |c| (n, c)))
        {
            let Some(mut map) = ToCanvas::of(colour) else { continue };
            let (mut luma, mut cb, mut cr) =
                (bytes(5, pairs * 2), bytes(3, pairs), bytes(9, pairs));
            let (mut luma_2, mut cb_2, mut cr_2) = (luma.clone(), cb.clone(), cr.clone());
            map.rows([&mut luma, &mut []], &mut cb, &mut cr);
            let (mut lift, mut wide) = (vec![0; pairs], vec![0; pairs * 2]);
            let rows: [&mut [u8]; 2] = [&mut luma_2, &mut []];
            map_rows(&map.factors, rows, &mut cb_2, &mut cr_2, &mut lift, &mut wide);
            assert_eq!((luma, cb, cr), (luma_2, cb_2, cr_2), "{pairs} {colour:?}");
        }
    }

    #[test]
    fn every_value_comes_out_within_one() {
        let codes = |step| (0..=255).step_by(step);
        for colour in all() {
            let Some(mut map) = ToCanvas::of(colour) else { continue };
            for (y, cb, cr) in codes(5)
                .flat_map(|y| codes(15).flat_map(move |cb| codes(15).map(move |cr| (y, cb, cr))))
            {
                let (mut luma, mut new_cb, mut new_cr) = ([y; 2], [cb], [cr]);
                map.rows([&mut luma, &mut []], &mut new_cb, &mut new_cr);
                let new = [luma[1], new_cb[0], new_cr[0]];
                for (new, exact) in new.into_iter().zip(exact(colour, [y, cb, cr])) {
                    let off = (f32::from(new) - exact).abs();
                    assert!(off <= 1.2, "{colour:?} {y} {cb} {cr}: {new} {exact}");
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

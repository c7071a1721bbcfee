//! Scales planes of bytes, by the triangle filter: bilinear where a picture grows,
//! the mean of what lies under a pixel where it shrinks.
//!
//! First down, row by row, then across, four rows at a time: their bytes lie in the
//! four 16-bit lanes of one word, so that one multiplication weighs all of them. That
//! takes about half the time of a general library, whose vectors have to gather
//! their bytes across.

/// Rows that are worked on at a time.
const LANES: usize = 4;

/// The sum of a pixel's weights. With it no lane leaves its 16 bits:
/// 255 · 256 + 128 is less than 65536.
const ONE: u16 = 256;

/// A half in each lane, for rounding.
const HALF: u64 = 0x0080_0080_0080_0080;

/// Scales planes of one size to planes of another. Remembers the sizes.
#[derive(Debug, Default)]
pub(super) struct Scaler {
    across: Axis,
    down: Axis,
    /// A row of each lane, scaled down.
    rows: [Vec<u8>; LANES],
    /// The same, side by side.
    words: Vec<u64>,
    /// The same, scaled across.
    scaled: [Vec<u8>; LANES],
}

/// Bytes in rows.
pub(super) struct Source<'a> {
    /// All bytes, without gaps between the rows.
    pub bytes: &'a [u8],
    /// Bytes in a row.
    pub width: usize,
}

/// A rectangle among bytes in rows.
pub(super) struct Place<'a> {
    /// The bytes from the rectangle's first row on.
    pub bytes: &'a mut [u8],
    /// From row to row.
    pub stride: usize,
    /// Where the rectangle begins in each row.
    pub x: usize,
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
}

impl Scaler {
    /// Fills the rectangle with the picture. Both have at least one pixel.
    pub fn scale(&mut self, from: &Source<'_>, into: &mut Place<'_>) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor was just asked whether it has it.
            return unsafe { self.fill_avx2(from, into) };
        }
        self.fill(from, into);
    }

    /// [`Self::fill`], for which the compiler uses wider vectors here.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn fill_avx2(&mut self, from: &Source<'_>, into: &mut Place<'_>) {
        self.fill(from, into);
    }

    #[inline(always)]
    fn fill(&mut self, from: &Source<'_>, into: &mut Place<'_>) {
        let Self { across, down, rows, words, scaled } = self;
        across.set(from.width, into.width);
        down.set(from.bytes.len() / from.width, into.height);
        for row in rows.iter_mut() {
            row.resize(from.width, 0);
        }
        for row in scaled.iter_mut() {
            row.resize(into.width, 0);
        }
        // Taps that weigh nothing may lie behind the last pixel, whatever is there.
        words.resize(from.width + across.taps, 0);
        let below = into.bytes.chunks_mut(into.stride * LANES);
        for (group, out) in below.take(into.height.div_ceil(LANES)).enumerate() {
            let first = group * LANES;
            let count = LANES.min(into.height - first);
            for (n, row) in rows.iter_mut().take(count).enumerate() {
                blend(from, down.at(first + n), row);
            }
            side_by_side(rows, words);
            scale_across(words, across, scaled);
            for (out, row) in out.chunks_mut(into.stride).zip(scaled.iter().take(count)) {
                out[into.x..][..into.width].copy_from_slice(row);
            }
        }
    }
}

/// The pixels that each pixel of the result is made of, in one direction.
#[derive(Debug, Default)]
struct Axis {
    /// Pixels before and after.
    sizes: (usize, usize),
    /// Weights of each, a multiple of four.
    taps: usize,
    /// The first pixel that weighs anything.
    first: Vec<usize>,
    /// `taps` weights for each, [`ONE`] together.
    weights: Vec<u64>,
}

impl Axis {
    fn set(&mut self, from: usize, to: usize) {
        if self.sizes == (from, to) {
            return;
        }
        let step = from as f64 / to as f64;
        // How far a pixel reaches to each side.
        let reach = step.max(1.0);
        self.sizes = (from, to);
        self.taps = ((2.0 * reach).ceil() as usize + 1).next_multiple_of(4);
        self.first.clear();
        self.weights.clear();
        for pixel in 0..to {
            let centre = (pixel as f64 + 0.5) * step - 0.5;
            let first = (centre - reach).floor().max(-1.0) as isize + 1;
            let first = usize::try_from(first).unwrap_or(0);
            let weight = |tap: usize| match first + tap {
                at if at < from => (1.0 - ((at as f64 - centre) / reach).abs()).max(0.0),
                _ => 0.0,
            };
            let weights: Vec<f64> = (0..self.taps).map(weight).collect();
            self.first.push(first);
            self.weights.extend(whole(&weights));
        }
    }

    /// The pixel that comes first and the weights from there on.
    fn at(&self, pixel: usize) -> (usize, &[u64]) {
        (self.first[pixel], &self.weights[pixel * self.taps..][..self.taps])
    }
}

/// The weights in whole numbers whose sum is [`ONE`]: each gets what is missing of the
/// rounded sum up to it.
fn whole(weights: &[f64]) -> Vec<u64> {
    let sum: f64 = weights.iter().sum();
    let (mut so_far, mut given) = (0.0, 0);
    let share = |weight: &f64| {
        so_far += weight;
        let up_to_here = (so_far / sum * f64::from(ONE)).round() as u64;
        up_to_here - std::mem::replace(&mut given, up_to_here)
    };
    weights.iter().map(share).collect()
}

/// One row made of some.
#[inline(always)]
fn blend(from: &Source<'_>, (first, weights): (usize, &[u64]), out: &mut [u8]) {
    const BLOCK: usize = 64;
    let rows = from.bytes[first * from.width..].chunks_exact(from.width);
    let rows = rows.zip(weights).filter(|(_, weight)| **weight > 0);
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    let done = blocks.len() * BLOCK;
    // Blocks of a known length become vectors.
    for (n, block) in blocks.iter_mut().enumerate() {
        let mut sums = [ONE / 2; BLOCK];
        for (row, weight) in rows.clone() {
            add_weighed(&mut sums, &row.as_chunks::<BLOCK>().0[n], *weight);
        }
        *block = sums.map(|sum| (sum >> 8) as u8);
    }
    for (n, byte) in rest.iter_mut().enumerate() {
        let mut sum = [ONE / 2];
        for (row, weight) in rows.clone() {
            add_weighed(&mut sum, &[row[done + n]], *weight);
        }
        *byte = (sum[0] >> 8) as u8;
    }
}

#[inline(always)]
fn add_weighed<const N: usize>(sums: &mut [u16; N], bytes: &[u8; N], weight: u64) {
    // It fits: none is more than `ONE`.
    let weight = weight as u16;
    for (sum, byte) in sums.iter_mut().zip(bytes) {
        *sum = sum.wrapping_add(u16::from(*byte).wrapping_mul(weight));
    }
}

/// Each column's bytes in one word.
#[inline(always)]
fn side_by_side(rows: &[Vec<u8>; LANES], words: &mut [u64]) {
    let [a, b, c, d] = rows;
    for ((((word, a), b), c), d) in words.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        *word = u64::from(*a) | u64::from(*b) << 16 | u64::from(*c) << 32 | u64::from(*d) << 48;
    }
}

#[inline(always)]
fn scale_across(words: &[u64], axis: &Axis, out: &mut [Vec<u8>; LANES]) {
    match axis.taps {
        4 => weigh_columns(axis, out, |first, weights| weigh::<4>(words, first, weights)),
        8 => weigh_columns(axis, out, |first, weights| weigh::<8>(words, first, weights)),
        _ => weigh_columns(axis, out, |first, weights| {
            let fours = weights.chunks_exact(4).enumerate();
            fours.fold(0, |sum, (n, four)| sum + weigh::<4>(words, first + n * 4, four))
        }),
    }
}

#[inline(always)]
fn weigh_columns(axis: &Axis, out: &mut [Vec<u8>; LANES], weigh: impl Fn(usize, &[u64]) -> u64) {
    let [a, b, c, d] = out;
    let out = a.iter_mut().zip(b).zip(c).zip(d);
    let taps = axis.first.iter().zip(axis.weights.chunks_exact(axis.taps));
    for ((((a, b), c), d), (first, weights)) in out.zip(taps) {
        let sum = weigh(*first, weights) + HALF;
        [_, *a, _, *b, _, *c, _, *d] = sum.to_le_bytes();
    }
}

/// The sum of some columns.
#[inline(always)]
fn weigh<const N: usize>(words: &[u64], first: usize, weights: &[u64]) -> u64 {
    let words = words[first..].iter().take(N);
    words.zip(weights).fold(0, |sum, (word, weight)| sum.wrapping_add(word.wrapping_mul(*weight)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(bytes: &[u8], width: usize, to: (usize, usize)) -> Vec<u8> {
        let mut out = vec![7; to.0 * to.1];
        let mut into = Place { bytes: &mut out, stride: to.0, x: 0, width: to.0, height: to.1 };
        Scaler::default().scale(&Source { bytes, width }, &mut into);
        out
    }

    #[test]
    fn the_same_size_is_a_copy() {
        let bytes: Vec<u8> = (0..=255).collect();
        for width in [1, 2, 16, 64, 256] {
            assert_eq!(scaled(&bytes, width, (width, 256 / width)), bytes, "{width}");
        }
    }

    #[test]
    fn one_colour_stays_itself_at_any_size() {
        for (from, to) in [
            ((1, 1), (9, 7)),
            ((640, 480), (480, 360)),
            ((1920, 1080), (31, 17)),
            ((3, 5), (64, 2)),
            // Hundreds of weights, each less than half of the smallest whole one.
            ((16_000, 8), (64, 2)),
        ] {
            for colour in [0, 1, 128, 254, 255] {
                let bytes = vec![colour; from.0 * from.1];
                assert_eq!(scaled(&bytes, from.0, to), vec![colour; to.0 * to.1], "{from:?}");
            }
        }
    }

    /// The filter in the open, without rounding between.
    fn exact(
        bytes: &[u8],
        size: (usize, usize),
        to: (usize, usize),
        (x, y): (usize, usize),
    ) -> f64 {
        let weights = |from: usize, to: usize, at: usize| -> Vec<f64> {
            let step = from as f64 / to as f64;
            let centre = (at as f64 + 0.5) * step - 0.5;
            let reach = step.max(1.0);
            let weight = |n: usize| (1.0 - ((n as f64 - centre) / reach).abs()).max(0.0);
            let all: Vec<f64> = (0..from).map(weight).collect();
            let sum: f64 = all.iter().sum();
            all.into_iter().map(|weight| weight / sum).collect()
        };
        let (across, down) = (weights(size.0, to.0, x), weights(size.1, to.1, y));
        let row = |y: usize| &bytes[y * size.0..][..size.0];
        let of_row = |y| row(y).iter().zip(&across).map(|(b, w)| f64::from(*b) * w).sum::<f64>();
        down.iter().enumerate().map(|(y, w)| of_row(y) * w).sum()
    }

    #[test]
    fn every_pixel_is_within_two_of_the_filter() {
        for (size, to) in [
            ((64, 48), (48, 36)),
            ((40, 30), (27, 19)),
            ((30, 20), (70, 50)),
            ((90, 70), (10, 6)),
            ((5, 3), (64, 64)),
        ] {
            let bytes: Vec<u8> = (0..size.0 * size.1).map(|n| ((n * n * 7) >> 4) as u8).collect();
            let out = scaled(&bytes, size.0, to);
            for (at, byte) in out.iter().enumerate() {
                let exact = exact(&bytes, size, to, (at % to.0, at / to.0));
                assert!(
                    (f64::from(*byte) - exact).abs() < 2.0,
                    "{size:?} {to:?} {at}: {byte} {exact}"
                );
            }
        }
    }

    #[test]
    fn only_the_rectangle_is_written() {
        let mut out = [9; 8 * 7];
        let mut into = Place { bytes: &mut out[8..], stride: 8, x: 2, width: 4, height: 5 };
        Scaler::default().scale(&Source { bytes: &[50; 6], width: 3 }, &mut into);
        for (at, byte) in out.iter().enumerate() {
            let inside = (2..6).contains(&(at % 8)) && (1..6).contains(&(at / 8));
            assert_eq!(*byte, if inside { 50 } else { 9 }, "{at}");
        }
    }
}

//! Reads rows of a device's picture into planes. Chroma of two rows becomes that of
//! one, as their mean.

use yuv::{YuvConversionMode, YuvRange, YuvStandardMatrix};

use super::Strip;
use crate::scene::{Range, RawFormat, RawImage};

/// Reads the rows from `row` on into `strip`. The lengths were checked. `turned` is
/// memory that is used again.
pub(super) fn read_strip(
    image: &RawImage<'_>,
    strip: &mut Strip<'_>,
    row: usize,
    turned: &mut Vec<u8>,
) {
    if image.format.is_rgb() {
        return read_rgb(image, &image.bytes[row * image.stride..], strip, turned);
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked whether it has it.
        return unsafe { read_rows_avx2(image, strip, row) };
    }
    read_rows(image, strip, row);
}

/// [`read_rows`], for which the compiler uses wider vectors here.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn read_rows_avx2(image: &RawImage<'_>, strip: &mut Strip<'_>, row: usize) {
    read_rows(image, strip, row);
}

#[inline(always)]
fn read_rows(image: &RawImage<'_>, strip: &mut Strip<'_>, row: usize) {
    use RawFormat::{Uyvy, Vyuy, Yuyv, Yvyu};
    let luma = &image.bytes[row * image.stride..];
    match image.format {
        Yuyv | Yvyu => read_packed(image, luma, Byte::First, strip),
        Uyvy | Vyuy => read_packed(image, luma, Byte::Second, strip),
        _ => {
            copy_rows(luma, image.stride, strip.y, strip.width);
            read_chroma(image, strip, row);
        }
    }
}

/// Luma at every second byte, beginning with the first or the second; between
/// them blue and red in turn.
#[inline(always)]
fn read_packed(image: &RawImage<'_>, bytes: &[u8], luma_at: Byte, strip: &mut Strip<'_>) {
    let (width, stride) = (strip.width, image.stride);
    let red_first = matches!(image.format, RawFormat::Yvyu | RawFormat::Vyuy);
    let (first, second) = in_order(red_first, &mut *strip.u, &mut *strip.v);
    let luma = strip.y.chunks_exact_mut(width * 2);
    let chroma = first.chunks_exact_mut(width / 2).zip(second.chunks_exact_mut(width / 2));
    for (n, (luma, (first, second))) in luma.zip(chroma).enumerate() {
        let rows = two_rows(bytes, stride, n, width * 2);
        for (row, luma) in rows.iter().zip(luma.chunks_exact_mut(width)) {
            every_second(row, luma_at, luma);
        }
        mean_chroma(rows, luma_at.other(), first, second);
    }
}

/// Both, swapped where the second comes first.
fn in_order<T>(swapped: bool, first: T, second: T) -> (T, T) {
    if swapped { (second, first) } else { (first, second) }
}

/// The `n`th pair of rows, of so many bytes each.
#[inline(always)]
fn two_rows(bytes: &[u8], stride: usize, n: usize, row_bytes: usize) -> [&[u8]; 2] {
    [n * 2, n * 2 + 1].map(|row| &bytes[row * stride..][..row_bytes])
}

/// Pairs are worked on in blocks that fit on the stack.
const BLOCK: usize = 1024;

/// The two parts of chroma in two rows of packed pixels, as the mean of both.
#[inline(always)]
fn mean_chroma(rows: [&[u8]; 2], at: Byte, first: &mut [u8], second: &mut [u8]) {
    let mut pairs = [0; BLOCK];
    let blocks = rows[0].chunks(BLOCK * 2).zip(rows[1].chunks(BLOCK * 2));
    let out = first.chunks_mut(BLOCK / 2).zip(second.chunks_mut(BLOCK / 2));
    for ((above, below), (first, second)) in blocks.zip(out) {
        let pairs = &mut pairs[..above.len() / 2];
        let (above, below) = (above.as_chunks::<2>().0, below.as_chunks::<2>().0);
        for ((to, above), below) in pairs.iter_mut().zip(above).zip(below) {
            *to = mean(at.of(*above), at.of(*below));
        }
        every_second(pairs, Byte::First, first);
        every_second(pairs, Byte::Second, second);
    }
}

/// The two parts of chroma in two rows of pairs, as the mean of both.
#[inline(always)]
fn mean_pairs(rows: [&[u8]; 2], first: &mut [u8], second: &mut [u8]) {
    let mut pairs = [0; BLOCK];
    let blocks = rows[0].chunks(BLOCK).zip(rows[1].chunks(BLOCK));
    let out = first.chunks_mut(BLOCK / 2).zip(second.chunks_mut(BLOCK / 2));
    for ((above, below), (first, second)) in blocks.zip(out) {
        let pairs = &mut pairs[..above.len()];
        mean_row([above, below], pairs);
        every_second(pairs, Byte::First, first);
        every_second(pairs, Byte::Second, second);
    }
}

/// The mean of two rows.
#[inline(always)]
fn mean_row([above, below]: [&[u8]; 2], to: &mut [u8]) {
    for ((to, above), below) in to.iter_mut().zip(above).zip(below) {
        *to = mean(*above, *below);
    }
}

#[inline(always)]
fn mean(a: u8, b: u8) -> u8 {
    ((u16::from(a) + u16::from(b) + 1) >> 1) as u8
}

/// One of the two bytes of a pair.
#[derive(Clone, Copy)]
enum Byte {
    First,
    Second,
}

impl Byte {
    const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// By a shift: the compiler makes far better vectors of that than of an index.
    const fn of(self, pair: [u8; 2]) -> u8 {
        let both = u16::from_le_bytes(pair);
        match self {
            Self::First => both as u8,
            Self::Second => (both >> 8) as u8,
        }
    }
}

/// One byte of each pair.
#[inline(always)]
fn every_second(pairs: &[u8], at: Byte, to: &mut [u8]) {
    let pairs = pairs.as_chunks::<2>().0.iter();
    match at {
        Byte::First => to.iter_mut().zip(pairs).for_each(|(to, pair)| *to = Byte::First.of(*pair)),
        Byte::Second => {
            to.iter_mut().zip(pairs).for_each(|(to, pair)| *to = Byte::Second.of(*pair));
        }
    }
}

fn read_rgb(image: &RawImage<'_>, bytes: &[u8], strip: &mut Strip<'_>, turned: &mut Vec<u8>) {
    let read = match image.format {
        RawFormat::Rgb => yuv::rgb_to_yuv420,
        RawFormat::Bgr => yuv::bgr_to_yuv420,
        RawFormat::Rgbx | RawFormat::Xrgb => yuv::rgba_to_yuv420,
        _ => yuv::bgra_to_yuv420,
    };
    let row_bytes = image.format.row_bytes(strip.width as u32);
    let (mut rgb, mut stride) =
        (bytes_of(bytes, image.stride, strip.rows(), row_bytes), image.stride);
    if matches!(image.format, RawFormat::Xrgb | RawFormat::Xbgr) {
        turn_pixels(rgb, stride, row_bytes, turned);
        (rgb, stride) = (turned, row_bytes);
    }
    read(
        &mut strip.planar(),
        rgb,
        stride as u32,
        match image.colour.range {
            // Its luma is in the limits as it is.
            Range::Limited => YuvRange::Full,
            _ => YuvRange::Limited,
        },
        YuvStandardMatrix::Bt709,
        YuvConversionMode::Balanced,
    )
    .expect("the sizes were checked and agree");
}

/// The bytes of `rows` rows: whole strides where there are, for the crate asks
/// for the last one's padding too unless it isn't there.
fn bytes_of(bytes: &[u8], stride: usize, rows: usize, row_bytes: usize) -> &[u8] {
    let whole = stride * rows;
    bytes.get(..whole).unwrap_or(&bytes[..whole - stride + row_bytes])
}

/// Puts the first byte of each pixel of four behind the others, and takes out what
/// lies between the rows.
fn turn_pixels(bytes: &[u8], stride: usize, row_bytes: usize, turned: &mut Vec<u8>) {
    turned.clear();
    for row in bytes.chunks(stride) {
        let pixels = row[..row_bytes].as_chunks::<4>().0.iter();
        turned.extend(
            pixels.flat_map(|pixel| u32::from_le_bytes(*pixel).rotate_right(8).to_le_bytes()),
        );
    }
}

/// Reads the chroma that belongs to the rows from `row` on, of a format with planes.
#[inline(always)]
fn read_chroma(image: &RawImage<'_>, strip: &mut Strip<'_>, row: usize) {
    let (stride, half) = (image.stride, strip.width / 2);
    let planes = &image.bytes[(stride * image.height as usize).min(image.bytes.len())..];
    let (u, v) = (&mut *strip.u, &mut *strip.v);
    match image.format {
        RawFormat::Nv12 => split_pairs(&planes[row / 2 * stride..], stride, half, u, v),
        RawFormat::Nv21 => split_pairs(&planes[row / 2 * stride..], stride, half, v, u),
        RawFormat::Nv16 => mean_planes(&planes[row * stride..], stride, half, u, v),
        RawFormat::Nv61 => mean_planes(&planes[row * stride..], stride, half, v, u),
        RawFormat::I420 | RawFormat::Yv12 => {
            let (first, second) = in_order(image.format == RawFormat::Yv12, u, v);
            let second_at = stride / 2 * (image.height as usize).div_ceil(2);
            copy_rows(&planes[row / 2 * (stride / 2)..], stride / 2, first, half);
            copy_rows(&planes[second_at + row / 2 * (stride / 2)..], stride / 2, second, half);
        }
        RawFormat::I422 => {
            let second = stride / 2 * image.height as usize;
            mean_rows(&planes[row * (stride / 2)..], stride / 2, u, half);
            mean_rows(&planes[second + row * (stride / 2)..], stride / 2, v, half);
        }
        _ => {
            u.fill(128);
            v.fill(128);
        }
    }
}

fn copy_rows(from: &[u8], stride: usize, to: &mut [u8], width: usize) {
    if stride == width {
        to.copy_from_slice(&from[..to.len()]);
        return;
    }
    for (n, row) in to.chunks_exact_mut(width).enumerate() {
        row.copy_from_slice(&from[n * stride..][..width]);
    }
}

/// Each two rows into one.
#[inline(always)]
fn mean_rows(from: &[u8], stride: usize, to: &mut [u8], width: usize) {
    for (n, row) in to.chunks_exact_mut(width).enumerate() {
        mean_row(two_rows(from, stride, n, width), row);
    }
}

/// Rows of pairs into two planes of `width` columns.
#[inline(always)]
fn split_pairs(from: &[u8], stride: usize, width: usize, first: &mut [u8], second: &mut [u8]) {
    let rows = first.chunks_exact_mut(width).zip(second.chunks_exact_mut(width));
    for (n, (first, second)) in rows.enumerate() {
        let pairs = &from[n * stride..][..width * 2];
        every_second(pairs, Byte::First, first);
        every_second(pairs, Byte::Second, second);
    }
}

/// Each two rows of pairs into one row of two planes of `width` columns.
#[inline(always)]
fn mean_planes(from: &[u8], stride: usize, width: usize, first: &mut [u8], second: &mut [u8]) {
    let rows = first.chunks_exact_mut(width).zip(second.chunks_exact_mut(width));
    for (n, (first, second)) in rows.enumerate() {
        mean_pairs(two_rows(from, stride, n, width * 2), first, second);
    }
}

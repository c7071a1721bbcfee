//! Device pictures into the canvas's format: I420, BT.709, limited range.
//!
//! A few rows at a time, so that what one step wrote is still in the cache for
//! the next. Nothing goes through RGB that did not come as RGB.

use yuv::{BufferStoreMut, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

use super::jpeg::JpegDecoder;
use super::to_canvas::ToCanvas;
use super::{Colour, Matrix, Range, RawFormat, RawImage};
use crate::media::{Picture, Planes};

/// Why a device's picture can't be converted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// It has fewer bytes than its size and format need.
    #[error("a picture of {got} bytes where {needed} are needed")]
    Short {
        /// Bytes that there are.
        got: usize,
        /// Bytes that are needed.
        needed: usize,
    },
    /// The picture to write to has another size.
    #[error("a picture of {width}×{height} for another size")]
    Size {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// It is not a JPEG picture, or a damaged one.
    #[error("a damaged JPEG picture: {0}")]
    Jpeg(String),
}

/// Converts the pictures of one device. Keeps what it needs again.
#[derive(Debug, Default)]
pub struct Converter {
    /// The map of the last picture's colour.
    map: Option<(Colour, Option<ToCanvas>)>,
    jpeg: JpegDecoder,
}

/// The rows that are worked on at a time: even, and few enough for the cache.
const STRIP: usize = 8;

/// Some rows of the canvas and the chroma that belongs to them.
pub(super) struct Strip<'a> {
    /// Pixels across.
    pub width: usize,
    /// Even number of rows of `width`.
    pub y: &'a mut [u8],
    /// Half as many rows of half the width.
    pub u: &'a mut [u8],
    /// The same.
    pub v: &'a mut [u8],
}

impl Converter {
    /// Writes `image` to `picture`, which has its [layout](RawImage::layout).
    pub fn convert(
        &mut self,
        image: &RawImage<'_>,
        picture: &mut Picture,
    ) -> Result<(), ConvertError> {
        if picture.layout() != image.layout() {
            return Err(ConvertError::Size { width: image.width, height: image.height });
        }
        let needed = needed_bytes(image);
        if image.bytes.len() < needed {
            return Err(ConvertError::Short { got: image.bytes.len(), needed });
        }
        let mut jpeg = std::mem::take(&mut self.jpeg);
        let result = match image.format {
            RawFormat::Mjpeg => jpeg.decode(image).map(|decoded| {
                self.strips(decoded.colour(), picture, |strip, row| decoded.read(strip, row));
            }),
            _ => {
                let colour = meaning(image);
                self.strips(colour, picture, |strip, row| read_strip(image, strip, row));
                Ok(())
            }
        };
        self.jpeg = jpeg;
        result
    }

    /// Reads strip after strip, and maps each to the canvas's colour.
    fn strips(
        &mut self,
        colour: Colour,
        picture: &mut Picture,
        mut read: impl FnMut(&mut Strip<'_>, usize),
    ) {
        let width = picture.layout().width as usize;
        let mut map = self.map_of(colour);
        let [y, u, v] = picture.planes_mut();
        let parts = y
            .chunks_mut(width * STRIP)
            .zip(u.chunks_mut(width * STRIP / 4))
            .zip(v.chunks_mut(width * STRIP / 4));
        for (n, ((y, u), v)) in parts.enumerate() {
            let mut strip = Strip { width, y, u, v };
            read(&mut strip, n * STRIP);
            if let Some(map) = map.as_deref_mut() {
                strip.map(map);
            }
        }
    }

    fn map_of(&mut self, colour: Colour) -> Option<&mut ToCanvas> {
        if self.map.as_ref().is_none_or(|(of, _)| *of != colour) {
            self.map = Some((colour, ToCanvas::of(colour)));
        }
        self.map.as_mut().and_then(|(_, map)| map.as_mut())
    }
}

impl Strip<'_> {
    fn rows(&self) -> usize {
        self.y.len() / self.width
    }

    fn map(&mut self, map: &mut ToCanvas) {
        let half = self.width / 2;
        let luma = self.y.chunks_exact_mut(self.width * 2);
        for ((y, u), v) in
            luma.zip(self.u.chunks_exact_mut(half)).zip(self.v.chunks_exact_mut(half))
        {
            let (first, second) = y.split_at_mut(self.width);
            map.rows([first, second], u, v);
        }
    }

    /// The same as the `yuv` crate wants it.
    fn planar(&mut self) -> YuvPlanarImageMut<'_, u8> {
        let (width, height) = (self.width as u32, self.rows() as u32);
        YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(self.y),
            y_stride: width,
            u_plane: BufferStoreMut::Borrowed(self.u),
            u_stride: width / 2,
            v_plane: BufferStoreMut::Borrowed(self.v),
            v_stride: width / 2,
            width,
            height,
        }
    }
}

/// What the values in the strips mean: full RGB becomes the canvas's at once,
/// limited RGB nearly so, and in grey no matrix has a part.
const fn meaning(image: &RawImage<'_>) -> Colour {
    match image.format {
        RawFormat::Rgb | RawFormat::Bgr => match image.colour.range {
            Range::Limited => Colour { matrix: Matrix::Bt709, range: Range::LimitedRgb },
            _ => Colour::CANVAS,
        },
        RawFormat::Grey => Colour { matrix: Colour::CANVAS.matrix, range: image.colour.range },
        _ => image.colour,
    }
}

/// Bytes that the canvas's part of the picture reaches to. The last row needs no
/// padding.
fn needed_bytes(image: &RawImage<'_>) -> usize {
    let Planes { width, height } = image.layout();
    let rows = |count: usize, stride: usize, bytes: usize| stride * count.saturating_sub(1) + bytes;
    let (across, down, stride) = (width as usize, height as usize, image.stride);
    let luma = stride * image.height as usize;
    match image.format {
        RawFormat::Mjpeg => 1,
        RawFormat::Nv12 | RawFormat::Nv21 => luma + rows(down / 2, stride, across),
        RawFormat::I420 | RawFormat::Yv12 => {
            luma + stride / 2 * (image.height as usize).div_ceil(2)
                + rows(down / 2, stride / 2, across / 2)
        }
        _ => rows(down, stride, image.format.row_bytes(width)),
    }
}

/// Reads the rows from `row` on into `strip`. The lengths were checked.
fn read_strip(image: &RawImage<'_>, strip: &mut Strip<'_>, row: usize) {
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
    let luma = &image.bytes[row * image.stride..];
    match image.format {
        RawFormat::Yuyv | RawFormat::Uyvy => read_packed(image, luma, strip),
        RawFormat::Rgb | RawFormat::Bgr => read_rgb(image, luma, strip),
        _ => {
            copy_rows(luma, image.stride, strip.y, strip.width);
            read_chroma(image, strip, row / 2);
        }
    }
}

/// Luma at every second byte, beginning with the first or the second; between
/// them blue and red in turn, of which the mean of two rows is taken.
#[inline(always)]
fn read_packed(image: &RawImage<'_>, bytes: &[u8], strip: &mut Strip<'_>) {
    let (width, stride) = (strip.width, image.stride);
    let luma_at = if image.format == RawFormat::Yuyv { Byte::First } else { Byte::Second };
    let luma = strip.y.chunks_exact_mut(width * 2);
    let chroma = strip.u.chunks_exact_mut(width / 2).zip(strip.v.chunks_exact_mut(width / 2));
    for (n, (luma, (u, v))) in luma.zip(chroma).enumerate() {
        let row = |n: usize| &bytes[n * stride..][..width * 2];
        let rows = [row(n * 2), row(n * 2 + 1)];
        for (row, luma) in rows.iter().zip(luma.chunks_exact_mut(width)) {
            every_second(row, luma_at, luma);
        }
        mean_chroma(rows, luma_at.other(), u, v);
    }
}

/// Blue and red of two rows, as the mean of both.
#[inline(always)]
fn mean_chroma(rows: [&[u8]; 2], at: Byte, u: &mut [u8], v: &mut [u8]) {
    const BLOCK: usize = 1024;
    let mut pairs = [0; BLOCK];
    let blocks = rows[0].chunks(BLOCK * 2).zip(rows[1].chunks(BLOCK * 2));
    let out = u.chunks_mut(BLOCK / 2).zip(v.chunks_mut(BLOCK / 2));
    for ((above, below), (u, v)) in blocks.zip(out) {
        let pairs = &mut pairs[..above.len() / 2];
        let (above, below) = (above.as_chunks::<2>().0, below.as_chunks::<2>().0);
        for ((mean, above), below) in pairs.iter_mut().zip(above).zip(below) {
            *mean = ((u16::from(at.of(*above)) + u16::from(at.of(*below)) + 1) >> 1) as u8;
        }
        every_second(pairs, Byte::First, u);
        every_second(pairs, Byte::Second, v);
    }
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

fn read_rgb(image: &RawImage<'_>, bytes: &[u8], strip: &mut Strip<'_>) {
    let read = if image.format == RawFormat::Rgb { yuv::rgb_to_yuv420 } else { yuv::bgr_to_yuv420 };
    let rgb = bytes_of(bytes, image.stride, strip.rows() as u32, strip.width * 3);
    read(
        &mut strip.planar(),
        rgb,
        image.stride as u32,
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
fn bytes_of(bytes: &[u8], stride: usize, rows: u32, row_bytes: usize) -> &[u8] {
    let whole = stride * rows as usize;
    bytes.get(..whole).unwrap_or(&bytes[..whole - stride + row_bytes])
}

/// Reads the chroma rows from `row` on of a format with planes.
#[inline(always)]
fn read_chroma(image: &RawImage<'_>, strip: &mut Strip<'_>, row: usize) {
    let (stride, half) = (image.stride, strip.width / 2);
    let planes = &image.bytes[(stride * image.height as usize).min(image.bytes.len())..];
    match image.format {
        RawFormat::Nv12 => split_pairs(&planes[row * stride..], stride, half, strip.u, strip.v),
        RawFormat::Nv21 => split_pairs(&planes[row * stride..], stride, half, strip.v, strip.u),
        RawFormat::I420 | RawFormat::Yv12 => {
            let second = stride / 2 * (image.height as usize).div_ceil(2);
            let (first, second) =
                (&planes[row * (stride / 2)..], &planes[second + row * (stride / 2)..]);
            let (u, v) =
                if image.format == RawFormat::I420 { (first, second) } else { (second, first) };
            copy_rows(u, stride / 2, strip.u, half);
            copy_rows(v, stride / 2, strip.v, half);
        }
        _ => {
            strip.u.fill(128);
            strip.v.fill(128);
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

#[cfg(test)]
mod tests;

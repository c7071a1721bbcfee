//! Device pictures into the canvas's format: I420, BT.709, limited range.
//!
//! A few rows at a time, so that what one step wrote is still in the cache for
//! the next. Nothing goes through RGB that did not come as RGB.

mod read;

use yuv::{BufferStoreMut, YuvPlanarImageMut};

use self::read::read_strip;
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
    /// Pixels of a strip in an order that is easier to read.
    turned: Vec<u8>,
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
        if image.format == RawFormat::Mjpeg {
            return self.convert_jpeg(image, picture);
        }
        let mut turned = std::mem::take(&mut self.turned);
        self.strips(meaning(image), picture, |strip, row| {
            read_strip(image, strip, row, &mut turned);
        });
        self.turned = turned;
        Ok(())
    }

    fn convert_jpeg(
        &mut self,
        image: &RawImage<'_>,
        picture: &mut Picture,
    ) -> Result<(), ConvertError> {
        let mut jpeg = std::mem::take(&mut self.jpeg);
        let result = jpeg.decode(image).map(|decoded| {
            self.strips(decoded.colour(), picture, |strip, row| decoded.read(strip, row));
        });
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
        format if format.is_rgb() => match image.colour.range {
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
        RawFormat::Nv16 | RawFormat::Nv61 => luma + rows(down, stride, across),
        RawFormat::I422 => {
            luma + stride / 2 * image.height as usize + rows(down, stride / 2, across / 2)
        }
        RawFormat::I420 | RawFormat::Yv12 => {
            luma + stride / 2 * (image.height as usize).div_ceil(2)
                + rows(down / 2, stride / 2, across / 2)
        }
        _ => rows(down, stride, image.format.row_bytes(width)),
    }
}

#[cfg(test)]
mod tests;

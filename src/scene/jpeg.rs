//! JPEG pictures, as cameras send them, without a detour through RGB.

use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::convert::{ConvertError, Strip};
use super::huffman;
use super::{Colour, RawImage};

/// Decodes pictures of one size after another.
#[derive(Debug, Default)]
pub(super) struct JpegDecoder {
    /// The last picture.
    pixels: Vec<u8>,
    /// The last picture that came without tables, with them.
    completed: Vec<u8>,
}

/// A decoded picture: luma alone, or three bytes a pixel.
pub(super) struct Decoded<'a> {
    pixels: &'a [u8],
    /// Pixels across.
    width: usize,
    /// Bytes of a pixel: 1 or 3.
    parts: usize,
}

impl JpegDecoder {
    /// Decodes a picture, which must have the size that `image` says.
    pub fn decode(&mut self, image: &RawImage<'_>) -> Result<Decoded<'_>, ConvertError> {
        let failed = |error: zune_jpeg::errors::DecodeErrors| ConvertError::Jpeg(error.to_string());
        let (width, height) = (image.width as usize, image.height as usize);
        let options = DecoderOptions::new_fast()
            .set_max_width(width)
            .set_max_height(height)
            .jpeg_set_out_colorspace(ColorSpace::YCbCr);
        let bytes = huffman::with_tables(image.bytes, &mut self.completed).unwrap_or(image.bytes);
        let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(failed)?;
        let parts = match decoder.input_colorspace() {
            Some(ColorSpace::Luma) => {
                decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
                1
            }
            Some(ColorSpace::YCbCr) => 3,
            other => return Err(ConvertError::Jpeg(format!("its colours are {other:?}"))),
        };
        let size = decoder.info().map(|info| (usize::from(info.width), usize::from(info.height)));
        if size != Some((width, height)) {
            return Err(ConvertError::Jpeg(format!("it has the size {size:?}")));
        }
        self.pixels.resize(width * height * parts, 0);
        decoder.decode_into(&mut self.pixels).map_err(failed)?;
        Ok(Decoded { pixels: &self.pixels, width, parts })
    }
}

impl Decoded<'_> {
    /// What its values mean.
    pub fn colour(&self) -> Colour {
        Colour::JPEG
    }

    /// Reads the rows from `row` on into `strip`.
    pub fn read(&self, strip: &mut Strip<'_>, row: usize) {
        let (width, half) = (strip.width, strip.width / 2);
        let rows =
            self.pixels[row * self.width * self.parts..].chunks_exact(self.width * self.parts * 2);
        let luma = strip.y.chunks_exact_mut(width * 2);
        let chroma = strip.u.chunks_exact_mut(half).zip(strip.v.chunks_exact_mut(half));
        for ((pixels, luma), (u, v)) in rows.zip(luma).zip(chroma) {
            let (above, below) = pixels.split_at(self.width * self.parts);
            let (first, second) = luma.split_at_mut(width);
            if self.parts == 1 {
                first.copy_from_slice(&above[..width]);
                second.copy_from_slice(&below[..width]);
                u.fill(128);
                v.fill(128);
            } else {
                read_luma(above, first);
                read_luma(below, second);
                read_chroma(above, below, u, v);
            }
        }
    }
}

/// Every third byte.
fn read_luma(pixels: &[u8], luma: &mut [u8]) {
    for (pixel, luma) in pixels.as_chunks::<3>().0.iter().zip(luma) {
        *luma = pixel[0];
    }
}

/// The mean of four pixels' chroma. Where the camera sent less than full chroma
/// they are equal, or nearly so, and nothing is lost.
fn read_chroma(above: &[u8], below: &[u8], u: &mut [u8], v: &mut [u8]) {
    let (above, below) = (above.as_chunks::<6>().0, below.as_chunks::<6>().0);
    for (((a, b), u), v) in above.iter().zip(below).zip(u).zip(v) {
        let mean = |part: usize| {
            let sum =
                [a[part], a[part + 3], b[part], b[part + 3]].map(u16::from).iter().sum::<u16>();
            (sum + 2).div_euclid(4) as u8
        };
        *u = mean(1);
        *v = mean(2);
    }
}

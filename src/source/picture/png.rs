//! PNG files.

use std::fs::File;
use std::io::{BufReader, ErrorKind};

use png::{ColorType, DecodingError};

use super::read::{Decoded, MOST_PIXELS};
use crate::scene::Turn;
use crate::source::error::words;
use crate::text::device::source;

/// Bytes that a picture may take decoded: with transparency.
const MOST_BYTES: usize = MOST_PIXELS * 4;

pub(super) fn decode(file: File) -> Result<Decoded, String> {
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_limits(png::Limits { bytes: MOST_BYTES });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(why)?;
    let size = reader.output_buffer_size().filter(|size| *size <= MOST_BYTES);
    let mut pixels = vec![0; size.ok_or(source::TOO_LARGE)?];
    let info = reader.next_frame(&mut pixels).map_err(why)?;
    pixels.truncate(info.buffer_size());
    let rgb = to_rgb(pixels, info.color_type)?;
    Ok(Decoded { width: info.width, height: info.height, rgb, upright: Turn::default() })
}

/// What is wrong with a file.
fn why(error: DecodingError) -> String {
    match error {
        DecodingError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            source::CUT_OFF.into()
        }
        DecodingError::IoError(error) => words(&error),
        DecodingError::LimitsExceeded => source::TOO_LARGE.into(),
        other => source::damaged(&other.to_string()),
    }
}

/// Three bytes a pixel, blended over black.
fn to_rgb(pixels: Vec<u8>, colours: ColorType) -> Result<Vec<u8>, String> {
    let over_black = |value: u8, alpha: u8| (u16::from(value) * u16::from(alpha) / 255) as u8;
    Ok(match colours {
        ColorType::Rgb => pixels,
        ColorType::Grayscale => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        ColorType::GrayscaleAlpha => pixels
            .as_chunks::<2>()
            .0
            .iter()
            .flat_map(|&[grey, alpha]| [over_black(grey, alpha); 3])
            .collect(),
        ColorType::Rgba => pixels
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|value| over_black(value, alpha)))
            .collect(),
        ColorType::Indexed => return Err(source::PALETTE.into()),
    })
}

//! JPEG files: photographs, also progressive, grey, and for print.

use std::fs::File;
use std::io::Read;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::marks::Marks;
use super::read::{Decoded, MOST_PIXELS};
use crate::source::error::words;
use crate::text::device::source;

/// Bytes that a file may have, which is read as a whole.
const MOST_BYTES: u64 = 128 << 20;

/// Scans that a progressive picture may have: ten are usual, and each takes as long as
/// a whole picture.
const MOST_SCANS: usize = 64;

/// Pixels along a side at most: more can't be told in a JPEG file.
const MOST_SIDE: usize = u16::MAX as usize;

pub(super) fn decode(file: File) -> Result<Decoded, String> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| words(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(source::TOO_LARGE.into());
    }
    pixels(&bytes)
}

fn pixels(bytes: &[u8]) -> Result<Decoded, String> {
    let marks = Marks::of(bytes);
    // The decoder would make up what is missing.
    if !marks.is_whole {
        return Err(source::CUT_OFF.into());
    }
    let options = DecoderOptions::new_fast()
        .set_max_width(MOST_SIDE)
        .set_max_height(MOST_SIDE)
        .jpeg_set_max_scans(MOST_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(why)?;
    let (width, height) = decoder.dimensions().ok_or(source::NO_PICTURE)?;
    if width * height > MOST_PIXELS {
        return Err(source::TOO_LARGE.into());
    }
    let size = decoder.output_buffer_size().filter(|size| *size == width * height * 3);
    let mut rgb = vec![0; size.ok_or(source::PALETTE)?];
    decoder.decode_into(&mut rgb).map_err(why)?;
    // Neither is more than a side can have.
    Ok(Decoded { width: width as u32, height: height as u32, rgb, upright: marks.upright })
}

fn why(error: DecodeErrors) -> String {
    match error {
        DecodeErrors::ExhaustedData => source::CUT_OFF.into(),
        DecodeErrors::Unsupported(_) => source::UNUSUAL_JPEG.into(),
        other => source::damaged(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 48×32 pixels, red left and blue right; one in one piece, the others as their
    /// names say.
    const RED_BLUE: &[u8] = include_bytes!("../../../tests/fixtures/media/red_blue_48x32.jpg");
    const PROGRESSIVE: &[u8] =
        include_bytes!("../../../tests/fixtures/media/red_blue_48x32_progressive.jpg");
    const GREY: &[u8] = include_bytes!("../../../tests/fixtures/media/grey_48x32.jpg");

    /// The colour of the pixel at 8, 16 and at 40, 16.
    fn colours(bytes: &[u8]) -> [[u8; 3]; 2] {
        let Decoded { width, height, rgb, .. } = pixels(bytes).unwrap();
        assert_eq!((width, height, rgb.len()), (48, 32, 48 * 32 * 3));
        [8, 40].map(|x| [0, 1, 2].map(|part| rgb[(16 * 48 + x) * 3 + part]))
    }

    fn near(a: [u8; 3], b: [u8; 3]) -> bool {
        a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 6)
    }

    #[test]
    fn photographs_of_every_common_kind_are_read() {
        for bytes in [RED_BLUE, PROGRESSIVE] {
            let [left, right] = colours(bytes);
            assert!(near(left, [255, 0, 0]) && near(right, [0, 0, 255]), "{left:?} {right:?}");
        }
        let [left, right] = colours(GREY);
        assert!(near(left, [76; 3]) && near(right, [29; 3]), "{left:?} {right:?}");
    }

    #[test]
    fn what_is_cut_off_anywhere_is_said_to_be() {
        for bytes in [RED_BLUE, PROGRESSIVE, GREY] {
            for len in 3..bytes.len() - 1 {
                let refused = pixels(&bytes[..len]).map(|_| ()).unwrap_err();
                assert_eq!(refused, source::CUT_OFF, "{len} of {}", bytes.len());
            }
            // What cameras put behind the picture is no part of it.
            assert!(pixels(&[bytes, b"trailing"].concat()).is_ok());
        }
    }

    #[test]
    fn huge_sizes_are_refused_before_memory_is_asked_for() {
        let mut bytes = RED_BLUE.to_vec();
        let frame = bytes.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
        bytes[frame + 5..frame + 9].fill(0xff);
        assert_eq!(pixels(&bytes).map(|_| ()).unwrap_err(), source::TOO_LARGE);
        bytes[frame + 5..frame + 9].fill(0);
        assert!(pixels(&bytes).is_err(), "and none at all");
    }

    #[test]
    fn damage_is_a_sentence_or_a_picture_and_never_a_panic() {
        for bytes in [RED_BLUE, PROGRESSIVE, GREY] {
            for n in 0..bytes.len() * 4 {
                let mut bytes = bytes.to_vec();
                bytes[n / 4] ^= [0x01, 0x10, 0x80, 0xff][n % 4];
                let _ = pixels(&bytes);
            }
        }
    }
}

//! Reads a picture file of whichever kind it is: told by its first bytes, for names
//! are often wrong.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;

use super::{jpeg, png};
use crate::media::Picture;
use crate::scene::{Converter, RawFormat, RawImage, Turn};
use crate::source::error::words;
use crate::text::device::source::{self, kind};

/// Pixels that a picture may have: 64 megapixels.
pub(super) const MOST_PIXELS: usize = 64 << 20;

/// A picture as its file has it.
pub(super) struct Decoded {
    pub width: u32,
    pub height: u32,
    /// Three bytes a pixel, blended over black.
    pub rgb: Vec<u8>,
    /// How it is to be turned to stand upright.
    pub upright: Turn,
}

/// Reads and converts; what went wrong in words.
pub(super) fn read(path: &Path) -> Result<Picture, String> {
    // What is no file, a pipe perhaps, may never give anything.
    if !std::fs::metadata(path).map_err(|error| words(&error))?.is_file() {
        return Err(source::NO_FILE.into());
    }
    let mut file = File::open(path).map_err(|error| words(&error))?;
    let mut first = Vec::with_capacity(FIRST);
    file.by_ref().take(FIRST as u64).read_to_end(&mut first).map_err(|error| words(&error))?;
    file.rewind().map_err(|error| words(&error))?;
    let decoded = match Kind::of(&first) {
        Kind::Png => png::decode(file),
        Kind::Jpeg => jpeg::decode(file),
        Kind::Other(name) => Err(source::other_picture(name)),
        Kind::Unknown => Err(source::NO_PICTURE.into()),
    }?;
    picture(&decoded)
}

fn picture(decoded: &Decoded) -> Result<Picture, String> {
    let Decoded { width, height, rgb, upright } = decoded;
    if *width < 2 || *height < 2 {
        return Err(source::TOO_SMALL.into());
    }
    let image = RawImage::packed(RawFormat::Rgb, *width, *height, rgb);
    let mut picture = Picture::black(image.layout());
    Converter::default().convert(&image, &mut picture).map_err(|error| error.to_string())?;
    Ok(if *upright == Turn::default() { picture } else { upright.of(&picture) })
}

/// Bytes that tell what a file is.
const FIRST: usize = 16;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Png,
    Jpeg,
    /// A picture that can't be read, by what people call its kind.
    Other(&'static str),
    Unknown,
}

impl Kind {
    fn of(first: &[u8]) -> Self {
        let brand = first.get(8..12).unwrap_or_default();
        match first {
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [b'G', b'I', b'F', b'8', ..] => Self::Other(kind::GIF),
            [b'R', b'I', b'F', b'F', ..] if brand == b"WEBP" => Self::Other(kind::WEBP),
            [b'B', b'M', ..] => Self::Other(kind::BMP),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Self::Other(kind::TIFF),
            [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Self::Other(kind::JXL),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if brand == b"avif" => Self::Other(kind::AVIF),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] if is_heif(brand) => Self::Other(kind::HEIC),
            _ if first.starts_with(b"<svg") || first.starts_with(b"<?xml") => {
                Self::Other(kind::SVG)
            }
            _ => Self::Unknown,
        }
    }
}

fn is_heif(brand: &[u8]) -> bool {
    [b"heic", b"heix", b"hevc", b"mif1", b"msf1"].iter().any(|known| brand == *known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_the_first_bytes() {
        let known: [(&[u8], Kind); 11] = [
            (b"\x89PNG\r\n\x1a\n", Kind::Png),
            (b"\xff\xd8\xff\xe1", Kind::Jpeg),
            (b"GIF89a", Kind::Other("GIF")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Kind::Other("WebP")),
            (b"RIFF\0\0\0\0WAVEfmt ", Kind::Unknown),
            (b"BM\0\0", Kind::Other("BMP")),
            (b"II*\0", Kind::Other("TIFF")),
            (b"\0\0\0\x1cftypheic", Kind::Other("HEIC")),
            (b"\0\0\0\x1cftypavif", Kind::Other("AVIF")),
            (b"\0\0\0\x20ftypisom", Kind::Unknown),
            (b"<svg xmlns=", Kind::Other("SVG")),
        ];
        for (first, wanted) in known {
            assert_eq!(Kind::of(first), wanted, "{first:?}");
        }
        assert_eq!(Kind::of(b""), Kind::Unknown);
        assert_eq!(Kind::of(b"\xff"), Kind::Unknown);
    }
}

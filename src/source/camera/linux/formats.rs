//! V4L2's names for pixel formats and colours.

use super::ioctl::Format;
use crate::scene::{Colour, Matrix, Range, RawFormat};

/// The formats that can be converted. The first name of a format is asked for.
pub(super) const FORMATS: &[([u8; 4], RawFormat)] = &[
    (*b"YUYV", RawFormat::Yuyv),
    (*b"UYVY", RawFormat::Uyvy),
    (*b"NV12", RawFormat::Nv12),
    (*b"NV21", RawFormat::Nv21),
    (*b"YU12", RawFormat::I420),
    (*b"YV12", RawFormat::Yv12),
    (*b"GREY", RawFormat::Grey),
    (*b"RGB3", RawFormat::Rgb),
    (*b"BGR3", RawFormat::Bgr),
    (*b"MJPG", RawFormat::Mjpeg),
    (*b"JPEG", RawFormat::Mjpeg),
];

/// The format of that name, if it can be converted.
pub(super) fn raw_format(fourcc: [u8; 4]) -> Option<RawFormat> {
    FORMATS.iter().find(|(name, _)| *name == fourcc).map(|(_, format)| *format)
}

/// What values mean in a format that a driver set, with the kernel's own defaults
/// (`V4L2_MAP_YCBCR_ENC_DEFAULT`, `V4L2_MAP_QUANTIZATION_DEFAULT`): only YCbCr is
/// limited by default, and neither grey nor RGB is any.
pub(super) fn colour(format: &Format) -> Colour {
    const SMPTE240M: u32 = 2;
    const REC709: u32 = 3;
    const JPEG: u32 = 7;
    const BT2020: u32 = 10;
    const DCI_P3: u32 = 12;
    let matrix = match (format.encoding, format.colorspace) {
        (1 | 3, _) => Matrix::Bt601,
        (2 | 4 | 8, _) => Matrix::Bt709,
        (6 | 7, _) => Matrix::Bt2020,
        (_, SMPTE240M | REC709 | DCI_P3) => Matrix::Bt709,
        (_, BT2020) => Matrix::Bt2020,
        _ => Matrix::Bt601,
    };
    let is_ycbcr = !matches!(&format.fourcc, b"GREY" | b"RGB3" | b"BGR3");
    let full_by_default = format.colorspace == JPEG || !is_ycbcr;
    let range = match format.quantization {
        1 => Range::Full,
        0 if full_by_default => Range::Full,
        _ => Range::Limited,
    };
    Colour { matrix, range }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(colorspace: u32, encoding: u32, quantization: u32) -> (Matrix, Range) {
        let colour = colour(&Format { colorspace, encoding, quantization, ..Format::default() });
        (colour.matrix, colour.range)
    }

    #[test]
    fn defaults_follow_the_kernels_rules() {
        assert_eq!(of(8, 0, 0), (Matrix::Bt601, Range::Limited), "sRGB, as webcams say");
        assert_eq!(of(3, 0, 0), (Matrix::Bt709, Range::Limited), "Rec. 709");
        assert_eq!(of(7, 0, 0), (Matrix::Bt601, Range::Full), "JPEG");
        assert_eq!(of(0, 0, 0), (Matrix::Bt601, Range::Limited), "nothing said");
    }

    #[test]
    fn grey_and_rgb_are_full_unless_a_driver_says_otherwise() {
        for fourcc in [*b"GREY", *b"RGB3", *b"BGR3"] {
            let of = |quantization| {
                colour(&Format { fourcc, colorspace: 8, quantization, ..Format::default() }).range
            };
            assert_eq!([of(0), of(1), of(2)], [Range::Full, Range::Full, Range::Limited]);
        }
    }

    #[test]
    fn what_is_said_outright_wins() {
        assert_eq!(of(8, 2, 1), (Matrix::Bt709, Range::Full));
        assert_eq!(of(3, 1, 2), (Matrix::Bt601, Range::Limited));
        assert_eq!(of(7, 6, 2), (Matrix::Bt2020, Range::Limited));
    }
}

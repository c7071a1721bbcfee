//! V4L2's names for pixel formats and colours.

use super::ioctl::Format;
use crate::scene::{Colour, Matrix, Range, RawFormat};

/// The formats that can be converted. Of several names of one format the first that
/// a camera has is asked for.
pub(super) const FORMATS: &[([u8; 4], RawFormat)] = &[
    (*b"YUYV", RawFormat::Yuyv),
    (*b"UYVY", RawFormat::Uyvy),
    (*b"YVYU", RawFormat::Yvyu),
    (*b"VYUY", RawFormat::Vyuy),
    (*b"NV12", RawFormat::Nv12),
    (*b"NV21", RawFormat::Nv21),
    (*b"NV16", RawFormat::Nv16),
    (*b"NV61", RawFormat::Nv61),
    (*b"YU12", RawFormat::I420),
    (*b"YV12", RawFormat::Yv12),
    (*b"422P", RawFormat::I422),
    (*b"GREY", RawFormat::Grey),
    (*b"RGB3", RawFormat::Rgb),
    (*b"BGR3", RawFormat::Bgr),
    // The kernel counts from the highest byte of a number, memory from the lowest.
    // What they have of transparency is of no use.
    (*b"XR24", RawFormat::Bgrx),
    (*b"AR24", RawFormat::Bgrx),
    (*b"BGR4", RawFormat::Bgrx),
    (*b"XB24", RawFormat::Rgbx),
    (*b"AB24", RawFormat::Rgbx),
    (*b"BX24", RawFormat::Xrgb),
    (*b"BA24", RawFormat::Xrgb),
    (*b"RGB4", RawFormat::Xrgb),
    (*b"RX24", RawFormat::Xbgr),
    (*b"RA24", RawFormat::Xbgr),
    (*b"MJPG", RawFormat::Mjpeg),
    (*b"JPEG", RawFormat::Mjpeg),
];

/// The name to ask a camera for that has those: its own for the format.
pub(super) fn fourcc(format: RawFormat, offered: &[[u8; 4]]) -> Option<[u8; 4]> {
    let names = || FORMATS.iter().filter(|(_, other)| *other == format).map(|(name, _)| *name);
    names().find(|name| offered.contains(name)).or_else(|| names().next())
}

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
    let no_ycbcr = |format: RawFormat| format == RawFormat::Grey || format.is_rgb();
    let full_by_default =
        format.colorspace == JPEG || raw_format(format.fourcc).is_some_and(no_ycbcr);
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
        for fourcc in [*b"GREY", *b"RGB3", *b"BGR3", *b"XR24", *b"BGR4", *b"RGB4"] {
            let of = |quantization| {
                colour(&Format { fourcc, colorspace: 8, quantization, ..Format::default() }).range
            };
            assert_eq!([of(0), of(1), of(2)], [Range::Full, Range::Full, Range::Limited]);
        }
    }

    #[test]
    fn a_camera_is_asked_for_a_format_by_its_own_name_for_it() {
        assert_eq!(fourcc(RawFormat::Mjpeg, &[*b"YUYV", *b"JPEG"]), Some(*b"JPEG"));
        assert_eq!(fourcc(RawFormat::Mjpeg, &[*b"JPEG", *b"MJPG"]), Some(*b"MJPG"));
        assert_eq!(fourcc(RawFormat::Bgrx, &[*b"BGR4"]), Some(*b"BGR4"));
        assert_eq!(fourcc(RawFormat::Bgrx, &[]), Some(*b"XR24"));
    }

    #[test]
    fn what_is_said_outright_wins() {
        assert_eq!(of(8, 2, 1), (Matrix::Bt709, Range::Full));
        assert_eq!(of(3, 1, 2), (Matrix::Bt601, Range::Limited));
        assert_eq!(of(7, 6, 2), (Matrix::Bt2020, Range::Limited));
    }
}

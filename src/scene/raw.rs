//! Pictures as devices deliver them.

use crate::media::Planes;

use super::Colour;

/// How the bytes of a picture are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RawFormat {
    /// Luma, blue, luma, red: chroma at half width.
    Yuyv,
    /// Blue, luma, red, luma: chroma at half width.
    Uyvy,
    /// A luma plane, then one of blue-red pairs at half size.
    Nv12,
    /// A luma plane, then one of red-blue pairs at half size.
    Nv21,
    /// Three planes: luma, blue, red; the latter at half size.
    I420,
    /// Three planes: luma, red, blue; the latter at half size.
    Yv12,
    /// Luma alone.
    Grey,
    /// Three bytes a pixel: red, green, blue.
    Rgb,
    /// Three bytes a pixel: blue, green, red.
    Bgr,
    /// A JPEG file, with or without Huffman tables.
    Mjpeg,
}

/// A picture as a device delivers it.
#[derive(Clone, Copy, Debug)]
pub struct RawImage<'a> {
    /// The layout of `bytes`.
    pub format: RawFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Bytes from one row to the next; of luma where there are planes.
    pub stride: usize,
    /// What the values mean: of RGB its range alone. JPEG says so itself.
    pub colour: Colour,
    /// The pixels.
    pub bytes: &'a [u8],
}

impl<'a> RawImage<'a> {
    /// A picture whose rows follow each other without padding.
    pub fn packed(format: RawFormat, width: u32, height: u32, bytes: &'a [u8]) -> Self {
        let stride = format.row_bytes(width);
        let colour = match format {
            RawFormat::Rgb | RawFormat::Bgr => Colour::RGB,
            _ => Colour::CAMERA,
        };
        Self { format, width, height, stride, colour, bytes }
    }

    /// The size it has on the canvas: both sides even, an odd last row or column
    /// left out.
    pub fn layout(&self) -> Planes {
        Planes::new(self.width / 2 * 2, self.height / 2 * 2)
    }
}

impl RawFormat {
    /// Bytes of a row without padding; of luma where there are planes.
    pub const fn row_bytes(self, width: u32) -> usize {
        let width = width as usize;
        match self {
            Self::Yuyv | Self::Uyvy => width.div_ceil(2) * 4,
            Self::Rgb | Self::Bgr => width * 3,
            Self::Nv12 | Self::Nv21 | Self::I420 | Self::Yv12 | Self::Grey => width,
            Self::Mjpeg => 0,
        }
    }
}

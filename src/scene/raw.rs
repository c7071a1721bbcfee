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
    /// Luma, red, luma, blue: chroma at half width.
    Yvyu,
    /// Red, luma, blue, luma: chroma at half width.
    Vyuy,
    /// A luma plane, then one of blue-red pairs at half size.
    Nv12,
    /// A luma plane, then one of red-blue pairs at half size.
    Nv21,
    /// Three planes: luma, blue, red; the latter at half size.
    I420,
    /// Three planes: luma, red, blue; the latter at half size.
    Yv12,
    /// A luma plane, then one of blue-red pairs at half width.
    Nv16,
    /// A luma plane, then one of red-blue pairs at half width.
    Nv61,
    /// Three planes: luma, blue, red; the latter at half width.
    I422,
    /// Luma alone.
    Grey,
    /// Three bytes a pixel: red, green, blue.
    Rgb,
    /// Three bytes a pixel: blue, green, red.
    Bgr,
    /// Four bytes a pixel: red, green, blue, and one without meaning.
    Rgbx,
    /// Four bytes a pixel: blue, green, red, and one without meaning.
    Bgrx,
    /// Four bytes a pixel: one without meaning, red, green, blue.
    Xrgb,
    /// Four bytes a pixel: one without meaning, blue, green, red.
    Xbgr,
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
        let colour = if format.is_rgb() { Colour::RGB } else { Colour::CAMERA };
        Self { format, width, height, stride, colour, bytes }
    }

    /// The size it has on the canvas: both sides even, an odd last row or column
    /// left out.
    pub fn layout(&self) -> Planes {
        Planes::new(self.width / 2 * 2, self.height / 2 * 2)
    }
}

impl RawFormat {
    /// Whether its values are red, green and blue.
    pub const fn is_rgb(self) -> bool {
        matches!(self, Self::Rgb | Self::Bgr | Self::Rgbx | Self::Bgrx | Self::Xrgb | Self::Xbgr)
    }

    /// Bytes of a row without padding; of luma where there are planes.
    pub const fn row_bytes(self, width: u32) -> usize {
        let width = width as usize;
        match self {
            Self::Yuyv | Self::Uyvy | Self::Yvyu | Self::Vyuy => width.div_ceil(2) * 4,
            Self::Rgb | Self::Bgr => width * 3,
            Self::Rgbx | Self::Bgrx | Self::Xrgb | Self::Xbgr => width * 4,
            Self::Nv12 | Self::Nv21 | Self::I420 | Self::Yv12 => width,
            Self::Nv16 | Self::Nv61 | Self::I422 | Self::Grey => width,
            Self::Mjpeg => 0,
        }
    }
}

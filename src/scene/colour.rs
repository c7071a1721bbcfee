//! What YCbCr values mean.
//!
//! The canvas is BT.709 in limited range. Most cameras deliver BT.601, and JPEG
//! is BT.601 in full range.

/// The meaning of YCbCr values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour {
    /// How luma is made of red, green and blue.
    pub matrix: Matrix,
    /// Which codes are black and white.
    pub range: Range,
}

/// How luma is made of red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matrix {
    /// ITU-R BT.601: standard definition, JPEG, most webcams.
    Bt601,
    /// ITU-R BT.709: high definition, and the canvas.
    Bt709,
    /// ITU-R BT.2020 without constant luminance.
    Bt2020,
}

/// Which codes are black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// Luma 16 to 235, chroma 16 to 240.
    Limited,
    /// 0 to 255.
    Full,
    /// What limited RGB, 16 to 235, becomes when it is taken for full: luma 16 to
    /// 235, and chroma as wide as that.
    LimitedRgb,
}

impl Colour {
    /// What the canvas holds.
    pub const CANVAS: Self = Self { matrix: Matrix::Bt709, range: Range::Limited };
    /// What a JPEG file holds (JFIF 1.02).
    pub const JPEG: Self = Self { matrix: Matrix::Bt601, range: Range::Full };
    /// What RGB means that nothing is said of.
    pub const RGB: Self = Self { matrix: Matrix::Bt709, range: Range::Full };
    /// What a camera holds that says nothing about it.
    pub const CAMERA: Self = Self { matrix: Matrix::Bt601, range: Range::Limited };
}

impl Matrix {
    /// The weights of red and blue in luma.
    const fn weights(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.212_6, 0.072_2),
            Self::Bt2020 => (0.262_7, 0.059_3),
        }
    }
}

impl Range {
    /// The code of black, and how many codes luma and chroma span.
    pub(super) const fn codes(self) -> (f32, f32, f32) {
        match self {
            Self::Limited => (16.0, 219.0, 224.0),
            Self::Full => (0.0, 255.0, 255.0),
            Self::LimitedRgb => (16.0, 219.0, 219.0),
        }
    }
}

/// The BT.709 values of some others: luma in 0 to 1, chroma in ±0.5.
pub(super) fn to_bt709(matrix: Matrix, [y, cb, cr]: [f32; 3]) -> [f32; 3] {
    let (red, blue) = matrix.weights();
    let r = y + 2.0 * (1.0 - red) * cr;
    let b = y + 2.0 * (1.0 - blue) * cb;
    let g = (y - red * r - blue * b) / (1.0 - red - blue);
    let (red, blue) = Matrix::Bt709.weights();
    let y = red * r + (1.0 - red - blue) * g + blue * b;
    [y, (b - y) / (2.0 * (1.0 - blue)), (r - y) / (2.0 * (1.0 - red))]
}

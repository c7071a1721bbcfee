//! What the picture is: device pictures made the canvas's own, and a source's
//! frames fitted to the output.

mod colour;
mod compositor;
mod convert;
mod huffman;
mod jpeg;
mod placement;
mod raw;
mod scaler;
mod to_canvas;
mod turn;

pub use colour::{Colour, Matrix, Range};
pub use compositor::Compositor;
pub use convert::{ConvertError, Converter};
pub use raw::{RawFormat, RawImage};
pub use turn::{Rotation, Turn};

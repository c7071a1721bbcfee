//! What the picture is: a source's frames fitted to the output.

mod compositor;

pub use compositor::Compositor;

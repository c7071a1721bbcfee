//! How soon the window is drawn again when there is something new.

use std::sync::Arc;
use std::time::Duration;

use eframe::glow::{self, HasContext};

use super::Repaint;

/// Right away. egui draws twice for a request without any delay, so that layouts
/// settle; a new picture needs no second frame.
const SOON: Duration = Duration::from_millis(1);

/// Where the processor draws, ten frames a second leave it to the stream.
const SPARING: Duration = Duration::from_millis(90);

/// Names of renderers that are programs: Mesa's, Google's, Microsoft's.
const SOFTWARE: [&str; 5] = ["llvmpipe", "softpipe", "swrast", "SwiftShader", "GDI Generic"];

/// Asks for frames of `ctx`; requests within a pause are one.
pub(super) fn repaint_of(ctx: &egui::Context, gl: Option<&glow::Context>) -> Repaint {
    let (ctx, pause) = (ctx.clone(), gl.map_or(SOON, pause));
    Arc::new(move || ctx.request_repaint_after(pause))
}

fn pause(gl: &glow::Context) -> Duration {
    // SAFETY: eframe has made the context current before it creates the app.
    let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
    tracing::debug!(renderer, "OpenGL");
    pause_of(&renderer)
}

fn pause_of(renderer: &str) -> Duration {
    if SOFTWARE.iter().any(|name| renderer.contains(name)) { SPARING } else { SOON }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_draws_less_often() {
        assert_eq!(pause_of("llvmpipe (LLVM 15.0.6, 256 bits)"), SPARING);
        assert_eq!(pause_of("NVIDIA GeForce RTX 4060/PCIe/SSE2"), SOON);
        assert_eq!(pause_of("Mesa Intel(R) UHD Graphics 620 (KBL GT2)"), SOON);
    }
}

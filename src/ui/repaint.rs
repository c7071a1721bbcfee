//! How soon the window is drawn again when there is something new.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eframe::glow::{self, HasContext};

use super::Repaint;

/// Right away. egui draws twice for a request without any delay, so that layouts
/// settle; a new picture needs no second frame.
const SOON: Duration = Duration::from_millis(1);

/// Where the processor draws, eight frames a second leave it to the stream.
const SPARING: Duration = Duration::from_millis(110);

/// The same while nothing is live and nobody has touched the window for a while.
const CALM: Duration = Duration::from_millis(300);

/// The same while the encoder lacks processor: the stream goes first.
const STRAINED: Duration = Duration::from_secs(2);

/// Where nobody can see it: what happens without a click still does.
const UNSEEN: Duration = Duration::from_millis(500);

/// Without a key or a pointer for so long, in seconds, the window is calm.
const TOUCHED: f64 = 5.0;

/// Names of renderers that are programs: Mesa's, Google's, Microsoft's.
const SOFTWARE: [&str; 5] = ["llvmpipe", "softpipe", "swrast", "SwiftShader", "GDI Generic"];

/// How often there is to be a frame; the engine asks for them, the window knows
/// how often they are worth it.
pub(super) struct Pace {
    software: bool,
    /// The pause before the next frame, in ms.
    pause: Arc<AtomicU64>,
    /// When somebody touched the window last, in its own seconds.
    touched: f64,
}

/// What the pace depends on beside the renderer.
#[derive(Clone, Copy)]
pub(super) struct Mood {
    /// The window's time in seconds.
    pub now: f64,
    /// A key or the pointer was used.
    pub touched: bool,
    /// A stream is live, or on its way.
    pub busy: bool,
    /// Nobody can see the window.
    pub unseen: bool,
    /// The encoder can't keep up.
    pub strained: bool,
}

impl Pace {
    /// The pace of a window that `gl` draws.
    pub fn of(gl: Option<&glow::Context>) -> Self {
        Self::new(gl.is_some_and(is_software))
    }

    fn new(software: bool) -> Self {
        let pause = if software { SPARING } else { SOON };
        Self { software, pause: Arc::new(AtomicU64::new(millis(pause))), touched: 0.0 }
    }

    /// Asks for frames of `ctx`; requests within a pause are one.
    pub fn repaint(&self, ctx: &egui::Context) -> Repaint {
        let (ctx, pause) = (ctx.clone(), Arc::clone(&self.pause));
        Arc::new(move || {
            let pause = Duration::from_millis(pause.load(Ordering::Relaxed));
            ctx.request_repaint_after(pause);
        })
    }

    /// Follows what happens in the window.
    pub fn follow(&mut self, mood: Mood) {
        if mood.touched {
            self.touched = mood.now;
        }
        let calm = !mood.busy && mood.now - self.touched >= TOUCHED;
        let pause = match self.software {
            _ if mood.unseen => UNSEEN,
            true if mood.strained => STRAINED,
            true if calm => CALM,
            true => SPARING,
            false => SOON,
        };
        self.pause.store(millis(pause), Ordering::Relaxed);
    }
}

/// Whether nobody can see the window.
pub(super) fn is_unseen(input: &egui::InputState) -> bool {
    input.viewport().minimized == Some(true) || input.viewport().occluded == Some(true)
}

fn is_software(gl: &glow::Context) -> bool {
    // SAFETY: eframe has made the context current before it creates the app.
    let renderer = unsafe { gl.get_parameter_string(glow::RENDERER) };
    tracing::debug!(renderer, "OpenGL");
    names_software(&renderer)
}

fn names_software(renderer: &str) -> bool {
    SOFTWARE.iter().any(|name| renderer.contains(name))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_draw_are_known_by_name() {
        assert!(names_software("llvmpipe (LLVM 15.0.6, 256 bits)"));
        assert!(!names_software("NVIDIA GeForce RTX 4060/PCIe/SSE2"));
        assert!(!names_software("Mesa Intel(R) UHD Graphics 620 (KBL GT2)"));
    }

    #[test]
    fn a_calm_window_is_drawn_less_often_by_a_program() {
        let mood = Mood { now: 1.0, touched: true, busy: false, unseen: false, strained: false };
        let pauses = |software| {
            let mut pace = Pace::new(software);
            let calm = Mood { now: 6.0, touched: false, ..mood };
            let busy = Mood { busy: true, ..calm };
            let (strained, unseen) =
                (Mood { strained: true, ..busy }, Mood { unseen: true, ..calm });
            let all = [mood, calm, busy, strained, unseen, mood];
            all.map(|mood| {
                pace.follow(mood);
                Duration::from_millis(pace.pause.load(Ordering::Relaxed))
            })
        };
        assert_eq!(pauses(true), [SPARING, CALM, SPARING, STRAINED, UNSEEN, SPARING]);
        assert_eq!(pauses(false), [SOON, SOON, SOON, SOON, UNSEEN, SOON]);
    }
}

//! The system's request to end the program: Ctrl-C in the terminal that started
//! it, a logout, `kill`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Repaint;
use crate::engine::on_interrupt;

/// The exit status of a program that Ctrl-C has ended.
const INTERRUPTED: i32 = 130;

/// Whether the system wants the program to end. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Ending(Arc<AtomicBool>);

impl Ending {
    /// Listens to the system from now on. The first request ends the stream and
    /// the window, the second the program at once.
    pub fn listen(&self, repaint: Repaint) {
        let ending = self.clone();
        let heard = on_interrupt(move || {
            if ending.ask() {
                std::process::exit(INTERRUPTED);
            }
            repaint();
        });
        if let Err(error) = heard {
            tracing::warn!(%error, "Ctrl-C will end the program without a goodbye");
        }
    }

    /// Asks for the end; says whether somebody has asked before.
    pub fn ask(&self) -> bool {
        self.0.swap(true, Ordering::AcqRel)
    }

    /// Whether somebody has asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

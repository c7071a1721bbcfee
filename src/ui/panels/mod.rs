//! The parts of the window, one file each. A panel draws the model and puts
//! what it wants into the outbox; it changes nothing itself.

pub mod destination;
pub mod dialogs;
pub mod go_live;
pub mod health;
pub mod log;
pub mod notices;
pub mod output;
pub mod preview;
pub mod sources;

use egui::Ui;

use super::model::Model;
use super::widgets::Outbox;

/// A part of the window.
pub struct Panel {
    /// In identifiers and tests.
    pub name: &'static str,
    /// Draws it.
    pub show: fn(&mut Ui, &Model, &mut Outbox),
}

/// The column where things are chosen, from top to bottom.
pub const SIDE: &[Panel] = &[
    Panel { name: "destination", show: destination::show },
    Panel { name: "sources", show: sources::show },
    Panel { name: "output", show: output::show },
];

/// What can stand below the picture.
pub const BELOW: &[Panel] =
    &[Panel { name: "health", show: health::show }, Panel { name: "log", show: log::show }];

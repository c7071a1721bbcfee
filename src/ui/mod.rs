//! The window: draws the engine's snapshots, sends its commands, decides
//! nothing.
//!
//! [`Window`] is the whole of it and needs no screen: a test draws it as well
//! as [`run`] does. Panels (`panels/`) read the [`model`] and put [`action`]s and
//! [`edit`]s into an outbox; after the last panel the window carries them out,
//! which is the one place where anything changes. Which words it says is in
//! [`text`], the words themselves in [`crate::text`]; all colours are in [`theme`].

pub mod action;
pub mod address;
mod channels;
mod destination;
mod display;
mod draft;
pub mod edit;
mod ending;
mod files;
mod former;
mod history;
mod icon;
mod journal;
mod log;
mod meter;
pub mod model;
pub mod panels;
mod paste;
pub mod phase;
mod preview;
mod proxy;
mod repaint;
mod run;
mod saver;
mod scheme;
mod secrets;
pub mod text;
pub mod theme;
mod trace;
mod wall;
mod widgets;
mod window;
mod windowless;

use std::rc::Rc;
use std::sync::Arc;

pub use ending::Ending;
pub use files::{Files, Picked, SystemFiles};
pub use log::LogBook;
pub use run::{Error, run};
pub use saver::Saver;
pub use secrets::{Answer, Changes, Keeper, Kept, no_repaint};
pub use window::{Parts, Window};

use crate::engine::{Command, Fault, Snapshot};

/// The window's way to the engine.
pub trait EngineLink {
    /// Asks the engine for something. Never waits; `false` means that too much
    /// is asked already and this was not taken.
    fn send(&self, command: Command) -> bool;

    /// The newest state.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// Why there is no engine that could take anything, if there is none.
    fn fault(&self) -> Option<Fault> {
        None
    }

    /// Puts a new engine in the place of one that has stopped by itself; whether there
    /// is one.
    fn restart(&self) -> bool {
        false
    }
}

impl<L: EngineLink + ?Sized> EngineLink for Box<L> {
    fn send(&self, command: Command) -> bool {
        (**self).send(command)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        (**self).snapshot()
    }

    fn fault(&self) -> Option<Fault> {
        (**self).fault()
    }

    fn restart(&self) -> bool {
        (**self).restart()
    }
}

impl<L: EngineLink + ?Sized> EngineLink for Rc<L> {
    fn send(&self, command: Command) -> bool {
        (**self).send(command)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        (**self).snapshot()
    }

    fn fault(&self) -> Option<Fault> {
        (**self).fault()
    }

    fn restart(&self) -> bool {
        (**self).restart()
    }
}

impl<L: EngineLink + ?Sized> EngineLink for Arc<L> {
    fn send(&self, command: Command) -> bool {
        (**self).send(command)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        (**self).snapshot()
    }

    fn fault(&self) -> Option<Fault> {
        (**self).fault()
    }

    fn restart(&self) -> bool {
        (**self).restart()
    }
}

/// Asks for the window to be drawn again; from any thread, and cheap.
pub type Repaint = Arc<dyn Fn() + Send + Sync>;

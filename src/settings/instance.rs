//! One window at a time: a lock on a file beside the settings.
//!
//! The system takes the lock back when its holder ends, however it ends, so a
//! crash leaves nothing behind that a later start would have to judge.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use super::store::create_private_folder;
use crate::text::settings as text;

/// The right to be the one running window; given back when dropped.
#[derive(Debug)]
pub struct Instance {
    _locked: File,
}

/// Why this start can't be the one.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// Another window is open.
    #[error("{}", text::RUNNING)]
    Running,
    /// The system does not lock the file.
    #[error("{}", text::folder(_0))]
    Io(#[from] io::Error),
}

impl Instance {
    /// The lock's name in the settings folder.
    pub const FILE: &'static str = "running.lock";

    /// Takes the lock in `folder`, or says that it is taken.
    pub fn claim(folder: &Path) -> Result<Self, InstanceError> {
        create_private_folder(folder)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(Self::FILE));
        // Where nothing can be written there is the folder, which some systems lock too.
        let file = file.or_else(|error| File::open(folder).map_err(|_| error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _locked: file }),
            Err(TryLockError::WouldBlock) => Err(InstanceError::Running),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}

//! The engine: threads, channels and lifecycle behind two narrow doors.
//!
//! A face (window or terminal) sends [`Command`]s and draws the newest
//! [`Snapshot`]; it decides nothing and never waits. Everything that can go
//! wrong reaches it as a [`Fault`] with a sentence and a remedy.

mod audio;
mod awake;
mod choices;
mod command;
mod control;
mod fanout;
mod fault;
mod figures;
mod handle;
mod health;
mod inputs;
mod interrupt;
mod opening;
mod process;
mod report;
mod slot;
mod snapshot;
mod stream;
mod video;
mod watch;

pub use crate::publish::transport::Fingerprint;
pub use crate::source::{
    AudioSpec as AudioInput, CameraInfo, Devices, MicrophoneInfo, SourceStatus, Trouble,
    VideoSpec as VideoInput,
};
pub use command::{Command, DestinationSettings, OutputSettings};
pub use fault::{ExitClass, Fault};
pub use handle::{Engine, Options};
pub use inputs::{list_devices, server_only};
pub use interrupt::on_interrupt;
pub use process::give_large_blocks_back;
pub use report::proxy_complaint;
pub use snapshot::{
    Cause, Connection, ConnectionLog, DestinationSnapshot, Drops, Levels, ProcessSnapshot,
    ServerSnapshot, Snapshot, SourceSnapshot, Stage, Step, Tracks, VideoSnapshot,
};

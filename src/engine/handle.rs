//! The engine as its owner holds it: commands in, snapshots out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::control::{Control, no_thread};
use super::slot::Slot;
use super::{AudioInput, Command, Fault, OutputSettings, Snapshot, Stage, VideoInput};
use crate::media::{Clock, MediaTime};
use crate::text::fault as text;

/// Commands that may wait. A face that sends faster than 30 times a second for
/// seconds is told that a command was not taken.
const COMMANDS: usize = 64;

/// A stop takes two seconds at most; whoever takes longer hangs in the system.
const LONGEST_END: Duration = Duration::from_secs(4);

/// What the engine starts with.
pub struct Options {
    /// Size, rates and bitrates.
    pub output: OutputSettings,
    /// The picture's source.
    pub video: VideoInput,
    /// The sound's source.
    pub audio: AudioInput,
    /// Give up a server that was never reached after this time; `None`: try for
    /// ever.
    pub give_up_first_connect: Option<Duration>,
    /// Where the built-in server listens.
    pub listen: SocketAddr,
    /// Called after each new snapshot, on the engine's thread; must not wait.
    pub on_change: Option<Box<dyn Fn() + Send>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            output: OutputSettings::default(),
            video: VideoInput::default(),
            audio: AudioInput::default(),
            give_up_first_connect: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 1935)),
            on_change: None,
        }
    }
}

/// A running engine. Dropping it stops everything, within 2 s.
pub struct Engine {
    commands: Sender<Command>,
    snapshot: Arc<Slot<Arc<Snapshot>>>,
    changed: Receiver<()>,
    join: Option<JoinHandle<()>>,
    /// When the engine's clock started.
    started: Instant,
}

impl Engine {
    /// Starts the engine's threads.
    pub fn start(options: Options) -> Result<Self, Fault> {
        let started = Instant::now();
        let (commands, inbox) = bounded(COMMANDS);
        // Newest wins: one mark says that something is new.
        let (mark, changed) = bounded(1);
        let snapshot = Arc::new(Slot::default());
        let door = Door { snapshot: Arc::clone(&snapshot), mark };
        let control = Control::new(Clock::starting_at(started), inbox, door, options)?;
        let join = thread::Builder::new()
            .name("control".into())
            .spawn(move || control.run())
            .map_err(|error| no_thread(&error))?;
        Ok(Self { commands, snapshot, changed, join: Some(join), started })
    }

    /// Passes a command on. False: too many wait or the engine has ended, it was not
    /// taken.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The newest snapshot; of an engine that has ended by a mistake of its own, that
    /// it has.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        // In this order: the last thing that its thread does is to show its end.
        let is_over = self.join.as_ref().is_none_or(JoinHandle::is_finished);
        let latest = self.snapshot.latest().unwrap_or_default();
        if !is_over || latest.stage == Stage::Ended {
            return latest;
        }
        let fault = Fault::System { why: text::ENGINE_GONE.into() };
        Arc::new(Snapshot { stage: Stage::Ended, faults: vec![fault], ..Snapshot::default() })
    }

    /// Waits until something is new, at most `limit`.
    pub fn wait_for_change(&self, limit: Duration) {
        // Either way the caller looks again.
        let _ = self.changed.recv_timeout(limit);
    }

    /// The time on the engine's clock.
    pub fn now(&self) -> MediaTime {
        Clock::starting_at(self.started).at(Instant::now())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.commands = bounded(0).0;
        let Some(join) = self.join.take() else { return };
        // One that hangs in the system is left behind.
        let patient_until = Instant::now() + LONGEST_END;
        while !join.is_finished() && Instant::now() < patient_until {
            thread::sleep(Duration::from_millis(5));
        }
        if join.is_finished() {
            let _ = join.join();
        }
    }
}

/// The control loop's side of the snapshot slot.
pub struct Door {
    snapshot: Arc<Slot<Arc<Snapshot>>>,
    mark: Sender<()>,
}

impl Door {
    /// Shows a new snapshot.
    pub fn show(&self, snapshot: Snapshot) {
        let ended = snapshot.stage == Stage::Ended;
        self.snapshot.put(Arc::new(snapshot));
        // Full: the face has not looked since the last mark, and will.
        let _ = self.mark.try_send(());
        if ended {
            tracing::debug!("engine ended");
        }
    }
}

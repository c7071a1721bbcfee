//! The engine as its owner holds it: commands in, snapshots out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::control::{Control, no_thread};
use super::slot::Slot;
use super::{AudioInput, Command, Fault, OutputSettings, Snapshot, Stage, VideoInput, report};
use crate::media::{Clock, MediaTime};
use crate::supervise::{self, Fate, Part, Thread};

/// Commands that may wait. A face that sends faster than 30 times a second for
/// seconds is told that a command was not taken.
const COMMANDS: usize = 64;

/// A stop takes two seconds at most; whoever takes longer hangs in the system.
const LONGEST_END: Duration = Duration::from_secs(4);

/// What a destination takes at most to say goodbye.
const LONGEST_GOODBYE: Duration = Duration::from_secs(2);

/// The pause of whoever waits for news of an engine that is gone.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

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
    /// Called after each new snapshot, and when there will be none any more, on the
    /// engine's thread; must not wait.
    pub on_change: Option<Arc<dyn Fn() + Send + Sync>>,
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
    /// The thread of the last stream's destination.
    goodbye: Arc<Slot<Fate>>,
    thread: Option<Thread>,
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
        let goodbye = Arc::new(Slot::default());
        let door = Door { snapshot: Arc::clone(&snapshot), mark, goodbye: Arc::clone(&goodbye) };
        let on_change = options.on_change.clone();
        let control = Control::new(Clock::starting_at(started), inbox, door, options)?;
        let tell = move || on_change.iter().for_each(|on_change| on_change());
        let thread = supervise::spawn_and_tell(Part::Control.name(), move || control.run(), tell)
            .map_err(|error| no_thread(&error))?;
        Ok(Self { commands, snapshot, changed, goodbye, thread: Some(thread), started })
    }

    /// Passes a command on. False: too many wait or the engine has ended, it was not
    /// taken.
    pub fn send(&self, command: Command) -> bool {
        self.commands.try_send(command).is_ok()
    }

    /// The newest snapshot; of an engine that a panic has ended, that it has.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        // In this order: the last thing that its thread does is to show its end.
        let is_gone = self.thread.as_ref().is_none_or(Thread::is_over);
        let latest = self.snapshot.latest().unwrap_or_default();
        if is_gone && latest.stage != Stage::Ended {
            let gone = Arc::new(gone(&latest));
            self.snapshot.put(Arc::clone(&gone));
            return gone;
        }
        latest
    }

    /// Waits until something is new, at most `limit`.
    pub fn wait_for_change(&self, limit: Duration) {
        use crossbeam_channel::RecvTimeoutError::Disconnected;
        // Either way the caller looks again; an engine that is gone has nothing new.
        if self.changed.recv_timeout(limit) == Err(Disconnected) {
            std::thread::sleep(limit.min(LOOK_AGAIN));
        }
    }

    /// The time on the engine's clock.
    pub fn now(&self) -> MediaTime {
        Clock::starting_at(self.started).at(Instant::now())
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.commands = bounded(0).0;
        let Some(thread) = self.thread.take() else { return };
        let fate = thread.fate();
        // One that hangs in the system is left behind.
        thread.join_within(LONGEST_END);
        if let (true, Some(goodbye)) = (fate.has_panicked(), self.goodbye.latest()) {
            // Nobody has waited for the stream's end.
            goodbye.wait(LONGEST_GOODBYE);
        }
    }
}

/// What is left of an engine whose control loop panicked: its streams have ended with
/// it, each with a goodbye of its own.
fn gone(latest: &Snapshot) -> Snapshot {
    let fault = Fault::Internal { part: Part::Control, goes_on: false };
    let mut destinations = latest.destinations.clone();
    if latest.stage != Stage::Idle {
        report::fail(&mut destinations, fault.clone());
    }
    let (at, streams) = (latest.at, latest.streams);
    let faults = vec![fault];
    Snapshot { at, streams, stage: Stage::Ended, destinations, faults, ..Snapshot::default() }
}

/// The control loop's side of the snapshot slot.
pub struct Door {
    snapshot: Arc<Slot<Arc<Snapshot>>>,
    mark: Sender<()>,
    goodbye: Arc<Slot<Fate>>,
}

impl Door {
    /// Notes the thread that is to be waited for where nobody else can.
    pub fn note(&self, destination: Fate) {
        self.goodbye.put(destination);
    }

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

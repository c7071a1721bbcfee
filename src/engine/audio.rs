//! The sound's one thread: a block of 1024 frames at a time from the source
//! through the mixer into the encoder.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::Levels;
use super::fanout::Fanout;
use super::figures::{AudioFigures, count};
use super::slot::Slot;
use crate::encode::{AudioEncoder, Error};
use crate::media::{AudioBlock, BLOCK_FRAMES, Clock, MediaTime, SAMPLE_RATE};
use crate::mix::Mixer;
use crate::source::{AudioSource, SourceStatus};
use crate::supervise::{self, Part, Thread};

/// What the sound's thread is told.
pub enum AudioCommand {
    /// Listen to this from the next block on.
    Source(Option<Box<dyn AudioSource>>),
    /// Gain in decibels.
    Gain(f32),
    /// Send silence.
    Muted(bool),
    /// Hand blocks to an encoder and its packets to the fan-out, or to none.
    Encoder(Option<(Box<dyn AudioEncoder>, Arc<Fanout>)>),
}

/// What the sound's thread hands out beside packets.
#[derive(Default)]
pub struct AudioOutput {
    /// How loud it is.
    pub levels: Slot<Levels>,
    /// How the source is doing.
    pub status: Slot<SourceStatus>,
    /// Counters.
    pub figures: AudioFigures,
    /// The time of the newest packet, in µs.
    sent: AtomicI64,
}

/// Commands that may wait.
const COMMANDS: usize = 16;

/// The thread's handle. Dropping it ends the thread.
pub struct AudioThread {
    commands: Sender<AudioCommand>,
    thread: Option<Thread>,
}

impl AudioThread {
    /// Starts it with what it is told first; without a source nothing is made.
    pub fn start(
        clock: Clock,
        shared: Arc<AudioOutput>,
        told: Vec<AudioCommand>,
    ) -> std::io::Result<Self> {
        let (commands, inbox) = bounded(COMMANDS);
        for command in told.into_iter().take(COMMANDS) {
            // There is room.
            let _ = commands.send(command);
        }
        let worker = AudioWorker {
            clock,
            inbox,
            source: None,
            mixer: Mixer::default(),
            encoder: None,
            shared,
        };
        let thread = supervise::spawn(Part::Sound.name(), move || worker.run())?;
        Ok(Self { commands, thread: Some(thread) })
    }

    /// Whether the thread was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.thread.as_ref().is_some_and(Thread::has_panicked)
    }

    /// Passes a command on. The thread looks at each block, so this can wait a
    /// block at most.
    pub fn send(&self, command: AudioCommand) {
        // An error means that the thread has ended, which the control loop looks for.
        let _ = self.commands.send(command);
    }
}

impl Drop for AudioThread {
    fn drop(&mut self) {
        self.commands = bounded(0).0;
        if let Some(thread) = self.thread.take() {
            thread.join();
        }
    }
}

struct AudioWorker {
    clock: Clock,
    inbox: Receiver<AudioCommand>,
    source: Option<Box<dyn AudioSource>>,
    mixer: Mixer,
    encoder: Option<(Box<dyn AudioEncoder>, Arc<Fanout>)>,
    shared: Arc<AudioOutput>,
}

impl AudioWorker {
    /// Blocks that may be waiting to be made up for before time is skipped:
    /// after a suspended machine wakes up, half an hour of silence helps nobody.
    const MOST_BEHIND: i64 = 50;

    fn run(mut self) {
        while let Ok(command) = self.inbox.try_recv() {
            self.obey(command);
        }
        let mut index = self.first_block();
        let mut block = AudioBlock::silence(MediaTime::ZERO);
        while self.wait_until(block_time(index + 1)) {
            supervise::falter(Part::Sound);
            index = index.max(self.newest_block() - Self::MOST_BEHIND);
            block.time = block_time(index);
            self.process(&mut block);
            index += 1;
        }
    }

    /// The block to begin with: now, or where a thread that died left its encoder, so that
    /// the stream has no gap.
    fn first_block(&self) -> i64 {
        let sent = MediaTime::from_micros(self.shared.sent.load(Ordering::Relaxed));
        let now = self.newest_block();
        if self.encoder.is_none() || sent == MediaTime::ZERO {
            return now;
        }
        // An encoder's packets lie up to a block before the blocks they are made of.
        let blocks = sent.as_secs_f64() * f64::from(SAMPLE_RATE) / BLOCK_FRAMES as f64;
        ((blocks - 0.01).ceil() as i64 + 1).clamp(now - Self::MOST_BEHIND, now)
    }

    /// The block that is sounding now.
    fn newest_block(&self) -> i64 {
        let now = self.clock.at(Instant::now()).as_micros();
        let samples = i128::from(now) * i128::from(SAMPLE_RATE) / 1_000_000;
        i64::try_from(samples / BLOCK_FRAMES as i128).unwrap_or(i64::MAX / 2)
    }

    /// Carries out commands until `due`. False: the engine let go.
    fn wait_until(&mut self, due: MediaTime) -> bool {
        loop {
            match self.inbox.recv_deadline(self.clock.instant(due)) {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    fn obey(&mut self, command: AudioCommand) {
        match command {
            AudioCommand::Source(source) => self.source = source,
            AudioCommand::Gain(db) => self.mixer.set_gain_db(db),
            AudioCommand::Muted(muted) => self.mixer.set_muted(muted),
            AudioCommand::Encoder(encoder) => {
                if let Some((encoder, fanout)) = &encoder {
                    // Whatever the last one ended with.
                    self.shared.figures.failed.store(false, Ordering::Release);
                    fanout.config(encoder.config().clone());
                }
                self.encoder = encoder;
            }
        }
    }

    fn process(&mut self, block: &mut AudioBlock) {
        match &mut self.source {
            Some(source) => {
                source.read(block);
                self.shared.status.put(source.status());
            }
            // A stream that began with sound goes on with silence.
            None if self.encoder.is_some() => *block = AudioBlock::silence(block.time),
            None => return,
        }
        self.mixer.process(&mut block.samples);
        self.shared.levels.put(levels(&self.mixer));
        if let Err(error) = self.encode(block) {
            tracing::error!(%error, "the audio encoder failed");
            self.shared.figures.failed.store(true, Ordering::Release);
            self.encoder = None;
        }
    }

    fn encode(&mut self, block: &AudioBlock) -> Result<(), Error> {
        let Some((encoder, fanout)) = &mut self.encoder else { return Ok(()) };
        if let Some(packet) = encoder.encode(block)? {
            count(&self.shared.figures.made, 1);
            self.shared.sent.store(packet.dts.as_micros(), Ordering::Relaxed);
            fanout.packet(packet);
        }
        Ok(())
    }
}

fn block_time(index: i64) -> MediaTime {
    MediaTime::from_samples(index.saturating_mul(BLOCK_FRAMES as i64), SAMPLE_RATE)
}

fn levels(mixer: &Mixer) -> Levels {
    let meter = mixer.meter();
    Levels {
        peak: meter.peak_db(),
        hold: meter.hold_db(),
        rms: meter.rms_db(),
        muted: mixer.is_muted(),
        silent_for: meter.silent_for(),
        gain_db: mixer.gain_db(),
    }
}

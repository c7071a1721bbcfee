//! The picture's two threads: one makes a frame each tick, one encodes it.
//!
//! The first keeps the output's constant rate: each tick takes the source's
//! newest picture, fits it to the output and offers it to the encoder. Between
//! them lie four frames; when all are waiting the tick is skipped and counted. A
//! tick that a hiccup made late is made up for, a longer pause is not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::fanout::Fanout;
use super::figures::{VideoFigures, VideoTarget, count};
use super::slot::Slot;
use super::watch::PictureWatch;
use crate::encode::{Error, VideoEncoder};
use crate::media::{Clock, Effort, FrameRate, MediaTime, Planes, VideoFrame};
use crate::scene::Compositor;
use crate::source::{SourceStatus, VideoSource};

/// Frames between the two threads; one more skips its tick. Four ride out the
/// hiccups of a machine that is busy elsewhere, and cost nothing while empty.
const FRAMES_AHEAD: usize = 4;

/// Ticks that went by meanwhile and are still made. More of them would only make
/// the encoder fall further behind, and viewers see what is long past.
const MADE_UP: u64 = 2;

/// A camera's picture that is older when it could be encoded is left out, if it has
/// waited here for some of that: the next one is newer.
const TOO_OLD: Duration = Duration::from_millis(140);
const HAS_WAITED: Duration = Duration::from_millis(60);

/// A packet waits no longer than this for those of the other track.
const ON_ITS_WAY: Duration = Duration::from_millis(150);

/// A frame on its way to the encoder.
pub struct Offered {
    frame: VideoFrame,
    /// How old the camera's picture was when the frame was due; nothing for sources
    /// whose pictures have no age.
    age: Duration,
}

impl Offered {
    /// Whether something newer is to be shown instead, `wait` after it was due.
    fn is_too_old(&self, wait: Duration) -> bool {
        !self.age.is_zero() && wait > HAS_WAITED && self.age + wait > TOO_OLD
    }
}

/// What the frame thread is told.
pub enum FrameCommand {
    /// Show this from the next tick on.
    Source(Option<Box<dyn VideoSource>>),
    /// Another size or rate.
    Output(Planes, FrameRate),
    /// Turn the picture left to right.
    Mirror(bool),
    /// Hand frames to an encoder, or to none.
    Encoder(Option<Sender<Offered>>),
    /// Hand frames to the preview slot.
    Preview(bool),
}

/// What the frame thread hands out beside frames.
#[derive(Default)]
pub struct FrameOutput {
    /// The newest frame, while previews are asked for. Newest wins.
    pub preview: Slot<VideoFrame>,
    /// How the source is doing.
    pub status: Slot<SourceStatus>,
    /// Counters.
    pub figures: VideoFigures,
}

/// The frame thread's handle. Dropping it ends the thread.
pub struct FrameThread {
    commands: Sender<FrameCommand>,
    join: Option<JoinHandle<()>>,
}

impl FrameThread {
    /// Starts it without a source: nothing is made until one is given.
    pub fn start(
        clock: Clock,
        output: (Planes, FrameRate),
        shared: Arc<FrameOutput>,
    ) -> std::io::Result<Self> {
        let (commands, inbox) = bounded(16);
        let maker = FrameMaker {
            clock,
            inbox,
            rate: output.1,
            compositor: Compositor::new(output.0),
            source: None,
            encoder: None,
            preview: false,
            watch: PictureWatch::default(),
            shared,
        };
        let join = thread::Builder::new().name("frames".into()).spawn(move || maker.run())?;
        Ok(Self { commands, join: Some(join) })
    }

    /// Passes a command on. The thread looks at each tick, so this can wait a
    /// tick at most.
    pub fn send(&self, command: FrameCommand) {
        // An error means that the thread has ended, which `Drop` deals with.
        let _ = self.commands.send(command);
    }
}

impl Drop for FrameThread {
    fn drop(&mut self) {
        self.commands = bounded(0).0;
        if let Some(join) = self.join.take() {
            let _ = join.join();
        }
    }
}

struct FrameMaker {
    clock: Clock,
    inbox: Receiver<FrameCommand>,
    rate: FrameRate,
    compositor: Compositor,
    source: Option<Box<dyn VideoSource>>,
    encoder: Option<Sender<Offered>>,
    preview: bool,
    watch: PictureWatch,
    shared: Arc<FrameOutput>,
}

impl FrameMaker {
    fn run(mut self) {
        let mut tick = self.next_tick();
        loop {
            let (rate, due) = (self.rate, self.rate.time_of(tick));
            if !self.wait_until(due) {
                return;
            }
            if self.rate != rate {
                // The ticks of another rate have other numbers.
                tick = self.next_tick();
                continue;
            }
            self.make(due);
            let missed = missed(tick, self.next_tick());
            if self.encoder.is_some() {
                count(&self.shared.figures.due, 1 + missed);
                count(&self.shared.figures.late, missed);
            }
            tick += 1 + missed;
        }
    }

    /// The first tick that is still to come.
    fn next_tick(&self) -> u64 {
        let now = self.clock.at(Instant::now()).as_secs_f64();
        (now * self.rate.as_f64()).ceil().max(0.0) as u64
    }

    /// Carries out commands until `due`. False: the engine let go.
    fn wait_until(&mut self, due: MediaTime) -> bool {
        use crossbeam_channel::RecvTimeoutError::{Disconnected, Timeout};
        loop {
            match self.inbox.recv_deadline(self.clock.instant(due)) {
                Ok(command) => self.obey(command),
                Err(Timeout) => return true,
                Err(Disconnected) => return false,
            }
        }
    }

    fn obey(&mut self, command: FrameCommand) {
        match command {
            FrameCommand::Source(source) => self.source = source,
            FrameCommand::Output(planes, rate) => {
                self.rate = rate;
                self.compositor.set_layout(planes);
            }
            FrameCommand::Mirror(mirror) => self.compositor.set_mirror(mirror),
            FrameCommand::Encoder(encoder) => self.encoder = encoder,
            FrameCommand::Preview(on) => {
                self.preview = on;
                if !on {
                    self.shared.preview.clear();
                }
            }
        }
    }

    fn make(&mut self, due: MediaTime) {
        let Some(source) = &mut self.source else { return };
        if self.encoder.is_none() && !self.preview {
            source.idle(due);
            self.shared.status.put(source.status());
            return;
        }
        let picture = source.frame(due);
        let status = source.status();
        let ages = status.silent.is_some() && status.trouble.is_none();
        let picture_of_camera = picture.as_ref().filter(|_| ages);
        let age = picture_of_camera.map_or(Duration::ZERO, |frame| due.since(frame.time));
        self.shared.status.put(status);
        self.compositor.set_upright(source.turn());
        let frame = self.compositor.compose(picture.as_ref(), due);
        self.watch.look(due, &frame.picture);
        self.shared.figures.black.store(self.watch.black, Ordering::Relaxed);
        self.shared.figures.frozen.store(self.watch.frozen, Ordering::Relaxed);
        if self.preview {
            self.shared.preview.put(frame.clone());
        }
        if let Some(encoder) = &self.encoder {
            match encoder.try_send(Offered { frame, age }) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => count(&self.shared.figures.late, 1),
                Err(TrySendError::Disconnected(_)) => self.encoder = None,
            }
        }
    }
}

/// The ticks after `tick` that are given up when the next to come is `coming`.
fn missed(tick: u64, coming: u64) -> u64 {
    let behind = coming.saturating_sub(tick + 1);
    if behind > MADE_UP { behind } else { 0 }
}

/// The encode thread's handle. It ends when its frames' channel does.
pub struct EncodeThread {
    join: JoinHandle<()>,
}

impl EncodeThread {
    /// Starts it; frames come through the channel that is returned.
    pub fn start(
        clock: Clock,
        encoder: Box<dyn VideoEncoder>,
        keyframe_every: Duration,
        target: Arc<VideoTarget>,
        fanout: Arc<Fanout>,
        shared: Arc<FrameOutput>,
    ) -> std::io::Result<(Self, Sender<Offered>)> {
        let (frames, inbox) = bounded(FRAMES_AHEAD);
        let worker = EncodeWorker {
            clock,
            encoder,
            keyframe_every,
            applied: (target.kbps.load(Ordering::Relaxed), Effort::Alone),
            target,
            fanout,
            shared,
            last_keyframe: None,
            announced: false,
            frame: 0,
        };
        let join =
            thread::Builder::new().name("encode".into()).spawn(move || worker.run(&inbox))?;
        Ok((Self { join }, frames))
    }

    /// Waits for its end; the frames' sender must be gone.
    pub fn join(self) {
        let _ = self.join.join();
    }
}

struct EncodeWorker {
    clock: Clock,
    encoder: Box<dyn VideoEncoder>,
    keyframe_every: Duration,
    target: Arc<VideoTarget>,
    /// Bitrate and effort that the encoder works with.
    applied: (u32, Effort),
    fanout: Arc<Fanout>,
    shared: Arc<FrameOutput>,
    last_keyframe: Option<MediaTime>,
    announced: bool,
    frame: u64,
}

impl EncodeWorker {
    fn run(mut self, frames: &Receiver<Offered>) {
        for offered in frames {
            if let Err(error) = self.encode(&offered) {
                tracing::error!(%error, "video encoder");
                self.shared.figures.failed.store(true, Ordering::Release);
                return;
            }
        }
    }

    fn encode(&mut self, offered: &Offered) -> Result<(), Error> {
        let frame = &offered.frame;
        self.frame += 1;
        let divisor = u64::from(self.target.divisor.load(Ordering::Relaxed).max(1));
        if !self.frame.is_multiple_of(divisor) {
            count(&self.shared.figures.skipped, 1);
            return Ok(());
        }
        self.follow_target()?;
        let figures = &self.shared.figures;
        let begun = Instant::now();
        let wait = self.clock.at(begun).since(frame.time);
        if offered.is_too_old(wait) {
            count(&figures.late, 1);
            return Ok(());
        }
        let keyframe = self.keyframe_is_wanted(frame.time) || self.keyframe_is_due(frame.time);
        figures.oldest.fetch_max(micros(offered.age + wait), Ordering::Relaxed);
        let packet = self.encoder.encode(frame, keyframe)?;
        count(&figures.encode_micros, micros(begun.elapsed()));
        let Some(packet) = packet else {
            count(&figures.skipped, 1);
            if keyframe {
                self.fanout.want_keyframe();
            }
            return Ok(());
        };
        if let (false, Some(config)) = (self.announced, self.encoder.config()) {
            self.fanout.config(config.clone());
            self.announced = true;
        }
        if packet.keyframe {
            self.last_keyframe = Some(frame.time);
        }
        count(&self.shared.figures.made, 1);
        count(&self.shared.figures.bytes, packet.data.len() as u64);
        self.fanout.packet(packet);
        Ok(())
    }

    /// A wish is not granted while the last keyframe may still be waiting for its
    /// sound: it is on its way to whoever asked. If not, they ask again.
    fn keyframe_is_wanted(&self, now: MediaTime) -> bool {
        self.fanout.take_keyframe_wish()
            && self.last_keyframe.is_none_or(|last| now.since(last) >= ON_ITS_WAY)
    }

    /// The encoder counts frames; with frames left out the distance in time
    /// would grow, so time decides.
    fn keyframe_is_due(&self, now: MediaTime) -> bool {
        let half_a_frame = Duration::from_millis(5);
        self.last_keyframe.is_some_and(|last| now.since(last) + half_a_frame >= self.keyframe_every)
    }

    fn follow_target(&mut self) -> Result<(), Error> {
        let kbps = self.target.kbps.load(Ordering::Relaxed);
        if kbps != self.applied.0 {
            self.encoder.set_bitrate(kbps)?;
            self.applied.0 = kbps;
        }
        let effort = self.target.effort();
        if effort != self.applied.1 {
            self.encoder.set_effort(effort)?;
            self.applied.1 = effort;
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    /// Counts how often it is looked at, and how often not.
    #[derive(Clone, Default)]
    struct Counted(Arc<[AtomicU32; 2]>);

    impl Counted {
        fn counts(&self) -> [u32; 2] {
            [0, 1].map(|n| self.0[n].load(Ordering::Relaxed))
        }

        fn until(&self, done: impl Fn([u32; 2]) -> bool) {
            let begun = Instant::now();
            while !done(self.counts()) {
                assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", self.counts());
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    impl VideoSource for Counted {
        fn frame(&mut self, _: MediaTime) -> Option<VideoFrame> {
            self.0[0].fetch_add(1, Ordering::Relaxed);
            None
        }

        fn idle(&mut self, _: MediaTime) {
            self.0[1].fetch_add(1, Ordering::Relaxed);
        }

        fn status(&self) -> SourceStatus {
            SourceStatus::default()
        }
    }

    #[test]
    fn pictures_go_on_at_another_rate() {
        // By then the ticks of two rates have numbers that are far apart.
        let a_minute_ago = Instant::now().checked_sub(Duration::from_secs(60));
        let clock = Clock::starting_at(a_minute_ago.expect("the machine runs for longer"));
        let layout = Planes::new(64, 36);
        let frames = FrameThread::start(clock, (layout, FrameRate::whole(100)), Arc::default())
            .expect("a thread");
        let source = Counted::default();
        frames.send(FrameCommand::Source(Some(Box::new(source.clone()))));
        frames.send(FrameCommand::Preview(true));
        for rate in [50, 100] {
            let before = source.counts()[0];
            frames.send(FrameCommand::Output(layout, FrameRate::whole(rate)));
            source.until(|[looked_at, _]| looked_at > before + 5);
        }
    }

    #[test]
    fn old_pictures_make_way_for_newer_ones() {
        let frame = VideoFrame {
            time: MediaTime::ZERO,
            picture: Arc::new(crate::media::Picture::black(Planes::new(2, 2))),
        };
        let ms = Duration::from_millis;
        for (age, wait, too_old) in
            [(40, 90, false), (40, 110, true), (100, 50, false), (100, 70, true), (0, 500, false)]
        {
            let offered = Offered { frame: frame.clone(), age: ms(age) };
            assert_eq!(offered.is_too_old(ms(wait)), too_old, "{age} {wait}");
        }
    }

    #[test]
    fn a_hiccup_costs_no_frame_and_a_pause_is_not_made_up_for() {
        for (coming, given_up) in [(8, 0), (9, 0), (10, 0), (11, 3), (40, 32)] {
            assert_eq!(missed(7, coming), given_up, "{coming}");
        }
    }

    #[test]
    fn a_picture_that_nobody_looks_at_is_not_made() {
        let clock = Clock::starting_at(Instant::now());
        let output = (Planes::new(64, 36), FrameRate::whole(100));
        let frames = FrameThread::start(clock, output, Arc::default()).expect("a thread");
        let source = Counted::default();
        frames.send(FrameCommand::Source(Some(Box::new(source.clone()))));
        source.until(|[_, idle]| idle > 3);
        assert_eq!(source.counts()[0], 0);
        frames.send(FrameCommand::Preview(true));
        source.until(|[looked_at, _]| looked_at > 3);
    }
}

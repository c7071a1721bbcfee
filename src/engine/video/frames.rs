//! Makes a frame each tick.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::{FrameOutput, Offered};
use crate::engine::figures::{MeanAge, count};
use crate::engine::watch::PictureWatch;
use crate::media::{Clock, FrameRate, MediaTime, Planes, VideoFrame};
use crate::scene::Compositor;
use crate::source::VideoSource;
use crate::supervise::{self, Part, Thread};

/// Ticks that went by meanwhile and are still made. More of them would only make
/// the encoder fall further behind, and viewers see what is long past.
const MADE_UP: u64 = 2;

/// A stream that begins waits this long for a source that has shown nothing yet, rather
/// than begin with black. A camera has a picture by then, or a slate that says why not.
const FIRST_PICTURE: Duration = Duration::from_secs(3);

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

/// The frame thread's handle. Dropping it ends the thread.
pub struct FrameThread {
    commands: Sender<FrameCommand>,
    thread: Option<Thread>,
}

impl FrameThread {
    /// Starts it without a source: nothing is made until one is given.
    pub fn start(
        clock: Clock,
        output: (Planes, FrameRate),
        shared: Arc<FrameOutput>,
    ) -> std::io::Result<Self> {
        let (commands, inbox) = bounded(16);
        let maker = FrameMaker::new(clock, inbox, output, shared);
        let thread = supervise::spawn(Part::Frames.name(), move || maker.run())?;
        Ok(Self { commands, thread: Some(thread) })
    }

    /// Whether the thread was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.thread.as_ref().is_some_and(Thread::has_panicked)
    }

    /// Passes a command on. The thread looks at each tick, so this can wait a
    /// tick at most.
    pub fn send(&self, command: FrameCommand) {
        // An error means that the thread has ended, which the control loop looks for.
        let _ = self.commands.send(command);
    }
}

impl Drop for FrameThread {
    fn drop(&mut self) {
        self.commands = bounded(0).0;
        if let Some(thread) = self.thread.take() {
            thread.join();
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
    /// While a stream's first picture has not come: how long it is waited for.
    waits_until: Option<MediaTime>,
    preview: bool,
    watch: PictureWatch,
    age: MeanAge,
    shared: Arc<FrameOutput>,
}

impl FrameMaker {
    fn new(
        clock: Clock,
        inbox: Receiver<FrameCommand>,
        (layout, rate): (Planes, FrameRate),
        shared: Arc<FrameOutput>,
    ) -> Self {
        Self {
            clock,
            inbox,
            rate,
            compositor: Compositor::new(layout),
            source: None,
            encoder: None,
            waits_until: None,
            preview: false,
            watch: PictureWatch::default(),
            age: MeanAge::default(),
            shared,
        }
    }

    fn run(mut self) {
        let mut tick = self.next_tick();
        loop {
            supervise::falter(Part::Frames);
            let (rate, due) = (self.rate, self.rate.time_of(tick));
            if !self.wait_until(due) {
                return;
            }
            if self.rate != rate {
                // The ticks of another rate have other numbers.
                tick = self.next_tick();
                continue;
            }
            self.count(1, 0);
            self.make(due);
            let missed = missed(tick, self.next_tick());
            self.count(missed, missed);
            tick += 1 + missed;
        }
    }

    /// Counts frames for an encoder that is ready for them.
    fn count(&self, due: u64, late: u64) {
        let figures = &self.shared.figures;
        if self.encoder.is_some() && figures.ready.load(Ordering::Relaxed) {
            count(&figures.due, due);
            count(&figures.late, late);
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
            FrameCommand::Encoder(encoder) => {
                let until = self.clock.at(Instant::now()) + FIRST_PICTURE;
                self.waits_until = encoder.is_some().then_some(until);
                self.encoder = encoder;
            }
            FrameCommand::Preview(on) => {
                self.preview = on;
                if !on {
                    self.shared.preview.clear();
                }
            }
        }
    }

    /// The source's picture and its age: none where there is no source any more, which
    /// is sent as black. `None`: nobody wants one.
    fn look(&mut self, due: MediaTime) -> Option<(Option<VideoFrame>, Duration)> {
        let Some(source) = &mut self.source else {
            return self.encoder.is_some().then_some((None, Duration::ZERO));
        };
        if self.encoder.is_none() && !self.preview {
            source.idle(due);
            self.shared.status.put(source.status());
            return None;
        }
        let picture = source.frame(due);
        let status = source.status();
        let ages = status.silent.is_some() && status.trouble.is_none();
        let picture_of_camera = picture.as_ref().filter(|_| ages);
        let age = picture_of_camera.map_or(Duration::ZERO, |frame| due.since(frame.time));
        self.shared.status.put(status);
        self.compositor.set_upright(source.turn());
        Some((picture, age))
    }

    /// Whether the stream has not begun and there is nothing yet to begin it with.
    fn waits(&mut self, is_picture: bool, due: MediaTime) -> bool {
        let waits = self.source.is_some()
            && !is_picture
            && self.waits_until.is_some_and(|until| due < until);
        if !waits {
            self.waits_until = None;
        }
        waits
    }

    fn make(&mut self, due: MediaTime) {
        let Some((picture, age)) = self.look(due) else { return };
        let mean = u64::try_from(self.age.see(age).as_micros()).unwrap_or(0);
        self.shared.figures.age.store(mean, Ordering::Relaxed);
        let frame = self.compositor.compose(picture.as_ref(), due);
        self.watch.look(due, &frame.picture);
        self.shared.figures.black.store(self.watch.black, Ordering::Relaxed);
        self.shared.figures.frozen.store(self.watch.frozen, Ordering::Relaxed);
        if self.preview {
            self.shared.preview.put(frame.clone());
        }
        if self.waits(picture.is_some(), due) {
            return;
        }
        if let Some(encoder) = &self.encoder {
            match encoder.try_send(Offered { frame, age }) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => self.count(0, 1),
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::*;
    use crate::media::VideoFrame;
    use crate::source::SourceStatus;

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
        // By then the ticks of two rates have numbers that are far apart, as far as the
        // machine has been up.
        let now = Instant::now();
        let earlier = [60, 10, 1].map(|s| now.checked_sub(Duration::from_secs(s)));
        let clock = Clock::starting_at(earlier.into_iter().flatten().next().unwrap_or(now));
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
    fn a_hiccup_costs_no_frame_and_a_pause_is_not_made_up_for() {
        for (coming, given_up) in [(8, 0), (9, 0), (10, 0), (11, 3), (40, 32)] {
            assert_eq!(missed(7, coming), given_up, "{coming}");
        }
    }

    /// Shows something from a time on.
    struct Late(MediaTime);

    impl VideoSource for Late {
        fn frame(&mut self, due: MediaTime) -> Option<VideoFrame> {
            let picture = Arc::new(crate::media::Picture::black(Planes::new(2, 2)));
            (due >= self.0).then_some(VideoFrame { time: due, picture })
        }

        fn status(&self) -> SourceStatus {
            SourceStatus::default()
        }
    }

    /// When the first and the last of ten seconds' frames are sent, in ms, of a source
    /// that shows something from a time on.
    fn sent(source: Option<i64>) -> (i64, i64) {
        let clock = Clock::starting_at(Instant::now());
        let (_commands, inbox) = bounded(1);
        let output = (Planes::new(2, 2), FrameRate::whole(30));
        let mut maker = FrameMaker::new(clock, inbox, output, Arc::default());
        maker.source = source.map(|ms| Box::new(Late(MediaTime::from_millis(ms))) as Box<_>);
        let (frames, sent) = crossbeam_channel::unbounded();
        maker.obey(FrameCommand::Encoder(Some(frames)));
        maker.waits_until = Some(MediaTime::ZERO + FIRST_PICTURE);
        (0..100).for_each(|n| maker.make(MediaTime::from_millis(n * 100)));
        let times: Vec<i64> =
            sent.try_iter().map(|offered| offered.frame.time.as_millis()).collect();
        (times[0], times[times.len() - 1])
    }

    #[test]
    fn a_stream_begins_with_its_first_picture_and_not_with_black() {
        assert_eq!(sent(Some(0)), (0, 9_900));
        assert_eq!(sent(Some(1_500)), (1_500, 9_900));
        assert_eq!(sent(Some(20_000)), (3_000, 9_900), "it is not waited for without end");
        assert_eq!(sent(None), (0, 9_900), "there is nothing to wait for");
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

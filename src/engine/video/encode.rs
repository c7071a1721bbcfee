//! Encodes frames.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{FrameOutput, Offered};
use crate::encode::{Error, VideoEncoder};
use crate::engine::fanout::Fanout;
use crate::engine::figures::{VideoTarget, count};
use crate::media::{Clock, Effort, MediaTime, VideoFrame};
use crate::publish::overload::Overload;
use crate::supervise::{self, Part, Thread};

/// Frames between the two threads; one more skips its tick. Four ride out the
/// hiccups of a machine that is busy elsewhere, and cost nothing while empty.
const FRAMES_AHEAD: usize = 4;

/// A packet waits no longer than this for those of the other track.
const ON_ITS_WAY: Duration = Duration::from_millis(150);

/// The encode thread's handle. It ends when its frames' channel does.
pub struct EncodeThread {
    thread: Thread,
}

impl EncodeThread {
    /// Starts it; frames come through the channel that is returned.
    pub fn start(
        clock: Clock,
        encoder: Box<dyn VideoEncoder>,
        interval: Duration,
        keyframe_every: Duration,
        target: Arc<VideoTarget>,
        fanout: Arc<Fanout>,
        shared: Arc<FrameOutput>,
    ) -> std::io::Result<(Self, Sender<Offered>)> {
        let (frames, inbox) = bounded(FRAMES_AHEAD);
        shared.figures.ready.store(false, Ordering::Relaxed);
        // Whatever the last one ended with.
        shared.figures.failed.store(false, Ordering::Relaxed);
        let worker = EncodeWorker {
            clock,
            encoder,
            interval,
            keyframe_every,
            applied: (target.kbps.load(Ordering::Relaxed), Effort::Alone),
            target,
            fanout,
            shared,
            last_keyframe: None,
            announced: false,
            frame: 0,
        };
        let thread = supervise::spawn(Part::Encode.name(), move || worker.run(&inbox))?;
        Ok((Self { thread }, frames))
    }

    /// Waits for its end; the frames' sender must be gone.
    pub fn join(self) {
        self.thread.join();
    }

    /// Whether the thread was ended by a panic.
    pub fn has_panicked(&self) -> bool {
        self.thread.has_panicked()
    }
}

struct EncodeWorker {
    clock: Clock,
    encoder: Box<dyn VideoEncoder>,
    /// From frame to frame.
    interval: Duration,
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
        if let Err(error) = self.encode_all(frames) {
            tracing::error!(%error, "the video encoder failed");
            self.shared.figures.failed.store(true, Ordering::Release);
        }
    }

    fn encode_all(&mut self, frames: &Receiver<Offered>) -> Result<(), Error> {
        let Ok(first) = frames.recv() else { return Ok(()) };
        self.rehearse(&first.frame)?;
        // Those that came meanwhile are old already; where they were too many, some
        // are missing behind the newest.
        let waiting = frames.len();
        self.shared.figures.ready.store(true, Ordering::Release);
        let newest = frames.try_iter().take(waiting).last().unwrap_or(first);
        if waiting < FRAMES_AHEAD {
            count(&self.shared.figures.due, 1);
            self.encode(&newest)?;
        }
        frames.iter().try_for_each(|offered| self.encode(&offered))
    }

    /// The first frame takes several times as long as those that follow, as all is
    /// new to the machine. Nobody waits for it yet, so it is encoded for that alone:
    /// else the stream would begin with a gap. How long it takes tells how to begin.
    fn rehearse(&mut self, frame: &VideoFrame) -> Result<(), Error> {
        let begun = Instant::now();
        self.encoder.encode(frame, false)?;
        self.target.set_effort(Overload::first(begun.elapsed(), self.interval));
        if self.target.effort() != self.applied.1 {
            self.follow_target()?;
            self.encoder.encode(frame, false)?;
        }
        tracing::debug!(took = ?begun.elapsed(), effort = ?self.applied.1, "encoder rehearsed");
        self.encoder.restart();
        Ok(())
    }

    fn encode(&mut self, offered: &Offered) -> Result<(), Error> {
        supervise::falter(Part::Encode);
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
        count(&self.shared.figures.held, self.encoder.held().into());
        count(&self.shared.figures.made, 1);
        count(&self.shared.figures.bytes, packet.data.len() as u64);
        self.fanout.packet(packet);
        Ok(())
    }

    /// A wish is not granted while the last keyframe may still be waiting for its
    /// sound: it is on its way to whoever asked. If not, they ask again.
    fn keyframe_is_wanted(&self, now: MediaTime) -> bool {
        let on_its_way = ON_ITS_WAY + self.fanout.picture_waits();
        self.fanout.take_keyframe_wish()
            && self.last_keyframe.is_none_or(|last| now.since(last) >= on_its_way)
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
    use std::sync::Mutex;
    use std::sync::mpsc;
    use std::thread;

    use bytes::Bytes;

    use super::*;
    use crate::engine::fanout::Sink;
    use crate::media::{Packet, Picture, Planes, Track, TrackConfig};

    /// Its first frame takes until somebody says so.
    struct SlowAtFirst {
        go_on: Option<mpsc::Receiver<()>>,
        first: bool,
        effort: Effort,
        /// Of each frame.
        efforts: Arc<Mutex<Vec<Effort>>>,
    }

    impl VideoEncoder for SlowAtFirst {
        fn encode(&mut self, frame: &VideoFrame, _: bool) -> Result<Option<Packet>, Error> {
            if let Some(go_on) = self.go_on.take() {
                go_on.recv().expect("the test goes on");
            }
            let keyframe = std::mem::take(&mut self.first);
            self.efforts.lock().unwrap().push(self.effort);
            let (pts, dts) = (frame.time, frame.time);
            let data = Bytes::from_static(b"picture");
            Ok(Some(Packet { track: Track::Video, pts, dts, keyframe, data }))
        }

        /// Of three frames the last.
        fn held(&self) -> bool {
            self.efforts.lock().unwrap().len().is_multiple_of(3)
        }

        fn config(&self) -> Option<&TrackConfig> {
            None
        }

        fn set_bitrate(&mut self, _: u32) -> Result<(), Error> {
            Ok(())
        }

        fn set_effort(&mut self, effort: Effort) -> Result<(), Error> {
            self.effort = effort;
            Ok(())
        }

        fn restart(&mut self) {
            self.first = true;
        }
    }

    /// Times in ms, and whether they are keyframes.
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<Vec<(i64, bool)>>>);

    impl Sink for Seen {
        fn config(&mut self, _: &TrackConfig) {}

        fn packet(&mut self, packet: &Packet) {
            self.0.lock().unwrap().push((packet.pts.as_millis(), packet.keyframe));
        }
    }

    /// What a stream begins with when so many frames wait until all that it costs to
    /// begin is over, and two more come then.
    fn begin(waiting: usize) -> Vec<(i64, bool)> {
        let (go_on, slow) = mpsc::channel();
        let efforts = Arc::default();
        let encoder = SlowAtFirst {
            go_on: Some(slow),
            first: true,
            effort: Effort::Alone,
            efforts: Arc::clone(&efforts),
        };
        let (fanout, seen) = (Arc::new(Fanout::new(true, false)), Seen::default());
        fanout.attach(Box::new(seen.clone()));
        let output = Arc::<FrameOutput>::default();
        let (thread, frames) = EncodeThread::start(
            Clock::starting_at(Instant::now()),
            Box::new(encoder),
            Duration::ZERO,
            Duration::from_secs(2),
            Arc::new(VideoTarget::new(1_000)),
            fanout,
            Arc::clone(&output),
        )
        .expect("a thread");
        let picture = Arc::new(Picture::black(Planes::new(2, 2)));
        let offered = |ms| {
            let frame = VideoFrame { time: MediaTime::from_millis(ms), picture: picture.clone() };
            Offered { frame, age: Duration::ZERO }
        };
        // One that is being encoded, and those that wait.
        for ms in 0..=waiting as i64 {
            frames.send(offered(ms)).expect("it takes them");
        }
        assert!(!output.figures.ready.load(Ordering::Relaxed));
        go_on.send(()).expect("it waits for that");
        while !output.figures.ready.load(Ordering::Relaxed) || !frames.is_empty() {
            thread::yield_now();
        }
        for ms in [100, 101] {
            frames.send(offered(ms)).expect("it takes those too");
        }
        drop(frames);
        thread.join();
        let frames = output.figures.frames();
        let efforts = efforts.lock().unwrap();
        // The rehearsal's two count for nothing.
        let repeated = (3..=efforts.len()).filter(|n| n.is_multiple_of(3)).count();
        assert_eq!((frames.late, frames.held), (0, repeated as u64), "{frames:?}");
        assert_eq!(efforts[0], Effort::Alone, "it is seen whether one processor is enough");
        assert!(efforts[1..].iter().all(|effort| *effort == Effort::Shared), "and it was not");
        seen.0.lock().unwrap().clone()
    }

    #[test]
    fn a_slow_first_frame_is_no_gap() {
        let after = |first| [(first, true), (100, false), (101, false)];
        assert_eq!(begin(0), after(0), "it comes once more");
        assert_eq!(begin(FRAMES_AHEAD - 1), after(FRAMES_AHEAD as i64 - 1), "the newest");
        let full = begin(FRAMES_AHEAD);
        assert_eq!(full, [(100, true), (101, false)], "what did not fit is missing before it");
    }
}

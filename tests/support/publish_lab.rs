//! A stream on a link, in virtual time: an encoder that obeys within a frame,
//! the real send queue, meter and controller, the link model, and a server that
//! acknowledges and watches what arrives.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use tallylight::media::{
    AudioConfig, FrameRate, MediaTime, Packet, Track, TrackConfig, VideoConfig,
};
use tallylight::publish::bitrate::Target;
use tallylight::publish::link::{LinkFigures, LinkMeter, Sample};
use tallylight::publish::queue::{Drops, Limits, Next, SendQueue};

use crate::link_model::{End, Link, Random};

/// Video bitrate that the streams want, in kbit/s.
pub const VIDEO_KBPS: u32 = 2_500;
/// Bitrate of their sound, in kbit/s.
pub const AUDIO_KBPS: u32 = 128;

/// Whoever decides the bitrate.
pub trait Control {
    /// On each tick of the meter.
    fn tick(&mut self, now: MediaTime, link: &LinkFigures) -> Target;
}

/// What the client may know of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knows {
    /// The system's TCP figures and RTMP's acknowledgements.
    Kernel,
    /// RTMP's acknowledgements only.
    Rtmp,
    /// Neither.
    Nothing,
}

/// A stream to be run.
pub struct Lab {
    /// The connection.
    pub link: Link,
    /// The controller.
    pub control: Box<dyn Control>,
    /// What the client may know.
    pub knows: Knows,
    /// Bounds of the send queue.
    pub limits: Limits,
    /// The server acknowledges each so many bytes; 0: never.
    pub ack_window: u64,
    /// The server's program reads so many kbit/s at most.
    pub server_kbps: f64,
    /// Length of the keyframes against the other frames.
    pub keyframe_weight: f64,
    /// Share of its bitrate that the encoder uses between keyframes.
    pub activity: f64,
    /// How long the encoder takes to obey.
    pub inertia: Duration,
    /// Seed of the encoder's variations.
    pub seed: u64,
}

impl Lab {
    /// The usual stream on a link.
    pub fn new(link: Link, control: impl Control + 'static) -> Self {
        Self {
            link,
            control: Box::new(control),
            knows: Knows::Kernel,
            limits: Limits::default(),
            ack_window: 100_000,
            server_kbps: 1e6,
            keyframe_weight: 5.0,
            activity: 1.0,
            inertia: Duration::ZERO,
            seed: 1,
        }
    }

    /// Runs it for so many seconds, or until the link is found dead or broken.
    pub fn run(self, seconds: i64) -> Report {
        let mut run = Run::new(self);
        while run.link.now() < MediaTime::from_millis(seconds * 1_000) && run.report.end.is_none() {
            run.step();
        }
        run.report.drops = run.queue.drops();
        run.report
    }
}

/// One second of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub struct Row {
    /// Seconds since the start.
    pub at: i64,
    /// Video bitrate asked for, in kbit/s.
    pub target: u32,
    /// One frame of so many is encoded.
    pub divisor: u32,
    /// What arrived in this second, in kbit/s.
    pub arrived_kbps: f64,
    /// Longest queue in this second, in ms.
    pub queue_ms: u128,
    /// Round-trip time, in ms.
    pub rtt_ms: u128,
    /// Frames dropped so far.
    pub dropped: u64,
    /// Longest time without a new picture that ended in this second, in ms.
    pub freeze_ms: u128,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Second by second.
    pub rows: Vec<Row>,
    /// Each target with its time.
    pub targets: Vec<(MediaTime, Target)>,
    /// What was dropped.
    pub drops: Drops,
    /// When and how the connection ended early.
    pub end: Option<(MediaTime, &'static str)>,
}

impl Report {
    /// Longest queue from one second to another, in ms.
    pub fn queue_ms(&self, from: i64, to: i64) -> u128 {
        self.span(from, to).map(|row| row.queue_ms).max().unwrap_or(0)
    }

    /// Longest round trip from one second to another, in ms.
    pub fn rtt_ms(&self, from: i64, to: i64) -> u128 {
        self.span(from, to).map(|row| row.rtt_ms).max().unwrap_or(0)
    }

    /// Longest time without a new picture, in ms.
    pub fn freeze_ms(&self) -> u128 {
        self.rows.iter().map(|row| row.freeze_ms).max().unwrap_or(0)
    }

    /// Mean of what arrived from one second to another, in kbit/s.
    pub fn kbps(&self, from: i64, to: i64) -> f64 {
        self.span(from, to).map(|row| row.arrived_kbps).sum::<f64>() / (to - from) as f64
    }

    /// Time from a second on until the target is below a rate, in ms.
    pub fn until_below(&self, from: i64, kbps: u32) -> Option<i64> {
        self.until(from, |target| target.kbps < kbps)
    }

    /// Time from a second on until the target is the full rate at all frames.
    pub fn until_full(&self, from: i64) -> Option<i64> {
        self.until(from, |target| *target == Target { kbps: VIDEO_KBPS, divisor: 1 })
    }

    /// Lowest target from one second to another, in kbit/s.
    pub fn lowest(&self, from: i64, to: i64) -> u32 {
        self.ticks(from, to).map(|target| target.kbps).min().unwrap_or(0)
    }

    /// Share of the ticks from one second to another that asked for the full rate.
    pub fn full_share(&self, from: i64, to: i64) -> f64 {
        let full = self.ticks(from, to).filter(|target| target.kbps == VIDEO_KBPS).count();
        full as f64 / self.ticks(from, to).count().max(1) as f64
    }

    fn ticks(&self, from: i64, to: i64) -> impl Iterator<Item = Target> {
        let range = MediaTime::from_millis(from * 1_000)..MediaTime::from_millis(to * 1_000);
        self.targets.iter().filter(move |(at, _)| range.contains(at)).map(|(_, target)| *target)
    }

    fn until(&self, from: i64, holds: impl Fn(&Target) -> bool) -> Option<i64> {
        let from = MediaTime::from_millis(from * 1_000);
        let mut after = self.targets.iter().filter(|(at, _)| *at > from);
        after.find(|(_, target)| holds(target)).map(|(at, _)| at.since(from).as_millis() as i64)
    }

    fn span(&self, from: i64, to: i64) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| (from..to).contains(&row.at))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "   s  target /n  arrived  queue    rtt  dropped  freeze")?;
        for row in &self.rows {
            writeln!(
                f,
                "{:4}  {:6} /{}  {:7.0}  {:5}  {:5}  {:7}  {:6}",
                row.at,
                row.target,
                row.divisor,
                row.arrived_kbps,
                row.queue_ms,
                row.rtt_ms,
                row.dropped,
                row.freeze_ms
            )?;
        }
        match self.end {
            Some((at, how)) => writeln!(f, "ended at {at}: {how}"),
            None => Ok(()),
        }
    }
}

/// A stream that runs.
struct Run {
    link: Link,
    control: Box<dyn Control>,
    knows: Knows,
    queue: SendQueue,
    meter: LinkMeter,
    encoder: Encoder,
    server: Server,
    /// What was popped and not yet written.
    out: Vec<u8>,
    written: u64,
    idle: bool,
    report: Report,
    row: Row,
    arrived_before: u64,
}

impl Run {
    fn new(lab: Lab) -> Self {
        let mut queue = SendQueue::new(lab.limits);
        configs().into_iter().for_each(|config| queue.push_config(config));
        queue.start_session();
        Self {
            encoder: Encoder::new(&lab),
            link: lab.link,
            control: lab.control,
            knows: lab.knows,
            queue,
            meter: LinkMeter::new(MediaTime::ZERO),
            server: Server::new(
                if lab.knows == Knows::Nothing { 0 } else { lab.ack_window },
                lab.server_kbps,
            ),
            out: Vec::new(),
            written: 0,
            idle: true,
            report: Report::default(),
            row: Row::default(),
            arrived_before: 0,
        }
    }

    fn step(&mut self) {
        self.link.step();
        let now = self.link.now();
        let wanted = self.queue.wants_keyframe();
        self.encoder.step(now, wanted, |packet| self.queue.push(packet));
        if self.exchange(now).is_err() {
            self.report.end = Some((now, "reset"));
            return;
        }
        self.row.queue_ms = self.row.queue_ms.max(self.queue.queued().as_millis());
        if now.as_millis() % 50 == 0 {
            self.sample(now);
        }
        if now.as_millis() % 200 == 0 {
            self.tick(now);
        }
        if now.as_millis() % 1_000 == 0 {
            self.note_second(now);
        }
        if self.meter.is_dead(now, !self.queue.is_empty()) {
            self.report.end = Some((now, "dead"));
        }
    }

    fn exchange(&mut self, now: MediaTime) -> std::io::Result<()> {
        self.server.step(now, &mut self.link)?;
        for number in self.link.read(End::Client)?.unwrap_or_default().chunks_exact(4) {
            let number = u32::from_be_bytes(number.try_into().expect("four bytes"));
            self.meter.acknowledged(now, number.into());
        }
        loop {
            if self.out.is_empty() {
                let Some(next) = self.queue.pop() else { break };
                self.out = serialized(next);
            }
            let n = self.link.write(End::Client, &self.out)?;
            self.out.drain(..n);
            self.written += n as u64;
            self.meter.written(now, self.written, self.written);
            if !self.out.is_empty() {
                return Ok(());
            }
        }
        self.queue.flushed();
        self.idle = true;
        Ok(())
    }

    fn sample(&mut self, now: MediaTime) {
        let sample = Sample {
            kernel: (self.knows == Knows::Kernel).then(|| self.link.figures(End::Client)),
            queued: self.queue.queued(),
            idle: std::mem::replace(&mut self.idle, self.queue.is_empty()),
        };
        self.meter.sample(now, &sample);
    }

    fn tick(&mut self, now: MediaTime) {
        let link = self.meter.figures();
        let target = self.control.tick(now, &link);
        self.encoder.order(now, target);
        self.report.targets.push((now, target));
        self.row.rtt_ms = link.rtt.unwrap_or_default().as_millis();
    }

    fn note_second(&mut self, now: MediaTime) {
        let row = Row {
            at: now.as_millis() / 1_000 - 1,
            target: self.encoder.target.kbps,
            divisor: self.encoder.target.divisor,
            arrived_kbps: (self.server.received - self.arrived_before) as f64 * 8.0 / 1_000.0,
            dropped: self.queue.drops().frames,
            freeze_ms: std::mem::take(&mut self.server.freeze).as_millis(),
            ..self.row
        };
        self.report.rows.push(row);
        self.row = Row::default();
        self.arrived_before = self.server.received;
    }
}

/// An encoder's output: 30 fps, a keyframe each 2 s, sizes that vary.
struct Encoder {
    target: Target,
    /// Targets to come.
    orders: VecDeque<(MediaTime, Target)>,
    keyframe_weight: f64,
    activity: f64,
    inertia: Duration,
    random: Random,
    frames: i64,
    blocks: i64,
    next_keyframe: MediaTime,
    /// How busy the picture is: the rate is missed by this factor for a while.
    scene: f64,
}

impl Encoder {
    const FPS: i64 = 30;
    const KEYFRAMES: Duration = Duration::from_secs(2);
    /// Time that encoding takes.
    const LATENCY: Duration = Duration::from_millis(12);

    fn new(lab: &Lab) -> Self {
        let target = Target { kbps: VIDEO_KBPS, divisor: 1 };
        Self {
            target,
            orders: VecDeque::from([(MediaTime::ZERO, target)]),
            keyframe_weight: lab.keyframe_weight,
            activity: lab.activity,
            inertia: lab.inertia,
            random: Random::new(lab.seed),
            frames: 0,
            blocks: 0,
            next_keyframe: MediaTime::ZERO,
            scene: 1.0,
        }
    }

    fn order(&mut self, now: MediaTime, target: Target) {
        self.orders.push_back((now + self.inertia, target));
    }

    fn step(&mut self, now: MediaTime, keyframe: bool, mut out: impl FnMut(Packet)) {
        while let Some((_, target)) = self.orders.pop_front_if(|(at, _)| *at <= now) {
            self.target = target;
        }
        let time = MediaTime::from_samples(self.blocks * 1_024, 48_000);
        if time + Duration::from_millis(22) <= now {
            self.blocks += 1;
            let bytes = f64::from(AUDIO_KBPS) * 125.0 * 1_024.0 / 48_000.0;
            out(packet(Track::Audio, time, true, bytes));
        }
        let time = FrameRate::whole(Self::FPS as u32).time_of(self.frames as u64);
        if time + Self::LATENCY <= now {
            self.frames += 1;
            if self.frames % i64::from(self.target.divisor) == 0 {
                out(self.frame(time, keyframe));
            }
        }
    }

    fn frame(&mut self, time: MediaTime, keyframe: bool) -> Packet {
        let keyframe = keyframe || time >= self.next_keyframe;
        if keyframe {
            self.next_keyframe = time + Self::KEYFRAMES;
            self.scene = 0.92 + 0.16 * self.random.unit();
        }
        let fps = Self::FPS as f64 / f64::from(self.target.divisor);
        let frames = fps * Self::KEYFRAMES.as_secs_f64();
        let mean = f64::from(self.target.kbps) * 125.0 / fps;
        let share = frames / (frames - 1.0 + self.keyframe_weight);
        let weight = if keyframe { self.keyframe_weight } else { self.activity };
        let vary = 0.8 + 0.4 * self.random.unit();
        packet(Track::Video, time, keyframe, mean * share * weight * vary * self.scene)
    }
}

fn packet(track: Track, time: MediaTime, keyframe: bool, bytes: f64) -> Packet {
    let data = Bytes::from(vec![0; bytes.max(1.0) as usize]);
    Packet { track, pts: time, dts: time, keyframe, data }
}

/// What reads on the other side.
struct Server {
    window: u64,
    kbps: f64,
    credit: f64,
    input: Vec<u8>,
    received: u64,
    acknowledged: u64,
    last_picture: Option<MediaTime>,
    freeze: Duration,
}

impl Server {
    /// Kind and length of a message, in front of it.
    const HEADER: usize = 18;

    fn new(window: u64, kbps: f64) -> Self {
        Self {
            window,
            kbps,
            credit: 0.0,
            input: Vec::new(),
            received: 0,
            acknowledged: 0,
            last_picture: None,
            freeze: Duration::ZERO,
        }
    }

    fn step(&mut self, now: MediaTime, link: &mut Link) -> std::io::Result<()> {
        self.credit = (self.credit + self.kbps / 8.0).min(self.kbps * 10.0);
        let bytes = link.read_at_most(End::Server, self.credit as usize)?.unwrap_or_default();
        self.credit -= bytes.len() as f64;
        self.received += bytes.len() as u64;
        if !bytes.is_empty() {
            self.input.extend(bytes);
            self.take_messages(now);
        }
        if self.window > 0 && self.received - self.acknowledged >= self.window {
            let more = (self.received - self.acknowledged) as u32;
            self.acknowledged = self.received;
            link.write(End::Server, &more.to_be_bytes())?;
        }
        let since = self.last_picture.map_or(Duration::ZERO, |last| now.since(last));
        self.freeze = self.freeze.max(since);
        Ok(())
    }

    fn take_messages(&mut self, now: MediaTime) {
        let mut rest = self.input.as_slice();
        let all = rest.len();
        while let Some((header, body)) = rest.split_at_checked(Self::HEADER) {
            let length = u32::from_be_bytes(header[1..5].try_into().expect("four bytes"));
            let Some((_, after)) = body.split_at_checked(length as usize) else { break };
            if header[0] == b'V' {
                self.last_picture = Some(now);
            }
            rest = after;
        }
        let taken = all - rest.len();
        self.input.drain(..taken);
    }
}

fn serialized(next: Next) -> Vec<u8> {
    let (kind, body) = match next {
        Next::Start(_) | Next::Config(_) => (b'C', Bytes::from_static(&[0; 400])),
        Next::Media(timed) if timed.packet.track == Track::Video => (b'V', timed.packet.data),
        Next::Media(timed) => (b'A', timed.packet.data),
    };
    let mut bytes = vec![0; Server::HEADER];
    bytes[0] = kind;
    bytes[1..5].copy_from_slice(&(body.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

fn configs() -> [TrackConfig; 2] {
    [
        TrackConfig::Audio(AudioConfig {
            specific_config: Bytes::from_static(&[0x11, 0x90]),
            sample_rate: 48_000,
            channels: 2,
            kbps: AUDIO_KBPS,
        }),
        TrackConfig::Video(VideoConfig {
            decoder_config: Bytes::from_static(b"avcC"),
            width: 1_280,
            height: 720,
            fps: FrameRate::whole(30),
            kbps: VIDEO_KBPS,
        }),
    ]
}

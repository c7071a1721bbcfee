//! What a link carries and how long it takes, from what comes back.
//!
//! A [`LinkMeter`] is told what was written, what the server acknowledges (RTMP
//! 1.0 §5.4.3) and, where the system has them, the kernel's figures. The kernel's
//! are exact and prompt; RTMP's come in steps of the acknowledgement window but
//! from everywhere; what the system merely took over is the last resort. What to
//! do about the figures is decided elsewhere.

mod acks;
mod lumps;
mod marks;

use std::collections::VecDeque;
use std::time::Duration;

use self::acks::Acks;
use self::lumps::Lumps;
use self::marks::Marks;
use super::transport::TcpFigures;
use crate::media::MediaTime;

/// What is to be told each [`LinkMeter::SAMPLE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// The system's figures of the connection, if it has any.
    pub kernel: Option<TcpFigures>,
    /// Age of the oldest packet in the send queue.
    pub queued: Duration,
    /// Whether the send queue was empty at some moment since the last sample.
    pub idle: bool,
}

/// The figures of a link, as of the last [`LinkMeter::sample`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkFigures {
    /// Age of the oldest packet in the send queue.
    pub queued: Duration,
    /// Round-trip time; by RTMP's acknowledgements it contains the system's
    /// buffers.
    pub rtt: Option<Duration>,
    /// How much of it is waiting somewhere on the way: what exceeds the lowest
    /// of the last 10 to 15 s.
    pub net_delay: Duration,
    /// What arrived in the last second, in kbit/s; of a system and server that
    /// don't say, what left.
    pub kbps: f64,
    /// What the link carries, in kbit/s, if it has just been busy all the time.
    pub busy: Option<Busy>,
    /// Bytes sent of which nobody has said that they arrived.
    pub unacked: Option<u64>,
    /// Share of the last second in which only the server's full receive buffer
    /// held bytes back, 0 to 1; `None` where nothing says so.
    pub server_full: Option<f64>,
}

impl LinkFigures {
    /// What waits anywhere between encoder and server, as a time.
    pub fn delay(&self) -> Duration {
        self.queued + self.net_delay
    }
}

/// What arrived while there was always something to send.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Busy {
    /// In kbit/s, over the last 400 ms of it at most.
    pub kbps: f64,
    /// How long there has been something to send, up to 1 s.
    pub length: Duration,
}

/// Measures one connection.
#[derive(Debug)]
pub struct LinkMeter {
    acks: Acks,
    /// When which byte was handed to the system, as the system counts.
    marks: Marks,
    /// Bytes that the system took over.
    written: u64,
    kernel: Option<TcpFigures>,
    /// The last second, newest last.
    points: VecDeque<Point>,
    lumps: Lumps,
    lowest: Lowest,
    /// Bytes told to have arrived at the last progress, and when that was.
    progress: (u64, MediaTime),
    figures: LinkFigures,
}

/// A moment in the last second.
#[derive(Clone, Copy, Debug)]
struct Point {
    at: MediaTime,
    delivered: u64,
    /// There was always something to send since the point before.
    busy: bool,
    window_limited: Option<Duration>,
}

impl LinkMeter {
    /// The time between two samples.
    pub const SAMPLE: Duration = Duration::from_millis(50);

    /// A link on which nothing gets through for this long is dead.
    pub const DEAD_AFTER: Duration = Duration::from_secs(4);

    /// Samples in a second.
    const SECOND: usize = 20;
    /// Samples over which a busy link's rate is taken: at least, at most.
    const BUSY: (usize, usize) = (2, 8);
    /// Growth of the round trip that shows a busy link though the queue is empty.
    const FILLING: Duration = Duration::from_millis(40);

    /// A meter for a connection that has just been opened.
    pub fn new(now: MediaTime) -> Self {
        let start = Point { at: now, delivered: 0, busy: false, window_limited: None };
        Self {
            acks: Acks::default(),
            marks: Marks::default(),
            written: 0,
            kernel: None,
            points: VecDeque::from([start]),
            lumps: Lumps::new(now),
            lowest: Lowest::new(now),
            progress: (0, now),
            figures: LinkFigures::default(),
        }
    }

    /// The system took over so many bytes in all: the session's own (`session`)
    /// and what went over the wire for them (`wire`: more, where encrypted).
    pub fn written(&mut self, now: MediaTime, session: u64, wire: u64) {
        self.written = wire;
        self.marks.sent(now, wire);
        self.acks.sent(now, session);
        self.note_progress(now);
    }

    /// The server has acknowledged so many bytes more.
    pub fn acknowledged(&mut self, now: MediaTime, bytes: u64) {
        self.acks.acknowledged(now, bytes);
        self.note_progress(now);
    }

    /// Takes stock; each [`LinkMeter::SAMPLE`].
    pub fn sample(&mut self, now: MediaTime, sample: &Sample) -> LinkFigures {
        self.kernel = sample.kernel.or(self.kernel);
        self.note_progress(now);
        let (rtt, rtt_now) = self.round_trip(now);
        let lowest = self.lowest.of(now, rtt);
        let excess = |(rtt, low): (Duration, Duration)| rtt.saturating_sub(low);
        let net_delay = rtt_now.zip(lowest).map_or(Duration::ZERO, excess);
        // Of a system without figures, only acknowledgements tell.
        let late = lowest.unwrap_or_default() + 2 * Self::FILLING;
        let acked_kbps = self.acks.kbps(now, late).filter(|_| self.kernel.is_none());
        let filling = match self.kernel {
            Some(_) => net_delay >= Self::FILLING,
            None => acked_kbps.is_some(),
        };
        self.lumps.look(now, self.delivered(), !sample.idle);
        self.push(Point {
            at: now,
            delivered: self.delivered(),
            busy: !sample.idle || filling,
            window_limited: self.kernel.and_then(|kernel| kernel.window_limited),
        });
        self.figures = LinkFigures {
            queued: sample.queued,
            rtt: rtt.max(rtt_now),
            net_delay,
            kbps: self.rate(Self::SECOND),
            busy: self.busy(now, acked_kbps),
            unacked: self.unacked(),
            server_full: self.server_full(),
        };
        self.figures
    }

    /// The figures of the last sample.
    pub fn figures(&self) -> LinkFigures {
        self.figures
    }

    /// How long nothing has got through, if something should have: `waiting`
    /// says that the send queue is not empty.
    pub fn silent(&mut self, now: MediaTime, waiting: bool) -> Duration {
        let due = waiting || self.unacked().is_some_and(|bytes| bytes > 0);
        if !due {
            self.progress.1 = now;
        }
        let silent = now.since(self.progress.1);
        match self.kernel {
            Some(_) => silent,
            // What the system took over may be nowhere: an acknowledgement that
            // should have come counts too.
            None => silent.max(self.acks.overdue(now)),
        }
    }

    /// Whether the connection is to be given up as dead.
    pub fn is_dead(&mut self, now: MediaTime, waiting: bool) -> bool {
        self.silent(now, waiting) >= Self::DEAD_AFTER
    }

    fn note_progress(&mut self, now: MediaTime) {
        // Either kind of acknowledgement counts. The two run on different
        // counters, which only ever grow.
        let told = self.delivered() + self.acks.acked();
        if told > self.progress.0 {
            self.progress = (told, now);
        }
    }

    fn push(&mut self, point: Point) {
        self.points.push_back(point);
        if self.points.len() > Self::SECOND + 1 {
            self.points.pop_front();
        }
    }

    /// The round-trip time of the near past, and of now: not less than the age of
    /// what is still on its way.
    fn round_trip(&mut self, now: MediaTime) -> (Option<Duration>, Option<Duration>) {
        let Some(kernel) = self.kernel else {
            return (self.acks.round_trip(), self.acks.round_trip_now(now));
        };
        self.marks.passed(kernel.acked);
        let oldest = self.marks.sent_after(kernel.acked);
        let age = oldest.map_or(Duration::ZERO, |when| now.since(when));
        (Some(kernel.rtt), Some(kernel.rtt.max(age)))
    }

    fn delivered(&self) -> u64 {
        self.kernel.map_or(self.written, |kernel| kernel.acked)
    }

    fn unacked(&self) -> Option<u64> {
        self.kernel.map_or(self.acks.unacked(), |kernel| Some(kernel.unacked))
    }

    /// The rate of a busy link, and no more than the server says.
    fn busy(&self, now: MediaTime, acked_kbps: Option<f64>) -> Option<Busy> {
        let stretch = self.points.iter().rev().take_while(|point| point.busy).count();
        let steady = (stretch >= Self::BUSY.0).then(|| self.rate(stretch.min(Self::BUSY.1)));
        // A lump is sent in no time, and for that moment nothing waits.
        let lumps = self.lumps.kbps(now);
        let stretch = if lumps.is_some() { Self::SECOND } else { stretch.min(Self::SECOND) };
        let kbps = steady.into_iter().chain(lumps).reduce(f64::max)?;
        let kbps = kbps.min(acked_kbps.unwrap_or(f64::MAX));
        Some(Busy { kbps, length: Self::SAMPLE * stretch as u32 })
    }

    /// Rate over the last `points` points in kbit/s.
    fn rate(&self, points: usize) -> f64 {
        let Some((new, old)) = self.span(points) else { return 0.0 };
        let seconds = new.at.since(old.at).as_secs_f64();
        let bits = new.delivered.saturating_sub(old.delivered) as f64 * 8.0;
        if seconds > 0.0 { bits / seconds / 1_000.0 } else { 0.0 }
    }

    fn server_full(&self) -> Option<f64> {
        let (new, old) = self.span(Self::SECOND)?;
        let full = new.window_limited?.saturating_sub(old.window_limited?);
        let span = new.at.since(old.at);
        (!span.is_zero()).then(|| (full.as_secs_f64() / span.as_secs_f64()).min(1.0))
    }

    fn span(&self, points: usize) -> Option<(&Point, &Point)> {
        let new = self.points.back()?;
        let old = self.points.get(self.points.len().saturating_sub(points + 1))?;
        Some((new, old))
    }
}

/// The lowest round-trip time of the last 10 to 15 s. Old ones are forgotten, so
/// that a way that has become longer is not taken for a full one for ever.
#[derive(Debug)]
struct Lowest {
    /// The lowest of three stretches, newest first.
    stretches: [Option<Duration>; 3],
    next: MediaTime,
}

impl Lowest {
    const STRETCH: Duration = Duration::from_secs(5);

    fn new(now: MediaTime) -> Self {
        Self { stretches: [None; 3], next: now + Self::STRETCH }
    }

    fn of(&mut self, now: MediaTime, rtt: Option<Duration>) -> Option<Duration> {
        if now >= self.next {
            self.next = now + Self::STRETCH;
            self.stretches.rotate_right(1);
            self.stretches[0] = None;
        }
        let newest = &mut self.stretches[0];
        *newest = newest.iter().copied().chain(rtt).min();
        self.stretches.iter().flatten().copied().min()
    }
}

#[cfg(test)]
mod tests;

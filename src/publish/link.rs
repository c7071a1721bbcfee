//! What a link carries and how long it takes, from what comes back.
//!
//! A [`LinkMeter`] is told what was written, what the server acknowledges (RTMP
//! 1.0 §5.4.3) and, where the system has them, the kernel's figures. The kernel's
//! are exact and prompt; RTMP's come in steps of the acknowledgement window but
//! from everywhere; what the system merely took over is the last resort. What to
//! do about the figures is decided elsewhere.

mod acks;

use std::collections::VecDeque;
use std::time::Duration;

use self::acks::Acks;
use super::transport::TcpFigures;
use crate::media::MediaTime;

/// The figures of a link, as of the last [`LinkMeter::tick`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LinkFigures {
    /// What arrived (or, of a system and server that don't say, left) in the last
    /// tick, in kbit/s.
    pub kbps: f64,
    /// The same over the last second.
    pub kbps_1s: f64,
    /// Round-trip time; by RTMP's acknowledgements it contains the system's
    /// buffers.
    pub rtt: Option<Duration>,
    /// How much of it is waiting somewhere on the way: what exceeds the lowest
    /// of the last 10 to 15 s.
    pub delay: Duration,
    /// Bytes sent of which nobody has said that they arrived.
    pub unacked: Option<u64>,
    /// Share of the last second in which only the server's full receive buffer
    /// held bytes back, 0 to 1; `None` where nothing says so.
    pub server_full: Option<f64>,
}

/// Measures one connection.
#[derive(Debug)]
pub struct LinkMeter {
    acks: Acks,
    /// Bytes of the session that the system took over.
    written: u64,
    kernel: Option<TcpFigures>,
    /// Bytes delivered at the last ticks, newest last.
    ticks: VecDeque<Tick>,
    lowest: Lowest,
    /// Bytes delivered at the last progress, and when that was.
    progress: (u64, MediaTime),
    figures: LinkFigures,
}

#[derive(Clone, Copy, Debug)]
struct Tick {
    at: MediaTime,
    delivered: u64,
    window_limited: Option<Duration>,
}

impl LinkMeter {
    /// The time between two ticks.
    pub const TICK: Duration = Duration::from_millis(200);

    /// A link on which nothing gets through for this long is dead.
    pub const DEAD_AFTER: Duration = Duration::from_secs(4);

    /// Ticks in a second.
    const SECOND: usize = 5;

    /// A meter for a connection that has just been opened.
    pub fn new(now: MediaTime) -> Self {
        let start = Tick { at: now, delivered: 0, window_limited: None };
        Self {
            acks: Acks::default(),
            written: 0,
            kernel: None,
            ticks: VecDeque::from([start]),
            lowest: Lowest::new(now),
            progress: (0, now),
            figures: LinkFigures::default(),
        }
    }

    /// So many bytes of the session are with the system by now, in all.
    pub fn written(&mut self, now: MediaTime, total: u64) {
        self.written = total;
        self.acks.sent(now, total);
        self.note_progress(now);
    }

    /// The server has acknowledged: the sequence number as it came.
    pub fn acknowledged(&mut self, now: MediaTime, sequence: u32) {
        self.acks.acknowledged(now, sequence);
        self.note_progress(now);
    }

    /// The system's figures, if it has any. Before each tick.
    pub fn kernel(&mut self, now: MediaTime, figures: Option<TcpFigures>) {
        self.kernel = figures.or(self.kernel);
        self.note_progress(now);
    }

    /// Takes stock; each [`LinkMeter::TICK`].
    pub fn tick(&mut self, now: MediaTime) -> LinkFigures {
        let rtt = match &self.kernel {
            Some(kernel) => Some(kernel.rtt),
            None => self.acks.round_trip(now),
        };
        let lowest = self.lowest.of(now, rtt);
        self.ticks.push_back(Tick {
            at: now,
            delivered: self.delivered(),
            window_limited: self.kernel.map(|kernel| kernel.window_limited),
        });
        if self.ticks.len() > Self::SECOND + 1 {
            self.ticks.pop_front();
        }
        self.figures = LinkFigures {
            kbps: self.rate(1),
            kbps_1s: self.rate(Self::SECOND),
            rtt,
            delay: rtt.zip(lowest).map_or(Duration::ZERO, |(rtt, low)| rtt.saturating_sub(low)),
            unacked: self.unacked(),
            server_full: self.server_full(),
        };
        self.figures
    }

    /// The figures of the last tick.
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
        let told = self.kernel.map_or(self.written, |kernel| kernel.acked) + self.acks.acked();
        if told > self.progress.0 {
            self.progress = (told, now);
        }
    }

    fn delivered(&self) -> u64 {
        match &self.kernel {
            Some(kernel) => kernel.acked,
            None => self.written,
        }
    }

    fn unacked(&self) -> Option<u64> {
        match &self.kernel {
            Some(kernel) => Some(kernel.unacked),
            None => self.acks.unacked(),
        }
    }

    /// Rate of the last `ticks` ticks in kbit/s.
    fn rate(&self, ticks: usize) -> f64 {
        let Some((new, old)) = self.span(ticks) else { return 0.0 };
        let seconds = new.at.since(old.at).as_secs_f64();
        let bits = new.delivered.saturating_sub(old.delivered) as f64 * 8.0;
        let kbps = if seconds > 0.0 { bits / seconds / 1_000.0 } else { 0.0 };
        match (self.kernel, self.acks.kbps()) {
            // More than the server says arrives is only filling buffers.
            (None, Some(acked)) if self.figures.delay > Self::FILLING => kbps.min(acked),
            _ => kbps,
        }
    }

    /// Delay from which on buffers on the way are taken to be filling.
    const FILLING: Duration = Duration::from_millis(100);

    fn server_full(&self) -> Option<f64> {
        let (new, old) = self.span(Self::SECOND)?;
        let full = new.window_limited?.saturating_sub(old.window_limited?);
        let span = new.at.since(old.at);
        (!span.is_zero()).then(|| (full.as_secs_f64() / span.as_secs_f64()).min(1.0))
    }

    fn span(&self, ticks: usize) -> Option<(&Tick, &Tick)> {
        let new = self.ticks.back()?;
        let old = self.ticks.get(self.ticks.len().saturating_sub(ticks + 1))?;
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

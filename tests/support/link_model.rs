//! A connection between two ends, in virtual time: rate, delay, noise, loss,
//! stalls, closing and breaking, all from a script and a seed.
//!
//! Each direction is a small TCP: what an end writes waits in its system's
//! buffer, goes on its way as far as the congestion window and the peer's
//! receive buffer allow, queues in front of the bottleneck, crosses it at the
//! bottleneck's rate, and arrives a delay later. Acknowledgements take the other
//! direction's delay and never queue. What the model leaves out: segments,
//! retransmission of what overflowed (it never left), and ECN.

// Each test file uses its own part of it.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tallylight::media::MediaTime;
use tallylight::publish::transport::TcpFigures;

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The one that opened the connection.
    Client,
    /// The other.
    Server,
}

/// What one direction is like.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// Rate of the bottleneck in kbit/s.
    pub kbps: f64,
    /// Time from the bottleneck to the other end.
    pub delay: Duration,
    /// Bytes that can queue in front of the bottleneck.
    pub buffer: usize,
    /// The rate varies by up to this share of it, anew each 100 ms.
    pub noise: f64,
    /// Share of segments lost; each halts what is behind it for a round trip.
    pub loss: f64,
    /// Bytes that the sender's system takes without having sent them.
    pub unsent: usize,
    /// Bytes that the receiver's system keeps until its program reads them.
    pub window: usize,
    /// Room in them that it speaks of at a time: one segment, which can be large.
    pub window_step: usize,
}

impl Profile {
    /// A link of so many kbit/s with 20 ms each way and 100 ms of buffer.
    pub fn kbps(kbps: f64) -> Self {
        Self {
            kbps,
            delay: Duration::from_millis(20),
            buffer: ((kbps * 12.5) as usize).max(20_000),
            noise: 0.0,
            loss: 0.0,
            unsent: 16 << 10,
            window: 4 << 20,
            window_step: 0,
        }
    }
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Another rate for what the client sends, in kbit/s; 0 is a stall.
    UpRate(f64),
    /// Another delay, both ways.
    Delay(Duration),
    /// Nothing passes any more, either way, and nobody is told.
    Silence,
    /// Both ends learn that the connection is reset.
    Reset,
}

/// A connection.
#[derive(Debug)]
pub struct Link {
    now: MediaTime,
    ways: [Way; 2],
    script: Vec<(MediaTime, Change)>,
    reset: bool,
    /// The connection breaks when so many bytes have arrived at the server.
    break_at: Option<u64>,
}

impl Link {
    /// The model's time step.
    pub const STEP: Duration = Duration::from_millis(1);

    /// An open connection; what the server sends goes fast.
    pub fn new(up: Profile, seed: u64) -> Self {
        let down = Profile { delay: up.delay, ..Profile::kbps(50_000.0) };
        let way = |profile, seed| Way::new(profile, up.delay * 2, Random::new(seed));
        Self {
            now: MediaTime::ZERO,
            ways: [way(up, seed), way(down, seed ^ 0x5eed)],
            script: Vec::new(),
            reset: false,
            break_at: None,
        }
    }

    /// Has something happen at a time.
    pub fn at(mut self, time: MediaTime, change: Change) -> Self {
        self.script.push((time, change));
        self
    }

    /// Breaks the connection once so many bytes have arrived at the server.
    pub fn break_at(mut self, bytes: u64) -> Self {
        self.break_at = Some(bytes);
        self
    }

    /// Now.
    pub fn now(&self) -> MediaTime {
        self.now
    }

    /// Lets a step pass.
    pub fn step(&mut self) {
        self.now += Self::STEP;
        let now = self.now;
        while let Some(due) = self.script.iter().position(|(time, _)| *time <= now) {
            let (_, change) = self.script.remove(due);
            self.change(change);
        }
        let delays = [self.ways[1].profile.delay, self.ways[0].profile.delay];
        for (way, back) in self.ways.iter_mut().zip(delays) {
            way.step(now, back);
        }
        if self.break_at.is_some_and(|at| self.ways[0].arrived_total >= at) {
            self.reset = true;
        }
    }

    /// Changes something now.
    pub fn change(&mut self, change: Change) {
        match change {
            Change::UpRate(kbps) => self.ways[0].profile.kbps = kbps,
            Change::Delay(delay) => self.ways.iter_mut().for_each(|w| w.profile.delay = delay),
            Change::Silence => self.ways.iter_mut().for_each(|w| w.profile.kbps = 0.0),
            Change::Reset => self.reset = true,
        }
    }

    /// Writes; how many bytes the system took. 0: it would block.
    pub fn write(&mut self, end: End, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        Ok(self.ways[end as usize].write(bytes))
    }

    /// Reads all that is there; `None`: the other end has closed.
    pub fn read(&mut self, end: End) -> io::Result<Option<Vec<u8>>> {
        self.read_at_most(end, usize::MAX)
    }

    /// Reads so many bytes at most.
    pub fn read_at_most(&mut self, end: End, most: usize) -> io::Result<Option<Vec<u8>>> {
        self.check()?;
        Ok(self.ways[1 - end as usize].read(most))
    }

    /// Closes an end's direction after what it has written.
    pub fn close(&mut self, end: End) {
        self.ways[end as usize].closed = true;
    }

    /// What an end's system knows of what it sends.
    pub fn figures(&self, end: End) -> TcpFigures {
        self.ways[end as usize].figures()
    }

    fn check(&self) -> io::Result<()> {
        match self.reset {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

/// One direction.
#[derive(Debug)]
struct Way {
    profile: Profile,
    random: Random,
    /// Written, not sent.
    unsent: VecDeque<u8>,
    /// Queued before the bottleneck.
    queued: VecDeque<u8>,
    /// When each stretch of bytes entered the network, for the round-trip time.
    marks: VecDeque<(u64, MediaTime)>,
    /// Past the bottleneck: when they arrive.
    flying: VecDeque<(MediaTime, Vec<u8>)>,
    /// Arrived, not read.
    arrived: VecDeque<u8>,
    /// On their way back: when they are known, and up to which byte.
    acks: VecDeque<(MediaTime, u64)>,
    written_total: u64,
    sent_total: u64,
    arrived_total: u64,
    acked: u64,
    /// The byte up to which the receiver has said to have room.
    edge: u64,
    cwnd: f64,
    ssthresh: f64,
    srtt: Duration,
    min_rtt: Duration,
    /// No second loss is counted before.
    recovered: MediaTime,
    /// Nothing arrives before: a lost segment is being sent again.
    hole: MediaTime,
    retransmits: u64,
    window_limited: Duration,
    credit: f64,
    factor: f64,
    closed: bool,
}

impl Way {
    const SEGMENT: f64 = 1_448.0;

    fn new(profile: Profile, rtt: Duration, random: Random) -> Self {
        Self {
            profile,
            random,
            unsent: VecDeque::new(),
            queued: VecDeque::new(),
            marks: VecDeque::new(),
            flying: VecDeque::new(),
            arrived: VecDeque::new(),
            acks: VecDeque::new(),
            written_total: 0,
            sent_total: 0,
            arrived_total: 0,
            acked: 0,
            edge: 0,
            cwnd: 10.0 * Self::SEGMENT,
            ssthresh: f64::MAX,
            srtt: rtt,
            min_rtt: rtt,
            recovered: MediaTime::ZERO,
            hole: MediaTime::ZERO,
            retransmits: 0,
            window_limited: Duration::ZERO,
            credit: 0.0,
            factor: 1.0,
            closed: false,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> usize {
        let room = self.profile.unsent.saturating_sub(self.unsent.len());
        let n = bytes.len().min(room);
        self.unsent.extend(&bytes[..n]);
        self.written_total += n as u64;
        n
    }

    fn read(&mut self, most: usize) -> Option<Vec<u8>> {
        let ended = self.closed && self.arrived_total == self.written_total;
        if self.arrived.is_empty() && ended {
            return None;
        }
        let n = most.min(self.arrived.len());
        Some(taken(&mut self.arrived, n))
    }

    fn step(&mut self, now: MediaTime, back: Duration) {
        if now.as_millis() % 100 == 0 {
            self.factor = 1.0 + self.profile.noise * (2.0 * self.random.unit() - 1.0);
        }
        self.take_acks(now);
        self.send(now);
        self.cross(now);
        self.arrive(now, back);
    }

    fn take_acks(&mut self, now: MediaTime) {
        while self.acks.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, upto)) = self.acks.pop_front() else { break };
            // An application that sends little does not open the window.
            let limited = (self.sent_total - self.acked) as f64 + Self::SEGMENT >= self.cwnd;
            let bytes = (upto - self.acked) as f64;
            self.acked = upto;
            while self.marks.front().is_some_and(|(at, _)| *at <= upto) {
                let Some((_, entered)) = self.marks.pop_front() else { break };
                let sample = now.since(entered);
                self.srtt = (self.srtt * 7 + sample) / 8;
                self.min_rtt = self.min_rtt.min(sample);
            }
            if limited {
                let slow_start = self.cwnd < self.ssthresh;
                // CUBIC is quicker than one segment a round trip; four is near it.
                let avoidance = 4.0 * Self::SEGMENT * bytes / self.cwnd;
                self.cwnd += if slow_start { bytes } else { avoidance };
            }
        }
    }

    fn send(&mut self, now: MediaTime) {
        let in_flight = (self.sent_total - self.acked) as usize;
        let read_total = self.arrived_total - self.arrived.len() as u64;
        let edge = read_total + self.profile.window as u64;
        if edge >= self.edge + self.profile.window_step as u64 {
            self.edge = edge;
        }
        let window = self.edge.saturating_sub(self.sent_total) as usize;
        let allowed = (self.cwnd as usize).saturating_sub(in_flight).min(window);
        if window == 0 && !self.unsent.is_empty() {
            self.window_limited += Link::STEP;
        }
        let n = allowed.min(self.unsent.len());
        let fits = n.min(self.profile.buffer.saturating_sub(self.queued.len()));
        if fits < n {
            self.lose(now);
        }
        if fits > 0 {
            self.queued.extend(&taken(&mut self.unsent, fits));
            self.sent_total += fits as u64;
            self.marks.push_back((self.sent_total, now));
        }
    }

    fn cross(&mut self, now: MediaTime) {
        self.credit += self.profile.kbps * self.factor / 8.0;
        let n = (self.credit as usize).min(self.queued.len());
        self.credit = if n < self.credit as usize { 0.0 } else { self.credit - n as f64 };
        if n > 0 {
            let bytes = taken(&mut self.queued, n);
            let segments = (n as f64 / Self::SEGMENT).min(1.0);
            if self.profile.loss > 0.0 && self.random.unit() < self.profile.loss * segments {
                self.lose(now);
                self.hole = now + self.profile.delay + self.srtt;
            }
            self.flying.push_back((now + self.profile.delay, bytes));
        }
    }

    fn arrive(&mut self, now: MediaTime, back: Duration) {
        while now >= self.hole && self.flying.front().is_some_and(|(at, _)| *at <= now) {
            let Some((_, bytes)) = self.flying.pop_front() else { break };
            self.arrived_total += bytes.len() as u64;
            self.arrived.extend(bytes);
            self.acks.push_back((now + back, self.arrived_total));
        }
    }

    /// A segment is lost: once a round trip, the window closes by 30 % (CUBIC).
    fn lose(&mut self, now: MediaTime) {
        if now < self.recovered {
            return;
        }
        self.retransmits += 1;
        self.recovered = now + self.srtt;
        self.cwnd = (self.cwnd * 0.7).max(2.0 * Self::SEGMENT);
        self.ssthresh = self.cwnd;
    }

    fn figures(&self) -> TcpFigures {
        TcpFigures {
            rtt: self.srtt,
            min_rtt: self.min_rtt,
            acked: self.acked,
            unacked: self.written_total - self.acked,
            unsent: self.unsent.len() as u64,
            retransmits: self.retransmits,
            window_limited: Some(self.window_limited),
        }
    }
}

/// The first `n` bytes of a queue, which has as many.
fn taken(queue: &mut VecDeque<u8>, n: usize) -> Vec<u8> {
    let (a, b) = queue.as_slices();
    let mut bytes = Vec::with_capacity(n);
    bytes.extend_from_slice(&a[..n.min(a.len())]);
    bytes.extend_from_slice(&b[..n.saturating_sub(a.len())]);
    queue.drain(..n);
    bytes
}

/// Numbers from a seed (xorshift64*).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// At least 0, below 1.
    pub fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

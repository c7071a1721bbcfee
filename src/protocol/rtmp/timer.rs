//! What a session waits for, in one table: everything that can wake it.
//!
//! A timer is a point in time, not a thing that fires. The session's owner asks
//! for the next one and hands the time back in.

use std::time::Duration;

use crate::media::MediaTime;

/// All timers of both kinds of session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The peer has to finish the handshake.
    Handshake,
    /// The peer has to take the next step: answer a command, or send one.
    Reply,
    /// A ping is due, to a peer that has been silent.
    Ping,
    /// The peer has to answer a ping, or to send anything else.
    Pong,
    /// Closing ends, whatever the peer does.
    Close,
}

const TIMERS: [Timer; 5] = [Timer::Handshake, Timer::Reply, Timer::Ping, Timer::Pong, Timer::Close];

/// When each timer is due.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timers([Option<MediaTime>; TIMERS.len()]);

impl Timers {
    pub fn set(&mut self, timer: Timer, due: MediaTime) {
        self.0[timer as usize] = Some(due);
    }

    pub fn clear(&mut self, timer: Timer) {
        self.0[timer as usize] = None;
    }

    pub fn clear_all(&mut self) {
        self.0 = Default::default();
    }

    /// The next point in time at which something is due.
    pub fn next(&self) -> Option<MediaTime> {
        self.0.iter().flatten().min().copied()
    }

    /// A timer that is due at `now`, the earliest first; it is cleared.
    pub fn take_expired(&mut self, now: MediaTime) -> Option<Timer> {
        let due = self.next().filter(|&due| due <= now)?;
        let timer = TIMERS.into_iter().find(|&timer| self.0[timer as usize] == Some(due))?;
        self.clear(timer);
        Some(timer)
    }
}

/// How long a session waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the whole handshake.
    pub handshake: Duration,
    /// For each answer on the way to publishing: a server may ask others first.
    pub reply: Duration,
    /// For the permission to publish, which may need others to be asked.
    pub publish: Duration,
    /// Silence of the peer after which a server pings it.
    pub ping: Duration,
    /// For the answer to a ping.
    pub pong: Duration,
    /// From the wish to close until closed, at most.
    pub close: Duration,
}

impl Timeouts {
    /// Of a publisher: a person waits for the answer.
    pub const CLIENT: Self = Self {
        handshake: Duration::from_millis(4_500),
        reply: Duration::from_secs(10),
        publish: Duration::from_secs(10),
        ping: Duration::from_secs(60),
        pong: Duration::from_secs(30),
        close: Duration::from_millis(1_500),
    };

    /// Of a server: patient, but not for ever.
    pub const SERVER: Self = Self {
        handshake: Duration::from_secs(10),
        reply: Duration::from_secs(20),
        publish: Duration::from_secs(20),
        ping: Duration::from_secs(30),
        pong: Duration::from_secs(30),
        close: Duration::from_secs(1),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_expire_in_order_and_once() {
        let at = MediaTime::from_millis;
        let mut timers = Timers::default();
        timers.set(Timer::Close, at(30));
        timers.set(Timer::Reply, at(10));
        timers.set(Timer::Ping, at(20));
        timers.clear(Timer::Ping);
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.take_expired(at(9)), None);
        assert_eq!(timers.take_expired(at(30)), Some(Timer::Reply));
        assert_eq!(timers.take_expired(at(30)), Some(Timer::Close));
        assert_eq!((timers.take_expired(at(30)), timers.next()), (None, None));
    }
}

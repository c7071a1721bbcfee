//! The loop of one destination: joins queue, session and socket.
//!
//! One thread on `mio`. Each round takes orders and packets, lets the phase take
//! its step, shows the status, and sleeps until a socket event, a packet or the
//! next deadline. Every match arm here is one call; what is decided is decided
//! by the policies beside this folder.

mod dial;
mod learn;
mod means;
mod moving;
mod network;
mod orders;
mod pace;
mod phase;
mod progress;
mod resolver;
mod resume;
mod session;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token, Waker};

use self::dial::peer_of;
pub use self::means::Certificates;
use self::means::Means;
use self::moving::{Leaving, Moving};
use self::network::Network;
use self::orders::Orders;
use self::pace::Pace;
use self::phase::Phase;
use super::ending::{self, Ending};
use super::inlet::{Inlet, Item, PacketSender};
use super::lesson::Lives;
use super::patience::Patience;
use super::queue::{Limits, SendQueue};
use super::reconnect::{Attempt, Reconnector};
use super::status::{End, Failure, LOG_LENGTH, State, Status, Step};
use super::transport::proxy::Proxies;
use crate::media::{Clock, MediaTime};
use crate::protocol::rtmp::client::ClientOptions;
use crate::protocol::rtmp::url::Target;
use crate::supervise::{self, Fate, Part};

/// The token of the waker; sockets use those from 1 on.
const WAKER: Token = Token(0);

/// The first token of the sockets.
const SOCKETS: Token = Token(1);

/// Nothing is so urgent that the loop turns faster without an event, and nothing
/// is shown later than this.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);

/// A keyframe that was asked for and has not come by now was lost on the way.
const KEYFRAME_PATIENCE: Duration = Duration::from_millis(200);

/// A server that never took the stream has this long for an answer, within the patience
/// for the first connection.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// A failure so shortly before time is up says more than what a last try hangs at.
const STILL_TELLING: Duration = Duration::from_secs(2);

/// What a destination is asked for.
#[derive(Clone, Debug)]
pub struct Config {
    /// Server and key.
    pub target: Target,
    /// How the server's certificate is verified.
    pub certificates: Certificates,
    /// Which hosts are reached through a proxy.
    pub proxies: Proxies,
    /// Video bitrate in kbit/s; `None`: no pictures.
    pub video_kbps: Option<u32>,
    /// Audio bitrate in kbit/s; `None`: no sound.
    pub audio_kbps: Option<u32>,
    /// Follow the link with the bitrate.
    pub adaptive: bool,
    /// Give up after this time if the stream was never there in earnest.
    pub give_up_first_connect: Option<Duration>,
    /// End cleanly after this time live, over all connections.
    pub live_limit: Option<Duration>,
    /// How much later than other packets the first keyframe may come by intention.
    pub late_start: Duration,
    /// Asks the encoder for a keyframe.
    pub keyframes: KeyframeRequest,
}

/// How a destination asks for a keyframe. Called on its thread; must not wait.
#[derive(Clone)]
pub struct KeyframeRequest(pub Arc<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for KeyframeRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyframeRequest")
    }
}

/// A destination's handle. Dropping it lets the thread end as after `stop`.
#[derive(Debug)]
pub struct Destination {
    packets: PacketSender,
    orders: Arc<Orders>,
    waker: Arc<Waker>,
    status: Arc<Mutex<Status>>,
    fate: Fate,
    /// To start the thread again.
    start: (Clock, Config),
}

/// Starts publishing.
pub fn start(clock: Clock, config: Config) -> io::Result<Destination> {
    launch(clock, config, None)
}

/// Starts the thread; `before` is where one that died was.
fn launch(clock: Clock, config: Config, before: Option<Status>) -> io::Result<Destination> {
    let start = (clock, config.clone());
    let poll = Poll::new()?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    let (packets, inlet) = Inlet::new(Arc::clone(&waker));
    let orders = Arc::new(Orders::default());
    let mut driver =
        Driver::new(clock, config, poll, Arc::clone(&waker), inlet, Arc::clone(&orders));
    if let Some(before) = before {
        driver.resume(before);
    }
    let status = Arc::clone(&driver.shown);
    let fate = supervise::spawn(Part::Publish.name(), move || driver.run())?.fate();
    Ok(Destination { packets, orders, waker, status, fate, start })
}

impl Destination {
    /// Where packets enter.
    pub fn packets(&self) -> PacketSender {
        self.packets.clone()
    }

    /// Ends the stream cleanly: at most 2 s with any peer.
    pub fn stop(&self) {
        self.orders.stop();
        self.wake();
    }

    /// Tries now instead of waiting.
    pub fn reconnect_now(&self) {
        self.orders.reconnect_now();
        self.wake();
    }

    /// Another bitrate to aim at, in kbit/s.
    pub fn set_video_kbps(&self, kbps: u32) {
        self.orders.set_video_kbps(kbps);
        self.wake();
    }

    /// How its thread is doing.
    pub fn fate(&self) -> Fate {
        self.fate.clone()
    }

    /// Whether its thread was ended by a panic: nothing more will happen, whatever the
    /// status says.
    pub fn has_panicked(&self) -> bool {
        self.fate.has_panicked()
    }

    /// Starts its thread again, which connects again. Packets enter anew.
    pub fn restart(&mut self) -> io::Result<()> {
        let (clock, config) = self.start.clone();
        *self = launch(clock, config, Some(self.status()))?;
        Ok(())
    }

    /// How it is doing.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn wake(&self) {
        // A poll that can't be woken looks again at its next deadline.
        let _ = self.waker.wake();
    }
}

impl Drop for Destination {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the thread owns.
struct Driver {
    clock: Clock,
    config: Config,
    poll: Poll,
    means: Means,
    inlet: Inlet,
    orders: Arc<Orders>,
    queue: SendQueue,
    phase: Phase,
    /// Where it is or goes next, and what to say there.
    options: ClientOptions,
    /// Whether to tell servers that their requests to move are followed.
    announce_moves: bool,
    /// A connection that is to take over from that of the phase.
    moving: Option<Moving>,
    /// A connection that was taken over from.
    leaving: Option<Leaving>,
    network: Network,
    reconnector: Reconnector,
    lives: Lives,
    pace: Pace,
    /// With a server that never took the stream.
    patience: Patience,
    /// What is still sent, once a stop is asked for.
    ending: Option<Ending>,
    /// Time live on connections that have ended.
    lived: Duration,
    /// Frames that a thread before this one had dropped.
    dropped_before: u64,
    status: Status,
    shown: Arc<Mutex<Status>>,
    kbps: progress::Throughput,
    /// When a keyframe was asked for that has not come.
    keyframe_asked: Option<MediaTime>,
}

impl Driver {
    fn new(
        clock: Clock,
        config: Config,
        poll: Poll,
        waker: Arc<Waker>,
        inlet: Inlet,
        orders: Arc<Orders>,
    ) -> Self {
        let limits = Limits::default();
        let queue = match config.video_kbps {
            Some(_) => SendQueue::new(limits),
            None => SendQueue::sound_only(limits),
        };
        let status = Status {
            state: State::Connecting(Step::Resolve),
            address: config.target.url.to_string(),
            kbps: 0.0,
            target_kbps: config.video_kbps.unwrap_or(0),
            frame_divisor: 1,
            queue: Duration::ZERO,
            dropped: 0,
            video_frames: 0,
            audio_frames: 0,
            bytes: 0,
            limit_kbps: None,
            rtt: None,
            net_delay: Duration::ZERO,
            unacknowledged: None,
            server_full: None,
            live: Duration::ZERO,
            breaks: 0,
            server_said: None,
            log: Arc::default(),
        };
        let shown = Arc::new(Mutex::new(status.clone()));
        let patience = Patience::new(clock.at(Instant::now()), config.give_up_first_connect);
        let means = Means::new(waker, config.proxies.clone(), config.certificates.clone());
        let pace = Pace::new(config.video_kbps, config.audio_kbps, config.adaptive);
        Self {
            options: options(&config.target, true, true),
            announce_moves: true,
            moving: None,
            leaving: None,
            network: Network::default(),
            clock,
            config,
            poll,
            means,
            inlet,
            orders,
            queue,
            phase: Phase::Start,
            reconnector: Reconnector::new(),
            lives: Lives::default(),
            pace,
            patience,
            ending: None,
            lived: Duration::ZERO,
            dropped_before: 0,
            status,
            shown,
            kbps: progress::Throughput::default(),
            keyframe_asked: None,
        }
    }

    fn run(mut self) {
        let mut events = Events::with_capacity(16);
        loop {
            supervise::falter(Part::Publish);
            let now = self.now();
            self.take_orders(now);
            self.keep_limit(now);
            self.take_packets();
            if let Err(failure) = self.round(now) {
                self.connection_ended(now, failure);
            }
            self.ask_for_keyframe(now);
            self.show(now);
            if self.status.state.has_ended() {
                return;
            }
            let due = self.limit_due().map_or(self.deadline(), |due| due.min(self.deadline()));
            let sleep = due.since(now).min(LONGEST_SLEEP);
            // An interrupted poll is a round without events.
            if let Err(error) = self.poll.poll(&mut events, Some(sleep))
                && error.kind() != io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the system does not let the publisher wait for its connection");
                return self.give_up(Failure::Local(error.to_string()));
            }
        }
    }

    fn round(&mut self, now: MediaTime) -> Result<(), Failure> {
        self.keep_patience(now)?;
        self.look_at_network(now)?;
        self.advance(now)?;
        self.go_on_moving(now);
        Ok(())
    }

    /// Whatever the first connection hangs at, its time comes to an end.
    fn keep_patience(&mut self, now: MediaTime) -> Result<(), Failure> {
        let live = self.phase.live_for(now);
        self.patience.live_for(live.unwrap_or_default());
        let step = match self.status.state {
            State::Connecting(step) => Some(step),
            _ => None,
        };
        let searches = matches!(step, Some(Step::Resolve | Step::Proxy));
        self.patience.searches(now, searches);
        let Some(step) = step else { return Ok(()) };
        if live.is_some() || self.patience.answer_due().is_none_or(|due| now < due) {
            return Ok(());
        }
        Err(match self.status.log.last() {
            Some(end) if now.since(end.at) < STILL_TELLING => end.reason.clone(),
            _ if let Phase::Dialing(dial) = &self.phase => dial.unanswered(step),
            _ => Failure::NoAnswer { peer: peer_of(&self.options), step },
        })
    }

    fn now(&self) -> MediaTime {
        self.clock.at(Instant::now())
    }

    fn take_orders(&mut self, now: MediaTime) {
        if self.orders.is_to_stop() {
            self.begin_stop(now, now);
        }
        if self.orders.take_reconnect() {
            self.try_now(now);
        }
        if let Some(kbps) = self.orders.take_video_kbps() {
            self.pace.set_video_kbps(kbps);
        }
    }

    /// Where the stream ends that is to be live for a time, to the frame.
    fn limit_due(&self) -> Option<MediaTime> {
        let limit = self.config.live_limit?;
        let (State::Live { .. }, Phase::Session(running)) = (&self.status.state, &self.phase)
        else {
            return None;
        };
        let left = limit.saturating_sub(self.lived);
        let due = running.live_since()? + left;
        Some(ending::end_of(due, self.queue.base(), left, self.config.late_start))
    }

    /// Ends the stream when its time is over, to the frame. What belongs to a later
    /// moment may come before it.
    fn keep_limit(&mut self, now: MediaTime) {
        let Some(due) = self.limit_due() else { return };
        if due <= now {
            self.begin_stop(now, due);
        } else {
            self.ending = self.queue.base().map(|_| Ending::new(now, due));
        }
    }

    /// Once a stop is asked for, what the encoders make of later moments is not
    /// sent: the queue runs dry.
    fn take_packets(&mut self) {
        while let Some(item) = self.inlet.next() {
            match item {
                Item::Config(config) => self.queue.push_config(config),
                Item::Gap(lost) => self.queue.mark_gap(lost),
                Item::Packet(packet) => {
                    if self.ending.as_mut().is_none_or(|ending| ending.takes(packet.dts)) {
                        self.queue.push(packet);
                    }
                }
            }
        }
    }

    /// Asks once for each keyframe that is needed: a second one would only cost.
    fn ask_for_keyframe(&mut self, now: MediaTime) {
        if !self.queue.wants_keyframe() {
            self.keyframe_asked = None;
        } else if self.keyframe_asked.is_none_or(|at| now.since(at) > KEYFRAME_PATIENCE) {
            self.keyframe_asked = Some(now);
            (self.config.keyframes.0)();
        }
    }

    /// A connection could not be made, or ended.
    fn connection_ended(&mut self, now: MediaTime, failure: Failure) {
        let live = self.phase.live_for(now);
        self.lived += live.unwrap_or_default();
        self.status.breaks += u64::from(live.is_some());
        let oversized = self.phase.oversized(now);
        self.phase.abort();
        self.queue.close_session();
        if matches!(self.status.state, State::Stopping) {
            self.status.state = State::Stopped;
            return;
        }
        tracing::info!(reason = %failure, "the connection ended");
        let (lesson, failure) = self.learn(now, live, oversized, failure);
        self.remember(End { at: now, live, reason: failure.clone() });
        if self.take_over(now) {
            return;
        }
        // Redirects and challenges belong to the connection that has ended.
        let first = self.lives.good(now).is_none();
        self.options = options(&self.config.target, self.announce_moves, first);
        self.status.address = self.config.target.url.to_string();
        self.patience.failed(failure.is_key_in_use());
        match self.reconnector.failed(now, lesson.retry, random()) {
            Some(next) if !self.patience.is_over_by(next.at) => self.wait(next, failure),
            _ => self.give_up(failure),
        }
    }

    fn wait(&mut self, next: Attempt, reason: Failure) {
        self.phase = Phase::Waiting { until: next.at };
        self.status.state = State::Waiting { until: next.at, attempt: next.number, reason };
    }

    fn give_up(&mut self, failure: Failure) {
        self.phase = Phase::Ended;
        self.status.state = State::Failed(failure);
        let now = self.now();
        self.show(now);
    }

    fn try_now(&mut self, now: MediaTime) {
        if let Phase::Waiting { until } = &mut self.phase {
            *until = self.reconnector.now(now).at;
        }
    }

    fn begin_stop(&mut self, now: MediaTime, end: MediaTime) {
        if self.status.state.has_ended() || matches!(self.status.state, State::Stopping) {
            return;
        }
        self.status.state = State::Stopping;
        self.ending = Some(Ending::new(now, end));
        if let Some(moving) = self.moving.take() {
            moving.abort();
            self.queue.stay();
        }
        if !self.close_session(now) {
            self.phase.abort();
            self.phase = Phase::Ended;
            self.status.state = State::Stopped;
        }
    }

    fn remember(&mut self, end: End) {
        let log = Arc::make_mut(&mut self.status.log);
        if log.len() == LOG_LENGTH {
            log.remove(0);
        }
        log.push(end);
    }

    /// Shows the status to the owner.
    fn show(&mut self, now: MediaTime) {
        self.status.queue = self.queue.queued();
        self.status.dropped = self.dropped_before + self.queue.drops().frames;
        self.status.kbps = self.kbps.kbps(now, self.status.bytes);
        // The goodbye of a stream whose time is over doesn't count.
        let live = self.lived + self.phase.live_for(now).unwrap_or_default();
        self.status.live = self.config.live_limit.map_or(live, |limit| live.min(limit));
        let target = self.pace.target();
        (self.status.target_kbps, self.status.frame_divisor) = (target.kbps, target.divisor);
        self.status.limit_kbps = self.pace.limit_kbps();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = self.status.clone();
    }
}

/// What to say on a connection. A server that never took the stream may take its time
/// to answer, unless it may have stumbled over what is announced; one that took it is
/// more likely stuck, and another try finds one that is not.
fn options(target: &Target, announce_reconnect: bool, first: bool) -> ClientOptions {
    let mut options = ClientOptions { announce_reconnect, ..ClientOptions::new(target.clone()) };
    if first {
        options.timeouts.publish = FIRST_ANSWER;
    }
    if first && !announce_reconnect {
        options.timeouts.reply = FIRST_ANSWER;
    }
    options
}

/// At least 0 and below 1; in the middle where the system gives no random bytes.
fn random() -> f64 {
    getrandom::u32().map_or(0.5, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests;

//! A running session: moves bytes between session and socket, and packets from
//! the queue into the session.

use std::sync::Arc;
use std::time::Duration;

use super::Driver;
use super::pace::{Gauge, Pace};
use super::phase::Phase;
use crate::media::{MediaTime, Track, TrackConfig};
use crate::protocol::flv::metadata::Metadata;
use crate::protocol::rtmp::client::{ClientOptions, ClientSession, Event};
use crate::protocol::rtmp::handshake::RANDOM_SIZE;
use crate::protocol::rtmp::{self, Error, State as SessionState};
use crate::publish::link::Sample;
use crate::publish::queue::{Headers, Next, SendQueue};
use crate::publish::status::{Failure, State, Status, Step};
use crate::publish::transport::{self, Received, Transport};

/// Bytes read from the socket at a time.
const READ_SIZE: usize = 16 << 10;

/// Reads in one round: a peer that talks without end does not keep us from
/// sending.
const READS: usize = 8;

/// What waits in the queue when a stop is asked for has this long to leave.
const DRAIN: Duration = Duration::from_millis(700);

/// All of the goodbye has this long.
const GOODBYE: Duration = Duration::from_millis(1_600);

/// A session on an open connection.
pub struct Running {
    transport: Transport,
    session: ClientSession,
    /// When the server said that the stream may start.
    live_since: Option<MediaTime>,
    /// When a stop was asked for.
    stop_since: Option<MediaTime>,
    /// Goodbye was said, the sending side is shut.
    shut: bool,
    /// What the link carries.
    gauge: Gauge,
    /// Bytes of the session that the system took over.
    sent: u64,
}

impl Running {
    /// Starts the handshake.
    pub fn start(
        now: MediaTime,
        transport: Transport,
        options: ClientOptions,
    ) -> Result<Self, Failure> {
        let mut random = [0; RANDOM_SIZE];
        getrandom::fill(&mut random).map_err(|error| Failure::Local(error.to_string()))?;
        Ok(Self {
            session: ClientSession::new(options, &random, now),
            transport,
            live_since: None,
            stop_since: None,
            shut: false,
            gauge: Gauge::new(now),
            sent: 0,
        })
    }

    /// Since when it has been live.
    pub fn live_since(&self) -> Option<MediaTime> {
        self.live_since
    }

    /// Breaks the connection off.
    pub fn abort(self) {
        self.transport.abort();
    }

    /// When it wants to be looked at without an event.
    pub fn deadline(&self) -> MediaTime {
        let stop = self.stop_since.map(|since| since + if self.shut { GOODBYE } else { DRAIN });
        let session = self.session.deadline();
        [stop, session, Some(self.gauge.due())]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(MediaTime::from_micros(i64::MAX))
    }

    /// Reads what the peer sent.
    fn read(&mut self, now: MediaTime, peer: &str) -> Result<(), Failure> {
        let mut buffer = [0; READ_SIZE];
        for _ in 0..READS {
            match self.transport.read(&mut buffer).map_err(|e| transport_failure(peer, e))? {
                Received::Bytes(count) => {
                    self.session
                        .read(now, &buffer[..count])
                        .map_err(|e| session_failure(peer, e))?;
                }
                Received::Blocked => return Ok(()),
                Received::End => {
                    return self.session.peer_closed(now).map_err(|e| session_failure(peer, e));
                }
            }
        }
        Ok(())
    }

    /// Writes what the session has, and lets packets follow as long as the socket
    /// takes all.
    fn write(
        &mut self,
        now: MediaTime,
        peer: &str,
        queue: &mut SendQueue,
        status: &mut Status,
    ) -> Result<(), Failure> {
        loop {
            if self.session.output().is_empty() {
                if !self.transport.flush().map_err(|e| transport_failure(peer, e))? {
                    return Ok(());
                }
                queue.flushed();
                if queue.is_empty() {
                    self.gauge.idle();
                }
                if !self.feed(now, queue, status).map_err(|e| session_failure(peer, e))? {
                    return Ok(());
                }
            }
            let count = self
                .transport
                .write(self.session.output())
                .map_err(|e| transport_failure(peer, e))?;
            if count == 0 {
                return Ok(());
            }
            status.bytes += count as u64;
            self.sent += count as u64;
            self.session.consume(now, count);
            self.gauge.written(now, self.sent, self.transport.sent());
        }
    }

    /// Gives the session the next thing to send. False: there is none.
    fn feed(
        &mut self,
        now: MediaTime,
        queue: &mut SendQueue,
        status: &mut Status,
    ) -> Result<bool, Error> {
        if self.session.state() != SessionState::Live {
            return Ok(false);
        }
        match queue.pop() {
            None => return Ok(false),
            Some(Next::Start(headers)) => self.send_start(now, headers)?,
            Some(Next::Config(config)) => self.session.send_config(now, 0, &config)?,
            Some(Next::Media(timed)) => {
                let packet = &timed.packet;
                self.session.send_packet(now, timed.timestamp, timed.composition, packet)?;
                match packet.track {
                    Track::Video => status.video_frames += 1,
                    Track::Audio => status.audio_frames += 1,
                }
            }
        }
        Ok(true)
    }

    fn send_start(&mut self, now: MediaTime, headers: Headers) -> Result<(), Error> {
        let Headers { audio, video } = headers;
        let metadata = Metadata { video: video.clone(), audio: audio.clone() };
        self.session.send_metadata(now, &metadata)?;
        if let Some(audio) = audio {
            self.session.send_config(now, 0, &TrackConfig::Audio(audio))?;
        }
        if let Some(video) = video {
            self.session.send_config(now, 0, &TrackConfig::Video(video))?;
        }
        Ok(())
    }

    /// Looks at what gets through.
    fn measure(
        &mut self,
        now: MediaTime,
        queue: &SendQueue,
        pace: &mut Pace,
        status: &mut Status,
    ) -> Result<(), Failure> {
        let kernel = self.transport.figures();
        let sample = || Sample { kernel, queued: queue.queued(), idle: false };
        let figures = self.gauge.sample(now, sample);
        if self.live_since.is_some() {
            pace.tick(now, &figures);
        }
        status.rtt = figures.rtt;
        status.unacknowledged = figures.unacked;
        status.net_delay = figures.net_delay;
        status.server_full = figures.server_full;
        match self.gauge.dead(now, !queue.is_empty()) {
            Some(waited) => Err(Failure::Stalled { waited }),
            None => Ok(()),
        }
    }

    /// Goes on with the goodbye. True: it is over.
    fn go_on_closing(&mut self, now: MediaTime, queue: &SendQueue) -> bool {
        let Some(since) = self.stop_since else { return false };
        let waited = now.since(since);
        let drained = queue.is_empty() && self.session.output().is_empty();
        if self.session.state() == SessionState::Live && (drained || waited >= DRAIN) {
            self.session.close(now);
        }
        if !self.shut && self.session.is_drained() && self.transport.is_flushed() {
            // What can't be shut is closed all the same.
            self.shut = self.transport.close().unwrap_or(true);
        }
        waited >= GOODBYE || self.session.state() == SessionState::Over
    }
}

impl Driver {
    /// A round of the running session.
    pub(super) fn run_session(&mut self, now: MediaTime) -> Result<(), Failure> {
        let peer = self.peer();
        let Phase::Session(running) = &mut self.phase else { return Ok(()) };
        let read = running.read(now, &peer);
        self.take_events(now)?;
        let Phase::Session(running) = &mut self.phase else { return Ok(()) };
        read?;
        running.session.on_deadline(now).map_err(|e| session_failure(&peer, e))?;
        running.write(now, &peer, &mut self.queue, &mut self.status)?;
        if running.go_on_closing(now, &self.queue) {
            running.write(now, &peer, &mut self.queue, &mut self.status)?;
            self.lived += self.phase.live_for(now).unwrap_or_default();
            self.phase = Phase::Ended;
            self.status.state = State::Stopped;
            return Ok(());
        }
        // The goodbye may have come since.
        running.write(now, &peer, &mut self.queue, &mut self.status)?;
        running.measure(now, &self.queue, &mut self.pace, &mut self.status)
    }

    fn take_events(&mut self, now: MediaTime) -> Result<(), Failure> {
        while let Phase::Session(running) = &mut self.phase {
            let Some(event) = running.session.poll_event() else { return Ok(()) };
            self.on_event(now, event)?;
        }
        Ok(())
    }

    fn on_event(&mut self, now: MediaTime, event: Event) -> Result<(), Failure> {
        match event {
            Event::Progress(state) => self.show_step(state),
            Event::Live => self.went_live(now),
            Event::Status(said) => self.status.server_said = Some(words(&said)),
            Event::Acknowledged(news) => self.note_acknowledged(now, news.bytes),
            Event::RedirectTo(url) => self.start_over(self.options.redirected(url)),
            Event::AuthRequired(round) => self.start_over(self.options.authenticating(round)),
            // Not announced in `connect`, so no server that keeps to Enhanced RTMP
            // sends it; the connection goes on until the server ends it.
            Event::ReconnectRequest(url) => tracing::info!(%url, "the server asks to move"),
            Event::Closed => {}
        }
        Ok(())
    }

    fn note_acknowledged(&mut self, now: MediaTime, bytes: u64) {
        if let Phase::Session(running) = &mut self.phase {
            running.gauge.acknowledged(now, bytes);
        }
    }

    fn show_step(&mut self, state: SessionState) {
        let step = match state {
            SessionState::Handshaking => Step::Handshake,
            SessionState::Connecting | SessionState::Creating => Step::Application,
            SessionState::Publishing => Step::Publish,
            SessionState::Live | SessionState::Closing | SessionState::Over => return,
        };
        if matches!(self.status.state, State::Connecting(_)) {
            self.status.state = State::Connecting(step);
        }
    }

    fn went_live(&mut self, now: MediaTime) {
        let Phase::Session(running) = &mut self.phase else { return };
        running.live_since = Some(now);
        self.ever_live = true;
        self.queue.start_session();
        self.pace.connected(now);
        self.reconnector.live(now);
        if running.stop_since.is_none() {
            self.status.state = State::Live { since: now };
        }
    }

    /// Begins the goodbye. False: there is nobody to say it to.
    pub(super) fn close_session(&mut self, now: MediaTime) -> bool {
        let Phase::Session(running) = &mut self.phase else { return false };
        if running.live_since.is_none() {
            return false;
        }
        running.stop_since = Some(now);
        true
    }

    /// Connects again at once, as the server asked for.
    fn start_over(&mut self, options: ClientOptions) {
        self.phase.abort();
        self.options = options;
        self.phase = Phase::Start;
    }
}

fn transport_failure(peer: &str, error: transport::Error) -> Failure {
    Failure::Transport { peer: peer.into(), error: Arc::new(error) }
}

fn session_failure(peer: &str, error: Error) -> Failure {
    Failure::Session { peer: peer.into(), error: Arc::new(error) }
}

/// Code and text as the server sent them.
fn words(said: &rtmp::command::Status) -> String {
    [said.code.as_str(), said.description.as_str()].join(" ").trim().to_string()
}

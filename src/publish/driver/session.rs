//! A running session: moves bytes between session and socket, and packets from
//! the queue into the session.

use std::io::IoSlice;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Driver;
use super::dial::peer_of;
use super::pace::{Gauge, Pace};
use super::phase::Phase;
use crate::media::{MediaTime, Track, TrackConfig};
use crate::protocol::flv::metadata::Metadata;
use crate::protocol::rtmp::client::{ClientOptions, ClientSession, Event};
use crate::protocol::rtmp::handshake::RANDOM_SIZE;
use crate::protocol::rtmp::{self, Error, State as SessionState};
use crate::publish::link::Sample;
use crate::publish::oversize::Oversize;
use crate::publish::queue::{Headers, Next, SendQueue};
use crate::publish::status::{Failure, State, Status, Step};
use crate::publish::transport::{self, Received, Transport};

/// Bytes read from the socket at a time.
const READ_SIZE: usize = 16 << 10;

/// Reads in one round: a peer that talks without end does not keep us from
/// sending.
const READS: usize = 8;

/// Pieces handed to the socket at a time: half as many chunks.
const SLICES: usize = 64;

/// Bytes of an FLV tag's own before a picture's in a message.
const TAG_HEADER: usize = 5;

/// What waits in the queue when a stop is asked for has this long to leave.
const DRAIN: Duration = Duration::from_millis(700);

/// All of the goodbye has this long.
const GOODBYE: Duration = Duration::from_millis(1_600);

/// What the queue gave a session to send.
enum Fed {
    /// Nothing for now.
    Nothing,
    /// A message, or several.
    Something,
    /// What follows belongs to the next session, which starts with this.
    Over(Headers),
}

/// A session on an open connection.
pub struct Running {
    /// Host and port, for people.
    peer: String,
    transport: Transport,
    session: ClientSession,
    /// Metadata and headers were handed to it.
    started: bool,
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
    oversize: Oversize,
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
            peer: peer_of(&options),
            session: ClientSession::new(options, &random, now),
            transport,
            started: false,
            live_since: None,
            stop_since: None,
            shut: false,
            gauge: Gauge::new(now),
            sent: 0,
            oversize: Oversize::default(),
        })
    }

    /// Since when it has been live.
    pub fn live_since(&self) -> Option<MediaTime> {
        self.live_since
    }

    /// Whether metadata and headers have gone to it.
    pub fn has_started(&self) -> bool {
        self.started
    }

    /// The length of the message that the server may have closed for just now.
    pub fn oversized(&self, now: MediaTime) -> Option<usize> {
        self.oversize.suspect(now)
    }

    /// This machine's address and the server's.
    pub fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.transport.local().zip(self.transport.peer())
    }

    /// The next thing that the session has to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.session.poll_event()
    }

    /// The stream is on it from now on.
    pub fn begin(&mut self, now: MediaTime) {
        self.live_since = Some(now);
        self.gauge = Gauge::new(now);
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
    fn read(&mut self, now: MediaTime) -> Result<(), Failure> {
        let mut buffer = [0; READ_SIZE];
        for _ in 0..READS {
            let received = self.transport.read(&mut buffer);
            match received.map_err(|error| self.transport_failure(now, error))? {
                Received::Bytes(count) => {
                    let read = self.session.read(now, &buffer[..count]);
                    read.map_err(|error| self.session_failure(error))?;
                }
                Received::Blocked => return Ok(()),
                Received::End => {
                    let closed = self.session.peer_closed(now);
                    return closed.map_err(|error| self.session_failure(error));
                }
            }
        }
        Ok(())
    }

    /// Reads, keeps the session's deadlines and sends its answers: all but media.
    pub fn converse(&mut self, now: MediaTime) -> Result<(), Failure> {
        self.read(now)?;
        self.session.on_deadline(now).map_err(|error| self.session_failure(error))?;
        self.write_out(now).map(|_| ())
    }

    /// Writes what the session has. True: the system has taken all of it.
    fn write_out(&mut self, now: MediaTime) -> Result<bool, Failure> {
        while !self.session.output().is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = self.session.output_slices(&mut slices);
            let written = self.transport.write(&slices[..count]);
            let count = written.map_err(|error| self.write_failure(now, error))?;
            if count == 0 {
                return Ok(false);
            }
            self.sent += count as u64;
            self.session.consume(now, count);
            self.gauge.written(now, self.sent, self.transport.sent());
        }
        let flushed = self.transport.flush();
        flushed.map_err(|error| self.write_failure(now, error))
    }

    /// Writes what the session has, and lets packets follow as long as the system
    /// takes all.
    fn write(
        &mut self,
        now: MediaTime,
        queue: &mut SendQueue,
        status: &mut Status,
    ) -> Result<Fed, Failure> {
        let before = self.sent;
        let fed = loop {
            if !self.write_out(now)? {
                break Fed::Nothing;
            }
            queue.flushed();
            if queue.is_empty() {
                self.gauge.idle();
            }
            match self.feed(now, queue, status).map_err(|error| self.session_failure(error))? {
                Fed::Something => {}
                fed => break fed,
            }
        };
        status.bytes += self.sent - before;
        Ok(fed)
    }

    /// Gives the session the next thing to send.
    fn feed(
        &mut self,
        now: MediaTime,
        queue: &mut SendQueue,
        status: &mut Status,
    ) -> Result<Fed, Error> {
        if self.session.state() != SessionState::Live {
            return Ok(Fed::Nothing);
        }
        match queue.pop() {
            None => return Ok(Fed::Nothing),
            Some(Next::Start(headers)) if self.started => return Ok(Fed::Over(headers)),
            Some(Next::Start(headers)) => self.send_start(now, headers)?,
            Some(Next::Config(config)) => self.session.send_config(now, &config)?,
            Some(Next::Media(timed)) => {
                let packet = &timed.packet;
                self.session.send_packet(now, timed.timestamp, timed.composition, packet)?;
                self.oversize.sent(now, packet.data.len() + TAG_HEADER);
                match packet.track {
                    Track::Video => status.video_frames += 1,
                    Track::Audio => status.audio_frames += 1,
                }
            }
        }
        Ok(Fed::Something)
    }

    /// Hands metadata and headers to the session.
    pub fn start_stream(&mut self, now: MediaTime, headers: Headers) -> Result<(), Failure> {
        self.send_start(now, headers).map_err(|error| self.session_failure(error))
    }

    fn send_start(&mut self, now: MediaTime, headers: Headers) -> Result<(), Error> {
        self.started = true;
        let Headers { audio, video } = headers;
        let metadata = Metadata { video: video.clone(), audio: audio.clone() };
        self.session.send_metadata(now, &metadata)?;
        if let Some(audio) = audio {
            self.session.send_config(now, &TrackConfig::Audio(audio))?;
        }
        if let Some(video) = video {
            self.session.send_config(now, &TrackConfig::Video(video))?;
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

    /// Goes on with the goodbye, which comes after what is still to be sent. True: it
    /// is over.
    fn go_on_closing(&mut self, now: MediaTime, more: bool) -> bool {
        let Some(since) = self.stop_since else { return false };
        let waited = now.since(since);
        let drained = !more && self.session.output().is_empty();
        if self.session.state() == SessionState::Live && (drained || waited >= DRAIN) {
            self.session.close(now);
        }
        if !self.shut && self.session.is_drained() && self.transport.is_flushed() {
            // What can't be shut is closed all the same.
            self.shut = self.transport.close().unwrap_or(true);
        }
        waited >= GOODBYE || self.session.state() == SessionState::Over
    }

    /// Goes away without taking the stream back: it goes on elsewhere. True: the
    /// connection can be dropped.
    pub fn leave(&mut self) -> bool {
        if !self.shut {
            self.shut = self.transport.close().unwrap_or(true);
        }
        // What is left unread would make the close a reset.
        let mut buffer = [0; READ_SIZE];
        for _ in 0..READS {
            match self.transport.read(&mut buffer) {
                Ok(Received::Bytes(_)) => {}
                Ok(Received::Blocked) => return false,
                Ok(Received::End) | Err(_) => return self.shut,
            }
        }
        false
    }

    /// Why nothing more can be sent: what the server said before it closed counts for
    /// more than that it closed.
    fn write_failure(&mut self, now: MediaTime, error: transport::Error) -> Failure {
        match self.read(now) {
            Err(said @ Failure::Session { .. }) => said,
            _ => self.transport_failure(now, error),
        }
    }

    fn transport_failure(&mut self, now: MediaTime, error: transport::Error) -> Failure {
        // Whoever closes with something unread, as one does who has heard enough, resets
        // the connection.
        if matches!(error, transport::Error::Reset)
            && Step::of(self.session.state()).is_some()
            && let Err(closed) = self.session.peer_closed(now)
        {
            return self.session_failure(closed);
        }
        Failure::Transport { peer: self.peer.clone(), error: Arc::new(error) }
    }

    fn session_failure(&self, error: Error) -> Failure {
        Failure::Session { peer: self.peer.clone(), error: Arc::new(error) }
    }
}

impl Driver {
    /// A round of the running session.
    pub(super) fn run_session(&mut self, now: MediaTime) -> Result<(), Failure> {
        let Phase::Session(running) = &mut self.phase else { return Ok(()) };
        let read = running.read(now);
        self.take_events(now)?;
        let Phase::Session(running) = &mut self.phase else { return Ok(()) };
        read?;
        running.session.on_deadline(now).map_err(|error| running.session_failure(error))?;
        let fed = running.write(now, &mut self.queue, &mut self.status);
        // A write that fails reads what the server said last.
        self.take_events(now)?;
        let Phase::Session(running) = &mut self.phase else { return Ok(()) };
        let fed = fed?;
        if let Fed::Over(headers) = fed {
            return self.change_over(now, headers);
        }
        let more = self.ending.is_some_and(|ending| ending.more_comes(now));
        if running.go_on_closing(now, more || !self.queue.is_empty()) {
            running.write_out(now)?;
            self.lived += self.phase.live_for(now).unwrap_or_default();
            self.phase = Phase::Ended;
            self.status.state = State::Stopped;
            return Ok(());
        }
        // The goodbye may have come since.
        running.write_out(now)?;
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
            Event::Progress(state) => self.show_step(now, state),
            Event::Live => self.went_live(now),
            Event::Status(said) => self.status.server_said = Some(words(&said)),
            Event::Acknowledged(news) => self.note_acknowledged(now, news.bytes),
            Event::RedirectTo(url) => self.start_over(self.options.redirected(url)),
            Event::AuthRequired(round) => self.start_over(self.options.authenticating(round)),
            Event::ReconnectRequest(url) => self.begin_move(now, url),
            Event::Closed => {}
        }
        Ok(())
    }

    fn note_acknowledged(&mut self, now: MediaTime, bytes: u64) {
        if let Phase::Session(running) = &mut self.phase {
            running.gauge.acknowledged(now, bytes);
        }
    }

    fn show_step(&mut self, now: MediaTime, state: SessionState) {
        let Some(step) = Step::of(state) else { return };
        if state != SessionState::Connecting {
            self.patience.answered(now);
        }
        if matches!(self.status.state, State::Connecting(_)) {
            self.status.state = State::Connecting(step);
        }
    }

    pub(super) fn went_live(&mut self, now: MediaTime) {
        let Phase::Session(running) = &mut self.phase else { return };
        running.begin(now);
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

/// Code and text as the server sent them.
fn words(said: &rtmp::command::Status) -> String {
    [said.code.as_str(), said.description.as_str()].join(" ").trim().to_string()
}

#[cfg(test)]
mod tests;

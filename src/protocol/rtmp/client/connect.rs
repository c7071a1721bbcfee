//! Connecting: from the end of the handshake to the answer to `connect`
//! (RTMP 1.0 §7.2.1.1).

use crate::media::MediaTime;
use crate::protocol::amf0::Properties;
use crate::protocol::rtmp::auth::AuthRound;
use crate::protocol::rtmp::command::{Redirect, Status};
use crate::protocol::rtmp::error::{ErrorKind, State};
use crate::protocol::rtmp::message::ProtocolControl;
use crate::protocol::rtmp::status::{Meaning, Refusal};
use crate::protocol::rtmp::timer::Timer;

use super::core::{Core, Method};
use super::{Event, MAX_REDIRECTS};

/// The bit of `capsEx` that stands for reconnect requests (Enhanced RTMP v2
/// "NetConnection.connect").
const CAPS_EX_RECONNECT: f64 = 1.0;

impl Core {
    /// The handshake is done. The chunk size goes first, so that every message from
    /// here on has the same.
    pub fn connect(&mut self, now: MediaTime) -> Result<(), ErrorKind> {
        self.read_up_to = crate::protocol::rtmp::handshake::HANDSHAKE_SIZE as u64;
        self.timers.clear(Timer::Handshake);
        self.out.control(ProtocolControl::SetChunkSize(self.options.chunk_size))?;
        let object = self.connect_object();
        self.call(Method::Connect, "connect", &[object.into()])?;
        self.advance(State::Connecting, now, self.options.timeouts.reply);
        Ok(())
    }

    /// No more than what a publisher needs: some services close on the fields of a
    /// player.
    fn connect_object(&self) -> Properties {
        let mut object = Properties::new()
            .with("app", self.addressed(self.options.url.app()))
            .with("type", "nonprivate")
            .with("flashVer", self.options.flash_version.as_str())
            .with("tcUrl", self.addressed(self.options.url.tc_url()));
        if self.options.announce_reconnect {
            object.push("capsEx", CAPS_EX_RECONNECT);
        }
        object
    }

    fn addressed(&self, address: &str) -> String {
        match &self.options.auth {
            Some(round) => round.appended_to(address),
            None => address.to_owned(),
        }
    }

    /// The server answered `connect` with "no", or closes the connection's
    /// application later.
    pub fn on_rejected(&mut self, status: Status) -> Result<(), ErrorKind> {
        if let Some(redirect) = &status.redirect {
            return self.follow(&redirect.clone());
        }
        let round = AuthRound::after(
            &status.description,
            self.options.auth.as_ref(),
            self.options.url.credentials(),
            self.options.url.app(),
            self.nonce,
        )?;
        if let Some(round) = round {
            self.push(Event::AuthRequired(round));
            self.end();
            return Ok(());
        }
        let refusal = match Meaning::of(&status) {
            Meaning::Refusal(refusal) => refusal,
            _ => Refusal::Rejected,
        };
        Err(ErrorKind::Refused { refusal, status: Box::new(status) })
    }

    /// The server wants the stream elsewhere. A live stream goes on until its owner
    /// has changed over; then a place that is not to be gone to is only noted.
    pub fn follow(&mut self, redirect: &Redirect) -> Result<(), ErrorKind> {
        if self.state == State::Live {
            if let Ok(url) = self.options.url.redirected(&redirect.to) {
                self.push(Event::ReconnectRequest(url));
            }
            return Ok(());
        }
        if self.options.redirects >= MAX_REDIRECTS {
            return Err(ErrorKind::TooManyRedirects { limit: MAX_REDIRECTS });
        }
        let url = self.options.url.redirected(&redirect.to)?;
        self.push(Event::RedirectTo(url));
        self.end();
        Ok(())
    }
}

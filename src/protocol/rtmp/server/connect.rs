//! `connect` and the other commands of the connection (RTMP 1.0 §7.2.1).

use crate::media::MediaTime;
use crate::protocol::amf0::{Properties, Value};
use crate::protocol::rtmp::command::Command;
use crate::protocol::rtmp::error::ErrorKind;
use crate::protocol::rtmp::message::{PeerBandwidthLimit, ProtocolControl};
use crate::protocol::rtmp::text::sanitized;
use crate::protocol::rtmp::timer::Timer;

use super::ServerEvent;
use super::auth::Admission;
use super::core::{Core, Phase, chunk_stream};

/// What we call ourselves: some clients read numbers out of it.
const SERVER_VERSION: &str = "FMS/3,0,1,123";

impl Core {
    pub fn on_command(
        &mut self,
        now: MediaTime,
        message_stream_id: u32,
        command: &Command,
    ) -> Result<(), ErrorKind> {
        match (self.phase, command.name.as_str()) {
            (Phase::Connecting, "connect") => self.on_connect(now, command),
            // Nothing else means anything before it, and it means nothing after.
            (Phase::Connecting, _) | (_, "connect") => Ok(()),
            (_, "createStream") => self.on_create_stream(command),
            (_, "releaseStream" | "_checkbw") => self.answer_extra(command),
            (_, "FCPublish") => self.on_fc_publish(command),
            (_, "getStreamLength") => self.answer(command, &[Value::Null, 0.0.into()]),
            (_, "ping") => self.command(
                chunk_stream::CONNECTION,
                0,
                "pong",
                command.transaction_id,
                &[Value::Null],
            ),
            (_, "FCSubscribe") => self.on_fc_subscribe(),
            (_, name) => self.on_stream_command(now, message_stream_id, name, command),
        }
    }

    fn on_connect(&mut self, now: MediaTime, command: &Command) -> Result<(), ErrorKind> {
        if let Some(why) = self.options.turn_away {
            self.refuse_connection(command, why)?;
            self.close(now);
            return Ok(());
        }
        let app = requested_app(command);
        if let Some(authentication) = &self.options.authentication
            && let Admission::Refused(why) = authentication.judge(&app, self.random, now)
        {
            self.refuse_connection(command, &why)?;
            self.close(now);
            return Ok(());
        }
        self.phase = Phase::Connected;
        self.connect_id = command.transaction_id;
        self.app = app.split('?').next().unwrap_or(&app).trim_end_matches('/').to_owned();
        self.events.push_back(ServerEvent::Connected { app: self.app.clone() });
        self.timers.set(Timer::Reply, now + self.options.timeouts.reply);
        self.welcome(command)
    }

    /// The chunk size goes before the answer, which is longer than a first chunk.
    /// AMF3 is never agreed on, whatever the client offers.
    fn welcome(&mut self, command: &Command) -> Result<(), ErrorKind> {
        let window_size = self.options.window;
        let limit = PeerBandwidthLimit::DYNAMIC;
        for control in [
            ProtocolControl::WindowAcknowledgementSize(window_size),
            ProtocolControl::SetPeerBandwidth { window_size, limit },
            ProtocolControl::SetChunkSize(self.options.chunk_size),
        ] {
            self.answering(|out| out.control(control))?;
        }
        let info = information("status", "NetConnection.Connect.Success", "Connection succeeded.")
            .with("objectEncoding", 0.0);
        let values = [server_properties(is_enhanced(command)).into(), info.into()];
        self.command(chunk_stream::CONNECTION, 0, "_result", command.transaction_id, &values)
    }

    /// Flash Media Server says this before the answer to `publish`, and its encoder
    /// waits for it.
    fn on_fc_publish(&mut self, command: &Command) -> Result<(), ErrorKind> {
        self.answer_extra(command)?;
        if [0.0, self.connect_id].contains(&command.transaction_id) {
            return Ok(());
        }
        let info = information("status", "NetStream.Publish.Start", "FCPublish was heard");
        let values = [Value::Null, info.into()];
        self.command(chunk_stream::CONNECTION, 0, "onFCPublish", 0.0, &values)
    }

    /// Some players of content networks wait for this before they play.
    fn on_fc_subscribe(&mut self) -> Result<(), ErrorKind> {
        let info = information("status", "NetStream.Play.Start", "Subscribed");
        let values = [Value::Null, info.into()];
        self.command(chunk_stream::CONNECTION, 0, "onFCSubscribe", 0.0, &values)
    }

    fn refuse_connection(&mut self, command: &Command, why: &str) -> Result<(), ErrorKind> {
        let info = information("error", "NetConnection.Connect.Rejected", why);
        let values = [Value::Null, info.into()];
        self.command(chunk_stream::CONNECTION, 0, "_error", command.transaction_id, &values)
    }
}

/// Whether the client announces what Enhanced RTMP adds ("Enhancing NetConnection
/// connect Command").
fn is_enhanced(command: &Command) -> bool {
    let keys = ["fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"];
    let announces = |object: &Properties| keys.iter().any(|key| object.get(key).is_some());
    command.object().is_some_and(announces)
}

/// Who we are. A client that knows Enhanced RTMP is told that everything is passed
/// on as it is: all codecs, several tracks, ModEx and its times.
fn server_properties(enhanced: bool) -> Properties {
    const FORWARD: f64 = 4.0;
    const MULTITRACK_AND_MOD_EX: f64 = 14.0;
    let server = Properties::new().with("fmsVer", SERVER_VERSION).with("capabilities", 31.0);
    if !enhanced {
        return server;
    }
    let all = || Properties::new().with("*", FORWARD);
    server
        .with("videoFourCcInfoMap", all())
        .with("audioFourCcInfoMap", all())
        .with("capsEx", MULTITRACK_AND_MOD_EX)
}

/// An information object (RTMP 1.0 §7.2.2).
pub(super) fn information(level: &str, code: &str, description: &str) -> Properties {
    Properties::new().with("level", level).with("code", code).with("description", description)
}

/// The application with its query; out of `tcUrl` where it is not given. Some
/// encoders write names in another case and put quotes around values.
fn requested_app(command: &Command) -> String {
    let text = |name: &str| {
        let value = command.object()?.get_ignore_case(name)?.as_text()?;
        Some(sanitized(value).trim_matches(['\'', '"']).to_owned())
    };
    let from_url = || {
        let url = text("tcUrl")?;
        let (_, path) = url.split_once("://")?.1.split_once('/')?;
        Some(path.to_owned())
    };
    text("app").filter(|app| !app.is_empty()).or_else(from_url).unwrap_or_default()
}

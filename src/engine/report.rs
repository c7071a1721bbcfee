//! From what the drivers report to what the faces see.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Connection, ConnectionLog, DestinationSettings, DestinationSnapshot, Drops, Fault,
    SourceSnapshot, Step,
};
use crate::protocol::rtmp::status::Refusal;
use crate::protocol::rtmp::url::Target;
use crate::protocol::rtmp::{self, ErrorKind};
use crate::publish::{self, Failure, State, Status, transport};
use crate::source::SourceStatus;
use crate::text::connection::{self as words, session, waiting_for};
use crate::text::sentence;

/// Reads a destination's address.
pub fn target_of(settings: &DestinationSettings) -> Result<Target, Fault> {
    let target = match &settings.key {
        Some(key) => Target::with_key(&settings.server, key.expose()),
        None => Target::parse(&settings.server),
    };
    let mut target = target.map_err(|error| Fault::Address(sentence(&error.to_string())))?;
    if let Some(credentials) = &settings.credentials {
        target.url = target.url.with_credentials(credentials.clone());
    }
    Ok(target)
}

/// A destination as it is now.
pub fn destination(name: &str, status: &Status, encoder_drops: u64) -> DestinationSnapshot {
    DestinationSnapshot {
        name: name.into(),
        address: status.address.clone(),
        connection: connection(&status.state),
        kbps: status.kbps,
        target_kbps: status.target_kbps,
        queue: status.queue,
        drops: Drops { network: status.dropped, encoder: encoder_drops },
        video_frames: status.video_frames,
        breaks: status.breaks,
        audio_frames: status.audio_frames,
        bytes: status.bytes,
        rtt: status.rtt,
        unacknowledged: status.unacknowledged,
        live: status.live,
        server_said: status.server_said.clone(),
        log: Arc::new(status.log.iter().map(log_entry).collect()),
    }
}

/// A destination whose stream could not even be started.
pub fn never_started(settings: &DestinationSettings, fault: Fault) -> DestinationSnapshot {
    DestinationSnapshot {
        name: settings.name.clone(),
        address: String::new(),
        connection: Connection::Failed(fault),
        kbps: 0.0,
        target_kbps: 0,
        queue: Duration::ZERO,
        drops: Drops::default(),
        video_frames: 0,
        breaks: 0,
        audio_frames: 0,
        bytes: 0,
        rtt: None,
        unacknowledged: None,
        live: Duration::ZERO,
        server_said: None,
        log: Arc::default(),
    }
}

/// Marks destinations as ended by `fault`.
pub fn fail(destinations: &mut [DestinationSnapshot], fault: Fault) {
    for destination in destinations {
        destination.connection = Connection::Failed(fault.clone());
    }
}

/// What is wrong just now, worst first.
pub fn faults(
    camera: &SourceSnapshot,
    microphone: &SourceSnapshot,
    notices: &[Option<&Fault>],
) -> Vec<Fault> {
    let camera = camera.status.as_ref().and_then(camera_fault);
    let microphone = microphone.status.as_ref().and_then(microphone_fault);
    let notices = notices.iter().flatten().map(|fault| (*fault).clone());
    notices.chain(camera).chain(microphone).collect()
}

/// What is wrong with a camera, by its name.
pub fn camera_fault(status: &SourceStatus) -> Option<Fault> {
    let trouble = status.trouble.clone()?;
    Some(Fault::Camera { name: status.name.clone(), trouble })
}

/// What is wrong with a microphone, by its name.
pub fn microphone_fault(status: &SourceStatus) -> Option<Fault> {
    let trouble = status.trouble.clone()?;
    Some(Fault::Microphone { name: status.name.clone(), trouble })
}

fn log_entry(end: &publish::End) -> ConnectionLog {
    ConnectionLog { at: end.at, live: end.live, reason: fault(&end.reason) }
}

fn connection(state: &State) -> Connection {
    match state {
        State::Connecting(step) => Connection::Connecting(self::step(*step)),
        State::Live { since } => Connection::Live { since: *since },
        State::Waiting { until, attempt, reason } => {
            Connection::Reconnecting { at: *until, attempt: *attempt, reason: fault(reason) }
        }
        State::Stopping => Connection::Stopping,
        State::Stopped => Connection::Stopped,
        State::Failed(reason) => Connection::Failed(fault(reason)),
    }
}

fn step(step: publish::Step) -> Step {
    match step {
        publish::Step::Resolve => Step::Resolve,
        publish::Step::Connect => Step::Connect,
        publish::Step::Encrypt => Step::Encrypt,
        publish::Step::Handshake => Step::Handshake,
        publish::Step::Application => Step::Application,
        publish::Step::Publish => Step::Publish,
    }
}

/// What a failure is for people.
pub fn fault(failure: &Failure) -> Fault {
    match failure {
        Failure::NameNotFound { host } => Fault::NameNotFound { host: host.clone() },
        Failure::Transport { peer, error } => transport_fault(peer, error),
        Failure::Session { peer, error } => session_fault(peer, error),
        Failure::NoAnswer { peer, step } => {
            Fault::NoAnswer { peer: peer.clone(), waiting_for: step_words(*step).into() }
        }
        Failure::Stalled { waited } => Fault::Stalled { waited: *waited },
        Failure::NetworkChanged => Fault::ConnectionLost { detail: words::NETWORK_CHANGED.into() },
        Failure::NameUnanswered { host } => Fault::NameUnanswered { host: host.clone() },
        Failure::Certificates(why) => Fault::Certificates { why: sentence(why) },
        Failure::Local(why) => Fault::System { why: sentence(why) },
    }
}

fn transport_fault(peer: &str, error: &transport::Error) -> Fault {
    use transport::Error;
    let peer = peer.to_string();
    match error {
        Error::NoAddress => Fault::NameNotFound { host: peer },
        Error::Refused => Fault::PortRefused { peer },
        Error::Unreachable(_) => Fault::Unreachable { peer },
        Error::TimedOut => Fault::NoAnswer { peer, waiting_for: waiting_for::CONNECT.into() },
        Error::Tls(reason) => Fault::Encryption { peer, reason: reason.to_string() },
        Error::Reset | Error::Io(_) => Fault::ConnectionLost { detail: error.to_string() },
    }
}

fn session_fault(peer: &str, error: &rtmp::Error) -> Fault {
    let peer = peer.to_string();
    let live = error.state == rtmp::State::Live;
    match &error.kind {
        ErrorKind::Refused { refusal: Refusal::KeyInUse, status } => {
            Fault::InUse { text: status.description.clone() }
        }
        ErrorKind::Refused { status, .. } => {
            Fault::Refused { code: status.code.clone(), text: status.description.clone() }
        }
        ErrorKind::EndedByServer { status } => {
            Fault::EndedByServer { code: status.code.clone(), text: status.description.clone() }
        }
        ErrorKind::Closed { last_status: Some(status) } => {
            Fault::EndedByServer { code: status.code.clone(), text: status.description.clone() }
        }
        ErrorKind::Closed { last_status: None } if live && !error.ran() => {
            Fault::ClosedEarly { step: session::JUST_STARTED.into(), connected: true }
        }
        ErrorKind::Closed { last_status: None } if live => {
            Fault::ConnectionLost { detail: words::CLOSED.into() }
        }
        ErrorKind::Closed { last_status: None } if error.state == rtmp::State::Handshaking => {
            Fault::NoGreeting { peer }
        }
        ErrorKind::Closed { last_status: None } => {
            let asked = &error.state;
            let connected = *asked != rtmp::State::Connecting;
            Fault::ClosedEarly { step: error.state.to_string(), connected }
        }
        ErrorKind::TimedOut { waiting_for } => {
            let waiting_for = publish::Step::of(error.state).map_or(*waiting_for, step_words);
            Fault::NoAnswer { peer, waiting_for: waiting_for.into() }
        }
        ErrorKind::Auth(why) => Fault::SignIn { why: why.to_string() },
        ErrorKind::NotRtmp(_)
        | ErrorKind::Chunk(_)
        | ErrorKind::Amf(_)
        | ErrorKind::Message(_)
        | ErrorKind::BadAnswer { .. } => Fault::NotRtmp { peer, detail: error.to_string() },
        ErrorKind::Redirect(_) | ErrorKind::TooManyRedirects { .. } => {
            Fault::Redirected { why: sentence(&error.kind.to_string()) }
        }
        ErrorKind::Flooded => Fault::ConnectionLost { detail: error.to_string() },
        ErrorKind::Write(_) | ErrorKind::NotLive => {
            Fault::System { why: sentence(&error.to_string()) }
        }
    }
}

fn step_words(step: publish::Step) -> &'static str {
    match step {
        publish::Step::Resolve => waiting_for::RESOLVE,
        publish::Step::Connect => waiting_for::CONNECT,
        publish::Step::Encrypt => waiting_for::ENCRYPT,
        publish::Step::Handshake => waiting_for::HANDSHAKE,
        publish::Step::Application => waiting_for::APPLICATION,
        publish::Step::Publish => waiting_for::PUBLISH,
    }
}

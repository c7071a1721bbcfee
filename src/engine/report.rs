//! From what the drivers report to what the faces see.

use std::sync::Arc;
use std::time::Duration;

use super::{
    Connection, ConnectionLog, DestinationSettings, DestinationSnapshot, Drops, Fault,
    SourceSnapshot, Step,
};
use crate::protocol::rtmp::handshake::HandshakeError;
use crate::protocol::rtmp::status::{Meaning, Refusal};
use crate::protocol::rtmp::url::Target;
use crate::protocol::rtmp::{self, ErrorKind};
use crate::publish::transport::proxy::Proxies;
use crate::publish::{self, Failure, Learnt, State, Status, transport};
use crate::settings::Services;
use crate::source::SourceStatus;
use crate::text::connection::{self as words, session, waiting_for};
use crate::text::sentence;

/// Reads a destination's address.
pub fn target_of(settings: &DestinationSettings) -> Result<Target, Fault> {
    let target = match &settings.key {
        Some(key) if key.is_empty() => Target::without_key(&settings.server),
        Some(key) => Target::with_key(&settings.server, key.expose()),
        None => Target::parse(&settings.server),
    };
    let mut target = target.map_err(|error| Fault::Address(sentence(&error.to_string())))?;
    if let Some(credentials) = &settings.credentials {
        target.url = target.url.with_credentials(credentials.clone());
    }
    Ok(target)
}

/// Which hosts are reached through a proxy.
pub fn proxies_of(settings: &DestinationSettings) -> Result<Proxies, Fault> {
    if settings.built_in_server {
        return Ok(Proxies::default());
    }
    let wish = settings.proxy.as_ref().map_or("", |proxy| proxy.expose());
    let variable = |name: &str| std::env::var(name).ok();
    Proxies::choose(wish, variable).map_err(|e| Fault::ProxyAddress(sentence(&e.to_string())))
}

/// What is wrong with a proxy's address as typed, where something is.
pub fn proxy_complaint(address: &str) -> Option<String> {
    let error = Proxies::choose(address, |_| None).err()?;
    Some(Fault::ProxyAddress(sentence(&error.to_string())).to_string())
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
        publish::Step::Connect | publish::Step::Proxy => Step::Connect,
        publish::Step::Encrypt => Step::Encrypt,
        publish::Step::Handshake => Step::Handshake,
        publish::Step::Application => Step::Application,
        publish::Step::Publish => Step::Publish,
    }
}

/// What a failure is for people.
pub fn fault(failure: &Failure) -> Fault {
    match failure {
        Failure::NameNotFound { host } => match Services::built_in().at(host) {
            Some(service) => Fault::ServiceNotFound { service: service.name.clone() },
            None => Fault::NameNotFound { host: host.clone() },
        },
        Failure::Proxy { proxy, server, error } => {
            Fault::Proxy { proxy: proxy.clone(), server: server.clone(), error: error.clone() }
        }
        Failure::Transport { peer, error } => transport_fault(peer, error),
        Failure::Session { peer, error } => session_fault(peer, error),
        Failure::NoAnswer { peer, step } => no_answer(peer.clone(), *step),
        Failure::Learnt { more, from } => match *more {
            Learnt::ForNow => Fault::ForNow(Box::new(fault(from))),
            Learnt::EachTime { times, after } => Fault::ClosedEachTime { times, after },
            Learnt::Oversized { bytes } => Fault::MessageTooLong { bytes },
        },
        Failure::Stalled { waited } => Fault::Stalled { waited: *waited },
        Failure::NetworkChanged => Fault::ConnectionLost { detail: words::NETWORK_CHANGED.into() },
        Failure::NameUnanswered { host } => match Services::built_in().at(host) {
            Some(service) => Fault::ServiceNotFound { service: service.name.clone() },
            None => Fault::NameUnanswered { host: host.clone() },
        },
        Failure::Certificates(why) => Fault::Certificates { why: sentence(why) },
        Failure::Internal(part) => Fault::Internal { part: *part, goes_on: true },
        Failure::Local(why) => Fault::System { why: sentence(why) },
    }
}

fn transport_fault(peer: &str, error: &transport::Error) -> Fault {
    use transport::{Certificate, Error, TlsError};
    let peer = peer.to_string();
    match error {
        Error::NoAddress => Fault::NameNotFound { host: peer },
        Error::Refused => Fault::PortRefused { peer },
        Error::Unreachable(_) => Fault::Unreachable { peer },
        Error::TimedOut => Fault::NoAnswer { peer, waiting_for: waiting_for::CONNECT.into() },
        Error::Tls(reason) => Fault::Encryption {
            peer,
            reason: reason.to_string(),
            names_no_host: matches!(reason, TlsError::Certificate(Certificate::NamesNoHost)),
        },
        Error::Reset | Error::Proxy(_) | Error::Io(_) => {
            Fault::ConnectionLost { detail: error.to_string() }
        }
    }
}

fn session_fault(peer: &str, error: &rtmp::Error) -> Fault {
    let peer = peer.to_string();
    let live = error.state == rtmp::State::Live;
    match &error.kind {
        ErrorKind::Refused { refusal, status } => refused(*refusal, status),
        ErrorKind::EndedByServer { status } => {
            Fault::EndedByServer { code: status.code.clone(), text: status.description.clone() }
        }
        ErrorKind::Closed { last_status: Some(status) } => match Meaning::of(status) {
            Meaning::Refusal(refusal) if !live => refused(refusal, status),
            _ => {
                Fault::EndedByServer { code: status.code.clone(), text: status.description.clone() }
            }
        },
        ErrorKind::Closed { last_status: None } if live && !error.ran() => {
            Fault::ClosedEarly { step: session::JUST_STARTED.into(), connected: true }
        }
        ErrorKind::Closed { last_status: None } if live => Fault::ClosedByServer,
        ErrorKind::Closed { last_status: None } if error.state == rtmp::State::Handshaking => {
            Fault::NoGreeting { peer }
        }
        ErrorKind::Closed { last_status: None } => {
            let asked = &error.state;
            let connected = *asked != rtmp::State::Connecting;
            Fault::ClosedEarly { step: error.state.to_string(), connected }
        }
        ErrorKind::TimedOut { waiting_for } => match publish::Step::of(error.state) {
            Some(step) => no_answer(peer, step),
            None => Fault::NoAnswer { peer, waiting_for: (*waiting_for).into() },
        },
        ErrorKind::NotRtmp(HandshakeError::LooksLikeHttp { first_byte: b'H' }) => {
            Fault::WebServer { peer }
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

/// What a refusal is for people.
fn refused(refusal: Refusal, status: &rtmp::command::Status) -> Fault {
    let (code, text) = (status.code.clone(), status.description.clone());
    let is_bad_name = code.eq_ignore_ascii_case("NetStream.Publish.BadName");
    match refusal {
        Refusal::KeyInUse => Fault::InUse { code, text },
        Refusal::KeyTooLong => Fault::KeyTooLong { code, text },
        Refusal::KeyRefused => Fault::KeyRefused { code, text },
        Refusal::KeyRejected if is_bad_name => Fault::KeyRefused { code, text },
        Refusal::NoSuchApp => Fault::NoSuchApp { code, text },
        Refusal::KeyRejected
        | Refusal::Rejected
        | Refusal::ShuttingDown
        | Refusal::Failed
        | Refusal::Unknown => Fault::Refused { code, text },
    }
}

/// Nobody answered. Once RTMP is spoken, address and port are right.
fn no_answer(peer: String, step: publish::Step) -> Fault {
    match step {
        publish::Step::Application => Fault::Unanswered { peer, key: false },
        publish::Step::Publish => Fault::Unanswered { peer, key: true },
        step => Fault::NoAnswer { peer, waiting_for: step_words(step).into() },
    }
}

fn step_words(step: publish::Step) -> &'static str {
    match step {
        publish::Step::Resolve => waiting_for::RESOLVE,
        publish::Step::Connect => waiting_for::CONNECT,
        publish::Step::Proxy => waiting_for::PROXY,
        publish::Step::Encrypt => waiting_for::ENCRYPT,
        publish::Step::Handshake => waiting_for::HANDSHAKE,
        publish::Step::Application => waiting_for::APPLICATION,
        publish::Step::Publish => waiting_for::PUBLISH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::rtmp::command::Status as Words;

    fn failure(state: rtmp::State, kind: ErrorKind) -> Failure {
        let error = rtmp::Error { state, message_type: None, offset: 0, live_for: None, kind };
        Failure::Session { peer: "media.example:1935".into(), error: Arc::new(error) }
    }

    /// What a refusal of `publish` is for people: the sentence and the remedy.
    fn refusal(code: &str, description: &str) -> (String, &'static str) {
        let level = "error".into();
        let words =
            Words { level, code: code.into(), description: description.into(), redirect: None };
        let Meaning::Refusal(refusal) = Meaning::of(&words) else { panic!("{code}") };
        let kind = ErrorKind::Refused { refusal, status: Box::new(words) };
        let fault = fault(&failure(rtmp::State::Publishing, kind));
        (fault.sentence(), fault.remedy())
    }

    #[test]
    fn a_refusal_of_the_key_is_what_code_and_words_say() {
        const UNCLEAR: &str = "The server refuses this key: it is in use or not valid";
        let bad_name = "NetStream.Publish.BadName";
        for (code, words, starts) in [
            (bad_name, "key invalid or expired", UNCLEAR),
            (bad_name, "", UNCLEAR),
            (bad_name, "no", UNCLEAR),
            (bad_name, "Already publishing", "The server says that this key is already in use"),
            (
                bad_name,
                "A stream needs a name of reasonable length",
                "The server refuses this key: it is too long",
            ),
            ("NetStream.Publish.NameTooLong", "", "The server refuses this key: it is too long"),
            ("NetStream.Publish.Denied", "no", "The server refused: NetStream.Publish.Denied"),
            ("NetConnection.Connect.InvalidApp", "", "The server has no application of that name"),
        ] {
            let (sentence, _) = refusal(code, words);
            assert!(sentence.starts_with(starts), "{sentence}");
            assert!(sentence.contains(words) && sentence.contains(code), "{sentence}");
        }
    }

    #[test]
    fn a_wrong_application_is_not_blamed_on_the_key() {
        let (_, remedy) = refusal("NetConnection.Connect.InvalidApp", "no such app");
        assert!(remedy.starts_with("Check the part of the address after the host"), "{remedy}");
    }

    #[test]
    fn silence_is_blamed_on_what_was_asked_last() {
        let remedy = |state| {
            let kind = ErrorKind::TimedOut { waiting_for: "something" };
            fault(&failure(state, kind)).remedy()
        };
        assert!(remedy(rtmp::State::Handshaking).starts_with("Check address and port"));
        let about_app = remedy(rtmp::State::Connecting);
        assert!(about_app.starts_with("Check the part of the address after the host"));
        assert!(remedy(rtmp::State::Publishing).starts_with("Check the stream key"));
    }

    #[test]
    fn a_web_server_is_called_one_and_other_programs_are_not() {
        let said = |first_byte| {
            let kind = ErrorKind::NotRtmp(HandshakeError::LooksLikeHttp { first_byte });
            fault(&failure(rtmp::State::Handshaking, kind)).sentence()
        };
        assert_eq!(said(b'H'), "media.example:1935 is a web server, not an RTMP server");
        assert!(said(b'S').contains("does not speak RTMP"), "SSH, for example");
    }

    #[test]
    fn what_was_learnt_has_words_of_its_own() {
        let closed = || failure(rtmp::State::Live, ErrorKind::Closed { last_status: None });
        let learnt = |more| fault(&Failure::Learnt { more, from: Box::new(closed()) }).to_string();
        let after = Duration::from_secs(5);
        let each_time = learnt(Learnt::EachTime { times: 3, after });
        assert!(each_time.starts_with("The server closed the stream 3 times in a row"));
        assert!(each_time.contains("Another program") && !each_time.contains("network"));
        let long = learnt(Learnt::Oversized { bytes: 1_180_000 });
        assert!(long.contains("a keyframe of 1.2 MB") && long.contains("lower bitrate"), "{long}");
        let for_now = Failure::Learnt { more: Learnt::ForNow, from: Box::new(closed()) };
        assert!(fault(&for_now).remedy().contains("tried again"));
        assert!(!fault(&for_now).last_remedy().contains("tried again"));
    }

    #[test]
    fn a_services_own_name_is_not_blamed_on_the_spelling() {
        let words = "Twitch's server can't be found. Check this computer's internet connection.";
        let host = || "ingest.global-contribute.live-video.net".to_string();
        for failure in
            [Failure::NameNotFound { host: host() }, Failure::NameUnanswered { host: host() }]
        {
            assert_eq!(fault(&failure).last_words(), words);
        }
        let typed = fault(&Failure::NameNotFound { host: "live.twich.tv".into() });
        assert!(typed.last_words().contains("Check the spelling"), "{typed}");
    }

    #[test]
    fn what_goes_wrong_at_a_proxy_is_said_of_the_proxy() {
        use crate::publish::transport::proxy::{Kind, ProxyError};
        let errors = [
            ProxyError::NameNotFound,
            ProxyError::NameUnanswered,
            ProxyError::NotListening,
            ProxyError::Unreachable,
            ProxyError::TimedOut,
            ProxyError::Closed,
            ProxyError::Broken("broken".into()),
            ProxyError::NotAProxy(Kind::Http),
            ProxyError::WantsPassword,
            ProxyError::WrongPassword,
            ProxyError::Forbidden,
            ProxyError::ServerUnreachable("no way".into()),
            ProxyError::Refused("no".into()),
        ];
        let mut told: Vec<String> = Vec::new();
        for error in errors {
            let (proxy, server) = ("proxy:1080".into(), "live:1935".into());
            let words = fault(&Failure::Proxy { proxy, server, error }).sentence();
            assert!(words.contains("proxy:1080") && !told.contains(&words), "{words}");
            told.push(words);
        }
    }
}

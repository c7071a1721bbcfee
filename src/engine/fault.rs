//! Everything that can go wrong, as the faces see it.
//!
//! One exhaustive match turns each fault into a sentence (what happened), one
//! into a remedy (what to do), one into an exit class. The words are
//! [`crate::text`]'s; what servers and drivers said is quoted last.

use std::fmt;
use std::time::Duration;

use crate::publish::transport::proxy::{Kind, ProxyError};
use crate::source::Trouble;
use crate::supervise::Part;
use crate::text::connection::waiting_for;
use crate::text::fault::{self as text, remedy};
use crate::text::{device, proxy};

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The address can't be used; why, in words.
    Address(String),
    /// The server's name has no address.
    NameNotFound {
        /// The name.
        host: String,
    },
    /// The name of a service's own server has no address, or nobody said in time which.
    ServiceNotFound {
        /// The service.
        service: String,
    },
    /// Nobody said in time which address the server's name has.
    NameUnanswered {
        /// The name.
        host: String,
    },
    /// Nothing listens there.
    PortRefused {
        /// Host and port.
        peer: String,
    },
    /// The network can't reach it.
    Unreachable {
        /// Host and port.
        peer: String,
    },
    /// The peer did not answer in time.
    NoAnswer {
        /// Host and port.
        peer: String,
        /// What was waited for.
        waiting_for: String,
    },
    /// The peer speaks something else.
    NotRtmp {
        /// Host and port.
        peer: String,
        /// What it looks like, or what was wrong with it.
        detail: String,
    },
    /// A web server.
    WebServer {
        /// Host and port.
        peer: String,
    },
    /// An RTMP server leaves a question about the stream without an answer.
    Unanswered {
        /// Host and port.
        peer: String,
        /// It was about the key, not the application.
        key: bool,
    },
    /// The peer closed before it had said anything.
    NoGreeting {
        /// Host and port.
        peer: String,
    },
    /// Encryption could not be agreed on.
    Encryption {
        /// Host and port.
        peer: String,
        /// Why, in words.
        reason: String,
        /// The server's certificate names no host.
        names_no_host: bool,
    },
    /// The proxy's address can't be used; why, in words.
    ProxyAddress(String),
    /// There is no connection through the proxy.
    Proxy {
        /// The proxy's host and port.
        proxy: String,
        /// The server's host and port.
        server: String,
        /// What went wrong.
        error: ProxyError,
    },
    /// The server refused, for a reason that trying again won't change.
    Refused {
        /// Status code, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// The server lets nobody in without a name, or not with this one.
    SignIn {
        /// Why, in words.
        why: String,
    },
    /// The server has no such application.
    NoSuchApp {
        /// Status code, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// The key is in use or not valid: the server does not say which.
    KeyRefused {
        /// Status code, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// The key is longer than the server takes.
    KeyTooLong {
        /// Status code, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// The server says that this key is already publishing.
    InUse {
        /// Status code, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// What ended this connection may pass: the stream was good a moment ago.
    ForNow(Box<Fault>),
    /// The server closed several connections in a row, each after about the same time.
    ClosedEachTime {
        /// How many.
        times: u32,
        /// After how long.
        after: Duration,
    },
    /// The server closed right after a message that many take for too long.
    MessageTooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// The server closed before it said that the stream may start.
    ClosedEarly {
        /// What was being asked for.
        step: String,
        /// Whether it had let us into the application by then.
        connected: bool,
    },
    /// The server ended the stream.
    EndedByServer {
        /// Status code or command, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// The server closed a stream that ran, without a word.
    ClosedByServer,
    /// The connection broke.
    ConnectionLost {
        /// How, in words.
        detail: String,
    },
    /// Nothing got through for this long.
    Stalled {
        /// How long.
        waited: Duration,
    },
    /// The server sends the stream elsewhere, where it does not go.
    Redirected {
        /// Why not, in words.
        why: String,
    },
    /// A file of certificates can't be used.
    Certificates {
        /// Which and why, in words.
        why: String,
    },
    /// A part of this program was ended by a mistake of its own.
    Internal {
        /// Which.
        part: Part,
        /// It was started again.
        goes_on: bool,
    },
    /// This computer, or this program, lacks something.
    System {
        /// What, in words.
        why: String,
    },
    /// The camera is in trouble.
    Camera {
        /// Its name.
        name: String,
        /// What is wrong.
        trouble: Trouble,
    },
    /// The microphone is in trouble.
    Microphone {
        /// Its name.
        name: String,
        /// What is wrong.
        trouble: Trouble,
    },
    /// A source can't be opened at all.
    Source {
        /// What and why, in words.
        why: String,
    },
    /// An encoder can't go on.
    Encoder {
        /// Its words.
        detail: String,
    },
    /// The encoder is too slow for what is asked of it.
    Overloaded {
        /// What was done about it.
        measure: String,
    },
    /// The built-in server can't listen.
    ListenFailed {
        /// Where, and why not.
        detail: String,
        /// Another program listens there.
        busy: bool,
    },
    /// What was asked for can't be done just now.
    NotNow {
        /// Why, in words.
        why: String,
    },
}

/// What kind of end a fault is: the exit status of the headless face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitClass {
    /// Wrong usage: 2.
    Usage,
    /// Refused by the server: 3.
    Refused,
    /// Network: 4.
    Network,
    /// Device, encoder or this computer: 5.
    Device,
}

impl ExitClass {
    /// The process's exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Network => 4,
            Self::Device => 5,
        }
    }
}

impl Fault {
    /// What happened, in one sentence without a full stop.
    pub fn sentence(&self) -> String {
        match self {
            Self::NameNotFound { host } => text::name_not_found(host),
            Self::ServiceNotFound { service } => text::service_not_found(service),
            Self::NameUnanswered { host } => text::name_unanswered(host),
            Self::PortRefused { peer } => text::port_refused(peer),
            Self::Unreachable { peer } => text::unreachable(peer),
            Self::NoAnswer { peer, waiting_for } => text::no_answer(peer, waiting_for),
            Self::NotRtmp { peer, detail } => text::not_rtmp(peer, detail),
            Self::WebServer { peer } => text::web_server(peer),
            Self::Unanswered { peer, key } => text::no_answer(peer, asked(*key)),
            Self::NoGreeting { peer } => text::no_greeting(peer),
            Self::Encryption { peer, reason, .. } => text::encryption(peer, reason),
            Self::Proxy { proxy, server, error } => proxy_sentence(proxy, server, error),
            Self::Refused { code, text } => text::with_words(text::REFUSED, code, text),
            Self::NoSuchApp { code, text } => text::with_words(text::NO_SUCH_APP, code, text),
            Self::KeyRefused { code, text } => text::with_words(text::KEY_REFUSED, code, text),
            Self::KeyTooLong { code, text } => text::with_words(text::KEY_TOO_LONG, code, text),
            Self::ForNow(fault) => fault.sentence(),
            Self::ClosedEachTime { times, after } => text::closed_each_time(*times, *after),
            Self::MessageTooLong { bytes } => text::message_too_long(*bytes),
            Self::SignIn { why } => text::sign_in(why),
            Self::InUse { code, text } => text::with_words(text::IN_USE, code, text),
            Self::ClosedEarly { step, .. } => text::closed_early(step),
            Self::EndedByServer { code, text } => {
                text::with_words(text::ENDED_BY_SERVER, code, text)
            }
            Self::ClosedByServer => text::CLOSED_BY_SERVER.into(),
            Self::ConnectionLost { detail } => text::connection_lost(detail),
            Self::Stalled { waited } => text::stalled(*waited),
            Self::Camera { name, trouble } => device_sentence(device::CAMERA, name, trouble),
            Self::Microphone { name, trouble } => {
                device_sentence(device::MICROPHONE, name, trouble)
            }
            Self::Encoder { detail } => text::encoder(detail),
            Self::Internal { part, goes_on } => text::internal(part_words(*part), *goes_on),
            Self::Overloaded { measure } => text::overloaded(measure),
            Self::ListenFailed { detail, .. } => text::listen_failed(detail),
            Self::Address(why)
            | Self::ProxyAddress(why)
            | Self::NotNow { why }
            | Self::Source { why }
            | Self::Redirected { why }
            | Self::Certificates { why }
            | Self::System { why } => why.clone(),
        }
    }

    /// What to do about it, in one sentence without a full stop.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Address(_) => remedy::ADDRESS,
            Self::NameNotFound { .. } => remedy::NAME_NOT_FOUND,
            Self::ServiceNotFound { .. } => remedy::SERVICE_NOT_FOUND,
            Self::NameUnanswered { .. } => remedy::NAME_UNANSWERED,
            Self::PortRefused { .. } => remedy::PORT_REFUSED,
            Self::Unreachable { .. } => remedy::UNREACHABLE,
            Self::NoAnswer { .. } => remedy::NO_ANSWER,
            Self::NotRtmp { .. } | Self::WebServer { .. } => remedy::NOT_RTMP,
            Self::Unanswered { key: false, .. } => remedy::NO_ANSWER_ABOUT_APP,
            Self::Unanswered { key: true, .. } => remedy::NO_ANSWER_ABOUT_KEY,
            Self::NoGreeting { .. } => remedy::NO_GREETING,
            Self::Encryption { names_no_host: true, .. } => remedy::NAMES_NO_HOST,
            Self::Encryption { .. } => remedy::ENCRYPTION,
            Self::ProxyAddress(_) => proxy::remedy::ADDRESS,
            Self::Proxy { error, .. } => proxy_remedy(error),
            Self::Refused { .. } => remedy::REFUSED,
            Self::NoSuchApp { .. } => remedy::NO_SUCH_APP,
            Self::KeyRefused { .. } => remedy::KEY_REFUSED,
            Self::KeyTooLong { .. } => remedy::KEY_TOO_LONG,
            Self::ForNow(_) => remedy::FOR_NOW,
            Self::ClosedEachTime { .. } => remedy::CLOSED_EACH_TIME,
            Self::MessageTooLong { .. } => remedy::MESSAGE_TOO_LONG,
            Self::SignIn { .. } => remedy::SIGN_IN,
            Self::InUse { .. } => remedy::IN_USE,
            Self::ClosedEarly { connected: true, .. } => remedy::CLOSED_EARLY,
            Self::ClosedEarly { connected: false, .. } => remedy::NO_APPLICATION,
            Self::EndedByServer { .. } => remedy::ENDED_BY_SERVER,
            Self::ClosedByServer => remedy::CLOSED_BY_SERVER,
            Self::ConnectionLost { .. } | Self::Stalled { .. } => remedy::NETWORK,
            Self::Redirected { .. } => remedy::REDIRECTED,
            Self::Certificates { .. } => remedy::CERTIFICATES,
            Self::System { .. } => remedy::SYSTEM,
            Self::Internal { part: Part::Control, goes_on: true } => remedy::INTERNAL_ENGINE,
            Self::Internal { goes_on: true, .. } => remedy::INTERNAL,
            Self::Internal { goes_on: false, .. } => remedy::INTERNAL_AT_LAST,
            Self::Camera { name, trouble } | Self::Microphone { name, trouble } => {
                device_remedy(name, trouble)
            }
            Self::Source { .. } => remedy::SOURCE,
            Self::Encoder { .. } => remedy::ENCODER,
            Self::Overloaded { .. } => remedy::OVERLOADED,
            Self::ListenFailed { busy: true, .. } => remedy::LISTEN_BUSY,
            Self::ListenFailed { busy: false, .. } => remedy::LISTEN_FAILED,
            Self::NotNow { .. } => remedy::NOT_NOW,
        }
    }

    /// The same of a stream that is given up, with which nothing goes on by itself.
    pub fn last_remedy(&self) -> &'static str {
        match self {
            Self::ConnectionLost { .. } | Self::Stalled { .. } => remedy::NETWORK_AT_LAST,
            Self::ClosedByServer => remedy::ENDED_BY_SERVER,
            Self::NoGreeting { .. } => remedy::NOT_RTMP,
            Self::ForNow(fault) => fault.last_remedy(),
            other => other.remedy(),
        }
    }

    /// What happened and what to do about it when the stream is given up.
    pub fn last_words(&self) -> String {
        format!("{}. {}.", self.sentence(), self.last_remedy())
    }

    /// What kind of end it is.
    pub fn exit_class(&self) -> ExitClass {
        match self {
            Self::Address(_)
            | Self::ProxyAddress(_)
            | Self::NotNow { .. }
            | Self::Certificates { .. } => ExitClass::Usage,
            Self::ForNow(fault) => fault.exit_class(),
            Self::Refused { .. }
            | Self::NoSuchApp { .. }
            | Self::KeyRefused { .. }
            | Self::KeyTooLong { .. }
            | Self::ClosedEachTime { .. }
            | Self::MessageTooLong { .. }
            | Self::SignIn { .. }
            | Self::InUse { .. }
            | Self::ClosedEarly { .. }
            | Self::EndedByServer { .. }
            | Self::Redirected { .. } => ExitClass::Refused,
            Self::NameNotFound { .. }
            | Self::ServiceNotFound { .. }
            | Self::NameUnanswered { .. }
            | Self::Proxy { .. }
            | Self::PortRefused { .. }
            | Self::Unreachable { .. }
            | Self::NoAnswer { .. }
            | Self::NotRtmp { .. }
            | Self::WebServer { .. }
            | Self::Unanswered { .. }
            | Self::NoGreeting { .. }
            | Self::Encryption { .. }
            | Self::ClosedByServer
            | Self::ConnectionLost { .. }
            | Self::Stalled { .. }
            | Self::ListenFailed { .. } => ExitClass::Network,
            Self::Camera { .. }
            | Self::Microphone { .. }
            | Self::Source { .. }
            | Self::Encoder { .. }
            | Self::Overloaded { .. }
            | Self::Internal { .. }
            | Self::System { .. } => ExitClass::Device,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}.", self.sentence(), self.remedy())
    }
}

fn asked(key: bool) -> &'static str {
    if key { waiting_for::PUBLISH } else { waiting_for::APPLICATION }
}

fn part_words(part: Part) -> &'static str {
    match part {
        Part::Control => text::part::CONTROL,
        Part::Frames => text::part::FRAMES,
        Part::Encode => text::part::ENCODE,
        Part::Sound => text::part::SOUND,
        Part::Devices => text::part::DEVICES,
        Part::Camera => text::part::CAMERA,
        Part::Microphone => text::part::MICROPHONE,
        Part::Picture => text::part::PICTURE,
        Part::Publish => text::part::PUBLISH,
        Part::Resolve => text::part::RESOLVE,
        Part::Server => text::part::SERVER,
    }
}

fn proxy_sentence(at: &str, server: &str, error: &ProxyError) -> String {
    match error {
        ProxyError::NameNotFound => proxy::name_not_found(at),
        ProxyError::NameUnanswered => proxy::name_unanswered(at),
        ProxyError::NotListening => proxy::not_listening(at),
        ProxyError::Unreachable => proxy::unreachable(at),
        ProxyError::TimedOut => proxy::timed_out(at, server),
        ProxyError::Closed => proxy::closed(at),
        ProxyError::Broken(detail) => proxy::broken(at, detail),
        ProxyError::NotAProxy(Kind::Http) => proxy::not_a_proxy(at, proxy::HTTP),
        ProxyError::NotAProxy(Kind::Socks5 | Kind::Socks5h) => {
            proxy::not_a_proxy(at, proxy::SOCKS5)
        }
        ProxyError::WantsPassword => proxy::wants_password(at),
        ProxyError::WrongPassword => proxy::wrong_password(at),
        ProxyError::Forbidden => proxy::forbidden(at, server),
        ProxyError::ServerUnreachable(detail) => proxy::server_unreachable(at, server, detail),
        ProxyError::Refused(detail) => proxy::refused(at, detail),
    }
}

fn proxy_remedy(error: &ProxyError) -> &'static str {
    match error {
        ProxyError::NameNotFound
        | ProxyError::NameUnanswered
        | ProxyError::NotListening
        | ProxyError::Unreachable
        | ProxyError::TimedOut
        | ProxyError::Broken(_) => proxy::remedy::PROXY,
        ProxyError::Closed | ProxyError::NotAProxy(_) => proxy::remedy::KIND,
        ProxyError::WantsPassword | ProxyError::WrongPassword => proxy::remedy::PASSWORD,
        ProxyError::Forbidden | ProxyError::Refused(_) => proxy::remedy::RULES,
        ProxyError::ServerUnreachable(_) => proxy::remedy::SERVER,
    }
}

fn device_sentence(kind: &str, name: &str, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Missing if name.is_empty() => device::none(kind),
        Trouble::Missing => device::missing(kind, name),
        Trouble::Busy => device::busy(kind, name),
        Trouble::Denied => device::denied(kind, name),
        Trouble::Stalled => device::stalled(kind, name),
        Trouble::Failed(words) => device::failed(kind, name, words),
    }
}

fn device_remedy(name: &str, trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Missing if name.is_empty() => device::remedy::NONE,
        Trouble::Missing => device::remedy::MISSING,
        Trouble::Busy => device::remedy::BUSY,
        Trouble::Denied => device::remedy::DENIED,
        Trouble::Stalled | Trouble::Failed(_) => device::remedy::AGAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera(name: &str, trouble: Trouble) -> String {
        Fault::Camera { name: name.into(), trouble }.to_string()
    }

    #[test]
    fn each_trouble_of_a_device_has_its_sentence_and_its_remedy() {
        let again =
            "It is opened again by itself; if that doesn't help, unplug it and plug it back in.";
        for (trouble, text) in [
            (
                Trouble::Missing,
                "The camera “C920” is not there. Plug it in again; it comes back by itself.".into(),
            ),
            (
                Trouble::Busy,
                "The camera “C920” is in use by another program. Close the other program; it comes \
                 back by itself."
                    .into(),
            ),
            (
                Trouble::Denied,
                "The camera “C920” may not be used: the system does not allow it. Allow it in the \
                 system's privacy settings (on Linux: the groups video and audio)."
                    .into(),
            ),
            (Trouble::Stalled, format!("The camera “C920” has stopped delivering. {again}")),
            (
                Trouble::Failed("Input/output error".into()),
                format!("The camera “C920” reported an error: Input/output error. {again}"),
            ),
        ] {
            assert_eq!(camera("C920", trouble), text);
        }
    }

    #[test]
    fn a_machine_without_a_device_is_offered_the_test_signal() {
        let text = "There is no camera. Plug one in, or choose the test signal.";
        assert_eq!(camera("", Trouble::Missing), text);
        let microphone = Fault::Microphone { name: String::new(), trouble: Trouble::Missing };
        assert_eq!(microphone.sentence(), "There is no microphone");
    }

    /// The window shows the same words: what can be typed means nothing there.
    #[test]
    fn faults_name_no_options_of_the_command_line() {
        let why = String::from("why");
        for fault in [
            Fault::Certificates { why: why.clone() },
            Fault::Encryption { peer: why.clone(), reason: why.clone(), names_no_host: false },
            Fault::Encryption { peer: why.clone(), reason: why.clone(), names_no_host: true },
            Fault::ProxyAddress(why.clone()),
            Fault::ListenFailed { detail: why.clone(), busy: true },
            Fault::ListenFailed { detail: why.clone(), busy: false },
            Fault::Redirected { why: why.clone() },
            Fault::System { why },
        ] {
            assert!(!fault.to_string().contains("--"), "{fault}");
        }
    }
}

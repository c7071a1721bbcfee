//! Everything that can go wrong, as the faces see it.
//!
//! One exhaustive match turns each fault into a sentence (what happened), one
//! into a remedy (what to do), one into an exit class. What servers and drivers
//! said is quoted last.

use std::fmt;
use std::time::Duration;

use crate::source::Trouble;

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
    /// Encryption could not be agreed on.
    Encryption {
        /// Host and port.
        peer: String,
        /// Why, in words.
        reason: String,
    },
    /// The server refused, for a reason that trying again won't change.
    Refused {
        /// Status code, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
    /// The server says that this key is already publishing.
    InUse {
        /// Its text.
        text: String,
    },
    /// The server closed before it said that the stream may start.
    ClosedEarly {
        /// What was being asked for.
        step: String,
    },
    /// The server ended the stream.
    EndedByServer {
        /// Status code or command, as the server sent it.
        code: String,
        /// Its text.
        text: String,
    },
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
            Self::Address(why) => why.clone(),
            Self::NameNotFound { host } => format!("No server is known by the name {host}"),
            Self::NameUnanswered { host } => {
                format!("Looking up the address of {host} took too long")
            }
            Self::PortRefused { peer } => format!("Nothing is listening at {peer}"),
            Self::Unreachable { peer } => format!("There is no way to {peer} from here"),
            Self::NoAnswer { peer, waiting_for } => {
                format!("{peer} did not answer in time ({waiting_for})")
            }
            Self::NotRtmp { peer, detail } => format!("{peer} does not speak RTMP: {detail}"),
            Self::Encryption { peer, reason } => {
                format!("No safe connection to {peer}: {reason}")
            }
            Self::Refused { code, text } => format!("The server refused{}", quoted(code, text)),
            Self::InUse { text } => format!(
                "The server says that this key is already in use{}",
                quoted("NetStream.Publish.BadName", text)
            ),
            Self::ClosedEarly { step } => {
                format!("The server closed without saying why ({step})")
            }
            Self::EndedByServer { code, text } => {
                format!("The server ended the stream{}", quoted(code, text))
            }
            Self::ConnectionLost { detail } => format!("The connection was lost: {detail}"),
            Self::Stalled { waited } => {
                format!("Nothing got through for {:.0} s", waited.as_secs_f64())
            }
            Self::Camera { name, trouble } => device_sentence("camera", name, trouble),
            Self::Microphone { name, trouble } => device_sentence("microphone", name, trouble),
            Self::Encoder { detail } => format!("The encoder stopped: {detail}"),
            Self::Overloaded { measure } => {
                format!("This computer is too slow for these settings; {measure}")
            }
            Self::ListenFailed { detail, .. } => format!("The built-in server {detail}"),
            Self::NotNow { why }
            | Self::Source { why }
            | Self::Redirected { why }
            | Self::Certificates { why }
            | Self::System { why } => why.clone(),
        }
    }

    /// What to do about it, in one sentence without a full stop.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Address(_) => "Copy the server address again from the service's page",
            Self::NameNotFound { .. } => {
                "Check the spelling of the address and the connection to the network"
            }
            Self::NameUnanswered { .. } => "Check the connection to the network",
            Self::PortRefused { .. } => {
                "Check the address and port, and that the server is running"
            }
            Self::Unreachable { .. } => "Check the connection to the network, a VPN or a firewall",
            Self::NoAnswer { .. } => "Check address and port; a firewall may be in the way",
            Self::NotRtmp { .. } => {
                "Check the address: RTMP is mostly at port 1935, RTMPS (rtmps://) at 443"
            }
            Self::Encryption { .. } => {
                "Check the address and this computer's date; for a server of your own choose its certificate"
            }
            Self::Refused { .. } => "Check the stream key and that the channel may go live",
            Self::InUse { .. } => {
                "Stop the other publisher, or wait until the server lets go of the last stream"
            }
            Self::ClosedEarly { .. } => {
                "Check the stream key and the address; the key may already be in use"
            }
            Self::EndedByServer { .. } => {
                "Look at the service's page for what it says of the stream"
            }
            Self::ConnectionLost { .. } | Self::Stalled { .. } => {
                "Check the network; the stream goes on by itself when it is back"
            }
            Self::Redirected { .. } => {
                "It is not followed there; ask the service for the address to publish to"
            }
            Self::Certificates { .. } => {
                "Choose a file that holds certificates in PEM form, or do without it"
            }
            Self::System { .. } => "Close other programs, or restart this computer, and try again",
            Self::Camera { name, trouble } | Self::Microphone { name, trouble } => {
                device_remedy(name, trouble)
            }
            Self::Source { .. } => "Choose another picture or sound",
            Self::Encoder { .. } => "Choose another size, rate or bitrate and go live again",
            Self::Overloaded { .. } => {
                "Choose a smaller picture or a lower frame rate, or close other programs"
            }
            Self::ListenFailed { busy: true, .. } => {
                "Stop the program that listens there; it may be another Tallylight"
            }
            Self::ListenFailed { busy: false, .. } => {
                "Choose an address that this computer has, and a port from 1024 on"
            }
            Self::NotNow { .. } => "Stop the stream first",
        }
    }

    /// What kind of end it is.
    pub fn exit_class(&self) -> ExitClass {
        match self {
            Self::Address(_) | Self::NotNow { .. } | Self::Certificates { .. } => ExitClass::Usage,
            Self::Refused { .. }
            | Self::InUse { .. }
            | Self::ClosedEarly { .. }
            | Self::EndedByServer { .. }
            | Self::Redirected { .. } => ExitClass::Refused,
            Self::NameNotFound { .. }
            | Self::NameUnanswered { .. }
            | Self::PortRefused { .. }
            | Self::Unreachable { .. }
            | Self::NoAnswer { .. }
            | Self::NotRtmp { .. }
            | Self::Encryption { .. }
            | Self::ConnectionLost { .. }
            | Self::Stalled { .. }
            | Self::ListenFailed { .. } => ExitClass::Network,
            Self::Camera { .. }
            | Self::Microphone { .. }
            | Self::Source { .. }
            | Self::Encoder { .. }
            | Self::Overloaded { .. }
            | Self::System { .. } => ExitClass::Device,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}.", self.sentence(), self.remedy())
    }
}

fn quoted(code: &str, text: &str) -> String {
    match (code.is_empty(), text.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(": {code}"),
        (true, false) => format!(": “{text}”"),
        (false, false) => format!(": {code}, “{text}”"),
    }
}

fn device_sentence(kind: &str, name: &str, trouble: &Trouble) -> String {
    let unnamed = format!("The {kind}");
    let device = if name.is_empty() { unnamed } else { format!("The {kind} “{name}”") };
    match trouble {
        Trouble::Missing if name.is_empty() => format!("There is no {kind}"),
        Trouble::Missing => format!("{device} is not there"),
        Trouble::Busy => format!("{device} is in use by another program"),
        Trouble::Denied => format!("{device} may not be used: the system does not allow it"),
        Trouble::Stalled => format!("{device} has stopped delivering"),
        Trouble::Failed(words) => format!("{device} reported an error: {words}"),
    }
}

fn device_remedy(name: &str, trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Missing if name.is_empty() => "Plug one in, or choose the test signal",
        Trouble::Missing => "Plug it in again; it comes back by itself",
        Trouble::Busy => "Close the other program; it comes back by itself",
        Trouble::Denied => {
            "Allow it in the system's privacy settings (on Linux: the groups video and audio)"
        }
        Trouble::Stalled | Trouble::Failed(_) => {
            "It is opened again by itself; if that doesn't help, plug it out and in"
        }
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
        let again = "It is opened again by itself; if that doesn't help, plug it out and in.";
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
            Fault::Encryption { peer: why.clone(), reason: why.clone() },
            Fault::ListenFailed { detail: why.clone(), busy: true },
            Fault::ListenFailed { detail: why.clone(), busy: false },
            Fault::Redirected { why: why.clone() },
            Fault::System { why },
        ] {
            assert!(!fault.to_string().contains("--"), "{fault}");
        }
    }
}

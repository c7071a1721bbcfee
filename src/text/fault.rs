//! What happened, each in one sentence, and what to do about it; all without a full
//! stop. What servers, drivers and the system said is quoted last.
//!
//! Of devices see [`super::device`], of addresses [`super::address`].

use std::fmt::Display;
use std::time::Duration;

/// A name without an address.
pub fn name_not_found(host: &str) -> String {
    format!("No server is known by the name {host}")
}

/// A service's own server, which nobody misspelt.
pub fn service_not_found(service: &str) -> String {
    format!("{service}'s server can't be found")
}

/// No answer about a name.
pub fn name_unanswered(host: &str) -> String {
    format!("Looking up the address of {host} took too long")
}

/// A port where nothing is.
pub fn port_refused(peer: &str) -> String {
    format!("Nothing is listening at {peer}")
}

/// A host without a way to it.
pub fn unreachable(peer: &str) -> String {
    format!("There is no way to {peer} from here")
}

/// Silence; what was waited for is of [`super::connection`].
pub fn no_answer(peer: &str, waiting_for: &str) -> String {
    format!("{peer} did not answer in time ({waiting_for})")
}

/// Something else than RTMP.
pub fn not_rtmp(peer: &str, detail: &str) -> String {
    format!("{peer} does not speak RTMP: {detail}")
}

/// A web server, or something else that speaks HTTP.
pub fn web_server(peer: &str) -> String {
    format!("{peer} is a web server, not an RTMP server")
}

/// Closed before a word was said.
pub fn no_greeting(peer: &str) -> String {
    format!("{peer} closed the connection before it said a word of RTMP")
}

/// No TLS; the reason is of [`super::encryption`].
pub fn encryption(peer: &str, reason: &str) -> String {
    format!("No safe connection to {peer}: {reason}")
}

/// A refusal.
pub const REFUSED: &str = "The server refused";
/// Refused: no application of that name.
pub const NO_SUCH_APP: &str = "The server has no application of that name";
/// Refused: one code for both.
pub const KEY_REFUSED: &str = "The server refuses this key: it is in use or not valid";
/// Refused: a key longer than it takes.
pub const KEY_TOO_LONG: &str = "The server refuses this key: it is too long";
/// Somebody publishes already.
pub const IN_USE: &str = "The server says that this key is already in use";
/// An end, in the server's words.
pub const ENDED_BY_SERVER: &str = "The server ended the stream";

/// A sentence about what a server said, and its words.
pub fn with_words(sentence: &str, code: &str, text: &str) -> String {
    let code = shortened(code, 80);
    let words = match (code.is_empty(), text.is_empty()) {
        (true, true) => return sentence.to_owned(),
        (false, true) => code,
        (true, false) => format!("“{}”", shortened(text, MAX_WORDS)),
        (false, false) => format!("{code}, “{}”", shortened(text, MAX_WORDS)),
    };
    match sentence.contains(':') {
        true => format!("{sentence}. It says: {words}"),
        false => format!("{sentence}: {words}"),
    }
}

/// The server closed again and again.
pub fn closed_each_time(times: u32, after: Duration) -> String {
    format!(
        "The server closed the stream {times} times in a row, each time after about {}",
        about(after)
    )
}

/// A time in whole seconds, or in minutes where it is long.
fn about(time: Duration) -> String {
    match time.as_secs_f64().round() {
        seconds if seconds < 90.0 => format!("{seconds:.0} s"),
        seconds => format!("{:.0} minutes", seconds / 60.0),
    }
}

/// The server closed on a message that was too long for it.
pub fn message_too_long(bytes: usize) -> String {
    let megabytes = bytes as f64 / 1e6;
    format!("The server closed the connection right after a keyframe of {megabytes:.1} MB")
}

/// No way in; why is of [`super::connection::sign_in`].
pub fn sign_in(why: &str) -> String {
    format!("Signing in failed: {why}")
}

/// An end without a word; the step is of [`super::connection`].
pub fn closed_early(step: &str) -> String {
    format!("The server closed without saying why ({step})")
}

/// A server closed a stream that ran, without a word.
pub const CLOSED_BY_SERVER: &str = "The server closed the connection";

/// A break; how is of [`super::connection`].
pub fn connection_lost(detail: &str) -> String {
    format!("The connection was lost: {detail}")
}

/// A link that carries nothing.
pub fn stalled(waited: Duration) -> String {
    format!("Nothing got through for {:.0} s", waited.as_secs_f64())
}

/// An encoder's end; why is of [`super::encoder`].
pub fn encoder(detail: &str) -> String {
    format!("The encoder stopped: {detail}")
}

/// Too much for this computer, and what was done about it: one of the next two.
pub fn overloaded(measure: &str) -> String {
    format!("This computer is too slow for these settings; {measure}")
}

/// What is done about it: lower quality.
pub const LESS_EFFORT: &str = "encoding quality was reduced to keep up";

/// What is done about it: fewer frames.
pub fn one_frame_in(divisor: u32) -> String {
    format!("only one frame in {divisor} is sent")
}

/// A server that did not start; why is of [`super::server`].
pub fn listen_failed(detail: &str) -> String {
    format!("The built-in server {detail}")
}

/// A stream of nothing.
pub const NOTHING_TO_SEND: &str = "There is neither picture nor sound to send";

/// What can't be done while a stream runs.
pub const STREAM_RUNS: &str = "A stream is running";

/// A picture whose storage does not answer.
pub const PICTURE_SLOW: &str = "The picture can't be read yet: its storage does not answer";

/// Too many of them.
pub const STORAGE_GONE: &str =
    "Several pictures can't be read, because their storage does not answer";

/// A picture that the program stumbled over.
pub const SOURCE_BROKEN: &str = "The picture can't be read: it makes this program stumble";

/// A part of the program that a mistake of its own has ended; which is of [`part`].
pub fn internal(part: &str, goes_on: bool) -> String {
    let more = if goes_on { " and was started again" } else { "" };
    format!("{part} stopped because of an internal error{more}")
}

/// The parts of the program that can stop, at the start of a sentence.
pub mod part {
    /// What carries out commands and looks after the others.
    pub const CONTROL: &str = "The streaming engine";
    /// What makes the frames.
    pub const FRAMES: &str = "The picture";
    /// What encodes them.
    pub const ENCODE: &str = "The video encoder";
    /// What mixes and encodes the sound.
    pub const SOUND: &str = "The sound";
    /// What lists cameras and microphones.
    pub const DEVICES: &str = "The list of devices";
    /// What reads a camera.
    pub const CAMERA: &str = "The camera";
    /// What reads a microphone.
    pub const MICROPHONE: &str = "The microphone";
    /// What reads a picture file.
    pub const PICTURE: &str = "Reading the picture";
    /// What sends a stream.
    pub const PUBLISH: &str = "Sending the stream";
    /// What looks up names.
    pub const RESOLVE: &str = "Looking up the server";
    /// The built-in server.
    pub const SERVER: &str = "The built-in server";
}

/// The system gives no thread.
pub fn no_thread(error: impl Display) -> String {
    format!("No thread could be started: {error}")
}

/// Longest text of a server's that is quoted, in characters.
const MAX_WORDS: usize = 240;

/// `text`, or its beginning and "…".
fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// What to do about each.
pub mod remedy {
    /// An address that can't be used.
    pub const ADDRESS: &str = "Copy the server address again from the service's page";
    /// A name without an address.
    pub const NAME_NOT_FOUND: &str =
        "Check the spelling of the address and the connection to the network";
    /// A service's own server.
    pub const SERVICE_NOT_FOUND: &str = "Check this computer's internet connection";
    /// No answer about a name.
    pub const NAME_UNANSWERED: &str = "Check the connection to the network";
    /// A port where nothing is.
    pub const PORT_REFUSED: &str = "Check the address and port, and that the server is running";
    /// A host without a way to it.
    pub const UNREACHABLE: &str = "Check the connection to the network, a VPN or a firewall";
    /// Silence.
    pub const NO_ANSWER: &str = "Check address and port; a firewall may be in the way";
    /// An RTMP server that does not answer `connect`.
    pub const NO_ANSWER_ABOUT_APP: &str = "Check the part of the address after the host; address \
                                           and port are right, and the server may be busy";
    /// An RTMP server that does not answer `publish`.
    pub const NO_ANSWER_ABOUT_KEY: &str = "Check the stream key, and that the channel may go live; \
                                           address and port are right";
    /// Something else than RTMP.
    pub const NOT_RTMP: &str =
        "Check the address: RTMP is mostly at port 1935, RTMPS (rtmps://) at 443";
    /// Closed before a word was said, and tried again.
    pub const NO_GREETING: &str =
        "The server may be starting, or this is not an RTMP server. Trying again";
    /// No TLS.
    pub const ENCRYPTION: &str = "Check the address and this computer's date; for a server of \
                                  your own choose its certificate";
    /// A certificate that names no host.
    pub const NAMES_NO_HOST: &str = "Give the server a certificate with its host in \
                                     subjectAltName, or trust this one by its fingerprint";
    /// A refusal.
    pub const REFUSED: &str = "Check the stream key and that the channel may go live";
    /// No application of that name.
    pub const NO_SUCH_APP: &str =
        "Check the part of the address after the host, such as “live” in rtmp://host/live";
    /// A key that is in use or no good.
    pub const KEY_REFUSED: &str =
        "Check the stream key; if it is right, stop the other publisher or wait a minute";
    /// A key that is too long.
    pub const KEY_TOO_LONG: &str =
        "Copy the stream key again: something else may have been pasted with it";
    /// The stream was good a moment ago.
    pub const FOR_NOW: &str = "The server took this stream a moment ago, so it is tried again; \
                               nothing needs to be done yet";
    /// The server closes each time.
    pub const CLOSED_EACH_TIME: &str = "Another program may be publishing with this key, or the \
                                        server limits how long or at what bitrate a stream may run";
    /// A message that was too long.
    pub const MESSAGE_TOO_LONG: &str = "Many servers take no more than 1 MiB at once: choose a \
                                        lower bitrate or a smaller picture, or raise the server's \
                                        limit (nginx-rtmp: max_message)";
    /// No way in.
    pub const SIGN_IN: &str = "Check the user and the password";
    /// Somebody publishes already.
    pub const IN_USE: &str =
        "Stop the other publisher, or wait until the server lets go of the last stream";
    /// An end without a word.
    pub const CLOSED_EARLY: &str =
        "Check the stream key and the address; the key may already be in use";
    /// Closed at the greeting or at the question for the application.
    pub const NO_APPLICATION: &str =
        "Check the address: the server may have no application of that name";
    /// An end, in the server's words.
    pub const ENDED_BY_SERVER: &str = "Look at the service's page for what it says of the stream";
    /// A server closed a stream that ran.
    pub const CLOSED_BY_SERVER: &str = "The stream goes on by itself as soon as the server takes \
                                        it again";
    /// A break, or a link that carries nothing.
    pub const NETWORK: &str = "Check the network; the stream goes on by itself when it is back";
    /// The same of a stream that was given up.
    pub const NETWORK_AT_LAST: &str = "Check the network and the address, and go live again";
    /// A place where the stream does not go.
    pub const REDIRECTED: &str =
        "It is not followed there; ask the service for the address to publish to";
    /// A file without certificates.
    pub const CERTIFICATES: &str =
        "Choose a file that holds certificates in PEM form, or do without it";
    /// Something that this computer lacks.
    pub const SYSTEM: &str = "Close other programs, or restart this computer, and try again";
    /// A source that can't be opened.
    pub const SOURCE: &str = "Choose another picture or sound";
    /// An encoder's end.
    pub const ENCODER: &str = "Choose another size, rate or bitrate and go live again";
    /// Too much for this computer.
    pub const OVERLOADED: &str =
        "Choose a smaller picture or a lower frame rate, or close other programs";
    /// A port that another program has.
    pub const LISTEN_BUSY: &str =
        "Stop the program that listens there; it may be another Tallylight";
    /// An address that can't be listened on.
    pub const LISTEN_FAILED: &str =
        "Choose an address that this computer has, and a port from 1024 on";
    /// A part that was started again.
    pub const INTERNAL: &str = "Nothing needs to be done; if it happens again, report the log";
    /// The engine, which was started again without the stream.
    pub const INTERNAL_ENGINE: &str = "Go live again; if it happens again, report the log";
    /// A part that stopped too often, and the stream with it.
    pub const INTERNAL_AT_LAST: &str =
        "Restart Tallylight and go live again; the log says where it happened";
    /// Not while a stream runs.
    pub const NOT_NOW: &str = "Stop the stream first";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_of_a_server_are_cut() {
        let long = "é ".repeat(400);
        let sentence = with_words(REFUSED, "A.Code", &long);
        assert!(sentence.starts_with("The server refused: A.Code, “é é"), "{sentence}");
        assert!(sentence.ends_with("é…”") && sentence.chars().count() < 300, "{sentence}");
        assert_eq!(with_words(REFUSED, "", "no"), "The server refused: “no”");
        assert_eq!(with_words(REFUSED, "", ""), REFUSED);
    }

    #[test]
    fn times_are_told_in_what_fits() {
        let after = |seconds| closed_each_time(3, Duration::from_secs_f64(seconds));
        assert!(after(4.6).ends_with("3 times in a row, each time after about 5 s"));
        assert!(after(121.0).ends_with("after about 2 minutes"));
    }
}

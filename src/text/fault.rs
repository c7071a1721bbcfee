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

/// Closed before a word was said.
pub fn no_greeting(peer: &str) -> String {
    format!("{peer} closed the connection before it said a word of RTMP")
}

/// No TLS; the reason is of [`super::encryption`].
pub fn encryption(peer: &str, reason: &str) -> String {
    format!("No safe connection to {peer}: {reason}")
}

/// A refusal, in the server's words.
pub fn refused(code: &str, text: &str) -> String {
    format!("The server refused{}", quoted(code, text))
}

/// No way in; why is of [`super::connection::sign_in`].
pub fn sign_in(why: &str) -> String {
    format!("Signing in failed: {why}")
}

/// Somebody publishes already.
pub fn in_use(code: &str, text: &str) -> String {
    format!("The server says that this key is already in use{}", quoted(code, text))
}

/// An end without a word; the step is of [`super::connection`].
pub fn closed_early(step: &str) -> String {
    format!("The server closed without saying why ({step})")
}

/// An end, in the server's words.
pub fn ended_by_server(code: &str, text: &str) -> String {
    format!("The server ended the stream{}", quoted(code, text))
}

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

/// What is done about it: worse pictures.
pub const LESS_EFFORT: &str = "it works less hard on each frame";

/// What is done about it: fewer pictures.
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

/// A picture that the program stumbled over.
pub const SOURCE_BROKEN: &str = "The picture can't be read: it makes this program stumble";

/// A mistake of the program's own.
pub const ENGINE_GONE: &str =
    "The stream's part of this program has stopped by a mistake of its own";

/// The system gives no thread.
pub fn no_thread(error: impl Display) -> String {
    format!("No thread could be started: {error}")
}

/// What a server said, behind a sentence.
fn quoted(code: &str, text: &str) -> String {
    match (code.is_empty(), text.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(": {code}"),
        (true, false) => format!(": “{text}”"),
        (false, false) => format!(": {code}, “{text}”"),
    }
}

/// What to do about each.
pub mod remedy {
    /// An address that can't be used.
    pub const ADDRESS: &str = "Copy the server address again from the service's page";
    /// A name without an address.
    pub const NAME_NOT_FOUND: &str =
        "Check the spelling of the address and the connection to the network";
    /// No answer about a name.
    pub const NAME_UNANSWERED: &str = "Check the connection to the network";
    /// A port where nothing is.
    pub const PORT_REFUSED: &str = "Check the address and port, and that the server is running";
    /// A host without a way to it.
    pub const UNREACHABLE: &str = "Check the connection to the network, a VPN or a firewall";
    /// Silence.
    pub const NO_ANSWER: &str = "Check address and port; a firewall may be in the way";
    /// Something else than RTMP.
    pub const NOT_RTMP: &str =
        "Check the address: RTMP is mostly at port 1935, RTMPS (rtmps://) at 443";
    /// Closed before a word was said, and tried again.
    pub const NO_GREETING: &str =
        "The server may be starting, or the address is another's; it is tried again";
    /// No TLS.
    pub const ENCRYPTION: &str = "Check the address and this computer's date; for a server of \
                                  your own choose its certificate";
    /// A refusal.
    pub const REFUSED: &str = "Check the stream key and that the channel may go live";
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
    /// Not while a stream runs.
    pub const NOT_NOW: &str = "Stop the stream first";
}

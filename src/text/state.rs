//! Where the stream stands, in a few words and on the large button.

use std::time::Duration;

/// Preview only.
pub const READY: &str = "Ready";
/// The server takes the stream.
pub const LIVE: &str = "Live";
/// Saying goodbye.
pub const STOPPING: &str = "Stopping";
/// It failed for good.
pub const NOT_LIVE: &str = "Not live";
/// The program ends.
pub const CLOSING: &str = "Closing";
/// The engine has stopped by itself.
pub const BROKEN: &str = "Not possible now";

/// On the way to live, for the first time or again.
fn connecting(again: bool) -> &'static str {
    if again { "Reconnecting" } else { "Connecting" }
}

/// On the way to live, at one of the steps below.
pub fn at_step(again: bool, step: &str) -> String {
    format!("{}: {step}", connecting(again))
}

/// Waiting for the next try.
pub fn next_try(again: bool, waits: Duration, attempt: u32) -> String {
    let seconds = waits.as_secs_f32().ceil();
    format!("{} in {seconds} s (try {attempt})", connecting(again))
}

/// The same without the seconds, which nobody wants to hear counted.
pub fn next_try_aloud(again: bool, attempt: u32) -> String {
    format!("{} (try {attempt})", connecting(again))
}

/// Steps on the way to live, as "Connecting:" goes on.
pub mod step {
    /// The server's name.
    pub const RESOLVE: &str = "looking up the server";
    /// TCP.
    pub const CONNECT: &str = "opening the connection";
    /// TLS.
    pub const ENCRYPT: &str = "agreeing on encryption";
    /// RTMP's handshake.
    pub const HANDSHAKE: &str = "greeting the server";
    /// `connect`.
    pub const APPLICATION: &str = "asking for the application";
    /// `publish`.
    pub const PUBLISH: &str = "asking to publish";
}

/// The large button: its first line and its second.
pub mod button {
    /// Nothing is live.
    pub const GO_LIVE: &str = "Go Live";
    /// Viewers see the stream.
    pub const STOP: &str = "Stop";
    /// Nobody has seen it yet.
    pub const CANCEL: &str = "Cancel";
    /// Saying goodbye.
    pub const STOPPING: &str = "Stopping…";
    /// Below it.
    pub const STOPPING_MORE: &str = "saying goodbye to the server";
    /// The program ends.
    pub const CLOSING: &str = "Closing…";
    /// Below Go Live, when the engine has stopped by itself.
    pub const RESTART_FIRST: &str = "close and start Tallylight again first";
    /// Below Stop or Cancel, while the next try is waited for.
    pub const STOP_TRYING: &str = "stop trying";

    /// Below Go Live.
    pub fn to(service: &str) -> String {
        format!("to {service}")
    }

    /// Below Stop or Cancel, on the way to live.
    pub fn step(number: usize, of: usize) -> String {
        format!("step {number} of {of}")
    }

    /// Below Stop, while live.
    pub fn live_on(service: &str) -> String {
        format!("live on {service}")
    }
}

//! Figures of the stream, what the pointer finds on them, and the cause of what is
//! wrong.

use std::time::Duration;

/// Figure names in the health panel.
pub mod figure {
    /// Bits sent.
    pub const BITRATE: &str = "Bitrate, kbit/s";
    /// Frames a second.
    pub const FPS: &str = "Frames/s";
    /// Frames left out.
    pub const DROPPED: &str = "Dropped";
    /// Waiting to be sent.
    pub const QUEUE: &str = "Queue";
    /// Encoder time.
    pub const ENCODER: &str = "Encoder";
    /// Round trip.
    pub const ROUND_TRIP: &str = "Round trip";
    /// Share of a core.
    pub const CPU: &str = "CPU";
    /// Memory.
    pub const MEMORY: &str = "Memory";
    /// Time live.
    pub const LIVE: &str = "Time live";
    /// How often the stream broke off.
    pub const INTERRUPTIONS: &str = "Interruptions";
    /// Bytes sent.
    pub const SENT: &str = "Sent";
}

/// What the pointer finds on a figure.
pub mod more {
    /// The bitrate.
    pub const BITRATE: &str =
        "Picture and sound that left in the last second, and what is aimed at";
    /// The queue.
    pub const QUEUE: &str = "Picture and sound that wait to be sent";
    /// The processor.
    pub const CPU: &str = "Of one core; two busy cores are 200 %";

    /// The stream broke off.
    pub const INTERRUPTIONS: &str =
        "How often the connection was lost while live, and how long viewers saw nothing in all";

    /// Frames left out, and why.
    pub fn dropped(network: u64, encoder: u64) -> String {
        format!("{network} because the network was too slow, {encoder} because this computer was")
    }

    /// Frames made and due, repeated and left out.
    pub fn frames(made: u64, due: u64, held: u64, late: u64) -> String {
        let mut words =
            format!("{made} made of {due} due; {late} left out because the encoder was late");
        if held > 0 {
            words += &format!(
                ".\n{held} repeat the picture before: the bitrate is too low for so much movement. \
                 Raise it, or choose a smaller picture or fewer frames"
            );
        }
        words
    }

    /// Encoder time.
    pub fn encoder(frame_ms: f64) -> String {
        format!("Time to encode one frame; there are {frame_ms:.1} ms for each")
    }

    /// Bytes in flight.
    pub fn in_flight(bytes: &str) -> String {
        format!("{bytes} sent and not yet acknowledged")
    }
}

/// What is to blame, before what is wrong with it.
pub mod cause {
    /// The way to the server.
    pub const UPLINK: &str = "Your network";
    /// The server.
    pub const SERVER: &str = "The server";
    /// The encoder.
    pub const ENCODER: &str = "This computer";
    /// The bitrate.
    pub const BITRATE: &str = "The bitrate";
    /// The camera.
    pub const CAMERA: &str = "The camera";
    /// The microphone.
    pub const MICROPHONE: &str = "The microphone";
    /// Nothing.
    pub const FINE: &str = "All is well.";

    /// What is to blame and what is wrong with it. Some sentences name it
    /// themselves.
    pub fn named(name: &str, words: &str) -> String {
        // "The camera" names itself as "There is no camera".
        let thing = name.rsplit(' ').next().unwrap_or(name);
        if words.contains(thing) { words.to_owned() } else { format!("{name}: {words}") }
    }
}

/// The graph.
pub const GRAPH: &str = "Bitrate of the last five minutes";
/// The curve of what left.
pub const CURVE_SENT: &str = "Sent";
/// The curve of what was asked for.
pub const CURVE_TARGET: &str = "Target";
/// In the graph while there is nothing to draw.
pub const GRAPH_EMPTY: &str = "The bitrate of the stream is drawn here.";

/// The graph for a screen reader.
pub fn graph(last_kbps: f64) -> String {
    format!("{GRAPH}: {last_kbps:.0} kbit/s")
}

/// Milliseconds.
pub fn milliseconds(ms: f64) -> String {
    format!("{ms:.0} ms")
}

/// Milliseconds of which the tenths matter.
pub fn tenths_of_ms(ms: f64) -> String {
    format!("{ms:.1} ms")
}

/// Hours, minutes and seconds.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// How often the stream broke off, and for how long in all.
pub fn interruptions(count: u64, time: Duration) -> String {
    let seconds = time.as_secs();
    match (count, seconds) {
        (0, _) => "0".into(),
        (_, 0..60) => format!("{count} ({seconds} s)"),
        (_, 60..3_600) => format!("{count} ({}:{:02} min)", seconds / 60, seconds % 60),
        _ => format!("{count} ({}:{:02} h)", seconds / 3_600, seconds / 60 % 60),
    }
}

/// Bytes in a unit that fits.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1_000.0;
        unit += 1;
    }
    let decimals = usize::from(unit > 0 && amount < 99.95);
    format!("{amount:.decimals$} {}", UNITS[unit])
}

/// A time on the graph.
pub fn ago(seconds: f64) -> String {
    match -seconds {
        ..1.0 => "now".into(),
        seconds if seconds % 60.0 < 1.0 => format!("−{:.0} min", seconds / 60.0),
        seconds => format!("−{seconds:.0} s"),
    }
}

/// What the server said last.
pub fn server_said(words: &str) -> String {
    format!("The server said: {words}")
}

/// A level for a screen reader.
pub fn level(name: &str, decibels: f32) -> String {
    if decibels <= -100.0 {
        format!("{name}: silent")
    } else {
        format!("{name}: {decibels:.0} dBFS")
    }
}

/// A level that nobody hears, for a screen reader.
pub fn level_muted(name: &str) -> String {
    format!("{name}: muted")
}

/// On the meter while silence is sent.
pub const MUTED: &str = "MUTED";
/// Warning: silence is sent.
pub const WARN_MUTED: &str = "The microphone is muted";
/// Warning: black.
pub const WARN_BLACK: &str = "The picture is black";
/// Warning: frozen.
pub const WARN_FROZEN: &str = "The picture does not change";

/// Warning: nothing has been heard, without how long.
pub const WARN_SILENT: &str = "Nothing is heard";

/// Warning: nothing has been heard.
pub fn warn_silent(time: Duration) -> String {
    format!("Nothing has been heard for {} s", time.as_secs())
}

//! Every word that the window shows, for translation in one place.
//!
//! What a fault says and advises is `engine::Fault`'s, what a service says of
//! its key the list of services'.

use std::time::Duration;

use super::action::Action;
use super::phase::{self, Phase};
use crate::engine::{Cause, Step};
use crate::settings::{KeyRule, Limits, Output, Preset, Service, Theme, VaultPlace};

/// The program's name, as the window's title.
pub const TITLE: &str = "Tallylight";
/// The window's title while live.
pub const TITLE_LIVE: &str = "● LIVE – Tallylight";

/// Heading of the destination.
pub const DESTINATION: &str = "Destination";
/// Heading of camera and microphone.
pub const SOURCES: &str = "Sources";
/// Heading of the output.
pub const OUTPUT: &str = "Output";
/// Name of the preview.
pub const PREVIEW: &str = "Preview";

/// The service picker.
pub const SERVICE: &str = "Service";
/// The server field.
pub const SERVER: &str = "Server";
/// The server field while nothing is in it.
pub const SERVER_HINT: &str = "rtmp:// or rtmps://";
/// The server field while the built-in server is chosen.
pub const SERVER_HINT_BUILT_IN: &str = "Paste an address to stream elsewhere";
/// The button with a service's servers.
pub const SERVERS: &str = "Servers of this service";
/// The key field.
pub const KEY: &str = "Stream key";
/// The key field while nothing is in it.
pub const KEY_HINT: &str = "Paste the key";
/// The user field.
pub const USER: &str = "User";
/// The user field while nothing is in it.
pub const USER_HINT: &str = "only where the server asks for one";
/// The password field.
pub const PASSWORD: &str = "Password";
/// The certificate field.
pub const CA_FILE: &str = "Certificate";
/// The certificate field while nothing is in it.
pub const CA_FILE_HINT: &str = "file to trust beside the system's";
/// The field with the address that players open.
pub const PLAY_ADDRESS: &str = "Open in a player";
/// Below it.
pub const PLAY_ADDRESS_NOW: &str = "Open this address in any player on this computer.";
/// In its place before the server runs.
pub const PLAY_ADDRESS_LATER: &str =
    "Go live to get an address that any player on this computer opens.";
/// A copied text.
pub const COPIED: &str = "Copied";

/// The camera picker.
pub const CAMERA: &str = "Camera";
/// The microphone picker.
pub const MICROPHONE: &str = "Microphone";
/// The test signal in both pickers.
pub const TEST_SIGNAL: &str = "Test signal";
/// The system's first camera.
pub const DEFAULT_CAMERA: &str = "Default camera";
/// The system's default microphone.
pub const DEFAULT_MICROPHONE: &str = "Default microphone";
/// A picture file in the camera picker.
pub const PICTURE: &str = "Picture file";
/// The picture file's path.
pub const PICTURE_PATH: &str = "Path of the picture";
/// No camera.
pub const NO_CAMERA: &str = "No picture";
/// No microphone.
pub const NO_MICROPHONE: &str = "No sound";
/// The gain.
pub const GAIN: &str = "Gain";
/// The meter.
pub const LEVEL: &str = "Level";

/// The preset picker.
pub const PRESET: &str = "Quality";
/// The size picker.
pub const SIZE: &str = "Size";
/// The rate picker.
pub const FPS: &str = "Frames per second";
/// The video bitrate.
pub const VIDEO_KBPS: &str = "Video bitrate";
/// The audio bitrate.
pub const AUDIO_KBPS: &str = "Audio bitrate";
/// The keyframe interval.
pub const KEYFRAME: &str = "Keyframe every";
/// The bitrate control.
pub const ADAPTIVE: &str = "Lower the bitrate when the network is slow";
/// Unit of bitrates, after a number.
pub const KBPS_SUFFIX: &str = " kbit/s";
/// Unit of seconds, after a number.
pub const SECONDS_SUFFIX: &str = " s";
/// Unit of gain, after a number.
pub const DB_SUFFIX: &str = " dB";
/// Why size and rate can't be chosen.
pub const NOT_WHILE_LIVE: &str =
    "Until the stream has ended only the video bitrate can change, up to half as much again.";

/// The graph.
pub const GRAPH: &str = "Bitrate of the last five minutes";
/// The curve of what left.
pub const CURVE_SENT: &str = "Sent";
/// The curve of what was asked for.
pub const CURVE_TARGET: &str = "Target";
/// In the graph while there is nothing to draw.
pub const GRAPH_EMPTY: &str = "The bitrate of the stream is drawn here.";
/// The log's text.
pub const LOG: &str = "Log";
/// In the log while there is nothing.
pub const LOG_EMPTY: &str = "Nothing has happened yet.";
/// The heading of the notices.
pub const NOTICES: &str = "Notices";
/// The button that closes a notice or a failure.
pub const DISMISS: &str = "Dismiss";

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
    /// Bytes sent.
    pub const SENT: &str = "Sent";
}

/// Over the preview while live.
pub const LIVE: &str = "LIVE";
/// Over the preview while not.
pub const PREVIEW_PILL: &str = "PREVIEW";
/// Over the preview while reconnecting.
pub const OFF_AIR: &str = "RECONNECTING";
/// In the preview's place before the first picture.
pub const NO_PICTURE_YET: &str = "Waiting for the picture…";
/// In the preview's place without a camera.
pub const NO_PICTURE: &str = "No picture is sent";
/// Warning: silence is sent.
pub const WARN_MUTED: &str = "The microphone is muted";
/// Warning: black.
pub const WARN_BLACK: &str = "The picture is black";
/// Warning: frozen.
pub const WARN_FROZEN: &str = "The picture does not change";

/// The question before a stream ends.
pub const ASK_STOP: &str = "End the stream?";
/// What ending means.
pub const ASK_STOP_MORE: &str = "Viewers will see the stream end.";
/// The question before the program ends.
pub const ASK_CLOSE: &str = "End the stream and close?";
/// The safe answer.
pub const KEEP_STREAMING: &str = "Keep streaming";
/// The answer that ends the stream.
pub const END_STREAM: &str = "End stream";
/// The answer that ends both.
pub const END_AND_CLOSE: &str = "End and close";
/// Heading of the overview of keys.
pub const KEYS: &str = "Keyboard";
/// Closes the overview.
pub const CLOSE: &str = "Close";

/// The engine takes no more requests.
pub const ENGINE_BUSY: &str =
    "The last click was not carried out: the program is too busy. Try again.";
/// The second start.
pub const ALREADY_RUNNING: &str = "Tallylight is already running.";
/// What to do about it.
pub const ALREADY_RUNNING_MORE: &str = "Its window is open, or it is still ending a stream.";
/// Name of the log file that is suggested.
pub const LOG_FILE: &str = "tallylight-log.txt";
/// Title of the dialog for the log file.
pub const SAVE_LOG_TITLE: &str = "Save the log";
/// Title of the dialog for the picture.
pub const CHOOSE_PICTURE_TITLE: &str = "Choose a picture";
/// Name of the picture files' filter.
pub const PNG_FILES: &str = "PNG pictures";

/// Label and tooltip of an action.
pub fn action(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::GoLive => ("Go Live", "Start the stream"),
        Action::Stop => ("Stop", "End the stream, or the try to start one"),
        Action::ReconnectNow => ("Reconnect now", "Try the connection now instead of waiting"),
        Action::ToggleMute => ("Mute", "Send silence instead of the microphone"),
        Action::ToggleMirrorPreview => {
            ("Mirror preview", "Turn the preview left to right; viewers see no difference")
        }
        Action::ToggleMirror => {
            ("Mirror what is sent", "Turn the picture left to right for everybody")
        }
        Action::RefreshDevices => ("Refresh devices", "Look for cameras and microphones again"),
        Action::ChoosePicture => ("Choose picture…", "Show a PNG file instead of a camera"),
        Action::ToggleKey => ("Show key", "Make the stream key readable"),
        Action::ToggleServerDetails => {
            ("Sign-in and certificate", "User, password and certificate, where a server wants them")
        }
        Action::CopyPlayAddress => ("Copy address", "Copy the address for players"),
        Action::ToggleOutputDetails => ("Details", "Size, rate and bitrates one by one"),
        Action::FitOutput => ("Fit", "Change the output to what the service takes"),
        Action::ShowHealth => ("Health", "Show the figures of the stream"),
        Action::ShowLog => ("Log", "Show what has happened"),
        Action::CopyLog => ("Copy log", "Copy the log; it holds no keys"),
        Action::SaveLog => ("Save log…", "Write the log into a file; it holds no keys"),
        Action::NextTheme => ("Dark or light", "As the system has it, dark, or light"),
        Action::ShowKeys => ("Keyboard", "Show all actions and their keys"),
        Action::DismissNotices => ("Dismiss", "Close the notices"),
        Action::Quit => ("Quit", "Close the program"),
    }
}

/// What a toggle's button is called in its other position.
pub fn toggled(action: Action) -> &'static str {
    match action {
        Action::ToggleMute => "Unmute",
        Action::ToggleKey => "Hide key",
        _ => action.label(),
    }
}

/// The state in a few words.
pub fn state(phase: &Phase) -> String {
    match phase {
        Phase::Ready => "Ready".into(),
        Phase::Connecting { step, was_live } => {
            format!("{}: {}", connecting(*was_live), self::step(*step))
        }
        Phase::Live => "Live".into(),
        Phase::Reconnecting { waits, attempt, was_live, .. } => {
            let seconds = waits.as_secs_f32().ceil();
            format!("{} in {seconds} s (try {attempt})", connecting(*was_live))
        }
        Phase::Stopping => "Stopping".into(),
        Phase::Failed(_) => "Not live".into(),
        Phase::Ended => "Closing".into(),
    }
}

/// The state as it is said aloud: when it changes, not at each tick of a
/// countdown.
pub fn announced(phase: &Phase) -> String {
    match phase {
        Phase::Reconnecting { attempt, was_live, .. } => {
            format!("{} (try {attempt})", connecting(*was_live))
        }
        _ => state(phase),
    }
}

fn connecting(again: bool) -> &'static str {
    if again { "Reconnecting" } else { "Connecting" }
}

/// A step on the way to live, as "Connecting:" goes on.
pub fn step(step: Step) -> &'static str {
    match step {
        Step::Resolve => "looking up the server",
        Step::Connect => "opening the connection",
        Step::Encrypt => "agreeing on encryption",
        Step::Handshake => "greeting the server",
        Step::Application => "asking for the application",
        Step::Publish => "asking to publish",
    }
}

/// The large button: its first line and its second.
pub fn button(phase: &Phase, to: &str) -> (&'static str, String) {
    match phase {
        Phase::Ready | Phase::Failed(_) => ("Go Live", format!("to {to}")),
        Phase::Connecting { step, .. } => {
            let (number, of) = phase::number(*step);
            (stop(phase), format!("step {number} of {of}"))
        }
        Phase::Live => ("Stop", format!("live on {to}")),
        Phase::Reconnecting { .. } => (stop(phase), "stop trying".into()),
        Phase::Stopping => ("Stopping…", "saying goodbye to the server".into()),
        Phase::Ended => ("Closing…", String::new()),
    }
}

/// What nobody has seen is cancelled, not stopped.
fn stop(phase: &Phase) -> &'static str {
    if phase.is_on_air() { "Stop" } else { "Cancel" }
}

/// Why Go Live is not possible: what is entered can't be used.
pub const WRONG: &str = "Check the server address and the key";
/// Beside Go Live, where a camera could be shown instead.
pub const TEST_SIGNAL_IS_SENT: &str = "Viewers will see the test signal.";

/// Why Go Live is not possible yet.
pub fn missing(service: &Service, has_server: bool) -> String {
    let name = &service.name;
    match (has_server, service.key) {
        (false, _) => format!("Paste the server address of {name}"),
        (true, KeyRule::EachStream) => "Paste the key of this stream".into(),
        (true, _) => "Paste the stream key".into(),
    }
}

/// The address is of the kind that the service does not take.
pub fn only_encrypted(service: &str) -> String {
    format!("{service} takes encrypted streams only: the address has to begin with rtmps://")
}

/// The picture lies on its side.
pub fn shown_upright(service: &str) -> String {
    format!("{service} is watched on phones: the preset {} fits it.", preset_name("portrait"))
}

/// What the address was read as.
pub fn split(port: u16, tls: bool, app: &str, key_length: Option<usize>) -> String {
    let safety = if tls { "Encrypted" } else { "Not encrypted" };
    let app = app.split('?').next().unwrap_or_default().trim_matches('/');
    let key = match key_length {
        Some(1) => ", key of 1 character".into(),
        Some(length) => format!(", key of {length} characters"),
        None => String::new(),
    };
    format!("{safety}, port {port}, application “{app}”{key}")
}

/// Where the key is kept, where that needs saying.
pub fn vault(place: &VaultPlace) -> Option<String> {
    match place {
        VaultPlace::Keyring => None,
        VaultPlace::File(path) => Some(format!(
            "This system has no keyring: the key is kept in a file that only you can read, {}",
            path.display()
        )),
    }
}

/// A secret could not be read.
pub fn key_not_read(why: &str) -> String {
    format!("The remembered key could not be read: {why}. Paste it again.")
}

/// A secret could not be kept.
pub fn key_not_kept(why: &str) -> String {
    format!("The key is not remembered: {why}.")
}

/// Settings could not be written.
pub fn not_saved(why: &str) -> String {
    format!("The settings are not remembered: {why}.")
}

/// The log was written, or not.
pub fn log_saved(path: &std::path::Path, result: &std::io::Result<()>) -> String {
    match result {
        Ok(()) => format!("The log is in {}", path.display()),
        Err(error) => format!("The log could not be written to {}: {error}", path.display()),
    }
}

/// A device that is chosen and not in the list.
pub fn missing_device(name: &str) -> String {
    format!("{name} (not there)")
}

/// A preset in the picker.
pub fn preset(output: &Output) -> String {
    format!("{} · {}", preset_name(&output.preset), output_summary(output))
}

/// A preset's name.
pub fn preset_name(id: &str) -> &'static str {
    match id {
        "light" => "Light",
        "standard" => "Standard",
        "smooth" => "Smooth",
        "full-hd" => "Full HD",
        "portrait" => "Portrait",
        _ => "Custom",
    }
}

/// A preset's use.
pub fn preset_use(preset: &Preset) -> &'static str {
    match preset.id {
        "light" => "for slow networks and computers",
        "standard" => "for most streams",
        "smooth" => "for games and sport",
        "full-hd" => "for text and detail",
        "portrait" => "for phones",
        _ => "",
    }
}

/// Size, rate and bitrate.
pub fn output_summary(output: &Output) -> String {
    let Output { width, height, fps, video_kbps, .. } = output;
    format!("{width}×{height}, {fps} fps, {video_kbps} kbit/s")
}

/// What of the output the service does not take.
pub fn over_limits(service: &Service, output: &Output, limits: &Limits) -> String {
    let name = &service.name;
    let fitted = output.clone().within(limits);
    if fitted.video_kbps != output.video_kbps {
        format!("{name} takes at most {} kbit/s of video", fitted.video_kbps)
    } else if fitted.audio_kbps != output.audio_kbps {
        format!("{name} takes at most {} kbit/s of sound", fitted.audio_kbps)
    } else if fitted.keyframe_s != output.keyframe_s {
        format!("{name} wants a keyframe every {} s", fitted.keyframe_s)
    } else {
        format!("{name} takes at most {}×{}, {} fps", fitted.width, fitted.height, fitted.fps)
    }
}

/// Hours, minutes and seconds.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
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

/// A level for a screen reader.
pub fn level(name: &str, decibels: f32) -> String {
    if decibels <= -100.0 {
        format!("{name}: silent")
    } else {
        format!("{name}: {decibels:.0} dBFS")
    }
}

/// Warning: nothing has been heard.
pub fn warn_silent(time: Duration) -> String {
    format!("Nothing has been heard for {} s", time.as_secs())
}

/// The cause: whether all is well, and the sentence.
pub fn cause(cause: &Cause) -> (bool, String) {
    let (name, words) = match cause {
        Cause::Fine => return (true, "All is well.".into()),
        Cause::Uplink(words) => ("Your network", words),
        Cause::Server(words) => ("The server", words),
        Cause::Encoder(words) => ("This computer", words),
        Cause::Camera(words) => ("The camera", words),
        Cause::Microphone(words) => ("The microphone", words),
    };
    // Some sentences name it themselves.
    let named = words.starts_with(name);
    (false, if named { words.clone() } else { format!("{name}: {words}") })
}

/// What the server said last.
pub fn server_said(words: &str) -> String {
    format!("The server said: {words}")
}

/// How grave a line of the log is; nothing for what merely happened.
pub fn severity(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::ERROR => "Error",
        tracing::Level::WARN => "Warning",
        _ => "",
    }
}

/// A fault that is over.
pub fn over(sentence: &str) -> String {
    format!("Over: {sentence}")
}

/// A theme's name.
pub fn theme(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "Theme: as the system",
        Theme::Dark => "Theme: dark",
        Theme::Light => "Theme: light",
    }
}

/// A time on the graph.
pub fn ago(seconds: f64) -> String {
    match -seconds {
        ..1.0 => "now".into(),
        seconds if seconds % 60.0 < 1.0 => format!("−{:.0} min", seconds / 60.0),
        seconds => format!("−{seconds:.0} s"),
    }
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

    /// Frames left out, and why.
    pub fn dropped(network: u64, encoder: u64) -> String {
        format!("{network} because the network was too slow, {encoder} because this computer was")
    }

    /// Frames made and due.
    pub fn frames(made: u64, due: u64, late: u64) -> String {
        format!("{made} made of {due} due; {late} left out because the encoder was late")
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

//! Names of the window's fields and buttons, its questions, and what it says of what
//! is entered.
//!
//! Actions are in [`super::action`], the stream's state in [`super::state`].

use std::io;
use std::path::Path;

/// The program's name, as the window's title.
pub const TITLE: &str = "Tallylight";
/// What became of the window.
pub const DISPLAY_GONE: &str = "The display is gone, and the window with it";
/// What drew the window broke down.
pub const WINDOW_BROKE: &str = "The window stopped because of an internal error";
/// One of these while a stream runs.
pub fn goes_on_without_window(why: &str) -> String {
    format!("{why}. The stream goes on without it; Ctrl-C or the signal TERM ends it.")
}
/// Why something was not written: what writes it broke down.
pub const INTERNAL_ERROR: &str = "an internal error";
/// Why the computer is kept awake, where the system lists that.
pub const KEPT_AWAKE: &str = "A stream is running";
/// The window's title while live.
pub const TITLE_LIVE: &str = "● LIVE – Tallylight";
/// The window's title on the way to live.
pub const TITLE_CONNECTING: &str = "Connecting – Tallylight";
/// The window's title while viewers see nothing.
pub const TITLE_RECONNECTING: &str = "Reconnecting – Tallylight";
/// The window's title while the stream ends.
pub const TITLE_STOPPING: &str = "Stopping – Tallylight";
/// The window's title when the stream could not go on.
pub const TITLE_NOT_LIVE: &str = "Not live – Tallylight";

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
/// Chosen where a server takes no key.
pub const NO_KEY: &str = "This server takes no stream key";
/// Of a key with a blank in it.
pub const KEY_HAS_SPACE: &str =
    "There is a space in the stream key. It is sent as it is: check that it belongs there.";
/// Of what was pasted and not taken.
pub const LEFT_OUT: &str = "What was pasted held more than an address and a key: only those were \
                            taken. A key with spaces is pasted alone.";
/// Of a refusal, where the key may begin before the last slash.
pub const KEY_MAY_HOLD_SLASH: &str =
    "If the stream key holds a “/”, paste server and key apart, each into its field.";
/// The address that was meant, to click on.
pub fn use_address(scheme_and_host: &str) -> String {
    format!("Use {scheme_and_host}/…")
}
/// The user field.
pub const USER: &str = "User";
/// The user field while nothing is in it.
pub const USER_HINT: &str = "only where the server asks for one";
/// The password field.
pub const PASSWORD: &str = "Password";
/// The password field while nothing is in it.
pub const PASSWORD_HINT: &str = "only with a user";
/// The certificate field.
pub const CA_FILE: &str = "Certificate";
/// The certificate field while nothing is in it.
pub const CA_FILE_HINT: &str = "file to trust beside the system's";
/// The proxy field.
pub const PROXY: &str = "Proxy";
/// The proxy field while nothing is in it.
pub const PROXY_HINT: &str = "socks5h://host:1080, http://host:8080 or none";
/// The field for the password at the proxy.
pub const PROXY_PASSWORD: &str = "Proxy password";
/// The field with the address that players open.
pub const PLAY_ADDRESS: &str = "Open in a player";
/// Below it.
pub const PLAY_ADDRESS_NOW: &str = "Open this address in any player on this computer.";
/// Below it when the stream has ended.
pub const PLAY_ADDRESS_THEN: &str = "Playable while you are live.";
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
pub const TEST_SIGNAL: &str = super::device::TEST_SIGNAL;
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
/// How much later the picture comes.
pub const PICTURE_DELAY: &str = "Picture delay";
/// How much later the sound comes.
pub const SOUND_DELAY: &str = "Sound delay";
/// What both are for.
pub const DELAY_WHY: &str = "For capture cards and the like, where picture and sound don't come \
     together. Negative: earlier than the other";
/// Unit of delays, after a number.
pub const MS_SUFFIX: &str = " ms";
/// The bitrate control.
pub const ADAPTIVE: &str = "Lower the bitrate when the network is slow";
/// Unit of bitrates, after a number.
pub const KBPS_SUFFIX: &str = " kbit/s";
/// Unit of seconds, after a number.
pub const SECONDS_SUFFIX: &str = " s";
/// Unit of gain, after a number.
pub const DB_SUFFIX: &str = " dB";
/// Below values that can't be chosen while live.
pub const NOT_WHILE_LIVE: &str =
    "While live, only the video bitrate can change, up to 150 % of where it started.";
/// On a field that can't be used while live.
pub const LOCKED_WHILE_LIVE: &str = "Can't be changed while the stream runs: end it first.";

/// The log's text.
pub const LOG: &str = "Log";
/// In the log while there is nothing.
pub const LOG_EMPTY: &str = "Nothing has happened yet.";
/// The heading of the notices.
pub const NOTICES: &str = "Notices";
/// The button that closes a notice or a failure.
pub const DISMISS: &str = "Dismiss";

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
/// In the preview's place while the source can't be opened.
pub const PICTURE_FAILED: &str = "No picture";
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
pub const PICTURE_FILES: &str = "PNG and JPEG pictures";

/// The system gives no window.
pub fn no_window(error: &str) -> String {
    format!("No window can be opened: {error}")
}

/// Why Go Live is not possible: the address can't be used.
pub const WRONG_SERVER: &str = "Check the server address";
/// Why Go Live is not possible: the key can't be used.
pub const WRONG_KEY: &str = "Check the stream key";
/// Why Go Live is not possible: one of both can't be used.
pub const WRONG: &str = "Check the server address and the key";
/// Of notices for which there is no room.
pub fn more_in_log(count: usize) -> String {
    match count {
        1 => "1 more settings problem is in the log.".into(),
        count => format!("{count} more settings problems are in the log."),
    }
}

/// In the empty field for a picture's path.
pub const PICTURE_HINT: &str = "/home/me/picture.png";
/// Why Go Live is not possible yet: picture and sound are off.
pub const MISSING_SOURCE: &str = "Choose a picture or a sound";
/// Why Go Live is not possible yet: the server.
pub const MISSING_SERVER: &str = "Paste the server address";
/// Why Go Live is not possible yet: the key that a service gives for each stream.
pub const MISSING_KEY_OF_STREAM: &str = "Paste the key of this stream";
/// Why Go Live is not possible yet: the key.
pub const MISSING_KEY: &str = "Paste the stream key";
/// Of a picture that was chosen while a stream runs that has none.
pub const PICTURE_FROM_NEXT_STREAM: &str =
    "This stream began without a picture; the next one will have it.";
/// Of a sound that was chosen while a stream runs that has none.
pub const SOUND_FROM_NEXT_STREAM: &str =
    "This stream began without sound; the next one will have it.";
/// Beside Go Live, where a camera could be shown instead.
pub const TEST_SIGNAL_IS_SENT: &str = "Viewers will see the test signal.";

/// The address is of the kind that the service does not take.
pub fn only_encrypted(service: &str) -> String {
    format!("{service} takes encrypted streams only: the address has to begin with rtmps://")
}

/// Below the address for players, where it is not the usual one.
pub fn port_taken(usual: u16, port: u16) -> String {
    format!("Another program uses port {usual}, so players use port {port}.")
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

/// What stands above a log that is copied or saved.
pub fn log_head(version: &str, system: &str, date: &str) -> String {
    format!("{TITLE} {version}\n{system}\n{date}\n\n")
}

/// The log was written, or not.
pub fn log_saved(path: &Path, result: &io::Result<()>) -> String {
    match result {
        Ok(()) => format!("The log is in {}", path.display()),
        Err(error) => format!("The log could not be written to {}: {error}", path.display()),
    }
}

/// There is no dialog to choose a picture with.
pub const TYPE_PICTURE_PATH: &str =
    "This system opens no file dialog: type the path of the picture instead.";
/// There is no dialog to choose a place for the log with.
pub const COPY_LOG_INSTEAD: &str = "This system opens no file dialog: copy the log instead.";

/// All channels of a microphone are heard.
pub const ALL_CHANNELS: &str = "All channels";
/// Of a microphone one channel is heard, on both sides.
pub const CHANNEL_1: &str = "Channel 1 only";
/// Another channel.
pub const CHANNEL_2: &str = "Channel 2 only";
/// Both channels of a microphone are heard on both sides.
pub const MONO: &str = "Channels 1 and 2 as mono";

/// A microphone, and which of its channels are heard.
pub fn device_channels(name: &str, channels: &str) -> String {
    format!("{name} · {channels}")
}

/// A device that is chosen and not in the list.
pub fn missing_device(name: &str) -> String {
    format!("Not there: {name}")
}

/// A fault that is over.
pub fn over(sentence: &str) -> String {
    format!("Over: {sentence}")
}

/// How grave a line of the log is, before it.
pub mod severity {
    /// Something failed.
    pub const ERROR: &str = "Error";
    /// Something is not as it should be.
    pub const WARNING: &str = "Warning";
}

/// Dark or light, as choices in a list.
pub mod theme_choice {
    /// As the system has it.
    pub const SYSTEM: &str = "As the system";
    /// Dark.
    pub const DARK: &str = "Dark";
    /// Light.
    pub const LIGHT: &str = "Light";
}

/// Dark or light, in the log.
pub mod theme {
    /// As the system has it.
    pub const SYSTEM: &str = "Theme: as the system";
    /// Dark.
    pub const DARK: &str = "Theme: dark";
    /// Light.
    pub const LIGHT: &str = "Theme: light";
}

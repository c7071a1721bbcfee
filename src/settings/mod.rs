//! What is remembered from one start to the next, and where.
//!
//! [`Settings`] is plain data in sections, each a table of one TOML file.
//! `fields` reads and writes a section from one list of its fields, `store` is
//! the file, `services` and `presets` are what the program knows of services,
//! `secrets` keeps keys and passwords out of all of it. Nothing here starts a
//! thread: the system's keyring may wait for a person, so its callers must be
//! ready to.

pub mod call;
mod fields;
mod instance;
mod presets;
mod secrets;
mod services;
mod store;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;

pub use fields::Warning;
pub use instance::{Instance, InstanceError};
pub use presets::{PRESETS, Preset};
pub use secrets::{
    FileVault, KeyringVault, SecretKind, SecretName, Secrets, Vault, VaultError, VaultPlace,
};
pub use services::{KeyRule, Limits, ServerChoice, Service, Services};
pub use store::{Store, StoreError, folder};

use crate::media::{FrameRate, limits};
use fields::{Fields, Section};

/// Everything that was chosen, apart from secrets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// Picture and sound in.
    pub sources: Sources,
    /// Where the stream goes.
    pub destination: Destination,
    /// What was entered for each service, by the service's id.
    pub servers: BTreeMap<String, Server>,
    /// What is made of picture and sound.
    pub output: Output,
    /// The window.
    pub window: Window,
}

impl Settings {
    /// What was entered for `service`; empty where nothing was.
    pub fn server(&self, service: &str) -> Server {
        self.servers.get(service).cloned().unwrap_or_default()
    }
}

/// Picture and sound in.
#[derive(Clone, Debug, PartialEq)]
pub struct Sources {
    /// Where the picture comes from.
    pub camera: Input,
    /// The name that the camera had, to name it when it is missing.
    pub camera_name: String,
    /// How much later than seen the picture is shown, in ms.
    pub camera_delay_ms: i32,
    /// Where the sound comes from.
    pub microphone: Input,
    /// The name that the microphone had.
    pub microphone_name: String,
    /// How much later than it sounded the sound is heard, in ms.
    pub microphone_delay_ms: i32,
    /// Gain in decibels, within [`Self::GAIN_DB`].
    pub gain_db: f32,
    /// Silence is sent.
    pub muted: bool,
    /// The preview alone is turned left to right.
    pub mirror_preview: bool,
    /// What is sent is turned left to right.
    pub mirror: bool,
}

impl Sources {
    /// The gain that can be chosen, in decibels.
    pub const GAIN_DB: RangeInclusive<f32> = -60.0..=30.0;
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            camera: Input::Test,
            camera_name: String::new(),
            camera_delay_ms: 0,
            microphone: Input::Test,
            microphone_name: String::new(),
            microphone_delay_ms: 0,
            gain_db: 0.0,
            muted: false,
            mirror_preview: false,
            mirror: false,
        }
    }
}

impl Section for Sources {
    const NAME: &'static str = "sources";

    fn fields(&mut self, fields: &mut Fields<'_>) {
        fields.value("camera", &mut self.camera);
        fields.value("camera_name", &mut self.camera_name);
        fields.number("camera_delay_ms", &mut self.camera_delay_ms, limits::DELAY_MS);
        fields.value("microphone", &mut self.microphone);
        fields.value("microphone_name", &mut self.microphone_name);
        fields.number("microphone_delay_ms", &mut self.microphone_delay_ms, limits::DELAY_MS);
        fields.number("gain_db", &mut self.gain_db, Self::GAIN_DB);
        fields.value("muted", &mut self.muted);
        fields.value("mirror_preview", &mut self.mirror_preview);
        fields.value("mirror", &mut self.mirror);
    }
}

/// A picture or a sound to take in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// The built-in test signal.
    #[default]
    Test,
    /// The system's default device.
    Default,
    /// A device by its stable identity.
    Device(String),
    /// A picture file.
    File(PathBuf),
    /// Nothing.
    Off,
}

/// Where the stream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The service's id in the list of services.
    pub service: String,
}

impl Default for Destination {
    fn default() -> Self {
        Self { service: Services::THIS_COMPUTER.to_owned() }
    }
}

impl Section for Destination {
    const NAME: &'static str = "destination";

    fn fields(&mut self, fields: &mut Fields<'_>) {
        let known: Vec<&str> =
            Services::built_in().all().iter().map(|service| service.id.as_str()).collect();
        fields.name("service", &mut self.service, &known, Services::CUSTOM);
    }
}

/// What was entered for one service. Keys and passwords are in [`Secrets`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    /// Server address without user, password and query; empty: the service's
    /// first.
    pub address: String,
    /// User name, for servers that ask for one.
    pub user: String,
    /// A file with a certificate to trust beside the system's; empty: none.
    pub ca_file: String,
    /// The proxy on the way there, without its password; empty: as the environment has
    /// it.
    pub proxy: String,
    /// The server takes no key: the address alone names the stream.
    pub no_key: bool,
}

impl Server {
    fn fields(&mut self, fields: &mut Fields<'_>) {
        fields.value("address", &mut self.address);
        fields.value("user", &mut self.user);
        fields.value("ca_file", &mut self.ca_file);
        fields.value("proxy", &mut self.proxy);
        fields.value("no_key", &mut self.no_key);
    }
}

/// What is made of picture and sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The preset's id; `custom` where the values below were chosen one by one.
    pub preset: String,
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Frames per second.
    pub fps: FrameRate,
    /// Video bitrate in kbit/s.
    pub video_kbps: u32,
    /// Audio bitrate in kbit/s.
    pub audio_kbps: u32,
    /// Seconds from one keyframe to the next.
    pub keyframe_s: f32,
    /// Lower the bitrate while the link carries less.
    pub adaptive: bool,
}

impl Default for Output {
    fn default() -> Self {
        Self {
            preset: "standard".to_owned(),
            width: limits::DEFAULT_SIZE.0,
            height: limits::DEFAULT_SIZE.1,
            fps: limits::DEFAULT_FPS,
            video_kbps: limits::DEFAULT_VIDEO_KBPS,
            audio_kbps: limits::DEFAULT_AUDIO_KBPS,
            keyframe_s: limits::DEFAULT_KEYFRAME_S,
            adaptive: true,
        }
    }
}

impl Section for Output {
    const NAME: &'static str = "output";

    fn fields(&mut self, fields: &mut Fields<'_>) {
        let known: Vec<&str> = PRESETS.iter().map(|preset| preset.id).collect();
        fields.name("preset", &mut self.preset, &known, Output::CUSTOM);
        fields.even("width", &mut self.width, limits::SIDE);
        fields.even("height", &mut self.height, limits::SIDE);
        fields.value("fps", &mut self.fps);
        fields.number("video_kbps", &mut self.video_kbps, limits::VIDEO_KBPS);
        fields.number("audio_kbps", &mut self.audio_kbps, limits::AUDIO_KBPS);
        fields.number("keyframe_s", &mut self.keyframe_s, limits::KEYFRAME_S);
        fields.value("adaptive", &mut self.adaptive);
    }
}

/// The window.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Inner width in points, before [`Self::zoom`].
    pub width: f32,
    /// Inner height in points, before [`Self::zoom`].
    pub height: f32,
    /// How much larger than usual everything in it is.
    pub zoom: f32,
    /// It filled the screen.
    pub maximized: bool,
    /// Dark or light.
    pub theme: Theme,
    /// The log stands where the health figures stand.
    pub show_log: bool,
}

impl Window {
    /// The least width and height, in points: Go Live is reached in it, and the rest scrolls.
    pub const SMALLEST: [f32; 2] = [480.0, 320.0];

    /// What [`Self::zoom`] can be.
    pub const ZOOM: RangeInclusive<f32> = 0.5..=3.0;
}

impl Default for Window {
    fn default() -> Self {
        Self {
            width: 1280.0,
            height: 800.0,
            zoom: 1.0,
            maximized: false,
            theme: Theme::System,
            show_log: false,
        }
    }
}

impl Section for Window {
    const NAME: &'static str = "window";

    fn fields(&mut self, fields: &mut Fields<'_>) {
        fields.number("width", &mut self.width, Self::SMALLEST[0]..=16_384.0);
        fields.number("height", &mut self.height, Self::SMALLEST[1]..=16_384.0);
        fields.number("zoom", &mut self.zoom, Self::ZOOM);
        fields.value("maximized", &mut self.maximized);
        fields.value("theme", &mut self.theme);
        fields.value("show_log", &mut self.show_log);
    }
}

/// Dark or light.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light text on dark.
    Dark,
    /// Dark text on light.
    Light,
}

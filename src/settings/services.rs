//! The services that a stream can go to, read from `assets/destinations.toml`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::protocol::rtmp::url::RtmpUrl;

/// All services, in the order of the picker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    #[serde(rename = "service")]
    all: Vec<Service>,
}

impl Services {
    /// The id of the built-in server.
    pub const THIS_COMPUTER: &str = "this-computer";
    /// The id of any server that is not in the list.
    pub const CUSTOM: &str = "custom";

    /// The list that comes with the program.
    pub fn built_in() -> &'static Self {
        static LIST: LazyLock<Services> = LazyLock::new(|| {
            toml_edit::de::from_str(include_str!("../../assets/destinations.toml"))
                .expect("the list is part of the program and a test reads it")
        });
        &LIST
    }

    /// All of them, in order.
    pub fn all(&self) -> &[Service] {
        &self.all
    }

    /// The service of that id; the custom one where the id is unknown, as that
    /// of a service which a later version knows.
    pub fn get(&self, id: &str) -> &Service {
        let of = |id: &str| self.all.iter().find(|service| service.id == id);
        of(id).or_else(|| of(Self::CUSTOM)).expect("a test sees that the custom one is there")
    }

    /// The service that has a server of exactly this name in its list: such a name is
    /// not misspelt.
    pub fn at(&self, host: &str) -> Option<&Service> {
        static HOSTS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
            let services = Services::built_in().all.iter();
            services.flat_map(|service| service.names().map(|name| (name, &*service.id))).collect()
        });
        HOSTS.get(&host.to_ascii_lowercase()).map(|id| self.get(id))
    }

    /// The service that a server of this name belongs to: the one that names
    /// the longest end of it.
    pub fn of_host(&self, host: &str) -> Option<&Service> {
        let host = host.to_ascii_lowercase();
        let longest = |service: &Service| {
            let ends = service.hosts.iter().filter(|end| is_end_of(end, &host));
            ends.map(String::len).max()
        };
        let found = self.all.iter().filter_map(|service| Some((longest(service)?, service)));
        found.max_by_key(|(length, _)| *length).map(|(_, service)| service)
    }
}

/// Whether `host` is `end` or a name below it.
fn is_end_of(end: &str, host: &str) -> bool {
    host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// One service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// In settings and keyring.
    pub id: String,
    /// As people know it.
    pub name: String,
    /// Addresses to choose from; empty where each account has its own.
    #[serde(default)]
    pub servers: Vec<ServerChoice>,
    /// Ends of host names by which a pasted address is recognised.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The id of the service whose servers it uses as well; empty: none.
    #[serde(default)]
    pub borrows: String,
    /// What its keys begin with; empty where nobody needs to know.
    #[serde(default)]
    pub key_prefix: String,
    /// Parts of the path before the key.
    #[serde(default = "one")]
    pub app_segments: usize,
    #[serde(default)]
    max_video_kbps: Option<u32>,
    #[serde(default)]
    max_audio_kbps: Option<u32>,
    #[serde(default)]
    max_height: Option<u32>,
    #[serde(default)]
    max_fps: Option<u32>,
    #[serde(default = "two")]
    keyframe_s: f32,
    #[serde(default)]
    max_keyframe_s: Option<f32>,
    #[serde(default)]
    min_keyframe_s: f32,
    /// It takes encrypted streams only.
    #[serde(default)]
    pub tls_only: bool,
    /// It shows upright pictures.
    #[serde(default)]
    pub portrait: bool,
    /// Whether it wants a key.
    #[serde(default)]
    pub key: KeyRule,
    /// Where to find server and key.
    #[serde(rename = "where")]
    pub where_to_find: String,
    /// What to know before going live.
    #[serde(default)]
    pub note: String,
}

impl Service {
    /// What it takes.
    pub fn limits(&self) -> Limits {
        Limits {
            video_kbps: self.max_video_kbps,
            audio_kbps: self.max_audio_kbps,
            height: self.max_height,
            fps: self.max_fps,
            keyframe_s: self.keyframe_s,
            longest_keyframe_s: self.max_keyframe_s.unwrap_or(self.keyframe_s),
            shortest_keyframe_s: self.min_keyframe_s,
        }
    }

    /// Whether it is the built-in server.
    pub fn is_this_computer(&self) -> bool {
        self.id == Services::THIS_COMPUTER
    }

    /// The names of its servers.
    fn names(&self) -> impl Iterator<Item = String> {
        let urls = self.servers.iter().filter_map(|choice| RtmpUrl::parse(&choice.address).ok());
        urls.map(|url| url.host().to_ascii_lowercase())
    }

    /// The address to start from; empty where each account has its own.
    pub fn default_address(&self) -> &str {
        self.servers.first().map_or("", |server| &server.address)
    }
}

/// An address of a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerChoice {
    /// As shown.
    pub name: String,
    /// The address without key.
    pub address: String,
}

/// Whether a service wants a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyRule {
    /// One that stays.
    #[default]
    Needed,
    /// A new one for each stream.
    EachStream,
    /// None.
    None,
}

/// What a service takes; `None` where it names no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Highest video bitrate in kbit/s.
    pub video_kbps: Option<u32>,
    /// Highest audio bitrate in kbit/s.
    pub audio_kbps: Option<u32>,
    /// Longest shorter side of the picture, in pixels.
    pub height: Option<u32>,
    /// Most frames a second.
    pub fps: Option<u32>,
    /// Seconds between keyframes that it asks for.
    pub keyframe_s: f32,
    /// Most seconds between keyframes that work.
    pub longest_keyframe_s: f32,
    /// Fewest that work.
    pub shortest_keyframe_s: f32,
}

fn one() -> usize {
    1
}

fn two() -> f32 {
    2.0
}

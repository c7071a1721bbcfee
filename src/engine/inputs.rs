//! Opens what a stream is made from: sources, and the built-in server.

use std::net::SocketAddr;

use super::{AudioInput, Fault, OutputSettings, VideoInput};
use crate::media::{Clock, Planes};
use crate::protocol::rtmp::key::StreamKey;
use crate::serve::{self, Server};
use crate::source::{self, AudioSource, Devices, VideoSource};
use crate::text::sentence;

/// Opens a picture; a device opens on its own thread and is there at once as one
/// that has shown nothing yet. A file may take its time.
pub(super) fn open_video(
    input: &VideoInput,
    output: &OutputSettings,
    clock: Clock,
) -> Result<Option<Box<dyn VideoSource>>, Fault> {
    let layout = Planes::new(output.width, output.height);
    source::open_video(input, layout, output.fps, clock)
        .map_err(|error| Fault::Source { why: sentence(&error.to_string()) })
}

/// Opens a sound.
pub(super) fn open_audio(
    input: &AudioInput,
    output: &OutputSettings,
    clock: Clock,
) -> Result<Option<Box<dyn AudioSource>>, Fault> {
    source::open_audio(input, output.fps, clock)
        .map_err(|error| Fault::Source { why: sentence(&error.to_string()) })
}

/// Starts the built-in server.
pub(super) fn start_server(listen: SocketAddr) -> Result<Server, Fault> {
    start(serve::Config { listen, ..serve::Config::default() })
}

fn start(config: serve::Config) -> Result<Server, Fault> {
    Server::start(config)
        .map_err(|error| Fault::ListenFailed { detail: error.to_string(), busy: error.is_busy() })
}

/// Starts the built-in server, at any free port where another program has this
/// one: players are given the address that it really has.
pub(super) fn start_server_somewhere(listen: SocketAddr) -> Result<Server, Fault> {
    match start_server(listen) {
        Err(Fault::ListenFailed { busy: true, .. }) => {
            tracing::warn!("another program listens on {listen}; a free port is taken instead");
            start_server(SocketAddr::new(listen.ip(), 0))
        }
        started => started,
    }
}

/// Starts the built-in server alone, for a face that needs no stream. Where there is a
/// key, only who shows it may publish.
pub fn server_only(listen: SocketAddr, publish_key: Option<StreamKey>) -> Result<Server, Fault> {
    start(serve::Config { listen, publish_key, ..serve::Config::default() })
}

/// Where this computer's own stream is published and played.
pub(super) fn built_in_url(address: SocketAddr) -> String {
    let host = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => format!("127.0.0.1:{}", v4.port()),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => format!("[::1]:{}", v6.port()),
        other => other.to_string(),
    };
    format!("rtmp://{host}/live/tally")
}

/// Changes when a device comes or goes; asks no driver.
pub(super) fn devices_mark() -> u64 {
    source::devices_mark()
}

/// Cameras and microphones. Asks the system, which can take a while.
pub fn list_devices() -> Devices {
    source::list_devices()
}

//! Where pictures and sound come from.
//!
//! One trait for each. A source is asked once per tick of the output and
//! answers at once: sources on devices keep their own threads and hand over the
//! latest frame.

mod camera;
mod devices;
mod error;
mod glyphs;
mod hold;
mod life;
mod microphone;
mod open;
mod options;
mod picture;
mod slate;
mod spec;
mod spelling;
mod test_signal;
mod turned;

pub use camera::Camera;
pub use devices::{CameraInfo, CameraMode, Devices, MicrophoneInfo, devices_mark, list_devices};
pub use error::Error;
pub use microphone::{Feed, FeedCounts, Microphone};
pub use open::{open_audio, open_video};
pub use picture::StillPicture;
pub use spec::{AudioSpec, VideoSpec};
pub use test_signal::{TestPicture, TestTone};

use std::time::Duration;

use serde::Serialize;

use crate::media::{AudioBlock, MediaTime, VideoFrame};
use crate::scene::Turn;

/// Something that shows a picture.
pub trait VideoSource: Send {
    /// The newest picture for the output frame that is due at `due`, in its own
    /// size; `None` while there has been none yet. Never waits.
    fn frame(&mut self, due: MediaTime) -> Option<VideoFrame>;

    /// In place of [`frame`](Self::frame) while nobody looks: what has to be done
    /// all the same.
    fn idle(&mut self, _due: MediaTime) {}

    /// How the last picture is to be turned to stand upright; `None`: it is a slate,
    /// whose words nobody wants turned or mirrored.
    fn turn(&self) -> Option<Turn> {
        Some(Turn::default())
    }

    /// How it is doing.
    fn status(&self) -> SourceStatus;
}

/// Something that sounds.
pub trait AudioSource: Send {
    /// Fills the block that starts at `block.time`; silence where it has
    /// nothing. Never waits. Blocks are asked for in order, without gaps.
    fn read(&mut self, block: &mut AudioBlock);

    /// How it is doing.
    fn status(&self) -> SourceStatus;
}

/// How a source is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceStatus {
    /// Its name, as people know it; empty where the system's own was asked for
    /// and there has been none.
    pub name: String,
    /// What it delivers in words, such as "1280×720 MJPEG, 30 fps asked, 24.8
    /// delivered".
    pub delivers: String,
    /// What is wrong, where something is.
    pub trouble: Option<Trouble>,
    /// How long a device has delivered nothing; `None` for what is no device, and
    /// for one that is still being opened.
    pub silent: Option<Duration>,
    /// How long before its time the sound was captured, as far as is known.
    pub latency: Option<Duration>,
    /// Pictures a second that a camera delivers, measured over the last seconds.
    pub fps: Option<f64>,
    /// The same with those that this computer had no time for.
    pub fps_sent: Option<f64>,
    /// Pictures a second that a camera or its driver lost before they came here.
    pub fps_lost: Option<f64>,
    /// Pictures a second that a camera was set to.
    pub fps_set: Option<f64>,
    /// Pictures that were shown more than once because no newer one had come; of
    /// sound, blocks with silence in them because nothing had come.
    pub repeated: u64,
    /// Frames, of picture or of sound, that came and were never used.
    pub dropped: u64,
    /// Pictures that a camera or its driver lost before they came here.
    pub lost: u64,
    /// How often the thread that owns the device was ended by a panic, and started
    /// again.
    pub deaths: u64,
}

/// What can be wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The device is not there.
    Missing,
    /// Another program is using it.
    Busy,
    /// The system refuses this program the device.
    Denied,
    /// It is open and has stopped delivering.
    Stalled,
    /// It reported an error; the driver's words.
    Failed(String),
}

//! What every system's camera interface is made to look like.

use std::time::Duration;

use super::choose::{Mode, Offer, Wish};
use crate::media::FrameRate;
use crate::scene::RawImage;
use crate::source::Trouble;

/// A camera that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Stable identity.
    pub id: String,
    /// The place where it is plugged in, where there is a name for that.
    pub place: String,
    /// What people call it.
    pub name: String,
    /// What the system opens it by.
    pub address: String,
    /// What it can do; empty where it can't be asked just now.
    pub offers: Vec<Offer>,
    /// Whether it has sizes beside those of the offers.
    pub any_size: bool,
    /// The names of formats that it offers and this program does not know.
    pub unknown: Vec<String>,
    /// Why it can't be asked.
    pub trouble: Option<Trouble>,
}

/// The system's cameras.
pub(super) trait Backend: Send {
    /// All cameras, in the system's order; those of no use last.
    fn list(&self) -> Vec<Found>;

    /// The camera of that identity, which was in `place` when it was seen last;
    /// without one the first of use. No other camera is asked anything.
    fn find(&self, id: Option<&str>, place: Option<&str>) -> Option<Found>;

    /// What a camera that was found can do for an output that wishes for that. No
    /// other thread of ours has it.
    fn offers(&self, camera: &Found, _wish: &Wish) -> Vec<Offer> {
        camera.offers.clone()
    }

    /// Opens a camera in a mode that it offers.
    fn open(&self, camera: &Found, mode: &Mode) -> Result<Box<dyn Capture>, Trouble>;
}

/// A camera that is open and streaming. Stays on the thread that opened it.
pub(super) trait Capture {
    /// What it was set to, in words, such as "1280×720 YUYV, 30 fps".
    fn mode(&self) -> String;

    /// The rate it was set to, where that is known.
    fn rate(&self) -> Option<FrameRate>;

    /// Waits up to `timeout` for a picture and hands the newest one to `take`
    /// with its age. Older ones that were waiting too are passed over.
    fn next(
        &mut self,
        timeout: Duration,
        take: &mut dyn FnMut(RawImage<'_>, Duration),
    ) -> Result<Arrival, Trouble>;
}

/// What came of waiting for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Whether a picture came: one that was handed over, or a damaged one.
    pub picture: bool,
    /// Pictures that this program had no time for: newer ones were there, or there
    /// was no buffer left to put them in.
    pub passed: u64,
    /// Pictures that were lost before they came here.
    pub lost: u64,
}

//! Cameras on macOS and Windows, by nokhwa: AVFoundation and Media Foundation.
//!
//! Its call for a picture has no time-out. A camera that freezes leaves this
//! thread in it; the source notices, leaves the thread and starts another.

use std::time::Duration;

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat,
    RequestedFormatType, Resolution,
};
use nokhwa::{Camera, NokhwaError};

use super::backend::{Arrival, Backend, Capture, Found};
use super::choose::{Offer, Wish, choose};
use crate::media::FrameRate;
use crate::scene::{RawFormat, RawImage};
use crate::source::Trouble;

/// The formats that both sides know.
const FORMATS: [(FrameFormat, RawFormat); 6] = [
    (FrameFormat::YUYV, RawFormat::Yuyv),
    (FrameFormat::NV12, RawFormat::Nv12),
    (FrameFormat::GRAY, RawFormat::Grey),
    (FrameFormat::RAWRGB, RawFormat::Rgb),
    (FrameFormat::RAWBGR, RawFormat::Bgr),
    (FrameFormat::MJPEG, RawFormat::Mjpeg),
];

/// The system's cameras.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Native;

impl Backend for Native {
    fn list(&self) -> Vec<Found> {
        let cameras = nokhwa::query(ApiBackend::Auto).unwrap_or_default();
        cameras.iter().map(look_at).collect()
    }

    fn open(&self, camera: &Found, wish: &Wish) -> Result<Box<dyn Capture>, Trouble> {
        if !nokhwa::nokhwa_check() {
            // Asks the person for permission, where the system wants that.
            nokhwa::nokhwa_initialize(|_| ());
            return Err(Trouble::Denied);
        }
        let index = index(&camera.address);
        let offers = if camera.offers.is_empty() { offers(&index) } else { camera.offers.clone() };
        let mode = choose(&offers, wish).ok_or_else(|| {
            Trouble::Failed("it has no picture format of the kind that is asked for".into())
        })?;
        let (format, _) = FORMATS
            .into_iter()
            .find(|(_, raw)| *raw == mode.format)
            .ok_or_else(|| Trouble::Failed("its format is not known here".into()))?;
        let fps = mode.rate.unwrap_or(wish.rate).as_f64().round() as u32;
        let exact = CameraFormat::new(Resolution::new(mode.width, mode.height), format, fps);
        let request = RequestedFormat::with_formats(RequestedFormatType::Exact(exact), &ALL);
        let mut camera = Camera::new(index, request).map_err(trouble_of)?;
        camera.open_stream().map_err(trouble_of)?;
        Ok(Box::new(NativeCapture { camera }))
    }
}

/// Every format of nokhwa's.
const ALL: [FrameFormat; 6] = [
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::GRAY,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::MJPEG,
];

struct NativeCapture {
    camera: Camera,
}

impl Capture for NativeCapture {
    fn mode(&self) -> String {
        let format = self.camera.camera_format();
        format!(
            "{}×{} {}, {} fps",
            format.width(),
            format.height(),
            format.format(),
            format.frame_rate()
        )
    }

    fn rate(&self) -> Option<FrameRate> {
        Some(FrameRate::whole(self.camera.frame_rate().max(1)))
    }

    fn next(
        &mut self,
        _timeout: Duration,
        take: &mut dyn FnMut(RawImage<'_>, Duration),
    ) -> Result<Arrival, Trouble> {
        let frame = self.camera.frame().map_err(trouble_of)?;
        let size = frame.resolution();
        let format = FORMATS.into_iter().find(|(theirs, _)| *theirs == frame.source_frame_format());
        let Some((_, format)) = format else {
            return Ok(Arrival { picture: false, dropped: 1 });
        };
        take(RawImage::packed(format, size.width(), size.height(), frame.buffer()), Duration::ZERO);
        Ok(Arrival { picture: true, dropped: 0 })
    }
}

/// The identity is what the system itself names the camera by: a unique number
/// on macOS, a path with the socket in it on Windows.
fn look_at(info: &CameraInfo) -> Found {
    let (name, unique) = (info.human_name(), info.misc());
    let id = if unique.is_empty() { name.clone() } else { unique };
    let address = match info.index() {
        CameraIndex::Index(number) => number.to_string(),
        CameraIndex::String(text) => text.clone(),
    };
    Found { id, name, offers: offers(info.index()), address }
}

fn index(address: &str) -> CameraIndex {
    address.parse().map_or_else(|_| CameraIndex::String(address.into()), CameraIndex::Index)
}

fn offers(index: &CameraIndex) -> Vec<Offer> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &ALL);
    let listed =
        Camera::new(index.clone(), any).and_then(|mut camera| camera.compatible_camera_formats());
    let mut offers: Vec<Offer> = Vec::new();
    for theirs in listed.unwrap_or_default() {
        let Some((_, format)) = FORMATS.into_iter().find(|(format, _)| *format == theirs.format())
        else {
            continue;
        };
        let (width, height, rate) =
            (theirs.width(), theirs.height(), FrameRate::whole(theirs.frame_rate().max(1)));
        let same = |offer: &&mut Offer| {
            (offer.format, offer.width, offer.height) == (format, width, height)
        };
        match offers.iter_mut().find(same) {
            Some(offer) => offer.rates.push(rate),
            None => offers.push(Offer { format, width, height, rates: vec![rate] }),
        }
    }
    offers
}

/// nokhwa has texts, not kinds; a camera that can't be opened is most often
/// used by someone else.
fn trouble_of(error: NokhwaError) -> Trouble {
    match error {
        NokhwaError::OpenDeviceError(..) => Trouble::Busy,
        other => Trouble::Failed(other.to_string()),
    }
}

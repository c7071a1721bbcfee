//! Cameras on macOS and Windows, by nokhwa: AVFoundation and Media Foundation.
//!
//! Its call for a picture has no time-out, and one for a camera that was pulled
//! out may never return. So it has a thread of its own, which is left where it is
//! when that happens.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat,
    RequestedFormatType, Resolution,
};
use nokhwa::{Buffer, Camera, NokhwaError};

use super::backend::{Arrival, Backend, Capture, Found};
use super::choose::{Mode, Offer, Wish};
use super::request::name_of;
use crate::media::FrameRate;
use crate::scene::{RawFormat, RawImage};
use crate::source::Trouble;
use crate::source::hold::is_held;
use crate::text::device;

/// The formats that both sides know.
const FORMATS: [(FrameFormat, RawFormat); 6] = [
    (FrameFormat::YUYV, RawFormat::Yuyv),
    (FrameFormat::NV12, RawFormat::Nv12),
    (FrameFormat::GRAY, RawFormat::Grey),
    (FrameFormat::RAWRGB, RawFormat::Rgb),
    (FrameFormat::RAWBGR, RawFormat::Bgr),
    (FrameFormat::MJPEG, RawFormat::Mjpeg),
];

/// Every format of nokhwa's.
const ALL: [FrameFormat; 6] = [
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::GRAY,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
    FrameFormat::MJPEG,
];

/// A camera has opened by then, or its driver does not return.
const OPENS_WITHIN: Duration = Duration::from_secs(8);

/// A camera that is let go of has closed by then.
const CLOSES_WITHIN: Duration = Duration::from_secs(1);

/// The rate that is asked for where none is known.
const USUAL_FPS: u32 = 30;

/// The system's cameras.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Native;

impl Backend for Native {
    fn list(&self) -> Vec<Found> {
        let mut all = query();
        // To ask a camera what it can do opens it and changes how it is set, which
        // one that is live would not survive.
        for camera in all.iter_mut().filter(|camera| !is_held(&camera.id)) {
            camera.offers = ask(camera);
        }
        all
    }

    fn find(&self, id: Option<&str>, _place: Option<&str>) -> Option<Found> {
        query().into_iter().find(|camera| id.is_none_or(|id| camera.id == id))
    }

    fn offers(&self, camera: &Found, _: &Wish) -> Vec<Offer> {
        ask(camera)
    }

    fn open(&self, camera: &Found, mode: &Mode) -> Result<Box<dyn Capture>, Trouble> {
        if !nokhwa::nokhwa_check() {
            // Asks the person for permission, where the system wants that.
            nokhwa::nokhwa_initialize(|_| ());
            return Err(Trouble::Denied);
        }
        let slot = Arc::new(Slot::default());
        let (theirs, address, mode) = (Arc::clone(&slot), camera.address.clone(), *mode);
        let run = move || {
            let end = pump(address, &mode, &theirs);
            theirs.change(|state| (state.ended, state.has_opened) = (Some(end), true));
        };
        thread::Builder::new()
            .name("camera driver".into())
            .spawn(run)
            .map_err(|error| Trouble::Failed(error.to_string()))?;
        let capture = NativeCapture { slot, mode };
        capture.wait_until_open()?;
        Ok(Box::new(capture))
    }
}

/// What a camera can do, for which it is opened.
fn ask(camera: &Found) -> Vec<Offer> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &ALL);
    let camera = Camera::new(CameraIndex::String(camera.address.clone()), any);
    let listed = camera.and_then(|mut camera| camera.compatible_camera_formats());
    collect(&listed.unwrap_or_default())
}

/// All cameras, none of which is asked anything. The identity is what the system
/// itself names the camera by, and what it is opened by: a unique number on macOS,
/// a path with the socket in it on Windows. A number in a list would be another
/// camera's as soon as one is pulled out.
fn query() -> Vec<Found> {
    let found = |info: &CameraInfo| {
        let (name, unique) = (info.human_name(), info.misc());
        let id = if unique.is_empty() { name.clone() } else { unique };
        Found { address: id.clone(), place: id.clone(), id, name, ..Found::default() }
    };
    nokhwa::query(ApiBackend::Auto).unwrap_or_default().iter().map(found).collect()
}

/// Modes of the same format and size as one offer.
fn collect(listed: &[CameraFormat]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for theirs in listed {
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

/// Opens a camera and hands over its pictures until nobody wants them any more.
/// All that touches the camera happens here.
fn pump(address: String, mode: &Mode, slot: &Slot) -> Result<(), Trouble> {
    let format = FORMATS.into_iter().find(|(_, raw)| *raw == mode.format);
    let (format, _) =
        format.ok_or_else(|| Trouble::Failed(device::error::UNKNOWN_FORMAT.into()))?;
    let fps = mode.rate.map_or(USUAL_FPS, |rate| rate.as_f64().round() as u32);
    let exact = CameraFormat::new(Resolution::new(mode.width, mode.height), format, fps);
    let request = RequestedFormat::with_formats(RequestedFormatType::Exact(exact), &ALL);
    let mut camera = Camera::new(CameraIndex::String(address), request).map_err(trouble_of)?;
    camera.open_stream().map_err(trouble_of)?;
    slot.change(|state| state.has_opened = true);
    loop {
        let picture = camera.frame().map_err(trouble_of)?;
        let goes_on = slot.change(|state| {
            state.passed += u64::from(state.picture.replace(picture).is_some());
            !state.is_closed
        });
        if !goes_on {
            return Ok(());
        }
    }
}

/// Between the thread with the camera and the one that wants its pictures.
#[derive(Default)]
struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The newest picture.
    picture: Option<Buffer>,
    /// Pictures in whose place a newer one came.
    passed: u64,
    has_opened: bool,
    /// Nobody wants pictures any more.
    is_closed: bool,
    /// What the thread with the camera ended with.
    ended: Option<Result<(), Trouble>>,
}

impl Slot {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Waits until something is so, but for no longer than `timeout`.
    fn wait(&self, timeout: Duration, done: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let until = Instant::now() + timeout;
        let mut state = self.lock();
        while !done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct NativeCapture {
    slot: Arc<Slot>,
    mode: Mode,
}

impl NativeCapture {
    fn wait_until_open(&self) -> Result<(), Trouble> {
        let state = self.slot.wait(OPENS_WITHIN, |state| state.has_opened);
        match &state.ended {
            Some(end) => end.clone(),
            None if state.has_opened => Ok(()),
            None => Err(Trouble::Stalled),
        }
    }
}

impl Capture for NativeCapture {
    fn mode(&self) -> String {
        let Mode { format, width, height, rate } = self.mode;
        device::delivers::mode(width, height, name_of(format), rate)
    }

    /// What was asked for: what Media Foundation says of it is not to be relied on.
    fn rate(&self) -> Option<FrameRate> {
        self.mode.rate
    }

    fn next(
        &mut self,
        timeout: Duration,
        take: &mut dyn FnMut(RawImage<'_>, Duration),
    ) -> Result<Arrival, Trouble> {
        let something = |state: &State| state.picture.is_some() || state.ended.is_some();
        let (picture, passed) = {
            let mut state = self.slot.wait(timeout, something);
            if let (None, Some(end)) = (&state.picture, &state.ended) {
                end.clone()?;
            }
            (state.picture.take(), std::mem::take(&mut state.passed))
        };
        let Some(picture) = picture else { return Ok(Arrival::default()) };
        let (size, theirs) = (picture.resolution(), picture.source_frame_format());
        let known = FORMATS.into_iter().find(|(format, _)| *format == theirs);
        if let Some((_, format)) = known {
            let image = RawImage::packed(format, size.width(), size.height(), picture.buffer());
            take(image, age(&picture));
        }
        Ok(Arrival { picture: true, passed, lost: 0 })
    }
}

impl Drop for NativeCapture {
    fn drop(&mut self) {
        self.slot.change(|state| state.is_closed = true);
        // So that whoever opens it next does not find it in use.
        drop(self.slot.wait(CLOSES_WITHIN, |state| state.ended.is_some()));
    }
}

/// How long ago a picture was taken, where the system says so.
fn age(picture: &Buffer) -> Duration {
    const TRUSTED: Duration = Duration::from_secs(2);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let age = picture.capture_timestamp().and_then(|taken| now.checked_sub(taken));
    age.filter(|age| *age <= TRUSTED).unwrap_or_default()
}

/// nokhwa has texts, not kinds. A device that can't be opened is one that it did
/// not find; what Media Foundation and AVFoundation said themselves stands in the
/// texts of the others.
fn trouble_of(error: NokhwaError) -> Trouble {
    const IN_USE: [&str; 4] = ["Already in use", "being used", "0xC00D3704", "0xC00D3EA3"];
    const GONE: [&str; 1] = ["0xC00D3EA2"];
    const DENIED: [&str; 2] = ["0x80070005", "not authorized"];
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match error {
        _ if says(&IN_USE) => Trouble::Busy,
        _ if says(&DENIED) => Trouble::Denied,
        _ if says(&GONE) => Trouble::Missing,
        NokhwaError::OpenDeviceError(what, _) if !what.starts_with("Cannot fulfill") => {
            Trouble::Missing
        }
        _ => Trouble::Failed(text),
    }
}

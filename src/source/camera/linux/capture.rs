//! A V4L2 camera that is open and streaming into mapped buffers.

use std::io;
use std::time::Duration;

use v4l::buffer::{Flags, Metadata, Type};
use v4l::device::{Device, Handle};
use v4l::fraction::Fraction;
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;

use super::formats::{FORMATS, colour, raw_format};
use super::ioctl::{self, Format};
use super::trouble_of;
use crate::media::FrameRate;
use crate::scene::{RawFormat, RawImage};
use crate::source::Trouble;
use crate::source::camera::backend::{Arrival, Capture};
use crate::source::camera::choose::Mode;

/// Buffers that the driver may fill ahead.
const BUFFERS: u32 = 4;

/// Sizes beyond this are a driver's mistake.
const MAX_SIDE: u32 = 8_192;

pub(super) struct V4lCapture {
    format: Format,
    layout: RawFormat,
    rate: Option<FrameRate>,
    stream: Stream<'static>,
    /// The last JPEG picture. It is short and takes long to decode; a driver that
    /// does not keep its hands off our buffer in that time would tear it.
    jpeg: Vec<u8>,
    /// Whether a buffer is in our hands, which the next call gives back.
    holding: bool,
}

impl V4lCapture {
    /// Sets the mode and makes ready to stream. What state the camera was left
    /// in does not matter: format and rate are both set.
    pub fn open(device: Device, mode: &Mode) -> Result<Self, Trouble> {
        let format = set_format(&device, mode)?;
        let layout = raw_format(format.fourcc).ok_or_else(|| odd(&format))?;
        if format.width.max(format.height) > MAX_SIDE || format.width.min(format.height) < 2 {
            return Err(odd(&format));
        }
        let rate = set_rate(&device, mode.rate);
        let stream = Stream::with_buffers(&device, Type::VideoCapture, BUFFERS);
        let stream = stream.map_err(trouble_of)?;
        let mut capture = Self { format, layout, rate, stream, jpeg: Vec::new(), holding: false };
        capture.start()?;
        Ok(capture)
    }

    /// Starts the stream without waiting for its first picture. The crate does
    /// both in one call, which is left by its time-out.
    fn start(&mut self) -> Result<(), Trouble> {
        self.stream.set_timeout(Duration::ZERO);
        match self.stream.next() {
            Ok(_) => self.holding = true,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            Err(error) => return Err(trouble_of(error)),
        }
        Ok(())
    }
}

/// Whether a picture is waiting, or comes within `timeout`.
fn wait(handle: &Handle, timeout: Duration) -> Result<bool, Trouble> {
    let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    match handle.poll(libc::POLLIN, millis) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(trouble_of(error)),
    }
}

/// The picture in a buffer.
fn image<'a>(format: &Format, layout: RawFormat, bytes: &'a [u8]) -> RawImage<'a> {
    let stride = match layout {
        RawFormat::Mjpeg => 0,
        layout => layout.row_bytes(format.width).max(format.stride as usize),
    };
    RawImage {
        format: layout,
        width: format.width,
        height: format.height,
        stride,
        colour: colour(format),
        bytes,
    }
}

impl Capture for V4lCapture {
    fn mode(&self) -> String {
        let Format { width, height, fourcc, .. } = self.format;
        let name = String::from_utf8_lossy(&fourcc).trim_end().to_owned();
        match self.rate {
            Some(rate) => format!("{width}×{height} {name}, {rate} fps"),
            None => format!("{width}×{height} {name}"),
        }
    }

    fn rate(&self) -> Option<FrameRate> {
        self.rate
    }

    fn next(
        &mut self,
        timeout: Duration,
        take: &mut dyn FnMut(RawImage<'_>, Duration),
    ) -> Result<Arrival, Trouble> {
        let mut arrival = Arrival::default();
        let handle = self.stream.handle();
        if !wait(&handle, timeout)? {
            return Ok(arrival);
        }
        if !self.holding {
            // The first picture: the crate can take it but not show it.
            self.stream.dequeue().map_err(trouble_of)?;
            self.holding = true;
            return Ok(arrival);
        }
        loop {
            let (bytes, meta) = self.stream.next().map_err(trouble_of)?;
            if wait(&handle, Duration::ZERO)? {
                arrival.dropped += 1;
            } else if is_damaged(meta) {
                arrival.dropped += 1;
                arrival.picture = true;
                return Ok(arrival);
            } else {
                let mut bytes = &bytes[..bytes.len().min(meta.bytesused as usize)];
                if self.layout == RawFormat::Mjpeg {
                    self.jpeg.clear();
                    self.jpeg.extend_from_slice(bytes);
                    bytes = &self.jpeg;
                }
                take(image(&self.format, self.layout, bytes), age(meta));
                arrival.picture = true;
                return Ok(arrival);
            }
        }
    }
}

fn is_damaged(meta: &Metadata) -> bool {
    meta.flags.contains(Flags::ERROR) || meta.bytesused == 0
}

fn set_format(device: &Device, mode: &Mode) -> Result<Format, Trouble> {
    let fourcc =
        FORMATS.iter().find(|(_, format)| *format == mode.format).map(|(fourcc, _)| *fourcc);
    let fourcc =
        fourcc.ok_or_else(|| Trouble::Failed(format!("no format for {:?}", mode.format)))?;
    ioctl::set_format(device, mode.width, mode.height, fourcc).map_err(trouble_of)
}

/// Asks for a rate; answers the one that was set. A camera that can't be asked
/// keeps its own.
fn set_rate(device: &Device, rate: Option<FrameRate>) -> Option<FrameRate> {
    let wanted = rate?;
    let interval = Fraction::new(wanted.den, wanted.num);
    let got = device.set_params(&Parameters::new(interval)).ok()?.interval;
    (got.numerator > 0 && got.denominator > 0)
        .then_some(FrameRate { num: got.denominator, den: got.numerator })
}

fn odd(format: &Format) -> Trouble {
    let name = String::from_utf8_lossy(&format.fourcc).into_owned();
    Trouble::Failed(format!("the camera set itself to {}×{} {name}", format.width, format.height))
}

/// How long ago the picture was taken, by the driver's stamp; none where it has
/// no stamp of the system's clock.
fn age(meta: &Metadata) -> Duration {
    const TRUSTED: Duration = Duration::from_secs(2);
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the struct that it is given.
    let asked = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    let monotonic =
        meta.flags.bits() & Flags::TIMESTAMP_MASK.bits() == Flags::TIMESTAMP_MONOTONIC.bits();
    if asked != 0 || !monotonic {
        return Duration::ZERO;
    }
    let micros =
        (now.tv_sec - meta.timestamp.sec) * 1_000_000 + now.tv_nsec / 1_000 - meta.timestamp.usec;
    let age = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    if age > TRUSTED { Duration::ZERO } else { age }
}

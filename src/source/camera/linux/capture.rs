//! A V4L2 camera that is open and streaming into mapped buffers.

use std::time::{Duration, Instant};

use v4l::device::Device;
use v4l::fraction::Fraction;
use v4l::video::Capture as _;
use v4l::video::capture::Parameters;

use super::formats::{colour, fourcc, raw_format};
use super::ioctl::{self, Format};
use super::stream::{Filled, Stream};
use super::trouble_of;
use crate::media::FrameRate;
use crate::scene::{RawFormat, RawImage};
use crate::source::Trouble;
use crate::source::camera::backend::{Arrival, Capture};
use crate::source::camera::choose::Mode;
use crate::text::device;

/// Buffers that the driver may fill ahead.
const BUFFERS: u32 = 4;

/// Sizes beyond this are a driver's mistake.
pub(super) const MAX_SIDE: u32 = 8_192;

pub(super) struct V4lCapture {
    format: Format,
    layout: RawFormat,
    rate: Option<FrameRate>,
    stream: Stream,
    /// The last JPEG picture. It is short and takes long to decode; a driver that
    /// does not keep its hands off our buffer in that time would tear it.
    jpeg: Vec<u8>,
    numbers: Numbers,
    /// When the last picture was taken from the driver, and for how long we were
    /// busy with it.
    taken: Option<Instant>,
    busy: Duration,
}

/// The numbers of pictures, as the driver counts them.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    last: Option<u32>,
}

impl Numbers {
    /// How many are missing between the last picture and this one.
    fn missing_before(&mut self, number: u32) -> u64 {
        // A driver that counts backwards, or not at all, has lost nothing.
        const MOST: u32 = 10_000;
        let Some(last) = self.last.replace(number) else { return 0 };
        let missing = number.wrapping_sub(last).wrapping_sub(1);
        if missing < MOST { u64::from(missing) } else { 0 }
    }
}

impl V4lCapture {
    /// Sets the mode and starts to stream. What state the camera was left in does
    /// not matter: format and rate are both set.
    pub fn open(device: &Device, mode: &Mode) -> Result<Self, Trouble> {
        let format = set_format(device, mode)?;
        let layout = raw_format(format.fourcc).ok_or_else(|| odd(&format))?;
        if format.width.max(format.height) > MAX_SIDE || format.width.min(format.height) < 2 {
            return Err(odd(&format));
        }
        let rate = set_rate(device, mode.rate);
        let stream = Stream::start(device, BUFFERS).map_err(trouble_of)?;
        Ok(Self {
            format,
            layout,
            rate,
            stream,
            jpeg: Vec::new(),
            numbers: Numbers::default(),
            taken: None,
            busy: Duration::ZERO,
        })
    }

    /// The newest of the pictures that are waiting; older ones are passed over.
    fn newest(&mut self, arrival: &mut Arrival) -> std::io::Result<Option<Filled>> {
        let mut newest: Option<Filled> = None;
        // With no buffer left to fill the driver has no choice.
        let mut ours = self.was_away();
        while let Some(filled) = self.stream.take()? {
            self.taken = Some(Instant::now());
            let missing = self.numbers.missing_before(filled.sequence);
            *(if ours { &mut arrival.passed } else { &mut arrival.lost }) += missing;
            if let Some(older) = newest.replace(filled) {
                arrival.passed += 1;
                self.stream.give_back(older)?;
            }
            if !self.stream.wait(Duration::ZERO)? {
                break;
            }
            ours = true;
        }
        Ok(newest)
    }

    /// Whether we were busy for so long with the last picture that the driver had
    /// filled all buffers.
    fn was_away(&self) -> bool {
        let full = self.rate.map_or(Duration::MAX, |rate| rate.interval() * (BUFFERS - 2));
        self.busy >= full
    }

    fn show(&mut self, filled: &Filled, take: &mut dyn FnMut(RawImage<'_>, Duration)) {
        let mut bytes = self.stream.bytes(filled);
        if self.layout == RawFormat::Mjpeg {
            self.jpeg.clear();
            self.jpeg.extend_from_slice(bytes);
            bytes = &self.jpeg;
        }
        take(image(&self.format, self.layout, bytes), age(filled.taken));
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
        device::delivers::mode(width, height, &name, self.rate)
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
        // Once for each picture: what comes after is waiting.
        if let Some(taken) = self.taken.take() {
            self.busy = taken.elapsed();
        }
        if !self.stream.wait(timeout).map_err(trouble_of)? {
            return Ok(arrival);
        }
        if let Some(filled) = self.newest(&mut arrival).map_err(trouble_of)? {
            arrival.picture = true;
            if filled.is_damaged {
                arrival.lost += 1;
            } else {
                self.show(&filled, take);
            }
            self.stream.give_back(filled).map_err(trouble_of)?;
        }
        Ok(arrival)
    }
}

fn set_format(device: &Device, mode: &Mode) -> Result<Format, Trouble> {
    let fourcc = fourcc(mode.format, &ioctl::formats(device))
        .ok_or_else(|| Trouble::Failed(device::error::no_format(&format!("{:?}", mode.format))))?;
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
    Trouble::Failed(device::error::other_mode(format.width, format.height, &name))
}

/// How long ago a picture was taken, by the driver's stamp in µs; none where it
/// has no stamp of the system's clock.
fn age(taken: Option<i64>) -> Duration {
    const TRUSTED: Duration = Duration::from_secs(2);
    let Some(taken) = taken else { return Duration::ZERO };
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call fills in the struct that it is given.
    if unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) } != 0 {
        return Duration::ZERO;
    }
    let micros = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000 - taken;
    let age = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    if age > TRUSTED { Duration::ZERO } else { age }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_are_missing_are_counted_by_their_numbers() {
        let mut numbers = Numbers::default();
        let missing = [7, 8, 10, 10, 9, 12, u32::MAX, 0, 2].map(|n| numbers.missing_before(n));
        assert_eq!(missing, [0, 0, 1, 0, 0, 2, 0, 0, 1]);
    }
}

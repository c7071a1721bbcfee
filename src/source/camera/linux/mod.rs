//! Cameras on Linux: V4L2, by the crate that nokhwa's backend uses too.
//!
//! Straight on it, for a camera must open whatever state it was left in, at any
//! rate, and must never block for ever.

mod capture;
mod formats;
mod identity;
mod ioctl;

use std::fs;
use std::io;

use v4l::device::Device;
use v4l::format::FourCC;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture as _;

use self::capture::V4lCapture;
use super::backend::{Backend, Capture, Found};
use super::choose::{Mode, Offer};
use crate::media::FrameRate;
use crate::source::Trouble;

/// The kernel's cameras.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct V4l;

impl Backend for V4l {
    fn list(&self) -> Vec<Found> {
        let mut found: Vec<Found> = nodes().iter().filter_map(|node| look_at(node)).collect();
        tell_twins_apart(&mut found);
        found
    }

    fn open(&self, camera: &Found, mode: &Mode) -> Result<Box<dyn Capture>, Trouble> {
        let device = Device::with_path(&camera.address).map_err(trouble_of)?;
        Ok(Box::new(V4lCapture::open(device, mode)?))
    }
}

/// The names of the device nodes, in the order of their numbers.
fn nodes() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/dev") else { return Vec::new() };
    let mut numbers: Vec<u32> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("video")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.iter().map(|number| format!("video{number}")).collect()
}

/// What a node is, if it is a camera. One that this program may not open is
/// listed by what the system says of it, so that its owner can be told.
fn look_at(node: &str) -> Option<Found> {
    let address = format!("/dev/{node}");
    match Device::with_path(&address) {
        Ok(device) => {
            let caps = ioctl::caps(&device).ok().filter(ioctl::Caps::is_camera)?;
            let id = identity::identity(node, &caps.bus);
            Some(Found { id, name: caps.card, address, offers: offers(&device), trouble: None })
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let name = fs::read_to_string(format!("/sys/class/video4linux/{node}/name")).ok()?;
            let id = identity::identity(node, node);
            let first_node = !id.contains('#');
            first_node.then(|| Found {
                id,
                name: name.trim().into(),
                address,
                offers: Vec::new(),
                trouble: Some(Trouble::Denied),
            })
        }
        Err(_) => None,
    }
}

/// Gives cameras that claim the same identity a number each.
fn tell_twins_apart(found: &mut [Found]) {
    for n in 1..found.len() {
        let (before, rest) = found.split_at_mut(n);
        let twins =
            before.iter().filter(|other| other.id.split('~').next() == Some(&rest[0].id)).count();
        if twins > 0 {
            rest[0].id = format!("{}~{}", rest[0].id, twins + 1);
        }
    }
}

/// All modes whose format can be converted.
fn offers(device: &Device) -> Vec<Offer> {
    let mut offers = Vec::new();
    for fourcc in ioctl::formats(device) {
        let Some(format) = formats::raw_format(fourcc) else { continue };
        let fourcc = FourCC::new(&fourcc);
        for (width, height) in sizes(device, fourcc) {
            offers.push(Offer {
                format,
                width,
                height,
                rates: rates(device, fourcc, width, height),
            });
        }
    }
    offers
}

/// Sizes that are tried of a camera that has any.
const COMMON_SIZES: [(u32, u32); 7] =
    [(320, 240), (640, 360), (640, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)];

fn sizes(device: &Device, fourcc: FourCC) -> Vec<(u32, u32)> {
    let listed = device.enum_framesizes(fourcc).unwrap_or_default();
    let mut sizes = Vec::new();
    for listed in listed {
        match listed.size {
            FrameSizeEnum::Discrete(size) => sizes.push((size.width, size.height)),
            FrameSizeEnum::Stepwise(steps) => {
                sizes.push((steps.max_width, steps.max_height));
                sizes.extend(COMMON_SIZES.iter().filter(|(width, height)| {
                    (steps.min_width..steps.max_width).contains(width)
                        && (steps.min_height..steps.max_height).contains(height)
                        && (width - steps.min_width).is_multiple_of(steps.step_width.max(1))
                        && (height - steps.min_height).is_multiple_of(steps.step_height.max(1))
                }));
            }
        }
    }
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// Rates that are tried of a camera that has any.
const COMMON_RATES: [u32; 7] = [5, 10, 15, 24, 25, 30, 60];

fn rates(device: &Device, fourcc: FourCC, width: u32, height: u32) -> Vec<FrameRate> {
    let listed = device.enum_frameintervals(fourcc, width, height).unwrap_or_default();
    let rate = |interval: v4l::fraction::Fraction| {
        (interval.numerator > 0 && interval.denominator > 0)
            .then_some(FrameRate { num: interval.denominator, den: interval.numerator })
    };
    let mut rates = Vec::new();
    for listed in listed {
        match listed.interval {
            FrameIntervalEnum::Discrete(interval) => rates.extend(rate(interval)),
            FrameIntervalEnum::Stepwise(steps) => {
                let (Some(highest), Some(lowest)) = (rate(steps.min), rate(steps.max)) else {
                    continue;
                };
                rates.extend([highest, lowest]);
                let between = lowest.as_f64()..highest.as_f64();
                rates.extend(
                    COMMON_RATES
                        .map(FrameRate::whole)
                        .into_iter()
                        .filter(|r| between.contains(&r.as_f64())),
                );
            }
        }
    }
    rates.sort_by(|a, b| b.as_f64().total_cmp(&a.as_f64()));
    rates.dedup();
    rates
}

/// What an error of the system means for the person.
fn trouble_of(error: io::Error) -> Trouble {
    match error.raw_os_error() {
        Some(libc::ENOENT | libc::ENODEV | libc::ENXIO) => Trouble::Missing,
        Some(libc::EBUSY) => Trouble::Busy,
        Some(libc::EACCES | libc::EPERM) => Trouble::Denied,
        _ if error.kind() == io::ErrorKind::TimedOut => Trouble::Stalled,
        _ => Trouble::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(id: &str) -> Found {
        Found {
            id: id.into(),
            name: String::new(),
            address: String::new(),
            offers: Vec::new(),
            trouble: None,
        }
    }

    #[test]
    fn twins_are_numbered() {
        let mut cameras = ["a", "b", "a", "a"].map(found);
        tell_twins_apart(&mut cameras);
        assert_eq!(cameras.map(|camera| camera.id), ["a", "b", "a~2", "a~3"]);
    }

    #[test]
    fn errors_are_told_apart() {
        let of = |code| trouble_of(io::Error::from_raw_os_error(code));
        assert_eq!(of(libc::ENODEV), Trouble::Missing);
        assert_eq!(of(libc::EBUSY), Trouble::Busy);
        assert_eq!(of(libc::EACCES), Trouble::Denied);
        assert!(matches!(of(libc::EIO), Trouble::Failed(_)));
    }
}

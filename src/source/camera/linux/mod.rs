//! Cameras on Linux: V4L2, by the crate that nokhwa's backend uses too.
//!
//! Straight on it, for a camera must open whatever state it was left in, at any
//! rate, and must never block for ever.

mod capture;
mod formats;
mod identity;
mod ioctl;
mod sizes;
mod stream;

use std::fs;
use std::io;

use v4l::device::Device;

use self::capture::V4lCapture;
use self::identity::Node;
use self::ioctl::{Interval, Sizes};
use super::backend::{Backend, Capture, Found};
use super::choose::{Mode, Offer, Wish};
use crate::media::FrameRate;
use crate::source::Trouble;
use crate::source::error::words;
use crate::text::device::error;

/// The kernel's cameras.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct V4l;

impl Backend for V4l {
    fn list(&self) -> Vec<Found> {
        let mut found: Vec<Found> = identity::nodes().iter().filter_map(look_at).collect();
        // What can't be used is no default.
        found.sort_by_key(|camera| camera.offers.is_empty());
        found
    }

    fn find(&self, id: Option<&str>, place: Option<&str>) -> Option<Found> {
        let nodes = identity::nodes();
        let Some(id) = id else {
            return first(nodes.iter().filter_map(look_at));
        };
        look_at(identity::pick(&nodes, id, place)?)
    }

    fn offers(&self, camera: &Found, wish: &Wish) -> Vec<Offer> {
        let wanted: Vec<_> = [Some((wish.layout.width, wish.layout.height)), wish.size]
            .into_iter()
            .flatten()
            .collect();
        let again = camera.any_size.then(|| Device::with_path(&camera.address));
        let device = again.and_then(Result::ok);
        device.map_or_else(|| camera.offers.clone(), |device| offers(&device, &wanted).0)
    }

    fn open(&self, camera: &Found, mode: &Mode) -> Result<Box<dyn Capture>, Trouble> {
        let device = Device::with_path(&camera.address).map_err(trouble_of)?;
        Ok(Box::new(V4lCapture::open(&device, mode)?))
    }
}

/// The first camera that can be used, or else the first. No more are asked than
/// needed.
fn first(cameras: impl Iterator<Item = Found>) -> Option<Found> {
    let mut useless = None;
    for camera in cameras {
        if !camera.offers.is_empty() {
            return Some(camera);
        }
        useless.get_or_insert(camera);
    }
    useless
}

/// What a node is, if it is a camera. One that this program may not open is
/// listed by what the system says of it, so that its owner can be told.
fn look_at(node: &Node) -> Option<Found> {
    let mut found = Found {
        id: node.id.clone(),
        place: node.place.clone(),
        address: format!("/dev/{}", node.node),
        ..Found::default()
    };
    match Device::with_path(&found.address).map_err(trouble_of) {
        Ok(device) => {
            let caps = ioctl::caps(&device).ok()?;
            if caps.is_camera() {
                (found.offers, found.unknown) = offers(&device, &[]);
                found.any_size = has_ranges(&device);
            } else if caps.is_multi_planar() {
                found.unknown.push(MULTI_PLANAR.into());
            } else {
                return None;
            }
            found.name = caps.card;
        }
        // Not the nodes beside the first, which are for metadata.
        Err(trouble @ (Trouble::Denied | Trouble::Busy)) if !node.id.contains('#') => {
            let name = format!("/sys/class/video4linux/{}/name", node.node);
            found.name = fs::read_to_string(name).ok()?.trim().into();
            found.trouble = Some(trouble);
        }
        Err(_) => return None,
    }
    Some(found)
}

/// What stands among the formats of a camera whose pictures come in several buffers.
const MULTI_PLANAR: &str = "multi-planar";

/// All modes whose format can be converted, with those of `wanted` sizes where the
/// camera has any size, and the formats that can't be.
fn offers(device: &Device, wanted: &[(u32, u32)]) -> (Vec<Offer>, Vec<String>) {
    let (mut offers, mut unknown) = (Vec::<Offer>::new(), Vec::new());
    for fourcc in ioctl::formats(device) {
        let Some(format) = formats::raw_format(fourcc) else {
            unknown.push(String::from_utf8_lossy(&fourcc).trim_end().into());
            continue;
        };
        // Under another name it was there already.
        if offers.iter().any(|offer| offer.format == format) {
            continue;
        }
        for (width, height) in sizes_of(device, fourcc, wanted) {
            let rates = rates(&ioctl::intervals(device, fourcc, width, height));
            offers.push(Offer { format, width, height, rates });
        }
    }
    (offers, unknown)
}

/// Whether it has ranges of sizes, and so any that suits.
fn has_ranges(device: &Device) -> bool {
    let is_range = |size: &Sizes| matches!(size, Sizes::Range(..));
    ioctl::formats(device)
        .into_iter()
        .any(|fourcc| ioctl::sizes(device, fourcc).iter().any(is_range))
}

fn sizes_of(device: &Device, fourcc: [u8; 4], wanted: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut sizes = sizes::of(&ioctl::sizes(device, fourcc), wanted);
    // Grabbers may have no list, only what their input is set to.
    if sizes.is_empty() {
        sizes.extend(ioctl::own_size(device, fourcc));
    }
    sizes
}

/// Rates that are tried of a camera that has any.
const COMMON_RATES: [u32; 7] = [5, 10, 15, 24, 25, 30, 60];

fn rates(listed: &[[Interval; 2]]) -> Vec<FrameRate> {
    let rate =
        |(num, den): Interval| (num > 0 && den > 0).then_some(FrameRate { num: den, den: num });
    let mut rates = Vec::new();
    for [shortest, longest] in listed {
        let (Some(highest), Some(lowest)) = (rate(*shortest), rate(*longest)) else { continue };
        rates.push(highest);
        if shortest != longest {
            let between = lowest.as_f64()..highest.as_f64();
            let common = COMMON_RATES.map(FrameRate::whole).into_iter();
            rates.extend(common.filter(|rate| between.contains(&rate.as_f64())));
            rates.push(lowest);
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
        // Of a camera on USB, which means the bus.
        Some(libc::ENOSPC) => Trouble::Failed(error::NO_ROOM.into()),
        _ => Trouble::Failed(words(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_camera_of_use_is_the_default() {
        let camera =
            |id: &str, offers: Vec<Offer>| Found { id: id.into(), offers, ..Found::default() };
        let mode =
            Offer { format: crate::scene::RawFormat::Nv12, width: 2, height: 2, rates: Vec::new() };
        let infrared = || camera("infrared", Vec::new());
        let all = [infrared(), camera("a", vec![mode.clone()]), camera("b", vec![mode])];
        assert_eq!(first(all.into_iter()).unwrap().id, "a");
        assert_eq!(first([infrared()].into_iter()).unwrap().id, "infrared");
        assert!(first(std::iter::empty()).is_none());
    }

    #[test]
    fn rates_are_those_listed_and_of_a_range_the_usual_ones() {
        let fps = |listed: &[[Interval; 2]]| -> Vec<f64> {
            rates(listed).iter().map(|rate| rate.as_f64()).collect()
        };
        assert_eq!(fps(&[[(1, 15), (1, 15)], [(2, 25), (2, 25)]]), [15.0, 12.5]);
        assert_eq!(fps(&[[(1, 30), (1, 10)]]), [30.0, 25.0, 24.0, 15.0, 10.0]);
        assert_eq!(fps(&[[(0, 0), (0, 0)], [(1, 0), (1, 0)]]), [0.0; 0]);
    }

    #[test]
    fn errors_are_told_apart() {
        let of = |code| trouble_of(io::Error::from_raw_os_error(code));
        assert_eq!(of(libc::ENODEV), Trouble::Missing);
        assert_eq!(of(libc::EBUSY), Trouble::Busy);
        assert_eq!(of(libc::EACCES), Trouble::Denied);
        assert_eq!(of(libc::EIO), Trouble::Failed("Input/output error".into()));
        assert_eq!(of(libc::ENOSPC), Trouble::Failed(error::NO_ROOM.into()));
    }
}

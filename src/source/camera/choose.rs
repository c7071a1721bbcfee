//! Which of a camera's modes to take: the written rule.
//!
//! 1. What serves the output best: enough size and enough rate. Where the camera
//!    can't give both, a picture that moves well at half the sharpness is better
//!    than a sharp one that jerks: a mode is worth its share of the rate times
//!    the root of its share of the size. Grey is worth half.
//! 2. Among modes of equal worth, the least work: fewest pixels a second, each
//!    weighed by what its format costs. Raw YUV comes before RGB, and all raw
//!    formats before JPEG.

use crate::media::{FrameRate, Planes};
use crate::scene::RawFormat;

/// A mode that a camera offers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Offer {
    /// Layout of the pixels.
    pub format: RawFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Rates to choose from; empty where the driver does not say.
    pub rates: Vec<FrameRate>,
}

/// A mode to set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mode {
    /// Layout of the pixels.
    pub format: RawFormat,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Rate to ask for; `None`: whatever the driver has.
    pub rate: Option<FrameRate>,
}

/// What the output wants of a camera, and what the person insists on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wish {
    /// The output's size.
    pub layout: Planes,
    /// The output's rate.
    pub rate: FrameRate,
    /// This size and no other.
    pub size: Option<(u32, u32)>,
    /// This format and no other.
    pub format: Option<RawFormat>,
}

/// The rate that is assumed of a driver that does not say.
const UNKNOWN_FPS: f64 = 30.0;

/// Rates that differ by less are the same: 29.97 serves 30.
const SAME_RATE: f64 = 0.99;

/// Modes whose worth differs by less are equally good.
const SAME_WORTH: f64 = 0.02;

/// The best mode but for some, if any can be had.
pub(super) fn choose(offers: &[Offer], wish: &Wish, but: &[Mode]) -> Option<Mode> {
    let modes = || {
        let allowed = offers.iter().filter(|offer| wish.allows(offer));
        allowed.map(|offer| wish.mode(offer)).filter(|mode| !but.contains(mode))
    };
    let best = modes().map(|mode| wish.worth(&mode)).fold(0.0, f64::max);
    modes()
        .filter(|mode| wish.worth(mode) >= best - SAME_WORTH)
        .min_by(|a, b| work(a).total_cmp(&work(b)))
}

impl Wish {
    fn allows(&self, offer: &Offer) -> bool {
        self.format.is_none_or(|format| format == offer.format)
            && self.size.is_none_or(|size| size == (offer.width, offer.height))
            && offer.width >= 2
            && offer.height >= 2
    }

    /// The offer at the rate that suits: the lowest that is enough, or else the
    /// highest.
    fn mode(&self, offer: &Offer) -> Mode {
        let enough = |rate: &&FrameRate| rate.as_f64() >= self.rate.as_f64() * SAME_RATE;
        let by_rate = |a: &&FrameRate, b: &&FrameRate| a.as_f64().total_cmp(&b.as_f64());
        let lowest = offer.rates.iter().filter(enough).min_by(by_rate);
        let rate = lowest.or_else(|| offer.rates.iter().max_by(by_rate)).copied();
        Mode { format: offer.format, width: offer.width, height: offer.height, rate }
    }

    /// 1 for a mode that gives all that the output needs, towards 0 for less.
    fn worth(&self, mode: &Mode) -> f64 {
        let rate = fps(mode) / self.rate.as_f64();
        let rate = if rate >= SAME_RATE { 1.0 } else { rate };
        let share = |have: u32, want: u32| (f64::from(have) / f64::from(want)).min(1.0);
        let size = share(mode.width, self.layout.width) * share(mode.height, self.layout.height);
        let colour = if mode.format == RawFormat::Grey { 0.5 } else { 1.0 };
        rate * size.sqrt() * colour
    }
}

fn fps(mode: &Mode) -> f64 {
    mode.rate.map_or(UNKNOWN_FPS, FrameRate::as_f64)
}

/// Work a second, in pixels of the cheapest format.
fn work(mode: &Mode) -> f64 {
    let weight = match mode.format {
        RawFormat::I420 | RawFormat::Yv12 | RawFormat::Nv12 | RawFormat::Nv21 => 1.0,
        RawFormat::Grey => 1.0,
        RawFormat::Yuyv | RawFormat::Uyvy | RawFormat::Yvyu | RawFormat::Vyuy => 1.2,
        RawFormat::Nv16 | RawFormat::Nv61 | RawFormat::I422 => 1.2,
        RawFormat::Rgb | RawFormat::Bgr => 2.0,
        RawFormat::Rgbx | RawFormat::Bgrx => 2.2,
        RawFormat::Xrgb | RawFormat::Xbgr => 2.4,
        RawFormat::Mjpeg => 8.0,
    };
    f64::from(mode.width) * f64::from(mode.height) * fps(mode) * weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(width: u32, height: u32, fps: u32) -> Wish {
        Wish {
            layout: Planes::new(width, height),
            rate: FrameRate::whole(fps),
            size: None,
            format: None,
        }
    }

    fn offer(format: RawFormat, width: u32, height: u32, fps: &[u32]) -> Offer {
        Offer { format, width, height, rates: fps.iter().copied().map(FrameRate::whole).collect() }
    }

    /// A webcam on USB 2: raw only where the wire carries it.
    fn webcam() -> Vec<Offer> {
        vec![
            offer(RawFormat::Yuyv, 640, 480, &[30, 15]),
            offer(RawFormat::Yuyv, 1280, 720, &[10, 5]),
            offer(RawFormat::Yuyv, 1920, 1080, &[5]),
            offer(RawFormat::Mjpeg, 640, 480, &[30]),
            offer(RawFormat::Mjpeg, 1280, 720, &[30]),
            offer(RawFormat::Mjpeg, 1920, 1080, &[30]),
        ]
    }

    fn chosen(offers: &[Offer], wish: &Wish) -> (RawFormat, u32, u32) {
        let mode = choose(offers, wish, &[]).unwrap();
        (mode.format, mode.width, mode.height)
    }

    #[test]
    fn raw_is_taken_where_it_is_enough_and_jpeg_where_it_is_not() {
        assert_eq!(chosen(&webcam(), &wish(640, 480, 30)), (RawFormat::Yuyv, 640, 480));
        assert_eq!(chosen(&webcam(), &wish(1280, 720, 30)), (RawFormat::Mjpeg, 1280, 720));
        assert_eq!(chosen(&webcam(), &wish(1280, 720, 10)), (RawFormat::Yuyv, 1280, 720));
        assert_eq!(chosen(&webcam(), &wish(1920, 1080, 30)), (RawFormat::Mjpeg, 1920, 1080));
    }

    #[test]
    fn no_more_pixels_than_needed_are_taken() {
        assert_eq!(chosen(&webcam(), &wish(320, 240, 30)), (RawFormat::Yuyv, 640, 480));
    }

    #[test]
    fn smooth_comes_before_sharp_where_both_can_not_be_had() {
        let slow = [
            offer(RawFormat::Yuyv, 640, 360, &[40, 30, 25]),
            offer(RawFormat::Yuyv, 1280, 720, &[10]),
            offer(RawFormat::Yuyv, 3840, 2160, &[2]),
        ];
        assert_eq!(chosen(&slow, &wish(1280, 720, 30)), (RawFormat::Yuyv, 640, 360));
    }

    #[test]
    fn the_lowest_rate_that_is_enough_is_asked_for() {
        let offers = [offer(RawFormat::Nv12, 640, 360, &[60, 30, 25, 15])];
        let rate = |fps| choose(&offers, &wish(640, 360, fps), &[]).unwrap().rate.unwrap();
        assert_eq!(
            [rate(30), rate(20), rate(60), rate(120)].map(|rate| rate.num),
            [30, 25, 60, 60]
        );
        let ntsc = FrameRate { num: 30_000, den: 1_001 };
        let offers = [Offer { rates: vec![FrameRate::whole(60), ntsc], ..offers[0].clone() }];
        assert_eq!(choose(&offers, &wish(640, 360, 30), &[]).unwrap().rate, Some(ntsc));
    }

    #[test]
    fn grey_is_taken_only_where_nothing_else_is() {
        let grey = offer(RawFormat::Grey, 1280, 720, &[60]);
        let colour = offer(RawFormat::Mjpeg, 1280, 720, &[30]);
        assert_eq!(chosen(&[grey.clone(), colour], &wish(1280, 720, 30)).0, RawFormat::Mjpeg);
        assert_eq!(chosen(&[grey], &wish(1280, 720, 30)).0, RawFormat::Grey);
    }

    #[test]
    fn what_the_person_insists_on_is_taken_or_nothing() {
        let mut wish = wish(1280, 720, 30);
        wish.size = Some((640, 480));
        assert_eq!(chosen(&webcam(), &wish), (RawFormat::Yuyv, 640, 480));
        wish.format = Some(RawFormat::Mjpeg);
        assert_eq!(chosen(&webcam(), &wish), (RawFormat::Mjpeg, 640, 480));
        wish.format = Some(RawFormat::Nv12);
        assert_eq!(choose(&webcam(), &wish, &[]), None);
        assert_eq!(choose(&[], &wish, &[]), None);
    }

    #[test]
    fn a_driver_that_names_no_rates_is_taken_at_its_word() {
        let offers = [offer(RawFormat::Yuyv, 640, 480, &[])];
        assert_eq!(choose(&offers, &wish(640, 480, 30), &[]).unwrap().rate, None);
    }
}

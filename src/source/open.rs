//! One door to all sources: what was asked for in, a source out.

use super::turned::Turned;
use super::{
    AudioSource, AudioSpec, Camera, Error, Microphone, StillPicture, TestPicture, TestTone,
    VideoSource, VideoSpec,
};
use crate::media::{Clock, FrameRate, Planes};

/// Opens a picture for an output of this size and rate; `None` for none.
///
/// Returns at once: a device opens on a thread of its own, and until it shows
/// something, its source says so.
pub fn open_video(
    spec: &VideoSpec,
    layout: Planes,
    rate: FrameRate,
    clock: Clock,
) -> Result<Option<Box<dyn VideoSource>>, Error> {
    Ok(match spec {
        VideoSpec::None => None,
        VideoSpec::Delayed(of, _) => return open_video(of, layout, rate, clock),
        VideoSpec::Test => Some(Box::new(TestPicture::new(layout, rate))),
        VideoSpec::Default => Some(Box::new(Camera::open("", layout, rate, clock)?)),
        VideoSpec::Camera(asked) => Some(Box::new(Camera::open(asked, layout, rate, clock)?)),
        VideoSpec::Picture(path) => Some(Box::new(StillPicture::open(path)?)),
        VideoSpec::With(of, options) => {
            let turn = of.turn(options).map_err(Error::Request)?;
            // Of the size that fills the output when it is turned.
            let source = open_video(of, turn.layout(layout), rate, clock)?;
            source.map(|source| Box::new(Turned { source, turn }) as Box<dyn VideoSource>)
        }
    })
}

/// Opens a sound beside a picture of this rate; `None` for none. Returns at once.
pub fn open_audio(
    spec: &AudioSpec,
    rate: FrameRate,
    clock: Clock,
) -> Result<Option<Box<dyn AudioSource>>, Error> {
    Ok(match spec {
        AudioSpec::None => None,
        AudioSpec::Delayed(of, _) => return open_audio(of, rate, clock),
        AudioSpec::Test => Some(Box::new(TestTone::new(rate))),
        AudioSpec::Default => Some(Box::new(Microphone::open("", clock)?)),
        AudioSpec::Microphone(asked) => Some(Box::new(Microphone::open(asked, clock)?)),
        AudioSpec::With(..) => return Err(Error::Request(spec.check().err().unwrap_or_default())),
    })
}

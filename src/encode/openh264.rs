//! H.264 by OpenH264: Main profile, one reference, no B pictures; one slice, or
//! one a thread where one thread is not enough.
//!
//! Keyframes are counted here and forced, so that their distance is exact and a
//! forced one starts the count anew; the library's own scene-cut keyframes are
//! off. So is its rate control, which holds a bitrate only by skipping frames:
//! [`RateControl`] chooses each frame's quantiser.

mod raw;

use std::os::raw::c_int;

use bytes::Bytes;
use openh264_sys2 as sys;

use self::raw::{Code, Raw};
use super::filler::Filler;
use super::rate::{Novelty, RateControl};
use super::{Error, VideoEncoder, VideoSettings};
use crate::media::{Effort, MediaTime, Packet, Track, TrackConfig, VideoConfig, VideoFrame};
use crate::protocol::h264::{DecoderConfig, NalType};
use crate::text::encoder as text;

/// The codec's name in errors.
const CODEC: &str = "H.264";

/// The library refuses to hear of more frames a second; it encodes them all the
/// same.
const MAX_FPS: f64 = 60.0;

/// Opens an encoder for the registry.
pub(super) fn open(settings: &VideoSettings) -> Result<Box<dyn VideoEncoder>, Error> {
    Ok(Box::new(OpenH264::new(settings)?))
}

/// An H.264 encoder.
struct OpenH264 {
    raw: Raw,
    settings: VideoSettings,
    rate: RateControl,
    filler: Filler,
    level: Level,
    /// Frames since the last keyframe; `None` before the first frame.
    since_keyframe: Option<u32>,
    /// The frame before: what is new is judged against it, and it may be held.
    last: Option<VideoFrame>,
    /// Bytes of the last packet without what fills it up.
    written: usize,
    /// Whether the last packet is the picture before once more.
    held: bool,
    config: Option<TrackConfig>,
    /// Threads that share the work, and how many are to; a keyframe begins the change.
    threads: (u8, u8),
}

impl OpenH264 {
    fn new(settings: &VideoSettings) -> Result<Self, Error> {
        let level = Level::of(settings).ok_or_else(|| unsupported(settings))?;
        if settings.kbps == 0
            || settings.keyframe_interval == 0
            || settings.width < 16
            || settings.height < 16
        {
            return Err(unsupported(settings));
        }
        let rate = RateControl::new(settings.kbps, settings.fps);
        let raw = Raw::new(|params| configure(params, settings, &level))
            .map_err(|_| unsupported(settings))?;
        Ok(Self {
            raw,
            settings: *settings,
            rate,
            filler: filler(settings),
            level,
            since_keyframe: None,
            last: None,
            written: 0,
            held: false,
            config: None,
            threads: (1, 1),
        })
    }

    /// Whether the next frame is due to be a keyframe, and counts it.
    fn count_keyframes(&mut self, forced: bool) -> bool {
        let due = match self.since_keyframe {
            None => true,
            Some(since) => since + 1 >= self.settings.keyframe_interval,
        };
        let keyframe = forced || due;
        self.since_keyframe =
            Some(if keyframe { 0 } else { self.since_keyframe.map_or(0, |n| n + 1) });
        keyframe
    }

    /// Before a keyframe, for the library starts anew.
    fn change_threads(&mut self) -> Result<(), Error> {
        let (now, wanted) = self.threads;
        if now != wanted {
            self.raw.set_threads(wanted).map_err(failed)?;
            self.threads.0 = wanted;
        }
        Ok(())
    }

    /// The last picture's NAL units as one packet's bytes, filled up where it is too
    /// little.
    fn access_unit(&mut self, time: MediaTime) -> Bytes {
        let len = self.raw.nals().map(|nal| 4 + nal.len()).sum();
        let fill = if len == 0 { 0 } else { self.filler.missing(time, len) };
        let mut data = Vec::with_capacity(len + fill);
        for nal in self.raw.nals() {
            let nal_len = u32::try_from(nal.len()).unwrap_or(u32::MAX);
            data.extend_from_slice(&nal_len.to_be_bytes());
            data.extend_from_slice(nal);
        }
        self.written = data.len();
        // The last of an access unit (H.264 §7.4.1.2.3).
        Filler::fill(&mut data, fill);
        Bytes::from(data)
    }

    fn make_config(&self) -> Option<TrackConfig> {
        let of_type = |kind| self.raw.nals().find(|nal| NalType::of(nal) == Some(kind));
        let (sps, pps) = (of_type(NalType::Sps)?, of_type(NalType::Pps)?);
        let record = DecoderConfig::new(sps, pps).to_bytes().ok()?;
        Some(TrackConfig::Video(VideoConfig {
            decoder_config: Bytes::from(record),
            width: self.settings.width,
            height: self.settings.height,
            fps: self.settings.fps,
            kbps: self.settings.kbps,
        }))
    }
}

impl VideoEncoder for OpenH264 {
    fn encode(&mut self, frame: &VideoFrame, keyframe: bool) -> Result<Option<Packet>, Error> {
        let layout = frame.picture.layout();
        if (layout.width, layout.height) != (self.settings.width, self.settings.height) {
            return Err(Error::Unsupported { codec: CODEC, what: text::OTHER_SIZE.into() });
        }
        let (now, wanted) = self.threads;
        // Who needs more processors needs them now; fewer can wait for a keyframe.
        let keyframe = self.count_keyframes(keyframe || wanted > now);
        let before = self.last.as_ref().map(|frame| &*frame.picture);
        let novelty = Novelty::of(&frame.picture, before);
        let plan = self.rate.plan(frame.time, keyframe, novelty);
        self.raw.set_qp(plan.qp).map_err(failed)?;
        if keyframe {
            self.change_threads()?;
            self.raw.force_idr().map_err(failed)?;
        }
        let shown = if plan.hold { self.last.as_ref().unwrap_or(frame) } else { frame };
        self.raw.encode(&shown.picture, frame.time.as_millis()).map_err(failed)?;
        self.held = plan.hold && self.last.is_some();
        if !plan.hold {
            self.last = Some(frame.clone());
        }
        let data = self.access_unit(frame.time);
        self.rate.spent(keyframe, novelty, plan, self.written);
        if data.is_empty() {
            return Ok(None);
        }
        if self.config.is_none() {
            self.config = self.make_config();
        }
        Ok(Some(Packet {
            track: Track::Video,
            pts: frame.time,
            dts: frame.time,
            keyframe: self.raw.is_idr(),
            data,
        }))
    }

    fn held(&self) -> bool {
        self.held
    }

    fn config(&self) -> Option<&TrackConfig> {
        self.config.as_ref()
    }

    fn set_bitrate(&mut self, kbps: u32) -> Result<(), Error> {
        if kbps == 0 || kbps > self.level.max_kbps {
            return Err(Error::Unsupported {
                codec: CODEC,
                what: text::bitrate(kbps, self.level.max_kbps),
            });
        }
        self.settings.kbps = kbps;
        self.rate.set_bitrate(kbps);
        self.filler.set_least(self.settings.least_kbps.min(kbps));
        Ok(())
    }

    fn set_effort(&mut self, effort: Effort) -> Result<(), Error> {
        self.threads.1 = if effort == Effort::Alone { 1 } else { threads_for(&self.settings) };
        self.raw.set_complexity(complexity(effort)).map_err(failed)
    }

    fn restart(&mut self) {
        self.rate = RateControl::new(self.settings.kbps, self.settings.fps);
        self.filler = filler(&self.settings);
        self.since_keyframe = None;
        self.last = None;
    }
}

/// Nothing is filled up beyond the bitrate to hold.
fn filler(settings: &VideoSettings) -> Filler {
    let mut filler = Filler::default();
    filler.set_least(settings.least_kbps.min(settings.kbps));
    filler
}

/// Sets what differs from the library's defaults.
fn configure(params: &mut sys::SEncParamExt, settings: &VideoSettings, level: &Level) {
    let (width, height) = (settings.width as c_int, settings.height as c_int);
    let fps = settings.fps.as_f64().min(MAX_FPS) as f32;
    // The level bounds it far below what the type holds.
    let bps = c_int::try_from(settings.kbps.saturating_mul(1_000)).unwrap_or(c_int::MAX);
    params.iUsageType = sys::CAMERA_VIDEO_REAL_TIME;
    params.iPicWidth = width;
    params.iPicHeight = height;
    params.fMaxFrameRate = fps;
    params.iTargetBitrate = bps;
    params.iRCMode = sys::RC_OFF_MODE;
    params.bEnableFrameSkip = false;
    params.iComplexityMode = complexity(Effort::Alone);
    params.iMultipleThreadIdc = 1;
    // Keyframes are forced from here.
    params.uiIntraPeriod = 0;
    params.bEnableSceneChangeDetect = false;
    params.eSpsPpsIdStrategy = sys::CONSTANT_ID;
    params.iEntropyCodingModeFlag = 1;
    params.iTemporalLayerNum = 1;
    params.iSpatialLayerNum = 1;
    let layer = &mut params.sSpatialLayers[0];
    layer.iVideoWidth = width;
    layer.iVideoHeight = height;
    layer.fFrameRate = fps;
    layer.iSpatialBitrate = bps;
    layer.uiProfileIdc = sys::PRO_MAIN;
    layer.uiLevelIdc = level.library;
    layer.sSliceArgument.uiSliceMode = sys::SM_SINGLE_SLICE;
    layer.sSliceArgument.uiSliceNum = 1;
    // BT.709 in limited range (H.264 Annex E, tables E-3 to E-5).
    layer.bVideoSignalTypePresent = true;
    layer.bColorDescriptionPresent = true;
    layer.bFullRange = false;
    layer.uiColorPrimaries = 1;
    layer.uiTransferCharacteristics = 1;
    layer.uiColorMatrix = 1;
}

/// The library has a third mode, which for pictures of cameras is the second.
fn complexity(effort: Effort) -> sys::ECOMPLEXITY_MODE {
    match effort {
        Effort::Alone | Effort::Shared => sys::MEDIUM_COMPLEXITY,
        Effort::Least => sys::LOW_COMPLEXITY,
    }
}

/// More threads than this have too little to do each.
const MAX_THREADS: usize = 4;

/// A thread of its own is worth so many macroblocks; the library refuses slices
/// of less than 48.
const MACROBLOCKS_A_THREAD: u32 = 200;

/// How many threads may share a picture of this size on this machine.
fn threads_for(settings: &VideoSettings) -> u8 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
    let macroblocks = settings.width.div_ceil(16) * settings.height.div_ceil(16);
    let worth = (macroblocks / MACROBLOCKS_A_THREAD).max(1);
    // Both are small.
    worth.min(processors as u32) as u8
}

/// A level of H.264 (table A-1), with what matters for choosing one.
#[derive(Clone, Copy, Debug)]
struct Level {
    library: sys::ELevelIdc,
    /// Macroblocks a second.
    max_mbps: f64,
    /// Macroblocks in a frame.
    max_frame_size: u32,
    /// Bitrate in the Main profile, in kbit/s.
    max_kbps: u32,
}

impl Level {
    const fn new(
        library: sys::ELevelIdc,
        max_mbps: f64,
        max_frame_size: u32,
        max_kbps: u32,
    ) -> Self {
        Self { library, max_mbps, max_frame_size, max_kbps }
    }

    const ALL: [Self; 10] = [
        Self::new(sys::LEVEL_3_0, 40_500.0, 1_620, 10_000),
        Self::new(sys::LEVEL_3_1, 108_000.0, 3_600, 14_000),
        Self::new(sys::LEVEL_3_2, 216_000.0, 5_120, 20_000),
        Self::new(sys::LEVEL_4_0, 245_760.0, 8_192, 20_000),
        Self::new(sys::LEVEL_4_1, 245_760.0, 8_192, 50_000),
        Self::new(sys::LEVEL_4_2, 522_240.0, 8_704, 50_000),
        Self::new(sys::LEVEL_5_0, 589_824.0, 22_080, 135_000),
        Self::new(sys::LEVEL_5_1, 983_040.0, 36_864, 240_000),
        Self::new(sys::LEVEL_5_2, 2_073_600.0, 36_864, 240_000),
        // Beyond 4096x2304 at 60: the last level that the library knows.
        Self::new(sys::LEVEL_5_2, f64::INFINITY, 36_864, 240_000),
    ];

    /// The lowest level that holds the picture and half as much bitrate again,
    /// so that raising the bitrate needs no other parameter set.
    fn of(settings: &VideoSettings) -> Option<Self> {
        let macroblocks = settings.width.div_ceil(16).checked_mul(settings.height.div_ceil(16))?;
        let per_second = f64::from(macroblocks) * settings.fps.as_f64();
        let kbps = settings.kbps.checked_add(settings.kbps / 2)?;
        Self::ALL.into_iter().find(|level| {
            level.max_frame_size >= macroblocks
                && level.max_mbps >= per_second
                && level.max_kbps >= kbps
        })
    }
}

fn unsupported(settings: &VideoSettings) -> Error {
    let VideoSettings { width, height, fps, kbps, keyframe_interval, .. } = *settings;
    let what = text::picture(width, height, fps, kbps, keyframe_interval);
    Error::Unsupported { codec: CODEC, what }
}

fn failed(code: Code) -> Error {
    Error::Codec { codec: CODEC, text: text::openh264(code.0) }
}

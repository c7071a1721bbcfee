//! Sound devices by stable identity, without those that are of no use.

use std::str::FromStr;

use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{Device, DeviceId, ErrorKind, SampleFormat, SupportedStreamConfigRange};

use super::channels::Channels;
use super::quiet;
use crate::media::SAMPLE_RATE;
use crate::mix::RATES;
use crate::source::error::words;
use crate::source::{MicrophoneInfo, Trouble};
use crate::text::device;

/// What to ask of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setup {
    /// Sample rate in Hz.
    pub rate: u32,
    /// Channel count.
    pub channels: u16,
    /// What a sample is.
    pub format: SampleFormat,
}

/// All devices that can be heard. Asks drivers, which may take their time.
pub(super) fn list() -> Vec<MicrophoneInfo> {
    quiet::hush();
    let host = cpal::default_host();
    let Ok(devices) = host.devices() else { return Vec::new() };
    let default = host.default_input_device().and_then(|device| device.id().ok());
    let mut infos: Vec<MicrophoneInfo> = devices
        .filter_map(|device| {
            let id = device.id().ok()?;
            // Before it is asked anything: some of ALSA's plugins crash.
            is_useful(&id.to_string()).then(|| info(&device, &id, default.as_ref() == Some(&id)))?
        })
        .collect();
    infos.sort_by_key(|info| !info.default);
    tell_namesakes_apart(&mut infos);
    infos
}

/// The device of that identity; the system's default for none.
pub(super) fn find(id: Option<&str>) -> Result<Device, Trouble> {
    let host = cpal::default_host();
    let Some(id) = id else {
        return host.default_input_device().ok_or_else(missing);
    };
    let id = DeviceId::from_str(id).map_err(|_| missing())?;
    let is_it = |device: &Device| device.id().is_ok_and(|other| other == id);
    let listed = host.devices().map_err(trouble_of)?.find(is_it);
    // Not every system lists its default.
    listed.or_else(|| host.default_input_device().filter(is_it)).ok_or_else(missing)
}

/// Why a device is not there.
fn missing() -> Trouble {
    why_none().unwrap_or(Trouble::Missing)
}

/// Why none is listed, if not for want of any: cards that may not be opened are not.
pub(super) fn why_none() -> Option<Trouble> {
    #[cfg(target_os = "linux")]
    if super::denied::all_inputs_are(std::path::Path::new("/dev/snd")) {
        return Some(Trouble::Denied);
    }
    None
}

/// A device's identity.
pub(super) fn id(device: &Device) -> Option<String> {
    device.id().ok().map(|id| id.to_string())
}

/// A device's name, as people know it.
pub(super) fn name(device: &Device) -> Option<String> {
    plain_name(device.description().ok()?.name())
}

/// What people would call it.
fn plain_name(name: &str) -> Option<String> {
    match name.trim() {
        "" => None,
        // ALSA has no better name for it.
        "default" => Some(device::DEFAULT_INPUT.into()),
        // "Default ALSA Output (currently PipeWire Media Server)", an input too.
        name => Some(match name.split_once("(currently ") {
            Some((_, server)) => {
                let server = server.split([' ', ')']).next().unwrap_or_default();
                device::system_default(server)
            }
            None => name.into(),
        }),
    }
}

/// What suits best of what a device can do: 48 kHz before other rates, two
/// channels before one, one before more, floats before integers; but no fewer
/// channels than are asked for.
pub(super) fn choose(device: &Device, channels: Channels) -> Result<Setup, Trouble> {
    let ranges: Vec<_> = device.supported_input_configs().map_err(trouble_of)?.collect();
    best(&ranges, channels.needed()).ok_or_else(|| Trouble::Failed(why_unusable(&ranges, channels)))
}

/// Why nothing of what a device can do suits.
fn why_unusable(ranges: &[SupportedStreamConfigRange], channels: Channels) -> String {
    let usable = ranges.iter().filter(|range| is_usable(range));
    match usable.map(SupportedStreamConfigRange::channels).max() {
        Some(most) => device::error::no_channel(channels.needed(), most),
        None => device::error::NO_SOUND_FORMAT.into(),
    }
}

/// What an error of the sound system means for the person.
pub(super) fn trouble_of(error: cpal::Error) -> Trouble {
    match error.kind() {
        ErrorKind::DeviceBusy => Trouble::Busy,
        ErrorKind::DeviceNotAvailable => Trouble::Missing,
        ErrorKind::PermissionDenied => Trouble::Denied,
        _ => Trouble::Failed(words(&error)),
    }
}

/// Whether a device is worth listing. Of ALSA's names those of hardware, by the
/// card's name and not its number, and those of sound servers; not its dozens of
/// plugins. Elsewhere all are devices.
fn is_useful(id: &str) -> bool {
    let Some(name) = id.strip_prefix("alsa:") else { return true };
    let by_number = |card: &str| card.starts_with(|c: char| c.is_ascii_digit());
    match name.strip_prefix("hw:") {
        Some(hardware) => !by_number(hardware.strip_prefix("CARD=").unwrap_or(hardware)),
        None => matches!(name, "default" | "pulse" | "pipewire"),
    }
}

/// What is listed of a device that can be heard. One that another program, or
/// this one, keeps to itself can't be asked and is listed all the same.
fn info(device: &Device, id: &DeviceId, default: bool) -> Option<MicrophoneInfo> {
    let mut info = MicrophoneInfo {
        id: id.to_string(),
        name: name(device).unwrap_or_else(|| id.to_string()),
        default,
        rates: Vec::new(),
        channels: Vec::new(),
    };
    let ranges: Vec<_> = match device.supported_input_configs() {
        Ok(ranges) => ranges.filter(is_usable).collect(),
        Err(error) if error.kind() == ErrorKind::DeviceBusy && device.supports_input() => {
            return Some(info);
        }
        Err(_) => return None,
    };
    if ranges.is_empty() {
        return None;
    }
    let bounds = ranges.iter().map(|range| (range.min_sample_rate(), range.max_sample_rate()));
    info.rates = rates(&bounds.collect::<Vec<_>>());
    info.channels = ranges.iter().map(|range| range.channels()).collect();
    info.channels.sort_unstable();
    info.channels.dedup();
    Some(info)
}

/// Rates that are listed of a device that has all between two bounds.
const COMMON_RATES: [u32; 10] =
    [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000];

/// The rates between some bounds, and the bounds.
fn rates(bounds: &[(u32, u32)]) -> Vec<u32> {
    let within = |rate: &u32| bounds.iter().any(|(low, high)| (low..=high).contains(&rate));
    let ends = bounds.iter().flat_map(|(low, high)| [*low, *high]);
    let mut rates: Vec<u32> = COMMON_RATES.into_iter().filter(within).chain(ends).collect();
    rates.retain(|rate| RATES.contains(rate));
    rates.sort_unstable();
    rates.dedup();
    rates
}

/// Puts behind names that several devices have what tells them apart: the device
/// on its card, or the card too.
fn tell_namesakes_apart(infos: &mut [MicrophoneInfo]) {
    let all: Vec<(String, String)> =
        infos.iter().map(|info| (info.name.clone(), short(&info.id).into())).collect();
    for info in infos {
        let namesakes = all.iter().filter(|(name, _)| *name == info.name);
        let twins = namesakes.clone().filter(|(_, end)| end == short(&info.id)).count();
        if namesakes.count() > 1 {
            let end = if twins > 1 { long(&info.id) } else { short(&info.id) };
            info.name = format!("{} ({end})", info.name);
        }
    }
}

/// An identity's end: `DEV=0`.
fn short(id: &str) -> &str {
    id.rsplit([':', ',']).next().unwrap_or_default()
}

/// An identity's end with the card: `Device_1,DEV=0`.
fn long(id: &str) -> &str {
    let end = id.rsplit(':').next().unwrap_or_default();
    end.strip_prefix("CARD=").unwrap_or(end)
}

fn is_usable(range: &SupportedStreamConfigRange) -> bool {
    (1..=Channels::MOST).contains(&range.channels())
        && range.max_sample_rate() >= *RATES.start()
        && range.min_sample_rate() <= *RATES.end()
        && format_rank(range.sample_format()).is_some()
}

fn best(ranges: &[SupportedStreamConfigRange], channels: u16) -> Option<Setup> {
    let setup = |range: &SupportedStreamConfigRange| Setup {
        rate: rate_in(range.min_sample_rate(), range.max_sample_rate()),
        channels: range.channels(),
        format: range.sample_format(),
    };
    let enough = |range: &&SupportedStreamConfigRange| range.channels() >= channels;
    ranges.iter().filter(|range| is_usable(range)).filter(enough).map(setup).min_by_key(rank)
}

/// The rate of a range that suits best: ours, or else the nearest above it, or
/// else the highest.
fn rate_in(low: u32, high: u32) -> u32 {
    SAMPLE_RATE.clamp(low.max(*RATES.start()), high.min(*RATES.end()).max(low))
}

/// Smaller is better.
fn rank(setup: &Setup) -> (u32, u16, u8) {
    let rate = match setup.rate {
        SAMPLE_RATE => 0,
        above if above > SAMPLE_RATE => above,
        below => 1_000_000 - below,
    };
    let channels = match setup.channels {
        2 => 0,
        channels => channels,
    };
    (rate, channels, format_rank(setup.format).unwrap_or(u8::MAX))
}

/// The order in which sample formats are preferred; `None`: can't be read.
fn format_rank(format: SampleFormat) -> Option<u8> {
    const ORDER: [SampleFormat; 10] = [
        SampleFormat::F32,
        SampleFormat::I32,
        SampleFormat::I24,
        SampleFormat::I16,
        SampleFormat::U32,
        SampleFormat::U24,
        SampleFormat::U16,
        SampleFormat::U8,
        SampleFormat::I8,
        SampleFormat::F64,
    ];
    ORDER.iter().position(|other| *other == format).and_then(|rank| u8::try_from(rank).ok())
}

#[cfg(test)]
mod tests {
    use cpal::SupportedBufferSize;

    use super::*;

    fn range(
        channels: u16,
        low: u32,
        high: u32,
        format: SampleFormat,
    ) -> SupportedStreamConfigRange {
        SupportedStreamConfigRange::new(channels, low, high, SupportedBufferSize::Unknown, format)
    }

    #[test]
    fn plugins_and_numbered_twins_are_left_out() {
        for id in [
            "alsa:default",
            "alsa:pipewire",
            "alsa:hw:CARD=Loopback,DEV=1",
            "coreaudio:AppleHDA",
            "wasapi:{0.0.1}",
        ] {
            assert!(is_useful(id), "{id}");
        }
        for id in [
            "alsa:null",
            "alsa:hw:CARD=0,DEV=0",
            "alsa:plughw:CARD=PCH,DEV=0",
            "alsa:vdownmix",
            "alsa:sysdefault:CARD=PCH",
            "alsa:hw:0,0",
            "alsa:front:CARD=PCH,DEV=0",
        ] {
            assert!(!is_useful(id), "{id}");
        }
    }

    #[test]
    fn our_rate_in_stereo_floats_is_best() {
        let all = [
            range(1, 8_000, 48_000, SampleFormat::F32),
            range(2, 44_100, 44_100, SampleFormat::F32),
            range(2, 8_000, 192_000, SampleFormat::I16),
            range(2, 8_000, 192_000, SampleFormat::F32),
            range(32, 48_000, 48_000, SampleFormat::F32),
        ];
        let chosen = |ranges: &[SupportedStreamConfigRange]| {
            best(ranges, 1).map(|setup| (setup.rate, setup.channels, setup.format))
        };
        assert_eq!(chosen(&all), Some((48_000, 2, SampleFormat::F32)));
        assert_eq!(chosen(&all[..3]), Some((48_000, 2, SampleFormat::I16)));
        assert_eq!(chosen(&all[..2]), Some((48_000, 1, SampleFormat::F32)));
        assert_eq!(chosen(&all[1..2]), Some((44_100, 2, SampleFormat::F32)));
        assert_eq!(chosen(&all[4..]), Some((48_000, 32, SampleFormat::F32)), "all it has");
        let second = |ranges| best(ranges, 2).map(|setup| setup.channels);
        assert_eq!([second(&all[..2]), second(&all[..1])], [Some(2), None]);
        assert_eq!(best(&all, 3).map(|setup| setup.channels), Some(32));
        let asked = Channels { pair: Some([3, 4]), mono: false };
        assert_eq!(why_unusable(&all[..2], asked), "it has no channel 4: its last is 2");
    }

    #[test]
    fn a_device_without_our_rate_is_taken_at_the_next() {
        let rate =
            |low, high| best(&[range(1, low, high, SampleFormat::I16)], 1).map(|setup| setup.rate);
        assert_eq!(rate(8_000, 16_000), Some(16_000));
        assert_eq!(rate(96_000, 192_000), Some(96_000));
        assert_eq!(rate(4_000, 8_000), Some(8_000));
        assert_eq!(rate(200_000, 400_000), None);
        assert_eq!(rate(4_000, 5_500), None);
    }

    #[test]
    fn namesakes_get_the_end_of_their_identity() {
        let info = |id: &str, name: &str| MicrophoneInfo {
            id: id.into(),
            name: name.into(),
            default: false,
            rates: vec![8_000, 48_000],
            channels: vec![2],
        };
        let mut infos = [
            info("alsa:hw:CARD=L,DEV=0", "Loop"),
            info("alsa:hw:CARD=L,DEV=1", "Loop"),
            info("alsa:default", "Default"),
        ];
        tell_namesakes_apart(&mut infos);
        assert_eq!(infos.map(|info| info.name), ["Loop (DEV=0)", "Loop (DEV=1)", "Default"]);
        let mut infos =
            [info("alsa:hw:CARD=Mic,DEV=0", "Mic"), info("alsa:hw:CARD=Mic_1,DEV=0", "Mic")];
        tell_namesakes_apart(&mut infos);
        assert_eq!(infos.map(|info| info.name), ["Mic (Mic,DEV=0)", "Mic (Mic_1,DEV=0)"]);
    }

    #[test]
    fn sound_servers_have_plain_names() {
        let long = "Default ALSA Output (currently PipeWire Media Server)";
        assert_eq!(plain_name(long).as_deref(), Some("System default (PipeWire)"));
        assert_eq!(plain_name(" USB Mic ").as_deref(), Some("USB Mic"));
        assert_eq!(plain_name(" "), None);
    }

    #[test]
    fn rates_are_listed_as_a_set() {
        assert_eq!(rates(&[(44_100, 44_100), (48_000, 48_000)]), [44_100, 48_000]);
        assert_eq!(rates(&[(5_512, 16_000)]), [8_000, 11_025, 16_000]);
        assert_eq!(rates(&[(12_000, 24_000)]), [12_000, 16_000, 22_050, 24_000]);
    }
}

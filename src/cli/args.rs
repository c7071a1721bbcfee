//! The command line: what can be typed, and what it means.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::engine::{AudioInput, Fingerprint, OutputSettings, VideoInput};
use crate::media::{FrameRate, limits};
use crate::protocol::rtmp::key::StreamKey;
use crate::protocol::rtmp::url::SCHEMES;

/// What is below the options in each `--help` that leads to a stream.
const ENVIRONMENT: &str = "\
Environment:
  TALLYLIGHT_KEY       Stream key, for an address without one
  TALLYLIGHT_PASSWORD  Password that belongs to --user
  NO_COLOR             No colours in messages, whatever it is set to

Exit status:
  0    Done
  1    Nothing can be printed, or another window of Tallylight is open
  2    Wrong usage
  3    Refused by the server
  4    Network
  5    Camera, microphone, encoder or display
  130  Interrupted twice";

/// A light, honest live publisher.
#[derive(Debug, Parser)]
#[command(name = "tallylight", version, about, after_help = ENVIRONMENT)]
pub struct Cli {
    /// What to do. Without one: the window, or without a display the test signal
    /// to the built-in server.
    #[command(subcommand)]
    pub command: Option<Task>,
    /// Say more on standard error: -v, -vv, -vvv.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    pub verbose: u8,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Go live.
    Publish(Box<Publish>),
    /// Run the built-in server: takes publishers in, plays out to players.
    Serve(Serve),
    /// List cameras and microphones.
    Devices(Devices),
}

/// `tallylight publish`.
#[derive(Args, Debug)]
#[command(after_help = ENVIRONMENT)]
pub struct Publish {
    /// Server address with the stream key as its last part; without it the
    /// built-in server on this computer.
    pub url: Option<String>,
    /// Camera: test, none, a PNG or JPEG file, or an identity from `tallylight
    /// devices`; alone: the system's first camera. Behind it may follow ;rotate=90
    /// ;mirror, behind a camera ;size=1280x720 ;fps=30 ;format=MJPEG, too (quoted,
    /// for the shell); behind anything ;delay=120 or ;delay=-80, by how many ms the
    /// picture is to come later or earlier than its sound.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_value = "test", default_missing_value = "default", value_parser = parse_camera)]
    pub camera: VideoInput,
    /// Microphone: test, none, or an identity from `tallylight devices`; alone:
    /// the system's default microphone. Behind it may follow ;delay=120 or
    /// ;delay=-80, in ms, and behind a microphone ;channel=2 (or 3+4 for left and
    /// right) ;mono.
    #[arg(long, value_name = "ID", num_args = 0..=1, default_value = "test", default_missing_value = "default", value_parser = parse_mic)]
    pub mic: AudioInput,
    /// Size of the picture in pixels: even, from 64x64 to 4096x2304, or upright.
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = parse_size)]
    pub size: (u32, u32),
    /// Frames per second, from 1 to 120: 30, 29.97 or 30000/1001.
    #[arg(long, default_value = "30", value_parser = parse_rate)]
    pub fps: FrameRate,
    /// Video bitrate in kbit/s, from 50 to 100000.
    #[arg(long, value_name = "KBPS", default_value_t = limits::DEFAULT_VIDEO_KBPS, value_parser = |text: &str| whole(text, limits::VIDEO_KBPS))]
    pub video_kbps: u32,
    /// Fill the video up to this bitrate, in kbit/s, where the picture needs less: for
    /// services that take a still picture for a broken stream. From 0 to 100000.
    #[arg(long, value_name = "KBPS", default_value_t = 0, value_parser = |text: &str| whole(text, limits::LEAST_KBPS))]
    pub min_video_kbps: u32,
    /// Audio bitrate in kbit/s, from 16 to 512.
    #[arg(long, value_name = "KBPS", default_value_t = limits::DEFAULT_AUDIO_KBPS, value_parser = |text: &str| whole(text, limits::AUDIO_KBPS))]
    pub audio_kbps: u32,
    /// Seconds from one keyframe to the next, from 0.1 to 20.
    #[arg(long, default_value_t = limits::DEFAULT_KEYFRAME_S, value_parser = parse_keyframe_s)]
    pub keyframe_s: f32,
    /// Stop after this time live, such as 500ms, 10s, 5m, 1h or 90 (seconds).
    #[arg(long, value_parser = parse_duration)]
    pub duration: Option<std::time::Duration>,
    /// One JSON object a line instead of text for people.
    #[arg(long)]
    pub json: bool,
    /// Read the stream key from standard input (its first line); a terminal asks for
    /// it and does not show it. The address is then the server's alone; an address of
    /// several parts ends with a slash.
    #[arg(long)]
    pub key_stdin: bool,
    /// The server takes no stream key: the address alone names the stream, as
    /// rtmp://host/stream does for MediaMTX.
    #[arg(long, conflicts_with = "key_stdin")]
    pub no_key: bool,
    /// Keep the bitrate whatever the link carries.
    #[arg(long)]
    pub no_adaptive: bool,
    /// Keep trying a server that has not taken the stream yet, or a key that is in
    /// use, instead of giving up after four seconds, or eight; and go live without a
    /// camera or microphone that is not there, until it is.
    #[arg(long)]
    pub keep_trying: bool,
    /// Certificates (PEM) to trust beside the system's, for rtmps:// to a server
    /// of your own.
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// The one certificate to trust, by the SHA-256 of its DER form as `openssl
    /// x509 -fingerprint -sha256` prints it; no other is taken.
    #[arg(long, value_name = "SHA256", conflicts_with = "ca_file")]
    pub only_certificate: Option<Fingerprint>,
    /// Connect through this proxy: socks5:// looks the server's name up here, socks5h://
    /// and http:// leave that to the proxy; USER:PASSWORD@ may stand before the host.
    /// `none` goes without one. Without the option the environment's ALL_PROXY counts,
    /// but not for this computer and the hosts in NO_PROXY.
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// User name, for servers that ask for one; the password is read from the
    /// environment's TALLYLIGHT_PASSWORD. Both may stand in the address, too.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
}

/// `tallylight serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// Address and port to listen at, or a port alone. 127.0.0.1 is reachable from
    /// this computer only, and so is a port alone; 0.0.0.0 from everywhere.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:1935", value_parser = parse_listen)]
    pub listen: SocketAddr,
    /// Who publishes has to show this key, as the stream key or as NAME?key=KEY; players
    /// need none. Better in the environment: other programs can read the command line.
    #[arg(long, value_name = "KEY", env = "TALLYLIGHT_SERVE_KEY", hide_env_values = true, value_parser = parse_publish_key)]
    pub publish_key: Option<StreamKey>,
    /// One JSON object a line instead of text for people.
    #[arg(long)]
    pub json: bool,
}

/// `tallylight devices`.
#[derive(Args, Debug)]
pub struct Devices {
    /// One JSON object instead of text for people.
    #[arg(long)]
    pub json: bool,
}

impl Publish {
    /// What `tallylight publish` alone means.
    pub fn parse_defaults() -> Self {
        #[derive(Parser)]
        struct Alone {
            #[command(flatten)]
            publish: Publish,
        }
        Alone::parse_from(["tallylight"]).publish
    }

    /// Gives back an address that stands behind `--camera` or `--mic`, which alone take
    /// what comes next; says so where there is one already.
    pub fn untangle(&mut self) -> Result<(), &'static str> {
        let Self { url, camera, mic, .. } = self;
        if let VideoInput::Camera(asked) = camera
            && is_address(asked)
        {
            let address = std::mem::take(asked);
            *camera = VideoInput::Default;
            give_back(url, address)?;
        }
        if let AudioInput::Microphone(asked) = mic
            && is_address(asked)
        {
            let address = std::mem::take(asked);
            *mic = AudioInput::Default;
            give_back(url, address)?;
        }
        Ok(())
    }

    /// What is to be made of picture and sound.
    pub fn output(&self) -> OutputSettings {
        OutputSettings {
            width: self.size.0,
            height: self.size.1,
            fps: self.fps,
            video_kbps: self.video_kbps,
            least_kbps: self.min_video_kbps,
            audio_kbps: self.audio_kbps,
            keyframe_s: self.keyframe_s,
            adaptive: !self.no_adaptive,
        }
    }
}

fn give_back(url: &mut Option<String>, address: String) -> Result<(), &'static str> {
    match url.replace(address) {
        None => Ok(()),
        Some(_) => Err("There are two addresses. One stream goes to one of them: leave one out."),
    }
}

/// An address and a port, a name and a port, or a port of this computer alone.
fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let bad = || "give it as 127.0.0.1:1935, localhost:1935 or 1935".to_string();
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let found: Vec<SocketAddr> = text.to_socket_addrs().map_err(|_| bad())?.collect();
    let v4 = found.iter().find(|address| address.is_ipv4());
    v4.or(found.first()).copied().ok_or_else(bad)
}

/// The key is not repeated in what is said of it.
fn parse_publish_key(text: &str) -> Result<StreamKey, String> {
    let key = StreamKey::new(text);
    if key.is_empty() { Err("the key is empty".into()) } else { Ok(key) }
}

fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let bad = || "give it as 1280x720: even, from 64x64 to 4096x2304, or upright".to_string();
    let (w, h) = text.split_once(['x', 'X', '×']).ok_or_else(bad)?;
    let side = |s: &str| s.trim().parse::<u32>().map_err(|_| bad());
    let (w, h) = (side(w)?, side(h)?);
    if limits::is_size(w, h) { Ok((w, h)) } else { Err(bad()) }
}

/// A whole number in `range`.
fn whole(text: &str, range: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|number| range.contains(number));
    let (least, most) = range.into_inner();
    number.ok_or_else(|| format!("give a whole number from {least} to {most}"))
}

/// An address is let through, and never repeated: it may have a key.
fn parse_camera(text: &str) -> Result<VideoInput, String> {
    if is_address(text) {
        return Ok(VideoInput::Camera(text.into()));
    }
    let Ok(camera) = text.parse::<VideoInput>();
    camera.check()?;
    Ok(camera)
}

/// An address is let through here too.
fn parse_mic(text: &str) -> Result<AudioInput, String> {
    if is_address(text) {
        return Ok(AudioInput::Microphone(text.into()));
    }
    let Ok(mic) = text.parse::<AudioInput>();
    mic.check()?;
    Ok(mic)
}

/// Whether it says where a stream goes.
pub(super) fn is_address(text: &str) -> bool {
    let lower = text.trim_start().to_ascii_lowercase();
    SCHEMES.iter().any(|scheme| lower.starts_with(scheme))
}

fn parse_rate(text: &str) -> Result<FrameRate, String> {
    let bad = || "give it as 30, 29.97 or 30000/1001, from 1 to 120".to_string();
    let rate = if let Some((num, den)) = text.split_once('/') {
        FrameRate { num: num.parse().map_err(|_| bad())?, den: den.parse().map_err(|_| bad())? }
    } else if let Ok(whole) = text.parse() {
        FrameRate::whole(whole)
    } else {
        broadcast_rate(text.parse().map_err(|_| bad())?)
    };
    if limits::is_rate(rate) { Ok(rate) } else { Err(bad()) }
}

/// 29.97 and its relatives mean n × 1000/1001; other fractions mean themselves.
fn broadcast_rate(fps: f64) -> FrameRate {
    let whole = fps.ceil();
    if (whole * 1_000.0 / 1_001.0 - fps).abs() < 0.005 {
        return FrameRate { num: (whole * 1_000.0) as u32, den: 1_001 };
    }
    FrameRate { num: (fps * 1_000.0).round() as u32, den: 1_000 }
}

fn parse_keyframe_s(text: &str) -> Result<f32, String> {
    match text.trim_end_matches('s').parse::<f32>() {
        Ok(s) if limits::KEYFRAME_S.contains(&s) => Ok(s),
        _ => Err("give seconds, from 0.1 to 20".into()),
    }
}

fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    let bad = || "give a time of more than 0, as 500ms, 10s, 5m or 1h".to_string();
    let text = text.trim();
    let (digits, unit) =
        text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
    let scale = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(bad()),
    };
    let number: f64 = digits.trim().parse().map_err(|_| bad())?;
    let time = std::time::Duration::try_from_secs_f64(number * scale);
    time.ok().filter(|time| !time.is_zero()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn an_address_behind_camera_or_mic_is_where_the_stream_goes() {
        let parse = |arguments: &[&str]| {
            let all = [&["tallylight", "publish"], arguments].concat();
            let Cli { command: Some(Task::Publish(mut publish)), .. } = Cli::parse_from(all) else {
                panic!("it was publish");
            };
            publish.untangle().map(|()| publish)
        };
        let url = "rtmps://h/app/key";
        for arguments in [
            &["--camera", "--mic", url][..],
            &["--mic", "--camera", url],
            &[url, "--camera", "--mic"],
            &["--camera", "default", "--mic", url],
        ] {
            let publish = parse(arguments).expect("one address");
            assert_eq!(publish.url.as_deref(), Some(url), "{arguments:?}");
            assert_eq!((publish.camera, publish.mic), (VideoInput::Default, AudioInput::Default));
        }
        let two = parse(&["--mic", "RTMP://h/app/other", url]).expect_err("two addresses");
        assert!(!two.contains("other"), "{two}");
    }

    #[test]
    fn verbosity_may_stand_anywhere() {
        for arguments in [["-vv", "serve"], ["serve", "-vv"]] {
            let cli = Cli::parse_from([&["tallylight"], &arguments[..]].concat());
            assert!(cli.verbose == 2 && matches!(cli.command, Some(Task::Serve(_))));
        }
    }

    #[test]
    fn sizes_lie_or_stand() {
        for size in [(4_096, 2_304), (2_160, 3_840), (64, 64)] {
            assert_eq!(parse_size(&format!("{}x{}", size.0, size.1)), Ok(size));
        }
        for bad in ["4098x64", "2306x2306", "62x64", "641x361", "640", "x", "-2x4"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_that_can_not_be_used_is_answered_with_its_range() {
        let ranges = [
            ("--video-kbps", "from 50 to 100000", &["1.5", "49", "100001", "-5", "x", ""][..]),
            ("--audio-kbps", "from 16 to 512", &["1.5", "15", "513", "128k"]),
            ("--keyframe-s", "from 0.1 to 20", &["0", "21", "two", "nan"]),
            ("--fps", "from 1 to 120", &["0", "121", "30/0", "x"]),
            ("--size", "from 64x64 to 4096x2304", &["640", "641x360", "62x64", "big"]),
            ("--duration", "more than 0", &["0", "-1s", "soon", "1 day"]),
        ];
        for (option, range, values) in ranges {
            for value in values {
                let argument = format!("{option}={value}");
                let error = Cli::try_parse_from(["tallylight", "publish", &argument]);
                let told = error.expect_err(&argument).to_string();
                assert!(told.contains(range), "{argument}: {told}");
            }
            let help = Cli::try_parse_from(["tallylight", "publish", "--help"]).expect_err("help");
            let help = help.to_string();
            let is_told = option == "--duration" || help.contains(range);
            assert!(is_told, "{option} in\n{help}");
            assert!(README.contains(range), "{option} in README.md");
        }
    }

    /// What every script needs to know, in both places.
    #[test]
    fn help_and_readme_tell_the_environment_and_the_exit_statuses() {
        for arguments in [&["tallylight", "--help"][..], &["tallylight", "publish", "-h"]] {
            let help = Cli::try_parse_from(arguments).expect_err("help").to_string();
            for name in ["TALLYLIGHT_KEY", "TALLYLIGHT_PASSWORD", "NO_COLOR"] {
                assert!(help.contains(name) && README.contains(name), "{name} in\n{help}");
            }
            for status in ["0", "1", "2", "3", "4", "5", "130"] {
                assert!(help.contains(&format!("\n  {status:5}")), "{status} in\n{help}");
                assert!(README.contains(&format!("| {status} |")), "{status} in README.md");
            }
        }
    }

    const README: &str = include_str!("../../README.md");

    #[test]
    fn durations() {
        assert_eq!(parse_duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_duration("90"), Ok(Duration::from_secs(90)));
        for bad in ["", "s", "10 parsecs", "-1s", "0", "1e400", "NaN"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn places_to_listen_at() {
        for text in ["127.0.0.1:1936", "localhost:1936", ":1936", "1936"] {
            let address = parse_listen(text).expect(text);
            assert!(address.ip().is_loopback() && address.port() == 1936, "{text}: {address}");
        }
        let everywhere = parse_listen("0.0.0.0:1936").map(|address| address.ip());
        assert!(everywhere.is_ok_and(|ip| ip.is_unspecified()));
        assert_eq!(parse_listen("[::1]:1936"), Ok("[::1]:1936".parse().expect("an address")));
        for bad in ["", ":", "127.0.0.1", "70000", "1936:localhost"] {
            assert!(parse_listen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rates() {
        assert_eq!(parse_rate("30"), Ok(FrameRate::whole(30)));
        assert_eq!(parse_rate("29.97"), Ok(FrameRate { num: 30_000, den: 1_001 }));
        assert_eq!(parse_rate("23.976"), Ok(FrameRate { num: 24_000, den: 1_001 }));
        assert_eq!(parse_rate("12.5"), Ok(FrameRate { num: 12_500, den: 1_000 }));
        for bad in ["0", "1/0", "0/1", "500", "x", "-5", "inf"] {
            assert!(parse_rate(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("1280x720"), Ok((1280, 720)));
        for bad in ["1280", "1281x720", "0x0", "9999x9999", "ax720"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_asked_of_a_camera_is_checked() {
        assert_eq!(parse_camera("test"), Ok(VideoInput::Test));
        let asked = "usb:1:2;size=640x480;rotate=180;mirror";
        assert_eq!(parse_camera(asked), Ok(VideoInput::Camera(asked.into())));
        assert!(parse_camera(";fps=0").is_err());
    }

    #[test]
    fn camera_alone_is_the_systems_own() {
        let cli = Cli::parse_from(["tallylight", "publish", "rtmp://h/a/k", "--camera", "--mic"]);
        let Some(Task::Publish(publish)) = cli.command else { panic!("publish") };
        assert_eq!(publish.camera, VideoInput::Default);
        assert_eq!(publish.mic, AudioInput::Default);
    }
}

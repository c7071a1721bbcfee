//! `tallylight devices`: what there is to choose from.

use std::process::ExitCode;

use super::args::Devices;
use super::out::deliver;
use super::report::json_line;
use crate::engine::{CameraInfo, Devices as DeviceList, MicrophoneInfo, Trouble};

/// Lists cameras and microphones.
pub fn run(args: &Devices) -> ExitCode {
    let devices = crate::engine::list_devices();
    deliver(&if args.json { json_line(&devices) } else { told(&devices) })
}

/// The lists for people.
fn told(devices: &DeviceList) -> String {
    let cameras = list("Cameras", "There is no camera here.", devices.cameras.iter().map(camera));
    let none = match devices.microphone_trouble {
        Some(Trouble::Denied) => {
            "The microphones can't be used: the system does not allow it (on Linux: the group audio)."
        }
        _ => "There is no microphone here.",
    };
    let microphones = list("Microphones", none, devices.microphones.iter().map(microphone));
    let instead = match (devices.cameras.is_empty(), devices.microphones.is_empty()) {
        (true, true) => "--camera test --mic test",
        (true, false) => "--camera test",
        (false, true) => "--mic test",
        (false, false) => return cameras + &microphones,
    };
    format!(
        "{cameras}{microphones}What is plugged in appears at once; until then use the test \
         signal: {instead}\n"
    )
}

fn list(title: &str, nothing: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.collect();
    match lines.is_empty() {
        true => format!("{nothing}\n"),
        false => format!("{title}\n{lines}"),
    }
}

/// Name, identity, and a line for each format and size.
fn camera(camera: &CameraInfo) -> String {
    let mut text = format!("  {}\n    --camera {}\n", camera.name, shell_word(&camera.id));
    if camera.modes.is_empty() {
        text += &format!("      {}\n", why_no_modes(camera));
    }
    for mode in &camera.modes {
        let fps: Vec<String> = mode.fps.iter().map(|fps| format!("{fps:.4}")).map(tidy).collect();
        text += &format!(
            "      {} {}x{} {}\n",
            mode.format,
            mode.width,
            mode.height,
            if fps.is_empty() {
                "at its own rate".into()
            } else {
                format!("at {} fps", fps.join(", "))
            },
        );
    }
    text
}

/// Why nothing is listed of what a camera can do.
fn why_no_modes(camera: &CameraInfo) -> String {
    match &camera.trouble {
        Some(Trouble::Denied) => {
            "can't be used: the system does not allow it (on Linux: the group video)".into()
        }
        Some(Trouble::Busy) => "in use by another program just now".into(),
        _ if camera.unknown_formats.is_empty() => "does not say what it can do".into(),
        _ => {
            let formats = camera.unknown_formats.join(", ");
            format!("can't be used: its formats are not known here ({formats})")
        }
    }
}

/// Name, identity, rates and channels.
fn microphone(microphone: &MicrophoneInfo) -> String {
    let list = |numbers: Vec<String>| numbers.join(", ");
    let rates = list(microphone.rates.iter().map(u32::to_string).collect());
    let channels = match microphone.channels[..] {
        [1] => "1 channel".into(),
        _ => list(microphone.channels.iter().map(u16::to_string).collect()) + " channels",
    };
    let delivers = match microphone.rates.is_empty() {
        true => "in use just now".to_string(),
        false => format!("{rates} Hz, {channels}"),
    };
    let default = if microphone.default { " (the system's choice)" } else { "" };
    format!(
        "  {}{default}\n    --mic {}\n      {delivers}\n",
        microphone.name,
        shell_word(&microphone.id)
    )
}

/// A word as a shell takes it: quoted where it holds what a shell would read.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.,:=@/+~%".contains(c);
    if word.starts_with(|c: char| c.is_alphanumeric() || c == '/') && word.chars().all(plain) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Without zeros behind the point.
fn tidy(number: String) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_can_be_pasted_into_a_shell() {
        assert_eq!(shell_word("usb:046d:0825@1-4.2"), "usb:046d:0825@1-4.2");
        assert_eq!(shell_word("alsa:hw:CARD=PCH,DEV=0"), "alsa:hw:CARD=PCH,DEV=0");
        assert_eq!(shell_word("usb:1:2#1"), "'usb:1:2#1'");
        assert_eq!(shell_word(r"\\?\usb#it's"), r"'\\?\usb#it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    #[test]
    fn a_microphone_in_use_is_said_to_be() {
        let busy = MicrophoneInfo {
            id: "alsa:default".into(),
            name: "Default input".into(),
            default: true,
            rates: Vec::new(),
            channels: Vec::new(),
        };
        let text = "  Default input (the system's choice)\n    --mic alsa:default\n      in use just now\n";
        assert_eq!(microphone(&busy), text);
        let mono = MicrophoneInfo { rates: vec![44_100, 48_000], channels: vec![1], ..busy };
        assert!(microphone(&mono).ends_with("      44100, 48000 Hz, 1 channel\n"));
    }

    #[test]
    fn a_camera_without_modes_says_why() {
        let bare = CameraInfo {
            id: "usb:1:2".into(),
            name: "Camera".into(),
            modes: Vec::new(),
            unknown_formats: Vec::new(),
            trouble: None,
        };
        let says = |trouble, formats: &[&str], words: &str| {
            let unknown_formats = formats.iter().map(|name| name.to_string()).collect();
            let text = camera(&CameraInfo { trouble, unknown_formats, ..bare.clone() });
            assert!(text.contains(words), "{text}");
        };
        says(Some(Trouble::Denied), &[], "the system does not allow it");
        says(Some(Trouble::Busy), &[], "in use by another program");
        says(None, &["H264", "Z16"], "not known here (H264, Z16)");
        says(None, &[], "does not say");
    }
}

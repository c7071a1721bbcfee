//! `tallylight devices`: what there is to choose from.

use std::process::ExitCode;

use super::args::Devices;
use super::out::write;
use super::report::json_line;
use crate::engine::{CameraInfo, MicrophoneInfo};

/// Lists cameras and microphones.
pub fn run(args: &Devices) -> ExitCode {
    let devices = crate::engine::list_devices();
    if args.json {
        write(&json_line(&devices));
        return ExitCode::SUCCESS;
    }
    list("Cameras", "There is no camera here.", devices.cameras.iter().map(camera));
    let microphones = devices.microphones.iter().map(microphone);
    list("Microphones", "There is no microphone here.", microphones);
    let instead = match (devices.cameras.is_empty(), devices.microphones.is_empty()) {
        (true, true) => "--camera test --mic test",
        (true, false) => "--camera test",
        (false, true) => "--mic test",
        (false, false) => return ExitCode::SUCCESS,
    };
    write(&format!(
        "What is plugged in appears at once; until then the test signal does: {instead}\n"
    ));
    ExitCode::SUCCESS
}

fn list(title: &str, nothing: &str, lines: impl Iterator<Item = String>) {
    let lines: String = lines.collect();
    match lines.is_empty() {
        true => write(&format!("{nothing}\n")),
        false => write(&format!("{title}\n{lines}")),
    }
}

/// Name, identity, and a line for each format and size.
fn camera(camera: &CameraInfo) -> String {
    let mut text = format!("  {}\n    --camera {}\n", camera.name, shell_word(&camera.id));
    if camera.modes.is_empty() {
        text += "      may not be asked what it can do: the system does not allow it\n";
    }
    for mode in &camera.modes {
        let fps: Vec<String> = mode.fps.iter().map(|fps| format!("{fps:.4}")).map(tidy).collect();
        text += &format!(
            "      {} {}x{} at {} fps\n",
            mode.format,
            mode.width,
            mode.height,
            fps.join(", ")
        );
    }
    text
}

/// Name, identity, rates and channels.
fn microphone(microphone: &MicrophoneInfo) -> String {
    let (low, high) = microphone.rates;
    let channels: Vec<String> = microphone.channels.iter().map(u16::to_string).collect();
    let channels = channels.join(", ");
    let delivers = match (low, high) {
        (0, 0) => "in use just now".to_string(),
        (low, high) if low == high => format!("{low} Hz, {channels} channels"),
        (low, high) => format!("{low} to {high} Hz, {channels} channels"),
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
            rates: (0, 0),
            channels: Vec::new(),
        };
        let text = "  Default input (the system's choice)\n    --mic alsa:default\n      in use just now\n";
        assert_eq!(microphone(&busy), text);
    }
}

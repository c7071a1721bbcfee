//! `tallylight devices`: what there is to choose from.

use std::process::ExitCode;

use super::args::Devices;
use super::report::{emit, print_json};
use crate::engine::{CameraInfo, MicrophoneInfo};

/// Lists cameras and microphones.
pub fn run(args: &Devices) -> ExitCode {
    let devices = crate::engine::list_devices();
    if args.json {
        print_json(&devices);
        return ExitCode::SUCCESS;
    }
    list("Cameras", "This version does not use cameras yet.", devices.cameras.iter().map(camera));
    list(
        "Microphones",
        "This version does not use microphones yet.",
        devices.microphones.iter().map(microphone),
    );
    if devices.cameras.is_empty() || devices.microphones.is_empty() {
        emit("Until then there is the test signal: --camera test --mic test\n");
    }
    ExitCode::SUCCESS
}

fn list(title: &str, nothing: &str, lines: impl Iterator<Item = String>) {
    let lines: String = lines.collect();
    match lines.is_empty() {
        true => emit(&format!("{nothing}\n")),
        false => emit(&format!("{title}\n{lines}")),
    }
}

/// Name, identity, and a line for each format and size.
fn camera(camera: &CameraInfo) -> String {
    let mut text = format!("  {}\n    --camera {}\n", camera.name, camera.id);
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
    let rates = if low == high { format!("{low}") } else { format!("{low} to {high}") };
    let channels: Vec<String> = microphone.channels.iter().map(u16::to_string).collect();
    let default = if microphone.default { " (the system's default)" } else { "" };
    format!(
        "  {}{default}\n    --mic {}\n      {rates} Hz, {} channels\n",
        microphone.name,
        microphone.id,
        channels.join(", ")
    )
}

/// Without zeros behind the point.
fn tidy(number: String) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_string()
}

//! `tallylight devices`: what there is to choose from.

use std::process::ExitCode;

use super::args::Devices;
use super::report::{emit, print_json};

/// Lists cameras and microphones.
pub fn run(args: &Devices) -> ExitCode {
    let devices = crate::engine::list_devices();
    if args.json {
        print_json(&devices);
        return ExitCode::SUCCESS;
    }
    emit(&devices.to_string());
    ExitCode::SUCCESS
}

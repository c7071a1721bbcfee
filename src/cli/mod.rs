//! The face without a window: arguments in, lines and an exit status out.
//!
//! It draws snapshots as text and sends commands; what to do is decided by the
//! engine.

mod args;
mod devices;
mod publish;
mod report;
mod serve;

use std::process::ExitCode;

use clap::Parser;
use tracing::level_filters::LevelFilter;

pub use args::{Cli, Publish, Task};

/// Reads the arguments, starts logging and runs what was asked for. `window` is
/// called where nothing was asked for and there is a display.
pub fn main(window: impl FnOnce() -> ExitCode) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let status = error.exit_code();
            let _ = error.print();
            return ExitCode::from(u8::try_from(status).unwrap_or(2));
        }
    };
    start_logging(cli.verbose);
    match cli.command {
        Some(Task::Publish(args)) => publish::run(&args),
        Some(Task::Serve(args)) => serve::run(&args),
        Some(Task::Devices(args)) => devices::run(&args),
        None if has_display() => window(),
        None => publish::run(&Publish::parse_defaults()),
    }
}

/// Logs go to standard error. They never hold a key: its type can't be printed.
fn start_logging(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ours = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false)
        .finish();
    // A second start in one process, in tests, keeps the first one's.
    let _ = tracing::subscriber::set_global_default(ours);
}

fn has_display() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}

//! The face without a window: arguments in, lines and an exit status out.
//!
//! It draws snapshots as text and sends commands; what to do is decided by the
//! engine.

mod args;
mod devices;
mod interrupt;
mod out;
mod publish;
mod report;
mod serve;
mod terminal;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::{Registry, fmt};

pub use args::{Cli, Publish, Task};
pub use out::complain;

use crate::supervise;

/// Parts of the program to end with a panic, for its own tests.
const DOOMED: &str = "TALLYLIGHT_TEST_PANIC";

/// Reads the arguments, starts logging and runs what was asked for. `window` is
/// called where nothing was asked for and there is a display; `log` is the
/// window's own.
pub fn main<L>(log: L, window: impl FnOnce() -> ExitCode) -> ExitCode
where
    L: Layer<Registry> + Send + Sync,
{
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let is_window = cli.command.is_none() && has_display();
    start_logging(cli.verbose, is_window.then_some(log));
    supervise::log_panics();
    if let Ok(wish) = std::env::var(DOOMED) {
        supervise::doom_from(&wish);
    }
    let status = match cli.command {
        Some(Task::Publish(args)) => publish::run(*args),
        Some(Task::Serve(args)) => serve::run(&args),
        Some(Task::Devices(args)) => devices::run(&args),
        None if is_window => window(),
        None => publish::run(Publish::parse_defaults()),
    };
    out::flush(Duration::from_secs(1));
    status
}

/// Help, or what is wrong with the arguments.
fn refuse(error: &clap::Error) -> ExitCode {
    let status = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    if !error.use_stderr() {
        return out::deliver(&rendered(error, &std::io::stdout()));
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rendered = rendered(error, &std::io::stderr());
    let told = without_keys(&rendered, &words, error.kind());
    out::say(&told);
    if words.iter().any(|word| word == "--json") && words.iter().any(|word| word == "publish") {
        let line = without_keys(&error.render().to_string(), &words, error.kind());
        report::Reporter::new(true).refuse(line.lines().next().unwrap_or_default().into());
    }
    status
}

/// What the arguments' reader says, as `stream` takes it.
fn rendered(error: &clap::Error, stream: &impl std::io::IsTerminal) -> String {
    match terminal::takes_colours(stream) {
        true => error.render().ansi().to_string(),
        false => error.render().to_string(),
    }
}

/// What the arguments' reader says, without what may hold a key: addresses, and what
/// stands where nothing is expected.
fn without_keys(told: &str, words: &[String], kind: clap::error::ErrorKind) -> String {
    let is_stray =
        |word: &str| kind == clap::error::ErrorKind::UnknownArgument && !word.starts_with('-');
    let mut told = told.to_owned();
    for word in words {
        let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
        for hidden in [word.as_str(), value] {
            if args::is_address(hidden) || is_stray(hidden) && hidden.len() > 2 {
                told = told.replace(&format!("'{hidden}'"), "'…'");
            }
        }
    }
    told
}

/// Logs go to standard error, and to the window where there is one. They never
/// hold a key: its type can't be printed.
fn start_logging<L>(verbose: u8, window: Option<L>)
where
    L: Layer<Registry> + Send + Sync,
{
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // What a window manager lacks is of no use to the person at the window.
    let window = window.map(|log| log.with_filter(ours(LevelFilter::INFO, LevelFilter::ERROR)));
    let terminal = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(terminal::takes_colours(&std::io::stderr()))
        .with_target(false)
        .with_filter(ours(level, level.min(LevelFilter::WARN)));
    let all = tracing_subscriber::registry().with(window).with(terminal);
    // A second start in one process, in tests, keeps the first one's.
    let _ = tracing::subscriber::set_global_default(all);
}

/// This program's events from `level` on, and those of its libraries from
/// `libraries` on: what they say in detail nobody has searched for keys.
fn ours(level: LevelFilter, libraries: LevelFilter) -> Targets {
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level).with_default(libraries)
}

fn has_display() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}

//! Parses arguments, starts logging, runs one face.

use std::process::ExitCode;

fn main() -> ExitCode {
    tallylight::cli::main(tallylight::ui::main)
}

//! To be written.

/// Opens the window.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

//! `caffeinate`, which is part of macOS. Written without a Mac to try it on.

use std::process::{Command, Stdio};

use super::Held;

/// Keeps system and display awake until it is killed, or this process has ended.
pub fn hold() -> Option<Held> {
    let process = std::process::id().to_string();
    let mut caffeinate = Command::new("caffeinate");
    caffeinate.args(["-d", "-i", "-w", &process]).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = caffeinate.spawn().ok()?;
    let release = Box::new(move || {
        let _ = child.kill();
        let _ = child.wait();
    });
    Some(Held { by: "caffeinate", release })
}

//! The program on a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::program::eventually;

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that runs on a terminal. Dropping it kills it.
pub struct OnTerminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl OnTerminal {
    /// Starts it on a terminal of so many columns.
    pub fn start(columns: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let (ours, theirs) = open(columns);
        let of_theirs = || theirs.try_clone().expect("there is room for another file");
        let child = Command::new(env!("CARGO_BIN_EXE_tallylight"))
            .args(arguments)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .envs(environment.iter().copied())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(of_theirs())
            .stdout(of_theirs())
            .stderr(of_theirs())
            .spawn()
            .expect("the program was built with the tests");
        let screen = Arc::<Mutex<Vec<u8>>>::default();
        let (mut from, into) = (ours.try_clone().expect("as above"), Arc::clone(&screen));
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The end of the last program on a terminal is an error to who reads it.
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                into.lock().unwrap_or_else(PoisonError::into_inner).extend(&bytes[..count]);
            }
        });
        Self { child, keyboard: ours, screen, reader: Some(reader) }
    }

    /// Everything that was written to it so far.
    pub fn seen(&self) -> String {
        let bytes = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until it shows `words`.
    pub fn wait_for(&self, words: &str) {
        eventually(words, PATIENCE, || self.seen().contains(words).then_some(()));
    }

    /// Types.
    pub fn type_in(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("it is open");
    }

    /// Whether what is typed appears.
    pub fn echoes(&self) -> bool {
        // SAFETY: all zeros are a setting, and the system writes nothing but it.
        unsafe {
            let mut setting: libc::termios = std::mem::zeroed();
            assert_eq!(libc::tcgetattr(self.keyboard.as_raw_fd(), &raw mut setting), 0);
            setting.c_lflag & libc::ECHO != 0
        }
    }

    /// Asks it to end, as Ctrl-C does.
    pub fn interrupt(&self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill is part of procps").success());
    }

    /// Waits for its end; how it ended, and all that it wrote.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let status = eventually("its end", PATIENCE, || self.child.try_wait().expect("our child"));
        if let Some(reader) = self.reader.take() {
            reader.join().expect("it only reads");
        }
        (status, self.seen())
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Both ends of a terminal: ours, and the program's.
fn open(columns: u16) -> (File, File) {
    let (mut ours, mut theirs) = (-1, -1);
    let size = libc::winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    let none = std::ptr::null_mut();
    // SAFETY: two numbers are written, a size is read, and the files are nobody else's.
    unsafe {
        let opened = libc::openpty(&raw mut ours, &raw mut theirs, none, std::ptr::null(), &size);
        assert_eq!(opened, 0, "no terminal: {}", std::io::Error::last_os_error());
        // A program that is started holds its own end alone.
        libc::fcntl(ours, libc::F_SETFD, libc::FD_CLOEXEC);
        libc::fcntl(theirs, libc::F_SETFD, libc::FD_CLOEXEC);
        (File::from_raw_fd(ours), File::from_raw_fd(theirs))
    }
}

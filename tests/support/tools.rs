//! Programs that we did not write: started, watched and ended by the test.
//!
//! A program that is missing fails the test and names its Debian package.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Programs and the packages they are in.
const PACKAGES: [(&str, &str); 6] = [
    ("ffmpeg", "ffmpeg"),
    ("ffprobe", "ffmpeg"),
    ("gst-launch-1.0", "gstreamer1.0-tools"),
    ("gst-inspect-1.0", "gstreamer1.0-tools"),
    ("rtmpdump", "rtmpdump"),
    ("tshark", "tshark"),
];

/// How long anything may take before the test fails; far more than it needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. Dropping it kills it.
pub struct Tool {
    name: String,
    child: Child,
    stderr: Option<JoinHandle<String>>,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Tool {
    /// Starts a program; its output is kept.
    pub fn start<S: AsRef<str>>(name: &str, arguments: impl IntoIterator<Item = S>) -> Self {
        let arguments: Vec<String> = arguments.into_iter().map(|s| s.as_ref().to_owned()).collect();
        let mut child = Command::new(name)
            .args(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}", missing(name, &error)));
        // Read while it runs, or a full pipe would stop it.
        let stderr = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = stderr.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        });
        Self { name: name.to_owned(), child, stderr }
    }

    /// Waits for its end, and fails if it does not come.
    pub fn wait(mut self) -> Ended {
        let mut stdout = self.child.stdout.take().expect("it is piped and taken once");
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stdout.read_to_end(&mut bytes);
            bytes
        });
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                let _ = self.child.kill();
                let stderr = self.take_stderr();
                panic!("{} did not end: {stderr}", self.name);
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let stdout = reader.join().expect("the reader does not panic");
        Ended { status, stdout, stderr: self.take_stderr() }
    }

    /// Waits for its end, which must be a good one.
    pub fn succeed(self) -> Ended {
        let name = self.name.clone();
        let ended = self.wait();
        assert!(ended.status.success(), "{name} failed, {}: {}", ended.status, ended.stderr);
        ended
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Ends it without a goodbye.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn take_stderr(&mut self) -> String {
        self.stderr
            .take()
            .map_or_else(String::new, |reader| reader.join().expect("the reader does not panic"))
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Fails unless GStreamer has these elements; each with the package it is in.
pub fn require_elements(elements: &[(&str, &str)]) {
    for (element, package) in elements {
        let found = Tool::start("gst-inspect-1.0", ["--exists", element]).wait();
        assert!(found.status.success(), "GStreamer has no {element}: install {package}");
    }
}

fn missing(name: &str, error: &std::io::Error) -> String {
    let package = PACKAGES.iter().find(|(program, _)| *program == name);
    let package = package.map_or("it", |(_, package)| package);
    format!("{name} cannot be started ({error}): install the package {package}")
}

/// Asks until the answer is yes, and fails if it does not come.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A folder of its own, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("tallylight-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(unique);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test can be made");
        Self(path)
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("the test's own paths are UTF-8")
}

//! The window on a display without a screen: a pointer, keys and a clipboard, as
//! a person has them.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::program::eventually;

/// How long anything may take before the test fails; far more than it needs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The size of the display, which is the one that the window opens with.
pub const SIZE: (u32, u32) = (1280, 800);

/// Something that runs until it is dropped.
pub struct Running(Child);

impl Running {
    /// Starts a program that is in the package of that name.
    pub fn start(command: &mut Command, package: &str) -> Self {
        let child = command.spawn();
        Self(child.unwrap_or_else(|e| panic!("install the package {package} ({e})")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A display of its own.
pub struct Screen {
    name: String,
    _server: Running,
}

impl Screen {
    /// A display of the size that the window opens with.
    pub fn open() -> Self {
        // It takes a number that is free, and says which once it can be used.
        let mut xvfb = Command::new("Xvfb");
        let (width, height) = SIZE;
        xvfb.args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24")]);
        xvfb.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Running::start(&mut xvfb, "xvfb");
        let stdout = server.0.stdout.take().expect("it is piped");
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number).expect("it says its number");
        Self { name: format!(":{}", number.trim()), _server: server }
    }

    /// Starts the program without a task, which opens the window, and waits until
    /// it is drawn and has the keyboard.
    pub fn window(&self, home: &Home) -> Window {
        let window = self.start(home, &[]);
        eventually("the first frame is shown", PATIENCE, || {
            window.stderr().contains("first frame shown").then_some(())
        });
        self.focus();
        window
    }

    /// Starts the program without a task.
    pub fn start(&self, home: &Home, environment: &[(&str, &str)]) -> Window {
        let number = home.starts.fetch_add(1, Ordering::Relaxed);
        let path = |name: &str| home.folder.join(format!("{number}-{name}.txt"));
        let (stdout, stderr) = (path("stdout"), path("stderr"));
        let file = |path| File::create(path).expect("the test's folder can be written");
        let child = Command::new(env!("CARGO_BIN_EXE_tallylight"))
            .arg("-vvv")
            .env("DISPLAY", &self.name)
            .env("XDG_CONFIG_HOME", home.folder.join("config"))
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env_remove("WAYLAND_DISPLAY")
            // No keyring: a test's secrets have no place in anybody's.
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file(&stdout))
            .stderr(file(&stderr))
            .spawn()
            .expect("the program was built with the tests");
        Window { child, stdout, stderr }
    }

    /// Clicks on a place.
    pub fn click(&self, (x, y): (u32, u32)) {
        let (x, y) = (x.to_string(), y.to_string());
        self.xdotool(&["mousemove", &x, &y, "click", "1"]).expect("the pointer can be moved");
    }

    /// Presses keys, such as `ctrl+v`.
    pub fn press(&self, keys: &str) {
        self.xdotool(&["key", keys]).expect("keys can be pressed");
    }

    /// The names of all windows.
    pub fn titles(&self) -> String {
        let ids = self.xdotool(&["search", "--name", ".*"]).unwrap_or_default();
        ids.lines().filter_map(|id| self.xdotool(&["getwindowname", id])).collect()
    }

    /// Puts `text` on the clipboard and pastes it with Ctrl+V, which counts as one
    /// paste. Returns when the window has asked for it.
    pub fn paste(&self, text: &str) {
        let mut xclip = Command::new("xclip");
        xclip.args(["-quiet", "-loops", "1", "-selection", "clipboard", "-in"]);
        xclip.env("DISPLAY", &self.name).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut xclip = Running::start(&mut xclip, "xclip");
        let mut stdin = xclip.0.stdin.take().expect("it is piped");
        stdin.write_all(text.as_bytes()).expect("xclip reads");
        drop(stdin);
        // Until xclip owns the clipboard a paste would find what was there before.
        eventually("the text is on the clipboard", PATIENCE, || {
            let mut owner = Command::new("xclip");
            owner.args(["-selection", "clipboard", "-out", "-target", "TARGETS"]);
            let owner = owner.env("DISPLAY", &self.name).output().expect("it has just run");
            String::from_utf8_lossy(&owner.stdout).contains("UTF8_STRING").then_some(())
        });
        self.press("ctrl+v");
        eventually("the window takes the text", PATIENCE, || {
            xclip.0.try_wait().expect("it is our child")
        });
    }

    /// What the window has put on the clipboard.
    pub fn clipboard(&self) -> String {
        let mut xclip = Command::new("xclip");
        xclip.args(["-selection", "clipboard", "-out"]).env("DISPLAY", &self.name);
        let output = xclip.output().expect("install the package xclip");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Gives the newest window the keyboard, as a desktop does when it opens.
    pub fn focus(&self) {
        eventually("the window takes the keyboard", PATIENCE, || {
            let ids = self.xdotool(&["search", "--onlyvisible", "--name", "Tallylight"])?;
            let id = ids.lines().last()?.to_owned();
            self.xdotool(&["windowfocus", "--sync", &id])
        });
    }

    fn xdotool(&self, arguments: &[&str]) -> Option<String> {
        let mut xdotool = Command::new("xdotool");
        let output = xdotool.args(arguments).env("DISPLAY", &self.name).output();
        let output = output.expect("install the package xdotool");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    }
}

/// A folder for settings and what the program writes; removed when dropped.
pub struct Home {
    folder: PathBuf,
    starts: AtomicU32,
}

impl Home {
    /// An empty one: a first start.
    pub fn new(name: &str) -> Self {
        let name = format!("tallylight-window-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Self { folder, starts: AtomicU32::new(0) }
    }

    /// Where the program keeps its settings.
    pub fn config(&self) -> PathBuf {
        self.folder.join("config/tallylight")
    }

    /// All files in it, with what they hold.
    pub fn files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        collect(&self.folder, &mut files);
        files
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn collect(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("it is ours") {
        let path = entry.expect("it is ours").path();
        if path.is_dir() {
            collect(&path, into);
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            into.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}

/// The arguments of a process, as everybody on the computer can read them.
pub fn arguments_of(process: u32) -> String {
    let bytes = fs::read(format!("/proc/{process}/cmdline")).expect("it runs");
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// A running window. Dropping it kills it.
pub struct Window {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Window {
    /// What it has written to standard error.
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// What it has written to standard output.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// Its arguments, as everybody on the computer can read them.
    pub fn arguments(&self) -> String {
        arguments_of(self.child.id())
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        let sent = kill.args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("install the package procps").success());
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        eventually("the program ends", PATIENCE, || self.child.try_wait().expect("it is our child"))
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

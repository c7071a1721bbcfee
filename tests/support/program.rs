//! The program itself, run as a person would run it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A running `tallylight`. Dropping it kills it.
pub struct Program {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

/// How it ended.
pub struct Ended {
    /// Exit status.
    pub status: ExitStatus,
    /// The lines printed since the last look, as JSON.
    pub lines: Vec<Value>,
    /// What was written to standard error.
    pub stderr: String,
}

impl Program {
    /// Starts it with these arguments.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts it with these arguments and environment.
    pub fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tallylight"))
            .args(arguments)
            .envs(environment.iter().copied())
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built with the tests");
        let stdout = child.stdout.take().expect("it is piped");
        Self { child, lines: BufReader::new(stdout).lines() }
    }

    /// The next line that it prints, as JSON.
    pub fn line(&mut self) -> Option<Value> {
        let line = self.lines.next()?.expect("it prints text");
        Some(serde_json::from_str(&line).unwrap_or_else(|e| panic!("not JSON ({e}): {line}")))
    }

    /// Reads lines until one is in this state.
    pub fn wait_for_state(&mut self, state: &str) -> Value {
        let mut seen = Vec::new();
        while let Some(line) = self.line() {
            if line["state"] == state {
                return line;
            }
            seen.push(line);
        }
        panic!("never {state}: {seen:?}; {}", self.stderr());
    }

    /// Its process.
    #[allow(dead_code, reason = "each test file uses a part of it")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, as Ctrl-C does.
    pub fn interrupt(&self) {
        let kill = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(kill.expect("kill is part of procps").success());
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ended {
        let mut lines = Vec::new();
        while let Some(line) = self.line() {
            lines.push(line);
        }
        let status = self.child.wait().expect("it is our child");
        Ended { status, lines, stderr: self.stderr() }
    }

    fn stderr(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
        }
        text
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The exit status's number.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The summary that the last line holds.
    #[allow(dead_code, reason = "each test file uses a part of it")]
    pub fn summary(&self) -> &Value {
        self.lines.last().map_or(&Value::Null, |line| &line["summary"])
    }
}

/// Runs `check` until it gives something, at most for `limit`.
pub fn eventually<T>(what: &str, limit: Duration, mut check: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(begun.elapsed() < limit, "did not happen within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

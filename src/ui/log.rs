//! The log that the window shows: the last lines, with secrets taken out.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard};

use super::text;
use super::wall::WallTime;
use crate::protocol::rtmp::key::Secret;

/// Lines kept; older ones go.
const LINES: usize = 500;

/// Characters of a line; what is longer is cut.
const LONGEST: usize = 600;

/// Secrets that are looked for; older ones go.
const SECRETS: usize = 16;

/// Shorter texts are no secrets worth looking for: they would tear up words.
const SHORTEST_SECRET: usize = 5;

/// The last lines of the log. Clones share them.
///
/// The window writes what it sees into it; as a layer of the program's log
/// (`trace.rs`) it takes what the rest of the program says.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    lines: VecDeque<String>,
    secrets: VecDeque<Secret>,
    written: u64,
}

impl LogBook {
    /// Adds one line with the time.
    pub fn tell(&self, line: &str) {
        self.add(&format!("{}  {line}", WallTime::now().clock()));
    }

    /// Adds one line.
    pub fn add(&self, line: &str) {
        self.lock().add(line);
    }

    /// Takes `secret` out of every line that comes from now on.
    pub fn hide(&self, secret: &Secret) {
        let text = secret.expose();
        if text.len() < SHORTEST_SECRET {
            return;
        }
        let mut book = self.lock();
        if book.secrets.contains(secret) {
            return;
        }
        if book.secrets.len() == SECRETS {
            book.secrets.pop_front();
        }
        book.secrets.push_back(secret.clone());
    }

    /// `text` as the log would write it.
    pub fn without_secrets(&self, text: &str) -> String {
        self.lock().without_secrets(text)
    }

    /// All lines, oldest first.
    pub fn text(&self) -> String {
        let book = self.lock();
        let mut text = String::with_capacity(book.lines.iter().map(|line| line.len() + 1).sum());
        for line in &book.lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// All lines below what somebody who was not there has to know: which program this is,
    /// where it runs, and the date.
    pub fn report(&self) -> String {
        let system = system_name().unwrap_or_else(|| std::env::consts::OS.to_owned());
        let system = format!("{system}, {}", std::env::consts::ARCH);
        let head = text::log_head(env!("CARGO_PKG_VERSION"), &system, &WallTime::now().to_string());
        head + &self.text()
    }

    /// Lines written since the start; changes when the text does.
    pub fn written(&self) -> u64 {
        self.lock().written
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Lines are whole whatever another thread died of.
        self.book.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Book {
    fn add(&mut self, line: &str) {
        let mut line = one_line(&self.without_secrets(line));
        if let Some((end, _)) = line.char_indices().nth(LONGEST) {
            line.replace_range(end.., "…");
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.written += 1;
    }

    fn without_secrets(&self, line: &str) -> String {
        let hide = |line: String, secret: &Secret| line.replace(secret.expose(), "…");
        self.secrets.iter().fold(line.to_owned(), hide)
    }
}

/// What the system calls itself, where it does.
fn system_name() -> Option<String> {
    const LONGEST: u64 = 4096;
    let mut text = String::new();
    let file = File::open("/etc/os-release").ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(one_line(name.trim_matches(['"', '\''])))
}

/// `text` on one line: what a server said may hold anything.
fn one_line(text: &str) -> String {
    let printable = text.split(char::is_control).filter(|part| !part.is_empty());
    printable.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        let log = LogBook::default();
        log.add("one\ntwo\r\n\tthree  four\u{1b}[31m\n");
        assert_eq!((log.text().as_str(), log.written()), ("one two three  four [31m\n", 1));
    }

    #[test]
    fn secrets_are_taken_out() {
        let log = LogBook::default();
        log.hide(&Secret::new("live_0123456789"));
        log.hide(&Secret::new("abc"));
        log.add("publish live_0123456789?x=1 for abc");
        assert_eq!(log.text(), "publish …?x=1 for abc\n");
    }

    #[test]
    fn a_report_says_what_ran_where_and_when() {
        let log = LogBook::default();
        log.tell("Live");
        let report = log.report();
        let lines: Vec<_> = report.lines().collect();
        assert_eq!(lines[0], format!("Tallylight {}", env!("CARGO_PKG_VERSION")));
        assert!(lines[1].ends_with(std::env::consts::ARCH), "{report}");
        let date = lines[2].split(['-', ' ', ':', '+']).collect::<Vec<_>>();
        assert!(
            date.len() >= 6 && date[0].parse::<u32>().is_ok_and(|year| year > 2_000),
            "{report}"
        );
        assert_eq!((lines[3], &lines[4][8..]), ("", "  Live"));
    }

    #[test]
    fn it_is_bounded() {
        let log = LogBook::default();
        for _ in 0..LINES + 10 {
            log.add(&"é".repeat(LONGEST + 10));
        }
        let line = format!("{}…\n", "é".repeat(LONGEST));
        assert_eq!(log.text(), line.repeat(LINES));
    }
}

//! The log that the window shows: the last lines, with secrets taken out.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

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
/// It is a [`io::Write`], so that the program's log can be written into it line
/// by line beside the terminal.
#[derive(Clone, Debug, Default)]
pub struct LogBook {
    book: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    lines: VecDeque<String>,
    secrets: VecDeque<Secret>,
    unfinished: Vec<u8>,
    written: u64,
}

impl LogBook {
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
        let line = self.without_secrets(line.trim_end());
        let end = line.char_indices().nth(LONGEST).map_or(line.len(), |(end, _)| end);
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line[..end].to_owned());
        self.written += 1;
    }

    fn without_secrets(&self, line: &str) -> String {
        let hide = |line: String, secret: &Secret| line.replace(secret.expose(), "…");
        self.secrets.iter().fold(line.to_owned(), hide)
    }

    /// Takes the finished lines out of what was written so far.
    fn finish_lines(&mut self) {
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.add(&String::from_utf8_lossy(&line));
        }
        // A writer without line ends fills no memory.
        if self.unfinished.len() > 4 * LONGEST {
            self.unfinished.clear();
        }
    }
}

impl io::Write for LogBook {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut book = self.lock();
        book.unfinished.extend_from_slice(bytes);
        book.finish_lines();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn lines_come_whole_however_they_were_written() {
        let mut log = LogBook::default();
        for part in ["one\ntw", "o\n", "unfinished"] {
            log.write_all(part.as_bytes()).expect("it never fails");
        }
        assert_eq!((log.text().as_str(), log.written()), ("one\ntwo\n", 2));
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
    fn it_is_bounded() {
        let mut log = LogBook::default();
        for _ in 0..LINES + 10 {
            log.add(&"é".repeat(LONGEST + 1));
        }
        log.write_all(&[b'x'; 100_000]).expect("it never fails");
        assert_eq!(log.text().chars().count(), LINES * (LONGEST + 1));
        assert!(log.lock().unfinished.len() <= 4 * LONGEST);
    }
}

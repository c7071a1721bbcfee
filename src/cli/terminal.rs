//! The terminal: what it takes, how wide it is, and a line that is typed unseen.

use std::env;
use std::ffi::OsStr;
use std::io::IsTerminal;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether lines on `stream` can be rewritten.
pub fn takes_escapes(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && !is_dumb(env::var_os("TERM").as_deref())
}

/// Whether words on `stream` may have colours.
pub fn takes_colours(stream: &impl IsTerminal) -> bool {
    takes_escapes(stream) && !is_set(env::var_os("NO_COLOR").as_deref())
}

/// Whether a terminal of this name takes text alone. Windows names none.
fn is_dumb(term: Option<&OsStr>) -> bool {
    if cfg!(windows) { term.is_some_and(|term| term == "dumb") } else { names_dumb(term) }
}

fn names_dumb(term: Option<&OsStr>) -> bool {
    term.is_none_or(|term| term.is_empty() || term == "dumb")
}

fn is_set(variable: Option<&OsStr>) -> bool {
    variable.is_some_and(|value| !value.is_empty())
}

/// `line` cut to `width` columns, with a sign that it was.
pub fn fit(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| {
        let columns = c.width().unwrap_or_default();
        let is_room = columns <= left;
        left = left.saturating_sub(columns);
        is_room
    };
    line.chars().take_while(fits).chain("…".chars().take(width)).collect()
}

/// The columns of standard output's terminal, where they are known.
#[cfg(unix)]
pub fn width() -> Option<usize> {
    // SAFETY: all zeros are a size, and the kernel writes nothing but this struct.
    let size = unsafe {
        let mut size: libc::winsize = std::mem::zeroed();
        (libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) == 0).then_some(size)
    };
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// The columns of standard output's terminal, where they are known.
#[cfg(not(unix))]
pub fn width() -> Option<usize> {
    None
}

pub use unseen::{Unseen, show_again};

/// What is typed does not appear.
#[cfg(unix)]
mod unseen {
    use std::mem;
    use std::sync::{Mutex, PoisonError};

    /// How the terminal was before, while nothing that is typed appears.
    static BEFORE: Mutex<Option<libc::termios>> = Mutex::new(None);

    /// Nothing that is typed on standard input appears until this is dropped.
    pub struct Unseen(());

    impl Unseen {
        /// `None` where the terminal can't do it.
        pub fn begin() -> Option<Self> {
            // SAFETY: all zeros are a setting, and the system writes nothing but it.
            let before = unsafe {
                let mut before: libc::termios = mem::zeroed();
                (libc::tcgetattr(libc::STDIN_FILENO, &raw mut before) == 0).then_some(before)
            }?;
            let mut unseen = before;
            unseen.c_lflag &= !libc::ECHO;
            *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
            set(&unseen).then_some(Self(()))
        }
    }

    impl Drop for Unseen {
        fn drop(&mut self) {
            show_again();
        }
    }

    /// Lets what is typed appear again, where it does not.
    pub fn show_again() {
        let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(before) = before {
            set(&before);
        }
    }

    fn set(terminal: &libc::termios) -> bool {
        // SAFETY: the system only reads the setting.
        unsafe { libc::tcsetattr(libc::STDIN_FILENO, libc::TCSANOW, terminal) == 0 }
    }
}

/// What is typed does not appear: not here.
#[cfg(not(unix))]
mod unseen {
    /// Never made.
    pub struct Unseen(());

    impl Unseen {
        /// `None`: the terminal can't do it.
        pub fn begin() -> Option<Self> {
            None
        }
    }

    /// It appears anyway.
    pub fn show_again() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_its_columns() {
        let line = "LIVE 00:00:12  30 fps  2500 kbit/s";
        assert_eq!(fit(line, 80), line);
        assert_eq!(fit(line, line.len()), line);
        assert_eq!(fit(line, 20), "LIVE 00:00:12  30 f…");
        assert_eq!((fit(line, 1).as_str(), fit(line, 0).as_str()), ("…", ""));
        // Two columns each, and none of them in halves.
        assert_eq!(fit("摄像头: 30 fps", 6), "摄像…");
        assert_eq!(fit("摄像头: 30 fps", 7), "摄像头…");
        for width in 0..40 {
            assert!(fit("é摄像头 ready", width).width() <= width, "{width}");
        }
    }

    #[test]
    fn terminals_without_escapes_are_known_by_name() {
        let dumb = |term: Option<&str>| names_dumb(term.map(OsStr::new));
        assert!(dumb(Some("dumb")) && dumb(Some("")) && dumb(None));
        assert!(!dumb(Some("xterm-256color")) && !dumb(Some("linux")));
    }

    #[test]
    fn an_empty_wish_for_no_colours_is_none() {
        assert!(is_set(Some(OsStr::new("1"))) && is_set(Some(OsStr::new("0"))));
        assert!(!is_set(Some(OsStr::new(""))) && !is_set(None));
    }
}

//! What a person sees who sits at a terminal.

use crate::pty::OnTerminal;

const KEY: &str = "MARKER-typed-key";

/// Nothing listens there: the stream fails as soon as it has its key.
const NOBODY: &str = "rtmp://127.0.0.1:9/live";

#[test]
fn a_key_is_asked_for_and_not_shown() {
    let mut program = OnTerminal::start(80, &["publish", "--key-stdin", NOBODY], &[]);
    program.wait_for("Stream key (not shown while you type): ");
    assert!(!program.echoes());
    program.type_in(&format!("{KEY}\n"));
    program.wait_for("connect");
    assert!(program.echoes(), "what is typed later is not seen");
    let (status, seen) = program.wait();
    assert_eq!(status.code(), Some(4), "{seen}");
    assert!(!seen.contains(KEY), "{seen}");
}

#[test]
fn no_key_is_said_to_be_missing() {
    let mut program = OnTerminal::start(80, &["publish", "--key-stdin", NOBODY], &[]);
    program.wait_for("Stream key");
    program.type_in("\n");
    let (status, seen) = program.wait();
    assert_eq!(status.code(), Some(2), "{seen}");
    assert!(seen.contains("There was no stream key"), "{seen}");
}

#[test]
fn who_changes_their_mind_gets_the_terminal_back() {
    let program = OnTerminal::start(80, &["publish", "--key-stdin", NOBODY], &[]);
    program.wait_for("Stream key");
    program.interrupt();
    while !program.echoes() {
        std::thread::yield_now();
    }
    let (status, seen) = program.wait();
    assert_eq!(status.code(), Some(130), "{seen}");
}

/// Each line that was rewritten, without what moves the cursor.
fn lines(seen: &str) -> Vec<String> {
    let parts = seen.split(['\r', '\n']);
    let plain = |part: &str| {
        let part = part.replace("\u{1b}[2K", "").replace("\u{1b}[?7l", "");
        part.replace("\u{1b}[?7h", "")
    };
    parts.map(plain).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_line_of_figures_is_cut_to_the_terminal() {
    let arguments = ["publish", "--duration", "1500ms", "--size", "64x64"];
    for columns in [20, 45] {
        let (status, seen) = OnTerminal::start(columns, &arguments, &[]).wait();
        assert!(status.success(), "{seen}");
        let figures = lines(&seen).into_iter().filter(|line| line.starts_with("LIVE"));
        let widths: Vec<usize> = figures.map(|line| line.chars().count()).collect();
        let is_cut = !widths.is_empty() && widths.iter().all(|width| *width == columns as usize);
        assert!(is_cut, "{columns}: {widths:?} in {seen:?}");
    }
}

#[test]
fn a_terminal_that_takes_text_alone_gets_text_alone() {
    for term in ["dumb", ""] {
        for arguments in [
            &["publish", "--duration", "500ms", "--size", "64x64", "-v"][..],
            &["publish", "--fps", "x"],
            &["--help"],
        ] {
            let program = OnTerminal::start(80, arguments, &[("TERM", term)]);
            let (_, seen) = program.wait();
            assert!(
                !seen.is_empty() && !seen.contains('\u{1b}'),
                "{term}, {arguments:?}: {seen:?}"
            );
        }
    }
}

#[test]
fn who_wants_no_colours_gets_none() {
    let refused = |environment: &[(&str, &str)]| {
        OnTerminal::start(80, &["publish", "--fps", "x"], environment).wait().1
    };
    assert!(!refused(&[("NO_COLOR", "1")]).contains('\u{1b}'));
    // Empty is no wish.
    assert!(refused(&[("NO_COLOR", "")]).contains('\u{1b}'));
    let logged = ["publish", "--duration", "100ms", "--size", "64x64", "-v"];
    let (_, seen) = OnTerminal::start(80, &logged, &[("NO_COLOR", "1")]).wait();
    // Colours end with an m; the line of figures is rewritten without.
    let is_colour = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        end.is_some_and(|end| part[end..].starts_with('m'))
    };
    let coloured = seen.split("\u{1b}[").skip(1).any(is_colour);
    assert!(!coloured, "{seen:?}");
}

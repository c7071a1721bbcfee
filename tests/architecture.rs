//! Keeps the import rule of `src/lib.rs`: a module uses those of lower rank,
//! never its siblings of the driver rank and never those above; what the pure ranks
//! may not contain; and that the window's words are in `src/text`.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules and their ranks, lowest first; the order of `src/lib.rs`.
const RANKS: &[(&str, u8)] = &[
    ("media", 0),
    ("supervise", 0),
    ("text", 0),
    ("mix", 1),
    ("protocol", 1),
    ("scene", 1),
    ("settings", 2),
    ("encode", 3),
    ("publish", 3),
    ("serve", 3),
    ("source", 3),
    ("engine", 4),
    ("cli", 5),
    ("ui", 5),
];

/// What the pure modules must not import or name by its whole path: clocks, threads,
/// sockets, files, processes, randomness, devices, the window.
const IMPURE_PATHS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io::stdin",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::thread",
    "cpal",
    "crossbeam_channel",
    "egui",
    "getrandom",
    "mio",
    "nokhwa",
    "socket2",
];

/// What they must not call, however it was imported.
const IMPURE_CALLS: &[&str] = &["Instant::now", "SystemTime::now", "SystemTime::UNIX_EPOCH"];

/// Files of the driver rank that are policies: as pure as the stages below.
const PURE_POLICIES: &[&str] = &[
    "publish/bitrate",
    "publish/ending",
    "publish/link",
    "publish/names",
    "publish/overload",
    "publish/patience",
    "publish/queue",
    "publish/reconnect",
    "publish/transport/proxy/address",
    "publish/transport/proxy/connect",
    "publish/transport/proxy/error",
    "publish/transport/proxy/rules",
    "publish/transport/proxy/socks5",
    "publish/verdict",
];

/// Where what the window shows comes from; its words belong into `src/text`.
const SPEAKERS: &[&str] = &[
    "encode/",
    "engine/",
    "protocol/rtmp/auth.rs",
    "protocol/rtmp/url/",
    "publish/",
    "serve/",
    "settings/",
    "source/",
    "ui/",
];

/// Calls and macros whose words the window does not show.
const UNSHOWN: &[&str] = &[
    // For whoever looks for a fault.
    "tracing::error!",
    "tracing::warn!",
    "tracing::info!",
    "tracing::debug!",
    "tracing::trace!",
    "expect",
    "panic!",
    "unreachable!",
    "assert!",
    "assert_eq!",
    "allow",
    // Names that threads and the toolkit want.
    "name",
    "Id::unique",
    "Grid::new",
    "Panel::bottom",
    // What is looked for in the words of others.
    "find",
    "starts_with",
];

/// Files that speak and are not heard by the window, and why.
const UNHEARD: &[(&str, &str)] = &[
    ("engine/awake/linux.rs", "the names of the system's calls; what answers, for the log"),
    ("engine/awake/windows.rs", "a name for the log"),
    ("publish/status.rs", "how a connection ended, for the log; `engine::Fault` is what is shown"),
    ("publish/transport/proxy/connect.rs", "what is said to a proxy"),
    ("publish/transport/proxy/error.rs", "for the log, as in `publish/status.rs`"),
    ("serve/message.rs", "a message while debugging"),
    ("source/camera/native.rs", "what the words of others are looked through for"),
    ("ui/scheme.rs", "the desktop's names of its calls"),
];

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source folder can be read") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Every source file: its path below `src` and its text without the unit tests.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let name = |p: &Path| {
        let below = p.strip_prefix(&root).expect("it was found there");
        below.to_string_lossy().replace('\\', "/")
    };
    let read = |p: &Path| fs::read_to_string(p).expect("a source file can be read");
    let mut files: Vec<_> = paths
        .iter()
        .filter(|p| !p.ends_with("tests.rs") && !p.components().any(|c| c.as_os_str() == "tests"))
        .map(|p| (name(p), without_tests(&read(p))))
        .collect();
    files.sort();
    files
}

fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The whole paths that a text imports: `use a::{b, c::{self, d}};` is `a::b`, `a::c`,
/// `a::c::d`. What is renamed counts under its own name.
fn imported(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].rsplit('\n').next().unwrap_or_default().trim();
        rest = &rest[at + 4..];
        if before.is_empty() || before.starts_with("pub") {
            expand("", rest.split(';').next().unwrap_or_default(), &mut paths);
        }
    }
    paths
}

/// The paths of a tree of imports below `before`.
fn expand(before: &str, tree: &str, into: &mut Vec<String>) {
    for part in split_at_top(tree) {
        let part = part.trim();
        let joined = |path: &str| match before {
            "" => path.to_owned(),
            before => format!("{before}::{path}"),
        };
        match part.split_once('{') {
            Some((path, inner)) => {
                let path = joined(path.trim().trim_end_matches("::"));
                expand(&path, inner.trim_end().trim_end_matches('}'), into);
            }
            None => match part.split_whitespace().next() {
                Some("self") => into.push(before.to_owned()),
                Some(path) => into.push(joined(path.trim_end_matches("::*"))),
                None => {}
            },
        }
    }
}

/// The parts between the commas that are in no braces; the outermost brace stays open.
fn split_at_top(tree: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (at, c) in tree.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tree[start..]);
    parts
}

/// The modules that a text names after `crate::`, imported or in place.
fn imports(text: &str) -> Vec<String> {
    let module = |path: &str| {
        let rest = path.strip_prefix("crate::")?;
        Some(rest.split("::").next().unwrap_or_default().to_owned())
    };
    let in_place = text.split("crate::").skip(1).map(|rest| {
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    });
    let imported: Vec<_> = imported(text).iter().filter_map(|path| module(path)).collect();
    imported.into_iter().chain(in_place).filter(|name| !name.is_empty()).collect()
}

/// What a text imports or names that no pure module may.
fn impurities(text: &str) -> Vec<String> {
    let paths = imported(text);
    let is_below = |path: &str, root: &str| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    let named = |root: &&&str| {
        let by_path = format!("{root}::");
        let in_place = |at: usize| {
            let before = text[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        };
        paths.iter().any(|path| is_below(path, root))
            || text.match_indices(&by_path).any(|(at, _)| in_place(at))
    };
    let calls = IMPURE_CALLS.iter().filter(|call| text.contains(**call));
    IMPURE_PATHS.iter().filter(named).chain(calls).map(|name| (*name).to_owned()).collect()
}

/// What the tests below look for is found however it is written.
#[test]
fn imports_and_impurities_are_found() {
    let found = |text: &str| {
        let mut found = imports(text);
        found.sort();
        found.dedup();
        found
    };
    assert_eq!(found("use crate::ui;"), ["ui"]);
    assert_eq!(found("use crate::{ui};"), ["ui"]);
    assert_eq!(found("pub use crate::{media as m, ui::text};"), ["media", "ui"]);
    assert_eq!(found("use crate::{\n    cli,\n    engine::{self, Fault},\n};"), ["cli", "engine"]);
    assert_eq!(found("let x = crate::serve::run();"), ["serve"]);
    assert_eq!(found("use super::{ui};\nlet house = rouse(ui);"), [""; 0]);
    for impure in [
        "use std::fs;",
        "use std::fs as files;",
        "use std::{fmt, fs};",
        "use std::{\n    fmt,\n    fs::{self, File},\n};",
        "    use std::thread;",
        "pub(super) use std::net::{Ipv4Addr, TcpStream};",
        "let file = std::fs::File::open(path);",
        "let now = Instant::now();",
        "use egui::Ui;",
        "use mio::*;",
    ] {
        assert!(!impurities(impure).is_empty(), "{impure}");
    }
    for pure in [
        "use std::fmt;",
        "use std::net::{IpAddr, Ipv4Addr};",
        "use std::time::Instant;",
        "use std::io::{self, Write};",
        "let offset = crate::media::offset();",
        "use crate::fs;",
    ] {
        assert_eq!(impurities(pure), [""; 0], "{pure}");
    }
}

#[test]
fn modules_import_downward_only() {
    let mut breaches = Vec::new();
    for (file, text) in files() {
        let module = file.split(['/', '.']).next().unwrap_or_default().to_string();
        let Some(own) = rank(&module) else { continue };
        for used in imports(&text) {
            let Some(other) = rank(&used) else { continue };
            let sibling_driver = own == 3 && other == 3 && used != module;
            if other > own || sibling_driver || (own == 5 && other == 5 && used != module) {
                breaches.push(format!("src/{file} uses crate::{used}"));
            }
        }
    }
    assert!(breaches.is_empty(), "import rule broken:\n{}", breaches.join("\n"));
}

#[test]
fn pure_modules_are_pure() {
    let mut breaches = Vec::new();
    for (file, text) in files() {
        let pure =
            ["media/", "mix/", "protocol/", "scene/", "text/"].iter().any(|m| file.starts_with(m))
                || PURE_POLICIES.iter().any(|p| file.starts_with(p));
        if pure {
            let named = impurities(&text).into_iter();
            breaches.extend(named.map(|name| format!("src/{file} names {name}")));
        }
    }
    assert!(breaches.is_empty(), "not pure:\n{}", breaches.join("\n"));
}

#[test]
fn only_the_window_draws() {
    let drawing = files()
        .into_iter()
        .filter(|(file, text)| !file.starts_with("ui/") && text.contains("egui"))
        .map(|(file, _)| file)
        .filter(|file| file != "main.rs")
        .collect::<Vec<_>>();
    assert!(drawing.is_empty(), "egui outside src/ui: {drawing:?}");
}

#[test]
fn every_module_has_a_rank_and_opens_with_its_purpose() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"))
        .expect("src/lib.rs can be read");
    let listed: Vec<&str> =
        lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(listed.iter().all(|m| rank(m).is_some()), "a module without a rank: {listed:?}");
    let ranks: Vec<_> = listed.iter().filter_map(|m| rank(m)).collect();
    assert!(ranks.is_sorted(), "src/lib.rs lists modules out of rank order");

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let silent: Vec<_> = paths
        .iter()
        .filter(|p| !fs::read_to_string(p).expect("a source file can be read").starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "files that do not open with what belongs in them: {silent:?}");
}

/// A string in a source text, and what is called with it: the path before the
/// innermost bracket around it.
#[derive(Debug, PartialEq)]
struct Literal {
    call: String,
    text: String,
}

/// The strings in `code`, as far as rustfmt's way of writing needs.
fn literals(code: &str) -> Vec<Literal> {
    let mut found = Vec::new();
    let mut calls: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                let mut text = String::new();
                let raw = path == "r";
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    match c {
                        '\\' if !raw => match chars.next() {
                            // The line goes on after the next one's blanks.
                            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                            escaped => text.extend(escaped),
                        },
                        c => text.push(c),
                    }
                }
                let call = calls.last().cloned().unwrap_or_default();
                found.push(Literal { call, text });
            }
            '/' if chars.peek() == Some(&'/') => while chars.next().is_some_and(|c| c != '\n') {},
            // A character, not a lifetime.
            '\'' => {
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('\\'), Some(_)) => {
                        chars.nth(1);
                        while chars.next().is_some_and(|c| c != '\'') {}
                    }
                    (Some(_), Some('\'')) => {
                        chars.nth(1);
                    }
                    _ => {}
                }
            }
            '(' | '[' | '{' => calls.push(std::mem::take(&mut path)),
            ')' | ']' | '}' => drop(calls.pop()),
            _ => {}
        }
        match c {
            c if c.is_alphanumeric() || matches!(c, '_' | ':' | '!') => path.push(c),
            _ => path.clear(),
        }
    }
    found
}

/// Whether a string is for people: two words, or one with a capital letter.
fn reads_as_words(text: &str) -> bool {
    let mut outside = String::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    let is_word = |word: &&str| word.matches(char::is_lowercase).count() >= 2;
    let words = outside.split_whitespace().filter(is_word).count();
    let is_name =
        outside.starts_with(char::is_uppercase) && outside.chars().skip(1).all(char::is_lowercase);
    words >= 2 || words == 1 && is_name
}

/// The strings in `code` that belong into `src/text`.
fn words_of(code: &str) -> Vec<String> {
    let is_unshown = |call: &str| {
        UNSHOWN.iter().any(|name| call == *name || call.ends_with(&format!("::{name}")))
    };
    let shown = literals(code).into_iter().filter(|literal| !is_unshown(&literal.call));
    shown.map(|literal| literal.text).filter(|text| reads_as_words(text)).collect()
}

#[test]
fn the_words_of_the_window_are_in_one_place() {
    let (mut astray, mut unheard) = (Vec::new(), Vec::new());
    for (file, text) in files() {
        if file.starts_with("text/") && text.contains("crate::") {
            astray.push(format!("src/{file} uses the crate: words depend on nothing"));
        }
        if !SPEAKERS.iter().any(|place| file.starts_with(place)) {
            continue;
        }
        assert!(!text.contains("r#\""), "src/{file}: such strings are not read here yet");
        let words = words_of(&text);
        if UNHEARD.iter().any(|(name, _)| *name == file) && !words.is_empty() {
            unheard.push(file);
        } else {
            astray.extend(words.iter().map(|words| format!("src/{file}: {words:?}")));
        }
    }
    assert!(astray.is_empty(), "these belong into src/text:\n{}", astray.join("\n"));
    let listed: Vec<_> = UNHEARD.iter().map(|(name, _)| *name).collect();
    assert_eq!(unheard, listed, "a file is excepted and needs it no longer");
}

/// What the test above looks for is found where it is, and nothing else.
#[test]
fn words_astray_are_found() {
    let found = words_of(
        r#"
        #[error("the server is gone")] struct Gone;
        fn f<'a>(ui: &'a mut Ui, c: char) -> Option<String> {
            ui.label("Stop");
            let (quote, tick) = ('"', '\'');
            ui.add(Button::new("End the stream")); // not "the end" of it
            tracing::warn!(%c, "a line for the log");
            let known = names().expect("there are some");
            let id = Id::unique("some field");
            if text.starts_with("what they said") { return None; }
            Some(format!("{c} said \"no\" \
                          to {known}"))
        }
        "#,
    );
    let expected = ["the server is gone", "Stop", "End the stream", "{c} said \"no\" to {known}"];
    assert_eq!(found, expected);
}

//! Keeps the import rule of `src/lib.rs`: a module uses those of lower rank,
//! never its siblings of the driver rank and never those above; what the pure ranks
//! may not contain; and that the window's words are in `src/text`.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules and their ranks, lowest first; the order of `src/lib.rs`.
const RANKS: &[(&str, u8)] = &[
    ("media", 0),
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

/// What the pure modules must not name: clocks, threads, sockets, files,
/// randomness, devices, the window.
const IMPURE: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "thread::spawn",
    "thread::sleep",
    "thread::Builder",
    "std::net::Tcp",
    "std::fs::",
    "getrandom",
    "mio::",
    "egui",
    "cpal",
    "nokhwa",
    "crossbeam_channel",
];

/// Files of the driver rank that are policies: as pure as the stages below.
const PURE_POLICIES: &[&str] = &[
    "publish/bitrate",
    "publish/ending",
    "publish/link",
    "publish/overload",
    "publish/patience",
    "publish/queue",
    "publish/reconnect",
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
    ("publish/status.rs", "how a connection ended, for the log; `engine::Fault` is what is shown"),
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

/// The modules that a text names after `crate::`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in text.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split(';').next().unwrap_or_default();
            found.extend(
                RANKS
                    .iter()
                    .map(|(m, _)| *m)
                    .filter(|m| group.contains(&format!("{m}::")))
                    .map(String::from),
            );
        } else {
            found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    found
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
            let named = IMPURE.iter().filter(|word| text.contains(**word));
            breaches.extend(named.map(|word| format!("src/{file} names {word}")));
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

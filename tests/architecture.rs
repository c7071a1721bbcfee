//! Keeps the import rule of `src/lib.rs`: a module uses those of lower rank,
//! never its siblings of the driver rank and never those above; and what the
//! pure ranks may not contain.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules and their ranks, lowest first; the order of `src/lib.rs`.
const RANKS: &[(&str, u8)] = &[
    ("media", 0),
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
        let pure = ["media/", "mix/", "protocol/", "scene/"].iter().any(|m| file.starts_with(m))
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

//! The settings file: what is read from any file, what is written back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tallylight::media::FrameRate;
use tallylight::settings::{
    Input, Instance, InstanceError, Server, Settings, Store, StoreError, Theme, Warning,
};

/// A folder of its own for each test, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tallylight-settings-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        Self(folder)
    }

    fn with(text: &str) -> Self {
        let folder = Self::new();
        fs::write(folder.file(), text).expect("the folder can be written");
        folder
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn file(&self) -> PathBuf {
        self.0.join(Store::FILE)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("the file is there")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// Settings that differ from the defaults in every field.
fn unusual() -> Settings {
    let mut settings = Settings::default();
    settings.sources.camera = Input::Device("usb-046d_C920-video-index0".into());
    settings.sources.camera_name = "Kamera „C920“".into();
    settings.sources.microphone = Input::Default;
    settings.sources.microphone_name = "麦克风".into();
    settings.sources.camera_delay_ms = -120;
    settings.sources.microphone_delay_ms = 80;
    settings.sources.gain_db = -6.5;
    settings.sources.muted = true;
    settings.sources.mirror_preview = true;
    settings.sources.mirror = true;
    settings.destination.service = "twitch".into();
    settings.servers.insert(
        "twitch".into(),
        Server {
            address: "rtmp://live-fra.twitch.tv/app".into(),
            user: "ann".into(),
            ca_file: "/etc/own.pem".into(),
            proxy: "socks5h://ann@127.0.0.1:9050".into(),
            no_key: true,
        },
    );
    settings.servers.insert("odd name.with dots".into(), Server::default());
    settings.output.preset = "custom".into();
    settings.output.width = 1920;
    settings.output.height = 1080;
    settings.output.fps = FrameRate { num: 30_000, den: 1_001 };
    settings.output.video_kbps = 6_000;
    settings.output.audio_kbps = 160;
    settings.output.keyframe_s = 1.5;
    settings.output.adaptive = false;
    settings.window.width = 1024.0;
    settings.window.height = 640.0;
    settings.window.maximized = true;
    settings.window.theme = Theme::Light;
    settings.window.show_log = true;
    settings
}

fn warnings_of(text: &str) -> (Settings, Vec<String>) {
    let folder = Folder::with(text);
    let (_, settings, warnings) = Store::open(folder.path());
    (settings, warnings.iter().map(ToString::to_string).collect())
}

#[test]
fn a_first_start_finds_the_defaults_and_no_warning() {
    let folder = Folder::new();
    let (_, settings, warnings) = Store::open(folder.path());
    assert_eq!(settings, Settings::default());
    assert_eq!(warnings, []);
}

#[test]
fn everything_chosen_comes_back() {
    let folder = Folder::new();
    let (mut store, ..) = Store::open(folder.path());
    store.save(&unusual()).expect("the folder can be written");
    let (_, settings, warnings) = Store::open(folder.path());
    assert_eq!(warnings, []);
    assert_eq!(settings, unusual());
}

#[test]
fn a_second_save_leaves_the_file_as_it_is() {
    let folder = Folder::new();
    let (mut store, ..) = Store::open(folder.path());
    store.save(&unusual()).expect("the folder can be written");
    let first = folder.text();
    let (mut store, settings, _) = Store::open(folder.path());
    store.save(&settings).expect("the folder can be written");
    assert_eq!(folder.text(), first);
}

#[test]
fn unknown_keys_comments_and_order_survive_a_rewrite() {
    let folder = Folder::with(
        "# mine\nfuture = 1\n\n[output]\n# why so low\nvideo_kbps = 900 # hotel\nhdr = true\n\n[window]\ntheme = 'dark'\n",
    );
    let (mut store, mut settings, warnings) = Store::open(folder.path());
    assert_eq!(warnings, []);
    assert_eq!(settings.output.video_kbps, 900);
    settings.output.video_kbps = 1_000;
    store.save(&settings).expect("the folder can be written");
    let text = folder.text();
    for kept in [
        "# mine\nfuture = 1\n",
        "# why so low\nvideo_kbps = 1000 # hotel\nhdr = true\n",
        "theme = 'dark'\n",
    ] {
        assert!(text.contains(kept), "{kept:?} is missing in\n{text}");
    }
}

#[test]
fn each_wrong_value_becomes_its_default_with_a_warning_that_names_it() {
    let cases = [
        (
            "[output]\nvideo_kbps = \"fast\"",
            "The setting output.video_kbps has to be a whole number from 50 to 100000; 2500 is used instead of \"fast\"",
        ),
        (
            "[output]\nvideo_kbps = 49",
            "The setting output.video_kbps has to be a whole number from 50 to 100000; 2500 is used instead of 49",
        ),
        (
            "[output]\nwidth = 1281",
            "The setting output.width has to be an even number from 64 to 4096; 1280 is used instead of 1281",
        ),
        (
            "[output]\nfps = \"30000/0\"",
            "The setting output.fps has to be frames a second from 1 to 120, such as 30 or \"30000/1001\"; 30 is used instead of \"30000/0\"",
        ),
        (
            "[sources]\ngain_db = nan",
            "The setting sources.gain_db has to be a number from -60 to 30; 0.0 is used instead of nan",
        ),
        (
            "[sources]\nmuted = [1, 2]",
            "The setting sources.muted has to be true or false; false is used instead of a list",
        ),
        (
            "[sources]\ncamera = \"front\"",
            "The setting sources.camera has to be \"test\", \"default\", \"off\", \"device:…\" or \"file:…\"; \"test\" is used instead of \"front\"",
        ),
        (
            "[window]\ntheme = \"pink\"",
            "The setting window.theme has to be \"system\", \"dark\" or \"light\"; \"system\" is used instead of \"pink\"",
        ),
        (
            "output = 5",
            "The setting output has to be a table; the default is used instead of something else",
        ),
        (
            "[servers.twitch]\naddress = 1935",
            "The setting servers.twitch.address has to be a text in quotes; \"\" is used instead of 1935",
        ),
    ];
    for (text, expected) in cases {
        let (settings, warnings) = warnings_of(text);
        assert_eq!(warnings, [expected], "for {text:?}");
        assert_eq!(settings.output, Settings::default().output, "for {text:?}");
        assert_eq!(settings.sources, Settings::default().sources, "for {text:?}");
    }
}

/// A later version may know them.
#[test]
fn names_that_are_not_known_are_kept_and_said() {
    let (settings, warnings) = warnings_of("[destination]\nservice = \"nonsense\"");
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(warning.starts_with("The setting destination.service has to be one of "), "{warning}");
    assert!(warning.ends_with("; \"custom\" is used instead of \"nonsense\""), "{warning}");
    assert_eq!(settings.destination.service, "nonsense");
    let (settings, warnings) = warnings_of("[output]\npreset = \"huge\"");
    assert!(warnings[0].contains("output.preset has to be one of light, "), "{warnings:?}");
    assert_eq!(settings.output.preset, "huge");
    assert_eq!(warnings_of("[output]\npreset = \"custom\"").1, [""; 0]);
}

#[test]
fn one_wrong_value_does_not_spoil_its_neighbours() {
    let (settings, warnings) = warnings_of("[output]\nwidth = -1\nheight = 480\nfps = 25\n");
    assert_eq!(warnings.len(), 1);
    assert_eq!((settings.output.width, settings.output.height), (1280, 480));
    assert_eq!(settings.output.fps, FrameRate::whole(25));
}

#[test]
fn a_wrong_value_is_replaced_only_by_a_choice() {
    let folder = Folder::with("output = 5\n");
    let (mut store, mut settings, _) = Store::open(folder.path());
    settings.output.width = 640;
    store.save(&settings).expect("the folder can be written");
    let (_, again, warnings) = Store::open(folder.path());
    assert_eq!((again.output.width, warnings), (640, vec![]));
}

#[test]
fn whatever_was_removed_is_gone_after_a_restart() {
    let folder = Folder::new();
    let (mut store, ..) = Store::open(folder.path());
    let mut settings = unusual();
    settings.servers.insert("custom".into(), Server { user: "ann".into(), ..Server::default() });
    store.save(&settings).expect("the folder can be written");
    let removals: [fn(&mut Settings); 4] = [
        |settings| drop(settings.servers.remove("twitch")),
        |settings| settings.servers.entry("custom".into()).or_default().user.clear(),
        |settings| settings.sources.camera_name.clear(),
        |settings| settings.servers.clear(),
    ];
    for remove in removals {
        // In the same start, and in the next.
        let (mut store, mut settings, _) = Store::open(folder.path());
        remove(&mut settings);
        store.save(&settings).expect("the folder can be written");
        let (mut store, again, warnings) = Store::open(folder.path());
        assert_eq!((&again, warnings), (&settings, vec![]));
        store.save(&again).expect("the folder can be written");
        assert_eq!(Store::open(folder.path()).1, settings);
    }
    assert!(!folder.text().contains("servers"), "{}", folder.text());
}

#[test]
fn a_removed_service_leaves_what_a_later_version_had_put_there() {
    for text in [
        "[servers.twitch]\naddress = \"rtmp://h/app\"\nprotocol = \"srt\"\n",
        "servers = { twitch = { address = \"rtmp://h/app\", protocol = \"srt\" } }\n",
        "[servers]\ntwitch.address = \"rtmp://h/app\"\ntwitch.protocol = \"srt\"\n",
    ] {
        let folder = Folder::with(text);
        let (mut store, mut settings, _) = Store::open(folder.path());
        settings.servers.remove("twitch");
        store.save(&settings).expect("the folder can be written");
        let text = folder.text();
        assert!(text.contains("srt") && !text.contains("rtmp://h/app"), "{text}");
    }
}

/// Values of a later version: of other types, beyond these ranges, of names to come.
#[test]
fn what_this_version_can_not_read_stays_in_the_file() {
    let of_later = [
        "theme = \"sepia\"",
        "theme = { day = \"light\", night = \"dark\" }",
        "video_kbps = 200000",
        "fps = 240",
        "camera = [\"device:a\", \"device:b\"]",
        "camera = \"screen:1\"",
        "gain_db = \"auto\"",
        "preset = \"4k\"",
        "service = \"of-the-future\"",
        "adaptive = \"gently\"",
    ];
    for line in of_later {
        let section = ["sources", "destination", "output", "window"]
            .into_iter()
            .find(|section| {
                let keys: &[&str] = match *section {
                    "sources" => &["camera", "gain_db"],
                    "destination" => &["service"],
                    "output" => &["video_kbps", "fps", "preset", "adaptive"],
                    _ => &["theme"],
                };
                keys.iter().any(|key| line.starts_with(key))
            })
            .expect("each line has a section");
        let folder = Folder::with(&format!("[{section}]\n{line}\nlater = 1\n"));
        let (mut store, mut settings, _) = Store::open(folder.path());
        // Something else of each section is chosen.
        settings.sources.muted = true;
        settings.output.width = 640;
        settings.window.show_log = true;
        settings.servers.insert("mux".into(), Server { user: "a".into(), ..Server::default() });
        store.save(&settings).expect("the folder can be written");
        let (mut store, again, _) = Store::open(folder.path());
        assert!(again.sources.muted && again.window.show_log && again.output.width == 640);
        store.save(&again).expect("the folder can be written");
        let text = folder.text();
        assert!(text.contains(&format!("{line}\nlater = 1\n")), "{line} is missing in\n{text}");
    }
    for text in ["window = \"tiled\"\n", "[[servers.mux]]\naddress = \"a\"\n"] {
        let folder = Folder::with(text);
        let (mut store, mut settings, _) = Store::open(folder.path());
        settings.output.width = 640;
        store.save(&settings).expect("the folder can be written");
        assert!(folder.text().starts_with(text), "{}", folder.text());
    }
}

#[test]
fn a_file_of_a_later_format_is_left_alone() {
    let later = "format = 2\n\n[output]\nvideo_kbps = 900\n";
    for text in [later, "format = \"two\"\n"] {
        let folder = Folder::with(text);
        let (mut store, mut settings, warnings) = Store::open(folder.path());
        let [Warning::Newer { path }] = &warnings[..] else { panic!("{warnings:?}") };
        assert_eq!(*path, folder.file());
        settings.output.width = 640;
        let refused = store.save(&settings).expect_err("it is left alone");
        assert!(refused.to_string().contains("newer Tallylight"), "{refused}");
        assert_eq!(folder.text(), text);
    }
    assert_eq!(warnings_of(later).0.output.video_kbps, 900, "it is read as far as it goes");
    assert_eq!(warnings_of("format = 1\n").1, [""; 0]);
    // It may become one while this version runs.
    let folder = Folder::new();
    let (mut store, mut settings, _) = Store::open(folder.path());
    fs::write(folder.file(), later).expect("the folder can be written");
    settings.output.width = 640;
    assert!(matches!(store.save(&settings), Err(StoreError::Newer(_))));
    assert_eq!(folder.text(), later);
}

#[test]
fn what_was_changed_in_the_file_meanwhile_stays() {
    let folder = Folder::with("[output]\nvideo_kbps = 900\n");
    let (mut store, mut settings, _) = Store::open(folder.path());
    fs::write(folder.file(), "[output]\nvideo_kbps = 1200 # by hand\n").expect("writable");
    settings.output.width = 640;
    settings.servers.insert("mux".into(), Server { user: "ann".into(), ..Server::default() });
    store.save(&settings).expect("the folder can be written");
    assert!(folder.text().contains("video_kbps = 1200 # by hand\n"), "{}", folder.text());
    let (_, again, _) = Store::open(folder.path());
    assert_eq!((again.output.width, again.server("mux").user.as_str()), (640, "ann"));
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    use std::os::unix::fs::symlink;
    let save = |folder: &Folder| {
        let (mut store, mut settings, warnings) = Store::open(folder.path());
        settings.output.width = 640;
        store.save(&settings).expect("the folder can be written");
        assert_eq!(Store::open(folder.path()).1, settings);
        assert!(folder.file().is_symlink(), "it is a link still");
        warnings
    };
    for (target, text) in [
        ("dotfiles/tallylight.toml", Some("# mine\n[output]\nvideo_kbps = 900\n")),
        // One that leads nowhere yet, and one whose target can't be understood.
        ("dotfiles/none/yet.toml", None),
        ("dotfiles/broken.toml", Some("= = =")),
    ] {
        let folder = Folder::new();
        let inner = folder.path().join("dotfiles");
        fs::create_dir(&inner).expect("the folder can be written");
        let target = folder.path().join(target);
        if let Some(text) = text {
            fs::write(&target, text).expect("the folder can be written");
        }
        // A relative link to a link to the file.
        symlink(&target, inner.join("second")).expect("links can be made");
        symlink("dotfiles/second", folder.file()).expect("links can be made");
        save(&folder);
        let written = fs::read_to_string(&target).expect("it is there");
        assert!(written.contains("width = 640"), "{written}");
        match text {
            Some("= = =") => {
                let kept = inner.join("broken.toml.broken");
                assert_eq!(fs::read_to_string(kept).expect("it is kept"), "= = =");
            }
            Some(_) => assert!(written.starts_with("# mine\n"), "{written}"),
            None => {}
        }
    }
    let folder = Folder::new();
    symlink(Store::FILE, folder.file()).expect("links can be made");
    let (mut store, settings, _) = Store::open(folder.path());
    store.save(&settings).expect_err("it leads in a circle");
    assert!(folder.file().is_symlink());
}

#[test]
fn a_broken_file_is_kept_aside() {
    let text = "[output]\nwidth = = 3\n";
    let folder = Folder::with(text);
    let kept = folder.path().join("settings.toml.broken");
    let (mut store, settings, warnings) = Store::open(folder.path());
    assert_eq!(settings, Settings::default());
    let [Warning::Broken { kept: Some(path), reason }] = &warnings[..] else {
        panic!("{warnings:?}")
    };
    assert_eq!(path, &kept);
    assert!(reason.starts_with("line 2: "), "{reason}");
    let shown = warnings[0].to_string();
    let expected = format!(
        "The settings could not be read and start anew ({reason}). The old file is kept as {}",
        kept.display()
    );
    assert_eq!(shown, expected);
    assert_eq!(fs::read_to_string(&kept).expect("it was kept"), text);
    store.save(&settings).expect("the folder can be written");
    assert_eq!(fs::read_to_string(&kept).expect("it is still there"), text);
}

#[test]
fn a_second_broken_file_does_not_end_the_first() {
    let folder = Folder::with("first = = 1\n");
    drop(Store::open(folder.path()));
    fs::write(folder.file(), "second = = 2\n").expect("the folder can be written");
    let (_, _, warnings) = Store::open(folder.path());
    let second = folder.path().join("settings.toml.broken-2");
    assert!(matches!(&warnings[..], [Warning::Broken { kept: Some(path), .. }] if *path == second));
    let kept = |path| fs::read_to_string(path).expect("it was kept");
    assert_eq!(kept(folder.path().join("settings.toml.broken")), "first = = 1\n");
    assert_eq!(kept(second), "second = = 2\n");
}

#[test]
fn what_is_no_text_or_too_long_is_broken_too() {
    for bytes in [vec![0xff, 0xfe, 0], vec![b'#'; (1 << 20) + 1]] {
        let folder = Folder::new();
        fs::write(folder.file(), bytes).expect("the folder can be written");
        let (_, settings, warnings) = Store::open(folder.path());
        assert!(matches!(warnings[..], [Warning::Broken { .. }]), "{warnings:?}");
        assert_eq!(settings, Settings::default());
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_overwritten() {
    let folder = Folder::new();
    fs::create_dir(folder.file()).expect("the folder can be written");
    let (mut store, settings, warnings) = Store::open(folder.path());
    assert!(matches!(warnings[..], [Warning::Unreadable { .. }]), "{warnings:?}");
    assert!(matches!(store.save(&settings), Err(StoreError::Unreadable(_))));
    assert!(folder.file().is_dir());
}

#[test]
fn any_text_at_all_is_read_without_a_panic() {
    let parts = ["[output]", "width", "=", "\n", "1", "\"", "[[", "]", "{", ".", "servers", "nan"];
    let mut seed = 1_u32;
    for _ in 0..150 {
        let text: String = (0..20)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                parts[(seed >> 16) as usize % parts.len()]
            })
            .collect();
        let folder = Folder::with(&text);
        let (mut store, settings, _) = Store::open(folder.path());
        store.save(&settings).unwrap_or_else(|error| panic!("{error} for {text:?}"));
        let (_, again, warnings) = Store::open(folder.path());
        let broken = warnings.iter().any(|w| matches!(w, Warning::Broken { .. }));
        assert!(!broken, "{text:?} was written as {:?}", folder.text());
        assert_eq!(again, settings, "for {text:?}");
    }
}

#[test]
fn a_killed_save_leaves_the_old_file_whole() {
    let folder = Folder::new();
    let (mut store, ..) = Store::open(folder.path());
    store.save(&unusual()).expect("the folder can be written");
    // What a process leaves that was killed while it wrote.
    fs::write(folder.path().join("settings.toml.new"), "[output]\nwid").expect("writable");
    let (mut store, mut settings, warnings) = Store::open(folder.path());
    assert_eq!((&settings, warnings), (&unusual(), vec![]));
    settings.output.width = 640;
    store.save(&settings).expect("a leftover is no obstacle");
    assert_eq!(Store::open(folder.path()).1, settings);
    assert!(!folder.path().join("settings.toml.new").exists());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let inner = folder.path().join("config");
    let (mut store, ..) = Store::open(&inner);
    store.save(&unusual()).expect("the folder can be made");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&inner.join(Store::FILE)), 0o600);
    assert_eq!(mode(&inner), 0o700);
}

#[test]
fn a_second_start_is_told_and_a_third_after_the_end_is_not() {
    let folder = Folder::new();
    let first = Instance::claim(folder.path()).expect("nobody else is there");
    let second = Instance::claim(folder.path());
    assert!(matches!(second, Err(InstanceError::Running)), "{second:?}");
    drop(first);
    Instance::claim(folder.path()).expect("the first one has ended");
}

/// As in a folder where nothing can be written.
#[cfg(unix)]
#[test]
fn without_a_lock_file_the_folder_is_locked() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join(Instance::FILE)).expect("the folder can be written");
    let first = Instance::claim(folder.path()).expect("nobody else is there");
    let second = Instance::claim(folder.path());
    assert!(matches!(second, Err(InstanceError::Running)), "{second:?}");
    drop(first);
    Instance::claim(folder.path()).expect("the first one has ended");
}

//! What the window says of its own types and the engine's: each arm of a match
//! names words of [`crate::text`], where all of them are.

use super::action::Action;
use super::phase::{self, Phase};
use crate::engine::{Cause, Step};
use crate::protocol::rtmp::url::UrlError;
use crate::settings::{KeyRule, Limits, Output, Preset, Service, Theme, VaultPlace};
use crate::text::health::cause;
use crate::text::state::{self, button};
use crate::text::{action, output, settings, window};

pub use crate::text::address::NOT_AN_ADDRESS_BUT_A_KEY;
pub use crate::text::health::{
    CURVE_SENT, CURVE_TARGET, GRAPH_EMPTY, MUTED, WARN_BLACK, WARN_FROZEN, WARN_MUTED, WARN_SILENT,
    ago, bytes, clock, figure, graph, interruptions, level, level_muted, milliseconds, more,
    server_said, tenths_of_ms, warn_silent,
};
pub use crate::text::output::{limit, shown_upright};
pub use crate::text::settings::{KEY_IN_FILE, key_not_kept, key_not_read, not_saved};
pub use crate::text::window::*;

/// Label and tooltip of an action.
pub fn action(action: Action) -> action::Words {
    match action {
        Action::GoLive => action::GO_LIVE,
        Action::Stop => action::STOP,
        Action::ReconnectNow => action::RECONNECT_NOW,
        Action::ToggleMute => action::MUTE,
        Action::ToggleMirrorPreview => action::MIRROR_PREVIEW,
        Action::ToggleMirror => action::MIRROR,
        Action::RefreshDevices => action::REFRESH_DEVICES,
        Action::ChoosePicture => action::CHOOSE_PICTURE,
        Action::ToggleKey => action::SHOW_KEY,
        Action::PutKeyBack => action::PUT_KEY_BACK,
        Action::PutAddressBack => action::PUT_ADDRESS_BACK,
        Action::ToggleServerDetails => action::SERVER_DETAILS,
        Action::CopyPlayAddress => action::COPY_PLAY_ADDRESS,
        Action::ToggleOutputDetails => action::OUTPUT_DETAILS,
        Action::FitOutput => action::FIT_OUTPUT,
        Action::ShowHealth => action::SHOW_HEALTH,
        Action::ShowLog => action::SHOW_LOG,
        Action::CopyLog => action::COPY_LOG,
        Action::SaveLog => action::SAVE_LOG,
        Action::NextTheme => action::NEXT_THEME,
        Action::ShowKeys => action::SHOW_KEYS,
        Action::DismissNotices => action::DISMISS_NOTICES,
        Action::Quit => action::QUIT,
    }
}

/// What a toggle's button is called in its other position.
pub fn toggled(action: Action) -> &'static str {
    match action {
        Action::ToggleMute => action::UNMUTE,
        Action::ToggleKey => action::HIDE_KEY,
        _ => action.label(),
    }
}

/// What an action is called away from its button, in the overview of keys.
pub fn full_name(action: Action) -> &'static str {
    match action {
        Action::CopyPlayAddress => action::full::COPY_PLAY_ADDRESS,
        Action::ToggleOutputDetails => action::full::OUTPUT_DETAILS,
        Action::FitOutput => action::full::FIT_OUTPUT,
        Action::ShowHealth => action::full::SHOW_HEALTH,
        Action::ShowLog => action::full::SHOW_LOG,
        Action::ShowKeys => action::full::SHOW_KEYS,
        Action::DismissNotices => action::full::DISMISS_NOTICES,
        _ => action.label(),
    }
}

/// The button that connects now: nothing is done again that was never done.
pub fn reconnect_now(phase: &Phase) -> &'static str {
    match phase.is_on_air() {
        true => Action::ReconnectNow.label(),
        false => action::TRY_NOW,
    }
}

/// The state in a few words.
pub fn state(phase: &Phase) -> String {
    match phase {
        Phase::Ready => state::READY.into(),
        Phase::Connecting { step, was_live } => state::at_step(*was_live, self::step(*step)),
        Phase::Live => state::LIVE.into(),
        Phase::Reconnecting { waits, attempt, was_live, .. } => {
            state::next_try(*was_live, *waits, *attempt)
        }
        Phase::Stopping => state::STOPPING.into(),
        Phase::Failed(_) => state::NOT_LIVE.into(),
        Phase::Ended => state::CLOSING.into(),
        Phase::Broken(_) => state::BROKEN.into(),
    }
}

/// The state as it is said aloud: when it changes, not at each tick of a
/// countdown.
pub fn announced(phase: &Phase) -> String {
    match phase {
        Phase::Reconnecting { attempt, was_live, .. } => state::next_try_aloud(*was_live, *attempt),
        _ => self::state(phase),
    }
}

/// A step on the way to live.
pub fn step(step: Step) -> &'static str {
    match step {
        Step::Resolve => state::step::RESOLVE,
        Step::Connect => state::step::CONNECT,
        Step::Encrypt => state::step::ENCRYPT,
        Step::Handshake => state::step::HANDSHAKE,
        Step::Application => state::step::APPLICATION,
        Step::Publish => state::step::PUBLISH,
    }
}

/// The large button: its first line and its second.
pub fn button(phase: &Phase, to: &str) -> (&'static str, String) {
    match phase {
        Phase::Ready | Phase::Failed(_) => (button::GO_LIVE, button::to(to)),
        Phase::Connecting { step, .. } => {
            let (number, of) = phase::number(*step);
            (stop(phase), button::step(number, of))
        }
        Phase::Live => (button::STOP, button::live_on(to)),
        Phase::Reconnecting { .. } => (stop(phase), button::STOP_TRYING.into()),
        Phase::Stopping => (button::STOPPING, button::STOPPING_MORE.into()),
        Phase::Ended => (button::CLOSING, String::new()),
        Phase::Broken(_) => (button::GO_LIVE, button::RESTART_FIRST.into()),
    }
}

/// What nobody has seen is cancelled, not stopped.
fn stop(phase: &Phase) -> &'static str {
    if phase.is_on_air() { button::STOP } else { button::CANCEL }
}

/// Why Go Live is not possible yet.
pub fn missing(service: &Service, has_server: bool) -> &'static str {
    match (has_server, service.key) {
        (false, _) => window::MISSING_SERVER,
        (true, KeyRule::EachStream) => window::MISSING_KEY_OF_STREAM,
        (true, _) => window::MISSING_KEY,
    }
}

/// Why Go Live is not possible: which field can't be used.
pub fn wrong(error: &UrlError) -> &'static str {
    match error {
        UrlError::KeyIsAddress | UrlError::KeyIsPage | UrlError::NoKey { .. } => window::WRONG_KEY,
        UrlError::Unprintable | UrlError::LibrtmpOption { .. } => window::WRONG,
        UrlError::Empty
        | UrlError::TooLong { .. }
        | UrlError::NoScheme { .. }
        | UrlError::WrongScheme { .. }
        | UrlError::NoHost
        | UrlError::BadHost { .. }
        | UrlError::BadPort
        | UrlError::OpenPassword
        | UrlError::KeyApart
        | UrlError::NoApp { .. } => window::WRONG_SERVER,
    }
}

/// Where the key is kept, where that needs saying.
pub fn vault(place: &VaultPlace) -> Option<String> {
    match place {
        VaultPlace::Keyring => None,
        VaultPlace::File(path) => Some(settings::key_in_file(path)),
    }
}

/// A preset in the picker.
pub fn preset(output: &Output) -> String {
    format!("{} · {}", preset_name(&output.preset), output_summary(output))
}

/// A preset's name.
pub fn preset_name(id: &str) -> &'static str {
    match id {
        "light" => output::preset::LIGHT,
        "standard" => output::preset::STANDARD,
        "smooth" => output::preset::SMOOTH,
        "full-hd" => output::preset::FULL_HD,
        "portrait" => output::preset::PORTRAIT,
        _ => output::preset::CUSTOM,
    }
}

/// A preset's use.
pub fn preset_use(preset: &Preset) -> &'static str {
    match preset.id {
        "light" => output::preset_use::LIGHT,
        "standard" => output::preset_use::STANDARD,
        "smooth" => output::preset_use::SMOOTH,
        "full-hd" => output::preset_use::FULL_HD,
        "portrait" => output::preset_use::PORTRAIT,
        _ => "",
    }
}

/// Size, rate and bitrate.
pub fn output_summary(output: &Output) -> String {
    let Output { width, height, fps, video_kbps, .. } = output;
    output::summary(*width, *height, &fps.to_string(), *video_kbps)
}

/// What of the output the service does not take, first things first.
enum Beyond {
    Video,
    Sound,
    Keyframe,
    Picture,
}

impl Beyond {
    fn of(output: &Output, fitted: &Output) -> Self {
        if fitted.video_kbps != output.video_kbps {
            Self::Video
        } else if fitted.audio_kbps != output.audio_kbps {
            Self::Sound
        } else if fitted.keyframe_s != output.keyframe_s {
            Self::Keyframe
        } else {
            Self::Picture
        }
    }
}

/// What of the output the service does not take.
pub fn over_limits(service: &Service, output: &Output, limits: &Limits) -> String {
    let name = &service.name;
    let fitted = output.clone().within(limits);
    let Output { width, height, .. } = fitted;
    match Beyond::of(output, &fitted) {
        Beyond::Video => output::most_video(name, fitted.video_kbps),
        Beyond::Sound => output::most_sound(name, fitted.audio_kbps),
        Beyond::Keyframe => output::keyframe_every(name, fitted.keyframe_s),
        Beyond::Picture => output::most_picture(name, width, height, &fitted.fps.to_string()),
    }
}

/// What to use instead, on the button that does it.
pub fn fit(output: &Output, limits: &Limits) -> String {
    let fitted = output.clone().within(limits);
    let Output { width, height, .. } = fitted;
    match Beyond::of(output, &fitted) {
        Beyond::Video => output::use_kbps(fitted.video_kbps),
        Beyond::Sound => output::use_kbps(fitted.audio_kbps),
        Beyond::Keyframe => output::use_keyframe(fitted.keyframe_s),
        Beyond::Picture => output::use_picture(width, height, &fitted.fps.to_string()),
    }
}

/// The cause: whether all is well, and the sentence. What is to blame is named
/// while the stream runs; else the sentence says why it does not.
pub fn cause(cause: &Cause, is_live: bool) -> (bool, String) {
    let (name, words) = match cause {
        Cause::Fine => return (true, cause::FINE.into()),
        Cause::Uplink(words) => (cause::UPLINK, words),
        Cause::Server(words) => (cause::SERVER, words),
        Cause::Encoder(words) => (cause::ENCODER, words),
        Cause::Bitrate(words) => (cause::BITRATE, words),
        Cause::Camera(words) => (cause::CAMERA, words),
        Cause::Microphone(words) => (cause::MICROPHONE, words),
    };
    (false, if is_live { cause::named(name, words) } else { words.clone() })
}

/// How grave a line of the log is; nothing for what merely happened.
pub fn severity(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::ERROR => window::severity::ERROR,
        tracing::Level::WARN => window::severity::WARNING,
        _ => "",
    }
}

/// A theme among the others.
pub fn theme_choice(theme: Theme) -> &'static str {
    match theme {
        Theme::System => window::theme_choice::SYSTEM,
        Theme::Dark => window::theme_choice::DARK,
        Theme::Light => window::theme_choice::LIGHT,
    }
}

/// The window's title: what a person wants to know while it is behind others.
pub fn title(phase: &Phase) -> &'static str {
    match phase {
        Phase::Ready | Phase::Ended => window::TITLE,
        Phase::Live => window::TITLE_LIVE,
        Phase::Failed(_) | Phase::Broken(_) => window::TITLE_NOT_LIVE,
        Phase::Stopping => window::TITLE_STOPPING,
        phase if phase.is_on_air() => window::TITLE_RECONNECTING,
        Phase::Connecting { .. } | Phase::Reconnecting { .. } => window::TITLE_CONNECTING,
    }
}

/// A theme, in the log.
pub fn theme(theme: Theme) -> &'static str {
    match theme {
        Theme::System => window::theme::SYSTEM,
        Theme::Dark => window::theme::DARK,
        Theme::Light => window::theme::LIGHT,
    }
}

//! Choices that have a value: what changes in the settings, and what is asked
//! of the engine.

use super::draft::{Draft, Entered};
use super::model::Model;
use super::text;
use crate::engine::{AudioInput, Command, OutputSettings, VideoInput};
use crate::media::FrameRate;
use crate::settings::{Input, Output, Preset, Sources, Theme};

/// A choice.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// Another picture; the name is remembered beside the identity.
    Camera(Input, String),
    /// Another sound.
    Microphone(Input, String),
    /// The picture so many ms later, or earlier.
    CameraDelay(i32),
    /// The sound so many ms later, or earlier.
    MicrophoneDelay(i32),
    /// Gain in decibels.
    Gain(f32),
    /// Another service, by its id.
    Service(String),
    /// The server field's text.
    Server(Entered),
    /// The key field's text.
    Key(Entered),
    /// The user field's text.
    User(String),
    /// The password field's text.
    Password(String),
    /// The certificate field's text.
    CaFile(String),
    /// The proxy field's text.
    Proxy(Entered),
    /// The proxy field was left.
    SettleProxy,
    /// The text of the field for the proxy's password.
    ProxyPassword(String),
    /// Whether the server takes no key.
    NoKey(bool),
    /// The picture file field's text.
    PicturePath(String),
    /// The picture file field is left as it is; `again` asks for the same file
    /// once more.
    Picture {
        /// Even if it is the one that was asked for.
        again: bool,
    },
    /// A preset, by its id.
    Preset(String),
    /// Width and height.
    Size(u32, u32),
    /// Frames per second.
    Fps(FrameRate),
    /// Video bitrate in kbit/s.
    VideoKbps(u32),
    /// Audio bitrate in kbit/s.
    AudioKbps(u32),
    /// Seconds between keyframes.
    Keyframe(f32),
    /// Lower the bitrate while the link carries less.
    Adaptive(bool),
    /// Dark or light.
    Theme(Theme),
}

impl Edit {
    /// Changes the settings and says what to ask of the engine.
    pub fn apply(self, model: &mut Model) -> Option<Command> {
        match self {
            Self::Camera(input, name) => {
                model.view.picture_path = None;
                model.settings.sources.camera = input;
                model.settings.sources.camera_name = name;
                Some(Command::SetVideoInput(video_input(&model.settings.sources)))
            }
            Self::Microphone(input, name) => {
                model.settings.sources.microphone = input;
                model.settings.sources.microphone_name = name;
                Some(Command::SetAudioInput(audio_input(&model.settings.sources)))
            }
            Self::CameraDelay(ms) => {
                model.settings.sources.camera_delay_ms = ms;
                Some(Command::SetVideoInput(video_input(&model.settings.sources)))
            }
            Self::MicrophoneDelay(ms) => {
                model.settings.sources.microphone_delay_ms = ms;
                Some(Command::SetAudioInput(audio_input(&model.settings.sources)))
            }
            Self::Gain(decibels) => {
                model.settings.sources.gain_db = decibels;
                Some(Command::SetGain(decibels))
            }
            Self::Service(id) => model.change_service(&id),
            Self::Server(entered) => model.enter_server(entered),
            Self::Key(entered) => model.enter_key(entered),
            Self::User(text) => model.enter_detail(|draft| draft.user = text),
            Self::Password(text) => model.enter_detail(|draft| draft.password = text),
            Self::CaFile(text) => model.enter_detail(|draft| draft.ca_file = text),
            Self::Proxy(entered) => model.enter_detail(|draft| {
                draft.proxy = entered.text;
                if entered.pasted.is_some() {
                    draft.settle_proxy();
                }
            }),
            Self::SettleProxy => model.enter_detail(Draft::settle_proxy),
            Self::ProxyPassword(text) => model.enter_detail(|draft| draft.proxy_password = text),
            Self::NoKey(none) => model.enter_detail(|draft| draft.no_key = none),
            Self::PicturePath(text) => {
                model.view.picture_path = Some(text);
                None
            }
            Self::Picture { again } => settle_picture(model, again),
            Self::Preset(id) => apply_preset(model, &id),
            Self::Size(width, height) => change_output(model, |output| {
                (output.width, output.height) = (width, height);
            }),
            Self::Fps(fps) => change_output(model, |output| output.fps = fps),
            Self::VideoKbps(kbps) => change_output(model, |output| output.video_kbps = kbps),
            Self::AudioKbps(kbps) => change_output(model, |output| output.audio_kbps = kbps),
            Self::Keyframe(seconds) => change_output(model, |output| output.keyframe_s = seconds),
            Self::Adaptive(on) => {
                model.settings.output.adaptive = on;
                Some(output_command(model))
            }
            Self::Theme(theme) => {
                set_theme(model, theme);
                None
            }
        }
    }
}

/// Dark or light from now on.
pub fn set_theme(model: &mut Model, theme: Theme) {
    model.settings.window.theme = theme;
    model.log.tell(text::theme(theme));
}

/// What the engine is told once at the start: everything remembered.
pub fn at_start(model: &Model) -> Vec<Command> {
    let sources = &model.settings.sources;
    vec![
        output_command(model),
        Command::SetVideoInput(video_input(sources)),
        Command::SetAudioInput(audio_input(sources)),
        Command::SetGain(sources.gain_db),
        Command::SetMuted(sources.muted),
        Command::SetMirror(sources.mirror),
    ]
}

/// The output as the engine takes it.
pub fn output_command(model: &Model) -> Command {
    let output = &model.settings.output;
    Command::SetOutput(OutputSettings {
        width: output.width,
        height: output.height,
        fps: output.fps,
        video_kbps: output.video_kbps,
        audio_kbps: output.audio_kbps,
        keyframe_s: output.keyframe_s,
        adaptive: output.adaptive,
        ..OutputSettings::default()
    })
}

/// Half a path is no picture, and no path is none that could be remembered.
fn settle_picture(model: &mut Model, again: bool) -> Option<Command> {
    let typed = model.view.picture_path.take().map(|path| path.trim().to_owned());
    let camera = &mut model.settings.sources.camera;
    let chosen = typed.filter(|path| !path.is_empty()).map(|path| Input::File(path.into()));
    let chosen = chosen.unwrap_or_else(|| camera.clone());
    let is_new = chosen != *camera;
    *camera = chosen;
    (is_new || again).then(|| Command::SetVideoInput(video_input(&model.settings.sources)))
}

fn apply_preset(model: &mut Model, id: &str) -> Option<Command> {
    match Preset::of(id) {
        Some(preset) => {
            let adaptive = model.settings.output.adaptive;
            model.settings.output = preset.output(&model.service().limits(), adaptive);
        }
        None => Output::CUSTOM.clone_into(&mut model.settings.output.preset),
    }
    Some(output_command(model))
}

fn change_output(model: &mut Model, change: impl FnOnce(&mut Output)) -> Option<Command> {
    let output = &mut model.settings.output;
    change(output);
    Output::CUSTOM.clone_into(&mut output.preset);
    Some(output_command(model))
}

fn video_input(sources: &Sources) -> VideoInput {
    let input = match &sources.camera {
        Input::Test => VideoInput::Test,
        Input::Default => VideoInput::Default,
        Input::Device(id) => format!("device:{id}").parse().unwrap_or_default(),
        Input::File(path) => VideoInput::Picture(path.clone()),
        Input::Off => VideoInput::None,
    };
    // One may be part of the identity.
    let ms = sources.camera_delay_ms;
    if ms == 0 { input } else { input.delayed(ms) }
}

fn audio_input(sources: &Sources) -> AudioInput {
    let input = match &sources.microphone {
        Input::Test | Input::File(_) => AudioInput::Test,
        Input::Default => AudioInput::Default,
        Input::Device(id) => format!("device:{id}").parse().unwrap_or_default(),
        Input::Off => AudioInput::None,
    };
    let ms = sources.microphone_delay_ms;
    if ms == 0 { input } else { input.delayed(ms) }
}

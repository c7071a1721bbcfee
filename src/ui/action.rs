//! Everything that a person can do, once: its words, its keys, when it is
//! possible, what it asks of the engine.
//!
//! Buttons, shortcuts, the overview of keys and the tests all walk this list,
//! so that they can't drift apart. Choices with a value (a camera, a bitrate)
//! are [`super::edit::Edit`]s.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::former::Replaced;
use super::model::Model;
use super::phase::Phase;
use super::text;
use crate::engine::Command;

/// Something that a person can do with a click or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Start the stream.
    GoLive,
    /// End it; asks first while it is on the air.
    Stop,
    /// Try the next connection now.
    ReconnectNow,
    /// Send silence, or sound again.
    ToggleMute,
    /// Turn the preview left to right.
    ToggleMirrorPreview,
    /// Turn what is sent left to right.
    ToggleMirror,
    /// Look for cameras and microphones again.
    RefreshDevices,
    /// Choose a picture file as the source.
    ChoosePicture,
    /// Show the key, or hide it.
    ToggleKey,
    /// Put the former key in the place of the one that replaced it.
    PutKeyBack,
    /// The same with an address, and its key.
    PutAddressBack,
    /// Show user, password and certificate.
    ToggleServerDetails,
    /// Copy the address for players.
    CopyPlayAddress,
    /// Show the output's single values.
    ToggleOutputDetails,
    /// Lower the output to what the service takes.
    FitOutput,
    /// Show the health figures.
    ShowHealth,
    /// Show the log.
    ShowLog,
    /// Copy the log.
    CopyLog,
    /// Write the log into a file.
    SaveLog,
    /// Follow the system's dark or light, or force one.
    NextTheme,
    /// Show all of these.
    ShowKeys,
    /// Close the notices.
    DismissNotices,
    /// End the program; asks first while on the air.
    Quit,
}

impl Action {
    /// All of them, in the order of the overview.
    pub const ALL: [Self; 23] = [
        Self::GoLive,
        Self::Stop,
        Self::ReconnectNow,
        Self::ToggleMute,
        Self::ToggleMirrorPreview,
        Self::ToggleMirror,
        Self::RefreshDevices,
        Self::ChoosePicture,
        Self::ToggleKey,
        Self::PutKeyBack,
        Self::PutAddressBack,
        Self::ToggleServerDetails,
        Self::CopyPlayAddress,
        Self::ToggleOutputDetails,
        Self::FitOutput,
        Self::ShowHealth,
        Self::ShowLog,
        Self::CopyLog,
        Self::SaveLog,
        Self::NextTheme,
        Self::ShowKeys,
        Self::DismissNotices,
        Self::Quit,
    ];

    /// Its name: on its button, and what a screen reader says.
    pub fn label(self) -> &'static str {
        text::action(self).0
    }

    /// What it does, in a sentence.
    pub fn tooltip(self) -> &'static str {
        text::action(self).1
    }

    /// Its key.
    pub fn shortcut(self) -> KeyboardShortcut {
        let plain = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        let ctrl = |key| KeyboardShortcut::new(Modifiers::COMMAND, key);
        let shift = |key| KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, key);
        match self {
            Self::GoLive => ctrl(Key::Enter),
            Self::Stop => ctrl(Key::Period),
            Self::ReconnectNow => ctrl(Key::R),
            Self::ToggleMute => ctrl(Key::M),
            Self::ToggleMirrorPreview => ctrl(Key::I),
            Self::ToggleMirror => shift(Key::I),
            Self::RefreshDevices => plain(Key::F5),
            Self::ChoosePicture => ctrl(Key::O),
            Self::ToggleKey => ctrl(Key::K),
            Self::PutKeyBack => shift(Key::K),
            Self::PutAddressBack => shift(Key::U),
            Self::ToggleServerDetails => ctrl(Key::U),
            Self::CopyPlayAddress => shift(Key::C),
            Self::ToggleOutputDetails => ctrl(Key::D),
            Self::FitOutput => shift(Key::D),
            Self::ShowHealth => ctrl(Key::Num1),
            Self::ShowLog => ctrl(Key::Num2),
            Self::CopyLog => shift(Key::L),
            Self::SaveLog => ctrl(Key::S),
            Self::NextTheme => ctrl(Key::T),
            Self::ShowKeys => plain(Key::F1),
            Self::DismissNotices => plain(Key::Escape),
            Self::Quit => ctrl(Key::Q),
        }
    }

    /// Whether it is possible now.
    pub fn is_possible(self, model: &Model) -> bool {
        let phase = &model.phase;
        match self {
            Self::GoLive => {
                phase.is_idle() && model.has_source() && model.check().is_ready(model.service())
            }
            Self::Stop => phase.is_busy() && *phase != Phase::Stopping,
            Self::ReconnectNow => matches!(phase, Phase::Reconnecting { .. }),
            // On air nobody is to read it over a shoulder, or in a shared screen.
            Self::ToggleKey => !model.service().is_this_computer() && !phase.is_busy(),
            Self::PutKeyBack => !phase.is_busy() && model.replaced() == Some(Replaced::Key),
            Self::PutAddressBack => !phase.is_busy() && model.replaced() == Some(Replaced::Address),
            Self::ToggleServerDetails => !model.service().is_this_computer(),
            Self::CopyPlayAddress => model.snapshot.server.is_some(),
            Self::FitOutput => {
                !phase.is_busy() && !model.settings.output.is_within(&model.service().limits())
            }
            Self::DismissNotices => !model.notices.is_empty() || model.failure.is_some(),
            Self::CopyLog | Self::SaveLog => model.log.written() > 0,
            Self::ToggleMute
            | Self::ToggleMirrorPreview
            | Self::ToggleMirror
            | Self::RefreshDevices
            | Self::ChoosePicture
            | Self::ToggleOutputDetails
            | Self::ShowHealth
            | Self::ShowLog
            | Self::NextTheme
            | Self::ShowKeys
            | Self::Quit => true,
        }
    }

    /// What it asks of the engine, where that is all it does or a part of it.
    /// The state is that before the action.
    pub fn command(self, model: &Model) -> Option<Command> {
        match self {
            Self::GoLive => Some(Command::GoLive(model.destination())),
            Self::Stop => Some(Command::Stop),
            Self::ReconnectNow => Some(Command::ReconnectNow),
            Self::ToggleMute => Some(Command::SetMuted(!model.settings.sources.muted)),
            Self::ToggleMirror => Some(Command::SetMirror(!model.settings.sources.mirror)),
            Self::RefreshDevices => Some(Command::RefreshDevices),
            _ => None,
        }
    }
}

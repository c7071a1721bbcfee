//! What the person asked for, carried out: the one place where a click or a key
//! changes anything.

use egui::{Context, ViewportCommand};

use super::Window;
use crate::engine::{Command, Stage};
use crate::settings::Theme;
use crate::ui::action::Action;
use crate::ui::draft::{Draft, Entered};
use crate::ui::model::Dialog;
use crate::ui::widgets::{self, Outbox, Request};
use crate::ui::{EngineLink, edit, paste};

impl<L: EngineLink> Window<L> {
    pub(super) fn shortcuts(&self, ctx: &Context, out: &mut Outbox) {
        // A question above everything has the keys.
        if self.model.view.dialog.is_some() {
            return;
        }
        // A key that is held down is one press.
        ctx.input_mut(|i| i.events.retain(|event| !is_repeated_shortcut(event)));
        // Escape closes a list or leaves a field before it closes notices.
        let escape_is_taken = self.focus.was_taken() || egui::Popup::is_any_open(ctx);
        for action in shortcut_order() {
            let taken = action == Action::DismissNotices && escape_is_taken;
            let possible = action.is_possible(&self.model);
            // One with Shift that is not possible is not the one without Shift.
            let wanted = !taken && (possible || action.shortcut().modifiers.shift);
            let pressed = |i: &mut egui::InputState| i.consume_shortcut(&action.shortcut());
            if wanted && ctx.input_mut(pressed) && possible {
                out.act(action);
            }
        }
    }

    /// Pastes that no field takes go where they fit.
    pub(super) fn paste_anywhere(&mut self, ctx: &Context) {
        let idle = self.model.phase.is_idle() && self.model.view.dialog.is_none();
        if !idle || ctx.text_edit_focused() {
            return;
        }
        let paste = |event: &egui::Event| match event {
            egui::Event::Paste(text) => Some(text.clone()),
            _ => None,
        };
        for text in ctx.input(|i| i.events.iter().filter_map(paste).collect::<Vec<_>>()) {
            let Draft { server, key, .. } = &self.model.draft;
            let command = if paste::is_address(&text) {
                self.model.enter_address(&text)
            } else if let (false, Some(key)) = (server.is_empty(), paste::key_alone(&text, key)) {
                edit::Edit::Key(Entered::pasted(key)).apply(&mut self.model)
            } else {
                continue;
            };
            self.follow_up(command);
        }
    }

    pub(super) fn carry_out(&mut self, ctx: &Context, request: Request) {
        let command = match request {
            Request::Do(action) => return self.act(ctx, action),
            Request::Confirm => return self.confirm(ctx),
            Request::CloseDialog => {
                self.model.view.dialog = None;
                return;
            }
            Request::Edit(edit) => edit.apply(&mut self.model),
            Request::SettleServer => self.model.settle_server(),
            Request::SettleKey => {
                self.model.settle_key();
                return;
            }
        };
        self.follow_up(command);
    }

    /// What a change of the model asks of others.
    fn follow_up(&mut self, command: Option<Command>) {
        if let Some(command) = command {
            self.send(command);
        }
        self.load_secrets();
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        if action == Action::GoLive {
            let output = self.model.settle_server();
            self.model.settle_key();
            if let Some(command) = output {
                self.send(command);
            }
        }
        // A click that was on its way when the state changed.
        if !action.is_possible(&self.model) {
            return;
        }
        if action == Action::Stop && self.model.is_watched() {
            self.model.view.dialog = Some(Dialog::Stop);
            return;
        }
        if let Some(command) = self.prepared(ctx, action)
            && !self.send(command)
        {
            return;
        }
        self.change(ctx, action);
    }

    /// The command of an action, with what has to be done before.
    fn prepared(&mut self, ctx: &Context, action: Action) -> Option<Command> {
        if action == Action::GoLive {
            self.model.hide_secrets();
            self.model.view.show_key = false;
            self.keep_secrets();
            self.model.failure = None;
            self.model.view.went_live_at = Some(ctx.input(|i| i.time));
            if self.model.snapshot.stage != Stage::Idle {
                self.send(Command::Stop);
            }
        }
        action.command(&self.model)
    }

    /// What an action changes here.
    fn change(&mut self, ctx: &Context, action: Action) {
        let model = &mut self.model;
        let sources = &mut model.settings.sources;
        match action {
            Action::ToggleMute => sources.muted = !sources.muted,
            Action::ToggleMirror => sources.mirror = !sources.mirror,
            Action::ToggleMirrorPreview => sources.mirror_preview = !sources.mirror_preview,
            Action::ToggleKey => model.view.show_key = !model.view.show_key,
            Action::ToggleServerDetails => model.view.server_details = !model.view.server_details,
            Action::ToggleOutputDetails => model.view.output_details = !model.view.output_details,
            Action::FitOutput => {
                let fitted = model.settings.output.clone().within(&model.service().limits());
                model.settings.output = fitted;
                let command = edit::output_command(model);
                self.send(command);
            }
            Action::ShowHealth => model.settings.window.show_log = false,
            Action::ShowLog => model.settings.window.show_log = true,
            Action::NextTheme => edit::set_theme(model, other_theme(ctx)),
            Action::ShowKeys => model.view.dialog = Some(Dialog::Keys),
            Action::DismissNotices => {
                model.notices.clear();
                model.failure = None;
            }
            Action::CopyPlayAddress => {
                if let Some(server) = &model.snapshot.server {
                    ctx.copy_text(server.play_url.clone());
                    widgets::show_copied(ctx, action);
                }
            }
            Action::CopyLog => {
                ctx.copy_text(model.log.report());
                widgets::show_copied(ctx, action);
            }
            Action::SaveLog => self.files.save_log(model.log.report()),
            Action::ChoosePicture => self.files.pick_picture(),
            Action::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
            Action::PutKeyBack | Action::PutAddressBack => model.put_back(),
            Action::GoLive | Action::Stop | Action::ReconnectNow | Action::RefreshDevices => {}
        }
    }

    /// The question was answered with yes.
    fn confirm(&mut self, ctx: &Context) {
        let closes = self.model.view.dialog.take() == Some(Dialog::Close);
        self.send(Command::Stop);
        if closes {
            self.model.view.closing = true;
            self.close_from = Some(ctx.input(|i| i.time));
        }
    }
}

fn is_repeated_shortcut(event: &egui::Event) -> bool {
    let egui::Event::Key { key, modifiers, repeat: true, .. } = event else { return false };
    let is_same = |shortcut: egui::KeyboardShortcut| {
        shortcut.logical_key == *key && modifiers.matches_logically(shortcut.modifiers)
    };
    Action::ALL.iter().any(|action| is_same(action.shortcut()))
}

/// Longer shortcuts first: Ctrl+Shift+I would press Ctrl+I as well.
fn shortcut_order() -> impl Iterator<Item = Action> {
    let shifted = |action: &Action| action.shortcut().modifiers.shift;
    let first = Action::ALL.into_iter().filter(shifted);
    first.chain(Action::ALL.into_iter().filter(move |action| !shifted(action)))
}

/// Dark where it is light now, and the other way round.
fn other_theme(ctx: &Context) -> Theme {
    match ctx.theme() {
        egui::Theme::Dark => Theme::Light,
        egui::Theme::Light => Theme::Dark,
    }
}

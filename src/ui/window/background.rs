//! What happens without a click: answers of other threads, settings on their way
//! to the disk, the window's end.

use std::time::Duration;

use egui::{Context, ViewportCommand};

use super::{Frames, Window, size};
use crate::engine::Command;
use crate::media::MediaTime;
use crate::settings::Input;
use crate::ui::edit::Edit;
use crate::ui::files::Picked;
use crate::ui::model::Dialog;
use crate::ui::phase::Phase;
use crate::ui::secrets::{Answer, Keeper};
use crate::ui::{EngineLink, text, widgets};

/// Settings are written when nothing has changed for so long, in seconds.
const SETTLED: f64 = 1.0;

/// After so long it is tried again to write what could not be written, in
/// seconds.
const TRY_AGAIN: f64 = 10.0;

/// Reasons that are remembered, so that none is said again and again.
const MOST_REASONS: usize = 7;

/// The stream gets so long to end before the window closes without it, in
/// seconds. The engine itself needs at most two.
const LONGEST_CLOSE: f64 = 3.0;

impl<L: EngineLink> Window<L> {
    /// What came from the keyring, the disk and the dialogs.
    pub(super) fn take_answers(&mut self, ctx: &Context) {
        let answers: Vec<_> = self.keeper.iter().flat_map(Keeper::answers).collect();
        for answer in answers {
            match answer {
                Answer::Place(place) => self.model.vault = Some(place),
                Answer::Loaded(service, kept) => self.model.take_secrets(&service, kept),
                Answer::Failed(words) => self.model.notify(words),
                Answer::NotKept(service, changes, words) => {
                    self.model.take_back(service, changes);
                    self.saved.is_lost = true;
                    self.say_once(words);
                }
            }
        }
        if self.keeper.as_ref().is_some_and(Keeper::has_panicked) {
            self.say_once(text::key_not_kept(text::INTERNAL_ERROR));
        }
        if let Some(why) = self.saver.failure() {
            self.saved.is_lost = true;
            self.say_once(text::not_saved(&why));
        }
        match self.files.picked() {
            Some(Picked::LogSaved(words)) => {
                self.model.log.tell(&words);
                widgets::say_in_passing(ctx, words);
            }
            Some(Picked::LogNotSaved(words)) => self.model.notify(words),
            Some(Picked::Picture(path)) => {
                let picture = Edit::Camera(Input::File(path), text::PICTURE.to_owned());
                if let Some(command) = picture.apply(&mut self.model) {
                    self.send(command);
                }
            }
            Some(Picked::NoPictureDialog) => {
                self.model.view.picture_path.get_or_insert_default();
                self.model.notify(text::TYPE_PICTURE_PATH.to_owned());
            }
            Some(Picked::NoLogDialog) => self.model.notify(text::COPY_LOG_INSTEAD.to_owned()),
            Some(Picked::Nothing) | None => {}
        }
    }

    /// Says why something was not written: once, while the reason is the same.
    fn say_once(&mut self, words: String) {
        if !self.saved.said.contains(&words) {
            // A reason may be new each time.
            self.saved.said.truncate(MOST_REASONS);
            self.model.notify(words.clone());
            self.saved.said.push(words);
        }
    }

    /// Asks for the secrets of a service that was not seen before.
    pub(super) fn load_secrets(&mut self) {
        let service = &self.model.service().id;
        let known = self.model.asked.contains(service);
        if let Some(keeper) = self.keeper.as_ref().filter(|_| !known) {
            self.model.awaited.entry(service.clone()).or_default();
            if keeper.load(service) {
                self.model.asked.insert(service.clone());
            }
        }
    }

    pub(super) fn keep_secrets(&mut self) {
        self.model.keep_secrets();
        let Some(keeper) = &self.keeper else { return self.model.unsaved.clear() };
        // What the keyring's thread has no room for waits here.
        self.model.unsaved.retain(|(service, changes)| !keeper.keep(service, changes.clone()));
    }

    pub(super) fn save_when_settled(&mut self, ctx: &Context) {
        let now = ctx.input(|i| i.time);
        let saved = &mut self.saved;
        size::remember(ctx, &mut self.model.settings.window);
        let (settings, draft) = (&self.model.settings, &self.model.draft);
        let unsaved = draft.is_touched() || !self.model.unsaved.is_empty();
        if *settings == saved.settings && !unsaved && !saved.is_lost {
            saved.changed_at = None;
            return;
        }
        if *settings != saved.seen || *draft != saved.draft || saved.changed_at.is_none() {
            (saved.seen, saved.draft) = (settings.clone(), draft.clone());
            saved.changed_at = Some(now);
        }
        let since = saved.changed_at.map_or(0.0, |at| now - at);
        let wait = if saved.is_lost { TRY_AGAIN } else { SETTLED };
        if since < wait {
            ctx.request_repaint_after(Duration::from_secs_f64(wait - since));
        } else if self.saver.save(settings) {
            saved.settings = settings.clone();
            saved.is_lost = false;
            saved.changed_at = None;
            self.keep_secrets();
        }
    }

    /// An engine that has stopped by itself is replaced, unless that happens too often
    /// or the window closes. The new one is told everything from the beginning.
    pub(super) fn replace_engine(&mut self, ctx: &Context) {
        let is_closing = self.model.view.closing || self.close_from.is_some();
        if is_closing || !matches!(self.model.phase, Phase::Broken(_)) {
            return;
        }
        // In a while it may be started again.
        ctx.request_repaint_after(Duration::from_secs(1));
        let now = MediaTime::from_micros((ctx.input(|i| i.time) * 1e6) as i64);
        if self.restarts.allows(now) && self.link.restart() {
            (self.introduced, self.previewing) = (false, false);
            self.frames = self.frames.min(Frames::First);
            self.model.engine_restarted();
        }
    }

    /// The system wants the end: the stream stops as with a click, and nobody is
    /// asked, for nobody may be there.
    pub(super) fn end_when_told(&mut self, ctx: &Context) {
        if !self.ending.is_asked() || self.close_from.is_some() || self.model.view.closing {
            return;
        }
        if self.model.phase.is_busy() && self.model.phase != Phase::Stopping {
            self.send(Command::Stop);
        }
        self.model.view.dialog = None;
        self.model.view.closing = true;
        self.close_from = Some(ctx.input(|i| i.time));
    }

    /// A closing window asks while on the air, and waits for the stream's end.
    pub(super) fn close_when_asked(&mut self, ctx: &Context) {
        let now = ctx.input(|i| i.time);
        let busy = self.model.phase.is_busy();
        if let Some(from) = self.close_from {
            if !busy || now - from > LONGEST_CLOSE {
                self.close_from = None;
                self.model.view.closing = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            } else {
                ctx.request_repaint_after(Duration::from_millis(50));
            }
        }
        if !ctx.input(|i| i.viewport().close_requested())
            || self.close_from.is_none() && self.model.view.closing
        {
            return;
        }
        if self.model.is_watched() && self.close_from.is_none() {
            self.model.view.dialog = Some(Dialog::Close);
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        } else if busy {
            if self.close_from.is_none() && self.model.phase != Phase::Stopping {
                self.send(Command::Stop);
            }
            self.close_from.get_or_insert(now);
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        }
    }
}

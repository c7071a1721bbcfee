//! The destination as it is entered: which field's text goes where, what is remembered
//! of it in the settings and what in the keyring.

use super::address::{self, Check};
use super::draft::{Draft, Entered};
use super::former::{Entries, Replaced};
use super::model::Model;
use super::paste::{self, Pasted};
use super::proxy;
use super::secrets::{Changes, Kept};
use crate::engine::Command;
use crate::protocol::rtmp::key::Secret;
use crate::protocol::rtmp::url::completed;
use crate::settings::{Preset, SecretKind, Server, Services};

impl Model {
    /// Goes to another service, with what was entered for it before. Gives the
    /// command for the output where the service's limits change it.
    pub(super) fn change_service(&mut self, id: &str) -> Option<Command> {
        if id == self.settings.destination.service {
            return None;
        }
        self.draft.leave_key();
        self.remember();
        self.keep_secrets();
        self.view.show_key = false;
        id.clone_into(&mut self.settings.destination.service);
        self.load_draft();
        self.destination_changed();
        self.fit_preset()
    }

    /// The server field's text has changed.
    pub(super) fn enter_server(&mut self, entered: Entered) -> Option<Command> {
        if let Some(address) = entered.pasted_address() {
            return self.enter_address(address);
        }
        let was = self.service().id.as_str();
        let command = self.leave_this_computer(&entered.text);
        let text = entered.text.trim();
        // Whoever types an address begins with it; what is put in may be anything.
        let is_put_in = entered.pasted.is_some() && completed(text).is_none();
        self.draft.is_veiled = !text.is_empty() && (is_put_in || self.draft.is_veiled);
        self.draft.is_veiled &= !paste::is_address(text);
        self.draft.server = entered.text;
        self.draft.is_elsewhere |= self.service().id != was;
        self.changed(entered.pasted.is_some());
        command
    }

    /// The key field's text has changed.
    pub(super) fn enter_key(&mut self, entered: Entered) -> Option<Command> {
        if let Some(address) = entered.pasted_address() {
            return self.enter_address(address);
        }
        let Entered { text, pasted } = entered;
        self.view.select_key = false;
        let command = self.leave_this_computer(&text).or_else(|| self.follow_key(&text));
        // Nobody edits dots: what is put in takes the place of all of them. What is put
        // into the midst of a key that can be read is a part of it.
        let is_seen = self.view.show_key;
        let is_whole = pasted.as_deref().is_some_and(|pasted| !is_seen || is_all_of(pasted, &text));
        match pasted.filter(|_| is_whole) {
            Some(pasted) => self.draft.paste_key(&pasted),
            None => self.draft.set_key(text),
        }
        self.changed(is_whole);
        command
    }

    /// A key tells which of the services it is that share a server.
    fn follow_key(&mut self, key: &str) -> Option<Command> {
        let service = address::service_of_key(key.trim(), self.service())?;
        let server = self.draft.server.clone();
        let command = self.change_service(&service.id);
        self.draft.server = server;
        command
    }

    /// The key field was left.
    pub(super) fn settle_key(&mut self) {
        self.draft.leave_key();
        self.view.select_key = false;
        self.remember();
    }

    /// The server field was left: an address with its key is cut in two, and one
    /// of another server takes none of this one's key along.
    pub(super) fn settle_server(&mut self) -> Option<Command> {
        let before = self.draft.leave_server();
        let typed = self.draft.server.clone();
        if !paste::is_address(&typed) {
            // It may be a key, and is complete.
            self.draft.is_veiled = !typed.trim().is_empty() && completed(&typed).is_none();
            return None;
        }
        let service = self.service();
        let is_anothers = address::service_of(&typed, "", service).id != service.id;
        let is_new = before != typed && address::split(&typed).is_some();
        let takes_it = is_anothers
            || is_new
            || address::is_other_server(&before, &typed)
            || self.draft.key.is_empty();
        if takes_it { self.take_address(&typed, &before, true) } else { None }
    }

    /// Takes an address, and a key where there is one with it.
    pub(super) fn enter_address(&mut self, pasted: &str) -> Option<Command> {
        let before = self.draft.before().to_owned();
        self.take_address(pasted, &before, false)
    }

    fn take_address(&mut self, text: &str, before: &str, is_typed: bool) -> Option<Command> {
        let pasted = Pasted::read(text);
        let is_more = pasted.is_more;
        let command = pasted
            .server
            .as_deref()
            .and_then(|server| self.follow_address(server, &pasted, before));
        let is_other = |server: &String| address::is_other_server(before, server);
        let is_same = is_typed
            && !self.draft.is_elsewhere
            && pasted.server.as_ref().is_some_and(|server| !is_other(server));
        self.draft.take(pasted, is_same && !before.is_empty());
        self.changed(true);
        self.view.is_more = is_more;
        self.view.select_key = is_typed && !self.draft.key.is_empty();
        command
    }

    /// Goes to the service of an address. What belongs to another host is not shown to
    /// this one.
    fn follow_address(&mut self, server: &str, pasted: &Pasted, before: &str) -> Option<Command> {
        let key = pasted.key.clone().or_else(|| address::split(server).map(|(_, key)| key));
        let told = key.as_ref().map(|key| key.expose()).unwrap_or_default();
        let old = self.service().id.as_str();
        let id = &address::service_of(server, told, self.service()).id;
        let command = self.change_service(id);
        let before = if id == old { before } else { self.draft.before() };
        let each_its_own = self.service().servers.is_empty();
        if each_its_own && address::is_other_server(before, server) {
            self.draft.forget();
        }
        command
    }

    /// What the fields hold has changed: all at once (`whole`), or by a letter.
    fn changed(&mut self, whole: bool) {
        let service = self.service();
        self.draft.note(service, whole);
        self.remember();
        self.destination_changed();
    }

    /// What went wrong with another destination is no news of this one.
    fn destination_changed(&mut self) {
        self.view.is_more = false;
        if self.phase.is_idle() {
            self.failure = None;
        }
    }

    /// Another user, password or certificate, or that there is no key.
    pub(super) fn enter_detail(&mut self, change: impl FnOnce(&mut Draft)) -> Option<Command> {
        change(&mut self.draft);
        self.changed(false);
        None
    }

    /// What can be put back.
    pub fn replaced(&self) -> Option<Replaced> {
        let last = self.draft.former.last()?;
        let is_address = last.server != self.draft.server;
        Some(if is_address { Replaced::Address } else { Replaced::Key })
    }

    /// What was there before takes the place of what has replaced it.
    pub(super) fn put_back(&mut self) {
        self.draft.put_back();
        self.remember();
        self.destination_changed();
    }

    /// Keeps in the settings what is no secret of the fields.
    pub(super) fn remember(&mut self) {
        let service = self.service();
        if service.is_this_computer() {
            return;
        }
        let address = match self.entered_address() {
            Some((address, _)) if address == service.default_address() => String::new(),
            Some((address, _)) => address,
            // The first letters of one are no reason to forget the last.
            None if !self.draft.server.trim().is_empty() => {
                self.settings.server(&service.id).address
            }
            None => String::new(),
        };
        let server = Server {
            address,
            user: self.draft.user.trim().to_owned(),
            ca_file: self.draft.ca_file.trim().to_owned(),
            proxy: proxy::split(&self.draft.proxy).0,
            no_key: self.draft.no_key,
        };
        let id = service.id.clone();
        if server == Server::default() {
            self.settings.servers.remove(&id);
        } else {
            self.settings.servers.insert(id, server);
        }
    }

    /// What is entered as the chosen service's server, as far as it is one.
    fn entered_address(&self) -> Option<(String, String)> {
        let (typed, service) = (&self.draft.server, self.service());
        let is_its_own = address::service_of(typed, &self.draft.key, service).id == service.id;
        address::remembered(typed, service).filter(|_| is_its_own)
    }

    /// The secrets of the fields as they are to be kept.
    pub(super) fn secrets(&self) -> Kept {
        let query = match self.entered_address() {
            Some((_, query)) => query,
            None if self.draft.server.trim().is_empty() => String::new(),
            None => self.kept_query(),
        };
        let proxy = proxy::split(&self.draft.proxy).1;
        let mut kept = Kept::default();
        for (kind, text) in [
            (SecretKind::Proxy, proxy.as_deref().unwrap_or(&self.draft.proxy_password)),
            (SecretKind::Key, self.draft.key.trim()),
            (SecretKind::Password, &self.draft.password),
            (SecretKind::Query, &query),
            (SecretKind::Former, &self.draft.former.kept()),
        ] {
            kept.set(kind, (!text.is_empty()).then(|| Secret::new(text)));
        }
        kept
    }

    fn kept_query(&self) -> String {
        let kept = self.kept.get(&self.service().id);
        let query = kept.and_then(|kept| kept.get(SecretKind::Query));
        query.map(|query| query.expose().to_owned()).unwrap_or_default()
    }

    /// Takes what the keyring holds for a service. What the person has entered
    /// in the meantime stays: the keyring may have waited for a password.
    pub(super) fn take_secrets(&mut self, service: &str, mut kept: Kept) {
        for secret in kept.all() {
            self.log.hide(secret);
        }
        let is_shown = service == self.service().id;
        if is_shown {
            self.keep_secrets();
        }
        let came = kept.clone();
        if let Some(changes) = self.awaited.remove(service) {
            changes.apply(&mut kept);
        }
        if is_shown {
            self.outrun(&came, &kept);
            self.draft.fill(&kept);
            self.hide_former();
        }
        self.kept.insert(service.to_owned(), kept);
        if is_shown {
            // A token of another address than the one that was entered goes.
            self.note_changes();
        }
    }

    /// A remembered key that came too late for its field has a way back.
    fn outrun(&mut self, came: &Kept, kept: &Kept) {
        let text = |kept: &Kept, kind| {
            kept.get(kind).map(|secret| secret.expose().to_owned()).unwrap_or_default()
        };
        let [was, is] = [came, kept].map(|kept| text(kept, SecretKind::Key));
        if !was.is_empty() && !is.is_empty() && was != is {
            let service = self.service();
            let server = match self.settings.server(&service.id).address.as_str() {
                "" => service.default_address().to_owned(),
                plain => address::rejoined(plain, &text(came, SecretKind::Query)),
            };
            let password = text(came, SecretKind::Password);
            let user = self.draft.user.clone();
            self.draft.former.outrun(Entries { server, key: was, user, password });
        }
        self.draft.former.remember(came.get(SecretKind::Former));
    }

    /// Takes what was there before out of the log from now on.
    fn hide_former(&self) {
        for secret in self.draft.former.secrets() {
            self.log.hide(&Secret::new(secret));
        }
    }

    /// Takes the secrets of the fields out of the log from now on.
    pub(super) fn hide_secrets(&self) {
        self.hide_former();
        for secret in self.secrets().all() {
            self.log.hide(secret);
        }
        // As it is sent: without quotes and what can't be seen.
        if let Check::Fine(target) = self.check() {
            self.log.hide(&Secret::new(target.key.expose()));
        }
        // A token that stands behind the key is worth as much as the key.
        for part in self.draft.key.split(['?', '&', '=']) {
            self.log.hide(&Secret::new(part.trim()));
        }
    }

    /// Puts what was changed of the fields' secrets among what is to be saved.
    pub(super) fn keep_secrets(&mut self) {
        if !self.service().is_this_computer() && self.draft.is_touched() {
            self.note_changes();
        }
    }

    /// Changes that were not kept are handed over again, below those made since.
    pub(super) fn take_back(&mut self, service: String, mut changes: Changes) {
        if let Some(place) = self.unsaved.iter().position(|(id, _)| *id == service) {
            changes.follow(self.unsaved.remove(place).1);
        }
        self.unsaved.push((service, changes));
    }

    fn note_changes(&mut self) {
        let service = self.service();
        let entered = self.secrets();
        self.draft.settle();
        let kept = self.kept.entry(service.id.clone()).or_default();
        let changes = Changes::between(kept, &entered);
        if changes.is_empty() {
            return;
        }
        *kept = entered;
        if let Some(awaited) = self.awaited.get_mut(&service.id) {
            awaited.follow(changes.clone());
        }
        match self.unsaved.iter_mut().find(|(id, _)| *id == service.id) {
            Some((_, unsaved)) => unsaved.follow(changes),
            None => self.unsaved.push((service.id.clone(), changes)),
        }
    }

    pub(super) fn load_draft(&mut self) {
        let service = self.service();
        let server = self.settings.server(&service.id);
        let kept = self.kept.get(&service.id);
        self.draft = Draft::load(service, &server, kept);
    }

    /// The first letter typed while the built-in server is chosen means another.
    fn leave_this_computer(&mut self, text: &str) -> Option<Command> {
        let leaves = self.service().is_this_computer() && !text.trim().is_empty();
        leaves.then(|| self.change_service(Services::CUSTOM)).flatten()
    }

    fn fit_preset(&mut self) -> Option<Command> {
        let output = &self.settings.output;
        let preset = Preset::of(&output.preset)?;
        let fitted = preset.output(&self.service().limits(), output.adaptive);
        if fitted == *output || self.phase.is_busy() {
            return None;
        }
        self.settings.output = fitted;
        Some(super::edit::output_command(self))
    }
}

/// Whether what was put into a field is all that is in it.
fn is_all_of(pasted: &str, text: &str) -> bool {
    pasted.split_whitespace().eq(text.split_whitespace())
}

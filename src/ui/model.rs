//! What the window knows: settings, the fields being edited, the engine's last
//! snapshot. Panels read it; only [`super::edit`] and the window change it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::address::{self, Check};
use super::draft::{Draft, Entered};
use super::history::History;
use super::journal;
use super::log::LogBook;
use super::paste::{self, Pasted};
use super::phase::{self, Phase};
use super::proxy;
use super::secrets::{Changes, Kept};
use super::text;
use crate::engine::{Command, DestinationSettings, Fault, Snapshot};
use crate::protocol::rtmp::key::{Credentials, Secret, StreamKey};
use crate::settings::{
    Input, Preset, SecretKind, Server, Service, Services, Settings, VaultPlace, Warning,
};
use crate::supervise::Part;

/// Notices shown at a time; older ones go.
const NOTICES: usize = 4;

/// A stream that was live for so long before it broke may have viewers.
const SEEN: Duration = Duration::from_secs(3);

/// What the window knows.
#[derive(Debug)]
pub struct Model {
    /// What is remembered.
    pub settings: Settings,
    /// The destination's fields.
    pub draft: Draft,
    /// The engine's last snapshot.
    pub snapshot: Arc<Snapshot>,
    /// Where the stream stands, from the snapshot.
    pub phase: Phase,
    /// Why the last try failed, until one succeeds or a click.
    pub failure: Option<Fault>,
    /// Figures of the last five minutes.
    pub history: History,
    /// The log.
    pub log: LogBook,
    /// What the person should know once.
    pub notices: Vec<String>,
    /// What is open.
    pub view: View,
    /// Where keys are kept; `None` until it is known.
    pub vault: Option<VaultPlace>,
    /// Secrets of the services seen since the start: as they are kept, with what
    /// was changed since.
    pub(super) kept: HashMap<String, Kept>,
    /// What the person has changed of a service's secrets while they have not
    /// come from the keyring yet, or will never come.
    pub(super) awaited: HashMap<String, Changes>,
    /// Services whose secrets were asked for.
    pub(super) asked: HashSet<String>,
    /// Changes that are on their way to the keyring.
    pub(super) unsaved: Vec<(String, Changes)>,
}

/// What is open and shown, and not remembered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The key is readable.
    pub show_key: bool,
    /// User, password and certificate are shown.
    pub server_details: bool,
    /// The output's single values are shown.
    pub output_details: bool,
    /// A question or overview above everything.
    pub dialog: Option<Dialog>,
    /// The program ends as soon as the stream has.
    pub closing: bool,
    /// The picture file's path while it is typed.
    pub picture_path: Option<String>,
    /// When Go Live was pressed, on the window's clock in seconds.
    pub went_live_at: Option<f64>,
}

/// What can stand above everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// End the stream?
    Stop,
    /// End the stream and the program?
    Close,
    /// All actions and their keys.
    Keys,
}

impl Model {
    /// A model of remembered settings, with what was wrong in them as notices.
    pub fn new(settings: Settings, warnings: &[Warning], log: LogBook) -> Self {
        let mut model = Self {
            draft: Draft::default(),
            settings,
            snapshot: Arc::default(),
            phase: Phase::Ready,
            failure: None,
            history: History::default(),
            log,
            notices: Vec::new(),
            view: View::default(),
            vault: None,
            kept: HashMap::new(),
            awaited: HashMap::new(),
            asked: HashSet::new(),
            unsaved: Vec::new(),
        };
        // Room for one more: how many there are.
        let fits = if warnings.len() > NOTICES { NOTICES - 1 } else { NOTICES };
        let (shown, more) = warnings.split_at(fits.min(warnings.len()));
        for warning in shown {
            model.notify(warning.to_string());
        }
        for warning in more {
            model.log.tell(&warning.to_string());
        }
        if !more.is_empty() {
            model.notify(text::more_in_log(more.len()));
        }
        model.load_draft();
        model
    }

    /// The chosen service.
    pub fn service(&self) -> &'static Service {
        Services::built_in().get(&self.settings.destination.service)
    }

    /// What is entered for the destination, read.
    pub fn check(&self) -> Check {
        Check::of(self.service(), &self.draft.server, &self.draft.key)
    }

    /// Whether a picture or a sound is chosen.
    pub fn has_source(&self) -> bool {
        let sources = &self.settings.sources;
        sources.camera != Input::Off || sources.microphone != Input::Off
    }

    /// The destination as the engine takes it.
    pub fn destination(&self) -> DestinationSettings {
        let service = self.service();
        if service.is_this_computer() {
            let name = service.name.clone();
            return DestinationSettings {
                name,
                built_in_server: true,
                ..DestinationSettings::default()
            };
        }
        let draft = &self.draft;
        let key = StreamKey::new(&draft.key);
        let user = draft.user.trim();
        DestinationSettings {
            name: service.name.clone(),
            server: draft.server.trim().to_owned(),
            key: (!key.is_empty()).then_some(key),
            credentials: (!user.is_empty()).then(|| Credentials::new(user, &draft.password)),
            ca_file: (!draft.ca_file.trim().is_empty()).then(|| draft.ca_file.trim().into()),
            proxy: draft.whole_proxy(),
            ..DestinationSettings::default()
        }
    }

    /// Tells the person something, and the log.
    pub fn notify(&mut self, text: String) {
        // It stands there already.
        if self.notices.contains(&text) {
            return;
        }
        self.log.tell(&text);
        if self.notices.len() == NOTICES {
            self.notices.remove(0);
        }
        self.notices.push(text);
    }

    /// Takes over a newer snapshot.
    pub fn observe(&mut self, snapshot: Arc<Snapshot>) {
        if Arc::ptr_eq(&snapshot, &self.snapshot) {
            return;
        }
        for line in journal::lines(&self.snapshot, &snapshot) {
            self.log.tell(&line);
        }
        let phase = Phase::of(&snapshot);
        if self.phase.is_idle() && phase.is_busy() {
            self.history.clear();
            self.failure = None;
        }
        // Each end is told once: a click closes it for good.
        let is_new = phase != self.phase || snapshot.streams != self.snapshot.streams;
        match &phase {
            Phase::Failed(fault) | Phase::Broken(fault) if is_new => {
                self.failure = Some(fault.clone());
            }
            // It stands there until a try succeeds, also when there is no other.
            Phase::Reconnecting { reason, .. } => self.failure = Some(reason.clone()),
            Phase::Live => self.failure = None,
            _ => {}
        }
        self.history.observe(&snapshot);
        // The stream has ended by itself: there is nothing left to ask.
        if !phase.is_on_air() && matches!(self.view.dialog, Some(Dialog::Stop | Dialog::Close)) {
            self.view.dialog = None;
        }
        self.phase = phase;
        self.snapshot = snapshot;
    }

    /// The engine that had stopped by itself was replaced: what ran has ended.
    pub(super) fn engine_restarted(&mut self) {
        self.failure = Some(Fault::Internal { part: Part::Control, goes_on: true });
    }

    /// Whether there may be viewers: a stream that was refused at once has none.
    pub fn is_watched(&self) -> bool {
        let was_seen = phase::live(&self.snapshot) >= SEEN;
        self.phase == Phase::Live || self.phase.is_on_air() && was_seen
    }

    /// Goes to another service, with what was entered for it before. Gives the
    /// command for the output where the service's limits change it.
    pub(super) fn change_service(&mut self, id: &str) -> Option<Command> {
        if id == self.settings.destination.service {
            return None;
        }
        self.remember();
        self.keep_secrets();
        self.view.show_key = false;
        id.clone_into(&mut self.settings.destination.service);
        self.load_draft();
        self.fit_preset()
    }

    /// The server field's text has changed.
    pub(super) fn enter_server(&mut self, entered: Entered) -> Option<Command> {
        if let Some(address) = entered.pasted_address() {
            return self.enter_address(address);
        }
        let command = self.leave_this_computer(&entered.text);
        self.draft.server = entered.text;
        self.remember();
        command
    }

    /// The key field's text has changed.
    pub(super) fn enter_key(&mut self, entered: Entered) -> Option<Command> {
        if let Some(address) = entered.pasted_address() {
            return self.enter_address(address);
        }
        let text = entered.text;
        let command = self.leave_this_computer(&text).or_else(|| self.follow_key(&text));
        self.draft.set_key(text);
        self.remember();
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

    /// The server field was left: an address with its key is cut in two, and one
    /// of another service takes none of this one's key along.
    pub(super) fn settle_server(&mut self) -> Option<Command> {
        let before = self.draft.leave_server();
        let typed = self.draft.server.clone();
        if !paste::is_address(&typed) {
            return None;
        }
        let service = self.service();
        let is_anothers = address::service_of(&typed, "", service).id != service.id;
        // Typed over another whole address: the key in the field is that one's.
        let is_whole = address::is_other_host(&before, &typed) && address::split(&typed).is_some();
        if is_whole && !is_anothers {
            self.draft.forget();
        }
        let takes_it = is_anothers || is_whole || self.draft.key.is_empty();
        if takes_it { self.enter_address(&typed) } else { None }
    }

    /// Takes an address, and a key where there is one with it.
    pub(super) fn enter_address(&mut self, pasted: &str) -> Option<Command> {
        let pasted = Pasted::read(pasted);
        let command =
            pasted.server.as_deref().and_then(|server| self.follow_address(server, &pasted));
        self.draft.take(pasted);
        self.remember();
        command
    }

    /// Goes to the service of a pasted address. What belongs to another host is
    /// not shown to this one.
    fn follow_address(&mut self, server: &str, pasted: &Pasted) -> Option<Command> {
        let key = pasted.key.clone().or_else(|| address::split(server).map(|(_, key)| key));
        let told = key.as_ref().map(|key| key.expose()).unwrap_or_default();
        let id = &address::service_of(server, told, self.service()).id;
        let command = self.change_service(id);
        let each_its_own = self.service().servers.is_empty();
        if each_its_own && key.is_none() && address::is_other_host(&self.draft.server, server) {
            self.draft.forget();
        }
        command
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
        let typed = proxy::split(&self.draft.proxy).1;
        Kept::new([
            (SecretKind::Key, self.draft.key.trim()),
            (SecretKind::Password, &self.draft.password),
            (SecretKind::Query, &query),
            (SecretKind::Proxy, typed.as_deref().unwrap_or(&self.draft.proxy_password)),
        ])
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
        if let Some(changes) = self.awaited.remove(service) {
            changes.apply(&mut kept);
        }
        if is_shown {
            self.draft.fill(&kept);
        }
        self.kept.insert(service.to_owned(), kept);
        if is_shown {
            // A token of another address than the one that was entered goes.
            self.note_changes();
        }
    }

    /// Takes the secrets of the fields out of the log from now on.
    pub(super) fn hide_secrets(&self) {
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

    fn load_draft(&mut self) {
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

impl Kept {
    fn new(secrets: [(SecretKind, &str); SecretKind::ALL.len()]) -> Self {
        let mut kept = Self::default();
        for (kind, text) in secrets {
            kept.set(kind, (!text.is_empty()).then(|| Secret::new(text)));
        }
        kept
    }
}

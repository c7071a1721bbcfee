//! What the window knows: settings, the fields being edited, the engine's last
//! snapshot. Panels read it; only [`super::edit`] and the window change it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::address::Check;
use super::draft::Draft;
use super::history::History;
use super::journal;
use super::log::LogBook;
use super::phase::{self, Phase};
use super::secrets::{Changes, Kept};
use super::text;
use crate::engine::{DestinationSettings, Fault, Snapshot};
use crate::protocol::rtmp::key::{Credentials, StreamKey};
use crate::settings::{Input, Service, Services, Settings, VaultPlace, Warning};
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
    /// The key was cut off an address: what is typed next replaces it.
    pub select_key: bool,
    /// What was pasted held more than was taken.
    pub is_more: bool,
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
        let Draft { server, key, .. } = &self.draft;
        let without = self.takes_no_key().then(|| Check::without_key(server)).flatten();
        without.unwrap_or_else(|| Check::of(self.service(), server, key))
    }

    /// Whether the person said that the server takes no key, and has entered none.
    fn takes_no_key(&self) -> bool {
        let is_custom = self.service().id == Services::CUSTOM;
        is_custom && self.draft.no_key && self.draft.key.trim().is_empty()
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
            key: (!key.is_empty() || self.takes_no_key()).then_some(key),
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
            Phase::Live => {
                self.failure = None;
                if is_new {
                    self.draft.confirm();
                }
            }
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
}

//! Where the stream goes: service, server, key.

use egui::{Id, Key, Label, RichText, Ui};

use crate::engine::{ExitClass, proxy_complaint};
use crate::protocol::rtmp::url::{RTMP_PORT, RtmpUrl, SCHEMES, Target, UrlError, completed};
use crate::settings::{KeyRule, Service, Services};
use crate::text::sentence;
use crate::ui::action::Action;
use crate::ui::address::Check;
use crate::ui::draft::Entered;
use crate::ui::edit::Edit;
use crate::ui::icon::Icon;
use crate::ui::model::Model;
use crate::ui::text;
use crate::ui::theme::{self, tokens};
use crate::ui::widgets::{self, Outbox, Request};

/// The server field's identity, so that a paste finds it.
pub fn server_id() -> Id {
    Id::unique("destination server")
}

/// The key field's identity.
pub fn key_id() -> Id {
    Id::unique("destination key")
}

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let service = model.service();
    widgets::heading(ui, text::DESTINATION, |ui| {
        if !service.is_this_computer() {
            let on = Some(model.view.server_details);
            widgets::icon_button(ui, model, out, Action::ToggleServerDetails, Icon::Person, on);
        }
    });
    // What a stream was started with is not changed below it.
    ui.add_enabled_ui(!model.phase.is_busy(), |ui| {
        service_picker(ui, service, out);
        server_field(ui, model, out);
        if !service.is_this_computer() {
            key_field(ui, model, out);
            way_back(ui, model, out);
        }
        if model.view.server_details && !service.is_this_computer() {
            sign_in(ui, model, out);
        }
    });
    reading(ui, model, out);
    if service.is_this_computer() {
        play_address(ui, model, out);
    }
}

fn service_picker(ui: &mut Ui, chosen: &Service, out: &mut Outbox) {
    let width = ui.available_width();
    let picker = widgets::picker(ui, "service", text::SERVICE, &chosen.name, width, |ui| {
        for service in Services::built_in().all() {
            if widgets::choice(ui, service.id == chosen.id, &service.name, "") {
                out.edit(Edit::Service(service.id.clone()));
            }
        }
    });
    // Where it is locked it says why.
    if ui.is_enabled() {
        picker.on_hover_text(&chosen.where_to_find);
    }
}

fn server_field(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let service = model.service();
    let hint = match service.is_this_computer() {
        true => text::SERVER_HINT_BUILT_IN,
        false => text::SERVER_HINT,
    };
    ui.horizontal(|ui| {
        let width = if service.servers.len() > 1 {
            widgets::beside_square(ui)
        } else {
            ui.available_width()
        };
        let draft = &model.draft;
        let is_veiled = draft.is_veiled && !model.view.show_key;
        let field = if is_veiled { widgets::masked_field } else { widgets::text_field };
        let (response, changed) = field(ui, server_id(), text::SERVER, &draft.server, hint, width);
        if let Some(entered) = changed {
            out.edit(Edit::Server(entered));
        } else if response.lost_focus() {
            out.ask(Request::SettleServer);
        }
        if service.servers.len() > 1 {
            server_menu(ui, service, &draft.server, out);
        }
    });
}

fn server_menu(ui: &mut Ui, service: &Service, server: &str, out: &mut Outbox) {
    let button = widgets::square(ui, Icon::Down, text::SERVERS, None);
    let names: Vec<&str> = service.servers.iter().map(|choice| choice.name.as_str()).collect();
    widgets::menu(ui, &button, &names, |ui| {
        for choice in &service.servers {
            if widgets::choice(ui, choice.address == server, &choice.name, "") {
                out.edit(Edit::Server(Entered::pasted(choice.address.clone())));
            }
        }
    });
}

fn key_field(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    ui.horizontal(|ui| {
        let width = widgets::beside_square(ui);
        let key = &model.draft.key;
        // It came while the field had the keyboard already.
        if model.view.select_key && ui.memory(|memory| memory.has_focus(key_id())) {
            select_all(ui, key_id(), key);
        }
        let field = if model.view.show_key { widgets::text_field } else { widgets::masked_field };
        let (response, changed) = field(ui, key_id(), text::KEY, key, text::KEY_HINT, width);
        if response.gained_focus() {
            select_all(ui, key_id(), key);
        }
        if let Some(entered) = changed {
            out.edit(Edit::Key(entered));
        } else if response.lost_focus() {
            out.ask(Request::SettleKey);
            if ui.input(|i| i.key_pressed(Key::Enter)) {
                out.act(Action::GoLive);
            }
        }
        let (icon, on) = match model.view.show_key {
            true => (Icon::EyeOff, Some(true)),
            false => (Icon::Eye, Some(false)),
        };
        widgets::icon_button(ui, model, out, Action::ToggleKey, icon, on);
    });
}

/// What was replaced can be put back.
fn way_back(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    for action in [Action::PutKeyBack, Action::PutAddressBack] {
        if action.is_possible(model) {
            widgets::action_button(ui, model, out, action);
        }
    }
}

/// A masked key is replaced as a whole: nobody edits dots.
fn select_all(ui: &Ui, id: Id, text: &str) {
    let Some(mut state) = egui::TextEdit::load_state(ui.ctx(), id) else { return };
    let all = egui::text_selection::CCursorRange::select_all_str(text);
    state.cursor.set_char_range(Some(all));
    state.store(ui.ctx(), id);
}

fn sign_in(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let width = ui.available_width();
    let draft = &model.draft;
    let user_id = Id::unique("destination user");
    let (_, user) =
        widgets::text_field(ui, user_id, text::USER, &draft.user, text::USER_HINT, width);
    if let Some(user) = user {
        out.edit(Edit::User(user.text));
    }
    let id = Id::unique("destination password");
    let (field, password) =
        widgets::masked_field(ui, id, text::PASSWORD, &draft.password, text::PASSWORD_HINT, width);
    if let Some(password) = password {
        out.edit(Edit::Password(password.text));
    } else if field.lost_focus() {
        out.ask(Request::SettleKey);
    }
    let id = Id::unique("destination certificate");
    let (_, file) =
        widgets::text_field(ui, id, text::CA_FILE, &draft.ca_file, text::CA_FILE_HINT, width);
    if let Some(file) = file {
        out.edit(Edit::CaFile(file.text));
    }
    proxy(ui, model, out);
}

fn proxy(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let width = ui.available_width();
    let draft = &model.draft;
    let id = Id::unique("destination proxy");
    let (field, entered) =
        widgets::text_field(ui, id, text::PROXY, &draft.proxy, text::PROXY_HINT, width);
    if let Some(entered) = entered {
        out.edit(Edit::Proxy(entered));
    } else if field.lost_focus() {
        out.edit(Edit::SettleProxy);
    }
    if draft.proxy.contains('@') || !draft.proxy_password.is_empty() {
        let id = Id::unique("destination proxy password");
        let name = text::PROXY_PASSWORD;
        let (_, entered) = widgets::masked_field(ui, id, name, &draft.proxy_password, "", width);
        if let Some(entered) = entered {
            out.edit(Edit::ProxyPassword(entered.text));
        }
    }
    let complaint = proxy_complaint(&draft.proxy);
    if let Some(words) = complaint.filter(|_| !field.has_focus()) {
        red(ui, &words);
    }
}

/// What was made of the fields, or what is wrong with them.
fn reading(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let service = model.service();
    match model.check() {
        Check::BuiltIn => {}
        Check::Wrong(_) if is_begun(ui, &model.draft.server) => {}
        Check::Wrong(error) => wrong(ui, model, &error, out),
        Check::Empty => hints(ui, service),
        Check::NoKey(url) => {
            split(ui, service, &url, None);
            no_key(ui, model, out);
            hints(ui, service);
        }
        Check::Fine(target) => fine(ui, model, &target, out),
    }
    if model.view.is_more {
        widgets::aside(ui, text::LEFT_OUT);
    }
    if let Some(words) = model.vault.as_ref().and_then(text::vault)
        && !service.is_this_computer()
        && !model.draft.key.is_empty()
    {
        widgets::aside(ui, text::KEY_IN_FILE).on_hover_text(words);
    }
}

fn fine(ui: &mut Ui, model: &Model, target: &Target, out: &mut Outbox) {
    let service = model.service();
    let key = target.key.expose();
    split(ui, service, &target.url, (!key.is_empty()).then(|| key.chars().count()));
    if key.is_empty() {
        no_key(ui, model, out);
    }
    if key.contains(char::is_whitespace) {
        amber(ui, text::KEY_HAS_SPACE);
    }
    let is_refused =
        model.failure.as_ref().is_some_and(|fault| fault.exit_class() == ExitClass::Refused);
    if is_refused && target.url.app().contains('/') {
        amber(ui, text::KEY_MAY_HOLD_SLASH);
    }
    let changes = service.key == KeyRule::EachStream && model.phase.is_idle();
    if model.view.server_details {
        hints(ui, service);
    } else if changes {
        widgets::aside(ui, &service.note);
    }
}

/// A few servers of one's own know a stream by the address alone.
fn no_key(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    if model.service().id != Services::CUSTOM {
        return;
    }
    let mut none = model.draft.no_key;
    let choice = egui::Checkbox::new(&mut none, text::NO_KEY);
    if ui.add_enabled(!model.phase.is_busy(), choice).changed() {
        out.edit(Edit::NoKey(none));
    }
}

/// The first letters of an address are not wrong yet while they are typed.
fn is_begun(ui: &Ui, server: &str) -> bool {
    let typed = server.trim();
    let begins = SCHEMES.iter().any(|scheme| scheme.starts_with(typed));
    begins && ui.memory(|memory| memory.has_focus(server_id()))
}

/// Where the service shows server and key, and what to know before.
fn hints(ui: &mut Ui, service: &Service) {
    for words in [&service.where_to_find, &service.note] {
        if !words.is_empty() {
            widgets::aside(ui, words);
        }
    }
}

fn split(ui: &mut Ui, service: &Service, url: &RtmpUrl, key_length: Option<usize>) {
    let words = text::split(url.port(), url.tls(), url.app(), key_length);
    let hints = format!("{}\n{}", service.where_to_find, service.note);
    widgets::aside(ui, &words).on_hover_text(hints.trim_end());
    if service.tls_only && !url.tls() {
        amber(ui, &text::only_encrypted(&service.name));
    }
}

fn amber(ui: &mut Ui, words: &str) {
    let words = RichText::new(words).color(tokens(ui).amber);
    ui.add(Label::new(words.font(theme::small())).wrap());
}

fn red(ui: &mut Ui, words: &str) {
    let words = RichText::new(words).font(theme::small()).color(tokens(ui).error);
    ui.add(Label::new(words).wrap());
}

/// What is wrong, with what may have been meant to click on.
fn wrong(ui: &mut Ui, model: &Model, error: &UrlError, out: &mut Outbox) {
    let (words, meant): (String, _) = match error {
        UrlError::NoScheme { suggestion: None } => (text::NOT_AN_ADDRESS_BUT_A_KEY.into(), None),
        UrlError::NoScheme { suggestion } => (sentence(&error.to_string()), suggestion.as_ref()),
        _ => (sentence(&error.to_string()), None),
    };
    red(ui, &words);
    if let (Some(meant), Some(whole)) = (meant, completed(&model.draft.server))
        && ui.button(text::use_address(meant)).clicked()
    {
        out.edit(Edit::Server(Entered::pasted(whole)));
    }
}

/// The address that players open, once there is one.
fn play_address(ui: &mut Ui, model: &Model, out: &mut Outbox) {
    let Some(server) = &model.snapshot.server else {
        widgets::aside(ui, text::PLAY_ADDRESS_LATER);
        return;
    };
    ui.horizontal(|ui| {
        let width = widgets::beside_square(ui);
        let mut address = server.play_url.as_str();
        let field = egui::TextEdit::singleline(&mut address)
            .id(Id::unique("play address"))
            .desired_width(width)
            .margin(egui::Margin::symmetric(9, 6))
            .min_size(egui::Vec2::new(0.0, 28.0))
            .align(egui::Align2::LEFT_CENTER);
        let field = ui.add(field).accessible_name(text::PLAY_ADDRESS);
        widgets::focus_ring(ui, &field);
        field.on_hover_text(text::PLAY_ADDRESS);
        widgets::icon_button(ui, model, out, Action::CopyPlayAddress, Icon::Copy, None);
    });
    let words =
        if model.phase.is_idle() { text::PLAY_ADDRESS_THEN } else { text::PLAY_ADDRESS_NOW };
    widgets::aside(ui, words);
    let port = Target::parse(&server.play_url).map(|target| target.url.port());
    if let Some(port) = port.ok().filter(|port| *port != RTMP_PORT) {
        widgets::aside(ui, &text::port_taken(RTMP_PORT, port));
    }
}

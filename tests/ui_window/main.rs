//! The window drawn without a screen: every panel in every state, every action
//! by its name and by its key, and what a click asks of the engine.

#[path = "../ui_support/mod.rs"]
mod ui_support;

mod actions;
mod closing;
mod destination;
mod keyboard;
mod output;
mod secrets;
mod small;
mod sources;
mod states;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::Snapshot;
use tallylight::settings::Settings;
use tallylight::ui::action::Action;
use tallylight::ui::model::Model;
use tallylight::ui::{LogBook, Window, text, theme};
use ui_support::{FakeEngine, states, window};

type Shown = Harness<'static, Window<FakeEngine>>;

/// A window of that size on `engine`.
fn sized(engine: &FakeEngine, model: Model, size: [f32; 2]) -> Shown {
    drawn(window(engine, model), size)
}

fn drawn(window: Window<FakeEngine>, size: [f32; 2]) -> Shown {
    Harness::builder()
        .with_size(size)
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, window: &mut Window<FakeEngine>| {
                window.update(ui.ctx());
                window.show(ui);
            },
            window,
        )
}

fn shown(engine: &FakeEngine, model: Model) -> Shown {
    sized(engine, model, [1280.0, 800.0])
}

/// A window on a service with everything entered.
fn ready_for(service: &str, server: &str, key: &str) -> (FakeEngine, Shown) {
    let engine = FakeEngine::default();
    engine.show(ui_support::ready());
    let mut harness = shown(&engine, model_of(service));
    if !server.is_empty() {
        enter(&mut harness, text::SERVER, server);
    }
    enter(&mut harness, text::KEY, key);
    engine.take();
    (engine, harness)
}

fn model_of(service: &str) -> Model {
    let mut settings = Settings::default();
    settings.destination.service = service.into();
    Model::new(settings, &[], LogBook::default())
}

fn enter(harness: &mut Shown, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.step();
    harness.event(egui::Event::Paste(text.to_owned()));
    harness.run_ok();
}

fn click(harness: &mut Shown, name: &str) {
    harness.get_by_label(name).click();
    harness.run_ok();
}

fn press(harness: &mut Shown, action: Action) {
    let shortcut = action.shortcut();
    harness.key_press_modifiers(shortcut.modifiers, shortcut.logical_key);
    harness.run_ok();
}

/// Every text in the window, with the values of its fields.
fn all_text(harness: &Shown) -> String {
    let node = |node: egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        let parts = [node.label(), node.value(), node.data().description().map(str::to_owned)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
    };
    harness.root().children_recursive().map(node).collect::<Vec<_>>().join("\n")
}

fn state(name: &str) -> Snapshot {
    let found = states().into_iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("there is no state {name}")).1
}

/// The action's key is among what the next frame finds.
fn push_key(harness: &mut Shown, action: Action) {
    let shortcut = action.shortcut();
    harness.input_mut().events.push(egui::Event::Key {
        key: shortcut.logical_key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers: shortcut.modifiers,
    });
}

/// What an action's key puts on the clipboard.
fn copied_by(harness: &mut Shown, action: Action) -> Option<String> {
    push_key(harness, action);
    harness.step();
    harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

/// Long enough for what was entered to be on its way to the disk.
fn settle(harness: &mut Shown) {
    harness.run_steps(12);
}

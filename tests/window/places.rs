//! Where a button is, by its name: the same window is drawn without a screen and asked.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tallylight::ui::action::Action;
use tallylight::ui::{Window, text, theme};

use crate::screen::SIZE;
use crate::ui_support::{FakeEngine, live, model, ready, window};

/// The large button, before and while live.
pub fn large_button() -> (u32, u32) {
    let engine = FakeEngine::default();
    engine.show(ready());
    place_of(&drawn(&engine), "Go Live")
}

/// The answer that ends the stream.
pub fn end_stream() -> (u32, u32) {
    answer(Action::Stop, text::END_STREAM)
}

/// The answer that ends the stream and closes the window.
pub fn end_and_close() -> (u32, u32) {
    let (engine, mut harness) = live_window();
    let viewport = harness.input_mut().viewports.get_mut(&egui::ViewportId::ROOT);
    viewport.expect("there is one").events.push(egui::ViewportEvent::Close);
    harness.run_steps(3);
    drop(engine);
    place_of(&harness, text::END_AND_CLOSE)
}

fn answer(action: Action, name: &str) -> (u32, u32) {
    let (_engine, mut harness) = live_window();
    let shortcut = action.shortcut();
    harness.key_press_modifiers(shortcut.modifiers, shortcut.logical_key);
    harness.run_steps(3);
    place_of(&harness, name)
}

fn live_window() -> (FakeEngine, Harness<'static, Window<FakeEngine>>) {
    let engine = FakeEngine::default();
    engine.show(live());
    let harness = drawn(&engine);
    (engine, harness)
}

fn drawn(engine: &FakeEngine) -> Harness<'static, Window<FakeEngine>> {
    let (width, height) = SIZE;
    let mut harness = Harness::builder()
        .with_size([width as f32, height as f32])
        .with_max_steps(12)
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, window: &mut Window<FakeEngine>| {
                window.update(ui.ctx());
                window.show(ui);
            },
            window(engine, model()),
        );
    harness.run_steps(3);
    harness
}

fn place_of(harness: &Harness<'_, Window<FakeEngine>>, name: &str) -> (u32, u32) {
    let center = harness.get_by_role_and_label(Role::Button, name).rect().center();
    (center.x as u32, center.y as u32)
}

//! What can be done: by its name, by its key, with the keyboard alone.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tallylight::engine::Command;
use tallylight::settings::Input;
use tallylight::ui::Picked;
use tallylight::ui::action::Action;
use tallylight::ui::model::Dialog;
use tallylight::ui::text;

use crate::ui_support::{FakeEngine, FakeFiles, model, window_with_files};
use crate::{Shown, all_text, click, copied_by, drawn, model_of, press, shown, sized, state};

#[test]
fn a_key_that_is_held_down_is_one_press() {
    let engine = FakeEngine::default();
    engine.show(state("live"));
    let mut harness = shown(&engine, model());
    engine.take();
    let shortcut = Action::ToggleMute.shortcut();
    for _ in 0..5 {
        // The window's toolkit finds out by itself that these are repetitions.
        harness.event(egui::Event::Key {
            key: shortcut.logical_key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: shortcut.modifiers,
        });
        harness.step();
    }
    assert_eq!(engine.printed(), ["SetMuted(true)"]);
}

#[test]
fn reconnect_now_is_a_button_and_a_key() {
    let engine = FakeEngine::default();
    engine.show(state("reconnecting"));
    let mut harness = shown(&engine, model());
    engine.take();
    click(&mut harness, "Reconnect now");
    press(&mut harness, Action::ReconnectNow);
    assert_eq!(engine.printed(), ["ReconnectNow", "ReconnectNow"]);
}

/// Where each action's button is: the state, the service, and what has to be
/// opened first.
fn place_of(action: Action) -> Option<(&'static str, &'static str, &'static [Action])> {
    Some(match action {
        Action::GoLive => ("ready", "this-computer", &[]),
        Action::Stop => ("live", "twitch", &[]),
        Action::ReconnectNow => ("reconnecting", "twitch", &[]),
        Action::ToggleKey | Action::ToggleServerDetails => ("ready", "twitch", &[]),
        Action::CopyPlayAddress => ("this computer", "this-computer", &[]),
        Action::CopyLog | Action::SaveLog => ("live", "twitch", &[Action::ShowLog]),
        // These need something entered, opened or noticed first; they have
        // tests of their own.
        Action::FitOutput | Action::ChoosePicture | Action::DismissNotices | Action::Quit => {
            return None;
        }
        Action::PutKeyBack | Action::PutAddressBack => return None,
        _ => ("ready", "twitch", &[]),
    })
}

#[test]
fn each_action_has_a_button_with_its_name() {
    for action in Action::ALL {
        let Some((name, service, first)) = place_of(action) else { continue };
        let engine = FakeEngine::default();
        engine.show(state(name));
        let mut harness = shown(&engine, model_of(service));
        for opening in first {
            press(&mut harness, *opening);
        }
        let found = harness.query_by_role_and_label(Role::Button, action.label());
        assert!(found.is_some(), "{action:?} in\n{}", all_text(&harness));
    }
}

#[test]
fn each_action_works_by_its_key() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    engine.take();
    let sends = [
        (Action::ToggleMute, "SetMuted(true)"),
        (Action::ToggleMute, "SetMuted(false)"),
        (Action::ToggleMirror, "SetMirror(true)"),
        (Action::RefreshDevices, "RefreshDevices"),
    ];
    for (action, expected) in sends {
        press(&mut harness, action);
        assert_eq!(engine.printed(), [expected], "for {action:?}");
    }
    let view = |harness: &Shown| harness.state().model().view.clone();
    let settings = |harness: &Shown| harness.state().model().settings.clone();
    press(&mut harness, Action::ToggleMirrorPreview);
    assert!(settings(&harness).sources.mirror_preview);
    press(&mut harness, Action::ToggleKey);
    assert!(view(&harness).show_key);
    press(&mut harness, Action::ToggleServerDetails);
    harness.get_by_label(text::USER);
    press(&mut harness, Action::ToggleOutputDetails);
    harness.get_by_role_and_label(Role::SpinButton, text::VIDEO_KBPS);
    press(&mut harness, Action::ShowLog);
    assert!(settings(&harness).window.show_log);
    press(&mut harness, Action::ShowHealth);
    assert!(!settings(&harness).window.show_log);
    let theme = settings(&harness).window.theme;
    assert!(harness.ctx.theme() == egui::Theme::Dark);
    press(&mut harness, Action::NextTheme);
    assert_ne!(settings(&harness).window.theme, theme);
    let copied = copied_by(&mut harness, Action::CopyLog).unwrap_or_default();
    assert!(copied.starts_with("Tallylight ") && copied.contains("Theme: light"), "{copied}");
    press(&mut harness, Action::ShowKeys);
    assert_eq!(view(&harness).dialog, Some(Dialog::Keys));
    assert_eq!(engine.printed(), [""; 0]);
}

/// A window with a picture chosen, so that it has a button for another.
fn with_dialogs() -> (FakeEngine, FakeFiles, Shown) {
    let (engine, files) = (FakeEngine::default(), FakeFiles::default());
    engine.show(state("ready"));
    let mut model = model();
    model.settings.sources.camera = Input::File("/old.png".into());
    let mut harness = drawn(window_with_files(&engine, model, &files), [1280.0, 800.0]);
    harness.run_ok();
    engine.take();
    (engine, files, harness)
}

#[test]
fn a_picture_is_chosen_in_a_dialog_by_key_or_click() {
    let (engine, files, mut harness) = with_dialogs();
    press(&mut harness, Action::ChoosePicture);
    click(&mut harness, Action::ChoosePicture.label());
    assert_eq!(files.take_asked(), ["picture", "picture"]);
    files.answer(Picked::Picture("/new.png".into()));
    harness.run_ok();
    assert_eq!(engine.printed(), [r#"SetVideoInput(Picture("/new.png"))"#]);
    files.answer(Picked::Nothing);
    harness.run_ok();
    files.answer(Picked::NoPictureDialog);
    harness.run_ok();
    assert!(all_text(&harness).contains(text::TYPE_PICTURE_PATH), "{}", all_text(&harness));
    assert_eq!(engine.printed(), [""; 0]);
}

#[test]
fn the_log_is_saved_in_a_dialog_by_key_or_click() {
    let (_, files, mut harness) = with_dialogs();
    press(&mut harness, Action::ShowLog);
    press(&mut harness, Action::NextTheme);
    press(&mut harness, Action::SaveLog);
    click(&mut harness, Action::SaveLog.label());
    let asked = files.take_asked();
    assert!(asked.len() == 2 && asked.iter().all(|log| log.contains("Theme: light")), "{asked:?}");
    // Said for a while, and nothing to dismiss.
    files.answer(Picked::LogSaved("The log is in /tmp/x.".into()));
    harness.step();
    harness.get_by_role_and_label(Role::Status, "The log is in /tmp/x.");
    assert!(harness.state().model().notices.is_empty());
    harness.run_steps(40);
    assert!(harness.query_by_label("The log is in /tmp/x.").is_none());
    files.answer(Picked::LogNotSaved("The log could not be written to /x: no.".into()));
    harness.run_ok();
    harness.get_by_label("The log could not be written to /x: no.");
    assert_eq!(harness.state().model().notices.len(), 1);
    files.answer(Picked::NoLogDialog);
    harness.run_ok();
    assert!(all_text(&harness).contains(text::COPY_LOG_INSTEAD));
}

#[test]
fn no_two_actions_share_a_key_and_all_are_in_the_overview() {
    let engine = FakeEngine::default();
    let mut harness = shown(&engine, model());
    press(&mut harness, Action::ShowKeys);
    for action in Action::ALL {
        let same = Action::ALL.into_iter().filter(|other| other.shortcut() == action.shortcut());
        assert_eq!(same.count(), 1, "{action:?}");
        assert!(!action.tooltip().is_empty());
        let name = text::full_name(action);
        assert!(harness.query_all_by_label(name).next().is_some(), "{action:?}");
    }
}

#[test]
fn the_large_button_is_reached_with_tab_and_pressed_with_space() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    engine.take();
    for _ in 0..60 {
        harness.key_press(egui::Key::Tab);
        harness.run_ok();
        if harness.get_by_role_and_label(Role::Button, "Go Live").is_focused() {
            break;
        }
    }
    harness.key_press(egui::Key::Space);
    harness.run_ok();
    assert!(matches!(engine.take()[..], [Command::GoLive(_)]));
}

#[test]
fn every_field_button_and_list_is_reached_with_tab() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model_of("twitch"));
    press(&mut harness, Action::ToggleServerDetails);
    press(&mut harness, Action::ToggleOutputDetails);
    let inputs = |harness: &Shown| -> Vec<(Role, String)> {
        let all = harness.root().children_recursive().map(|node| node.accesskit_node());
        all.filter(|node| egui::accessibility::is_input(node.role()) && !node.is_disabled())
            .map(|node| (node.role(), node.label().unwrap_or_default()))
            .collect()
    };
    let mut missed = inputs(&harness);
    assert!(missed.len() > 20, "{missed:?}");
    for _ in 0..3 * missed.len() {
        harness.key_press(egui::Key::Tab);
        harness.run_ok();
        let focused = harness.root().children_recursive().find(|node| node.is_focused());
        let Some(focused) = focused.map(|node| node.accesskit_node()) else { continue };
        let found = (focused.role(), focused.label().unwrap_or_default());
        missed.retain(|other| *other != found);
    }
    assert_eq!(missed, []);
}

#[test]
fn all_keys_are_seen_at_once_in_the_smallest_window() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = sized(&engine, model(), [960.0, 600.0]);
    press(&mut harness, Action::ShowKeys);
    harness.run_ok();
    let close = harness.get_by_label(text::CLOSE).rect();
    assert!(close.bottom() < 600.0, "{close}");
    for action in Action::ALL {
        let key = harness.ctx.format_shortcut(&action.shortcut());
        let rect = harness.get_by_label(&key).rect();
        assert!(rect.top() > 0.0 && rect.bottom() < close.top(), "{action:?}: {rect}");
    }
}

#[test]
fn what_was_never_live_is_not_reconnected() {
    let engine = FakeEngine::default();
    engine.show(state("never live"));
    let mut harness = shown(&engine, model());
    engine.take();
    assert!(harness.query_by_label("Reconnect now").is_none());
    click(&mut harness, "Try now");
    assert_eq!(engine.printed(), ["ReconnectNow"]);
}

#[test]
fn a_copy_is_answered_for_a_moment() {
    let engine = FakeEngine::default();
    engine.show(state("this computer"));
    let mut harness = shown(&engine, model());
    press(&mut harness, Action::ShowLog);
    for action in [Action::CopyPlayAddress, Action::CopyLog] {
        let before = harness.get_by_role_and_label(Role::Button, action.label()).rect();
        click(&mut harness, action.label());
        let copied = harness.get_by_role_and_label(Role::Button, text::COPIED);
        assert_eq!(copied.rect(), before, "{action:?}");
        // Screen readers say so by themselves.
        let live = copied.accesskit_node().data().live();
        assert_eq!(live, Some(egui::accesskit::Live::Polite), "{action:?}");
        harness.run_steps(12);
        harness.get_by_role_and_label(Role::Button, action.label());
        assert!(harness.query_by_label(text::COPIED).is_none(), "{action:?}");
        let output = harness.output().viewport_output.get(&egui::ViewportId::ROOT);
        let next = output.expect("there is one").repaint_delay;
        assert!(next > std::time::Duration::from_secs(60), "{action:?}: drawn for ever, {next:?}");
    }
}

#[test]
fn tab_follows_the_eye_along_a_line() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    for (first, second) in
        [(Action::ToggleMirror, Action::RefreshDevices), (Action::NextTheme, Action::ShowKeys)]
    {
        let left = harness.get_by_role_and_label(Role::Button, first.label());
        let right = harness.get_by_role_and_label(Role::Button, second.label());
        assert!(left.rect().right() <= right.rect().left(), "{first:?}");
        left.focus();
        harness.step();
        harness.key_press(egui::Key::Tab);
        harness.run_ok();
        let right = harness.get_by_role_and_label(Role::Button, second.label());
        assert!(right.is_focused(), "{second:?} after {first:?}");
    }
}

#[test]
fn no_tooltip_stands_above_the_overview() {
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let action = Action::ShowKeys;
    harness.get_by_role_and_label(Role::Button, action.label()).hover();
    harness.run_steps(8);
    let tooltip = |harness: &Shown| harness.query_by_label_contains(action.tooltip()).is_some();
    assert!(tooltip(&harness));
    press(&mut harness, action);
    harness.run_steps(2);
    assert!(!tooltip(&harness));
}

#[test]
fn a_theme_is_one_of_three_names_and_the_key_changes_what_is_seen() {
    use tallylight::settings::Theme;
    let engine = FakeEngine::default();
    engine.show(state("ready"));
    let mut harness = shown(&engine, model());
    let theme = |harness: &Shown| harness.state().model().settings.window.theme;
    for (name, chosen) in [
        (text::theme_choice(Theme::Light), Theme::Light),
        (text::theme_choice(Theme::Dark), Theme::Dark),
        (text::theme_choice(Theme::System), Theme::System),
    ] {
        click(&mut harness, Action::NextTheme.label());
        harness.run_steps(2);
        click(&mut harness, name);
        assert_eq!(theme(&harness), chosen);
    }
    for _ in 0..3 {
        let before = harness.ctx.theme();
        press(&mut harness, Action::NextTheme);
        harness.run_ok();
        assert_ne!(harness.ctx.theme(), before);
    }
}

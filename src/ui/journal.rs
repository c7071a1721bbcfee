//! What changed from one snapshot to the next, as lines of the log.

use super::phase::{Phase, destination};
use super::text;
use crate::engine::{Snapshot, Step};

/// The lines for what is new in `after`.
pub fn lines(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    let (was, is) = (Phase::of(before), Phase::of(after));
    let further_try = destination(after).is_some_and(|d| !d.log.is_empty());
    if is_news(&was, &is, further_try) {
        lines.push(phase_line(&is, after));
    }
    for fault in after.faults.iter().filter(|fault| !before.faults.contains(fault)) {
        lines.push(fault.to_string());
    }
    for fault in before.faults.iter().filter(|fault| !after.faults.contains(fault)) {
        lines.push(text::over(&fault.sentence()));
    }
    let said = |snapshot: &Snapshot| destination(snapshot).and_then(|d| d.server_said.clone());
    if let Some(words) = said(after).filter(|words| Some(words) != said(before).as_ref()) {
        lines.push(text::server_said(&words));
    }
    // Why there is no connection stands beside the next try.
    if before.cause != after.cause && is == Phase::Live {
        lines.push(text::cause(&after.cause, true).1);
    }
    lines
}

fn phase_line(phase: &Phase, snapshot: &Snapshot) -> String {
    let words = text::state(phase);
    match (phase, destination(snapshot)) {
        (Phase::Connecting { step: Step::Resolve, .. }, Some(to)) => {
            format!("{words} · {} · {}", to.name, to.address)
        }
        (Phase::Reconnecting { reason, .. }, _) => format!("{words}: {}", reason.sentence()),
        (Phase::Failed(fault) | Phase::Broken(fault), _) => format!("{words}: {fault}"),
        _ => words,
    }
}

/// Whether it is worth a line of its own: not each tick of a countdown, and of
/// further tries no step.
fn is_news(was: &Phase, is: &Phase, further_try: bool) -> bool {
    match (was, is) {
        (Phase::Connecting { step: before, .. }, Phase::Connecting { step, .. }) => {
            before != step && !further_try
        }
        (Phase::Reconnecting { .. }, Phase::Connecting { .. }) => false,
        (Phase::Reconnecting { attempt: before, .. }, Phase::Reconnecting { attempt, .. }) => {
            before != attempt
        }
        _ => std::mem::discriminant(was) != std::mem::discriminant(is),
    }
}

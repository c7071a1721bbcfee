//! What has just been done, said for a while: nothing is wrong, nothing is asked.

use egui::{Context, Id, Ui};

/// So long it stands there, in seconds: enough for a path to be read.
const SHOWN_FOR: f64 = 8.0;

fn id() -> Id {
    Id::unique("passing")
}

/// Says `words` from now on, for a while.
pub fn say_in_passing(ctx: &Context, words: String) {
    let now = ctx.input(|i| i.time);
    ctx.data_mut(|data| data.insert_temp(id(), (words, now)));
}

/// What is said now; asks for the frame in which it ends.
pub fn passing(ui: &Ui) -> Option<String> {
    let (words, at) = ui.data(|data| data.get_temp::<(String, f64)>(id()))?;
    let left = at + SHOWN_FOR - ui.input(|i| i.time);
    if left <= 0.0 {
        return None;
    }
    ui.ctx().request_repaint_after_secs(left as f32);
    Some(words)
}

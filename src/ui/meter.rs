//! The level meter: two channels, peak, mean and peak hold on a dBFS scale.

use egui::accesskit::Role;
use egui::{Align2, Color32, Painter, Rect, Sense, Ui, Vec2, WidgetInfo, pos2};

use super::text;
use super::theme::{self, Tokens, tokens};
use crate::engine::Levels;

/// The left end of the scale, in dBFS.
const FLOOR: f32 = -60.0;

/// Where the colour changes, in dBFS.
const COLORS_FROM: [f32; 4] = [FLOOR, -20.0, -9.0, 0.0];

/// Marks on the scale, in dBFS.
const MARKS: [i8; 7] = [-60, -50, -40, -30, -20, -10, 0];

/// Draws `levels` over `width`.
pub fn show(ui: &mut Ui, width: f32, levels: &Levels) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 32.0), Sense::hover());
    let loudest = levels.peak[0].max(levels.peak[1]);
    response.widget_info(|| {
        let words = match levels.muted {
            true => text::level_muted(text::LEVEL),
            false => text::level(text::LEVEL, loudest),
        };
        let mut info = WidgetInfo::labeled(Role::Meter, true, words);
        info.value = Some(f64::from(loudest));
        info
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let tokens = tokens(ui);
    let painter = ui.painter();
    for channel in 0..2 {
        let top = rect.top() + 8.0 * channel as f32;
        let bar = Rect::from_min_size(pos2(rect.left(), top), Vec2::new(width, 6.0));
        let dim = if levels.muted { 0.35 } else { 1.0 };
        paint_bar(painter, bar, levels, channel, tokens, dim);
    }
    if levels.muted {
        let bars = Rect::from_min_size(rect.min, Vec2::new(width, 14.0));
        paint_muted(painter, bars, tokens);
    }
    for mark in MARKS {
        let x = rect.left() + width * share(f32::from(mark));
        let (align, x) = match mark {
            -60 => (Align2::LEFT_TOP, x),
            0 => (Align2::RIGHT_TOP, x),
            _ => (Align2::CENTER_TOP, x),
        };
        let at = pos2(x, rect.top() + 17.0);
        painter.text(at, align, mark.to_string(), theme::small(), tokens.faint);
    }
}

/// Says that nobody hears what the bars show.
fn paint_muted(painter: &Painter, bars: Rect, tokens: &Tokens) {
    let words = text::MUTED.to_owned();
    let galley = painter.layout_no_wrap(words, theme::small_strong(), tokens.error);
    let ground = Rect::from_center_size(bars.center(), galley.size() + Vec2::new(16.0, 2.0));
    painter.rect_filled(ground, theme::RADIUS, tokens.error_ground);
    painter.galley(ground.center() - galley.size() / 2.0, galley, tokens.error);
}

fn paint_bar(
    painter: &Painter,
    bar: Rect,
    levels: &Levels,
    channel: usize,
    tokens: &Tokens,
    dim: f32,
) {
    painter.rect_filled(bar, 2.0, tokens.meter_ground);
    let colour = |i: usize| tokens.meter[i].gamma_multiply(dim);
    let at = |decibels: f32| bar.left() + bar.width() * share(decibels);
    let part = |from: f32, to: f32, color: Color32| {
        if to > from {
            let rect = Rect::from_x_y_ranges(at(from)..=at(to), bar.y_range());
            painter.rect_filled(rect, 1.0, color);
        }
    };
    for (i, range) in COLORS_FROM.windows(2).enumerate() {
        // The mean is solid, the peak above it lighter, as on a studio's meter.
        part(range[0], range[1].min(levels.rms[channel]), colour(i));
        let from = range[0].max(levels.rms[channel].max(FLOOR));
        part(from, range[1].min(levels.peak[channel]), colour(i).gamma_multiply(0.6));
    }
    let hold = levels.hold[channel];
    if hold > FLOOR {
        let i = COLORS_FROM[1..3].iter().filter(|from| hold >= **from).count();
        let x = at(hold).min(bar.right() - 2.0);
        let tick = Rect::from_min_size(pos2(x, bar.top()), Vec2::new(2.0, bar.height()));
        painter.rect_filled(tick, 0.0, colour(i));
    }
}

/// Where a level lies on the scale, from 0 to 1.
fn share(decibels: f32) -> f32 {
    ((decibels - FLOOR) / -FLOOR).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn the_scale_goes_from_minus_60_to_0() {
        assert_eq!(share(-60.0), 0.0);
        assert_eq!(share(-30.0), 0.5);
        assert_eq!(share(0.0), 1.0);
        assert_eq!(share(-120.0), 0.0);
        assert_eq!(share(f32::INFINITY), 1.0);
    }
}

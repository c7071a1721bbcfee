//! How the stream does: one sentence, the figures behind it, five minutes.

use std::time::Duration;

use egui::text::LayoutJob;
use egui::{Color32, Pos2, ScrollArea, Sense, Shape, Stroke, Ui, Vec2};
use egui_plot::{AxisHints, GridMark, Line, LineStyle, Plot, PlotBounds};

use crate::engine::{DestinationSnapshot, Snapshot, Stage};
use crate::ui::history::{self, History};
use crate::ui::model::Model;
use crate::ui::phase::{self, Phase};
use crate::ui::text::{self, figure};
use crate::ui::theme::{self, Tokens, tokens};
use crate::ui::widgets::{self, Outbox};

/// Shares of left-out frames from which a figure is amber and red.
const DROPPED: [f64; 2] = [0.01, 0.05];

/// Frames that were left out longer ago are no trouble any more.
const RECENT: Duration = Duration::from_secs(10);

/// Queued time from which a figure is amber and red, in ms.
const QUEUE_MS: [f64; 2] = [300.0, 800.0];

/// Shares of a frame's time from which the encoder's figure is amber and red.
const ENCODER: [f64; 2] = [0.7, 0.95];

/// Shares of the due rate below which a rate is amber and red.
const RATE: [f64; 2] = [0.95, 0.8];

/// After the start a rate needs so long to be worth a judgement.
const SETTLED: Duration = Duration::from_secs(3);

/// The narrowest a figure can be, in points.
const NARROWEST: f32 = 104.0;

/// Between two rows of figures, in points.
const ROW_GAP: f32 = 12.0;

/// The height of the line that names the curves, in points.
const LEGEND: f32 = 16.0;

/// The height of the times below the graph, in points.
const TIMES: f32 = 14.0;

/// The least distance of two rates beside the graph, in points.
const APART: f32 = 28.0;

/// Draws the panel.
pub fn show(ui: &mut Ui, model: &Model, _: &mut Outbox) {
    ui.add_space(5.0);
    let figures = figures(ui, model);
    let rows = Rows::of(ui.available_width(), figures.len());
    if rows.height() > ui.available_height() {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| rows.draw(ui, &figures));
    } else {
        rows.draw(ui, &figures);
        graph(ui, model);
    }
}

/// The cause of what is wrong, or that all is well, on one line.
pub fn sentence(ui: &mut Ui, model: &Model) {
    let tokens = tokens(ui);
    let is_live = model.phase == Phase::Live;
    let (fine, words) = text::cause(&model.snapshot.cause, is_live);
    if !fine {
        return cause(ui, &model.log.without_secrets(&words));
    }
    // Without a connection nothing is well, whatever was measured before.
    let destination = phase::destination(&model.snapshot).filter(|_| is_live);
    // Servers like to repeat the name of the stream, which is the key.
    let said = destination.and_then(|d| d.server_said.as_deref());
    let said = said.map(|words| text::server_said(&model.log.without_secrets(words)));
    let words = match (destination, said) {
        (None, _) => String::new(),
        (Some(to), None) => format!("{} {} · {}", words, to.name, to.address),
        (Some(to), Some(said)) => {
            format!("{} {} · {} · {said}", words, to.name, to.address)
        }
    };
    if !words.is_empty() {
        ui.add(egui::Label::new(egui::RichText::new(words).color(tokens.weak)).truncate());
    }
}

/// A sentence on at most two lines, which fit where the figures' heading is.
fn cause(ui: &mut Ui, words: &str) {
    let color = tokens(ui).amber;
    let mut job = LayoutJob::simple(words.to_owned(), theme::small(), color, ui.available_width());
    job.wrap.max_rows = 2;
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    ui.add(egui::Label::new(galley)).on_hover_text(words);
}

/// A figure: name, value, colour, and what the pointer finds.
struct Figure {
    name: &'static str,
    value: String,
    color: Color32,
    more: String,
}

fn figures(ui: &Ui, model: &Model) -> Vec<Figure> {
    let tokens = tokens(ui);
    let snapshot = &model.snapshot;
    let mut figures = Vec::new();
    stream_figures(&mut figures, model, tokens);
    picture_figures(&mut figures, model, tokens);
    program_figures(&mut figures, snapshot, tokens);
    figures
}

/// How figures are divided into rows.
struct Rows {
    count: usize,
    columns: usize,
}

impl Rows {
    fn of(width: f32, figures: usize) -> Self {
        let fit = ((width / NARROWEST) as usize).clamp(1, figures.max(1));
        let count = figures.div_ceil(fit);
        Self { count, columns: figures.div_ceil(count.max(1)).max(1) }
    }

    fn height(&self) -> f32 {
        self.count as f32 * (widgets::FIGURE + ROW_GAP) - ROW_GAP
    }

    fn draw(&self, ui: &mut Ui, figures: &[Figure]) {
        let width = ui.available_width() / self.columns as f32;
        ui.spacing_mut().item_spacing = Vec2::new(0.0, ROW_GAP);
        for row in figures.chunks(self.columns) {
            ui.horizontal(|ui| {
                for f in row {
                    widgets::figure(ui, width, f.name, &f.value, f.color, &f.more);
                }
            });
        }
    }
}

const NOTHING: &str = "–";

fn stream_figures(figures: &mut Vec<Figure>, model: &Model, tokens: &Tokens) {
    let mut add = |name, value: Option<String>, color, more| {
        let color = if value.is_some() { color } else { tokens.faint };
        figures.push(Figure { name, value: value.unwrap_or(NOTHING.into()), color, more });
    };
    let all = phase::destination(&model.snapshot);
    // Rates are of this moment; what was counted stays after the end.
    let d = all.filter(|_| model.phase.is_busy());
    let aimed = |d: &DestinationSnapshot| history::aimed_kbps(&model.snapshot, d);
    let bitrate = d.map(|d| format!("{:.0} / {:.0}", d.kbps, aimed(d)));
    add(figure::BITRATE, bitrate, tokens.text, text::more::BITRATE.into());
    // What nobody could have seen is not missed.
    let dropped = all.filter(|d| !d.live.is_zero()).map(|d| dropped(d, model, tokens));
    let (dropped, color, more) = dropped.unwrap_or((None, tokens.text, String::new()));
    add(figure::DROPPED, dropped, color, more);
    let queue_ms = d.map(|d| d.queue.as_secs_f64() * 1e3);
    let color = graded(queue_ms.unwrap_or_default(), QUEUE_MS, tokens);
    add(figure::QUEUE, queue_ms.map(text::milliseconds), color, text::more::QUEUE.into());
    let connected = d.filter(|_| model.phase == Phase::Live);
    let rtt = connected.and_then(|d| d.rtt).map(|rtt| text::milliseconds(rtt.as_secs_f64() * 1e3));
    let in_flight = connected.and_then(|d| d.unacknowledged).map(text::bytes);
    let more = in_flight.map(|b| text::more::in_flight(&b)).unwrap_or_default();
    add(figure::ROUND_TRIP, rtt, tokens.text, more);
    add(figure::SENT, all.map(|d| text::bytes(d.bytes)), tokens.text, String::new());
    add(figure::LIVE, all.map(|d| text::clock(d.live)), tokens.text, String::new());
    let broke = all.filter(|d| !d.live.is_zero());
    let broke = broke.map(|d| text::interruptions(d.breaks, model.history.interrupted()));
    add(figure::INTERRUPTIONS, broke, tokens.text, text::more::INTERRUPTIONS.into());
}

/// All that were left out; the colour is that of the last seconds.
fn dropped(
    d: &DestinationSnapshot,
    model: &Model,
    tokens: &Tokens,
) -> (Option<String>, Color32, String) {
    let dropped = d.drops.network + d.drops.encoder;
    let all = (dropped + d.video_frames).max(1);
    let value = format!("{dropped} ({:.1} %)", dropped as f64 / all as f64 * 100.0);
    let recent = model.history.dropped_within(RECENT) as f64;
    let due = model.snapshot.output.fps.as_f64() * RECENT.as_secs_f64();
    let more = text::more::dropped(d.drops.network, d.drops.encoder);
    let color = match model.phase.is_busy() {
        true => graded(recent / due.max(1.0), DROPPED, tokens),
        false => tokens.text,
    };
    (Some(value), color, more)
}

fn picture_figures(figures: &mut Vec<Figure>, model: &Model, tokens: &Tokens) {
    let snapshot: &Snapshot = &model.snapshot;
    let video = &snapshot.video;
    let due = snapshot.output.fps.as_f64();
    // A rate takes a while to be one.
    let counts = model.phase == Phase::Live && phase::live(snapshot) >= SETTLED;
    let color = match video.fps / due.max(1.0) {
        share if !counts || share >= RATE[0] => tokens.text,
        share if share >= RATE[1] => tokens.amber,
        _ => tokens.error,
    };
    // Frames are made for a stream only.
    let has_picture = snapshot.tracks.is_none_or(|tracks| tracks.picture);
    let runs = has_picture && (video.fps > 0.0 || snapshot.stage != Stage::Idle);
    let value = |words: String| if runs { words } else { NOTHING.into() };
    figures.push(Figure {
        name: figure::FPS,
        value: value(format!("{:.1} / {}", video.fps, snapshot.output.fps)),
        color: if runs { color } else { tokens.faint },
        more: text::more::frames(video.made, video.due, video.held, video.late),
    });
    let frame_ms = snapshot.output.fps.interval().as_secs_f64() * 1e3;
    figures.push(Figure {
        name: figure::ENCODER,
        value: value(text::tenths_of_ms(video.encoder_ms)),
        color: match (runs, snapshot.is_overloaded()) {
            (false, _) => tokens.faint,
            (true, false) => tokens.text,
            (true, true) => graded((video.encoder_ms / frame_ms).max(ENCODER[0]), ENCODER, tokens),
        },
        more: text::more::encoder(frame_ms),
    });
}

fn program_figures(figures: &mut Vec<Figure>, snapshot: &Snapshot, tokens: &Tokens) {
    let process = &snapshot.process;
    figures.push(Figure {
        name: figure::CPU,
        value: format!("{:.0} %", process.cpu_percent),
        color: tokens.text,
        more: text::more::CPU.into(),
    });
    figures.push(Figure {
        name: figure::MEMORY,
        value: text::bytes(process.memory),
        color: tokens.text,
        more: String::new(),
    });
}

/// The colour of a figure that is bad when it is high.
fn graded(value: f64, [amber, red]: [f64; 2], tokens: &Tokens) -> Color32 {
    if value >= red {
        tokens.error
    } else if value >= amber {
        tokens.amber
    } else {
        tokens.text
    }
}

fn graph(ui: &mut Ui, model: &Model) {
    let tokens = tokens(ui);
    let height = ui.available_height();
    if height < 48.0 + LEGEND {
        return;
    }
    let (history, now) = (&model.history, model.snapshot.at);
    let sent = history.curve(now, |s| s.kbps);
    let target = history.curve(now, |s| s.target_kbps);
    let highest = sent.iter().chain(&target).map(|p| p[1]).fold(0.0, f64::max);
    let (is_empty, span) = (sent.is_empty(), span(&sent));
    let top = (highest * 1.15).max(100.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    // Its own line: in a corner of the graph some curve would run behind it.
    let height = if is_empty { height } else { height - legend(ui) };
    let response = plot(tokens, height, span, top, is_empty).show(ui, |plot| {
        plot.set_plot_bounds(PlotBounds::from_min_max([-span, 0.0], [span * 0.02, top]));
        let dashed = LineStyle::Dashed { length: 5.0 };
        let target = Line::new(text::CURVE_TARGET, target).color(tokens.faint);
        plot.line(target.width(1.2).style(dashed));
        let sent = Line::new(text::CURVE_SENT, sent).color(tokens.ready);
        plot.line(sent.width(1.8).fill(0.0).fill_alpha(0.14));
    });
    let last = history.samples().next_back().map_or(0.0, |sample| sample.kbps);
    response.response.widget_info(|| {
        let name = text::graph(last);
        egui::WidgetInfo::labeled(egui::accesskit::Role::Image, true, name)
    });
    if is_empty {
        let center = response.response.rect.center();
        let words = text::GRAPH_EMPTY;
        let align = egui::Align2::CENTER_CENTER;
        ui.painter().text(center, align, words, theme::small(), tokens.faint);
    }
}

/// What the lines are, at the right end of a line of their own. Gives its height.
fn legend(ui: &mut Ui) -> f32 {
    const SAMPLE: f32 = 18.0;
    let tokens = tokens(ui);
    let (line, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), LEGEND), Sense::hover());
    let mut at = line.right_center();
    let lines = [(text::CURVE_TARGET, tokens.faint, 3.0), (text::CURVE_SENT, tokens.ready, 0.0)];
    for (name, color, gap) in lines {
        let painter = ui.painter();
        let align = egui::Align2::RIGHT_CENTER;
        let words = painter.text(at, align, name, theme::small(), tokens.weak);
        let end = Pos2::new(words.left() - 6.0, at.y);
        let sample = [end - Vec2::new(SAMPLE, 0.0), end];
        let stroke = Stroke::new(1.8, color);
        match gap {
            0.0 => _ = painter.line_segment(sample, stroke),
            gap => painter.extend(Shape::dashed_line(&sample, stroke, 5.0, gap)),
        }
        at.x = sample[0].x - 16.0;
    }
    LEGEND
}

/// The graph's frame: what is beside and behind the curves. Nothing in it moves.
fn plot(
    tokens: &'static Tokens,
    height: f32,
    span: f64,
    top: f64,
    is_empty: bool,
) -> Plot<'static> {
    let axis = |hints: AxisHints<'static>| {
        hints.tick_label_color(tokens.faint).tick_label_font(theme::small())
    };
    let time = axis(AxisHints::new_x()).formatter(|mark, _| text::ago(mark.value));
    let time = time.label_spacing(40.0..=41.0);
    let rate = axis(AxisHints::new_y())
        .min_thickness(34.0)
        .label_spacing(4.0..=5.0)
        .formatter(|mark, _| format!("{:.0}", mark.value));
    Plot::new("bitrate")
        .height(height)
        .show_background(false)
        .show_axes(!is_empty)
        .show_grid([false, !is_empty])
        .grid_color(tokens.faint.gamma_multiply(0.3))
        .grid_fade(0.0)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(Vec2::ZERO)
        .x_grid_spacer(move |_| marks(span))
        .y_grid_spacer(move |_| rates(top, height - TIMES))
        .custom_x_axes(vec![time])
        .custom_y_axes(vec![rate])
}

/// Seconds that the graph spans: whole minutes, and no more than there are.
fn span(curve: &[[f64; 2]]) -> f64 {
    let seconds = curve.first().map_or(0.0, |oldest| -oldest[0]);
    ((seconds / 60.0).ceil() * 60.0).clamp(60.0, History::SPAN.as_secs_f64())
}

/// Marks each minute, or each 15 s of a single one.
fn marks(span: f64) -> Vec<GridMark> {
    let step = if span <= 60.0 { 15.0 } else { 60.0 };
    let count = (span / step) as u32;
    (0..=count).map(|n| GridMark { value: f64::from(n) * -step, step_size: step }).collect()
}

/// Marks at round rates below `top`, as many as fit into `height`: at least one.
fn rates(top: f64, height: f32) -> Vec<GridMark> {
    let most = f64::from((height / APART).floor().max(1.0));
    let ten = 10_f64.powf((top / most).log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|round| round * ten);
    let fits = |step: &&f64| (top / **step).floor() <= most;
    let step = steps.iter().find(fits).copied().unwrap_or(top);
    let count = (top / step) as u32;
    (1..=count).map(|n| GridMark { value: f64::from(n) * step, step_size: step }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_round_rate_at_every_height() {
        let rates = |top, height| -> Vec<f64> {
            rates(top, height).into_iter().map(|mark| mark.value).collect()
        };
        assert_eq!(rates(3_029.0, 34.0), [2_000.0]);
        assert_eq!(rates(3_029.0, 110.0), [1_000.0, 2_000.0, 3_000.0]);
        assert_eq!(rates(100.0, 60.0), [50.0, 100.0]);
        for top in [100.0, 115.0, 250.0, 999.0, 1_000.0, 6_900.0, 57_500.0] {
            for height in [34.0, 70.0, 120.0, 300.0] {
                let rates = rates(top, height);
                assert!(!rates.is_empty() && rates.len() as f32 * APART <= height.max(APART));
                assert!(*rates.last().expect("it is not empty") <= top);
            }
        }
    }

    #[test]
    fn both_ends_of_the_time_are_marked() {
        for span in [60.0, 120.0, 300.0] {
            let marks = marks(span);
            assert_eq!(marks.first().map(|mark| mark.value), Some(0.0));
            assert_eq!(marks.last().map(|mark| mark.value), Some(-span));
        }
    }
}

//! Small pictures on buttons, drawn as lines on a grid of 16 by 16.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2};

/// A small picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// Something hidden can be shown.
    Eye,
    /// Something shown can be hidden.
    EyeOff,
    /// Copy.
    Copy,
    /// Look again.
    Refresh,
    /// The microphone is on.
    Microphone,
    /// The microphone is muted.
    MicrophoneOff,
    /// Left to right, for everybody.
    Mirror,
    /// Left to right, for who looks at the preview.
    MirrorView,
    /// Single values.
    Sliders,
    /// Keys.
    Keyboard,
    /// Dark or light.
    Contrast,
    /// Close.
    Cross,
    /// Done.
    Tick,
    /// More to choose from.
    Down,
    /// A file.
    Folder,
    /// Sign in.
    Person,
}

impl Icon {
    /// Draws it in the middle of `rect`.
    pub fn paint(self, painter: &Painter, rect: Rect, color: Color32) {
        let grid = Grid { painter, rect, stroke: Stroke::new(1.4, color) };
        match self {
            Self::Eye => grid.eye(),
            Self::EyeOff => {
                grid.eye();
                grid.lines(&[(3.0, 13.0), (13.0, 3.0)]);
            }
            Self::Copy => {
                grid.frame((5.5, 5.5), (13.0, 13.5));
                grid.lines(&[(3.0, 10.5), (3.0, 3.0), (10.5, 3.0)]);
            }
            Self::Refresh => grid.refresh(),
            Self::Microphone => grid.microphone(),
            Self::MicrophoneOff => {
                grid.microphone();
                grid.lines(&[(3.0, 13.0), (13.0, 3.0)]);
            }
            Self::Mirror => grid.mirror(),
            Self::MirrorView => grid.mirror_view(),
            Self::Sliders => grid.sliders(),
            Self::Keyboard => grid.keyboard(),
            Self::Contrast => grid.contrast(),
            Self::Cross => {
                grid.lines(&[(4.0, 4.0), (12.0, 12.0)]);
                grid.lines(&[(12.0, 4.0), (4.0, 12.0)]);
            }
            Self::Tick => grid.lines(&[(3.0, 8.6), (6.4, 12.0), (13.0, 4.6)]),
            Self::Down => grid.lines(&[(4.0, 6.5), (8.0, 10.5), (12.0, 6.5)]),
            Self::Folder => grid.folder(),
            Self::Person => grid.person(),
        }
    }
}

struct Grid<'a> {
    painter: &'a Painter,
    rect: Rect,
    stroke: Stroke,
}

impl Grid<'_> {
    fn at(&self, (x, y): (f32, f32)) -> Pos2 {
        self.rect.center() + Vec2::new(x - 8.0, y - 8.0)
    }

    fn lines(&self, points: &[(f32, f32)]) {
        let points = points.iter().map(|p| self.at(*p)).collect();
        self.painter.add(Shape::line(points, self.stroke));
    }

    fn frame(&self, from: (f32, f32), to: (f32, f32)) {
        let rect = Rect::from_min_max(self.at(from), self.at(to));
        self.painter.rect_stroke(rect, 1.5, self.stroke, egui::StrokeKind::Middle);
    }

    fn circle(&self, center: (f32, f32), radius: f32) {
        self.painter.circle_stroke(self.at(center), radius, self.stroke);
    }

    /// A part of a circle, in degrees clockwise from the right.
    fn arc(&self, center: (f32, f32), radius: f32, from: f32, to: f32) {
        const PARTS: u8 = 14;
        let point = |part: u8| {
            let angle = (from + (to - from) * f32::from(part) / f32::from(PARTS)).to_radians();
            (center.0 + radius * angle.cos(), center.1 + radius * angle.sin())
        };
        let points: Vec<_> = (0..=PARTS).map(point).collect();
        self.lines(&points);
    }

    fn eye(&self) {
        self.arc((8.0, 11.4), 7.6, 217.0, 323.0);
        self.arc((8.0, 4.6), 7.6, 37.0, 143.0);
        self.circle((8.0, 8.0), 2.0);
    }

    fn refresh(&self) {
        self.arc((8.0, 8.0), 5.2, -50.0, 235.0);
        self.lines(&[(11.6, 1.6), (11.6, 4.6), (8.6, 4.6)]);
    }

    fn microphone(&self) {
        let body = Rect::from_min_max(pos2(5.8, 1.8), pos2(10.2, 9.2));
        let body = Rect::from_min_max(
            self.at((body.min.x, body.min.y)),
            self.at((body.max.x, body.max.y)),
        );
        self.painter.rect_stroke(body, 2.2, self.stroke, egui::StrokeKind::Middle);
        self.arc((8.0, 7.4), 4.6, 0.0, 180.0);
        self.lines(&[(8.0, 12.0), (8.0, 14.2)]);
    }

    fn mirror(&self) {
        self.lines(&[(8.0, 1.8), (8.0, 14.2)]);
        self.lines(&[(5.6, 4.0), (1.8, 12.0), (5.6, 12.0), (5.6, 4.0)]);
        self.lines(&[(10.4, 4.0), (14.2, 12.0), (10.4, 12.0), (10.4, 4.0)]);
    }

    /// An eye above an arrow to both sides.
    fn mirror_view(&self) {
        self.arc((8.0, 9.6), 7.0, 220.0, 320.0);
        self.arc((8.0, 0.6), 7.0, 40.0, 140.0);
        self.circle((8.0, 5.1), 1.3);
        self.lines(&[(2.2, 12.6), (13.8, 12.6)]);
        self.lines(&[(4.6, 10.4), (2.2, 12.6), (4.6, 14.8)]);
        self.lines(&[(11.4, 10.4), (13.8, 12.6), (11.4, 14.8)]);
    }

    fn sliders(&self) {
        for (y, x) in [(3.5, 10.5), (8.0, 5.0), (12.5, 9.0)] {
            self.lines(&[(2.0, y), (x - 1.6, y)]);
            self.lines(&[(x + 1.6, y), (14.0, y)]);
            self.circle((x, y), 1.6);
        }
    }

    fn keyboard(&self) {
        self.frame((1.5, 4.0), (14.5, 12.5));
        for x in [4.2, 6.7, 9.3, 11.8] {
            self.lines(&[(x - 0.4, 6.7), (x + 0.4, 6.7)]);
        }
        self.lines(&[(5.0, 9.8), (11.0, 9.8)]);
    }

    fn contrast(&self) {
        self.circle((8.0, 8.0), 5.6);
        const PARTS: u8 = 12;
        let half = (0..=PARTS).map(|part| {
            let angle = (f32::from(part) * 180.0 / f32::from(PARTS) - 90.0).to_radians();
            self.at((8.0 + 5.6 * angle.cos(), 8.0 + 5.6 * angle.sin()))
        });
        let fill = self.stroke.color;
        self.painter.add(Shape::convex_polygon(half.collect(), fill, Stroke::NONE));
    }

    fn folder(&self) {
        self.lines(&[
            (2.0, 13.0),
            (2.0, 3.5),
            (6.5, 3.5),
            (8.0, 5.5),
            (14.0, 5.5),
            (14.0, 13.0),
            (2.0, 13.0),
        ]);
    }

    fn person(&self) {
        self.circle((8.0, 5.2), 2.8);
        self.arc((8.0, 14.6), 5.6, 190.0, 350.0);
    }
}

//! The window's size: what is remembered of it, how it is divided, and whether the screen
//! has room for it.

use egui::{Context, Vec2};

use crate::settings;
use crate::ui::theme::SIDE_WIDTH;

/// The narrowest column where things are chosen, in points.
const NARROWEST_SIDE: f32 = 280.0;

/// What a title bar takes of the screen's height, in points.
const TITLE_BAR: f32 = 32.0;

/// How a window is divided, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Division {
    /// Width of the column where things are chosen.
    pub side: f32,
    /// Height of the figures and the log.
    pub below: f32,
    /// What notices, and a failure, may take of the height; they scroll beyond.
    pub words: f32,
}

impl Division {
    /// Of a window of this size.
    pub fn of(window: Vec2) -> Self {
        let side = match window.x {
            1500.0.. => SIDE_WIDTH + 60.0,
            width => (width * 0.5).clamp(NARROWEST_SIDE, SIDE_WIDTH),
        };
        let below = match window.y {
            720.0.. => 264.0,
            height => (height * 0.36).min(216.0),
        };
        Self { side, below, words: window.y * 0.28 }
    }
}

/// Notes the window's size and zoom as they are to be next time.
pub(super) fn remember(ctx: &Context, window: &mut settings::Window) {
    let zoom = ctx.zoom_factor();
    window.zoom = zoom.clamp(*settings::Window::ZOOM.start(), *settings::Window::ZOOM.end());
    if let Some(maximized) = ctx.input(|i| i.viewport().maximized) {
        window.maximized = maximized;
    }
    // Measured by what is drawn: Wayland tells no window where it is, and so no rectangle.
    let side = (ctx.viewport_rect().size() * zoom).round();
    let [least_x, least_y] = settings::Window::SMALLEST;
    if !window.maximized && side.x >= least_x && side.y >= least_y {
        (window.width, window.height) = (side.x, side.y);
    }
}

/// Whether a window's foot, with its title bar above, is below the edge of its screen.
pub(super) fn is_too_large(window: Vec2, screen: Vec2) -> bool {
    window.x > screen.x || window.y + TITLE_BAR > screen.y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_as_large_as_its_screen_is_too_large() {
        let full_hd_at_200_percent = Vec2::new(960.0, 540.0);
        assert!(is_too_large(Vec2::new(1280.0, 800.0), full_hd_at_200_percent));
        assert!(is_too_large(full_hd_at_200_percent, full_hd_at_200_percent));
        assert!(!is_too_large(Vec2::new(960.0, 500.0), full_hd_at_200_percent));
        assert!(!is_too_large(Vec2::new(1280.0, 800.0), Vec2::new(1920.0, 1080.0)));
    }

    #[test]
    fn the_picture_has_room_in_every_window() {
        for size in [[480.0, 320.0], [640.0, 400.0], [960.0, 540.0], [1280.0, 800.0]] {
            let window = Vec2::from(size);
            let Division { side, below, words } = Division::of(window);
            assert!(window.x - side >= 200.0 && window.y - below >= 200.0, "{size:?}");
            assert!(words < window.y / 3.0, "{size:?}");
        }
    }
}

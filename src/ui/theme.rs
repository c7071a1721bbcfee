//! The look: every colour, size and font of the window.
//!
//! The rule of the colours is a studio's: green is ready, amber is on the way,
//! red is live and nothing else. No other file names a colour.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::epaint::Shadow;
use egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, Style,
    TextStyle, Theme, Vec2, Visuals,
};

/// The family of headings, buttons and figures.
const STRONG: &str = "strong";

/// Corners of fields and buttons, in points.
pub const RADIUS: u8 = 6;

/// Space around a panel's content, in points.
pub const MARGIN: i8 = 14;

/// Width of the column where things are chosen, in points.
pub const SIDE_WIDTH: f32 = 340.0;

/// How much is left of what can't be used now. The address and the service are
/// read while live, too.
const DISABLED: f32 = 0.75;

/// The colours of one of the two themes.
#[derive(Debug)]
pub struct Tokens {
    /// Behind the picture, and where no panel is.
    pub stage: Color32,
    /// Panels.
    pub panel: Color32,
    /// Text fields.
    pub field: Color32,
    /// Buttons.
    pub raised: Color32,
    /// Buttons under the pointer.
    pub hovered: Color32,
    /// Buttons held down.
    pub pressed: Color32,
    /// Lines between things.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text beside text.
    pub weak: Color32,
    /// Text that is there if looked for.
    pub faint: Color32,
    /// Where the keyboard is, what is selected.
    pub focus: Color32,
    /// Ready; all is well.
    pub ready: Color32,
    /// The button that starts, and under the pointer.
    pub go: [Color32; 2],
    /// On the way, or worth a look.
    pub amber: Color32,
    /// Behind an amber sentence.
    pub amber_ground: Color32,
    /// Live.
    pub live: Color32,
    /// Wrong.
    pub error: Color32,
    /// Behind a sentence about an error.
    pub error_ground: Color32,
    /// Meter below -20, below -9 and up to 0 dBFS.
    pub meter: [Color32; 3],
    /// Meter where nothing sounds.
    pub meter_ground: Color32,
}

/// Text on the coloured buttons and pills, in both themes.
pub const ON_COLOR: Color32 = Color32::WHITE;

/// Behind text on the picture, in both themes.
pub const OVER_PICTURE: Color32 = Color32::from_black_alpha(168);

const DARK: Tokens = Tokens {
    stage: rgb(0x08090a),
    panel: rgb(0x1a1d21),
    field: rgb(0x121518),
    raised: rgb(0x282d33),
    hovered: rgb(0x333941),
    pressed: rgb(0x20252a),
    line: rgb(0x2b3037),
    text: rgb(0xe8ebee),
    weak: rgb(0xa4adb6),
    faint: rgb(0x929ba4),
    focus: rgb(0x5aa9e6),
    ready: rgb(0x3ec285),
    go: [rgb(0x1f8457), rgb(0x249764)],
    amber: rgb(0xf2b13c),
    amber_ground: rgb(0x382c14),
    live: rgb(0xee3832),
    error: rgb(0xff766b),
    error_ground: rgb(0x3b1c1c),
    meter: [rgb(0x36b379), rgb(0xe6b43a), rgb(0xee4b3f)],
    meter_ground: rgb(0x23282d),
};

const LIGHT: Tokens = Tokens {
    stage: rgb(0x1a1c1f),
    panel: rgb(0xf7f8f9),
    field: rgb(0xffffff),
    raised: rgb(0xe9ecef),
    hovered: rgb(0xdde2e7),
    pressed: rgb(0xd0d6dc),
    line: rgb(0xd3d9df),
    text: rgb(0x1a1f24),
    weak: rgb(0x4d5761),
    faint: rgb(0x5a646d),
    focus: rgb(0x1c71b8),
    ready: rgb(0x137a4c),
    go: [rgb(0x1a7f52), rgb(0x166d46)],
    amber: rgb(0x965a00),
    amber_ground: rgb(0xfbefd3),
    live: rgb(0xd92621),
    error: rgb(0xb4221c),
    error_ground: rgb(0xfbe3e1),
    meter: [rgb(0x2aa36a), rgb(0xd89e1c), rgb(0xdb3a2e)],
    meter_ground: rgb(0xd9dee3),
};

impl Tokens {
    /// The colours of a theme.
    pub fn of(dark: bool) -> &'static Self {
        if dark { &DARK } else { &LIGHT }
    }

    /// The colours over the picture, which is dark or bright by itself.
    pub fn over_picture() -> &'static Self {
        &DARK
    }

    /// Between text and the text beside it: for names in fields that can't be used.
    pub fn between(&self) -> Color32 {
        self.weak.lerp_to_gamma(self.text, 0.5)
    }
}

/// The colours that `ui` is drawn in.
pub fn tokens(ui: &egui::Ui) -> &'static Tokens {
    Tokens::of(ui.visuals().dark_mode)
}

/// Large text: the state, the button that acts.
pub fn large() -> FontId {
    FontId::new(18.0, strong())
}

/// Figures.
pub fn figure() -> FontId {
    FontId::new(15.0, strong())
}

/// The heading of a panel.
pub fn heading() -> FontId {
    FontId::new(13.0, strong())
}

/// Names above fields and below figures.
pub fn small() -> FontId {
    FontId::new(11.5, FontFamily::Proportional)
}

/// Around what has the keyboard, in points.
const RING: f32 = 1.5;

/// Marks what has the keyboard.
pub fn ring(dark: bool) -> Stroke {
    Stroke::new(RING, Tokens::of(dark).focus)
}

/// A word that stands out between small ones.
pub fn small_strong() -> FontId {
    FontId::new(11.5, strong())
}

fn strong() -> FontFamily {
    FontFamily::Name(STRONG.into())
}

/// Gives `ctx` the fonts and both themes. The system decides between them.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_style_of(Theme::Dark, style(&DARK, true));
    ctx.set_style_of(Theme::Light, style(&LIGHT, false));
}

fn fonts() -> FontDefinitions {
    const REGULAR: &[u8] = include_bytes!("../../assets/fonts/TallylightSans-Regular.ttf");
    const SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/TallylightSans-SemiBold.ttf");
    let mut fonts = FontDefinitions::default();
    let families =
        [(FontFamily::Proportional, "regular", REGULAR), (strong(), "semibold", SEMIBOLD)];
    let fallbacks = fonts.families[&FontFamily::Proportional].clone();
    for (family, name, bytes) in families {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
        let mut names = vec![name.to_owned()];
        names.extend(fallbacks.iter().cloned());
        fonts.families.insert(family, names);
    }
    fonts
}

fn style(tokens: &Tokens, dark: bool) -> Style {
    let mut style = Style { visuals: visuals(tokens, dark), ..Style::default() };
    style.text_styles = BTreeMap::from([
        (TextStyle::Small, small()),
        (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(13.0, FontFamily::Proportional)),
        (TextStyle::Heading, heading()),
        // A zero of the monospaced font reads as an eight at this size.
        (TextStyle::Monospace, FontId::new(12.5, FontFamily::Proportional)),
    ]);
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(8.0, 5.0);
    spacing.button_padding = Vec2::new(10.0, 5.0);
    spacing.interact_size = Vec2::new(36.0, 28.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(18);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 10.0;
    spacing.icon_spacing = 7.0;
    // As high as what is in it; `widgets` keeps lists within the window.
    spacing.default_area_size = Vec2::new(600.0, f32::INFINITY);
    spacing.slider_rail_height = 4.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll = scroll();
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.5;
    style.animation_time = 0.08;
    style
}

/// A thin bar beside the content, always there when there is more than is seen.
fn scroll() -> ScrollStyle {
    ScrollStyle {
        bar_width: 8.0,
        floating_width: 6.0,
        bar_outer_margin: 2.0,
        floating_allocated_width: 10.0,
        dormant_handle_opacity: 0.5,
        active_handle_opacity: 0.5,
        interact_handle_opacity: 0.8,
        active_background_opacity: 0.0,
        ..ScrollStyle::floating()
    }
}

fn visuals(tokens: &Tokens, dark: bool) -> Visuals {
    let base = if dark { Visuals::dark() } else { Visuals::light() };
    Visuals {
        widgets: widgets(tokens),
        selection: Selection {
            bg_fill: tokens.focus.gamma_multiply(if dark { 0.38 } else { 0.28 }),
            // Of text; around a field [`ring`] covers it.
            stroke: Stroke::new(1.0, tokens.text),
        },
        weak_text_color: Some(tokens.weak),
        hyperlink_color: tokens.focus,
        faint_bg_color: tokens.raised,
        extreme_bg_color: tokens.field,
        text_edit_bg_color: Some(tokens.field),
        code_bg_color: tokens.field,
        warn_fg_color: tokens.amber,
        error_fg_color: tokens.error,
        window_corner_radius: CornerRadius::same(10),
        window_shadow: shadow(24),
        window_fill: tokens.panel,
        window_stroke: Stroke::new(1.0, tokens.line),
        menu_corner_radius: CornerRadius::same(8),
        popup_shadow: shadow(16),
        panel_fill: tokens.panel,
        slider_trailing_fill: true,
        handle_shape: HandleShape::Circle,
        striped: false,
        disabled_alpha: DISABLED,
        ..base
    }
}

fn widgets(tokens: &Tokens) -> Widgets {
    let look = |fill: Color32, outline: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, outline),
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.4, text),
        expansion: 0.0,
    };
    let mut active = look(tokens.pressed, tokens.focus, tokens.text);
    active.bg_stroke.width = RING;
    Widgets {
        noninteractive: look(tokens.panel, tokens.line, tokens.text),
        inactive: look(tokens.raised, tokens.line, tokens.text),
        hovered: look(tokens.hovered, tokens.line, tokens.text),
        active,
        open: look(tokens.hovered, tokens.focus, tokens.text),
    }
}

fn shadow(blur: u8) -> Shadow {
    Shadow { offset: [0, 4], blur, spread: 0, color: Color32::from_black_alpha(90) }
}

const fn rgb(hex: u32) -> Color32 {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color32::from_rgb(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two colours, by WCAG 2.
    fn contrast(one: Color32, other: Color32) -> f32 {
        let luminance = |color: Color32| {
            let part = |byte: u8, share: f32| {
                let value = f32::from(byte) / 255.0;
                let linear = match value {
                    ..=0.04045 => value / 12.92,
                    _ => ((value + 0.055) / 1.055).powf(2.4),
                };
                linear * share
            };
            part(color.r(), 0.2126) + part(color.g(), 0.7152) + part(color.b(), 0.0722) + 0.05
        };
        let (one, other) = (luminance(one), luminance(other));
        one.max(other) / one.min(other)
    }

    #[test]
    fn everything_is_read_in_both_themes() {
        for tokens in [&DARK, &LIGHT] {
            for ground in [tokens.panel, tokens.field, tokens.raised] {
                for text in [tokens.text, tokens.weak, tokens.faint] {
                    let found = contrast(text, ground);
                    assert!(found >= 4.5, "{text:?} on {ground:?}: {found}");
                }
            }
        }
    }

    #[test]
    fn what_can_not_be_used_now_is_read_all_the_same() {
        for tokens in [&DARK, &LIGHT] {
            for ground in [tokens.field, tokens.raised] {
                let ground = tokens.panel.lerp_to_gamma(ground, DISABLED);
                let found = |text: Color32| contrast(ground.lerp_to_gamma(text, DISABLED), ground);
                assert!(found(tokens.text) >= 4.5, "{}", found(tokens.text));
                assert!(found(tokens.between()) >= 4.5, "{}", found(tokens.between()));
                // Large text, on the large button.
                assert!(found(tokens.weak) >= 3.0, "{}", found(tokens.weak));
            }
        }
    }

    #[test]
    fn the_tally_is_seen_on_the_stage_and_over_the_picture() {
        for stage in [DARK.stage, LIGHT.stage] {
            assert!(contrast(DARK.amber, stage) >= 3.0);
        }
    }
}

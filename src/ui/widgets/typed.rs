//! Numbers that are typed: what can't be used is answered, not changed in silence.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use egui::accesskit::Live;
use egui::{DragValue, Ui};

use super::{announce, aside, focus_ring, locked};

/// The field of a number.
pub struct Typed {
    /// Its name.
    pub name: &'static str,
    /// Its width in points.
    pub width: f32,
    /// What it takes.
    pub range: RangeInclusive<f64>,
    /// The same in words.
    pub limit: String,
}

impl Typed {
    /// Draws `field`, and below it the limit while what was typed last is beyond it. Whether
    /// the number was changed.
    pub fn show(self, ui: &mut Ui, field: DragValue<'_>) -> bool {
        let id = ui.scope_id().with((self.name, "limit"));
        let refused = Rc::new(Cell::new(false));
        let field = watched(field, self.range, Rc::clone(&refused));
        ui.vertical(|ui| {
            ui.set_max_width(self.width);
            let field = ui.add_sized([self.width, 28.0], field).accessible_name(self.name);
            focus_ring(ui, &field);
            let field = locked(ui, field);
            if refused.get() {
                ui.data_mut(|data| data.insert_temp(id, ()));
            } else if field.gained_focus() || field.changed() {
                ui.data_mut(|data| data.remove_temp::<()>(id));
            }
            if ui.data(|data| data.get_temp::<()>(id)).is_some() {
                let told = aside(ui, &self.limit);
                announce(ui, &told, &self.limit, Live::Polite);
            }
            field.changed()
        })
        .inner
    }
}

/// `field` as it takes what was typed when it is left, and says in `refused` that it does not.
fn watched(
    field: DragValue<'_>,
    range: RangeInclusive<f64>,
    refused: Rc<Cell<bool>>,
) -> DragValue<'_> {
    let field = field.range(range.clone()).update_while_editing(false);
    field.custom_parser(move |typed| {
        let number = number(typed);
        if !number.is_some_and(|number| range.contains(&number)) {
            refused.set(true);
        }
        number
    })
}

/// A number as people write it.
fn number(typed: &str) -> Option<f64> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = plain.trim_end_matches(|c: char| c.is_alphabetic() || c == '/');
    digits.replace(',', ".").replace('−', "-").parse().ok().filter(|n: &f64| n.is_finite())
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        assert_eq!(number(" 2 500 kbit/s"), Some(2_500.0));
        assert_eq!((number("1,5"), number("−6.5 dB")), (Some(1.5), Some(-6.5)));
        for none in ["", "fast", "1-2", "inf", "NaN", "0x10"] {
            assert_eq!(number(none), None, "{none}");
        }
    }
}

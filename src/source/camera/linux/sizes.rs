//! Which sizes are offered of a camera: those that it lists, and of a range the
//! usual ones and what suits the output.

use super::capture::MAX_SIDE;
use super::ioctl::Sizes;

/// Sizes that are tried of a camera that has any.
const COMMON: [(u32, u32); 12] = [
    (320, 180),
    (320, 240),
    (640, 360),
    (640, 480),
    (800, 600),
    (960, 540),
    (1280, 720),
    (1280, 960),
    (1600, 900),
    (1920, 1080),
    (2560, 1440),
    (3840, 2160),
];

/// The sizes to offer, smallest first. `wanted` are sizes of the output: of a range
/// the size nearest to each is offered, too.
pub(super) fn of(listed: &[Sizes], wanted: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut sizes = Vec::new();
    for listed in listed {
        match *listed {
            Sizes::One(width, height) => sizes.push((width, height)),
            Sizes::Range(widths, heights) => {
                let sides = [Sides::new(widths), Sides::new(heights)];
                sizes.push((sides[0].highest, sides[1].highest));
                sizes.extend(COMMON.iter().filter(|(w, h)| sides[0].have(*w) && sides[1].have(*h)));
                sizes.extend(wanted.iter().map(|size| suiting(*size, sides)));
            }
        }
    }
    sizes.retain(|(width, height)| {
        (2..=MAX_SIDE).contains(width) && (2..=MAX_SIDE).contains(height)
    });
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// The lengths that one side may have.
#[derive(Clone, Copy)]
struct Sides {
    lowest: u32,
    highest: u32,
    step: u32,
}

impl Sides {
    fn new([lowest, highest, step]: [u32; 3]) -> Self {
        let step = step.max(1);
        // No more than can be opened, and a length that there is.
        let highest = highest.min(MAX_SIDE).max(lowest);
        Self { lowest, highest: lowest + (highest - lowest) / step * step, step }
    }

    fn have(self, side: u32) -> bool {
        (self.lowest..=self.highest).contains(&side)
            && (side - self.lowest).is_multiple_of(self.step)
    }

    /// The shortest length that is enough, or else the longest.
    fn enough(self, side: u32) -> u32 {
        let steps = u64::from(side.saturating_sub(self.lowest)).div_ceil(self.step.into());
        let length = u64::from(self.lowest) + steps * u64::from(self.step);
        u32::try_from(length).unwrap_or(u32::MAX).min(self.highest)
    }
}

/// The smallest size that is enough for a wanted one, or else the largest of its
/// shape.
fn suiting((width, height): (u32, u32), [widths, heights]: [Sides; 2]) -> (u32, u32) {
    let scaled = |side: u32, room: u32, of: u32| {
        u32::try_from(u64::from(side) * u64::from(room) / u64::from(of.max(1))).unwrap_or(side)
    };
    let (mut width, mut height) = (width, height);
    if width > widths.highest {
        (width, height) = (widths.highest, scaled(height, widths.highest, width));
    }
    if height > heights.highest {
        (width, height) = (scaled(width, heights.highest, height), heights.highest);
    }
    (widths.enough(width), heights.enough(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(widths: [u32; 3], heights: [u32; 3]) -> [Sizes; 1] {
        [Sizes::Range(widths, heights)]
    }

    #[test]
    fn a_size_with_one_side_at_the_highest_is_offered() {
        let sizes = of(&range([160, 1_920, 8], [120, 1_200, 8]), &[]);
        for size in [(1_920, 1_200), (1_920, 1_080), (1_280, 720), (640, 480)] {
            assert!(sizes.contains(&size), "{size:?} of {sizes:?}");
        }
        let square = of(&range([16, 1_280, 2], [16, 1_280, 2]), &[]);
        assert!(square.contains(&(1_280, 720)) && !square.contains(&(1_920, 1_080)), "{square:?}");
        let lowest = of(&range([640, 1_920, 1], [360, 1_080, 1]), &[]);
        assert!(lowest.contains(&(640, 360)), "{lowest:?}");
    }

    #[test]
    fn what_suits_the_output_is_offered_of_a_range() {
        let suits = |widths, heights, wanted| {
            let with = of(&range(widths, heights), &[wanted]);
            let without = of(&range(widths, heights), &[]);
            with.into_iter().find(|size| !without.contains(size))
        };
        let (wide, high) = ([16, 4_096, 2], [16, 2_304, 2]);
        assert_eq!(suits(wide, high, (854, 480)), Some((854, 480)));
        assert_eq!(suits(wide, high, (1_080, 1_920)), Some((1_080, 1_920)), "upright");
        // The step is met from above.
        assert_eq!(suits([16, 4_096, 16], [16, 2_304, 16], (854, 480)), Some((864, 480)));
        // Too large a wish keeps its shape: 16:9 of 1280x1024.
        assert_eq!(suits([2, 1_280, 2], [2, 1_024, 2], (1_366, 768)), None, "it is 1280x720");
        assert_eq!(suits([2, 1_200, 2], [2, 1_024, 2], (1_600, 900)), Some((1_200, 676)));
    }

    #[test]
    fn lists_are_taken_as_they_are_and_nonsense_is_left_out() {
        let listed = [Sizes::One(1_280, 720), Sizes::One(640, 480), Sizes::One(1_280, 720)];
        assert_eq!(of(&listed, &[(800, 600)]), [(640, 480), (1_280, 720)]);
        assert_eq!(of(&[Sizes::One(0, 0), Sizes::One(100_000, 2)], &[]), []);
        let (low, high) = (16, u32::MAX);
        let huge = of(&range([low, high, 0], [low, high, u32::MAX]), &[(1_280, 720)]);
        assert!(huge.iter().all(|(w, h)| *w <= MAX_SIDE && *h <= MAX_SIDE), "{huge:?}");
        // The lowest above the highest.
        of(&range([1_920, 16, 2], [u32::MAX, 0, 3]), &[(1_280, 720)]);
    }
}

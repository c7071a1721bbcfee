//! Fits a source's picture to the output.

use std::sync::Arc;

use super::placement::Rect;
use super::scaler::{self, Scaler};
use super::turn::Turn;
use crate::media::{FramePool, MediaTime, Picture, Plane, Planes, VideoFrame};

/// Makes one output frame of the newest source frame: turned, scaled to fit,
/// with black bars where the shapes differ.
#[derive(Debug)]
pub struct Compositor {
    layout: Planes,
    pool: FramePool,
    /// How the source's picture is turned to stand upright; `None`: it has words, and
    /// is never turned.
    upright: Option<Turn>,
    /// Whether the person wants it left to right.
    mirror: bool,
    /// Both.
    turn: Turn,
    fitter: Fitter,
    /// The last source picture, turned.
    turned: Option<Picture>,
    /// The last source picture and what was made of it: a source that is slower
    /// than the output, or stands still, costs nothing.
    last: Option<(Arc<Picture>, Arc<Picture>)>,
}

impl Compositor {
    /// For an output of this size.
    pub fn new(layout: Planes) -> Self {
        Self {
            layout,
            pool: FramePool::new(layout),
            upright: Some(Turn::default()),
            mirror: false,
            turn: Turn::default(),
            fitter: Fitter::default(),
            turned: None,
            last: None,
        }
    }

    /// Changes the output's size.
    pub fn set_layout(&mut self, layout: Planes) {
        if layout != self.layout {
            (self.layout, self.pool, self.last) = (layout, FramePool::new(layout), None);
        }
    }

    /// Turns the picture left to right, or not.
    pub fn set_mirror(&mut self, mirror: bool) {
        self.mirror = mirror;
        self.set_turn();
    }

    /// How the source's pictures are turned to stand upright; `None` for words, which
    /// nobody wants left to right either.
    pub fn set_upright(&mut self, upright: Option<Turn>) {
        self.upright = upright;
        self.set_turn();
    }

    fn set_turn(&mut self) {
        let mirrored = |upright: Turn| Turn { mirror: upright.mirror != self.mirror, ..upright };
        let turn = self.upright.map(mirrored).unwrap_or_default();
        if turn != self.turn {
            (self.turn, self.last) = (turn, None);
        }
    }

    /// The output frame that is due at `due`; black while there is no picture.
    ///
    /// A picture that has the output's size and is not turned is passed on as it
    /// is, without a copy.
    pub fn compose(&mut self, picture: Option<&VideoFrame>, due: MediaTime) -> VideoFrame {
        let Some(source) = picture.map(|frame| &frame.picture) else {
            self.last = None;
            return self.pool.fill(due, blacken);
        };
        if self.turn.is_nothing() && source.layout() == self.layout {
            return VideoFrame { time: due, picture: Arc::clone(source) };
        }
        if let Some((made_of, made)) = &self.last
            && Arc::ptr_eq(made_of, source)
        {
            return VideoFrame { time: due, picture: Arc::clone(made) };
        }
        let frame = self.make(source, due);
        self.last = Some((Arc::clone(source), Arc::clone(&frame.picture)));
        frame
    }

    fn make(&mut self, source: &Picture, due: MediaTime) -> VideoFrame {
        let turned_layout = self.turn.layout(source.layout());
        if turned_layout == self.layout {
            let turn = self.turn;
            return self.pool.fill(due, |out| turn.apply(source, out));
        }
        let source = if self.turn.is_nothing() {
            source
        } else {
            let turned = match self.turned.take() {
                Some(picture) if picture.layout() == turned_layout => picture,
                _ => Picture::black(turned_layout),
            };
            let turned = self.turned.insert(turned);
            self.turn.apply(source, turned);
            turned
        };
        let fitter = &mut self.fitter;
        self.pool.fill(due, |out| fitter.fit(source, out))
    }
}

/// Scales pictures, plane by plane.
#[derive(Debug, Default)]
struct Fitter {
    /// One for luma and one for chroma, as each remembers its sizes.
    scalers: [Scaler; 2],
}

impl Fitter {
    /// Scales `source` into the middle of `out` and blackens what is left.
    fn fit(&mut self, source: &Picture, out: &mut Picture) {
        let rect = Rect::fit(source.layout(), out.layout());
        let [luma, chroma] = &mut self.scalers;
        scale(luma, source, out, Plane::Y, rect);
        scale(chroma, source, out, Plane::U, rect.half());
        scale(chroma, source, out, Plane::V, rect.half());
    }
}

/// Scales one plane into a rectangle of another, with black around it.
fn scale(scaler: &mut Scaler, source: &Picture, out: &mut Picture, plane: Plane, rect: Rect) {
    let [x, y, width, height] =
        [rect.x, rect.y, rect.width, rect.height].map(|length| length as usize);
    let (width_before, stride) = (source.layout().stride(plane), out.layout().stride(plane));
    let from = scaler::Source { bytes: source.plane(plane), width: width_before };
    let bytes = out.plane_mut(plane);
    let (above, rest) = bytes.split_at_mut(y * stride);
    let (bytes, below) = rest.split_at_mut(height * stride);
    let black = black(plane);
    above.fill(black);
    below.fill(black);
    if width < stride {
        for row in bytes.chunks_exact_mut(stride) {
            row[..x].fill(black);
            row[x + width..].fill(black);
        }
    }
    scaler.scale(&from, &mut scaler::Place { bytes, stride, x, width, height });
}

fn blacken(picture: &mut Picture) {
    for plane in [Plane::Y, Plane::U, Plane::V] {
        picture.plane_mut(plane).fill(black(plane));
    }
}

/// In limited range.
fn black(plane: Plane) -> u8 {
    match plane {
        Plane::Y => 16,
        Plane::U | Plane::V => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Rotation;

    fn frame(width: u32, height: u32, yuv: [u8; 3]) -> VideoFrame {
        let mut picture = Picture::black(Planes::new(width, height));
        for (plane, value) in picture.planes_mut().into_iter().zip(yuv) {
            plane.fill(value);
        }
        VideoFrame { time: MediaTime::ZERO, picture: Arc::new(picture) }
    }

    /// Luma, Cb, Cr at a pixel of the output.
    fn at(frame: &VideoFrame, x: usize, y: usize) -> [u8; 3] {
        let layout = frame.picture.layout();
        let half = layout.stride(Plane::U);
        let chroma = y / 2 * half + x / 2;
        [
            frame.picture.plane(Plane::Y)[y * layout.stride(Plane::Y) + x],
            frame.picture.plane(Plane::U)[chroma],
            frame.picture.plane(Plane::V)[chroma],
        ]
    }

    const DUE: MediaTime = MediaTime::from_millis(77);
    const COLOUR: [u8; 3] = [90, 60, 200];
    const BLACK: [u8; 3] = [16, 128, 128];

    #[test]
    fn no_picture_is_black() {
        let mut compositor = Compositor::new(Planes::new(64, 36));
        let out = compositor.compose(None, DUE);
        assert_eq!((out.time, at(&out, 3, 3)), (DUE, BLACK));
    }

    #[test]
    fn a_picture_that_fits_is_passed_on_without_a_copy() {
        let mut compositor = Compositor::new(Planes::new(64, 36));
        let source = frame(64, 36, COLOUR);
        let out = compositor.compose(Some(&source), DUE);
        assert!(Arc::ptr_eq(&out.picture, &source.picture));
        assert_eq!(out.time, DUE);
    }

    #[test]
    fn another_shape_is_scaled_between_black_bars() {
        for (width, height) in [(40, 30), (320, 240), (1280, 960)] {
            let mut compositor = Compositor::new(Planes::new(64, 36));
            let out = compositor.compose(Some(&frame(width, height, COLOUR)), DUE);
            assert_eq!(out.picture.layout(), Planes::new(64, 36));
            assert_eq!(
                [at(&out, 2, 18), at(&out, 32, 18), at(&out, 62, 18)],
                [BLACK, COLOUR, BLACK]
            );
            assert_eq!([at(&out, 32, 0), at(&out, 32, 35)], [COLOUR; 2]);
        }
    }

    #[test]
    fn what_was_in_the_bars_before_is_gone() {
        let mut compositor = Compositor::new(Planes::new(64, 36));
        for _ in 0..3 {
            compositor.compose(Some(&frame(32, 18, COLOUR)), DUE);
        }
        let out = compositor.compose(Some(&frame(30, 60, COLOUR)), DUE);
        assert_eq!([at(&out, 2, 18), at(&out, 32, 18)], [BLACK, COLOUR]);
    }

    #[test]
    fn a_still_source_is_worked_on_once() {
        let mut compositor = Compositor::new(Planes::new(64, 36));
        let source = frame(32, 18, COLOUR);
        let first = compositor.compose(Some(&source), MediaTime::ZERO);
        let second = compositor.compose(Some(&source), DUE);
        assert!(Arc::ptr_eq(&first.picture, &second.picture));
        assert_eq!(second.time, DUE);
        compositor.set_mirror(true);
        let third = compositor.compose(Some(&source), DUE);
        assert!(!Arc::ptr_eq(&first.picture, &third.picture));
    }

    #[test]
    fn a_turned_picture_is_turned_and_fitted() {
        let mut source = Picture::black(Planes::new(64, 36));
        source.plane_mut(Plane::Y)[..64 * 18].fill(200);
        let source = VideoFrame { time: MediaTime::ZERO, picture: Arc::new(source) };
        let mut compositor = Compositor::new(Planes::new(64, 36));
        compositor.set_upright(Some(Turn { rotation: Rotation::Quarter, mirror: false }));
        let out = compositor.compose(Some(&source), DUE);
        // The bright upper half is now on the right of an upright picture.
        let luma = |x| at(&out, x, 18)[0];
        assert_eq!([luma(2), luma(26), luma(38), luma(62)], [16, 16, 200, 16]);
        compositor.set_mirror(true);
        let out = compositor.compose(Some(&source), DUE);
        let luma = |x| at(&out, x, 18)[0];
        assert_eq!([luma(26), luma(38)], [200, 16]);
        compositor.set_upright(Some(Turn { rotation: Rotation::Half, mirror: false }));
        let out = compositor.compose(Some(&source), DUE);
        assert_eq!([at(&out, 9, 4)[0], at(&out, 9, 30)[0]], [16, 200]);
    }

    #[test]
    fn another_output_keeps_the_mirror_and_two_mirrors_are_none() {
        let mut compositor = Compositor::new(Planes::new(4, 2));
        let mut source = frame(8, 4, [40, 128, 128]);
        let picture = Arc::get_mut(&mut source.picture).expect("nobody else has it");
        picture.plane_mut(Plane::Y)[0] = 200;
        compositor.set_mirror(true);
        compositor.set_layout(Planes::new(8, 4));
        let corner = |compositor: &mut Compositor, x: usize| {
            compositor.compose(Some(&source), MediaTime::ZERO).picture.plane(Plane::Y)[x]
        };
        assert_eq!((corner(&mut compositor, 0), corner(&mut compositor, 7)), (40, 200));
        compositor.set_upright(Some(Turn { mirror: true, ..Turn::default() }));
        assert_eq!((corner(&mut compositor, 0), corner(&mut compositor, 7)), (200, 40));
    }

    #[test]
    fn words_are_never_mirrored() {
        let mut compositor = Compositor::new(Planes::new(8, 4));
        let mut slate = frame(8, 4, [40, 128, 128]);
        Arc::get_mut(&mut slate.picture).expect("nobody else has it").plane_mut(Plane::Y)[0] = 200;
        compositor.set_mirror(true);
        compositor.set_upright(None);
        let out = compositor.compose(Some(&slate), DUE);
        assert_eq!(out.picture, slate.picture);
        // The picture that follows is mirrored again.
        compositor.set_upright(Some(Turn::default()));
        let out = compositor.compose(Some(&slate), DUE);
        assert_eq!(out.picture.plane(Plane::Y)[7], 200);
    }
}

//! Pictures: I420 in a shared buffer, and the pool the buffers come from.

use std::sync::Arc;

use super::MediaTime;

/// A picture's size and the layout of its I420 planes in one buffer.
///
/// Y, U and V follow each other without padding: rows of `width` bytes, then
/// two planes of rows of `width / 2`. Width and height are even.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Planes {
    /// Width in pixels, even and at least 2.
    pub width: u32,
    /// Height in pixels, even and at least 2.
    pub height: u32,
}

/// One of the three planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// Luma, full size.
    Y,
    /// Blue difference, half size both ways.
    U,
    /// Red difference, half size both ways.
    V,
}

impl Planes {
    /// The layout of a `width` × `height` picture, both rounded up to even.
    pub const fn new(width: u32, height: u32) -> Self {
        const fn even(n: u32) -> u32 {
            if n < 2 { 2 } else { n.div_ceil(2) * 2 }
        }
        Self { width: even(width), height: even(height) }
    }

    /// Bytes of the luma plane.
    pub const fn luma_len(self) -> usize {
        self.width as usize * self.height as usize
    }

    /// Bytes of the whole picture.
    pub const fn len(self) -> usize {
        self.luma_len() * 3 / 2
    }

    /// Never: a picture has at least four pixels.
    pub const fn is_empty(self) -> bool {
        false
    }

    /// Bytes from one row to the next in `plane`.
    pub const fn stride(self, plane: Plane) -> usize {
        match plane {
            Plane::Y => self.width as usize,
            Plane::U | Plane::V => self.width as usize / 2,
        }
    }

    /// Where `plane` lies in the buffer.
    pub const fn range(self, plane: Plane) -> std::ops::Range<usize> {
        let (y, c) = (self.luma_len(), self.luma_len() / 4);
        match plane {
            Plane::Y => 0..y,
            Plane::U => y..y + c,
            Plane::V => y + c..y + 2 * c,
        }
    }
}

/// An I420 picture that can be written to: BT.709, limited range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    layout: Planes,
    bytes: Box<[u8]>,
}

impl Picture {
    /// A black picture.
    pub fn black(layout: Planes) -> Self {
        let mut bytes = vec![128; layout.len()].into_boxed_slice();
        bytes[..layout.luma_len()].fill(16);
        Self { layout, bytes }
    }

    /// Its size and layout.
    pub fn layout(&self) -> Planes {
        self.layout
    }

    /// All three planes, one after the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All three planes, to write to.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The rows of one plane.
    pub fn plane(&self, plane: Plane) -> &[u8] {
        &self.bytes[self.layout.range(plane)]
    }

    /// The rows of one plane, to write to.
    pub fn plane_mut(&mut self, plane: Plane) -> &mut [u8] {
        let range = self.layout.range(plane);
        &mut self.bytes[range]
    }

    /// The three planes at once, to write to: Y, U, V.
    pub fn planes_mut(&mut self) -> [&mut [u8]; 3] {
        let (y, chroma) = self.bytes.split_at_mut(self.layout.luma_len());
        let (u, v) = chroma.split_at_mut(self.layout.luma_len() / 4);
        [y, u, v]
    }
}

/// A finished picture with its time. Cloning shares the pixels.
#[derive(Clone, Debug)]
pub struct VideoFrame {
    /// When it was captured or is due, on the media clock.
    pub time: MediaTime,
    /// The pixels.
    pub picture: Arc<Picture>,
}

/// Pictures of one layout that are used again once nobody holds them.
///
/// A frame on its way through the program costs no allocation once as many
/// pictures exist as are in flight at a time.
#[derive(Debug)]
pub struct FramePool {
    layout: Planes,
    pictures: Vec<Arc<Picture>>,
}

impl FramePool {
    /// More pictures than this are not kept: a slow holder then costs
    /// allocations, not memory for ever. On their way are at most four that wait for
    /// the encoder, two that it has, two in the preview, three of a camera and the one
    /// being made.
    const KEPT: usize = 12;

    /// An empty pool of pictures of this layout.
    pub fn new(layout: Planes) -> Self {
        Self { layout, pictures: Vec::new() }
    }

    /// Fills a free picture and hands it out. What `fill` finds in it is an
    /// older picture or black: it must write every pixel it cares about.
    pub fn fill(&mut self, time: MediaTime, fill: impl FnOnce(&mut Picture)) -> VideoFrame {
        let free = self.pictures.iter().position(|p| Arc::strong_count(p) == 1);
        let mut picture = match free {
            Some(i) => self.pictures.swap_remove(i),
            None => Arc::new(Picture::black(self.layout)),
        };
        // A free picture has one owner, us; the copy is for a weak reference
        // that nobody makes.
        fill(Arc::make_mut(&mut picture));
        if self.pictures.len() < Self::KEPT {
            self.pictures.push(Arc::clone(&picture));
        }
        VideoFrame { time, picture }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_tile_the_buffer() {
        let layout = Planes::new(639, 361);
        assert_eq!((layout.width, layout.height), (640, 362));
        assert_eq!(layout.range(Plane::Y).end, layout.range(Plane::U).start);
        assert_eq!(layout.range(Plane::U).end, layout.range(Plane::V).start);
        assert_eq!(layout.range(Plane::V).end, layout.len());
    }

    #[test]
    fn all_that_is_on_its_way_when_the_encoder_is_behind_comes_from_the_pool() {
        let mut pool = FramePool::new(Planes::new(4, 4));
        let mut on_their_way = std::collections::VecDeque::new();
        let mut made = std::collections::HashSet::new();
        for n in 0..200 {
            let frame = pool.fill(MediaTime::from_millis(n), |_| ());
            made.insert(Arc::as_ptr(&frame.picture));
            on_their_way.push_back(frame);
            if on_their_way.len() == FramePool::KEPT {
                on_their_way.pop_front();
            }
        }
        assert_eq!(made.len(), FramePool::KEPT, "none is allocated again");
        assert_eq!(pool.pictures.len(), FramePool::KEPT);
    }

    #[test]
    fn pool_reuses_what_nobody_holds() {
        let mut pool = FramePool::new(Planes::new(4, 4));
        let first = pool.fill(MediaTime::ZERO, |p| p.bytes_mut()[0] = 1);
        let address = Arc::as_ptr(&first.picture);
        let second = pool.fill(MediaTime::ZERO, |p| p.bytes_mut()[0] = 2);
        assert_eq!(first.picture.bytes()[0], 1, "a held picture is not touched");
        assert_ne!(address, Arc::as_ptr(&second.picture));
        drop(first);
        let third = pool.fill(MediaTime::ZERO, |_| ());
        assert_eq!(address, Arc::as_ptr(&third.picture));
    }
}

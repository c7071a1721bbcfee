//! From a frame to the texture that is shown: scaled down first, then turned
//! into RGB, so that the work is that of the size on the screen.

use std::sync::Arc;

use egui::{Color32, ColorImage, ImageData, TextureHandle, TextureOptions, Vec2};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgba};

use crate::media::{Picture, Plane, Planes, VideoFrame};

/// Images that are used again once nobody holds them: one is drawn, one is
/// being filled.
const IMAGES: usize = 3;

/// The picture on the screen.
#[derive(Default)]
pub struct Preview {
    scaler: Scaler,
    images: Vec<Arc<ColorImage>>,
    texture: Option<TextureHandle>,
    shown: Option<Shown>,
}

/// Which picture the texture holds, and in which size.
#[derive(Clone, PartialEq)]
struct Shown {
    picture: *const Picture,
    time: crate::media::MediaTime,
    size: Planes,
}

impl Preview {
    /// The texture of `frame` for an area of `pixels` on the screen. Does
    /// nothing if it is the frame that is shown already.
    pub fn texture(
        &mut self,
        ctx: &egui::Context,
        frame: &VideoFrame,
        pixels: Vec2,
    ) -> &TextureHandle {
        let size = shown_size(frame.picture.layout(), pixels);
        // Pixel for pixel there is nothing to mix, which is dear in software.
        let is_exact = Vec2::new(size.width as f32, size.height as f32) == pixels;
        let look = if is_exact { TextureOptions::NEAREST } else { TextureOptions::LINEAR };
        let shown = Shown { picture: Arc::as_ptr(&frame.picture), time: frame.time, size };
        let is_new = self.shown.as_ref() != Some(&shown);
        if is_new || self.texture.is_none() {
            let image = ImageData::Color(self.image(&frame.picture, size));
            self.shown = Some(shown);
            match &mut self.texture {
                Some(texture) => texture.set(image, look),
                None => {
                    let texture = ctx.load_texture("preview", image, look);
                    self.texture = Some(texture);
                }
            }
        }
        self.texture.as_ref().expect("it was made just above where there was none")
    }

    /// Forgets the texture.
    pub fn clear(&mut self) {
        (self.texture, self.shown) = (None, None);
    }

    fn image(&mut self, picture: &Picture, size: Planes) -> Arc<ColorImage> {
        let side = [size.width as usize, size.height as usize];
        let free = self.images.iter().position(|image| Arc::strong_count(image) == 1);
        let mut image = match free.map(|i| self.images.swap_remove(i)) {
            Some(image) if image.size == side => image,
            _ => Arc::new(ColorImage::filled(side, Color32::BLACK)),
        };
        // It has one owner, as it was looked for, so nothing is copied.
        let pixels = Arc::make_mut(&mut image);
        self.scaler.rgba(picture, size, pixels.as_raw_mut());
        if self.images.len() < IMAGES {
            self.images.push(Arc::clone(&image));
        }
        image
    }
}

/// The size to convert at: that on the screen, but never more than the
/// picture's own, for the screen enlarges for nothing.
pub fn shown_size(picture: Planes, pixels: Vec2) -> Planes {
    let (width, height) = (picture.width as f32, picture.height as f32);
    let scale = (pixels.x / width).min(pixels.y / height);
    // Not a number: the place is not known yet.
    if scale >= 1.0 || scale.is_nan() {
        return picture;
    }
    Planes::new((width * scale).round().max(2.0) as u32, (height * scale).round().max(2.0) as u32)
}

/// Scales and converts, with buffers that are used again.
#[derive(Default)]
struct Scaler {
    resizer: Resizer,
    scaled: Option<Picture>,
}

impl Scaler {
    /// Fills `rgba` with `picture` in `size`.
    fn rgba(&mut self, picture: &Picture, size: Planes, rgba: &mut [u8]) {
        if picture.layout() == size {
            return convert(picture, rgba);
        }
        let mut scaled = match self.scaled.take() {
            Some(scaled) if scaled.layout() == size => scaled,
            _ => Picture::black(size),
        };
        for plane in [Plane::Y, Plane::U, Plane::V] {
            self.scale(picture, &mut scaled, plane);
        }
        convert(&scaled, rgba);
        self.scaled = Some(scaled);
    }

    fn scale(&mut self, from: &Picture, to: &mut Picture, plane: Plane) {
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Interpolation(FilterType::Bilinear));
        let (from_side, to_side) = (side(from.layout(), plane), side(to.layout(), plane));
        let from = ImageRef::new(from_side.0, from_side.1, from.plane(plane), PixelType::U8);
        let to = Image::from_slice_u8(to_side.0, to_side.1, to.plane_mut(plane), PixelType::U8);
        let (Ok(from), Ok(mut to)) = (from, to) else { return };
        // The sizes are right by construction; a picture that stays as it was
        // is better than no window.
        _ = self.resizer.resize(&from, &mut to, &options);
    }
}

/// Width and height of a plane.
fn side(layout: Planes, plane: Plane) -> (u32, u32) {
    match plane {
        Plane::Y => (layout.width, layout.height),
        Plane::U | Plane::V => (layout.width / 2, layout.height / 2),
    }
}

fn convert(picture: &Picture, rgba: &mut [u8]) {
    let layout = picture.layout();
    let planes = YuvPlanarImage {
        y_plane: picture.plane(Plane::Y),
        y_stride: layout.width,
        u_plane: picture.plane(Plane::U),
        u_stride: layout.width / 2,
        v_plane: picture.plane(Plane::V),
        v_stride: layout.width / 2,
        width: layout.width,
        height: layout.height,
    };
    let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt709);
    // As above: sizes are right by construction.
    _ = yuv420_to_rgba(&planes, rgba, layout.width * 4, range, matrix);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::MediaTime;

    fn grey(layout: Planes, luma: u8) -> Picture {
        let mut picture = Picture::black(layout);
        picture.plane_mut(Plane::Y).fill(luma);
        picture
    }

    #[test]
    fn the_size_is_that_on_the_screen_or_the_pictures() {
        let hd = Planes::new(1280, 720);
        assert_eq!(shown_size(hd, Vec2::new(640.0, 640.0)), Planes::new(640, 360));
        assert_eq!(shown_size(hd, Vec2::new(3000.0, 3000.0)), hd);
        assert_eq!(shown_size(hd, Vec2::new(0.0, 0.0)), Planes::new(2, 2));
        assert_eq!(
            shown_size(hd, Vec2::new(f32::NAN, 100.0)),
            shown_size(hd, Vec2::new(3000.0, 100.0))
        );
    }

    #[test]
    fn colours_are_those_of_bt709() {
        let mut scaler = Scaler::default();
        let mut red = Picture::black(Planes::new(64, 64));
        for (plane, value) in [(Plane::Y, 63), (Plane::U, 102), (Plane::V, 240)] {
            red.plane_mut(plane).fill(value);
        }
        for size in [Planes::new(64, 64), Planes::new(30, 22)] {
            let mut rgba = vec![0; (size.width * size.height * 4) as usize];
            scaler.rgba(&red, size, &mut rgba);
            for pixel in rgba.chunks(4) {
                assert!(pixel[0] > 251 && pixel[1] < 4 && pixel[2] < 4, "{pixel:?}");
            }
        }
        let mut rgba = vec![0; 64 * 64 * 4];
        scaler.rgba(&grey(Planes::new(64, 64), 235), Planes::new(64, 64), &mut rgba);
        assert_eq!(rgba[..4], [255; 4]);
    }

    #[test]
    fn a_frame_is_converted_once_and_images_are_used_again() {
        let ctx = egui::Context::default();
        let mut preview = Preview::default();
        for i in 0..50 {
            let picture = Arc::new(grey(Planes::new(128, 72), 100));
            let frame = VideoFrame { time: MediaTime::from_millis(i), picture };
            preview.texture(&ctx, &frame, Vec2::new(64.0, 64.0));
            let first = preview.shown.clone();
            preview.texture(&ctx, &frame, Vec2::new(64.0, 64.0));
            assert!(first == preview.shown);
            // The window takes the image and lets go of it once it is drawn.
            ctx.tex_manager().write().take_delta().clear();
        }
        assert!(preview.images.len() <= IMAGES, "{}", preview.images.len());
    }
}

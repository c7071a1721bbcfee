//! A still picture: a PNG or JPEG file, shown for as long as one likes.

mod jpeg;
mod marks;
mod png;
mod read;

use std::path::Path;
use std::sync::Arc;

use self::read::read;
use super::{Error, SourceStatus, VideoSource};
use crate::media::{MediaTime, Picture, VideoFrame};
use crate::text::device;

/// A picture from a file.
#[derive(Debug)]
pub struct StillPicture {
    picture: Arc<Picture>,
    name: String,
}

impl StillPicture {
    /// Reads a PNG or JPEG file. What is transparent becomes black.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let picture = read(path).map_err(|reason| Error::Picture { path: path.into(), reason })?;
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { picture: Arc::new(picture), name })
    }
}

impl VideoSource for StillPicture {
    fn frame(&mut self, due: MediaTime) -> Option<VideoFrame> {
        Some(VideoFrame { time: due, picture: Arc::clone(&self.picture) })
    }

    fn status(&self) -> SourceStatus {
        let layout = self.picture.layout();
        SourceStatus {
            name: self.name.clone(),
            delivers: device::delivers::still(layout.width, layout.height),
            ..SourceStatus::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use ::png;

    use super::*;
    use crate::media::Plane;

    /// Writes a PNG file of one colour and opens it.
    fn open(name: &str, colours: png::ColorType, pixel: &[u8]) -> Result<StillPicture, Error> {
        let path =
            std::env::temp_dir().join(format!("tallylight-{}-{name}.png", std::process::id()));
        let mut encoder = png::Encoder::new(File::create(&path).unwrap(), 6, 4);
        encoder.set_color(colours);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(&pixel.repeat(24)).unwrap();
        let picture = StillPicture::open(&path);
        std::fs::remove_file(path).unwrap();
        picture
    }

    #[test]
    fn a_line_is_no_picture() {
        for (width, height) in [(1, 1), (1, 3), (1, 4), (3, 1)] {
            let path =
                std::env::temp_dir().join(format!("tallylight-{}-line.png", std::process::id()));
            let mut encoder = png::Encoder::new(File::create(&path).unwrap(), width, height);
            encoder.set_color(png::ColorType::Rgb);
            let pixels = vec![9; (width * height * 3) as usize];
            encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
            let refused = StillPicture::open(&path).unwrap_err().to_string();
            assert!(refused.contains("at least 2 pixels"), "{refused}");
            std::fs::remove_file(path).unwrap();
        }
        let refused = StillPicture::open(&std::env::temp_dir()).unwrap_err().to_string();
        assert!(refused.contains("not a file"), "{refused}");
    }

    /// Luma, Cb and Cr of the first pixel.
    fn colour(mut picture: StillPicture) -> [u8; 3] {
        let frame = picture.frame(MediaTime::ZERO).unwrap();
        [Plane::Y, Plane::U, Plane::V].map(|plane| frame.picture.plane(plane)[0])
    }

    #[test]
    fn every_kind_of_png_shows_its_colours() {
        let kinds: [(_, _, &[u8], [u8; 3]); 4] = [
            ("rgb", png::ColorType::Rgb, &[255, 0, 0], [63, 102, 240]),
            ("rgba", png::ColorType::Rgba, &[255, 0, 0, 255], [63, 102, 240]),
            ("grey", png::ColorType::Grayscale, &[128], [126, 128, 128]),
            ("clear", png::ColorType::GrayscaleAlpha, &[255, 0], [16, 128, 128]),
        ];
        for (name, colours, pixel, wanted) in kinds {
            let got = colour(open(name, colours, pixel).unwrap());
            let near = got.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 1);
            assert!(near, "{name}: {got:?} for {wanted:?}");
        }
    }

    #[test]
    fn the_same_pixels_are_shown_for_ever() {
        let mut picture = open("still", png::ColorType::Rgb, &[1, 2, 3]).unwrap();
        let [first, second] = [0, 40].map(|at| picture.frame(MediaTime::from_millis(at)).unwrap());
        assert!(Arc::ptr_eq(&first.picture, &second.picture));
        assert_eq!(second.time, MediaTime::from_millis(40));
        assert_eq!(picture.status().delivers, "6×4, still");
    }

    #[test]
    fn what_is_no_picture_is_an_error_that_names_it() {
        for path in ["/nonexistent.png", "Cargo.toml"] {
            let error = StillPicture::open(Path::new(path)).unwrap_err();
            assert!(error.to_string().contains(path), "{error}");
        }
    }
}

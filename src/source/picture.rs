//! A still picture: a PNG file, shown for as long as one likes.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use super::error::words;
use super::{Error, SourceStatus, VideoSource};
use crate::media::{MediaTime, Picture, VideoFrame};
use crate::scene::{Converter, RawFormat, RawImage};
use crate::text::device;

/// Bytes that a picture may take decoded: 64 megapixels.
const MAX_BYTES: usize = 256 << 20;

/// A picture from a file.
#[derive(Debug)]
pub struct StillPicture {
    picture: Arc<Picture>,
    name: String,
}

impl StillPicture {
    /// Reads a PNG file. What is transparent becomes black.
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

/// Reads and converts; what went wrong in words.
fn read(path: &Path) -> Result<Picture, String> {
    // What is no file, a pipe perhaps, may never give anything.
    if !std::fs::metadata(path).map_err(|error| words(&error))?.is_file() {
        return Err(device::source::NO_FILE.into());
    }
    let file = File::open(path).map_err(|error| words(&error))?;
    let mut decoder = png::Decoder::new(BufReader::new(file));
    decoder.set_limits(png::Limits { bytes: MAX_BYTES });
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let size = reader.output_buffer_size().filter(|size| *size <= MAX_BYTES);
    let mut pixels = vec![0; size.ok_or(device::source::TOO_LARGE)?];
    let info = reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
    if info.width < 2 || info.height < 2 {
        return Err(device::source::TOO_SMALL.into());
    }
    let rgb = to_rgb(&pixels[..info.buffer_size()], info.color_type)?;
    let image = RawImage::packed(RawFormat::Rgb, info.width, info.height, &rgb);
    let mut picture = Picture::black(image.layout());
    Converter::default().convert(&image, &mut picture).map_err(|error| error.to_string())?;
    Ok(picture)
}

/// Three bytes a pixel, blended over black.
fn to_rgb(pixels: &[u8], colours: png::ColorType) -> Result<Vec<u8>, String> {
    let over_black = |value: u8, alpha: u8| (u16::from(value) * u16::from(alpha) / 255) as u8;
    Ok(match colours {
        png::ColorType::Rgb => pixels.to_vec(),
        png::ColorType::Grayscale => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        png::ColorType::GrayscaleAlpha => pixels
            .as_chunks::<2>()
            .0
            .iter()
            .flat_map(|&[grey, alpha]| [over_black(grey, alpha); 3])
            .collect(),
        png::ColorType::Rgba => pixels
            .as_chunks::<4>()
            .0
            .iter()
            .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|value| over_black(value, alpha)))
            .collect(),
        png::ColorType::Indexed => return Err(device::source::PALETTE.into()),
    })
}

#[cfg(test)]
mod tests {
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

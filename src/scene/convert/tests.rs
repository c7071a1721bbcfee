//! Each format against a plain reading of its definition, pixel by pixel.

use super::*;
use crate::media::{Plane, Planes};

const SIZES: [(u32, u32); 5] = [(64, 36), (16, 8), (642, 38), (35, 17), (2, 2)];

/// Smooth luma and chroma, so that the mean of two rows is near both.
fn pixel(x: usize, y: usize) -> [u8; 3] {
    [(40 + x * 5 % 150 + y / 2 % 30) as u8, (90 + x / 3 % 70) as u8, (170 - y / 4 % 60) as u8]
}

/// The bytes of such a picture, rows `stride` apart.
fn paint(format: RawFormat, width: usize, height: usize, stride: usize) -> Vec<u8> {
    let mut bytes = vec![0xee; stride * height * 3 + 64];
    let chroma_at = stride * height;
    // At half width alone each row has chroma of its own.
    let second_at_full = chroma_at + stride / 2 * height;
    let second_at = chroma_at + stride / 2 * height.div_ceil(2);
    for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
        let [luma, _, _] = pixel(x, y);
        let [_, cb, cr] = pixel(x / 2 * 2, y / 2 * 2);
        let row = y * stride;
        let packed = row + x / 2 * 4;
        let (pair, single) = (chroma_at + y / 2 * stride + x / 2 * 2, y / 2 * (stride / 2) + x / 2);
        let (pair_full, single_full) =
            (chroma_at + y * stride + x / 2 * 2, y * (stride / 2) + x / 2);
        let mut put = |at: usize, value| bytes[at] = value;
        match format {
            RawFormat::Yuyv | RawFormat::Uyvy | RawFormat::Yvyu | RawFormat::Vyuy => {
                let [luma_at, cb_at, cr_at] = match format {
                    RawFormat::Yuyv => [0, 1, 3],
                    RawFormat::Uyvy => [1, 0, 2],
                    RawFormat::Yvyu => [0, 3, 1],
                    _ => [1, 2, 0],
                };
                put(packed + luma_at + x % 2 * 2, luma);
                put(packed + cb_at, cb);
                put(packed + cr_at, cr);
            }
            rgb_format if rgb_format.is_rgb() => {
                let [r, g, b] = rgb(x, y);
                // What has no meaning is as wrong as can be.
                let parts: &[u8] = match format {
                    RawFormat::Rgb => &[r, g, b],
                    RawFormat::Bgr => &[b, g, r],
                    RawFormat::Rgbx => &[r, g, b, 255 - g],
                    RawFormat::Bgrx => &[b, g, r, 255 - g],
                    RawFormat::Xrgb => &[255 - g, r, g, b],
                    _ => &[255 - g, b, g, r],
                };
                for (n, part) in parts.iter().enumerate() {
                    put(row + x * parts.len() + n, *part);
                }
            }
            planar => {
                put(row + x, luma);
                match planar {
                    RawFormat::Nv12 => (put(pair, cb), put(pair + 1, cr)),
                    RawFormat::Nv21 => (put(pair, cr), put(pair + 1, cb)),
                    RawFormat::Nv16 => (put(pair_full, cb), put(pair_full + 1, cr)),
                    RawFormat::Nv61 => (put(pair_full, cr), put(pair_full + 1, cb)),
                    RawFormat::I422 => {
                        (put(chroma_at + single_full, cb), put(second_at_full + single_full, cr))
                    }
                    RawFormat::I420 => (put(chroma_at + single, cb), put(second_at + single, cr)),
                    RawFormat::Yv12 => (put(chroma_at + single, cr), put(second_at + single, cb)),
                    _ => ((), ()),
                };
            }
        }
    }
    bytes
}

fn rgb(x: usize, y: usize) -> [u8; 3] {
    [(x * 3 % 256) as u8, (255 - y % 200) as u8, (x / 2 + y / 2) as u8]
}

fn convert(image: &RawImage<'_>) -> Picture {
    let mut picture = Picture::black(image.layout());
    Converter::default().convert(image, &mut picture).unwrap();
    picture
}

/// The luma and chroma of the canvas at one pixel.
fn at(picture: &Picture, x: usize, y: usize) -> [i32; 3] {
    let layout = picture.layout();
    let half = layout.stride(Plane::U);
    let chroma = y / 2 * half + x / 2;
    let luma = picture.plane(Plane::Y)[y * layout.stride(Plane::Y) + x];
    [luma, picture.plane(Plane::U)[chroma], picture.plane(Plane::V)[chroma]].map(i32::from)
}

const YUV: [RawFormat; 12] = [
    RawFormat::Yuyv,
    RawFormat::Uyvy,
    RawFormat::Yvyu,
    RawFormat::Vyuy,
    RawFormat::Nv16,
    RawFormat::Nv61,
    RawFormat::I422,
    RawFormat::Nv12,
    RawFormat::Nv21,
    RawFormat::I420,
    RawFormat::Yv12,
    RawFormat::Grey,
];

const RGB: [RawFormat; 6] = [
    RawFormat::Rgb,
    RawFormat::Bgr,
    RawFormat::Rgbx,
    RawFormat::Bgrx,
    RawFormat::Xrgb,
    RawFormat::Xbgr,
];

#[test]
fn every_yuv_format_keeps_its_values_at_every_size_and_stride() {
    for (format, (width, height)) in YUV.into_iter().flat_map(|f| SIZES.map(|size| (f, size))) {
        for padding in [0, 12, 13] {
            let stride = format.row_bytes(width).next_multiple_of(2) + padding;
            let bytes = paint(format, width as usize, height as usize, stride);
            let image =
                RawImage { format, width, height, stride, colour: Colour::CANVAS, bytes: &bytes };
            let picture = convert(&image);
            let Planes { width: across, height: down } = picture.layout();
            assert_eq!((across, down), (width / 2 * 2, height / 2 * 2));
            for (x, y) in (0..down as usize).flat_map(|y| (0..across as usize).map(move |x| (x, y)))
            {
                let [luma, _, _] = pixel(x, y).map(i32::from);
                let [_, cb, cr] = pixel(x / 2 * 2, y / 2 * 2).map(i32::from);
                let wanted =
                    if format == RawFormat::Grey { [luma, 128, 128] } else { [luma, cb, cr] };
                assert_eq!(at(&picture, x, y), wanted, "{format:?} {width}×{height} at {x},{y}");
            }
        }
    }
}

#[test]
fn chroma_of_each_two_rows_is_their_mean() {
    let (width, height) = (1_200, 4);
    // Blue 50 and 61 in turn, red 200 and 211: 56 and 206, rounded up.
    let value = |row: usize, red: bool| if red { 200 } else { 50 } + (row % 2 * 11) as u8;
    let planes = |each: &dyn Fn(usize) -> Vec<u8>| -> Vec<u8> {
        let luma = vec![90; width * height];
        [luma, (0..height).flat_map(each).collect()].concat()
    };
    let pairs = |swapped: bool| {
        planes(&|row| [swapped, !swapped].map(|red| value(row, red)).repeat(width / 2))
    };
    let packed = |order: [usize; 4]| -> Vec<u8> {
        let pixels = |row| order.map(|part| [90, value(row, false), 90, value(row, true)][part]);
        (0..height).flat_map(|row| pixels(row).repeat(width / 2)).collect()
    };
    let separate = [false, true].map(|red| {
        (0..height).flat_map(|row| vec![value(row, red); width / 2]).collect::<Vec<u8>>()
    });
    for (format, bytes) in [
        (RawFormat::Nv16, pairs(false)),
        (RawFormat::Nv61, pairs(true)),
        (RawFormat::I422, [vec![90; width * height], separate.concat()].concat()),
        (RawFormat::Yuyv, packed([0, 1, 2, 3])),
        (RawFormat::Uyvy, packed([1, 0, 3, 2])),
        (RawFormat::Yvyu, packed([0, 3, 2, 1])),
        (RawFormat::Vyuy, packed([3, 0, 1, 2])),
    ] {
        let mut image = RawImage::packed(format, width as u32, height as u32, &bytes);
        image.colour = Colour::CANVAS;
        let picture = convert(&image);
        for (x, y) in [(0, 0), (1_023, 1), (1_024, 2), (1_199, 3)] {
            assert_eq!(at(&picture, x, y), [90, 56, 206], "{format:?} at {x},{y}");
        }
    }
}

#[test]
fn rgb_becomes_bt709_in_limited_range() {
    for (format, (width, height)) in RGB.into_iter().flat_map(|f| SIZES.map(|size| (f, size))) {
        let stride = format.row_bytes(width) + 7;
        let bytes = paint(format, width as usize, height as usize, stride);
        let image = RawImage { format, width, height, stride, colour: Colour::RGB, bytes: &bytes };
        let picture = convert(&image);
        let layout = picture.layout();
        let bt709 = |x, y| {
            let [r, g, b] = rgb(x, y).map(|part| f32::from(part) / 255.0);
            let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
            [luma, (b - luma) / 1.8556, (r - luma) / 1.5748]
        };
        for (x, y) in (0..layout.height as usize)
            .flat_map(|y| (0..layout.width as usize).map(move |x| (x, y)))
        {
            let got = at(&picture, x, y).map(|part| part as f32);
            let luma = 16.0 + 219.0 * bt709(x, y)[0];
            assert!((got[0] - luma).abs() < 1.5, "{format:?} at {x},{y}: {got:?} for {luma}");
            // The mean of four pixels, which are nearly the same.
            let (left, top) = (x / 2 * 2, y / 2 * 2);
            let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(h, v)| bt709(left + h, top + v));
            for part in [1, 2] {
                let chroma = 128.0 + 56.0 * four.map(|pixel| pixel[part]).iter().sum::<f32>();
                let off = (got[part] - chroma).abs();
                assert!(off < 2.5, "{format:?} at {x},{y}: {got:?} for {chroma}");
            }
        }
    }
}

#[test]
fn limited_rgb_keeps_its_black_its_white_and_its_colours() {
    let limited = Colour { range: Range::Limited, ..Colour::RGB };
    for (rgb, wanted) in [
        ([16, 16, 16], [16, 128, 128]),
        ([235, 235, 235], [235, 128, 128]),
        ([235, 16, 16], [63, 102, 240]),
        ([16, 16, 235], [32, 240, 118]),
    ] {
        let bytes = rgb.repeat(16 * 8);
        let mut image = RawImage::packed(RawFormat::Rgb, 16, 8, &bytes);
        image.colour = limited;
        let got = at(&convert(&image), 3, 3);
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= 1), "{rgb:?}: {got:?}");
    }
}

#[test]
fn a_bt601_picture_gets_the_colours_of_bt709() {
    // Pure red in BT.601 limited range, and what it is in BT.709.
    let bytes: Vec<u8> = [81_u8, 90, 81, 240].repeat(8 * 8);
    let image = RawImage::packed(RawFormat::Yuyv, 16, 8, &bytes);
    let [y, cb, cr] = at(&convert(&image), 3, 3);
    assert!((y - 63).abs() <= 1 && (cb - 102).abs() <= 1 && (cr - 240).abs() <= 1, "{y} {cb} {cr}");
}

#[test]
fn a_full_range_picture_is_squeezed() {
    let bytes = [[255_u8; 64].as_slice(), &[128; 32]].concat();
    let mut image = RawImage::packed(RawFormat::I420, 8, 8, &bytes);
    image.colour = Colour { matrix: Matrix::Bt709, range: Range::Full };
    assert_eq!(at(&convert(&image), 5, 5), [235, 128, 128]);
}

#[test]
fn too_few_bytes_are_an_error_for_every_format_and_length() {
    for format in YUV.into_iter().chain(RGB) {
        let (width, height) = (34, 18);
        let stride = format.row_bytes(width);
        let bytes = paint(format, width as usize, height as usize, stride);
        let mut converter = Converter::default();
        let mut short = 0;
        for len in 0..bytes.len() {
            let image = RawImage {
                format,
                width,
                height,
                stride,
                colour: Colour::CAMERA,
                bytes: &bytes[..len],
            };
            let mut picture = Picture::black(image.layout());
            short += usize::from(converter.convert(&image, &mut picture).is_err());
        }
        let exact = match format {
            RawFormat::Rgb | RawFormat::Bgr => 34 * 18 * 3,
            format if format.is_rgb() => 34 * 18 * 4,
            RawFormat::Grey => 34 * 18,
            RawFormat::Nv12 | RawFormat::Nv21 | RawFormat::I420 | RawFormat::Yv12 => {
                34 * 18 * 3 / 2
            }
            _ => 34 * 18 * 2,
        };
        assert_eq!(short, exact, "{format:?} needs all of its bytes and no more");
    }
}

#[test]
fn a_picture_of_another_size_is_refused() {
    let image = RawImage::packed(RawFormat::Grey, 4, 4, &[0; 16]);
    let mut picture = Picture::black(Planes::new(8, 8));
    let refused = Converter::default().convert(&image, &mut picture);
    assert_eq!(refused, Err(ConvertError::Size { width: 4, height: 4 }));
}

/// A JPEG file of 48×32 pixels, red left and blue right, made by ffmpeg.
const JPEG: &[u8] = include_bytes!("../../../tests/fixtures/media/red_blue_48x32.jpg");

/// The same as most cameras send it: with the tables that go without saying.
const JPEG_WITHOUT_TABLES: &[u8] =
    include_bytes!("../../../tests/fixtures/media/red_blue_48x32_no_tables.jpg");

#[test]
fn a_jpeg_picture_has_its_colours_with_and_without_tables() {
    for jpeg in [JPEG, JPEG_WITHOUT_TABLES] {
        let image = RawImage::packed(RawFormat::Mjpeg, 48, 32, jpeg);
        let picture = convert(&image);
        // Red and blue of full brightness in BT.709, limited range.
        for (x, wanted) in [(8, [63, 102, 240]), (40, [32, 240, 118])] {
            let got = at(&picture, x, 16);
            let near = got.iter().zip(wanted).all(|(a, b)| (a - b).abs() <= 3);
            assert!(near, "{got:?} for {wanted:?}");
        }
    }
}

#[test]
fn a_damaged_jpeg_is_an_error_or_a_picture_and_never_a_panic() {
    let mut converter = Converter::default();
    let mut picture = Picture::black(Planes::new(48, 32));
    let mut try_on = |bytes: &[u8]| {
        let image = RawImage::packed(RawFormat::Mjpeg, 48, 32, bytes);
        let _ = converter.convert(&image, &mut picture);
    };
    for jpeg in [JPEG, JPEG_WITHOUT_TABLES] {
        for len in 0..jpeg.len() {
            try_on(&jpeg[..len]);
        }
        for n in 0..jpeg.len() * 4 {
            let mut bytes = jpeg.to_vec();
            bytes[n / 4] ^= [0x01, 0x10, 0x80, 0xff][n % 4];
            try_on(&bytes);
        }
    }
    let other = RawImage::packed(RawFormat::Mjpeg, 64, 32, JPEG);
    let refused = converter.convert(&other, &mut Picture::black(other.layout()));
    assert!(matches!(refused, Err(ConvertError::Jpeg(_))), "another size: {refused:?}");
}

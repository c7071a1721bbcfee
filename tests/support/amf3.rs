//! Random AMF3 values as bytes, with references to strings, classes and objects.
//!
//! It shares no code with the library; the numbers are those of AMF3 §3.

use super::random::Random;

/// One value, marker first.
pub fn value(random: &mut Random) -> Vec<u8> {
    let mut scribe = Scribe { random, out: Vec::new(), strings: 0, objects: 0, traits: Vec::new() };
    scribe.value(4);
    scribe.out
}

/// The texts that strings are made of: short, long, empty and not only ASCII.
const TEXTS: [&str; 6] = ["", "a", "code", "NetConnection.Connect.Success", "ünïcödé", "🎥"];

struct Scribe<'r> {
    random: &'r mut Random,
    out: Vec<u8>,
    strings: usize,
    objects: usize,
    /// Sealed members of each class, and whether it is dynamic.
    traits: Vec<(usize, bool)>,
}

impl Scribe<'_> {
    fn value(&mut self, depth: usize) {
        let kinds = if depth == 0 { 9 } else { 13 };
        match self.random.below(kinds) {
            kind @ 0..=3 => self.out.push(kind as u8),
            4 => {
                self.out.push(4);
                let any = self.random.next() as u32;
                let shift = 3 + self.random.below(28);
                self.u29(any >> shift);
            }
            5 => {
                self.out.push(5);
                let bits = self.random.next();
                self.out.extend(bits.to_be_bytes());
            }
            6 => {
                self.out.push(6);
                self.string();
            }
            7 => self.simple_object(),
            8 => self.object_reference(),
            9 | 10 => self.array(depth - 1),
            _ => self.instance(depth - 1),
        }
    }

    fn u29(&mut self, value: u32) {
        match value {
            0..0x80 => self.out.push(value as u8),
            0x80..0x4000 => self.out.extend([0x80 | (value >> 7) as u8, (value & 0x7F) as u8]),
            0x4000..0x20_0000 => self.out.extend([
                0x80 | (value >> 14) as u8,
                0x80 | (value >> 7) as u8,
                (value & 0x7F) as u8,
            ]),
            _ => self.out.extend([
                0x80 | (value >> 22) as u8,
                0x80 | (value >> 15) as u8,
                0x80 | (value >> 8) as u8,
                value as u8,
            ]),
        }
    }

    fn string(&mut self) {
        if self.strings > 0 && self.random.one_in(3) {
            let index = self.random.below(self.strings) as u32;
            return self.u29(index << 1);
        }
        let text = *self.random.pick(&TEXTS);
        self.inline_text(text);
        self.strings += usize::from(!text.is_empty());
    }

    fn name(&mut self) {
        let text = *self.random.pick(&TEXTS[1..]);
        self.inline_text(text);
        self.strings += 1;
    }

    fn inline_text(&mut self, text: &str) {
        self.u29((text.len() as u32) << 1 | 1);
        self.out.extend(text.as_bytes());
    }

    /// A document, date or byte array.
    fn simple_object(&mut self) {
        let kind = *self.random.pick(&[7, 8, 11, 12]);
        self.out.push(kind);
        self.objects += 1;
        if kind == 8 {
            self.out.push(1);
            let milliseconds = (self.random.next() >> 24) as f64;
            return self.out.extend(milliseconds.to_be_bytes());
        }
        let text = *self.random.pick(&TEXTS);
        self.inline_text(text);
    }

    /// Mostly to a finished object, at times to one under way.
    fn object_reference(&mut self) {
        if self.objects == 0 {
            return self.out.push(1);
        }
        let index = self.random.below(self.objects) as u32;
        let kind = *self.random.pick(&[7, 8, 9, 10, 11, 12]);
        self.out.push(kind);
        self.u29(index << 1);
    }

    fn array(&mut self, depth: usize) {
        self.out.push(9);
        self.objects += 1;
        let count = self.random.below(4);
        self.u29((count as u32) << 1 | 1);
        if self.random.one_in(3) {
            self.members(depth);
        } else {
            self.out.push(1);
        }
        for _ in 0..count {
            self.value(depth);
        }
    }

    fn members(&mut self, depth: usize) {
        for _ in 0..self.random.below(4) {
            self.name();
            self.value(depth);
        }
        self.out.push(1);
    }

    fn instance(&mut self, depth: usize) {
        self.out.push(10);
        self.objects += 1;
        let (sealed, dynamic) = self.class();
        for _ in 0..sealed {
            self.value(depth);
        }
        if dynamic {
            self.members(depth);
        }
    }

    fn class(&mut self) -> (usize, bool) {
        if !self.traits.is_empty() && self.random.one_in(3) {
            let index = self.random.below(self.traits.len());
            self.u29((index as u32) << 2 | 1);
            return self.traits[index];
        }
        let class = (self.random.below(4), self.random.one_in(2));
        self.traits.push(class);
        self.u29((class.0 as u32) << 4 | u32::from(class.1) << 3 | 3);
        self.string();
        for _ in 0..class.0 {
            self.name();
        }
        class
    }
}

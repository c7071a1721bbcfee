//! Text in the letters of the bitmap alphabet: accents are left out, Cyrillic and Greek
//! are written in Latin letters, and what has no such spelling is left out.

/// Letters, and how each of them is written.
const SPELLINGS: &[(&str, &str)] = &[
    ("ÀÁÂÃÄÅĀĂĄǍàáâãäåāăąǎАаΑαΆάẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ", "A"),
    ("ÆæǼǽ", "AE"),
    ("БбΒβ", "B"),
    ("ÇĆĈĊČçćĉċč", "C"),
    ("ÐĎĐðďđДдΔδ", "D"),
    ("ÈÉÊËĒĔĖĘĚèéêëēĕėęěЕеЭэЄєΕεΈέẸẹẺẻẼẽẾếỀềỂểỄễỆệ", "E"),
    ("ФфΦφ", "F"),
    ("ĜĞĠĢĝğġģГгҐґΓγ", "G"),
    ("ĤĦĥħ", "H"),
    ("ÌÍÎÏĨĪĬĮİìíîïĩīĭįıИиІіЇїΗηΉήΙιΊίϊΐỈỉỊị", "I"),
    ("ĴĵЙйЈј", "J"),
    ("ĶķКкΚκ", "K"),
    ("ĹĻĽĿŁĺļľŀłЛлΛλ", "L"),
    ("МмΜμµ", "M"),
    ("ÑŃŅŇñńņňŋŊНнΝν", "N"),
    ("ÒÓÔÕÖØŌŎŐǑòóôõöøōŏőǒОоΟοΌόΩωΏώỌọỎỏỐốỒồỔổỖỗỘộƠơỚớỜờỞởỠỡỢợ", "O"),
    ("Œœ", "OE"),
    ("ПпΠπ", "P"),
    ("ŔŖŘŕŗřРрΡρ", "R"),
    ("ŚŜŞŠȘśŝşšșСсΣσς", "S"),
    ("ßẞ", "SS"),
    ("ŢŤŦȚţťŧțТтΤτ", "T"),
    ("Þþ", "TH"),
    ("ÙÚÛÜŨŪŬŮŰŲǓùúûüũūŭůűųǔУуЎўỤụỦủƯưỨứỪừỬửỮữỰự", "U"),
    ("Вв", "V"),
    ("Ŵŵ", "W"),
    ("ÝŶŸýŷÿЫыΥυΎύϋΰỲỳỴỵỶỷỸỹ", "Y"),
    ("ŹŻŽźżžЗзΖζ", "Z"),
    ("Ёё", "YO"),
    ("Жж", "ZH"),
    ("ХхΧχ", "KH"),
    ("Цц", "TS"),
    ("Чч", "CH"),
    ("Шш", "SH"),
    ("Щщ", "SHCH"),
    ("Юю", "YU"),
    ("Яя", "YA"),
    ("Θθ", "TH"),
    ("Ξξ", "X"),
    ("Ψψ", "PS"),
    ("‘’‚′ʼ", "'"),
    ("“”„″«»", "\""),
    ("‐‑‒–—−", "-"),
    ("…", "..."),
    ("×", "X"),
    ("\u{a0}\u{2007}\u{202f}\u{3000}\t", " "),
    ("·•", "-"),
    ("№", "NO"),
    ("¹", "1"),
    ("²", "2"),
    ("³", "3"),
];

/// The text in letters that `knows` them.
pub(super) fn plain(text: &str, knows: impl Fn(char) -> bool) -> String {
    let mut plain = String::new();
    for letter in text.chars() {
        if knows(letter) {
            plain.push(letter);
        } else if let Some(spelling) = spelling(letter) {
            plain.push_str(spelling);
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How a letter is written in ASCII.
pub(super) fn spelling(letter: char) -> Option<&'static str> {
    // Full-width forms, as they are typed among Chinese and Japanese letters.
    const FULL_WIDTH: u32 = 0xff01 - 0x21;
    let narrow = u32::from(letter).wrapping_sub(FULL_WIDTH);
    if let Ok(at) = usize::try_from(narrow.wrapping_sub(0x21))
        && let Some(ascii) = ASCII.get(at..=at)
    {
        return Some(ascii);
    }
    SPELLINGS.iter().find(|(letters, _)| letters.contains(letter)).map(|(_, plain)| *plain)
}

/// From `!` to `~`.
const ASCII: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn plain(text: &str) -> String {
        super::plain(text, |letter| letter.is_ascii())
    }

    #[test]
    fn letters_are_spelt_in_those_that_there_are() {
        assert_eq!(plain("Caméra intégrée"), "CamEra intEgrEe");
        assert_eq!(plain("Straße №1 – Łódź"), "StraSSe NO1 - LOdZ");
        assert_eq!(plain("Камера Щ"), "KAMERA SHCH");
        assert_eq!(plain("Κάμερα"), "KAMERA");
        assert_eq!(plain("ＵＳＢ２"), "USB2");
        assert_eq!(plain("摄像头 USB 摄"), "USB");
        assert_eq!(plain("摄像头"), "");
        // As a system writes it that keeps accents apart.
        assert_eq!(plain("Came\u{301}ra"), "Camera");
    }

    #[test]
    fn no_letter_has_two_spellings() {
        let mut seen = HashSet::new();
        for letter in SPELLINGS.iter().flat_map(|(letters, _)| letters.chars()) {
            assert!(seen.insert(letter), "{letter}");
        }
        assert_eq!(ASCII.len(), 0x7e - 0x20);
    }
}

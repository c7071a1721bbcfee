//! The system's fonts, by the letters that they have.

use fontique::{
    Collection, CollectionOptions, FallbackKey, GenericFamily, Language, Query, QueryFamily,
    QueryFont, QueryStatus, SourceCache, SourceCacheOptions,
};
use skrifa::{FontRef, GlyphId, MetadataProvider};
use unicode_script::{Script, UnicodeScript};

/// Fonts to choose from.
pub(super) struct Fonts {
    collection: Collection,
    cache: SourceCache,
}

/// Languages that write Han, whose fonts lack each other's letters.
const HAN: [&str; 4] = ["zh-SG", "zh-TW", "ja", "ko"];

impl Fonts {
    /// All that are installed. Takes tens of milliseconds to find.
    pub fn of_system() -> Self {
        Self::of(Collection::new(CollectionOptions { shared: false, system_fonts: true }))
    }

    pub fn of(collection: Collection) -> Self {
        Self { collection, cache: SourceCache::new(SourceCacheOptions::default()) }
    }

    /// A font that has a letter.
    pub fn find(&mut self, letter: char) -> Option<QueryFont> {
        const FAMILIES: [GenericFamily; 5] = [
            GenericFamily::SansSerif,
            GenericFamily::SystemUi,
            GenericFamily::Serif,
            GenericFamily::Monospace,
            GenericFamily::Emoji,
        ];
        let mut query = self.collection.query(&mut self.cache);
        let Some(script) = script_of(letter) else {
            query.set_families(FAMILIES.map(QueryFamily::Generic));
            return first(&mut query, letter);
        };
        let name = fontique::Script::parse(script.short_name()).ok()?;
        let han = || HAN.iter().filter_map(|tag| Language::parse(tag).ok());
        let languages = (script == Script::Han).then(han).into_iter().flatten();
        std::iter::once(None).chain(languages.map(Some)).find_map(|language| {
            query.set_families(FAMILIES.map(QueryFamily::Generic));
            query.set_fallbacks(FallbackKey::new(name, language.as_ref()));
            first(&mut query, letter)
        })
    }
}

fn first(query: &mut Query<'_>, letter: char) -> Option<QueryFont> {
    let mut found = None;
    query.matches_with(|font| {
        if !has(font, letter) {
            return QueryStatus::Continue;
        }
        found = Some(font.clone());
        QueryStatus::Stop
    });
    found
}

/// Whether a font has a letter's outline.
pub(super) fn has(font: &QueryFont, letter: char) -> bool {
    let glyph = font.charmap().and_then(|map| map.map(letter)).map(GlyphId::new);
    let Ok(face) = FontRef::from_index(font.blob.as_ref(), font.index) else { return false };
    glyph
        .is_some_and(|glyph| glyph != GlyphId::NOTDEF && face.outline_glyphs().get(glyph).is_some())
}

/// The script of a letter; `None` for what all scripts share.
pub(super) fn script_of(letter: char) -> Option<Script> {
    let script = letter.script();
    (!matches!(script, Script::Common | Script::Inherited | Script::Unknown)).then_some(script)
}

/// Whether it belongs to the letter before: an accent, or what joins letters.
pub(super) fn is_mark(letter: char) -> bool {
    matches!(letter.script(), Script::Inherited) || letter == '\u{200c}'
}

/// Whether a script is written from right to left.
pub(super) fn is_from_right(script: Script) -> bool {
    use Script::{Adlam, Arabic, Hanifi_Rohingya, Hebrew, Nko, Syriac, Thaana};
    matches!(script, Arabic | Hebrew | Syriac | Thaana | Nko | Adlam | Hanifi_Rohingya)
}

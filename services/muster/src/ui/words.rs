//! Words: every text of the screen comes from a catalogue, in the reader's language.
//!
//! English is whole; another language may have gaps, which fall back to English. Which language:
//! the address (`?lang=`), then the cookie, then what the browser asks for. Never a text in code.

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader as _};

use super::bits::{Number, grouped};

fluent_templates::static_loader! {
    static CATALOGUES = {
        locales: "./locales",
        fallback_language: "en",
        // Marks of isolation keep a serial in order inside an Arabic sentence; English needs none.
        customise: |bundle| bundle.set_use_isolating(bundle.locales.iter().any(|one| one.language.as_str() == "ar")),
    };
}

/// The languages on offer: code, own name, direction of writing.
pub const TONGUES: &[(&str, &str, &str)] = &[("en", "English", "ltr"), ("ar", "العربية", "rtl")];

/// The cookie that remembers the language.
pub const COOKIE: &str = "muster_lang";

/// The words of one language.
#[derive(Clone, Debug)]
pub struct Words {
    language: LanguageIdentifier,
    at: usize,
}

impl Default for Words {
    fn default() -> Self {
        Self::of("en")
    }
}

impl Words {
    /// The words of a language on offer, else of English.
    #[must_use]
    pub fn of(code: &str) -> Self {
        let at = TONGUES.iter().position(|(known, ..)| *known == code).unwrap_or(0);
        let language = TONGUES[at].0.parse().expect("the languages on offer are well formed");
        Self { language, at }
    }

    /// The best language for a request: asked for by address, remembered, or preferred by the browser.
    #[must_use]
    pub fn choose(asked: Option<&str>, remembered: Option<&str>, preferred: Option<&str>) -> Self {
        let known = |code: &&str| TONGUES.iter().any(|(tongue, ..)| tongue == code);
        let first = |list: &str| {
            let codes = list.split(',').take(16).filter_map(|part| part.split([';', '-']).next()).map(str::trim);
            codes.map(str::to_ascii_lowercase).find(|code| known(&code.as_str()))
        };
        let chosen = asked.filter(known).or(remembered.filter(known)).map(str::to_owned);
        Self::of(&chosen.or_else(|| preferred.and_then(first)).unwrap_or_default())
    }

    /// The language's code, for the page's `lang`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        TONGUES[self.at].0
    }

    /// The direction of writing, for the page's `dir`.
    #[must_use]
    pub fn dir(&self) -> &'static str {
        TONGUES[self.at].2
    }

    /// A text.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        CATALOGUES.try_lookup(&self.language, key).unwrap_or_else(|| key.to_owned())
    }

    /// A text if the catalogues have it.
    #[must_use]
    pub fn maybe(&self, key: &str) -> Option<String> {
        CATALOGUES.try_lookup(&self.language, key)
    }

    /// A text with one word put in.
    #[must_use]
    pub fn t1(&self, key: &str, name: &'static str, value: impl std::fmt::Display) -> String {
        self.with(key, &[(name, FluentValue::from(value.to_string()))])
    }

    /// A text with two words put in.
    #[must_use]
    pub fn t2(&self, key: &str, one: (&'static str, &str), two: (&'static str, &str)) -> String {
        let value = |text: &str| FluentValue::from(text.to_owned());
        self.with(key, &[(one.0, value(one.1)), (two.0, value(two.1))])
    }

    /// A text that changes with a number, put in as `$n`.
    #[must_use]
    pub fn tn(&self, key: &str, n: impl Number) -> String {
        let n = n.value();
        self.with(key, &[("n", FluentValue::from(n)), ("shown", FluentValue::from(grouped(n)))])
    }

    /// The word of a code list: `word("state", "in_store")` is the text of `state-in_store`.
    #[must_use]
    pub fn word(&self, list: &str, code: &str) -> String {
        self.maybe(&format!("{list}-{code}")).unwrap_or_else(|| code.to_owned())
    }

    /// A sentence that a view asks for: numbers among its values choose the plural.
    #[must_use]
    pub fn message(&self, key: &str, args: &[(String, String)]) -> String {
        let value = |text: &String| match text.parse::<i64>() {
            Ok(n) => FluentValue::from(n),
            Err(_) => FluentValue::from(text.clone()),
        };
        let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> =
            args.iter().map(|(name, text)| (Cow::Owned(name.clone()), value(text))).collect();
        CATALOGUES.try_lookup_with_args(&self.language, key, &arguments).unwrap_or_else(|| key.to_owned())
    }

    fn with(&self, key: &str, values: &[(&'static str, FluentValue<'static>)]) -> String {
        let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> =
            values.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
        CATALOGUES.try_lookup_with_args(&self.language, key, &arguments).unwrap_or_else(|| key.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: Option<&str>, remembered: Option<&str>, preferred: Option<&str>, want: &str) {
        assert_eq!(Words::choose(asked, remembered, preferred).code(), want);
    }

    #[test]
    fn the_address_wins_then_the_cookie_then_the_browser() {
        check(Some("ar"), Some("en"), Some("en"), "ar");
        check(Some("tlh"), Some("ar"), None, "ar");
        check(None, None, Some("de-DE,ar-EG;q=0.8,en;q=0.5"), "ar");
        check(None, None, Some("de"), "en");
        check(None, None, None, "en");
    }

    #[test]
    fn a_gap_falls_back_to_english() {
        let [english, arabic] = [Words::of("en"), Words::of("ar")];
        assert_ne!(english.t("nav-overview"), arabic.t("nav-overview"));
        assert_eq!(arabic.t("log-proves-1"), english.t("log-proves-1"));
        assert_eq!(english.t("no-such-key"), "no-such-key");
    }
}

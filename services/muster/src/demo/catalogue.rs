//! Training data: fifty well-known models with class, maker, country and calibre.
//!
//! Models, makers and calibres are real and written from general knowledge, for practice only: this
//! is no reference and nobody should identify a weapon by it. Countries are as at the time of making,
//! hence SU, YU and CS. Every serial made from it is invented.

use armoury::codes::Class::{self, Lw1, Lw2, Lw5, Lw6, Lw8, Sa1, Sa2, Sa3, Sa4, Sa5, Sa9};

/// A model as the training ledger knows it.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The word by which the store list names it.
    pub key: &'static str,
    /// UN class.
    pub class: Class,
    /// Maker or factory.
    pub maker: &'static str,
    /// Model.
    pub model: &'static str,
    /// Calibre in metric form.
    pub calibre: &'static str,
    /// Country of manufacture at the time.
    pub country: &'static str,
    /// First and last year in which the invented pieces were made.
    pub years: (u16, u16),
    /// How an invented serial looks: `#` a digit of a running number, `@` a letter, else itself.
    pub serial: &'static str,
}

#[expect(clippy::too_many_arguments, reason = "one line of the table below")]
const fn m(
    key: &'static str,
    class: Class,
    maker: &'static str,
    model: &'static str,
    calibre: &'static str,
    country: &'static str,
    years: (u16, u16),
    serial: &'static str,
) -> Model {
    Model { key, class, maker, model, calibre, country, years, serial }
}

/// The models, by class.
pub const MODELS: &[Model] = &[
    m("92fs", Sa1, "Beretta", "92FS", "9x19", "IT", (1992, 2006), "M######Z"),
    m("glock17", Sa1, "Glock", "17", "9x19", "AT", (2004, 2015), "BKTR###"),
    m("cz75", Sa1, "Česká zbrojovka", "CZ 75", "9x19", "CS", (1978, 1991), "@######"),
    m("p226", Sa1, "SIG Sauer", "P226", "9x19", "DE", (1990, 2003), "U######"),
    m("hp", Sa1, "FN Herstal", "High Power", "9x19", "BE", (1968, 1984), "T######"),
    m("pm", Sa1, "Izhevsk Mechanical Plant", "PM (Makarov)", "9x18", "SU", (1958, 1986), "ЕК####"),
    m("tt33", Sa1, "Tula Arms Plant", "TT-33", "7.62x25", "SU", (1938, 1951), "КА####"),
    m("m57", Sa1, "Zastava", "M57", "7.62x25", "YU", (1965, 1988), "######"),
    m("type54", Sa1, "Norinco", "Type 54", "7.62x25", "CN", (1965, 1986), "######"),
    m("model10", Sa1, "Smith & Wesson", "Model 10", ".38 Spl", "US", (1962, 1980), "D######"),
    m("svd", Sa2, "Izhmash", "SVD", "7.62x54R", "SU", (1968, 1990), "С####"),
    m("sks", Sa2, "Tula Arms Plant", "SKS", "7.62x39", "SU", (1950, 1956), "РЖ####"),
    m("no4", Sa2, "ROF Fazakerley", "No. 4 Mk 2", ".303", "GB", (1949, 1955), "PF######"),
    m("k98k", Sa2, "Mauser", "Kar98k", "7.92x57", "DE", (1938, 1944), "####@"),
    m("ssg69", Sa2, "Steyr Mannlicher", "SSG 69", "7.62x51", "AT", (1975, 1995), "######"),
    m("mp5", Sa3, "Heckler & Koch", "MP5A3", "9x19", "DE", (1985, 2001), "C######"),
    m("uzi", Sa3, "Israel Military Industries", "Uzi", "9x19", "IL", (1964, 1982), "######"),
    m("sterling", Sa3, "Sterling Armament Company", "L2A3", "9x19", "GB", (1957, 1972), "KR#####"),
    m("m70ab2", Sa4, "Zastava", "M70AB2", "7.62x39", "YU", (1980, 1991), "######"),
    m("akm", Sa4, "Izhmash", "AKM", "7.62x39", "SU", (1961, 1976), "КО####"),
    m("akms", Sa4, "Tula Arms Plant", "AKMS", "7.62x39", "SU", (1964, 1976), "УЛ####"),
    m("type561", Sa4, "Norinco", "Type 56-1", "7.62x39", "CN", (1969, 1985), "1403####"),
    m("type562", Sa4, "Norinco", "Type 56-2", "7.62x39", "CN", (1981, 1992), "2511####"),
    m("pmmd63", Sa4, "Cugir Arms Plant", "PM md. 63", "7.62x39", "RO", (1964, 1978), "@@####"),
    m("vz58", Sa4, "Česká zbrojovka", "vz. 58 P", "7.62x39", "CS", (1960, 1983), "#####@"),
    m("m16a2", Sa4, "Colt", "M16A2", "5.56x45", "US", (1986, 1999), "7######"),
    m("fal", Sa4, "FN Herstal", "FAL 50.00", "7.62x51", "BE", (1962, 1980), "######"),
    m("fnc", Sa4, "FN Herstal", "FNC", "5.56x45", "BE", (1983, 1996), "######"),
    m("g3", Sa4, "Heckler & Koch", "G3A3", "7.62x51", "DE", (1966, 1985), "640####"),
    m("galil", Sa4, "Israel Military Industries", "Galil ARM", "5.56x45", "IL", (1976, 1992), "20#####"),
    m("famas", Sa4, "GIAT", "FAMAS F1", "5.56x45", "FR", (1980, 1992), "F#####"),
    m("aug", Sa4, "Steyr Mannlicher", "AUG A1", "5.56x45", "AT", (1984, 1998), "###SA###"),
    m("rpk", Sa5, "Molot", "RPK", "7.62x39", "SU", (1963, 1978), "ВН###"),
    m("pkm", Sa5, "Degtyarev Plant", "PKM", "7.62x54R", "SU", (1971, 1990), "ДА####"),
    m("minimi", Sa5, "FN Herstal", "Minimi", "5.56x45", "BE", (1988, 2004), "FN#####"),
    m("mag", Sa5, "FN Herstal", "MAG", "7.62x51", "BE", (1974, 1999), "#####"),
    m("mg3", Sa5, "Rheinmetall", "MG3", "7.62x51", "DE", (1970, 1988), "#####"),
    m("m2hb", Lw1, "Saco Defense", "M2HB", "12.7x99", "US", (1978, 1995), "#####"),
    m("dshkm", Lw1, "Degtyarev Plant", "DShKM", "12.7x108", "SU", (1955, 1975), "Ж####"),
    m("m203", Lw2, "Colt", "M203", "40x46", "US", (1985, 1999), "######"),
    m("hk69", Lw2, "Heckler & Koch", "HK69A1", "40x46", "DE", (1983, 1996), "#####"),
    m("mgl", Lw2, "Milkor", "MGL Mk 1", "40x46", "ZA", (1988, 2000), "####"),
    m("gustaf", Lw5, "FFV Ordnance", "Carl Gustaf M2", "84 mm", "SE", (1972, 1988), "#####"),
    m("spg9", Lw5, "Bazalt", "SPG-9", "73 mm", "SU", (1966, 1982), "Е####"),
    m("rpg7", Lw6, "Degtyarev Plant", "RPG-7V", "40 mm", "SU", (1964, 1988), "@#####"),
    m("m6", Lw8, "Hirtenberger", "M6", "60 mm", "AT", (1994, 2006), "####"),
    m("l16", Lw8, "Royal Ordnance", "L16A1", "81 mm", "GB", (1968, 1985), "####"),
    m("podnos", Lw8, "Motovilikha Plants", "2B14", "82 mm", "SU", (1983, 1990), "####"),
    m("r870", Sa9, "Remington", "870", "12 gauge", "US", (1975, 1998), "V######V"),
    m("m4", Sa9, "Benelli", "M4", "12 gauge", "IT", (2003, 2012), "Y######"),
];

/// The model of a key.
///
/// # Panics
/// If the store list names a key that the catalogue does not hold; a test sees that it does not.
#[must_use]
pub fn model(key: &str) -> &'static Model {
    MODELS.iter().find(|model| model.key == key).expect("a test compares the store list with the catalogue")
}

impl Model {
    /// The invented serial of the `n`-th piece; different for every `n` below 1,000.
    #[must_use]
    pub fn invented_serial(&self, n: u32) -> String {
        let digits = self.serial.chars().filter(|c| *c == '#').count();
        let step = if digits > 3 { 3 } else { 1 };
        let start = self.key.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
        let span = 10_u32.pow(u32::try_from(digits).unwrap_or(6));
        let running = format!("{:0digits$}", (start % span + n * step) % span);
        let mut digit = running.chars();
        let letter = char::from(b'A' + u8::try_from(n / 200 % 26).unwrap_or(0));
        let put = |c| match c {
            '#' => digit.next().unwrap_or('0'),
            '@' => letter,
            other => other,
        };
        self.serial.chars().map(put).collect()
    }

    /// The invented year of the `n`-th piece.
    #[must_use]
    pub fn invented_year(&self, n: u32) -> u16 {
        let span = u32::from(self.years.1 - self.years.0) + 1;
        self.years.0 + u16::try_from(n * 7 % span).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn fifty_models_each_once() {
        let keys: BTreeSet<_> = MODELS.iter().map(|model| model.key).collect();
        let names: BTreeSet<_> = MODELS.iter().map(|model| (model.maker, model.model)).collect();
        assert_eq!((keys.len(), names.len()), (50, 50));
    }

    #[test]
    fn no_serial_twice() {
        for model in MODELS {
            let most = if model.serial.chars().filter(|c| *c == '#').count() > 3 { 300 } else { 130 };
            let serials: BTreeSet<_> = (0..most).map(|n| model.invented_serial(n)).collect();
            assert_eq!(serials.len(), most as usize, "{}", model.model);
        }
    }
}

//! The frame that every page stands in: who is signed in, where we are, which time is shown, and
//! how far the book can be trusted. Every page says all of it; none hides it in a menu.

use armoury::codes::State;
use armoury::ids::ServiceNumber;
use armoury::view::scope::Message;
use tag_data::moment::Moment;

use super::bits::{self, Chip, Number, When, address, icon};
use super::words::{TONGUES, Words};

/// The pages of the menu.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nav {
    /// No entry of the menu.
    #[default]
    None,
    /// Numbers and what needs a person.
    Overview,
    /// Issue and return.
    Counter,
    /// Counts.
    Counts,
    /// What is here, grouped.
    Stockpile,
    /// Weapons by serial.
    Weapons,
    /// Who holds what.
    Holds,
    /// Alerts.
    Alerts,
    /// Lost register and cases.
    Lost,
    /// Destruction pending and batches.
    Destruction,
    /// Readers and gateways.
    Readers,
    /// Places.
    Places,
    /// People.
    People,
    /// The log.
    Log,
}

/// A group of the menu: its word, and its pages as (page, key of the word and name of the icon, address).
pub type Group = (&'static str, &'static [(Nav, &'static str, &'static str)]);

/// The menu.
pub const MENU: &[Group] = &[
    (
        "daily",
        &[
            (Nav::Overview, "overview", "/"),
            (Nav::Counter, "counter", "/counter"),
            (Nav::Counts, "counts", "/counts"),
            (Nav::Alerts, "alerts", "/alerts"),
        ],
    ),
    (
        "stock",
        &[
            (Nav::Stockpile, "stockpile", "/stockpile"),
            (Nav::Weapons, "weapons", "/weapons"),
            (Nav::Holds, "holds", "/holds"),
            (Nav::Lost, "lost", "/lost"),
            (Nav::Destruction, "destruction", "/destruction"),
        ],
    ),
    (
        "house",
        &[
            (Nav::Readers, "readers", "/readers"),
            (Nav::Places, "places", "/places"),
            (Nav::People, "people", "/people"),
            (Nav::Log, "log", "/log"),
        ],
    ),
];

/// How the book stands, for the foot of every page.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Events in the log.
    pub size: u64,
    /// The head, lower-case hex; the foot shows its first eight.
    pub head: String,
    /// When a witness outside last signed a head; none yet is said so.
    pub witness: Option<When>,
    /// Why the book is read-only, if it is: one sentence.
    pub read_only: Option<String>,
}

impl Trust {
    /// The first eight characters of the head.
    #[must_use]
    pub fn head8(&self) -> &str {
        self.head.get(..8).unwrap_or(&self.head)
    }
}

/// The two times, where they are not now.
#[derive(Clone, Debug, Default)]
pub struct Travel {
    /// As we knew it: a position or a moment, as asked.
    pub known_at: String,
    /// As it was: a moment, as asked.
    pub true_at: String,
    /// The position that the page was made from.
    pub position: u64,
    /// The sentence of what is shown; empty = now.
    pub sentence: String,
    /// The address of the same page now.
    pub back: String,
    /// The other words of the address, to be kept when the time changes.
    pub kept: Vec<(String, String)>,
}

impl Travel {
    /// Whether the page shows another time than now.
    #[must_use]
    pub fn away(&self) -> bool {
        !self.sentence.is_empty()
    }
}

/// A word after an act, or a warning above a page.
#[derive(Clone, Debug)]
pub struct Notice {
    /// The colour's name.
    pub tone: &'static str,
    /// The sentence.
    pub text: String,
}

/// Who is signed in.
#[derive(Clone, Debug, Default)]
pub struct SignedIn {
    /// The service number.
    pub number: String,
    /// The roles, in words.
    pub roles: String,
}

/// The frame of one page.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The catalogue.
    pub words: Words,
    /// The page of the menu.
    pub nav: Nav,
    /// Path and words of this page's address.
    pub here: String,
    /// Who is signed in; none on the pages before that.
    pub who: Option<SignedIn>,
    /// The secret that forms carry.
    pub csrf: String,
    /// How the book stands.
    pub trust: Trust,
    /// The time shown, on pages that can show another.
    pub travel: Option<Travel>,
    /// True where the data is made up.
    pub training: bool,
    /// A word after an act.
    pub notice: Option<Notice>,
    /// The log's position that the page was made from: where live updates resume.
    pub position: u64,
    /// Open alerts that this person is shown.
    pub alerts: u32,
    /// Pages of the menu that this person has no right to.
    pub hidden: Vec<Nav>,
    /// The moment to which ages are told.
    pub now: Moment,
    /// When the page was made, by the server's clock.
    pub made_at: Moment,
}

impl Frame {
    /// A text of the catalogue.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        self.words.t(key)
    }

    /// A text with one word put in.
    #[must_use]
    pub fn t1(&self, key: &str, name: &'static str, value: impl std::fmt::Display) -> String {
        self.words.t1(key, name, value)
    }

    /// A text that changes with a number.
    #[must_use]
    pub fn tn(&self, key: &str, n: impl Number) -> String {
        self.words.tn(key, n)
    }

    /// A number with its thousands apart.
    #[must_use]
    pub fn n(&self, n: impl Number) -> String {
        bits::grouped(n)
    }

    /// How long ago a moment was.
    #[must_use]
    pub fn ago(&self, at: &Moment) -> String {
        bits::ago(&self.words, self.now.seconds_since(*at))
    }

    /// A moment in fixed width, UTC.
    #[must_use]
    pub fn stamp(&self, at: &Moment) -> String {
        bits::stamp(*at)
    }

    /// A moment to the second, UTC.
    #[must_use]
    pub fn stamp_seconds(&self, at: &Moment) -> String {
        bits::stamp_seconds(*at)
    }

    /// When the page was made, to the second, UTC.
    #[must_use]
    pub fn made(&self) -> String {
        bits::stamp_seconds(self.made_at)
    }

    /// A state: word, shape, colour.
    #[must_use]
    pub fn state(&self, state: &State) -> Chip {
        bits::state(&self.words, *state)
    }

    /// A service number, or a dash.
    #[must_use]
    pub fn number(&self, person: &Option<ServiceNumber>) -> String {
        person.as_ref().map_or_else(|| "\u{2013}".to_owned(), ToString::to_string)
    }

    /// A text, or a dash.
    #[must_use]
    pub fn or_dash(&self, text: &Option<String>) -> String {
        text.clone().unwrap_or_else(|| "\u{2013}".to_owned())
    }

    /// A sentence that a view asks for.
    #[must_use]
    pub fn message(&self, message: &Message) -> String {
        self.words.message(&message.key, &message.args)
    }

    /// The word of a code list.
    #[must_use]
    pub fn word(&self, list: &str, code: &str) -> String {
        self.words.word(list, code)
    }

    /// The inside of a fixed shape.
    #[must_use]
    pub fn icon(&self, name: &str) -> &'static str {
        icon(name)
    }

    /// The menu's groups.
    #[must_use]
    pub fn menu(&self) -> &'static [Group] {
        MENU
    }

    /// Whether this person has a right to a page of the menu.
    #[must_use]
    pub fn offers(&self, page: &Nav) -> bool {
        !self.hidden.contains(page)
    }

    /// Whether this person may read the log.
    #[must_use]
    pub fn offers_log(&self) -> bool {
        self.who.is_some() && self.offers(&Nav::Log)
    }

    /// The languages on offer, each with the address of this page in it.
    #[must_use]
    pub fn tongues(&self) -> Vec<(&'static str, &'static str, String)> {
        let join = if self.here.contains('?') { '&' } else { '?' };
        let others = TONGUES.iter().filter(|(code, ..)| *code != self.words.code());
        others.map(|(code, name, _)| (*code, *name, format!("{}{join}lang={code}", self.here))).collect()
    }

    /// Whether the page shows another time than now.
    #[must_use]
    pub fn away(&self) -> bool {
        self.travel.as_ref().is_some_and(Travel::away)
    }

    /// An address that keeps the time shown.
    #[must_use]
    pub fn to(&self, path: impl AsRef<str>) -> String {
        let path = path.as_ref();
        match &self.travel {
            Some(travel) if travel.away() => address(path, &[("known_at", &travel.known_at), ("true_at", &travel.true_at)]),
            _ => path.to_owned(),
        }
    }

    /// The address of the stylesheet, changed when its bytes change.
    #[must_use]
    pub fn css(&self) -> String {
        super::assets::stamped("muster.css")
    }

    /// The address of the script, changed when its bytes change.
    #[must_use]
    pub fn js(&self) -> String {
        super::assets::stamped("muster.js")
    }
}

//! Records: what leaves the book as paper or file, each with all it takes to judge it alone.
//!
//! Every record says when it was made and by whom, in what scope, what was known and what moment
//! it shows, under which head of the log, by which program, and what its words mean. Sealed names
//! and covert marks are never in one; what was withheld is stated. Pages print these structs.

pub mod count_statement;
pub mod destruction_certificate;
pub mod loss_report;
pub mod tracing;

use schemars::JsonSchema;
use serde::Serialize;
use tag_data::moment::Moment;

use crate::codes::{Class, MarkKind};
use crate::ids::{ServiceNumber, WeaponId};
use crate::marks::Mark;
use crate::view::{Views, WeaponRow};

/// What stands on every record, given by the one who asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct About {
    /// When it was made.
    pub made_at: Moment,
    /// Who asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_by: Option<ServiceNumber>,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// What the one who asked may see, in words.
    pub scope: String,
    /// Everything recorded up to this position is in it.
    pub known_at: u64,
    /// The moment shown, if it is not simply as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_at: Option<Moment>,
    /// The log's head under which it was made.
    pub head: Head,
    /// The program and its version.
    pub software: String,
}

/// A head of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Head {
    /// Events in the log.
    pub size: u64,
    /// Merkle root at that size, lower-case hex.
    pub root: String,
}

/// That an event stands in the log under a head: RFC 6962 inclusion proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proof {
    /// The event's position, from 1; its leaf index is one less.
    pub position: u64,
    /// Its leaf, lower-case hex.
    pub leaf: String,
    /// Size of the tree that the path leads to.
    pub size: u64,
    /// Sibling hashes from the leaf up, lower-case hex.
    pub path: Vec<String>,
}

/// What a word of the record means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Definition {
    /// The word.
    pub term: String,
    /// Its meaning here.
    pub meaning: String,
}

/// A weapon in a record's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Item {
    /// Its id in the book.
    pub weapon: WeaponId,
    /// UN class.
    pub class: Class,
    /// Maker.
    pub maker: String,
    /// Model.
    pub model: String,
    /// Calibre.
    pub calibre: String,
    /// Serial as stamped.
    pub serial: String,
}

impl From<WeaponRow> for Item {
    fn from(row: WeaponRow) -> Self {
        let WeaponRow { weapon, class, maker, model, calibre, serial, .. } = row;
        Self { weapon, class, maker, model, calibre, serial }
    }
}

fn items(views: &Views, weapons: &[WeaponId]) -> Vec<Item> {
    weapons.iter().filter_map(|weapon| views.weapon_row(*weapon)).map(Item::from).collect()
}

fn definitions(words: &[(&str, &str)]) -> Vec<Definition> {
    let define = |(term, meaning): &(&str, &str)| Definition { term: (*term).to_owned(), meaning: (*meaning).to_owned() };
    words.iter().map(define).collect()
}

/// Evidence levels, as every record explains them.
const LEVELS: [(&str, &str); 5] = [
    ("T", "a tag was heard: evidence of the tag, not of the weapon"),
    ("B", "a barcode or Data Matrix was read"),
    ("S", "the serial was read by eye or camera"),
    ("W", "the weapon was handled and its marks checked by two persons"),
    ("X", "counted by the content list of a sealed container whose seal was intact"),
];

/// Whether marks of this kind may leave the book. A new kind must be considered here.
const fn releasable(kind: MarkKind) -> bool {
    match kind {
        MarkKind::Serial
        | MarkKind::Maker
        | MarkKind::Country
        | MarkKind::Year
        | MarkKind::Model
        | MarkKind::Calibre
        | MarkKind::Import
        | MarkKind::StateTransfer
        | MarkKind::Confiscation
        | MarkKind::Deactivation
        | MarkKind::SecondaryRegional
        | MarkKind::Property
        | MarkKind::Proof
        | MarkKind::Assembly
        | MarkKind::Lot
        | MarkKind::RegistryAssigned
        | MarkKind::DataMatrix => true,
        MarkKind::Rack => false, // Says where in the armoury it stands.
    }
}

fn releasable_marks(marks: Vec<Mark>) -> Vec<Mark> {
    marks.into_iter().filter(|mark| releasable(mark.kind)).collect()
}

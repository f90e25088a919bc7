//! The destruction certificate of a batch, item by item, with operators, verifiers, witnesses.
//!
//! A certificate only once two verifiers and the witnesses stand; before that a statement of how
//! far the batch has come. Designed around MOSAIC 05.50 without claiming compliance.

use schemars::JsonSchema;
use serde::Serialize;

use super::{About, Definition, Item, definitions, releasable_marks};
use crate::ids::BatchId;
use crate::marks::Mark;
use crate::view::Views;
use crate::view::destruction::{BatchItem, BatchRow, BatchStage, PartRow};

/// A batch's certificate, or a statement while it is not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DestructionCertificate {
    /// Always `muster/destruction-certificate/v1`.
    pub record: String,
    /// True once two verifiers and the witnesses stand.
    pub certificate: bool,
    /// When, by whom, under which head.
    pub about: About,
    /// The batch: authority, method, operators, verifiers, witnesses.
    pub batch: BatchRow,
    /// Names of the place from the site down.
    pub place_path: String,
    /// Every weapon of the batch.
    pub lines: Vec<DestructionLine>,
    /// How many.
    pub total: u64,
    /// How many were checked against the metal and agree.
    pub checked: u64,
    /// What its words mean.
    pub definitions: Vec<Definition>,
}

/// One weapon of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DestructionLine {
    /// The weapon.
    #[serde(flatten)]
    pub item: Item,
    /// Marks as stamped.
    pub marks: Vec<Mark>,
    /// Parts that had been removed, and where each is kept.
    pub parts_removed: Vec<PartRow>,
    /// The check of its serial against the metal.
    pub check: BatchItem,
}

/// The certificate of a batch; none if there is no such batch.
#[must_use]
pub fn record(views: &Views, id: BatchId, about: About) -> Option<DestructionCertificate> {
    let batch = views.destruction.get(id)?.clone();
    let line = |check: &BatchItem| {
        let weapon = views.weapon(check.weapon, about.made_at)?;
        let parts_removed = weapon.parts_removed;
        Some(DestructionLine {
            item: Item::from(weapon.row),
            marks: releasable_marks(weapon.marks),
            parts_removed,
            check: check.clone(),
        })
    };
    let lines: Vec<DestructionLine> = batch.items.iter().filter_map(line).collect();
    let agrees = |line: &&DestructionLine| line.check.matches == Some(true);
    Some(DestructionCertificate {
        record: "muster/destruction-certificate/v1".to_owned(),
        certificate: batch.stage == BatchStage::Confirmed,
        place_path: views.places.path(batch.place),
        total: lines.len() as u64,
        checked: lines.iter().filter(agrees).count() as u64,
        lines,
        definitions: definitions(&[
            ("checked", "the serial was read from the metal and equals the serial in the book"),
            ("verifier", "one of two persons who did not operate and who confirm that the listed weapons were destroyed"),
            ("witness", "one who saw it done; not necessarily a person of the unit"),
        ]),
        batch,
        about,
    })
}

//! Code lists: closed sets of words that stand in events. A word, once released, stays for ever.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every word of this list, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word as it stands in events, addresses and files.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// The code of a word, if it is one of this list.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )*};
}

codes! {
    /// Where a weapon stands in its life (custody axis).
    State {
        /// Taken in before it could be identified.
        Provisional = "provisional",
        /// In its rack or container.
        InStore = "in_store",
        /// Issued to a person.
        Issued = "issued",
        /// Lent to another unit.
        OnLoan = "on_loan",
        /// On the road.
        InTransit = "in_transit",
        /// In a workshop.
        InMaintenance = "in_maintenance",
        /// Held as evidence.
        Evidence = "evidence",
        /// Nobody can show where it is.
        Unaccounted = "unaccounted",
        /// A person has presumed it lost.
        PresumedLost = "presumed_lost",
        /// Declared lost, with a cause.
        Lost = "lost",
        /// Recovered and held for examination.
        RecoveredHeld = "recovered_held",
        /// Verified and locked for destruction.
        Batched = "batched",
        /// Destroyed by batch.
        Destroyed = "destroyed",
        /// Destroyed in an incident; claimed by one, confirmed by two.
        DestroyedInIncident = "destroyed_in_incident",
        /// Legally and permanently deactivated.
        Deactivated = "deactivated",
        /// Transferred to another owner.
        TransferredOut = "transferred_out",
        /// Taken home by its contingent.
        Repatriated = "repatriated",
        /// Merged into another record.
        Merged = "merged",
    }
    /// UN classes of small arms and light weapons (ITI 4; two-digit codes are ours).
    Class {
        /// Revolvers and self-loading pistols.
        Sa1 = "SA1",
        /// Rifles and carbines.
        Sa2 = "SA2",
        /// Sub-machine guns.
        Sa3 = "SA3",
        /// Assault rifles.
        Sa4 = "SA4",
        /// Light machine guns.
        Sa5 = "SA5",
        /// Other small arms: shotguns, craft weapons.
        Sa9 = "SA9",
        /// Heavy machine guns.
        Lw1 = "LW1",
        /// Hand-held under-barrel and mounted grenade launchers.
        Lw2 = "LW2",
        /// Portable anti-aircraft guns.
        Lw3 = "LW3",
        /// Portable anti-tank guns.
        Lw4 = "LW4",
        /// Recoilless rifles.
        Lw5 = "LW5",
        /// Portable launchers of anti-tank missile and rocket systems.
        Lw6 = "LW6",
        /// Portable launchers of anti-aircraft missile systems.
        Lw7 = "LW7",
        /// Mortars of calibre under 100 mm.
        Lw8 = "LW8",
        /// Other light weapons.
        Lw9 = "LW9",
    }
    /// How sure a sighting is.
    Level {
        /// Tag heard.
        Tag = "T",
        /// Barcode or Data Matrix read.
        Barcode = "B",
        /// Serial read by eye or camera.
        Serial = "S",
        /// Handled, marks checked by two.
        Witnessed = "W",
        /// Sealed container, seal intact: counted by content list.
        Sealed = "X",
    }
    /// By which way an item was sighted.
    Way {
        /// A reader heard its tag.
        Rfid = "rfid",
        /// A code was scanned.
        Barcode = "barcode",
        /// The serial was keyed.
        Keyed = "keyed",
        /// Ticked by eye from the list.
        Eye = "eye",
        /// Entered from paper.
        Paper = "paper",
    }
    /// How the time of an event is known.
    Basis {
        /// A device's clock.
        Device = "device",
        /// Written on paper first.
        Paper = "paper",
        /// Told by voice.
        Voice = "voice",
        /// Estimated.
        Estimate = "estimate",
    }
    /// What a person may be in a place and below it.
    Role {
        /// Keeps the stock of a place.
        Custodian = "custodian",
        /// Confirms acts that need two.
        Approver = "approver",
        /// A time-limited guest who sees the scope given and may sign findings.
        Inspector = "inspector",
        /// Reads and verifies in scope; writes findings only.
        Auditor = "auditor",
        /// Answers and sends trace requests.
        TracingOfficer = "tracing_officer",
        /// People, devices and keys; never stock.
        SecurityOfficer = "security_officer",
        /// Backup and update; reads no data.
        Operator = "operator",
        /// A machine that hands in observations.
        Gateway = "gateway",
        /// Countersigns.
        Witness = "witness",
    }
    /// Kinds of place.
    PlaceKind {
        /// A site: barracks, post, depot, ship.
        Site = "site",
        /// A room.
        Room = "room",
        /// A rack or shelf.
        Rack = "rack",
        /// A container, which may travel.
        Container = "container",
    }
    /// Kinds of mark on a weapon.
    MarkKind {
        /// Serial number.
        Serial = "serial",
        /// Maker's name or factory code.
        Maker = "maker",
        /// Country of manufacture.
        Country = "country",
        /// Year.
        Year = "year",
        /// Model or type.
        Model = "model",
        /// Calibre.
        Calibre = "calibre",
        /// Import mark.
        Import = "import",
        /// Mark on transfer from State stock.
        StateTransfer = "state_transfer",
        /// Confiscation mark.
        Confiscation = "confiscation",
        /// Deactivation mark.
        Deactivation = "deactivation",
        /// Secondary or regional mark.
        SecondaryRegional = "secondary_regional",
        /// Force or property mark.
        Property = "property",
        /// Rack number.
        Rack = "rack",
        /// Proof mark.
        Proof = "proof",
        /// Assembly number.
        Assembly = "assembly",
        /// Lot number.
        Lot = "lot",
        /// Serial assigned by a registry.
        RegistryAssigned = "registry_assigned",
        /// A Data Matrix or other code on the metal.
        DataMatrix = "data_matrix",
    }
    /// How a mark was made.
    MarkMethod {
        /// Stamped.
        Stamp = "stamp",
        /// Engraved.
        Engrave = "engrave",
        /// Dot-peened.
        DotPeen = "dot_peen",
        /// Laser.
        Laser = "laser",
        /// Cast.
        Cast = "cast",
        /// Rolled.
        Roll = "roll",
        /// Etched.
        Etch = "etch",
        /// On an inserted plate.
        InsertPlate = "insert_plate",
        /// Ink or paint.
        Ink = "ink",
        /// Not known.
        Unknown = "unknown",
    }
    /// The part that carries a mark.
    Component {
        /// Frame or receiver.
        Receiver = "receiver",
        /// Slide.
        Slide = "slide",
        /// Barrel.
        Barrel = "barrel",
        /// Bolt.
        Bolt = "bolt",
        /// Cylinder.
        Cylinder = "cylinder",
        /// Launch tube.
        Tube = "tube",
        /// Grip-stock.
        GripStock = "grip_stock",
        /// Another part.
        Other = "other",
    }
    /// Who a weapon is out to, besides a person.
    ElsewhereKind {
        /// On loan to a unit.
        Loan = "loan",
        /// In a workshop.
        Maintenance = "maintenance",
        /// Held as evidence.
        Evidence = "evidence",
        /// On the road.
        Transit = "transit",
    }
    /// How the person acknowledged what was put in his hands.
    Acknowledgement {
        /// His own PIN or second factor.
        Pin = "pin",
        /// Wet ink on the printed sheet.
        WetInk = "wet_ink",
        /// Not yet acknowledged.
        None = "none",
    }
    /// What is to become of a weapon.
    Disposition {
        /// Stays in use.
        Keep = "keep",
        /// Surplus.
        Surplus = "surplus",
        /// To be destroyed.
        Destroy = "destroy",
    }
    /// Kinds of count.
    CountKind {
        /// Every item, by serial.
        Full = "full",
        /// A part of the place.
        Partial = "partial",
        /// At opening.
        Opening = "opening",
        /// At closing.
        Closing = "closing",
        /// A spot check.
        Spot = "spot",
        /// When responsibility changes hands.
        Handover = "handover",
        /// After an incident.
        Incident = "incident",
    }
    /// Causes of loss.
    LossCause {
        /// Not explained.
        Unexplained = "unexplained",
        /// Misplaced or an administrative slip.
        Misplaced = "misplaced",
        /// Accident without fault.
        Accident = "accident",
        /// Fire or disaster.
        Disaster = "disaster",
        /// Theft by an outsider.
        TheftOutsider = "theft_outsider",
        /// Burglary.
        Burglary = "burglary",
        /// Theft by an insider.
        TheftInsider = "theft_insider",
        /// Robbery of the holder.
        Robbery = "robbery",
        /// Sold or bartered.
        Sold = "sold",
        /// Hostile action.
        HostileAction = "hostile_action",
        /// Forced abandonment.
        ForcedAbandonment = "forced_abandonment",
        /// Surrendered under coercion.
        Surrendered = "surrendered",
        /// Combat loss that cannot be recovered.
        CombatLoss = "combat_loss",
        /// Lost in transit.
        InTransit = "in_transit",
        /// Lost overboard or in water.
        Overboard = "overboard",
        /// Negligence.
        Negligence = "negligence",
        /// Wilful misconduct.
        WilfulMisconduct = "wilful_misconduct",
        /// Not known.
        Unknown = "unknown",
    }
    /// Methods of destruction.
    DestructionMethod {
        /// Cutting, oxy-fuel or plasma.
        Cutting = "cutting",
        /// Shearing.
        Shearing = "shearing",
        /// Crushing.
        Crushing = "crushing",
        /// Shredding.
        Shredding = "shredding",
        /// Smelting.
        Smelting = "smelting",
        /// Band saw.
        Bandsaw = "bandsaw",
        /// Burning.
        Burning = "burning",
        /// Detonation.
        Detonation = "detonation",
    }
    /// How a weapon came into the book.
    Origin {
        /// From a ledger kept before.
        Ledger = "ledger",
        /// Manufactured.
        Manufactured = "manufactured",
        /// Purchased.
        Purchased = "purchased",
        /// Imported.
        Imported = "imported",
        /// Donated.
        Donated = "donated",
        /// Transferred in.
        TransferredIn = "transferred_in",
        /// Seized.
        Seized = "seized",
        /// Found.
        Found = "found",
        /// Surrendered.
        Surrendered = "surrendered",
        /// Captured in an operation.
        Captured = "captured",
        /// Deposited by a visitor.
        Deposited = "deposited",
    }
    /// Rules that raise alerts. R and K codes never stand alone on a screen.
    Rule {
        /// A destroyed weapon's tag or mark was read.
        R1 = "R1",
        /// A lost or presumed lost weapon was read.
        R2 = "R2",
        /// A known EPC answered with another TID.
        R5 = "R5",
        /// A weapon on issue was read in a rack.
        R7 = "R7",
        /// An unknown tag or code was read in a controlled place.
        R10 = "R10",
        /// An act went against what the book said.
        AgainstBook = "against_book",
        /// A suspected duplicate identity.
        K1 = "K1",
        /// An act by one person waits for its second.
        Provisional = "provisional",
        /// A tag of a retired binding was read.
        R6 = "R6",
        /// A gap in a gateway's sequence, owned up to.
        K14 = "K14",
        /// Two gateways hand in under one key, or one from an older copy of its outbox.
        OneKeyTwice = "one_key_twice",
    }
    /// Who is shown an alert.
    Audience {
        /// The custodian of the place and those above.
        Place = "place",
        /// The approvers above and the auditors; never the place's custodian.
        Above = "above",
        /// Security officers.
        Security = "security",
    }
}

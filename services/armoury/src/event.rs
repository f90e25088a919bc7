//! Everything that can have happened, as a closed set: past facts in the trade's words.
//!
//! One variant a fact, one enum a life; [`Event`] holds them all. An event's data is JSON of
//! exactly these structs, its type name and version stand in the envelope. A released name or
//! field never changes its meaning: a new shape is a new version with an upcaster. To add an
//! event: a struct and a variant here (in its life's file); the compiler lists the rest.

pub mod alert;
pub mod batch;
pub mod case;
pub mod count;
pub mod gateway;
pub mod meta;
pub mod person;
pub mod place;
pub mod weapon;

pub use meta::{Actor, Fact, Meta};

/// Why bytes from the log are not an event that this program understands.
#[derive(Debug, thiserror::Error)]
pub enum NotUnderstood {
    /// A type name that this program does not know.
    #[error("event type {0:?} is not known here")]
    Type(String),
    /// A version newer than this program knows.
    #[error("event type {name:?} version {version} is newer than version {known}, the last known here")]
    Version {
        /// The type.
        name: String,
        /// The version found.
        version: u32,
        /// The last version known.
        known: u32,
    },
    /// The data does not have the shape of its type and version.
    #[error("the data of {name:?} version {version} does not have its shape")]
    Shape {
        /// The type.
        name: String,
        /// The version.
        version: u32,
        /// What the JSON reader says.
        #[source]
        cause: serde_json::Error,
    },
}

/// Declares one life's events: the enum, its wire names and versions, and both directions.
macro_rules! life {
    ($(#[$doc:meta])* $life:ident { $($(#[$vdoc:meta])* $variant:ident = $name:literal v $version:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $life { $($(#[$vdoc])* $variant($variant)),* }

        impl $life {
            /// Wire names and current versions, in order.
            pub const TYPES: &[(&str, u32)] = &[$(($name, $version)),*];

            /// The name that stands in the envelope.
            #[must_use]
            pub const fn type_name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name),* }
            }

            /// The version that stands in the envelope.
            #[must_use]
            pub const fn schema_version(&self) -> u32 {
                match self { $(Self::$variant(_) => $version),* }
            }

            /// The data's JSON.
            ///
            /// # Errors
            /// Only if a value cannot be JSON, which no event's data allows.
            pub fn data(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $(Self::$variant(data) => serde_json::to_vec(data)),* }
            }

            /// Reads the data of one of this life's types; `None` if the type is another life's.
            #[must_use]
            pub fn read(name: &str, data: &[u8]) -> Option<Result<Self, serde_json::Error>> {
                match name {
                    $($name => Some(serde_json::from_slice(data).map(Self::$variant)),)*
                    _ => None,
                }
            }

            /// The JSON schema of each type's data.
            #[must_use]
            pub fn schemas() -> Vec<(&'static str, u32, schemars::Schema)> {
                vec![$(($name, $version, schemars::schema_for!($variant))),*]
            }
        }
    };
}
pub(crate) use life;

macro_rules! all_lives {
    ($($(#[$doc:meta])* $variant:ident($inner:path)),* $(,)?) => {
        /// Any event of the book.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Event { $($(#[$doc])* $variant($inner)),* }

        $(impl From<$inner> for Event {
            fn from(event: $inner) -> Self {
                Self::$variant(event)
            }
        })*

        impl Event {
            /// The name that stands in the envelope.
            #[must_use]
            pub const fn type_name(&self) -> &'static str {
                match self { $(Self::$variant(event) => event.type_name()),* }
            }

            /// The version that stands in the envelope.
            #[must_use]
            pub const fn schema_version(&self) -> u32 {
                match self { $(Self::$variant(event) => event.schema_version()),* }
            }

            /// The data's JSON.
            ///
            /// # Errors
            /// Only if a value cannot be JSON, which no event's data allows.
            pub fn data(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self { $(Self::$variant(event) => event.data()),* }
            }

            /// Every type name with its current version.
            #[must_use]
            pub fn types() -> Vec<(&'static str, u32)> {
                let mut all = Vec::new();
                $({ use $inner as Life; all.extend_from_slice(Life::TYPES); })*
                all
            }

            /// Every type's JSON schema.
            #[must_use]
            pub fn schemas() -> Vec<(&'static str, u32, schemars::Schema)> {
                let mut all = Vec::new();
                $({ use $inner as Life; all.extend(Life::schemas()); })*
                all
            }

            /// Reads an event from what stands in the log.
            ///
            /// # Errors
            /// [`NotUnderstood`]: such a stream is shown as not understood here; the rest goes on.
            pub fn read(name: &str, version: u32, data: &[u8]) -> Result<Self, NotUnderstood> {
                let known = Self::types().iter().find(|(known, _)| *known == name).map(|(_, version)| *version);
                match known {
                    None => return Err(NotUnderstood::Type(name.to_owned())),
                    Some(known) if version > known => {
                        return Err(NotUnderstood::Version { name: name.to_owned(), version, known });
                    }
                    Some(_) => {}
                }
                let shape = |cause| NotUnderstood::Shape { name: name.to_owned(), version, cause };
                $({
                    use $inner as Life;
                    if let Some(read) = Life::read(name, data) {
                        return read.map(Self::$variant).map_err(shape);
                    }
                })*
                Err(NotUnderstood::Type(name.to_owned()))
            }
        }
    };
}

all_lives! {
    /// A weapon's life.
    Weapon(weapon::WeaponEvent),
    /// A place.
    Place(place::PlaceEvent),
    /// A person and his grants.
    Person(person::PersonEvent),
    /// A count.
    Count(count::CountEvent),
    /// A discrepancy case.
    Case(case::CaseEvent),
    /// A destruction batch.
    Batch(batch::BatchEvent),
    /// A gateway's enrolment, intake and observations.
    Gateway(gateway::GatewayEvent),
    /// An alert.
    Alert(alert::AlertEvent),
}

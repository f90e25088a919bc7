//! Which faults a world has: every seed switches on a set of its own.
//!
//! Many small sets find more than one large one: a fault that is always there hides what only
//! happens without it.

use crate::dice::Dice;

macro_rules! faults {
    ($($(#[$doc:meta])* $field:ident: $word:literal),* $(,)?) => {
        /// The faults of a world.
        #[derive(Clone, Debug, Default)]
        pub struct Faults { $($(#[$doc])* pub $field: bool),* }

        impl Faults {
            /// Every fault's word.
            pub const WORDS: &[&str] = &[$($word),*];

            /// A set of faults; those named in `without` are off whatever the dice say.
            pub fn thrown(dice: &mut Dice, without: &[String]) -> Self {
                let mut on = |word: &str| dice.percent(50) && !without.iter().any(|off| off == word);
                Self { $($field: on($word)),* }
            }

            /// Those that are on.
            pub fn on(&self) -> Vec<&'static str> {
                [$((self.$field, $word)),*].into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect()
            }
        }
    };
}

faults! {
    /// Batches and receipts get lost on the way.
    lossy: "lossy",
    /// Batches and receipts come late and out of order.
    late: "late",
    /// Batches come twice, and old ones are played again.
    twice: "twice",
    /// The power of a house fails.
    cuts: "cuts",
    /// The power of a gateway fails.
    crashes: "crashes",
    /// Clocks jump, by up to twenty years.
    jumps: "jumps",
    /// Rubbish on the readers' lines.
    noise: "noise",
    /// Copied tags.
    copies: "copies",
    /// Tags of nobody.
    foreign: "foreign",
    /// Somebody else is faster.
    races: "races",
    /// People who do not look before they act.
    hasty: "hasty",
    /// Several people in one sign-in.
    shared: "shared",
    /// A thief in the armoury.
    thief: "thief",
    /// Somebody with a gateway's key, or without one, who makes batches.
    forger: "forger",
    /// The same request is sent again.
    again: "again",
    /// The rules fall behind.
    lagging: "lagging",
    /// A service that was put back from an older copy confirms what it never got.
    older: "older",
}

//! What goes wrong, as data: one line a fault, `CALL NTH: WHAT`, such as `append 2: drop after`.
//!
//! ```text
//! CALL  append | page | stream | features        NTH  the nth such call from here on, or `all`
//! WHAT  drop before | drop after                 the connection breaks, before or after it was written
//!       silence before | silence after           no answer is ever given
//!       late N                                   no answer; written after N more appends were
//!       leader                                   "not leader", and where the leader is
//!       status CODE | status CODE after          a gRPC status, nothing or everything written
//!       hollow                                   written, and an answer with nothing in it
//!       cut N                                    N events, then the connection breaks
//!       repeat N                                 the page begins N events early: delivered again
//!       checkpoint                               checkpoints between the events
//!       slow                                     each answer in many small pieces
//! ```

/// Which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Append,
    Page,
    Stream,
    Features,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Drop { after: bool },
    Silence { after: bool },
    Late(u64),
    Leader,
    Status { code: u8, after: bool },
    Hollow,
    Cut(usize),
    Repeat(usize),
    Checkpoint,
    Slow,
}

/// Faults that wait for their call.
#[derive(Clone, Debug, Default)]
pub struct Script {
    waiting: Vec<(Call, Option<u64>, Fault)>,
    random: Option<Random>,
}

/// Faults by chance, from a seed.
#[derive(Clone, Debug)]
struct Random {
    state: u64,
    per_mille: u64,
}

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % below
    }
}

impl Script {
    /// So many of a thousand calls go wrong, each in a way that the seed decides.
    pub fn random(seed: u64, per_mille: u64) -> Self {
        Self { waiting: Vec::new(), random: Some(Random { state: seed, per_mille }) }
    }

    /// Adds a line.
    pub fn line(&mut self, line: &str) -> Result<(), String> {
        let (call, nth, fault) = parse(line).ok_or_else(|| format!("no fault: {line:?}"))?;
        self.waiting.push((call, nth, fault));
        Ok(())
    }

    /// What happens to this call; counts it.
    pub fn next(&mut self, call: Call) -> Option<Fault> {
        let mut due = None;
        self.waiting.retain_mut(|(which, nth, fault)| {
            if *which != call {
                return true;
            }
            match nth {
                None => due = due.or(Some(*fault)),
                Some(1) => {
                    due = due.or(Some(*fault));
                    return false;
                }
                Some(more) => *more -= 1,
            }
            true
        });
        due.or_else(|| self.random.as_mut().and_then(|random| by_chance(random, call)))
    }

    /// True if nothing waits any more.
    pub fn is_over(&self) -> bool {
        self.waiting.iter().all(|(_, nth, _)| nth.is_none())
    }
}

fn by_chance(random: &mut Random, call: Call) -> Option<Fault> {
    if random.next(1000) >= random.per_mille {
        return None;
    }
    let after = random.next(2) == 1;
    let code = [2, 4, 8, 10, 13, 14, 15][random.next(7) as usize];
    Some(match (call, random.next(7)) {
        (_, 0) => Fault::Drop { after },
        (Call::Append, 1) => Fault::Late(random.next(4)),
        (Call::Append, 2) => Fault::Hollow,
        (Call::Append, 3) => Fault::Leader,
        (_, 4) => Fault::Silence { after },
        (Call::Page | Call::Stream, 1) => Fault::Cut(random.next(4) as usize),
        (Call::Page, 2) => Fault::Repeat(random.next(9) as usize),
        (Call::Page, 3) => Fault::Checkpoint,
        (_, 5) => Fault::Slow,
        _ => Fault::Status { code, after },
    })
}

fn parse(line: &str) -> Option<(Call, Option<u64>, Fault)> {
    let (head, what) = line.split_once(':')?;
    let (call, nth) = head.trim().split_once(' ')?;
    let call = match call {
        "append" => Call::Append,
        "page" => Call::Page,
        "stream" => Call::Stream,
        "features" => Call::Features,
        _ => return None,
    };
    let nth = if nth == "all" { None } else { Some(nth.parse().ok()?) };
    let words: Vec<&str> = what.split_whitespace().collect();
    let fault = match words.as_slice() {
        ["drop", when @ ("before" | "after")] => Fault::Drop { after: *when == "after" },
        ["silence", when @ ("before" | "after")] => Fault::Silence { after: *when == "after" },
        ["late", n] => Fault::Late(n.parse().ok()?),
        ["leader"] => Fault::Leader,
        ["status", code] => Fault::Status { code: code.parse().ok()?, after: false },
        ["status", code, "after"] => Fault::Status { code: code.parse().ok()?, after: true },
        ["hollow"] => Fault::Hollow,
        ["cut", n] => Fault::Cut(n.parse().ok()?),
        ["repeat", n] => Fault::Repeat(n.parse().ok()?),
        ["checkpoint"] => Fault::Checkpoint,
        ["slow"] => Fault::Slow,
        _ => return None,
    };
    Some((call, nth, fault))
}

#[test]
fn faults_wait_for_their_call() {
    let mut script = Script::default();
    script.line("append 2: drop after").unwrap();
    script.line("page all: cut 3").unwrap();
    assert!(script.line("append x: drop").is_err() && !script.is_over());
    assert_eq!(script.next(Call::Append), None);
    assert_eq!(script.next(Call::Append), Some(Fault::Drop { after: true }));
    assert_eq!((script.next(Call::Append), script.next(Call::Page)), (None, Some(Fault::Cut(3))));
    assert!(script.is_over());
}

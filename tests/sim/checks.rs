//! What is held after every step and in the end: the views against the naive book, the log against
//! what was answered, the gateways against what they put down, the tree against its own leaves.

use std::collections::BTreeMap;

use armoury::event::Fact;
use armoury::ids::WeaponId;
use armoury::view::search::WeaponFilter;
use armoury::view::{AsOf, Scope, Views};
use event_log::tree::{verify_consistency, verify_inclusion};
use event_log::{EventLog, Head, leaf};
use muster::app::App;
use muster::projector;
use sha2::{Digest as _, Sha256};
use tag_data::moment::Moment;

use crate::book::{Book, Rifle};
use crate::dice::Dice;
use crate::gateway::Gateway;
use crate::line::Line;
use crate::post::Post;
use crate::promise::{Broken, broken, same};
use crate::{audience, owed};

/// After every step: new lines are folded naively, what they touched is compared with the views.
pub fn after_step(post: &mut Post) -> Result<(), Broken> {
    read_on(post)?;
    let Some(app) = post.app() else { return Ok(()) };
    let (seen, size) = (app.views().position, post.log.head().size);
    same("what is answered is in the views", "position", &seen, &size)?;
    let news = usize::try_from(post.book.step_from).unwrap_or(usize::MAX) - 1;
    let alerts = post.book.lines[news..].iter().filter(|line| line.kind == "AlertRaised");
    audience::fits(post, &app, alerts)?;
    let touched = std::mem::take(&mut post.book.touched);
    for weapon in &touched {
        rifle(&app.views(), &post.book, weapon)?;
    }
    if !touched.is_empty() {
        sums(&app.views(), &post.book)?;
    }
    Ok(())
}

/// Folds what came since into the naive book.
pub fn read_on(post: &mut Post) -> Result<(), Broken> {
    let from = post.book.lines.len() as u64 + 1;
    post.book.step_from = from;
    for recorded in post.log.read(from, 100_000).expect("memory can be read") {
        let line = Line::of(&recorded);
        post.is_his(&line)?;
        post.book.take(line)?;
    }
    Ok(())
}

fn rifle(views: &Views, book: &Book, weapon: &str) -> Result<(), Broken> {
    let (promise, naive) = ("I8 the views are the naive fold", &book.rifles[weapon]);
    let id: WeaponId = weapon.parse().expect("a weapon's stream holds its id");
    let (Some(standing), Some(row)) = (views.standing(id), views.weapon_row(id)) else {
        return broken(promise, format!("the views do not know {weapon}"));
    };
    let state = views.weapons.state(views.weapons.find(id).unwrap_or_default());
    let document = standing.document.map(|document| {
        let by = document.opened_by.map(|by| by.to_string()).unwrap_or_default();
        (document.event.to_string(), by, document.confirmed)
    });
    let holder = row.holder.map(|holder| holder.to_string()).unwrap_or_default();
    let shown = (standing.state.word(), standing.place.to_string(), holder, document, standing.in_case);
    let theirs = naive.document.as_ref().map(|one| (one.event.clone(), one.by.0.clone(), one.confirmed));
    let in_case = book.open_case(weapon).is_some();
    let folded = (naive.state.as_str(), naive.place.clone(), naive.holder.clone(), theirs, in_case);
    same(promise, &format!("weapon {weapon} shown and folded"), &shown, &folded)?;
    let locked = state.has(armoury::view::state::flag::LOCKED);
    let more = (locked, row.disposition.word());
    same(promise, &format!("lock and disposition of {weapon}"), &more, &(naive.locked, naive.disposition.as_str()))
}

/// I1, I2: every weapon ever entered is in exactly one state at one place; the sums are the sums.
fn sums(views: &Views, book: &Book) -> Result<(), Broken> {
    let mut shown: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for row in views.stockpile(&WeaponFilter::default(), &Scope::Everywhere) {
        *shown.entry((row.place.map(|place| place.to_string()).unwrap_or_default(), row.state.word())).or_default() += row.count;
    }
    let mut naive: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for Rifle { place, state, .. } in book.rifles.values() {
        *naive.entry((place.clone(), state.as_str())).or_default() += 1;
    }
    same("I1 I2 the stockpile is the sum of the movements", "by place and state", &shown, &naive)
}

/// I4, I6, I10: what a gateway put down stands in the book once, in its order, byte for byte; what
/// it was told is in the book is there.
pub fn of_gateway(post: &Post, gateway: &Gateway) -> Result<(), Broken> {
    let promise = "I4 I6 I10 what was put down is in the book once and in order";
    let none = Vec::new();
    let items = post.book.gateways.get(gateway.key.as_str()).map_or(&none, |heard| &heard.items);
    let fits = items.len() <= gateway.put_down.len() && items.iter().zip(&gateway.put_down).all(|(one, other)| one == other);
    if !fits {
        let nth = items.iter().zip(&gateway.put_down).position(|(one, other)| one != other).unwrap_or(items.len());
        return broken(promise, format!("item {nth} of gateway {}: {:?}", gateway.key, items.get(nth)));
    }
    if gateway.acknowledged() > items.len() as u64 {
        return broken(promise, format!("{} are acknowledged, {} are in the book", gateway.acknowledged(), items.len()));
    }
    Ok(())
}

/// I4, I7, I18, I19: what was answered is still there; every head held outside leads to this one.
pub fn answered(post: &Post, dice: &mut Dice) -> Result<(), Broken> {
    let promise = "I4 I7 what was answered stays true";
    for told in &post.told {
        let last = told.ids.last().map(|id| post.book.line(&id.to_string()).map(|line| line.position));
        if last.is_some_and(|last| last != Some(told.position)) {
            return broken(promise, format!("position {} was answered and is not there", told.position));
        }
    }
    for receipt in &post.receipts {
        let root = post.log.root_at(receipt.log_size).expect("memory can be read").map(hex::encode);
        same(promise, "the root in a receipt", &root, &Some(receipt.log_root.clone()))?;
        let items = post.book.gateways.get(&receipt.gateway).map_or(0, |heard| heard.items.len() as u64);
        if receipt.next > items {
            return broken(promise, format!("a receipt says {}, the book has {items}", receipt.next));
        }
    }
    let now = post.log.head();
    let leaves = leaves(&post.log);
    same("I18 the tree is the tree of these leaves", "the root", &root_of(&leaves), &now.root)?;
    for old in &post.heads {
        consistent(&post.log, old, &now)?;
    }
    for _ in 0..3 {
        included(&post.log, &now, &leaves, dice)?;
    }
    Ok(())
}

fn leaves(log: &EventLog) -> Vec<[u8; 32]> {
    log.read(1, usize::MAX).expect("memory can be read").iter().map(leaf::of).collect()
}

/// RFC 6962, 2.1, as it is written there.
fn root_of(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => Sha256::digest([]).into(),
        [only] => *only,
        more => {
            let left = more.len().next_power_of_two() / 2;
            let hash = Sha256::new().chain_update([1]).chain_update(root_of(&more[..left]));
            hash.chain_update(root_of(&more[left..])).finalize().into()
        }
    }
}

fn consistent(log: &EventLog, old: &Head, new: &Head) -> Result<(), Broken> {
    let promise = "I19 every head held outside is the beginning of this log";
    let proof = log.consistency_proof(old.size, new.size).expect("memory can be read").unwrap_or_default();
    if !verify_consistency(old.size, new.size, &proof, &old.root, &new.root) {
        return broken(promise, format!("the head of {} events does not lead to that of {}", old.size, new.size));
    }
    let mut forged = old.root;
    forged[7] ^= 1;
    if old.size > 0 && verify_consistency(old.size, new.size, &proof, &forged, &new.root) {
        return broken(promise, format!("a forged head of {} events leads to that of {}", old.size, new.size));
    }
    Ok(())
}

fn included(log: &EventLog, head: &Head, leaves: &[[u8; 32]], dice: &mut Dice) -> Result<(), Broken> {
    let index = dice.below(leaves.len());
    let proof = log.inclusion_proof(index as u64 + 1, head.size).expect("memory can be read").unwrap_or_default();
    let (mut leaf, at) = (leaves[index], index as u64);
    if !verify_inclusion(&leaf, at, head.size, &proof, &head.root) {
        return broken("I18 every event can be proven", format!("position {}", at + 1));
    }
    leaf[0] ^= 1;
    if verify_inclusion(&leaf, at, head.size, &proof, &head.root) {
        return broken("I18 no other event can be proven", format!("position {}", at + 1));
    }
    Ok(())
}

/// What the views said at a position, to be asked again in the end.
pub struct Remembered {
    position: u64,
    digest: [u8; 32],
    states: Vec<armoury::view::state::WeaponState>,
}

impl Remembered {
    /// Remembers the views as they are.
    pub fn now(app: &App) -> Self {
        let views = app.views();
        Self { position: views.position, digest: views.digest(), states: views.weapons.states.clone() }
    }
}

/// I8, I23: the views are the fold of the log, now and as of any position.
pub fn views_again(post: &Post, remembered: &[Remembered], dice: &mut Dice) -> Result<(), Broken> {
    let Some(app) = post.app() else { return Ok(()) };
    let views = app.views();
    for weapon in post.book.rifles.keys() {
        rifle(&views, &post.book, weapon)?;
    }
    let again = projector::fold(&post.log, u64::MAX).expect("memory can be read");
    same("I8 folded again, the views are the same", "the digest", &again.digest(), &views.digest())?;
    for then in remembered {
        let promise = "I23 as of a position is the fold to that position";
        let folded = muster::as_of::fold(&post.log, then.position, None).expect("memory can be read");
        same(promise, &format!("the digest at {}", then.position), &folded.digest(), &then.digest)?;
        let shown = views.states_at(then.position).unwrap_or_default();
        let shown = shown.get(..then.states.len()).unwrap_or_default();
        same(promise, &format!("the states at {}", then.position), &shown, &&then.states[..])?;
    }
    as_it_was(post, dice)?;
    others(&views, &post.book)
}

/// I23: "as it was" is one question with one answer, whoever in the house is asked.
fn as_it_was(post: &Post, dice: &mut Dice) -> Result<(), Broken> {
    let facts: Vec<Fact> =
        post.log.read(1, usize::MAX).expect("memory can be read").iter().filter_map(|r| projector::fact(r).ok()).collect();
    let (Some(known), Some(then)) = (dice.one(&facts), dice.one(&facts)) else { return Ok(()) };
    let (known, when) = (known.position, Moment::from_micros(then.occurred_at.micros()));
    let asked = muster::as_of::fold(&post.log, known, Some(when)).expect("memory can be read");
    let mut folded = Views::fold(&facts, AsOf { known_at: Some(known), true_at: Some(when) });
    folded.position = known;
    let what = format!("known at {known}, true at {when}");
    same("I23 as it was", &what, &asked.digest(), &folded.digest())
}

/// Gateways, alerts and counts in the views and in the naive book.
fn others(views: &Views, book: &Book) -> Result<(), Broken> {
    let promise = "I8 the views are the naive fold";
    for (key, heard) in &book.gateways {
        let row = views.gateways.get(&key.parse().expect("a key is a key"));
        let shown = row.map_or((0, None), |row| (row.next, row.closed_from));
        same(promise, &format!("gateway {key}"), &shown, &(heard.items.len() as u64, heard.closed_from))?;
    }
    let raised: usize = book.findings.values().sum();
    same(promise, "alerts", &views.alerts.rows().len(), &raised)?;
    for (id, count) in &book.counts {
        let row = views.counts.get(id.parse().expect("a count's stream holds its id"));
        let Some(shown) = row else { return broken(promise, format!("the views do not know count {id}")) };
        let expected: Vec<String> = shown.expected().keys().map(ToString::to_string).collect();
        same(promise, &format!("expected in count {id}"), &expected, &count.expected.iter().cloned().collect())?;
    }
    Ok(())
}

/// When all is quiet: what rules owe is paid, documents and weapons agree, across streams.
pub fn settled(post: &Post) -> Result<(), Broken> {
    let promise = "what follows by rule has followed";
    let book = &post.book;
    owed::paid(book)?;
    if let Some(app) = post.app() {
        audience::fits(post, &app, book.lines.iter().filter(|line| line.kind == "AlertRaised"))?;
    }
    for (id, rifle) in &book.rifles {
        let rung = match rifle.state.as_str() {
            "unaccounted" => "open",
            "presumed_lost" => "presumed",
            "lost" => "lost",
            _ => continue,
        };
        let fits = |rung_of: &str| rung_of == rung || rung == "lost" && rung_of == "closed";
        if !book.cases.values().any(|case| case.weapon == *id && fits(&case.rung)) {
            return broken(promise, format!("weapon {id} is {} and no case stands there: {:?}", rifle.state, book.cases));
        }
    }
    for (id, case) in &book.cases {
        let state = book.rifles.get(&case.weapon).map(|rifle| rifle.state.as_str()).unwrap_or_default();
        let fits = match case.rung.as_str() {
            "open" => state == "unaccounted",
            "presumed" => state == "presumed_lost",
            "lost" => state == "lost",
            _ => true,
        };
        if !fits {
            return broken(promise, format!("case {id} is {} and its weapon {} is {state}", case.rung, case.weapon));
        }
    }
    for (id, batch) in book.batches.iter().filter(|(_, batch)| batch.confirmed) {
        let left =
            batch.items.iter().find(|weapon| book.rifles[*weapon].state != "destroyed" || book.rifles[*weapon].batch != *id);
        if let Some(weapon) = left {
            return broken(promise, format!("{weapon} is certified destroyed with batch {id}: {:?}", book.rifles[weapon]));
        }
    }
    Ok(())
}

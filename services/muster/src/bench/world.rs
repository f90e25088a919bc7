//! A made-up book for the figures: one site, many rifles, no people.

use std::sync::Arc;

use armoury::codes::{Basis, Class, Origin, PlaceKind};
use armoury::event::weapon::{Registered, WeaponEvent};
use armoury::event::{Actor, Event, Meta, place};
use armoury::ids::{PlaceId, WeaponId};
use armoury::marks::Identity;
use event_log::{Expected, NewEvent, StreamName, TypeName};
use uuid::Uuid;

use crate::app::App;
use crate::config::Config;
use crate::random;
use crate::scratch::Scratch;

const SITE: PlaceId = PlaceId(Uuid::from_u128(1));

/// Makes the book and waits until the views have seen it.
pub fn book(dir: &Scratch, weapons: u32) -> anyhow::Result<Arc<App>> {
    let app = App::open(Config { data: dir.join("data"), ..Config::default() })?;
    let opened = place::Opened { place: SITE, kind: PlaceKind::Site, name: "Camp".to_owned(), within: None };
    append(&app, &SITE.stream(app.node()), place::PlaceEvent::Opened(opened).into())?;
    std::thread::scope(|scope| -> anyhow::Result<()> {
        let shares: Vec<_> = (0..64)
            .map(|share| {
                let app = &app;
                scope.spawn(move || (share..weapons).step_by(64).try_for_each(|nth| append_one(app, &format!("{nth:06}"))))
            })
            .collect();
        shares.into_iter().try_for_each(|share| share.join().map_err(|_| anyhow::anyhow!("a writer broke off"))?)
    })?;
    let size = app.log().head().size;
    tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(app.applied(size));
    Ok(app)
}

/// One rifle with this serial.
pub fn append_one(app: &App, serial: &str) -> anyhow::Result<()> {
    let weapon = WeaponId(app.new_id());
    let identity = Identity {
        class: Class::Sa4,
        maker: "Zastava".to_owned(),
        model: "M70AB2".to_owned(),
        calibre: "7.62x39".to_owned(),
        country: None,
        year: Some(1984),
        serial: serial.parse()?,
        marks: Vec::new(),
    };
    let registered = Registered {
        weapon,
        identity,
        owner: "B Company".to_owned(),
        origin: Origin::Ledger,
        place: SITE,
        source: None,
        duplicate_reason: None,
        provisional: false,
    };
    append(app, &weapon.stream(app.node()), WeaponEvent::Registered(registered).into())
}

fn append(app: &App, stream: &str, event: Event) -> anyhow::Result<()> {
    let meta = Meta {
        actor: Actor::Book { rule: "bench".to_owned() },
        role: None,
        device: None,
        place: None,
        node: app.node().clone(),
        basis: Basis::Device,
        cause: None,
        reason: None,
        idempotency_key: None,
    };
    let new = NewEvent {
        id: app.new_id(),
        type_name: TypeName::new(event.type_name())?,
        schema_version: event.schema_version(),
        occurred_at: random::now().micros(),
        meta: serde_json::to_vec(&meta)?,
        data: event.data()?,
    };
    app.log().append_blocking(&StreamName::new(stream)?, Expected::NoStream, vec![new])?;
    Ok(())
}

//! The calls: what is asked, what the store answers, and what a fault makes of it.

use crate::faults::{Call, Fault};
use crate::server::{Held, Reply};
use crate::store::{self, Answer, Append, Proposed};
use crate::wire::{Fields, Message, unframed};

/// The answer to one call, and the fault that befell it.
pub fn answer(held: &mut Held, path: &str, authorization: Option<&str>, body: &[u8]) -> (Reply, Option<Fault>) {
    let messages = unframed(body);
    let method = path.rsplit('/').next().unwrap_or_default();
    let page = method == "Read" && messages.first().is_some_and(is_page);
    let call = match method {
        "Append" => Call::Append,
        "Read" if page => Call::Page,
        "Read" => Call::Stream,
        _ => Call::Features,
    };
    held.calls.push(format!("{call:?}"));
    let fault = held.script.next(call);
    let anonymous = matches!(method, "GetSupportedMethods" | "Read") && path.contains("gossip");
    if held.authorization.is_some() && held.authorization.as_deref() != authorization && call != Call::Features && !anonymous {
        return (Reply::Status(16, Vec::new()), fault);
    }
    if held.follows && call != Call::Features {
        return (leader(held), fault);
    }
    let reply = match method {
        "GetSupportedMethods" => features(),
        "Read" if path.contains("gossip") => gossip(held),
        "Append" => append(held, &messages, fault),
        "Read" if page => read_page(held, &messages[0], fault),
        "Read" => read_stream(held, &messages),
        _ => Reply::Status(12, Vec::new()),
    };
    (spoiled(held, call, reply, fault), fault)
}

fn is_page(request: &Fields) -> bool {
    request.message(1).is_some_and(|options| options.bytes(2).is_some())
}

/// What a fault makes of an answer; an append has been written by then, or not, as the fault says.
fn spoiled(held: &Held, call: Call, reply: Reply, fault: Option<Fault>) -> Reply {
    match (fault, reply) {
        (Some(Fault::Drop { .. }), _) => Reply::Broken(Vec::new()),
        (Some(Fault::Silence { .. } | Fault::Late(_)), _) => Reply::Silence,
        (Some(Fault::Leader), _) => leader(held),
        (Some(Fault::Status { code, .. }), _) => Reply::Status(code, vec![("grpc-message", "as%20told".to_owned())]),
        (Some(Fault::Hollow), Reply::Frames(_)) if call == Call::Append => Reply::Frames(vec![Message::default().framed()]),
        (Some(Fault::Cut(events)), Reply::Frames(frames)) => Reply::Broken(frames.into_iter().take(events).collect()),
        (_, reply) => reply,
    }
}

fn leader(held: &Held) -> Reply {
    let mut beside = vec![("exception", "not-leader".to_owned())];
    if let Some(leader) = held.leader {
        beside.push(("leader-endpoint-host", leader.ip().to_string()));
        beside.push(("leader-endpoint-port", leader.port().to_string()));
    }
    Reply::Status(5, beside)
}

fn features() -> Reply {
    let method = Message::default().text(1, "append").text(2, "event_store.client.streams.streams");
    Reply::Frames(vec![Message::default().message(1, method).text(2, "25.0.0").framed()])
}

fn gossip(held: &Held) -> Reply {
    let Some(leader) = held.leader else { return Reply::Frames(vec![Message::default().framed()]) };
    let id = Message::default().text(2, "00000000-0000-0000-0000-000000000001");
    let place = Message::default().text(1, &leader.ip().to_string()).number(2, leader.port().into());
    let member = Message::default().message(1, id).number(3, 8).number(4, 1).message(5, place);
    Reply::Frames(vec![Message::default().message(1, member).framed()])
}

/// Whether this fault lets an append through.
fn written(fault: Option<Fault>) -> bool {
    !matches!(
        fault,
        Some(Fault::Drop { after: false } | Fault::Silence { after: false } | Fault::Status { after: false, .. } | Fault::Leader)
    )
}

fn append(held: &mut Held, messages: &[Fields], fault: Option<Fault>) -> Reply {
    let Some(asked) = asked(messages) else { return Reply::Status(3, Vec::new()) };
    if let Some(Fault::Late(after)) = fault {
        held.store.append_late(after, asked);
        return Reply::Silence;
    }
    if !written(fault) {
        return Reply::Silence;
    }
    let answer = held.store.append(&asked);
    if matches!(fault, Some(Fault::Drop { .. } | Fault::Silence { .. } | Fault::Status { .. })) {
        return Reply::Silence;
    }
    match answer {
        Answer::Written { revision, commit, prepare } => {
            let place = Message::default().number(1, commit).number(2, prepare);
            Reply::Frames(vec![Message::default().message(1, Message::default().number(1, revision).message(3, place)).framed()])
        }
        Answer::Wrong { current } => {
            let wrong = match current {
                Some(revision) => Message::default().number(6, revision),
                None => Message::default().message(7, Message::default()),
            };
            let wrong = match u64::try_from(asked.expected) {
                Ok(revision) => wrong.number(8, revision),
                Err(_) => wrong.message(11, Message::default()),
            };
            Reply::Frames(vec![Message::default().message(2, wrong).framed()])
        }
        Answer::Deleted => Reply::Status(9, vec![("exception", "stream-deleted".to_owned())]),
        Answer::TooLarge => Reply::Status(3, vec![("grpc-message", "Maximum%20Append%20Size%20Exceeded".to_owned())]),
    }
}

fn asked(messages: &[Fields]) -> Option<Append> {
    let (options, events) = messages.split_first()?;
    let options = options.message(1)?;
    let expected = match (options.number(2), options.bytes(3)) {
        (Some(revision), _) => revision.cast_signed(),
        (None, Some(_)) => -1,
        _ => return None, // "any" and "exists" are never ours to say
    };
    let events: Option<Vec<Proposed>> = events.iter().map(|event| proposed(&event.message(2)?)).collect();
    Some(Append { stream: options.message(1)?.text(3), expected, events: events? })
}

fn proposed(event: &Fields) -> Option<Proposed> {
    let entries = event.all(2).filter_map(Fields::parse);
    let entries: std::collections::BTreeMap<String, String> = entries.map(|entry| (entry.text(1), entry.text(2))).collect();
    Some(Proposed {
        id: event.message(1)?.uuid()?,
        kind: entries.get("type")?.clone(),
        content: entries.get("content-type")?.clone(),
        metadata: event.bytes(3).unwrap_or_default().to_vec(),
        data: event.bytes(4).unwrap_or_default().to_vec(),
    })
}

fn shown(held: &store::Held) -> Vec<u8> {
    let id = held.proposed.id;
    let halves = Message::default().number(1, (id >> 64) as u64).number(2, id as u64);
    let entry = |key: &str, value: &str| Message::default().text(1, key).text(2, value);
    let event = Message::default()
        .message(1, Message::default().message(1, halves))
        .message(2, Message::default().text(3, &held.stream))
        .number(3, held.revision)
        .number(4, held.prepare)
        .number(5, held.commit)
        .message(6, entry("type", &held.proposed.kind))
        .message(6, entry("content-type", &held.proposed.content))
        .message(6, entry("created", "17900000000000000"))
        .bytes(7, &held.proposed.metadata)
        .bytes(8, &held.proposed.data);
    let read = Message::default().message(1, event).number(3, held.commit);
    Message::default().message(1, read).framed()
}

fn read_page(held: &mut Held, request: &Fields, fault: Option<Fault>) -> Reply {
    let Some(options) = request.message(1) else { return Reply::Status(3, Vec::new()) };
    let from = options.message(2).and_then(|all| all.message(1));
    let from = from.map_or((0, 0), |place| (place.number(1).unwrap_or(0), place.number(2).unwrap_or(0)));
    let count = usize::try_from(options.number(5).unwrap_or(0)).unwrap_or(usize::MAX);
    let prefixes: Vec<String> = options
        .message(7)
        .and_then(|filter| filter.message(1))
        .map(|expression| expression.all(2).map(|prefix| String::from_utf8_lossy(prefix).into_owned()).collect())
        .unwrap_or_default();
    let ours: Vec<&store::Held> =
        held.store.events.iter().filter(|event| prefixes.iter().any(|prefix| event.stream.starts_with(prefix))).collect();
    let first = ours.partition_point(|event| (event.commit, event.prepare) < from);
    let early = if let Some(Fault::Repeat(events)) = fault { events } else { 0 };
    let mut frames = Vec::new();
    for event in ours.iter().skip(first.saturating_sub(early)).take(count) {
        if fault == Some(Fault::Checkpoint) {
            let place = Message::default().number(1, event.commit).number(2, event.prepare);
            frames.push(Message::default().message(3, place).framed());
        }
        frames.push(shown(event));
    }
    Reply::Frames(frames)
}

fn read_stream(held: &Held, messages: &[Fields]) -> Reply {
    let options = messages.first().and_then(|request| request.message(1));
    let Some((options, stream)) = options.and_then(|options| Some((options.clone(), options.message(1)?))) else {
        return Reply::Status(3, Vec::new());
    };
    let Some(name) = stream.message(1).map(|name| name.text(3)) else { return Reply::Status(3, Vec::new()) };
    if held.store.is_deleted(&name) {
        return Reply::Status(9, vec![("exception", "stream-deleted".to_owned())]);
    }
    let mut events = held.store.stream(&name);
    if events.is_empty() {
        let lost = Message::default().message(1, Message::default().text(3, &name));
        return Reply::Frames(vec![Message::default().message(4, lost).framed()]);
    }
    if options.number(3) == Some(1) {
        events.reverse();
    } else {
        let from = stream.number(2).unwrap_or(0);
        events.retain(|event| event.revision >= from);
    }
    let count = usize::try_from(options.number(5).unwrap_or(0)).unwrap_or(usize::MAX);
    Reply::Frames(events.iter().take(count).map(shown).collect())
}

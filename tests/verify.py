#!/usr/bin/env python3
"""Verifies a log's file a second way: Python's standard library only, no code shared with the program.

    verify.py LOG.sqlite [--head FILE]

FILE: a head kept outside (signed checkpoint, JSON, or a line "SIZE ROOT"). Creates and changes nothing
beside the file. Signatures are not checked. 0 agrees, 1 changed (first bad position named), 2 cannot be read.
"""
import base64, collections, hashlib, itertools, json, os, re, shutil, sqlite3, struct, sys, tempfile, unicodedata, zlib

COLUMNS = ("position stream revision id type schema_version recorded_at occurred_at salt meta data leaf").split()
BLOBS = ("id", "salt", "meta", "data", "leaf")
NAME = {"streams": re.compile(rb"[A-Za-z0-9_.@-]{1,128}"), "types": re.compile(rb"[A-Za-z0-9_.@-]{1,64}")}
GAP_MAX, AHEAD_MAX = 1_000_000, 3000
TABLES = (b"about", b"checkpoints", b"chunks", b"events", b"sealed_streams", b"streams", b"tiles", b"types")
# SHA-256 over "name, newline, statement, newline" in order of name: of the tables, of all else the schema holds.
SCHEMAS = {1: ("c72b8f5b2c082ec4e18894752a7d5c19d360131e4d6a801e02737bf3fac19e21",
               "fb4faca5af827c7be217a49ce69ce6ac2c5399f9d3847b5cdb8074a0e68657d1"),
           2: ("8a00ddbd9c64236e3d8640d44619705de242b8b1811a7ad4096a0341479423e6",
               "52cd400e4e4012eba00120c120d5a5751863053e6ce471f093e34c32823ff264")}
UNREADABLE = (KeyError, ValueError, TypeError, struct.error)
BREAK = collections.namedtuple("Break", "reason by found anchor survived bad missing")

class Text(bytes):
    """What the file keeps as text; plain bytes are what it keeps as a blob."""

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def text(name):
    return struct.pack(">I", len(name)) + name

class Tree:
    """RFC 6962, one leaf at a time: a stack of (level, hash)."""

    def __init__(self, wanted):
        self.size, self.peaks, self.tiles, self.roots, self.wanted = 0, [], [], {0: sha()}, wanted

    def push(self, leaf):
        level = 0
        while self.peaks and self.peaks[-1][0] == level:
            leaf, level = sha(b"\1", self.peaks.pop()[1], leaf), level + 1
            if level == 8:
                self.tiles.append(leaf)
        self.peaks.append((level, leaf))
        self.size += 1
        self.roots.update({self.size: self.root()} if self.size in self.wanted else {})

    def root(self):
        root = self.peaks[-1][1]
        for _, left in reversed(self.peaks[:-1]):
            root = sha(b"\1", left, root)
        return root

def inflate(packed, length):
    state = zlib.decompressobj(-15)
    plain = state.decompress(packed, length + 1)
    if len(plain) != length or not state.eof or state.unused_data or state.unconsumed_tail:
        raise ValueError("it has another length than it tells")
    return plain

def opened(number, columns, ids, salts, leaves, *parts):
    """The 256 events of a sealed chunk as rows; a row that cannot be had is a position, a leaf and why."""
    nth_of = lambda many, size, nth: many[nth * size:nth * size + size] if type(many) is bytes and len(many) == 256 * size else None
    least = min(max(256 * number, -1 << 63), (1 << 63) - 257) + 1  # a number out of this world stays a 64-bit position
    row = lambda nth, **more: {"position": least + nth, "leaf": nth_of(leaves, 32, nth), "stream": None, "type": None, **more}
    try:
        flat = struct.unpack(">2048q", inflate(columns, 16384))
        table = [list(itertools.accumulate(flat[at:at + 256])) for at in range(0, 2048, 256)]
        table = [[(n + (1 << 63)) % (1 << 64) - (1 << 63) for n in column] for column in table]
    except (zlib.error, *UNREADABLE) as why:
        yield from (row(nth, why=why) for nth in range(256))
        return
    for part, first in enumerate(range(0, 256, 64)):
        lengths, why, plain = table[6][first:first + 64] + table[7][first:first + 64], None, b""
        try:
            if not all(0 <= length <= 256 * 1024 for length in lengths):
                raise ValueError("a payload that cannot be")
            plain = inflate(parts[part], sum(lengths))
        except (zlib.error, *UNREADABLE) as cause:
            why = cause
        ends = [0, *itertools.accumulate(lengths)]
        for nth in range(64):
            numbers = dict(zip(("stream", "revision", "type", "schema_version", "recorded_at", "occurred_at"), (c[first + nth] for c in table)))
            if why:
                yield row(first + nth, why=why, **{key: numbers[key] for key in ("stream", "type", "revision")})
                continue
            payload = {"meta": plain[ends[nth]:ends[nth + 1]], "data": plain[ends[64 + nth]:ends[65 + nth]]}
            yield row(first + nth, id=nth_of(ids, 16, first + nth), salt=nth_of(salts, 16, first + nth), **payload, **numbers)

def leaf_of(row, streams, types):
    """The leaf an event's stored values give; an exception if they are no event."""
    if "why" in row:
        raise ValueError(row["why"])
    stream, kind = streams[row["stream"]], types[row["type"]]
    if not (NAME["streams"].fullmatch(stream) and NAME["types"].fullmatch(kind)):
        raise ValueError("a name is none")
    if not all(type(row[c]) is (bytes if c in BLOBS else int) for c in COLUMNS) or not type(stream) is type(kind) is Text:
        raise ValueError("a value is of another kind")
    if (len(row["id"]), len(row["salt"]), len(row["leaf"])) != (16, 16, 32):
        raise ValueError("a value has another length")
    hidden = sha(row["salt"], row["meta"]) + sha(row["salt"], row["data"])
    return sha(b"\0", text(b"muster-event/v1"), struct.pack(">Q", row["position"] - 1), text(stream),
               struct.pack(">Q", row["revision"]), row["id"], text(kind),
               struct.pack(">Iqq", row["schema_version"], row["recorded_at"], row["occurred_at"]), hidden)

def read_anchor(path):
    """The slots that are whole, the newest first; None if there is no file. One that is being written looks
    spoiled for that moment: what looks spoiled is read until it stands still."""
    slots, before, still = [], None, 0
    while len(slots) < 2 and still < 5:
        if not os.path.exists(path):
            return None
        with open(path, "rb") as file:
            found = file.read(8192)
        slots = [slot for slot in (read_slot(found[at:at + 512]) for at in (0, 4096)) if slot]
        before, still = found, still + 1 if found == before else 0
    return [slot[1:] for slot in sorted(slots, reverse=True)]

def read_slot(slot):
    lines = rb"(muster anchor v1\nsequence (\d+)\nsize (\d+)\nroot ([0-9a-f]{64})\n)sum ([0-9a-f]{64})\n *\n"
    found = re.fullmatch(lines, slot)
    if found and len(slot) == 512 and sha(found[1]).hex().encode() == found[5]:
        return int(found[2]), int(found[3]), bytes.fromhex(found[4].decode())
    return None

def unbase64(said):
    known = base64.b64decode(said, validate=True)
    if base64.b64encode(known).decode() != said:
        raise ValueError("bits left over in base64")
    return known

def read_note(note):
    """Size and root of a signed checkpoint. Its signatures are looked at for their form only."""
    named = lambda name: name and not any(c.isspace() or c == "+" for c in name)
    body, rest = note[:note.rindex("\n\n")], note[note.rindex("\n\n") + 2:]
    origin, size, root, *more = body.split("\n")
    signatures = [line.split(" ", 2) for line in rest[:-1].split("\n")]
    if (len(note.encode()) > 65536 or any(unicodedata.category(c) == "Cc" and c != "\n" for c in note) or not all([origin, *more])
            or not rest.endswith("\n") or len(signatures) > 64 or not re.fullmatch("0|[1-9][0-9]*", size, re.ASCII)
            or not all(len(s) == 3 and s[0] == "\u2014" and named(s[1]) and len(unbase64(s[2])) > 4 for s in signatures)
            or len(unbase64(root)) != 32 or int(size) >= 1 << 64):
        raise ValueError("this is not a checkpoint")
    return int(size), unbase64(root)

def read_head(path):
    said = open(path, encoding="utf-8").read()
    if "\n\n\u2014 " in said:
        return read_note(said)
    if said.lstrip().startswith("{"):
        size, root = (json.loads(said)[key] for key in ("size", "root"))
    else:
        size, root = next(line for line in said.splitlines() if line.strip() and not line.startswith("#")).split()[:2]
    return int(size), bytes.fromhex(root) if len(root) == 64 else base64.b64decode(root, validate=True)

def connect(path, keep):
    """Opens the file as it lies, or a copy of it if a write-ahead log lies beside it."""
    if os.path.exists(path + "-wal") and os.path.getsize(path + "-wal") > 0:
        [shutil.copyfile(path + end, os.path.join(keep, "log.sqlite" + end)) for end in ("", "-wal")]
        return sqlite3.connect(os.path.join(keep, "log.sqlite"))
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return sqlite3.connect(f"file:{escaped}?immutable=1", uri=True)

def verify(db, anchor, head, in_place, bad):
    """Calls bad(position or None, what) for everything that does not agree; answers the breaks."""
    def rows(what, columns, table, key, where="true"):
        """As many rows as can be read, in order of a key; where reading ends too early, that is told."""
        query, given = f"SELECT {columns} FROM {table} NOT INDEXED WHERE {where} ORDER BY {key}", 0
        try:
            for row in db.execute(query):
                yield row
                given += 1
        except sqlite3.Error as why:
            try:  # Python reads one row ahead, and loses the last good one when that fails
                yield from db.execute(f"{query} LIMIT ?", (given + 1,)).fetchall()[given:]
            except sqlite3.Error:
                pass
            cut.add(what)
            what and bad(what == "events" and tree.size + 1 or None, f"{what} cannot be read from here on: {why}")

    cut = set()
    schema = sorted(tuple(value if type(value) is Text else b"?" for value in row[1:])
                    for row in rows("the schema", "rowid, name, sql", "sqlite_schema", "rowid", "sql > ''"))
    tables, others = SCHEMAS[db.execute("PRAGMA user_version").fetchone()[0]]
    digest = lambda inside: sha(*[b"%b\n%b\n" % row for row in schema if (row[0] in TABLES) == inside]).hex()
    if digest(True) != tables:
        return bad(None, "the tables are not those of a log") or []
    if digest(False) != others:
        bad(None, "the indexes are not those of a log, or something else is there")
    names = {table: dict(rows(table, "id, name", table, "id")) for table in ("streams", "types")}
    events = lambda what, where="true": (dict(zip(COLUMNS, row)) for row in rows(what, ", ".join(COLUMNS), "events", "position", where))
    packed = "chunk, columns, ids, salts, leaves, part0, part1, part2, part3"
    has_chunks = db.execute("PRAGMA user_version").fetchone()[0] > 1
    directory, lasts = {}, {}

    def chunks(what):
        for chunk in rows(what, packed, "chunks", "chunk") if has_chunks else ():
            held = list(opened(*chunk))
            ids = [row.get("id") or b"" for row in held]
            directory[chunk[0]] = (min(ids), max(ids), sum(row["type"] == 1 for row in held))
            lasts.update({(row["stream"], chunk[0]): row["revision"] for row in held if row["stream"] is not None})
            yield from held

    breaks, notes = [], []
    for row in itertools.chain((row for row in chunks("") if row["type"] == 1), events("", "type = 1")):
        try:
            if leaf_of(row, names["streams"], names["types"]) == row["leaf"]:
                breaks.append((row["position"], BREAK(**json.loads(row["data"]))._asdict()))
        except UNREADABLE:
            pass  # the walk over all events names it
    for size, note in rows("the kept checkpoints", "size, note", "checkpoints", "size"):
        try:
            notes.append((size, read_note(note.decode())))
            size == notes[-1][1][0] or bad(None, f"the checkpoint kept for size {size} is one of another size")
        except (*UNREADABLE, AttributeError) as why:
            bad(None, f"the checkpoint kept for size {size}: {why}")
    heads = [(size, root, "the anchor") for size, root in anchor or []] + ([(*head, "the outside head")] if head else [])
    tree = Tree({size for size, *_ in heads} | {size for size, _ in notes} | {at - 1 for at, _ in breaks})
    hole = lambda at: sha(b"\0", text(b"muster-hole/v1"), struct.pack(">Q", at - 1))
    after, time, used, marked = {}, -(1 << 63), {"streams": set(), "types": {1}}, set()

    def mark(at, what, before=None):
        marked.add((at - 1) // 256)
        bad(at, what, before)

    def take(row):
        nonlocal time
        position, leaf = row["position"], row["leaf"]
        if position - tree.size > GAP_MAX:
            mark(tree.size + 1, "missing")
            return False
        while tree.size + 1 < position:
            mark(tree.size + 1, "the event is missing")
            tree.push(hole(tree.size + 1))
        used["streams"].add(row["stream"]), used["types"].add(row["type"])
        if position <= tree.size:
            mark(position, "the position is below 1, or stands twice")
            return True
        tree.push(leaf if type(leaf) is bytes and len(leaf) == 32 else hole(position))
        try:
            if leaf_of(row, names["streams"], names["types"]) != leaf:
                mark(position, "the event does not give its stored leaf hash")
            elif row["recorded_at"] < time:
                mark(position, "recorded_at is earlier than the event before")
            else:
                time = row["recorded_at"]
            following, before = after.get(row["stream"], (0, 0))
            if row["revision"] != following:
                mark(position, f"revision {row['revision']} where {following} comes next", before)
            after[row["stream"]] = (row["revision"] + 1, position)
        except UNREADABLE as why:
            mark(position, f"not an event: {why}")
        return True

    all(take(row) for row in itertools.chain(chunks("the sealed events"), events("events")))
    for size, root, whose in heads:
        if size > tree.size:
            mark(tree.size + 1, f"{whose} remembers {size} events; the log ends at {tree.size}")
        elif tree.roots.get(size) != root:
            bad(None, f"the first {size} events are not those of {whose}")
    if anchor is None and in_place:
        bad(None, "the anchor is missing beside the log")
    elif anchor is not None and (len(anchor) < 2 or tree.size - anchor[0][0] >= AHEAD_MAX):
        bad(None, "the anchor is spoiled, or the log is further ahead of it than one commit can be")
    for at, record in breaks:
        if (record["survived"]["size"], record["survived"]["root"]) != (at - 1, tree.roots.get(at - 1, b"").hex()):
            mark(at, "the break tells of other events than those before it")
    for size, (_, root) in notes:
        lost = [at for at, r in breaks if r["survived"]["size"] < size <= (r["anchor"] or {"size": 0})["size"]]
        if tree.roots.get(size) != root and not lost:
            bad(None, f"the log is not that of the checkpoint kept for size {size}")
    tiles = list(rows("the stored tree", "tile, hash", "tiles", "tile"))
    longest = range(len(tiles) if "the stored tree" in cut else max(len(tiles), len(tree.tiles)))
    for wrong in [n for n in longest if tiles[n:n + 1] != [(n, t) for t in tree.tiles[n:n + 1]]][:1]:
        first = 256 * wrong + 1 if wrong < len(tree.tiles) else max(256 * wrong + 1, tree.size + 1)
        bad(None if wrong in marked else first, f"tile {wrong} is not the hash of its 256 leaves")
    for table, known in names.items():
        for number in [number for number in known if number not in used[table]]:
            bad(None, f"number {number} of {table} has no event")
        if len(set(known.values())) < len(known) or not all(type(name) is Text and NAME[table].fullmatch(name) for name in known.values()):
            bad(None, f"not every name of {table} is one, and stands once")
    if names["types"].get(1) != b"BreakDeclared":
        bad(None, "the first type is not what was written")
    if has_chunks:
        told = {row[0]: row[1:] for row in rows("the chunks", "chunk, least_id, greatest_id, breaks", "chunks", "chunk")}
        listed = list(rows("the sealed streams", "stream, last, chunk", "sealed_streams", "stream, last"))
        if told != directory or sorted(listed) != sorted((stream, last, chunk) for (stream, chunk), last in lasts.items()):
            bad(None, "what helps to find sealed events is not so")
    try:
        said = [said for (said,) in db.execute("PRAGMA integrity_check(1)")]
        ids = "SELECT position AS a, id, lag(id) OVER (ORDER BY id) AS b FROM events INDEXED BY events_by_id"
        for (at,) in db.execute(f"SELECT a FROM ({ids}) WHERE id = b LIMIT 1") if said == [b"ok"] else []:
            bad(at, "its id stands for another event too")
    except sqlite3.Error as why:
        said = [why]
    if said != [b"ok"]:
        bad(None, f"the database says: {said}")
    return breaks

def judge(where, head_file=None):
    """0 agrees, 1 changed, 2 cannot be read; the first bad position; what there is to say."""
    in_place, path = os.path.isdir(where), where
    path = os.path.join(path, "log.sqlite") if in_place else path
    found, breaks = [], []
    with tempfile.TemporaryDirectory() as keep:
        try:
            head = read_head(head_file) if head_file else None
            # The anchor before the file: a log that is being written may then only be ahead of it.
            anchor = read_anchor(os.path.join(os.path.dirname(path), "anchor"))
            open(path, "rb").close()
            db = connect(path, keep)
            db.text_factory = Text
            db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            asked = [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
            if asked[0] != 0x4D737472 or asked[1] not in SCHEMAS:
                raise ValueError("it is not a log")
        except (sqlite3.Error, OSError, *UNREADABLE, IndexError, StopIteration) as why:
            return 2, None, [f"CANNOT BE READ: {why}"]
        breaks = verify(db, anchor, head, in_place, lambda at, what, before=None: found.append((at, what, before)))
        db.close()

    def declared(at, before):
        """True if a break under the outside head lists the position (or one since the stream's event before)."""
        under = [r for place, r in breaks if head and head[0] >= place and at is not None]
        return any(a <= at and (at if before is None else before) <= b for r in under for a, b in r["bad"] + r["missing"])

    found.sort(key=lambda one: (one[0] is None, one[0] or 0))
    changed = any(not declared(at, before) for at, _, before in found)
    first = found[0][0] if found else None
    lines = [f"{'CHANGED' if changed else 'agrees'}; first bad position: {first}"]
    lines += [f"- {'the log' if at is None else at}: {what}" for at, what, _ in found[:20]]
    lines += [f"break declared at {at} by {' and '.join(record['by'])}: {record['reason']}" for at, record in breaks]
    return int(changed), first, lines

def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    code, _, lines = judge(arguments[0], arguments[arguments.index("--head") + 1] if "--head" in arguments else None)
    print("\n".join(lines))
    return code

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Verifies a log's file a second way: Python's standard library only, no code shared with the program.

    verify.py LOG.sqlite [--head FILE]

FILE: a head kept outside (signed checkpoint, JSON, or a line "SIZE ROOT"). Creates and changes nothing
beside the file. Signatures are not checked. 0 agrees, 1 changed (first bad position named), 2 cannot be read.
"""
import base64, collections, hashlib, json, os, re, shutil, sqlite3, struct, sys, tempfile

COLUMNS = ("position stream revision id type schema_version recorded_at occurred_at salt meta data leaf").split()
BLOBS = ("id", "salt", "meta", "data", "leaf")
GAP_MAX, AHEAD_MAX = 1_000_000, 3000
BREAK = collections.namedtuple("Break", "reason by found anchor survived bad missing")

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

def leaf_of(row, streams, types):
    """The leaf an event's stored values give; an exception if they are no event."""
    stream, kind = streams[row["stream"]], types[row["type"]]
    if not (re.fullmatch(rb"[A-Za-z0-9_.@-]{1,128}", stream) and re.fullmatch(rb"[A-Za-z0-9_.@-]{1,64}", kind)):
        raise ValueError("a name is none")
    if not all(isinstance(row[c], bytes if c in BLOBS else int) for c in COLUMNS):
        raise ValueError("a value is of another kind")
    if (len(row["id"]), len(row["salt"]), len(row["leaf"])) != (16, 16, 32):
        raise ValueError("a value has another length")
    hidden = sha(row["salt"], row["meta"]) + sha(row["salt"], row["data"])
    return sha(b"\0", text(b"muster-event/v1"), struct.pack(">Q", row["position"] - 1), text(stream),
               struct.pack(">Q", row["revision"]), row["id"], text(kind),
               struct.pack(">Iqq", row["schema_version"], row["recorded_at"], row["occurred_at"]), hidden)

def read_anchor(path):
    """The slots that are whole, the newest first; None if there is no file."""
    if not os.path.exists(path):
        return None
    slots, lines = [], rb"(muster anchor v1\nsequence (\d+)\nsize (\d+)\nroot ([0-9a-f]{64})\n)sum ([0-9a-f]{64})\n *\n"
    for at in (0, 4096):
        found = re.fullmatch(lines, open(path, "rb").read()[at:at + 512])
        if found and len(found[0]) == 512 and sha(found[1]).hex().encode() == found[5]:
            slots.append((int(found[2]), int(found[3]), bytes.fromhex(found[4].decode())))
    return [slot[1:] for slot in sorted(slots, reverse=True)]

def read_head(path):
    said = open(path, encoding="utf-8").read()
    if "\n\n\u2014 " in said:
        _, size, root = said.split("\n")[:3]
        return int(size), base64.b64decode(root, validate=True)
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

def verify(db, anchor, head, bad):
    """Calls bad(position or None, what) for everything that does not agree; answers the breaks."""
    names = {table: dict(db.execute(f"SELECT id, name FROM {table}")) for table in ("streams", "types")}
    events = f"SELECT {', '.join(COLUMNS)} FROM events NOT INDEXED ORDER BY position"
    breaks = []
    for row in (dict(zip(COLUMNS, values)) for values in db.execute(f"SELECT * FROM ({events}) WHERE type = 1")):
        try:
            if leaf_of(row, names["streams"], names["types"]) == row["leaf"]:
                breaks.append((row["position"], BREAK(**json.loads(row["data"]))._asdict()))
        except (KeyError, ValueError, TypeError, struct.error):
            pass  # the walk over all events names it
    notes = [(size, note.decode()) for size, note in db.execute("SELECT size, note FROM checkpoints")]
    heads = [(size, root, "the anchor") for size, root in anchor or []] + ([(*head, "the outside head")] if head else [])
    tree = Tree({size for size, *_ in heads} | {size for size, _ in notes} | {at - 1 for at, _ in breaks})
    hole = lambda at: sha(b"\0", text(b"muster-hole/v1"), struct.pack(">Q", at - 1))
    after, time, used = {}, -(1 << 63), {"streams": set(), "types": {1}}
    for values in db.execute(events):
        row = dict(zip(COLUMNS, values))
        position = row["position"]
        if position - tree.size > GAP_MAX:
            bad(tree.size + 1, "missing")
            break
        while tree.size + 1 < position:
            bad(tree.size + 1, "the event is missing")
            tree.push(hole(tree.size + 1))
        if position < 1:
            bad(position, "the position is below 1")
            continue
        leaf = row["leaf"]
        tree.push(leaf if isinstance(leaf, bytes) and len(leaf) == 32 else hole(position))
        used["streams"].add(row["stream"]), used["types"].add(row["type"])
        try:
            if leaf_of(row, names["streams"], names["types"]) != leaf:
                bad(position, "the event does not give its stored leaf hash")
            elif row["recorded_at"] < time:
                bad(position, "recorded_at is earlier than the event before")
            else:
                time = row["recorded_at"]
            following, before = after.get(row["stream"], (0, 0))
            if row["revision"] != following:
                bad(position, f"revision {row['revision']} where {following} comes next", before)
            after[row["stream"]] = (row["revision"] + 1, position)
        except (KeyError, ValueError, TypeError, struct.error) as why:
            bad(position, f"not an event: {why}")
    for size, root, whose in heads:
        if size > tree.size:
            bad(tree.size + 1, f"{whose} remembers {size} events; the log ends at {tree.size}")
        elif tree.roots.get(size) != root:
            bad(None, f"the first {size} events are not those of {whose}")
    if anchor is not None and (not anchor or tree.size - anchor[0][0] >= AHEAD_MAX):
        bad(None, "the anchor cannot be read, or the log is further ahead of it than one commit can be")
    for at, record in breaks:
        if (record["survived"]["size"], record["survived"]["root"]) != (at - 1, tree.roots.get(at - 1, b"").hex()):
            bad(at, "the break tells of other events than those before it")
    for size, note in notes:
        lost = [at for at, r in breaks if r["survived"]["size"] < size <= (r["anchor"] or {"size": 0})["size"]]
        if note.split("\n")[1:3] != [str(size), base64.b64encode(tree.roots.get(size, b"")).decode()] and not lost:
            bad(None, f"the log is not that of the checkpoint kept for size {size}")
    tiles = list(db.execute("SELECT tile, hash FROM tiles ORDER BY tile"))
    wrong = [n for n in range(max(len(tiles), len(tree.tiles))) if tiles[n:n + 1] != [(n, t) for t in tree.tiles[n:n + 1]]]
    if wrong:
        bad(256 * wrong[0] + 1, f"tile {wrong[0]} is not the hash of its 256 leaves")
    for table, number in ((table, number) for table, rows in names.items() for number in rows if number not in used[table]):
        bad(None, f"number {number} of {table} has no event")
    if names["types"].get(1) != b"BreakDeclared":
        bad(None, "the first type is not what was written")
    if (said := db.execute("PRAGMA integrity_check(1)").fetchone()[0]) != b"ok":
        bad(None, f"the database says: {said}")
    return breaks

def main(arguments):
    in_place, path = os.path.isdir(arguments[0]), arguments[0]
    path = os.path.join(path, "log.sqlite") if in_place else path
    try:
        head = read_head(arguments[arguments.index("--head") + 1]) if "--head" in arguments else None
        # The anchor before the file: a log that is being written may then only be ahead of it.
        anchor = read_anchor(os.path.join(os.path.dirname(path), "anchor"))
        open(path, "rb").close()
    except (OSError, ValueError, IndexError, KeyError) as why:
        print(f"CANNOT BE READ: {why}")
        return 2
    found = [(None, "the anchor is missing beside the log", None)] if in_place and anchor is None else []
    breaks = []
    with tempfile.TemporaryDirectory() as keep:
        try:
            db = connect(path, keep)
            db.text_factory = bytes
            if db.execute("PRAGMA application_id").fetchone() != (0x4D737472,):
                raise ValueError("it is not a log")
        except (sqlite3.Error, OSError, ValueError) as why:
            print(f"CANNOT BE READ: {why}")
            return 2
        try:
            breaks = verify(db, anchor, head, lambda at, what, before=None: found.append((at, what, before)))
        except sqlite3.Error as why:
            found.append((None, f"the file cannot be read further: {why}", None))

    def declared(at, before):
        """True if a break under the outside head lists the position (or one since the stream's event before)."""
        under = [r for place, r in breaks if head and head[0] >= place and at is not None]
        return any(a <= at and (at if before is None else before) <= b for r in under for a, b in r["bad"] + r["missing"])

    found.sort(key=lambda one: (one[0] is None, one[0] or 0))
    changed = any(not declared(at, before) for at, _, before in found)
    print(f"{'CHANGED' if changed else 'agrees'}; first bad position: {found[0][0] if found else None}")
    for at, what, _ in found[:20]:
        print(f"- {'the log' if at is None else at}: {what}")
    for at, record in breaks:
        print(f"break declared at {at} by {' and '.join(record['by'])}: {record['reason']}")
    return 1 if changed else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)

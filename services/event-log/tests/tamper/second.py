"""Asks the second verifier about one directory after another: a line in (directory, tab, head file or nothing),
a line out (exit code, first bad position). One process, because starting one takes longer than the question."""
import sys

sys.path.insert(0, sys.argv[1])
import verify

for line in sys.stdin:
    where, head = line.rstrip("\n").split("\t")
    try:
        code, first, _ = verify.judge(where, head or None)
        print(code, first, flush=True)
    except Exception as why:  # a verifier that breaks off has not answered
        print("broke", repr(why).replace("\n", " "), flush=True)

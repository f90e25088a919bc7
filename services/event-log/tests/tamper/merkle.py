"""Sets our roots and proofs against pymerkle, which knows nothing of us. Standard input: one JSON object with
`entries` (hex: what the leaves are hashes of), `roots` (of sizes 0, 1, ...), `inclusion` (position, size, path)
and `consistency` (old size, new size, path). Says how many agreed, and exits 1 if one did not."""
import json, sys

from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from pymerkle.proof import InclusionProof

said = json.load(sys.stdin)
tree, wrong, agreed = InmemoryTree(algorithm="sha256"), [], 0
tree.append_entries([bytes.fromhex(entry) for entry in said["entries"]])
roots = [bytes.fromhex(root) for root in said["roots"]]


def judge(agrees, what):
    global agreed
    agreed += agrees
    if not agrees:
        wrong.append(what)


def paths(path):
    return [bytes.fromhex(hash) for hash in path]


def rfc(old, start, end, whole):
    """The proof as RFC 6962, 2.1.2 lays it out, of the library's own nodes; its own proofs are laid out otherwise."""
    if old == end - start:
        return [] if whole else [tree._get_root(start, end)]
    left = 1 << (end - start - 1).bit_length() - 1
    if old <= left:
        return rfc(old, start, start + left, whole) + [tree._get_root(start + left, end)]
    return rfc(old - left, start + left, end, False) + [tree._get_root(start, start + left)]


for size, root in enumerate(roots):
    judge(tree.get_root(size) == root, f"root of {size}")
for position, size, path in said["inclusion"]:
    theirs, leaf = tree.prove_inclusion(position, size), tree.get_leaf(position)
    judge(theirs.path == [leaf, *paths(path)], f"inclusion of {position} in {size}")
    verify_inclusion(leaf, roots[size], InclusionProof("sha256", True, size, position, theirs.rule, [leaf, *paths(path)]))
for old, new, path in said["consistency"]:
    judge(paths(path) == rfc(old, 0, new, True), f"consistency of {old} and {new}")
    verify_consistency(roots[old], roots[new], tree.prove_consistency(old, new), prior_size=old, later_size=new)
print(f"{agreed} agreed, {len(wrong)} did not", *wrong[:20], f"evidence: tamper-agreements {agreed + len(wrong)} {len(wrong)}", sep="\n")
sys.exit(1 if wrong else 0)

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Hashes of the audit trail, hash format 1: canonical JSON, salted commitments, Merkle trees, seals.

Nothing here may ever change, or the rows sealed so far can no longer be checked: what must differ gets another format
number. ``verify_audit_bundle.py`` implements the same on purpose without this module: auditors receive it alone.
"""

import json
from collections.abc import Sequence
from hashlib import sha256

_LEAF = b"\x00"
_NODE = b"\x01"
_HASH_SIZE = 32
_SORTED = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_AS_GIVEN = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def canonical(value) -> bytes:
    """Canonical JSON (RFC 8785) of strings, None, lists and dicts with string keys; ValueError for anything else.

    Numbers and booleans are left out because other languages write them differently.
    """
    if not _check(value):
        return _AS_GIVEN.encode(_utf16_sorted(value)).encode()
    return _SORTED.encode(value).encode()


def _check(value) -> bool:
    """Whether all keys are ASCII: only then does Python's order of strings equal that of their UTF-16 code units."""
    if isinstance(value, dict):
        try:
            fast = "".join(value).isascii()
        except TypeError:
            raise ValueError("Canonical JSON: a key is not a string") from None
        children = value.values()
    elif isinstance(value, list):
        fast = True
        children = value
    elif value is None or isinstance(value, str):
        return True
    else:
        raise ValueError(f"Canonical JSON: {type(value).__name__} is neither string, null, list nor object")
    for child in children:
        # Most are strings: the call is worth avoiding.
        if child is not None and child.__class__ is not str and not _check(child):
            fast = False
    return fast


def _utf16_sorted(value):
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _utf16_sorted(value[key]) for key in keys}
    if isinstance(value, list):
        return [_utf16_sorted(item) for item in value]
    return value


def commitment(salt: bytes, row: dict) -> bytes:
    """What a seal keeps of a row: the salt hides the row's values once both are redacted."""
    return sha256(salt + canonical(row)).digest()


def seal_hash(seal: dict) -> str:
    """Hash of a seal in hex; the key "hash", under which exports keep this very value, is left out."""
    return sha256(canonical({key: value for key, value in seal.items() if key != "hash"})).hexdigest()


def _leaf_level(leaves: Sequence[bytes]) -> list[bytes]:
    return [sha256(_LEAF + leaf).digest() for leaf in leaves]


def _parents(level: list[bytes]) -> list[bytes]:
    """The next level: a last node without a partner moves up as it is.

    That yields the trees of RFC 6962, whose left part is the largest power of two smaller than the number of leaves.
    """
    parents = [sha256(_NODE + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        parents.append(level[-1])
    return parents


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of the Merkle tree (RFC 6962, section 2.1) over commitments."""
    level = _leaf_level(leaves)
    while len(level) > 1:
        level = _parents(level)
    return level[0] if level else sha256().digest()


class Tree:
    """A Merkle tree that keeps its inner nodes, so that each further proof costs a few look-ups only."""

    def __init__(self, leaves: Sequence[bytes]):
        self._levels = [_leaf_level(leaves)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_parents(self._levels[-1]))

    def __len__(self):
        return len(self._levels[0])

    @property
    def root(self) -> bytes:
        return self._levels[-1][0] if len(self) else sha256().digest()

    def proof(self, index: int) -> list[bytes]:
        """Inclusion proof of a leaf (RFC 6962, section 2.1.1): the siblings on its way up to the root."""
        if not 0 <= index < len(self):
            raise ValueError(f"No leaf {index} in a tree of {len(self)}")
        proof = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            # The last node of an odd level has none.
            if sibling < len(level):
                proof.append(level[sibling])
            index >>= 1
        return proof


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Inclusion proof of one leaf; for several of the same leaves use ``Tree``."""
    return Tree(leaves).proof(index)


def root_from_proof(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf and its proof lead to (RFC 9162, section 2.1.3.2); the caller compares it.

    Raises ValueError if a tree of that size has no such leaf or its proof has another length.
    """
    if not 0 <= index < size:
        raise ValueError(f"No leaf {index} in a tree of {size}")
    node = sha256(_LEAF + leaf).digest()
    last = size - 1
    for sibling in proof:
        if not last:
            raise ValueError("The proof is too long")
        if len(sibling) != _HASH_SIZE:
            raise ValueError("The proof holds something else than hashes")
        if index & 1 or index == last:
            node = sha256(_NODE + sibling + node).digest()
            # Levels at which this node has no sibling.
            while index and not index & 1:
                index >>= 1
                last >>= 1
        else:
            node = sha256(_NODE + node + sibling).digest()
        index >>= 1
        last >>= 1
    if last:
        raise ValueError("The proof is too short")
    return node

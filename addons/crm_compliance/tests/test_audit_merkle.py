# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import merkle

# The inputs and roots that implementations of Certificate Transparency are tested with: the root of the first n leaves.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# The first row and block of docs/audit.md, "Verifying by hand".
DOCUMENTED_ROW = {
    "address": None,
    "changes": {"city": ["Gent", "Brugge"]},
    "company_id": None,
    "id": "1",
    "model": "res.partner",
    "name": "Azure",
    "operation": "write",
    "origin": "web",
    "real_user_id": None,
    "recorded_at": "2026-11-24T09:30:00.000000",
    "res_id": "7",
    "session": None,
    "transaction": "812",
    "user_id": "2",
}
SALT = bytes.fromhex("00112233445566778899aabbccddeeff")

# The same cases in every run, none kept between runs.
repeatable = settings(derandomize=True, deadline=None, database=None, max_examples=60)
texts = st.text(max_size=12)
values = st.recursive(
    st.none() | texts, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=5)
)
rows = st.dictionaries(texts, values, max_size=3)
leaves_ = st.lists(st.binary(max_size=40), min_size=1, max_size=40)


def mth(leaves):
    """Merkle tree hash as RFC 6962, section 2.1, defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def split(size):
    """The largest power of two smaller than a size."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def path(index, leaves):
    """Audit path as RFC 6962, section 2.1.1, defines it."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), mth(leaves[k:])]
    return [*path(index - k, leaves[k:]), mth(leaves[:k])]


def climb(index, size, leaf, proof):
    """The root a proof leads to, from the top down."""
    if size == 1:
        assert not proof
        return sha256(b"\x00" + leaf).digest()
    k = split(size)
    if index < k:
        return sha256(b"\x01" + climb(index, k, leaf, proof[:-1]) + proof[-1]).digest()
    return sha256(b"\x01" + proof[-1] + climb(index - k, size - k, leaf, proof[:-1])).digest()


def utf16(text):
    """Code units as numbers."""
    data = text.encode("utf-16-le")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def write_json(value):
    """Canonical JSON as RFC 8785 defines it, character by character."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + "".join(map(write_character, value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(write_json, value)) + "]"
    return "{" + ",".join(f"{write_json(key)}:{write_json(value[key])}" for key in sorted(value, key=utf16)) + "}"


def write_character(character):
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    return short.get(ord(character)) or (f"\\u{ord(character):04x}" if ord(character) < 32 else character)


@tagged("post_install", "-at_install")
class TestMerkleTree(BaseCase):
    def test_known_roots(self):
        leaves = [bytes.fromhex(digits) for digits in INPUTS]
        for size, root in enumerate(ROOTS):
            self.assertEqual(merkle.root(leaves[:size]).hex(), root, size)
            self.assertEqual(merkle.Tree(leaves[:size]).root.hex(), root, size)
            self.assertEqual(mth(leaves[:size]).hex(), root, size)

    def test_proofs_of_all_sizes(self):
        for size in range(1, 66):
            leaves = [f"leaf {number}".encode() for number in range(size)]
            tree, root = merkle.Tree(leaves), mth(leaves)
            self.assertEqual((tree.root, len(tree)), (root, size))
            for index, leaf in enumerate(leaves):
                proof = tree.proof(index)
                self.assertEqual(proof, path(index, leaves), (size, index))
                self.assertEqual(merkle.root_from_proof(index, size, leaf, proof), root, (size, index))
                self.assertEqual(climb(index, size, leaf, proof), root, (size, index))

    def test_unfit_proofs(self):
        """Proofs of another length, or for a leaf that cannot be, lead nowhere."""
        for size in (1, 2, 3, 7, 8, 33):
            leaves = [bytes([number]) for number in range(size)]
            tree = merkle.Tree(leaves)
            for index, leaf in enumerate(leaves):
                proof = tree.proof(index)
                for wrong in (proof[:-1], proof[1:]) if proof else ():
                    with self.assertRaises(ValueError):
                        merkle.root_from_proof(index, size, leaf, wrong)
                for wrong in ([*proof, bytes(32)], [b"short", *proof[1:]]):
                    with self.assertRaises(ValueError):
                        merkle.root_from_proof(index, size, leaf, wrong)
            for index in (-1, size):
                with self.assertRaises(ValueError):
                    tree.proof(index)
                with self.assertRaises(ValueError):
                    merkle.root_from_proof(index, size, b"", [])

    @repeatable
    @given(leaves=leaves_, data=st.data())
    def test_any_leaves(self, leaves, data):
        index = data.draw(st.integers(0, len(leaves) - 1))
        root, proof = mth(leaves), merkle.inclusion_proof(index, leaves)
        self.assertEqual(merkle.root(leaves), root)
        self.assertEqual(proof, path(index, leaves))
        self.assertEqual(merkle.root_from_proof(index, len(leaves), leaves[index], proof), root)

    @repeatable
    @given(leaves=leaves_, data=st.data())
    def test_any_bit_counts(self, leaves, data):
        """One other bit in a leaf, a leaf more, one less or two exchanged: another root."""
        index = data.draw(st.integers(0, len(leaves) - 1))
        leaf = leaves[index]
        root, proof = merkle.root(leaves), merkle.inclusion_proof(index, leaves)
        if leaf:
            bit = data.draw(st.integers(0, 8 * len(leaf) - 1))
            changed = bytearray(leaf)
            changed[bit // 8] ^= 1 << bit % 8
            self.assertNotEqual(merkle.root([*leaves[:index], bytes(changed), *leaves[index + 1 :]]), root)
            self.assertNotEqual(merkle.root_from_proof(index, len(leaves), bytes(changed), proof), root)
        self.assertNotEqual(merkle.root([*leaves, b""]), root)
        self.assertNotEqual(merkle.root([*leaves[:index], *leaves[index + 1 :]]), root)
        if leaves[0] != leaf:
            self.assertNotEqual(merkle.root([leaf, *leaves[1:index], leaves[0], *leaves[index + 1 :]]), root)

    def test_leaves_are_no_nodes(self):
        """An inner node given as a leaf does not stand for its children."""
        children = [b"one", b"two"]
        inner = b"".join(sha256(b"\x00" + leaf).digest() for leaf in children)
        self.assertNotEqual(merkle.root([inner]), merkle.root(children))


@tagged("post_install", "-at_install")
class TestCanonical(BaseCase):
    def test_key_order(self):
        """The example of RFC 8785, section 3.2.3: by UTF-16 code units, so a surrogate pair is before U+FB33."""
        names = {
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\U0001f600": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis",
        }
        order = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
        self.assertEqual(list(json.loads(merkle.canonical(names))), order)
        # The same within a list, and below a key that needs no such care.
        self.assertEqual(list(json.loads(merkle.canonical({"a": [names]}))["a"][0]), order)

    def test_texts(self):
        for text, expected in (
            ("", b'""'),
            ('a"b\\c/', b'"a\\"b\\\\c/"'),
            ("\b\t\n\f\r", b'"\\b\\t\\n\\f\\r"'),
            ("\x00\x0b\x1f", b'"\\u0000\\u000b\\u001f"'),
            ("\x7f\x80", b'"\x7f\xc2\x80"'),
            ("\u2028\u2029\ufeff", b'"\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf"'),
            # The text of RFC 8785, section 3.2.2.
            ('\u20ac$\u000f\nA\'B"\\\\"/', b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
            ("\U0001f600", b'"\xf0\x9f\x98\x80"'),
            ("é", b'"\xc3\xa9"'),
            # Not normalised: another text is another value.
            ("e\u0301", b'"e\xcc\x81"'),
        ):
            self.assertEqual(merkle.canonical(text), expected, ascii(text))

    def test_structures(self):
        for value, expected in (
            (None, b"null"),
            ({}, b"{}"),
            ([], b"[]"),
            ({"b": [None, "x"], "a": {}, "": None}, b'{"":null,"a":{},"b":[null,"x"]}'),
        ):
            self.assertEqual(merkle.canonical(value), expected)

    def test_refusals(self):
        for value in (1, 1.5, 0, True, False, b"a", ("a",), {1}, object(), {1: "a"}, {None: "a"}, {True: "a"}):
            for wrapped in (value, [value], {"a": value}, {"a": [{"\u20ac": [value]}]}):
                with self.assertRaises(ValueError, msg=repr(wrapped)):
                    merkle.canonical(wrapped)

    def test_half_a_character(self):
        """A lone surrogate has no UTF-8; PostgreSQL holds none."""
        for value in ("\ud800", {"\ud800": None}, ["\udfff"]):
            with self.assertRaises(ValueError):
                merkle.canonical(value)

    @repeatable
    @given(values)
    def test_any_value(self, value):
        written = merkle.canonical(value)
        self.assertEqual(written.decode(), write_json(value))
        self.assertEqual(json.loads(written), value)

    @repeatable
    @given(rows, st.randoms(use_true_random=False))
    def test_order_does_not_matter(self, row, random):
        names = list(row)
        random.shuffle(names)
        self.assertEqual(merkle.canonical({name: row[name] for name in names}), merkle.canonical(row))

    @repeatable
    @given(values, values)
    def test_different_values(self, one, other):
        self.assertEqual(merkle.canonical(one) == merkle.canonical(other), one == other)


@tagged("post_install", "-at_install")
class TestHashes(BaseCase):
    def test_documented(self):
        """The numbers of "Verifying by hand", which any shell computes."""
        first = merkle.commitment(SALT, DOCUMENTED_ROW)
        self.assertEqual(first.hex(), "d741671be8de403966b0cf3358a65340df593fbd25233934bee190e5d72c0ab0")
        root = merkle.root([first, sha256(b"two").digest(), sha256(b"three").digest()]).hex()
        self.assertEqual(root, "a4887bd48d09777ce606de7fbbfe2542d112eb1e0948ea4b1ef5a807e889bff3")
        seal = {
            "format": "1",
            "number": "1",
            "previous": "",
            "root": root,
            "count": "3",
            "sealed_at": "2026-11-24T09:31:00Z",
        }
        expected = "32bbccc69c40351fd997828af4b202e4753c8fdfd6048c3733bedcb84c3af345"
        self.assertEqual(merkle.seal_hash(seal), expected)
        self.assertEqual(merkle.seal_hash({**seal, "hash": expected}), expected)

    @repeatable
    @given(rows, st.binary(min_size=16, max_size=16))
    def test_commitment(self, row, salt):
        self.assertEqual(merkle.commitment(salt, row), sha256(salt + write_json(row).encode()).digest())
        other = bytes([salt[0] ^ 1]) + salt[1:]
        self.assertNotEqual(merkle.commitment(other, row), merkle.commitment(salt, row))
        self.assertNotEqual(merkle.commitment(salt, {**row, "extra key": None}), merkle.commitment(salt, row))

    @repeatable
    @given(st.fixed_dictionaries({name: texts for name in ("format", "number", "previous", "root", "count")}), texts)
    def test_seal_hash(self, seal, text):
        self.assertEqual(merkle.seal_hash(seal), sha256(write_json(seal).encode()).hexdigest())
        self.assertEqual(merkle.seal_hash({**seal, "hash": text}), merkle.seal_hash(seal))
        for name in seal:
            self.assertNotEqual(merkle.seal_hash({**seal, name: seal[name] + "x"}), merkle.seal_hash(seal), name)

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Checks an exported audit trail without trusting the system it comes from; needs nothing but Python 3.9 or newer.
Exit code: 0 everything fits, 1 something was changed (the first bad row or seal is named), 2 not a readable bundle.
"""

# fmt: off
import argparse
import json
import re
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

HASH, HEX, NUMBER = "[0-9a-f]{64}", "([0-9a-f]{2})+", "0|[1-9][0-9]{0,17}"

class ChangedError(Exception):
    """The sentence that names what does not fit."""

def need(condition, sentence):
    if not condition:
        raise ChangedError(sentence)

def is_like(pattern, *values):
    return all(isinstance(value, str) and re.fullmatch(pattern, value) for value in values)

def parse(what, data, keys, optional=""):
    """An object with exactly these keys: readers would see any others although no hash covers them."""
    try:
        value = json.loads(data.decode(), object_pairs_hook=ordered)
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None
    fine = isinstance(value, dict) and set(value) - {optional} == set(keys.split())
    need(fine, f"{what} has missing or unknown keys.")
    return value

def ordered(pairs):
    """Keys in the order of their UTF-16 code units (RFC 8785), each once."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key occurs twice")
    return dict(sorted(pairs, key=lambda pair: pair[0].encode("utf-16-be")))

def is_text(value):
    inner = value.values() if isinstance(value, dict) else value
    return value is None or isinstance(value, str) or (isinstance(value, (dict, list)) and all(map(is_text, inner)))

def digest(what, value, salt=b""):
    need(is_text(value), f"{what} holds something else than text.")
    return sha256(salt + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

def climb(index, size, node, proof):
    """The root that a proof leads to, by its definition in RFC 6962, section 2.1.1; empty if its length is wrong."""
    if size == 1 or not proof:
        return node if size == 1 and not proof else b""
    left = 1 << (size - 1).bit_length() - 1
    node = climb(index % left, left if index < left else size - left, node, proof[:-1])
    return node and sha256(b"\1" + (node + proof[-1] if index < left else proof[-1] + node)).digest()

def read_seals(lines):
    """The chain by number, with an empty start at 0; "until" counts the rows so far."""
    seals = [{"hash": "", "until": 0}]
    for number, line in enumerate(lines, 1):
        what = f"Seal {number}"
        seal = parse(what, line, "format number previous root count sealed_at hash")
        need(seal["number"] == str(number), f"{what} is missing: another stands in its place.")
        hashed = digest(what, {key: seal[key] for key in seal if key != "hash"})
        need(seal["hash"] == hashed, f"{what} was changed: it does not have the hash it claims.")
        need(seal["previous"] == seals[-1]["hash"], f"{what} does not follow from the seal before it.")
        fine = seal["format"] == "1" and is_like(NUMBER, seal["count"]) and is_like(HASH, seal["root"])
        need(fine, f"{what} is not in format 1.")
        count, root = int(seal["count"]), bytes.fromhex(seal["root"])
        seals.append({**seal, "count": count, "until": seals[-1]["until"] + count, "root": root, "kept": [], "bare": 0})
    return seals

def check_checkpoint(what, data, seals):
    checkpoint = parse(what, data, "database number hash rows at")
    fine = is_like(NUMBER, checkpoint["number"]) and int(checkpoint["number"]) < len(seals)
    need(fine, f"{what} is of a later seal than the last one here, {len(seals) - 1}: the tail was cut off.")
    seal = seals[int(checkpoint["number"])]
    fine = (checkpoint["hash"], checkpoint["rows"]) == (seal["hash"], str(seal["until"]))
    need(fine, f"Seal {checkpoint['number']} is not the one in {what}: the history was rewritten.")
    return int(checkpoint["number"]), checkpoint["database"]

def check_row(what, entry, seals):
    row, index, salt, proof = entry["row"], entry["index"], entry["salt"], entry.get("proof", [])
    fine = is_like(NUMBER, entry["id"], entry["seal"]) and 0 < int(entry["seal"]) < len(seals)
    need(fine, f"{what} has no id or belongs to no seal of this bundle.")
    what, seal = f"Row {entry['id']} ({what})", seals[int(entry["seal"])]
    fine = type(index) is int and 0 <= index < seal["count"] and isinstance(proof, list)
    need(fine and is_like(HASH, entry["commitment"], *proof), f"{what} has no place in seal {entry['seal']}.")
    if row is None:
        need(salt is None and is_like(".+", entry["redaction"]), f"{what} is empty without a redaction.")
    else:
        fine = isinstance(row, dict) and row.get("id", entry["id"]) == entry["id"] and entry["redaction"] is None
        need(fine and is_like(HEX, salt), f"{what} contradicts itself about its id, salt or redaction.")
        hashed = digest(what, row, bytes.fromhex(salt))
        need(hashed == entry["commitment"], f"{what} was changed: it does not have the commitment it claims.")
    leaf = sha256(b"\0" + bytes.fromhex(entry["commitment"])).digest()
    fine = "proof" not in entry or climb(index, seal["count"], leaf, list(map(bytes.fromhex, proof))) == seal["root"]
    need(fine, f"{what} is not in seal {entry['seal']}: its proof does not lead there.")
    seal["bare"] |= "proof" not in entry
    seal["kept"].append(index.to_bytes(8, "big") + int(entry["id"]).to_bytes(8, "big") + leaf)

def check_block(seal):
    """Order of a seal's rows and, if all are here, as they must be without proofs, its root; returns their ids."""
    rows = sorted(seal["kept"])
    ids = [int.from_bytes(row[8:16], "big") for row in rows]
    for at, row in enumerate(rows):
        fine = int.from_bytes(row[:8], "big") == at if seal["bare"] else not at or rows[at - 1][:8] < row[:8]
        fine = fine and (not at or ids[at - 1] < ids[at])
        need(fine, f"Before row {ids[at]} of seal {seal['number']}, a row is missing, doubled or out of order.")
    need(not seal["bare"] or len(rows) == seal["count"], f"The last row of seal {seal['number']} is missing.")
    nodes = [row[16:] for row in rows] or [sha256().digest()]
    while len(nodes) > 1:
        pairs = (nodes[at:at + 2] for at in range(0, len(nodes), 2))
        nodes = [sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    fine = len(rows) < seal["count"] or nodes[0] == seal["root"]
    need(fine, f"The rows of seal {seal['number']} do not add up to its root.")
    return ids

def check(path, earlier):
    with zipfile.ZipFile(path) as bundle:
        need(len(set(bundle.namelist())) == len(bundle.namelist()), "A file is in the bundle twice.")
        seals, redactions = read_seals(bundle.open("seals.jsonl")), []
        number, database = check_checkpoint("checkpoint.json", bundle.read("checkpoint.json"), seals)
        need(number == len(seals) - 1, f"Seal {number + 1} is not covered by checkpoint.json.")
        for line, data in enumerate(bundle.open("rows.jsonl"), 1):
            entry = parse(f"Line {line}", data, "row id salt commitment seal index redaction", "proof")
            check_row(f"line {line}", entry, seals)
            redactions += [entry["redaction"]] if entry["row"] is None else []
    ids = sorted(row for seal in seals[1:] for row in check_block(seal))
    for at, one in enumerate(ids[1:]):
        need(one != ids[at], f"Row {one} occurs twice.")
    total, names = seals[-1]["until"], ", ".join(sorted(set(redactions))[:20]) or "none"
    report = f"Everything fits. Database {database}: {number} seals, {len(ids)} of {total} sealed rows.\n"
    report += "Complete bundle.\n" if len(ids) == total else "Excerpt: nothing is said about the other rows.\n"
    report += f"Rows with their content redacted, not to be checked: {len(redactions)} (redactions: {names}).\n"
    if not earlier:
        return report + "No earlier checkpoint given: a history cut off or rewritten as a whole would not show."
    known, owner = check_checkpoint("The earlier checkpoint", Path(earlier).read_bytes(), seals)
    need(owner == database, "The earlier checkpoint is of another database.")
    return report + f"The earlier checkpoint is seal {known} here: nothing up to it was cut off or rewritten."

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("--checkpoint", help="checkpoint.json of an earlier export, kept elsewhere")
    args, code = parser.parse_args(), 0
    try:
        result = check(args.bundle, args.checkpoint)
    except ChangedError as error:
        code, result = 1, f"CHANGED: {error}"
    except Exception as error:
        code, result = 2, f"Not a readable bundle ({type(error).__name__}): {error}"
    print(re.sub(r"[^ -~\n]", "?", result))  # pylint: disable=print-used
    sys.exit(code)

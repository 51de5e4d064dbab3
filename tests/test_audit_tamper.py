# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Who owns the database changes the audit trail with psql, and is found out: by the nightly verification and by the
program auditors run on a bundle.
"""

import base64
import json
import re
import subprocess
import sys
from hashlib import sha256

import pytest

from servers import ADDONS

pytestmark = pytest.mark.slow

VERIFIER = ADDONS[0] / "tools" / "verify_audit_bundle.py"
TABLES = ("compliance_audit_log", "compliance_audit_seal", "compliance_audit_leaf")
# What the hash of a row covers, and another value of it.
COLUMNS = {
    "id": "id + 1000000",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "transaction": "(transaction::text::int8 - 1)::text::xid8",
    "operation": "'create'",
    "model": "'res.users'",
    "res_id": "res_id + 1",
    "name": "NULL",
    "company_id": "1",
    "user_id": "COALESCE(user_id, 0) + 1",
    "real_user_id": "1",
    "origin": "'web'",
    "address": "'192.0.2.1'",
    "session": "COALESCE(session, '') || ' '",
    "changes": "jsonb_set(changes, '{ref,1}', '\"forged\"')",
    "salt": "set_byte(salt, 0, get_byte(salt, 0) # 1)",
}
PREPARE = """
partner = env["res.partner"].create({"name": "Watched", "ref": "0"})
env.cr.commit()
for number in range(1, 13):
    partner.ref = str(number)
    env.cr.commit()
    if number % 3 == 0:
        assert env["compliance.audit.seal"]._seal_block()
        env.cr.commit()
result = partner.id
"""
VERIFY = "result = env['compliance.audit.seal']._verify({checkpoint})"
EXPORT = """
export = env["compliance.audit.export"].create({"scope": "all"})
export.action_export()
result = export.file.decode()
env.cr.rollback()
"""


class Trail:
    """A copy of the database with a trail of some seals, whose owner does as he likes."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.database = server.copy()
        self.session = server.session(self.database)
        self.partner = self.session.run(PREPARE)
        self.checkpoint = self.session.run("result = env['compliance.audit.seal']._prepare_checkpoint()")
        (folder / "checkpoint.json").write_text(json.dumps(self.checkpoint))
        self.last = int(self.checkpoint["number"])
        self.force("".join(f"CREATE TABLE spare_{table} AS TABLE {table};" for table in TABLES))

    def force(self, sql):
        """What the owner can do."""
        off = "".join(f"ALTER TABLE {table} DISABLE TRIGGER USER;" for table in TABLES)
        on = "".join(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER compliance_audit_guard;" for table in TABLES)
        on += "ALTER TABLE compliance_audit_log ENABLE ALWAYS TRIGGER compliance_audit_update;"
        self.server.psql(self.database, f"{off}{sql};{on}")

    def restore(self):
        self.force("".join(f"TRUNCATE {table}; INSERT INTO {table} SELECT * FROM spare_{table};" for table in TABLES))

    def row(self, seal, place=0):
        """Id of a sealed row of the watched partner."""
        return self.server.query(
            self.database,
            "SELECT log_id FROM compliance_audit_leaf leaf JOIN compliance_audit_log log ON log.id = log_id"
            " WHERE seal_number = %s AND model = 'res.partner' AND res_id = %s AND operation = 'write'"
            " ORDER BY 1 OFFSET %s",
            (seal, self.partner, place),
        )[0][0]

    def rows(self, seal):
        """Ids of the rows under a seal."""
        query = "SELECT log_id FROM compliance_audit_leaf WHERE seal_number = %s ORDER BY 1"
        return [row[0] for row in self.server.query(self.database, query, (seal,))]

    def verify(self, with_checkpoint=True):
        """What the nightly verification finds first, None if nothing."""
        return self.session.run(VERIFY.format(checkpoint=self.checkpoint if with_checkpoint else None))["fault"]

    def check_bundle(self, with_checkpoint=True):
        """Exit code and sentence of the auditor's program on a bundle of everything."""
        bundle = self.folder / "bundle.zip"
        bundle.write_bytes(base64.b64decode(self.session.run(EXPORT)))
        options = ["--checkpoint", self.folder / "checkpoint.json"] if with_checkpoint else []
        # -I: nothing of Odoo or of the environment
        run = subprocess.run(
            [sys.executable, "-I", VERIFIER, bundle, *options], capture_output=True, text=True, check=False
        )
        return run.returncode, run.stdout + run.stderr


@pytest.fixture(scope="class")
def trail(server, tmp_path_factory):
    return Trail(server, tmp_path_factory.mktemp("trail"))


def rehash(seal):
    """SQL that gives a seal the hash of its contents, as docs/audit.md defines it."""
    text = json.dumps(seal, sort_keys=True, separators=(",", ":"))
    digest = sha256(text.encode()).hexdigest()
    return f"UPDATE compliance_audit_seal SET hash = '{digest}' WHERE number = {seal['number']};"


class TestTampering:
    @pytest.fixture(autouse=True)
    def clean(self, trail):
        yield
        trail.restore()

    def assert_found(self, trail, named, in_bundle=None):
        """Both name what is wrong: (pattern) the verification, the program too or another pattern."""
        assert re.search(named, trail.verify() or "nothing found")
        code, sentence = trail.check_bundle()
        assert code == 1, sentence
        assert re.search(in_bundle or named, sentence), sentence

    def test_untouched(self, trail):
        assert trail.verify() is None
        code, sentence = trail.check_bundle()
        assert code == 0, sentence
        assert "Complete bundle" in sentence

    @pytest.mark.parametrize("column", COLUMNS)
    def test_changed_column(self, trail, column):
        row = trail.row(trail.last - 2)
        trail.force(f"UPDATE compliance_audit_log SET {column} = {COLUMNS[column]} WHERE id = {row}")
        self.assert_found(trail, rf"Row {row} ")

    def test_every_column_is_hashed(self, trail):
        """The list above is complete: the redaction alone is free, and that is guarded otherwise."""
        rows = trail.server.query(
            trail.database,
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'compliance_audit_log'",
        )
        assert {name for (name,) in rows} - set(COLUMNS) == {"redaction_id"}

    def test_deleted_row(self, trail):
        row = trail.row(trail.last - 2)
        trail.force(f"DELETE FROM compliance_audit_log WHERE id = {row}")
        self.assert_found(trail, rf"Row {row} .*deleted", rf"Row {row} ")

    def test_deleted_block(self, trail):
        """All rows of a seal."""
        first, *_others = trail.rows(trail.last - 1)
        trail.force(
            "DELETE FROM compliance_audit_log USING compliance_audit_leaf"
            f" WHERE log_id = compliance_audit_log.id AND seal_number = {trail.last - 1}"
        )
        self.assert_found(trail, rf"Row {first} .*deleted", rf"Row {first} ")

    def test_deleted_leaf(self, trail):
        row = trail.row(trail.last - 1)
        trail.force(f"DELETE FROM compliance_audit_leaf WHERE log_id = {row}")
        self.assert_found(trail, rf"seal {trail.last - 1}\b")

    def test_deleted_row_and_leaf(self, trail):
        row = trail.row(trail.last)
        trail.force(
            f"DELETE FROM compliance_audit_leaf WHERE log_id = {row};DELETE FROM compliance_audit_log WHERE id = {row}"
        )
        self.assert_found(trail, rf"seal {trail.last}\b")

    def test_deleted_block_with_leaves(self, trail):
        """The seal that is left says so; a bundle without these rows is not complete."""
        trail.force(
            "DELETE FROM compliance_audit_log USING compliance_audit_leaf"
            f" WHERE log_id = compliance_audit_log.id AND seal_number = {trail.last - 1};"
            f"DELETE FROM compliance_audit_leaf WHERE seal_number = {trail.last - 1}"
        )
        assert re.search(rf"seal {trail.last - 1}\b", trail.verify() or "nothing found")
        assert "Complete bundle" not in trail.check_bundle()[1]

    def test_inserted_row(self, trail):
        """With a transaction of long ago: found by the database, and in no bundle because it has no leaf."""
        trail.force(
            "INSERT INTO compliance_audit_log (id, transaction, operation, model, res_id, origin, changes)"
            f" VALUES (900000, '3', 'write', 'res.partner', {trail.partner}, 'web', '{{\"ref\": [\"1\", \"2\"]}}')"
        )
        assert trail.verify() == "Row 900000 was inserted behind a seal."
        code, sentence = trail.check_bundle()
        assert code == 0 and "Complete bundle" in sentence

    def test_inserted_row_with_leaf(self, trail):
        salt, text = "00" * 16, {"changes": {"ref": ["1", "forged"]}}
        trail.force(
            "INSERT INTO compliance_audit_log (id, operation, model, res_id, origin, changes, salt)"
            f" VALUES (900000, 'write', 'res.partner', {trail.partner}, 'web',"
            f" '{json.dumps(text['changes'])}', '\\x{salt}')"
        )
        commitment = trail.session.run(
            "from odoo.addons.crm_compliance.tools import merkle\nfrom odoo.tools import SQL\n"
            "(row, salt, _r), = env['compliance.audit.seal']._fetch_rows(SQL('log.id = 900000'))\n"
            "result = merkle.commitment(salt, row).hex()"
        )
        trail.force(f"INSERT INTO compliance_audit_leaf VALUES (900000, {trail.last}, '\\x{commitment}')")
        self.assert_found(trail, rf"seal {trail.last}\b")

    def test_exchanged_rows(self, trail):
        """Everything but their ids."""
        one, other = trail.row(trail.last - 1), trail.row(trail.last - 1, 1)
        columns = ", ".join([*(set(COLUMNS) - {"id"})])
        trail.force(
            f"UPDATE compliance_audit_log log SET ({columns}) ="
            f" (SELECT {columns} FROM spare_compliance_audit_log spare WHERE spare.id = {one} + {other} - log.id)"
            f" WHERE id IN ({one}, {other})"
        )
        self.assert_found(trail, rf"Row {one} ")

    def seal(self, trail, number, **values):
        """A seal as it is hashed, with other values."""
        names = ("number", "previous", "root", "count", "sealed_at")
        query = f"SELECT {', '.join(names)} FROM compliance_audit_seal WHERE number = %s"
        (row,) = trail.server.query(trail.database, query, (number,))
        return {"format": "1", **{name: str(value) for name, value in zip(names, row, strict=True)}, **values}

    def rewrite(self, trail, number, **values):
        """Changes a seal and computes its hash anew."""
        changes = ", ".join(f"{name} = '{value}'" for name, value in values.items())
        trail.force(
            f"UPDATE compliance_audit_seal SET {changes} WHERE number = {number};"
            + rehash(self.seal(trail, number, **values))
        )

    @pytest.mark.parametrize(
        "values",
        [{"root": "0" * 64}, {"count": "1"}, {"sealed_at": "2020-01-01T00:00:00Z"}],
        ids=lambda vals: [*vals][0],
    )
    def test_rewritten_seal(self, trail, values):
        """With a hash that fits: the next seal, or the rows, do not follow."""
        self.rewrite(trail, trail.last - 1, **values)
        self.assert_found(trail, rf"[Ss]eal ({trail.last - 1}|{trail.last})\b")

    @pytest.mark.parametrize("column", ["previous", "root", "count", "sealed_at", "hash"])
    def test_changed_seal(self, trail, column):
        """Without a hash that fits."""
        value = "count + 1" if column == "count" else "repeat('0', 64)"
        trail.force(f"UPDATE compliance_audit_seal SET {column} = {value} WHERE number = {trail.last}")
        self.assert_found(trail, rf"Seal {trail.last} ")

    def test_rewritten_last_seal(self, trail):
        """No seal follows that could tell: the checkpoint does."""
        self.rewrite(trail, trail.last, sealed_at="2020-01-01T00:00:00Z")
        assert trail.verify(with_checkpoint=False) is None
        assert trail.check_bundle(with_checkpoint=False)[0] == 0
        self.assert_found(trail, rf"Seal {trail.last} .*checkpoint")

    def test_missing_seal(self, trail):
        trail.force(f"DELETE FROM compliance_audit_seal WHERE number = {trail.last - 2}")
        self.assert_found(trail, rf"Seal {trail.last - 2} is missing")

    def test_cut_tail(self, trail):
        """The last seals with their rows: only a checkpoint kept elsewhere tells."""
        trail.force(
            "DELETE FROM compliance_audit_log USING compliance_audit_leaf"
            f" WHERE log_id = compliance_audit_log.id AND seal_number >= {trail.last - 1};"
            f"DELETE FROM compliance_audit_leaf WHERE seal_number >= {trail.last - 1};"
            f"DELETE FROM compliance_audit_seal WHERE number >= {trail.last - 1}"
        )
        assert trail.verify(with_checkpoint=False) is None
        assert trail.check_bundle(with_checkpoint=False)[0] == 0
        self.assert_found(trail, rf"Seal {trail.last} of the checkpoint is missing", "the tail was cut off")

    def test_history_computed_anew(self, trail):
        """A row changed, and all hashes from there on made to fit: only a checkpoint kept elsewhere tells."""
        row = trail.row(trail.last - 1)
        trail.force(
            f"UPDATE compliance_audit_log SET user_id = 1 WHERE id = {row};"
            f"DELETE FROM compliance_audit_leaf WHERE seal_number >= {trail.last - 1};"
            f"DELETE FROM compliance_audit_seal WHERE number >= {trail.last - 1}"
        )
        trail.session.run("result = env['compliance.audit.seal']._seal_block()")
        assert trail.verify(with_checkpoint=False) is None
        assert trail.check_bundle(with_checkpoint=False)[0] == 0
        self.assert_found(trail, rf"Seal {trail.last} of the checkpoint", "tail was cut off|rewritten")

    def test_emptied_row(self, trail):
        """Without a redaction, and with one that is not there."""
        row = trail.row(trail.last)
        empty = f"UPDATE compliance_audit_log SET changes = NULL, name = NULL, salt = NULL WHERE id = {row};"
        trail.force(empty)
        self.assert_found(trail, rf"Row {row} ")
        trail.force(f"UPDATE compliance_audit_log SET redaction_id = 4711 WHERE id = {row}")
        assert f"Row {row} " in (trail.verify() or "nothing found")
        # A bundle cannot say which redactions are real: it lists them.
        code, sentence = trail.check_bundle()
        assert code == 0 and "redacted, not to be checked: 1 (redactions: 4711)" in sentence

    # -------------------------------------------------------------------------
    # WITH THE TRIGGERS ON
    # -------------------------------------------------------------------------

    def test_refused(self, trail):
        """Changes of the trail, as Odoo's own role, also in a session that acts as a replica."""
        before = trail.server.query(trail.database, "SELECT COUNT(*), MAX(id) FROM compliance_audit_log")
        statements = [
            "UPDATE compliance_audit_log SET user_id = 1",
            "UPDATE compliance_audit_log SET changes = NULL, name = NULL, salt = NULL, redaction_id = 1",
            "UPDATE compliance_audit_seal SET root = 'x' WHERE FALSE",
            "UPDATE compliance_audit_leaf SET seal_number = 1",
            *(f"DELETE FROM {table} WHERE FALSE" for table in TABLES),
            *(f"TRUNCATE {table}" for table in TABLES),
            "TRUNCATE compliance_audit_log, compliance_audit_leaf, compliance_audit_seal RESTART IDENTITY CASCADE",
            "INSERT INTO compliance_audit_log SELECT * FROM compliance_audit_log"
            " ON CONFLICT (id) DO UPDATE SET user_id = 1",
        ]
        for statement in statements:
            for role in ("origin", "replica"):
                done = trail.server.psql(
                    trail.database, f"SET session_replication_role = {role}; {statement};", check=False
                )
                assert done.returncode != 0, statement
                assert "The audit trail cannot be changed." in done.stderr, (statement, done.stderr)
        after = trail.server.query(trail.database, "SELECT COUNT(*), MAX(id) FROM compliance_audit_log")
        assert after == before

    def test_recorded(self, trail):
        """A change with psql is recorded, as one from outside, with the program's name and nobody's."""
        trail.server.psql(trail.database, f"UPDATE res_partner SET ref = 'psql' WHERE id = {trail.partner}")
        rows = trail.server.query(
            trail.database,
            "SELECT operation, origin, address, session, user_id, real_user_id, changes -> 'ref' ->> 1"
            " FROM compliance_audit_log WHERE model = 'res.partner' AND res_id = %s ORDER BY id DESC LIMIT 1",
            (trail.partner,),
        )
        assert rows == [("write", "outside", "local", "psql", None, None, "psql")]

    def test_server_that_counts_on(self, trail):
        """Restored to a server whose transactions have lower numbers and soon overtake: no row stays unsealed."""
        ahead = "(pg_current_xact_id()::text::int8 + 12)::text::xid8"
        trail.force(
            f"UPDATE compliance_audit_seal SET frontier = {ahead}, cluster = 'another' WHERE number = {trail.last}"
        )
        trail.server.psql(trail.database, f"UPDATE res_partner SET ref = 'restored' WHERE id = {trail.partner}")
        for _transaction in range(12):
            trail.server.psql(trail.database, "SELECT pg_current_xact_id()")
        trail.session.run("env['compliance.audit.seal']._seal_block()")
        result = trail.session.run(VERIFY.format(checkpoint=trail.checkpoint))
        assert (result["fault"], result["unsealed"]) == (None, 0)

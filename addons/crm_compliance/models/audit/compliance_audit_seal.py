# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
import logging
import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...tools import merkle
from . import schema

_logger = logging.getLogger(__name__)

# Any number will do, as long as it is always the same one: the key of the advisory lock of sealing.
SEAL_LOCK = 7266730191
# Rows of a block at most: they are held in memory while their tree is computed.
BLOCK = 20000
# A row that has no seal after that time proves nothing: somebody has to look why.
PATIENCE = timedelta(days=1)
# Everything a row holds but its salt, which keeps contents from being guessed, and the redaction that may come later.
COLUMNS = (
    "id",
    "recorded_at",
    "transaction",
    "operation",
    "model",
    "res_id",
    "name",
    "company_id",
    "user_id",
    "real_user_id",
    "origin",
    "address",
    "session",
)


class ComplianceAuditSeal(models.Model):
    """A block of finished transactions under one hash, chained to the block before. docs/audit.md has the format."""

    _name = "compliance.audit.seal"
    _description = "Audit Seal"
    _inherit = ["compliance.append.only"]
    _order = "number desc"
    _auto = False
    _log_access = False
    _rec_name = "number"

    number = fields.Integer(readonly=True)
    previous = fields.Char(string="Hash of the Previous Seal", readonly=True)
    root = fields.Char(string="Merkle Root", readonly=True)
    count = fields.Integer(string="Rows", readonly=True)
    sealed_at = fields.Char(string="Sealed At (UTC)", readonly=True)
    hash = fields.Char(string="Seal", readonly=True)
    total = fields.Integer(string="Rows up to Here", readonly=True)

    # -------------------------------------------------------------------------
    # SEALING
    # -------------------------------------------------------------------------

    @api.model
    def _cron_seal(self):
        """Seals what is finished, block by block. Another host that seals at the same time wins; nobody waits."""
        try:
            while self._seal_block():
                self.env["ir.cron"]._commit_progress(1)
        except psycopg2.IntegrityError:
            self.env.cr.rollback()
            _logger.info("Another process sealed the audit trail at the same time.")

    @api.model
    def _seal_block(self):
        """Seals up to a block of rows that no seal holds yet.

        What a transaction sees is committed, so what is sealed is final. A transaction still running is found later:
        the next block starts from the oldest transaction that ran when this one was made. Rows are taken by
        transaction, so that whatever the number of rows that wait, a block looks at few more than it takes.

        :return: number of rows sealed
        """
        if not self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s)", SEAL_LOCK))[0][0]:
            return 0
        last = self._get_last()
        order = SQL("ORDER BY log.transaction, log.id LIMIT %s", BLOCK)
        rows = self._fetch_rows(SQL("%s %s", self._get_unsealed_condition(last), order))
        if not rows:
            return 0
        # Where the block is full, its last transaction may have more rows.
        reached = rows[-1][0]["transaction"] if len(rows) == BLOCK else None
        rows.sort(key=lambda row: int(row[0]["id"]))
        # What no trigger wrote may have no commitment: it must not keep others from being sealed, and will not verify.
        commitments = [self._get_commitment(salt, row) or bytes(32) for row, salt, _redaction in rows]
        number = (last["number"] if last else 0) + 1
        self._insert_leaves(number, [row["id"] for row, *_rest in rows], commitments)
        self._insert_seal(number, last, commitments, reached)
        return len(rows)

    @api.model
    def _get_last(self):
        """The last seal as a dict, None before the first."""
        rows = self.env.execute_query_dict(
            SQL(
                "SELECT number, hash, total, frontier::text, cluster FROM compliance_audit_seal"
                " ORDER BY number DESC LIMIT 1"
            )
        )
        return rows[0] if rows else None

    @api.model
    def _get_frontier(self, last):
        """The transaction from which rows may be unsealed.

        A database restored into another cluster counts transactions anew: then everything is looked at once more.
        """
        return last["frontier"] if last and last["cluster"] == self._get_cluster() else "0"

    @api.model
    def _get_cluster(self):
        """Identifier of the PostgreSQL cluster; empty where one may not ask."""
        allowed = SQL("SELECT has_function_privilege('pg_control_system()', 'execute')")
        if not self.env.execute_query(allowed)[0][0]:
            return ""
        return self.env.execute_query(SQL("SELECT system_identifier::text FROM pg_control_system()"))[0][0]

    @api.model
    def _get_unsealed_condition(self, last):
        """Condition on ``log``: does no seal hold the row yet?

        :param last: see ``_get_last``
        """
        # A look-up for each row, and no join: PostgreSQL would read the whole trail to leave out what is sealed.
        return SQL(
            "log.transaction >= %s::xid8"
            " AND (SELECT leaf.log_id FROM compliance_audit_leaf leaf WHERE leaf.log_id = log.id) IS NULL",
            self._get_frontier(last),
        )

    @api.model
    def _count_unsealed(self):
        """Number of rows that wait for the next seal, by model."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT model, COUNT(*) FROM compliance_audit_log log WHERE %s GROUP BY model",
                    self._get_unsealed_condition(self._get_last()),
                )
            )
        )

    @api.model
    def _fetch_rows(self, condition):
        """Rows as they are hashed.

        :param SQL condition: on ``log``, with order and limit
        :return: list of (row: dict of texts, salt: bytes or None, redaction: id or None)
        """
        self.env.cr.execute(
            SQL(
                # Years before Christ are written like others.
                "SELECT log.id::text, CASE WHEN log.recorded_at < '0001-01-01' THEN 'BC ' ELSE '' END"
                " || to_char(log.recorded_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), log.transaction::text,"
                " log.operation, log.model, log.res_id::text, log.name, log.company_id::text, log.user_id::text,"
                " log.real_user_id::text, log.origin, log.address, log.session,"
                " log.changes::text, log.salt, log.redaction_id FROM compliance_audit_log log WHERE %s",
                condition,
            )
        )
        return [
            (
                {**dict(zip(COLUMNS, values, strict=True)), "changes": json.loads(changes) if changes else None},
                bytes(salt) if salt is not None else None,
                redaction,
            )
            for *values, changes, salt, redaction in self.env.cr.fetchall()
        ]

    @api.model
    def _get_commitment(self, salt, row):
        """Commitment to a row, None if it is none that hash format 1 knows: without salt, or with other than texts."""
        try:
            return merkle.commitment(salt, row)
        except (TypeError, ValueError):
            return None

    @api.model
    def _insert_leaves(self, number, ids, commitments):
        self.env.cr.execute(
            SQL(
                "INSERT INTO compliance_audit_leaf (log_id, seal_number, commitment)"
                " SELECT id, %s, commitment FROM UNNEST(%s::int8[], %s::bytea[]) AS leaf (id, commitment)",
                number,
                [int(id_) for id_ in ids],
                [psycopg2.Binary(commitment) for commitment in commitments],
            )
        )

    @api.model
    def _insert_seal(self, number, last, commitments, reached):
        seal = self._prepare_seal(
            number,
            last["hash"] if last else "",
            merkle.root(commitments).hex(),
            len(commitments),
            fields.Datetime.now().isoformat() + "Z",
        )
        # NULL counts for nothing here.
        frontier = SQL("LEAST(pg_snapshot_xmin(pg_current_snapshot()), %s::xid8)", reached)
        self.env.cr.execute(
            SQL(
                "INSERT INTO compliance_audit_seal"
                " (number, previous, root, count, sealed_at, hash, total, frontier, cluster)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                number,
                seal["previous"],
                seal["root"],
                len(commitments),
                seal["sealed_at"],
                merkle.seal_hash(seal),
                (last["total"] if last else 0) + len(commitments),
                frontier,
                self._get_cluster(),
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _prepare_seal(self, number, previous, root, count, sealed_at):
        """The seal as it is hashed."""
        return {
            "format": "1",
            "number": str(number),
            "previous": previous,
            "root": root,
            "count": str(count),
            "sealed_at": sealed_at,
        }

    @api.model
    def _prepare_checkpoint(self):
        """What has to leave the database to prove later that nothing was cut off or written anew."""
        last = self._get_last()
        if not last:
            raise UserError(self.env._("Nothing has been sealed yet."))
        return {
            "database": self._get_database(),
            "number": str(last["number"]),
            "hash": last["hash"],
            "rows": str(last["total"]),
            "at": fields.Datetime.now().isoformat() + "Z",
        }

    @api.model
    def _get_database(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def action_download_checkpoint(self):
        """A checkpoint as a file, to be kept where nobody who can reach the database can reach it."""
        self.check_access("read")
        attachment = self.env["ir.attachment"].create(self._prepare_checkpoint_attachment())
        return {"type": "ir.actions.act_url", "url": f"/web/content/{attachment.id}?download=1", "target": "download"}

    @api.model
    def _prepare_checkpoint_attachment(self):
        checkpoint = self._prepare_checkpoint()
        return {
            "name": f"checkpoint-{checkpoint['number']}.json",
            "raw": json.dumps(checkpoint, indent=1).encode(),
            "mimetype": "application/json",
        }

    @api.model
    def _mail_checkpoints(self):
        """Sends the checkpoint to whom the companies want to have it. A day without a mail tells something, too."""
        companies = self.env["res.company"].search([("compliance_checkpoint_emails", "!=", False)])
        if not companies or not self._get_last():
            return
        template = self.env.ref("crm_compliance.mail_template_audit_checkpoint")
        template = template.with_context(checkpoint=self._prepare_checkpoint())
        for company in companies:
            attachment = self.env["ir.attachment"].create(self._prepare_checkpoint_attachment())
            template.send_mail(company.id, email_values={"attachment_ids": attachment.ids})

    # -------------------------------------------------------------------------
    # VERIFICATION
    # -------------------------------------------------------------------------

    def action_verify(self, checkpoint=None):
        """Verifies everything now and says what was found.

        :param dict checkpoint: one that left the database earlier
        :return: a notification
        """
        self.check_access("read")
        verification = self.sudo()._run_verification(checkpoint)
        message = verification.fault or self.env._(
            "%(rows)s rows under %(seals)s seals are as they were recorded.",
            rows=verification.row_count,
            seals=verification.seal_count,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if verification.fault else "success",
                "message": message,
                "sticky": bool(verification.fault),
            },
        }

    @api.model
    def _cron_verify(self):
        """Every night; whoever answers for the trail is told if anything is wrong."""
        verification = self._run_verification()
        if verification.fault:
            _logger.error("The audit trail does not verify: %s", verification.fault)
        # Also what was found by day, or when the server started.
        untold = verification.search([("fault", "!=", False), ("is_told", "=", False)])
        for found in untold:
            self._alarm(found)
        untold.is_told = True
        for step in (self._mail_checkpoints, self.env["compliance.audit.redaction"]._propose_retention):
            try:
                with self.env.cr.savepoint():
                    step()
            except Exception:
                # Nothing may take the alarm back.
                _logger.exception("After the verification of the audit trail")

    @api.model
    def _run_verification(self, checkpoint=None):
        """Verifies, also against an earlier checkpoint if there is one, and keeps the result."""
        started = time.monotonic()
        result = self._verify(checkpoint)
        return self.env["compliance.audit.verification"].create(
            {
                "seal_count": result["seals"],
                "row_count": result["rows"],
                "redacted_count": result["redacted"],
                "unsealed_count": result["unsealed"],
                "fault": result["fault"],
                "checkpoint": checkpoint and f"{checkpoint.get('number')} {checkpoint.get('at')}",
                "duration": time.monotonic() - started,
            }
        )

    @api.model
    def _alarm(self, verification):
        """Tells managers and auditors, by mail or in Odoo as each of them prefers."""
        groups = self.env.ref("crm_compliance.group_compliance_manager") | self.env.ref(
            "crm_compliance.group_compliance_auditor"
        )
        self.env["mail.thread"].message_notify(
            partner_ids=groups.all_user_ids.partner_id.ids,
            subject=self.env._("The audit trail does not verify"),
            body=verification.fault,
            model=verification._name,
            res_id=verification.id,
        )

    @api.model
    def _verify(self, checkpoint=None):
        """Recomputes everything.

        :param dict checkpoint: one that left the database earlier; its seal must still be there
        :return: dict: ``rows`` and ``seals`` verified, ``redacted`` rows, ``unsealed`` rows, ``fault``: one sentence
            about the first thing that is wrong, or None
        """
        result = {"rows": 0, "seals": 0, "redacted": 0, "unsealed": 0, "fault": None}
        previous, hashes = "", {}
        self.env.cr.execute(
            "SELECT number, previous, root, count, sealed_at, hash, frontier::text"
            " FROM compliance_audit_seal ORDER BY number"
        )
        seals = self.env.cr.dictfetchall()
        for position, seal in enumerate(seals, 1):
            fault = self._find_seal_fault(seal, position, previous) or self._verify_block(seal, result)
            if fault:
                return {**result, "fault": fault}
            previous = seal["hash"]
            hashes[str(seal["number"])] = previous
            result["seals"] += 1
        result["unsealed"], fault = self._find_unsealed(seals[-1]["frontier"] if seals else "0")
        fault = fault or self._find_stray_leaf()
        if not fault and checkpoint:
            fault = self._find_checkpoint_fault(checkpoint, hashes)
        return {**result, "fault": fault or self._find_trigger_fault()}

    @api.model
    def _find_checkpoint_fault(self, checkpoint, hashes):
        """What is wrong with the seals, given by number, in the light of a checkpoint that was kept elsewhere."""
        if checkpoint.get("database") not in (None, self._get_database()):
            return self.env._("The checkpoint is of another database.")
        if hashes.get(str(checkpoint.get("number"))) != checkpoint.get("hash"):
            return self.env._("Seal %s of the checkpoint is missing or another one.", checkpoint.get("number"))
        return None

    @api.model
    def _find_trigger_fault(self):
        """What is not recorded, or not protected, because somebody switched triggers off."""
        missing = self.env["compliance.audit.policy"].sudo().search([("active", "=", True)])._filter_incomplete()
        if missing:
            return self.env._(
                "Not everything about %s is recorded: triggers are missing or switched off.",
                ", ".join(missing.mapped("model_id.name")),
            )
        guards = self.env.execute_query(
            SQL(
                "SELECT COUNT(*) FROM pg_trigger WHERE tgenabled = 'A'"
                " AND (tgrelid, tgname) IN (('compliance_audit_log'::regclass, 'compliance_audit_update'),"
                " ('compliance_audit_log'::regclass, 'compliance_audit_guard'),"
                " ('compliance_audit_seal'::regclass, 'compliance_audit_guard'),"
                " ('compliance_audit_leaf'::regclass, 'compliance_audit_guard'))"
            )
        )[0][0]
        if guards < schema.GUARD_COUNT:
            return self.env._("The audit trail is not protected: triggers are missing or switched off.")
        changed = schema.find_changed_functions(self.env.cr)
        if changed:
            return self.env._("What records the changes was exchanged in the database: %s.", ", ".join(changed))
        return None

    @api.model
    def _find_seal_fault(self, seal, position, previous):
        if seal["number"] != position:
            return self.env._("Seal %s is missing.", position)
        if seal["previous"] != previous:
            return self.env._("Seal %s does not follow the one before.", position)
        names = ("number", "previous", "root", "count", "sealed_at")
        if merkle.seal_hash(self._prepare_seal(*(seal[name] for name in names))) != seal["hash"]:
            return self.env._("Seal %s was changed.", position)
        return None

    @api.model
    def _verify_block(self, seal, result):
        """Recomputes the rows of a seal; returns what is wrong, and adds to the result's counts."""
        self.env.cr.execute(
            SQL(
                "SELECT log_id, commitment FROM compliance_audit_leaf WHERE seal_number = %s ORDER BY log_id",
                seal["number"],
            )
        )
        leaves = [(str(log_id), bytes(commitment)) for log_id, commitment in self.env.cr.fetchall()]
        rows = self._fetch_rows(
            SQL(
                "log.id IN (SELECT log_id FROM compliance_audit_leaf WHERE seal_number = %s) ORDER BY log.id",
                seal["number"],
            )
        )
        found = {row["id"]: (row, salt, redaction) for row, salt, redaction in rows}
        approved = self._get_redactions({redaction for *_row, redaction in rows if redaction})
        for log_id, commitment in leaves:
            if log_id not in found:
                return self.env._("Row %(row)s of seal %(seal)s was deleted.", row=log_id, seal=seal["number"])
            row, salt, redaction = found[log_id]
            if salt is None and redaction in approved and approved[redaction]._covers(row):
                result["redacted"] += 1
            elif self._get_commitment(salt, row) != commitment:
                return self.env._("Row %(row)s of seal %(seal)s was changed.", row=log_id, seal=seal["number"])
        if len(leaves) != seal["count"] or merkle.root([leaf for _id, leaf in leaves]).hex() != seal["root"]:
            return self.env._("The rows of seal %s are not those that were sealed.", seal["number"])
        result["rows"] += len(leaves)
        return None

    @api.model
    def _get_redactions(self, ids):
        """Redactions that are still there, by id."""
        return {
            redaction.id: redaction for redaction in self.env["compliance.audit.redaction"].sudo().browse(ids).exists()
        }

    @api.model
    def _find_stray_leaf(self):
        """A leaf that belongs to no seal would keep its row from being sealed, and from being looked at."""
        rows = self.env.execute_query(
            SQL(
                "SELECT log_id, seal_number FROM compliance_audit_leaf"
                " WHERE seal_number NOT IN (SELECT number FROM compliance_audit_seal) ORDER BY 1 LIMIT 1"
            )
        )
        if not rows:
            return None
        row, seal = rows[0]
        return self.env._("Row %(row)s claims a seal that does not exist: %(seal)s.", row=row, seal=seal)

    @api.model
    def _find_unsealed(self, frontier):
        """Rows no seal holds: those of transactions that were finished when the last seal was made came afterwards.

        :return: number of rows that wait for the next seal, and what is wrong or None
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT log.id, log.transaction < %s::xid8, log.recorded_at < %s FROM compliance_audit_log log"
                " LEFT JOIN compliance_audit_leaf leaf ON leaf.log_id = log.id WHERE leaf.log_id IS NULL"
                " ORDER BY log.id",
                frontier,
                fields.Datetime.now() - PATIENCE,
            )
        )
        inserted = [log_id for log_id, is_late, _waits in rows if is_late]
        if inserted and self._get_frontier(self._get_last()) != "0":
            return len(rows), self.env._("Row %s was inserted behind a seal.", inserted[0])
        waiting = [log_id for log_id, _is_late, waits in rows if waits]
        if waiting:
            return len(rows), self.env._(
                "Row %s has waited for its seal for over a day: the scheduled job that seals does not run.", waiting[0]
            )
        return len(rows), None

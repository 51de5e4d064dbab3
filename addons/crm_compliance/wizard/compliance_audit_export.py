# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import base64
import io
import json
import logging
import zipfile
from importlib.resources import files

import psycopg2

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..models.audit.ir_module_module import EXPORTED_AT
from ..tools import merkle

_logger = logging.getLogger(__name__)


class ComplianceAuditExport(models.TransientModel):
    """Takes a part of the audit trail out of Odoo, as a bundle that proves itself."""

    _name = "compliance.audit.export"
    _description = "Audit Export"

    scope = fields.Selection(
        [("all", "Everything"), ("period", "A Period"), ("record", "A Record"), ("customer", "A Customer")],
        required=True,
        default="all",
    )
    date_from = fields.Datetime(string="From")
    date_to = fields.Datetime(string="Until")
    model_id = fields.Many2one("ir.model", ondelete="cascade")
    model = fields.Char(related="model_id.model", string="Technical Model")
    res_id = fields.Many2oneReference(string="Record", model_field="model")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        ondelete="cascade",
        help="With the customer's contacts, dossiers, answers and documents.",
    )
    file = fields.Binary(readonly=True, attachment=False)
    filename = fields.Char(readonly=True)

    def action_export(self):
        """Seals what is finished, and writes the bundle."""
        self.ensure_one()
        self._check_reader()
        seals = self.env["compliance.audit.seal"].sudo()
        try:
            with self.env.cr.savepoint():
                while seals._seal_block():
                    pass
        except psycopg2.IntegrityError:
            # The scheduled job sealed at this moment: what this transaction sees is what was sealed before.
            _logger.info("Another process sealed the audit trail at the same time.")
        checkpoint = seals._prepare_checkpoint()
        self.file = base64.b64encode(self._write_bundle(checkpoint))
        self.filename = f"audit-{checkpoint['number']}.zip"
        self._audit_insert("export", self._get_description())
        if self.scope == "all" and self._has_all_companies():
            self.env["ir.config_parameter"].sudo().set_param(EXPORTED_AT, fields.Datetime.now())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Export the Audit Trail"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _get_description(self):
        """What was taken out, for the trail."""
        parts = (self.scope, self.date_from, self.date_to, self.model, self.res_id, self.partner_id.id)
        return ",".join(str(part) for part in parts if part)

    def _check_reader(self):
        """:raises AccessError: unless the user may read the whole trail"""
        if not (
            self.env.user.has_group("crm_compliance.group_compliance_auditor")
            or self.env.user.has_group("crm_compliance.group_compliance_manager")
        ):
            raise AccessError(self.env._("Only auditors and compliance managers export the audit trail."))

    def _has_all_companies(self):
        """May the user read all rows? Else there is no export of everything, but an excerpt with proofs."""
        return self.env.su or not self.env["res.company"].sudo().search(
            [("id", "not in", self.env.user.company_ids.ids)], limit=1
        )

    def _write_bundle(self, checkpoint):
        """The zip: rows, seals, checkpoint, and the program that verifies them."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as bundle:
            with bundle.open("rows.jsonl", "w") as rows:
                for line in self._get_row_lines():
                    rows.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            bundle.writestr("seals.jsonl", "".join(json.dumps(seal) + "\n" for seal in self._get_seals()))
            bundle.writestr("checkpoint.json", json.dumps(checkpoint, indent=1))
            verifier = files("odoo.addons.crm_compliance.tools").joinpath("verify_audit_bundle.py")
            bundle.writestr("verify_audit_bundle.py", verifier.read_text())
        return content.getvalue()

    def _get_seals(self):
        """All seals, as the bundle has them."""
        seals = self.env["compliance.audit.seal"].sudo()
        rows = self.env.execute_query_dict(
            SQL("SELECT number, previous, root, count, sealed_at, hash FROM compliance_audit_seal ORDER BY number")
        )
        return [{**seals._prepare_seal(*list(row.values())[:-1]), "hash": row["hash"]} for row in rows]

    def _get_condition(self):
        """Condition on ``log``: the rows wanted, of the user's companies."""
        companies = self.env.user.company_ids.ids
        return SQL("(%s) AND (log.company_id IS NULL OR log.company_id = ANY(%s))", self._get_scope(), companies)

    def _get_scope(self):
        """Condition on ``log``: the rows asked for."""
        if self.scope == "period":
            if not self.date_from or not self.date_to:
                raise UserError(self.env._("Say from when until when."))
            return SQL("log.recorded_at BETWEEN %s AND %s", self.date_from, self.date_to)
        if self.scope == "record":
            if not self.model_id or not self.res_id:
                raise UserError(self.env._("Choose the record."))
            return SQL("log.model = %s AND log.res_id = %s", self.model_id.model, self.res_id)
        if self.scope == "customer":
            if not self.partner_id:
                raise UserError(self.env._("Choose the customer."))
            return self.env["compliance.audit.log"]._get_customer_condition(self.partner_id)
        return SQL("TRUE")

    def _get_row_lines(self):
        """The rows wanted, seal by seal; with proofs where a seal is not complete."""
        is_complete = self.scope == "all" and self._has_all_companies()
        scope = SQL("TRUE") if is_complete else self._get_condition()
        seals = self.env["compliance.audit.seal"].sudo()
        numbers = self.env.execute_query(
            SQL(
                "SELECT DISTINCT leaf.seal_number FROM compliance_audit_leaf leaf"
                " LEFT JOIN compliance_audit_log log ON leaf.log_id = log.id WHERE %s ORDER BY 1",
                scope,
            )
        )
        for (number,) in numbers:
            leaves = self.env.execute_query(
                SQL("SELECT log_id, commitment FROM compliance_audit_leaf WHERE seal_number = %s ORDER BY 1", number)
            )
            index = {str(log_id): position for position, (log_id, _commitment) in enumerate(leaves)}
            commitments = [bytes(commitment) for _log_id, commitment in leaves]
            rows = seals._fetch_rows(
                SQL(
                    "%s AND log.id IN (SELECT log_id FROM compliance_audit_leaf WHERE seal_number = %s)"
                    " ORDER BY log.id",
                    scope,
                    number,
                )
            )
            if is_complete:
                # A row that is sealed and gone stays empty without a redaction, and so cannot pass.
                gone = index.keys() - {row["id"] for row, *_rest in rows}
                rows += [({"id": log_id}, None, None) for log_id in sorted(gone, key=int)]
            tree = merkle.Tree(commitments) if len(rows) < len(leaves) else None
            for row, salt, redaction in rows:
                position = index[row["id"]]
                line = {
                    "id": row["id"],
                    "row": row if salt else None,
                    "salt": salt.hex() if salt else None,
                    "commitment": commitments[position].hex(),
                    "seal": str(number),
                    "index": position,
                    "redaction": str(redaction) if redaction else None,
                }
                if tree:
                    line["proof"] = [node.hex() for node in tree.proof(position)]
                yield line

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import AuditCommon


@tagged("post_install", "-at_install")
class TestAuditRedaction(AuditCommon):
    """Erasures that two people answer for, and retention."""

    def _request(self, role="officer", **values):
        values = {
            "name": "Erasure asked for by the person",
            "model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.partner.id,
            **values,
        }
        return self.env["compliance.audit.redaction"].with_user(self.user[role]).create(values)

    def test_redaction(self):
        self._seal()
        redaction = self._request()
        redaction.with_user(self.user["manager"]).action_approve()
        entries = self._entries(self.partner)
        self.assertEqual(redaction.row_count, len(entries))
        self.assertEqual(set(entries.mapped("changes")), {False})
        self.assertEqual(set(entries.mapped("name")), {False})
        self._seal()
        result = self.seals._verify()
        self.assertEqual((result["fault"], result["redacted"]), (None, len(entries)))
        with self.assertRaises(UserError):
            redaction.name = "Another reason"
        with self.assertRaises(UserError):
            redaction.with_user(self.user["manager"]).unlink()

    def test_redaction_needs_two(self):
        self._seal()
        own = self._request("manager")
        with self.assertRaises(AccessError):
            own.action_approve()
        other = self._request()
        with self.assertRaises(AccessError):
            other.action_approve()
        for values in ({"state": "approved"}, {"approved_by": self.user["manager"].id}, {"requested_by": 1}):
            with self.assertRaises(AccessError):
                other.with_user(self.user["manager"]).write(values)
            with self.assertRaises(AccessError):
                self._request("manager", **values)
        with self.assertRaises(AccessError):
            self.env["compliance.audit.redaction"].with_user(self.user["manager"]).with_context(
                default_state="approved"
            ).create({"name": "x", "model_id": 1, "res_id": 1})
        self.assertTrue(all(self._entries(self.partner).mapped("changes")))

    def test_who_changes_a_request_asks_for_it(self):
        """Else the one who approves could choose what is erased."""
        self._seal()
        redaction = self._request()
        redaction.with_user(self.user["manager"]).res_id = self.user["officer"].partner_id.id
        self.assertEqual(redaction.requested_by, self.user["manager"])
        with self.assertRaises(AccessError):
            redaction.with_user(self.user["manager"]).action_approve()

    def test_extent(self):
        with self.assertRaises(ValidationError):
            self._request(res_id=False)
        redactions = self.env["compliance.audit.redaction"].with_user(self.user["officer"])
        with self.assertRaises(ValidationError):
            redactions.create({"name": "All of it", "model_id": self.env["ir.model"]._get_id("res.partner")})
        with self.assertRaises(ValidationError):
            redactions.name_create("All of it")

    def test_retention(self):
        """What is older than the policy keeps is proposed once, and goes when a manager approves."""
        for days in (40, 20):
            self.env.cr.execute(
                "INSERT INTO compliance_audit_log (recorded_at, operation, model, res_id, origin, changes)"
                " VALUES (%s, 'write', 'res.partner', %s, 'web', '{}')",
                (fields.Datetime.subtract(fields.Datetime.now(), days=days), self.partner.id),
            )
        self._seal()
        redactions = self.env["compliance.audit.redaction"]
        self.assertFalse(redactions._propose_retention())
        policy = self._policy("res.partner")
        policy.retention_months = 1
        proposed = redactions._propose_retention()
        self.assertEqual((proposed.model, proposed.res_id, proposed.requested_by), ("res.partner", 0, self.env.user))
        self.assertFalse(redactions._propose_retention())
        message = self.env["mail.message"].search([("model", "=", proposed._name), ("res_id", "=", proposed.id)])
        self.assertIn(self.user["manager"].partner_id, message.notified_partner_ids)
        proposed.with_user(self.user["manager"]).action_approve()
        self.assertEqual(proposed.row_count, 1)
        self.assertEqual(self._entries(self.partner)[-2:].mapped(lambda entry: bool(entry.redaction_id)), [True, False])
        self._seal()
        self.assertIsNone(self._fault())
        self.assertFalse(redactions._propose_retention())

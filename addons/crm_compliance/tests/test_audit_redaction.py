# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from psycopg2.errors import InsufficientPrivilege

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AuditCommon
from .test_audit_attacks import EMPTY


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

    def _join_every_company(self, *roles):
        for role in roles:
            self.user[role].company_ids = self.env["res.company"].search([])

    def _insert(self, company, day="2020-01-01"):
        """A row about the partner, as its company was then."""
        self.env.cr.execute(
            "INSERT INTO compliance_audit_log (recorded_at, operation, model, res_id, company_id, origin, changes)"
            " VALUES (%s, 'write', 'res.partner', %s, %s, 'web', '{}') RETURNING id",
            (day, self.partner.id, company.id or None),
        )
        self.log.invalidate_model()
        return self.log.browse(self.env.cr.fetchone())

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

    def test_companies(self):
        """Rows that the two people may not read are not theirs to erase, by whatever way."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        ours, theirs, shared = (self._insert(company) for company in (self.company, elsewhere, elsewhere.browse()))
        self._seal()
        for request in (
            {"company_id": elsewhere.id},
            {"company_id": False},
            {"company_id": False, "res_id": 0, "before": "2021-01-01"},
        ):
            with self.assertRaises(AccessError, msg=request):
                self._request(**request)
        by_age = self._request(res_id=0, before="2021-01-01")
        self.assertEqual(by_age.company_id, self.company)
        with self.assertRaises(AccessError):
            by_age.company_id = elsewhere
        with self.assertRaises(AccessError):
            by_age.company_id = False
        by_age.with_user(self.user["manager"]).action_approve()
        self.assertEqual((ours | theirs | shared).filtered("redaction_id"), ours, "the shared one has no record named")
        of_record = self._request()
        of_record.with_user(self.user["manager"]).action_approve()
        self.log.invalidate_model()
        self.assertEqual((ours | theirs | shared).filtered("redaction_id"), ours | shared)
        self._seal()
        self.assertIsNone(self._fault())
        with mute_logger("odoo.sql_db"), self.assertRaises(InsufficientPrivilege), self.env.cr.savepoint():
            self.env.cr.execute(EMPTY, (of_record.id, theirs.id))
        self._force(self.env.cr.mogrify(EMPTY, (of_record.id, theirs.id)).decode())
        self.assertIn(f"Row {theirs.id} ", self._fault(), "an approval of another company verifies nothing")

    def test_every_company(self):
        """Who is of every company, and somebody else who is, may erase what belongs to any."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        rows = self._insert(elsewhere) | self._insert(elsewhere.browse())
        self._seal()
        self._join_every_company("officer")
        redaction = self._request(company_id=False, res_id=0, before="2021-01-01")
        with self.assertRaises(AccessError):
            redaction.with_user(self.user["manager"]).action_approve()
        self._join_every_company("manager")
        self.user["officer"].company_ids = self.company
        with self.assertRaises(AccessError, msg="he is not any more"):
            redaction.with_user(self.user["manager"]).action_approve()
        self._join_every_company("officer")
        redaction.with_user(self.user["manager"]).action_approve()
        self.assertEqual(rows.filtered("redaction_id"), rows)
        self._seal()
        self.assertIsNone(self._fault())

    def test_requests_of_another_company_are_not_read(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self._request().with_user(SUPERUSER_ID).copy({"company_id": elsewhere.id})
        for role in ("officer", "manager", "auditor"):
            self.assertFalse(foreign.with_user(self.user[role]).has_access("read"), role)

    def test_retention_of_the_companies_of_who_said_so(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        ours, theirs, shared = (self._insert(company) for company in (self.company, elsewhere, elsewhere.browse()))
        self._seal()
        self._policy("res.partner").with_user(self.user["officer"]).sudo().retention_months = 1
        redactions = self.env["compliance.audit.redaction"]
        proposed = redactions._propose_retention()
        self.assertEqual((proposed.company_id, proposed.requested_by), (self.company, self.user["officer"]))
        self.assertFalse(redactions._propose_retention())
        proposed.with_user(self.user["manager"]).action_approve()
        self.log.invalidate_model()
        self.assertEqual((ours | theirs | shared).filtered("redaction_id"), ours)
        self.assertFalse(redactions._propose_retention(), "the rest is not his to ask for")

    def test_retention(self):
        """What is older than the policy keeps is proposed once, and goes when a manager approves."""
        self._join_every_company("manager")
        self.env.user.company_ids = self.user["manager"].company_ids
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

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CriteriaCommon


@tagged("post_install", "-at_install")
class TestDecisions(CriteriaCommon):
    """Officers prepare, managers decide, and neither against the criteria."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criterion = cls.env["compliance.criterion"].create({"code": "X", "name": "X"})
        cls._work_off_queue()

    def _as(self, role, records=None):
        return (records or self.dossier).with_user(self.user[role])

    def _set_zone(self, zone):
        """Brings the customer into a zone by its answer to the one criterion."""
        self.criterion.knockout = zone == "non_compliant"
        self._answer(self.criterion, {"standard": "met", "unknown": "unknown"}.get(zone, "unmet"))
        self.assertEqual(self.dossier.zone, zone)

    def test_officers_prepare_and_managers_decide(self):
        self._set_zone("standard")
        self._as("officer").action_submit()
        self.assertEqual(self.dossier.admission_state, "in_review")
        for action in ("action_approve", "action_reject", "action_exit"):
            with self.assertRaises(AccessError, msg=action):
                getattr(self._as("officer"), action)()
        for state in ("approved", "conditional", "rejected", "exited"):
            with self.assertRaises(AccessError, msg=state):
                self._as("officer").write({"admission_state": state})
        self._as("manager").action_approve()
        self.assertEqual(self.dossier.admission_state, "approved")
        with self.assertRaises(AccessError):
            self._as("officer").action_reset()
        self._as("manager").action_reset()
        self.assertEqual(self.dossier.admission_state, "draft")

    def test_nobody_else_decides(self):
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            for action in ("action_submit", "action_approve", "action_reject", "action_exit", "action_reset"):
                with self.assertRaises(AccessError, msg=f"{role} {action}"):
                    getattr(self._as(role), action)()
        self.assertEqual(self.dossier.admission_state, "draft")

    def test_nobody_opens_a_decided_dossier(self):
        partner = self.env["res.partner"].create({"name": "New"})
        with self.assertRaises(AccessError):
            self._as("officer", self.profiles).create({"partner_id": partner.id, "admission_state": "approved"})
        self.assertFalse(self._dossier(partner))

    def test_zone_limits_the_approval(self):
        for zone in ("non_compliant", "unknown"):
            self._set_zone(zone)
            with self.assertRaises(UserError):
                self._as("manager").action_approve()
            for state in ("approved", "conditional"):
                with self.assertRaises(UserError, msg=f"{zone} {state}"):
                    self._as("manager").write({"admission_state": state})
        self._set_zone("grey")
        with self.assertRaises(UserError):
            self._as("manager").write({"admission_state": "approved"})
        self._as("manager").action_approve()
        self.assertEqual(self.dossier.admission_state, "conditional")

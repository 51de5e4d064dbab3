# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .review_common import ReviewCommon


@tagged("post_install", "-at_install")
class TestDecisions(ReviewCommon):
    """Officers prepare, managers decide by approving a review, and neither against the criteria."""

    def test_officers_prepare_and_managers_decide(self):
        self._set_zone("standard")
        dossier = self._as("officer", self.dossier)
        dossier.admission_state = "in_review"
        dossier.admission_state = "draft"
        for role in ("officer", "manager"):
            for state in ("approved", "conditional", "rejected", "exited"):
                with self.assertRaises(AccessError, msg=f"{role} {state}"):
                    self._as(role, self.dossier).write({"admission_state": state})
        self._approved()
        self.assertEqual(self.dossier.admission_state, "approved")
        for role in ("officer", "manager"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role, self.dossier).write({"admission_state": "draft"})

    def test_nobody_else_decides(self):
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            for action in ("action_submit", "action_review", "action_exit"):
                with self.assertRaises(AccessError, msg=f"{role} {action}"):
                    getattr(self._as(role, self.dossier), action)()
        self.assertEqual(self.dossier.admission_state, "draft")

    def test_nobody_opens_a_decided_dossier(self):
        partner = self.env["res.partner"].create({"name": "New"})
        for role in ("officer", "manager"):
            with self.assertRaises(AccessError):
                self._as(role, self.profiles).create({"partner_id": partner.id, "admission_state": "approved"})
        self.assertFalse(self._dossier(partner))

    def test_readmission(self):
        """Who was refused stays refused until another review decides otherwise."""
        self._set_zone("non_compliant")
        self._approved(decision="reject")
        self._set_zone("standard")
        review = self._submitted()
        self.assertEqual(self.dossier.admission_state, "rejected")
        self._as("manager", review).action_approve()
        self.assertEqual(self.dossier.admission_state, "approved")

    def test_zone_limits_the_approval_until_the_end(self):
        self._set_zone("standard")
        review = self._submitted()
        for zone in ("non_compliant", "unknown", "grey"):
            self._set_zone(zone)
            with self.assertRaises(UserError, msg=zone):
                self._as("manager", review).action_approve()
        self._set_zone("standard")
        self._as("manager", review).action_approve()

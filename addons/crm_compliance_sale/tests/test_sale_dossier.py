# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .common import SaleRestrictionCommon


@tagged("post_install", "-at_install")
class TestSaleDossier(SaleRestrictionCommon):
    """Quotations make prospects, and show how their customers stand."""

    def test_prospect(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        order = self._quotation(stranger)
        self._work_off_queue()
        self.assertTrue(self._dossier(stranger))
        other = self.env["res.partner"].create({"name": "Another stranger"})
        order.partner_id = other
        self._work_off_queue()
        self.assertTrue(self._dossier(other))

    def test_missing(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self._quotation(stranger)
        self._clear_queue()
        self.profiles._open_missing()
        self.assertTrue(self._dossier(stranger))

    def test_dossier_of_an_order_in_another_company(self):
        second = self.env["res.company"].create({"name": "Second"})
        self.env.user.company_ids |= second
        other = self._open_dossier(self.free, second)
        order = self._quotation(self.free, company_id=second.id)
        self.assertEqual(order.action_open_compliance_profile()["res_id"], other.id)
        order = self._quotation(self.free)
        self.assertEqual(order.action_open_compliance_profile()["res_id"], self._dossier(self.free).id)

    def test_fields_and_banner(self):
        order = self._quotation(self.contact).with_user(self.seller)
        self.assertEqual(order.compliance_profile_id.id, self._dossier(self.blocked).id)
        self.assertEqual(order.compliance_restriction_level, "block")
        self.assertIn("Under review", order.compliance_banner)
        self.assertNotIn("Secret findings", order.compliance_banner)
        self.assertIn(order, order.search([("partner_id.compliance_restriction_level", "=", "block")]))
        self.assertFalse(self._quotation(self.free).compliance_restriction_level)

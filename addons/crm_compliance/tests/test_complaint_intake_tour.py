# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import tagged

from .complaint_portal_common import ComplaintPortalCommon


@tagged("post_install", "-at_install")
class TestComplaintIntakeTour(ComplaintPortalCommon):
    """An agent on the phone takes a complaint in by the keyboard alone: three fields, at most 35 keys."""

    def test_keyboard(self):
        customer = self._customer("Keyboard Customer", email="keyboard@example.com")
        category = self.env["compliance.complaint.category"].create({"name": "Seals", "company_id": self.company.id})
        self.agent.password = self.agent.login
        self.start_tour("/odoo/complaints", "crm_compliance.complaint_intake", login=self.agent.login)
        case = self.env["compliance.complaint"].search([("partner_id", "=", customer.id)])
        self.assertEqual(case.subject, "pump leaks")
        self.assertEqual((case.partner_id, case.category_id, case.channel), (customer, category, "phone"))
        self.assertEqual((case.user_id, case.first_contact_user_id), (self.agent, self.agent))
        self.assertTrue(case.sla_event_ids, "the clocks began")

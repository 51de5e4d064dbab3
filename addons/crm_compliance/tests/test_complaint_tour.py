# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo.tests import tagged

from .complaint_portal_common import ComplaintPortalCommon


@tagged("post_install", "-at_install")
class TestComplaintTour(ComplaintPortalCommon):
    """Customers at their browser; between their steps the agent does what agents do."""

    browser_size = "390x844"
    touch_enabled = True

    def test_portal(self):
        self.start_tour("/my", "crm_compliance.complaint_file", login=self.portal.login)
        case = self.env["compliance.complaint"].search([("subject", "=", "Pump leaks")])
        self.assertEqual(case.customer_file_ids.name, "letter.txt")
        case.with_user(self.agent).sudo().action_take()
        self._propose(case, "<p>Tighten the seal</p>")
        self.start_tour(f"/my/complaints/{case.id}", "crm_compliance.complaint_reject", login=self.portal.login)
        self.assertEqual((case.state, case.customer_decision), ("investigating", "rejected"))
        self._propose(case, "<p>A new pump</p>")
        self.start_tour(f"/my/complaints/{case.id}", "crm_compliance.complaint_confirm", login=self.portal.login)
        self.assertEqual((case.state, case.satisfaction), ("resolved", 4))
        self.assertEqual(case.satisfaction_comment, "Quick in the end.")

    def test_public(self):
        self.start_tour("/complaint", "crm_compliance.complaint_public", login=None)
        case = self.env["compliance.complaint"].search([("subject", "=", "Wrong colour")])
        mail = self._mails(case)
        path = re.search(r"/complaint/track/[0-9a-f]{64}", mail.body_html)[0]
        case.team_id = self.team
        self._propose(case, "<p>Keep it for free</p>")
        self.start_tour(path, "crm_compliance.complaint_track", login=None)
        self.assertEqual((case.state, case.customer_decision, case.satisfaction), ("resolved", "confirmed", 5))
        self.assertIn("That is kind.", " ".join(case._get_customer_messages().mapped("body")))

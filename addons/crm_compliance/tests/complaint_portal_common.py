# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user

from .common import ComplianceCommon

SECRET = "Zanzibar-37"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
)


class ComplaintPortalCommon(ComplianceCommon, HttpCase):
    """Two customers with portal users, and a case of the first one with secrets of all kinds in it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["compliance.complaint.team"].create({"name": "Service", "company_id": cls.company.id})
        cls.agent = new_test_user(
            cls.env,
            login="complaint_agent",
            groups="crm_compliance.group_compliance_user",
            email="agent@example.com",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.team.member_ids = cls.agent
        cls.customer = cls._customer("Customer", email="office@customer.example.com")
        cls.rival = cls._customer("Rival", email="office@rival.example.com")
        cls.portal = cls._portal_user(cls.customer, "complaint_portal")
        cls.colleague = cls._portal_user(cls.customer, "complaint_colleague")
        cls.attacker = cls._portal_user(cls.rival, "complaint_attacker")
        cls.env.cr.execute("DELETE FROM compliance_intake_attempt")
        # The public user sends the form to its own company.
        cls.public = cls.env.ref("base.public_user")
        cls.public.write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.case = cls._case(cls.portal.partner_id)
        cls.other_case = cls._case(cls.attacker.partner_id, subject="Of the rival")

    @classmethod
    def _portal_user(cls, customer, login):
        partner = cls.env["res.partner"].create(
            {"name": login, "email": f"{login}@example.com", "parent_id": customer.id}
        )
        user = new_test_user(
            cls.env,
            login=login,
            email=f"{login}@example.com",
            groups="base.group_portal",
            partner_id=partner.id,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        user.password = login
        return user

    @classmethod
    def _case(cls, partner, **vals):
        case = cls.env["compliance.complaint"].create(
            {
                "subject": "Late delivery",
                "description": "<p>It came late.</p>",
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "team_id": cls.team.id,
                "channel": "portal",
                **vals,
            }
        )
        case.with_user(cls.agent).action_take()
        return case

    @classmethod
    def _propose(cls, case, solution="<p>We send another one.</p>"):
        case.solution = solution
        case.with_user(cls.agent).action_propose_solution()
        return case

    @classmethod
    def _token(cls, case):
        return re.search(r"/complaint/track/([0-9a-f]{64})", case._get_tracking_url())[1]

    def _login(self, user):
        self.authenticate(user.login, user.login) if user else self.authenticate(None, None)

    def _post(self, url, files=None, csrf=True, **data):
        if csrf:
            data["csrf_token"] = Request.csrf_token(self)
        return self.url_open(url, data=data, files=files, allow_redirects=False, method="POST")

    def _page(self, url):
        response = self.url_open(url)
        return response.status_code, response.text

    def _mails(self, case):
        """Mails to the customer of a case; what waits to be confirmed is."""
        self.env["compliance.complaint"].search([("receipt_due", "=", True)])._send_receipts()
        return self.env["mail.mail"].search([("model", "=", case._name), ("res_id", "=", case.id)])

    def _snapshot(self, case):
        """All that reading a page must leave as it is."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            SELECT to_jsonb(c.*),
                   (SELECT count(*) FROM mail_message WHERE model = 'compliance.complaint' AND res_id = c.id),
                   (SELECT count(*) FROM rating_rating
                     WHERE res_model = 'compliance.complaint' AND res_id = c.id AND consumed),
                   (SELECT jsonb_agg(to_jsonb(a.*)) FROM compliance_complaint_access a WHERE a.complaint_id = c.id)
              FROM compliance_complaint c
             WHERE c.id = %s
            """,
            [case.id],
        )
        return self.env.cr.fetchone()

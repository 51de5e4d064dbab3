# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.fields import Command

from .common import ComplianceCommon


class DisputeCommon(ComplianceCommon):
    """A team of the salesperson with a category of its own, a customer with an invoice, and complaints of theirs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaints = cls.env["compliance.complaint"]
        cls.team = cls.env["compliance.complaint.team"].create(
            {"name": "Desk", "company_id": cls.company.id, "member_ids": [Command.set(cls.user["sales"].ids)]}
        )
        cls.category = cls.env["compliance.complaint.category"].create({"name": "Breakage", "kind": "product"})
        cls.product = cls.env["product.product"].create({"name": "Crate"})
        cls.customer = cls._customer()
        cls.dossier = cls._dossier(cls.customer)
        cls.user |= cls._new_users({"agent": "crm_compliance.group_compliance_user"})

    @classmethod
    def _complaint(cls, role="sales", partner=None, **vals):
        """A complaint taken in by somebody of this role, as superuser for what follows."""
        values = {
            "subject": "Broken crates",
            "partner_id": (partner or cls.customer).id,
            "company_id": cls.company.id,
            "team_id": cls.team.id,
            "category_id": cls.category.id,
            **vals,
        }
        return cls.complaints.browse(cls.complaints.with_user(cls.user[role]).create(values).id)

    def _as(self, role, records):
        return records.with_user(self.user[role])

    def _dispute(self, amount=1000, role="sales", **vals):
        """A complaint about a posted invoice, in negotiation."""
        invoice = self._invoice(self.customer, amount, self._days_ago(20))
        complaint = self._complaint(role=role, **vals)
        complaint.invoice_ids = invoice
        self._as(role, complaint).action_open_dispute()
        return complaint

    def _settle(self, complaint, role="officer", **vals):
        own = self._as(role, complaint)
        own.write(
            {
                "settlement": "Half each",
                "liability_company": 50,
                "liability_customer": 50,
                "amount_agreed": 500,
                **vals,
            }
        )
        own.action_settle_dispute()

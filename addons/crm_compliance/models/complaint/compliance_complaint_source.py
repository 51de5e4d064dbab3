# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

# Who sees that there are complaints.
GROUPS = ",".join(
    [
        "crm_compliance.group_compliance_user",
        "crm_compliance.group_compliance_auditor",
        "account.group_account_invoice",
        "account.group_account_readonly",
    ]
)


class ComplianceComplaintSource(models.AbstractModel):
    """For documents that show their complaints and begin new ones with what is known: one button each."""

    _name = "compliance.complaint.source"
    _description = "Source of Complaints"

    complaint_count = fields.Integer(compute="_compute_complaint_count", string="Complaints", groups=GROUPS)

    @api.depends_context("uid")
    def _compute_complaint_count(self):
        """Of the complaints the user may read."""
        counts = self._count_complaints() if self.env["compliance.complaint"].has_access("read") else {}
        for source in self:
            source.complaint_count = counts.get(source.id, 0)

    def _count_complaints(self):
        """:return: {id of the document: number of its complaints}"""
        raise NotImplementedError

    def _get_complaint_domain(self):
        """:return: domain of the complaints of one document"""
        raise NotImplementedError

    def _prepare_complaint(self):
        """:return: values a new complaint from this document begins with"""
        raise NotImplementedError

    def _get_complaint_context(self):
        return {f"default_{name}": value for name, value in self._prepare_complaint().items()}

    def action_view_complaints(self):
        """The complaints, closed ones included; new ones begin with what is known."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_complaint_action")
        return {**action, "domain": self._get_complaint_domain(), "context": self._get_complaint_context()}

    def action_new_complaint(self):
        """Opens an empty complaint that begins with what is known."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Complaint"),
            "res_model": "compliance.complaint",
            "views": [(False, "form")],
            "context": self._get_complaint_context(),
        }


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "compliance.complaint.source"]

    def _count_complaints(self):
        """Those of the whole company, as its contacts complain."""
        entities = self.commercial_partner_id
        counts = dict(
            self.env["compliance.complaint"]._read_group(
                [("commercial_partner_id", "in", entities.ids)], ["commercial_partner_id"], ["__count"]
            )
        )
        return {partner.id: counts.get(partner.commercial_partner_id, 0) for partner in self}

    def _get_complaint_domain(self):
        return [("commercial_partner_id", "=", self.commercial_partner_id.id)]

    def _prepare_complaint(self):
        return {"partner_id": self.id}

    def _move_dossiers_to(self, entity):
        """Customers that become part of another one bring their cases along."""
        result = super()._move_dossiers_to(entity)
        # sudo: whose a case is follows from the customer, not from what the user reads.
        cases = self.env["compliance.complaint"].sudo().search([("commercial_partner_id", "in", self.ids)])
        cases._transition({"commercial_partner_id": entity.id})
        return result


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "compliance.complaint.source"]

    def _count_complaints(self):
        counts = self.env["compliance.complaint"]._read_group(
            [("invoice_ids", "in", self.ids)], ["invoice_ids"], ["__count"]
        )
        return {move.id: count for move, count in counts}

    def _get_complaint_domain(self):
        return [("invoice_ids", "in", self.ids)]

    def _prepare_complaint(self):
        """A complaint about this invoice is about billing unless somebody says otherwise."""
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "invoice_ids": [fields.Command.set(self.ids)],
            "currency_id": self.currency_id.id,
        }


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "compliance.complaint.source"]

    def _count_complaints(self):
        counts = self.env["compliance.complaint"]._read_group([("lead_id", "in", self.ids)], ["lead_id"], ["__count"])
        return {lead.id: count for lead, count in counts}

    def _get_complaint_domain(self):
        return [("lead_id", "=", self.id)]

    def _prepare_complaint(self):
        values = {"lead_id": self.id, "company_id": (self.company_id or self.env.company).id}
        if self.partner_id:
            return {**values, "partner_id": self.partner_id.id}
        return {
            **values,
            "partner_name": self.contact_name or self.partner_name,
            "email_from": self.email_from,
            "partner_phone": self.phone,
        }

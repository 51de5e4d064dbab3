# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .compliance_complaint_dispute import IN_DISPUTE, STAGES

ACTIVITY = "crm_compliance.mail_activity_type_dispute"
# Set by the steps of the dispute.
DECIDED = {"complaint_id", "stage", "date_from", "date_to"}


class ComplianceDisputeStage(models.Model):
    """A stage of a dispute: from when until when, before whom, what is due until when, and its documents."""

    _name = "compliance.dispute.stage"
    _description = "Stage of a Dispute"
    _order = "date_from desc, id desc"
    _rec_name = "stage"

    complaint_id = fields.Many2one("compliance.complaint", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="complaint_id.company_id", store=True, index=True)
    stage = fields.Selection(
        [(code, label) for code, label in STAGES if code in IN_DISPUTE], required=True, readonly=True
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="Until", readonly=True)
    forum = fields.Char(string="Mediator or Court", help="Before whom the dispute is: mediator, tribunal or court.")
    reference = fields.Char(string="File Number")
    deadline = fields.Date(help="A day by which something must have happened; who is responsible gets an activity.")
    deadline_note = fields.Char(string="What Is Due")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    attachment_ids = fields.Many2many("ir.attachment", string="Documents", bypass_search_access=True)
    note = fields.Text()

    def write(self, vals):
        """:raises AccessError: if stage, days or case are given
        :raises UserError: if the dispute is settled
        """
        if DECIDED & set(vals):
            raise AccessError(self.env._("The stages of a dispute begin and end by its buttons."))
        settled = self.sudo().complaint_id.filtered(lambda complaint: complaint.dispute_stage not in IN_DISPUTE)
        if settled:
            raise UserError(self.env._("The dispute of %s is settled and stays as it is.", settled[0].name))
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._adopt_attachments()
        if {"deadline", "user_id", "deadline_note"} & set(vals):
            self._remind()
        return result

    def _write_stage(self, vals):
        """Past our own ``write``, for the steps of the dispute."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _adopt_attachments(self):
        """Documents uploaded for a stage belong to it, and not to the case, which customers have a share in."""
        for stage in self:
            # sudo: belonging to no record yet, they are readable to who uploaded them only.
            loose = stage.attachment_ids.sudo().filtered(lambda attachment: not attachment.res_id)
            if loose:
                loose.write({"res_model": self._name, "res_id": stage.id})

    # -------------------------------------------------------------------------
    # DEADLINES
    # -------------------------------------------------------------------------

    def _remind(self):
        """Gives whoever is responsible an activity on the case for the deadline; an older one goes."""
        self._end_activities()
        labels = dict(self._fields["stage"]._description_selection(self.env))
        for stage in self.sudo().filtered(lambda stage: stage.deadline and not stage.date_to):
            user = stage.user_id or stage.complaint_id.user_id
            if user.active:
                stage.complaint_id.activity_schedule(
                    ACTIVITY,
                    stage.deadline,
                    summary=": ".join(filter(None, (labels[stage.stage], stage.deadline_note))),
                    user_id=user.id,
                )

    def _end_activities(self):
        self.sudo().complaint_id.activity_unlink([ACTIVITY])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_record(self):
        raise UserError(self.env._("The stages of a dispute are part of the record."))

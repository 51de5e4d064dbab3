# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

NEXT_STEP = "mail.mail_activity_data_todo"


class ComplianceContact(models.Model):
    """A visit or another talk with a customer that no meeting, call or mail in Odoo stands for."""

    _name = "compliance.contact"
    _description = "Customer Contact"
    _inherit = ["compliance.discussion", "mail.activity.mixin"]
    _order = "date_start desc, id desc"

    name = fields.Char("Subject", required=True, tracking=True)
    profile_id = fields.Many2one(
        "compliance.profile", string="Dossier", required=True, index=True, ondelete="cascade", tracking=True
    )
    partner_id = fields.Many2one(related="profile_id.partner_id", string="Customer", store=True, index=True)
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
    )
    kind = fields.Selection(
        [("visit", "Visit"), ("phone", "Phone"), ("video", "Video Call"), ("event", "Event"), ("other", "Other")],
        required=True,
        default="visit",
        tracking=True,
    )
    date_start = fields.Datetime(
        "When", required=True, default=fields.Datetime.now, index=True, copy=False, tracking=True
    )
    duration = fields.Float("Hours", default=1.0)
    location = fields.Char()
    participant_ids = fields.Many2many("res.partner", string="Participants")
    content = fields.Html("What Was Said")
    next_step = fields.Char(tracking=True)
    next_step_date = fields.Date("Until", tracking=True)

    _duration_positive = models.Constraint("CHECK(duration >= 0)", "A contact cannot take less than no time.")

    @api.constrains("date_start")
    def _check_date_start(self):
        for contact in self:
            if contact.date_start > fields.Datetime.add(fields.Datetime.now(), minutes=5):
                raise ValidationError(
                    self.env._("A contact is logged once it took place; plan it as a meeting or an activity.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        contacts = super().create(vals_list)
        contacts._follow_up()
        contacts.profile_id._update_contacts()
        return contacts

    def write(self, vals):
        before = self.profile_id
        result = super().write(vals)
        if {"next_step", "next_step_date"} & set(vals):
            self.activity_unlink([NEXT_STEP])
            self._follow_up()
        if {"date_start", "profile_id", "user_id"} & set(vals):
            (before | self.profile_id)._update_contacts()
        return result

    def unlink(self):
        profiles = self.profile_id
        result = super().unlink()
        profiles._update_contacts()
        return result

    def _follow_up(self):
        """Next steps with a day are activities of who was there."""
        for contact in self.filtered(lambda contact: contact.next_step and contact.next_step_date):
            contact.activity_schedule(
                NEXT_STEP,
                date_deadline=contact.next_step_date,
                summary=contact.next_step,
                user_id=contact.user_id.id,
            )

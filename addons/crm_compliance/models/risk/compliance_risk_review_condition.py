# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# Only the methods below say whether a condition was met.
DECIDED = {"state", "closed_by", "closed_on", "activity_id"}


class ComplianceRiskReviewCondition(models.Model):
    """What must be done, by whom and until when, for an approval to hold."""

    _name = "compliance.risk.review.condition"
    _description = "Condition of an Approval"
    _inherit = ["compliance.risk.review.part"]
    _order = "deadline, id"

    review_id = fields.Many2one("compliance.risk.review", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    profile_id = fields.Many2one(related="review_id.profile_id", store=True, index=True)
    partner_id = fields.Many2one(related="review_id.partner_id", store=True, index=True)
    review_state = fields.Selection(related="review_id.state", string="Review Status")
    name = fields.Char(string="Condition", required=True)
    deadline = fields.Date(required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    state = fields.Selection(
        [("open", "Open"), ("met", "Met"), ("missed", "Missed")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
    )
    closed_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    closed_on = fields.Date(readonly=True, copy=False)
    activity_id = fields.Many2one("mail.activity", readonly=True, copy=False, index="btree_not_null")
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue", string="Overdue")

    @api.depends("deadline", "state")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for condition in self:
            condition.is_overdue = condition.state == "open" and bool(condition.deadline and condition.deadline < today)

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "=", "open"), ("deadline", "<", "today")]

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: if it is said already whether the condition is met"""
        given = {key.removeprefix("default_") for key in self.env.context if key.startswith("default_")}
        if DECIDED & given.union(*vals_list):
            self._refuse_decision()
        return super().create(vals_list)

    def write(self, vals):
        """:raises AccessError: if it is said other than by the buttons whether the condition is met"""
        if DECIDED & set(vals):
            self._refuse_decision()
        return super().write(vals)

    @api.model
    def _refuse_decision(self):
        raise AccessError(
            self.env._("Whether a condition is met is said by the buttons made for it, once the review is approved.")
        )

    def action_met(self):
        """What was asked for was done.

        :raises AccessError: for everybody but officers
        :raises UserError: if the review is not approved
        """
        self._close("met")

    def action_missed(self):
        """What was asked for was not done."""
        self._close("missed")

    def _close(self, state):
        self.check_access("write")
        if not self.env.user.has_group("crm_compliance.group_compliance_officer"):
            raise AccessError(self.env._("Only compliance officers say whether a condition is met."))
        for condition in self:
            if condition.review_state != "done":
                raise UserError(self.env._("%s is not approved yet.", condition.review_id.display_name))
            if condition.state == "met":
                raise UserError(self.env._("This condition was met already."))
        self._write_unsigned(
            {
                "state": state,
                "closed_by": self.env["compliance.risk.review"]._get_actor().id,
                "closed_on": fields.Date.context_today(self),
            }
        )
        self._log_closed(state)

    def _log_closed(self, state):
        """Ends the activities and notes in the dossiers what became of the conditions."""
        # sudo: the activity is the responsible person's.
        self.sudo().activity_id.unlink()
        label = dict(self._fields["state"]._description_selection(self.env))[state]
        bodies = {}
        for profile, conditions in self.sudo().grouped("profile_id").items():
            names = ", ".join(conditions.mapped("name"))
            bodies[profile.id] = self.env._("%(condition)s: %(state)s", condition=names, state=label)
        if bodies:
            self.env["compliance.profile"].sudo().browse(bodies)._message_log_batch(bodies)

    @api.model
    def _get_frozen_fields(self):
        return ["name", "deadline", "user_id"]

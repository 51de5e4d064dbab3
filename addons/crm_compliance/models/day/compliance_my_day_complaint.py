# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain

from ..complaint.compliance_complaint import OPEN


class ComplianceMyDay(models.Model):
    """Complaints to handle, to take over and to follow up; actions to take and effects to check."""

    _inherit = "compliance.my.day"
    _depends = {
        "compliance.complaint": [
            "state",
            "user_id",
            "handover_user_id",
            "sla_deadline",
            "date_received",
            "follow_up_date",
            "follow_up_latest",
            "follow_up_done_at",
            "commercial_partner_id",
            "company_id",
        ],
        "compliance.complaint.team": ["user_id"],
        "compliance.action": ["state", "user_id", "verifier_id", "due_date", "check_date", "partner_id", "company_id"],
    }

    kind = fields.Selection(
        selection_add=[
            ("complaint", "Complaint"),
            ("handover", "Complaint to Take Over"),
            ("follow_up", "Follow-up Call"),
            ("action", "Action"),
            ("effect", "Effect to Check"),
        ]
    )

    @api.model
    def _get_my_day_sources(self):
        # Cases nobody took yet are the leader's to hand out, not every officer's.
        taken = Domain("user_id", "!=", False) | Domain("team_id.user_id", "=", self.env.uid)
        mine = taken & self._turn_domain("user_id", "team_id.user_id")
        doer = self._turn_domain("user_id")
        verifier = Domain("verifier_id", "!=", False) & self._turn_domain("verifier_id")
        is_open = Domain("state", "in", OPEN)
        return [
            *super()._get_my_day_sources(),
            # What waits for others is not for today.
            self._complaint_source("complaint", mine & is_open & Domain("waiting", "=", "none"), "sla_deadline", 9),
            self._complaint_source(
                "handover", is_open & Domain("handover_user_id", "=", self.env.uid), "date_received", 9
            ),
            self._complaint_source(
                "follow_up",
                mine
                & Domain("state", "in", ("resolved", "closed"))
                & Domain("follow_up_date", "<=", "today")
                & Domain("follow_up_done_at", "=", False),
                "follow_up_latest",
                4,
            ),
            self._source(
                "action", "compliance.action", doer & Domain("state", "in", ("open", "in_progress")), "due_date", 6
            ),
            self._source(
                "effect",
                "compliance.action",
                verifier & Domain("state", "=", "done"),
                "check_date",
                5,
            ),
        ]

    @api.model
    def _complaint_source(self, kind, domain, date, weight):
        source = self._source(kind, "compliance.complaint", domain, date, weight)
        return {**source, "partner": "commercial_partner_id"}

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain

from ..complaint.compliance_complaint import OPEN

# Share of the complaints whose customers are called again, in per cent, and the days looked back at.
FOLLOW_UP_TARGET = 90
FOLLOW_UP_DAYS = 90


class ComplianceDashboard(models.AbstractModel):
    """Complaints at a glance."""

    _inherit = "compliance.dashboard"

    @api.model
    def _get_dashboard_blocks(self):
        blocks = super()._get_dashboard_blocks()
        # Accountants read single complaints about invoices; figures of those would mislead.
        if blocks and self._may_read("compliance.complaint") and self._sees_complaints():
            blocks += [self._get_complaint_block(), self._get_follow_up_block()]
        return blocks

    @api.model
    def _sees_complaints(self):
        return self.env.user.has_groups("crm_compliance.group_compliance_user,crm_compliance.group_compliance_auditor")

    @api.model
    def _get_complaint_block(self):
        """Open complaints by state, and how many of all open clocks are at risk or overdue."""
        complaints = self.env["compliance.complaint"]
        is_open = Domain("state", "in", OPEN)
        counts = dict(complaints._read_group(is_open, ["state"], ["__count"]))
        states = dict(complaints._fields["state"]._description_selection(self.env))
        items = [self._item(states[state], counts.get(state, 0), [("state", "=", state)]) for state in OPEN]
        for state, label, tone in (
            ("at_risk", self.env._("Service level at risk"), "warning"),
            ("overdue", self.env._("Service level overdue"), "danger"),
        ):
            domain = Domain("sla_state", "=", state) & is_open
            items.append(
                self._item(label, complaints.search_count(domain), [("sla_state", "=", state), *is_open], tone)
            )
        return {
            "code": "complaints",
            "title": self.env._("Complaints Open"),
            "help": self.env._("By state, and those whose next deadline comes near or has passed."),
            "chart": None,
            "model": "compliance.complaint",
            "empty": self.env._("No complaint is open."),
            "items": items,
        }

    @api.model
    def _get_follow_up_block(self):
        """Share of the customers called again after their complaint was resolved, of those who were to be by now."""
        complaints = self.env["compliance.complaint"]
        today = fields.Date.context_today(self)
        since = fields.Date.to_string(fields.Date.subtract(today, days=FOLLOW_UP_DAYS))
        resolved = Domain("state", "in", ("resolved", "closed")) & Domain("date_resolved", ">=", since)
        done = resolved & Domain("follow_up_done_at", "!=", False)
        missing = (
            resolved
            & Domain("follow_up_done_at", "=", False)
            & Domain("follow_up_latest", "<", fields.Date.to_string(today))
        )
        counts = [complaints.search_count(domain) for domain in (done, missing)]
        rate = 100 * counts[0] / sum(counts) if sum(counts) else 0
        return {
            "code": "follow_up",
            "title": self.env._("Followed Up"),
            "help": self.env._(
                "Customers called again after their complaint was resolved, last %s days.", FOLLOW_UP_DAYS
            ),
            "chart": None,
            "model": "compliance.complaint",
            "empty": self.env._("No follow-up was due."),
            "headline": {
                "text": self.env._("%(rate)s %%", rate=round(rate)),
                "note": self.env._("goal %(target)s %%", target=FOLLOW_UP_TARGET),
                "tone": "success" if rate >= FOLLOW_UP_TARGET else "danger",
            },
            "items": [
                self._item(self.env._("Followed up"), counts[0], done, "success"),
                self._item(self.env._("Not followed up in time"), counts[1], missing, "danger"),
            ],
        }

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, time

import pytz

from odoo import fields, models
from odoo.tools import SQL, date_utils

from .compliance_complaint_signals import COUNTED, IN_DISPUTE, OPEN


class ComplianceProfile(models.Model):
    """Complaints of a customer, as the dossier shows them: counted when looked at, in one statement."""

    _name = "compliance.profile"
    _inherit = ["compliance.profile", "compliance.complaint.source"]

    complaint_ids = fields.One2many("compliance.complaint", "profile_id", string="Customer's Complaints")
    complaint_count = fields.Integer(
        compute="_compute_complaint_figures", groups=None, help="Received within 12 months."
    )
    complaint_open_count = fields.Integer(compute="_compute_complaint_figures", string="Open Complaints")
    complaint_quarter_count = fields.Integer(compute="_compute_complaint_figures", string="Complaints, This Quarter")
    complaint_previous_count = fields.Integer(
        compute="_compute_complaint_figures",
        string="Complaints, Last Quarter",
        help="Of the whole quarter before this one.",
    )
    complaint_trend = fields.Integer(
        compute="_compute_complaint_figures",
        help="This quarter so far against the same days of last quarter: more than 0 means more complaints.",
    )
    complaint_satisfaction = fields.Float(
        compute="_compute_complaint_figures",
        digits=(3, 1),
        string="Satisfaction",
        help="Mean of what the customer gave the complaints of 12 months, 1 to 5; 0: not rated.",
    )
    dispute_count = fields.Integer(compute="_compute_complaint_figures", string="Open Disputes")
    dispute_claimed = fields.Monetary(compute="_compute_complaint_figures", string="Claimed in Disputes")

    def _compute_complaint_figures(self):
        self.env["compliance.complaint"].flush_model()
        names = (
            "complaint_count",
            "complaint_open_count",
            "complaint_quarter_count",
            "complaint_previous_count",
            "complaint_trend",
            "complaint_satisfaction",
            "dispute_count",
            "dispute_claimed",
        )
        # The numbers are part of the dossier; whoever may read that reads them, whoever handles the cases.
        rows = self.env.execute_query_dict(self._complaint_figures_query()) if self.ids else []
        figures = {row.pop("profile_id"): row for row in rows}
        for profile in self:
            found = figures.get(profile._origin.id, {})
            profile.update({name: found.get(name) or 0 for name in names})

    def _complaint_figures_query(self):
        """:return: SQL of a SELECT of profile_id and the figures, one row per dossier that has complaints"""
        bounds = self._get_complaint_periods()

        def count(condition, *args):
            return SQL("COUNT(*) FILTER (WHERE %s)", SQL(condition, *args))

        between = "complaint.date_received >= %s AND complaint.date_received < %s"
        this, last = count(between, bounds["quarter"], bounds["now"]), count(between, bounds["last"], bounds["quarter"])
        return SQL(
            """
            SELECT profile.id AS profile_id, %(year)s AS complaint_count,
                   COUNT(*) FILTER (WHERE %(open)s) AS complaint_open_count,
                   %(this)s AS complaint_quarter_count, %(last)s AS complaint_previous_count,
                   %(this)s - %(same)s AS complaint_trend,
                   AVG(complaint.satisfaction) FILTER (WHERE complaint.satisfaction > 0
                        AND complaint.date_received >= %(begin)s) AS complaint_satisfaction,
                   COUNT(*) FILTER (WHERE %(dispute)s) AS dispute_count,
                   SUM(complaint.amount_claimed_company) FILTER (WHERE %(dispute)s) AS dispute_claimed
              FROM compliance_profile profile
              JOIN compliance_complaint complaint ON complaint.commercial_partner_id = profile.partner_id
                                                 AND complaint.company_id = profile.company_id
             WHERE profile.id = ANY(%(ids)s) AND %(counted)s
          GROUP BY profile.id
            """,
            year=count("complaint.date_received >= %s", bounds["year"]),
            begin=bounds["year"],
            this=this,
            last=last,
            same=count(between, bounds["last"], bounds["same"]),
            open=OPEN,
            dispute=IN_DISPUTE,
            counted=COUNTED,
            ids=self.ids,
        )

    def _get_complaint_periods(self):
        """:return: dict of moments (naive UTC) at which the year and quarters begin on the user's calendar; "same" is
        the end of as much of last quarter as there was of this one
        """
        zone = pytz.timezone(self.env.tz or "UTC") if isinstance(self.env.tz, str) else self.env.tz

        def begin(day):
            return zone.localize(datetime.combine(day, time.min)).astimezone(pytz.utc).replace(tzinfo=None)

        today = fields.Date.context_today(self)
        quarter = date_utils.start_of(today, "quarter")
        last = fields.Date.subtract(quarter, months=3)
        passed = (today - quarter).days + 1
        return {
            "now": begin(fields.Date.add(today, days=1)),
            "year": begin(fields.Date.add(fields.Date.subtract(today, years=1), days=1)),
            "quarter": begin(quarter),
            "last": begin(last),
            "same": begin(min(quarter, fields.Date.add(last, days=passed))),
        }

    def _get_complaint_domain(self):
        return [("commercial_partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)]

    def _prepare_complaint(self):
        return {"partner_id": self.partner_id.id, "company_id": self.company_id.id}

    def action_view_disputes(self):
        """The disputes of the customer, settled ones included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_complaint_action_dispute")
        return {
            **action,
            "domain": [*self._get_complaint_domain(), ("dispute_stage", "!=", "none")],
            "context": {},
        }


class ComplianceRiskReview(models.Model):
    _inherit = "compliance.risk.review"

    def _get_open_matters(self):
        """An orderly end settles complaints, disputes and actions, too."""
        return [*super()._get_open_matters(), *self._get_open_complaints(), *self._get_open_actions()]

    def _get_open_complaints(self):
        cases = self.env["compliance.complaint"].search(
            [
                *self.profile_id._get_complaint_domain(),
                ("merged_into_id", "=", False),
                "|",
                ("is_open", "=", True),
                ("dispute_stage", "not in", ("none", "settled")),
            ],
            order="date_received, id",
        )
        in_dispute = cases.filtered(lambda case: case.dispute_stage not in ("none", "settled"))
        decimals = self.currency_id.decimal_places
        return [
            {
                "kind": self.env._("Dispute") if case in in_dispute else self.env._("Complaint"),
                "name": case.display_name,
                "date": fields.Date.to_string(case.date_received.date()),
                "amount": f"{case.amount_claimed_company:.{decimals}f} {self.currency_id.name}"
                if case in in_dispute
                else "",
            }
            for case in cases
        ]

    def _get_open_actions(self):
        actions = self.env["compliance.action"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("is_open", "=", True),
            ]
        )
        return [
            {
                "kind": self.env._("Action"),
                "name": action.display_name,
                "date": fields.Date.to_string(action.due_date),
                "amount": "",
            }
            for action in actions
        ]

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class ComplianceGoal(models.Model):
    """What complaints say of the regime."""

    _inherit = "compliance.goal"

    @api.model
    def _selection_indicator(self):
        return [
            *super()._selection_indicator(),
            ("satisfaction", self.env._("Satisfaction with Solutions")),
            ("complaint_closure", self.env._("Complaints Resolved")),
            ("response_time", self.env._("Time to First Response")),
        ]

    @api.model
    def _get_rising(self):
        return (*super()._get_rising(), "satisfaction", "complaint_closure")

    @api.model
    def _get_unit(self, indicator):
        units = {"satisfaction": self.env._("of 5"), "response_time": self.env._("working hours")}
        return units.get(indicator) or super()._get_unit(indicator)

    @api.model
    def _get_factor(self, indicator):
        return {"satisfaction": 1.0, "response_time": 1.0}.get(indicator) or super()._get_factor(indicator)

    @api.model
    def _get_indicator_queries(self):
        return {
            **super()._get_indicator_queries(),
            "satisfaction": self._satisfaction_query,
            "complaint_closure": self._closure_query,
            "response_time": self._response_query,
        }

    @api.model
    def _complaints_query(self, part, condition, date=SQL("complaint.date_received")):  # noqa: B008
        return SQL(
            """
            SELECT span.number, complaint.profile_id, %(part)s::numeric AS part, 1::numeric AS whole
              FROM span
              JOIN compliance_complaint complaint ON complaint.company_id = span.company_id
                   AND %(date)s >= span.moment_from AND %(date)s < span.moment_to
             WHERE complaint.state <> 'cancelled' AND complaint.merged_into_id IS NULL AND %(condition)s
            """,
            part=part,
            date=date,
            condition=condition,
        )

    @api.model
    def _satisfaction_query(self):
        """Mean rating of the complaints resolved in the period that were rated."""
        return self._complaints_query(
            SQL("complaint.satisfaction"), SQL("complaint.satisfaction > 0"), SQL("complaint.date_resolved")
        )

    @api.model
    def _closure_query(self):
        """Of the complaints received in the period: those resolved by now."""
        resolved = SQL("CASE WHEN complaint.state IN ('resolved', 'closed') THEN 1 ELSE 0 END")
        return self._complaints_query(resolved, SQL("TRUE"))

    @api.model
    def _response_query(self):
        """Mean working hours until the first answer, of the complaints received in the period and answered."""
        return self._complaints_query(
            SQL("(complaint.response_minutes / 60.0)"), SQL("complaint.date_first_response IS NOT NULL")
        )

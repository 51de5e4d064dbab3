# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL

# A case that was merged into another one, or turned out to be none, is no complaint.
COUNTED = SQL("complaint.merged_into_id IS NULL AND complaint.state <> 'cancelled'")
IN_DISPUTE = SQL("complaint.dispute_stage NOT IN ('none', 'settled')")
NUMBER = {"kind": "number", "unit": "", "default": 0, "past": True}
OPEN = SQL("complaint.state IN ('new', 'acknowledged', 'investigating', 'solution_proposed')")


class ComplianceRiskFactor(models.Model):
    """Signals from complaints. Days are those of the company."""

    _inherit = "compliance.risk.factor"

    @api.model
    def _get_risk_signals(self):
        return {
            **super()._get_risk_signals(),
            **self._get_complaint_signals(),
            **self._get_claim_signals(),
        }

    @api.model
    def _get_complaint_signals(self):
        return {
            "complaint_count": {
                **NUMBER,
                "label": self.env._("Complaints, 12 Months"),
                "sql": lambda as_of: self._complaints_query(SQL("COUNT(*)"), self._received_in_year(as_of)),
            },
            "complaint_open": {
                **NUMBER,
                "label": self.env._("Open Complaints"),
                "sql": lambda as_of: self._complaints_query(SQL("COUNT(*)"), self._open_on(as_of)),
            },
            "complaint_reopened": {
                **NUMBER,
                "label": self.env._("Complaints Reopened, 12 Months"),
                "past": False,
                "sql": lambda as_of: self._complaints_query(
                    SQL("COUNT(*)"), SQL("complaint.reopen_count > 0 AND %s", self._received_in_year(as_of))
                ),
            },
            "complaint_satisfaction": {
                "label": self.env._("Satisfaction with Complaints, 12 Months"),
                "kind": "number",
                "unit": "",
                "past": False,  # when a customer rated is not told apart from when the case came
                "sql": lambda as_of: self._complaints_query(
                    SQL("AVG(complaint.satisfaction)"),
                    SQL("complaint.satisfaction > 0 AND %s", self._received_in_year(as_of)),
                ),
            },
        }

    @api.model
    def _get_claim_signals(self):
        return {
            "dispute_open": {
                **NUMBER,
                "label": self.env._("Open Disputes"),
                "sql": lambda as_of: self._complaints_query(SQL("COUNT(*)"), self._in_dispute_on(as_of)),
            },
            "dispute_claimed": {
                **NUMBER,
                "label": self.env._("Amount Claimed in Open Disputes"),
                "unit": "amount",
                "sql": lambda as_of: self._complaints_query(
                    SQL("COALESCE(SUM(complaint.amount_claimed_company), 0)"), self._in_dispute_on(as_of)
                ),
            },
        }

    @api.model
    def _complaints_query(self, value, condition):
        """:return: SQL of a SELECT of one value per commercial entity and company"""
        return SQL(
            """
            SELECT complaint.commercial_partner_id AS partner_id, complaint.company_id, %s AS value
              FROM compliance_complaint complaint
             WHERE complaint.commercial_partner_id IS NOT NULL AND %s AND %s
          GROUP BY complaint.commercial_partner_id, complaint.company_id
            """,
            value,
            COUNTED,
            condition,
        )

    @api.model
    def _received_in_year(self, as_of):
        """Received later than the same day one year before, and not after the day."""
        return SQL(
            "complaint.date_received >= %s AND complaint.date_received < %s",
            self._get_midnight_sql(as_of, years=1),
            self._get_midnight_sql(as_of),
        )

    @api.model
    def _get_midnight_sql(self, as_of, years=0):
        """The moment at which the day, or the same day some years before, ends for the company of a complaint."""
        return self.env["res.company"]._get_compliance_midnight_sql(as_of, SQL("complaint.company_id"), years=years)

    @api.model
    def _open_on(self, as_of):
        """Open now; on a past day: received and not resolved, as far as is known (a case reopened counts through)."""
        if as_of is None:
            return OPEN
        return SQL(
            "complaint.date_received < %(midnight)s"
            " AND (%(open)s OR COALESCE(complaint.date_resolved, complaint.date_closed) >= %(midnight)s)",
            midnight=self._get_midnight_sql(as_of),
            open=OPEN,
        )

    @api.model
    def _in_dispute_on(self, as_of):
        if as_of is None:
            return IN_DISPUTE
        return SQL(
            "complaint.dispute_since <= %(day)s"
            " AND (%(now)s OR complaint.dispute_stage = 'settled' AND complaint.dispute_settled_on > %(day)s)",
            day=as_of,
            now=IN_DISPUTE,
        )


class ComplianceProfile(models.Model):
    _inherit = "compliance.profile"

    @api.model
    def _flush_risk(self):
        """Complaints are signals."""
        result = super()._flush_risk()
        self.env["compliance.complaint"].flush_model()
        return result


class ComplianceComplaint(models.Model):
    _inherit = "compliance.complaint"

    def _after_clock_facts(self, before):
        """What happens to a complaint counts for the customer's risk before the next night."""
        result = super()._after_clock_facts(before)
        self._enqueue_dossiers()
        return result

    def _enqueue_dossiers(self):
        # sudo: whose dossier is computed anew does not depend on who handles the case.
        for company, complaints in self.sudo().grouped("company_id").items():
            self.env["compliance.refresh.queue"].sudo()._enqueue(complaints.commercial_partner_id, company)

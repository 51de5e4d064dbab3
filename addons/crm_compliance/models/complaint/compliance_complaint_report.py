# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools import SQL

# Figures that are shares of sums, not averages of shares: numerator and denominator.
RATIOS = {
    "sla_attainment": ("sla_met", "sla_decided"),
    "follow_up_rate": ("follow_up_met", "follow_up_decided"),
}


class ComplianceComplaintReport(models.Model):
    """Figures of complaints: one row per complaint, cancelled and merged ones left out. Everything follows from the
    complaints and their clocks as they stand, so that reopening, merging and replaying show at once.
    """

    _name = "compliance.complaint.report"
    _description = "Complaints Analysis"
    _auto = False
    _log_access = False
    _rec_name = "complaint_id"
    _order = "date_received desc, id desc"
    _depends = {
        "compliance.complaint": [
            "company_id",
            "team_id",
            "user_id",
            "commercial_partner_id",
            "category_id",
            "kind",
            "product_id",
            "channel",
            "priority",
            "state",
            "date_received",
            "date_resolved",
            "date_closed",
            "reopen_count",
            "satisfaction",
        ],
    }

    complaint_id = fields.Many2one("compliance.complaint", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    team_id = fields.Many2one("compliance.complaint.team", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", readonly=True)
    commercial_partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    category_id = fields.Many2one("compliance.complaint.category", readonly=True)
    kind = fields.Selection(
        lambda self: self.env["compliance.complaint"]._fields["kind"]._description_selection(self.env), readonly=True
    )
    product_id = fields.Many2one("product.product", readonly=True)
    channel = fields.Selection(
        lambda self: self.env["compliance.complaint"]._fields["channel"]._description_selection(self.env), readonly=True
    )
    priority = fields.Selection(
        lambda self: self.env["compliance.complaint"]._fields["priority"]._description_selection(self.env),
        readonly=True,
    )
    state = fields.Selection(
        lambda self: self.env["compliance.complaint"]._fields["state"]._description_selection(self.env),
        string="Status",
        readonly=True,
    )
    date_received = fields.Datetime(string="Received on", readonly=True)
    date_resolved = fields.Datetime(string="Resolved on", readonly=True)
    sla_met = fields.Integer(string="Service Levels Kept", readonly=True)
    sla_decided = fields.Integer(string="Service Levels Decided", readonly=True)
    sla_attainment = fields.Float(string="Service Levels Kept (%)", readonly=True, aggregator="avg", digits=(5, 1))
    response_hours = fields.Float(string="First Response (working hours)", readonly=True, aggregator="avg")
    resolution_hours = fields.Float(string="Resolution (working hours)", readonly=True, aggregator="avg")
    days_to_close = fields.Float(string="Days to Close", readonly=True, aggregator="avg")
    follow_up_met = fields.Integer(string="Followed up in Time", readonly=True)
    follow_up_decided = fields.Integer(string="Follow-ups Due", readonly=True)
    follow_up_rate = fields.Float(string="Followed up in Time (%)", readonly=True, aggregator="avg", digits=(5, 1))
    reopened = fields.Float(string="Reopened (%)", readonly=True, aggregator="avg", digits=(5, 1))
    satisfaction = fields.Float(readonly=True, aggregator="avg", digits=(3, 1))

    @property
    def _table_query(self):
        """A clock is decided when its target was reached or its deadline passed."""
        return SQL(
            """
            SELECT complaint.id, complaint.id AS complaint_id, complaint.company_id, complaint.team_id,
                   complaint.user_id, complaint.commercial_partner_id, complaint.category_id, complaint.kind,
                   complaint.product_id, complaint.channel, complaint.priority, complaint.state,
                   complaint.date_received, complaint.date_resolved,
                   clock.sla_met, clock.sla_decided,
                   100.0 * clock.sla_met / NULLIF(clock.sla_decided, 0) AS sla_attainment,
                   complaint.response_minutes / 60.0 AS response_hours,
                   complaint.resolution_minutes / 60.0 AS resolution_hours,
                   CASE WHEN complaint.state IN ('resolved', 'closed')
                        THEN GREATEST(EXTRACT(EPOCH FROM COALESCE(complaint.date_closed, complaint.date_resolved)
                                                         - complaint.date_received), 0) / 86400.0 END AS days_to_close,
                   clock.follow_up_met, clock.follow_up_decided,
                   100.0 * clock.follow_up_met / NULLIF(clock.follow_up_decided, 0) AS follow_up_rate,
                   CASE WHEN complaint.reopen_count > 0 THEN 100.0 ELSE 0.0 END AS reopened,
                   NULLIF(complaint.satisfaction, 0)::float8 AS satisfaction
              FROM compliance_complaint complaint
         LEFT JOIN (SELECT complaint_id,
                           COUNT(*) FILTER (WHERE state = 'met') AS sla_met,
                           COUNT(*) FILTER (WHERE state IN ('met', 'missed') OR is_late) AS sla_decided,
                           COUNT(*) FILTER (WHERE state = 'met' AND target = 'follow_up') AS follow_up_met,
                           COUNT(*) FILTER (WHERE (state IN ('met', 'missed') OR is_late)
                                              AND target = 'follow_up') AS follow_up_decided
                      FROM (SELECT complaint_id, state, target,
                                   state = 'running' AND deadline < now() AT TIME ZONE 'UTC' AS is_late
                              FROM compliance_sla_clock) judged
                  GROUP BY complaint_id) clock ON clock.complaint_id = complaint.id
             WHERE complaint.state <> 'cancelled' AND complaint.merged_into_id IS NULL
            """
        )

    def _read_group_select(self, aggregate_spec, query):
        """Shares of groups are shares of their sums."""
        name, _dot, function = aggregate_spec.partition(":")
        if name in RATIOS and function == "avg":
            met, decided = (self._field_to_sql(self._table, part, query) for part in RATIOS[name])
            return SQL("100.0 * SUM(%s) / NULLIF(SUM(%s), 0)", met, decided)
        return super()._read_group_select(aggregate_spec, query)

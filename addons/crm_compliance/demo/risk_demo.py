# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

# How Verde Agro came to where it stands: days ago, score, level.
CURVE = [(210, 10, "low"), (150, 30, "medium"), (95, 45, "medium"), (60, 55, "high"), (25, 70, "high")]


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _plan_compliance_demo(self, profiles, officer):
        result = super()._plan_compliance_demo(profiles, officer)
        dossiers = {profile.partner_id.ref: profile for profile in profiles}
        if dossiers["DEMO-02"].sudo().risk_override_ids:  # told before: demo data may be loaded twice
            return result
        self._remember_risk_demo(dossiers["DEMO-11"])
        self._hold_risk_demo(dossiers["DEMO-05"])
        self._override_risk_demo(dossiers, officer)
        return result

    def _remember_risk_demo(self, profile):
        """A past, so that there is a curve to look at."""
        before = None
        for days, score, level in CURVE:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO compliance_risk_snapshot (create_date, profile_id, model_id, risk_score, risk_level,"
                    " risk_level_previous, risk_hits) VALUES (%s, %s, %s, %s, %s, %s, '{}')",
                    fields.Datetime.subtract(fields.Datetime.now(), days=days),
                    profile.id,
                    self.env["compliance.risk.model"]._get_active(profile.company_id).id or None,
                    score,
                    level,
                    before,
                )
            )
            before = level

    def _hold_risk_demo(self, profile):
        """A customer that would be medium by now, and is still kept high."""
        self.env.cr.execute(
            SQL(
                "UPDATE compliance_profile SET risk_level = 'high', risk_level_previous = 'medium',"
                " risk_level_date = %s WHERE id = %s",
                fields.Date.subtract(fields.Date.context_today(self), days=12),
                profile.id,
            )
        )
        profile.invalidate_recordset()
        profile.sudo()._score(profile.partner_id)

    def _override_risk_demo(self, dossiers, officer):
        """A level that was set, and one that waits for its second pair of eyes."""
        overrides = self.env["compliance.risk.override"].with_user(officer)
        manager = self.env.ref("crm_compliance.user_manager_demo")
        today = fields.Date.context_today(self)
        approved = overrides.create(
            {
                "profile_id": dossiers["DEMO-02"].id,
                "level": "medium",
                "date_to": fields.Date.add(today, days=45),
                "reason": self.env._("The parent company guarantees the open invoices until the end of the quarter."),
            }
        )
        self.env.cr.flush()  # or what follows would be told as the officer's doing
        approved.with_user(manager).action_approve()
        overrides.create(
            {
                "profile_id": dossiers["DEMO-10"].id,
                "level": "high",
                "date_to": fields.Date.add(today, days=60),
                "reason": self.env._("Two suppliers told us that they deliver against prepayment only."),
            }
        )

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Command


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _load_compliance_demo(self):
        """Restricts some of the demo customers, and has people deal with early warnings."""
        result = super()._load_compliance_demo()
        company = self.env.ref("base.main_company")
        profiles = self.env["compliance.profile"].search([("company_id", "=", company.id)])
        profiles = {profile.partner_id.ref: profile for profile in profiles if profile.partner_id.ref}
        if {"DEMO-02", "DEMO-04", "DEMO-11"} <= profiles.keys() and not profiles["DEMO-04"].restriction_ids:
            self._restrict_compliance_demo(company, profiles)
            self.env["compliance.alert"]._watch()
            self._handle_compliance_alerts_demo(profiles)
        return result

    def _restrict_compliance_demo(self, company, profiles):
        """A critical customer is blocked, a late one warned of, a third proposed; an exception waits for a decision."""
        manager, officer = (self.env.ref(f"crm_compliance.user_{role}_demo") for role in ("manager", "officer"))
        today = fields.Date.context_today(self)
        for ref, user, level, days, reason, public in (
            (
                "DEMO-04",
                manager,
                "block",
                9,
                self.env._("Not found in the register; the named director denies any connection."),
                self.env._("The identity of the customer is not established."),
            ),
            ("DEMO-02", manager, "warn", 30, self.env._("Pays later and later; call before delivering."), False),
            (
                "DEMO-11",
                officer,
                "block",
                0,
                self.env._("Overdue for half a year, and fined for price fixing."),
                self.env._("Overdue invoices."),
            ),
        ):
            self.env.cr.flush()  # told as the doing of the one who did it
            self.env["compliance.restriction"].with_user(user).with_context(allowed_company_ids=company.ids).create(
                {
                    "partner_id": profiles[ref].partner_id.id,
                    "company_id": company.id,
                    "level": level,
                    "date_from": fields.Date.subtract(today, days=days),
                    "reason": reason,
                    "reason_public": public,
                }
            )
        self.env.cr.flush()
        self._request_compliance_exception_demo(company, profiles["DEMO-04"].partner_id)

    def _request_compliance_exception_demo(self, company, partner):
        line = {"name": self.env._("Samples, paid in advance"), "price_unit": 480, "tax_ids": [Command.clear()]}
        invoice = (
            self.env["account.move"]
            .with_company(company)
            .create({"move_type": "out_invoice", "partner_id": partner.id, "invoice_line_ids": [Command.create(line)]})
        )
        self.env["compliance.restriction.exception"].with_user(
            self.env.ref("crm_compliance.user_accountant_demo")
        ).create(
            {"document_ref": f"account.move,{invoice.id}", "reason": self.env._("Paid in advance, already delivered.")}
        ).action_request()

    def _handle_compliance_alerts_demo(self, profiles):
        officer = self.env.ref("crm_compliance.user_officer_demo")

        def alerts(ref, kind):
            return profiles[ref].alert_ids.filtered(lambda alert: alert.kind == kind).with_user(officer)

        self.env.cr.flush()
        alerts("DEMO-02", "overdue").action_schedule_call()
        alerts("DEMO-03", "overdue").action_acknowledge()
        dismissed = alerts("DEMO-06", "silence")
        if dismissed:
            dismissed._dismiss(self.env._("The yard is closed until spring; they will order again."))
        self.env.cr.flush()

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import file_open

from ..tools.history import HistoryLoader

# What the demo officer answered, by customer number and criterion: a story per customer, see demo/history.csv.
ANSWERS = {
    "DEMO-01": {"IDENT": "met", "LICENCE": "met", "ETHICS": "met"},
    "DEMO-02": {"IDENT": "met", "LICENCE": "met", "ETHICS": "met"},
    "DEMO-03": {"IDENT": "met", "LICENCE": "unmet", "ETHICS": "met"},
    "DEMO-04": {"IDENT": "unmet", "ETHICS": "unmet"},
    "DEMO-05": {"IDENT": "met", "LICENCE": "met", "ETHICS": "met"},
    "DEMO-06": {"IDENT": "met", "LICENCE": "met"},
    "DEMO-07": {"IDENT": "met", "LICENCE": "met", "ETHICS": "met"},
    "DEMO-09": {"IDENT": "met", "LICENCE": "met", "ETHICS": "met"},
    "DEMO-10": {"IDENT": "met", "LICENCE": "unmet", "ETHICS": "unknown"},
    "DEMO-11": {"IDENT": "met", "LICENCE": "met", "ETHICS": "unmet"},
}
ADMISSIONS = {
    "DEMO-01": "approved",
    "DEMO-02": "approved",
    "DEMO-03": "conditional",
    "DEMO-04": "in_review",
    "DEMO-05": "exited",
    "DEMO-07": "approved",
    "DEMO-08": "in_review",
    "DEMO-09": "approved",
    "DEMO-11": "in_review",
}


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _post_load_demo_data(self, company=False):
        result = super()._post_load_demo_data(company)
        self._load_compliance_demo()
        return result

    @api.model
    def _load_compliance_demo(self):
        """Books the demo customers' invoices and payments and answers their criteria, once there are accounts.

        Called after our own demo data and after the company's chart of accounts, whichever comes last does the work.
        """
        company = self.env.ref("base.main_company")
        officer = self.env.ref("crm_compliance.user_officer_demo", raise_if_not_found=False)
        if not officer or not company.chart_template:
            return
        with file_open("crm_compliance/demo/history.csv") as history:
            HistoryLoader(self.env, company).load(history)
        profiles = self.env["compliance.profile"].with_company(company)
        profiles._open_missing()
        profiles._refresh()
        profiles = profiles.search([("partner_id.ref", "=like", "DEMO-%"), ("company_id", "=", company.id)])
        self._answer_compliance_demo(profiles, officer)
        self._plan_compliance_demo(profiles, officer)

    def _answer_compliance_demo(self, profiles, officer):
        register = self.env._("Register extract seen, copy on file.")
        licence = self.env._("Licence on file, valid.")
        searched = self.env._("Press and court registers searched, nothing found.")
        not_found = self.env._("Not found in the register under this name.")
        not_received = self.env._("Asked for twice, not received.")
        fined = self.env._("Fined for price fixing two years ago.")
        evidence = {
            "met": {"IDENT": register, "LICENCE": licence, "ETHICS": searched},
            "unmet": {"IDENT": not_found, "LICENCE": not_received, "ETHICS": fined},
            "unknown": {},
        }
        for profile in profiles.with_user(officer):
            answers = ANSWERS.get(profile.partner_id.ref, {})
            for check in profile.check_ids:
                result = answers.get(check.criterion_id.code)
                if result:
                    check.write({"result": result, "evidence": evidence[result].get(check.criterion_id.code)})

    def _plan_compliance_demo(self, profiles, officer):
        today = fields.Date.context_today(self)
        manager = self.env.ref("crm_compliance.user_manager_demo")
        for index, profile in enumerate(profiles.sorted("id")):
            profile.officer_id = officer
            profile.next_review_date = fields.Date.add(today, days=(-6, 12, 40, 85)[index % 4])
            profile.next_contact_date = fields.Date.add(today, days=(3, -2, 9)[index % 3])
            self.env.cr.flush()  # or what follows would be told as the manager's doing, and the other way round
            state = ADMISSIONS.get(profile.partner_id.ref)
            if state:
                profile.with_user(manager).admission_state = state
                self.env.cr.flush()
            if profile.zone in ("grey", "non_compliant"):
                profile.activity_schedule(
                    "mail.mail_activity_data_todo",
                    fields.Date.add(today, days=index % 5 - 1),
                    summary=self.env._("Ask for the missing evidence"),
                    user_id=officer.id,
                )

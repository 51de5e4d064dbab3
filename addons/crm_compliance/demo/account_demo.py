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
# What became of their reviews: the decision approved, or where the review stands.
ADMISSIONS = {
    "DEMO-01": "approve",
    "DEMO-02": "approve",
    "DEMO-03": "conditional",
    "DEMO-04": "assessment",
    "DEMO-05": "exit",
    "DEMO-07": "approve",
    "DEMO-08": "draft",
    "DEMO-09": "approve",
    "DEMO-11": "approval",
}


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _post_load_demo_data(self, company=False):
        result = super()._post_load_demo_data(company)
        main = self.env.ref("base.main_company")
        if not company or company == main:
            # The demo users work in this company only, whichever others the accounts are loaded with.
            self.with_context(allowed_company_ids=main.ids)._load_compliance_demo()
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
        self._review_compliance_demo(profiles, officer)

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
        for index, profile in enumerate(profiles.sorted("id")):
            profile.officer_id = officer
            profile.next_contact_date = fields.Date.add(today, days=(3, -2, 9)[index % 3])
            if profile.zone in ("grey", "non_compliant"):
                profile.activity_schedule(
                    "mail.mail_activity_data_todo",
                    fields.Date.add(today, days=index % 5 - 1),
                    summary=self.env._("Ask for the missing evidence"),
                    user_id=officer.id,
                )

    def _review_compliance_demo(self, profiles, officer):
        """Reviews as people would do them: the officer prepares, the manager approves."""
        manager = self.env.ref("crm_compliance.user_manager_demo")
        today = fields.Date.context_today(self)
        for profile in profiles.with_user(officer):
            outcome = ADMISSIONS.get(profile.partner_id.ref)
            if not outcome:
                continue
            review = self._open_demo_review(profile, "onboarding")
            if outcome != "draft":
                review.action_start()
            if outcome in ("draft", "assessment"):
                review.due_date = fields.Date.add(today, days=-10 if outcome == "assessment" else 5)
                continue
            self._fill_demo_review(review, "conditional" if profile.zone == "grey" else "approve", today)
            review.action_submit()
            if outcome != "approval":
                self._approve_demo_review(review, manager)
                review.condition_ids.filtered(lambda condition: condition.deadline < fields.Date.add(today, days=30))[
                    :1
                ].action_met()
        self._review_demo_again(profiles, officer, manager, today)

    def _review_demo_again(self, profiles, officer, manager, today):
        """A customer whose business ends, and one whose periodic review is overdue."""
        by_number = {profile.partner_id.ref: profile for profile in profiles.with_user(officer)}
        leaving = self._open_demo_review(by_number["DEMO-05"], "exit")
        leaving.action_start()
        self._fill_demo_review(leaving, "exit", today)
        leaving.action_submit()
        self._approve_demo_review(leaving, manager)
        for number, days in {"DEMO-02": -20, "DEMO-09": 9, "DEMO-01": 40, "DEMO-07": 85}.items():
            # As if the reviews above had been a year ago.
            due = fields.Date.add(today, days=days)
            by_number[number].sudo()._write_admission(
                {"last_review_date": fields.Date.subtract(due, years=1), "next_review_date": due}
            )
            if days < 14:
                self._open_demo_review(by_number[number], "periodic").due_date = due

    def _open_demo_review(self, profile, kind):
        return profile.env["compliance.risk.review"].create({"profile_id": profile.id, "kind": kind})

    def _approve_demo_review(self, review, manager):
        self.env.cr.flush()  # or what follows would be told as the officer's doing
        review.with_user(manager).action_approve()
        self.env.cr.flush()

    def _fill_demo_review(self, review, decision, today):
        """Answers everything, and proposes a decision."""
        for line in review.line_ids:
            if line.answer_type == "yes_no":
                line.answer_yes_no = "yes" if line.name.startswith(("Do", "Does", "Was", "Were", "Are")) else "no"
            elif line.answer_type == "scale":
                line.answer_scale = "medium" if decision == "conditional" else "low"
            else:
                line.answer_text = self.env._("Seen and on file.")
            line.judgement = "neutral" if decision == "conditional" else "favourable"
        review.write({"decision": decision, "treatment": "accept" if decision == "approve" else "mitigate"})
        if decision == "conditional":
            review.write(
                {
                    "conclusion": self.env._("The licence is missing, everything else is in order."),
                    "treatment_plan": self.env._("Prepayment until the licence is on file."),
                    "treatment_owner_id": review.env.uid,
                    "set_credit_limit": True,
                    "credit_limit": 25000,
                    "opinion_ids": [
                        fields.Command.create(
                            {
                                "counsel": self.env._("Legal Department"),
                                "text": self.env._("Trading is lawful meanwhile, as far as goods need no licence."),
                                "conclusion": "conditions",
                            }
                        )
                    ],
                    "condition_ids": [
                        fields.Command.create(
                            {"name": self.env._("Licence on file"), "deadline": fields.Date.add(today, days=45)}
                        ),
                        fields.Command.create(
                            {"name": self.env._("Prepayment agreed"), "deadline": fields.Date.add(today, days=7)}
                        ),
                    ],
                }
            )

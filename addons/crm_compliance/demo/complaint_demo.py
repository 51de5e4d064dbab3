# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A week at a service desk: cases in every state, told as if people had worked on them day by day."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import api, fields, models
from odoo.fields import Command

# Customer, working days ago, hour (UTC), category, channel, severity, subject, what the customer says.
CASES = {
    "late_1": ("DEMO-09", 17, 9, "service_late", "phone", "2", "Spare parts two weeks late", "The press stands still."),
    "late_2": ("DEMO-01", 14, 8, "service_late", "email", "2", "Visit moved for the third time", ""),
    "late_3": ("DEMO-11", 10, 13, "service_late", "letter", "2", "Delivery of seed arrived after sowing", ""),
    "update": (
        "DEMO-01",
        8,
        9,
        "technical_fault",
        "phone",
        "3",
        "Instrument stops after the update",
        "Error 17 after every start since the update of last week. We cannot measure.",
    ),
    "late_4": ("DEMO-12", 6, 10, "service_late", "portal", "1", "Refrigerators came a week late", ""),
    "ladder": (
        "DEMO-10",
        5,
        8,
        "product_quality",
        "phone",
        "3",
        "A rung of the ladder broke",
        "Nobody was hurt, but we have forty of them on site.",
    ),
    "price": (
        "DEMO-02",
        5,
        12,
        "billing_amount",
        "letter",
        "2",
        "Invoice higher than the offer",
        "We were promised 8 % off and see nothing of it on the invoice.",
    ),
    "manual": ("DEMO-07", 4, 7, "product_instructions", "email", "1", "说明书没有中文版", "操作人员看不懂英文说明书。"),
    "wrong": (
        "DEMO-09",
        3,
        9,
        "service_wrong",
        "email",
        "2",
        "Four boxes instead of six",
        "The delivery note says six boxes, four arrived.",
    ),
    "hotline": ("DEMO-03", 3, 8, "service_reach", "web", "2", "Nobody answers the hotline", "We called five times."),
    "noise": ("DEMO-06", 2, 9, "product_expectation", "visit", "1", "Cooling unit is too loud", ""),
    "ladder_again": ("DEMO-10", 2, 13, "product_quality", "email", "3", "Broken ladder, second message", ""),
    "tone": ("DEMO-08", 1, 8, "conduct_staff", "phone", "2", "Driver was rude at the gate", ""),
    "late_5": ("DEMO-06", 1, 12, "service_late", "portal", "2", "Where is our order?", "It was due on Monday."),
}


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    @api.model
    def _load_compliance_demo(self):
        """Has people work on complaints of the demo customers."""
        result = super()._load_compliance_demo()
        company = self.env.ref("base.main_company")
        customers = self.env["res.partner"].search([("ref", "=like", "DEMO-%"), ("parent_id", "=", False)])
        customers = {customer.ref: customer for customer in customers}
        known = self.env["compliance.complaint"].search_count(
            [("partner_id.ref", "=like", "DEMO-%"), ("company_id", "=", company.id)], limit=1
        )
        if company.chart_template and len(customers) >= 12 and not known:
            self._tell_complaint_demo(company, customers)
        return result

    def _tell_complaint_demo(self, company, customers):
        people = {role: self.env.ref(f"crm_compliance.user_{role}_demo") for role in ("sales", "officer", "manager")}
        team = self.env.ref("crm_compliance.complaint_team_default")
        team.write({"user_id": people["manager"].id, "member_ids": [Command.set([p.id for p in people.values()])]})
        cases = self._open_complaint_demo(company, customers, team, people["sales"])
        steps = (
            self._close_complaint_demo,
            self._resolve_complaint_demo,
            self._reopen_complaint_demo,
            self._dispute_complaint_demo,
            self._wait_complaint_demo,
            self._act_complaint_demo,
        )
        for step in steps:
            step(cases, people)
            self.env.cr.flush()  # told as the doing of the one who did it

    def _open_complaint_demo(self, company, customers, team, agent):
        """:return: {key of CASES: complaint of the agent}"""
        complaints = self.env["compliance.complaint"].with_user(agent)
        # No mail to customers that are none.
        complaints = complaints.with_context(allowed_company_ids=company.ids, tracking_disable=True)
        cases = {}
        for key, (ref, days, hour, category, channel, severity, subject, text) in CASES.items():
            received = self._moment_demo(days, hour)
            with self._at_demo(received):
                cases[key] = complaints.create(
                    {
                        "subject": subject,
                        "description": text,
                        "partner_id": customers[ref].id,
                        "company_id": company.id,
                        "team_id": team.id,
                        "category_id": self.env.ref(f"crm_compliance.complaint_category_{category}").id,
                        "channel": channel,
                        "severity": severity,
                        "emotion": severity,
                        "date_received": received,
                    }
                )
        return cases

    # -------------------------------------------------------------------------
    # WHAT HAPPENED
    # -------------------------------------------------------------------------

    def _close_complaint_demo(self, cases, people):
        """Solved, followed up, rated."""
        for key, cause, days, stars, comment in (
            ("late_1", "supplier", 15, 2, self.env._("The part came, but nobody had told us that it would be late.")),
            ("late_2", "people_capacity", 12, 4, ""),
            ("update", "process_missing", 6, 5, self.env._("Quick and friendly, thank you.")),
        ):
            case = cases[key]
            self._answer_demo(case, CASES[key][1], CASES[key][2] + 1)
            case.cause_id = self.env.ref(f"crm_compliance.complaint_cause_{cause}")
            self._solve_demo(case, days, self.env._("Replaced at our cost, with an apology."))
            with self._at_demo(self._moment_demo(days - 4, 9)):
                case.action_follow_up_done(self.env._("Everything in order."))
            self._rate_demo(case, stars, comment)
            with self._at_demo(self._moment_demo(days - 4, 10)):
                case.action_close()

    def _resolve_complaint_demo(self, cases, people):
        """Solved, and to be called again; one solution waits for the customer's answer."""
        self._answer_demo(cases["late_3"], 10, 15)
        self._solve_demo(cases["late_3"], 7, self.env._("A credit for the freight."))
        self._rate_demo(cases["late_3"], 3, self.env._("The credit does not bring the season back."))
        self._answer_demo(cases["late_4"], 6, 11)
        self._solve_demo(cases["late_4"], 4, self.env._("Delivered; the carrier was changed."))
        self._rate_demo(cases["late_4"], 4, "")
        self._answer_demo(cases["manual"], 4, 8)
        cases["manual"].solution = self.env._("The manual in Chinese is attached and will be printed from now on.")
        with self._at_demo(self._moment_demo(2, 14)):
            cases["manual"].action_propose_solution()

    def _reopen_complaint_demo(self, cases, people):
        """Solved too early; the customer wrote again, which became a second case of the same."""
        case = cases["ladder"]
        self._answer_demo(case, 5, 9)
        self._solve_demo(case, 4, self.env._("A new ladder was sent."))
        with self._at_demo(self._moment_demo(2, 14)):
            case.action_reopen(self.env._("The new one has the same crack."))
            case._merge(cases["ladder_again"])
        case.write(
            {
                "scope": "3",
                "cause_id": self.env.ref("crm_compliance.complaint_cause_product_manufacturing").id,
                "cause_note": self.env._("Welds of one batch are too cold."),
            }
        )

    def _dispute_complaint_demo(self, cases, people):
        """Who is right about the price is negotiated."""
        case = cases["price"]
        self._answer_demo(case, 4, 8)
        invoice = self.env["account.move"].search(
            [
                ("commercial_partner_id", "=", case.commercial_partner_id.id),
                ("company_id", "=", case.company_id.id),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "=", "not_paid"),
                ("state", "=", "posted"),
            ],
            limit=1,
        )
        if not invoice:
            return
        today = fields.Date.context_today(self)
        case.sudo().invoice_ids = invoice
        case.action_open_dispute()
        begun = self._moment_demo(3, 0).date()
        case.sudo()._transition({"dispute_since": begun})
        case.sudo().dispute_stage_ids._write_stage({"date_from": begun})
        claim = round(0.08 * invoice.amount_untaxed, 2)
        case.write({"amount_claimed": claim, "compensation": "credit_note"})
        case.dispute_stage_ids.write(
            {
                "forum": self.env._("Purchasing of the customer"),
                "deadline": fields.Date.add(today, days=4),
                "deadline_note": self.env._("Send the signed offer"),
                "user_id": people["officer"].id,
            }
        )

    def _wait_complaint_demo(self, cases, people):
        """Some wait: for the customer, for a colleague, for a carrier; one for us, and too long."""
        self._answer_demo(cases["noise"], 2, 10)
        with self._at_demo(self._moment_demo(2, 11)):
            cases["noise"].action_wait_customer()
        self._answer_demo(cases["wrong"], 3, 10)
        with self._at_demo(self._moment_demo(2, 8)):
            cases["wrong"].action_wait_third_party()
        self._answer_demo(cases["tone"], 1, 9)
        with self._at_demo(self._moment_demo(1, 10)):
            cases["tone"].action_ask_handover(people["officer"])

    def _act_complaint_demo(self, cases, people):
        """What is done so that it does not happen again."""
        today = fields.Date.context_today(self)
        ladder, update, late = cases["ladder"], cases["update"], cases["late_1"]
        actions = self.env["compliance.action"].with_user(people["officer"])
        actions = actions.with_context(allowed_company_ids=ladder.company_id.ids, tracking_disable=True)

        def take(case, name, days, owner="sales", kind="corrective"):
            return actions.create(
                {
                    "name": name,
                    "kind": kind,
                    "user_id": people[owner].id,
                    "due_date": fields.Date.add(today, days=days),
                    "res_model": case._name,
                    "res_id": case.id,
                }
            )

        take(ladder, self.env._("Recall the batch and test the welds"), 2).with_user(people["sales"]).action_start()
        take(ladder, self.env._("Weld test in the supplier's contract"), 20, "manager", "preventive")
        take(late, self.env._("Tell customers before a delivery is late"), -3)
        done = take(update, self.env._("Test updates on an instrument before release"), -1)
        done.with_user(people["sales"]).write(
            {
                "cause": self.env._("Updates were released without a test on a real instrument."),
                "result": self.env._("Two instruments stand in the laboratory; the checklist asks for their results."),
            }
        )
        done.with_user(people["sales"]).action_done()

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @contextmanager
    def _at_demo(self, moment):
        """What happens inside happened at that moment (naive UTC)."""
        with patch.object(fields.Datetime, "now", staticmethod(lambda *_args: moment)):
            yield
            self.env.flush_all()

    @api.model
    def _moment_demo(self, working_days, hour):
        """:return: that hour (UTC) of the day so many working days ago"""
        day = fields.Datetime.today()
        while working_days > 0:
            day -= timedelta(days=1)
            working_days -= day.weekday() < 5
        return day + timedelta(hours=hour, minutes=20)

    def _answer_demo(self, case, working_days, hour):
        """Acknowledged and answered at that hour."""
        with self._at_demo(self._moment_demo(working_days, hour)):
            case.action_acknowledge()
            case._transition({"date_first_response": fields.Datetime.now()})
            case.action_investigate()

    def _solve_demo(self, case, working_days, solution):
        case.solution = solution
        with self._at_demo(self._moment_demo(working_days, 12)):
            case.action_propose_solution()
        with self._at_demo(self._moment_demo(working_days, 14)):
            case.action_confirm_solution()

    def _rate_demo(self, case, stars, comment):
        # sudo: ratings are the customers'.
        case = case.sudo()
        case.rating_apply(stars, token=case._rating_get_access_token(), feedback=comment)

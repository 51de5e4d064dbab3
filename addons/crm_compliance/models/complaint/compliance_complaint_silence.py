# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.apart import do_apart
from .compliance_complaint_mail import NOTICE


class ComplianceComplaint(models.Model):
    """Cases whose customers do not object to the solution are closed, after a notice."""

    _inherit = "compliance.complaint"

    date_silent = fields.Datetime(
        compute="_compute_date_silent",
        store=True,
        precompute=True,
        string="Silent since",
        help="Since the solution, the customer's last message or what else was last heard.",
    )

    _silent_idx = models.Index("(company_id, date_silent) WHERE date_silent IS NOT NULL")

    @api.depends("state", "waiting", "waiting_since", "date_proposed", "date_resolved", "date_last_customer")
    def _compute_date_silent(self):
        """Only where it is the customer's turn: after a solution was proposed, or the case resolved."""
        for complaint in self:
            begin = False
            if complaint.state == "solution_proposed" and complaint.waiting == "customer":
                begin = complaint.date_proposed
            elif complaint.state == "resolved":
                begin = complaint.date_resolved
            heard = (complaint.date_last_customer, complaint.waiting_since)
            complaint.date_silent = begin and max(date for date in (begin, *heard) if date)

    @api.model
    def _cron_close_silent(self, batch_size=100):
        """Announces and closes; in steps that are committed, so that a run cut short goes on where it stopped."""
        companies = self.env["res.company"].search([("complaint_close_days", ">", 0)])
        steps = [
            (company, domain, method)
            for company in companies
            for domain, method in (
                (self._get_notice_domain(company), "_announce_closing"),
                (self._get_closing_domain(company), "_close_silent"),
            )
        ]
        self.env["ir.cron"]._commit_progress(
            remaining=sum(self.search_count(domain) for _company, domain, _method in steps)
        )
        for company, domain, method in steps:
            cases, done = self.with_company(company), 0
            # Those that fail stay as they are: each is looked at once.
            while cases := cases.search(domain & Domain("id", ">", done), limit=batch_size, order="id"):
                done = cases[-1].id
                do_apart(
                    cases,
                    lambda cases: getattr(cases.try_lock_for_update().filtered_domain(domain), method)(),  # noqa: B023
                )
                if not self.env["ir.cron"]._commit_progress(len(cases)):
                    return

    @api.model
    def _get_notice_domain(self, company):
        """:return: cases of the company whose closing is to be announced by now"""
        days = company.complaint_close_days - company.complaint_close_notice_days
        return Domain(
            [
                ("company_id", "=", company.id),
                ("date_silent", "<=", fields.Datetime.subtract(fields.Datetime.now(), days=days)),
                ("date_close_notice", "=", False),
            ]
        )

    @api.model
    def _get_closing_domain(self, company):
        """:return: cases of the company that are to be closed by now: silent for long enough, and told in time"""
        now = fields.Datetime.now()
        silent = fields.Datetime.subtract(now, days=company.complaint_close_days)
        told = fields.Datetime.subtract(now, days=company.complaint_close_notice_days)
        return Domain(
            [("company_id", "=", company.id), ("date_silent", "<=", silent), ("date_close_notice", "<=", told)]
        )

    def _announce_closing(self):
        """Tells the customers when their cases will be closed."""
        self._transition({"date_close_notice": fields.Datetime.now()})
        self._send_step(NOTICE)

    def _close_silent(self):
        """Closes cases; a proposed solution nobody objected to counts as the solution."""
        now = fields.Datetime.now()
        proposed = self.filtered(lambda case: case.state == "solution_proposed")
        proposed._resolve()
        self._transition({"state": "closed", "date_closed": now})
        self._note(
            self.env._("Closed: the customer has not objected for %s days.", self[:1].company_id.complaint_close_days)
        )

    def _get_closing_date(self):
        """:return: the day on which the case will be closed unless the customer writes"""
        self.ensure_one()
        days = self.sudo().company_id.complaint_close_notice_days
        return fields.Date.add(fields.Date.context_today(self), days=days)

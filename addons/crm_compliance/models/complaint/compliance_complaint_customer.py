# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import email_normalize, plaintext2html

from .compliance_complaint import OPEN
from .compliance_complaint_portal import SHOWN

DECISIONS = {"customer_decision", "customer_decision_at", "customer_decision_by"}
LONGEST = 20000


class ComplianceComplaint(models.Model):
    """What a customer does with a case, and what the pages tell them of it.

    Called as superuser by the controllers once they know whose case it is: portal users have no right to write.
    """

    _inherit = "compliance.complaint"

    customer_decision = fields.Selection(
        [("confirmed", "Confirmed"), ("rejected", "Rejected")],
        string="Decision of the Customer",
        readonly=True,
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="What the customer answered to the solution that was proposed last.",
    )
    customer_decision_at = fields.Datetime(
        string="Customer Decided on", readonly=True, copy=False, groups="base.group_user"
    )
    customer_decision_by = fields.Char(
        string="Decided by", readonly=True, copy=False, groups="base.group_user", help="Portal user or tracking link."
    )

    def _get_decided_fields(self):
        return super()._get_decided_fields() | DECISIONS

    def action_propose_solution(self):
        """A new proposal waits for a new answer."""
        result = super().action_propose_solution()
        self._transition(dict.fromkeys(DECISIONS, False))
        return result

    # -------------------------------------------------------------------------
    # WHAT CUSTOMERS DO
    # -------------------------------------------------------------------------

    def _customer_confirm(self, author):
        """The proposed solution helps.

        :param author: who says so: partner of a portal user; none: whoever has the tracking link
        :raises UserError: if no solution waits for an answer (any more)
        """
        self.ensure_one()
        self._check_proposed()
        self.action_confirm_solution()
        self._set_decision("confirmed", author)
        self._log_customer(self.env._("The customer confirms the solution."), author)

    def _customer_reject(self, author, reason):
        """The proposed solution does not help.

        :param str reason: why, in the customer's words
        :raises UserError: if no solution waits for an answer (any more)
        """
        self.ensure_one()
        self._check_proposed()
        reason = self._check_words(reason)
        self.action_reject_solution(reason)
        self._set_decision("rejected", author)
        self._post_customer(author, reason)

    def _customer_reopen(self, author, reason):
        """It was not solved after all.

        :raises UserError: if it is too late for that
        """
        self.ensure_one()
        self._lock()
        if not self._may_customer_reopen():
            raise UserError(self.env._("This case cannot be reopened any more; please file a new complaint."))
        reason = self._check_words(reason)
        self.action_reopen(reason)
        self._post_customer(author, reason)

    def _customer_rate(self, author, value, comment=None):
        """How content the customer is, once per solution.

        :param int value: 1-5
        :raises UserError: if there is nothing to rate, or it was rated
        """
        self.ensure_one()
        self._lock()
        if value not in range(1, 6):
            raise ValidationError(self.env._("Please choose one to five stars."))
        if not self._may_customer_rate():
            raise UserError(self._get_rated_text() or self.env._("There is nothing to rate yet."))
        comment = (comment or "").strip()[:LONGEST]
        self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(self._name),
                "res_id": self.id,
                "partner_id": (author or self.partner_id).id,
                "rated_partner_id": self.user_id.partner_id.id,
                "rating": value,
                "feedback": comment,
                "consumed": True,
                "is_internal": True,
            }
        )
        note = self.env._("The customer rates the case %(stars)s of 5. %(comment)s", stars=value, comment=comment)
        self._log_customer(note, author)

    def _customer_reply(self, author, text, files=()):
        """A message of the customer.

        :param files: (name, content) that were checked, see ``_check_files``
        :raises UserError: if the case is over
        """
        self.ensure_one()
        if not self._may_customer_reply():
            raise UserError(self.env._("This case is over; reopen it or file a new complaint."))
        text = (text or "").strip()
        if not text and not files:
            raise ValidationError(self.env._("Please write a message."))
        return self._post_customer(author, text, files)

    # -------------------------------------------------------------------------
    # WHAT CUSTOMERS MAY DO
    # -------------------------------------------------------------------------

    def _may_customer_reply(self):
        return self.state in (*OPEN, "resolved") and not self.merged_into_id

    def _may_customer_decide(self):
        return self.state == "solution_proposed" and not self.merged_into_id

    def _may_customer_rate(self):
        return self.state in ("resolved", "closed") and not self._get_rating()

    def _may_customer_reopen(self):
        until = self._get_reopen_until()
        return bool(until) and fields.Datetime.now() <= until

    def _get_reopen_until(self):
        """:return: until when the customer may reopen the case themselves, None if not at all"""
        days = self.company_id.complaint_reopen_days
        since = self.date_closed or self.date_resolved
        if self.state not in ("resolved", "closed") or self.merged_into_id or not since or not days:
            return None
        return fields.Datetime.add(since, days=days)

    def _get_rating(self):
        """The rating of the present solution."""
        ratings = self.rating_ids.filtered("consumed").sorted("id")
        return ratings.filtered(lambda r: not self.date_resolved or r.create_date >= self.date_resolved)[-1:]

    def _check_proposed(self):
        """:raises UserError: saying what had been decided, if the proposed solution is decided on"""
        self._lock()
        if not self._may_customer_decide():
            raise UserError(self._get_decided_text() or self.env._("No solution waits for your answer at the moment."))

    def _check_words(self, text):
        text = (text or "").strip()
        if not text:
            raise ValidationError(self.env._("Please tell us why in a few words."))
        return text[:LONGEST]

    # -------------------------------------------------------------------------
    # WHAT CUSTOMERS ARE TOLD
    # -------------------------------------------------------------------------

    def _get_decided_text(self):
        """What the customer had decided, None if nothing."""
        if not self.customer_decision:
            return None
        date = self._format_customer_date(self.customer_decision_at)
        if self.customer_decision == "confirmed":
            return self.env._("You confirmed the solution on %s.", date)
        return self.env._("You rejected the solution on %s; we are working on another one.", date)

    def _get_rated_text(self):
        rating = self._get_rating()
        return rating and self.env._(
            "You rated this case %(stars)s of 5 on %(date)s. Thank you!",
            stars=round(rating.rating),
            date=self._format_customer_date(rating.create_date),
        )

    def _get_customer_status(self):
        """:return: (label, bootstrap colour) of where the case stands, in the words of a customer"""
        self.ensure_one()
        if self.merged_into_id:
            return self.env._("Joined with another case"), "secondary"
        if self.state == "cancelled":
            return self.env._("Withdrawn"), "secondary"
        if self.state == "solution_proposed":
            return self.env._("Solution proposed"), "warning"
        if self.waiting == "customer":
            return self.env._("Waiting for you"), "warning"
        return {
            "new": (self.env._("Received"), "info"),
            "acknowledged": (self.env._("Being handled"), "info"),
            "investigating": (self.env._("Being handled"), "info"),
            "resolved": (self.env._("Solved"), "success"),
            "closed": (self.env._("Closed"), "secondary"),
        }[self.state]

    def _get_customer_steps(self):
        """:return: list of {"label", "date", "state": done/current/todo}, the way of the case"""
        self.ensure_one()
        steps = [
            (self.env._("Received"), self.date_received),
            (self.env._("Being handled"), self.date_acknowledged),
            (self.env._("Solution proposed"), self.date_proposed),
            (self.env._("Solved"), self.date_resolved),
        ]
        reached = {"new": 0, "acknowledged": 1, "investigating": 1, "solution_proposed": 2, "cancelled": 0}
        current = reached.get(self.state, len(steps))
        return [
            {
                "label": label,
                "date": date and position <= current and self._format_customer_date(date),
                "state": "done" if position < current else "current" if position == current else "todo",
            }
            for position, (label, date) in enumerate(steps)
        ]

    def _get_customer_outlook(self):
        """What happens next and by when: {"title", "text", "color"}."""
        self.ensure_one()
        if self.merged_into_id:
            return self._outlook(self.env._("Joined with another case"), self._get_merged_text(), "secondary")
        if self.state == "cancelled":
            return self._outlook(
                self.env._("This complaint was withdrawn"),
                self.env._("Nothing more happens here. You are welcome to file a new complaint."),
                "secondary",
            )
        if self.state in ("resolved", "closed"):
            return self._get_done_outlook()
        if self.state == "solution_proposed":
            return self._get_proposed_outlook()
        if self.waiting == "customer":
            return self._outlook(
                self.env._("We need something from you"),
                self.env._("Please answer our last message below. We go on as soon as your answer is here."),
                "warning",
            )
        return self._get_working_outlook()

    def _outlook(self, title, text, color):
        return {"title": title, "text": text, "color": color}

    def _get_working_outlook(self):
        promised = self._get_promised()
        if promised and promised < fields.Datetime.now():
            when = self.env._("This takes longer than we had planned, and we are sorry. It is not forgotten.")
        elif promised:
            when = self.env._("You will hear from us by %s.", self._format_customer_date(promised, hours=True))
        else:
            when = self.env._("You will hear from us.")
        if self.state == "new":
            return self._outlook(
                self.env._("We have received your complaint"),
                self.env._("A colleague is going to read it and answer you.") + " " + when,
                "info",
            )
        if self.waiting == "third_party":
            title = self.env._("We are waiting for information from somebody else")
        else:
            title = self.env._("We are working on it")
        return self._outlook(title, when + " " + self.env._("You do not need to do anything."), "info")

    def _get_proposed_outlook(self):
        closing = self._get_closing_date()
        text = self.env._("Please tell us below whether the solution helps.")
        if closing:
            text += " " + self.env._(
                "If we do not hear from you by %s, we take it that it does.", self._format_customer_date(closing)
            )
        return self._outlook(self.env._("We propose a solution"), text, "warning")

    def _get_done_outlook(self):
        texts = []
        if self.state == "resolved" and self.follow_up_date and not self.follow_up_done_at:
            texts.append(
                self.env._(
                    "We will ask you between %(first)s and %(latest)s whether the solution holds.",
                    first=self._format_customer_date(self.follow_up_date),
                    latest=self._format_customer_date(self.follow_up_latest or self.follow_up_date),
                )
            )
        if self._may_customer_reopen():
            texts.append(
                self.env._(
                    "If it does not hold, you can reopen this case until %s.",
                    self._format_customer_date(self._get_reopen_until()),
                )
            )
        title = self.env._("Solved") if self.state == "resolved" else self.env._("This case is closed")
        return self._outlook(title, " ".join(texts) or self.env._("Thank you for telling us."), "success")

    def _get_merged_text(self):
        target = self.merged_into_id
        if self.commercial_partner_id and target.commercial_partner_id == self.commercial_partner_id:
            return self.env._("We handle it together with your case %s; please go on there.", target.name)
        return self.env._("We handle it together with another case about the same matter.")

    def _get_promised(self):
        """When the customer is to hear from us at the latest: the nearest deadline, without saying of what."""
        return self.sla_deadline if "sla_deadline" in self._fields else False

    def _get_closing_date(self):
        """When silence counts as consent, None if it never does."""
        days = self.company_id.complaint_close_days
        since = max(filter(None, (self.date_proposed, self.date_last_customer)), default=None)
        return fields.Datetime.add(since, days=days) if days and since else None

    def _get_customer_solution(self):
        """The solution once it is proposed; a draft is nobody's business."""
        return self.solution if self.state in SHOWN else False

    def _format_customer_date(self, value, hours=False):
        """A date as the customer reads it, in their time zone, or in ours where theirs is not known."""
        tz = self.env.context.get("tz") or self.company_id.resource_calendar_id.tz or "UTC"
        if not isinstance(value, datetime):
            return self.env["ir.qweb.field.date"].value_to_html(value, {})
        options = {"tz_name": tz, "hide_seconds": True, **({} if hours else {"date_only": True})}
        return self.env["ir.qweb.field.datetime"].value_to_html(value, options)

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _set_decision(self, decision, author):
        self._transition(
            {
                "customer_decision": decision,
                "customer_decision_at": fields.Datetime.now(),
                "customer_decision_by": author.name or self.env._("Tracking link (%s)", self.email_from or ""),
            }
        )

    def _get_customer_address(self):
        return email_normalize(self.email_from or "") or False

    def _prepare_author(self, author):
        """:return: author of a message by a portal user, or by the holder of a tracking link"""
        author = author or self.partner_id
        if author:
            return {"author_id": author.id}
        return {"author_id": False, "email_from": self.email_from or self.env._("Customer")}

    def _post_customer(self, author, text, files=()):
        """Posts a public message of the customer; what they write is text, whatever it looks like."""
        return self.with_context(image_no_postprocess=True).message_post(
            body=plaintext2html(text[:LONGEST]) if text else "",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            attachments=list(files),
            **self._prepare_author(author),
        )

    def _log_customer(self, text, author):
        self._message_log(body=text, **self._prepare_author(author))

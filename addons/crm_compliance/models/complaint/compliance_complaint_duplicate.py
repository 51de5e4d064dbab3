# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re
from datetime import timedelta
from difflib import SequenceMatcher

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import email_normalize

# Prefixes of answers and forwards in the languages mail programs speak.
PREFIXES = re.compile(r"^\s*((re|fwd?|aw|wg|tr|sv|rv|回复|答复|转发)\s*[:：]\s*)+", re.IGNORECASE)
WORDS = re.compile(r"\w+")
# From here on two subjects are about the same; found by trying on subjects of service desks.
SIMILAR = 0.6


class ComplianceComplaint(models.Model):
    """Cases that may be the same: of one customer, with similar subjects, received within days of one another."""

    _inherit = "compliance.complaint"

    duplicate_ids = fields.Many2many(
        "compliance.complaint", string="Possible Duplicates", compute="_compute_duplicate_ids"
    )
    duplicate_count = fields.Integer(compute="_compute_duplicate_ids")

    @api.depends("subject", "commercial_partner_id", "email_from", "date_received", "company_id", "state")
    def _compute_duplicate_ids(self):
        found = self._find_duplicates()
        for complaint in self:
            complaint.duplicate_ids = self.browse(found.get(complaint, ()))
            complaint.duplicate_count = len(complaint.duplicate_ids)

    def _find_duplicates(self):
        """:return: {case: list of ids}, as far as the user may read them"""
        cases = self.filtered(lambda case: case.subject and case.date_received and case._get_sender_key())
        cases = cases.filtered(lambda case: case.state != "cancelled")
        if not cases:
            return {}
        candidates = self.search_fetch(
            Domain.OR(case._get_duplicate_domain() for case in cases),
            ["subject", "partner_id", "commercial_partner_id", "email_from", "date_received", "company_id"],
        )
        return {
            case: [
                other.id
                for other in candidates
                if other.id != case._origin.id and case._is_near(other) and case._is_similar(other)
            ]
            for case in cases
        }

    def _get_sender_key(self):
        """Who complains: the customer, or the address where we do not know the customer."""
        self.ensure_one()
        return self.commercial_partner_id._origin.id or email_normalize(self.email_from or "")

    def _get_duplicate_domain(self):
        self.ensure_one()
        customer = self.commercial_partner_id._origin
        address = email_normalize(self.email_from or "")
        sender = Domain("commercial_partner_id", "=", customer.id) if customer else Domain.FALSE
        if address:
            sender |= Domain("commercial_partner_id", "=", False) & Domain("email_from", "ilike", address)
        span = timedelta(days=self.company_id.sudo().complaint_duplicate_days)
        return (
            sender
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "!=", "cancelled")
            & Domain("date_received", ">=", self.date_received - span)
            & Domain("date_received", "<=", self.date_received + span)
        )

    def _is_near(self, other):
        """Whether two cases are of one sender and company, and within the days the company looks for."""
        span = timedelta(days=self.company_id.sudo().complaint_duplicate_days)
        same_address = email_normalize(other.email_from or "") == email_normalize(self.email_from or "")
        return (
            self.company_id._origin == other.company_id
            and (self._get_sender_key() == other._get_sender_key() or (same_address and not other.partner_id))
            and abs(self.date_received - other.date_received) <= span
        )

    def _is_similar(self, other):
        """Whether two subjects read alike, or have most of their words in common."""
        mine, theirs = self._normalise_subject(self.subject), self._normalise_subject(other.subject)
        words, other_words = set(WORDS.findall(mine)), set(WORDS.findall(theirs))
        shared = len(words & other_words) / max(len(words | other_words), 1)
        return shared >= SIMILAR or SequenceMatcher(None, mine, theirs).ratio() >= SIMILAR

    @api.model
    def _normalise_subject(self, subject):
        return " ".join(PREFIXES.sub("", subject or "").lower().split())

    def action_view_duplicates(self):
        """Opens the merge of the case with those that may be the same."""
        self.ensure_one()
        return self.env["compliance.complaint.merge"]._open(self | self.duplicate_ids, self)

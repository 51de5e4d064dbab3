# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import hashlib
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS
from odoo.tools import consteq
from odoo.tools.misc import hmac

SCOPE = "compliance.complaint.access"


class ComplianceComplaintAccess(models.Model):
    """A tracking link: lets whoever has it follow one complaint and answer for its customer, without an account.

    The token is in outgoing mails and nowhere else. The table holds a random seed of 256 bits and the hash the link is
    found by; the token is computed from the seed with the key of the database, so that neither a copy of the table nor
    the audit trail nor any right to read gives away a link. It stops working some days after the case is closed, or
    when somebody revokes it.
    """

    _name = "compliance.complaint.access"
    _description = "Tracking Link of a Complaint"
    _order = "id desc"
    _rec_name = "complaint_id"

    complaint_id = fields.Many2one("compliance.complaint", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="complaint_id.company_id", store=True, index=True)
    token_seed = fields.Char(required=True, readonly=True, copy=False, groups=NO_ACCESS)
    token_hash = fields.Char(required=True, readonly=True, copy=False, groups=NO_ACCESS)
    revoked_at = fields.Datetime(readonly=True, copy=False)
    revoked_by_id = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    expires_at = fields.Datetime(
        compute="_compute_state", help="Links of open cases do not expire. Settings: days after closing."
    )
    state = fields.Selection(
        [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")], compute="_compute_state"
    )

    _token_uniq = models.UniqueIndex("(token_hash)")
    _valid_uniq = models.UniqueIndex("(complaint_id) WHERE revoked_at IS NULL", "The case has a tracking link.")

    @api.depends("revoked_at", "complaint_id.date_closed", "complaint_id.company_id.complaint_link_days")
    def _compute_state(self):
        now = fields.Datetime.now()
        for access in self:
            # sudo: when a link ends is known to whoever sees it, whatever they see of the case.
            case = access.complaint_id.sudo()
            ended = case._get_end()
            access.expires_at = ended and fields.Datetime.add(ended, days=case.company_id.complaint_link_days)
            if access.revoked_at:
                access.state = "revoked"
            else:
                access.state = "expired" if access.expires_at and access.expires_at <= now else "valid"

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_unless_su()
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_unless_su()
        return super().write(vals)

    def _refuse_unless_su(self):
        if not self.env.su:
            raise AccessError(self.env._("Tracking links are issued and revoked on the case."))

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _issue(self, complaint):
        """:return: a new link of a case, whose former one was revoked"""
        seed = secrets.token_hex(32)
        token = hmac(self.env(su=True), SCOPE, seed)
        # sudo: whoever writes to the customer gives them a link, without reading it.
        return self.sudo().create({"complaint_id": complaint.id, "token_seed": seed, "token_hash": self._hash(token)})

    def _revoke(self):
        """Ends links at once.

        :return: those that were not revoked before
        """
        # sudo: checked by whoever calls it.
        links = self.sudo().filtered(lambda access: not access.revoked_at)
        links.write({"revoked_at": fields.Datetime.now(), "revoked_by_id": self.env.uid})
        # The next one is inserted, and of two valid ones the database refuses one.
        links.flush_recordset(["revoked_at"])
        return links

    def _get_token(self):
        """The secret of a link; for outgoing mails only."""
        self.ensure_one()
        return hmac(self.env(su=True), SCOPE, self.sudo().token_seed)

    @api.model
    def _find(self, token):
        """The case a token gives access to, as superuser; none if there is no such link, or not any more.

        Looked up by its hash and compared in constant time, so that how long it takes tells nothing.
        """
        none = self.env["compliance.complaint"].sudo()
        if not isinstance(token, str) or len(token) != 64:
            return none
        access = self.sudo().search([("token_hash", "=", self._hash(token))], limit=1)
        if not access or not consteq(access._get_token(), token) or access.state != "valid":
            return none
        return access.complaint_id

    @api.model
    def _hash(self, token):
        return hashlib.sha256(token.encode()).hexdigest()

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

# All that people outside read of a case by whatever route; what is not named here they do not get, so that a field
# added later is closed to them until somebody opens it. Pages show more, through explicit values in their templates.
CUSTOMER_FIELDS = {
    "id",
    "display_name",
    "name",
    "subject",
    "description",
    "state",
    "category_id",
    "product_id",
    "company_id",
    "partner_id",
    "commercial_partner_id",
    "date_received",
    "date_acknowledged",
    "date_proposed",
    "date_resolved",
    "date_closed",
    "satisfaction",
    "satisfaction_comment",
    "access_url",
}
MESSAGE_TYPES = ("comment", "email", "email_outgoing", "auto_comment")
# States in which the solution is no draft any more.
SHOWN = ("solution_proposed", "resolved", "closed")


class ComplianceComplaint(models.Model):
    """What a customer sees of a case, and by which link.

    Odoo's own portal token never expires and cannot be taken back; complaints have none. Customers without an account
    come by a tracking link (compliance.complaint.access), customers with an account by the record rules.
    """

    _inherit = "compliance.complaint"

    access_ids = fields.One2many(
        "compliance.complaint.access", "complaint_id", string="Tracking Links", groups="base.group_user"
    )
    customer_file_ids = fields.Many2many(
        "ir.attachment",
        "compliance_complaint_customer_file_rel",
        "complaint_id",
        "attachment_id",
        string="Files of the Customer",
        copy=False,
        groups="base.group_user",
        bypass_search_access=True,
        help="Sent with the complaint; the customer sees them.",
    )
    customer_lang = fields.Char(readonly=True, copy=False, groups="base.group_user")

    # -------------------------------------------------------------------------
    # FIELDS
    # -------------------------------------------------------------------------

    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        if self.env.su or self.env.user._is_internal():
            return True
        return operation == "read" and field.name in CUSTOMER_FIELDS

    # -------------------------------------------------------------------------
    # LINKS
    # -------------------------------------------------------------------------

    def _portal_ensure_token(self):
        """No token that never expires."""
        return False

    def _get_share_url(self, redirect=False, signup_partner=False, pid=None, share_token=True):
        """The page of the case, which asks for an account; tracking links leave by mail only."""
        return super()._get_share_url(redirect=redirect, share_token=False)

    def get_portal_url(self, suffix=None, report_type=None, download=None, query_string=None, anchor=None):
        self.ensure_one()
        self.check_access("read")
        return f"{self.access_url}{suffix or ''}{f'#{anchor}' if anchor else ''}"

    def _get_tracking_url(self, action=None):
        """The link a customer follows the case by, without an account; for outgoing mails only.

        :param str action: ``confirm``, ``reject`` or ``rate`` to open the page there; opening changes nothing
        """
        self.ensure_one()
        self.check_access("read")
        # sudo: whoever writes to the customer gives them the link without reading it.
        case = self.sudo()
        access = case.access_ids.filtered(lambda access: not access.revoked_at)
        if not access:
            access = case.access_ids._issue(case)
        url = f"{case.get_base_url()}/complaint/track/{access._get_token()}"
        return f"{url}/{action}" if action else url

    def action_revoke_link(self):
        """Ends the tracking link at once; the next mail to the customer brings a new one."""
        self.check_access("write")
        self.sudo().access_ids._revoke()
        return self._note(self.env._("The tracking link was revoked."))

    def action_reissue_link(self):
        """Ends the tracking link and mails the customer another one."""
        self.check_access("write")
        self.sudo().access_ids._revoke()
        template = self.env.ref("crm_compliance.mail_template_complaint_link")
        for complaint in self:
            complaint._mail_customer(template)
        return self._note(self.env._("The customer was sent a new tracking link."))

    def _get_end(self):
        """When the case was over, False for open ones."""
        self.ensure_one()
        if self.state == "cancelled":
            return self.date_closed or self.write_date
        return self.state == "closed" and self.date_closed

    def _mail_customer(self, template):
        """Queues a mail to whoever complained, in the language they complained in."""
        self.ensure_one()
        # sudo: the mail holds the link, which the sender does not read.
        template.sudo().with_context(lang=self._get_customer_lang()).send_mail(
            self.id, force_send=False, email_layout_xmlid="mail.mail_notification_light"
        )

    def _get_customer_lang(self):
        return self.sudo().customer_lang or super()._get_customer_lang()

    # -------------------------------------------------------------------------
    # MESSAGES AND FILES
    # -------------------------------------------------------------------------

    def _get_customer_messages(self):
        """Public messages of the cases, oldest first, as superuser."""
        domain = (
            Domain("model", "=", self._name)
            & Domain("res_id", "in", self.ids)
            & Domain("message_type", "in", MESSAGE_TYPES)
            & Domain("subtype_id", "=", self.env.ref("mail.mt_comment").id)
            & Domain("is_internal", "=", False)
        )
        # sudo: the domain is what customers may see.
        return self.env["mail.message"].sudo().search(domain, order="id")

    def _get_customer_files(self):
        """Files of the cases that customers see: sent with the complaint, or in a public message; as superuser."""
        # sudo: the same.
        files = self.sudo().customer_file_ids | self._get_customer_messages().attachment_ids
        return files.filtered(lambda file: file.res_model == self._name and file.res_id in self.ids)

    def message_post(self, **kwargs):
        self._refuse_outside_portal()
        return super().message_post(**kwargs)

    def message_notify(self, **kwargs):
        self._refuse_outside_portal()
        return super().message_notify(**kwargs)

    def _refuse_outside_portal(self):
        """People outside write by the pages of the portal, which choose author, recipients and kind of message."""
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("Messages are written in the portal."))

    def _get_allowed_message_params(self):
        """Customers rate by the form made for it, which knows when."""
        return super()._get_allowed_message_params() - {"rating_value"}

    def _get_allowed_access_params(self):
        """Neither tokens nor signed hashes give access; see the class."""
        return super()._get_allowed_access_params() - {"hash", "pid", "token"}

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """The button in mails to the customer is their tracking link."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        if not self:
            return groups
        groups = [group for group in groups if group[0] != "portal_customer"]
        customer = self.sudo().partner_id
        address = self.sudo()._get_customer_address()

        def is_customer(recipient):
            if recipient["id"]:
                return recipient["id"] == customer.id and recipient["type"] != "user"
            return address and recipient.get("email_normalized", "") == address

        button = {"url": self.sudo()._get_tracking_url(), "title": self.env._("Follow Your Complaint")}
        data = {"active": True, "has_button_access": True, "button_access": button}
        return [("portal_customer", is_customer, data), *groups]

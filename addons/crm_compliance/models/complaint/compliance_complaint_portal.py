# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import email_normalize

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
LINK = re.compile(r"/complaint/track/[0-9a-f]{64}")
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

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, **kwargs):
        """Our order tells people outside of our priorities, which they do not read: theirs is the date."""
        if order == self._order and not self.env.su and not self.env.user._is_internal():
            order = "date_received desc, id desc"
        return super()._search(domain, offset=offset, limit=limit, order=order, **kwargs)

    # -------------------------------------------------------------------------
    # WHO THE CUSTOMER IS
    # -------------------------------------------------------------------------

    def write(self, vals):
        """Whoever was taken for the customer is a stranger to a case that turns out to be somebody else's."""
        if not {"partner_id", "email_from"} & set(vals):
            return super().write(vals)
        # sudo: whom the case goes on with does not depend on what the user reads of contacts.
        cases = self.sudo()
        before = {case: (case.partner_id, *case._get_correspondent()) for case in cases}
        result = super().write(vals)
        strangers = cases.filtered(lambda case: not case._is_still_with(*before[case][1:]))
        strangers.access_ids._revoke().complaint_id._note(self.env._("The tracking link was revoked."))
        for (partner, customer, *_address), mistaken in strangers.grouped(before.get).items():
            if customer and customer not in mistaken.commercial_partner_id:
                mistaken._unsubscribe_customer(partner, customer)
        return result

    def _get_correspondent(self):
        """:return: (customer, address written to, whether it is the contact's own)"""
        customer, contact, address = self.commercial_partner_id, self.partner_id, self._get_customer_address()
        is_own = contact.commercial_partner_id == customer and address == email_normalize(contact.email or "")
        return customer, address, is_own

    def _is_still_with(self, customer, address, was_own):
        """Whether the case is as before with one customer: contacts of a company stand in for one another."""
        present, present_address, is_own = self._get_correspondent()
        if customer and present != customer:
            return False
        return present_address == address or bool(customer and was_own and is_own)

    def _unsubscribe_customer(self, partner, customer):
        """Those of a customer whose case it was not hear of it no more; colleagues of ours do."""
        followers = self.message_partner_ids.filtered(
            lambda follower: (
                follower.partner_share and (follower == partner or follower.commercial_partner_id == customer)
            )
        )
        self.message_unsubscribe(followers.ids)

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
        sent = self.filtered(lambda case: case._mail_customer("crm_compliance.mail_template_complaint_link"))
        (self - sent)._note(self.env._("The tracking link was revoked."))
        return sent._note(self.env._("The customer was sent a new tracking link."))

    def _get_end(self):
        """When the case was over, False for open ones."""
        self.ensure_one()
        if self.state == "cancelled":
            return self.date_closed or self.write_date
        return self.state == "closed" and self.date_closed

    def _mail_customer(self, xmlid):
        """Queues a message of ours to whoever complained, in the language they complained in.

        Sent to the address and not to a contact: a stranger who fills in a form does not become a contact by that.

        :param str xmlid: of a mail template
        :return: False without an address, or if the template was deleted
        """
        self.ensure_one()
        template = self.env.ref(xmlid, raise_if_not_found=False)
        if not template or not self._get_customer_address():
            return False
        # sudo: templates are not read by whoever fills in a form; what is mailed is chosen here.
        case, template = self.sudo().with_context(mail_notify_force_send=False), template.sudo()
        case.message_post(
            subject=template._render_field("subject", self.ids, compute_lang=True)[self.id],
            body=template._render_field("body_html", self.ids, compute_lang=True, options={"post_process": True})[
                self.id
            ],
            author_id=case.company_id.partner_id.id,
            outgoing_email_to=case.email_from,
            force_email_lang=self._get_customer_lang(),
            **self._prepare_step_message(),
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
        return True

    def _get_customer_langs(self):
        return [self.sudo().customer_lang, *super()._get_customer_langs()]

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

    def _after_merge(self, sources):
        self.customer_file_ids |= sources.customer_file_ids
        return super()._after_merge(sources)

    def message_post(self, **kwargs):
        """Links that come back in the quotes of an answer are not kept: colleagues read messages."""
        self._refuse_outside_portal()
        body = kwargs.get("body")
        if body and LINK.search(body):
            harmless = LINK.sub(f"/my/complaints/{self.id}", body)
            kwargs["body"] = Markup(harmless) if isinstance(body, Markup) else harmless
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

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        """Neither tokens nor signed hashes open the conversation; see the class."""
        kwargs.update(dict.fromkeys(("hash", "pid", "token")))
        return super()._get_thread_with_access(thread_id, **kwargs)

    def _notify_get_recipients_groups(self, message, model_description, msg_vals=False):
        """The button in mails to the customer is their tracking link."""
        groups = super()._notify_get_recipients_groups(message, model_description, msg_vals=msg_vals)
        if not self:
            return groups
        groups = [group for group in groups if group[0] != "portal_customer"]
        customer, address = self.sudo().partner_id, self.sudo()._get_customer_address()

        def is_customer(recipient):
            if recipient["type"] == "user":
                return False
            if customer and recipient["id"] == customer.id:
                return True
            return bool(address) and recipient.get("email_normalized") == address

        button = {"url": self.sudo()._get_tracking_url(), "title": self.env._("Follow Your Complaint")}
        data = {"active": True, "has_button_access": True, "button_access": button}
        return [("portal_customer", is_customer, data), *groups]

    def _notify_by_email_render_layout(self, message, recipients_group, msg_vals=False, render_values=None):
        """The link to the case becomes the tracking link in mails to the customer: it is in no message that is kept."""
        body = super()._notify_by_email_render_layout(
            message, recipients_group, msg_vals=msg_vals, render_values=render_values
        )
        if self and recipients_group.get("notification_group_name") == "portal_customer":
            body = body.replace(self._get_customer_url(), self.sudo()._get_tracking_url())
        return body

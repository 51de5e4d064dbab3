# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import email_normalize, email_split, is_html_empty
from odoo.tools.mail import parse_contact_from_email

from .compliance_complaint import INTERNAL, OPEN

# What somebody writes, as opposed to what the system does.
WRITTEN = ("comment", "email", "email_outgoing")
# Template of each step the customer is told of.
STEP_TEMPLATES = {
    "acknowledged": "crm_compliance.mail_template_complaint_acknowledged",
    "solution_proposed": "crm_compliance.mail_template_complaint_proposed",
    "resolved": "crm_compliance.mail_template_complaint_resolved",
    "closed": "crm_compliance.mail_template_complaint_closed",
}
RECEIVED = "crm_compliance.mail_template_complaint_received"
QUESTION = "crm_compliance.mail_template_complaint_question"
NOTICE = "crm_compliance.mail_template_complaint_notice"
REOPENED = "crm_compliance.mail_template_complaint_reopened"
# Cases moved together up to which their customers are written to at once; beyond it a job does it.
AT_ONCE = 20
# Where notes of changes are gathered until they are written down.
NOTES = "crm_compliance.complaint_notes"


class ComplianceComplaint(models.Model):
    """Messages: those that open a case, those that change where it stands, those the customer gets at its steps."""

    _inherit = "compliance.complaint"

    step_due = fields.Char(
        readonly=True,
        copy=False,
        groups=INTERNAL,
        export_string_translation=False,
        help="Template of the step the customer has yet to be told of.",
    )

    _step_due_idx = models.Index("(id) WHERE step_due IS NOT NULL")

    # -------------------------------------------------------------------------
    # INCOMING
    # -------------------------------------------------------------------------

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A message to a team opens a case of the known customer who wrote it.

        What is decided is never taken from the defaults of an alias.
        """
        decided = self._get_decided_fields()
        values = {name: value for name, value in (custom_values or {}).items() if name not in decided}
        company = self.env["res.company"].browse(values.get("company_id")) or self.env.company
        values = {
            "channel": "email",
            **values,
            "company_id": company.id,
            "subject": (msg_dict.get("subject") or "").strip() or self.env._("No subject"),
            **self._prepare_sender(msg_dict, company),
        }
        complaint = super().message_new(msg_dict, values)
        complaint._subscribe_recipients(msg_dict)
        return complaint

    def message_update(self, msg_dict, update_vals=None):
        self._subscribe_recipients(msg_dict)
        return super().message_update(msg_dict, update_vals)

    @api.model
    def _prepare_sender(self, msg_dict, company):
        """:return: values of the customer, if an address is known in this company, and how to reach whoever wrote"""
        sender = msg_dict.get("email_from") or ""
        author = self.env["res.partner"].browse(msg_dict.get("author_id") or [])
        # Colleagues forward what customers wrote to them; they are no customers.
        if author and author.partner_share and author.company_id in (company, company.browse()):
            return {"partner_id": author.id}
        return {"partner_name": parse_contact_from_email(sender)[0] or sender}

    def _subscribe_recipients(self, msg_dict):
        """Whoever of those we know got a copy goes on getting copies."""
        addresses = email_split(f"{msg_dict.get('to') or ''},{msg_dict.get('cc') or ''}")
        for complaint in self if addresses else ():
            partners = complaint._partner_find_from_emails_single(addresses, no_create=True)
            complaint.message_subscribe(partners.ids)

    # -------------------------------------------------------------------------
    # WHAT A MESSAGE CHANGES
    # -------------------------------------------------------------------------

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        # sudo: whoever may write to a case changes by that where it stands, and nothing else of it.
        message = message.sudo()
        if len(self) == 1 and self._is_public_message(message):
            if message.author_id and not message.author_id.partner_share:
                self.sudo()._after_our_message()
            else:
                self.sudo()._after_their_message(message)
        return result

    def _is_public_message(self, message):
        return message.message_type in WRITTEN and not message.is_internal and not message.subtype_id.internal

    def _after_our_message(self):
        """The first public answer of one of us is the first response."""
        if not self.date_first_response:
            self._transition({"date_first_response": fields.Datetime.now()})

    def _after_their_message(self, message):
        """Somebody outside wrote: an open case waits no longer; a case that is solved stays so, and its owner looks."""
        if message.message_type == "email" and not self.date_last_customer:
            self._take_first_mail(message)
        vals = {"date_last_customer": fields.Datetime.now(), "date_close_notice": False}
        if self.state in OPEN and self.waiting != "none":
            vals.update(self._not_waiting())
        self._transition(vals)
        if self.state not in OPEN and self.user_id.active and not self._has_look_activity():
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                fields.Date.context_today(self),
                summary=self.env._("The customer wrote after the case was done"),
                user_id=self.user_id.id,
            )

    def _has_look_activity(self):
        todo = self.env.ref("mail.mail_activity_data_todo")
        return any(activity.activity_type_id == todo for activity in self.activity_ids)

    def _take_first_mail(self, message):
        """The message that opened the case is what the customer says; signature and pictures included."""
        if self.state != "new" or self.channel != "email" or not is_html_empty(self.description):
            return
        self.write({"description": message.body})
        self._send_step(RECEIVED)

    # -------------------------------------------------------------------------
    # OUTGOING
    # -------------------------------------------------------------------------

    def _track_template(self, changes):
        """The message of the step a case has reached, for customers who are kept informed."""
        templates = super()._track_template(changes)
        if len(self) == 1 and not self.sudo().step_due and self._is_customer_informed():
            xmlid = STEP_TEMPLATES.get(self.state) if "state" in changes else None
            if "reopen_count" in changes:
                xmlid = REOPENED
            template = self.env.ref(xmlid, raise_if_not_found=False) if xmlid else None
            if template:
                templates["state"] = (template, self._prepare_step_message())
        return templates

    def _transition(self, vals):
        """Of many cases that move together the job tells the customers: whoever moves them does not wait for it."""
        xmlid = REOPENED if vals.get("reopen_count") else STEP_TEMPLATES.get(vals.get("state"))
        if xmlid and len(self) > AT_ONCE:
            vals = {**vals, "step_due": xmlid}
            self.env.ref("crm_compliance.ir_cron_complaint_receipts").sudo()._trigger()
        elif xmlid and any(self.sudo().mapped("step_due")):
            vals = {**vals, "step_due": False}
        return super()._transition(vals)

    @api.model
    def _get_decided_fields(self):
        return super()._get_decided_fields() | {"step_due"}

    def _message_track(self, fields_iter, initial_values_dict):
        """Odoo writes the notes of changes down one by one; of cases that moved together all are written at once."""
        data = self.env.cr.precommit.data
        data[NOTES] = []
        try:
            tracking = super()._message_track(fields_iter, initial_values_dict)
        finally:
            notes = data.pop(NOTES)
        if notes:
            self._message_create(notes)
        return tracking

    def _message_create(self, values_list):
        notes = self.env.cr.precommit.data.get(NOTES)
        if notes is not None and all(values.get("is_internal") for values in values_list):
            notes.extend(values_list)
            return self.env["mail.message"]
        return super()._message_create(values_list)

    def _is_customer_informed(self):
        case = self.sudo()
        address = email_normalize(case.partner_id.email) or email_normalize(case.email_from)
        return bool(address and not case.merged_into_id and (case.team_id.notify_customer or not case.team_id))

    @api.model
    def _prepare_step_message(self):
        """Public, but to the customer alone: colleagues see it in the case."""
        return {
            "message_type": "auto_comment",
            "subtype_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_comment"),
            "email_layout_xmlid": "mail.mail_notification_light",
            "notify_skip_followers": True,
        }

    def _send_step(self, xmlid, **context):
        """Sends the template of a step to customers who are kept informed."""
        template = self.env.ref(xmlid, raise_if_not_found=False)
        if template:
            for complaint in self.filtered(lambda case: case._is_customer_informed()):
                # sudo: what a step says does not depend on what the user reads of the customer.
                case = complaint.sudo().with_context(**context)
                case.message_post_with_source(template, **self._prepare_step_message())

    def action_ask_customer(self, question=None):
        """Asks the customer something and waits; without a question asks for it.

        :param str question: plain text
        """
        self._check_step(("new", "acknowledged", "investigating"))
        if question is None:
            return self._ask("question")
        question = self._check_reason(question)
        self.action_wait_customer()
        for complaint in self:
            complaint._send_question(question)
        self.sudo().filtered(lambda case: not case.date_first_response)._transition(
            {"date_first_response": fields.Datetime.now()}
        )
        return True

    def _send_question(self, question):
        if self._is_customer_informed():
            self._send_step(QUESTION, complaint_question=question)
        else:
            self._note(self.env._("The customer was asked: %s", question))

    def action_answered_by_phone(self):
        """The customer got an answer that is no message: on the phone, on a visit."""
        self._check_step(OPEN)
        self._check_all(lambda case: not case.date_first_response, self.env._("%s was answered already."))
        self._take_first_contact()
        self._transition({"date_first_response": fields.Datetime.now()})
        return self._note(self.env._("Answered by phone or in person."))

    def action_write(self):
        """Opens a message to the customer, in which an answer can be chosen."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer"),
            "res_model": "mail.compose.message",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_model": self._name,
                "default_res_ids": self.ids,
                "default_composition_mode": "comment",
                "default_subject": f"{self.name} {self.subject}",
                "default_partner_ids": self.partner_id.ids,
                "default_email_layout_xmlid": "mail.mail_notification_light",
            },
        }

    def _get_customer_url(self):
        """Where the customer follows the case."""
        self.ensure_one()
        return f"{self.get_base_url()}{self.get_portal_url()}"

    def _notify_get_reply_to(self, default=None, author_id=False):
        """Answers go to the team's address."""
        result = super()._notify_get_reply_to(default=default, author_id=author_id)
        teams = self.sudo().team_id
        if teams:
            addresses = teams._notify_get_reply_to(default=default, author_id=author_id)
            result.update({case.id: addresses[case.sudo().team_id.id] for case in self if case.sudo().team_id})
        return result

    def _notify_by_email_get_base_mail_values(self, message, recipients_data, additional_values=None):
        """Machines do not answer to what says that a machine sent it."""
        if message.message_type == "auto_comment":
            headers = (additional_values or {}).get("headers") or {}
            additional_values = {
                **(additional_values or {}),
                "headers": {**headers, "Auto-Submitted": "auto-generated"},
            }
        return super()._notify_by_email_get_base_mail_values(message, recipients_data, additional_values)

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Auditors read the conversation and do not take part in it."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        user = self.env.user
        readers = "crm_compliance.group_compliance_user,account.group_account_invoice,account.group_account_readonly"
        if message_operation == "create" and user._is_internal() and not user.has_groups(readers):
            return dict.fromkeys(operations, "write")
        return operations

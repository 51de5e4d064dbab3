# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS, Command, Domain
from odoo.tools import email_normalize, formataddr, plaintext2html

from ...tools.apart import do_apart
from ...tools.upload import clean_name, is_allowed
from .compliance_complaint_customer import LONGEST
from .compliance_complaint_mail import RECEIVED

MOST_FILES = 5


class ComplianceComplaint(models.Model):
    """Complaints filed by customers themselves: in the portal, or by the public form without an account.

    The one way in for people who may not create cases: named arguments, nothing else of a form gets here.
    """

    _inherit = "compliance.complaint"

    receipt_due = fields.Boolean(
        string="Confirmation to Be Sent",
        copy=False,
        groups=NO_ACCESS,
        help="A complaint filed has yet to be confirmed.",
    )

    _receipt_due_idx = models.Index("(id) WHERE receipt_due")

    @api.model
    def _file(
        self,
        *,
        channel,
        company,
        subject,
        description,
        partner,
        name="",
        email="",
        category=None,
        product=None,
        invoices=None,
        files=(),
        lang=None,
    ):
        """Takes in a complaint of a customer and confirms it by mail.

        :param str channel: ``portal`` or ``web``
        :param company: to whom they complain
        :param partner: the customer, may be empty
        :param str email: where they are written to, normalised; ignored where the customer is known by account
        :param files: (name, content) that were checked, see ``_check_files``
        :param str lang: the language they complain in
        :return: the case, as superuser
        """
        # sudo: portal and public users have no right to create; all values are chosen here.
        cases = self.sudo().with_company(company).with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        case = cases.create(
            {
                **self._prepare_filing(channel, subject, description, category, product, invoices),
                **self._prepare_contact(channel, name, email),
                "company_id": company.id,
                "partner_id": partner.id,
                "customer_lang": lang,
            }
        )
        case._after_filing(files)
        return case

    @api.model
    def _prepare_filing(self, channel, subject, description, category, product, invoices):
        return {
            "channel": channel,
            "subject": self._clean_line(subject, 200),
            "description": plaintext2html(description.strip()[:LONGEST]),
            "category_id": category.id if category else False,
            "product_id": product.id if product else False,
            "invoice_ids": [Command.set(invoices.ids if invoices else [])],
            "receipt_due": True,
        }

    def _after_filing(self, files):
        """Keeps what came along and has the complaint confirmed.

        :param files: (name, content) that were checked
        """
        if self.partner_id:
            self.message_subscribe(self.partner_id.ids)
        if files:
            self.customer_file_ids = self._create_files(files)
        # Writing the mail takes longer than taking the complaint in: a job does it at once, the customer does not wait.
        self.env.ref("crm_compliance.ir_cron_complaint_receipts").sudo()._trigger()

    @api.model
    def _cron_send_receipts(self):
        """Confirms complaints that were filed and tells of steps many cases took together, one per transaction."""
        domain = ["|", ("receipt_due", "=", True), ("step_due", "!=", False)]
        # All of them: those that fail stay, and would be in the way of the others.
        cases = self.search(domain, order="id")
        progress = self.env["ir.cron"]
        progress._commit_progress(remaining=len(cases))
        for case in cases:
            do_apart(case, lambda case: case.try_lock_for_update().filtered_domain(domain)._send_receipts())
            if not progress._commit_progress(1):
                break

    def _send_receipts(self):
        for case in self:
            if case.receipt_due:
                case.receipt_due = False
                case._mail_customer(RECEIVED)
            if case.step_due:
                template = case.step_due
                case._transition({"step_due": False})
                case._send_step(template)

    @api.model
    def _prepare_contact(self, channel, name, email):
        """Who fills in the public form is written to where they say, even if we know another address of theirs."""
        if channel != "web":
            return {}
        name = self._clean_line(name, 100)
        return {"partner_name": name, "email_from": formataddr((name, email))}

    @api.model
    def _clean_line(self, text, longest):
        return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text or "").strip()[:longest]

    @api.model
    def _check_email(self, email):
        """:return: the address, normalised
        :raises ValidationError: if it is none
        """
        normalized = email_normalize(email or "", strict=True)
        if not normalized or len(normalized) > 254 or not normalized.isprintable():
            raise ValidationError(self.env._("Please give an e-mail address we can answer to."))
        return normalized

    @api.model
    def _find_customer(self, email, company):
        """The customer with an address; none if it is nobody's, a colleague's or that of several customers."""
        # sudo: whoever fills in the public form reads no contacts, and is not told what is found.
        partners = (
            self.env["res.partner"]
            .sudo()
            .search(
                Domain("email_normalized", "=", email)
                & Domain("company_id", "in", [False, company.id])
                & Domain("partner_share", "=", True),
                limit=20,
            )
        )
        if len(partners.commercial_partner_id) != 1:
            return partners.browse()
        return partners.sorted(lambda partner: (not partner.user_ids, partner.id))[:1]

    # -------------------------------------------------------------------------
    # FILES
    # -------------------------------------------------------------------------

    @api.model
    def _get_max_file_mb(self):
        # sudo: the limit is read for whoever sends a file.
        value = self.env["ir.config_parameter"].sudo().get_param("crm_compliance.complaint_max_file_mb")
        return int(value) if str(value or "").isdigit() else 10

    @api.model
    def _check_files(self, uploads):
        """Reads the files of a form.

        :param uploads: werkzeug's FileStorage
        :return: list of (name, content)
        :raises UserError: if one is too large or of a kind we do not take, or there are too many
        """
        uploads = [upload for upload in uploads if upload and upload.filename]
        if len(uploads) > MOST_FILES:
            raise UserError(self.env._("Please send no more than %s files at once.", MOST_FILES))
        return [self._check_file(upload) for upload in uploads]

    @api.model
    def _check_file(self, upload):
        name, most = clean_name(upload.filename), self._get_max_file_mb()
        content = upload.stream.read(most * 1024 * 1024 + 1)
        self._check_content(name, content)
        return name, content

    @api.model
    def _check_content(self, name, content):
        """:param bytes content:
        :raises UserError: if a file is too large or of a kind we do not take
        """
        most = self._get_max_file_mb()
        if len(content) > most * 1024 * 1024:
            raise UserError(self.env._("%(file)s is larger than %(most)s MB.", file=name, most=most))
        if not is_allowed(name or "", content):
            raise UserError(
                self.env._("We cannot take %s. Please send pictures, videos, PDF, text or office documents.", name)
            )

    def _create_files(self, files):
        """:param files: (name, content) that were checked"""
        self.ensure_one()
        # What a customer photographs is evidence: it stays as it is.
        attachments = self.env["ir.attachment"].sudo().with_context(image_no_postprocess=True)
        return attachments.create(
            [{"name": name, "raw": content, "res_model": self._name, "res_id": self.id} for name, content in files]
        )

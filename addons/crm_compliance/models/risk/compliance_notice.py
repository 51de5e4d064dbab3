# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class ComplianceNotice(models.AbstractModel):
    """Tells people by mail, each in their own language, in the words of a mail template that administrators can edit.

    Whether it reaches somebody by mail or in Odoo's inbox is up to that person's preferences.
    """

    _name = "compliance.notice"
    _description = "Notices by Mail"

    def _get_label(self, fname):
        """The value of a choice as people read it."""
        return dict(self._fields[fname]._description_selection(self.env)).get(self[fname], "")

    def _get_notice_url(self):
        """Where a notice about several records leads to."""
        return f"{self.get_base_url()}/mail/view?model={self._name}&res_id={self.id}"

    def _send_notice(self, template, people):
        """Renders a template on this record and sends it.

        :param str template: name of a template of this add-on; one that somebody deleted is not sent
        :param people: users; those who left are left out
        """
        self.ensure_one()
        self._render_notice(self.sudo(), template, people, self)

    @api.model
    def _send_digest(self, template, reader, **values):
        """One message to one person, about several records.

        :param str template: name of a template on users
        :param values: what the template finds in ``ctx``
        """
        self._render_notice(self.env["mail.thread"].sudo(), template, reader, reader, **values)

    @api.model
    def _render_notice(self, thread, template, people, record, **values):
        # sudo: who is told what follows from what happened, not from what the one who caused it may read.
        template_sudo = self.env.ref(f"crm_compliance.{template}", raise_if_not_found=False)
        people_sudo = people.sudo().filtered("active")
        if not template_sudo or not people_sudo:
            return
        template_sudo = template_sudo.sudo().with_context(**values)
        for lang, readers in people_sudo.grouped("lang").items():
            thread.message_notify(
                partner_ids=readers.partner_id.ids,
                subject=template_sudo._render_field("subject", record.ids, set_lang=lang)[record.id],
                body=template_sudo._render_field("body_html", record.ids, set_lang=lang)[record.id],
            )

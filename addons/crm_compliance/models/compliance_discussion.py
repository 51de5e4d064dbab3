# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class ComplianceDiscussion(models.AbstractModel):
    """A conversation that reaches nobody of us who may not read it.

    In Odoo, whoever follows a record or is mentioned gets its messages, and may read them by having got them: an
    activity for a salesperson would open the talk about a customer's review. People outside, as the customer of a
    complaint, get what they are sent. So does everybody who is sent a notice of his own: it is written for him.
    """

    _name = "compliance.discussion"
    _description = "Confidential Discussion"
    _inherit = ["mail.thread"]

    def _get_discussion_readers(self, partner_ids):
        """Whom of these partners a message may reach. A query or two per colleague, however many records there are.

        :return: dict of sets of partner ids, by id of record
        """
        # sudo: who may read does not depend on what the one who writes may know of users.
        users = self.env["res.users"].sudo().with_context(active_test=False)
        colleagues = users.search([("partner_id", "in", list(partner_ids)), ("share", "=", False)])
        outside = set(partner_ids) - set(colleagues.partner_id.ids)
        readers = {record_id: set(outside) for record_id in self.ids}
        for user in colleagues.filtered("active"):
            messages = self.env["mail.message"].with_user(user)
            messages = messages.with_context(allowed_company_ids=user._get_company_ids())
            for record in messages._filter_records_for_message_operation(self._name, self.ids, "read"):
                readers[record.id].add(user.partner_id.id)
        return readers

    def _filter_discussion_readers(self, partner_ids):
        """The same of one record, in the order given; what is no list of ids is left to Odoo to refuse."""
        if not partner_ids or not all(isinstance(partner_id, int) for partner_id in partner_ids):
            return partner_ids
        readers = self._get_discussion_readers(partner_ids)[self.id]
        return [partner_id for partner_id in partner_ids if partner_id in readers]

    def message_post(self, **kwargs):
        """Who is mentioned reads the message for ever."""
        if kwargs.get("partner_ids"):
            kwargs["partner_ids"] = self._filter_discussion_readers(kwargs["partner_ids"])
        return super().message_post(**kwargs)

    def _message_update_content(self, message, /, *, partner_ids=None, **kwargs):
        return super()._message_update_content(
            message, partner_ids=self._filter_discussion_readers(partner_ids), **kwargs
        )

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        """Who followed when he still might read is not told any more."""
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        if not self or ((msg_vals or {}).get("message_type") or message.sudo().message_type) == "user_notification":
            return recipients
        readers = self._get_discussion_readers({recipient["id"] for recipient in recipients if recipient["id"]})
        return [recipient for recipient in recipients if not recipient["id"] or recipient["id"] in readers[self.id]]

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize

from .compliance_complaint import OPEN


class ComplianceComplaint(models.Model):
    """Two cases that turn out to be one: everything goes to the one that stays, nothing is lost."""

    _inherit = "compliance.complaint"

    def _merge(self, others):
        """Merges other cases into this one.

        :param others: cases of the same customer and company
        :raises UserError: if they are not, or one is merged or cancelled already
        """
        self.ensure_one()
        others -= self
        (self | others).check_access("write")
        (self | others)._lock()
        self._check_merge(others)
        # sudo: what belongs to a case goes along, also what the user would not see.
        target, sources = self.sudo(), others.sudo()
        target._merge_records(sources)
        target._merge_followers(sources)
        target._merge_values(sources)
        sources._unlink_handover_activities()
        sources.merged_ids._transition({"merged_into_id": target.id})
        sources._transition(
            {
                "state": "cancelled",
                "merged_into_id": target.id,
                "cancel_reason": self.env._("Merged into %s", target.name),
                **self._not_waiting(),
            }
        )
        sources._note(self.env._("Merged into %s.", target.display_name))
        target._after_merge(sources)

    @api.model
    def _get_merge_models(self):
        """:return: {model: name of its many2one to the complaint} of records that go along when cases are merged"""
        return {}

    def _after_merge(self, sources):
        """Called once other cases were merged into this one; for what does more than change the case it points to.

        :param sources: the cases that were merged, as superuser
        """

    def _check_merge(self, others):
        if not others:
            raise UserError(self.env._("Choose at least two cases to merge."))
        if self.state not in OPEN and others.filtered(lambda case: case.state in OPEN):
            raise UserError(self.env._("%s is done: merge it into an open case instead.", self.name))
        for case in self | others:
            if case.state == "cancelled":
                raise UserError(self.env._("%s is cancelled and cannot be merged.", case.name))
            if case.company_id != self.company_id:
                raise UserError(self.env._("%s is a case of another company.", case.name))
            if not self._is_same_sender(case):
                raise UserError(
                    self.env._("%s is a case of another customer, who must not read this one's messages.", case.name)
                )

    def _is_same_sender(self, other):
        """Whether nobody gets to read what somebody else wrote: same customer, or unknown sender of a known address."""
        if self.commercial_partner_id and other.commercial_partner_id:
            return self.commercial_partner_id == other.commercial_partner_id
        known, unknown = (self, other) if self.commercial_partner_id else (other, self)
        known_addresses = (known.email_from, known.partner_id.email, known.commercial_partner_id.email)
        addresses = {email_normalize(address) for address in known_addresses if address}
        return not unknown.email_from or email_normalize(unknown.email_from) in addresses

    def _merge_records(self, sources):
        """Messages, attachments, activities, ratings and what other parts hang on a case."""
        linked = {
            "mail.message": ("model", "res_id"),
            "ir.attachment": ("res_model", "res_id"),
            "mail.activity": ("res_model", "res_id"),
            "rating.rating": ("res_model", "res_id"),
        }
        for model, (model_field, id_field) in linked.items():
            records = self.env[model].sudo().with_context(active_test=False)
            records.search([(model_field, "=", self._name), (id_field, "in", sources.ids)]).write({id_field: self.id})
        # Odoo lets nobody change the record a scheduled message is meant for; here the record itself has moved.
        self.env["mail.scheduled.message"].flush_model()
        self.env.execute_query(
            SQL(
                "UPDATE mail_scheduled_message SET res_id = %s WHERE model = %s AND res_id = ANY(%s) RETURNING id",
                self.id,
                self._name,
                sources.ids,
            )
        )
        self.env["mail.scheduled.message"].invalidate_model(["res_id"], flush=False)
        for model, fname in self._get_merge_models().items():
            records = self.env[model].sudo().with_context(active_test=False)
            records.search([(fname, "in", sources.ids)]).write({fname: self.id})
        self.invalidate_recordset()
        sources.invalidate_recordset()

    def _merge_followers(self, sources):
        """Whoever followed one of the cases follows this one, with the same kinds of messages."""
        followed = {follower.partner_id: follower for follower in self.message_follower_ids}
        for follower in sources.message_follower_ids:
            subtypes = follower.subtype_ids | followed.get(follower.partner_id, follower).subtype_ids
            self.message_subscribe(follower.partner_id.ids, subtypes.ids)

    def _merge_values(self, sources):
        """What the case takes over: what it has not itself, the earliest dates, and what was said in words."""
        every = self | sources
        vals = {}
        for name in self._get_merged_fields():
            value = next((case[name] for case in every if case[name]), False)
            vals[name] = value.id if value and self._fields[name].relational else value
        self.write(
            {
                **vals,
                "invoice_ids": [fields.Command.set(every.invoice_ids.ids)],
                "tag_ids": [fields.Command.set(every.tag_ids.ids)],
                "is_complex": any(every.mapped("is_complex")),
                "date_received": min(every.mapped("date_received")),
            }
        )
        earliest = {
            name: min((date for date in every.mapped(name) if date), default=False)
            for name in ("date_acknowledged", "date_first_response")
        }
        latest = max((date for date in every.mapped("date_last_customer") if date), default=False)
        self._transition({**earliest, "date_last_customer": latest})
        for source in sources:
            self._message_log(body=source._describe_for_merge())

    @api.model
    def _get_merged_fields(self):
        """Names of the fields taken from the other cases where this one is empty."""
        return (
            "partner_id",
            "partner_name",
            "email_from",
            "partner_phone",
            "category_id",
            "product_id",
            "lead_id",
            "cause_id",
            "cause_note",
            "solution",
            "description",
        )

    def _describe_for_merge(self):
        """The case in words, for the one that stays (Markup)."""
        channel = dict(self._fields["channel"]._description_selection(self.env))[self.channel]
        parts = [
            Markup("<p>%s</p>")
            % self.env._("%(case)s was merged into this case (%(channel)s).", case=self.display_name, channel=channel)
        ]
        for name in ("description", "solution", "cause_note"):
            if self[name]:
                parts.append(Markup("<blockquote>%s</blockquote>") % self[name])
        return Markup().join(parts)

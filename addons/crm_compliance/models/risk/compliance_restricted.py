# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError

from .compliance_restriction import LEVELS, SCOPES

# Who meets restrictions in daily work: whoever sells or invoices.
GROUPS = (
    "crm_compliance.group_compliance_user,crm_compliance.group_compliance_auditor,account.group_account_invoice,"
    "account.group_account_readonly,sales_team.group_sale_salesman"
)
# Documents an error names one by one.
MAX_NAMED = 20


class ComplianceRestricted(models.AbstractModel):
    """A document that concludes business with a customer: an opportunity, an invoice, an order.

    Restrictions are enforced where the document becomes concluded, whatever brings it there: a button, an import, a
    scheduled job or a payment in the portal. Only an approved exception lets a blocked document pass.
    """

    _name = "compliance.restricted"
    _description = "Document under Restrictions"

    # Key of SCOPES.
    _compliance_scope = None
    # Fields by which a document may become concluded, or come to concern another customer.
    _compliance_triggers = frozenset()

    compliance_restriction_level = fields.Selection(
        LEVELS, string="Restriction", compute="_compute_compliance_restriction_level", groups=GROUPS
    )

    def _compute_compliance_restriction_level(self):
        found = self._get_restrictions()
        for document in self:
            levels = set(found.get(document, self.env["compliance.restriction"]).mapped("level"))
            document.compliance_restriction_level = next(filter(levels.__contains__, ("block", "warn")), False)

    # -------------------------------------------------------------------------
    # WHAT A DOCUMENT SAYS ABOUT ITSELF
    # -------------------------------------------------------------------------

    def _is_concluded(self):
        """Whether the business was done: won, confirmed, posted."""
        raise NotImplementedError

    def _get_restricted_partners(self):
        """The commercial entities whose restrictions hold for this document, the customer's first."""
        raise NotImplementedError

    def _get_restricted_amount(self):
        """:return: amount and currency an exception is limited to"""
        raise NotImplementedError

    def _get_restricted_name(self):
        """What an error calls the document."""
        return self.display_name

    # -------------------------------------------------------------------------
    # CHECKS
    # -------------------------------------------------------------------------

    def _get_restrictions(self):
        """What is effective today for these documents.

        :return: dict of document -> restrictions, as superuser; documents without any are missing
        """
        restrictions = self.env["compliance.restriction"].sudo()
        partners = {document: document.sudo()._get_restricted_partners().ids for document in self}
        effective = restrictions._get_effective({partner_id for ids in partners.values() for partner_id in ids})
        found = {}
        for document, partner_ids in partners.items():
            company = document.sudo().company_id
            # A document of no company yet might become any company's.
            held = restrictions.browse(
                dict.fromkeys(
                    restriction_id
                    for partner_id in partner_ids
                    for restriction_id, company_id in effective[partner_id]
                    if not company or company.id == company_id
                )
            )
            held = held.filtered(SCOPES[self._compliance_scope])
            if held:
                found[document] = held
        return found

    def _get_blocked(self, found):
        """Documents no exception opens.

        :param dict found: see ``_get_restrictions``
        :return: the documents, and a dict of document -> exception of those an exception opens
        """
        blocked = {
            document: held.filtered(lambda restriction: restriction.level == "block")
            for document, held in found.items()
        }
        documents = self.browse().concat(*(document for document, blocks in blocked.items() if blocks))
        exceptions = documents._find_exceptions({document: blocked[document] for document in documents})
        return documents - self.browse().concat(*exceptions), exceptions

    def _find_exceptions(self, blocks):
        """:param dict blocks: document -> the restrictions that block it
        :return: dict of document -> approved exception that covers it as it is now
        """
        if not self:
            return {}
        references = {f"{self._name},{document.id}": document for document in self}
        approved = (
            self.env["compliance.restriction.exception"]
            .sudo()
            .search([("document_ref", "in", list(references)), ("state", "=", "approved")])
        )
        return {
            document: exception
            for exception in approved
            for document in [references[f"{self._name},{exception.document_ref.id}"]]
            if exception._covers(document, blocks[document])
        }

    def _filter_blocked(self):
        """Documents that would be refused now; nothing is recorded."""
        return self._get_blocked(self._get_restrictions())[0]

    def _check_restrictions(self):
        """Refuses blocked documents before anything is done with them; nothing is recorded.

        :raises UserError: naming documents, restrictions and whom to ask
        """
        found = self._get_restrictions()
        blocked = self._get_blocked(found)[0]
        if blocked:
            raise UserError(blocked._get_block_message(found))

    def _enforce_restrictions(self, known=None):
        """Of documents being concluded in this transaction: refuses the blocked ones, uses up exceptions and leaves a
        note where there is a warning.

        :param dict known: the restrictions that held for documents concluded before; see ``_get_restrictions``
        :raises UserError: naming documents, restrictions and whom to ask
        """
        nothing = self.env["compliance.restriction"]
        found = {
            document: new
            for document, held in self._get_restrictions().items()
            if (new := held - (known or {}).get(document, nothing))
        }
        if not found:
            return
        blocked, exceptions = self._get_blocked(found)
        if blocked:
            raise UserError(blocked._get_block_message(found))
        for document, exception in exceptions.items():
            exception._use(document)
        noted = self.browse().concat(*found)
        noted.sudo()._message_log_batch(
            bodies={document.id: document._get_note(found[document], exceptions.get(document)) for document in noted}
        )

    @contextmanager
    def _enforcing_restrictions(self, vals):
        """Around a write: what is concluded by it is checked; of what was concluded before, only what comes to hold by
        the write. A customer blocked since then does not keep the goods from being sent to somebody else.
        """
        if not self._compliance_triggers & set(vals):
            yield
            return
        known = self.filtered(lambda document: document.sudo()._is_concluded())._get_restrictions()
        yield
        self.filtered(lambda document: document.sudo()._is_concluded())._enforce_restrictions(known)

    # -------------------------------------------------------------------------
    # WORDS
    # -------------------------------------------------------------------------

    def _get_block_message(self, found):
        """:param dict found: see ``_get_restrictions``
        :return: one sentence per blocked document, with what the user may know of the reason
        """
        if not self.env.user._is_internal() and not self.env.user._is_superuser():
            # Customers and visitors are not told about restrictions, not even by payment pages.
            return self.env._(
                "%s cannot be completed online at the moment; please contact us.",
                ", ".join(document.sudo()._get_restricted_name() for document in self),
            )
        restrictions = self.env["compliance.restriction"].concat(*(found[document] for document in self))
        readable = restrictions.sudo(False)._filtered_access("read")
        lines = [document._get_block_line(found[document], readable) for document in self[:MAX_NAMED]]
        if len(self) > MAX_NAMED:
            lines.append(self.env._("And %s more.", len(self) - MAX_NAMED))
        return "\n".join(lines)

    def _get_block_line(self, held, readable):
        """:param readable: restrictions of which the user may know the reason"""
        blocks = held.filtered(lambda restriction: restriction.level == "block")
        reasons = [
            restriction.reason if restriction in readable else restriction.reason_public for restriction in blocks
        ]
        values = {
            "document": self.sudo()._get_restricted_name(),
            "restriction": ", ".join(blocks.mapped("display_name")),
            "people": self._get_people_to_ask(blocks),
        }
        if any(reasons):
            return self.env._(
                "%(document)s is held by a restriction (%(restriction)s): %(reason)s. Please ask %(people)s"
                " or request an exception.",
                reason="; ".join(reason.strip().rstrip(".") for reason in reasons if reason),
                **values,
            )
        return self.env._(
            "%(document)s is held by a restriction (%(restriction)s). Please ask %(people)s or request an exception.",
            **values,
        )

    @api.model
    def _get_people_to_ask(self, blocks):
        """Names of the officer, else the account manager, else compliance managers; nobody is sent to themselves."""
        profile = blocks.profile_id[:1]
        others = (profile.officer_id.filtered("active"), profile.user_id.filtered("active"))
        people = next((person for person in others if person - self.env.user), None)
        people = people or (blocks._get_managers(blocks.company_id[:1]) - self.env.user)[:3]
        return ", ".join(people.mapped("name")) or self.env._("a compliance manager")

    def _get_note(self, held, exception):
        """What the chatter of the document says about restrictions it passed; an internal note, yet read by people
        who may not know the reason.
        """
        names = ", ".join(held.mapped("display_name"))
        if exception:
            return self.env._(
                "Done in spite of a restriction (%(restriction)s), by exception %(number)s approved by %(manager)s.",
                restriction=names,
                number=exception.id,
                manager=exception.approved_by.name,
            )
        reasons = "; ".join(filter(None, held.mapped("reason_public")))
        return self.env._("There is a restriction on this customer: %s.", ": ".join(filter(None, [names, reasons])))

    # -------------------------------------------------------------------------
    # EXCEPTIONS
    # -------------------------------------------------------------------------

    def action_request_exception(self):
        """Opens a request for an exception for this document.

        :raises UserError: if the document is not blocked
        """
        self.ensure_one()
        self.check_access("write")
        if not self._filter_blocked():
            raise UserError(self.env._("%s is not blocked: no exception is needed.", self.display_name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Request an Exception"),
            "res_model": "compliance.restriction.exception",
            "views": [(self.env.ref("crm_compliance.compliance_restriction_exception_view_form_request").id, "form")],
            "target": "new",
            "context": {"default_document_ref": f"{self._name},{self.id}"},
        }

    def _get_skipped(self):
        """Documents of a batch to leave out: the blocked ones, unless nothing else is left, which is an error then.

        :return: the documents, and what ``_get_restrictions`` found
        """
        found = self._get_restrictions()
        blocked = self._get_blocked(found)[0]
        return (self.browse() if blocked == self else blocked), found

    def _get_skipped_action(self, found, following=None):
        """Tells which documents of a batch were left out, on screen and in their chatter.

        :param dict found: see ``_get_restrictions``
        :param dict following: action that goes on afterwards
        """
        nothing = self.env["compliance.restriction"]
        self.sudo()._message_log_batch(
            bodies={document.id: document._get_block_line(found[document], nothing) for document in self}
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("%s left out because of restrictions", len(self)),
                "message": self._get_block_message(found),
                "next": following or {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

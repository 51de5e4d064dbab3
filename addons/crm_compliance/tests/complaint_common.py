# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.fields import Command
from odoo.tools import file_open

from .common import ComplianceCommon


class ComplaintCommon(ComplianceCommon):
    """A team of two agents with an address, a third agent outside of it, and a customer with an address."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.complaints = cls.env["compliance.complaint"]
        cls.agent = cls.user["sales"]
        users = cls._new_users(dict.fromkeys(("colleague", "stranger"), cls.ROLES["sales"]))
        cls.colleague, cls.stranger = users.values()
        domain = cls.env["mail.alias.domain"].create({"name": "complaints.example.com"})
        cls.company.alias_domain_id = domain
        cls.team = cls.env["compliance.complaint.team"].create(
            {
                "name": "Service",
                "sequence": 1,
                "company_id": cls.company.id,
                "alias_name": "service",
                "alias_domain_id": domain.id,
                "member_ids": [Command.set((cls.agent | cls.colleague).ids)],
            }
        )
        cls.customer = cls._customer("Wine Trade", email="office@wine.example.com", phone="+32 1")
        cls.contact = cls.env["res.partner"].create(
            {"name": "Ann Vintner", "email": "ann@wine.example.com", "parent_id": cls.customer.id}
        )

    @classmethod
    def _complaint(cls, user=None, **vals):
        """A complaint of the customer, taken by the agent on the phone by default."""
        return cls.complaints.with_user(user or cls.agent).create(
            {"subject": "Bottles broken", "partner_id": cls.customer.id, **vals}
        )

    @classmethod
    def _resolved(cls, **vals):
        case = cls._complaint(**vals)
        case.action_acknowledge()
        case.action_resolve()
        return case

    def _mail(self, name, **values):
        """Feeds the gateway a message file; ``{name}`` in it is replaced.

        :return: complaints there are now and were not before
        """
        before = self.complaints.search([])
        with file_open(f"crm_compliance/tests/data/complaint/{name}.eml", "rb") as file:
            source = file.read()
        for key, value in values.items():
            source = source.replace(b"{%s}" % key.encode(), value.encode())
        self.env["mail.thread"].message_process(None, source.replace(b"\n", b"\r\n"))
        self.env.flush_all()
        return self.complaints.search([]) - before

    def _tracking(self):
        """The tests' context switches off what is posted when fields change."""
        return {**self.env.context, "tracking_disable": False, "mail_notrack": False}

    def _flush_tracking(self):
        """Posts what is posted at the end of a transaction."""
        self.env.flush_all()
        self.env.cr.flush()
        self.env.cr.precommit.run()
        self.env.flush_all()

    def _public(self, case):
        return case.sudo().message_ids.filtered(lambda m: not m.is_internal and not m.subtype_id.internal)

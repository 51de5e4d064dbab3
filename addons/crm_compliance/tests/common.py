# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tests import HttpCase
from odoo.tools import SQL, mute_logger

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .counting import CountingCase

# Charts of accounts by whether hidden ones are among them
CHARTS = {}


class ComplianceCommon(AccountTestInvoicingCommon, CountingCase):
    """A company of its own, so that demo data never counts, a user per role, and helpers that book a ledger.

    Tests run as superuser in that company; what a role may do is tested ``with_user``.
    """

    ROLES = {
        "sales": "crm_compliance.group_compliance_user,sales_team.group_sale_salesman",
        "officer": "crm_compliance.group_compliance_officer",
        "manager": "crm_compliance.group_compliance_manager",
        "auditor": "crm_compliance.group_compliance_auditor",
        "accountant": "account.group_account_invoice",
        "employee": "base.group_user",
        "portal": "base.group_portal",
    }

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.company = cls.env.company
        # The company's day and the tests' day are the same at any hour of the night.
        cls.company.resource_calendar_id.tz = "UTC"
        cls.user = cls._new_users(cls.ROLES)
        cls.profiles = cls.env["compliance.profile"]
        cls.today = fields.Date.context_today(cls.profiles)
        # Whatever was queued before is not the tests' concern.
        cls.env.cr.flush()
        cls.env.cr.execute("DELETE FROM compliance_refresh_queue")

    @classmethod
    def _use_chart_template(cls, company, chart_template_ref=None):
        """Installs a chart of accounts. Which charts there are, Odoo asks each of its modules, one after the other,
        whenever that was forgotten; here it asks once and for all.
        """
        charts = type(cls.env["account.chart.template"])
        ask = charts._get_chart_template_mapping

        def remember(model, get_all=False):
            if get_all not in CHARTS:
                CHARTS[get_all] = ask(model, get_all)
            return CHARTS[get_all]

        with patch.object(charts, "_get_chart_template_mapping", remember):
            return super()._use_chart_template(company, chart_template_ref)

    @classmethod
    def _new_users(cls, groups, company=None):
        """Creates users of a company, the tests' own by default. All at once: each time costs every cache there is.

        :param dict groups: xml ids of groups, comma-separated, by name; "x" logs in as "compliance_x", which is the
            password as well
        :return: dict of users by name
        """
        company = company or cls.company
        users = cls.env["res.users"].create(
            [
                {
                    "name": name,
                    "login": f"compliance_{name}",
                    "password": f"compliance_{name}",
                    "email": f"{name}@compliance.example.com",
                    "group_ids": [Command.set([cls.env.ref(group.strip()).id for group in xml_ids.split(",")])],
                    "company_id": company.id,
                    "company_ids": [Command.set(company.ids)],
                }
                for name, xml_ids in groups.items()
            ]
        )
        return dict(zip(groups, users, strict=True))

    # -------------------------------------------------------------------------
    # CUSTOMERS
    # -------------------------------------------------------------------------

    @classmethod
    def _customer(cls, name="Customer", **vals):
        """Creates a customer with a dossier in the tests' company; see ``_dossier``."""
        partner = cls.env["res.partner"].create({"name": name, "is_company": True, **vals})
        cls._open_dossier(partner)
        return partner

    @classmethod
    def _open_dossier(cls, partner, company=None):
        company = company or cls.company
        return cls.profiles.with_company(company).create({"partner_id": partner.id, "company_id": company.id})

    @classmethod
    def _dossier(cls, partner, company=None):
        """The dossier of a customer, looked up in the table and not through the partner's link."""
        return cls.profiles.with_context(active_test=False).search(
            [("partner_id", "=", partner.id), ("company_id", "=", (company or cls.company).id)]
        )

    @classmethod
    def _days_ago(cls, days):
        return fields.Date.subtract(cls.today, days=days)

    # -------------------------------------------------------------------------
    # LEDGER
    # -------------------------------------------------------------------------

    @classmethod
    def _invoice(cls, partner, amount, day, due=None, post=True, company=None, taxes=None, **vals):
        """Books a customer invoice of one line, due at once by default; without taxes unless some are given.

        :param vals: further values of the move, e.g. its type, currency or payment terms
        """
        moves = cls.env["account.move"].with_company(company or cls.company)
        if "invoice_payment_term_id" not in vals:
            vals["invoice_date_due"] = due or day
            vals["invoice_payment_term_id"] = False
        move = moves.create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create({"name": "Goods", "price_unit": amount, "tax_ids": [Command.set(taxes or [])]})
                ],
                **vals,
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def _credit(cls, partner, amount, day, invoice=None, **vals):
        """Books a credit note and, if an invoice is given, settles that with it."""
        credit = cls._invoice(partner, amount, day, move_type="out_refund", **vals)
        if invoice:
            cls._receivable_lines(invoice | credit).reconcile()
        return credit

    @classmethod
    def _pay(cls, invoice, day, amount=None, **vals):
        """Registers a payment of an invoice, of the whole rest by default."""
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"payment_date": day, **({"amount": amount} if amount is not None else {}), **vals})
        )
        return wizard._create_payments()

    @classmethod
    def _paid_invoice(cls, partner, amount, day, due, paid):
        invoice = cls._invoice(partner, amount, day, due)
        cls._pay(invoice, paid)
        return invoice

    @classmethod
    def _receivable_lines(cls, moves):
        return moves.line_ids.filtered(lambda line: line.display_type == "payment_term" and not line.reconciled)

    # -------------------------------------------------------------------------
    # FIGURES
    # -------------------------------------------------------------------------

    @classmethod
    def _figures(cls, partner, as_of, company=None):
        """The ledger's figures of a customer as of a day, as numbers."""
        rows = cls.env.execute_query_dict(cls.profiles._figures_query(partner, fields.Date.to_date(as_of)))
        (row,) = (row for row in rows if row["company_id"] == (company or cls.company).id)
        return row

    def _assert_figures(self, partner, as_of, company=None, **expected):
        """Compares the named figures; numbers to the precision they are stored with."""
        row = self._figures(partner, as_of, company)
        found = {name: row[name] for name in expected}
        for name, value in expected.items():
            if isinstance(value, str) and name.endswith("_date"):
                expected[name] = fields.Date.to_date(value)
            elif isinstance(value, int | float):
                found[name] = round(float(found[name]), 4)
                expected[name] = round(float(value), 4)
        self.assertEqual(found, expected)

    @classmethod
    def _work_off_queue(cls):
        """Ends the transaction as far as the queue is concerned, and does what its job would do."""
        cls.env.flush_all()
        cls.env.cr.flush()
        while cls.env["compliance.refresh.queue"]._process_batch(1000):
            pass

    @classmethod
    def _queued(cls):
        """(customer id, company id or None) of what waits in the queue."""
        cls.env.flush_all()
        cls.env.cr.flush()
        cls.env.cr.execute("SELECT partner_id, company_id FROM compliance_refresh_queue")
        return set(cls.env.cr.fetchall())

    @classmethod
    def _clear_queue(cls):
        cls.env.flush_all()
        cls.env.cr.flush()
        cls.env.cr.execute("DELETE FROM compliance_refresh_queue")


class CriteriaCommon(ComplianceCommon):
    """A customer, and no criteria but the tests' own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["compliance.criterion"].search([]).active = False
        cls.customer = cls._customer(country_id=cls.env.ref("base.be").id)
        cls.dossier = cls._dossier(cls.customer)

    def _criterion(self, code, **vals):
        return self.env["compliance.criterion"].create({"code": code, "name": f"Criterion {code}", **vals})

    def _check(self, criterion, dossier=None):
        return (dossier or self.dossier).check_ids.filtered(lambda check: check.criterion_id == criterion)

    def _answer(self, criterion, result, role="officer", **vals):
        check = self._check(criterion).with_user(self.user[role])
        check.write({"result": result, **vals})
        return check

    def _refresh(self):
        self._work_off_queue()
        self.env.invalidate_all()
        return self.dossier.zone


class RestrictionCommon(ComplianceCommon):
    """A blocked customer, a warned one and a free one, each with a contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.blocked, cls.warned, cls.free = (cls._customer(name) for name in ("Blocked", "Warned", "Free"))
        cls.contact = cls.env["res.partner"].create({"name": "Contact", "parent_id": cls.blocked.id})
        cls.officer, cls.manager = cls.user["officer"], cls.user["manager"]
        cls.second_manager = cls._new_users({"manager_2": cls.ROLES["manager"]})["manager_2"]
        # Only whose document it is may ask for an exception.
        for group in ("account.group_account_invoice", "sales_team.group_sale_salesman_all_leads"):
            (cls.manager | cls.second_manager).group_ids = [Command.link(cls.env.ref(group).id)]
        cls.block = cls._restrict(cls.blocked, reason="Secret findings", reason_public="Under review")
        cls.warning = cls._restrict(cls.warned, level="warn", reason="Pays late")
        cls._dossier(cls.blocked).officer_id = cls.officer

    @classmethod
    def _restrict(cls, partner, user=None, **vals):
        """Imposed by the manager, a block of everything by default."""
        restriction = (
            cls.env["compliance.restriction"]
            .with_user(user or cls.manager)
            .create({"partner_id": partner.id, "reason": "Reason", "date_from": cls.today, **vals})
        )
        return restriction.sudo()

    @classmethod
    def _lead(cls, partner, **vals):
        return cls.env["crm.lead"].create(
            {
                "name": f"Lead of {partner.name}",
                "type": "opportunity",
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "user_id": cls.user["sales"].id,
                "expected_revenue": 1000,
                **vals,
            }
        )

    @classmethod
    def _draft(cls, partner, amount=100, **vals):
        return cls._invoice(partner, amount, cls.today, post=False, **vals)

    def _except(self, document, user=None, approver=None, **vals):
        """An exception, requested by the officer and approved by the manager by default; ``approver=False``: only
        requested.
        """
        exception = (
            self.env["compliance.restriction.exception"]
            .with_user(user or self.second_manager)
            .create({"document_ref": f"{document._name},{document.id}", "reason": "Prepaid", **vals})
        )
        exception.action_request()
        if approver is not False:
            exception.with_user(approver or self.manager).action_approve()
        return exception.sudo()

    def _notes(self, record):
        return " ".join(record.sudo().message_ids.mapped(lambda message: str(message.body)))


class AuditCommon(ComplianceCommon):
    """A partner whose story is looked at, and what the owner of a database can do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = cls.env["compliance.audit.log"]
        cls.seals = cls.env["compliance.audit.seal"]
        cls.partner = cls.env["res.partner"].create({"name": "Audited", "phone": "1"})
        cls.env.flush_all()

    def _entries(self, record, **conditions):
        self.env.flush_all()
        self.log.invalidate_model()
        domain = [("model", "=", record._name), ("res_id", "in", record.ids)]
        return self.log.search(domain + [(name, "=", value) for name, value in conditions.items()], order="id")

    def _last(self, record):
        return self._entries(record)[-1]

    def _policy(self, model):
        return self.env["compliance.audit.policy"].search([("model", "=", model)])

    def _seal(self):
        self.env.flush_all()
        while self.seals._seal_block():
            pass

    def _force(self, query):
        """What the owner of the database can do."""
        tables = ("compliance_audit_log", "compliance_audit_seal", "compliance_audit_leaf")
        for table in tables:
            self.env.cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", SQL.identifier(table)))
        self.env.cr.execute(query)
        for table in tables:
            self.env.cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER USER", SQL.identifier(table)))

    def _fault(self, checkpoint=None):
        return self.seals._verify(checkpoint)["fault"]


class RpcCase(HttpCase):
    """Calls methods over the route the web client uses, as one of the roles. Together with a class that has users."""

    def _call(self, role, model, method, *args, **kwargs):
        """Result of a call, or the name of the exception it was refused with."""
        self.authenticate(self.user[role].login, self.user[role].login)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            ).json()
        self.env.invalidate_all()
        return answer["error"]["data"]["name"] if "error" in answer else answer.get("result")

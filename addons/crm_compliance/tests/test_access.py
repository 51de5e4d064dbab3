# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ComplianceCommon

NOBODY = dict.fromkeys(ComplianceCommon.ROLES, "")
MODELS = {
    "compliance.profile": {
        "sales": "r",
        "officer": "rwc",
        "manager": "rwcu",
        "auditor": "r",
        "accountant": "r",
        "employee": "",
        "portal": "",
    },
    "compliance.criterion": {
        "sales": "r",
        "officer": "r",
        "manager": "rwcu",
        "auditor": "r",
        "accountant": "",
        "employee": "",
        "portal": "",
    },
    "compliance.criterion.check": {
        "sales": "r",
        "officer": "rwc",
        "manager": "rwc",
        "auditor": "r",
        "accountant": "",
        "employee": "",
        "portal": "",
    },
    "compliance.dossier.item": {
        "sales": "r",
        "officer": "r",
        "manager": "rwcu",
        "auditor": "r",
        "accountant": "",
        "employee": "",
        "portal": "",
    },
    "compliance.settlement": {
        "sales": "r",
        "officer": "r",
        "manager": "r",
        "auditor": "r",
        "accountant": "r",
        "employee": "",
        "portal": "",
    },
    "compliance.restriction": {
        "sales": "r",
        "officer": "rwcu",
        "manager": "rwcu",
        "auditor": "r",
        "accountant": "r",
        "employee": "",
        "portal": "",
    },
    "compliance.restriction.exception": {
        **NOBODY,
        **dict.fromkeys(("sales", "officer", "manager", "accountant"), "rwcu"),
        "auditor": "r",
    },
    "compliance.alert": {
        "sales": "rw",
        "officer": "rw",
        "manager": "rw",
        "auditor": "r",
        "accountant": "r",
        "employee": "",
        "portal": "",
    },
    "compliance.action": {
        **dict.fromkeys(ComplianceCommon.ROLES, "rw"),
        **dict.fromkeys(("sales", "officer"), "rwc"),
        "manager": "rwcu",
        "portal": "",
    },
    "compliance.dispute.stage": {
        **NOBODY,
        **dict.fromkeys(("sales", "officer", "manager"), "rw"),
        **dict.fromkeys(("auditor", "accountant"), "r"),
    },
    "compliance.complaint.problem": {**NOBODY, **dict.fromkeys(("officer", "manager", "auditor"), "r")},
    "compliance.complaint": {
        "sales": "rwc",
        "officer": "rwc",
        "manager": "rwcu",
        "auditor": "r",
        "accountant": "r",
        "employee": "",
        "portal": "r",
    },
    **dict.fromkeys(
        ("compliance.complaint.team", "compliance.complaint.category", "compliance.complaint.cause"),
        {
            **NOBODY,
            **dict.fromkeys(("sales", "officer", "auditor", "accountant"), "r"),
            "manager": "rwcu",
        },
    ),
    **dict.fromkeys(
        ("compliance.complaint.answer", "compliance.complaint.priority", "compliance.sla.policy"),
        {**NOBODY, **dict.fromkeys(("sales", "officer", "auditor"), "r"), "manager": "rwcu"},
    ),
    # Written by the steps of a case alone.
    **dict.fromkeys(
        (
            "compliance.complaint.access",
            "compliance.complaint.report",
            "compliance.sla.event",
            "compliance.sla.clock",
        ),
        {**NOBODY, **dict.fromkeys(("sales", "officer", "manager", "auditor"), "r")},
    ),
    "compliance.sla.replay": {**NOBODY, "manager": "r", "auditor": "r"},
    "compliance.intake.attempt": NOBODY,
    "compliance.refresh.queue": NOBODY,
    "compliance.audit.log": {**NOBODY, "manager": "r", "auditor": "r"},
    "compliance.audit.seal": {**NOBODY, "manager": "r", "auditor": "r"},
    "compliance.audit.verification": {**NOBODY, "manager": "r", "auditor": "r"},
    "compliance.audit.policy": {**NOBODY, "manager": "rwcu", "auditor": "r"},
    "compliance.risk.model": {**NOBODY, "officer": "r", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.factor": {**NOBODY, "officer": "r", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.snapshot": {**NOBODY, "officer": "r", "manager": "r", "auditor": "r"},
    "compliance.risk.override": {**NOBODY, "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.audit.redaction": {**NOBODY, "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.review": {**NOBODY, "sales": "r", "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.review.line": {**NOBODY, "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.review.condition": {**NOBODY, "sales": "r", "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.review.restriction": {**NOBODY, "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.legal.opinion": {**NOBODY, "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.questionnaire": {**NOBODY, "officer": "r", "manager": "rwcu", "auditor": "r"},
    "compliance.risk.question": {**NOBODY, "officer": "r", "manager": "rwcu", "auditor": "r"},
    "compliance.zone.change": {**NOBODY, "officer": "r", "manager": "r", "auditor": "r"},
    "compliance.my.day": {**dict.fromkeys(ComplianceCommon.ROLES, "r"), "employee": "", "portal": ""},
    "compliance.contact": {**NOBODY, "sales": "rwcu", "officer": "rwcu", "manager": "rwcu", "auditor": "r"},
    "compliance.contact.cadence": {**NOBODY, "sales": "r", "officer": "r", "manager": "rwcu", "auditor": "r"},
    "compliance.goal": {**NOBODY, "officer": "r", "manager": "rwcu", "auditor": "r"},
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}


@tagged("post_install", "-at_install")
class TestAccess(ComplianceCommon):
    """Who may do what: every role, model and operation, and the decisions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls._customer()
        cls._paid_invoice(cls.customer, 100, cls._days_ago(60), cls._days_ago(30), cls._days_ago(10))
        cls._invoice(cls.customer, 50, cls._days_ago(20))
        cls._work_off_queue()
        cls.dossier = cls._dossier(cls.customer)

    def _as(self, role, records=None):
        return (records or self.dossier).with_user(self.user[role])

    # -------------------------------------------------------------------------
    # MATRIX
    # -------------------------------------------------------------------------

    def test_matrix(self):
        for model, roles in MODELS.items():
            self.assertEqual(set(roles), set(self.ROLES), model)
            for role, allowed in roles.items():
                records = self.env[model].with_user(self.user[role])
                found = "".join(letter for letter, name in OPERATIONS.items() if records.has_access(name))
                self.assertEqual(found, allowed, f"{model} {role}")

    def test_every_model_is_in_the_matrix(self):
        models = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("compliance.") and model._original_module == "crm_compliance"
            if not model._abstract and not model._transient
        }
        self.assertEqual(models, set(MODELS))

    def test_operations_on_records(self):
        criterion = self.env["compliance.criterion"].create({"code": "X", "name": "X"})
        self._work_off_queue()
        records = {
            "compliance.profile": self.dossier,
            "compliance.criterion": criterion,
            "compliance.criterion.check": self.dossier.check_ids[:1],
            "compliance.dossier.item": self.env["compliance.dossier.item"].search([], limit=1),
            "compliance.settlement": self.env["compliance.settlement"].search([("partner_id", "=", self.customer.id)]),
        }
        vals = {"compliance.profile": {"note": "X"}, "compliance.criterion.check": {"valid_until": "2099-12-31"}}
        # A salesperson sees own customers only; this one is nobody's.
        shared = {"compliance.criterion", "compliance.dossier.item"}
        for model, record in records.items():
            self.assertTrue(record, model)
            for role, allowed in MODELS[model].items():
                own = record.with_user(self.user[role])
                self._assert_allowed(lambda: own.read(["id"]), "r" in allowed and (role != "sales" or model in shared))  # noqa: B023
                if model in vals:
                    self._assert_allowed(lambda: own.write(vals[model]), "w" in allowed)  # noqa: B023

    def _assert_allowed(self, function, allowed):
        if allowed:
            function()
        else:
            with self.assertRaises(AccessError):
                function()

    # -------------------------------------------------------------------------
    # FIGURES
    # -------------------------------------------------------------------------

    def test_nobody_writes_figures(self):
        before = self.dossier.read(self.profiles._get_computed_fields())
        for role in ("officer", "manager"):
            for name in self.profiles._get_computed_fields():
                with self.assertRaises(AccessError, msg=f"{role} {name}"):
                    self._as(role).write({name: self.dossier[name]})
        for role in ("sales", "auditor", "accountant", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role).write({"open_amount": 0})
        self.assertEqual(self.dossier.read(self.profiles._get_computed_fields()), before)

    def test_nobody_creates_figures(self):
        partner = self.env["res.partner"].create({"name": "New"})
        for role in ("officer", "manager"):
            for vals in ({"zone": "standard"}, {"risk_level": "low"}, {"late_probability": 0.1}):
                with self.assertRaises(AccessError, msg=vals):
                    self._as(role, self.profiles).create({"partner_id": partner.id, **vals})
        with self.assertRaises(AccessError):
            self._as("manager", self.profiles).with_context(default_zone="standard").create({"partner_id": partner.id})
        self.assertFalse(self._dossier(partner))

    def test_nobody_imports_figures(self):
        for role in ("officer", "manager"):
            for header, row in (
                (["partner_id/.id", "zone"], [str(self.company.partner_id.id), "standard"]),
                ([".id", "open_amount"], [str(self.dossier.id), "0"]),
            ):
                result = self._as(role, self.profiles).load(header, [row])
                self.assertFalse(result["ids"], (role, header))
                self.assertEqual(result["messages"][0]["type"], "error")
        self.assertEqual(self.dossier.open_amount, 50)
        self.assertFalse(self._dossier(self.company.partner_id))

    def test_figures_of_the_company_and_partner(self):
        for role in self.ROLES:
            with self.assertRaises(AccessError, msg=role):
                self._as(role, self.company).write({"compliance_refreshed_at": "2020-01-01 00:00:00"})
        with self.assertRaises(AccessError):
            self._as("sales", self.customer).write({"compliance_profile_id": False})

    def test_partner_link_is_not_written_by_hand(self):
        other = self._dossier(self._customer("Other"))
        users = self.user["officer"] | self.user["manager"]
        users.write({"group_ids": [(4, self.env.ref("base.group_partner_manager").id)]})
        for role in ("officer", "manager"):
            with self.assertRaises(UserError, msg=role):
                self._as(role, self.customer).write({"compliance_profile_id": other.id})
        self.assertEqual(self.customer.compliance_profile_id, self.dossier)

    def test_archiving_goes_by_the_customer(self):
        for role in ("officer", "manager"):
            with self.assertRaises(UserError, msg=role):
                self._as(role).write({"active": False})

    def test_identity_stays(self):
        other = self.env["res.partner"].create({"name": "Other"})
        for vals in ({"partner_id": other.id}, {"company_id": self.env.ref("base.main_company").id}):
            with self.assertRaises(UserError):
                self._as("manager").write(vals)

    def test_refresh_is_for_readers_who_work_with_it(self):
        for role in ("officer", "manager", "accountant"):
            self.env.cr.execute("UPDATE compliance_profile SET open_amount = 7 WHERE id = %s", [self.dossier.id])
            self.dossier.invalidate_recordset()
            self._as(role).action_refresh()
            self.assertEqual(self.dossier.open_amount, 50, role)
        for role in ("sales", "auditor", "employee", "portal"):
            with self.assertRaises(AccessError, msg=role):
                self._as(role).action_refresh()

    def test_no_conversation_for_auditors(self):
        """Whoever reads may write messages in some models: not auditors, in none of them."""
        found = set()
        for name, model in self.env.items():
            if name.startswith("compliance.") and getattr(model, "_mail_post_access", "") == "read":
                found.add(name)
                record = model.with_user(self.user["auditor"]).browse(1)
                operations = record._mail_get_operation_for_mail_message_operation("create")
                self.assertEqual(operations, {record: "write"}, name)
        self.assertLessEqual({"compliance.profile", "compliance.alert", "compliance.complaint"}, found)

    def test_auditors_do_not_take_part_in_the_conversation(self):
        with self.assertRaises(AccessError):
            self._as("auditor").message_post(body="I was here.")
        with self.assertRaises(AccessError):
            self._as("auditor").activity_schedule("mail.mail_activity_data_todo")
        self.assertTrue(self._as("officer").message_post(body="I am working on it."))

    def test_dossiers_with_history_stay(self):
        with self.assertRaises(UserError):
            self._as("manager").unlink()
        empty = self._dossier(self._customer("Empty"))
        self._as("manager", empty).unlink()
        self.assertFalse(empty.exists())

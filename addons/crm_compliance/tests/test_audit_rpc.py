# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ComplianceCommon

ACCESS = "odoo.exceptions.AccessError"
REFUSED = {ACCESS, "odoo.exceptions.UserError"}
SESSION = "odoo.http.SessionExpiredException"
# Who reads what; "admin" has all roles there are, "public" has not logged in.
READERS = {
    "compliance.audit.log": {"manager", "auditor", "admin"},
    "compliance.audit.seal": {"manager", "auditor", "admin"},
    "compliance.audit.verification": {"manager", "auditor", "admin"},
    "compliance.audit.policy": {"manager", "auditor", "admin"},
    "compliance.audit.redaction": {"officer", "manager", "auditor", "admin"},
}


@tagged("post_install", "-at_install")
class TestAuditRpc(ComplianceCommon, HttpCase):
    """Who may do what with the audit trail, over the route the web client uses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user["admin"] = cls.env.ref("base.user_admin")
        cls.user["admin"].write({"company_ids": [Command.link(cls.company.id)], "company_id": cls.company.id})
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.customer = cls._customer("Ours")
        cls.dossier = cls._dossier(cls.customer)
        cls.foreign = cls._open_dossier(cls.customer, cls.other_company)
        (cls.dossier | cls.foreign).officer_id = cls.user["officer"]
        cls.policy = cls.env["compliance.audit.policy"].search([("model", "=", "compliance.profile")])
        cls.redaction = cls.env["compliance.audit.redaction"].create(
            {
                "name": "Asked for",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "res_id": cls.customer.id,
                "before": "2000-01-01",
            }
        )
        for user in cls.user.values():
            user.password = user.login
        cls.env.flush_all()
        cls.env["compliance.audit.seal"]._seal_block()
        cls.env["compliance.audit.seal"]._run_verification()
        cls.record = {model: cls.env[model].search([], limit=1) for model in READERS}
        cls.record["compliance.audit.log"] = cls.env["compliance.audit.log"].search(
            [("company_id", "=", False)], limit=1
        )

    def _call(self, role, model, method, *args, **kwargs):
        """Result of a call, or the name of the exception it was refused with."""
        if role == "public":
            self.authenticate(None, None)
        elif self.role != role:
            self.authenticate(self.user[role].login, self.user[role].login)
        self.role = role
        with mute_logger("odoo.http", "odoo.sql_db"):
            answer = self.url_open(
                f"/web/dataset/call_kw/{model}/{method}",
                json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            ).json()
        return answer["error"]["data"]["name"] if "error" in answer else answer.get("result")

    def setUp(self):
        super().setUp()
        self.role = None

    def _refusal(self, role):
        return SESSION if role == "public" else ACCESS

    def test_reading(self):
        for role in [*self.user, "public"]:
            for model, readers in READERS.items():
                ids = self.record[model].ids
                for method, args in (
                    ("read", [ids, ["id"]]),
                    ("search_read", [[("id", "in", ids)], ["id"]]),
                    ("web_search_read", [[("id", "in", ids)], {"id": {}}]),
                ):
                    answer = self._call(role, model, method, *args)
                    if role in readers:
                        self.assertNotIsInstance(answer, str, (role, model, method))
                        self.assertIn({"id": ids[0]}, answer["records"] if "web" in method else answer)
                    else:
                        self.assertEqual(answer, self._refusal(role), (role, model, method))

    def test_nobody_writes(self):
        """Rows, seals and verifications: not even an administrator."""
        for role in [*self.user, "public"]:
            for model in ("compliance.audit.log", "compliance.audit.seal", "compliance.audit.verification"):
                ids = self.record[model].ids
                name = "fault" if model.endswith("verification") else "name" if model.endswith("log") else "root"
                for method, args in (
                    ("create", [[{name: "x"}]]),
                    ("write", [ids, {name: "x"}]),
                    ("unlink", [ids]),
                    ("web_save", [ids, {name: "x"}, {}]),
                    ("copy", [ids]),
                ):
                    answer = self._call(role, model, method, *args)
                    self.assertIn(answer, {SESSION} if role == "public" else REFUSED, (role, model, method))

    def test_leaves_have_no_model(self):
        """Leaves are there for SQL only."""
        self.assertFalse([model for model in self.env.registry if self.env[model]._table == "compliance_audit_leaf"])

    def test_policies_and_redactions(self):
        """Only managers change policies, only officers and managers ask for redactions; auditors change nothing."""
        refused = {
            "compliance.audit.policy": set(self.user) - {"manager", "admin"},
            "compliance.audit.redaction": set(self.user) - {"officer", "manager", "admin"},
        }
        values = {"compliance.audit.policy": {"log_read": False}, "compliance.audit.redaction": {"name": "Mine"}}
        needed = {"model_id": self.env["ir.model"]._get_id("res.partner.industry")}
        for model, roles in refused.items():
            for role in sorted(roles):
                for method, args in (
                    ("create", [[{**values[model], **needed}]]),
                    ("write", [self.record[model].ids, values[model]]),
                    ("unlink", [self.record[model].ids]),
                ):
                    self.assertEqual(self._call(role, model, method, *args), ACCESS, (role, model, method))
        self.assertTrue(self._call("manager", "compliance.audit.policy", "write", self.policy.ids, {"log_read": False}))
        for role in ("officer", "manager"):
            self.assertTrue(
                self._call(role, "compliance.audit.redaction", "write", self.redaction.ids, {"name": f"Of {role}"})
            )
        self.redaction.invalidate_recordset()
        self.assertEqual(self.redaction.name, "Of manager")

    def test_auditor_changes_nothing(self):
        partner = {"name": "By an auditor"}
        for model, record, vals in (
            ("res.partner", self.customer, partner),
            ("compliance.profile", self.dossier, {"note": "x"}),
            ("compliance.criterion", self.env["compliance.criterion"].search([], limit=1), {"name": "x"}),
            ("compliance.criterion.check", self.dossier.check_ids[:1], {"note": "x"}),
            ("compliance.dossier.item", self.env["compliance.dossier.item"].search([], limit=1), {"name": "x"}),
        ):
            for method, args in (("create", [[vals]]), ("write", [record.ids, vals]), ("unlink", [record.ids])):
                self.assertEqual(self._call("auditor", model, method, *args), ACCESS, (model, method))

    def test_deciding(self):
        for method in ("action_approve", "action_refuse"):
            for role in sorted({*self.user, "public"} - {"manager", "admin"}):
                answer = self._call(role, "compliance.audit.redaction", method, self.redaction.ids)
                self.assertEqual(answer, self._refusal(role), (role, method))
        self.redaction.invalidate_recordset()
        self.assertEqual(self.redaction.state, "draft")
        self.assertIsNone(self._call("manager", "compliance.audit.redaction", "action_approve", self.redaction.ids))
        self.redaction.invalidate_recordset()
        self.assertEqual(self.redaction.state, "approved")

    def test_export(self):
        for role in sorted({*self.user, "public"} - {"manager", "auditor", "admin"}):
            answer = self._call(role, "compliance.audit.export", "create", [{}])
            self.assertEqual(answer, self._refusal(role), role)
        for role in ("manager", "auditor"):
            ids = self._call(role, "compliance.audit.export", "create", [{"scope": "all"}])
            self.assertEqual(self._call(role, "compliance.audit.export", "action_export", ids)["res_id"], ids[0])
            (export,) = self._call(role, "compliance.audit.export", "read", ids, ["filename"])
            self.assertRegex(export["filename"], r"^audit-\d+\.zip$")

    def test_verifying(self):
        """Verifying and checkpoints: for who reads the seals."""
        ids = self.record["compliance.audit.seal"].ids
        for role in sorted({*self.user, "public"} - {"admin"}):
            for method in ("action_verify", "action_download_checkpoint"):
                answer = self._call(role, "compliance.audit.seal", method, ids)
                if role in ("manager", "auditor"):
                    self.assertIsInstance(answer, dict, (role, method))
                else:
                    self.assertEqual(answer, self._refusal(role), (role, method))

    def test_internals_are_private(self):
        for model, method, args in (
            ("compliance.audit.seal", "_seal_block", []),
            ("compliance.audit.seal", "_insert_leaves", [1, [], []]),
            ("compliance.audit.seal", "_run_verification", []),
            ("compliance.audit.redaction", "_decide", [[], "approved"]),
            ("compliance.audit.redaction", "_write_decision", [[], {}]),
            ("compliance.audit.policy", "_drop_triggers", [[], ["res_partner"]]),
            ("compliance.audit.export", "_write_bundle", [[], {}]),
            ("compliance.audit.log", "_read_names", [{"res.partner": [1]}]),
            ("res.partner", "_audit_insert", [[], "write", None]),
        ):
            self.assertEqual(self._call("manager", model, method, *args), ACCESS, method)

    # -------------------------------------------------------------------------
    # HISTORY
    # -------------------------------------------------------------------------

    def _history(self, role, record, **kwargs):
        return self._call(role, "compliance.audit.log", "get_history", record._name, record.id, **kwargs)

    def test_history_of_a_contact(self):
        """Who reads contacts reads their history; guests read none, not even their own."""
        for role in sorted({*self.user} - {"portal"}):
            self.assertEqual(self._history(role, self.customer)[-1]["changes"][0].keys(), {"label", "before", "after"})
        for record in (self.customer, self.user["portal"].partner_id):
            self.assertEqual(self._history("portal", record), ACCESS, record)
            self.assertEqual(self._history("public", record), SESSION, record)

    def test_history_of_a_dossier(self):
        for role in ("officer", "manager", "auditor", "accountant", "admin"):
            labels = [change["label"] for event in self._history(role, self.dossier) for change in event["changes"]]
            self.assertIn(self.dossier._fields["officer_id"].string, labels, role)
        for role in ("sales", "employee", "portal"):
            self.assertEqual(self._history(role, self.dossier), ACCESS, role)

    def test_history_without_rights(self):
        """Records whose model the reader has no right to, and records that are gone."""
        for record in (self.policy, self.redaction, self.env["ir.model.access"].search([], limit=1)):
            for role in ("sales", "accountant", "employee"):
                self.assertEqual(self._history(role, record), ACCESS, (role, record))
        gone = self._customer("Gone")
        self.env.flush_all()
        self._dossier(gone).unlink()
        gone.unlink()
        self.env.flush_all()
        for role in ("officer", "employee"):
            self.assertIn(self._history(role, gone), (ACCESS, "odoo.exceptions.MissingError"), role)

    def test_public_as_user(self):
        """The same without a browser: whoever serves guests runs as these users."""
        log = self.env["compliance.audit.log"]
        for user in (self.env.ref("base.public_user"), self.user["portal"]):
            with self.assertRaises(AccessError, msg=user.login):
                log.with_user(user).get_history("res.partner", user.partner_id.id)

    # -------------------------------------------------------------------------
    # COMPANIES
    # -------------------------------------------------------------------------

    def test_companies(self):
        """An auditor of one company sees neither rows nor histories of another's dossiers."""
        rows = self.env["compliance.audit.log"].search(
            [("model", "=", "compliance.profile"), ("res_id", "=", self.foreign.id)]
        )
        self.assertEqual(rows.company_id, self.other_company)
        domain = [("model", "=", "compliance.profile"), ("res_id", "in", (self.dossier | self.foreign).ids)]
        for role in ("auditor", "manager"):
            found = self._call(role, "compliance.audit.log", "search_read", domain, ["res_id"])
            self.assertEqual({row["res_id"] for row in found}, {self.dossier.id}, role)
            self.assertEqual(self._call(role, "compliance.audit.log", "read", rows.ids, ["changes"]), ACCESS, role)
            self.assertEqual(
                self._call(role, "compliance.audit.log", "search_count", [("id", "in", rows.ids)]), 0, role
            )
        self.assertEqual(self._history("officer", self.foreign), ACCESS)
        # Who reads the log finds nothing there.
        for role in ("auditor", "manager"):
            self.assertIn(self._history(role, self.foreign), ([], ACCESS), role)

    def test_auditor_of_the_other_company(self):
        other = new_test_user(
            self.env,
            login="compliance_other",
            password="compliance_other",
            groups="crm_compliance.group_compliance_auditor",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        self.patch(type(self), "user", {**self.user, "other": other})
        domain = [("model", "=", "compliance.profile"), ("res_id", "in", (self.dossier | self.foreign).ids)]
        found = self._call("other", "compliance.audit.log", "search_read", domain, ["res_id"])
        self.assertEqual({row["res_id"] for row in found}, {self.foreign.id})
        self.assertIn(self._history("other", self.dossier), ([], ACCESS))
        self.assertTrue(self._history("other", self.foreign))

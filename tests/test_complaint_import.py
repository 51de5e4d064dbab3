# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Real complaints, imported by Odoo's own import as people do it, and counted against the file."""

import csv
from collections import Counter
from unittest import SkipTest

from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from test_real_data import DATA

# Column of the file -> field; the others are left out.
MAPPING = {
    "Complaint ID": "id",
    "Product": "category_id",
    "Issue": "subject",
    "State": "tag_ids",
    "Date received": "date_received",
}
OPTIONS = {
    "has_headers": True,
    "separator": ",",
    "quoting": '"',
    "encoding": "utf-8",
    "date_format": "%m/%d/%Y",
    "datetime_format": "%m/%d/%Y",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
}


@tagged("post_install", "-at_install")
class TestComplaintImport(AccountTestInvoicingCommon):
    """The file of the Consumer Financial Protection Bureau: 4,000 complaints of two months."""

    file = "cfpb_complaints.csv"

    @classmethod
    def setUpClass(cls):
        cls.path = DATA / cls.file
        if not cls.path.exists():
            raise SkipTest(f"{cls.file} is not there: it is looked for in {DATA} (CRM_COMPLIANCE_DATA).")
        super().setUpClass()
        cls.env = cls.env(su=True)
        with cls.path.open(encoding="utf-8") as lines:
            cls.rows = list(csv.DictReader(lines))
        cls.company = cls.env.company
        cls.team = cls.env["compliance.complaint.team"].create({"name": "Bureau", "company_id": cls.company.id})
        for product in {row["Product"] for row in cls.rows}:
            cls.env["compliance.complaint.category"].create({"name": product, "kind": "service"})
        cls.manager = new_test_user(
            cls.env,
            "compliance_importer",
            "crm_compliance.group_compliance_manager,sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            tz="UTC",
        )

    def run_import(self, content, **options):
        """Return what Odoo's import answers, for the manager."""
        wizards = self.env["base_import.import"].with_user(self.manager).with_context(tracking_disable=True)
        wizard = wizards.create(
            {
                "res_model": "compliance.complaint",
                "file": content,
                "file_name": self.file,
                "file_type": "text/csv",
            }
        )
        columns = list(self.rows[0])
        return wizard.execute_import(
            [MAPPING.get(column, False) for column in columns],
            [column.lower() for column in columns],
            {**OPTIONS, "name_create_enabled_fields": {"tag_ids": True}, **options},
        )

    def count_by(self, groupby):
        """Return {value: number} of the complaints imported."""
        groups = self.env["compliance.complaint"]._read_group(
            [("company_id", "=", self.company.id)], [groupby], ["__count"]
        )
        return {key.name if hasattr(key, "_name") else key: count for key, count in groups if key}

    def test_import(self):
        result = self.run_import(self.path.read_bytes())
        self.assertFalse(result["messages"])
        self.assertEqual(len(result["ids"]), len(self.rows))
        self.assertEqual(self.count_by("category_id"), Counter(row["Product"] for row in self.rows))
        self.assertEqual(self.count_by("tag_ids"), Counter(row["State"] for row in self.rows if row["State"]))
        months = {key.strftime("%m/%Y"): count for key, count in self.count_by("date_received:month").items()}
        expected = Counter("{:0>2}/{}".format(*row["Date received"].split("/")[::2]) for row in self.rows)
        self.assertEqual(months, expected)
        complaints = self.env["compliance.complaint"].browse(result["ids"])
        self.assertEqual(set(complaints.mapped("state")), {"new"})
        self.assertEqual(len(set(complaints.mapped("name"))), len(self.rows))
        self.assertEqual(complaints.team_id, self.team)
        by_number = {row["Complaint ID"]: row for row in self.rows}
        names = complaints[:50].get_external_id()
        for complaint in complaints[:50]:
            row = by_number[names[complaint.id].partition(".")[2]]
            self.assertEqual(complaint.subject, row["Issue"])
            received = complaint.date_received
            self.assertEqual(f"{received.month}/{received.day}/{received.year}", row["Date received"])
        # The same file again changes nothing and adds nothing.
        head = "\n".join(self.path.read_text(encoding="utf-8").splitlines()[:20]).encode()
        self.assertFalse(self.run_import(head)["messages"])
        self.assertEqual(sum(self.count_by("category_id").values()), len(self.rows))

    def test_decisions_are_not_imported(self):
        """What the steps of a case decide is refused, and nothing is half imported."""
        columns = list(self.rows[0])
        content = "\n".join(self.path.read_text(encoding="utf-8").splitlines()[:5]).encode()
        for column, field in (("Company response", "state"), ("Timely response?", "dispute_stage")):
            with self.subTest(field=field):
                wizards = self.env["base_import.import"].with_user(self.manager)
                wizard = wizards.create(
                    {
                        "res_model": "compliance.complaint",
                        "file": content.replace(b"In progress", b"closed")
                        .replace(b"Closed with explanation", b"closed")
                        .replace(b"Yes", b"settled"),
                        "file_name": self.file,
                        "file_type": "text/csv",
                    }
                )
                mapping = {"Issue": "subject", column: field}
                result = wizard.execute_import(
                    [mapping.get(name, False) for name in columns], [name.lower() for name in columns], {**OPTIONS}
                )
                self.assertTrue(result["messages"])
                self.assertFalse(result["ids"])
        self.assertFalse(self.count_by("company_id"))

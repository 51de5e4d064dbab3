# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import io
from unittest import skipUnless

from odoo.tests import HttpCase, tagged
from odoo.tools import find_in_path
from odoo.tools.pdf import PdfFileReader

from .review_common import ReviewCommon


def has_wkhtmltopdf():
    try:
        return bool(find_in_path("wkhtmltopdf"))
    except OSError:
        return False


@tagged("post_install", "-at_install")
@skipUnless(has_wkhtmltopdf(), "wkhtmltopdf is not installed: no PDF can be printed here")
class TestPdf(ReviewCommon, HttpCase):
    """Real PDFs, read back as text: what is not there as text is missing, a picture of text, or boxes."""

    def _print(self, role, report, records):
        """:return: list of the texts of the pages, printed by a user of this role"""
        reports = self.env["ir.actions.report"].with_user(self.user[role]).with_context(force_report_rendering=True)
        content, kind = reports._render_qweb_pdf(report, records.ids)
        self.assertEqual(kind, "pdf")
        reader = PdfFileReader(io.BytesIO(content))
        return [" ".join(reader.getPage(number).extract_text().split()) for number in range(reader.getNumPages())]

    def test_documents(self):
        """One test for all, as the server's assets are made once."""
        self.customer.name = "灰区贸易有限公司"
        self._set_zone("grey")
        review = self._approved(decision="conditional", conclusion="先付款，后发货。")
        with self.subTest("review"):
            pages = self._print("manager", "crm_compliance.report_risk_review", review)
            whole = " ".join(pages)
            for text in (self.customer.name, "先付款，后发货。", "Licence on file", self.user["officer"].name):
                self.assertIn(text, whole)
            for number, page in enumerate(pages, 1):
                self.assertIn(f"{review.name} SHA-256 {review.content_hash}", page)
                self.assertIn(f"{number} / {len(pages)}", page)
        with self.subTest("two documents in one file"):
            other = review.copy()
            pages = self._print("manager", "crm_compliance.report_risk_review", review | other)
            self.assertIn(review.content_hash, pages[0])
            self.assertIn("Not approved.", " ".join(pages))
            self.assertEqual(sum("1 / " in page for page in pages), 2)
        with self.subTest("dossier"):
            self._paid_invoice(self.customer, 100, self._days_ago(60), self._days_ago(40), self._days_ago(20))
            pages = self._print("officer", "crm_compliance.report_profile", self.dossier)
            whole = " ".join(pages)
            for text in (self.customer.name, "Payments that came late, by month", "1/1", review.name):
                self.assertIn(text, whole)
        with self.subTest("history"):
            history = self.env["compliance.audit.history"].with_user(self.user["officer"])
            history = history.create({"model": review._name, "res_id": review.id})
            pages = self._print("officer", "crm_compliance.report_audit_history", history)
            whole = " ".join(pages)
            for text in (history.title, self.user["officer"].name, "先付款，后发货。"):
                self.assertIn(text, whole)
            self.assertIn(f"compliance.risk.review,{review.id}", pages[-1])

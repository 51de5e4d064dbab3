# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tests import HttpCase, tagged

from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from .common import SaleRestrictionCommon

# A picture of one pixel.
SIGNATURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@tagged("post_install", "-at_install")
class TestSalePortal(SaleRestrictionCommon, HttpCase):
    """Signing in the portal confirms nothing that is held, and tells the customer nothing of it."""

    def _sign(self, order):
        order.write({"state": "sent", "require_signature": True, "require_payment": False})
        return self.make_jsonrpc_request(
            f"/my/orders/{order.id}/accept",
            {"access_token": order._portal_ensure_token(), "name": "Customer", "signature": SIGNATURE},
        )

    def test_blocked(self):
        order = self._quotation(self.contact)
        answer = self._sign(order)
        order.invalidate_recordset()
        self.assertEqual((order.state, order.signature), ("sent", False))
        self.assertIn("contact us", answer["error"])
        self.assertNotIn("estriction", str(answer))
        self.assertIn("wanted to sign", self._notes(order))
        self.assertEqual(order.activity_ids.user_id, self.officer)

    def test_free(self):
        order = self._quotation(self.free)
        self.assertTrue(self._sign(order).get("force_refresh"))
        order.invalidate_recordset()
        self.assertEqual(order.state, "sale")


@tagged("post_install", "-at_install")
class TestSalePayment(SaleRestrictionCommon, AccountPaymentCommon):
    """A payment is recorded, the order waits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enable_post_process_patcher = False

    def _pay_order(self, order):
        order.write({"state": "sent", "require_payment": True})
        transaction = self._create_transaction(
            "direct",
            reference=order.name,
            amount=order.amount_total,
            currency_id=order.currency_id.id,
            partner_id=order.partner_id.id,
            sale_order_ids=order.ids,
            state="done",
        )
        transaction.with_user(self.env.ref("base.public_user")).sudo()._post_process()
        return transaction

    def test_blocked(self):
        order = self._quotation(self.contact)
        transaction = self._pay_order(order)
        self.assertEqual(order.state, "sent")
        self.assertTrue(transaction.is_post_processed)
        self.assertIn("Paid by the customer", self._notes(order))
        self.assertEqual(order.activity_ids.user_id, self.officer)

    def test_free(self):
        order = self._quotation(self.free)
        self._pay_order(order)
        self.assertEqual(order.state, "sale")

    def test_invoicing_is_blocked(self):
        self.env["ir.config_parameter"].sudo().set_param("sale.automatic_invoice", "True")
        self._restrict(self.free, scope_quotation=False)
        order = self._quotation(self.free)
        transaction = self._pay_order(order)
        self.assertEqual(order.state, "sale")
        self.assertFalse(order.invoice_ids)
        self.assertTrue(transaction.is_post_processed)

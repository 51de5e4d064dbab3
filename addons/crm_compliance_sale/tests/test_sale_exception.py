# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SaleRestrictionCommon


@tagged("post_install", "-at_install")
class TestSaleException(SaleRestrictionCommon):
    """An exception lets one order pass, up to its amount, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._quotation(cls.contact)

    def test_used_once(self):
        exception = self._except(self.order, user=self.seller)
        self.order.with_user(self.seller).action_confirm()
        self.assertEqual((self.order.state, exception.state), ("sale", "used"))
        self.order._action_cancel()
        self.order.action_draft()
        with self.assertRaises(UserError):
            self.order.action_confirm()

    def test_amount(self):
        self._except(self.order, user=self.seller)
        self.order.order_line.price_unit = 101
        with self.assertRaises(UserError):
            self.order.action_confirm()
        self.order.order_line.price_unit = 100
        self.order.action_confirm()

    def test_growing_afterwards(self):
        self._except(self.order, user=self.seller)
        self.order.action_confirm()
        with self.assertRaises(UserError):
            self.order.order_line.product_uom_qty = 2
        self.order.order_line.product_uom_qty = 0.5
        self.order.order_line.product_uom_qty = 1
        with self.assertRaises(UserError):
            self.order.write({"order_line": [Command.create({"product_id": self.product.id, "price_unit": 1})]})

    def test_other_order(self):
        self._except(self.order, user=self.seller)
        other = self._quotation(self.contact, 50)
        with self.assertRaises(UserError):
            other.action_confirm()

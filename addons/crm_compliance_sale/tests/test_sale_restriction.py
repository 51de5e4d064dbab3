# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from functools import partial

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SaleRestrictionCommon


@tagged("post_install", "-at_install")
class TestSaleRestriction(SaleRestrictionCommon):
    """Quotations of blocked customers are not confirmed, whatever is tried."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._quotation(cls.contact)

    def _assert_refused(self, function, *args, **kwargs):
        with self.assertRaises(UserError) as refused:
            function(*args, **kwargs)
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.order.state, "draft")
        return str(refused.exception)

    def test_routes(self):
        order = self.order.with_user(self.seller)
        self._assert_refused(order.action_confirm)
        self._assert_refused(order.write, {"state": "sale"})
        self._assert_refused(order.web_save, {"state": "sale"}, {})
        self._assert_refused(self.order.sudo().action_confirm)
        self._assert_refused(self.order.sudo()._validate_order)
        self._assert_refused(order.create, {"partner_id": self.contact.id, "state": "sale"})
        self._assert_refused(order.with_context(default_state="sale").create, {"partner_id": self.contact.id})
        for key in ("tracking_disable", "send_email", "install_mode", "bypass"):
            self._assert_refused(order.with_context(**{key: True}).action_confirm)

    def test_branch(self):
        """What a company imposes holds for the orders of its branches."""
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.seller.company_ids += branch
        order = self._quotation(self.contact, company_id=branch.id).with_user(self.seller).with_company(branch)
        self.assertEqual(order.compliance_restriction_level, "block")
        self._work_off_queue()
        self.assertIn("Under review", order.compliance_banner, "in the dossier the order opened")
        with self.assertRaises(UserError):
            order.action_confirm()
        self.assertEqual(order._filter_blocked_invoicing(), order)

    def test_message(self):
        message = self._assert_refused(self.order.with_user(self.seller).action_confirm)
        self.assertIn(self.order.name, message)
        self.assertIn("Under review", message)
        self.assertNotIn("Secret findings", message)
        self.assertIn(self.officer.name, message)

    def test_customer_after_confirmation(self):
        order = self._quotation(self.free)
        order.action_confirm()
        for fname in ("partner_id", "partner_invoice_id", "partner_shipping_id"):
            with self.assertRaises(UserError):
                order.with_user(self.seller).write({fname: self.contact.id})
        self.env.invalidate_all()
        self.assertEqual(order.partner_invoice_id, self.free)
        order.with_user(self.seller).partner_id = self.warned
        self.assertIn(self.warning.display_name, self._notes(order))

    def test_customer_blocked_after_confirmation(self):
        """The goods may go to somebody else who is free, and nobody restricted comes to the order anew."""
        order = self._quotation(self.free)
        order.action_confirm()
        self._restrict(self.free)
        other = self._customer("Third Party")
        order = order.with_user(self.seller)
        for fname in ("partner_invoice_id", "partner_shipping_id"):
            order.write({fname: other.id})
            with self.assertRaises(UserError) as refused:
                order.write({fname: self.contact.id})
            self.assertIn(self.block.display_name, str(refused.exception))
            self.assertEqual(order[fname], other)
        self.assertFalse(self._notes(order).count("restriction"))
        order.partner_shipping_id = self.warned
        self.assertIn(self.warning.display_name, self._notes(order))
        # Whoever left the order is not taken back.
        order.partner_id = other
        with self.assertRaises(UserError):
            order.partner_shipping_id = self.free
        with self.assertRaises(UserError):
            self._quotation(self.free).action_confirm()

    def test_invoiced_to_a_blocked_customer(self):
        order = self._quotation(self.free, partner_invoice_id=self.contact.id)
        with self.assertRaises(UserError):
            order.action_confirm()

    def test_warning(self):
        order = self._quotation(self.warned)
        order.with_user(self.seller).action_confirm()
        self.assertEqual(order.state, "sale")
        self.assertIn(self.warning.display_name, self._notes(order))

    def test_other_scopes(self):
        self._restrict(self.free, scope_quotation=False)
        order = self._quotation(self.free)
        order.action_confirm()
        self.assertEqual(order.state, "sale")

    def test_batch(self):
        free = self.env["sale.order"].concat(*(self._quotation(self.free) for _number in range(5)))
        action = (free | self.order).with_user(self.seller).action_confirm()
        self.env.invalidate_all()
        self.assertEqual(set(free.mapped("state")), {"sale"})
        self.assertEqual(self.order.state, "draft")
        self.assertIn(self.order.name, action["params"]["message"])
        self.assertIn(self.block.display_name, self._notes(self.order))

    def test_invoices_of_confirmed_orders(self):
        order = self._quotation(self.free)
        order.action_confirm()
        order.order_line.qty_delivered = 1
        self._restrict(self.free, scope_quotation=False)
        invoice = order._create_invoices()
        with self.assertRaises(UserError):
            invoice.action_post()

    def test_confirmed_orders_do_not_grow(self):
        order = self._quotation(self.free)
        order.action_confirm()
        self._restrict(self.free)
        line = order.order_line
        for vals in (
            {"order_line": [Command.create({"product_id": self.product.id})]},
            {"order_line": [Command.update(line.id, {"product_uom_qty": 2})]},
            {"order_line": [Command.update(line.id, {"price_unit": 101})]},
        ):
            with self.assertRaises(UserError):
                order.with_user(self.seller).write(vals)
        with self.assertRaises(UserError):
            line.with_user(self.seller).price_unit = 101
        self.env.invalidate_all()
        self.assertEqual(order.amount_total, 100)
        line.with_user(self.seller).product_uom_qty = 0.5
        self.assertEqual(order.amount_total, 50)

    def test_other_confirmed_orders_grow(self):
        orders = self.env["sale.order"].concat(*map(self._quotation, (self.free, self.warned)))
        orders.action_confirm()
        for order in orders:
            order.order_line.with_user(self.seller).product_uom_qty = 3
            order.with_user(self.seller).write({"order_line": [Command.create({"product_id": self.product.id})]})
            self.assertEqual(order.amount_total, 400)

    def test_cost(self):
        orders = [
            self.env["sale.order"].concat(*(self._quotation(self._customer()) for _number in range(count)))
            for count in (2, 22)
        ]

        def ask(records):
            records._get_restrictions()
            records.mapped(lambda order: order._get_restrictions())

        few, many = (
            self._count(partial(ask, records), prepare=partial(records.mapped, "partner_id.commercial_partner_id"))
            for records in orders
        )
        self._assert_same_cost(few, many)

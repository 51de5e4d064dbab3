# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class PaymentTransaction(models.Model):
    """A payment in the portal is recorded whatever holds the order; the order waits for people to decide."""

    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """Leaves blocked quotations as they are: the error would undo the record of the payment."""
        held = self.filtered(
            lambda transaction: transaction.sale_order_ids.filtered(
                lambda order: order.state in ("draft", "sent")
            )._filter_blocked()
        )
        held.sale_order_ids._filter_blocked()._hold(self.env._("Paid by the customer, but not confirmed."))
        return super(PaymentTransaction, self - held)._check_amount_and_confirm_order()

    def _invoice_sale_orders(self):
        """Leaves orders without an invoice whose invoices would be blocked."""
        held = self.filtered(lambda transaction: transaction.sale_order_ids._filter_blocked_invoicing())
        return super(PaymentTransaction, self - held)._invoice_sale_orders()

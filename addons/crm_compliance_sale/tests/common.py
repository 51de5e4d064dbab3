# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.fields import Command

from odoo.addons.crm_compliance.tests.common import RestrictionCommon


class SaleRestrictionCommon(RestrictionCommon):
    """Quotations of the blocked, the warned and the free customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls.user["sales"]
        cls.product = cls.env["product.product"].create({"name": "Goods", "list_price": 100, "taxes_id": False})

    @classmethod
    def _quotation(cls, partner, amount=100, **vals):
        return cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "company_id": cls.company.id,
                "user_id": cls.seller.id,
                "order_line": [
                    Command.create({"product_id": cls.product.id, "price_unit": amount, "tax_ids": [Command.clear()]})
                ],
                **vals,
            }
        )

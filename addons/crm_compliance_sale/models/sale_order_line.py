# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        """:raises UserError: if a confirmed order of a blocked customer would grow"""
        orders = self.env["sale.order"].browse({vals["order_id"] for vals in vals_list if vals.get("order_id")})
        with orders._enforcing_amount():
            return super().create(vals_list)

    def write(self, vals):
        """:raises UserError: if a confirmed order of a blocked customer would grow"""
        if not {"product_uom_qty", "price_unit", "discount", "tax_ids", "product_id"} & set(vals):
            return super().write(vals)
        with self.order_id._enforcing_amount():
            return super().write(vals)

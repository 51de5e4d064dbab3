# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class ComplianceProfile(models.Model):
    """A quotation makes a prospect, as a lead does."""

    _inherit = "compliance.profile"

    @api.model
    def _open_missing(self):
        """Opens the dossiers of customers with a quotation as well.

        :return: number of dossiers opened
        """
        self.env["sale.order"].flush_model()
        return super()._open_missing() + self._open(
            SQL(
                "SELECT partner.commercial_partner_id AS partner_id, sale_order.company_id FROM sale_order"
                " JOIN res_partner partner ON partner.id = sale_order.partner_id"
            )
        )

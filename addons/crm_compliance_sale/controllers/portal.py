# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.sale.controllers.portal import CustomerPortal


class ComplianceSalePortal(CustomerPortal):
    @route()
    def portal_quote_accept(self, order_id, access_token=None, name=None, signature=None):
        """A quotation that is held is not signed: the customer is asked to get in touch, and colleagues are told."""
        access_token = access_token or request.httprequest.args.get("access_token")
        try:
            order_sudo = self._document_check_access("sale.order", order_id, access_token=access_token)
        except (AccessError, MissingError):
            order_sudo = request.env["sale.order"]
        if order_sudo and order_sudo._has_to_be_signed() and order_sudo._filter_blocked():
            order_sudo._hold(request.env._("The customer wanted to sign."))
            return {"error": request.env._("This quotation cannot be confirmed online; please contact us.")}
        return super().portal_quote_accept(order_id, access_token=access_token, name=name, signature=signature)

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models

from ..dossier.res_partner import GROUPS
from ..dossier_field import DossierSelection


class ResPartner(models.Model):
    """Restrictions stay with a customer that is merged, attached to a company, or moved to another company."""

    _inherit = "res.partner"

    compliance_restriction_level = DossierSelection(related="compliance_profile_id.restriction_level", groups=GROUPS)

    def _get_compliance_restrictions(self):
        """All restrictions of these partners, as superuser."""
        return self.env["compliance.restriction"].sudo().search([("partner_id", "in", self.ids)])

    def _move_dossiers_to(self, entity):
        restrictions = self._get_compliance_restrictions()
        restrictions._move_to(partner_id=entity.id)
        exceptions = self.env["compliance.restriction.exception"].sudo().search([("partner_id", "in", self.ids)])
        exceptions._write_decision({"partner_id": entity.id})
        self.env.flush_all()
        result = super()._move_dossiers_to(entity)
        restrictions._relink()
        return result

    def _move_dossiers_to_company(self):
        restrictions = self._get_compliance_restrictions()
        for restriction in restrictions:
            if restriction.company_id != restriction.partner_id.company_id:
                restriction._move_to(company_id=restriction.partner_id.company_id.id)
        self.env.flush_all()
        result = super()._move_dossiers_to_company()
        restrictions._relink()
        return result

    def _rehome_dossiers(self, before):
        """A contact that leaves a restricted customer to be one of its own takes the restrictions along."""
        result = super()._rehome_dossiers(before)
        for partner, entity in before.items():
            if entity != partner and partner.commercial_partner_id == partner:
                entity._get_compliance_restrictions().filtered("is_effective")._carry_to(partner)
        return result

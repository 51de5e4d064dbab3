# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.tools import SQL

from .common import ComplianceCommon


class RiskCommon(ComplianceCommon):
    """A customer without history, and helpers that make risk models and put figures into dossiers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["compliance.criterion"].search([]).active = False
        cls.models = cls.env["compliance.risk.model"]
        cls.customer = cls._customer(country_id=cls.env.ref("base.be").id)
        cls.dossier = cls._dossier(cls.customer)

    @classmethod
    def _model(cls, *factors, activate=True, company=None, **vals):
        """A risk model of the tests' company. Factors are dicts; code and name are made up where not given."""
        model = cls.models.create(
            {
                "name": "Test",
                "company_id": (company or cls.company).id,
                "factor_ids": [
                    (0, 0, {"code": f"F{number}", "name": f"Factor {number}", **factor})
                    for number, factor in enumerate(factors)
                ],
                **vals,
            }
        )
        if activate:
            model.action_activate()
        return model

    @classmethod
    def _set_figures(cls, profile=None, **figures):
        """Puts figures into a dossier, past the refresh."""
        profile = profile or cls.dossier
        profile.flush_recordset()
        cls.env.cr.execute(
            SQL(
                "UPDATE compliance_profile SET %s WHERE id = ANY(%s)",
                SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in figures.items()),
                profile.ids,
            )
        )
        profile.invalidate_recordset()

    def _score(self, profile=None, **figures):
        """Level after scoring a dossier with these figures."""
        profile = profile or self.dossier
        if figures:
            self._set_figures(profile, **figures)
        self.profiles._score(profile.partner_id)
        return profile.risk_level

    def _snapshots(self, profile=None):
        return self.env["compliance.risk.snapshot"].search(
            [("profile_id", "=", (profile or self.dossier).id)], order="id"
        )

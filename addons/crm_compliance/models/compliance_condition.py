# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models


class ComplianceCondition(models.AbstractModel):
    """For models with conditions on records. A field may go with its add-on, and a condition with it: whoever is
    responsible for the condition is told where it is edited.
    """

    _name = "compliance.condition"
    _description = "Condition"

    # Names of the fields that hold the conditions.
    _condition_fields = ()

    condition_fault = fields.Char(
        string="Fault", compute="_compute_condition_fault", help="Why a condition cannot be evaluated."
    )

    @api.depends(lambda self: self._condition_fields)
    def _compute_condition_fault(self):
        for record in self:
            record.condition_fault = record._get_condition_fault()

    def _get_condition_fault(self):
        """:return: why a condition cannot be evaluated; False if all can"""
        try:
            self._try_conditions()
        except Exception as error:
            # Whatever a half-typed condition or one on what is gone raises, from syntax to unknown fields.
            return str(error)
        return False

    def _try_conditions(self):
        """Evaluates the conditions, and raises whatever that raises."""
        raise NotImplementedError

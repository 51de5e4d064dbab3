# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models

MANAGER = "crm_compliance.group_compliance_manager"


class ComplianceDecision(models.AbstractModel):
    """Something one person asks for and a manager decides on. What was decided is set by the deciding methods only: a
    write, an import, a default or another add-on's flow does not get past ``write`` and ``create``.
    """

    _name = "compliance.decision"
    _description = "Asked for by One, Decided by Another"
    _inherit = ["compliance.notice"]
    # Names of the fields that only the deciding methods set.
    _decided_fields = frozenset()

    @api.model
    def _get_context_defaults(self):
        """Names of the fields that the context would fill."""
        return {key.removeprefix("default_") for key in self.env.context if key.startswith("default_")}

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: if a decision is given"""
        if self._decided_fields & self._get_context_defaults().union(*vals_list):
            self._refuse_decision()
        return super().create(vals_list)

    def write(self, vals):
        """:raises AccessError: if a decision is given
        :raises UserError: if it was decided already
        """
        if not self:  # Odoo's merge wizard writes nothing to nobody
            return True
        if self._decided_fields & set(vals):
            self._refuse_decision()
        if self._is_chatter(vals):
            return super().write(vals)
        self.check_access("write")  # before anything is told about the state
        self._check_undecided()
        return super().write(self._prepare_request(vals))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self._check_undecided()

    def _write_decision(self, vals):
        """Past all ``write`` that refuses decisions."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _create_request(self, vals_list):
        """Past the ``create`` that refuses decisions."""
        return super().create(vals_list)  # pylint: disable=super-method-mismatch

    @api.model
    def _is_chatter(self, vals):
        return all(name.startswith(("message_", "activity_", "website_message_")) for name in vals)

    def _prepare_request(self, vals):
        """What is written for somebody who changes a request: hook to make that person the one who asks."""
        return vals

    def _check_undecided(self):
        """:raises UserError: if it was decided already"""
        raise NotImplementedError

    @api.model
    def _refuse_decision(self):
        """:raises AccessError: saying who decides instead"""
        raise NotImplementedError

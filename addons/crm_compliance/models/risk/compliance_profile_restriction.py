# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .compliance_restriction import LEVELS


class ComplianceProfile(models.Model):
    """Restrictions of a customer, as its dossier shows them."""

    _inherit = "compliance.profile"

    restriction_ids = fields.One2many("compliance.restriction", "profile_id", string="Restrictions")
    restriction_count = fields.Integer(compute="_compute_restriction_count", string="Restrictions in Force")
    restriction_level = fields.Selection(
        LEVELS,
        string="Restriction",
        compute="_compute_restriction_level",
        search="_search_restriction_level",
        compute_sudo=True,
    )

    def _compute_restriction_count(self):
        counts = dict(
            self.env["compliance.restriction"]._read_group(
                [("profile_id", "in", self.ids), ("is_effective", "=", True)], ["profile_id"], ["__count"]
            )
        )
        for profile in self:
            profile.restriction_count = counts.get(profile, 0)

    @api.depends("restriction_ids.is_effective", "restriction_ids.level")
    def _compute_restriction_level(self):
        for profile in self:
            levels = set(profile.restriction_ids.filtered("is_effective").mapped("level"))
            profile.restriction_level = next(filter(levels.__contains__, ("block", "warn")), False)

    def _search_restriction_level(self, operator, value):
        if operator != "in":
            return NotImplemented
        # Whoever sees the level may search for it; the restrictions themselves may be somebody else's to read.
        effective = Domain("restriction_ids", "any!", [("is_effective", "=", True)])
        block = Domain("restriction_ids", "any!", [("is_effective", "=", True), ("level", "=", "block")])
        domains = {"block": block, "warn": effective & ~block, False: ~effective}
        return Domain.OR(domains[level] for level in value if level in domains)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_restricted(self):
        restricted = self.sudo().filtered("restriction_ids")
        if restricted:
            raise UserError(
                self.env._(
                    "The dossiers of %s hold restrictions and cannot be deleted.",
                    ", ".join(restricted[:5].mapped("display_name")),
                )
            )

    def _merge_into(self, target):
        """Restrictions go along with the dossier."""
        restrictions = self.sudo().restriction_ids
        restrictions._move_to(partner_id=target.partner_id.id, company_id=target.company_id.id)
        self.env.flush_all()
        return super()._merge_into(target)

    def _get_banner_messages(self):
        """Whoever deals with a restricted customer is told so, and the reason as far as it is theirs to know."""
        restrictions = self.sudo().restriction_ids.filtered("is_effective")
        if not restrictions:
            return super()._get_banner_messages()
        readable = restrictions.sudo(False)._filtered_access("read")
        messages = [
            {
                "code": f"restriction_{restriction.id}",
                "level": "danger" if restriction.level == "block" else "warning",
                "text": ": ".join(
                    filter(
                        None,
                        (
                            self.env._(
                                "%(restriction)s (%(scope)s)",
                                restriction=restriction.display_name,
                                scope=restriction.scope,
                            ),
                            restriction.reason if restriction in readable else restriction.reason_public,
                        ),
                    )
                ),
            }
            for restriction in restrictions.sorted("level")
        ]
        return messages + super()._get_banner_messages()

    def action_view_restrictions(self):
        """The restrictions of the customer, past ones included."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_restriction_action")
        return {
            **action,
            "domain": [("profile_id", "=", self.id)],
            "context": {"default_partner_id": self.partner_id.id, "default_company_id": self.company_id.id},
        }

    @api.model
    def _cron_refresh_all(self):
        """Exceptions nobody used in time end at night."""
        self.env["compliance.restriction.exception"]._expire()
        return super()._cron_refresh_all()

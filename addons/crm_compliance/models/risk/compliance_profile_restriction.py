# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

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

    @api.depends("restriction_ids.is_effective", "restriction_ids.level", "partner_id", "company_id")
    def _compute_restriction_level(self):
        held = self._get_held_restrictions()
        for profile in self:
            levels = set(held[profile].mapped("level"))
            profile.restriction_level = next(filter(levels.__contains__, ("block", "warn")), False)

    def _search_restriction_level(self, operator, value):
        if operator != "in":
            return NotImplemented
        effective = self._get_restricted_domain(SQL("TRUE"))
        block = self._get_restricted_domain(SQL("restriction.level = 'block'"))
        domains = {"block": block, "warn": effective & ~block, False: ~effective}
        return Domain.OR(domains[level] for level in value if level in domains)

    @api.model
    def _get_restricted_domain(self, scope):
        """Dossiers for which such restrictions are effective, be they imposed in a parent company. Whoever sees the
        level may search for it; the restrictions themselves may be somebody else's to read.
        """
        restrictions = self.env["compliance.restriction"]
        restrictions.flush_model()
        return Domain(
            "id",
            "in",
            SQL(
                "(SELECT held.id FROM compliance_profile held JOIN (%s) effective USING (partner_id, company_id))",
                restrictions._effective_query(scope),
            ),
        )

    def _get_held_restrictions(self):
        """What is effective today, by the same look-up as documents are checked by: dict of dossier -> restrictions, as
        superuser.
        """
        restrictions = self.env["compliance.restriction"].sudo()
        effective = restrictions._get_effective(self._origin.partner_id.ids)
        return {
            profile: restrictions.browse(
                restriction_id
                for restriction_id, company_id in effective.get(profile.partner_id._origin.id, ())
                if company_id == profile.company_id._origin.id
            ).sorted("id", reverse=True)
            for profile in self
        }

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
        restrictions = self._get_held_restrictions()[self]
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

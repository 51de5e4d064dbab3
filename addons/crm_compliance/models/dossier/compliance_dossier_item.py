# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

_logger = logging.getLogger(__name__)


class ComplianceDossierItem(models.Model):
    """What a complete dossier holds: a condition on the customer and its weight."""

    _name = "compliance.dossier.item"
    _description = "Dossier Item"
    _inherit = ["compliance.condition"]
    _order = "sequence, id"
    _condition_fields = ("present_domain",)

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: the item of all companies.")
    weight = fields.Float(default=1.0, required=True)
    partner_type = fields.Selection(
        [("any", "All Customers"), ("company", "Companies"), ("person", "Individuals")],
        string="Expected of",
        required=True,
        default="any",
    )
    present_domain = fields.Char(string="Present if", required=True, default="[]")

    _weight_positive = models.Constraint("CHECK(weight > 0)", "The weight of a dossier item must be above 0.")

    @api.constrains("present_domain")
    def _check_present_domain(self):
        for item in self:
            if fault := item._get_condition_fault():
                raise ValidationError(
                    self.env._(
                        "The condition of the dossier item %(item)s cannot be evaluated: %(error)s",
                        item=item.name,
                        error=fault,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        items = super().create(vals_list)
        self._after_change()
        return items

    def write(self, vals):
        result = super().write(vals)
        if not set(vals) <= {"name", "sequence"}:
            self._after_change()
        return result

    def unlink(self):
        result = super().unlink()
        self._after_change()
        return result

    def _try_conditions(self):
        self.env["res.partner"]._check_condition_sql(self._get_condition_sql())

    def _get_present_sql(self):
        """Condition on ``res_partner``: is the item there? A field may have gone with its add-on: what cannot be
        told any more counts as missing, and the others are looked for.
        """
        try:
            return self._get_condition_sql()
        except Exception as error:
            # Whatever a condition on what is gone raises: one more kind would keep dossiers from being refreshed.
            _logger.warning("The dossier item %s counts as missing, its condition is none: %s", self.name, error)
            return SQL("FALSE")

    def _get_condition_sql(self):
        return self.env["res.partner"]._get_condition_sql(Domain(literal_eval(self.present_domain or "[]")))

    def _get_applies_sql(self):
        """Condition on ``profile`` and ``res_partner``: is the item expected of this customer?"""
        self.ensure_one()
        condition = {
            "any": SQL("TRUE"),
            "company": SQL("res_partner.is_company"),
            "person": SQL("res_partner.is_company IS NOT TRUE"),
        }[self.partner_type]
        if self.company_id:
            condition = SQL("%s AND profile.company_id = %s", condition, self.company_id.id)
        return condition

    @api.model
    @ormcache()
    def _get_watched_fields(self):
        """Names of the partner fields the items and criteria look at: a change of one calls for a refresh."""
        domains = [item.present_domain for item in self.sudo().search([])]
        for criterion in self.env["compliance.criterion"].sudo().search([]):  # pylint: disable=no-search-all
            domains += [criterion.met_domain, criterion.domain]
        conditions = (
            condition for text in domains for condition in Domain(literal_eval(text or "[]")).iter_conditions()
        )
        return frozenset(
            {condition.field_expr.split(".")[0] for condition in conditions}
            | {"country_id", "active", "user_id", "credit_limit"}
        )

    @api.model
    def _get_completeness_sql(self):
        """Expression over ``profile`` and ``res_partner``: weight of the items present, in % of those expected."""
        items = self.sudo().search([("active", "=", True)])
        if not items:
            return SQL("100.0")
        expected = SQL(" + ").join(
            SQL("CASE WHEN %s THEN %s ELSE 0 END", item._get_applies_sql(), item.weight) for item in items
        )
        present = SQL(" + ").join(
            SQL(
                "CASE WHEN %s AND %s THEN %s ELSE 0 END",
                item._get_applies_sql(),
                item._get_present_sql(),
                item.weight,
            )
            for item in items
        )
        return SQL("COALESCE(ROUND((100.0 * (%s) / NULLIF(%s, 0))::numeric, 1), 100)", present, expected)

    @api.model
    def _after_change(self):
        """Zone and completeness of all dossiers may differ now, and other partner fields matter."""
        self.env.registry.clear_cache()
        self.env["compliance.refresh.queue"]._enqueue_all()

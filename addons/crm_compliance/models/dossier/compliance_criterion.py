# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class ComplianceCriterion(models.Model):
    """What a standard customer must meet; the answers of all applicable criteria make up the zone of a dossier."""

    _name = "compliance.criterion"
    _description = "Customer Criterion"
    _inherit = ["compliance.condition"]
    _order = "sequence, id"
    _condition_fields = ("met_domain", "domain")

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Short name used in lists and integrations.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: the criterion of all companies.")
    description = fields.Html(translate=True, help="What to look at, and which evidence to keep.")
    kind = fields.Selection(
        [("manual", "Answered by a person"), ("domain", "Evaluated on the customer")],
        required=True,
        default="manual",
    )
    met_domain = fields.Char(
        string="Met if", help="Condition on the customer; met by those it selects, unmet by all others."
    )
    knockout = fields.Boolean(string="Knock-Out", help="If unmet, the customer is non-compliant instead of grey.")
    uncertainty = fields.Selection(
        [("legal", "Legal"), ("ethical", "Ethical"), ("business_rule", "Business Rule")],
        default="business_rule",
        required=True,
        help="Where the uncertainty lies when the criterion is not met.",
    )
    country_ids = fields.Many2many(
        "res.country", string="Countries", help="Applies to customers of these countries only. Empty: of all countries."
    )
    domain = fields.Char(string="Applies to", default="[]", help="Customers the criterion applies to.")
    evidence_required = fields.Boolean(help="An answer needs evidence: a text or a document.")
    validity_months = fields.Integer(
        string="Valid for (months)", help="After this time an answer expires and counts as unknown. 0: never."
    )
    check_ids = fields.One2many("compliance.criterion.check", "criterion_id", string="Checks")
    unmet_count = fields.Integer(compute="_compute_unmet_count")

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Another criterion has this code already."
    )
    _validity_positive = models.Constraint("CHECK(validity_months >= 0)", "The validity cannot be negative.")

    @api.depends("name", "code")
    def _compute_display_name(self):
        for criterion in self:
            criterion.display_name = f"[{criterion.code}] {criterion.name}" if criterion.code else criterion.name

    def _compute_unmet_count(self):
        counts = dict(
            self.env["compliance.criterion.check"]._read_group(
                [("criterion_id", "in", self.ids), ("is_applicable", "=", True), ("result", "=", "unmet")],
                ["criterion_id"],
                ["__count"],
            )
        )
        for criterion in self:
            criterion.unmet_count = counts.get(criterion, 0)

    @api.constrains("kind", "met_domain", "domain")
    def _check_domains(self):
        for criterion in self:
            for fname in self._condition_fields:
                criterion._check_partner_domain(fname)
            if criterion.kind == "domain" and criterion._parse_domain("met_domain").is_true():
                raise ValidationError(
                    self.env._("%(criterion)s needs a condition under which it is met.", criterion=criterion.name)
                )

    def _check_partner_domain(self, fname):
        """:raises ValidationError: if the condition cannot be evaluated on customers"""
        try:
            self.env["res.partner"]._check_condition_sql(self._get_condition_sql(fname))
        except Exception as error:
            # Whatever a half-typed condition raises, from syntax to unknown fields, is the user's to mend.
            raise ValidationError(
                self.env._(
                    'The condition "%(field)s" of %(criterion)s cannot be evaluated: %(error)s',
                    field=self._fields[fname]._description_string(self.env),
                    criterion=self.name,
                    error=str(error),
                )
            ) from error

    @api.model_create_multi
    def create(self, vals_list):
        criteria = super().create(vals_list)
        self._after_change()
        return criteria

    def write(self, vals):
        result = super().write(vals)
        if not set(vals) <= {"name", "description", "sequence"}:
            self._after_change()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        if (
            self.env["compliance.criterion.check"]
            .sudo()
            .with_context(active_test=False)
            .search_count([("criterion_id", "in", self.ids), ("checked_on", "!=", False)], limit=1)
        ):
            raise ValidationError(
                self.env._("Criteria that were answered are part of the record: archive them instead.")
            )

    def action_view_checks(self):
        """The customers that do not meet the criterion."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_criterion_check_action")
        return {**action, "domain": [("criterion_id", "=", self.id), ("is_applicable", "=", True)]}

    def _try_conditions(self):
        for fname in self._condition_fields:
            self._get_condition_sql(fname)

    def _parse_domain(self, fname):
        self.ensure_one()
        return Domain(literal_eval(self[fname] or "[]"))

    def _get_condition_sql(self, fname):
        """Condition on ``res_partner``, archived ones included: is the customer one a condition selects?"""
        domain = self._parse_domain(fname)
        if fname == "domain" and self.country_ids:
            domain &= Domain("country_id", "in", self.country_ids.ids)
        partners = self.env["res.partner"]
        if self.company_id:
            partners = partners.with_company(self.company_id)
        return partners._get_condition_sql(domain)

    def _get_target_sql(self):
        """What the check of this criterion should say of a customer, as a row over ``profile`` and ``res_partner``:
        criterion_id, sequence, knockout, applies, evaluation (NULL where a person answers).
        """
        self.ensure_one()
        applies, result = self._get_verdict_sql()
        if self.company_id:
            applies = SQL("(profile.company_id = %s AND %s)", self.company_id.id, applies)
        return SQL("(%s, %s, %s, (%s) IS TRUE, %s)", self.id, self.sequence, self.knockout, applies, result)

    def _get_verdict_sql(self):
        """Whether the criterion applies to a customer, and whether it is met. A field may have gone with its add-on:
        what cannot be told any more applies to everybody and is unknown, and the other criteria are evaluated.
        """
        by_person = SQL("NULL::varchar")
        try:
            applies = self._get_condition_sql("domain")
            if self.kind == "manual":
                return applies, by_person
            met = self._get_condition_sql("met_domain")
            return applies, SQL("CASE WHEN %s THEN 'met' ELSE 'unmet' END", met)
        except Exception as error:
            # Whatever a condition on what is gone raises: one more kind would keep dossiers from being refreshed.
            _logger.warning("The criterion %s is unknown, its condition is none: %s", self.code, error)
            return SQL("TRUE"), by_person if self.kind == "manual" else SQL("'unknown'")

    @api.model
    def _after_change(self):
        """Zone and completeness of all dossiers may differ now, and other partner fields matter."""
        self.env.registry.clear_cache()
        self.env["compliance.refresh.queue"]._enqueue_all()

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, formatLang

from ..dossier.compliance_profile import RISK_LEVELS

CATEGORIES = [
    ("legal", "Legal"),
    ("market", "Market"),
    ("operational", "Operational"),
    ("credit", "Credit"),
    ("reputation", "Reputation"),
    ("geography", "Geography"),
    ("channel", "Channel"),
    ("conduct", "Conduct"),
]
COMPARISONS = [
    (">", "over"),
    (">=", "at least"),
    ("<", "under"),
    ("<=", "at most"),
    ("between", "between"),
    ("in", "one of"),
    ("set", "is set"),
]
NUMERIC = (">", ">=", "<", "<=", "between", "set")
# What the value of a signal can be compared with.
ALLOWED = {
    "number": NUMERIC,
    "boolean": ("set",),
    "choice": ("in", "set"),
    "country": ("in", "set"),
    "industry": ("in", "set"),
}
OPERATORS = {">": SQL(">"), ">=": SQL(">="), "<": SQL("<"), "<=": SQL("<=")}
RANKS = {code: rank for rank, (code, _label) in enumerate(RISK_LEVELS, start=1)}


class ComplianceRiskFactor(models.Model):
    """A rule of a risk model: if a signal compares so, the customer gets these points, and perhaps a lowest level."""

    _name = "compliance.risk.factor"
    _description = "Risk Factor"
    _order = "sequence, id"
    _check_company_auto = True

    model_id = fields.Many2one(
        "compliance.risk.model", string="Risk Model", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="model_id.company_id")
    state = fields.Selection(related="model_id.state", string="Model State")
    sequence = fields.Integer(default=10)
    code = fields.Char(required=True, help="Short name used in lists and integrations.")
    name = fields.Char(required=True, translate=True)
    category = fields.Selection(CATEGORIES, required=True, default="credit")
    signal = fields.Selection(selection="_get_signal_selection", required=True, help="The figure the factor looks at.")
    signal_kind = fields.Char(compute="_compute_signal_kind")
    signal_unit = fields.Char(compute="_compute_signal_kind")
    comparison = fields.Selection(COMPARISONS, required=True, default=">=")
    value = fields.Float(help="In the unit of the signal: days, %, or the company's currency.")
    value_to = fields.Float("And", help="Upper end, included.")
    choices = fields.Char("Any of", help="Codes, separated by commas.")
    choices_available = fields.Json("Choose from", compute="_compute_signal_kind")
    country_ids = fields.Many2many("res.country", string="Countries")
    industry_ids = fields.Many2many("res.partner.industry", string="Industries")
    points = fields.Integer(required=True, default=10, help="0 to 100. The points of all factors that apply add up.")
    floor = fields.Selection(
        RISK_LEVELS[1:], string="At Least", help="Whoever the factor applies to is at least at this level."
    )
    reason = fields.Char(
        translate=True,
        help="How the dossier says it, e.g. Pays {value} beyond terms. Without: the name and the value.",
    )
    source = fields.Text(translate=True, help="Why this factor, and on what authority.")
    condition_text = fields.Char("Condition", compute="_compute_condition_text")

    _code_uniq = models.UniqueIndex("(model_id, code)", "Another factor of the risk model has this code already.")
    _points_range = models.Constraint("CHECK(points BETWEEN 0 AND 100)", "Points are from 0 to 100.")

    @api.depends("signal")
    def _compute_signal_kind(self):
        signals = self._get_risk_signals()
        for factor in self:
            signal = signals.get(factor.signal, {})
            factor.signal_kind = signal.get("kind")
            factor.signal_unit = signal.get("unit")
            factor.choices_available = [list(choice) for choice in signal.get("choices", ())]

    @api.depends("signal", "comparison", "value", "value_to", "choices", "country_ids", "industry_ids")
    @api.depends_context("lang")
    def _compute_condition_text(self):
        signals = self._get_risk_signals()
        for factor in self:
            signal = signals.get(factor.signal)
            unit = " (%)" if signal and signal.get("unit") == "%" and "%" not in signal["label"] else ""
            factor.condition_text = signal and f"{signal['label']}{unit}: {factor._get_threshold_text()}"

    @api.constrains("signal", "comparison", "value", "value_to", "choices", "country_ids", "industry_ids")
    def _check_comparison(self):
        signals = self._get_risk_signals()
        for factor in self:
            signal = signals[factor.signal]
            if factor.comparison not in ALLOWED[signal["kind"]]:
                raise ValidationError(
                    self.env._(
                        "%(factor)s: %(signal)s cannot be compared that way.",
                        factor=factor.name,
                        signal=signal["label"],
                    )
                )
            if factor.comparison == "between" and factor.value_to < factor.value:
                raise ValidationError(self.env._("%(factor)s: the range ends before it begins.", factor=factor.name))
            if factor.comparison == "in":
                factor._check_listed(signal)

    def _check_listed(self, signal):
        """:raises ValidationError: if nothing is listed, or something that does not exist"""
        listed = self._get_threshold()
        if not listed:
            raise ValidationError(self.env._("%(factor)s: choose at least one value.", factor=self.name))
        if signal["kind"] == "choice":
            unknown = set(listed) - {code for code, _label in signal["choices"]}
            if unknown:
                raise ValidationError(
                    self.env._(
                        "%(factor)s: %(unknown)s is not among %(choices)s.",
                        factor=self.name,
                        unknown=", ".join(sorted(unknown)),
                        choices=", ".join(code for code, _label in signal["choices"]),
                    )
                )

    @api.constrains("signal", "points", "floor", "model_id")
    def _check_country_alone(self):
        for factor in self:
            if factor.signal == "country" and factor.floor in ("high", "critical"):
                raise ValidationError(
                    self.env._("%(factor)s: the country alone never makes a customer high risk.", factor=factor.name)
                )
        self.model_id._check_country_alone()

    @api.constrains("code")
    def _check_code(self):
        for factor in self:
            if not factor.code.strip():
                raise ValidationError(self.env._("A factor needs a code."))

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raises UserError: if the risk model is not a draft any more"""
        factors = super().create(vals_list)
        factors._check_model_is_draft()
        return factors

    def write(self, vals):
        """:raises UserError: if the risk model is not a draft any more"""
        self._check_model_is_draft()
        if "model_id" in vals:
            self.new({"model_id": vals["model_id"]})._check_model_is_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self._check_model_is_draft()

    def _update_field_translations(self, field_name, translations, *args, **kwargs):
        self._check_model_is_draft()
        return super()._update_field_translations(field_name, translations, *args, **kwargs)

    def _check_model_is_draft(self):
        # Locked: or somebody could put the version into force meanwhile.
        models_sudo = self.model_id._origin.sudo()
        models_sudo._lock()
        models_sudo._check_draft()

    # -------------------------------------------------------------------------
    # SCORING
    # -------------------------------------------------------------------------

    def _filter_tellable(self, as_of):
        """The factors whose signal can be told for a day; all of them as the dossiers stand."""
        signals = self._get_risk_signals()
        return self.filtered(
            lambda factor: factor.signal in signals and (as_of is None or signals[factor.signal]["past"])
        )

    def _get_threshold(self):
        """What the signal is compared with: a number, a pair, or a list; None if it only has to be there."""
        self.ensure_one()
        if self.comparison == "set":
            return None
        if self.comparison == "between":
            return [self.value, self.value_to]
        if self.comparison != "in":
            return self.value
        if self.signal_kind == "country":
            return self.country_ids.ids
        if self.signal_kind == "industry":
            return self.industry_ids.ids
        return [code.strip() for code in (self.choices or "").split(",") if code.strip()]

    def _get_condition_sql(self):
        """Condition over the signals' values: does the factor apply?"""
        self.ensure_one()
        value, threshold = SQL.identifier(self.signal), self._get_threshold()
        if self.comparison == "set":
            return {"number": SQL("%s <> 0", value), "boolean": SQL("%s IS TRUE", value)}.get(
                self.signal_kind, SQL("%s IS NOT NULL", value)
            )
        if self.comparison == "between":
            return SQL("%s BETWEEN %s AND %s", value, *map(self._get_number_sql, threshold))
        if self.comparison == "in":
            return SQL("%s = ANY(%s)", value, threshold)
        return SQL("%s %s %s", value, OPERATORS[self.comparison], self._get_number_sql(threshold))

    @api.model
    def _get_number_sql(self, number):
        # As a text: a binary fraction would be compared bit by bit.
        return SQL("%s::numeric", f"{number:.6f}")

    def _get_points_sql(self):
        terms = [
            SQL("CASE WHEN %s THEN %s ELSE 0 END", factor._get_condition_sql(), factor.points)
            for factor in self
            if factor.points
        ]
        return SQL(" + ").join(terms) if terms else SQL("0")

    def _get_floor_sql(self):
        """The highest lowest level, 1 to 4."""
        terms = [
            SQL("CASE WHEN %s THEN %s END", factor._get_condition_sql(), RANKS[factor.floor])
            for factor in self
            if factor.floor
        ]
        return SQL("GREATEST(1, %s)", SQL(", ").join(terms)) if terms else SQL("1")

    def _get_hits_sql(self):
        """The factors that apply, as a JSON object of factor id to value: all that is not said by the rules already.
        A factor never applies to a value that is NULL.
        """
        pairs = [
            SQL(
                "%s, CASE WHEN %s THEN %s END",
                str(factor.id),
                factor._get_condition_sql(),
                SQL.identifier(factor.signal),
            )
            for factor in self
        ]
        # PostgreSQL calls functions with 100 arguments at most.
        objects = [
            SQL("JSONB_STRIP_NULLS(JSONB_BUILD_OBJECT(%s))", SQL(", ").join(pairs[start : start + 50]))
            for start in range(0, len(pairs), 50)
        ]
        return SQL(" || ").join(objects) if objects else SQL("'{}'::jsonb")

    # -------------------------------------------------------------------------
    # RULES AND REASONS
    # -------------------------------------------------------------------------

    def _prepare_rules(self):
        """These factors as plain data, in their order: what a version keeps when it is put into force."""
        return [
            {
                "factor": factor.id,
                "code": factor.code,
                "name": factor.name,
                "signal": factor.signal,
                "comparison": factor.comparison,
                "threshold": factor._get_threshold(),
                "points": factor.points,
                "floor": factor.floor or None,
            }
            for factor in self.with_context(lang="en_US")
        ]

    @api.model
    def _prepare_reasons(self, hits, rules):
        """Why a score is what it is.

        :param dict hits: factor id (text) -> value, of the factors that apply; see ``_get_hits_sql``
        :param list rules: see ``_prepare_rules``
        :return: list of the rules that apply, each with its value; None where nothing was scored. A field holds no
            empty list: where no rule applies it reads False.
        """
        if hits is None or hits is False:
            return None
        return [{**rule, "value": hits[str(rule["factor"])]} for rule in rules if str(rule["factor"]) in hits]

    # -------------------------------------------------------------------------
    # READING
    # -------------------------------------------------------------------------

    @api.model
    def _render_reasons(self, reasons, currency):
        """The reasons as sentences in the reader's language, the weightiest first; steps of one measure are one reason.

        :param reasons: list as kept in ``risk_reasons``
        :param currency: of amounts
        :return: list of texts such as "Pays 23 days beyond terms (over 15): +20"
        """
        # Whoever may read the reasons may read the rules behind them, whatever company is chosen.
        factors = {factor.id: factor for factor in self.sudo().browse({r["factor"] for r in reasons}).exists()}
        signals = self._get_risk_signals()
        merged = self._merge_steps(reasons)
        ordered = sorted(merged, key=lambda reason: (-RANKS.get(reason["floor"], 0), -reason["points"]))
        return [
            (factors.get(reason["factor"]) or self.browse())._render_reason(
                reason, signals.get(reason["signal"], {}), currency
            )
            for reason in ordered
        ]

    @api.model
    def _merge_steps(self, reasons):
        """Of the steps of one measure that were reached the farthest, with the points of all and the highest floor.

        :param reasons: list as kept in ``risk_reasons``
        :return: list like it, shorter where a measure has several steps
        """
        steps = defaultdict(list)
        for index, reason in enumerate(reasons):
            direction = reason["comparison"][0] if reason["comparison"] in OPERATORS else index
            steps[reason["signal"], direction].append(reason)
        return [
            {
                **(min if direction == "<" else max)(group, key=lambda reason: reason["threshold"]),
                "points": sum(reason["points"] for reason in group),
                "floor": max((reason["floor"] for reason in group), key=lambda floor: RANKS.get(floor, 0)),
            }
            for (_signal, direction), group in steps.items()
        ]

    def _render_reason(self, reason, signal, currency):
        value = self._format_value(signal, reason["value"], currency)
        text = self.name or reason["name"]
        if self.reason:
            text = self.reason.replace("{value}", value)
        elif signal.get("kind") != "boolean":
            text = self.env._("%(name)s: %(value)s", name=text, value=value)
        threshold = self._format_threshold(signal, reason)
        if threshold:
            text = self.env._("%(reason)s (%(threshold)s)", reason=text, threshold=threshold)
        if reason["points"]:
            text = self.env._("%(reason)s: +%(points)s", reason=text, points=reason["points"])
        if reason["floor"]:
            levels = dict(self._fields["floor"]._description_selection(self.env))
            text = self.env._("%(reason)s, at least %(level)s", reason=text, level=levels[reason["floor"]].lower())
        return text

    def _get_threshold_text(self):
        """The factor's own comparison as people read it."""
        self.ensure_one()
        signal = self._get_risk_signals().get(self.signal, {})
        threshold = self._get_threshold()
        if self.comparison == "set":
            return dict(self._fields["comparison"]._description_selection(self.env))["set"]
        if self.comparison == "in":
            return ", ".join(self._format_value(signal, value, None) for value in threshold)
        return self._format_threshold(signal, {"comparison": self.comparison, "threshold": threshold})

    def _format_threshold(self, signal, reason):
        """What a value was compared with; empty where the value itself says it."""
        comparison, threshold = reason["comparison"], reason["threshold"]
        if comparison in ("in", "set"):
            return ""
        numbers = [
            formatLang(self.env, number, digits=0 if number == int(number) else 2)
            for number in (threshold if isinstance(threshold, list) else [threshold])
        ]
        if comparison == "between":
            return self.env._("%(low)s to %(high)s", low=numbers[0], high=numbers[1])
        words = {
            ">": self.env._("over %(number)s", number=numbers[0]),
            ">=": self.env._("%(number)s or more", number=numbers[0]),
            "<": self.env._("under %(number)s", number=numbers[0]),
            "<=": self.env._("%(number)s or less", number=numbers[0]),
        }
        return words[comparison]

    @api.model
    def _format_value(self, signal, value, currency):
        kind, unit = signal.get("kind"), signal.get("unit")
        if value is None or kind is None:
            return str(value or "")
        if kind == "choice":
            return dict(signal["choices"]).get(value, value)
        if kind in ("country", "industry"):
            model = "res.country" if kind == "country" else "res.partner.industry"
            return self.env[model].sudo().browse(value).exists().display_name or ""
        if kind == "boolean":
            return ""
        if unit == "amount" and currency:
            return formatLang(self.env, value, currency_obj=currency)
        number = formatLang(self.env, value, digits=0 if value == int(value) else 1)
        if unit == "days":
            return self.env._("%(number)s days", number=number)
        return f"{number} %" if unit == "%" else number

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ...tools.forms import open_form
from ..dossier.compliance_profile import RISK_LEVELS

# Only the methods below set these, whatever route a value comes by.
DECIDED = {"state", "version", "previous_id", "rules", "activated_by", "activated_at", "archived_at"}
LEVELS = [code for code, _label in RISK_LEVELS]


class ComplianceRiskModel(models.Model):
    """A version of the rules that make up a customer's risk score and level.

    Drafts are edited, tried out and thrown away. The active version of a company and those before it never change, so
    that a level can be explained for as long as it matters: whoever wants other rules makes a new version.
    """

    _name = "compliance.risk.model"
    _description = "Risk Model"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "company_id, version desc"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    version = fields.Integer(readonly=True, required=True, copy=False, default=0)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, tracking=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("active", "In Force"), ("archived", "Archived")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    description = fields.Html(translate=True, help="What this version is for, and what changed in it.")
    factor_ids = fields.One2many("compliance.risk.factor", "model_id", string="Factors", copy=True)
    factor_count = fields.Integer(compute="_compute_factor_count")
    threshold_medium = fields.Integer("Medium from", required=True, default=25, tracking=True)
    threshold_high = fields.Integer("High from", required=True, default=50, tracking=True)
    threshold_critical = fields.Integer("Critical from", required=True, default=75, tracking=True)
    review_months_low = fields.Integer("Review, Low", required=True, default=12, tracking=True)
    review_months_medium = fields.Integer("Review, Medium", required=True, default=6, tracking=True)
    review_months_high = fields.Integer("Review, High", required=True, default=3, tracking=True)
    review_months_critical = fields.Integer("Review, Critical", required=True, default=1, tracking=True)
    cooldown_days = fields.Integer(
        "Cooldown (days)",
        required=True,
        default=30,
        tracking=True,
        help="A level is lowered only this many days after it was reached. It is raised at once.",
    )
    previous_id = fields.Many2one("compliance.risk.model", string="Made from", readonly=True, copy=False)
    rules = fields.Json(
        "Rules as Put into Force", readonly=True, copy=False, help="What the reasons of scores are told from."
    )
    activated_by = fields.Many2one("res.users", readonly=True, copy=False)
    activated_at = fields.Datetime(readonly=True, copy=False)
    archived_at = fields.Datetime(readonly=True, copy=False)

    _active_uniq = models.UniqueIndex(
        "(company_id) WHERE state = 'active'", "The company has an active risk model already."
    )
    _version_uniq = models.UniqueIndex("(company_id, version)", "The company has a risk model of this version already.")
    _thresholds_ordered = models.Constraint(
        "CHECK(0 < threshold_medium AND threshold_medium < threshold_high AND threshold_high < threshold_critical"
        " AND threshold_critical <= 100)",
        "The thresholds must rise from medium to critical, above 0 and not above 100.",
    )
    _intervals_positive = models.Constraint(
        "CHECK(review_months_low > 0 AND review_months_medium > 0 AND review_months_high > 0"
        " AND review_months_critical > 0)",
        "A review interval is at least one month.",
    )
    _cooldown_positive = models.Constraint("CHECK(cooldown_days >= 0)", "The cooldown cannot be negative.")

    @api.depends("name", "version")
    def _compute_display_name(self):
        for model in self:
            model.display_name = self.env._("%(name)s, version %(version)s", name=model.name, version=model.version)

    def _compute_factor_count(self):
        counts = dict(
            self.env["compliance.risk.factor"]._read_group([("model_id", "in", self.ids)], ["model_id"], ["__count"])
        )
        for model in self:
            model.factor_count = counts.get(model, 0)

    @api.constrains("threshold_high", "factor_ids")
    def _check_country_alone(self):
        """Country alone never decides: all factors on it together stay below the level high."""
        for model in self:
            points = sum(factor.points for factor in model.factor_ids if factor.signal == "country")
            if points >= model.threshold_high:
                raise ValidationError(
                    self.env._(
                        "The factors on the country add up to %(points)s points and would make a customer high risk"
                        " (from %(threshold)s) for its country alone.",
                        points=points,
                        threshold=model.threshold_high,
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: if a state or version is given"""
        self._refuse_decided({key.removeprefix("default_") for key in self.env.context if key.startswith("default_")})
        for vals in vals_list:
            self._refuse_decided(vals)
        company_ids = [vals.get("company_id") or self.default_get(["company_id"])["company_id"] for vals in vals_list]
        versions = self._get_last_versions(company_ids)
        for vals, company_id in zip(vals_list, company_ids, strict=True):
            versions[company_id] = versions.get(company_id, 0) + 1
            vals.update(company_id=company_id, version=versions[company_id])
        return super().create(vals_list)

    def write(self, vals):
        """:raises AccessError: if a state or version is given
        :raises UserError: if a version is not a draft any more
        """
        self._refuse_decided(vals)
        if not all(name.startswith(("message_", "activity_", "website_message_")) for name in vals):
            self._check_draft()
        if "company_id" in vals and any(model.company_id.id != vals["company_id"] for model in self):
            raise UserError(self.env._("A risk model stays with its company; make one for the other company instead."))
        return super().write(vals)

    def copy(self, default=None):
        """Makes drafts with the same rules; of the same name, as they are told apart by their versions."""
        copies = super().copy(default)
        for model, copied in zip(self, copies, strict=True):
            copied._set_decided({"previous_id": model.id})
        return copies

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        self._check_draft()

    def _update_field_translations(self, field_name, translations, *args, **kwargs):
        self._check_draft()
        return super()._update_field_translations(field_name, translations, *args, **kwargs)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        return [{**vals, "name": model.name} for vals, model in zip(vals_list, self, strict=True)]

    def _set_decided(self, vals):
        """Past our own ``write``, which refuses decisions."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _refuse_decided(self, names):
        if DECIDED.intersection(names):
            raise AccessError(
                self.env._("The state and version of a risk model follow from its buttons and are not entered.")
            )

    def _check_draft(self):
        """:raises UserError: if one of these versions is or was in use"""
        for model in self:
            if model.state != "draft":
                raise UserError(
                    self.env._(
                        "%(model)s is or was in use and cannot be changed; make a new version of it instead.",
                        model=model.display_name,
                    )
                )

    @api.model
    def _get_last_versions(self, company_ids):
        """{company id: highest version}"""
        groups = self.sudo()._read_group([("company_id", "in", company_ids)], ["company_id"], ["version:max"])
        return {company.id: version for company, version in groups}

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_activate(self):
        """Puts a draft into force in place of the version before it, and scores the customers of the company.

        :raises AccessError: unless the user is a compliance manager
        :raises UserError: if it is no draft, or has no factors
        """
        self.ensure_one()
        self._check_manager()
        self._lock()
        self._check_draft()
        if not self.factor_ids:
            raise UserError(self.env._("A risk model without factors would call every customer low risk."))
        self._get_active(self.company_id)._archive_version()
        self._set_decided(
            {
                "state": "active",
                "rules": self.factor_ids._prepare_rules(),
                "activated_by": self.env.uid,
                "activated_at": fields.Datetime.now(),
            }
        )
        self._after_change()

    def action_archive_version(self):
        """Takes the active version out of force without another; the company's customers lose their levels.

        :raises AccessError: unless the user is a compliance manager
        """
        self.ensure_one()
        self._check_manager()
        if self.state != "active":
            raise UserError(self.env._("Only the active version can be taken out of force."))
        self._archive_version()
        self._after_change()

    def action_new_version(self):
        """Opens a draft with the same rules."""
        self.ensure_one()
        return open_form(self.copy())

    @api.model
    def action_use_default(self):
        """Opens a draft of the shipped model for the current company.

        The shipped model belongs to the main company; whoever may make models may read these rules, which everybody
        can read in the documentation.
        """
        self.check_access("create")
        shipped = self.env.ref("crm_compliance.compliance_risk_model_default", raise_if_not_found=False)
        if not shipped:
            raise UserError(self.env._("The shipped risk model was deleted; start with an empty one."))
        model = shipped.sudo().copy({"company_id": self.env.company.id}).sudo(False)
        return open_form(model)

    def action_dry_run(self):
        """Opens what this version would change, without changing it."""
        self.ensure_one()
        return self.env["compliance.risk.dry.run"]._open(self)

    def action_backtest(self):
        """Opens a back-test of this version."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Back-Test"),
            "res_model": "compliance.risk.backtest",
            "views": [(False, "form")],
            "context": {"default_model_id": self.id},
        }

    def _check_manager(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group("crm_compliance.group_compliance_manager"):
            raise AccessError(self.env._("Only compliance managers put risk models into force."))

    def _archive_version(self):
        if self:
            self._set_decided({"state": "archived", "archived_at": fields.Datetime.now()})
            self.flush_recordset()  # before another version becomes the one active

    def _lock(self):
        """Keeps others from changing these versions and their factors until the end of the transaction."""
        self.flush_recordset()
        self.env.cr.execute(SQL("SELECT id FROM compliance_risk_model WHERE id = ANY(%s) FOR NO KEY UPDATE", self.ids))

    def _after_change(self):
        """Scores the company's customers by what is in force now; where a refresh is running, after it."""
        self.flush_model()
        profiles = self.env["compliance.profile"].sudo()
        if profiles._lock_refresh():
            profiles._score(company=self.company_id)
        else:
            self.env["compliance.refresh.queue"].sudo()._enqueue_all()

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _get_active(self, company):
        """The version in force in a company; empty if there is none."""
        return self.sudo().search([("company_id", "=", company.id), ("state", "=", "active")]).sudo(self.env.su)

    def _get_rules(self):
        """The rules of this version as plain data, see ``compliance.risk.factor._prepare_rules``."""
        return (self.rules or self.factor_ids._prepare_rules()) if self else []

    @api.model
    def _get_rules_in_use(self, companies):
        """All rules that are or were in force in companies: {company: rules}. Rules are told apart by their factors."""
        # sudo: whoever may read the reasons may read the rules behind them, whatever company is chosen.
        models_sudo = self.sudo().search([("company_id", "in", companies.ids), ("state", "!=", "draft")])
        return {
            company: [rule for model in versions for rule in model._get_rules()]
            for company, versions in models_sudo.grouped("company_id").items()
        }

    @api.model
    def _activate_default(self):
        """Puts the shipped model into force unless the main company has, or had, another."""
        model = self.env.ref("crm_compliance.compliance_risk_model_default", raise_if_not_found=False)
        if model and not self.search_count([("company_id", "=", model.company_id.id), ("state", "!=", "draft")]):
            model.action_activate()

    # -------------------------------------------------------------------------
    # SCORING
    # -------------------------------------------------------------------------

    def _verdicts_query(self, partners=None, as_of=None):
        """What these versions say of the customers of their companies: SQL of a SELECT with a row per dossier:
        profile_id, model_id, cooldown, score (0 to 100), floor and rank (1 low to 4 critical), hits (jsonb).

        :param partners: customers (commercial entities); None means all
        :param date as_of: a past day; signals that cannot be told for it are left out. None: as the dossiers stand
        """
        queries = [SQL("(%s)", model._verdict_query(partners, as_of)) for model in self]
        if not queries:
            return SQL(
                "SELECT NULL::int4 AS profile_id, NULL::int4 AS model_id, 0 AS cooldown, 0 AS score, 1 AS floor,"
                " 1 AS rank, NULL::jsonb AS hits WHERE FALSE"
            )
        return SQL(" UNION ALL ").join(queries)

    def _verdict_query(self, partners, as_of):
        """See ``_verdicts_query``; of one version. Every signal is read once, then the factors look at the values."""
        self.ensure_one()
        factors = self.factor_ids._filter_tellable(as_of)
        return SQL(
            """
            SELECT profile_id, %(model)s AS model_id, %(cooldown)s AS cooldown, LEAST(points, 100) AS score, floor,
                   GREATEST(floor, 1 + (points >= %(medium)s)::int4 + (points >= %(high)s)::int4
                                     + (points >= %(critical)s)::int4) AS rank,
                   hits
              FROM (SELECT profile_id, %(points)s AS points, %(floor)s AS floor, %(hits)s AS hits
                      FROM (%(values)s) valued OFFSET 0) judged
            OFFSET 0 -- here and there: what a factor says is found once, and not again for every use of it
            """,
            model=self.id,
            cooldown=self.cooldown_days,
            medium=self.threshold_medium,
            high=self.threshold_high,
            critical=self.threshold_critical,
            points=factors._get_points_sql(),
            floor=factors._get_floor_sql(),
            hits=factors._get_hits_sql(),
            values=self._values_query(factors, partners, as_of),
        )

    def _values_query(self, factors, partners, as_of):
        """SELECT of profile_id and a column per signal that a factor looks at."""
        alias = "profile" if as_of is None else "figure"
        signals = self.env["compliance.risk.factor"]._get_risk_signals()
        columns, joins, sources = [], [], set()
        for number, code in enumerate(dict.fromkeys(factors.mapped("signal"))):
            signal = signals[code]
            if "expression" in signal:
                value = signal["expression"](alias, as_of)
                sources |= {signal["source"]} if "source" in signal else set()
            else:
                joined = f"signal_{number}"
                value = SQL.identifier(joined, "value")
                joins.append(self._join_signal(signal["sql"](as_of), joined, partners))
            columns.append(SQL("%s AS %s", self._cast_value(signal, value), SQL.identifier(code)))
        return SQL(
            # OFFSET 0: values are computed once, not for every factor that looks at them.
            "SELECT profile.id AS profile_id, %s FROM %s %s WHERE profile.company_id = %s AND %s OFFSET 0",
            SQL(", ").join(columns) if columns else SQL("TRUE AS nothing"),
            self._get_source_sql(partners, as_of),
            SQL(" ").join([*joins, *(self._join_source(*source, partners) for source in sorted(sources))]),
            self.company_id.id,
            SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids),
        )

    @api.model
    def _get_source_sql(self, partners, as_of):
        if as_of is None:
            return SQL("compliance_profile profile")
        return SQL(
            "(%s) figure JOIN compliance_profile profile ON profile.id = figure.profile_id",
            self.env["compliance.profile"]._figures_query(partners, as_of),
        )

    @api.model
    def _join_signal(self, query, alias, partners):
        """Joins a signal to ``profile``; of some customers, the signal is asked about these only."""
        scope = SQL("TRUE") if partners is None else SQL("partner_id = ANY(%s)", partners.ids)
        return SQL(
            "LEFT JOIN (SELECT * FROM (%(query)s) signal WHERE %(scope)s) %(alias)s"
            " ON %(partner)s = profile.partner_id AND %(company)s = profile.company_id",
            query=query,
            scope=scope,
            alias=SQL.identifier(alias),
            partner=SQL.identifier(alias, "partner_id"),
            company=SQL.identifier(alias, "company_id"),
        )

    @api.model
    def _join_source(self, name, key, query, partners):
        """Joins what several signals look at to ``profile``."""
        return SQL(
            "LEFT JOIN (%(query)s) %(name)s ON %(theirs)s = %(ours)s",
            query=query(partners),
            name=SQL.identifier(name),
            theirs=SQL.identifier(name, key),
            ours=SQL.identifier("profile", key),
        )

    @api.model
    def _cast_value(self, signal, value):
        """A signal's value as factors compare and show it: numbers with two decimals."""
        if signal["kind"] == "number":
            value = SQL("ROUND((%s)::numeric, 2)", value)
        if "default" in signal:
            value = SQL("COALESCE(%s, %s)", value, signal["default"])
        return value

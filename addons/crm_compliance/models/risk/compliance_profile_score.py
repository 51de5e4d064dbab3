# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from ..dossier.compliance_profile import RISK_LEVELS
from .compliance_risk_factor import RANKS

LEVELS = [code for code, _label in RISK_LEVELS]
REASON_GROUPS = "crm_compliance.group_compliance_officer,crm_compliance.group_compliance_auditor"
# What the scoring writes.
SCORED = (
    "risk_score",
    "risk_level",
    "risk_level_previous",
    "risk_level_date",
    "risk_held_level",
    "risk_held_until",
    "risk_hits",
)


class ComplianceProfile(models.Model):
    """Risk of a dossier: score and level by the company's risk model, in sets, whatever the number of customers."""

    _inherit = "compliance.profile"

    risk_hits = fields.Json(
        "Factors that Apply", readonly=True, copy=False, groups=REASON_GROUPS, help="Factor id and value."
    )
    risk_reasons = fields.Json(compute="_compute_risk_reasons", groups=REASON_GROUPS)
    risk_level_date = fields.Date("Risk Level since", readonly=True, copy=False)
    risk_held_level = fields.Selection(
        RISK_LEVELS,
        string="Would Be",
        readonly=True,
        copy=False,
        help="The level the score stands for, while the level before is kept for the cooldown.",
    )
    risk_held_until = fields.Date("Held until", readonly=True, copy=False)
    risk_held_text = fields.Char("Level Held", compute="_compute_risk_held_text")
    risk_reasons_text = fields.Html("Reasons", compute="_compute_risk_reasons_text", groups=REASON_GROUPS)
    risk_snapshot_ids = fields.One2many(
        "compliance.risk.snapshot", "profile_id", string="Risk History", groups=REASON_GROUPS
    )
    risk_snapshot_count = fields.Integer("Risk Snapshots", compute="_compute_risk_snapshot_count", groups=REASON_GROUPS)
    risk_override_ids = fields.One2many(
        "compliance.risk.override", "profile_id", string="Risk Overrides", groups=REASON_GROUPS
    )
    risk_override_text = fields.Char("Level Set", compute="_compute_risk_override_text", groups=REASON_GROUPS)

    @api.depends("risk_level", "risk_level_date", "risk_held_level", "risk_held_until")
    @api.depends_context("lang")
    def _compute_risk_held_text(self):
        levels = dict(self._fields["risk_level"]._description_selection(self.env))
        for profile in self:
            profile.risk_held_text = bool(profile.risk_held_level) and self.env._(
                "%(level)s since %(since)s, would be %(held)s, held until %(until)s.",
                level=levels[profile.risk_level],
                since=format_date(self.env, profile.risk_level_date, date_format="medium"),
                held=levels[profile.risk_held_level].lower(),
                until=format_date(self.env, profile.risk_held_until, date_format="medium"),
            )

    @api.depends("risk_hits")
    def _compute_risk_reasons(self):
        """Stored are only the values: 100,000 customers would repeat the rules 100,000 times."""
        rules = self.env["compliance.risk.model"]._get_rules_in_use(self.company_id)
        for profile in self:
            profile.risk_reasons = self.env["compliance.risk.factor"]._prepare_reasons(
                profile.risk_hits, rules.get(profile.company_id, [])
            )

    @api.depends("risk_reasons")
    @api.depends_context("lang")
    def _compute_risk_reasons_text(self):
        for profile in self:
            profile.risk_reasons_text = profile._render_risk_reasons(profile.risk_reasons)

    @api.depends("risk_snapshot_ids")
    def _compute_risk_snapshot_count(self):
        counts = dict(
            self.env["compliance.risk.snapshot"]._read_group(
                [("profile_id", "in", self.ids)], ["profile_id"], ["__count"]
            )
        )
        for profile in self:
            profile.risk_snapshot_count = counts.get(profile, 0)

    @api.depends("risk_override_ids.state", "risk_override_ids.level", "risk_override_ids.date_to")
    @api.depends_context("lang")
    def _compute_risk_override_text(self):
        levels = dict(self._fields["risk_level"]._description_selection(self.env))
        for profile in self:
            standing = profile.risk_override_ids.filtered(
                lambda override: (
                    override.state == "approved" and override.date_to >= override.company_id._get_compliance_today()
                )
            )[:1]
            profile.risk_override_text = bool(standing) and self.env._(
                "Set to %(level)s by %(user)s until %(until)s: %(reason)s",
                level=levels[standing.level].lower(),
                user=standing.approved_by.sudo().name,
                until=format_date(self.env, standing.date_to, date_format="medium"),
                reason=standing.reason,
            )

    @api.model
    def _get_computed_fields(self):
        return super()._get_computed_fields() | {*SCORED, "risk_reasons"}

    @api.ondelete(at_uninstall=False)
    def _unlink_risk_history(self):
        """The history goes with its dossier; PostgreSQL does not see to that, see ``compliance.risk.snapshot``."""
        self.sudo().risk_snapshot_ids.unlink()

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_view_risk_history(self):
        """The customer's score over time."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_risk_snapshot_action")
        graph = self.env.ref("crm_compliance.compliance_risk_snapshot_view_graph_customer")
        return {
            **action,
            "name": self.env._("Risk History: %(customer)s", customer=self.display_name),
            "domain": [("profile_id", "=", self.id)],
            "context": {},
            "path": False,
            "views": [(graph.id, "graph"), (False, "list"), (False, "form"), (False, "pivot")],
        }

    def action_override_risk(self):
        """Opens a request to set the level of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Override Risk Level"),
            "res_model": "compliance.risk.override",
            "views": [(False, "form")],
            "context": {"default_profile_id": self.id},
        }

    # -------------------------------------------------------------------------
    # SCORING
    # -------------------------------------------------------------------------

    @api.model
    def _after_refresh(self, partners=None):  # pylint: disable=missing-return
        # Before what others do with fresh figures: they read the level.
        self._score(partners)
        super()._after_refresh(partners)

    def _refresh_zones(self):  # pylint: disable=missing-return
        """An answer to a criterion changes the risk at once."""
        super()._refresh_zones()
        if self.ids:
            self.sudo()._score(self.sudo().partner_id)

    def _merge_into(self, target):
        """The history of a merged dossier and its overrides stay with the dossier that remains."""
        sources = (self - target).sudo()
        sources.risk_snapshot_ids.write({"profile_id": target.id})
        overrides = sources.risk_override_ids
        overrides.filtered(lambda override: override.state == "approved")._write_decision({"state": "expired"})
        overrides._write_decision({"profile_id": target.id})
        return super()._merge_into(target)

    @api.model
    def _score(self, partners=None, company=None):
        """Computes score and level by the active risk models and rewrites the dossiers where they changed, with a
        snapshot each; in a constant number of statements. Companies without a model have neither.

        :param partners: the customers (commercial entities); None means all
        :param company: of this company only
        """
        self._flush_risk()
        self.env["compliance.risk.override"].sudo()._expire()
        in_force = self.env["compliance.risk.model"].sudo().search([("state", "=", "active")])
        scored = in_force.filtered(lambda model: model.company_id == company) if company else in_force
        verdicts = SQL(
            "(%s) UNION ALL SELECT profile.id, NULL, 0, 0, 1, NULL, NULL FROM compliance_profile profile"
            " WHERE profile.company_id <> ALL(%s::int4[]) AND profile.risk_level IS NOT NULL AND %s AND %s",
            scored._verdicts_query(partners),
            in_force.company_id.ids,
            SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids),
            SQL("profile.company_id = %s", company.id) if company else SQL("TRUE"),
        )
        staged = self._stage(self._changed_levels_query(verdicts))
        self.env.cr.execute(self._score_statement(staged))
        self.env.cr.execute(self._snapshot_statement(staged))
        self.invalidate_model(
            [*SCORED, "risk_held_text", "risk_reasons", "risk_reasons_text", "risk_snapshot_ids"], flush=False
        )
        self.env["compliance.risk.snapshot"].invalidate_model(flush=False)

    @api.model
    def _score_statement(self, fresh):
        """UPDATE of the dossiers that change.

        :param SQL fresh: see ``_changed_levels_query``
        """
        return SQL(
            """
            UPDATE compliance_profile profile
               SET risk_score = fresh.score, risk_level = fresh.level, risk_hits = fresh.hits,
                   risk_level_previous = CASE WHEN fresh.is_moved THEN fresh.level_before
                                              ELSE profile.risk_level_previous END,
                   risk_level_date = CASE WHEN fresh.level IS NULL THEN NULL WHEN fresh.is_moved THEN fresh.today
                                          ELSE profile.risk_level_date END,
                   risk_held_level = fresh.held_level, risk_held_until = fresh.held_until
              FROM (%s) fresh
             WHERE profile.id = fresh.profile_id
            """,
            fresh,
        )

    @api.model
    def _snapshot_statement(self, fresh):
        """INSERT of the snapshots of the dossiers that change.

        :param SQL fresh: see ``_changed_levels_query``
        """
        return SQL(
            """
            INSERT INTO compliance_risk_snapshot
                   (create_date, profile_id, model_id, risk_score, risk_level, risk_level_previous, risk_hits)
            SELECT %s, profile_id, model_id, score, level, level_before, hits
              FROM (%s) fresh
             WHERE is_noted
            """,
            SQL("%s::timestamp", fields.Datetime.now()),
            fresh,
        )

    @api.model
    def _changed_levels_query(self, verdicts):
        """SELECT of what the scoring writes, of the dossiers that change only, and whether a snapshot is kept
        (``is_noted``): other values of the same factors are no history.
        """
        return SQL(
            """
            SELECT profile_id, model_id, today, score, level, level_before, hits, held_level, held_until, is_moved,
                   is_moved OR score IS DISTINCT FROM score_before
                   OR ARRAY(SELECT jsonb_object_keys(hits)) <> ARRAY(SELECT jsonb_object_keys(hits_before)) AS is_noted
              FROM (%s) fresh
             WHERE is_changed
            """,
            self._levels_query(verdicts),
        )

    @api.model
    def _levels_query(self, verdicts):
        """SELECT of what verdicts mean for the dossiers: profile_id, model_id, score, level, hits, held_level,
        held_until, what stood there before, is_moved (another level) and is_changed (anything else than before).

        :param SQL verdicts: see ``compliance.risk.model._verdicts_query``; rank is NULL where there is no model
        """
        return SQL(
            """
            SELECT *, level IS DISTINCT FROM level_before AS is_moved,
                   (score, level, hits, held_level, held_until)
                   IS DISTINCT FROM (score_before, level_before, hits_before, held_level_before, held_until_before)
                   AS is_changed
              FROM (
                    SELECT judged.*,
                           (%(levels)s)[CASE WHEN held_until IS NULL THEN target ELSE rank_before END] AS level,
                           CASE WHEN held_until IS NOT NULL THEN (%(levels)s)[target] END AS held_level
                      FROM (%(judged)s) judged
                    OFFSET 0
                   ) settled
            OFFSET 0
            """,
            levels=SQL("%s::varchar[]", LEVELS),
            judged=self._targets_query(verdicts),
        )

    @api.model
    def _targets_query(self, verdicts):
        """SELECT of the level each dossier should have (``target``, 1 to 4), and until when a lower one has to wait, by
        the day (``today``) of its company.

        A level people have set holds at once and both ways, but never below a floor.
        """
        return SQL(
            """
            SELECT *, CASE WHEN target < rank_before AND set_rank IS NULL AND today < lowered_from
                           THEN lowered_from END AS held_until
              FROM (
                    SELECT verdict.profile_id, verdict.model_id, day.today, verdict.score::int4, verdict.hits,
                           CASE WHEN verdict.rank IS NULL THEN NULL
                                WHEN standing.rank IS NULL THEN verdict.rank
                                ELSE GREATEST(standing.rank, verdict.floor) END AS target,
                           standing.rank AS set_rank,
                           ARRAY_POSITION(%(levels)s, profile.risk_level) AS rank_before,
                           profile.risk_level_date + verdict.cooldown AS lowered_from,
                           profile.risk_score AS score_before, profile.risk_level AS level_before,
                           profile.risk_hits AS hits_before, profile.risk_held_level AS held_level_before,
                           profile.risk_held_until AS held_until_before
                      FROM (%(verdicts)s) verdict
                      JOIN compliance_profile profile ON profile.id = verdict.profile_id
                      JOIN (VALUES %(days)s) day (company_id, today) ON day.company_id = profile.company_id
                 LEFT JOIN (SELECT profile_id, date_to, ARRAY_POSITION(%(levels)s, level) AS rank
                              FROM compliance_risk_override
                             WHERE state = 'approved') standing
                           ON standing.profile_id = profile.id AND standing.date_to >= day.today
                    OFFSET 0
                   ) aimed
            """,
            levels=SQL("%s::varchar[]", LEVELS),
            days=self.env["res.company"]._get_compliance_days_sql(),
            verdicts=verdicts,
        )

    @api.model
    def _flush_risk(self):
        """Writes pending changes of everything the signals are read from."""
        self._flush_ledger()
        for model in (
            "compliance.criterion",
            "compliance.criterion.check",
            "compliance.risk.model",
            "compliance.risk.factor",
            "compliance.risk.override",
            "compliance.risk.review",
            "compliance.risk.review.line",
        ):
            self.env[model].flush_model()

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _render_risk_reasons(self, reasons):
        """Reasons as a list in the reader's language.

        :param reasons: as kept in ``risk_reasons``
        :return: Markup; False without reasons
        """
        if not reasons:
            return False
        texts = self.env["compliance.risk.factor"]._render_reasons(reasons, self.currency_id)
        items = Markup().join(Markup("<li>%s</li>") % text for text in texts)
        total = sum(reason["points"] for reason in reasons)
        if total > 100:
            items += Markup("<li><i>%s</i></li>") % self.env._("%(total)s points, counted as 100", total=total)
        return Markup('<ul class="mb-0">%s</ul>') % items

    def _get_risk_floor(self):
        """The lowest level the factors that apply demand."""
        self.ensure_one()
        floors = [reason["floor"] for reason in self.risk_reasons or [] if reason["floor"]]
        return max(floors, key=RANKS.get, default="low")

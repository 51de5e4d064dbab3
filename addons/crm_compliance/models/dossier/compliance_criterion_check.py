# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.forms import open_form


class ComplianceCriterionCheck(models.Model):
    """Answer of one dossier to one criterion: result, evidence, who, when, until.

    Rows are laid out by the refresh for every criterion that applies, so that an officer finds the questions waiting.
    """

    _name = "compliance.criterion.check"
    _description = "Criterion Check"
    _order = "profile_id, sequence, id"
    _rec_name = "criterion_id"

    profile_id = fields.Many2one(
        "compliance.profile", string="Dossier", required=True, readonly=True, index=True, ondelete="cascade"
    )
    criterion_id = fields.Many2one(
        "compliance.criterion", required=True, readonly=True, index=True, ondelete="restrict"
    )
    active = fields.Boolean(default=True, readonly=True, help="Off: superseded by the check of a merged dossier.")
    is_applicable = fields.Boolean(string="Applies", default=True, readonly=True)
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="profile_id.partner_id")
    sequence = fields.Integer(related="criterion_id.sequence", store=True)
    kind = fields.Selection(related="criterion_id.kind")
    knockout = fields.Boolean(related="criterion_id.knockout")
    uncertainty = fields.Selection(related="criterion_id.uncertainty")
    result = fields.Selection(
        [("met", "Met"), ("unmet", "Unmet"), ("unknown", "Unknown"), ("waived", "Waived")],
        required=True,
        default="unknown",
    )
    evidence = fields.Text()
    attachment_ids = fields.Many2many("ir.attachment", string="Documents", bypass_search_access=True)
    checked_by_id = fields.Many2one("res.users", string="Checked by", readonly=True, copy=False)
    checked_on = fields.Date(readonly=True, copy=False)
    valid_until = fields.Date(help="After this day the answer counts as unknown.")
    is_expired = fields.Boolean(string="Expired", compute="_compute_is_expired", search="_search_is_expired")

    _profile_criterion_uniq = models.UniqueIndex(
        "(profile_id, criterion_id) WHERE active", "The dossier has a check of this criterion already."
    )

    @api.depends("valid_until", "result", "company_id")
    def _compute_is_expired(self):
        for check in self:
            lapsed = check.valid_until and check.valid_until < check.company_id._get_compliance_today()
            check.is_expired = bool(lapsed and check.result != "unmet")

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        lapsed = Domain.OR(
            Domain("company_id", "=", company.id) & Domain("valid_until", "<", today)
            for company, today in self.env["res.company"]._get_compliance_days().items()
        )
        return lapsed & Domain("result", "!=", "unmet")

    @api.constrains("result", "evidence", "attachment_ids")
    def _check_evidence(self):
        for check in self:
            needs_evidence = check.result == "waived" or (
                check.criterion_id.evidence_required and check.kind == "manual" and check.result in ("met", "unmet")
            )
            if needs_evidence and not check.evidence and not check.attachment_ids:
                raise ValidationError(
                    self.env._("%(criterion)s needs evidence: a text or a document.", criterion=check.criterion_id.name)
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            unsigned = {"checked_by_id": False, "checked_on": False, "is_applicable": True, "active": True}
            vals_list = [
                {
                    **vals,
                    **unsigned,
                    **(self._prepare_signature() if vals.get("result", "unknown") != "unknown" else {}),
                }
                for vals in vals_list
            ]
        checks = super().create(vals_list)
        for check in checks:
            check._check_answer_allowed(check.result)
        checks.profile_id._refresh_zones()
        return checks

    def write(self, vals):
        """Answers; who and when are noted, not entered.

        :raises AccessError: if somebody but a manager waives a criterion or signs for another
        :raises UserError: if the criterion is evaluated automatically
        """
        if self._get_fixed_fields() & set(vals) and not self.env.su:
            raise AccessError(self.env._("Who answered which criterion of which customer, and when, is not editable."))
        if "result" not in vals:
            if {"evidence", "attachment_ids", "valid_until"} & set(vals) and not self.env.su:
                # Whoever changes what an answer rests on, or how long it holds, answers for it.
                answered = self.filtered("checked_on")
                super(ComplianceCriterionCheck, answered).write({**vals, **self._prepare_signature()})
                super(ComplianceCriterionCheck, self - answered).write(vals)
                self.profile_id._refresh_zones()
                return True
            return super().write(vals)
        for check in self:
            check._check_answer_allowed(vals["result"])
        before = {check: check.result for check in self}
        if not self.env.su:
            vals = {**vals, **self._prepare_signature()}
        result = super().write(vals)
        if "valid_until" not in vals:
            self._apply_validity()
        self._log_answers(before)
        self.profile_id._refresh_zones()
        # An automatic criterion whose waiver is taken back is evaluated again.
        self.env["compliance.refresh.queue"]._enqueue(
            self.filtered(lambda check: check.kind == "domain").profile_id.partner_id
        )
        return result

    def unlink(self):
        profiles = self.profile_id
        result = super().unlink()
        profiles.exists()._refresh_zones()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        if not self.env.su and any(check.checked_on for check in self):
            raise UserError(self.env._("An answered check is part of the record and cannot be deleted."))

    @api.model
    def _get_fixed_fields(self):
        """Names of the fields that say which question was answered by whom; nobody enters them."""
        return {
            "checked_by_id",
            "checked_on",
            "profile_id",
            "criterion_id",
            "active",
            "is_applicable",
            "company_id",
            "sequence",
        }

    def _check_answer_allowed(self, result):
        if self.env.su:
            return
        if "waived" in (result, self.result) and not self.env.user.has_group("crm_compliance.group_compliance_manager"):
            raise AccessError(self.env._("Only a compliance manager waives a criterion or takes a waiver back."))
        if self.kind == "domain" and result not in ("waived", "unknown"):
            raise UserError(
                self.env._(
                    "%(criterion)s is evaluated on the customer's own data: correct those instead.",
                    criterion=self.criterion_id.name,
                )
            )

    def _prepare_signature(self):
        return {"checked_by_id": self.env.uid, "checked_on": fields.Date.context_today(self)}

    def _apply_validity(self):  # pylint: disable=missing-return
        """Dates the answers by the validity of their criteria, one write per validity and company.

        What is unmet stays unmet: only what speaks for the customer lapses.
        """
        validities = self.grouped(
            lambda check: (
                check.company_id,
                check.criterion_id.validity_months if check.result in ("met", "waived") else 0,
            )
        )
        for (company, months), checks in validities.items():
            until = company._get_compliance_today() + relativedelta(months=months) if months else False
            # Not our own write: it would sign and note the answers once more.
            # pylint: disable-next=super-method-mismatch
            super(ComplianceCriterionCheck, checks).write({"valid_until": until})

    def _log_answers(self, before):
        """Notes in the dossiers what was answered, one message per dossier."""
        labels = dict(self._fields["result"]._description_selection(self.env))
        bodies = {}
        for profile, checks in self.grouped("profile_id").items():
            changed = [check for check in checks if check.result != before[check]]
            if changed:
                bodies[profile.id] = Markup("<ul>%s</ul>") % Markup().join(
                    Markup("<li>%s</li>") % check._describe_answer(labels[before[check]], labels[check.result])
                    for check in changed
                )
        if bodies:
            self.env["compliance.profile"].browse(bodies)._message_log_batch(bodies)

    def action_open_form(self):
        """Opens the check on its own, with its documents."""
        return {**open_form(self), "target": "new"}

    def _describe_answer(self, before, after):
        """One line for the dossier's history: what was answered, and on what evidence."""
        line = self.env._(
            "%(criterion)s: %(before)s → %(after)s", criterion=self.criterion_id.name, before=before, after=after
        )
        return Markup("%s<br/><i>%s</i>") % (line, self.evidence) if self.evidence else line

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _filtered_blocking(self):
        """The checks that keep a customer from being approved: knock-outs unmet, answers missing or expired."""
        return self.filtered(
            lambda check: (
                check.is_applicable
                and check.criterion_id.active
                and (check.result == "unknown" or check.is_expired or (check.result == "unmet" and check.knockout))
            )
        )

    def _move_to(self, profile):
        """Moves checks to the dossier theirs is merged into; where both answered, the later answer counts and the
        other is kept as superseded.
        """
        # Not from the cache: it may still hold checks that an earlier merge superseded.
        existing = self.search([("profile_id", "=", profile.id), ("active", "=", True)]).grouped("criterion_id")
        for check in self.with_context(active_test=False):
            rival = check.active and existing.get(check.criterion_id)
            loser = self.browse()
            if rival:
                loser = min(
                    rival, check, key=lambda item: (item.checked_on or fields.Date.to_date("1900-01-01"), item.id)
                )
                loser.active = False
                loser.flush_recordset(["active"])
            check.profile_id = profile

    @api.model
    def _targets_query(self, scope):
        """SELECT of every check as it should be, a row per dossier and criterion: id (NULL where there is none yet),
        profile_id, company_id, criterion_id, sequence, knockout, applies, evaluation, result, valid_until, and whether
        the check ``differs`` from that (or is missing) and has to be laid out.

        :param SQL scope: condition on ``profile``, the dossiers wanted
        """
        criteria = self.env["compliance.criterion"].sudo().search([("active", "=", True)])
        self.flush_model()
        self.env["res.partner"].flush_model()
        targets = [criterion._get_target_sql() for criterion in criteria]
        return SQL(
            """
            SELECT existing.id, profile.id AS profile_id, profile.company_id, target.*, existing.valid_until,
                   CASE WHEN existing.result = 'waived' THEN 'waived'
                        ELSE COALESCE(target.evaluation, existing.result, 'unknown') END AS result,
                   CASE WHEN existing.id IS NULL THEN target.applies
                        ELSE existing.is_applicable IS DISTINCT FROM target.applies
                             OR (existing.result <> 'waived' AND target.evaluation <> existing.result) END AS differs
              FROM compliance_profile profile
              JOIN res_partner ON res_partner.id = profile.partner_id
        CROSS JOIN LATERAL (VALUES %(targets)s) target (criterion_id, sequence, knockout, applies, evaluation)
         LEFT JOIN compliance_criterion_check existing ON existing.profile_id = profile.id
                                                      AND existing.criterion_id = target.criterion_id
                                                      AND existing.active
             WHERE %(scope)s
            """,
            targets=SQL(", ").join(targets or [SQL("(NULL::int4, NULL::int4, FALSE, FALSE, NULL::varchar)")]),
            scope=scope,
        )

    @api.model
    def _lay_out(self, scope):
        """Gives dossiers a check per applicable criterion, and every automatic check its result, in one statement.

        :param SQL scope: condition on ``profile``, the dossiers concerned
        """
        companies = self.env["res.company"]
        self.env.execute_query(
            SQL(
                """
                WITH difference AS MATERIALIZED (SELECT * FROM (%(targets)s) target WHERE differs),
                changed AS (
                    UPDATE compliance_criterion_check existing
                       SET is_applicable = target.applies,
                           result = target.result,
                           checked_on = CASE WHEN target.result <> existing.result THEN %(target_today)s
                                             ELSE existing.checked_on END
                      FROM difference target
                     WHERE existing.id = target.id
                )
                INSERT INTO compliance_criterion_check
                       (profile_id, criterion_id, company_id, sequence, active, is_applicable, result, checked_on,
                        create_uid, create_date, write_uid, write_date)
                SELECT profile_id, criterion_id, company_id, sequence, TRUE, TRUE,
                       result, CASE WHEN evaluation IS NOT NULL THEN %(today)s END,
                       %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM difference
                 WHERE id IS NULL
                """,
                targets=self._targets_query(scope),
                today=companies._get_compliance_today_sql(SQL("difference.company_id")),
                target_today=companies._get_compliance_today_sql(SQL("target.company_id")),
                uid=self.env.uid,
            )
        )
        self.invalidate_model(flush=False)

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

from ...tools.forms import open_form

OPEN = ("new", "acknowledged", "in_progress")
OFFICER = "crm_compliance.group_compliance_officer"


class ComplianceAlert(models.Model):
    """An early warning: something about a customer crossed a threshold. One is open per customer, company and kind.

    Alerts are raised, kept up to date and resolved by ``_after_refresh`` of the dossier, in sets (see
    compliance_alert_causes.py). People acknowledge, act, resolve or dismiss. Whatever was closed by people is not
    raised again while its cause lasts, unless it becomes twice as bad.
    """

    _name = "compliance.alert"
    _description = "Early Warning"
    _inherit = ["compliance.discussion", "mail.activity.mixin"]
    _order = "raised_at desc, id desc"
    _mail_post_access = "read"

    profile_id = fields.Many2one(
        "compliance.profile", string="Dossier", required=True, readonly=True, index=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="profile_id.partner_id", string="Customer", store=True, index=True)
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_manager_id = fields.Many2one(related="profile_id.user_id", string="Account Manager")
    officer_id = fields.Many2one(related="profile_id.officer_id", string="Compliance Officer")
    risk_level = fields.Selection(related="profile_id.risk_level")
    user_id = fields.Many2one(
        "res.users", string="Responsible", index="btree_not_null", tracking=True, domain="[('share', '=', False)]"
    )
    kind = fields.Selection(
        [
            ("level_rose", "Risk Level Rose"),
            ("score_rose", "Risk Score Rose"),
            ("habit", "Payment Habit Worsens"),
            ("limit", "Credit Limit Nearly Used"),
            ("overdue", "Long Overdue"),
            ("silence", "Unusually Long Silence"),
            ("review_overdue", "Review Overdue"),
            ("criterion_expired", "Criterion Expired"),
            ("disputed", "Disputed Amount"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            ("new", "New"),
            ("acknowledged", "Acknowledged"),
            ("in_progress", "In Progress"),
            ("resolved", "Resolved"),
            ("dismissed", "Dismissed"),
        ],
        required=True,
        readonly=True,
        default="new",
        tracking=True,
        group_expand=True,
    )
    value = fields.Float(string="Figure", digits=(16, 2), readonly=True, aggregator="avg")
    threshold = fields.Float(digits=(16, 2), readonly=True, aggregator="avg")
    evidence = fields.Json(readonly=True, help="The figures when they were last computed while the alert was open.")
    summary = fields.Char(compute="_compute_summary")
    invoice_ids = fields.Many2many(
        "account.move", "compliance_alert_move_rel", "alert_id", "move_id", string="Invoices", readonly=True
    )
    # Also for those who may not read invoices: what the form offers depends on it.
    has_invoices = fields.Boolean(compute="_compute_has_invoices", compute_sudo=True)
    raised_at = fields.Datetime(required=True, readonly=True)
    is_current = fields.Boolean(string="Cause Lasts", readonly=True, default=True)
    snoozed_until = fields.Date(tracking=True, help="Out of sight until this day.")
    is_snoozed = fields.Boolean(compute="_compute_is_snoozed", search="_search_is_snoozed")
    closed_at = fields.Datetime(readonly=True)
    closed_by = fields.Many2one("res.users", readonly=True)
    is_automatic = fields.Boolean(string="Resolved by Itself", readonly=True, help="The cause was gone.")
    dismiss_reason = fields.Text(readonly=True, tracking=True)
    action_taken = fields.Selection(
        [
            ("review", "Review Requested"),
            ("restriction", "Restriction Proposed"),
            ("limit", "Credit Limit"),
            ("call", "Call"),
            ("collection", "Collection"),
            ("other", "Other"),
        ],
        readonly=True,
        tracking=True,
    )
    led_to_action = fields.Float(
        string="Led to an Action (%)",
        compute="_compute_led_to_action",
        store=True,
        aggregator="avg",
        help="100 if somebody did something about it.",
    )

    _open_uniq = models.UniqueIndex(
        "(partner_id, company_id, kind) WHERE state IN ('new', 'acknowledged', 'in_progress')",
        "There is an open alert of this kind on this customer.",
    )
    _current_idx = models.Index("(partner_id, company_id, kind) WHERE is_current")

    @api.depends("kind", "partner_id.complete_name")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for alert in self:
            alert.display_name = f"{alert.partner_id.complete_name or ''}: {labels.get(alert.kind, '')}"

    @api.depends("action_taken")
    def _compute_led_to_action(self):
        for alert in self:
            alert.led_to_action = 100.0 if alert.action_taken else 0.0

    @api.depends("invoice_ids")
    def _compute_has_invoices(self):
        for alert in self:
            alert.has_invoices = bool(alert.invoice_ids)

    @api.depends("snoozed_until", "state")
    def _compute_is_snoozed(self):
        today = fields.Date.context_today(self)
        for alert in self:
            alert.is_snoozed = bool(alert.state in OPEN and alert.snoozed_until and alert.snoozed_until > today)

    def _search_is_snoozed(self, operator, value):
        if operator != "in" or len(set(value)) != 1:
            return NotImplemented
        snoozed = Domain("snoozed_until", ">", "today") & Domain("state", "in", OPEN)
        return snoozed if True in value else ~snoozed

    @api.depends("kind", "evidence")
    @api.depends_context("lang")
    def _compute_summary(self):
        for alert in self:
            alert.summary = alert._get_summary()

    def _get_summary(self):
        """The evidence in words."""
        self.ensure_one()
        levels = dict(self.env["compliance.profile"]._fields["risk_level"]._description_selection(self.env))
        figures = {**(self.evidence or {})}
        for name in ("amount", "open"):
            figures[name] = formatLang(self.env, figures.get(name) or 0, currency_obj=self.currency_id)
        for name in ("date",):
            figures[name] = format_date(self.env, figures[name]) if figures.get(name) else ""
        for name in ("level", "previous"):
            figures[name] = levels.get(figures.get(name), "")
        texts = {
            "level_rose": self.env._("From %(previous)s to %(level)s.", **figures),
            "score_rose": self.env._("By %(rise)s points to %(score)s.", **{"rise": 0, "score": 0, **figures}),
            "habit": self.env._(
                "The last invoices were paid %(recent)s days late on average, those before %(before)s.",
                **{"recent": 0, "before": 0, **figures},
            ),
            "limit": self.env._("%(share)s %% of the credit limit used: %(open)s open.", **{"share": 0, **figures}),
            "overdue": self.env._("%(amount)s overdue, for up to %(days)s days.", **{"days": 0, **figures}),
            "silence": self.env._(
                "No purchase for %(days)s days, while usually there is one every %(interval)s days.",
                **{"days": 0, "interval": 0, **figures},
            ),
            "review_overdue": self.env._("The review was due on %(date)s.", **figures),
            "criterion_expired": self.env._("No longer valid: %(criteria)s.", **{"criteria": "", **figures}),
            "disputed": self.env._("The customer disputes %(amount)s.", **figures),
        }
        return texts.get(self.kind, "")

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    def write(self, vals):
        """:raises AccessError: for anything but the responsible (by officers) and the day until which to snooze"""
        allowed = {"snoozed_until"} | ({"user_id"} if self._is_officer() else set())
        if any(not name.startswith(("message_", "activity_")) and name not in allowed for name in vals):
            raise AccessError(self.env._("Alerts are changed by their buttons."))
        if vals.get("snoozed_until"):
            if fields.Date.to_date(vals["snoozed_until"]) <= fields.Date.context_today(self):
                raise ValidationError(self.env._("An alert is snoozed until a later day."))
            self.activity_ids.date_deadline = vals["snoozed_until"]
        return super().write(vals)

    def _is_officer(self):
        return self.env.su or self.env.user.has_group(OFFICER)

    def _write_state(self, vals):
        """Past our own ``write``, which leaves what happened to an alert to its buttons."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _check_open(self):
        """:raises UserError: if an alert is closed already"""
        self.check_access("write")
        closed = self.filtered(lambda alert: alert.state not in OPEN)
        if closed:
            raise UserError(self.env._("%s is closed already.", closed[0].display_name))

    # -------------------------------------------------------------------------
    # STATES
    # -------------------------------------------------------------------------

    def action_acknowledge(self):
        """Somebody has seen it."""
        self._check_open()
        self.filtered(lambda alert: alert.state == "new")._write_state({"state": "acknowledged"})

    def action_start(self):
        """Somebody works on it."""
        self._check_open()
        self._write_state({"state": "in_progress"})

    def action_resolve(self):
        """Somebody has taken care of it."""
        self._check_open()
        self._close("resolved")

    def action_dismiss(self):
        """Asks for the reason and dismisses the alerts."""
        self._check_open()
        return self.env["compliance.reason"]._open(self, self.env._("Dismiss"))

    def _dismiss(self, reason):
        """:param str reason: why nothing needs to be done
        :raises ValidationError: without a reason
        """
        self._check_open()
        if not (reason or "").strip():
            raise ValidationError(self.env._("Say why the alert is dismissed."))
        self._close("dismissed", dismiss_reason=reason.strip())

    def _close(self, state, **vals):
        self._write_state({**vals, "state": state, "closed_at": fields.Datetime.now(), "closed_by": self.env.uid})
        self.sudo().activity_ids.unlink()

    def action_snooze_week(self):
        """Out of sight for a week."""
        self._check_open()
        self.write({"snoozed_until": fields.Date.add(fields.Date.context_today(self), days=7)})

    def action_snooze_month(self):
        """Out of sight for a month."""
        self._check_open()
        self.write({"snoozed_until": fields.Date.add(fields.Date.context_today(self), months=1)})

    # -------------------------------------------------------------------------
    # NEXT STEPS
    # -------------------------------------------------------------------------

    def _act(self, action):
        """Notes that an alert led to something."""
        self._check_open()
        self._write_state({"action_taken": action, "state": "in_progress"})

    def action_request_review(self):
        """Asks the officer for a review of the customer; an officer begins one at once or goes on with the open one."""
        self.ensure_one()
        self._act("review")
        if self._is_officer():
            admitted = self.profile_id.admission_state in ("approved", "conditional")
            return self.profile_id.action_review() if admitted else self.profile_id.action_submit()
        profile = self.sudo().profile_id
        profile.activity_schedule(
            "mail.mail_activity_data_todo",
            summary=self.env._("Review requested"),
            note=self.summary,
            user_id=(profile._get_present("officer_id") or self.env.user).id,
        )
        return True

    def action_restrict(self):
        """Opens a restriction of the customer to be proposed, or imposed by a manager."""
        self.ensure_one()
        if not self._is_officer():
            raise AccessError(self.env._("Restrictions are proposed by compliance officers."))
        self._act("restriction")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Restrict"),
            "res_model": "compliance.restriction",
            "views": [(False, "form")],
            "context": {
                "default_partner_id": self.partner_id.id,
                "default_company_id": self.company_id.id,
                "default_reason": f"{dict(self._fields['kind']._description_selection(self.env))[self.kind]}:"
                f" {self.summary}",
            },
        }

    def action_lower_limit(self):
        """Opens the customer, whose credit limit is in the accounting page."""
        self.ensure_one()
        self._act("limit")
        return open_form(self.partner_id)

    def action_schedule_call(self):
        """Plans a call for the account manager."""
        for alert in self:
            alert._act("call")
            profile = alert.sudo().profile_id
            profile.activity_schedule(
                "mail.mail_activity_data_call",
                fields.Date.add(fields.Date.context_today(self), days=1),
                summary=alert.display_name,
                note=alert.summary,
                user_id=(profile._get_present("user_id") or self.env.user).id,
            )

    def action_collect(self):
        """Marks the invoices for collection.

        :raises UserError: if there are none
        """
        self._check_open()
        # sudo: who works on the alert need not be able to change invoices; only this mark is set on them.
        invoices = self.sudo().invoice_ids
        if not invoices:
            raise UserError(self.env._("There are no invoices to collect."))
        self._act("collection")
        invoices.compliance_collection = True
        invoices._message_log_batch(
            bodies={invoice.id: self.env._("Marked for collection by %s.", self.env.user.name) for invoice in invoices}
        )

    def action_view_invoices(self):
        """The invoices behind the alert."""
        self.ensure_one()
        return self.profile_id._get_move_action(self.env._("Invoices"), [("id", "in", self.sudo().invoice_ids.ids)])

    def action_open_profile(self):
        """Opens the dossier."""
        return open_form(self.profile_id)

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Auditors read the conversation and do not take part in it."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation == "create" and not self.env.user.has_groups(
            "crm_compliance.group_compliance_user,account.group_account_invoice,account.group_account_readonly"
        ):
            return dict.fromkeys(operations, "write")
        return operations

    # -------------------------------------------------------------------------
    # MERGES
    # -------------------------------------------------------------------------

    def _move_to(self, target):
        """Goes along with a dossier that is merged; of two open alerts of a kind one stays open.

        :param target: the dossier that stays
        """
        taken = set(target.alert_ids.filtered(lambda alert: alert.state in OPEN).mapped("kind"))
        for alert in self:
            if alert.state in OPEN and alert.kind in taken:
                alert._close("resolved", is_automatic=True)
            elif alert.state in OPEN:
                taken.add(alert.kind)
        self.flush_recordset()
        self._write_state({"profile_id": target.id})

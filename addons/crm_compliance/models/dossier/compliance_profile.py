# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date, formatLang

from .res_partner import FIGURE_GROUPS

RISK_LEVELS = [("low", "Low"), ("medium", "Medium"), ("high", "High"), ("critical", "Critical")]
ZONES = [("standard", "Standard"), ("grey", "Grey Zone"), ("non_compliant", "Non-Compliant"), ("unknown", "Unknown")]

# When dossiers are merged, the stricter decision stays.
ADMISSION_STRICTNESS = ["draft", "approved", "conditional", "in_review", "exited", "rejected"]


class ComplianceProfile(models.Model):
    """Dossier of one commercial entity in one company.

    A table of its own rather than columns of the partner: access rights protect it, companies differ, and the nightly
    refresh neither touches nor locks partners. What people decide is edited here; what can be computed (see
    docs/figures.md) is written by ``_refresh`` only and refused to everybody else.
    """

    _name = "compliance.profile"
    _description = "Customer Dossier"
    _inherit = ["compliance.discussion", "mail.activity.mixin"]
    _order = "overdue_amount desc, revenue_12m desc, id desc"
    _rec_names_search = ["partner_id.complete_name", "partner_id.ref", "partner_id.vat"]
    _check_company_auto = True
    # A salesperson reads the dossiers of own customers and may comment on them, without editing anything.
    _mail_post_access = "read"

    # === Identity and decisions === #
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    active = fields.Boolean(related="partner_id.active", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    country_id = fields.Many2one(related="partner_id.country_id")
    industry_id = fields.Many2one(related="partner_id.industry_id")
    image_128 = fields.Image(related="partner_id.image_128")
    user_id = fields.Many2one(
        "res.users",
        string="Account Manager",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index="btree_not_null",
        tracking=True,
        help="Dedicated account manager of this customer; sees the dossier.",
    )
    officer_id = fields.Many2one(
        "res.users",
        string="Compliance Officer",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index="btree_not_null",
        tracking=True,
    )
    admission_state = fields.Selection(
        [
            ("draft", "Draft"),
            ("in_review", "In Review"),
            ("approved", "Approved"),
            ("conditional", "Approved with Conditions"),
            ("rejected", "Rejected"),
            ("exited", "Exited"),
        ],
        string="Admission",
        required=True,
        default="draft",
        tracking=True,
        group_expand=True,
        copy=False,
    )
    note = fields.Html(string="Background")
    check_ids = fields.One2many("compliance.criterion.check", "profile_id", string="Criteria Checks")
    last_review_date = fields.Date(copy=False)
    next_review_date = fields.Date(tracking=True, copy=False)
    last_contact_date = fields.Date(copy=False)
    next_contact_date = fields.Date(copy=False)

    # === Classes === #
    zone = fields.Selection(ZONES, readonly=True, copy=False, default="unknown", required=True, group_expand=True)
    lifecycle = fields.Selection(
        [
            ("prospect", "Prospect"),
            ("new", "New"),
            ("active", "Active"),
            ("at_risk", "At Risk"),
            ("lost", "Lost"),
            ("exited", "Exited"),
        ],
        readonly=True,
        copy=False,
        default="prospect",
        required=True,
        help="From the days since the last purchase against the customer's own purchase interval.",
    )
    value_tier = fields.Selection(
        [("high", "High"), ("medium", "Medium"), ("low", "Low"), ("none", "None")],
        readonly=True,
        copy=False,
        default="none",
        required=True,
        help="From the cumulative share of the company's 12-month revenue.",
    )
    purchase_behaviour = fields.Selection(
        [("frequent", "Frequent"), ("occasional", "Occasional"), ("one_time", "One-Time"), ("none", "None")],
        readonly=True,
        copy=False,
        default="none",
        required=True,
    )
    rfm_recency = fields.Integer(
        "Recency", readonly=True, copy=False, aggregator="avg", help="1 (long ago) to 5 (recent)."
    )
    rfm_frequency = fields.Integer(
        "Frequency", readonly=True, copy=False, aggregator="avg", help="1 (rarely) to 5 (often)."
    )
    rfm_monetary = fields.Integer(
        "Monetary", readonly=True, copy=False, aggregator="avg", help="1 (little revenue) to 5 (much revenue)."
    )
    completeness = fields.Float(
        "Completeness (%)",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Share of the dossier items that are present on the customer.",
    )

    # === History === #
    invoice_count = fields.Integer("Invoices", readonly=True, copy=False)
    purchases_12m = fields.Integer("Invoices, 12 Months", readonly=True, copy=False)
    revenue_12m = fields.Monetary("Revenue, 12 Months", readonly=True, copy=False)
    revenue_total = fields.Monetary("Revenue, Total", readonly=True, copy=False)
    first_invoice_date = fields.Date("First Invoice", readonly=True, copy=False)
    last_invoice_date = fields.Date("Last Invoice", readonly=True, copy=False)
    purchase_interval_days = fields.Float(
        "Purchase Interval (days)", digits=(16, 1), readonly=True, copy=False, aggregator="avg"
    )

    # === Today === #
    open_amount = fields.Monetary("Open", readonly=True, copy=False)
    overdue_amount = fields.Monetary("Overdue", readonly=True, copy=False)
    max_days_overdue = fields.Integer("Days Overdue", readonly=True, copy=False, aggregator="max")
    oldest_due_date = fields.Date(readonly=True, copy=False)
    credit_limit_used = fields.Float(
        readonly=True, copy=False, aggregator="avg", help="Open amount as a share of the limit."
    )

    # === Payment habit === #
    paid_count = fields.Integer("Paid Invoices", readonly=True, copy=False)
    avg_days_to_pay = fields.Float(
        "Days to Pay",
        digits=(16, 1),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Mean days from the invoice to its last payment, over all paid invoices.",
    )
    days_beyond_terms = fields.Float(
        "Days beyond Terms",
        digits=(16, 1),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Mean days from due date to payment, weighted by the amounts paid. Negative: pays early.",
    )
    late_ratio = fields.Float(
        "Paid Late", readonly=True, copy=False, aggregator="avg", help="Share of the paid invoices that were paid late."
    )
    late_ratio_recent = fields.Float("Paid Late, Recently", readonly=True, copy=False, aggregator="avg")
    late_trend = fields.Float(
        "Lateness Trend",
        digits=(16, 1),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Days of lateness gained (or lost) per 30 days over the last year.",
    )
    late_probability = fields.Float(
        "Late Payment Probability",
        readonly=True,
        copy=False,
        aggregator="avg",
        help="Chance that the next invoice is paid late.",
    )
    dso = fields.Float(
        "DSO (days)", digits=(16, 1), readonly=True, copy=False, aggregator="avg", help="Days sales outstanding."
    )
    best_possible_dso = fields.Float("Best Possible DSO", digits=(16, 1), readonly=True, copy=False, aggregator="avg")
    avg_days_delinquent = fields.Float(
        "Average Days Delinquent",
        digits=(16, 1),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="DSO above the best possible DSO: the part caused by late payment.",
    )

    # === Risk === #
    risk_score = fields.Integer(readonly=True, copy=False, aggregator="avg")
    risk_level = fields.Selection(RISK_LEVELS, readonly=True, copy=False, tracking=True)
    risk_level_previous = fields.Selection(RISK_LEVELS, string="Previous Risk Level", readonly=True, copy=False)

    # === Refresh === #
    figures_changed_at = fields.Datetime(
        readonly=True, copy=False, help="When a figure last got another value, or was refreshed by hand."
    )
    refreshed_at = fields.Datetime(
        compute="_compute_refreshed_at", help="When the figures were last computed, changed or not."
    )

    _partner_company_uniq = models.Constraint(
        "UNIQUE(partner_id, company_id)", "This customer has a dossier in this company already."
    )
    # Who is new since a month ago, for the dashboard.
    _create_date_idx = models.Index("(create_date)")

    @api.depends("partner_id.complete_name")
    def _compute_display_name(self):
        for profile in self:
            profile.display_name = profile.partner_id.complete_name

    @api.depends("figures_changed_at", "company_id.compliance_refreshed_at")
    def _compute_refreshed_at(self):
        # The nightly refresh rewrites only what changed; that it looked at every dossier stands on the company.
        for profile in self:
            moments = [profile.figures_changed_at, profile.company_id.sudo().compliance_refreshed_at]
            profile.refreshed_at = max(filter(None, moments), default=False)

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Opens dossiers by hand: on the commercial entity, with its figures.

        :raises AccessError: if a figure is given
        """
        defaults = {key.removeprefix("default_") for key in self.env.context if key.startswith("default_")}
        self._check_figures_untouched(defaults.union(*vals_list))
        partners = self.env["res.partner"].browse(vals["partner_id"] for vals in vals_list if vals.get("partner_id"))
        entities = {partner.id: partner.commercial_partner_id for partner in partners}
        vals_list = [
            {
                **vals,
                "partner_id": entities[vals["partner_id"]].id,
                "user_id": vals.get("user_id", entities[vals["partner_id"]].user_id.id),
            }
            if vals.get("partner_id")
            else vals
            for vals in vals_list
        ]
        profiles = super().create(vals_list)
        for profile in profiles:
            profile._check_decision_allowed(profile.admission_state)
        profiles._link_partners()
        self.sudo()._refresh(profiles.partner_id)
        return profiles

    def write(self, vals):
        """:raises AccessError: if a figure is given, or a decision, which is that of a review"""
        self._check_figures_untouched(vals)
        if "admission_state" in vals:
            self._check_decision_allowed(vals["admission_state"])
        if {"partner_id", "company_id", "active"} & set(vals) and not self.env.su:
            raise UserError(
                self.env._(
                    "A dossier stays with its customer and company and is archived with the customer; merge or archive"
                    " the contacts instead."
                )
            )
        result = super().write(vals)
        if "admission_state" in vals:
            # The lifecycle follows an exit.
            self.sudo()._refresh(self.partner_id)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_history(self):
        if self.env.su:  # merged dossiers live on in another one
            return
        kept = self.filtered(lambda profile: profile.invoice_count or profile.admission_state != "draft")
        if kept:
            raise UserError(
                self.env._(
                    "The dossiers of %(customers)s hold invoices or decisions and cannot be deleted; archive the"
                    " customers instead.",
                    customers=", ".join(kept[:5].mapped("display_name")),
                )
            )

    def _check_figures_untouched(self, fnames):
        """Figures are the refresh's alone, whatever route a value comes by."""
        if self.env.su:
            return
        touched = self._get_computed_fields().intersection(fnames)
        if touched:
            raise AccessError(
                self.env._(
                    "%(figures)s: computed from invoices, payments and criteria, not entered by hand.",
                    figures=", ".join(sorted(self._fields[name]._description_string(self.env) for name in touched)),
                )
            )

    def _check_decision_allowed(self, state):
        """Officers prepare; decisions are those of approved reviews, whoever asks and whatever the route."""
        if self.env.su and not self.pool.ready:  # installing, upgrading, demo data
            return
        prepared = {"draft", "in_review"}
        if state not in prepared or any(profile.admission_state not in prepared for profile in self):
            raise AccessError(
                self.env._("The admission or exit of a customer is decided by an approved review, and by nothing else.")
            )

    def _write_admission(self, vals):
        """Past our own ``write``, which refuses decisions: those of reviews, of merged dossiers and of other systems.

        :param dict vals: admission_state and what else follows from the decision
        """
        before = set(self.mapped("admission_state"))
        result = super().write(vals)  # pylint: disable=super-method-mismatch
        if "exited" in before | {vals.get("admission_state")}:
            # The lifecycle follows an exit.
            self.sudo()._refresh(self.partner_id)
        return result

    def _check_zone_allows(self, state):
        """No admission against the criteria, whatever route it comes by: of nobody who does not meet a knock-out or
        whose answers are missing, and in the grey zone only with conditions.
        """
        self.ensure_one()
        if state not in ("approved", "conditional"):
            return
        if self.zone in ("non_compliant", "unknown"):
            raise UserError(
                self.env._(
                    "%(customer)s cannot be approved: %(criteria)s.",
                    customer=self.display_name,
                    criteria=", ".join(self.check_ids._filtered_blocking().criterion_id.mapped("display_name"))
                    or self.env._("the criteria were not answered yet"),
                )
            )
        if self.zone == "grey" and state == "approved":
            raise UserError(
                self.env._("%(customer)s is in the grey zone: approve it with conditions.", customer=self.display_name)
            )

    @api.model
    def _get_computed_fields(self):
        """Names of the fields nobody may enter: everything ``_refresh`` and the risk model write."""
        return {
            *self._get_figure_names(),
            "risk_score",
            "risk_level",
            "risk_level_previous",
            "figures_changed_at",
        }

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_refresh(self):
        """Computes the figures of these dossiers now.

        :raises AccessError: for users who may not read them, and for auditors, who change nothing
        """
        self.check_access("read")
        if not self.env.user.has_groups(
            "crm_compliance.group_compliance_user,account.group_account_invoice,account.group_account_readonly"
        ):
            raise AccessError(self.env._("An auditor changes nothing, not even by refreshing figures."))
        profiles = self.sudo()
        if profiles._refresh(profiles.partner_id):
            profiles.figures_changed_at = fields.Datetime.now()

    def _get_banner_messages(self):
        """What somebody who deals with this customer should know at once; amounts only with the right to the dossier.

        :return: list of dicts with code, level (warning, danger) and text
        """
        self.ensure_one()
        messages = []
        if self.zone in ("grey", "non_compliant"):
            messages.append(
                {
                    "code": "zone",
                    "level": "danger" if self.zone == "non_compliant" else "warning",
                    "text": self.env._("%(customer)s does not meet a knock-out criterion.", customer=self.display_name)
                    if self.zone == "non_compliant"
                    else self.env._("%(customer)s is in the grey zone.", customer=self.display_name),
                }
            )
        if self.overdue_amount > 0 and self.sudo(False).has_access("read"):
            messages.append(
                {
                    "code": "overdue",
                    "level": "warning",
                    "text": self.env._(
                        "%(customer)s owes %(amount)s overdue, the oldest since %(date)s.",
                        customer=self.display_name,
                        amount=formatLang(self.env, self.overdue_amount, currency_obj=self.currency_id),
                        date=format_date(self.env, self.oldest_due_date),
                    ),
                }
            )
        return messages

    def _get_move_action(self, name, domain):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {self.display_name}",
            "res_model": "account.move",
            "views": [
                (self.env.ref("crm_compliance.account_move_view_list_behind").id, "list"),
                (False, "form"),
            ],
            "search_view_id": (self.env.ref("account.view_account_invoice_filter").id, "search"),
            "domain": [
                ("commercial_partner_id", "child_of", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "posted"),
                *domain,
            ],
            "context": {"create": False, "active_test": False, "default_move_type": "out_invoice"},
        }

    def _get_present(self, *names):
        """The first of the people in these fields who is still there to do something for the company."""
        self.ensure_one()
        people = (self[name] for name in names)
        return next((user for user in people if user._works_for(self.company_id)), self.env["res.users"])

    def action_view_history(self):
        """Who changed what of the dossier."""
        return self.env["compliance.audit.history"]._open(self)

    def action_view_invoices(self):
        """The purchases behind ``invoice_count``."""
        name = self.env._("Invoices")
        return self._get_move_action(
            name,
            [
                ("move_type", "in", ("out_invoice", "out_receipt")),
                ("amount_total_signed", "!=", 0),
                ("invoice_date", "<=", self.company_id._get_compliance_today()),
            ],
        )

    def action_view_revenue(self):
        """The invoices and credit notes behind the 12-month revenue."""
        today = self.company_id._get_compliance_today()
        name = self.env._("Revenue, 12 Months")
        return self._get_move_action(
            name,
            [
                ("move_type", "in", ("out_invoice", "out_receipt", "out_refund")),
                ("invoice_date", ">", fields.Date.subtract(today, years=1)),
                ("invoice_date", "<=", today),
            ],
        )

    def action_view_open(self):
        """The invoices and credit notes behind the open amount."""
        name = self.env._("Open")
        return self._get_move_action(
            name,
            [
                ("move_type", "in", ("out_invoice", "out_receipt", "out_refund")),
                ("amount_residual_signed", "!=", 0),
                ("invoice_date", "<=", self.company_id._get_compliance_today()),
            ],
        )

    def action_view_overdue(self):
        """The invoices behind the overdue amount."""
        today = self.company_id._get_compliance_today()
        name = self.env._("Overdue")
        return self._get_move_action(
            name,
            [
                ("move_type", "in", ("out_invoice", "out_receipt")),
                (
                    "line_ids",
                    "any",
                    [
                        ("display_type", "=", "payment_term"),
                        ("date_maturity", "<", today),
                        ("amount_residual", ">", 0),
                    ],
                ),
                ("invoice_date", "<=", today),
            ],
        )

    def action_view_settlements(self):
        """The reconciliations behind the payment habit."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_settlement_action")
        return {
            **action,
            "domain": [("partner_id", "=", self.partner_id.id), ("company_id", "=", self.company_id.id)],
        }

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _link_partners(self):
        """Lets the partners of these dossiers, and their contacts, point to them.

        In SQL: writing a commercial field through the ORM would synchronise contact by contact.
        """
        if not self.ids:
            return
        self.flush_recordset(["partner_id", "company_id"])
        self.env["res.partner"].flush_model(["commercial_partner_id", "compliance_profile_id"])
        self.env.execute_query(
            SQL(
                """
                UPDATE res_partner partner
                   SET compliance_profile_id = COALESCE(partner.compliance_profile_id, '{}') || link.value
                  FROM (
                        SELECT partner_id, jsonb_object_agg(company_id::text, id) AS value
                          FROM compliance_profile
                         WHERE id = ANY(%s)
                      GROUP BY partner_id
                       ) link
                 WHERE partner.commercial_partner_id = link.partner_id
                   AND NOT COALESCE(partner.compliance_profile_id, '{}') @> link.value
             RETURNING partner.id
                """,
                self.ids,
            )
        )
        self.env["res.partner"].invalidate_model(["compliance_profile_id"], flush=False)

    def _merge_into(self, target):
        """Merges these dossiers into another of the same company and deletes them; no check, message, note, activity,
        attachment or follower is lost. Figures follow from the ledger.

        :param target: the dossier that stays
        """
        sources = self - target
        for source in sources:
            source.check_ids._move_to(target)
            source.message_change_thread(target)
            target.message_subscribe(source.message_partner_ids.ids)
            target._message_log(
                body=self.env._(
                    "The dossier of %(customer)s was merged into this one. Its admission was: %(admission)s.",
                    customer=source.display_name,
                    admission=dict(source._fields["admission_state"]._description_selection(self.env))[
                        source.admission_state
                    ],
                )
            )
            target._write_admission(source._prepare_merge_values(target))
        for model in ("mail.activity", "ir.attachment"):
            self.env[model].sudo().with_context(active_test=False).search(
                [("res_model", "=", self._name), ("res_id", "in", sources.ids)]
            ).write({"res_id": target.id})
        sources.unlink()

    def _prepare_merge_values(self, target):
        """What the remaining dossier takes over: what it has not itself, and the stricter decision."""
        self.ensure_one()
        values = {
            fname: self[fname].id if self._fields[fname].relational else self[fname]
            for fname in ("user_id", "officer_id", "last_review_date", "next_review_date", "last_contact_date")
            if self[fname] and not target[fname]
        }
        if self.note:
            values["note"] = (target.note or "") + self.note
        if ADMISSION_STRICTNESS.index(self.admission_state) > ADMISSION_STRICTNESS.index(target.admission_state):
            values["admission_state"] = self.admission_state
        return values

    def _order_to_sql(self, order, query, alias=None, reverse=False):
        """Who may not know what customers owe does not learn who owes more by sorting contacts by their dossiers."""
        is_joined = alias and alias != self._table
        if is_joined and not self.env.su and not self.env.user.has_groups(FIGURE_GROUPS):
            order = "id"
        return super()._order_to_sql(order, query, alias=alias, reverse=reverse)

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Auditors read the conversation and do not take part in it."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation == "create" and not self.env.user.has_groups(
            "crm_compliance.group_compliance_user,account.group_account_invoice,account.group_account_readonly"
        ):
            return dict.fromkeys(operations, "write")
        return operations

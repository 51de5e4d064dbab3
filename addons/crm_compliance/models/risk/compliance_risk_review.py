# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import request
from odoo.tools import SQL, formatLang

from ...tools.forms import open_form
from ..dossier.compliance_profile import RISK_LEVELS, ZONES
from .compliance_risk_signal import FIGURES as FIGURE_UNITS

OFFICER = "crm_compliance.group_compliance_officer"
MANAGER = "crm_compliance.group_compliance_manager"
# Account managers see the outcome of a review, not what led to it.
REASONS = f"{OFFICER},crm_compliance.group_compliance_auditor"
KINDS = [("onboarding", "Onboarding"), ("periodic", "Periodic"), ("triggered", "Triggered"), ("exit", "Exit")]
DECISIONS = [
    ("approve", "Approve"),
    ("conditional", "Approve with Conditions"),
    ("reject", "Reject"),
    ("exit", "Exit"),
]
# What each decision makes of the customer's admission, and which decisions each kind may end in.
ADMISSION_OF = {"approve": "approved", "conditional": "conditional", "reject": "rejected", "exit": "exited"}
DECISIONS_OF = {
    "onboarding": ("approve", "conditional", "reject"),
    "periodic": ("approve", "conditional", "exit"),
    "triggered": ("approve", "conditional", "exit"),
    "exit": ("exit", "approve", "conditional"),
}
# Decisions that end the business.
ENDING = ("reject", "exit")
OPEN = ("draft", "assessment", "approval")
EDITABLE = ("draft", "assessment")
# Only the methods below set these; a write over RPC, an import or a default does not.
DECIDED = {
    "name",
    "state",
    "last_edited_by",
    "last_edited_at",
    "editor_ids",
    "submitted_by",
    "submitted_at",
    "approved_by",
    "approved_at",
    "send_back_reason",
    "cancel_reason",
    "zone",
    "risk_level",
    "risk_score",
    "figures",
    "open_matters",
    "customer_name",
    "company_name",
    "snapshot",
    "content_hash",
    "reminded_at",
    "escalated_at",
}
# Whom and what the review is about.
FIXED = {"profile_id", "kind", "partner_id", "company_id"}
# Who is to do it until when: the work itself is something else, and so is who did it.
LOGISTICS = {"prepared_by", "due_date"}
# Figures of the dossier noted in the review.
FIGURES = (
    "revenue_12m",
    "open_amount",
    "overdue_amount",
    "max_days_overdue",
    "days_beyond_terms",
    "late_ratio",
    "late_probability",
    "credit_limit_used",
    "completeness",
)


class ComplianceRiskReview(models.Model):
    """A customer is looked at, somebody proposes what to decide, and somebody else decides.

    Nobody who worked on a review approves it. That is checked here, in the model, whatever route a change comes by:
    whoever changes the content is noted (``_sign``), deciding fields are refused to everybody but the deciding methods
    (``_write_state``), and what waits for its approval, was approved or cancelled is not changed at all. Being the
    superuser is no way around: ``sudo`` leaves the user who acts in place, and the superuser itself is no person who
    could be the second pair of eyes.
    """

    _name = "compliance.risk.review"
    _description = "Customer Review"
    _inherit = ["compliance.notice", "compliance.discussion", "mail.activity.mixin", "compliance.activity"]
    _order = "due_date, id"
    _rec_names_search = ["name", "partner_id.complete_name"]
    _check_company_auto = True
    _compliance_activity_type = "crm_compliance.mail_activity_type_review"

    name = fields.Char(string="Number", readonly=True, required=True, default="/", copy=False)
    kind = fields.Selection(KINDS, required=True, default="periodic", tracking=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("assessment", "Assessment"),
            ("approval", "Approval"),
            ("done", "Approved"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        group_expand=True,
        index=True,
    )
    profile_id = fields.Many2one("compliance.profile", string="Dossier", required=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(related="profile_id.partner_id", string="Customer", store=True, index=True)
    company_id = fields.Many2one(related="profile_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(related="profile_id.user_id")

    # === Who and when === #
    due_date = fields.Date(required=True, tracking=True, copy=False, default=fields.Date.context_today)
    prepared_by = fields.Many2one(
        "res.users",
        string="Officer",
        copy=False,
        index=True,
        ondelete="restrict",
        tracking=True,
        default=lambda self: self._default_prepared_by(),
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who prepares the review. Approving it is somebody else's.",
    )
    last_edited_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    last_edited_at = fields.Datetime(readonly=True, copy=False)
    editor_ids = fields.Many2many(
        "res.users",
        "compliance_risk_review_editor_rel",
        "review_id",
        "user_id",
        string="Worked on by",
        readonly=True,
        copy=False,
        help="Everybody who changed the content; none of them approves it.",
    )
    submitted_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    submitted_at = fields.Datetime(readonly=True, copy=False)
    approved_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict", tracking=True)
    approved_at = fields.Datetime(readonly=True, copy=False)
    reminded_at = fields.Datetime(readonly=True, copy=False, help="When the officer was told that it is due.")
    escalated_at = fields.Datetime(readonly=True, copy=False, help="When the managers were told that it is overdue.")
    send_back_reason = fields.Text(readonly=True, copy=False, groups=REASONS)
    cancel_reason = fields.Text(readonly=True, copy=False, groups=REASONS)

    # === What was found === #
    zone = fields.Selection(ZONES, readonly=True, copy=False, help="When the review was prepared.")
    risk_level = fields.Selection(RISK_LEVELS, readonly=True, copy=False, help="When the review was prepared.")
    risk_score = fields.Integer(readonly=True, copy=False, aggregator="avg")
    figures = fields.Json(readonly=True, copy=False, groups=REASONS)
    figures_table = fields.Html(compute="_compute_figures_table", string="Figures Noted", groups=REASONS)
    open_matters = fields.Json(readonly=True, copy=False, groups=REASONS)
    open_matters_table = fields.Html(compute="_compute_open_matters_table", string="Still Open", groups=REASONS)
    line_ids = fields.One2many("compliance.risk.review.line", "review_id", string="Questions", groups=REASONS)
    opinion_ids = fields.One2many("compliance.legal.opinion", "review_id", string="Legal Opinions", groups=REASONS)
    progress = fields.Float(
        string="Answered (%)", compute="_compute_progress", groups=REASONS, help="Share of the required questions."
    )

    # === What is proposed === #
    decision = fields.Selection(DECISIONS, tracking=True, help="Proposed until it is approved.")
    conclusion = fields.Text(groups=REASONS, help="Why the decision is proposed.")
    treatment = fields.Selection(
        [("prevent", "Prevent"), ("mitigate", "Mitigate"), ("transfer", "Transfer"), ("accept", "Accept")],
        groups=REASONS,
        help="What is done about the risk: avoid it, lessen it, have somebody else bear it, or bear it.",
    )
    treatment_plan = fields.Text(groups=REASONS)
    treatment_owner_id = fields.Many2one(
        "res.users",
        groups=REASONS,
        ondelete="restrict",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    condition_ids = fields.One2many("compliance.risk.review.condition", "review_id", string="Conditions")
    restriction_ids = fields.One2many(
        "compliance.risk.review.restriction", "review_id", string="Proposed Restrictions", groups=REASONS
    )
    set_credit_limit = fields.Boolean(string="Set the Credit Limit", copy=False)
    credit_limit = fields.Monetary(string="Proposed Credit Limit", copy=False)
    next_review_date = fields.Date(string="Next Review", tracking=True, copy=False)

    # === What was approved === #
    customer_name = fields.Char(readonly=True, copy=False, help="The customer's name when it was approved.")
    company_name = fields.Char(readonly=True, copy=False)
    snapshot = fields.Text(readonly=True, copy=False, groups=REASONS)
    content_hash = fields.Char(string="SHA-256", readonly=True, copy=False)

    calendar_name = fields.Char(compute="_compute_display_name")
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue", string="Overdue")
    is_editable = fields.Boolean(compute="_compute_is_editable")
    can_approve = fields.Boolean(compute="_compute_can_approve", search="_search_can_approve")

    # Not unique: a review keeps its number when its customer moves to another company, which counts for itself.
    _number_idx = models.Index("(company_id, name)")
    _open_uniq = models.UniqueIndex(
        "(profile_id, kind) WHERE state IN ('draft', 'assessment', 'approval')",
        "This customer has an open review of this kind already.",
    )
    _open_due_idx = models.Index("(due_date) WHERE state IN ('draft', 'assessment')")
    # The last fence, for whoever finds a hole in the others.
    _four_eyes = models.Constraint(
        "CHECK(state <> 'done' OR (approved_by IS NOT NULL AND approved_by IS DISTINCT FROM prepared_by"
        " AND approved_by IS DISTINCT FROM last_edited_by AND approved_by IS DISTINCT FROM submitted_by))",
        "A review is approved by somebody who did not work on it.",
    )
    _limit_positive = models.Constraint("CHECK(credit_limit >= 0)", "A credit limit cannot be negative.")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.model
    def _default_prepared_by(self):
        """Who creates a review prepares it, if it is a person."""
        actor = self._get_actor()
        return actor if actor.id != SUPERUSER_ID else actor.browse()

    @api.depends("name", "partner_id.complete_name")
    def _compute_display_name(self):
        for review in self:
            # sudo: the name alone, of a customer whose review may be read.
            customer = review.customer_name or review.sudo().partner_id.complete_name
            number = review.name if review.name != "/" else ""
            review.display_name = f"{number} {customer or ''}".strip()
            # In a calendar there is room for one of the two.
            review.calendar_name = customer or number

    @api.depends("due_date", "state")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for review in self:
            review.is_overdue = review.state in OPEN and bool(review.due_date and review.due_date < today)

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", OPEN), ("due_date", "<", "today")]

    @api.depends("state")
    def _compute_is_editable(self):
        for review in self:
            review.is_editable = review.state in EDITABLE

    @api.depends("state", "prepared_by", "submitted_by", "last_edited_by", "editor_ids")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        actor = self._get_actor()
        manager = self._is_person(actor) and self.env.user.has_group(MANAGER)
        for review in self:
            review.can_approve = manager and review.state == "approval" and actor not in review._get_barred()

    def _search_can_approve(self, operator, value):
        if operator != "in":
            return NotImplemented
        actor = self._get_actor()
        if not self._is_person(actor) or not self.env.user.has_group(MANAGER):
            return [(0, "=", 1)]
        return [
            ("state", "=", "approval"),
            ("prepared_by", "!=", actor.id),
            ("submitted_by", "!=", actor.id),
            ("editor_ids", "not in", actor.ids),
        ]

    @api.depends("line_ids.is_answered", "line_ids.required")
    def _compute_progress(self):
        for review in self:
            required = review.line_ids.filtered("required")
            answered = required.filtered("is_answered")
            review.progress = 100 * len(answered) / len(required) if required else 100

    @api.depends("figures")
    @api.depends_context("lang")
    def _compute_figures_table(self):
        for review in self:
            review.figures_table = self.env["ir.qweb"]._render(
                "crm_compliance.risk_review_figures", {"figures": review._describe_figures()}
            )

    @api.depends("open_matters", "state", "kind")
    @api.depends_context("lang")
    def _compute_open_matters_table(self):
        for review in self:
            review.open_matters_table = self.env["ir.qweb"]._render(
                "crm_compliance.risk_review_open_matters", {"matters": review._describe_open_matters()}
            )

    @api.constrains("prepared_by", "treatment_owner_id")
    def _check_people(self):
        for review in self.sudo():
            for user in review.prepared_by | review.treatment_owner_id:
                if review.company_id not in user.company_ids:
                    raise ValidationError(
                        self.env._(
                            "%(user)s does not work for %(company)s.",
                            user=user.name,
                            company=review.company_id.name,
                        )
                    )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Opens reviews: numbered, with the questions of their questionnaires and an activity for the officer.

        :raises AccessError: if anything that is decided is given, whatever the route
        """
        given = {
            key.removeprefix("default_"): value for key, value in self.env.context.items() if key.startswith("default_")
        }
        if DECIDED & set(given).union(*vals_list):
            self._refuse_decision()
        signed = [self._has_content({**given, **vals}) for vals in vals_list]
        reviews = super().create(vals_list)
        reviews._number()
        reviews._note_figures()
        reviews._lay_out_questions()
        for review, worked_on in zip(reviews, signed, strict=True):
            if worked_on:
                review._sign()
        reviews._schedule_preparation()
        reviews._start_admission()
        return reviews

    def write(self, vals):
        """:raises AccessError: if anything that is decided is given
        :raises UserError: if the reviews are not being worked on
        """
        if not self or self._is_chatter(vals):
            return super().write(vals)
        if DECIDED & set(vals):
            self._refuse_decision()
        if FIXED & set(vals):
            raise UserError(self.env._("A review stays with its customer and kind; cancel it and start another one."))
        self._check_editable()
        signature = self._prepare_signature() if set(vals) - LOGISTICS else {}
        result = super().write({**vals, **signature})
        if LOGISTICS & set(vals):
            self._schedule_preparation()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if self.filtered(lambda review: review.state != "draft"):
            raise UserError(self.env._("A review that was begun is part of the record; cancel it instead."))

    @api.model
    def _refuse_decision(self):
        raise AccessError(
            self.env._(
                "Reviews are numbered, signed, submitted and approved by the buttons made for it, and by nothing else."
            )
        )

    @api.model
    def _is_chatter(self, vals):
        return all(name.startswith(("message_", "activity_")) for name in vals)

    @api.model
    def _has_content(self, vals):
        """Whether somebody who creates a review with these values has worked on it, or merely scheduled it."""
        return any(
            value and name in self._fields and name not in FIXED | LOGISTICS and not self._is_chatter([name])
            for name, value in vals.items()
        )

    def _write_state(self, vals):
        """Past our own ``write``, which refuses what is decided."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    # -------------------------------------------------------------------------
    # WHO
    # -------------------------------------------------------------------------

    @api.model
    def _get_actor(self):
        """The person who acts: whose session it is, even where code runs as somebody else on their behalf."""
        session_uid = request.session.uid if request and request.db else None
        return self.env["res.users"].browse(session_uid or self.env.uid)

    @api.model
    def _is_person(self, user):
        return user.id != SUPERUSER_ID

    def _get_barred(self):
        """Who worked on the review and therefore does not approve it."""
        self.ensure_one()
        review = self.sudo()
        return review.prepared_by | review.submitted_by | review.last_edited_by | review.editor_ids

    def _prepare_signature(self):
        actor = self._get_actor()
        return {
            "last_edited_by": actor.id,
            "last_edited_at": fields.Datetime.now(),
            "editor_ids": [fields.Command.link(actor.id)],
        }

    def _sign(self):
        """Notes that somebody changed the content of these reviews, or refuses that it is changed.

        The row is always written: who submits or approves at the same moment collides with it.

        :raises UserError: if the reviews are not being worked on
        """
        if self:
            self._check_editable()
            self.sudo()._write_state(self._prepare_signature())

    def _check_editable(self):
        """:raises UserError: for the first review that is not being worked on"""
        for review in self.sudo():
            if review.state == "approval":
                raise UserError(
                    self.env._("%s waits for its approval; send it back to change it.", review.display_name)
                )
            if review.state == "done":
                raise UserError(
                    self.env._(
                        "%s is approved, and what was approved stays as it is; start a new review.",
                        review.display_name,
                    )
                )
            if review.state == "cancelled":
                raise UserError(self.env._("%s was cancelled and stays as it is.", review.display_name))

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_start(self):
        """Begins the assessment: figures as of now, and a date for the next review by the level of risk."""
        self._check_officer()
        for review in self:
            if review.state != "draft":
                raise UserError(self.env._("%s was begun already.", review.display_name))
        self._note_figures()
        self._write_state({"state": "assessment"})
        if not self.env.user.has_group(MANAGER):  # a manager may only look, and approve it later
            self._claim()
        self._propose_next_date()

    def action_submit(self):
        """Hands the reviews to the managers for approval; from now on nobody changes them.

        :raises UserError: if something is missing, all of it in one message
        """
        self._check_officer()
        for review in self:
            if review.state not in EDITABLE:
                raise UserError(self.env._("%s was submitted already.", review.display_name))
        self._note_figures()
        self._propose_next_date()
        for review in self:
            review._check_complete()
        self._claim()
        self._write_state(
            {
                "state": "approval",
                "submitted_by": self._get_actor().id,
                "submitted_at": fields.Datetime.now(),
                "send_back_reason": False,
            }
        )
        self._end_activities()
        self._ask_for_approval()

    def _claim(self):
        """Whoever works on reviews that nobody was asked to prepare prepares them."""
        actor = self._get_actor()
        unclaimed = self.filtered(lambda review: not review.prepared_by)
        if unclaimed and self._is_person(actor):
            unclaimed._write_state({"prepared_by": actor.id})
            unclaimed._schedule_preparation()

    def action_send_back(self):
        """Asks for the reason and gives the reviews back to who prepares them."""
        self.check_access("write")
        return self.env["compliance.reason"]._open(self, self.env._("Send Back"), "send_back")

    def action_cancel(self):
        """Asks for the reason and cancels the reviews."""
        self.check_access("write")
        return self.env["compliance.reason"]._open(self, self.env._("Cancel the Review"), "cancel")

    def _send_back(self, reason):
        """Gives reviews back to their officers.

        :param str reason: what is to be done, for the officer
        :raises AccessError: for everybody but managers, and who submitted
        """
        self._check_officer()
        for review in self:
            if review.state != "approval":
                raise UserError(self.env._("%s does not wait for an approval.", review.display_name))
            if not self.env.user.has_group(MANAGER) and review.submitted_by != self._get_actor():
                raise AccessError(self.env._("Only compliance managers send a review back."))
        self._lock()
        self._write_state({"state": "assessment", "send_back_reason": reason})
        self._end_activities()
        self._schedule_preparation(note=reason)

    def _cancel(self, reason):
        """Ends reviews without a decision.

        :param str reason: why, for the record
        """
        self._check_officer()
        for review in self:
            if review.state not in OPEN:
                raise UserError(self.env._("%s is closed already.", review.display_name))
        self._lock()
        self._write_state({"state": "cancelled", "cancel_reason": reason})
        self._end_activities()
        self._end_admission()

    def action_open_profile(self):
        """Opens the dossier."""
        self.ensure_one()
        return open_form(self.profile_id)

    def action_view_history(self):
        """Who changed what of the review."""
        return self.env["compliance.audit.history"]._open(self)

    def _check_officer(self):
        """:raises AccessError: unless the user prepares reviews and may change these"""
        self.check_access("write")
        if not self.env.user.has_group(OFFICER):
            raise AccessError(self.env._("Reviews are prepared by compliance officers."))

    def _lock(self):
        """Who comes first decides, and the other is told so.

        :raises UserError: if somebody else is deciding at this moment
        """
        self.flush_recordset()
        if len(self.try_lock_for_update()) < len(self):
            raise UserError(self.env._("Somebody else is deciding on this review at this moment."))

    # -------------------------------------------------------------------------
    # COMPLETENESS
    # -------------------------------------------------------------------------

    def _check_complete(self):
        """:raises UserError: naming everything that is missing"""
        self.ensure_one()
        problems = self._get_problems()
        if problems:
            raise UserError(
                self.env._(
                    "%(review)s cannot be submitted. %(problems)s",
                    review=self.display_name,
                    problems=" ".join(problems),
                )
            )
        if self.decision in ("approve", "conditional"):
            self.profile_id.sudo()._refresh_zones()
            self.profile_id._check_zone_allows(ADMISSION_OF[self.decision])

    def _get_problems(self):
        """What keeps a review from being submitted: a list of full sentences."""
        self.ensure_one()
        problems = []
        unanswered = self.line_ids.filtered(lambda line: line.required and not line.is_answered)
        if unanswered:
            problems.append(
                self.env._("Not answered yet: %(questions)s.", questions=", ".join(unanswered.mapped("name")))
            )
        if not self.decision:
            problems.append(self.env._("No decision is proposed."))
        elif self.decision not in DECISIONS_OF[self.kind]:
            problems.append(
                self.env._(
                    "A review of the kind %(kind)s cannot end with %(decision)s.",
                    kind=self._get_label("kind"),
                    decision=self._get_label("decision"),
                )
            )
        if self.decision == "conditional" and not self.condition_ids:
            problems.append(self.env._("An approval with conditions needs at least one condition."))
        problems += [
            self.env._("%s may not read this review and cannot be responsible for a condition.", user.name)
            for user in self.condition_ids.user_id
            if not self.with_user(user).has_access("read")
        ]
        return problems

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _get_today(self, company):
        """The company's day."""
        return company._get_compliance_today()

    def _number(self):
        """Numbers the reviews by company and year, without a query per review."""
        for company, reviews in self.sudo().grouped("company_id").items():
            numbers = self._take_numbers(company, len(reviews))
            for review, number in zip(reviews, numbers, strict=True):
                review._write_state({"name": number})

    @api.model
    def _take_numbers(self, company, count):
        """The next numbers of a company's reviews: a list of texts."""
        today = self._get_today(company)
        sequence = self._get_sequence(company)
        if sequence.implementation != "standard" or not sequence.use_date_range:
            return [sequence.next_by_id(sequence_date=today) for _number in range(count)]
        span = sequence.date_range_ids.filtered(lambda span: span.date_from <= today <= span.date_to)[:1]
        span = span or sequence._create_date_range_seq(today)
        sequence = sequence.with_context(ir_sequence_date=today, ir_sequence_date_range=span.date_from)
        taken = self.env.execute_query(
            SQL(
                "SELECT nextval(%s::regclass) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence.id:03d}_{span.id:03d}",
                count,
            )
        )
        return [sequence.get_next_char(number) for (number,) in taken]

    @api.model
    def _get_sequence(self, company):
        """The company's own sequence of review numbers; the first review creates it."""
        # sudo: who opens a review need not administer sequences.
        sequences = self.env["ir.sequence"].sudo()
        own = sequences.search([("code", "=", self._name), ("company_id", "=", company.id)], limit=1)
        return own or sequences.create(
            {
                "name": self.env._("Customer reviews of %s", company.name),
                "code": self._name,
                "company_id": company.id,
                "prefix": "RR/%(range_year)s/",
                "padding": 4,
                "use_date_range": True,
            }
        )

    def _lay_out_questions(self):
        """Gives reviews the questions of the questionnaires that apply to them."""
        questions = self.env["compliance.risk.questionnaire"]._get_questions(self.sudo())
        self.env["compliance.risk.review.line"].sudo()._create_unsigned(
            [
                {
                    "review_id": review.id,
                    "question_id": question.id,
                    "sequence": index,
                    "name": question.name,
                    "answer_type": question.answer_type,
                    "required": question.required,
                }
                for review, asked in questions.items()
                for index, question in enumerate(asked, 1)
            ]
        )

    def _note_figures(self):
        """Notes how the customers stand now, and what is still open with them."""
        for review in self.sudo():
            profile = review.profile_id
            review._write_state(
                {
                    "zone": profile.zone,
                    "risk_level": profile.risk_level,
                    "risk_score": profile.risk_score,
                    "figures": {name: self._format_figure(profile, name) for name in FIGURES},
                    "open_matters": review._get_open_matters() if review.kind == "exit" else False,
                }
            )

    @api.model
    def _format_figure(self, profile, name):
        """A figure as text, the same in every language."""
        field = profile._fields[name]
        if field.type == "monetary":
            return f"{profile[name]:.{profile.currency_id.decimal_places}f} {profile.currency_id.name}"
        return f"{profile[name]:.2f}" if field.type == "float" else str(profile[name])

    def _describe_figures(self):
        """:return: list of (label, value) of the figures noted"""
        self.ensure_one()
        profiles = self.env["compliance.profile"]
        return [
            (profiles._fields[name]._description_string(self.env), self._describe_figure(name, value))
            for name, value in (self.figures or {}).items()
            if name in profiles._fields
        ]

    def _describe_figure(self, name, value):
        """A figure noted, as people read it; as it was noted if it cannot be read."""
        number, _space, currency = value.partition(" ")
        try:
            number = float(number)
        except ValueError:
            return value
        unit = "%" if name == "completeness" else FIGURE_UNITS.get(name)
        if unit == "amount" and currency == self.currency_id.name:
            return formatLang(self.env, number, currency_obj=self.currency_id)
        if unit == "%":
            return f"{formatLang(self.env, number if name == 'completeness' else 100 * number, digits=0)} %"
        if unit == "days":
            return self.env._("%(number)s days", number=formatLang(self.env, number, digits=0))
        return value

    def _describe_open_matters(self):
        """:return: what is open with the customer: as it stands while it is prepared, as it stood afterwards"""
        self.ensure_one()
        if self.kind != "exit" or not self.profile_id:
            return []
        return self.sudo()._get_open_matters() if self.state in EDITABLE else self.open_matters or []

    def _get_open_matters(self):
        """What an orderly end has to settle. Parts of the suite that know more add it.

        :return: list of dicts with kind, name, date and amount, all texts
        """
        self.ensure_one()
        moves = self.env["account.move"].search(
            [
                ("commercial_partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "posted"),
                ("move_type", "in", ("out_invoice", "out_receipt", "out_refund")),
                ("amount_residual_signed", "!=", 0),
            ],
            order="invoice_date_due, id",
        )
        decimals = self.currency_id.decimal_places
        return [
            {
                "kind": dict(moves._fields["move_type"]._description_selection(self.env))[move.move_type],
                "name": move.name,
                "date": fields.Date.to_string(move.invoice_date_due) or "",
                "amount": f"{move.amount_residual_signed:.{decimals}f} {self.currency_id.name}",
            }
            for move in moves
        ]

    @api.model
    def _get_managers(self, company):
        """Active compliance managers of a company, people only."""
        managers = self.env.ref(MANAGER).sudo().all_user_ids
        return managers.filtered(
            lambda user: user.active and self._is_person(user) and company.id in user.company_ids.ids
        )

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """What is said about a review is for those who may know the reasons; auditors read without taking part."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if self.env.user.has_group(OFFICER):
            return operations
        if message_operation == "read" and self.env.user.has_group("crm_compliance.group_compliance_auditor"):
            return operations
        return dict.fromkeys(operations, "write")

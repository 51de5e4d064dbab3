# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from .compliance_complaint_priority import LEVELS, PRIORITIES

OFFICER = "crm_compliance.group_compliance_officer"
# What the customer never sees, whatever route they read a case by.
INTERNAL = "base.group_user"
OPEN = ("new", "acknowledged", "investigating", "solution_proposed")
# What the priority is computed from.
PRIORITY_INPUTS = {"severity", "scope", "emotion", "priority_override"}
# Only the methods of the flow set these; a write over RPC, an import or a default does not.
DECIDED = {
    "name",
    "commercial_partner_id",
    "state",
    "waiting",
    "waiting_since",
    "user_id",
    "first_contact_user_id",
    "handover_user_id",
    "handover_by_id",
    "date_acknowledged",
    "date_first_response",
    "date_proposed",
    "date_resolved",
    "date_closed",
    "date_last_customer",
    "date_close_notice",
    "follow_up_date",
    "follow_up_latest",
    "follow_up_done_at",
    "follow_up_note",
    "reopen_count",
    "cancel_reason",
    "merged_into_id",
    "priority",
    "satisfaction",
    "satisfaction_comment",
}


class ComplianceComplaint(models.Model):
    """A complaint of a customer, from the first contact to the call afterwards (ISO 10002).

    Where a case stands, whose it is and when what happened are set by the methods made for it, which check rights and
    states (compliance_complaint_flow.py, _handover.py, _merge.py, _mail.py); ``write`` and ``create`` refuse them,
    whoever asks.
    """

    _name = "compliance.complaint"
    _description = "Complaint"
    _inherit = ["portal.mixin", "rating.mixin", "compliance.discussion", "mail.activity.mixin"]
    _order = "priority desc, date_received, id"
    # What an incoming message sets to its subject.
    _rec_name = "subject"
    _rec_names_search = ["name", "subject", "partner_id.complete_name", "partner_name", "email_from"]
    _check_company_auto = True
    _primary_email = "email_from"
    _mail_post_access = "read"

    name = fields.Char(string="Number", required=True, readonly=True, default="/", copy=False)
    subject = fields.Char(required=True, tracking=True)
    description = fields.Html(help="What the customer says.")

    # === Who complains === #
    partner_id = fields.Many2one(
        "res.partner", string="Customer", index=True, tracking=True, check_company=True, ondelete="restrict"
    )
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Company of the Customer",
        compute="_compute_commercial_partner_id",
        store=True,
        precompute=True,
        index=True,
        ondelete="restrict",
    )
    profile_id = fields.Many2one(
        "compliance.profile",
        string="Dossier",
        compute="_compute_profile_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        groups=INTERNAL,
    )
    partner_name = fields.Char(
        string="Name", compute="_compute_partner_contact", store=True, readonly=False, precompute=True
    )
    email_from = fields.Char(
        string="E-mail", compute="_compute_partner_contact", store=True, readonly=False, precompute=True
    )
    partner_phone = fields.Char(
        string="Phone", compute="_compute_partner_contact", store=True, readonly=False, precompute=True
    )

    # === Who handles it === #
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    team_id = fields.Many2one(
        "compliance.complaint.team",
        compute="_compute_team_id",
        store=True,
        readonly=False,
        precompute=True,
        index=True,
        tracking=True,
        check_company=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        "res.users", string="Owner", readonly=True, copy=False, index=True, tracking=True, ondelete="restrict"
    )
    first_contact_user_id = fields.Many2one(
        "res.users",
        string="First Contact",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        groups=INTERNAL,
        help="Owns the case until somebody accepts its handover.",
    )
    handover_user_id = fields.Many2one(
        "res.users",
        string="Asked to Take Over",
        readonly=True,
        copy=False,
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        groups=INTERNAL,
    )
    handover_by_id = fields.Many2one(
        "res.users", string="Handover by", readonly=True, copy=False, ondelete="restrict", groups=INTERNAL
    )

    # === Where it stands === #
    state = fields.Selection(
        [
            ("new", "New"),
            ("acknowledged", "Acknowledged"),
            ("investigating", "Investigating"),
            ("solution_proposed", "Solution Proposed"),
            ("resolved", "Resolved"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="new",
        copy=False,
        tracking=True,
        group_expand="_group_expand_state",
        index=True,
    )
    waiting = fields.Selection(
        [("none", "Nobody"), ("customer", "Customer"), ("third_party", "Third Party")],
        string="Waiting for",
        required=True,
        readonly=True,
        default="none",
        copy=False,
        tracking=True,
    )
    waiting_since = fields.Datetime(readonly=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False, groups=INTERNAL)
    reopen_count = fields.Integer(string="Reopened", readonly=True, copy=False, tracking=True, aggregator="sum")
    is_open = fields.Boolean(compute="_compute_is_open", search="_search_is_open")

    # === What it is about === #
    channel = fields.Selection(
        [
            ("phone", "Phone"),
            ("email", "E-mail"),
            ("portal", "Portal"),
            ("web", "Web Form"),
            ("social", "Social Media"),
            ("visit", "Visit"),
            ("letter", "Letter"),
        ],
        required=True,
        default="phone",
    )
    category_id = fields.Many2one(
        "compliance.complaint.category", index=True, tracking=True, check_company=True, ondelete="restrict"
    )
    kind = fields.Selection(related="category_id.kind", store=True, precompute=True)
    is_complex = fields.Boolean(string="Complex", tracking=True, help="Takes more than one person or visit.")
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True, ondelete="restrict")
    invoice_ids = fields.Many2many(
        "account.move",
        "compliance_complaint_move_rel",
        "complaint_id",
        "move_id",
        string="Invoices",
        copy=False,
        check_company=True,
        domain="[('move_type', 'in', ('out_invoice', 'out_refund', 'out_receipt'))]",
    )
    lead_id = fields.Many2one(
        "crm.lead", index="btree_not_null", check_company=True, ondelete="set null", groups=INTERNAL
    )
    tag_ids = fields.Many2many("crm.tag", "compliance_complaint_tag_rel", string="Tags", groups=INTERNAL)

    # === How bad it is === #
    severity = fields.Selection(
        LEVELS, required=True, default="2", tracking=True, groups=INTERNAL, help="What is at stake for the customer."
    )
    scope = fields.Selection(
        LEVELS, required=True, default="1", groups=INTERNAL, help="How many people, sites or orders are concerned."
    )
    emotion = fields.Selection(LEVELS, required=True, default="2", groups=INTERNAL, help="How upset the customer is.")
    priority = fields.Selection(
        PRIORITIES, compute="_compute_priority", store=True, precompute=True, tracking=True, groups=INTERNAL
    )
    priority_override = fields.Selection(
        PRIORITIES, string="Priority Set to", copy=False, groups=INTERNAL, help="Instead of what the matrix says."
    )
    priority_reason = fields.Char(string="Reason for the Priority", copy=False, tracking=True, groups=INTERNAL)

    # === When what happened === #
    date_received = fields.Datetime(
        string="Received on", required=True, default=fields.Datetime.now, copy=False, index=True, tracking=True
    )
    date_acknowledged = fields.Datetime(string="Acknowledged on", readonly=True, copy=False)
    date_first_response = fields.Datetime(
        string="First Response", readonly=True, copy=False, help="First public answer of one of us."
    )
    date_proposed = fields.Datetime(string="Solution Proposed on", readonly=True, copy=False)
    date_resolved = fields.Datetime(string="Resolved on", readonly=True, copy=False)
    date_closed = fields.Datetime(string="Closed on", readonly=True, copy=False)
    date_last_customer = fields.Datetime(string="Last Message of the Customer", readonly=True, copy=False)
    date_close_notice = fields.Datetime(
        string="Closing Announced on", readonly=True, copy=False, help="When the customer was told of closing the case."
    )

    # === What came of it === #
    cause_id = fields.Many2one(
        "compliance.complaint.cause",
        string="Root Cause",
        index="btree_not_null",
        copy=False,
        tracking=True,
        ondelete="restrict",
        groups=INTERNAL,
    )
    cause_note = fields.Html(string="About the Cause", copy=False, groups=INTERNAL)
    solution = fields.Html(copy=False, help="Shown to the customer once it is proposed.")
    follow_up_date = fields.Date(
        string="Follow-up Call",
        readonly=True,
        copy=False,
        help="First day on which the customer is to be called again.",
    )
    follow_up_latest = fields.Date(string="Follow-up until", readonly=True, copy=False)
    follow_up_done_at = fields.Datetime(string="Followed up on", readonly=True, copy=False)
    follow_up_note = fields.Text(string="Follow-up Note", readonly=True, copy=False, groups=INTERNAL)
    satisfaction = fields.Integer(
        compute="_compute_satisfaction",
        store=True,
        precompute=True,
        aggregator="avg",
        help="1-5 as rated by the customer; 0: not rated.",
    )
    satisfaction_comment = fields.Text(compute="_compute_satisfaction", store=True, precompute=True)
    # Odoo's, computed with the rest of a new case instead of in another statement.
    rating_last_value = fields.Float(compute="_compute_rating_last_value", store=True, precompute=True)

    # === Duplicates === #
    merged_into_id = fields.Many2one(
        "compliance.complaint", readonly=True, copy=False, index="btree_not_null", ondelete="restrict", groups=INTERNAL
    )
    merged_ids = fields.One2many(
        "compliance.complaint", "merged_into_id", string="Merged Cases", readonly=True, groups=INTERNAL
    )

    _number_uniq = models.UniqueIndex("(company_id, name) WHERE name <> '/'", "There is a complaint of this number.")
    _open_idx = models.Index(
        "(company_id, user_id) WHERE state IN ('new', 'acknowledged', 'investigating', 'solution_proposed')"
    )
    _partner_received_idx = models.Index("(commercial_partner_id, company_id, date_received)")
    _email_received_idx = models.Index("(lower(email_from), date_received) WHERE commercial_partner_id IS NULL")

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for complaint in self:
            number = complaint.name if complaint.name != "/" else ""
            complaint.display_name = f"{number} {complaint.subject or ''}".strip()

    @api.model
    def _group_expand_state(self, states, domain):
        return [state for state, _label in self._fields["state"].selection]

    @api.depends("state")
    def _compute_is_open(self):
        for complaint in self:
            complaint.is_open = complaint.state in OPEN

    def _search_is_open(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", OPEN)] if True in value else [("state", "not in", OPEN)]

    @api.depends("partner_id")
    def _compute_commercial_partner_id(self):
        """That of when the case was filed, as on an invoice: a contact who leaves a company takes no case along."""
        for complaint in self:
            complaint.commercial_partner_id = complaint.partner_id.commercial_partner_id

    @api.depends("partner_id")
    def _compute_partner_contact(self):
        for complaint in self:
            partner = complaint.partner_id
            if partner:
                complaint.partner_name = partner.name
                complaint.email_from = partner.email
                complaint.partner_phone = partner.phone
            else:
                complaint.update({name: complaint[name] for name in ("partner_name", "email_from", "partner_phone")})

    @api.depends("commercial_partner_id", "company_id")
    def _compute_profile_id(self):
        # sudo: that there is a dossier is no secret to whoever handles the case; what it says is.
        profiles = (
            self.env["compliance.profile"]
            .sudo()
            .with_context(active_test=False)
            .search_fetch(
                [
                    ("partner_id", "in", self.commercial_partner_id.ids),
                    ("company_id", "in", self.company_id.ids),
                ],
                ["partner_id", "company_id"],
            )
            if self.commercial_partner_id
            else self.env["compliance.profile"]
        )
        found = {(profile.partner_id.id, profile.company_id.id): profile.id for profile in profiles}
        for complaint in self:
            complaint.profile_id = found.get((complaint.commercial_partner_id._origin.id, complaint.company_id.id))

    @api.depends("category_id", "company_id")
    def _compute_team_id(self):
        """The category's team, where it has one in the company; the company's first team for cases without any."""
        defaults = {}
        for complaint in self:
            company = complaint.company_id
            # sudo: the category's team may be of another company.
            team = complaint.category_id.team_id.sudo()
            if not company or team.company_id != company:
                team = complaint.team_id if complaint.team_id.company_id == company else team.browse()
            if not team and company:
                if company not in defaults:
                    defaults[company] = self.env["compliance.complaint.team"]._get_default_team(company)
                team = defaults[company]
            complaint.team_id = team.with_env(self.env)

    @api.depends("severity", "scope", "emotion", "company_id", "priority_override")
    def _compute_priority(self):
        matrices = self.env["compliance.complaint.priority"]
        cells = matrices._get_matrix(self.company_id)
        for complaint in self:
            complaint.priority = complaint.priority_override or complaint._get_matrix_priority(cells)

    def _get_matrix_priority(self, cells):
        """:param dict cells: see ``_get_matrix``
        :return: the priority the matrix gives this case
        """
        self.ensure_one()
        case = (self.severity or "2", self.scope or "1", self.emotion or "2")
        return (
            cells.get((self.company_id.id, *case))
            or cells.get((False, *case))
            or self.env["compliance.complaint.priority"]._compute_default(*case)
        )

    @api.depends("rating_ids.rating", "rating_ids.consumed", "rating_ids.feedback")
    def _compute_satisfaction(self):
        """The last rating given."""
        # sudo: ratings are read by whoever reads the case.
        for complaint in self.sudo():
            rating = complaint.rating_ids.filtered("consumed").sorted(lambda r: (r.write_date, r.id))[-1:]
            complaint.satisfaction = round(rating.rating) if rating else 0
            complaint.satisfaction_comment = rating.feedback

    # -------------------------------------------------------------------------
    # CONSTRAINTS
    # -------------------------------------------------------------------------

    @api.constrains("priority_override", "priority_reason")
    def _check_priority_reason(self):
        for complaint in self:
            if complaint.priority_override and not (complaint.priority_reason or "").strip():
                raise ValidationError(self.env._("Say why the priority differs from the matrix."))

    def _check_company(self, fnames=None):
        """Cases taken in together mostly have customer, team and category in common: what is alike is checked once."""
        names = self._fields if fnames is None or "company_id" in fnames else fnames
        names = [name for name in names if self._fields[name].relational and self._fields[name].check_company]
        alike = {
            (complaint.company_id.id, *(complaint[name]._ids for name in names)): complaint.id
            for complaint in self.sudo()
        }
        return super(ComplianceComplaint, self.browse(alike.values()))._check_company(fnames)

    @api.constrains("date_received")
    def _check_date_received(self):
        latest = fields.Datetime.now() + timedelta(minutes=1)
        if any(complaint.date_received > latest for complaint in self):
            raise ValidationError(self.env._("A complaint cannot have been received in the future."))

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Takes in complaints: numbered, owned by who takes the first contact, with a dossier of the customer.

        :raises AccessError: if the user may not, or gives anything that is decided, whatever the route
        """
        self.browse().check_access("create")  # before a dossier is opened for what is refused
        given = {key.removeprefix("default_") for key in self.env.context if key.startswith("default_")}
        refused = self._get_decided_fields() & given.union(*vals_list)
        if refused:
            self._refuse_decided(refused)
        defaults = self.default_get(["channel", "company_id", "partner_id"])
        companies = [vals.get("company_id") or defaults["company_id"] for vals in vals_list]
        numbers = self._take_numbers(companies)
        customers = [vals.get("partner_id", defaults.get("partner_id")) for vals in vals_list]
        self._open_dossiers(zip(customers, companies, strict=True))
        complaints = super().create(
            [
                {**vals, "name": number, **self._prepare_owner(vals.get("channel") or defaults.get("channel"))}
                for vals, number in zip(vals_list, numbers, strict=True)
            ]
        )
        complaints._after_clock_facts({})
        return complaints

    def write(self, vals):
        """:raises AccessError: if anything that is decided is given"""
        if not self or self._is_chatter(vals):
            return super().write(vals)
        refused = self._get_decided_fields() & set(vals)
        if refused:
            self._refuse_decided(refused)
        if "date_received" in vals and not (self.env.su or self.env.user.has_group(OFFICER)):
            raise AccessError(self.env._("When a complaint was received is corrected by compliance officers."))
        if "company_id" in vals and any(complaint.company_id.id != vals["company_id"] for complaint in self):
            raise UserError(self.env._("A complaint stays with its company; cancel it and take it in at the other."))
        if vals.get("partner_id"):
            self._open_dossiers((vals["partner_id"], company.id) for company in self.company_id)
        result = super().write(vals)
        if self._get_clock_fields() & (set(vals) | {"priority" for name in vals if name in PRIORITY_INPUTS}):
            self._after_clock_facts({})
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if self.filtered(lambda complaint: complaint.state != "new" or complaint.merged_ids):
            raise UserError(self.env._("A case that was begun is part of the record; cancel it instead."))

    # -------------------------------------------------------------------------
    # HOOKS
    # -------------------------------------------------------------------------

    @api.model
    def _get_decided_fields(self):
        """Names of the fields that only the deciding methods set; parts that add such fields extend it."""
        return DECIDED

    @api.model
    def _get_clock_fields(self):
        """Names of the fields service levels depend on."""
        return {
            "state",
            "waiting",
            "priority",
            "category_id",
            "kind",
            "is_complex",
            "team_id",
            "company_id",
            "user_id",
            "date_received",
            "date_first_response",
            "follow_up_done_at",
            "merged_into_id",
        }

    def _after_clock_facts(self, before):
        """Called after whatever service levels depend on was set; they extend it.

        :param dict before: {id: {field: value}} of ``_get_clock_fields`` before a transition, many2one as ids; empty
            after a creation or a write
        """

    def _get_clock_facts(self):
        """:return: {id: {field: value}} of what service levels depend on, many2one as ids"""
        names = self._get_clock_fields()
        return {
            complaint.id: {
                name: complaint[name].id if self._fields[name].relational else complaint[name] for name in names
            }
            for complaint in self.sudo()
        }

    def _transition(self, vals):
        """Sets what is decided, past our own ``write``, and lets the service levels know.

        Whoever calls it has checked rights and states.
        """
        if not self:
            return True
        before = self._get_clock_facts()
        result = super().write(vals)  # pylint: disable=super-method-mismatch
        self._after_clock_facts(before)
        return result

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _is_chatter(self, vals):
        return all(name.startswith(("message_", "activity_", "rating_")) or name == "access_token" for name in vals)

    @api.model
    def _refuse_decided(self, names):
        labels = ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names))
        raise AccessError(self.env._("%(fields)s: set by the buttons of the case, and by nothing else.", fields=labels))

    @api.model
    def _prepare_owner(self, channel):
        """Whoever of us takes the first contact owns the case until somebody accepts its handover."""
        if self.env.su or channel in ("email", "portal", "web") or not self.env.user._is_internal():
            return {}
        return {"user_id": self.env.uid, "first_contact_user_id": self.env.uid}

    @api.model
    def _take_numbers(self, companies):
        """Numbers for new complaints, drawn in one query per company.

        :param companies: ids of the complaints' companies
        :return: list of str in that order
        """
        numbers = {
            company_id: iter(self._draw_numbers(company_id, companies.count(company_id)))
            for company_id in set(companies)
        }
        return [next(numbers[company_id]) for company_id in companies]

    @api.model
    def _draw_numbers(self, company_id, count):
        # sudo: sequences are not read by everybody who takes in complaints.
        sequence = (
            self.env["ir.sequence"]
            .sudo()
            .search([("code", "=", self._name), ("company_id", "in", [company_id, False])], order="company_id", limit=1)
        )
        if sequence.implementation != "standard" or sequence.use_date_range:
            return [sequence._next() if sequence else "/" for _number in range(count)]
        drawn = self.env.execute_query(
            SQL("SELECT nextval(%s) FROM generate_series(1, %s)", f"ir_sequence_{sequence.id:03d}", count)
        )
        prefix, suffix = sequence._get_prefix_suffix()
        return [f"{prefix}{number:0{sequence.padding}d}{suffix}" for (number,) in drawn]

    @api.model
    def _open_dossiers(self, customers):
        """Opens the dossiers that customers who complain do not have yet, before the complaint is written down.

        :param customers: iterable of (partner id or False, company id)
        """
        # sudo: a customer who complains gets a dossier whoever takes the complaint in.
        partners, profiles = self.env["res.partner"].sudo(), self.env["compliance.profile"].sudo()
        customers = {(partner_id, company_id) for partner_id, company_id in customers if partner_id}
        asked = partners.browse({partner_id for partner_id, _company in customers})
        entities = {partner.id: partner.commercial_partner_id.id for partner in asked}
        pairs = {(entities[partner_id], company_id) for partner_id, company_id in customers}
        if not pairs:
            return
        known = profiles.with_context(active_test=False).search_fetch(
            [("partner_id", "in", [partner_id for partner_id, _company in pairs])], ["partner_id", "company_id"]
        )
        missing = pairs - {(profile.partner_id.id, profile.company_id.id) for profile in known}
        if not missing:
            return
        columns = [list(column) for column in zip(*missing, strict=True)]
        profiles._open(SQL("SELECT * FROM UNNEST(%s::int4[], %s::int4[]) AS pair (partner_id, company_id)", *columns))
        for company in self.env["res.company"].browse(set(columns[1])):
            fresh = partners.browse([partner_id for partner_id, company_id in missing if company_id == company.id])
            self.env["compliance.refresh.queue"].sudo()._enqueue(fresh, company)

    def _get_customer_lang(self):
        """The language to write to the customer in: the first that fits and was not switched off since."""
        self.ensure_one()
        active = {code for code, _name in self.env["res.lang"].get_installed()}
        return next((lang for lang in self._get_customer_langs() if lang in active), self.env.lang)

    def _get_customer_langs(self):
        """:return: languages the customer may be written to in, the best one first; some may be False"""
        case = self.sudo()
        return [case.partner_id.lang, case.company_id.partner_id.lang]

    def _compute_access_url(self):
        result = super()._compute_access_url()
        for complaint in self:
            complaint.access_url = f"/my/complaints/{complaint.id}"
        return result

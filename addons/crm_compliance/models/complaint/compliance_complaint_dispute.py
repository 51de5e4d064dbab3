# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import float_compare, is_html_empty

from .compliance_complaint import INTERNAL, OFFICER

STAGES = [
    ("none", "None"),
    ("negotiation", "Negotiation"),
    ("mediation", "Mediation"),
    ("arbitration", "Arbitration"),
    ("litigation", "Litigation"),
    ("settled", "Settled"),
]
IN_DISPUTE = ("negotiation", "mediation", "arbitration", "litigation")
LIABILITIES = ("liability_company", "liability_customer", "liability_third")
# Only the methods below set these.
DECIDED = {"dispute_stage", "dispute_since", "dispute_settled_on", "dispute_settled_by", "dispute_flagged_ids"}
# What stays as it was settled.
TERMS = {
    "amount_claimed",
    "amount_agreed",
    "currency_id",
    "compensation",
    "settlement",
    "disputed_invoice_ids",
    *LIABILITIES,
}
DISPUTED = "compliance_disputed"


class ComplianceComplaint(models.Model):
    """A case the customer and we do not agree on: from negotiation to a court, until it is settled.

    Nothing of it is ever shown to the customer: every field is for employees only. The invoices the dispute is about
    are flagged as long as it lasts, which is what alerts and the risk model look at.
    """

    _inherit = "compliance.complaint"

    dispute_stage = fields.Selection(
        STAGES,
        string="Dispute",
        required=True,
        readonly=True,
        default="none",
        copy=False,
        tracking=True,
        groups=INTERNAL,
    )
    dispute_since = fields.Date(string="In Dispute since", readonly=True, copy=False, groups=INTERNAL)
    dispute_settled_on = fields.Date(string="Settled on", readonly=True, copy=False, groups=INTERNAL)
    dispute_settled_by = fields.Many2one(
        "res.users", string="Settled by", readonly=True, copy=False, ondelete="restrict", groups=INTERNAL
    )
    dispute_stage_ids = fields.One2many(
        "compliance.dispute.stage", "complaint_id", string="Stages of the Dispute", copy=False, groups=INTERNAL
    )
    dispute_deadline = fields.Date(compute="_compute_dispute_deadline", store=True, precompute=True, groups=INTERNAL)
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, groups=INTERNAL
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency", groups=INTERNAL)
    amount_claimed = fields.Monetary(string="Claimed", copy=False, tracking=True, groups=INTERNAL)
    amount_agreed = fields.Monetary(string="Agreed", copy=False, tracking=True, groups=INTERNAL)
    # Rounded by the conversion; as monetary fields they would have the currency looked up for every case taken in.
    amount_claimed_company = fields.Float(
        string="Claimed (Company Currency)",
        digits=0,
        compute="_compute_company_amounts",
        store=True,
        precompute=True,
        groups=INTERNAL,
        help="At the rate of the day on which the dispute began.",
    )
    amount_agreed_company = fields.Float(
        string="Agreed (Company Currency)",
        digits=0,
        compute="_compute_company_amounts",
        store=True,
        precompute=True,
        groups=INTERNAL,
    )
    liability_company = fields.Float(
        string="Our Share (%)", copy=False, aggregator="avg", tracking=True, groups=INTERNAL
    )
    liability_customer = fields.Float(
        string="Customer's Share (%)", copy=False, aggregator="avg", tracking=True, groups=INTERNAL
    )
    liability_third = fields.Float(
        string="Third Party's Share (%)", copy=False, aggregator="avg", tracking=True, groups=INTERNAL
    )
    compensation = fields.Selection(
        [
            ("none", "None"),
            ("credit_note", "Credit Note"),
            ("refund", "Refund"),
            ("replacement", "Replacement"),
            ("discount", "Discount on the Next Order"),
            ("other", "Other"),
        ],
        copy=False,
        tracking=True,
        groups=INTERNAL,
    )
    settlement = fields.Html(copy=False, groups=INTERNAL, help="What was agreed on, or decided.")
    disputed_invoice_ids = fields.Many2many(
        "account.move",
        "compliance_complaint_disputed_rel",
        "complaint_id",
        "move_id",
        string="Disputed Invoices",
        copy=False,
        check_company=True,
        groups=INTERNAL,
        domain="[('state', '=', 'posted'), ('move_type', 'in', ('out_invoice', 'out_receipt')),"
        " ('company_id', '=', company_id), ('commercial_partner_id', '=', commercial_partner_id)]",
        help="Flagged as disputed as long as the dispute lasts.",
    )
    dispute_flagged_ids = fields.Many2many(
        "account.move",
        "compliance_complaint_flagged_rel",
        "complaint_id",
        "move_id",
        string="Flagged by This Dispute",
        readonly=True,
        copy=False,
        groups=INTERNAL,
        help="Invoices that were not disputed before; those that were stay so afterwards.",
    )
    credit_note_count = fields.Integer(compute="_compute_credit_note_count", string="Credit Notes", groups=INTERNAL)

    _in_dispute_idx = models.Index("(commercial_partner_id, company_id) WHERE dispute_stage NOT IN ('none', 'settled')")
    _dispute_amounts = models.Constraint(
        "CHECK(amount_claimed >= 0 AND amount_agreed >= 0)", "Neither a claim nor an agreed amount is negative."
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("amount_claimed", "amount_agreed", "currency_id", "company_id", "dispute_since")
    def _compute_company_amounts(self):
        for complaint in self:
            for name in ("amount_claimed", "amount_agreed"):
                complaint[f"{name}_company"] = complaint[name] and complaint._convert_to_company(complaint[name])

    def _convert_to_company(self, amount):
        company, currency = self.company_id, self.currency_id
        day = self.dispute_since or fields.Date.context_today(self)
        return currency._convert(amount, company.currency_id, company, day) if currency and company else amount

    @api.depends("dispute_stage_ids.deadline", "dispute_stage_ids.date_to")
    def _compute_dispute_deadline(self):
        for complaint in self:
            deadlines = complaint.dispute_stage_ids.filtered(lambda stage: not stage.date_to).mapped("deadline")
            complaint.dispute_deadline = min(filter(None, deadlines), default=False)

    def _compute_credit_note_count(self):
        # sudo: how many there are, not what they say.
        invoices = self.sudo().disputed_invoice_ids
        counts = dict(
            self.env["account.move"]
            .sudo()
            ._read_group([("reversed_entry_id", "in", invoices.ids)], ["reversed_entry_id"], ["__count"])
        )
        for complaint in self:
            complaint.credit_note_count = sum(
                counts.get(invoice, 0) for invoice in complaint.sudo().disputed_invoice_ids
            )

    # -------------------------------------------------------------------------
    # CONSTRAINTS
    # -------------------------------------------------------------------------

    @api.constrains(*LIABILITIES)
    def _check_liability(self):
        for complaint in self.sudo():
            shares = [complaint[name] for name in LIABILITIES]
            if not any(shares):
                continue
            if min(shares) < 0 or float_compare(sum(shares), 100, precision_digits=2):
                raise ValidationError(
                    self.env._(
                        "The shares of liability of %(case)s add up to %(total)g %%, not 100 %%, or one is negative.",
                        case=complaint.name,
                        total=sum(shares),
                    )
                )

    @api.constrains("disputed_invoice_ids", "partner_id")
    def _check_disputed_invoices(self):
        for complaint in self.sudo():
            for invoice in complaint.disputed_invoice_ids:
                if (
                    invoice.state != "posted"
                    or invoice.move_type not in ("out_invoice", "out_receipt")
                    or invoice.commercial_partner_id != complaint.commercial_partner_id
                ):
                    raise ValidationError(
                        self.env._(
                            "%(invoice)s is no posted invoice of %(customer)s and cannot be disputed in %(case)s.",
                            invoice=invoice.display_name,
                            customer=complaint.commercial_partner_id.display_name or complaint.partner_name or "",
                            case=complaint.name,
                        )
                    )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model
    def _get_decided_fields(self):
        return super()._get_decided_fields() | DECIDED

    @api.model_create_multi
    def create(self, vals_list):
        """Claims are in the currency of the company unless said otherwise."""
        companies = {vals.get("company_id") for vals in vals_list} - {None, False}
        currencies = {company.id: company.currency_id.id for company in self.env["res.company"].browse(companies)}
        vals_list = [
            vals
            if vals.get("currency_id") or vals.get("company_id") not in currencies
            else {**vals, "currency_id": currencies[vals["company_id"]]}
            for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        """:raises UserError: if the terms of a settled dispute are changed"""
        if TERMS & set(vals):
            settled = self.sudo().filtered(lambda complaint: complaint.dispute_stage == "settled")
            if settled:
                raise UserError(
                    self.env._(
                        "The dispute of %s is settled and its terms stay as they are; open it again to change them.",
                        settled[0].name,
                    )
                )
        result = super().write(vals)
        if "disputed_invoice_ids" in vals:
            self._flag_invoices()
        return result

    # -------------------------------------------------------------------------
    # STAGES
    # -------------------------------------------------------------------------

    def action_open_dispute(self):
        """We do not agree: negotiations begin, and the posted invoices of the case are disputed.

        :raises AccessError: if a settled dispute is opened again by anybody but an officer
        """
        self._check_dispute(("none", "settled"))
        if any(complaint.dispute_stage == "settled" for complaint in self):
            self._check_dispute_officer()
        today = fields.Date.context_today(self)
        for complaint in self:
            case = complaint.sudo()
            # What was cancelled since is not disputed any more.
            invoices = case._get_disputable_invoices(case.disputed_invoice_ids) or case._get_disputable_invoices()
            # sudo: the invoices of a case are disputed by whoever handles it, not by who books them.
            complaint.sudo()._transition(
                {
                    "dispute_since": complaint.dispute_since or today,
                    "dispute_settled_on": False,
                    "dispute_settled_by": False,
                    "disputed_invoice_ids": [fields.Command.set(invoices.ids)],
                }
            )
        return self._enter_stage("negotiation")

    def action_mediate(self):
        """A mediator helps to agree."""
        return self._escalate("mediation")

    def action_arbitrate(self):
        """A tribunal both sides accept decides."""
        return self._escalate("arbitration")

    def action_litigate(self):
        """A court decides."""
        return self._escalate("litigation")

    def action_settle_dispute(self):
        """Both sides agreed, or somebody decided; the invoices are not disputed any more.

        :raises AccessError: for everybody but officers
        :raises UserError: naming what is missing
        """
        self._check_dispute(IN_DISPUTE)
        self._check_dispute_officer()
        self._check_all(
            lambda case: not is_html_empty(case.settlement), self.env._("Write down how the dispute of %s was settled.")
        )
        self._check_all(
            lambda case: any(case[name] for name in LIABILITIES), self.env._("Say who is liable for %s, in shares.")
        )
        self._end_stages()
        self._transition(
            {
                "dispute_stage": "settled",
                "dispute_settled_on": fields.Date.context_today(self),
                "dispute_settled_by": self.env.uid,
            }
        )
        self._unflag_invoices()
        return True

    def action_close(self):
        """:raises UserError: as long as there is a dispute"""
        self._check_no_dispute()
        return super().action_close()

    def action_cancel(self, reason=None):
        """:raises UserError: as long as there is a dispute"""
        self._check_no_dispute()
        return super().action_cancel(reason)

    def _get_disputable_invoices(self, invoices=None):
        """Those of the invoices, else of the case's, that are posted and the customer's."""
        self.ensure_one()
        customer = self.commercial_partner_id
        return (self.invoice_ids if invoices is None else invoices).filtered(
            lambda move: (
                move.state == "posted"
                and move.move_type in ("out_invoice", "out_receipt")
                and move.commercial_partner_id == customer
            )
        )

    def _escalate(self, stage):
        """Goes on to a later stage; nothing leads back but a settlement.

        :raises AccessError: for everybody but officers
        """
        order = [code for code, _label in STAGES]
        self._check_dispute(order[1 : order.index(stage)])
        self._check_dispute_officer()
        return self._enter_stage(stage)

    def _enter_stage(self, stage):
        today = fields.Date.context_today(self)
        self._end_stages()
        # sudo: stages are begun by these methods and by nothing else.
        self.env["compliance.dispute.stage"].sudo().create(
            [
                {"complaint_id": complaint.id, "stage": stage, "date_from": today, "user_id": complaint.user_id.id}
                for complaint in self
            ]
        )
        self._transition({"dispute_stage": stage})
        self._flag_invoices()
        return True

    def _end_stages(self):
        """The stage before ends today, and so do its deadlines."""
        stages = self.sudo().dispute_stage_ids.filtered(lambda stage: not stage.date_to)
        stages._write_stage({"date_to": fields.Date.context_today(self)})
        stages._end_activities()

    def _check_dispute(self, stages):
        """:raises UserError: for the first case whose dispute is in none of these stages"""
        self.check_access("write")
        self._lock()
        labels = dict(self._fields["dispute_stage"]._description_selection(self.env))
        for complaint in self:
            if complaint.dispute_stage not in stages:
                raise UserError(
                    self.env._(
                        "This step does not follow in %(case)s, whose dispute is at: %(stage)s.",
                        case=complaint.name,
                        stage=labels[complaint.dispute_stage],
                    )
                )

    def _check_dispute_officer(self):
        if not self.env.su and not self.env.user.has_group(OFFICER):
            raise AccessError(self.env._("Disputes are taken further and settled by compliance officers."))

    @api.model
    def _get_notice_domain(self, company):
        return Domain(super()._get_notice_domain(company)) & Domain("dispute_stage", "not in", IN_DISPUTE)

    @api.model
    def _get_closing_domain(self, company):
        """Silence does not end a dispute."""
        return Domain(super()._get_closing_domain(company)) & Domain("dispute_stage", "not in", IN_DISPUTE)

    def _check_no_dispute(self):
        self._check_all(
            lambda case: case.sudo().dispute_stage not in IN_DISPUTE,
            self.env._("The dispute of %s is not settled yet."),
        )

    def _after_merge(self, sources):
        """A case merged into another one leaves its dispute to it."""
        result = super()._after_merge(sources)
        for case in sources.filtered(lambda case: case.dispute_stage in IN_DISPUTE):
            self.sudo()._take_dispute(case)
        return result

    def _take_dispute(self, case):
        """Goes on with the dispute of a merged case; where there is one already, with its invoices."""
        self.ensure_one()
        stage, invoices = case.dispute_stage, case.disputed_invoice_ids
        case._unflag_invoices()
        case._transition({"dispute_stage": "none"})
        if self.dispute_stage in IN_DISPUTE:
            case._end_stages()
        else:
            kept = ("dispute_since", "amount_claimed", "settlement", *LIABILITIES)
            case.dispute_stage_ids._write_stage({"complaint_id": self.id})
            self._transition(
                {"dispute_stage": stage, "currency_id": case.currency_id.id, **{name: case[name] for name in kept}}
            )
        self._transition({"disputed_invoice_ids": [fields.Command.link(move.id) for move in invoices]})
        self._flag_invoices()

    # -------------------------------------------------------------------------
    # INVOICES
    # -------------------------------------------------------------------------

    def _flag_invoices(self):
        """Flags the invoices of open disputes, and takes the flag off those that are not part of them any more."""
        # sudo: whether an invoice is disputed follows from the dispute, not from the right to book.
        cases = self.sudo().filtered(lambda case: case.dispute_stage in IN_DISPUTE)
        cases._unflag_invoices({case: case.dispute_flagged_ids - case.disputed_invoice_ids for case in cases})
        flagged = self.env["account.move"].sudo()
        for case in cases:
            fresh = case.disputed_invoice_ids.filtered(lambda move: not move[DISPUTED]) - flagged
            if fresh:
                flagged |= fresh
                case._transition({"dispute_flagged_ids": [fields.Command.link(move.id) for move in fresh]})
        flagged[DISPUTED] = True

    def _unflag_invoices(self, gone=None):
        """Takes the flag off invoices these disputes put it on, unless another dispute is about them.

        :param dict gone: {case: its flagged invoices that are not disputed any more}; None means all of them
        """
        # sudo: as above.
        gone = {case: case.dispute_flagged_ids for case in self.sudo()} if gone is None else gone
        gone = {case: moves for case, moves in gone.items() if moves}
        if not gone:
            return
        moves = self.env["account.move"].sudo().union(*gone.values())
        kept = moves.browse()
        others = self.sudo().search(
            [("dispute_stage", "in", IN_DISPUTE), ("disputed_invoice_ids", "in", moves.ids)], order="id"
        )
        for other in others:
            shared = (moves & other.disputed_invoice_ids) - gone.get(other, moves.browse())
            kept |= shared
            if shared - other.dispute_flagged_ids:
                other._transition({"dispute_flagged_ids": [fields.Command.link(move.id) for move in shared]})
        (moves - kept)[DISPUTED] = False
        for case, own in gone.items():
            case._transition({"dispute_flagged_ids": [fields.Command.unlink(move.id) for move in own]})

    # -------------------------------------------------------------------------
    # COMPENSATION
    # -------------------------------------------------------------------------

    def action_request_credit_note(self):
        """Asks the accountants for a credit note: an activity on the disputed invoice.

        :raises UserError: without a disputed invoice or an agreed amount
        """
        self.ensure_one()
        self.check_access("write")
        # sudo: who handles a case need not read invoices.
        if not self.sudo().disputed_invoice_ids or not self.amount_agreed:
            raise UserError(self.env._("A credit note is asked for once there is a disputed invoice and an amount."))
        invoice = self.sudo().disputed_invoice_ids[0]
        self.env["mail.activity"].sudo().create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id("account.move"),
                    "res_id": invoice.id,
                    "activity_type_id": self.env["ir.model.data"]._xmlid_to_res_id("mail.mail_activity_data_todo"),
                    "user_id": accountant.id,
                    "date_deadline": fields.Date.context_today(self),
                    "summary": self.env._("Review a credit note for %s", self.name),
                    "note": self._describe_compensation(),
                }
                for accountant in self._get_accountants()
            ]
        )
        return self._note(self.env._("A credit note was asked for: %s", self._describe_compensation()))

    def action_credit_note(self):
        """Opens Odoo's own reversal of the disputed invoices; what it makes is a draft for the accountant to review.

        :raises AccessError: for everybody but accountants
        :raises UserError: without disputed invoices
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("account.group_account_invoice"):
            raise AccessError(self.env._("Credit notes are made by accountants; ask them for one."))
        if not self.disputed_invoice_ids:
            raise UserError(self.env._("%s is about no invoice.", self.name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Credit Note"),
            "res_model": "account.move.reversal",
            "views": [(self.env.ref("account.view_account_move_reversal").id, "form")],
            "target": "new",
            "context": {
                "active_model": "account.move",
                "active_ids": self.disputed_invoice_ids.ids,
                "default_reason": self._describe_compensation(),
            },
        }

    def action_view_credit_notes(self):
        """The credit notes on the disputed invoices, drafts included."""
        self.ensure_one()
        domain = [("reversed_entry_id", "in", self.disputed_invoice_ids.ids)]
        return self._get_invoices_action(self.env._("Credit Notes"), domain)

    def action_view_disputed_invoices(self):
        """The invoices in dispute."""
        self.ensure_one()
        return self._get_invoices_action(
            self.env._("Disputed Invoices"), [("id", "in", self.sudo().disputed_invoice_ids.ids)]
        )

    def _get_invoices_action(self, name, domain):
        return {
            "type": "ir.actions.act_window",
            "name": f"{name}: {self.name}",
            "res_model": "account.move",
            "views": [(self.env.ref("crm_compliance.account_move_view_list_behind").id, "list"), (False, "form")],
            "domain": domain,
            "context": {"create": False},
        }

    def _describe_compensation(self):
        amount = self.currency_id.format(self.amount_agreed)
        return self.env._("%(case)s: %(amount)s agreed", case=self.name, amount=amount)

    def _get_accountants(self):
        """Who is in charge of the books of the company."""
        people = self.env.ref("account.group_account_manager").sudo().all_user_ids
        persons = self.env["compliance.risk.review"]
        return people.filtered(
            lambda user: user.active and persons._is_person(user) and self.company_id.id in user.company_ids.ids
        )

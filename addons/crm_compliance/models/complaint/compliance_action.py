# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import clean_context

OFFICER = "crm_compliance.group_compliance_officer"
OPEN = ("open", "in_progress")
CLOSED = ("verified", "ineffective", "cancelled")
# Only the methods of compliance_action_flow.py set these; a write over RPC, an import or a default does not.
DECIDED = {
    "number",
    "state",
    "previous_id",
    "worker_ids",
    "date_started",
    "date_done",
    "done_by",
    "checked_by",
    "checked_at",
    "check_note",
    "cancel_reason",
    "escalated_at",
}
# What the action comes from.
FIXED = {"company_id", "res_model", "res_id"}
# Who is to do what until when; everything else of an action is the work on it.
PLAN = {"name", "kind", "user_id", "due_date", "description", "partner_id", "verifier_id", "check_date"}
# What is still planned once the work is done.
CHECK_PLAN = {"verifier_id", "check_date"}
WORK = {"cause", "result", "attachment_ids"}


class ComplianceAction(models.Model):
    """A correction, corrective or preventive action (CAPA): somebody does something until a day, and somebody else
    finds out later whether it helped.

    Complaints, reviews and whatever else inherits ``compliance.action.origin`` share it. Whoever owned an action or
    worked on it does not judge its effect. That is checked here, in the model, whatever route a change comes by: work
    is noted (``_sign``), what the buttons decide is refused to everything else (``_write_state``).
    """

    _name = "compliance.action"
    _description = "Corrective or Preventive Action"
    _inherit = ["compliance.discussion", "mail.activity.mixin", "compliance.activity"]
    _order = "is_open desc, due_date, id"
    _rec_names_search = ["number", "name"]
    _check_company_auto = True
    _compliance_activity_type = "crm_compliance.mail_activity_type_action"

    number = fields.Char(readonly=True, copy=False, index="trigram")
    name = fields.Char(string="Action", required=True, tracking=True)
    kind = fields.Selection(
        [("correction", "Correction"), ("corrective", "Corrective"), ("preventive", "Preventive")],
        required=True,
        default="corrective",
        tracking=True,
        help="A correction puts one case right. A corrective action removes the cause, a preventive one the cause of"
        " what has not happened yet; of both, the effect is checked.",
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("in_progress", "In Progress"),
            ("done", "Done"),
            ("verified", "Effective"),
            ("ineffective", "Ineffective"),
            ("cancelled", "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default="open",
        copy=False,
        tracking=True,
        group_expand=True,
    )
    is_open = fields.Boolean(compute="_compute_is_open", store=True, help="Something is still to be done or checked.")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    res_model = fields.Char(string="Origin Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Origin Record", model_field="res_model", readonly=True, index="btree_not_null"
    )
    origin_ref = fields.Reference(selection="_get_origin_selection", compute="_compute_origin_ref", string="Origin")
    partner_id = fields.Many2one("res.partner", string="Customer", index="btree_not_null", check_company=True)

    # === Who and when === #
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        required=True,
        default=lambda self: self.env.user,
        index=True,
        ondelete="restrict",
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Who does it. Whether it helped is somebody else's to find out.",
    )
    worker_ids = fields.Many2many(
        "res.users",
        "compliance_action_worker_rel",
        "action_id",
        "user_id",
        string="Worked on by",
        readonly=True,
        copy=False,
        help="Everybody who owned the action or worked on it; none of them judges its effect.",
    )
    due_date = fields.Date(
        required=True, tracking=True, copy=False, default=lambda self: fields.Date.add(fields.Date.today(), days=14)
    )
    is_overdue = fields.Boolean(compute="_compute_is_overdue", search="_search_is_overdue", string="Overdue")
    date_started = fields.Date(string="Started on", readonly=True, copy=False)
    date_done = fields.Date(string="Done on", readonly=True, copy=False)
    done_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict")
    escalated_at = fields.Datetime(readonly=True, copy=False, help="When somebody was told that it is overdue.")

    # === What === #
    description = fields.Html(string="What Is to Be Done")
    cause = fields.Html(string="Root Cause")
    result = fields.Html(string="What Was Done", copy=False)
    attachment_ids = fields.Many2many("ir.attachment", string="Evidence", bypass_search_access=True, copy=False)
    cancel_reason = fields.Text(readonly=True, copy=False)

    # === Effect === #
    verifier_id = fields.Many2one(
        "res.users",
        string="To Be Checked by",
        ondelete="restrict",
        copy=False,
        tracking=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id), ('id', '!=', user_id)]",
        help="Who finds out whether it helped; without anybody here, any compliance officer who did not work on it.",
    )
    check_date = fields.Date(string="Check of the Effect", tracking=True, copy=False)
    checked_by = fields.Many2one("res.users", readonly=True, copy=False, ondelete="restrict", tracking=True)
    checked_at = fields.Datetime(readonly=True, copy=False)
    check_note = fields.Text(string="How the Effect Was Checked", readonly=True, copy=False)
    previous_id = fields.Many2one(
        "compliance.action", string="Follows", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    next_ids = fields.One2many("compliance.action", "previous_id", string="Followed by", readonly=True)
    can_check = fields.Boolean(compute="_compute_can_check")
    can_plan = fields.Boolean(compute="_compute_can_plan")

    _origin_idx = models.Index("(res_model, res_id)")
    _open_due_idx = models.Index("(due_date) WHERE state IN ('open', 'in_progress')")
    # The last fence, for whoever finds a hole in the others.
    _four_eyes = models.Constraint(
        "CHECK(state NOT IN ('verified', 'ineffective') OR (checked_by IS NOT NULL"
        " AND checked_by IS DISTINCT FROM user_id AND checked_by IS DISTINCT FROM done_by))",
        "The effect of an action is checked by somebody who did not work on it.",
    )

    # -------------------------------------------------------------------------
    # COMPUTES
    # -------------------------------------------------------------------------

    @api.depends("number", "name")
    def _compute_display_name(self):
        for action in self:
            action.display_name = " ".join(filter(None, (action.number, action.name)))

    @api.depends("state", "kind")
    def _compute_is_open(self):
        for action in self:
            action.is_open = action.state in OPEN or (action.state == "done" and action.kind != "correction")

    @api.depends("state", "due_date")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for action in self:
            action.is_overdue = action.state in OPEN and bool(action.due_date and action.due_date < today)

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "in", OPEN), ("due_date", "<", "today")]

    @api.model
    def _get_origin_models(self):
        """Names of the models that have actions: whatever inherits ``compliance.action.origin``."""
        names = self.env.registry["compliance.action.origin"]._inherit_children
        return sorted(name for name in names if not self.env[name]._abstract)

    @api.model
    def _get_origin_selection(self):
        return [(name, self.env[name]._description) for name in self._get_origin_models()]

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_origin_ref(self):
        """The origin, for those who may read it."""
        self.origin_ref = False
        for model, actions in self.filtered("res_id").grouped("res_model").items():
            if model not in self._get_origin_models():
                continue
            origins = self.env[model].browse(actions.mapped("res_id")).exists()
            readable = origins._filtered_access("read")
            for action in actions:
                origin = readable.browse(action.res_id)
                action.origin_ref = origin if origin in readable else False

    @api.depends("state", "user_id", "done_by", "worker_ids", "verifier_id")
    @api.depends_context("uid")
    def _compute_can_check(self):
        for action in self:
            action.can_check = action.state == "done" and not action._get_check_refusal()

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_can_plan(self):
        for action in self:
            action.can_plan = action.state in OPEN and action._is_planner()

    @api.constrains("user_id", "verifier_id", "company_id")
    def _check_people(self):
        for action in self.sudo():
            for user in action.user_id | action.verifier_id:
                if user.share or action.company_id not in user.company_ids:
                    raise ValidationError(
                        self.env._(
                            "%(user)s does not work for %(company)s.", user=user.name, company=action.company_id.name
                        )
                    )
            if action.verifier_id and action.verifier_id in action._get_barred():
                raise ValidationError(
                    self.env._(
                        "%(user)s worked on %(action)s; its effect is checked by somebody else.",
                        user=action.verifier_id.name,
                        action=action.name,
                    )
                )

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Opens actions: numbered, and with an activity for their owners.

        :raises AccessError: if anything that is decided is given, or the origin may not be read
        """
        given = self._get_given_defaults()
        fnames = set(given).union(*vals_list)
        if DECIDED & fnames:
            self._refuse_decision()
        if CHECK_PLAN & fnames:
            self._check_officer()
        vals_list = [self._complete_vals({**given, **vals}) for vals in vals_list]
        # Without the defaults: activities and documents have fields of the same names.
        actions = super(ComplianceAction, self.with_context(clean_context(self.env.context))).create(vals_list)
        # sudo: who opens an action need not administer sequences.
        sequence = self.env["ir.sequence"].sudo()
        for action in actions:
            action._write_state({"number": sequence.next_by_code(self._name)})
        for action in actions.filtered(lambda action: any(action[fname] for fname in ("result", "attachment_ids"))):
            action._sign()
        actions._adopt_attachments()
        actions._remind_owners()
        return actions

    @api.model
    def _get_given_defaults(self):
        """Values given by the context: they are refused, checked and completed like any other."""
        given = {key.removeprefix("default_"): key for key in self.env.context if key.startswith("default_")}
        return {fname: self.env.context[key] for fname, key in given.items() if fname in self._fields}

    @api.model
    def _complete_vals(self, vals):
        """Company and customer are those of the origin.

        :raises AccessError: if the user may not read the origin
        :raises UserError: if actions do not come from such records
        """
        vals = {**vals}
        if not vals.get("res_model") or not vals.get("res_id"):
            return {**vals, "company_id": vals.get("company_id") or self.env.company.id}
        if vals["res_model"] not in self._get_origin_models():
            raise UserError(self.env._("Actions cannot be taken on records of this kind."))
        origin = self.env[vals["res_model"]].browse(vals["res_id"]).exists()
        if not origin:
            raise UserError(self.env._("What the action is to come from does not exist any more."))
        origin.check_access("read")
        defaults = origin.sudo()._prepare_action_defaults()
        return {**defaults, **vals, "company_id": defaults["company_id"]}

    def write(self, vals):
        """:raises AccessError: if anything that is decided is given, or the plan changed by who only works on it
        :raises UserError: if the actions are closed
        """
        if not self or all(name.startswith(("message_", "activity_")) for name in vals):
            return super().write(vals)
        if DECIDED & set(vals):
            self._refuse_decision()
        if self._get_fixed_fields() & set(vals):
            raise UserError(self.env._("An action stays with what it comes from; cancel it and open another one."))
        self._check_changes(set(vals))
        if "user_id" in vals:
            self._note_owners()
        result = super().write(vals)
        if WORK & set(vals):
            self._sign()
            self._adopt_attachments()
        if {"user_id", "due_date", "name"} & set(vals):
            self._remind_owners()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(action.state != "open" or action.worker_ids for action in self.sudo()):
            raise UserError(self.env._("An action that was begun is part of the record; cancel it instead."))

    def copy_data(self, default=None):
        """A copy is a new action from the same origin."""
        return [
            {**vals, "res_model": action.res_model, "res_id": action.res_id}
            for action, vals in zip(self, super().copy_data(default), strict=True)
        ]

    def _get_fixed_fields(self):
        """Names of the fields that say what an action comes from; parts that add such fields extend it."""
        return FIXED

    def _write_state(self, vals):
        """Past our own ``write``, which refuses what is decided."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _refuse_decision(self):
        raise AccessError(
            self.env._("Actions are numbered, done, checked and cancelled by the buttons made for it, by nothing else.")
        )

    # -------------------------------------------------------------------------
    # WHO
    # -------------------------------------------------------------------------

    @api.model
    def _get_actor(self):
        """The person who acts, even where code runs as somebody else on their behalf."""
        return self.env["compliance.risk.review"]._get_actor()

    @api.model
    def _is_officer(self):
        return self.env.user.has_group(OFFICER)

    @api.model
    def _check_officer(self):
        """:raises AccessError: for whoever cannot choose who checks the effect, and when"""
        if not self.env.su and not self._is_officer():
            raise AccessError(self.env._("Compliance officers say who checks the effect of an action, and when."))

    def _is_planner(self):
        """May the user say what is to be done by whom: officers, and who opened the action."""
        self.ensure_one()
        return self.env.su or self._is_officer() or not self.id or self.create_uid == self.env.user

    def _get_barred(self):
        """Who owned the action or worked on it, and therefore does not judge its effect."""
        self.ensure_one()
        action = self.sudo()
        return action.user_id | action.done_by | action.worker_ids

    def _sign(self):
        """Notes that the person who acts worked on these actions."""
        if self and self.env["compliance.risk.review"]._is_person(self._get_actor()):
            self.sudo()._write_state({"worker_ids": [fields.Command.link(self._get_actor().id)]})

    def _note_owners(self):
        """Who hands an action on has owned it."""
        for owner, actions in self.sudo().grouped("user_id").items():
            actions._write_state({"worker_ids": [fields.Command.link(owner.id)]})

    def _check_changes(self, fnames):
        """:param set fnames: names of the fields to be changed
        :raises AccessError: if they are not the user's to change
        :raises UserError: if the actions are not worked on any more
        """
        for action in self:
            if action.state in CLOSED or (action.state == "done" and fnames - CHECK_PLAN):
                raise UserError(self.env._("%s is closed and stays as it is.", action.display_name))
            if fnames & PLAN and not action._is_planner():
                raise AccessError(
                    self.env._("What is to be done, by whom and until when is changed by who asked for it.")
                )
        if fnames & CHECK_PLAN:
            self._check_officer()

    def _adopt_attachments(self):
        """Documents uploaded as evidence belong to the action: whoever reads it reads them, and nobody else."""
        for action in self:
            # sudo: belonging to no record yet, they are readable to who uploaded them only.
            loose = action.attachment_ids.sudo().filtered(lambda attachment: not attachment.res_id)
            if loose:
                loose.write({"res_model": self._name, "res_id": action.id})

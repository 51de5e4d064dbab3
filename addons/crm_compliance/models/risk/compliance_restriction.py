# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.forms import open_form
from .compliance_decision import MANAGER

LEVELS = [("warn", "Warning"), ("block", "Block")]
SCOPES = {"lead": "scope_lead", "quotation": "scope_quotation", "invoice": "scope_invoice"}
# Effective restrictions that were looked up already, until the transaction is flushed, committed or rolled back.
CACHE = "crm_compliance.restrictions"


class ComplianceRestriction(models.Model):
    """What may not be done with a customer, or only with a warning: from a day, until a day, for a reason.

    Managers impose and lift. What an officer proposes is imposed by a manager; what was imposed is never edited, but
    lifted and imposed anew, so that it can be told later what held on a given day.
    """

    _name = "compliance.restriction"
    _description = "Restriction"
    _inherit = ["compliance.decision", "compliance.discussion", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _decided_fields = frozenset(
        {
            "state",
            "requested_by",
            "approved_by",
            "approved_at",
            "lifted_by",
            "lifted_at",
            "lift_reason",
            "profile_id",
            "origin_ref",
        }
    )

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Holds for all contacts of the customer.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, tracking=True
    )
    profile_id = fields.Many2one(
        "compliance.profile",
        string="Dossier",
        compute="_compute_profile_id",
        store=True,
        index=True,
        ondelete="restrict",
        compute_sudo=True,
    )
    level = fields.Selection(
        LEVELS,
        required=True,
        default="block",
        tracking=True,
        help="Warning: a note on the document. Block: the document cannot be completed without an exception.",
    )
    scope_lead = fields.Boolean(string="Opportunities", default=True, tracking=True, help="Marking as won.")
    scope_quotation = fields.Boolean(string="Quotations", default=True, tracking=True, help="Confirming.")
    scope_invoice = fields.Boolean(string="Customer Invoices", default=True, tracking=True, help="Posting.")
    scope = fields.Char(string="Applies to", compute="_compute_scope")
    reason = fields.Text(required=True, tracking=True, help="For those who may read the dossier of the customer.")
    reason_public = fields.Char(
        string="Public Reason", tracking=True, help="For everybody who meets the restriction in daily work."
    )
    date_from = fields.Date(
        string="From", required=True, tracking=True, default=lambda self: self._get_today(self.env.company)
    )
    date_to = fields.Date(string="Until", tracking=True, help="The last day; empty: until it is lifted.")
    origin_ref = fields.Reference(
        selection="_selection_origin", string="Origin", readonly=True, copy=False, help="What led to the restriction."
    )
    state = fields.Selection(
        [("proposed", "Proposed"), ("active", "Imposed"), ("lifted", "Lifted"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="proposed",
        copy=False,
        tracking=True,
        index=True,
    )
    is_effective = fields.Boolean(
        string="Effective Today", compute="_compute_is_effective", search="_search_is_effective"
    )
    requested_by = fields.Many2one("res.users", readonly=True, copy=False, default=lambda self: self.env.user)
    approved_by = fields.Many2one("res.users", string="Imposed by", readonly=True, copy=False, tracking=True)
    approved_at = fields.Datetime(string="Imposed on", readonly=True, copy=False)
    lifted_by = fields.Many2one("res.users", readonly=True, copy=False, tracking=True)
    lifted_at = fields.Datetime(string="Lifted on", readonly=True, copy=False)
    lift_reason = fields.Text(readonly=True, copy=False, tracking=True)
    can_decide = fields.Boolean(compute="_compute_can_decide")

    _dates_in_order = models.Constraint(
        "CHECK(date_to IS NULL OR date_to >= date_from)", "A restriction cannot end before it begins."
    )
    _scope_somewhere = models.Constraint(
        "CHECK(scope_lead OR scope_quotation OR scope_invoice)",
        "Say what the restriction applies to: opportunities, quotations or invoices.",
    )
    # What every posting asks for.
    _effective_idx = models.Index("(partner_id, company_id) WHERE state = 'active'")

    @api.depends("level", "partner_id.complete_name")
    def _compute_display_name(self):
        labels = dict(self._fields["level"]._description_selection(self.env))
        for restriction in self:
            restriction.display_name = self.env._(
                "%(level)s %(number)s: %(customer)s",
                level=labels.get(restriction.level, ""),
                number=restriction.id or "",
                customer=restriction.partner_id.complete_name or "",
            )

    @api.depends("partner_id", "company_id")
    def _compute_profile_id(self):
        dossiers = {
            (dossier.partner_id.id, dossier.company_id.id): dossier.id for dossier in self.partner_id._get_dossiers()
        }
        for restriction in self:
            restriction.profile_id = dossiers.get((restriction.partner_id.id, restriction.company_id.id))

    @api.depends("scope_lead", "scope_quotation", "scope_invoice")
    def _compute_scope(self):
        for restriction in self:
            restriction.scope = ", ".join(
                self._fields[fname]._description_string(self.env) for fname in SCOPES.values() if restriction[fname]
            )

    @api.depends("state", "date_from", "date_to", "company_id")
    def _compute_is_effective(self):
        for restriction in self:
            today = self._get_today(restriction.company_id)
            restriction.is_effective = (
                restriction.state == "active"
                and restriction.date_from <= today
                and (not restriction.date_to or restriction.date_to >= today)
            )

    def _search_is_effective(self, operator, value):
        if operator != "in" or len(set(value)) != 1:
            return NotImplemented
        self.flush_model()
        effective = Domain("id", "in", SQL("(SELECT id FROM (%s) effective)", self._effective_query(SQL("TRUE"))))
        return effective if True in value else ~effective

    @api.depends("state", "requested_by")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        manager = self.env.user.has_group(MANAGER)
        for restriction in self:
            restriction.can_decide = (
                manager and restriction.state == "proposed" and restriction.requested_by != self.env.user
            )

    @api.model
    def _selection_origin(self):
        return [
            (model.model, model.name)
            for model in self.env["ir.model"].sudo().search([("model", "=like", "compliance.%")])
            if model.model in self.env and not self.env[model.model]._transient
        ]

    # -------------------------------------------------------------------------
    # CRUD
    # -------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """A manager's restriction is imposed at once, anybody else's is a proposal.

        :raises AccessError: if a decision is given
        """
        imposes = not self.env.su and self.env.user.has_group(MANAGER)
        restrictions = super().create(self._prepare_entities(vals_list))
        if imposes:
            restrictions._decide("active")
        else:
            restrictions._notify_managers()
        return restrictions

    def _prepare_request(self, vals):
        """On the commercial entity. Whoever changes what is proposed is who proposes it."""
        if "partner_id" in vals:
            entity = self.env["res.partner"].browse(vals["partner_id"]).commercial_partner_id
            vals = {**vals, "partner_id": entity.id}
        return {**vals, "requested_by": self.env.uid}

    def unlink(self):
        self._forget()
        return super().unlink()

    @api.model
    def _create_on_entities(self, vals_list):
        """Proposals on the commercial entities, with dossiers, past our own ``create``."""
        return self._create_request(self._prepare_entities(vals_list))

    @api.model
    def _prepare_entities(self, vals_list):
        """Values of restrictions on the commercial entities, which have dossiers from now on."""
        defaults = self.default_get(["partner_id", "company_id"])
        vals_list = [{**defaults, **vals} for vals in vals_list]
        partners = self.env["res.partner"].browse({vals["partner_id"] for vals in vals_list if vals.get("partner_id")})
        entities = {partner.id: partner.commercial_partner_id.id for partner in partners}
        vals_list = [{**vals, "partner_id": entities.get(vals.get("partner_id"))} for vals in vals_list]
        self._open_dossiers({(vals["partner_id"], vals["company_id"]) for vals in vals_list if vals["partner_id"]})
        self._forget()
        return vals_list

    @api.model
    def _open_dossiers(self, pairs):
        """Whoever is restricted has a dossier, in the branches of the company as well: there it is shown.

        :param pairs: set of (customer id, company id)
        """
        if not pairs:
            return
        partner_ids, company_ids = map(list, zip(*pairs, strict=True))
        self.env["res.partner"].flush_model()
        self.env["res.company"].flush_model()
        self.env["compliance.profile"].sudo()._open(
            SQL(
                "SELECT wanted.partner_id, branch.id AS company_id"
                " FROM UNNEST(%s::int4[], %s::int4[]) AS wanted (partner_id, company_id)"
                " JOIN res_company company ON company.id = wanted.company_id"
                " JOIN res_company branch ON branch.parent_path LIKE company.parent_path || '%%'"
                " AND (branch.active OR branch.id = company.id)",
                partner_ids,
                company_ids,
            )
        )

    def _check_undecided(self):
        if self.filtered(lambda restriction: restriction.state != "proposed"):
            raise UserError(
                self.env._("A restriction that was decided is part of the record; lift it and impose another one.")
            )

    @api.model
    def _refuse_decision(self):
        raise AccessError(
            self.env._("Restrictions are imposed and lifted by compliance managers, by the buttons made for it.")
        )

    # -------------------------------------------------------------------------
    # DECISIONS
    # -------------------------------------------------------------------------

    def action_impose(self):
        """Imposes what somebody else proposed.

        :raises AccessError: for everybody but another manager than who proposed
        """
        self._check_decider()
        self._decide("active")

    def action_refuse(self):
        """Refuses what somebody else proposed."""
        self._check_decider()
        self._decide("refused")

    def action_lift(self):
        """Asks for the reason and lifts the restrictions."""
        self._check_lifter()
        return self.env["compliance.reason"]._open(self, self.env._("Lift"))

    def _lift(self, reason):
        """Ends imposed restrictions at once.

        :param str reason: why, for the record
        :raises ValidationError: without a reason
        """
        self._check_lifter()
        if not (reason or "").strip():
            raise ValidationError(self.env._("Say why the restriction is lifted."))
        self._write_decision(
            {
                "state": "lifted",
                "lifted_by": self.env.uid,
                "lifted_at": fields.Datetime.now(),
                "lift_reason": reason.strip(),
            }
        )
        self._tell_people("mail_template_restriction_lifted")

    def _check_decider(self):
        """:raises AccessError: unless the user is a manager and not who proposed"""
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only compliance managers decide on restrictions."))
        for restriction in self:
            if restriction.state != "proposed":
                raise UserError(self.env._("%s was decided already.", restriction.display_name))
            if restriction.requested_by == self.env.user:
                raise AccessError(self.env._("A restriction is proposed by one person and imposed by another."))

    def _check_lifter(self):
        """:raises AccessError: unless the user is a manager and the restrictions are imposed"""
        self.check_access("write")
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only compliance managers lift restrictions."))
        for restriction in self:
            if restriction.state != "active":
                raise UserError(self.env._("%s is not imposed and cannot be lifted.", restriction.display_name))

    def _decide(self, state):
        """:param str state: active or refused"""
        vals = {"state": state, "approved_at": fields.Datetime.now(), "approved_by": self.env.uid}
        self._write_decision(vals)
        if state == "active":
            self._tell_people("mail_template_restriction_imposed")
        for restriction in self:
            restriction.sudo().profile_id._message_log(
                body=self.env._("%s was proposed and refused.", restriction.display_name)
                if state == "refused"
                else self.env._(
                    "%(restriction)s was imposed on %(scope)s. %(reason)s",
                    restriction=restriction.display_name,
                    scope=restriction.scope,
                    reason=restriction.reason,
                )
            )

    def _write_decision(self, vals):
        """Past our own ``write``, which refuses decisions."""
        self._forget()
        return super()._write_decision(vals)

    @api.model
    def _impose(self, vals_list):
        """Imposes what follows from a decision that already had its second pair of eyes: an approved review.

        :param vals_list: values with ``origin_ref`` ("model,id" or the record), ``approved_by`` (user id) and, where
            known, ``requested_by``
        :raises AccessError: without an origin, or if the approver is no manager or is who asked for it
        :return: the restrictions, imposed
        """
        imposed = self.browse()
        for vals in vals_list:
            origin = self._fields["origin_ref"].convert_to_cache(vals.get("origin_ref"), self)
            approver = self.env["res.users"].browse(vals.get("approved_by"))
            requester = self.env["res.users"].browse(vals.get("requested_by") or self._get_requester(origin))
            if not origin or not approver or approver == requester or not approver.has_group(MANAGER):
                self._refuse_decision()
            terms = {name: value for name, value in vals.items() if name not in self._decided_fields}
            company = self.env["res.company"].browse(terms.get("company_id")) or self.env.company
            terms["date_from"] = terms.get("date_from") or self._get_today(company)
            restriction = self.sudo()._create_on_entities([terms])
            restriction._write_decision({"requested_by": requester.id, "origin_ref": origin})
            restriction.with_user(approver).sudo()._decide("active")
            imposed += restriction.sudo(self.env.su)
        return imposed

    @api.model
    def _get_requester(self, origin):
        """Who prepared the origin of a restriction, as far as it says so; hook for the models that impose."""
        record = self._fields["origin_ref"].convert_to_record(origin, self.sudo()) if origin else None
        fname = next((name for name in ("prepared_by", "requested_by") if record is not None and name in record), None)
        return record[fname].id if fname else False

    def _notify_managers(self):
        """Tells the managers of the company that there is something to decide."""
        for restriction in self.filtered(lambda restriction: restriction.state == "proposed"):
            managers = self._get_managers(restriction.company_id) - self.env.user
            restriction._send_notice("mail_template_restriction_proposed", managers)

    def _tell_people(self, template):
        """Tells who looks after the customers what was decided."""
        for restriction in self.sudo():
            people = restriction.profile_id.user_id | restriction.profile_id.officer_id
            restriction._send_notice(template, people - self.env.user)

    @api.model
    def _get_managers(self, company):
        """Active compliance managers of a company, people only."""
        managers = self.env.ref(MANAGER).sudo().all_user_ids
        return managers.filtered(lambda user: user.active and not user._is_superuser() and company in user.company_ids)

    # -------------------------------------------------------------------------
    # WHAT HOLDS TODAY
    # -------------------------------------------------------------------------

    @api.model
    def _get_today(self, company):
        """The company's day."""
        return company._get_compliance_today()

    @api.model
    def _effective_query(self, scope):
        """:return: SQL of a SELECT of id, partner_id and company_id of what is effective today: in the company it was
        imposed in, and in that one's branches
        """
        return SQL(
            """
            SELECT restriction.id, restriction.partner_id, branch.id AS company_id
              FROM compliance_restriction restriction
              JOIN res_company company ON company.id = restriction.company_id
              JOIN res_company branch ON branch.parent_path LIKE company.parent_path || '%%'
         LEFT JOIN resource_calendar calendar ON calendar.id = company.resource_calendar_id
         LEFT JOIN res_partner address ON address.id = company.partner_id
        CROSS JOIN LATERAL (
                    SELECT (%s::timestamp AT TIME ZONE 'UTC'
                            AT TIME ZONE COALESCE(calendar.tz, address.tz, 'UTC'))::date AS date
                   ) today
             WHERE restriction.state = 'active' AND restriction.date_from <= today.date
               AND (restriction.date_to IS NULL OR restriction.date_to >= today.date)
               AND %s
            """,
            fields.Datetime.now(),
            scope,
        )

    @api.model
    def _get_effective(self, partner_ids):
        """What is effective today, looked up once per transaction, in one query however many customers are asked for.

        Whoever posts a document is asked at the beginning, and once more where the document changes its state.

        :param partner_ids: ids of commercial entities
        :return: dict of customer id -> list of (restriction id, company id)
        """
        known = self.env.cr.precommit.data.setdefault(CACHE, {})
        missing = set(partner_ids) - known.keys()
        if missing:
            self.flush_model()
            known.update((partner_id, []) for partner_id in missing)
            rows = self.env.execute_query(self._effective_query(SQL("restriction.partner_id = ANY(%s)", list(missing))))
            for restriction_id, partner_id, company_id in rows:
                known[partner_id].append((restriction_id, company_id))
        return {partner_id: known[partner_id] for partner_id in partner_ids}

    @api.model
    def _forget(self):
        """Before anything changes that ``_get_effective`` may know."""
        self.env.cr.precommit.data.pop(CACHE, None)

    # -------------------------------------------------------------------------
    # CUSTOMERS THAT MERGE OR MOVE
    # -------------------------------------------------------------------------

    def _move_to(self, **vals):
        """Takes restrictions along to another customer or company; nobody is free of them by being merged.

        :param vals: partner_id and/or company_id
        """
        if self:
            self._write_decision(vals)

    def _relink(self):
        """Points the restrictions to the dossiers their customers have now."""
        self.env.add_to_compute(self._fields["profile_id"], self)
        self.flush_recordset(["profile_id"])

    def _carry_to(self, partner):
        """Imposes the same on a contact that left the customer: leaving it frees nobody. A manager may lift it.

        :param partner: a commercial entity
        """
        for restriction in self:
            copied = restriction._create_on_entities(
                [{**restriction.copy_data()[0], "partner_id": partner.id, "reason": restriction.reason}]
            )
            copied._write_decision(
                {
                    "state": "active",
                    "origin_ref": f"{self._name},{restriction.id}",
                    "requested_by": restriction.requested_by.id,
                    "approved_by": restriction.approved_by.id,
                    "approved_at": restriction.approved_at,
                }
            )
            copied._message_log(
                body=self.env._(
                    "Carried over when %(contact)s left %(customer)s.",
                    contact=partner.display_name,
                    customer=restriction.partner_id.display_name,
                )
            )

    def action_open_profile(self):
        """Opens the dossier."""
        return open_form(self.profile_id)

    def action_view_history(self):
        """Who changed what of the restriction."""
        return self.env["compliance.audit.history"]._open(self)

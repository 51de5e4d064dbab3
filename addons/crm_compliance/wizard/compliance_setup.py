# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tools import SQL

STEPS = ["industry", "customers", "people"]
# What suits a kind of business. Everything can be changed later.
PRESETS = {
    "trading": {
        "compliance_frequent_purchases": 6,
        "compliance_new_days": 90,
        "compliance_default_interval_days": 90,
        "compliance_review_lead_days": 14,
        "important_days": 14,
        "other_days": 30,
        "criteria": ("IDENT", "TAX", "ADDRESS"),
    },
    "service": {
        "compliance_frequent_purchases": 4,
        "compliance_new_days": 120,
        "compliance_default_interval_days": 180,
        "compliance_review_lead_days": 14,
        "important_days": 14,
        "other_days": 30,
        "criteria": ("IDENT", "ETHICS", "ADDRESS"),
    },
    "regulated": {
        "compliance_frequent_purchases": 4,
        "compliance_new_days": 180,
        "compliance_default_interval_days": 180,
        "compliance_review_lead_days": 30,
        "important_days": 7,
        "other_days": 30,
        "criteria": ("IDENT", "LICENCE", "ETHICS", "TAX", "ADDRESS"),
    },
}
SETTINGS = (
    "compliance_frequent_purchases",
    "compliance_new_days",
    "compliance_default_interval_days",
    "compliance_review_lead_days",
    "compliance_tier_high",
    "compliance_tier_medium",
)
# Value and risk of customers, and the answer that says how often they are contacted.
CADENCES = (
    (False, False, "other_days"),
    ("high", False, "important_days"),
    (False, "high", "important_days"),
    (False, "critical", "important_days"),
)


class ComplianceSetup(models.TransientModel):
    """A few questions that leave a working configuration of a company. Run again it starts from what is in force."""

    _name = "compliance.setup"
    _description = "Set-up of Compliance"

    step = fields.Selection(
        [("industry", "Business"), ("customers", "Customers"), ("people", "People")], required=True, default="industry"
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, readonly=True)
    preset = fields.Selection(
        [
            ("current", "As It Is Now"),
            ("trading", "Trading Company"),
            ("service", "Service Company"),
            ("regulated", "Regulated Company"),
        ],
        required=True,
        default=lambda self: self._default_preset(),
        help="Proposes criteria and thresholds; the next steps change them.",
    )
    criterion_ids = fields.Many2many(
        "compliance.criterion",
        string="Criteria of a Standard Customer",
        context={"active_test": False},
        domain="[('company_id', 'in', (False, company_id)), ('active', 'in', (True, False))]",
    )
    compliance_tier_high = fields.Float(
        "High Value up to (%)", default=lambda self: self.env.company.compliance_tier_high
    )
    compliance_tier_medium = fields.Float(
        "Medium Value up to (%)", default=lambda self: self.env.company.compliance_tier_medium
    )
    compliance_frequent_purchases = fields.Integer("Frequent from (purchases a year)")
    compliance_new_days = fields.Integer("New for (days)")
    compliance_default_interval_days = fields.Integer("Purchase Expected every (days)")
    compliance_review_lead_days = fields.Integer("Reviews Opened Ahead (days)")
    important_days = fields.Integer("Important Customers Contacted every (days)")
    other_days = fields.Integer("Others Contacted every (days)")
    resource_calendar_id = fields.Many2one(
        "resource.calendar",
        string="Working Hours",
        default=lambda self: self.env.company.resource_calendar_id,
        domain="[('company_id', 'in', (False, company_id))]",
    )
    officer_ids = fields.Many2many(
        "res.users",
        "compliance_setup_officer_rel",
        string="Compliance Officers",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self._default_people("crm_compliance.group_compliance_officer"),
        help="Keep the dossiers and prepare reviews.",
    )
    manager_ids = fields.Many2many(
        "res.users",
        "compliance_setup_manager_rel",
        string="Compliance Managers",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        default=lambda self: self._default_people("crm_compliance.group_compliance_manager"),
        help="Approve what officers prepare; never their own work.",
    )
    is_short_of_eyes = fields.Boolean(compute="_compute_is_short_of_eyes")

    @api.model
    def _default_people(self, group):
        """People who have exactly this role in the company already."""
        return self.env["res.users"].search(
            [("group_ids", "in", self.env.ref(group).id), ("company_ids", "in", self.env.company.id)]
        )

    @api.model
    def _default_preset(self):
        """What is in force, once this assistant left rules of the company's own."""
        return "current" if self._get_own_cadences(self.env.company).filtered("active") else "trading"

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        return {**self._get_proposal(values.get("preset") or self._default_preset()), **values}

    @api.model
    def _get_proposal(self, preset):
        """What is in force, or what suits a kind of business, as values of this assistant; criteria of the company's
        own stay.
        """
        if preset == "current":
            return self._get_values_in_force()
        values = {name: value for name, value in PRESETS[preset].items() if name != "criteria"}
        criteria = self._get_criteria(self.env.company).filtered(
            lambda criterion: (
                criterion.code in PRESETS[preset]["criteria"] or (criterion.active and criterion.company_id)
            )
        )
        return {**values, "criterion_ids": [Command.set(criteria.ids)]}

    @api.model
    def _get_values_in_force(self):
        company = self.env.company
        values = {name: company[name] for name in SETTINGS}
        criteria = self._get_criteria(company).filtered("active")
        return {**values, **self._get_days_in_force(company), "criterion_ids": [Command.set(criteria.ids)]}

    @api.model
    def _get_days_in_force(self, company):
        """How often customers of high value, and those of none, are contacted before their risk counts."""
        cadences = self.env["compliance.contact.cadence"]
        intervals = self.env.execute_query(
            SQL(
                "SELECT value_tier, days FROM (%s) intervals WHERE company_id = %s AND risk_level = ''",
                cadences._intervals_query(),
                company.id,
            )
        )
        days = dict(intervals)
        return {"important_days": days["high"], "other_days": days["none"]}

    @api.onchange("preset")
    def _onchange_preset(self):
        self.update(self._get_proposal(self.preset or self._default_preset()))

    @api.model_create_multi
    def create(self, vals_list):
        """What is not given is as in force, or as the kind of business has it."""
        preset = self._default_preset()
        return super().create([{**self._get_proposal(vals.get("preset", preset)), **vals} for vals in vals_list])

    @api.depends("officer_ids", "manager_ids")
    def _compute_is_short_of_eyes(self):
        for setup in self:
            setup.is_short_of_eyes = len(setup.officer_ids | setup.manager_ids) < 2

    @api.model
    def _get_criteria(self, company):
        """All criteria that can apply in a company, archived ones included."""
        criteria = self.env["compliance.criterion"].with_context(active_test=False)
        return criteria.search([("company_id", "in", [False, company.id])])

    @api.model
    def _get_own_cadences(self, company):
        """Rules of contact of a company's own, archived ones included."""
        cadences = self.env["compliance.contact.cadence"].with_context(active_test=False)
        return cadences.search([("company_id", "=", company.id)])

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_next(self):
        return self._go(1)

    def action_back(self):
        return self._go(-1)

    def _go(self, by):
        self.ensure_one()
        self.step = STEPS[min(max(STEPS.index(self.step) + by, 0), len(STEPS) - 1)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Up Compliance"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_apply(self):
        """Puts what was answered into force.

        :raises AccessError: for everybody but administrators who are compliance managers

        :return: action that opens the dashboard
        """
        self.ensure_one()
        user = self.env.user
        if not (user.has_group("base.group_system") and user.has_group("crm_compliance.group_compliance_manager")):
            raise AccessError(self.env._("Compliance is set up by an administrator who is a compliance manager."))
        self._apply_company()
        self._apply_criteria()
        self._apply_cadence()
        self._apply_people()
        return self.env["ir.actions.actions"]._for_xml_id("crm_compliance.compliance_dashboard_action")

    def _apply_company(self):
        values = {name: self[name] for name in SETTINGS}
        if self.resource_calendar_id:
            values["resource_calendar_id"] = self.resource_calendar_id.id
        self.company_id.write(values)

    def _apply_criteria(self):
        """Criteria of all companies stay as they are, where there are other companies."""
        criteria = self._get_criteria(self.company_id)
        if self.env["res.company"].sudo().search_count([], limit=2) > 1:
            criteria = criteria.filtered("company_id")
        (criteria & self.criterion_ids).filtered(lambda criterion: not criterion.active).action_unarchive()
        (criteria - self.criterion_ids).filtered("active").action_archive()

    def _apply_cadence(self):
        """Rules of the company's own: important are customers of high value or high risk. Of a company that has rules
        only what was changed here is touched: they may say more than this assistant asks.
        """
        own = self._get_own_cadences(self.company_id)
        in_force = self._get_days_in_force(self.company_id) if own.filtered("active") else {}
        # Of an archived and an active rule for the same customers the active one.
        known = {(rule.value_tier, rule.risk_level): rule for rule in own.sorted("active")}
        new = []
        for tier, level, name in CADENCES:
            values = {"interval_days": self[name], "active": True}
            if in_force.get(name) == self[name]:
                continue
            if (tier, level) in known:
                known[tier, level].write(values)
            else:
                new.append({"company_id": self.company_id.id, "value_tier": tier, "risk_level": level, **values})
        own.create(new)

    def _apply_people(self):
        """Gives people their roles; taking roles away is done where users are managed."""
        for name, group in (
            ("officer_ids", "crm_compliance.group_compliance_officer"),
            ("manager_ids", "crm_compliance.group_compliance_manager"),
        ):
            new = self[name].filtered(lambda user: not user.has_group(group))  # noqa: B023
            new.write({"group_ids": [Command.link(self.env.ref(group).id)]})

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ...tools.forms import open_form
from ..dossier_field import DossierFloat, DossierMany2one, DossierMonetary, DossierSelection
from .dossier_link import DossierLink

# Who may know how any customer stands. Portal users and colleagues without a role read partners too, but not this.
GROUPS = ",".join(
    [
        "crm_compliance.group_compliance_user",
        "crm_compliance.group_compliance_auditor",
        "account.group_account_invoice",
        "account.group_account_readonly",
    ]
)
# Who may know the amounts and the payment habit of any customer. Salespeople see those of their own, in the dossier.
FIGURE_GROUPS = GROUPS.replace("group_compliance_user", "group_compliance_officer")


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "compliance.field.access"]

    compliance_profile_id = DossierLink(
        "compliance.profile",
        string="Compliance Dossier",
        company_dependent=True,
        readonly=True,
        copy=False,
        groups=GROUPS,
        help="Dossier of the customer in the current company.",
    )
    compliance_zone = DossierSelection(related="compliance_profile_id.zone", groups=GROUPS)
    compliance_risk_level = DossierSelection(related="compliance_profile_id.risk_level", groups=GROUPS)
    compliance_admission_state = DossierSelection(related="compliance_profile_id.admission_state", groups=GROUPS)
    compliance_lifecycle = DossierSelection(related="compliance_profile_id.lifecycle", groups=GROUPS)
    compliance_value_tier = DossierSelection(related="compliance_profile_id.value_tier", groups=GROUPS)
    compliance_purchase_behaviour = DossierSelection(related="compliance_profile_id.purchase_behaviour", groups=GROUPS)
    compliance_overdue_amount = DossierMonetary(
        related="compliance_profile_id.overdue_amount", groups=FIGURE_GROUPS, currency_field="compliance_currency_id"
    )
    compliance_open_amount = DossierMonetary(
        related="compliance_profile_id.open_amount", groups=FIGURE_GROUPS, currency_field="compliance_currency_id"
    )
    compliance_revenue_12m = DossierMonetary(
        related="compliance_profile_id.revenue_12m", groups=FIGURE_GROUPS, currency_field="compliance_currency_id"
    )
    compliance_late_ratio = DossierFloat(related="compliance_profile_id.late_ratio", groups=FIGURE_GROUPS)
    compliance_late_probability = DossierFloat(related="compliance_profile_id.late_probability", groups=FIGURE_GROUPS)
    compliance_days_beyond_terms = DossierFloat(related="compliance_profile_id.days_beyond_terms", groups=FIGURE_GROUPS)
    compliance_completeness = DossierFloat(related="compliance_profile_id.completeness", groups=GROUPS)
    compliance_currency_id = DossierMany2one(
        string="Dossier Currency", related="compliance_profile_id.currency_id", groups=FIGURE_GROUPS
    )

    @api.model
    def _get_condition_sql(self, domain):
        """A domain as an expression over the table ``res_partner``, archived contacts included; without access rules.

        Where the domain needs no other table, its condition itself: a subquery per domain costs a scan of all contacts.
        """
        query = self.sudo().with_context(active_test=False)._search(domain)
        if query.from_clause == SQL.identifier(query.table) and not query.is_empty():
            return SQL("(%s)", query.where_clause) if query.where_clause else SQL("TRUE")
        return SQL("res_partner.id IN %s", query.subselect())

    @api.model
    def _check_condition_sql(self, condition):
        """Has PostgreSQL read a condition, without looking at a single customer: a text is no number to it.

        :raises ValueError: in its words
        """
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(SQL("SELECT FROM res_partner WHERE %s LIMIT 0", condition), log_exceptions=False)
        except psycopg2.Error as error:
            raise ValueError(str(error).splitlines()[0]) from error

    @api.model
    def _commercial_fields(self):
        """Contacts show their company's dossier."""
        return [*super()._commercial_fields(), "compliance_profile_id"]

    @api.model_create_multi
    def create(self, vals_list):
        """:raises AccessError: if a dossier is given"""
        if not self.env.su and (
            "default_compliance_profile_id" in self.env.context
            or any("compliance_profile_id" in vals for vals in vals_list)
        ):
            raise AccessError(self.env._("Which dossier a contact shows follows from its company."))
        partners = super().create(vals_list)
        if "child_ids" in self.env["compliance.dossier.item"]._get_watched_fields():
            self.env["compliance.refresh.queue"]._enqueue(partners.parent_id)
        customers = partners.filtered(lambda partner: partner.customer_rank > 0)
        for company, members in customers.grouped("company_id").items():
            self.env["compliance.refresh.queue"]._enqueue(members, company or self.env.company)
        return partners

    def write(self, vals):
        """Keeps dossiers with the commercial entity when partners are attached, detached, or change company.

        :raises AccessError: if another dossier is given
        """
        if "compliance_profile_id" in vals and not self.env.su:
            # Odoo's merge wizard writes what stands there already.
            if any(partner.compliance_profile_id.id != (vals["compliance_profile_id"] or False) for partner in self):
                raise AccessError(self.env._("Which dossier a contact shows follows from its company."))
            vals = {fname: value for fname, value in vals.items() if fname != "compliance_profile_id"}
        structural = {"parent_id", "is_company", "company_id"} & set(vals)
        before = {partner: partner.commercial_partner_id for partner in self} if structural else {}
        result = super().write(vals)
        if structural:
            self._rehome_dossiers(before)
        if vals.get("customer_rank"):
            for company, members in self.grouped("company_id").items():
                self.env["compliance.refresh.queue"]._enqueue(members, company or self.env.company)
        elif self.env["compliance.dossier.item"]._get_watched_fields() & set(vals):
            self.env["compliance.refresh.queue"]._enqueue(self)
        return result

    def _rehome_dossiers(self, before):
        """After a change of parent or company.

        A customer that became a contact of a company brings its dossier into the company's; a contact that became a
        customer of its own no longer shows the company's. A dossier follows the company its customer is restricted to.

        :param dict before: the commercial entity each partner had
        """
        for partner, entity in before.items():
            if partner.commercial_partner_id == entity:
                continue
            if entity == partner:
                partner._move_dossiers_to(partner.commercial_partner_id)
            else:
                partner._unlink_foreign_dossiers()
            self.env["compliance.refresh.queue"]._enqueue(partner | entity)
        self.filtered("company_id")._move_dossiers_to_company()

    def _get_dossiers(self):
        """All dossiers of these partners, archived ones and those of other companies included, as superuser."""
        return (
            self.env["compliance.profile"]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", self.ids)])
        )

    def _move_dossiers_to(self, entity):
        """Gives the dossiers of these partners to another customer; where that has one already, they are merged."""
        existing = {dossier.company_id: dossier for dossier in entity._get_dossiers()}
        moved = self._get_dossiers()
        for dossier in moved:
            if dossier.company_id in existing:
                dossier._merge_into(existing[dossier.company_id])
            else:
                dossier.partner_id = entity
                existing[dossier.company_id] = dossier
        (self | entity if moved else self)._relink_dossiers()

    def _move_dossiers_to_company(self):
        """A customer restricted to a company has a dossier there and nowhere else."""
        for partner in self:
            dossiers = partner._get_dossiers()
            strangers = dossiers.filtered(lambda dossier: dossier.company_id != partner.company_id)  # noqa: B023
            if not strangers:
                continue
            target = dossiers - strangers
            if not target:
                target, strangers = strangers[0], strangers[1:]
                target.company_id = partner.company_id
            strangers._merge_into(target)
            partner._relink_dossiers()

    def _unlink_foreign_dossiers(self):
        """Partners that became customers of their own show their own dossiers only."""
        self._relink_dossiers()

    def _relink_dossiers(self):
        """Points partners and their contacts to the dossiers of their commercial entity, in every company."""
        members = (
            self.sudo()
            .with_context(active_test=False)
            .search([("commercial_partner_id", "in", self.commercial_partner_id.ids)])
        )
        members.flush_recordset(["compliance_profile_id"])
        self.env.cr.execute("UPDATE res_partner SET compliance_profile_id = NULL WHERE id = ANY(%s)", [members.ids])
        self.env["res.partner"].invalidate_model(["compliance_profile_id"], flush=False)
        members.commercial_partner_id._get_dossiers()._link_partners()

    def action_open_compliance_profile(self):
        """Opens the dossier of the customer in the current company; whoever may, opens a new one where there is none.

        :raises AccessError: for users who may not read the dossier, or not open one
        """
        self.ensure_one()
        entity = self.commercial_partner_id
        profile = entity.compliance_profile_id or self.env["compliance.profile"].create({"partner_id": entity.id})
        if not profile.has_access("read"):
            responsible = profile.sudo()._get_present("officer_id", "user_id")
            raise AccessError(
                self.env._(
                    "The dossier of %(customer)s is open to its account manager and to compliance officers; ask"
                    " %(responsible)s.",
                    customer=entity.display_name,
                    responsible=responsible.name or self.env._("one of them"),
                )
            )
        return open_form(profile)

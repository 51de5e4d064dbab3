# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..risk.compliance_alert import OFFICER
from ..risk.compliance_alert import OPEN as OPEN_ALERT
from ..risk.compliance_risk_review import EDITABLE, MANAGER

# Numbers of sources are the low bits of the ids: a list of 63 sources is long enough for everybody.
SOURCES = 64


class ComplianceMyDay(models.Model):
    """What the user must do, as one list: reviews, alerts, conditions, approvals, contacts.

    A view over the documents themselves, each source searched as the user who looks: record rules and the company
    switcher hold here as they do there, and what is done is gone from the list at once.
    """

    _name = "compliance.my.day"
    _description = "My Day"
    _auto = False
    _order = "deadline, weight desc, id"
    _rec_name = "title"
    _depends = {
        "compliance.alert": ["state", "user_id", "snoozed_until", "raised_at", "partner_id", "company_id"],
        "compliance.profile": ["next_contact_date", "user_id", "officer_id", "partner_id", "company_id"],
        "compliance.restriction.exception": ["state", "requested_by", "requested_at", "partner_id", "company_id"],
        "compliance.audit.redaction": ["state", "requested_by", "create_date", "company_id"],
        "compliance.risk.override": ["state", "requested_by", "create_date", "profile_id", "company_id"],
        "compliance.risk.review": ["state", "prepared_by", "due_date", "partner_id", "company_id"],
        "compliance.risk.review.condition": ["state", "user_id", "deadline", "partner_id", "company_id"],
        "res.users": ["active", "share", "company_ids"],
    }

    kind = fields.Selection(
        [
            ("alert", "Alert"),
            ("approval", "Review to Approve"),
            ("condition", "Condition"),
            ("contact", "Customer Contact"),
            ("exception", "Exception to Approve"),
            ("override", "Risk Level to Approve"),
            ("redaction", "Redaction to Approve"),
            ("review", "Review"),
        ],
        readonly=True,
    )
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one("res.users", string="Responsible", readonly=True)
    deadline = fields.Date("Due", readonly=True)
    weight = fields.Integer(readonly=True, aggregator=None, help="Of two that are due on one day the heavier is first.")
    title = fields.Char("Task", compute="_compute_title", search="_search_title")

    @property
    def _table_query(self):
        queries = [
            query
            for number, source in enumerate(self._get_my_day_sources()[:SOURCES])
            if (query := self._source_query(number, source)) is not None
        ]
        return SQL(" UNION ALL ").join(queries or [self._nothing_query()])

    @api.depends("res_model", "res_id")
    def _compute_title(self):
        for model, tasks in self.grouped("res_model").items():
            records = self.env[model].browse(tasks.mapped("res_id"))
            names = {record.id: record._get_my_day_title() for record in records}
            for task in tasks:
                task.title = names[task.res_id]

    def _search_title(self, operator, value):
        """Titles are the documents' own words: they are searched in the user's tasks, a list for one person."""
        tasks = self.search([("user_id", "=", self.env.uid)])
        return [("id", "in", tasks.filtered_domain([("title", operator, value)]).ids)]

    def action_open(self):
        """Opens the document behind a task."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }

    # -------------------------------------------------------------------------
    # SOURCES
    # -------------------------------------------------------------------------

    @api.model
    def _get_my_day_sources(self):
        """Where tasks come from; extended by whoever has something to do. Sources are only ever appended: their
        number is part of the ids.

        :return: list of dicts with ``kind``, ``model``, ``domain`` (of what the user must do), the fields ``date``,
            ``partner`` and ``company`` (or None), and ``weight``
        """
        alerts = Domain("state", "in", OPEN_ALERT) & Domain("is_snoozed", "=", False)
        responsible = self._turn_domain("user_id", "profile_id.officer_id", "profile_id.user_id")
        return [
            self._source("review", "compliance.risk.review", self._prepared_domain(), "due_date", weight=5),
            self._source("approval", "compliance.risk.review", [("can_approve", "=", True)], "due_date", weight=8),
            self._source("alert", "compliance.alert", alerts & responsible, "raised_at", weight=6),
            self._source(
                "condition",
                "compliance.risk.review.condition",
                Domain("state", "=", "open")
                & Domain("review_id.state", "=", "done")
                & self._turn_domain("user_id", "review_id.prepared_by"),
                "deadline",
                weight=7,
            ),
            self._source(
                "exception",
                "compliance.restriction.exception",
                self._approver_domain("requested"),
                "requested_at",
                weight=10,
            ),
            self._source(
                "override", "compliance.risk.override", self._approver_domain("draft"), "create_date", weight=9
            ),
            self._source(
                "redaction",
                "compliance.audit.redaction",
                self._approver_domain("draft"),
                "create_date",
                partner=None,
            ),
            self._source("contact", "compliance.profile", self._contact_domain(), "next_contact_date", weight=3),
        ]

    @api.model
    def _source(self, kind, model, domain, date, weight=1, partner="partner_id", company="company_id"):
        return {
            "kind": kind,
            "model": model,
            "domain": domain,
            "date": date,
            "partner": partner,
            "company": company,
            "weight": weight,
        }

    @api.model
    def _turn_domain(self, *people):
        """What is the user's turn: the first one of these people who is there does it. Where somebody left and nobody
        is there, officers do; what never was anybody's is no orphan.

        :param people: fields of users, of the document or one step away, by whose turn it is
        """
        turn, absent, left = Domain.FALSE, Domain.TRUE, Domain.FALSE
        for person in people:
            turn |= absent & Domain(person, "=", self.env.uid)
            absent &= self._there_domain(person, SQL("IS NOT TRUE"))
            left |= self._there_domain(person, SQL("IS FALSE"))
        return turn | (left & absent) if self.env.user.has_group(OFFICER) else turn

    @api.model
    def _there_domain(self, person, truth):
        """Documents of which it is true, or not, that their person is still there and works for the company.

        :param SQL truth: what is to be so; it is unknown of a person who was never named
        """
        there = self.env["res.users"]._get_people_sql()

        def to_sql(model, alias, query):
            link, _dot, name = person.partition(".")
            user = model._field_to_sql(alias, link, query)
            if name:
                linked = self.env[model._fields[link].comodel_name]._table
                user = SQL("(SELECT %s FROM %s WHERE id = %s)", SQL.identifier(name), SQL.identifier(linked), user)
            company = model._field_to_sql(alias, "company_id", query)
            return SQL("((%s, %s) IN (%s)) %s", user, company, there, truth)

        return Domain.custom(to_sql=to_sql)

    @api.model
    def _prepared_domain(self):
        return Domain("state", "in", EDITABLE) & self._turn_domain("prepared_by", "profile_id.officer_id")

    @api.model
    def _approver_domain(self, state):
        """What waits in a state for a manager who did not ask for it."""
        if not self.env.user.has_group(MANAGER):
            return Domain.FALSE
        return Domain("state", "=", state) & Domain("requested_by", "!=", self.env.uid)

    @api.model
    def _contact_domain(self):
        """Customers to contact: of the account manager, or of the officer where there is none."""
        return Domain("next_contact_date", "<=", "today +2d") & self._turn_domain("user_id", "officer_id")

    @api.model
    def _source_query(self, number, source):
        """SELECT of the tasks of a source; None if the user may not read it."""
        model = self.env[source["model"]]
        if not model.has_access("read"):
            return None
        query = model._search(Domain(source["domain"]))
        if query.is_empty():
            return None

        def column(name):
            return model._field_to_sql(model._table, name, query) if name else SQL("NULL")

        def day(name):
            # As the user's clock has it, like the day all this is compared with.
            if model._fields[name].type != "datetime":
                return column(name)
            return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date", column(name), self.env.tz.zone)

        return query.select(
            SQL("%s::int8 * %s + %s AS id", SQL.identifier(model._table, "id"), SOURCES, number),
            SQL("%s::varchar AS kind", source["kind"]),
            SQL("%s::varchar AS res_model", source["model"]),
            SQL("%s AS res_id", SQL.identifier(model._table, "id")),
            SQL("%s::int4 AS partner_id", column(source["partner"])),
            SQL("%s::int4 AS company_id", column(source["company"])),
            SQL("%s::int4 AS user_id", self.env.uid),
            SQL("COALESCE(%s, %s::date) AS deadline", day(source["date"]), fields.Date.context_today(self)),
            SQL("%s::int4 AS weight", source["weight"]),
        )

    @api.model
    def _nothing_query(self):
        return SQL(
            "SELECT 0::int8 AS id, NULL::varchar AS kind, NULL::varchar AS res_model, 0 AS res_id, 0 AS partner_id,"
            " 0 AS company_id, 0 AS user_id, NULL::date AS deadline, 0 AS weight WHERE FALSE"
        )


class Base(models.AbstractModel):
    """How a document calls itself in the list of what there is to do."""

    _inherit = "base"

    def _get_my_day_title(self):
        self.ensure_one()
        return self.display_name

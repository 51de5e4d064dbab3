# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date, formatLang

from ..dossier.compliance_profile import RISK_LEVELS, ZONES
from ..risk.compliance_alert import OPEN as OPEN_ALERT
from ..risk.compliance_risk_review import EDITABLE

# How a figure is coloured; the client turns tones into the colours of light and dark.
# The same as in lists and forms; there high and critical share the red.
LEVEL_TONES = {"low": "success", "medium": "warning", "high": "danger", "critical": "critical", False: "muted"}
ZONE_TONES = {"standard": "success", "grey": "warning", "non_compliant": "danger", "unknown": "muted"}
MONTHS = 12
DUE_DAYS = 7


class ComplianceDashboard(models.AbstractModel):
    """The picture at a glance: figures in blocks, each figure with the domain of exactly its records.

    Everything is computed as the user who looks: record rules, field groups and the company switcher decide what is
    counted, and a block about a model that the user may not read is left out. The number of queries depends on nothing
    but the number of blocks.

    A block is a dict of ``code``, ``title``, ``help``, ``chart`` (None, "bar", "doughnut" or "line"), ``model``,
    ``empty`` (what to say without records), ``items`` and perhaps ``headline`` (one figure above the others: ``text``,
    ``note``, ``tone``); an item is a dict of ``label``, ``value`` (number), ``text``
    (the number as shown), ``tone``, ``change`` (against a month ago, or None) and ``domain``.
    """

    _name = "compliance.dashboard"
    _description = "Compliance Dashboard"

    @api.model
    @api.readonly
    def get_data(self):
        """What the dashboard shows at once.

        :return: dict with ``date`` (when the figures of the dossiers were computed, or False), ``companies`` and
            ``blocks``
        """
        refreshed = [moment for moment in self.env.companies.sudo().mapped("compliance_refreshed_at") if moment]
        return {
            "date": fields.Datetime.to_string(min(refreshed)) if refreshed else False,
            "companies": self.env.companies.mapped("name"),
            "blocks": self._get_dashboard_blocks(),
        }

    @api.model
    @api.readonly
    def get_slow_blocks(self):
        """Blocks that read the ledger; asked for after the others are shown."""
        return self._get_slow_blocks()

    # -------------------------------------------------------------------------
    # BLOCKS
    # -------------------------------------------------------------------------

    @api.model
    def _get_dashboard_blocks(self):
        """The blocks in their order; extended by whoever has something to show.

        :return: list of blocks
        """
        blocks = []
        if self._may_read("compliance.profile"):
            blocks += self._get_customer_blocks()
        if self._may_read("compliance.risk.review"):
            blocks.insert(1, self._get_review_block())
        if self._may_read("compliance.alert"):
            blocks.insert(2, self._get_alert_block())
        return blocks

    @api.model
    def _get_slow_blocks(self):
        return [self._get_late_block()] if self._may_read("compliance.settlement") else []

    @api.model
    def _may_read(self, *models):
        return all(self.env[model].has_access("read") for model in models)

    @api.model
    def _get_customer_blocks(self):
        """Customers by level of risk and by zone, and what is overdue, from one pass over the dossiers."""
        rows = self.env["compliance.profile"]._read_group(
            [], ["risk_level", "zone", "company_id"], ["__count", "overdue_amount:sum"]
        )
        return [self._get_level_block(rows), self._get_zone_block(rows), self._get_overdue_block(rows)]

    @api.model
    def _get_level_block(self, rows):
        counts = self._add_up(rows, lambda level, _zone: level)
        before = self._get_counts_before("compliance.risk.snapshot", "risk_level", counts)
        levels = [*reversed(RISK_LEVELS), (False, self.env._("Not Rated"))]
        return {
            "code": "levels",
            "title": self.env._("Customers by Risk Level"),
            "help": self.env._("Change against a month ago.") if before else "",
            "chart": "doughnut",
            "model": "compliance.profile",
            "empty": self.env._("No customer has a dossier yet."),
            "items": [
                self._item(
                    self._translate("risk_level", level) or label,
                    counts.get(level, 0),
                    [("risk_level", "=", level)],
                    tone=LEVEL_TONES[level],
                    before=before and before.get(level, 0) if level else None,
                )
                for level, label in levels
                if level or counts.get(level)
            ],
        }

    @api.model
    def _get_zone_block(self, rows):
        counts = self._add_up(rows, lambda _level, zone: zone)
        before = self._get_counts_before("compliance.zone.change", "zone", counts)
        return {
            "code": "zones",
            "title": self.env._("Customers by Zone"),
            "help": self.env._("From the criteria of a standard customer."),
            "chart": "doughnut",
            "model": "compliance.profile",
            "empty": self.env._("No customer has a dossier yet."),
            "items": [
                self._item(
                    self._translate("zone", zone),
                    counts.get(zone, 0),
                    [("zone", "=", zone)],
                    tone=ZONE_TONES[zone],
                    before=before and before.get(zone, 0),
                )
                for zone, _label in ZONES
            ],
        }

    @api.model
    def _get_overdue_block(self, rows):
        """Overdue amounts by level, in the currency of the companies; a figure per currency where there are several."""
        amounts = {}
        for level, _zone, company, _count, amount in rows:
            key = (company.currency_id, level)
            amounts[key] = amounts.get(key, 0) + amount
        currencies = sorted({currency for currency, _level in amounts}, key=lambda currency: currency.name)
        currencies = currencies or self.env.company.currency_id
        levels = [level for level, _label in reversed(RISK_LEVELS)] + [False]
        return {
            "code": "overdue",
            "title": self.env._("Overdue by Risk Level"),
            "help": self.env._("In the currency of the company."),
            "chart": "bar" if len(currencies) == 1 else None,
            "model": "compliance.profile",
            "empty": self.env._("Nothing is overdue."),
            "items": [
                self._get_overdue_item(level, currency, amounts.get((currency, level), 0), len(currencies) > 1)
                for currency in currencies
                for level in levels
                if level or amounts.get((currency, level))
            ],
        }

    @api.model
    def _get_overdue_item(self, level, currency, amount, named):
        label = self._translate("risk_level", level) or self.env._("Not Rated")
        companies = self.env.companies.filtered(lambda company: company.currency_id == currency)
        return self._item(
            f"{label} ({currency.name})" if named else label,
            amount,
            [("risk_level", "=", level), ("overdue_amount", "!=", 0), ("company_id", "in", companies.ids)],
            tone=LEVEL_TONES[level],
            text=formatLang(self.env, amount, currency_obj=currency),
        )

    @api.model
    def _get_review_block(self):
        today = fields.Date.context_today(self)
        soon = fields.Date.add(today, days=DUE_DAYS)
        open_reviews = Domain("state", "in", EDITABLE)
        dated = fields.Date.to_string
        figures = [
            (self.env._("Overdue"), open_reviews & Domain("due_date", "<", dated(today)), "danger"),
            (
                self.env._("Due within %(days)s days", days=DUE_DAYS),
                open_reviews & Domain("due_date", ">=", dated(today)) & Domain("due_date", "<=", dated(soon)),
                "warning",
            ),
            (self.env._("Due later"), open_reviews & Domain("due_date", ">", dated(soon)), "info"),
            (self.env._("Waiting for approval"), Domain("state", "=", "approval"), "primary"),
        ]
        return {
            "code": "reviews",
            "title": self.env._("Reviews Due"),
            "help": self.env._("Reviews of customers that are not decided yet."),
            "chart": None,
            "model": "compliance.risk.review",
            "empty": self.env._("No review is open."),
            "items": [
                self._item(label, self.env["compliance.risk.review"].search_count(domain), domain, tone=tone)
                for label, domain, tone in figures
            ],
        }

    @api.model
    def _get_alert_block(self):
        alerts = self.env["compliance.alert"]
        domain = Domain("state", "in", OPEN_ALERT) & Domain("is_snoozed", "=", False)
        counts = alerts._read_group(domain, ["kind"], ["__count"], order="__count desc, kind")
        kinds = dict(alerts._fields["kind"]._description_selection(self.env))
        return {
            "code": "alerts",
            "title": self.env._("Alerts Open"),
            "help": self.env._("Early warnings nobody dealt with yet, without those that are snoozed."),
            "chart": None,
            "model": "compliance.alert",
            "empty": self.env._("No early warning is open."),
            "items": [
                self._item(kinds[kind], count, domain & Domain("kind", "=", kind), tone="warning")
                for kind, count in counts
            ],
        }

    @api.model
    def _get_late_block(self):
        """Share of the payments of each of the last 12 months that came late."""
        first = fields.Date.context_today(self) + relativedelta(day=1, months=1 - MONTHS)
        last = first + relativedelta(months=MONTHS)
        # Credit notes are sorted out afterwards: PostgreSQL thinks that nearly all settlements are by such, and would
        # begin at the wrong end.
        groups = self.env["compliance.settlement"]._read_group(
            Domain("settled_on", ">=", str(first)) & Domain("settled_on", "<", str(last)),
            ["settled_on:month", "is_late", "kind"],
            ["__count"],
        )
        counts = {(month, late): count for month, late, kind, count in groups if kind == "payment"}
        months = [first + relativedelta(months=number) for number in range(MONTHS)]
        return {
            "code": "late",
            "title": self.env._("Trend of Late Payment"),
            "help": self.env._("Share of the payments of a month that came after the due date."),
            "chart": "line",
            "model": "compliance.settlement",
            "empty": self.env._("Nothing was paid in the last 12 months."),
            "items": [self._get_late_item(month, counts) for month in months] if counts else [],
        }

    @api.model
    def _get_late_item(self, month, counts):
        late, timely = counts.get((month, True), 0), counts.get((month, False), 0)
        share = 100 * late / (late + timely) if late + timely else None
        end = month + relativedelta(months=1)
        return self._item(
            format_date(self.env, month, date_format="MMM yyyy"),
            share,
            [("kind", "=", "payment"), ("settled_on", ">=", str(month)), ("settled_on", "<", str(end))],
            text=self.env._("%(late)s of %(count)s", late=late, count=late + timely),
        )

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    @api.model
    def _item(self, label, value, domain, tone="primary", text=None, before=None):
        """A figure and the domain of its records.

        :param before: the figure a month ago; None where it is not known
        """
        return {
            "label": label,
            "value": value,
            "text": formatLang(self.env, value, digits=0) if text is None else text,
            "tone": tone,
            "change": None if before is None else value - before,
            "domain": list(Domain(domain)),
        }

    @api.model
    def _translate(self, fname, value):
        """Label of a selection of the dossier, in the user's language."""
        return dict(self.env["compliance.profile"]._fields[fname]._description_selection(self.env)).get(value)

    @api.model
    def _add_up(self, rows, key):
        counts = {}
        for level, zone, _company, count, _amount in rows:
            counts[key(level, zone)] = counts.get(key(level, zone), 0) + count
        return counts

    @api.model
    def _get_counts_before(self, model, fname, counts):
        """How many of the customers that the user may see stood in which class a month ago.

        From the history of changes: whoever did not change since stands where he stood, and the first change since
        tells where the others came from. Dossiers opened since were in no class.

        :param str model: history of a class of dossiers, with ``<fname>_before`` or ``<fname>_previous``
        :param dict counts: numbers of today by class
        :return: dict of numbers by class; None if the user may not read the history
        """
        if not self._may_read(model):
            return None
        history = self.env[model]
        previous = f"{fname}_previous" if f"{fname}_previous" in history._fields else f"{fname}_before"
        before = dict(counts)
        for then, now, count in self.env.execute_query(self._moves_query(history, fname, previous)):
            before[now or False] = before.get(now or False, 0) - count
            if then != "new":
                before[then or False] = before.get(then or False, 0) + count
        return before

    @api.model
    def _moves_query(self, history, fname, previous):
        """SELECT of the class then (``new`` for dossiers opened since), the class now, and the number of customers.

        In two parts that both begin with the few: who is new, and who changed.
        """
        since = fields.Datetime.now() - relativedelta(months=1)
        profiles = self.env["compliance.profile"]
        profiles.flush_model()
        history.flush_model()
        columns = [SQL.identifier(profiles._table, name) for name in ("id", fname)]
        return SQL(
            """
            SELECT profile.before, profile.%(fname)s, COUNT(*)
              FROM (SELECT 'new' AS before, opened.%(fname)s
                      FROM (%(opened)s) opened
                 UNION ALL
                    SELECT moved.before, known.%(fname)s
                      FROM (SELECT DISTINCT ON (profile_id) profile_id, %(previous)s AS before
                              FROM %(history)s
                             WHERE create_date >= %(since)s
                          ORDER BY profile_id, create_date, id) moved
                      JOIN (%(known)s) known ON known.id = moved.profile_id) profile
          GROUP BY 1, 2
            """,
            since=since,
            fname=SQL.identifier(fname),
            previous=SQL.identifier(previous),
            history=SQL.identifier(history._table),
            opened=profiles._search([("create_date", ">=", since)]).select(*columns),
            known=profiles._search([("create_date", "<", since)]).select(*columns),
        )

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import format_date, formatLang

MONTHS = 12
# Of the drawings, in units of the view box.
WIDTH, HEIGHT = 600, 120
COLORS = {"low": "#28a745", "medium": "#ffac00", "high": "#fd7e14", "critical": "#dc3545"}
SHARES = ("late_ratio", "late_probability", "credit_limit_used")
# Groups of figures as they are printed.
CLASSES = ("zone", "lifecycle", "value_tier", "purchase_behaviour", "completeness")
FIGURES = (
    "revenue_12m",
    "revenue_total",
    "invoice_count",
    "last_invoice_date",
    "open_amount",
    "overdue_amount",
    "max_days_overdue",
    "avg_days_to_pay",
    "days_beyond_terms",
    "late_ratio",
    "late_probability",
    "dso",
    "credit_limit_used",
)


class ComplianceProfile(models.Model):
    """The dossier on paper: everything the reader may see, and nothing else. It is rendered as the reader, section by
    section of what that user may read.
    """

    _inherit = "compliance.profile"

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Dossier %s", self.display_name).replace("/", "-")

    def _get_report_footer(self):
        """Which dossier a page belongs to, of whom and when."""
        return f"{self._name},{self.id}  {fields.Datetime.now():%Y-%m-%d %H:%M} UTC"

    @api.model
    def _get_report_figures(self):
        """Names of the figures printed of classification and payment, as far as the reader may read them."""
        return {
            "classes": [name for name in CLASSES if self._has_field_access(self._fields[name], "read")],
            "figures": [name for name in FIGURES if self._has_field_access(self._fields[name], "read")],
        }

    def _get_report_records(self, model, domain=(), order=None, limit=50):
        """Records of the dossier that the reader may read; none where the model is not the reader's."""
        self.ensure_one()
        records = self.env[model]
        if not records.has_access("read"):
            return records
        return records.search([("profile_id", "=", self.id), *domain], order=order, limit=limit)

    def _get_report_field(self, name):
        """Value of a field, or False where the reader may not read it."""
        self.ensure_one()
        return self._has_field_access(self._fields[name], "read") and self[name]

    def _get_payment_chart(self):
        """Share of the payments that came late, by month over the last year, as bars of a drawing.

        :return: list of dicts with label, text, x, y, width, height, colours; empty without payments or right to them
        """
        self.ensure_one()
        settlements = self.env["compliance.settlement"]
        if not settlements.has_access("read"):
            return []
        first = fields.Date.context_today(self) + relativedelta(day=1, months=1 - MONTHS)
        rows = settlements._read_group(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("kind", "=", "payment"),
                ("settled_on", ">=", first),
            ],
            ["settled_on:month", "is_late"],
            ["__count"],
        )
        counts = {(month, late): count for month, late, count in rows}
        months = [first + relativedelta(months=number) for number in range(MONTHS)]
        return [self._get_payment_bar(number, month, counts) for number, month in enumerate(months)] if rows else []

    def _get_payment_bar(self, number, month, counts):
        late, timely = counts.get((month, True), 0), counts.get((month, False), 0)
        share = late / (late + timely) if late + timely else 0
        step = WIDTH / MONTHS
        return {
            "label": format_date(self.env, month, date_format="MMM"),
            "text": f"{late}/{late + timely}" if late + timely else "–",
            "x": round(number * step + step * 0.15, 1),
            "y": round(HEIGHT * (1 - share), 1),
            "width": round(step * 0.7, 1),
            "height": round(HEIGHT * share, 1),
            "is_paid": bool(late or timely),
            "color_late": COLORS["critical"],
            "color_timely": COLORS["low"],
        }

    def _get_risk_chart(self):
        """History of the risk score as a stepped line of a drawing.

        :return: dict with ``points`` (of a polyline) and ``marks`` (list of dicts with x, y, color, text); empty where
            there is no history, or none for the reader
        """
        snapshots = self._get_report_records("compliance.risk.snapshot", order="create_date, id", limit=None)
        if not snapshots:
            return {}
        start, end = snapshots[0].create_date, fields.Datetime.now()
        span = max((end - start).total_seconds(), 1)
        points, marks = [], []
        for snapshot in snapshots:
            x = round(20 + (WIDTH - 40) * (snapshot.create_date - start).total_seconds() / span, 1)
            y = round(HEIGHT * (1 - min(snapshot.risk_score, 100) / 100), 1)
            if marks:
                points.append((x, marks[-1]["y"]))
            points.append((x, y))
            marks.append(
                {"x": x, "y": y, "color": COLORS.get(snapshot.risk_level, "#888"), "text": str(snapshot.risk_score)}
            )
        points.append((WIDTH - 20, marks[-1]["y"]))
        return {"points": " ".join(f"{x},{y}" for x, y in points), "marks": marks[-20:]}

    def _get_report_text(self, name):
        """A figure as the reader's language writes it; shares in per cent."""
        self.ensure_one()
        field, value = self._fields[name], self[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "date":
            return format_date(self.env, value) if value else "–"
        if field.type == "monetary":
            return formatLang(self.env, value, currency_obj=self.currency_id)
        if name in SHARES:
            return self.env._("%(share)s %%", share=formatLang(self.env, 100 * value, digits=0))
        if name == "completeness":
            return self.env._("%(share)s %%", share=formatLang(self.env, value, digits=0))
        return formatLang(self.env, value, digits=0 if field.type == "integer" else 1)

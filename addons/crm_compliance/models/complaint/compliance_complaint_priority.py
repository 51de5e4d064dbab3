# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models

LEVELS = [("1", "Low"), ("2", "Medium"), ("3", "High")]
PRIORITIES = [("0", "Low"), ("1", "Normal"), ("2", "High"), ("3", "Urgent")]


class ComplianceComplaintPriority(models.Model):
    """One cell of the matrix that gives a complaint its priority. A company's own cells go before the common ones."""

    _name = "compliance.complaint.priority"
    _description = "Complaint Priority"
    _order = "company_id, severity desc, scope desc, emotion desc, id"
    _rec_name = "priority"

    company_id = fields.Many2one("res.company", index=True, help="Of all companies where none is given.")
    severity = fields.Selection(LEVELS, required=True, help="What is at stake for the customer.")
    scope = fields.Selection(LEVELS, required=True, help="How many people, sites or orders are concerned.")
    emotion = fields.Selection(LEVELS, required=True, help="How upset the customer is.")
    priority = fields.Selection(PRIORITIES, required=True)

    _cell_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), severity, scope, emotion)", "The matrix has a priority for this case already."
    )

    @api.model
    def _compute_default(self, severity, scope, emotion):
        """Where the matrix has no cell: 3-4 points in all are low, 5-6 normal, 7 high, 8-9 urgent; what is most severe
        is at least high.
        """
        points = int(severity) + int(scope) + int(emotion)
        priority = "0" if points < 5 else "1" if points < 7 else "2" if points < 8 else "3"
        return max(priority, "2") if severity == "3" else priority

    @api.model
    def _get_matrix(self, companies):
        """:return: {(company id or False, severity, scope, emotion): priority}"""
        # sudo: the matrix is the house's, not the user's.
        cells = self.sudo().search_fetch(
            [("company_id", "in", [*companies.ids, False])],
            ["company_id", "severity", "scope", "emotion", "priority"],
        )
        return {(cell.company_id.id, cell.severity, cell.scope, cell.emotion): cell.priority for cell in cells}

    @api.model
    def _fill_matrix(self):
        """Writes the default priorities down as cells common to all companies, for people to change."""
        levels = [level for level, _label in LEVELS]
        known = set(self._get_matrix(self.env["res.company"]))
        self.create(
            [
                {
                    "company_id": False,
                    "severity": severity,
                    "scope": scope,
                    "emotion": emotion,
                    "priority": self._compute_default(severity, scope, emotion),
                }
                for severity in levels
                for scope in levels
                for emotion in levels
                if (False, severity, scope, emotion) not in known
            ]
        )

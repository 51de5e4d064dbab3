# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.forms import open_form
from .compliance_complaint import OFFICER
from .compliance_complaint_signals import COUNTED


class ComplianceComplaintProblem(models.Model):
    """A category, or a product, with as many complaints within some days as the company calls frequent.

    Nothing is stored: a problem is there as long as the complaints are. Its root cause is looked for in one action at
    a time (``compliance.action``).
    """

    _name = "compliance.complaint.problem"
    _description = "Frequent Problem"
    _auto = False
    _order = "complaint_count desc, id"
    _rec_names_search = ["category_id", "product_id"]
    _depends = {
        "compliance.complaint": ["category_id", "product_id", "company_id", "date_received", "state", "merged_into_id"],
        "compliance.action": ["problem_category_id", "problem_product_id", "company_id", "is_open"],
        "res.company": ["complaint_problem_count", "complaint_problem_days"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    category_id = fields.Many2one("compliance.complaint.category", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    complaint_count = fields.Integer(string="Complaints", readonly=True)
    customer_count = fields.Integer(string="Customers", readonly=True)
    date_first = fields.Datetime(string="First", readonly=True)
    date_last = fields.Datetime(string="Last", readonly=True)
    action_id = fields.Many2one("compliance.action", string="Root-Cause Action", readonly=True)

    @property
    def _table_query(self):
        """Ids follow from the oldest of the complaints: twice its id for a category, one more for a product."""
        return SQL(
            """
            SELECT problem.*, action.id AS action_id
              FROM (
                    SELECT 2 * MIN(complaint.id) + GROUPING(complaint.category_id) AS id, complaint.company_id,
                           complaint.category_id, complaint.product_id, COUNT(*) AS complaint_count,
                           COUNT(DISTINCT COALESCE(complaint.commercial_partner_id, -complaint.id)) AS customer_count,
                           MIN(complaint.date_received) AS date_first, MAX(complaint.date_received) AS date_last
                      FROM compliance_complaint complaint
                      JOIN res_company company ON company.id = complaint.company_id
                     WHERE %(counted)s AND company.complaint_problem_count > 0
                       AND complaint.date_received >= %(now)s - MAKE_INTERVAL(days => company.complaint_problem_days)
                  GROUP BY complaint.company_id, company.complaint_problem_count,
                           GROUPING SETS (complaint.category_id, complaint.product_id)
                    HAVING COUNT(*) >= company.complaint_problem_count
                       AND (complaint.category_id IS NOT NULL OR complaint.product_id IS NOT NULL)
                   ) problem
         LEFT JOIN compliance_action action ON action.is_open AND action.company_id = problem.company_id
                                           AND action.problem_category_id IS NOT DISTINCT FROM problem.category_id
                                           AND action.problem_product_id IS NOT DISTINCT FROM problem.product_id
            """,
            counted=COUNTED,
            now=SQL("%s::timestamp", fields.Datetime.now()),
        )

    @api.depends("category_id", "product_id")
    def _compute_display_name(self):
        for problem in self:
            problem.display_name = (problem.category_id or problem.product_id).display_name

    def _get_complaint_domain(self):
        """:return: domain of the complaints of one problem"""
        self.ensure_one()
        begin = fields.Datetime.subtract(fields.Datetime.now(), days=self.company_id.sudo().complaint_problem_days)
        return list(
            Domain("company_id", "=", self.company_id.id)
            & Domain("date_received", ">=", begin)
            & Domain("state", "!=", "cancelled")
            & (
                Domain("category_id", "=", self.category_id.id)
                if self.category_id
                else Domain("product_id", "=", self.product_id.id)
            )
        )

    def action_view_complaints(self):
        """The complaints the problem consists of."""
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_complaint_action")
        return {**action, "domain": self._get_complaint_domain(), "context": {}}

    def action_find_cause(self):
        """Opens the action that looks for the root cause; where there is none, begins one.

        :raises AccessError: for everybody but officers
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group(OFFICER):
            raise AccessError(self.env._("The root causes of frequent problems are looked for by compliance officers."))
        action = self.action_id or self.env["compliance.action"].create(self._prepare_action())
        self.invalidate_recordset(["action_id"])
        return open_form(action)

    def _prepare_action(self):
        return {
            "name": self.env._("Root cause: %s", self.display_name),
            "kind": "corrective",
            "company_id": self.company_id.id,
            "problem_category_id": self.category_id.id,
            "problem_product_id": self.product_id.id,
            "description": self.env._(
                "%(count)s complaints of %(customers)s customers since %(since)s.",
                count=self.complaint_count,
                customers=self.customer_count,
                since=format_date(self.env, fields.Datetime.context_timestamp(self, self.date_first).date()),
            ),
        }


class ComplianceAction(models.Model):
    """The frequent problem an action removes the cause of: one at a time."""

    _inherit = "compliance.action"

    problem_category_id = fields.Many2one(
        "compliance.complaint.category",
        string="Problem: Category",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
    )
    problem_product_id = fields.Many2one(
        "product.product",
        string="Problem: Product",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
    )

    _open_problem_uniq = models.UniqueIndex(
        "(company_id, COALESCE(problem_category_id, 0), COALESCE(problem_product_id, 0))"
        " WHERE is_open AND (problem_category_id IS NOT NULL OR problem_product_id IS NOT NULL)",
        "The root cause of this problem is looked for already.",
    )

    def _get_fixed_fields(self):
        return super()._get_fixed_fields() | {"problem_category_id", "problem_product_id"}

    def _prepare_next(self):
        problem = {"problem_category_id": self.problem_category_id.id, "problem_product_id": self.problem_product_id.id}
        return {**super()._prepare_next(), **problem}


class ResCompany(models.Model):
    _inherit = "res.company"

    complaint_problem_count = fields.Integer(
        string="Frequent from (complaints)",
        default=5,
        help="As many complaints about the same category or product make a frequent problem; 0: never.",
    )
    complaint_problem_days = fields.Integer(string="Frequent within (days)", default=30)

    _complaint_problem = models.Constraint(
        "CHECK(complaint_problem_count >= 0 AND complaint_problem_days > 0)",
        "A frequent problem is a number of complaints within at least one day.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    complaint_problem_count = fields.Integer(related="company_id.complaint_problem_count", readonly=False)
    complaint_problem_days = fields.Integer(related="company_id.complaint_problem_days", readonly=False)

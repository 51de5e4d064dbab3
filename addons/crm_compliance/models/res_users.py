# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, models
from odoo.tools import SQL


class ResUsers(models.Model):
    """Who is there to do something: people who left, or do not work for a company, have nothing to do in it."""

    _inherit = "res.users"

    def _works_for(self, company):
        """Is this one of the company's own people, and still there?"""
        # sudo: which companies somebody works for is not everybody's to read.
        user = self.sudo()
        return user.active and not user.share and company in user.company_ids

    @api.model
    def _get_people_sql(self):
        """SELECT of the people who are there for each company: user_id and company_id."""
        self.flush_model(["active", "share", "company_ids"])
        return SQL(
            "SELECT works.user_id, works.cid AS company_id FROM res_company_users_rel works"
            " JOIN res_users person ON person.id = works.user_id AND person.active AND NOT person.share"
        )

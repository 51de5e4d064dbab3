# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL


class ComplianceProfile(models.Model):
    """Keeps the history of zones."""

    _inherit = "compliance.profile"

    @api.model
    def _update_from(self, query, names):
        if "zone" in names:
            self._note_zone_changes(query)
        return super()._update_from(query, names)

    @api.model
    def _note_zone_changes(self, query):
        """Notes which dossiers are about to change their zone, in one statement. The first classification of a dossier
        is no change.

        :param SQL query: SELECT of profile_id and zone
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO compliance_zone_change (create_date, profile_id, zone_before, zone)
                SELECT %(now)s::timestamp, profile.id, profile.zone, fresh.zone
                  FROM (%(query)s) fresh
                  JOIN compliance_profile profile ON profile.id = fresh.profile_id
                 WHERE profile.zone IS DISTINCT FROM fresh.zone AND profile.figures_changed_at IS NOT NULL
                """,
                now=fields.Datetime.now(),
                query=query,
            )
        )
        self.env["compliance.zone.change"].invalidate_model(flush=False)

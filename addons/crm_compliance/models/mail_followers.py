# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import models


class MailFollowers(models.Model):
    _inherit = "mail.followers"

    def _add_followers(self, res_model, res_ids, partner_ids, subtypes, check_existing=False, existing_policy="skip"):
        """Every way to follow leads here: by hand, by an activity, as responsible, by having created the record."""
        new, updated = super()._add_followers(
            res_model, res_ids, partner_ids, subtypes, check_existing, existing_policy
        )
        records = self.env.get(res_model)
        if res_ids and new and isinstance(records, self.env.registry["compliance.discussion"]):
            readers = records.browse(new)._get_discussion_readers(partner_ids)
            new = {
                res_id: [values for values in values_list if values["partner_id"] in readers[res_id]]
                for res_id, values_list in new.items()
            }
        return new, updated

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Colleagues who may not read what they follow do not follow it any more."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for model, discussion in env.items():
        if not isinstance(discussion, env.registry["compliance.discussion"]) or discussion._abstract:
            continue
        followers = env["mail.followers"].search([("res_model", "=", model)])
        records = discussion.browse(followers.mapped("res_id")).exists()
        readers = records._get_discussion_readers(followers.partner_id.ids)
        followers.filtered(
            lambda follower: follower.partner_id.id not in readers.get(follower.res_id, ())  # noqa: B023
        ).unlink()

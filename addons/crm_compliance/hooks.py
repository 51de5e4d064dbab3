# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def post_init_hook(env):
    """Opens a dossier for every customer and prospect the database knows already, with all its figures."""
    profiles = env["compliance.profile"]
    profiles._open_missing()
    profiles._refresh()

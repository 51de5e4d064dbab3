# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def post_init_hook(env):
    """Opens a dossier for every customer and prospect the database knows already, with all its figures."""
    profiles = env["compliance.profile"]
    profiles._open_missing()
    profiles._refresh()


def uninstall_hook(env):
    """Clears the way for Odoo, which deletes what the add-on brought before it drops the tables.

    Criteria can go once no dossier has an answer to them. The demo customers have invoices by now and stay, ordinary
    customers of the company from here on.
    """
    env.cr.execute("DELETE FROM compliance_profile")
    env.invalidate_all()
    env["ir.model.data"].search([("module", "=", "crm_compliance"), ("model", "=", "res.partner")]).unlink()

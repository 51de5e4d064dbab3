# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def post_init_hook(env):
    """Opens a dossier for every customer with a quotation."""
    opened = env["compliance.profile"]._open_missing()
    if opened:
        env["compliance.profile"]._refresh()


def uninstall_hook(env):
    """Exceptions for orders refer to documents that go; what they allowed stays in the audit trail."""
    env.cr.execute("DELETE FROM compliance_restriction_exception WHERE document_ref LIKE 'sale.order,%'")
    env.invalidate_all()

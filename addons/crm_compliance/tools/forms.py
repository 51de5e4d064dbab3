# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).


def open_form(record):
    """Action that opens a record. Unlike Odoo's ``get_formview_action`` it carries no context along: defaults and
    filters of the screen one comes from are not for the one that opens.
    """
    record.ensure_one()
    return {
        "type": "ir.actions.act_window",
        "name": record.display_name,
        "res_model": record._name,
        "res_id": record.id,
        "views": [(False, "form")],
    }

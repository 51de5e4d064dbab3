# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Installing, upgrading, uninstalling and installing again, as an administrator does it."""

import re
from collections import Counter

import pytest

pytestmark = pytest.mark.slow

# Warnings of the server itself while our add-on is installed, upgraded or uninstalled: (start of the text, reason).
KNOWN = []

# What Odoo leaves behind of every add-on, whatever that does: (pattern of the name, reason).
LEFT_BY_ODOO = [
    (r"base\.module_crm_compliance\w*", "the row in the list of apps"),
    (
        r"rule_group_rel rule_group_rel_group_id_fkey .*",
        "Odoo declares it RESTRICT on the one side and CASCADE on the other: the side initialised last decides",
    ),
    (
        r"(?!crm_compliance\w*\.)\w+\.(model_inherit|selection)__compliance_\w+",
        "names given for the add-ons whose mixins our models inherit; gone with the next upgrade of those",
    ),
]

REFUSED_UNINSTALL = """
from odoo.exceptions import UserError
try:
    env.ref("base.module_crm_compliance").button_uninstall()
    result = "uninstalled"
except UserError as error:
    result = str(error)
env.cr.rollback()
"""
EXPORT = """
env["compliance.audit.export"].create({"scope": "all"}).action_export()
env.cr.commit()
result = None
"""

# What a table, column, index, constraint, trigger, function or sequence of the database is called.
SCHEMA = """
    SELECT 'column', table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
      FROM information_schema.columns WHERE table_schema = 'public'
     UNION ALL
    SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL
    SELECT 'constraint', conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
     UNION ALL
    SELECT 'trigger', tgrelid::regclass::text || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL
    -- An extension stays: another add-on may have come to use it.
    SELECT 'function', oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
     UNION ALL
    SELECT 'relation', relname || ' ' || relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
     UNION ALL
    SELECT 'type', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""
# Rows that describe the add-on to Odoo: nothing of them may stay behind.
ROWS = """
    SELECT 'xml id', module || '.' || name FROM ir_model_data
     UNION ALL SELECT 'model', model FROM ir_model
     UNION ALL SELECT 'field', model || '.' || name FROM ir_model_fields
     UNION ALL SELECT 'selection', field.model || '.' || field.name || '.' || choice.value
                 FROM ir_model_fields_selection choice JOIN ir_model_fields field ON field.id = choice.field_id
     UNION ALL SELECT 'constraint', name FROM ir_model_constraint
     UNION ALL SELECT 'relation', name FROM ir_model_relation
     UNION ALL SELECT 'access', name FROM ir_model_access
     UNION ALL SELECT 'rule', name FROM ir_rule
     UNION ALL SELECT 'group', name->>'en_US' FROM res_groups
     UNION ALL SELECT 'privilege', name->>'en_US' FROM res_groups_privilege
     UNION ALL SELECT 'view', name || ' ' || COALESCE(model, '') FROM ir_ui_view
     UNION ALL SELECT 'menu', name->>'en_US' FROM ir_ui_menu
     UNION ALL SELECT 'action', type || ' ' || (name->>'en_US') FROM ir_actions
     UNION ALL SELECT 'cron', cron_name FROM ir_cron
     UNION ALL SELECT 'sequence', name FROM ir_sequence
     UNION ALL SELECT 'parameter', key FROM ir_config_parameter
     UNION ALL SELECT 'default', field.model || '.' || field.name
                 FROM ir_default JOIN ir_model_fields field ON field.id = ir_default.field_id
     UNION ALL SELECT 'mail template', model || ' ' || (name->>'en_US') FROM mail_template
     UNION ALL SELECT 'message type', name->>'en_US' FROM mail_message_subtype
     UNION ALL SELECT 'activity type', name->>'en_US' FROM mail_activity_type
     UNION ALL SELECT 'message', model FROM mail_message WHERE model LIKE 'compliance.%'
     UNION ALL SELECT 'follower', res_model FROM mail_followers WHERE res_model LIKE 'compliance.%'
     UNION ALL SELECT 'activity', res_model FROM mail_activity WHERE res_model LIKE 'compliance.%'
     UNION ALL SELECT 'attachment', res_model FROM ir_attachment WHERE res_model LIKE 'compliance.%'
     UNION ALL SELECT 'rating', res_model FROM rating_rating WHERE res_model LIKE 'compliance.%'
"""
# Creates what people create every day; result: id of the customer.
DAILY_WORK = """
from odoo import fields
from odoo.fields import Command
partner = env["res.partner"].create({"name": "Lifecycle Ltd", "is_company": True})
env["res.partner"].create({"name": "Lifecycle Contact", "parent_id": partner.id})
env["crm.lead"].create({"name": "Lifecycle Lead", "type": "opportunity", "partner_id": partner.id})
line = {"name": "Goods", "quantity": 2, "price_unit": 50, "tax_ids": False}
invoice = env["account.move"].create({
    "move_type": "out_invoice",
    "partner_id": partner.id,
    "invoice_date": fields.Date.today(),
    "invoice_line_ids": [Command.create(line)],
})
invoice.action_post()
env["account.payment.register"].with_context(active_model="account.move", active_ids=invoice.ids).create({
    "amount": 30
}).action_create_payments()
if "sale.order" in env:
    product = env["product.product"].search([("sale_ok", "=", True)], limit=1)
    env["sale.order"].create({
        "partner_id": partner.id,
        "order_line": [Command.create({"product_id": product.id, "price_unit": 10})],
    }).action_confirm()
result = partner.id
"""
# Leaves behind what people leave on a dossier; result: nothing of interest.
DOSSIER_WORK = """
profile = env["compliance.profile"].search([], limit=1)
profile.message_post(body="Seen")
env["compliance.restriction"].create({"partner_id": profile.partner_id.id, "reason": "X"})
profile.message_subscribe(env.user.partner_id.ids)
profile.activity_schedule("mail.mail_activity_data_todo", user_id=env.uid)
env["ir.attachment"].create({"name": "a.txt", "raw": b"a", "res_model": profile._name, "res_id": profile.id})
env["ir.default"].set("compliance.profile", "note", "Standard")
env["ir.filters"].create({"name": "Mine", "model_id": "compliance.profile", "user_ids": [(4, env.uid)]})
result = profile.id
"""

DOSSIER = "SELECT invoice_count, revenue_12m, open_amount FROM compliance_profile WHERE partner_id = %s"

# Whoever was invoiced, or is the customer of a lead, must have a dossier.
WITHOUT_DOSSIER = """
    SELECT partner.name FROM res_partner partner
     WHERE (partner.id IN (SELECT commercial_partner_id FROM account_move
                            WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt', 'out_refund'))
        OR partner.id IN (SELECT customer.commercial_partner_id FROM crm_lead lead
                            JOIN res_partner customer ON customer.id = lead.partner_id))
       AND NOT EXISTS (SELECT FROM compliance_profile profile WHERE profile.partner_id = partner.id)
"""
# Number of invoices and open amount, counted once more in the simplest way.
DIFFERENT_FROM_LEDGER = """
    SELECT profile.id, profile.invoice_count, ledger.invoices, profile.open_amount, ledger.open_amount
      FROM compliance_profile profile
 LEFT JOIN (SELECT commercial_partner_id, company_id,
                   COUNT(*) FILTER (WHERE move_type <> 'out_refund' AND amount_total <> 0) AS invoices,
                   SUM(amount_residual_signed) AS open_amount
              FROM account_move
             WHERE state = 'posted' AND move_type IN ('out_invoice', 'out_receipt', 'out_refund')
               AND invoice_date <= CURRENT_DATE
          GROUP BY commercial_partner_id, company_id) ledger
        ON ledger.commercial_partner_id = profile.partner_id AND ledger.company_id = profile.company_id
     WHERE profile.invoice_count <> COALESCE(ledger.invoices, 0)
        OR ABS(profile.open_amount - COALESCE(ledger.open_amount, 0)) > 0.005
"""


def check_quiet(run):
    """Fails on any warning or error the server logged."""
    known = tuple(text for text, _reason in KNOWN)
    problems = [record for record in run.problems if not record.text.startswith(known)]
    assert run.returncode == 0, run.output[-3000:]
    assert not problems, "\n".join(map(str, problems))


def snapshot(server, database):
    """Everything the add-on might leave behind, counted where names repeat."""
    return Counter(server.query(database, f"{SCHEMA} UNION ALL {ROWS}"))


def differences(one, other):
    """What is in one of two snapshots only, or not as often."""
    return [*(one - other), *(other - one)]


def is_left_by_odoo(kind, name):
    return kind in ("xml id", "constraint") and any(re.fullmatch(pattern, name) for pattern, _reason in LEFT_BY_ODOO)


def state(server, database):
    """What all our add-ons are, which is the same of all."""
    query = "SELECT DISTINCT state FROM ir_module_module WHERE name LIKE 'crm_compliance%'"
    ((found,),) = server.query(database, query)
    return found


class TestLifecycle:
    def test_lifecycle(self, server):
        """One database from the installation to the second one."""
        database = server.copy(with_addon=False)
        before = snapshot(server, database)
        check_quiet(server.install(database))
        assert state(server, database) == "installed"

        installed = snapshot(server, database)
        check_quiet(server.install(database, "-u", "crm_compliance"))
        assert differences(snapshot(server, database), installed) == [], "changed by an upgrade to the same version"

        server.shell(database, DAILY_WORK)
        server.shell(database, DOSSIER_WORK)
        refused = server.shell(database, REFUSED_UNINSTALL)
        assert "export everything first" in refused
        assert state(server, database) == "installed"
        server.shell(database, EXPORT)
        check_quiet(server.odoo(database, "crm_compliance", command=["module", "uninstall"]))
        assert state(server, database) == "uninstalled"
        after = snapshot(server, database)
        left = [row for row in after - before if not is_left_by_odoo(*row)]
        assert left == []
        assert [row for row in before - after if not is_left_by_odoo(*row)] == [], "taken along"

        # Work goes on, and a second installation knows the customers of the time in between.
        partner = server.shell(database, DAILY_WORK)
        check_quiet(server.install(database))
        assert server.query(database, DOSSIER, [partner]) == [(1, 100, 70)]


class TestExistingCustomers:
    """Installed in a running company, the add-on knows its customers at once; without Sales as with it."""

    def test_install(self, server):
        database = server.copy(with_addon=False, with_sales=False)
        # Our demo data would refresh once more, and hide what the installation itself leaves undone.
        partner = server.shell(database, f"{DAILY_WORK}\nenv.cr.execute('UPDATE ir_module_module SET demo = FALSE')")
        check_quiet(server.install(database))
        assert server.query(database, DOSSIER, [partner]) == [(1, 100, 70)]
        assert server.query(database, WITHOUT_DOSSIER) == []
        assert server.query(database, DIFFERENT_FROM_LEDGER) == []

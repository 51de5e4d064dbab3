# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Installing, upgrading, uninstalling and installing again, as an administrator does it."""

import os
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from servers import ADDONS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
EARLIER = os.environ.get("CRM_COMPLIANCE_UPGRADE_FROM")

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

# What an upgrade from an earlier state has more than an installation: (pattern of the name, reason).
KEPT_BY_UPGRADE = [
    (r"compliance_profile\.risk_reasons jsonb YES", "computed when read by now; Odoo keeps columns it does not use"),
    (r"ir_sequence_\d+(_\d+)? S", "numbered in the order in which they are made, for a year with the first document"),
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

# Everything in our tables but who wrote a row last, and when: an upgrade loads our own records again.
DATA = """
    SELECT class.relname, (xpath('/row/hash/text()', query_to_xml(format(
               'SELECT md5(string_agg(row::text, chr(10) ORDER BY row::text)) AS hash FROM'
               ' (SELECT to_jsonb(original.*) - ''write_date'' - ''write_uid'' AS row FROM %I original) rows',
               class.relname), false, true, '')))[1]::text
      FROM pg_class class
     WHERE class.relkind = 'r' AND class.relname LIKE 'compliance_%' AND class.relnamespace = 'public'::regnamespace
       AND class.relname NOT LIKE 'compliance_audit_%' AND class.relname NOT LIKE 'compliance_refresh_queue'
"""
VERIFY = """
while env["compliance.audit.seal"]._seal_block():
    pass
result = env["compliance.audit.seal"].action_verify()["params"]["type"]
"""

REFRESH = """
env["compliance.profile"]._open_missing()
env["compliance.profile"]._refresh()
result = None
"""
# What people entered and decided.
KEPT = """
    SELECT 'answer', id, result || ' ' || COALESCE(evidence, '') FROM compliance_criterion_check
     UNION ALL SELECT 'admission', id, admission_state FROM compliance_profile
     UNION ALL SELECT 'criterion', id, code FROM compliance_criterion
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

        server.shell(database, DAILY_WORK)
        server.shell(database, DOSSIER_WORK)
        worked, data = snapshot(server, database), server.query(database, DATA)
        check_quiet(server.install(database, "-u", "crm_compliance"))
        assert differences(snapshot(server, database), worked) == [], "changed by an upgrade to the same version"
        assert set(server.query(database, DATA)) ^ set(data) == set(), "data changed by it"
        assert server.shell(database, VERIFY) == "success"

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


@pytest.mark.skipif(not EARLIER, reason="Set CRM_COMPLIANCE_UPGRADE_FROM to a revision of the repository.")
class TestEarlier:
    """From an earlier state of the add-on, with data, to this one. For whoever makes a release: it takes minutes."""

    def test_upgrade(self, server, tmp_path):
        archive = subprocess.run(
            ["git", "archive", EARLIER, "addons"], cwd=ROOT, capture_output=True, check=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", tmp_path], input=archive, check=True)
        earlier = f"--addons-path={tmp_path / 'addons'}"
        database = server.copy(with_addon=False)
        fresh_addons = [addon.name for addon in ADDONS if not (tmp_path / "addons" / addon.name).exists()]
        for addon in fresh_addons:
            # Odoo of that time had not heard of it.
            server.psql(
                database,
                f"DELETE FROM ir_module_module WHERE name = '{addon}';"
                f" DELETE FROM ir_model_data WHERE model = 'ir.module.module' AND name = 'module_{addon}'",
            )
        run = server.install(database, "-i", "crm_compliance", earlier)
        assert run.returncode == 0, run.output[-3000:]
        partner = server.shell(database, DAILY_WORK, earlier)
        server.shell(database, REFRESH, earlier)
        before = server.query(database, KEPT)
        added = ("-i", ",".join(fresh_addons)) if fresh_addons else ()
        check_quiet(server.install(database, "-u", "crm_compliance", *added))
        fresh = Counter(server.query(os.environ["TEMPLATE_DB"], SCHEMA))
        different = [
            (kind, name)
            for kind, name in differences(Counter(server.query(database, SCHEMA)), fresh)
            if not any(re.fullmatch(pattern, name) for pattern, _reason in KEPT_BY_UPGRADE)
        ]
        assert different == [], "not as after an installation"
        assert set(before) - set(server.query(database, KEPT)) == set(), "lost"
        assert server.query(database, DOSSIER, [partner]) == [(1, 100, 70)]
        assert server.query(database, DIFFERENT_FROM_LEDGER) == []
        assert server.shell(database, VERIFY) == "success"


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

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
    drop_audit(env.cr)
    env.cr.execute("DELETE FROM compliance_action")
    # The ledger goes with its table; only its guard would stay.
    env.cr.execute("DROP FUNCTION compliance_sla_refuse CASCADE")
    env.cr.execute("DELETE FROM compliance_sla_clock")
    env.cr.execute("DELETE FROM compliance_alert")
    env.cr.execute("DELETE FROM compliance_complaint")
    for table in ("compliance_complaint_category", "compliance_complaint_cause"):
        env.cr.execute(f"UPDATE {table} SET parent_id = NULL")  # pylint: disable=sql-injection
    env.cr.execute("DELETE FROM compliance_restriction_exception")
    env.cr.execute("DELETE FROM compliance_restriction")
    env.cr.execute("DELETE FROM compliance_risk_review")
    sequences = env["ir.sequence"].search([("code", "=", "compliance.risk.review")])
    sequences.date_range_ids.unlink()
    sequences.unlink()
    env.cr.execute("DELETE FROM compliance_profile")
    env.invalidate_all()
    env["ir.model.data"].search([("module", "=", "crm_compliance"), ("model", "=", "res.partner")]).unlink()


def drop_audit(cr):
    """Nothing is recorded any more: what PostgreSQL does by itself would fail once the tables are gone."""
    cr.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'compliance_audit_on_%'")
    for table, name in cr.fetchall():
        cr.execute(f'DROP TRIGGER "{name}" ON {table}')  # pylint: disable=sql-injection
    cr.execute("DROP TABLE compliance_audit_leaf")
    cr.execute("DELETE FROM ir_config_parameter WHERE key = 'crm_compliance.audit_exported_at'")
    cr.execute(
        "DROP FUNCTION compliance_audit_record, compliance_audit_record_update,"
        " compliance_audit_record_relation, compliance_audit_record_truncate, compliance_audit_context,"
        " compliance_audit_value, compliance_audit_writer"
    )
    cr.execute("DROP FUNCTION compliance_audit_refuse, compliance_audit_allow_redaction CASCADE")

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import SUPERUSER_ID, api

WRITING = ("perm_write", "perm_create", "perm_unlink")
READERS = ("crm_compliance.group_compliance_auditor", "account.group_account_invoice", "account.group_account_readonly")
# Rules officers and readers had in common. The upgrade has loaded a rule of their own for the readers.
SHARED = (
    "alert",
    "complaint",
    "contact",
    "criterion_check",
    "dispute_stage",
    "profile",
    "restriction",
    "restriction_exception",
    "risk_review",
    "risk_review_condition",
)
# What nobody the rule is for has access for.
NARROWED = {
    "alert_rule_all": ("perm_create", "perm_unlink"),
    "complaint_access_rule_all": WRITING,
    "complaint_report_rule_all": WRITING,
    "complaint_rule_invoice": WRITING,
    "complaint_rule_portal": WRITING,
    "criterion_check_rule_all": ("perm_unlink",),
    "dispute_stage_rule_all": ("perm_create", "perm_unlink"),
    "dispute_stage_rule_invoice": WRITING,
    "settlement_rule_all": WRITING,
    "sla_clock_rule_all": WRITING,
    "sla_event_rule_all": WRITING,
}


def migrate(cr, version):
    """Rules are not updated with the add-on: who may read all, but has another role too, could write all."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    readers = env["res.groups"].union(*map(env.ref, READERS))

    def rule(name):
        return env.ref(f"crm_compliance.compliance_{name}", raise_if_not_found=False) or env["ir.rule"]

    for name in SHARED:
        shared, reading = rule(f"{name}_rule_all"), rule(f"{name}_rule_reader")
        # Readers keep what this database lets them read. A rule without groups would be one for everybody.
        groups = shared.groups & readers
        reading.write({"active": bool(groups), **({"groups": groups.ids} if groups else {})})
        if groups:
            reading.domain_force = shared.domain_force
            shared.write({"active": shared.active and shared.groups > groups, "groups": (shared.groups - groups).ids})
    for name, operations in NARROWED.items():
        rule(name).write(dict.fromkeys(operations, False))

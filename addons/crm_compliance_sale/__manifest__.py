# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "CRM Compliance: Sales",
    "summary": "Quotations of restricted customers are confirmed with a warning, or by exception only",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "crm_compliance contributors",
    "license": "LGPL-3",
    "depends": ["crm_compliance", "sale"],
    "auto_install": True,
    "data": [
        "data/compliance_audit_policy_data.xml",
        "views/sale_order_views.xml",
    ],
    "demo": ["demo/sale_order_demo.xml"],
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}

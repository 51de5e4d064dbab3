# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "CRM Compliance",
    "summary": "Customer dossiers, criteria and payment profiles: know whom you trade with, and on what terms",
    "version": "19.0.1.0.0",
    "category": "Sales/CRM",
    "author": "crm_compliance contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["crm", "account", "portal", "rating", "resource"],
    "data": [
        "security/crm_compliance_security.xml",
        "security/ir.model.access.csv",
        "data/ir_cron_data.xml",
        "data/compliance_criterion_data.xml",
        "data/compliance_dossier_item_data.xml",
        "views/dossier/compliance_criterion_check_views.xml",
        "views/dossier/compliance_criterion_views.xml",
        "views/dossier/compliance_dossier_item_views.xml",
        "views/dossier/compliance_settlement_views.xml",
        "views/dossier/compliance_profile_views.xml",
        "views/dossier/res_partner_views.xml",
        "views/dossier/crm_lead_views.xml",
        "views/dossier/account_move_views.xml",
        "views/res_config_settings_views.xml",
        "views/crm_compliance_menus.xml",
    ],
    "demo": [
        "demo/res_users_demo.xml",
        "demo/compliance_demo.xml",
    ],
    "post_init_hook": "post_init_hook",
}

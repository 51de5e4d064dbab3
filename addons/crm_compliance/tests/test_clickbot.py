# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's robot clicks every menu, view switcher and filter of the app, as each role."""

from odoo.tests import HttpCase, new_test_user, tagged

ROBOT = (
    "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader')"
    ".startClickEverywhere('crm_compliance.menu_root');"
)


class ClickbotCase(HttpCase):
    """Base of the roles; finds nothing to run itself."""

    allow_end_on_form = True

    def _click_everywhere(self, login):
        """Fails on any error dialog, failed call or JavaScript error."""
        if "tour_enabled" in self.env["res.users"]._fields:
            self.env["res.users"].search([("login", "=", login)]).tour_enabled = False
        self.browser_js(
            "/odoo",
            ROBOT,
            "odoo.isReady === true",
            login=login,
            timeout=600,
            success_signal="clickbot test succeeded",
        )

    def _click_everywhere_with(self, groups):
        """As a new user of these groups, who looks after a customer with an invoice."""
        user = new_test_user(self.env, login="clickbot_role", groups=groups)
        profiles = self.env["compliance.profile"].search([("company_id", "=", user.company_id.id)], limit=3)
        profiles.user_id = user
        self._click_everywhere(user.login)


@tagged("post_install", "-at_install")
class TestClickbotAdmin(ClickbotCase):
    def test_admin(self):
        self._click_everywhere("admin")


@tagged("post_install", "-at_install")
class TestClickbotUser(ClickbotCase):
    def test_sales_user(self):
        self._click_everywhere_with("sales_team.group_sale_salesman,crm_compliance.group_compliance_user")


@tagged("post_install", "-at_install")
class TestClickbotOfficer(ClickbotCase):
    def test_officer(self):
        self._click_everywhere_with("base.group_user,crm_compliance.group_compliance_officer")


@tagged("post_install", "-at_install")
class TestClickbotManager(ClickbotCase):
    def test_manager(self):
        self._click_everywhere_with("base.group_user,crm_compliance.group_compliance_manager")


@tagged("post_install", "-at_install")
class TestClickbotAuditor(ClickbotCase):
    def test_auditor(self):
        self._click_everywhere_with("base.group_user,crm_compliance.group_compliance_auditor")


@tagged("post_install", "-at_install")
class TestClickbotAccountant(ClickbotCase):
    def test_accountant(self):
        self._click_everywhere_with("account.group_account_invoice,crm_compliance.group_compliance_user")

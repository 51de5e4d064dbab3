# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's robot opens every menu of the app in every view, as each role, and clicks filters where that adds something.

Four hundred clicks on filters take longer than everything else. They are done with the most menus and with the least
rights; the roles between see the same search views.
"""

from odoo.tests import HttpCase, new_test_user, tagged

ROBOT = (
    "odoo.loader.modules.get('@web/webclient/clickbot/clickbot_loader')"
    ".startClickEverywhere('crm_compliance.menu_root');"
)
# The robot leaves out the filters of a view in which it does not find the search menu.
WITHOUT_FILTERS = """
    const find = document.querySelector.bind(document);
    document.querySelector = (selector) => selector.includes("o_searchview_dropdown_toggler") ? null : find(selector);
"""


class ClickbotCase(HttpCase):
    """Base of the roles; finds nothing to run itself."""

    allow_end_on_form = True

    def _click_everywhere(self, login, with_filters=True):
        """Fails on any error dialog, failed call or JavaScript error."""
        # Beside others that begin at the same time, the browser would wait for scripts and styles longer than it does.
        self.env["ir.qweb"]._pregenerate_assets_bundles()
        if "tour_enabled" in self.env["res.users"]._fields:
            self.env["res.users"].search([("login", "=", login)]).tour_enabled = False
        self.browser_js(
            "/odoo",
            ROBOT if with_filters else WITHOUT_FILTERS + ROBOT,
            "odoo.isReady === true",
            login=login,
            timeout=600,
            success_signal="clickbot test succeeded",
        )

    def _click_everywhere_with(self, groups, with_filters=False):
        """As a new user of these groups, who looks after a customer with an invoice."""
        user = new_test_user(self.env, login="clickbot_role", groups=groups)
        profiles = self.env["compliance.profile"].search([("company_id", "=", user.company_id.id)], limit=3)
        profiles.user_id = user
        self._click_everywhere(user.login, with_filters)


@tagged("post_install", "-at_install")
class TestClickbotAdmin(ClickbotCase):
    def test_admin(self):
        self._click_everywhere("admin")


@tagged("post_install", "-at_install")
class TestClickbotUser(ClickbotCase):
    def test_sales_user(self):
        self._click_everywhere_with(
            "sales_team.group_sale_salesman,crm_compliance.group_compliance_user", with_filters=True
        )


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

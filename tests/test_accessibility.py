# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""For people with a keyboard, a screen reader or weak eyes: axe-core finds no serious fault on our screens.

The screens are those of the pictures in the documentation, opened in the same way by the same people.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from browser import browsing
from screenshots import PICTURES, Client

pytestmark = pytest.mark.slow

# Where our part of a page is: below Odoo's menu, inside Odoo's portal.
OURS = (".o_action_manager", ".modal", "#wrap")
# What Odoo's own web client and portal draw there, whatever the view says; it is theirs to mend.
NOT_OURS = (
    ".o_control_panel",  # search box, facets and view buttons: roles out of place, buttons without a name
    ".o_search_panel",  # buttons that fold a branch have no name
    ".o_list_record_selector",  # boxes that select a line have no label
    ".o_optional_columns_dropdown",  # button without a name
    ".o_notebook_headers",  # tabs outside of a list of tabs
    ".settings_tab",  # likewise
    ".o_progress",  # a bar without a role
    ".o_field_cell .o-checkbox",  # boxes in lists have no label
    ".o_select_menu_toggler",  # an autocomplete that browsers do not know
    ".o_select_menu",  # expanded, without a role
    ".o-autocomplete",  # likewise
    ".o_m2o_avatar",  # pictures of colleagues without a text
    ".o-mail-ActivityButton",  # icons without a text
    ".o-mail-Chatter",
    "#discussion",  # the chatter of the portal
    ".o_portal_submenu",  # breadcrumbs
    ".o_portal_icon",  # pictures of the cards without a text
    ".o_portal_search_panel",  # buttons without a name
    ".o_field_tags",  # labels on tags that may have none, pictures of colleagues without a text
    ".o_activity_summary_cell",  # white on its three colours, pictures of colleagues without a text
    ".o_contact_statistics_cell",  # icons without a text
)
# Odoo's windows have a title, but do not say that it is theirs.
NOT_OUR_RULES = ("aria-dialog-name",)
# Grey notes, coloured badges, ribbons and links on coloured ground in the colours of Odoo's theme; on its white the
# first two have 4.3 and 3.1 instead of 4.5.
THEME = (".text-muted", ".badge", ".ribbon", ".opacity-50", ".alert a")
IS_THEME = "([target, theme]) => Boolean(document.querySelector(target).closest(theme))"
SERIOUS = ("serious", "critical")


def find_faults(page):
    """:return: one line per serious fault in our part of a page"""
    context = {"include": [[selector] for selector in OURS], "exclude": [[selector] for selector in NOT_OURS]}
    faults = [
        (fault, node)
        for fault in Axe().run(page, context=context).response["violations"]
        if fault["impact"] in SERIOUS and fault["id"] not in NOT_OUR_RULES
        for node in fault["nodes"]
        if fault["id"] != "color-contrast" or not page.evaluate(IS_THEME, [node["target"][0], ", ".join(THEME)])
    ]
    return [f"{fault['id']} ({fault['impact']}): {node['target'][0]} {node['html'][:200]}" for fault, node in faults]


@pytest.fixture(scope="class")
def faults(server):
    """{screen: faults}, of all screens in one browser."""
    site = server.site(server.copy())
    site.wait()
    faults = {}
    with browsing() as browser:
        for login in dict.fromkeys(login for login, _show in PICTURES.values()):
            client = Client(browser, site.url, login, None)
            for screen, show in ((name, show) for name, (who, show) in PICTURES.items() if who == login):
                show(client)
                faults[screen] = find_faults(client.page)
            client.close()
    return faults


class TestAccessibility:
    @pytest.mark.parametrize("screen", PICTURES)
    def test_screen(self, faults, screen):
        assert not faults[screen], "\n".join(faults[screen])

    def test_notices_faults(self):
        """The check itself can fail."""
        with browsing() as browser:
            page = browser.new_page()
            page.set_content(
                '<html lang="en"><title>x</title><body><div id="wrap"><button></button><input></div></body></html>'
            )
            faults = " ".join(find_faults(page))
        assert "button-name" in faults and "label" in faults

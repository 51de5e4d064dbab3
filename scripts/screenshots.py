#!/usr/bin/env python3
# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Takes the pictures of the documentation from a server with the demo data: screenshots.py [--base URL] [NAME...]

Every picture is taken as the person it is about, by the demo login of the same name. Without names all pictures are
taken. The server must run with the demo data untouched, as after the first 'make run'.
"""

import argparse
import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, expect, sync_playwright

IMAGES = Path(__file__).parent.parent / "docs" / "images"
BROWSERS = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
SIZE = {"width": 1440, "height": 900}
PATIENCE = 30000  # milliseconds
COLOURS = 128
# Smaller copies for the app's page in Odoo.
APP_PAGE = Path(__file__).parent.parent / "addons" / "crm_compliance" / "static" / "description"
APP_PICTURES = {
    "officer-dashboard": "dashboard",
    "officer-dossiers": "dossiers",
    "manager-decide": "review",
    "accountant-payment-profile": "payment_profile",
    "service-complaint": "complaint",
    "customer-complaint": "portal",
    "auditor-trail": "audit",
}
APP_SIZE = (960, 600)
# What differs from one run to the next, or moves.
STYLE = """
    * { transition: none !important; animation: none !important; caret-color: transparent !important; }
    .o_notification_manager, .o_tour_pointer, .o-mail-ImStatus { display: none !important; }
"""
RECORDS = ".o_list_renderer .o_data_row"
CARDS = ".o_kanban_record:not(.o_kanban_ghost)"

GREY = "DEMO-03"
NON_COMPLIANT = "DEMO-04"
SLOW_PAYER = "DEMO-02"
COMPLAINANT = "DEMO-10"
PROSPECT = "DEMO-12"

# Name of the picture -> (login, function that shows it).
PICTURES = {}


def picture(login):
    """Registers a function under its name, with dashes, as a picture taken by this login."""

    def register(function):
        PICTURES[function.__name__.replace("_", "-")] = (login, function)
        return function

    return register


def launch(playwright):
    """:return: the browser of this machine, without any window yet"""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not chromium:
        sys.exit("No chromium was found.")
    return playwright.chromium.launch(executable_path=chromium, args=FLAGS)


class Client:
    """A browser window in which somebody is logged in."""

    def __init__(self, browser, base, login, lang):
        self.base = base
        self.context = browser.new_context(viewport=SIZE, reduced_motion="reduce")
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{base}/web/login", wait_until="domcontentloaded")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click(".oe_login_form button[type=submit]")
        self.page.wait_for_selector(".o_main_navbar, .o_portal")
        self.uid = self.find("res.users", ["login", "=", login])
        self.lang = self.call("res.users", "read", [self.uid], ["lang"])[0]["lang"]
        if lang:
            self._speak(lang)

    def _speak(self, lang):
        self.call("res.users", "write", [self.uid], {"lang": lang})

    def close(self):
        """Gives the user the language back and closes the window."""
        self._speak(self.lang)
        self.context.close()

    def call(self, model, method, *args, **kwargs):
        """Calls a method of a model as the person logged in."""
        answer = self.page.request.post(
            f"{self.base}/web/dataset/call_kw/{model}/{method}",
            data={"jsonrpc": "2.0", "params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
        ).json()
        if "error" in answer:
            sys.exit(f"{model}.{method}: {answer['error']['data']['message']}")
        return answer["result"]

    def find(self, model, *domain, order=None):
        """Id of the first record of a search, which must find one."""
        found = self.call(model, "search", list(domain), limit=1, order=order)
        if not found:
            sys.exit(f"The demo data hold no {model} with {domain}: take pictures of a fresh database.")
        return found[0]

    def dossier(self, ref):
        """Id of a demo customer's dossier."""
        return self.find("compliance.profile", ["partner_id.ref", "=", ref])

    def open(self, path, selector):
        """Opens a page and waits until it shows something."""
        self.page.goto(self.base + path, wait_until="domcontentloaded")
        self.wait(selector)

    def open_action(self, name, selector):
        """Opens one of our actions that have no address of their own."""
        action = self.call("ir.model.data", "check_object_reference", "crm_compliance", name)[1]
        self.open(f"/odoo/action-{action}", selector)

    def wait(self, selector):
        """Waits until the page shows something."""
        self.page.wait_for_selector(selector)

    def click(self, selector, then):
        """Clicks on something and waits until something else is shown."""
        self.page.click(selector)
        self.wait(then)

    def open_dossier(self, ref, tab=None, menu="compliance-dossiers"):
        """Opens the dossier of a demo customer from a list, on a tab."""
        self.open(f"/odoo/{menu}/{self.dossier(ref)}", ".o_form_view .o_field_widget[name=partner_id]")
        if tab:
            self.click(f".o_notebook .nav-link[name={tab}]", f".o_notebook .nav-link[name={tab}].active")

    def open_complaint(self, ref, tab=None):
        """Opens the open complaint of a demo customer, on a tab."""
        complaint = self.find("compliance.complaint", ["partner_id.ref", "=", ref], ["is_open", "=", True])
        self.open(f"/odoo/complaints/{complaint}", ".o_form_view .o_field_widget[name=subject]")
        if tab:
            self.click(f".o_notebook .nav-link[name={tab}]", f".o_notebook .nav-link[name={tab}].active")
            self.page.evaluate("document.querySelector('.o_notebook').scrollIntoView()")

    def take(self, path):
        """Saves the window once it has come to rest."""
        self.page.add_style_tag(content=STYLE)
        expect(self.page.locator(".o_loading_indicator")).to_have_count(0)
        # A tooltip follows the mouse; images below the window are never loaded.
        self.page.mouse.move(SIZE["width"] / 2, SIZE["height"] - 1)
        self.page.wait_for_function(
            "Array.from(document.images).every(img => img.complete || img.getBoundingClientRect().top > innerHeight)"
        )
        before, shot = None, self.page.screenshot()
        for _try in range(20):
            if shot == before:
                break
            self.page.wait_for_timeout(250)
            before, shot = shot, self.page.screenshot()
        with Image.open(io.BytesIO(shot)) as image:
            save(image, path)
            if path.parent == IMAGES and path.stem in APP_PICTURES:
                save(
                    image.convert("RGB").resize(APP_SIZE, Image.Resampling.LANCZOS),
                    APP_PAGE / f"{APP_PICTURES[path.stem]}.png",
                )


def save(image, path):
    """Writes an image with few colours, which is what a user interface has."""
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


@picture("sales")
def sales_my_customers(client):
    client.open("/odoo/compliance-my-customers", CARDS)


@picture("sales")
def sales_dossier(client):
    client.open_dossier(GREY, menu="compliance-my-customers")
    client.wait(".o_field_widget[name=check_ids] .o_data_row")


@picture("sales")
def sales_contact(client):
    partner = client.find("res.partner", ["ref", "=", GREY])
    client.open(f"/odoo/contacts/{partner}", ".o_form_view button[name=action_open_compliance_profile]")
    client.click(".o_notebook .nav-link[name=compliance]", ".o_field_widget[name=compliance_lifecycle]")


@picture("sales")
def sales_contacts_search(client):
    client.open("/odoo/contacts?view_type=list", RECORDS)
    client.click(".o_searchview_dropdown_toggler", ".o_group_by_menu")


@picture("sales")
def sales_opportunity(client):
    lead = client.find("crm.lead", ["partner_id.ref", "=", PROSPECT])
    client.open(f"/odoo/crm/{lead}", ".o_form_view .alert .fa-shield")


@picture("sales")
def sales_blocked(client):
    lead = client.find("crm.lead", ["partner_id.ref", "=", NON_COMPLIANT])
    client.open(f"/odoo/crm/{lead}", ".o_form_view button[name=action_request_exception]")


@picture("sales")
def sales_my_day(client):
    client.open("/odoo/compliance-my-day", RECORDS)


@picture("sales")
def sales_visits(client):
    client.open("/odoo/compliance-visits", ".o_list_view")


@picture("sales")
def service_complaints(client):
    client.open("/odoo/complaints?view_type=kanban", CARDS)


@picture("sales")
def service_complaint(client):
    client.open_complaint(COMPLAINANT)


@picture("sales")
def service_deadlines(client):
    client.open_complaint(COMPLAINANT, "service_levels")


@picture("sales")
def service_hand_over(client):
    client.open_complaint(COMPLAINANT)
    client.click("button[name=action_ask_handover]", ".modal .o_form_view")


@picture("sales")
def service_follow_up(client):
    client.open("/odoo/complaint-calls", ".o_calendar_view .fc-event, .o_list_view")


@picture("sales")
def service_actions(client):
    client.open("/odoo/my-compliance-actions", ".o_list_view, .o_kanban_view")


@picture("customer")
def customer_home(client):
    client.open("/my", "a[href='/my/complaints']")


@picture("customer")
def customer_complaints(client):
    client.open("/my/complaints", "table")


@picture("customer")
def customer_complaint(client):
    complaint = client.find("compliance.complaint", ["state", "=", "investigating"])
    client.open(f"/my/complaints/{complaint}", ".o_complaint_steps")


@picture("customer")
def customer_form(client):
    client.open("/complaint", "form.o_complaint_form")


@picture("officer")
def officer_dossiers(client):
    client.open("/odoo/compliance-dossiers", RECORDS)


@picture("officer")
def officer_kanban(client):
    client.open("/odoo/compliance-dossiers?view_type=kanban", CARDS)


@picture("officer")
def officer_dossier(client):
    client.open_dossier(GREY, "criteria")
    client.wait(".o_field_widget[name=check_ids] .o_data_row")


@picture("officer")
def officer_evidence(client):
    client.open_dossier(GREY, "criteria")
    client.click(
        ".o_field_widget[name=check_ids] .o_data_row:nth-child(2) button[name=action_open_form]", ".modal .o_form_view"
    )


@picture("officer")
def officer_checks_to_answer(client):
    client.open("/odoo/compliance-checks-to-answer", ".o_group_header")
    client.click(".o_group_header:first-child .o_group_name", RECORDS)


@picture("officer")
def officer_activities(client):
    client.open("/odoo/compliance-dossiers?view_type=activity", ".o_activity_view td")


@picture("officer")
def officer_dashboard(client):
    client.open("/odoo/compliance", ".o_compliance_block_late canvas")


@picture("officer")
def officer_my_day(client):
    client.open("/odoo/compliance-my-day", RECORDS)


@picture("officer")
def officer_alerts(client):
    client.open("/odoo/early-warning", ".o_list_view, .o_kanban_view")


@picture("officer")
def officer_alert(client):
    alert = client.find("compliance.alert", ["state", "not in", ["resolved", "dismissed"]], order="id")
    client.open(f"/odoo/early-warning/{alert}", ".o_form_view .o_field_widget[name=partner_id]")


@picture("officer")
def officer_reviews(client):
    client.open("/odoo/compliance-reviews", ".o_list_view, .o_kanban_view")


@picture("officer")
def officer_review(client):
    review = client.find("compliance.risk.review", ["state", "=", "assessment"], order="id")
    client.open(f"/odoo/compliance-reviews/{review}", ".o_form_view .o_field_widget[name=line_ids]")


@picture("officer")
def officer_actions(client):
    client.open("/odoo/compliance-actions", ".o_list_view, .o_kanban_view")


@picture("officer")
def officer_silent_customers(client):
    client.open("/odoo/compliance-silent-customers", ".o_list_view, .o_kanban_view")


@picture("officer")
def officer_complaints_by_owner(client):
    client.open("/odoo/complaints-by-owner", ".o_list_view, .o_kanban_view")


@picture("officer")
def officer_frequent_problems(client):
    client.open("/odoo/frequent-problems", ".o_list_view, .o_kanban_view")


@picture("manager")
def manager_decisions(client):
    client.open("/odoo/compliance-reviews-to-approve", RECORDS)


@picture("manager")
def manager_decide(client):
    review = client.find("compliance.risk.review", ["state", "=", "approval"])
    client.open(f"/odoo/compliance-reviews-to-approve/{review}", "button[name=action_approve]")


@picture("manager")
def manager_restrictions(client):
    client.open("/odoo/restrictions", ".o_list_view, .o_kanban_view")


@picture("manager")
def manager_restriction(client):
    restriction = client.find("compliance.restriction", ["state", "=", "active"], order="id")
    client.open(f"/odoo/restrictions/{restriction}", ".o_form_view .o_field_widget[name=partner_id]")


@picture("manager")
def manager_exceptions(client):
    client.open("/odoo/restriction-exceptions", ".o_list_view")


@picture("manager")
def manager_risk_model(client):
    model = client.find("compliance.risk.model", ["state", "=", "active"])
    client.open(f"/odoo/compliance-risk-models/{model}", ".o_form_view .o_data_row")


@picture("manager")
def manager_goals(client):
    client.open("/odoo/compliance-goals", RECORDS)


@picture("manager")
def manager_complaint_analysis(client):
    client.open("/odoo/complaints-analysis", ".o_graph_renderer canvas, .o_pivot table")


@picture("manager")
def manager_service_levels(client):
    client.open("/odoo/service-levels", RECORDS)


@picture("manager")
def manager_criteria(client):
    client.open("/odoo/compliance-criteria", RECORDS)


@picture("manager")
def manager_criterion(client):
    criterion = client.find("compliance.criterion", ["code", "=", "TAX"])
    client.open(
        f"/odoo/compliance-criteria/{criterion}", ".o_field_widget[name=met_domain] .o_domain_show_selection_button"
    )


@picture("manager")
def manager_dossier_items(client):
    client.open("/odoo/compliance-dossier-items", RECORDS)


@picture("manager")
def manager_analysis(client):
    client.open("/odoo/compliance-analysis", ".o_graph_renderer canvas")


@picture("accountant")
def accountant_payment_profiles(client):
    client.open("/odoo/compliance-dossiers?view_type=list", RECORDS)


@picture("accountant")
def accountant_payment_profile(client):
    client.open_dossier(SLOW_PAYER, "payment")
    client.page.locator(".tab-pane button[name=action_view_open]").scroll_into_view_if_needed()


@picture("accountant")
def accountant_payment_history(client):
    client.open_dossier(SLOW_PAYER, "payment")
    client.click(".o_form_view .tab-pane button[name=action_view_settlements]", RECORDS)


@picture("accountant")
def accountant_overdue(client):
    client.open_dossier(SLOW_PAYER, "payment")
    client.click(".o_form_view .tab-pane button[name=action_view_overdue]", RECORDS)


@picture("accountant")
def accountant_invoice(client):
    move = client.find(
        "account.move", ["partner_id.ref", "=", GREY], ["move_type", "=", "out_invoice"], order="invoice_date desc"
    )
    client.open(f"/odoo/customer-invoices/{move}", ".o_form_view .alert a, .o_form_view .alert button")


@picture("accountant")
def accountant_disputes(client):
    client.open("/odoo/disputes", ".o_list_view, .o_kanban_view")


@picture("accountant")
def accountant_dispute(client):
    client.open_complaint(SLOW_PAYER, "dispute")


@picture("auditor")
def auditor_dossier(client):
    client.open_dossier(NON_COMPLIANT, "criteria")


@picture("auditor")
def auditor_checks(client):
    client.open("/odoo/compliance-checks", RECORDS)


@picture("auditor")
def auditor_trail(client):
    client.open("/odoo/compliance-audit", RECORDS)


@picture("auditor")
def auditor_history(client):
    client.open_dossier(GREY)
    client.click("button[name=action_view_history]", ".modal .o_form_view table")


@picture("auditor")
def auditor_policies(client):
    client.open("/odoo/compliance-audit-policies", RECORDS)


@picture("auditor")
def auditor_seals(client):
    client.open("/odoo/compliance-audit-seals", ".o_list_view")


@picture("admin")
def admin_settings(client):
    client.open_action(
        "res_config_settings_action",
        ".app_settings_block[data-key=crm_compliance]:not(.d-none) .o_setting_box",
    )


@picture("admin")
def admin_assistant(client):
    client.open_action(
        "compliance_setup_action",
        ".modal .o_form_view, .o_form_view .o_field_widget[name=preset]",
    )


@picture("admin")
def admin_roles(client):
    user = client.find("res.users", ["login", "=", "officer"])
    client.open(f"/odoo/users/{user}", ".o_form_view .o_field_widget[name=group_ids]")


@picture("admin")
def admin_team(client):
    team = client.find("compliance.complaint.team", order="id")
    client.open_action("compliance_complaint_team_action", ".o_list_view, .o_kanban_view")
    client.open(f"{client.page.url.removeprefix(client.base)}/{team}", ".o_form_view .o_field_widget[name=member_ids]")


@picture("admin")
def admin_scheduled_jobs(client):
    client.open("/odoo/settings", ".app_settings_block")
    client.open("/odoo/action-base.ir_cron_act", ".o_list_renderer")
    client.page.fill(".o_searchview_input", "Compliance")
    client.wait(".o_searchview_autocomplete")
    client.page.keyboard.press("Enter")
    client.wait(".o_facet_value")
    expect(client.page.locator(RECORDS).first).to_contain_text("Compliance")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="http://localhost:8069", help="where the server is (%(default)s)")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder of the pictures (%(default)s)")
    parser.add_argument("--lang", help="language of the pictures, e.g. zh_CN; it must be loaded")
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures wanted; all by default")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(PICTURES)
    if unknown:
        return f"There is no picture {', '.join(sorted(unknown))}; there are: {' '.join(PICTURES)}"
    arguments.out.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        failed = take_pictures(launch(playwright), arguments)
    return f"{failed} pictures failed." if failed else None


def take_pictures(browser, arguments):
    """Takes the wanted pictures, one login after the other; returns how many failed."""
    wanted = {name: PICTURES[name] for name in arguments.names or PICTURES}
    failed = 0
    for login in dict.fromkeys(login for login, _show in wanted.values()):
        try:
            client = Client(browser, arguments.base, login, arguments.lang)
        except Error as error:
            sys.exit(f"{login} cannot log in at {arguments.base}: {str(error).splitlines()[0]}")
        for name in (name for name, (owner, _show) in wanted.items() if owner == login):
            path = arguments.out / f"{name}.png"
            try:
                wanted[name][1](client)
                client.take(path)
                print(f"{name}: {path.stat().st_size // 1024} kB", *client.errors)
            except (Error, AssertionError) as error:
                failed += 1
                shot = Path(tempfile.gettempdir()) / f"{name}.png"
                client.page.screenshot(path=shot)
                print(f"{name}: {error} What was shown: {shot}", *client.errors)
            client.errors.clear()
        client.close()
    return failed


if __name__ == "__main__":
    sys.exit(main())

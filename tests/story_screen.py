# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The story in a real browser: everything a person decides is clicked and typed, and what the screen says is read."""

import re
from datetime import date, timedelta

from playwright.sync_api import expect

from browser import PATIENCE
from screenshots import SIZE
from story import (
    ADDRESS,
    ANSWER,
    ANSWERS,
    CHECKS,
    COMPLAINT,
    CONDITION,
    COUNTRY,
    EXCEPTION,
    PRAISE,
    PRICE,
    PRODUCT,
    REASON,
    SOLUTION,
    STARS,
    TRAIL,
)


class Window:
    """A window in which somebody is logged in. What is typed, clicked and read is in the dialog if there is one."""

    def __init__(self, browser, url, login):
        self.url = url
        self.page = browser.new_context(viewport=SIZE, reduced_motion="reduce").new_page()
        self.page.set_default_timeout(PATIENCE)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(f"{url}/web/login", wait_until="domcontentloaded")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", login)
        self.page.click(".oe_login_form button[type=submit]")
        self.page.wait_for_url(lambda reached: "/web/login" not in reached, wait_until="commit")

    # === Anywhere === #

    def open(self, path, selector):
        """Opens a page and waits until it shows something."""
        self.page.goto(self.url + path, wait_until="domcontentloaded")
        self.page.wait_for_selector(selector)

    def see(self, text, selector="body"):
        """Waits until a text is shown."""
        expect(self.page.locator(selector).filter(has_text=text).first).to_be_visible()

    @property
    def dialog(self):
        return self.page.locator(".modal:not(.o_inactive_modal)")

    # === Odoo === #

    def open_form(self, path):
        self.open(path, ".o_form_view")

    def open_found(self, path, text, row=""):
        """Searches a list for a text and opens the row that also has the other one."""
        # What is typed before the list is there can be lost when it comes.
        self.open(path, ".o_list_renderer")
        self.page.fill(".o_searchview_input", text)
        self.page.wait_for_selector(".o_searchview_autocomplete")
        self.page.press(".o_searchview_input", "Enter")
        self.page.wait_for_selector(f".o_searchview_facet:has-text('{text}')")
        found = self.page.locator(".o_data_row", has_text=text).filter(has_text=row).first
        found.locator(".o_data_cell").nth(1).click()
        self.page.wait_for_selector(".o_form_view")

    def search_by(self, label, text):
        """Searches a list by one of the things it offers to search by, and waits until it has fewer rows."""
        total = self.page.locator(".o_pager_limit")
        before = total.inner_text()
        self.page.fill(".o_searchview_input", text)
        self.page.locator(".o_searchview_autocomplete .o-dropdown-item", has_text=f"Search {label} for:").click()
        expect(total).not_to_have_text(before)

    def show_all(self):
        """Has a list show all of its rows on one page."""
        total = self.page.locator(".o_pager_limit")
        expect(total).to_have_text(re.compile("^[0-9]+$"))
        count = total.inner_text()
        self.page.click(".o_pager_value")
        self.page.fill("input.o_pager_value", f"1-{count}")
        self.page.press("input.o_pager_value", "Enter")
        expect(self.page.locator(".o_data_row")).to_have_count(int(count))

    def read_rows(self, *names):
        """What the rows of a list say in these columns: a list of lists."""
        return self.page.evaluate(
            "names => [...document.querySelectorAll('.o_data_row')].map(row => names.map("
            "name => row.querySelector(`td[name=${name}]`).innerText.trim()))",
            names,
        )

    def press(self, name, within=None):
        """Clicks the button of this name, of the dialog if there is one."""
        (within or self._here()).locator(f"button[name={name}]:visible").first.click()

    def confirm(self):
        """Answers yes."""
        self.dialog.locator(".modal-footer .btn-primary").click()
        expect(self.dialog).to_have_count(0)

    def field(self, name, within=None):
        return (within or self._here()).locator(f".o_field_widget[name={name}]").first

    def type(self, name, text, within=None):
        """Types into a field of text, numbers or days."""
        box = self.field(name, within).locator("input, textarea, button.o_input").first
        box.click()
        self.field(name, within).locator("input, textarea").first.fill(text)

    def type_rich(self, name, text, within=None):
        """Types into a field of formatted text."""
        self.field(name, within).locator(".odoo-editor-editable").click()
        self.page.keyboard.type(text)

    def choose(self, name, text, within=None):
        """Chooses one of the options of a field."""
        self.field(name, within).locator("input").first.click()
        self.page.locator(".o_select_menu_item", has_text=re.compile(f"^{re.escape(text)}$")).click()

    def pick(self, name, text, within=None):
        """Picks a record by its name."""
        self.field(name, within).locator("input").first.fill(text)
        self.page.locator(".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)", has_text=text).first.click()

    def tab(self, name):
        self.page.click(f".o_notebook .nav-link[name={name}]")

    def add_row(self, name):
        """Begins a row of a list in a form; returns it."""
        self.field(name).locator(".o_field_x2many_list_row_add a, .o_field_x2many_list_row_add button").first.click()
        return self.field(name).locator(".o_selected_row")

    def edit_row(self, name, text):
        """Begins to edit the row of a list in a form that has the text; returns it."""
        return self._edit(self.field(name).locator(".o_data_row", has_text=text))

    def edit_rows(self, name):
        """Begins to edit the rows of a list in a form, one after the other."""
        rows = self.field(name).locator(".o_data_row")
        for index in range(rows.count()):
            yield self._edit(rows.nth(index))

    def _edit(self, row):
        row.locator(".o_data_cell[name=evidence]").click()
        expect(row).to_have_class(re.compile("o_selected_row"))
        return row

    def save(self):
        self.page.click(".o_form_button_save")
        expect(self.page.locator(".o_form_status_indicator_buttons.invisible")).to_have_count(1)

    def see_status(self, text):
        try:
            expect(self.page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text(text)
        except AssertionError as error:
            said = self.page.locator(".modal, .o_notification").all_inner_texts()
            raise AssertionError(f"{error}\nThe screen says: {said}") from error

    def read_error(self):
        """What a message that something does not work says; closes it."""
        text = self.dialog.locator(".modal-body").inner_text()
        self.confirm()
        return text

    def _here(self):
        return self.dialog if self.dialog.count() else self.page.locator(".o_form_view").first


class ScreenTeller:
    """Every step on the screen of the person whose step it is. Each person keeps a window open all the time."""

    def __init__(self, story, browser, folder):
        self.story, self.browser, self.folder = story, browser, folder
        self.windows = {}

    def window(self, login):
        if login not in self.windows:
            self.windows[login] = Window(self.browser, self.story.place.url, login)
        return self.windows[login]

    def get_errors(self):
        """Errors of the scripts of all windows."""
        return [error for window in self.windows.values() for error in window.errors]

    @property
    def sales(self):
        return self.window("sales")

    @property
    def officer(self):
        return self.window("officer")

    @property
    def manager(self):
        return self.window("manager")

    @property
    def auditor(self):
        return self.window("auditor")

    @property
    def customer(self):
        return self.window(self.story.login)

    # === Admission === #

    def create_customer(self):
        screen = self.sales
        screen.open_form("/odoo/contacts/new")
        screen.page.locator(".o_field_widget[name=company_type] label", has_text="Company").click()
        screen.type("name", self.story.name)
        for name, text in ADDRESS.items():
            screen.type(name, text)
        screen.pick("country_id", COUNTRY)
        screen.save()

    def prepare_admission(self):
        screen = self.officer
        screen.open_form(f"/odoo/contacts/{self.story.partner_id}")
        screen.press("action_open_compliance_profile")
        screen.page.wait_for_selector(".o_field_widget[name=officer_id]")
        screen.pick("user_id", "Sales (Demo)")
        self._answer_criteria(screen)
        screen.save()
        screen.see("Grey Zone", ".o_field_widget[name=zone]")
        screen.press("action_submit")
        screen.see_status("Draft")
        screen.press("action_start")
        screen.see_status("Assessment")
        self._answer_questions(screen)
        screen.save()
        self._propose(screen)
        screen.save()
        screen.press("action_submit")
        screen.see_status("Approval")

    def _answer_criteria(self, screen):
        for name, (result, evidence) in CHECKS.items():
            row = screen.edit_row("check_ids", name)
            screen.choose("result", result, row)
            screen.type("evidence", evidence, row)

    def _answer_questions(self, screen):
        for row in screen.edit_rows("line_ids"):
            for field, answer in ANSWERS.values():
                if row.locator(f".o_field_widget[name={field}]").count():
                    act = screen.type if field == "answer_text" else screen.choose
                    act(field, answer, row)

    def _propose(self, screen):
        screen.choose("decision", "Approve with Conditions")
        screen.tab("conditions")
        row = screen.add_row("condition_ids")
        screen.type("name", CONDITION, row)
        screen.type("deadline", f"{date.today() + timedelta(days=30):%m/%d/%Y}", row)
        screen.page.keyboard.press("Tab")

    def fail_to_approve_own(self, kind):
        """Nothing on the screen of who prepared it approves it."""
        expect(self.officer.page.locator("button[name=action_send_back]")).to_be_visible()
        expect(self.officer.page.locator("button[name=action_approve]")).to_have_count(0)

    def approve_review(self, kind):
        screen = self.manager
        screen.open_found("/odoo/compliance-reviews-to-approve", self.story.name, kind.title())
        screen.tab("conditions")
        screen.see(CONDITION, ".o_field_widget[name=condition_ids]")
        screen.press("action_approve")
        screen.see("cannot be changed afterwards", ".modal")
        screen.confirm()
        screen.see_status("Approved")

    # === Business === #

    def _create_order(self):
        screen = self.sales
        screen.open_form("/odoo/sales/new")
        screen.pick("partner_id", self.story.name)
        row = screen.add_row("order_line")
        screen.pick("product_template_id", PRODUCT, row)
        screen.see(f"{PRICE:,}.00", ".o_field_widget[name=tax_totals]")
        return screen

    def order_and_invoice(self):
        screen = self._create_order()
        self.confirm_order()
        screen.page.click("#create_invoice")
        screen.press("create_invoices", screen.dialog)
        # Odoo 19.0 makes the invoice and does not show it to people of sales alone, with or without our add-ons: the
        # form counts payments, which they may not read.
        fault = screen.page.locator(".modal", has_text="account.move.matched_payment_ids")
        expect(fault.or_(screen.page.locator(".o_field_widget[name=invoice_line_ids]")).first).to_be_visible()
        if fault.count():
            screen.confirm()

    def confirm_order(self):
        screen = self.sales
        screen.press("action_confirm")
        screen.see_status("Sales Order")

    def answer_alert(self):
        screen = self.officer
        screen.open_found("/odoo/early-warning", self.story.name, "Payment Habit Worsens")
        screen.see("paid 35.0 days late on average")
        screen.press("action_request_review")
        screen.press("action_start")
        screen.see_status("Assessment")
        self._answer_questions(screen)
        self._propose(screen)
        screen.tab("restrictions")
        screen.add_row("restriction_ids")
        screen.type("reason", REASON, screen.dialog)
        screen.page.click(".modal .o_form_button_save")
        screen.see(REASON, ".o_field_widget[name=restriction_ids]")
        screen.press("action_submit")
        screen.see_status("Approval")

    def order_and_be_stopped(self):
        screen = self._create_order()
        screen.see(REASON, ".alert-danger")
        return self.fail_to_confirm()

    def fail_to_confirm(self):
        self.sales.press("action_confirm")
        return self.sales.read_error()

    def request_exception(self):
        screen = self.sales
        screen.press("action_request_exception")
        screen.type("reason", EXCEPTION, screen.dialog)
        screen.press("action_request", screen.dialog)
        expect(screen.dialog).to_have_count(0)

    def approve_exception(self):
        screen = self.manager
        screen.open_found("/odoo/restriction-exceptions", self.story.name)
        screen.see(EXCEPTION)
        screen.press("action_approve")
        screen.see_status("Approved")

    # === Complaint === #

    def file_complaint(self):
        screen = self.customer
        screen.open("/my", "a[href='/my/complaints']")
        screen.page.click("a[href='/my/complaints']")
        screen.page.click("a[name=new_complaint]")
        subject, description = COMPLAINT
        screen.page.fill("#complaint_subject", subject)
        screen.page.fill("#complaint_description", description)
        screen.page.click("button[name=file_complaint]")
        screen.see("Thank you for telling us", ".alert-success")

    def answer_complaint(self):
        screen = self.sales
        screen.open_found("/odoo/complaints", COMPLAINT[0])
        expect(screen.field("partner_id").locator("input")).to_have_value(f"{self.story.name}, {self.story.contact}")
        screen.press("action_take")
        screen.press("action_write")
        screen.type_rich("body", ANSWER, screen.dialog)
        screen.press("action_send_mail", screen.dialog)
        screen.see(ANSWER, ".o-mail-Message")

    def propose_solution(self):
        screen = self.sales
        screen.press("action_investigate")
        screen.see_status("Investigating")
        screen.tab("solution")
        screen.type_rich("solution", SOLUTION)
        screen.press("action_propose_solution")
        screen.see_status("Solution Proposed")

    def confirm_and_rate(self):
        screen = self.customer
        screen.page.reload()
        screen.see(ANSWER)
        screen.see(SOLUTION, "#solution")
        screen.page.click("button[name=confirm]")
        screen.see("glad that it is solved", ".alert-success")
        screen.page.click(f"label[for=complaint_star_{STARS}]")
        screen.page.fill("#complaint_rate_comment", PRAISE)
        screen.page.click("button[name=rate]")
        screen.see(f"You rated this case {STARS} of 5")

    # === Audit === #

    def read_trail(self):
        """Everything about the customer, read from the list that the screen shows; oldest first."""
        screen = self.auditor
        screen.open("/odoo/compliance-audit", ".o_data_row")
        screen.search_by("Customer", self.story.name)
        screen.show_all()
        rows = screen.read_rows("user_id", "operation", "model_name")
        operations, models = self._get_names()
        return [(user, operations[operation], models.get(model)) for user, operation, model in reversed(rows)]

    def _get_names(self):
        """What the screen calls operations and models: dicts of label -> technical name."""
        call = self.story.admin.call
        fields = call("compliance.audit.log", "fields_get", allfields=["operation"], attributes=["selection"])
        models = self.story.admin.find(
            "ir.model", [("model", "in", [model for _who, _what, model in TRAIL])], "name", "model"
        )
        return {label: key for key, label in fields["operation"]["selection"]}, {m["name"]: m["model"] for m in models}

    def export_bundle(self):
        screen = self.auditor
        screen.open("/odoo/compliance-audit", ".o_data_row")
        screen.page.click(".o_main_navbar button[data-menu-xmlid='crm_compliance.menu_audit']")
        screen.page.click(".dropdown-item[data-menu-xmlid='crm_compliance.menu_audit_export']")
        screen.page.click(".modal .o_field_widget[name=scope] label:has-text('A Customer')")
        screen.pick("partner_id", self.story.name, screen.dialog)
        screen.press("action_export", screen.dialog)
        with screen.page.expect_download() as download:
            screen.field("file").locator("a, button").first.click()
        path = self.folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The story of one customer, told once and lived in several ways: see ``Story.tell``.

Who lives it is a *teller*: an object with a method per step, by which the people of the demo data do something on
screen (story_screen.py) or over the external API (story_api.py). What must be true afterwards is said here, once.
"""

import json
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import requests

VERIFIER = Path(__file__).parent.parent / "addons/crm_compliance/tools/verify_audit_bundle.py"

# Days ago an invoice was written, and how many days after it was due it was paid: later and later, the last not at all.
INVOICES = [(330, 0), (300, 2), (270, 1), (240, 3), (210, 12), (180, 25), (150, 35), (120, 45), (75, None)]
TERMS = 30
PRICE = 1200
PRODUCT = "Bilge Pump"
ADDRESS = {"street": "Kade 7", "city": "Rotterdam"}
COUNTRY = "Netherlands"
# Criterion -> result and evidence. Without a licence the customer is in the grey zone.
CHECKS = {
    "Legal existence verified": ("Met", "Register extract of this week."),
    "Licensed for the intended business": ("Unmet", "The licence is applied for."),
    "No adverse information": ("Met", "Searched the press and the registers."),
}
# Type of a question -> field and answer.
ANSWERS = {
    "text": ("answer_text", "See the file of the customer."),
    "yes_no": ("answer_yes_no", "No"),
    "scale": ("answer_scale", "Low"),
}
CONDITION = "Hand in the licence"
REASON = "Pays later and later"
EXCEPTION = "Paid in advance for this one order"
COMPLAINT = ("Pump leaks", "It drips from the seal since the first day.")
ANSWER = "We are sorry. A colleague looks at it today."
SOLUTION = "You get a new seal, and we mount it tomorrow."
PRAISE = "Quick and friendly."
STARS = 5

# Who did what, in this order; the trail holds more in between.
TRAIL = [
    ("Sales (Demo)", "create", "res.partner"),
    ("Compliance Officer (Demo)", "create", "compliance.profile"),
    ("Compliance Officer (Demo)", "write", "compliance.criterion.check"),
    ("Compliance Officer (Demo)", "create", "compliance.risk.review"),
    ("Compliance Officer (Demo)", "write", "compliance.risk.review.line"),
    ("Compliance Officer (Demo)", "create", "compliance.risk.review.condition"),
    ("Compliance Manager (Demo)", "write", "compliance.risk.review"),
    ("Compliance Manager (Demo)", "write", "compliance.profile"),
    ("Accountant (Demo)", "write", "account.move"),
    ("Compliance Officer (Demo)", "write", "compliance.alert"),
    ("Compliance Officer (Demo)", "write", "compliance.risk.review"),
    ("Compliance Manager (Demo)", "write", "compliance.risk.review"),
    ("Compliance Manager (Demo)", "create", "compliance.restriction"),
    ("Sales (Demo)", "create", "compliance.restriction.exception"),
    ("Compliance Manager (Demo)", "write", "compliance.restriction.exception"),
    ("Sales (Demo)", "write", "compliance.restriction.exception"),
    ("Customer", "create", "compliance.complaint"),
    ("Sales (Demo)", "write", "compliance.complaint"),
    ("Customer", "write", "compliance.complaint"),
]


class Refusal(Exception):  # noqa: N818
    """The server's answer to something that is not allowed or does not work."""

    def __init__(self, status, error):
        super().__init__(f"{status} {error['name']}: {error['message']}")
        self.status, self.name, self.message = status, error["name"].rpartition(".")[2], error["message"]


class Api:
    """Odoo's JSON-2 API with the key of one person."""

    def __init__(self, url, key):
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"bearer {key}"

    def call(self, model, method, ids=(), **arguments):
        """:raises Refusal: for every answer but a success"""
        body = {**arguments, **({"ids": list(ids)} if ids else {})}
        answer = self.session.post(f"{self.url}/json/2/{model}/{method}", json=body, timeout=60)
        if answer.status_code != 200:
            raise Refusal(answer.status_code, answer.json())
        return answer.json()

    def create(self, model, context=None, **vals):
        """:return: id of the new record"""
        (record_id,) = self.call(model, "create", vals_list=[vals], context=context or {})
        return record_id

    def write(self, model, record_id, **vals):
        self.call(model, "write", [record_id], vals=vals)

    def find(self, model, domain, *names, order="id"):
        """:return: list of dicts"""
        return self.call(model, "search_read", domain=domain, fields=["id", *names], order=order)

    def find_one(self, model, domain, *names):
        """:return: the dict of the only record there is"""
        (found,) = self.find(model, domain, *names)
        return found


class Place:
    """A copy of the prepared database with a server on it, in which stories happen."""

    def __init__(self, server):
        database = server.copy()
        self.site, self.session = server.site(database), server.session(database)
        self.url = self.site.url
        self.apis = {}
        self.site.wait()
        admin = self.api("admin")
        self.product_id = admin.create(
            "product.product", name=PRODUCT, type="service", invoice_policy="order", list_price=PRICE, taxes_id=[]
        )

    def api(self, login):
        """The API as a person, who made a key for it."""
        if login not in self.apis:
            key = self.session.run(
                "from odoo.fields import Datetime\n"
                f"user = env['res.users'].search([('login', '=', {login!r})])\n"
                "keys = env['res.users.apikeys'].with_user(user).sudo()\n"
                "result = keys._generate(None, 'Story', Datetime.add(Datetime.now(), days=1))"
            )
            self.apis[login] = Api(self.url, key)
        return self.apis[login]

    def get_id(self, xmlid):
        module, _dot, name = xmlid.partition(".")
        return self.api("admin").call("ir.model.data", "check_object_reference", module=module, xml_id=name)[1]

    def run_jobs(self, *names):
        """Runs scheduled jobs, as an administrator may do by hand."""
        for name in names:
            self.api("admin").call("ir.cron", "method_direct_trigger", [self.get_id(f"crm_compliance.{name}")])


class Story:
    """What happens to one customer, and what is true afterwards."""

    def __init__(self, place, name):
        self.place = place
        self.name = name
        self.contact = f"{name.split()[0]} Buyer"
        self.login = f"{name.split()[0].lower()}@example.com"
        self.admin = place.api("admin")
        self.partner_id = self.profile_id = None

    def tell(self, teller):
        """From the first contact to the audit."""
        self.be_admitted(teller)
        self.buy_and_pay(teller)
        self.be_restricted(teller)
        self.be_stopped(teller)
        self.complain(teller)
        self.be_audited(teller)

    # -------------------------------------------------------------------------
    # CHAPTERS
    # -------------------------------------------------------------------------

    def be_admitted(self, teller):
        """A new customer is admitted with conditions, by two people."""
        teller.create_customer()
        self.partner_id = self.admin.find_one("res.partner", [("name", "=", self.name)])["id"]
        teller.prepare_admission()
        profile = self.get_profile("zone", "admission_state", "user_id")
        self.profile_id = profile["id"]
        assert (profile["zone"], profile["admission_state"]) == ("grey", "in_review")
        assert profile["user_id"][1] == "Sales (Demo)"
        assert self.get_review("onboarding", "state")["state"] == "approval"
        teller.fail_to_approve_own("onboarding")
        teller.approve_review("onboarding")
        self.check_four_eyes("onboarding")
        assert self.get_profile("admission_state")["admission_state"] == "conditional"
        condition = self.admin.find_one("compliance.risk.review.condition", self.mine(), "name", "state", "activity_id")
        assert (condition["name"], condition["state"], bool(condition["activity_id"])) == (CONDITION, "open", True)

    def buy_and_pay(self, teller):
        """The customer buys, pays later and later, and an alert comes."""
        teller.order_and_invoice()
        assert self.get_order_states() == ["sale"]
        self.pay_later_and_later()
        self.place.run_jobs("ir_cron_refresh_all", "ir_cron_process_refresh_queue", "ir_cron_schedule_reviews")
        found = {alert["kind"]: alert for alert in self.admin.find("compliance.alert", self.mine(), "kind", "summary")}
        assert {"habit", "overdue"} <= found.keys(), found
        assert found["habit"]["summary"] == ("The last invoices were paid 35.0 days late on average, those before 3.6.")

    def be_restricted(self, teller):
        """A review restricts the customer."""
        teller.answer_alert()
        alert = self.admin.find_one("compliance.alert", [*self.mine(), ("kind", "=", "habit")], "state", "action_taken")
        assert (alert["state"], alert["action_taken"]) == ("in_progress", "review")
        teller.fail_to_approve_own("triggered")
        teller.approve_review("triggered")
        self.check_four_eyes("triggered")
        restriction = self.admin.find_one(
            "compliance.restriction", self.mine(), "state", "level", "scope_quotation", "origin_ref"
        )
        assert (restriction["state"], restriction["level"]) == ("active", "block")
        assert restriction["origin_ref"] == f"compliance.risk.review,{self.get_review('triggered')['id']}"

    def be_stopped(self, teller):
        """Sales is stopped and told why; one exception is good for one document."""
        for message in (teller.order_and_be_stopped(), teller.fail_to_confirm()):
            self.check_message(message)
        teller.request_exception()
        self.check_message(teller.fail_to_confirm())
        assert self.get_exception("state")["state"] == "requested"
        teller.approve_exception()
        teller.confirm_order()
        exception = self.get_exception("state", "requested_by", "approved_by", "used_by")
        assert exception["state"] == "used"
        people = [exception[name][1] for name in ("requested_by", "approved_by", "used_by")]
        assert people == ["Sales (Demo)", "Compliance Manager (Demo)", "Sales (Demo)"]
        self.check_message(teller.order_and_be_stopped())
        assert self.get_order_states() == ["sale", "sale", "draft"]

    def complain(self, teller):
        """The customer complains, is answered in time, confirms the solution and rates it."""
        self.invite_customer()
        teller.file_complaint()
        case = self.get_case("state", "channel", "subject", "partner_id")
        assert (case["state"], case["channel"], case["subject"]) == ("new", "portal", COMPLAINT[0])
        assert case["partner_id"][1] == f"{self.name}, {self.contact}"
        teller.answer_complaint()
        clock = self.admin.find_one(
            "compliance.sla.clock",
            [("complaint_id", "=", case["id"]), ("target", "=", "first_response")],
            "state",
            "met_at",
            "deadline",
        )
        assert clock["state"] == "met" and clock["met_at"] <= clock["deadline"]
        teller.propose_solution()
        assert self.get_case("state")["state"] == "solution_proposed"
        teller.confirm_and_rate()
        case = self.get_case("state", "satisfaction", "satisfaction_comment", "customer_decision", "sla_state")
        assert (case["state"], case["customer_decision"]) == ("resolved", "confirmed")
        assert (case["satisfaction"], case["satisfaction_comment"]) == (STARS, PRAISE)
        assert case["sla_state"] in ("met", "on_time")

    def be_audited(self, teller):
        """The auditor finds all of it in the trail, and proves it without Odoo."""
        self.check_trail(teller.read_trail())
        self.check_bundle(teller.export_bundle())

    # -------------------------------------------------------------------------
    # WHAT ALL TELLERS HAVE DONE THE SAME WAY
    # -------------------------------------------------------------------------

    def pay_later_and_later(self):
        """The accountant books the invoice of the order and those that followed, with their payments, at their days."""
        accountant = self.place.api("accountant")
        (ordered,) = accountant.find("account.move", [*self.mine(), ("state", "=", "draft")])
        line = {"product_id": self.place.product_id, "price_unit": PRICE, "tax_ids": []}
        days = [date.today() - timedelta(days=ago) for ago, _late in INVOICES]
        dated = [{"invoice_date": str(day), "invoice_date_due": str(day + timedelta(days=TERMS))} for day in days]
        accountant.write("account.move", ordered["id"], **dated[0])
        shared = {"move_type": "out_invoice", "partner_id": self.partner_id, "invoice_line_ids": [[0, 0, line]]}
        later = accountant.call("account.move", "create", vals_list=[{**shared, **dates} for dates in dated[1:]])
        moves = [ordered["id"], *later]
        accountant.call("account.move", "action_post", moves)
        for move, day, (_ago, late) in zip(moves, days, INVOICES, strict=True):
            if late is not None:
                wizard = accountant.create(
                    "account.payment.register",
                    {"active_model": "account.move", "active_ids": [move]},
                    payment_date=str(day + timedelta(days=TERMS + late)),
                )
                accountant.call("account.payment.register", "action_create_payments", [wizard])

    def invite_customer(self):
        """An administrator gives somebody at the customer access to the portal."""
        partner_id = self.admin.create(
            "res.partner", name=self.contact, email=self.login, parent_id=self.partner_id, lang="en_US"
        )
        self.admin.create(
            "res.users",
            {"no_reset_password": True},
            login=self.login,
            password=self.login,
            partner_id=partner_id,
            group_ids=[[6, 0, [self.place.get_id("base.group_portal")]]],
        )

    # -------------------------------------------------------------------------
    # WHAT IS TRUE
    # -------------------------------------------------------------------------

    def mine(self):
        return [("partner_id", "=", self.partner_id)]

    def get_profile(self, *names):
        return self.admin.find_one("compliance.profile", self.mine(), *names)

    def get_review(self, kind, *names):
        return self.admin.find_one("compliance.risk.review", [*self.mine(), ("kind", "=", kind)], *names)

    def get_exception(self, *names):
        return self.admin.find_one("compliance.restriction.exception", self.mine(), *names)

    def get_case(self, *names):
        return self.admin.find_one("compliance.complaint", [("commercial_partner_id", "=", self.partner_id)], *names)

    def get_order_states(self):
        return [order["state"] for order in self.admin.find("sale.order", self.mine(), "state")]

    def check_four_eyes(self, kind):
        review = self.get_review(kind, "state", "prepared_by", "approved_by", "content_hash")
        assert review["state"] == "done" and review["content_hash"]
        assert review["prepared_by"][1] == "Compliance Officer (Demo)"
        assert review["approved_by"][1] == "Compliance Manager (Demo)"

    def check_message(self, message):
        """What sales reads says which document is stopped, why, and whom to ask."""
        order = self.admin.find("sale.order", self.mine(), "name", order="id desc")[0]["name"]
        # The dossier has no officer, and its account manager is who reads this: the managers are to be asked.
        ask = "Please ask Compliance Manager (Demo)"
        for part in (order, "is held by a restriction", REASON, ask, "request an exception"):
            assert part in message, message

    def check_trail(self, events):
        """:param events: list of (name of the user, operation, model) of everything about the customer, oldest first"""
        wanted = [(self.contact if who == "Customer" else who, *what) for who, *what in TRAIL]
        position = 0
        for event in wanted:
            assert event in events[position:], (
                f"{event} is missing after {events[:position]}; then came {events[position:]}"
            )
            position += events[position:].index(event) + 1

    def check_bundle(self, bundle):
        """As an auditor who does not trust the server: with the program of the source, on a machine that has Python
        and nothing else.
        """
        with zipfile.ZipFile(bundle) as content:
            rows = [json.loads(line)["row"] for line in content.read("rows.jsonl").splitlines()]
            files = {name: content.read(name) for name in content.namelist()}
        assert {model for _who, _operation, model in TRAIL} <= {row["model"] for row in rows}
        assert files["verify_audit_bundle.py"] == VERIFIER.read_bytes()
        good = verify(bundle)
        assert good.returncode == 0, good.stdout
        assert f"{len(rows)} of " in good.stdout, good.stdout
        forged = bundle.with_name("forged.zip")
        files["rows.jsonl"] = files["rows.jsonl"].replace(REASON.encode(), b"Pays on time")
        with zipfile.ZipFile(forged, "w") as content:
            for name, data in files.items():
                content.writestr(name, data)
        assert verify(forged).returncode == 1


def verify(bundle):
    """Verifies a bundle; neither Odoo nor any other package is within reach."""
    return subprocess.run(
        [sys.executable, "-I", "-S", VERIFIER, bundle], capture_output=True, text=True, env={}, check=False, timeout=60
    )

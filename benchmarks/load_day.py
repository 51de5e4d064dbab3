# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What people do all day, as locust plays it: half of it our screens, half of it plain Odoo's.

    locust -f benchmarks/load_day.py --headless --host http://127.0.0.1:8069 --users 50 --run-time 3m

Started by bench_day.py, which makes the database, the users and the server. Every call is the one the web client makes:
the fields come from the views, as the user gets them. Names of calls begin with "ours" or "plain"; in the forms and
lists of plain Odoo our fields are left out.
"""

import json
import os
import random
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

from locust import HttpUser, between, events, task

LOGINS = os.environ.get("LOAD_LOGINS", "admin").split(",")
OURS = "compliance"
PAGE = 80
# Beyond these pages nobody turns.
PAGES = 20


times, errors = defaultdict(list), Counter()


class RefusedError(Exception):
    """The server answered with an error."""


@events.request.add_listener
def note(name, response_time, exception, **_details):
    """Milliseconds of every call by its name, and what went wrong."""
    if exception:
        errors[f"{name}: {exception}"] += 1
    else:
        times[name].append(response_time)


@events.user_error.add_listener
def note_error(exception, **_details):
    """A person who stumbles over an answer; what was refused is counted with its call."""
    if not isinstance(exception, RefusedError):
        errors[repr(exception)] += 1


@events.spawning_complete.add_listener
def begin(**_details):
    """Only what happens once everybody is there counts; errors always do."""
    times.clear()


@events.quitting.add_listener
def keep(**_details):
    Path(os.environ["LOAD_RESULT"]).write_text(json.dumps({"times": times, "errors": errors}))


class Screen:
    """Fields of the views of a model, as the web client asks for them."""

    def __init__(self, views, models, plain):
        self.models, self.plain = models, plain
        self.form, self.list = (
            self._specify(ElementTree.fromstring(views[kind]["arch"]), model) for kind, model in self._kinds(views)
        )

    @staticmethod
    def _kinds(views):
        return [(kind, views[kind]["model"]) for kind in ("form", "list")]

    def _specify(self, node, model):
        found = {}
        for child in node:
            name = child.get("name")
            if child.tag == "field":
                if name in self.models[model]["fields"] and not (self.plain and OURS in name):
                    found[name] = self._specify_field(child, self.models[model]["fields"][name])
            else:
                found.update(self._specify(child, model))
        return found

    def _specify_field(self, node, field):
        if field["type"] in ("many2one", "reference"):
            return {"fields": {"display_name": {}}}
        if field["type"] not in ("one2many", "many2many"):
            return {}
        lines = next((child for child in node if child.tag in ("list", "kanban")), None)
        if lines is None or field["relation"] not in self.models:
            return {"fields": {"display_name": {}}}
        return {"fields": self._specify(lines, field["relation"]), "limit": 40}


class Person(HttpUser):
    """One of the users at their browser, a few seconds on each screen."""

    wait_time = between(3, 7)
    screens = {}

    def on_start(self):
        self.client.trust_env = False
        self.login = random.choice(LOGINS)
        answer = self.client.post(
            "/web/session/authenticate",
            json={"params": {"db": os.environ["LOAD_DB"], "login": self.login, "password": self.login}},
            name="sign in",
        ).json()
        self.user_context = answer["result"]["user_context"]
        self.known = {}

    # -------------------------------------------------------------------------
    # CALLS
    # -------------------------------------------------------------------------

    def call(self, name, model, method, *args, **kwargs):
        """Result of a call; what the server refuses counts as an error of the run."""
        kwargs.setdefault("context", self.user_context)
        with self.client.post(
            f"/web/dataset/call_kw/{model}/{method}",
            json={"params": {"model": model, "method": method, "args": args, "kwargs": kwargs}},
            name=name,
            catch_response=True,
        ) as response:
            body = response.json() if response.status_code == 200 else {"error": {"data": {"name": response.reason}}}
            if "error" in body:
                error = body["error"].get("data", body["error"])
                response.failure(f"{error.get('name')}: {error.get('message')}")
                raise RefusedError(error.get("message"))
            response.success()
            return body["result"]

    def screen(self, model, plain):
        """Views are asked for once, as by a browser that keeps them: they show each user what he may see."""
        key = self.login, model, plain
        if key not in self.screens:
            answer = self.call("views", model, "get_views", [[False, "form"], [False, "list"]], options={})
            views = {kind: {**view, "model": model} for kind, view in answer["views"].items()}
            self.screens[key] = Screen(views, answer["models"], plain)
        return self.screens[key]

    def open_list(self, model, domain, plain=False, page=0):
        kind = "plain" if plain else "ours"
        result = self.call(
            f"{kind}: list of {model}",
            model,
            "web_search_read",
            domain=domain,
            specification=self.screen(model, plain).list,
            offset=page * PAGE,
            limit=PAGE,
            count_limit=10001,
        )
        ids = [record["id"] for record in result["records"]]
        self.known[model] = (self.known.get(model, []) + ids)[-PAGE * PAGES :]
        return ids

    def open_form(self, model, domain, plain=False):
        """Opens one of the records seen in lists; the page is turned when all were."""
        if not self.known.get(model):
            self.open_list(model, domain, plain)
        if self.known[model]:
            self.open_record(model, random.choice(self.known[model]), plain)

    def open_record(self, model, record, plain):
        kind = "plain" if plain else "ours"
        self.call(f"{kind}: form of {model}", model, "web_read", [record], specification=self.screen(model, plain).form)

    # -------------------------------------------------------------------------
    # OURS
    # -------------------------------------------------------------------------

    @task(4)
    def dashboard(self):
        self.call("ours: dashboard", "compliance.dashboard", "get_data")

    @task(2)
    def my_day(self):
        self.open_list("compliance.my.day", [["deadline", "<=", "today +7d"]])

    @task(6)
    def dossier_list(self):
        self.open_list("compliance.profile", [], page=random.randrange(PAGES))

    @task(3)
    def dossier_search(self):
        """A part of a name typed into the search box."""
        text = f"Customer {random.randrange(1000)}"
        self.open_list("compliance.profile", [["partner_id", "ilike", text]])

    @task(10)
    def dossier_form(self):
        self.open_form("compliance.profile", [])

    @task(4)
    def complaint_list(self):
        self.open_list("compliance.complaint", [["state", "not in", ["closed", "cancelled"]]])

    @task(6)
    def complaint_form(self):
        self.open_form("compliance.complaint", [])

    @task(3)
    def complaint_write(self):
        self.write("compliance.complaint", {"cause_note": f"<p>Looked at {random.random()}</p>"})

    @task(4)
    def review_form(self):
        self.open_form("compliance.risk.review", [])

    @task(4)
    def invoice_form(self):
        """Plain Odoo's form with what we add to it."""
        self.open_form("account.move", [["move_type", "=", "out_invoice"]])

    # -------------------------------------------------------------------------
    # PLAIN ODOO
    # -------------------------------------------------------------------------

    @task(8)
    def plain_partner_list(self):
        self.open_list("res.partner", [], plain=True, page=random.randrange(PAGES))

    @task(3)
    def plain_partner_search(self):
        self.open_list("res.partner", [["name", "ilike", f"Customer {random.randrange(1000)}"]], plain=True)

    @task(10)
    def plain_partner_form(self):
        self.open_form("res.partner", [], plain=True)

    @task(5)
    def plain_lead_list(self):
        self.open_list("crm.lead", [["type", "=", "opportunity"]], plain=True)

    @task(6)
    def plain_lead_form(self):
        self.open_form("crm.lead", [["type", "=", "opportunity"]], plain=True)

    @task(3)
    def plain_lead_write(self):
        self.write("crm.lead", {"description": f"<p>Looked at {random.random()}</p>"}, plain=True)

    @task(4)
    def plain_invoice_list(self):
        self.open_list("account.move", [["move_type", "=", "out_invoice"]], plain=True, page=random.randrange(PAGES))

    @task(7)
    def plain_invoice_form(self):
        self.open_form("account.move", [["move_type", "=", "out_invoice"]], plain=True)

    def write(self, model, values, plain=False):
        """Saves a record of one's own, which answers with what the form shows then."""
        own = self.open_list(model, [["user_id", "=", self.user_context["uid"]]], plain)
        if not own:
            return
        record, kind = random.choice(own), "plain" if plain else "ours"
        self.open_record(model, record, plain)
        self.call(
            f"{kind}: save {model}",
            model,
            "web_save",
            [record],
            values,
            specification=self.screen(model, plain).form,
        )

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""One customer from the first contact to the audit: on screen, over the external API; and what nobody may do there."""

from typing import NamedTuple

import pytest
import requests

from browser import browsing
from servers import Server
from story import Api, Place, Refusal, Story
from story_api import ApiTeller
from story_screen import ScreenTeller

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place():
    """One server for the whole module; stories are about different customers."""
    server = Server()
    try:
        yield Place(server)
    finally:
        server.drop_copies()


def test_story_over_api(place, tmp_path):
    story = Story(place, "Marsh Pumps BV")
    story.tell(ApiTeller(story, tmp_path))
    assert not place.site.get_problems(), place.site.get_log()


def test_story_on_screen(place, tmp_path):
    story = Story(place, "Delta Dredging BV")
    with browsing() as browser:
        teller = ScreenTeller(story, browser, tmp_path)
        story.tell(teller)
        assert not teller.get_errors()
    assert not place.site.get_problems(), place.site.get_log()


class Attempt(NamedTuple):
    """Something somebody must not do: a method of the record found by a domain, or of the model if there is none."""

    model: str
    domain: list | None
    method: str
    arguments: dict
    error: str = "AccessError"
    message: str = ""


REVIEW, EXCEPTION, COMPLAINT = "compliance.risk.review", "compliance.restriction.exception", "compliance.complaint"
PROFILE, LOG, CRITERION = "compliance.profile", "compliance.audit.log", "compliance.criterion"
WAITING = [("state", "=", "approval"), ("prepared_by.login", "=", "officer")]
APPROVED = [("state", "=", "done"), ("partner_id.ref", "=", "DEMO-02")]
REQUESTED = [("state", "=", "requested"), ("requested_by.login", "=", "accountant")]
BLOCKED = [("partner_id.ref", "=", "DEMO-04")]
OPEN_CASE = [("state", "=", "investigating")]
IN_FORCE = [("state", "=", "active"), ("level", "=", "block")]
PORTAL_CASE, PORTAL_NOTE = "Portal case of the attempts", "For colleagues only"
OWN = [("subject", "=", PORTAL_CASE)]
ANY = []


def write(**vals):
    return "write", {"vals": vals}


def read(*names):
    return "read", {"fields": list(names)}


def create(**vals):
    return "create", {"vals_list": [vals]}


def press(name):
    return name, {}


ATTEMPTS = {
    "sales": {
        "approve a review": Attempt(REVIEW, WAITING, *press("action_approve")),
        "write a review's state": Attempt(REVIEW, WAITING, *write(state="done")),
        "read somebody else's customer": Attempt(PROFILE, BLOCKED, *read("risk_level")),
        "soften a restriction": Attempt("compliance.restriction", IN_FORCE, *write(level="warn")),
        "approve an exception": Attempt(EXCEPTION, REQUESTED, *press("action_approve")),
        "stop a clock": Attempt(
            "compliance.sla.clock", [("complaint_id.user_id.login", "=", "sales")], *write(state="met")
        ),
        "answer in the past": Attempt(COMPLAINT, OPEN_CASE, *write(date_first_response="2026-01-01 08:00:00")),
        "read the audit trail": Attempt(LOG, ANY, *read("changes_text")),
        "delete audit rows": Attempt(LOG, ANY, *press("unlink")),
    },
    "officer": {
        "approve the own review": Attempt(
            REVIEW, WAITING, *press("action_approve"), message="Only compliance managers approve"
        ),
        "admit without a review": Attempt(PROFILE, BLOCKED, *write(admission_state="approved")),
        "waive a criterion": Attempt(
            "compliance.criterion.check",
            [("profile_id.partner_id.ref", "=", "DEMO-03"), ("result", "=", "unmet")],
            *write(result="waived", evidence="Because."),
            message="Only a compliance manager waives",
        ),
        "change a criterion": Attempt(CRITERION, ANY, *write(knockout=False)),
        "approve an exception": Attempt(
            EXCEPTION, REQUESTED, *press("action_approve"), message="Only compliance managers"
        ),
        "approve the own override": Attempt(
            "compliance.risk.override", [("state", "=", "draft")], *press("action_approve")
        ),
        "change what was approved": Attempt(
            REVIEW, APPROVED, *write(conclusion="Fine."), error="UserError", message="is approved"
        ),
        "call what is private": Attempt(REVIEW, WAITING, *press("_approve"), message="Private methods"),
    },
    "manager": {
        "change what was approved": Attempt(
            REVIEW, APPROVED, *write(conclusion="Fine."), error="UserError", message="is approved"
        ),
        "say that somebody else submitted": Attempt(REVIEW, WAITING, *write(submitted_by=2)),
        "enter a level of risk": Attempt(PROFILE, BLOCKED, *write(risk_level="low")),
        "change an active risk model": Attempt(
            "compliance.risk.model", [("state", "=", "active")], *write(threshold_medium=99), error="UserError"
        ),
        "delete audit rows": Attempt(LOG, ANY, *press("unlink")),
        "delete a deadline's history": Attempt("compliance.sla.event", ANY, *press("unlink")),
    },
    "accountant": {
        "change a criterion": Attempt(CRITERION, ANY, *write(knockout=False)),
        "change a zone": Attempt(PROFILE, BLOCKED, *write(zone="standard")),
        "approve the own exception": Attempt(EXCEPTION, REQUESTED, *press("action_approve")),
        "invoice a blocked customer": Attempt(
            "account.move",
            [("state", "=", "draft"), ("move_type", "=", "out_invoice"), *BLOCKED],
            "action_post",
            {"context": {"bypass_restrictions": True, "active_test": False}},
            error="UserError",
            message="is held by a restriction",
        ),
        "acknowledge an alert": Attempt("compliance.alert", [("state", "=", "new")], *press("action_acknowledge")),
        "read the audit trail": Attempt(LOG, ANY, *read("changes_text")),
    },
    "auditor": {
        "write in a dossier": Attempt(PROFILE, BLOCKED, *write(note="Seen")),
        "restrict a customer": Attempt("compliance.restriction", None, *create(partner_id=1, reason="Because")),
        "take a complaint": Attempt(COMPLAINT, OPEN_CASE, *press("action_take")),
        "answer a customer": Attempt(COMPLAINT, OPEN_CASE, "message_post", {"body": "Hello"}),
        "send a review back": Attempt(REVIEW, WAITING, *press("action_send_back")),
        "stop the recording": Attempt("compliance.audit.policy", ANY, *write(active=False)),
        "change audit rows": Attempt(LOG, ANY, *write(operation="read")),
    },
    "admin": {
        "delete audit rows": Attempt(LOG, ANY, *press("unlink")),
        "change audit rows": Attempt(LOG, ANY, *write(operation="read")),
        "invent audit rows": Attempt(LOG, None, *create(model="res.partner", operation="write")),
        "delete a seal": Attempt("compliance.audit.seal", ANY, *press("unlink")),
        "write a review's state": Attempt(REVIEW, WAITING, *write(state="done")),
    },
    "portal": {
        "read somebody else's case": Attempt(COMPLAINT, OPEN_CASE, *read("subject")),
        "read what is internal": Attempt(COMPLAINT, OWN, *read("cause_note")),
        "change the own case": Attempt(COMPLAINT, OWN, *write(solution="<p>A million</p>")),
        "settle the own case": Attempt(COMPLAINT, OWN, *press("action_resolve")),
        "read a dossier": Attempt(PROFILE, BLOCKED, *read("risk_level")),
        "read restrictions": Attempt("compliance.restriction", IN_FORCE, *read("reason")),
        "read the audit trail": Attempt(LOG, ANY, *read("changes_text")),
    },
}


@pytest.fixture(scope="module")
def portal_case(place):
    """A case of the demo data's portal user, with a note the customer must never see; what was recorded is sealed."""
    admin = place.api("admin")
    place.run_jobs("ir_cron_audit_seal")
    partner = admin.find_one("res.users", [("login", "=", "portal")], "partner_id")["partner_id"][0]
    case = admin.create(
        COMPLAINT, subject=PORTAL_CASE, description="x", partner_id=partner, channel="phone", cause_note=PORTAL_NOTE
    )
    admin.call(COMPLAINT, "message_post", [case], body=PORTAL_NOTE, subtype_xmlid="mail.mt_note")
    return case


@pytest.mark.usefixtures("portal_case")
@pytest.mark.parametrize(
    ("login", "what"),
    [pytest.param(login, what, id=f"{login}: {what}") for login in ATTEMPTS for what in ATTEMPTS[login]],
)
def test_refused(place, login, what):
    """Refused for the reason it should be refused for, and nothing is changed."""
    attempt, admin = ATTEMPTS[login][what], place.api("admin")
    ids = []
    if attempt.domain is not None:
        ids = admin.call(attempt.model, "search", domain=attempt.domain, limit=1)
        assert ids, "There is nothing to try it on."

    def get_state():
        return admin.call(attempt.model, "read", ids) if ids else admin.call(attempt.model, "search_count", domain=[])

    before = get_state()
    with pytest.raises(Refusal) as refusal:
        place.api(login).call(attempt.model, attempt.method, ids, **attempt.arguments)
    assert refusal.value.name == attempt.error, refusal.value
    assert attempt.message in refusal.value.message
    assert get_state() == before


def test_portal_reads_no_notes(place, portal_case):
    """Searching finds what a customer may read, and no more."""
    portal = place.api("portal")
    mine = [("model", "=", COMPLAINT), ("res_id", "=", portal_case)]
    assert any(PORTAL_NOTE in message["body"] for message in place.api("admin").find("mail.message", mine, "body"))
    assert not any(PORTAL_NOTE in message["body"] for message in portal.find("mail.message", mine, "body"))
    assert [case["id"] for case in portal.find(COMPLAINT, [], "subject")] == [portal_case]


def test_without_key(place):
    answer = requests.post(f"{place.url}/json/2/{PROFILE}/search_count", json={"domain": []}, timeout=60)
    assert answer.status_code == 401
    with pytest.raises(Refusal, match="401"):
        Api(place.url, "0" * 40).call(PROFILE, "search_count", domain=[])

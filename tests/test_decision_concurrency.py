# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two managers decide on the same request at the same moment, in transactions of their own."""

import pytest

pytestmark = pytest.mark.slow

ASK = {
    "compliance.restriction": """
partner = env.ref("base.res_partner_12").commercial_partner_id
values = {"partner_id": partner.id, "reason": "X", "company_id": env.ref("base.main_company").id}
""",
    "compliance.risk.override": """
profile = env["compliance.profile"].search([("company_id", "=", env.ref("base.main_company").id),
    ("risk_override_ids", "=", False)], limit=1)
values = {"profile_id": profile.id, "level": "critical", "reason": "X", "date_to": "2999-12-31"}
""",
}
# Both have seen the request before either decides; the second one decides the other way.
DECIDE = """
from odoo import api
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tools import mute_logger
officer = env.ref("crm_compliance.user_officer_demo")
manager, admin = env.ref("crm_compliance.user_manager_demo"), env.ref("base.user_admin")
request = env["{model}"].with_user(officer).create(values)
env.cr.commit()
refusal = ""
with env.registry.cursor() as first, env.registry.cursor() as second:
    def see(cr, user):
        seen = api.Environment(cr, user.id, {{}})["{model}"].browse(request.id)
        assert seen.can_{can}
        return seen
    one, two = see(first, manager), see(second, admin)
    one.{approve}()
    first.commit()
    try:
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            retrying(two.action_refuse, two.env)  # as every request does
    except UserError as error:
        refusal = str(error)
        second.rollback()
env.cr.rollback()
env.invalidate_all()
request = env["{model}"].browse(request.id)
result = [request.state, request.approved_by.id == manager.id, refusal]
"""


@pytest.mark.parametrize(
    "model, can, approve, state",
    [
        ("compliance.restriction", "decide", "action_impose", "active"),
        ("compliance.risk.override", "approve", "action_approve", "approved"),
    ],
)
def test_the_first_decision_stands(server, model, can, approve, state):
    code = ASK[model] + DECIDE.format(model=model, can=can, approve=approve)
    found, is_first, refusal = server.shell(server.copy(), code)
    assert (found, is_first) == (state, True)
    assert "decided" in refusal

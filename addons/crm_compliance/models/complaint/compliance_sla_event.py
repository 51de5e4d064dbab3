# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from functools import lru_cache
from operator import itemgetter

from odoo import api, fields, models
from odoo.tools import SQL, groupby

from ...tools import service_ledger
from ...tools.service_clock import from_epoch
from .compliance_sla_policy import TARGETS

KINDS = [
    ("start", "Started"),
    ("change", "Terms Changed"),
    ("pause", "Waiting Begins"),
    ("resume", "Waiting Ends"),
    ("meet", "Reached"),
    ("reopen", "Reopened"),
    ("cancel", "Void"),
    ("due", "Deadline by Hand"),
    ("warn", "Warning"),
    ("breach", "Deadline Passed"),
    ("escalate", "Escalation"),
]
# No foreign keys: what happened stays on record when an unbegun complaint is deleted, and rows are never changed.
TABLE = """
CREATE TABLE IF NOT EXISTS compliance_sla_event (
    id bigserial PRIMARY KEY,
    create_date timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
    create_uid int4,
    complaint_id int4 NOT NULL,
    company_id int4 NOT NULL,
    kind varchar NOT NULL,
    date timestamp NOT NULL,
    target varchar,
    policy_id int4,
    details jsonb,
    reason varchar
);
CREATE INDEX IF NOT EXISTS compliance_sla_event_complaint_idx ON compliance_sla_event (complaint_id, id);

CREATE OR REPLACE FUNCTION compliance_sla_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The service-level ledger cannot be changed.' USING ERRCODE = 'insufficient_privilege';
END $$;

DROP TRIGGER IF EXISTS compliance_sla_guard ON compliance_sla_event;
CREATE TRIGGER compliance_sla_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON compliance_sla_event
    FOR EACH STATEMENT EXECUTE FUNCTION compliance_sla_refuse();
ALTER TABLE compliance_sla_event ENABLE ALWAYS TRIGGER compliance_sla_guard;
"""


@lru_cache(maxsize=4096)
def _parse(details):
    """Most cases of a team have the same terms. What is returned is shared: nobody changes it."""
    details = json.loads(details)
    if details and "terms" in details:
        details["terms"] = service_ledger.parse_terms(details["terms"])
    return details


class ComplianceSlaEvent(models.Model):
    """The ledger of service levels: what happened to a case as far as its clocks are concerned. Append-only, in
    PostgreSQL: a trigger refuses changes, whoever asks. Clocks are computed from it, see tools/service_ledger.py.
    """

    _name = "compliance.sla.event"
    _description = "Service Level Event"
    _inherit = ["compliance.append.only"]
    _order = "id desc"
    _auto = False
    _log_access = False
    _rec_name = "kind"

    create_date = fields.Datetime("Recorded", readonly=True)
    create_uid = fields.Many2one("res.users", string="By", readonly=True)
    complaint_id = fields.Many2one("compliance.complaint", readonly=True, index=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection(KINDS, string="Event", readonly=True)
    date = fields.Datetime("Happened", readonly=True)
    target = fields.Selection(
        [*TARGETS, ("customer", "Customer"), ("third_party", "Third Party")], string="What", readonly=True
    )
    policy_id = fields.Many2one("compliance.sla.policy", string="Service Level", readonly=True)
    details = fields.Json(readonly=True)
    reason = fields.Char(readonly=True)

    def init(self):
        self.env.cr.execute(TABLE)

    @api.model
    def _get_refusal(self):
        return self.env._("The service-level ledger follows from the complaints and is never changed.")

    @api.model
    def _append(self, events):
        """Adds events in one statement.

        :param events: list of dict: complaint_id, company_id, kind, date (instant); target, policy_id, details, reason
        """
        if not events:
            return
        columns = [
            [event.get(name) for event in events]
            for name in ("complaint_id", "company_id", "kind", "date", "target", "policy_id", "details", "reason")
        ]
        columns[3] = [from_epoch(instant) for instant in columns[3]]
        columns[6] = [None if details is None else json.dumps(details) for details in columns[6]]
        self.env.cr.execute(
            SQL(
                "INSERT INTO compliance_sla_event"
                " (create_uid, complaint_id, company_id, kind, date, target, policy_id, details, reason)"
                " SELECT %s, * FROM UNNEST(%s::int4[], %s::int4[], %s::varchar[], %s::timestamp[], %s::varchar[],"
                " %s::int4[], %s::jsonb[], %s::varchar[])",
                self.env.uid,
                *columns,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _replay(self, complaint_ids):
        """:return: {complaint id: service_ledger.Case} of the complaints that have events"""
        rows = self.env.execute_query(
            SQL(
                "SELECT complaint_id, kind, FLOOR(EXTRACT(EPOCH FROM date))::int8, target, policy_id, details::text"
                " FROM compliance_sla_event WHERE complaint_id = ANY(%s) ORDER BY complaint_id, id",
                list(complaint_ids),
            )
        )
        return {
            complaint_id: service_ledger.replay(
                (kind, date, target, policy, details and _parse(details))
                for _complaint, kind, date, target, policy, details in events
            )
            for complaint_id, events in groupby(rows, key=itemgetter(0))
        }

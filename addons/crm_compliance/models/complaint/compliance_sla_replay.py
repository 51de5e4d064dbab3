# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.tools import SQL

# Open cases up to which deadlines are computed anew at once, within the transaction that changed what they follow from.
AT_ONCE = 200
BATCH = 5000


class ComplianceSlaReplay(models.Model):
    """Deadlines to be computed anew, because policies, working hours or leaves changed. Worked off in batches, each
    committed with the bookmark: what is interrupted goes on where it was.
    """

    _name = "compliance.sla.replay"
    _description = "Service Level Recomputation"
    _order = "id desc"
    _rec_name = "reason"

    reason = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade", help="Empty: all companies.")
    calendar_ids = fields.Many2many(
        "resource.calendar", "compliance_sla_replay_calendar_rel", readonly=True, string="Working Hours"
    )
    team_ids = fields.Many2many("compliance.complaint.team", "compliance_sla_replay_team_rel", readonly=True)
    terms = fields.Boolean(readonly=True, help="Whether other policies may apply.")
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Done")], default="waiting", required=True, readonly=True, index=True
    )
    total = fields.Integer(string="Cases", readonly=True)
    done = fields.Integer(readonly=True)
    last_id = fields.Integer(readonly=True)
    progress = fields.Float(compute="_compute_progress")
    finished_at = fields.Datetime(readonly=True)

    @api.depends("total", "done", "state")
    def _compute_progress(self):
        for replay in self:
            replay.progress = 100 if replay.state == "done" else 100 * replay.done / max(replay.total, replay.done, 1)

    @api.model
    def _enqueue(self, calendars=None, company=None, teams=None, reason=None):
        """Has deadlines computed anew at the end of the transaction: at once if they are few, else by the job.

        :param calendars: of cases with these working hours; empty: whatever the hours. None: policies changed
        :param company: of this company only
        :param teams: of these teams only
        """
        precommit = self.env.cr.precommit
        pending = precommit.data.setdefault("crm_compliance.sla", [])
        if not pending:
            precommit.add(self._settle_pending)
        pending.append(
            {
                "terms": calendars is None,
                "calendar_ids": frozenset(calendars.ids if calendars else ()),
                "team_ids": frozenset(teams.ids if teams else ()),
                "company_id": company.id if company else False,
                "reason": reason or self.env._("Working hours"),
            }
        )

    @api.model
    def _settle_pending(self):
        """What was asked for in the transaction, everything once."""
        pending = self.env.cr.precommit.data.pop("crm_compliance.sla", ())
        wanted = {tuple(entry[name] for name in entry if name != "reason"): entry for entry in pending}
        replays = self.create(
            [
                {**entry, "calendar_ids": list(entry["calendar_ids"]), "team_ids": list(entry["team_ids"])}
                for entry in wanted.values()
            ]
        )
        replays._count_cases()
        for replay in replays.filtered(lambda replay: replay.total <= AT_ONCE):
            replay._process(AT_ONCE)
        if any(replay.state == "waiting" for replay in replays):
            self.env.ref("crm_compliance.ir_cron_sla_replay")._trigger()

    def _count_cases(self):
        """Notes how many cases there are to compute."""
        if not self:
            return
        counts = SQL(" UNION ALL ").join(
            SQL("SELECT %s, (SELECT COUNT(*) FROM (%s) cases)", replay.id, replay._get_cases_sql()) for replay in self
        )
        totals = dict(self.env.execute_query(counts))
        for replay in self:
            replay.total = totals[replay.id]

    def _get_cases_sql(self, limit=None):
        """SELECT of the next cases whose clocks run."""
        self.ensure_one()
        self.env["compliance.complaint"].flush_model(["state", "company_id", "team_id"])
        conditions = [SQL("complaint.id > %s", self.last_id)]
        if self.company_id:
            conditions.append(SQL("complaint.company_id = %s", self.company_id.id))
        if self.team_ids:
            conditions.append(SQL("complaint.team_id = ANY(%s)", self.team_ids.ids))
        clocks = SQL(
            "SELECT FROM compliance_sla_clock clock WHERE clock.complaint_id = complaint.id AND clock.is_open AND %s",
            SQL("clock.calendar_id = ANY(%s)", self.calendar_ids.ids) if self.calendar_ids else SQL("TRUE"),
        )
        return SQL(
            "SELECT complaint.id FROM compliance_complaint complaint WHERE %s AND (EXISTS (%s) OR %s)"
            " ORDER BY complaint.id LIMIT %s",
            SQL(" AND ").join(conditions),
            clocks,
            SQL("complaint.state IN ('new', 'acknowledged', 'investigating', 'solution_proposed')")
            if self.terms
            else SQL("FALSE"),
            limit,
        )

    def _process(self, batch_size=BATCH):
        """Computes the next cases anew.

        :return: how many
        """
        self.ensure_one()
        ids = [row[0] for row in self.env.execute_query(self._get_cases_sql(batch_size))]
        if ids:
            self.env["compliance.complaint"].browse(ids)._sync_clocks(reason=self.reason, terms=self.terms)
        values = {"done": self.done + len(ids), "last_id": ids[-1] if ids else self.last_id}
        if len(ids) < batch_size:
            values.update(state="done", finished_at=fields.Datetime.now(), total=values["done"])
        self.write(values)
        return len(ids)

    @api.model
    def _cron_process(self, batch_size=BATCH):
        """Works off what is waiting, oldest first."""
        cron = self.env["ir.cron"]
        while replay := self.search([("state", "=", "waiting")], order="id", limit=1):
            replay = replay.try_lock_for_update()
            if not replay:
                return
            # Hours may have changed since the last batch.
            self.env.cr.cache.pop("crm_compliance.timelines", None)
            done = replay._process(batch_size)
            remaining = max(replay.total - replay.done, 0)
            self.env.invalidate_all()
            if not cron._commit_progress(done, remaining=remaining):
                return

    @api.autovacuum
    def _gc_done(self):
        """Keeps three months."""
        self.search([("state", "=", "done"), ("finished_at", "<", "today -3m")]).unlink()

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Two workers look for warnings and escalations at the same time, in real processes on a real database."""

import threading
import time

CASES = 40
# Hours without an end, one service level to warn of and one that was missed, for every case of one team.
PREPARE = f"""
from odoo import fields
from odoo.fields import Command
company = env.ref("base.main_company")
always = env["resource.calendar"].create({{
    "name": "Always", "tz": "UTC", "attendance_ids": [
        Command.clear(), *[Command.create({{"name": "Day", "dayofweek": str(day), "hour_from": 0, "hour_to": 24}})
                           for day in range(7)]]}})
officer = env.ref("crm_compliance.user_officer_demo")
team = env["compliance.complaint.team"].create(
    {{"name": "At once", "company_id": company.id, "user_id": officer.id, "member_ids": officer.ids,
      "resource_calendar_id": always.id}})
env["compliance.sla.policy"].search([]).active = False
env["compliance.sla.policy"].create([
    {{"name": name, "target": "resolution", "limit": limit, "warn_percent": 50, "calendar_id": always.id,
      "domain": f"[('team_id', '=', {{team.id}})]"}}
    for name, limit in (("To warn of", 6), ("Missed", 2))])
received = fields.Datetime.subtract(fields.Datetime.now(), hours=4)
cases = env["compliance.complaint"].with_user(officer).create([
    {{"subject": f"Case {{number}}", "team_id": team.id, "date_received": received}} for number in range({CASES})])
result = team.id
"""
WORK = """
import time
clocks = env["compliance.sla.clock"]
model, told = env.registry["compliance.sla.clock"], []
inner = model._append_notices
def counted(self, kind):
    told.append(len(self))
    return inner(self, kind)
model._append_notices = counted
time.sleep(max(0, {moment} - time.time()))
clocks._cron_notify(batch_size=4)
result = sum(told)
"""
EVENTS = """
    SELECT event.kind, COUNT(*), COUNT(DISTINCT (event.complaint_id, event.policy_id))
      FROM compliance_sla_event event JOIN compliance_complaint complaint ON complaint.id = event.complaint_id
     WHERE complaint.team_id = %s AND event.kind IN ('warn', 'escalate')
  GROUP BY event.kind ORDER BY event.kind
"""
ACTIVITIES = """
    SELECT COUNT(*), COUNT(DISTINCT (activity.res_id, activity.summary))
      FROM mail_activity activity JOIN compliance_complaint complaint ON complaint.id = activity.res_id
     WHERE activity.res_model = 'compliance.complaint' AND complaint.team_id = %s
"""
MAILS = """
    SELECT COUNT(*), COUNT(DISTINCT (message.res_id, message.subject))
      FROM mail_mail mail JOIN mail_message message ON message.id = mail.mail_message_id
      JOIN compliance_sla_clock clock ON clock.id = message.res_id
      JOIN compliance_complaint complaint ON complaint.id = clock.complaint_id
     WHERE message.model = 'compliance.sla.clock' AND complaint.team_id = %s
"""


class TestNoticeConcurrency:
    def test_each_warning_once(self, server):
        database = server.copy(with_sales=False)
        workers = [server.session(database), server.session(database)]
        team = workers[0].run(PREPARE)
        workers[1].run("result = None")
        code, told = WORK.format(moment=time.time() + 1), []
        threads = [threading.Thread(target=lambda worker=worker: told.append(worker.run(code))) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert len(told) == 2
        assert all(told), "only one of them had anything to tell"
        expected = [(kind, CASES, CASES) for kind in ("escalate", "warn")]
        assert server.query(database, EVENTS, (team,)) == expected
        assert server.query(database, ACTIVITIES, (team,)) == [(2 * CASES, 2 * CASES)]
        assert server.query(database, MAILS, (team,)) == [(2 * CASES, 2 * CASES)]

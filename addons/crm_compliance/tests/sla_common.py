# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime

from odoo.fields import Command
from odoo.tests import freeze_time

from .complaint_common import ComplaintCommon

# (start, end) of a day in hours
OFFICE = ((9, 12), (13, 17))
DAY = ((9, 17),)


class SlaCommon(ComplaintCommon):
    """Service levels of the tests alone, on working hours in UTC. Monday is 2026-03-02."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policies = cls.env["compliance.sla.policy"]
        cls.policies.search([]).active = False
        cls.calendar = cls._calendar(DAY)
        cls.team.resource_calendar_id = cls.calendar
        cls.leader = cls.colleague
        cls.team.user_id = cls.leader
        cls.env.flush_all()
        cls.env.cr.precommit.run()

    def setUp(self):
        super().setUp()
        # Hours another test changed and rolled back.
        self.env.cr.cache.clear()

    @classmethod
    def _calendar(cls, spans, days=range(5), tz="UTC", **vals):
        return cls.env["resource.calendar"].create(
            {
                "name": "Test hours",
                "company_id": cls.company.id,
                "tz": tz,
                "attendance_ids": [
                    Command.create({"name": "Work", "dayofweek": str(day), "hour_from": start, "hour_to": end})
                    for day in days
                    for start, end in spans
                ],
                **vals,
            }
        )

    @classmethod
    def _policy(cls, target="resolution", limit=8, **vals):
        return cls.policies.create({"name": f"{target} {limit}", "target": target, "limit": limit, **vals})

    @classmethod
    def _at(cls, day, hour, minute=0):
        """Moment of March 2026."""
        return datetime(2026, 3, day, hour, minute)

    @classmethod
    def _opened(cls, day, hour, minute=0, user=None, **vals):
        """A complaint taken in at that moment."""
        with freeze_time(cls._at(day, hour, minute)):
            return cls._complaint(user, **vals)

    def _on(self, day, hour, minute=0):
        return freeze_time(self._at(day, hour, minute))

    def _settle(self):
        """What happens when a transaction ends."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def _clock(self, case, policy):
        return case.sudo().sla_clock_ids.filtered(lambda clock: clock.policy_id == policy)

    def _kinds(self, case):
        events = self.env["compliance.sla.event"].search([("complaint_id", "=", case.id)], order="id")
        return events.mapped("kind")

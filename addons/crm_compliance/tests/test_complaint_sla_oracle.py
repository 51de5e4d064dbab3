# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..tools import service_clock as sc
from .sla_common import SlaCommon

UTC = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)
ZONES = ("UTC", "Europe/Brussels", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Santiago")
# Weeks in which clocks change somewhere, and one in which they do not.
WEEKS = ((2026, 3, 5), (2026, 3, 25), (2026, 4, 2), (2026, 10, 22), (2026, 10, 30), (2026, 6, 10), (2026, 9, 3))
# Never within the hours that are skipped or come twice: what an hour that is not there means is Odoo's business.
SPANS = ((4, 24), (9, 17), (8.5, 12), (13, 17.75), (0, 24), (18, 23.5))


class Oracle:
    """Walks through local wall-clock minutes with zoneinfo; knows attendances and leaves, not intervals."""

    def __init__(self, zone, days, spans, leaves, pauses):
        self.zone = ZoneInfo(zone)
        self.days, self.spans, self.leaves, self.pauses = days, spans, leaves, pauses

    def works(self, moment):
        local = moment.replace(tzinfo=UTC).astimezone(self.zone)
        hour = local.hour + local.minute / 60
        return (
            local.weekday() in self.days
            and any(start <= hour < end for start, end in self.spans)
            and not any(start <= moment < end for start, end in self.leaves)
        )

    def days_of_work(self, start, minutes):
        """Local days on which somebody works at some minute."""
        moment = start - timedelta(days=2)
        found = set()
        while moment < start + timedelta(minutes=minutes, days=2):
            if self.works(moment):
                found.add(moment.replace(tzinfo=UTC).astimezone(self.zone).date())
            moment += MINUTE
        return found

    def walk(self, clock, start, limit, minutes):
        """:return: the deadline, or None if it is not within so many minutes"""
        days = self.days_of_work(start, minutes) if clock == "working_days_24h" else ()
        used, moment = 0, start
        for _minute in range(minutes):
            if clock == "working_hours":
                counts = self.works(moment)
            elif clock == "working_days_24h":
                counts = moment.replace(tzinfo=UTC).astimezone(self.zone).date() in days
            else:
                counts = True
            counts = counts and not any(begin <= moment < end for begin, end in self.pauses)
            if used == limit and (limit or counts):
                return moment
            used += counts
            moment += MINUTE
        return None


@tagged("post_install", "-at_install")
class TestComplaintSlaOracle(SlaCommon):
    @given(
        zone=st.sampled_from(ZONES),
        days=st.sets(st.integers(0, 6), min_size=1),
        spans=st.sampled_from([(SPANS[0],), (SPANS[1],), SPANS[2:4], (SPANS[4],), (*SPANS[2:4], SPANS[5])]),
        week=st.sampled_from(WEEKS),
        offset=st.integers(0, 4 * 24 * 60),
        clock=st.sampled_from(sc.CLOCKS),
        limit=st.integers(0, 30 * 60),
        leave=st.none() | st.tuples(st.integers(0, 5000), st.integers(1, 3000)),
        pauses=st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 1500)), max_size=3),
    )
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_against_minutes(self, zone, days, spans, week, offset, clock, limit, leave, pauses):
        monday = datetime(*week)

        def span(pair):
            return monday + pair[0] * MINUTE, monday + sum(pair) * MINUTE

        calendar = self._calendar(spans, days=sorted(days), tz=zone)
        leaves = [span(leave)] if leave else []
        self.env["resource.calendar.leaves"].create(
            [{"name": "Leave", "calendar_id": calendar.id, "date_from": a, "date_to": b} for a, b in leaves]
        )
        pauses = [span(pair) for pair in pauses]
        start = monday + offset * MINUTE
        expected = Oracle(zone, days, spans, leaves, pauses).walk(clock, start, limit, 12 * 24 * 60)
        line = self.env["resource.calendar"]._get_service_timeline(clock, calendar.id, self.company.id)
        stops = [(sc.to_epoch(a), sc.to_epoch(b)) for a, b in pauses]
        due = sc.from_epoch(sc.add(line, sc.to_epoch(start), limit * 60, stops))
        if expected is not None:
            self.assertEqual(due, expected)
        else:
            self.assertGreaterEqual(due, start + 12 * 24 * 60 * MINUTE)

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

    def is_time(self, weekday, hour):
        return weekday in self.days and any(start <= hour < end for start, end in self.spans)

    def works(self, moment):
        local = moment.replace(tzinfo=UTC).astimezone(self.zone)
        return self.is_time(local.weekday(), local.hour + local.minute / 60) and not any(
            start <= moment < end for start, end in self.leaves
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


class FlexibleOracle(Oracle):
    """So many hours a day, centred on noon, from Monday on until so many hours a week are full."""

    def __init__(self, zone, daily, weekly, leaves, pauses):
        super().__init__(zone, (), (), leaves, pauses)
        self.daily, self.weekly = daily, weekly

    def is_time(self, weekday, hour):
        hours = min(self.daily, self.weekly - weekday * self.daily)
        return abs(hour + 1 / 120 - 12) < hours / 2


@tagged("post_install", "-at_install")
class TestComplaintSlaOracle(SlaCommon):
    def _check(self, calendar, oracle, week, offset, clock, limit):
        """Compares a deadline in working hours with what an oracle counts."""
        self.env["resource.calendar.leaves"].create(
            [{"name": "Leave", "calendar_id": calendar.id, "date_from": a, "date_to": b} for a, b in oracle.leaves]
        )
        start = datetime(*week) + offset * MINUTE
        expected = oracle.walk(clock, start, limit, 12 * 24 * 60)
        line = self.env["resource.calendar"]._get_service_timeline(clock, calendar.id, self.company.id)
        stops = [(sc.to_epoch(a), sc.to_epoch(b)) for a, b in oracle.pauses]
        due = sc.from_epoch(sc.add(line, sc.to_epoch(start), limit * 60, stops))
        if expected is not None:
            self.assertEqual(due, expected)
        else:
            self.assertGreaterEqual(due, start + 12 * 24 * 60 * MINUTE)

    def _spans(self, week, pairs):
        return [(datetime(*week) + begin * MINUTE, datetime(*week) + (begin + long) * MINUTE) for begin, long in pairs]

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
        calendar = self._calendar(spans, days=sorted(days), tz=zone)
        leaves, pauses = self._spans(week, [leave] if leave else []), self._spans(week, pauses)
        self._check(calendar, Oracle(zone, days, spans, leaves, pauses), week, offset, clock, limit)

    @given(
        zone=st.sampled_from(ZONES),
        # full days, a last one of fewer hours, and more days than a week has
        hours=st.sampled_from([(8, 40), (7.5, 37.5), (8, 36), (10, 25), (24, 168), (24, 120), (6, 60)]),
        week=st.sampled_from(WEEKS),
        offset=st.integers(0, 4 * 24 * 60),
        clock=st.sampled_from(sc.CLOCKS),
        limit=st.integers(0, 30 * 60),
        leave=st.none() | st.tuples(st.integers(0, 5000), st.integers(1, 3000)),
        pauses=st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 1500)), max_size=3),
    )
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_flexible_against_minutes(self, zone, hours, week, offset, clock, limit, leave, pauses):
        daily, weekly = hours
        calendar = self._calendar((), schedule_type="flexible", hours_per_day=daily, hours_per_week=weekly, tz=zone)
        leaves, pauses = self._spans(week, [leave] if leave else []), self._spans(week, pauses)
        self._check(calendar, FlexibleOracle(zone, daily, weekly, leaves, pauses), week, offset, clock, limit)

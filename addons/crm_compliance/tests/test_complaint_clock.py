# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The clock functions: cases counted by hand, and against an oracle that walks minute by minute."""

from datetime import datetime, timedelta

import pytz
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools import service_clock as sc

HOUR = 3600
# Monday
WEEK = datetime(2026, 1, 5)


def week(*spans, weeks=8):
    """Timeline of Monday to Friday with the same hours every day, from 2026-01-05 on."""
    days = (WEEK + timedelta(days=day) for day in range(7 * weeks))
    return sc.Timeline(
        (sc.to_epoch(day) + start * HOUR, sc.to_epoch(day) + stop * HOUR)
        for day in days
        if day.weekday() < 5
        for start, stop in spans
    )


def at(day, hour, minute=0):
    """Instant by weekday (0 = Monday of the first week) and time."""
    return sc.to_epoch(WEEK + timedelta(days=day, hours=hour, minutes=minute))


@tagged("post_install", "-at_install")
class TestServiceClock(BaseCase):
    def test_weekend(self):
        self.assertEqual(sc.add(week((9, 17)), at(4, 16, 30), HOUR), at(7, 9, 30))

    def test_overnight_and_warning(self):
        line = week((8, 18))
        self.assertEqual(sc.add(line, at(0, 17), 4 * HOUR), at(1, 11))
        self.assertEqual(sc.warning(line, at(0, 17), 4 * HOUR, HOUR), at(1, 10))
        self.assertEqual(sc.warning(line, at(0, 17), 4 * HOUR, 3 * HOUR), at(1, 8), "not when all go home")
        self.assertEqual(sc.warning(line, at(0, 17), 4 * HOUR, 9 * HOUR), at(0, 17), "not before the start")

    def test_end_of_day(self):
        line = week((9, 17))
        self.assertEqual(sc.add(line, at(4, 16, 30), HOUR // 2), at(4, 17))
        self.assertEqual(sc.add(line, at(0, 9), 8 * HOUR), at(0, 17))
        self.assertEqual(sc.add(line, at(0, 9), 8 * HOUR + 60), at(1, 9, 1))

    def test_start_outside_hours(self):
        line = week((9, 12), (13, 17))
        self.assertEqual(sc.add(line, at(5, 3), HOUR), at(7, 10))
        self.assertEqual(sc.add(line, at(0, 12, 20), HOUR), at(0, 14))
        self.assertEqual(sc.add(line, at(0, 11, 30), HOUR), at(0, 13, 30))
        self.assertEqual(sc.elapsed(line, at(5, 3), at(7, 10)), HOUR)

    def test_zero_limit(self):
        line = week((9, 17))
        self.assertEqual(sc.add(line, at(1, 10), 0), at(1, 10))
        self.assertEqual(sc.add(line, at(5, 10), 0), at(7, 9), "nothing is due while nobody works")
        self.assertEqual(sc.add(line, at(1, 17), 0), at(2, 9))
        self.assertEqual(sc.add(line, at(1, 10), 0, [(at(1, 9), at(1, 12))]), at(1, 12))
        self.assertIsNone(sc.warning(line, at(1, 10), 0, HOUR))

    def test_pauses(self):
        line = week((9, 17))
        self.assertEqual(sc.add(line, at(0, 9), 4 * HOUR, [(at(0, 10), at(0, 12))]), at(0, 15))
        self.assertEqual(sc.add(line, at(0, 9), 4 * HOUR, [(at(0, 18), at(1, 9))]), at(0, 13), "after the deadline")
        overlapping = [(at(0, 11), at(0, 12)), (at(0, 10), at(0, 11, 30)), (at(0, 10), at(0, 10))]
        self.assertEqual(sc.add(line, at(0, 9), 4 * HOUR, overlapping), at(0, 15))
        self.assertEqual(sc.elapsed(line, at(0, 9), at(0, 13), overlapping), 2 * HOUR)
        self.assertIsNone(sc.add(line, at(0, 9), 4 * HOUR, [(at(0, 10), None)]))
        self.assertEqual(sc.add(line, at(0, 9), HOUR, [(at(0, 10), None)]), at(0, 10), "used up as the pause begins")
        self.assertIsNone(sc.add(line, at(0, 9), 1, [(at(0, 9), None)]))
        self.assertEqual(sc.elapsed(line, at(0, 9), at(3, 9), [(at(0, 10), None)]), HOUR)

    def test_elapsed_backwards(self):
        self.assertEqual(sc.elapsed(week((9, 17)), at(1, 9), at(0, 9)), 0)

    def test_no_working_time(self):
        for line in (sc.Timeline(), sc.Timeline(load=lambda year: [])):
            with self.assertRaisesRegex(sc.NoWorkingTimeError, "not enough working time"):
                sc.add(line, at(0, 9), HOUR)
            self.assertEqual(sc.elapsed(line, at(0, 9), at(3, 9)), 0)

    def test_an_hour_a_year(self):
        """A limit that would need a century ends with the same sentence."""
        line = sc.Timeline(
            load=lambda year: [(sc.to_epoch(datetime(year, 6, 1, 9)), sc.to_epoch(datetime(year, 6, 1, 10)))]
        )
        self.assertEqual(sc.add(line, at(0, 9), 3 * HOUR), sc.to_epoch(datetime(2028, 6, 1, 10)))
        with self.assertRaises(sc.NoWorkingTimeError):
            sc.add(line, at(0, 9), 100 * HOUR)

    def test_whole_days(self):
        """24 hours per working day: from Friday 16:30 to Monday 16:30."""
        zone = pytz.timezone("Europe/Brussels")
        spans = [
            (zone.localize(datetime(2026, 1, 9, 9)), zone.localize(datetime(2026, 1, 9, 17))),
            (zone.localize(datetime(2026, 1, 12, 9)), zone.localize(datetime(2026, 1, 13))),
        ]
        days = sc.whole_days(spans)
        self.assertEqual(
            [(sc.from_epoch(start), sc.from_epoch(stop)) for start, stop in days],
            [
                (datetime(2026, 1, 8, 23), datetime(2026, 1, 9, 23)),
                (datetime(2026, 1, 11, 23), datetime(2026, 1, 12, 23)),
            ],
        )
        start = sc.to_epoch(datetime(2026, 1, 9, 15, 30))
        self.assertEqual(sc.from_epoch(sc.add(sc.Timeline(days), start, 24 * HOUR)), datetime(2026, 1, 12, 15, 30))

    def test_midnight(self):
        """Where clocks jump over midnight, or strike it twice, a day still begins once."""
        jump = pytz.timezone("America/Santiago")
        self.assertEqual(sc.from_epoch(sc.midnight(datetime(2026, 9, 6).date(), jump)), datetime(2026, 9, 6, 4))
        twice = pytz.timezone("America/Havana")
        self.assertEqual(sc.from_epoch(sc.midnight(datetime(2026, 11, 1).date(), twice)), datetime(2026, 11, 1, 4))

    def test_office_hours(self):
        """Clocks that run at night do not warn at night."""
        working = week((9, 17))
        self.assertEqual(sc.office_hours(working, at(1, 2), at(1, 12), at(0, 12)), at(1, 9))
        self.assertEqual(sc.office_hours(working, None, at(1, 12), at(0, 12)), None)
        # due before anybody comes: an hour of work before they left
        self.assertEqual(sc.office_hours(working, at(1, 2), at(1, 8), at(0, 12)), at(0, 16))
        self.assertEqual(sc.office_hours(working, at(1, 2), at(1, 8), at(0, 16, 30)), at(0, 16, 30))
        self.assertIsNone(sc.office_hours(working, at(5, 12), at(6, 12), at(5, 8)), "nobody works at the weekend")


# -------------------------------------------------------------------------
# ORACLE
# -------------------------------------------------------------------------

MINUTE = 60
SPAN = 4 * 24 * 60  # minutes of the little world the oracle walks through

intervals = st.lists(
    st.tuples(st.integers(0, SPAN), st.integers(1, 600)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=8
)


def in_any(minute, spans):
    return any(start <= minute and (stop is None or minute < stop) for start, stop in spans)


class Walker:
    """Walks minute by minute, knowing nothing of positions."""

    def __init__(self, working, pauses):
        self.counts = [in_any(minute, working) and not in_any(minute, pauses) for minute in range(SPAN + 700)]

    def add(self, start, limit):
        used = 0
        for minute in range(start, len(self.counts)):
            if used == limit and (limit or self.counts[minute]):
                return minute
            used += self.counts[minute]
        return len(self.counts) if used == limit and limit else None

    def warning(self, start, limit, ahead):
        used = 0
        for minute in range(start, len(self.counts)):
            if self.counts[minute] and used >= max(limit - ahead, 0):
                return minute
            used += self.counts[minute]
        return None

    def elapsed(self, start, end):
        return sum(self.counts[start:end])


def seconds(spans):
    return [(start * MINUTE, None if stop is None else stop * MINUTE) for start, stop in spans]


@tagged("post_install", "-at_install")
class TestServiceClockOracle(BaseCase):
    @given(
        working=intervals,
        pauses=intervals,
        endless=st.none() | st.integers(0, SPAN),
        start=st.integers(0, SPAN),
        limit=st.integers(0, 900),
        ahead=st.integers(1, 900),
        length=st.integers(0, SPAN),
    )
    @settings(max_examples=300, deadline=None, database=None)
    def test_against_minutes(self, working, pauses, endless, start, limit, ahead, length):
        pauses = pauses + ([(endless, None)] if endless is not None else [])
        line, walker = sc.Timeline(seconds(working)), Walker(working, pauses)
        # order must not matter
        args = line, start * MINUTE
        self.assertEqual(
            self._try(sc.add, *args, limit * MINUTE, seconds(pauses)), self._scale(walker.add(start, limit))
        )
        expected = walker.warning(start, limit, ahead) if limit else None
        warned = self._try(sc.warning, *args, limit * MINUTE, ahead * MINUTE, seconds(pauses)[::-1])
        self.assertEqual(warned, self._scale(expected))
        end = min(start + length, SPAN)
        self.assertEqual(sc.elapsed(*args, end * MINUTE, seconds(pauses)), MINUTE * walker.elapsed(start, end))

    @given(start=st.integers(0, SPAN), limit=st.integers(1, 2000), pauses=intervals)
    @settings(max_examples=100, deadline=None, database=None)
    def test_round_trip(self, start, limit, pauses):
        """As much is used at the deadline as the limit says, and not before."""
        line = week((9, 12), (13, 17))
        start, pauses = at(0, 0) + start * MINUTE, [(at(0, 0) + a, at(0, 0) + b) for a, b in seconds(pauses)]
        due = sc.add(line, start, limit * MINUTE, pauses)
        self.assertEqual(sc.elapsed(line, start, due, pauses), limit * MINUTE)
        self.assertEqual(sc.elapsed(line, start, due - 1, pauses), limit * MINUTE - 1)

    def _scale(self, minute):
        return None if minute is None else minute * MINUTE

    def _try(self, function, *args):
        try:
            return function(*args)
        except sc.NoWorkingTimeError:
            return None

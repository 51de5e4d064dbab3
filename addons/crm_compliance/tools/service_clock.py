# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Clocks of service levels: pure functions over the time that counts.

An instant is a whole number of seconds since 1970 in UTC (``to_epoch``), so time zones and daylight saving are settled
where the intervals are made. What counts is a ``Timeline``: it says how many counted seconds lie before an instant
(its *position*) and which instant belongs to a position. Everything else follows from these two.

Three clocks:

``working_hours``
    Seconds inside working intervals count.
``working_days_24h``
    Every second of a working day counts: the whole day, midnight to midnight in the calendar's time zone, if any
    working time is left on it after breaks and leaves. 24 hours from Friday 16:30 end on Monday 16:30.
    The day on which clocks are put forward has 23 hours, and counts as such.
``calendar``
    Every second counts.

Rules on the edges:

* An amount ends at the *first* instant at which it is used up: Friday 16:30 plus 30 minutes is Friday 17:00.
* A warning, and an amount of zero, fall on the first instant *from which on* counted time follows, for that is when
  somebody can act: an hour before Tuesday 09:00 is Tuesday 08:00, not Monday 18:00.
* Pauses are half-open intervals ``(start, stop)``; ``stop`` is None while the pause lasts. They may overlap.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate

EPOCH = datetime(1970, 1, 1)
SECOND = timedelta(seconds=1)
DAY = 86400
CLOCKS = ("working_hours", "working_days_24h", "calendar")
# Calendars that leave this many years in a row without working time have none.
EMPTY_YEARS = 5
# No service level reaches further.
MAX_YEARS = 50

Interval = tuple[int, int]
Pause = tuple[int, int | None]


class NoWorkingTimeError(ValueError):
    """The time that was asked for never comes: the calendar has no, or not enough, working time."""


def to_epoch(moment: datetime) -> int:
    """Instant of a naive datetime in UTC; fractions of a second are dropped."""
    return (moment - EPOCH) // SECOND


def from_epoch(instant: int) -> datetime:
    """Naive datetime in UTC of an instant."""
    return EPOCH + timedelta(seconds=instant)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Intervals in order, without empty ones, overlapping and adjacent ones joined."""
    merged: list[Interval] = []
    for start, stop in sorted(intervals):
        if start >= stop:
            continue
        if merged and start <= merged[-1][1]:
            if stop > merged[-1][1]:
                merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged


class Elapsed:
    """The clock that always runs."""

    def cover(self, instant: int) -> None:
        pass

    def position(self, instant: int) -> int:
        return instant

    def instant(self, position: int, late: bool = False) -> int:
        return position

    def is_open(self, instant: int) -> bool:
        return True

    def next_open(self, instant: int) -> int:
        return instant


class Timeline:
    """Counted time as a sorted list of disjoint intervals, with the sum of all before each.

    :param intervals: counted time, if it is known beforehand
    :param load: function that gives the counted time of a year (of whatever time zone); years are loaded as needed
    """

    def __init__(self, intervals: Iterable[Interval] = (), load: Callable[[int], Iterable[Interval]] | None = None):
        self._load = load
        self._years: dict[int, list[Interval]] = {}
        self._set(merge(intervals))

    def _set(self, intervals):
        self._starts = [start for start, _stop in intervals]
        self._ends = [stop for _start, stop in intervals]
        # _sums[i]: counted seconds up to the end of interval i
        self._sums = list(accumulate(stop - start for start, stop in intervals))

    def cover(self, instant: int) -> None:
        """Load the years around an instant, and all between them and those that are there.

        Earlier years move all positions: cover the earliest instant first.
        """
        if not self._load:
            return
        first, last = ((EPOCH + timedelta(seconds=instant + shift)).year for shift in (-DAY, DAY))
        if first in self._years and last in self._years:
            return
        self._cover_years(min(first, *self._years) if self._years else first, max([last, *self._years]))

    def _cover_years(self, first, last):
        for year in range(first, last + 1):
            if year not in self._years:
                self._years[year] = list(self._load(year))
        self._set(merge(interval for year in sorted(self._years) for interval in self._years[year]))

    def _extend(self):
        """Load the next year.

        :raises NoWorkingTimeError: if there have been none for too long
        """
        years = sorted(self._years)
        recent = years[-EMPTY_YEARS:]
        idle = len(recent) == EMPTY_YEARS and not any(self._years[year] for year in recent)
        if not years or idle or len(years) >= MAX_YEARS:
            raise NoWorkingTimeError("There is not enough working time in these working hours for a deadline.")
        self._cover_years(years[0], years[-1] + 1)

    def position(self, instant: int) -> int:
        """Counted seconds before an instant."""
        self.cover(instant)
        index = bisect_right(self._starts, instant) - 1
        if index < 0:
            return 0
        return self._sums[index] - max(self._ends[index] - instant, 0)

    def instant(self, position: int, late: bool = False) -> int:
        """The instant of a position: the first one, or (late) the one from which counted time goes on.

        :raises NoWorkingTimeError: if there is none
        """
        search = bisect_right if late else bisect_left
        while (index := search(self._sums, position)) == len(self._sums):
            self._extend()
        return self._ends[index] - (self._sums[index] - position)

    def is_open(self, instant: int) -> bool:
        """Whether time counts at an instant."""
        self.cover(instant)
        index = bisect_right(self._starts, instant) - 1
        return index >= 0 and instant < self._ends[index]

    def next_open(self, instant: int) -> int:
        """The instant itself if time counts then, else the next one at which it does.

        :raises NoWorkingTimeError: if there is none
        """
        return self.instant(self.position(instant), late=True)


def whole_days(intervals: Iterable[tuple[datetime, datetime]]) -> list[Interval]:
    """The days, midnight to midnight, on which there is working time.

    :param intervals: working time as datetimes with a time zone of pytz, in which the days are meant
    """
    days = set()
    for start, stop in intervals:
        day, last = start.date(), (stop - timedelta(microseconds=1)).date()
        while day <= last:
            days.add((day, start.tzinfo.zone, start.tzinfo))
            day += timedelta(days=1)
    by_day = {day: zone for day, _name, zone in days}
    return merge((midnight(day, zone), midnight(day + timedelta(days=1), zone)) for day, zone in by_day.items())


def midnight(day, zone) -> int:
    """The first instant of a day in a time zone of pytz: of two midnights the first, or a jump over midnight."""
    naive = datetime(day.year, day.month, day.day)
    for is_dst in (True, False):
        moment = zone.normalize(zone.localize(naive, is_dst=is_dst))
        if moment.date() == day:
            break
    return to_epoch(moment.replace(tzinfo=None) - moment.utcoffset())


def running_spans(start: int, pauses: Iterable[Pause] = ()) -> Iterator[Pause]:
    """The spans from an instant on that are not paused; the last one ends at None unless a pause lasts."""
    begin = start
    for pause, resume in sorted(pauses, key=lambda pause: pause[0]):
        if resume is not None and resume <= max(begin, pause):
            continue
        if pause > begin:
            yield begin, pause
        if resume is None:
            return
        begin = resume
    yield begin, None


def _reach(timeline, start, amount, pauses, late):
    for begin, end in running_spans(start, pauses):
        position = timeline.position(begin)
        if end is None:
            return timeline.instant(position + amount, late)
        available = timeline.position(end) - position
        if amount < available or (amount == available and not late):
            return timeline.instant(position + amount, late)
        amount -= available
    return None


def add(timeline, start: int, amount: int, pauses: Iterable[Pause] = ()) -> int | None:
    """The deadline: the first instant at which the amount is used up.

    :param amount: counted seconds, not negative; zero is due as soon as time counts
    :return: None while a pause lasts that the amount does not end before
    :raises NoWorkingTimeError: if it never comes
    """
    return _reach(timeline, start, amount, pauses, late=not amount)


def elapsed(timeline, start: int, end: int, pauses: Iterable[Pause] = ()) -> int:
    """Counted seconds between two instants, without pauses; 0 if the end is before the start."""
    total = 0
    for begin, stop in running_spans(start, pauses):
        if begin >= end:
            break
        total += timeline.position(end if stop is None else min(stop, end)) - timeline.position(begin)
    return total


def warning(timeline, start: int, amount: int, ahead: int, pauses: Iterable[Pause] = ()) -> int | None:
    """The instant so many counted seconds before the deadline at which somebody can still act.

    :param ahead: counted seconds; no warning comes before the start
    :return: None while a pause lasts that begins before it, and if nothing is left to warn of
    """
    if ahead <= 0 or amount <= 0:
        return None
    return _reach(timeline, start, max(amount - ahead, 0), pauses, late=True)


def office_hours(working, warn: int | None, deadline: int, start: int, ahead: int = 3600) -> int | None:
    """A warning moved into working hours, for clocks that also run outside them.

    It waits for the next working time; if the deadline comes first, it is brought forward to an hour of work before it.

    :param working: Timeline of the working hours
    :return: None if nobody works between start and deadline
    """
    if warn is None:
        return None
    opening = working.next_open(warn)
    if opening < deadline:
        return opening
    first, last = working.position(start), working.position(deadline)
    if first == last:
        return None
    return working.instant(max(last - ahead, first), late=True)

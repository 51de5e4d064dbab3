# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from collections import defaultdict
from datetime import datetime, timedelta

import pytz

from odoo import api, models
from odoo.tools import ormcache
from odoo.tools.date_utils import float_to_time
from odoo.tools.intervals import Intervals

from ...tools import service_clock

# What intervals are made of; the rest of a calendar is for people.
SHAPE = {
    "tz",
    "two_weeks_calendar",
    "schedule_type",
    "flexible_hours",
    "duration_based",
    "full_time_required_hours",
    "hours_per_day",
    "hours_per_week",
}
# Shorter pieces of working time are rounding: a leave until 23:59:59 leaves a second of its last day.
SHORTEST = 60


class ResourceCalendar(models.Model):
    """Working hours as the time line of service levels."""

    _inherit = "resource.calendar"

    def write(self, vals):
        """Deadlines follow."""
        result = super().write(vals)
        if SHAPE & set(vals):
            self._after_service_hours_change()
        return result

    @api.model
    def _get_service_timeline(self, clock, calendar_id, company_id):
        """What counts for a clock, kept for the transaction.

        :param str clock: one of ``service_clock.CLOCKS``
        :param calendar_id: int; without working hours every second counts
        :param int company_id: whose holidays count, where the calendar belongs to no company
        """
        if clock == "calendar" or not calendar_id:
            return self._get_service_timelines().setdefault("always", service_clock.Elapsed())
        timelines = self._get_service_timelines()
        key = clock, calendar_id, company_id
        if key not in timelines:
            years = self.sudo().browse(calendar_id)._get_service_year
            position = service_clock.CLOCKS.index(clock)
            timelines[key] = service_clock.Timeline(load=lambda year: years(company_id, year)[position])
        return timelines[key]

    @api.model
    def _get_service_timelines(self):
        return self.env.cr.cache.setdefault("crm_compliance.timelines", {})

    @ormcache("self.id", "company_id", "year")
    def _get_service_year(self, company_id, year):
        """Working time, and the days on which there is any, of a year in the calendar's time zone.

        :return: two tuples of (start, stop) as instants
        """
        calendar = self.sudo()
        tz = pytz.timezone(calendar.tz or "UTC")
        start, stop = (tz.localize(datetime(number, 1, 1)) for number in (year, year + 1))
        company_ids = [False, calendar.company_id.id or company_id]
        leaves = [("time_type", "=", "leave"), ("company_id", "in", company_ids)]
        work = calendar._get_service_hours(start, stop, tz)
        work -= calendar._leave_intervals_batch(start, stop, domain=leaves, tz=tz)[False]
        work = [(begin, end) for begin, end, _records in work if (end - begin).total_seconds() >= SHORTEST]
        instants = [(self._round_service_instant(begin), self._round_service_instant(end)) for begin, end in work]
        return tuple(service_clock.merge(instants)), tuple(service_clock.whole_days(work))

    def _get_service_hours(self, start, stop, tz):
        """Working time without regard to leaves, as intervals of Odoo.

        Hours that do not say when anybody works are all hours: a promise falls due whatever the set-up. Flexible ones
        say how much is worked in a day and in a week: Odoo begins their weeks on the day it is asked from, here they
        begin on Monday.
        """
        if not self._has_service_hours():
            return Intervals([(start, stop, self)])
        if not self.flexible_hours:
            breaks = self._attendance_intervals_batch(start, stop, tz=tz, lunch=True)[False]
            return self._attendance_intervals_batch(start, stop, tz=tz)[False] - breaks
        hours = dict(enumerate(self._get_flexible_days()))
        days = (start.date() + timedelta(days=number) for number in range((stop.date() - start.date()).days))
        return Intervals(
            [
                (*(tz.localize(datetime.combine(day, float_to_time(12 + side))) for side in (-half, half)), self)
                for day in days
                if (half := hours.get(day.weekday(), 0) / 2)
            ]
        )

    def _has_service_hours(self):
        """Whether it is said at all how much or when people work."""
        if self.flexible_hours:
            return self.hours_per_day > 0
        return any(
            not attendance.display_type and attendance.day_period != "lunch" for attendance in self.attendance_ids
        )

    def _get_flexible_days(self):
        """:return: hours that count on the days of a week, from Monday on until those of the week are used up; on every
        day where a week has no limit
        """
        daily = min(self.hours_per_day, 24)
        weekly = self.hours_per_week or self.full_time_required_hours or 7 * daily
        return [min(daily, weekly - day * daily) for day in range(7) if weekly > day * daily]

    def _describe_service_hours(self):
        """:return: how hours are counted that do not say when people work, False for all others"""
        calendar = self.sudo()
        if calendar and not calendar._has_service_hours():
            return self.env._("%s does not say when people work: every hour of every day counts.", calendar.name)
        if not calendar.flexible_hours:
            return False
        return self.env._(
            "%(hours)s is flexible: %(daily)g hours around noon count, on %(days)s days of the week from Monday on.",
            hours=calendar.name,
            daily=min(calendar.hours_per_day, 24),
            days=len(calendar._get_flexible_days()),
        )

    @api.model
    def _round_service_instant(self, moment):
        """To the second: 24:00 is 23:59:59.999999 to Odoo."""
        return round(moment.timestamp())

    def _after_service_hours_change(self):
        """Forgets what was computed and has the deadlines of open cases computed anew. On no calendar: on all."""
        self.env.registry.clear_cache()
        self.env.cr.cache.pop("crm_compliance.timelines", None)
        self.env["compliance.sla.replay"].sudo()._enqueue(calendars=self)

    @api.model
    def _has_service_time(self, pairs):
        """:param pairs: (calendar, company)
        :return: {pair: whether there is working time in the years ahead}
        """
        found = defaultdict(bool)
        now = service_clock.to_epoch(datetime.now())
        for calendar, company in pairs:
            try:
                self._get_service_timeline("working_hours", calendar.id, company.id).next_open(now)
                found[calendar, company] = calendar.sudo()._has_service_hours()
            except service_clock.NoWorkingTimeError:
                found[calendar, company] = False
        return found

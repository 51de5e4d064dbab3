# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Replay of a case's service-level ledger: what its clocks show follows from the events alone.

An event is a tuple ``(kind, date, target, policy_id, details)``: ``date`` is an instant (see ``service_clock``),
``target`` what a ``meet`` met or whom a ``pause`` waits for, ``details`` a dict or None:

=========  =====================================================================================
start      the case came in; ``details["terms"]`` holds what each policy promises, by policy id
change     other terms from now on, for the same reason in the same place
pause      we wait for the customer or a third party; a pause follows a pause if that changes
resume     we do not wait any more
meet       a target is reached
reopen     a resolved or cancelled case goes on
cancel     the case was none, or went into another one
due        somebody set the deadline of a policy by hand (``details["deadline"]``, None: withdrawn)
warn       the owner was warned; like the next two a note of what happened, nothing follows from it
breach     a deadline passed
escalate   the leader was told
=========  =====================================================================================

Terms of a policy: ``{"target", "clock", "limit" (seconds), "warn" (seconds before the deadline), "calendar" (id or
None), "pause" (list of whom it waits for), "restart" (whether the limit starts anew when the case is reopened)}``.
"""

from dataclasses import dataclass, field

from . import service_clock as sc

# Whoever reaches one of these has reached those before it as well.
CHAIN = ("acknowledge", "first_response", "answer", "resolution")
# What a reopened case has to reach again.
RESET = ("resolution", "follow_up")
# Waiting for others is no excuse for never having answered.
PAUSABLE = ("answer", "resolution", "follow_up")


@dataclass
class Case:
    """What the ledger says about a case."""

    start: int | None = None
    terms: dict = field(default_factory=dict)
    # (instant from which on they hold, terms)
    history: list = field(default_factory=list)
    # (start, stop or None, whom we waited for)
    pauses: list = field(default_factory=list)
    # spans in which the case was resolved or cancelled
    gaps: list = field(default_factory=list)
    waiting: str | None = None
    met: dict = field(default_factory=dict)
    cancelled: int | None = None
    reopened: int | None = None
    manual: dict = field(default_factory=dict)
    warned: set = field(default_factory=set)
    escalated: set = field(default_factory=set)

    def apply(self, kind, date, target=None, policy=None, details=None):
        """Take in the next event."""
        getattr(self, f"_apply_{kind}")(date, target, policy, details)

    def _apply_start(self, date, _target, _policy, details):
        self.start = date
        self._set_terms(date, details)

    def _apply_change(self, date, _target, _policy, details):
        self._set_terms(date, details)

    def _set_terms(self, date, details):
        if not details or "terms" not in details:
            return
        terms = details["terms"]
        if any(isinstance(policy, str) for policy in terms):
            terms = parse_terms(terms)
        for policy, promise in self.terms.items():
            if terms.get(policy) != promise:
                self._forget_notices(policy)
        self.terms = terms
        self.history.append((date, terms))

    def _apply_pause(self, date, target, _policy, _details):
        self._stop_waiting(date)
        self.pauses.append((date, None, target))
        self.waiting = target

    def _apply_resume(self, date, _target, _policy, _details):
        self._stop_waiting(date)

    def _stop_waiting(self, date):
        if self.waiting:
            begin, _stop, target = self.pauses[-1]
            self.pauses[-1] = (begin, date, target)
            self.waiting = None

    def _apply_meet(self, date, target, _policy, _details):
        self.met[target] = date
        if target in CHAIN:
            for earlier in CHAIN[: CHAIN.index(target)]:
                self.met.setdefault(earlier, date)
        if target == "resolution":
            self._stop_waiting(date)

    def _apply_cancel(self, date, _target, _policy, _details):
        self.cancelled = date
        self._stop_waiting(date)

    def _apply_reopen(self, date, _target, _policy, _details):
        since = self.cancelled if self.cancelled is not None else self.met.get("resolution")
        if since is not None:
            self.gaps.append((since, date))
        if self.cancelled is None:
            self.reopened = date
        for target in RESET:
            self.met.pop(target, None)
        self.cancelled = None
        for policy, promise in self.terms.items():
            if promise["target"] in RESET:
                self._forget_notices(policy)

    def _apply_due(self, _date, _target, policy, details):
        self.manual.pop(policy, None)
        if details.get("deadline") is not None:
            self.manual[policy] = details["deadline"]
        self._forget_notices(policy)

    def _apply_warn(self, _date, _target, policy, _details):
        self.warned.add(policy)

    def _apply_breach(self, _date, _target, policy, _details):
        pass

    def _apply_escalate(self, _date, _target, policy, _details):
        self.escalated.add(policy)

    def _forget_notices(self, policy):
        """Another deadline is warned of anew."""
        self.warned.discard(policy)
        self.escalated.discard(policy)

    def get_key(self):
        """What the clocks follow from, for telling cases that are alike. Terms are told by identity: the key is good as
        long as the cases compared are there.
        """
        return (
            self.start,
            *((date, id(terms)) for date, terms in self.history),
            tuple(self.pauses),
            tuple(self.gaps),
            tuple(self.met.items()),
            self.cancelled,
            self.reopened,
            tuple(self.manual.items()),
            frozenset(self.warned),
            frozenset(self.escalated),
        )

    @property
    def resolved(self):
        """When the case was resolved; None if it is not."""
        return self.met.get("resolution")

    def get_policies(self):
        """All policies that ever promised something."""
        if len(self.history) == 1:
            return self.terms
        return dict.fromkeys(policy for _date, terms in self.history for policy in terms)

    def get_promise(self, policy):
        """The terms of a policy that count, and whether they still hold: what was met stays judged by the terms of its
        time, whatever is promised later.

        :return: ``(terms or None, bool)``; None if the policy came only after its target had been met
        """
        current = self.terms.get(policy)
        if len(self.history) == 1:
            return current, True
        promises = [(date, terms[policy]) for date, terms in self.history if policy in terms]
        met = self.met.get(promises[-1][1]["target"])
        if met is None:
            return current or promises[-1][1], current is not None
        promises = [promise for date, promise in promises if date <= met]
        return (promises[-1] if promises else None), True

    def get_start(self, promise):
        """When a clock started; None if it has not yet."""
        if promise["target"] == "follow_up":
            return self.resolved
        if promise["target"] == "resolution" and promise["restart"] and self.reopened is not None:
            return max(self.reopened, self.start)
        return self.start

    def get_pauses(self, target, allowed, end=None):
        """Spans in which a clock stands, cut off at an instant."""
        pauses = []
        if self.pauses and target in PAUSABLE:
            pauses = [(begin, stop) for begin, stop, whom in self.pauses if whom in allowed]
        if self.gaps:
            pauses += self.gaps
        if end is None or not pauses:
            return pauses
        return [(begin, end if stop is None or stop > end else stop) for begin, stop in pauses if begin < end]


def parse_terms(terms):
    """Terms by the number of the policy: JSON has texts for keys."""
    return {int(policy): promise for policy, promise in terms.items()}


def replay(events):
    """The case as its events, oldest first, tell it."""
    case = Case()
    for event in events:
        case.apply(*event)
    return case


def judge(case, policy, promise, holds, timeline, working, now):
    """What the clock of a policy shows.

    :param promise: terms that count, see ``Case.get_promise``; ``holds``: whether they still do
    :param timeline: what the clock counts
    :param working: the working hours, outside of which nobody is told anything
    :param now: the instant it is looked at
    :return: dict, or None if the clock has not started; instants and seconds, see ``compliance.sla.clock``
    """
    start = case.get_start(promise)
    if start is None:
        return None
    target, limit = promise["target"], promise["limit"]
    timeline.cover(start)
    met = case.met.get(target)
    pauses = case.get_pauses(target, promise["pause"], met)
    warn = escalate = None
    try:
        deadline = case.manual.get(policy)
        if deadline is None:
            deadline = sc.add(timeline, start, limit, pauses)
        if met is None:
            warn = _get_warning(case, policy, promise, timeline, working, start, deadline, pauses)
            escalate = deadline is not None and working.next_open(deadline) or None
    except sc.NoWorkingTimeError:
        deadline = case.manual.get(policy)
    state = _get_state(case, holds, met, deadline, pauses, now)
    is_open = state in ("running", "paused") or (state == "missed" and met is None)
    end = met
    if state == "paused":
        end = next(begin for begin, stop in pauses if stop is None)
    return {
        "start": start,
        "deadline": deadline,
        "state": state,
        "is_open": is_open,
        "met": met,
        "used": None if end is None else sc.elapsed(timeline, start, end, pauses),
        "warn": warn,
        "notify": _get_notice(case, policy, warn, escalate) if is_open else None,
        "is_manual": policy in case.manual,
    }


def _get_warning(case, policy, promise, timeline, working, start, deadline, pauses):
    if deadline is None:
        return None
    if policy in case.manual:
        warn = timeline.instant(max(timeline.position(deadline) - promise["warn"], timeline.position(start)), late=True)
        warn = warn if promise["warn"] and warn < deadline else None
    else:
        warn = sc.warning(timeline, start, promise["limit"], promise["warn"], pauses)
    if warn is None or timeline is working:
        return warn
    return sc.office_hours(working, warn, deadline, start)


def _get_state(case, holds, met, deadline, pauses, now):
    if met is not None:
        return "missed" if deadline is not None and met > deadline else "met"
    if case.cancelled is not None or not holds:
        return "cancelled"
    if deadline is not None:
        return "missed" if now > deadline else "running"
    return "paused" if any(stop is None for _begin, stop in pauses) else "running"


def _get_notice(case, policy, warn, escalate):
    """When somebody is to be told next."""
    if policy in case.escalated:
        return None
    if warn is None or policy in case.warned:
        return escalate
    return warn if escalate is None else min(warn, escalate)

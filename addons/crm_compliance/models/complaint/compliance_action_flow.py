# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import is_html_empty

from ...tools.forms import open_form
from .compliance_action import OPEN


class ComplianceAction(models.Model):
    """What becomes of an action: started, done, checked by somebody else, repeated where it did not help."""

    _inherit = "compliance.action"

    # -------------------------------------------------------------------------
    # WORK
    # -------------------------------------------------------------------------

    def action_start(self):
        """Somebody works on it."""
        self._check_state(("open",))
        self._check_worker()
        self._sign()
        self._write_state({"state": "in_progress", "date_started": fields.Date.context_today(self)})

    def action_done(self):
        """The work is over; whether it helped is checked later, by somebody else.

        :raises UserError: if it is not said what was done, or a cause was to be removed and none is named
        """
        self._check_state(OPEN)
        self._check_worker()
        for action in self:
            if is_html_empty(action.result):
                raise UserError(self.env._("Say what was done about %s.", action.display_name))
            if action.kind == "corrective" and is_html_empty(action.cause):
                raise UserError(self.env._("Name the root cause that %s removes.", action.display_name))
        self._sign()
        today = fields.Date.context_today(self)
        for company, actions in self.grouped("company_id").items():
            check_date = fields.Date.add(today, days=company.sudo().compliance_action_check_days)
            actions._write_state({"state": "done", "date_done": today, "done_by": self._get_actor().id})
            actions.filtered(lambda action: not action.check_date and action.kind != "correction")._write_state(
                {"check_date": check_date}
            )
        self._end_activities()
        self._ask_for_checks()

    def action_reopen(self):
        """There is more to do, before anybody judged the effect."""
        self._check_state(("done",))
        self._check_worker()
        self._lock()
        self._write_state({"state": "in_progress", "date_done": False, "done_by": False})
        self._end_activities()
        self._remind_owners()

    def action_cancel(self):
        """Asks for the reason and cancels the actions."""
        self._check_state((*OPEN, "done"))
        return self.env["compliance.reason"]._open(self, self.env._("Cancel the Action"))

    def _cancel(self, reason):
        """:param str reason: why nothing is to be done, for the record
        :raises AccessError: for everybody but officers and who opened the actions
        """
        self._check_state((*OPEN, "done"))
        if not all(action._is_planner() for action in self):
            raise AccessError(self.env._("An action is cancelled by who asked for it, or by a compliance officer."))
        self._lock()
        self._write_state({"state": "cancelled", "cancel_reason": reason})
        self._end_activities()

    def _check_state(self, states):
        """:raises UserError: for the first action that is in none of these states"""
        self.check_access("write")
        labels = dict(self._fields["state"]._description_selection(self.env))
        for action in self:
            if action.state not in states:
                raise UserError(
                    self.env._("%(action)s is %(state)s.", action=action.display_name, state=labels[action.state])
                )

    def _check_worker(self):
        """:raises AccessError: unless the actions are the user's own, or the user plans them"""
        for action in self:
            if action.user_id != self.env.user and not action._is_planner():
                raise AccessError(self.env._("%s is somebody else's to do.", action.display_name))

    def _lock(self):
        """:raises UserError: if somebody else is deciding at this moment"""
        self.flush_recordset()
        if len(self.try_lock_for_update()) < len(self):
            raise UserError(self.env._("Somebody else is working on this action at this moment."))

    # -------------------------------------------------------------------------
    # EFFECT
    # -------------------------------------------------------------------------

    def action_check(self):
        """Asks whether the action helped, and how that was found out."""
        self.ensure_one()
        self._check_checker()
        return self.env["compliance.action.check"]._open(self)

    def _get_check_refusal(self):
        """Why the user may not judge the effect: a full sentence, or nothing."""
        self.ensure_one()
        reviews = self.env["compliance.risk.review"]
        people = self._get_actor() | self.env.user
        if not all(reviews._is_person(user) for user in people):
            return self.env._("The effect of an action is checked by a person, not by the system.")
        if people & self._get_barred():
            return self.env._("%s is checked by somebody who neither owned it nor worked on it.", self.display_name)
        asked = self.sudo().verifier_id
        if any(user != asked and not user.has_group("crm_compliance.group_compliance_officer") for user in people):
            return self.env._("The effect of an action is checked by compliance officers, or by whom they asked.")
        return ""

    def _check_checker(self):
        """:raises AccessError: for everybody who may not judge the effect
        :raises UserError: if there is nothing to judge
        """
        self.check_access("write")
        for action in self:
            refusal = action._get_check_refusal()
            if refusal:
                raise AccessError(refusal)
        self._check_state(("done",))
        for action in self.filtered(lambda action: action.kind == "correction"):
            raise UserError(self.env._("%s put one case right; there is no effect to check.", action.display_name))

    def _check_effect(self, effective, note, due_date=None):
        """Judges the effect of one action.

        :param bool effective: whether it helped; if not, another action follows
        :param str note: how that was found out
        :param date due_date: until when the next action is due; two weeks from now where nothing is said
        :return: the action that follows, or none
        """
        self.ensure_one()
        self._check_checker()
        if not (note or "").strip():
            raise UserError(self.env._("Say how the effect was checked."))
        self._lock()
        self._write_state(
            {
                "state": "verified" if effective else "ineffective",
                "checked_by": self._get_actor().id,
                "checked_at": fields.Datetime.now(),
                "check_note": note.strip(),
            }
        )
        self._end_activities()
        return self.browse() if effective else self._open_next(due_date)

    def _open_next(self, due_date=None):
        """The action after one that did not help: same problem, same owner, another try."""
        self.flush_recordset()  # of a frequent problem, one action is open at a time
        # sudo: who was asked to check need not be able to plan.
        following = self.sudo().create({**self._prepare_next(), **({"due_date": due_date} if due_date else {})})
        following._write_state({"previous_id": self.id})
        return following.sudo(self.env.su)

    def _prepare_next(self):
        return {
            "name": self.name,
            "kind": self.kind,
            "description": self.description,
            "cause": self.cause,
            "user_id": self.user_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "res_model": self.res_model,
            "res_id": self.res_id,
        }

    # -------------------------------------------------------------------------
    # REMINDERS
    # -------------------------------------------------------------------------

    @api.model
    def _cron_escalate(self):
        """Tells who asked for an action, once, that it is overdue for longer than the company puts up with."""
        today = fields.Date.context_today(self)
        for company, actions in (
            self.search([("is_overdue", "=", True), ("escalated_at", "=", False)]).grouped("company_id").items()
        ):
            limit = fields.Date.subtract(today, days=company.compliance_action_escalation_days)
            actions.filtered(lambda action: action.due_date < limit)._escalate()  # noqa: B023

    def _escalate(self):
        persons = self.env["compliance.risk.review"]
        managers = {company: persons._get_managers(company) for company in self.company_id}
        vals_list = []
        for action in self:
            asked = action.create_uid
            told = asked if asked != action.user_id and persons._is_person(asked) and asked.active else None
            vals_list += [
                action._prepare_activity(
                    user, fields.Date.context_today(self), self.env._("Overdue: %s", action.display_name)
                )
                for user in (told or managers[action.company_id] - action.user_id)
            ]
        self._create_activities(vals_list)
        self._write_state({"escalated_at": fields.Datetime.now()})

    def _remind_owners(self):
        """Gives every owner the activity to do it until it is due; an older one goes."""
        actions = self.sudo().filtered(lambda action: action.state in OPEN)
        actions._end_activities()
        self._create_activities(
            [
                action._prepare_activity(action.user_id, action.due_date, action.display_name)
                for action in actions
                if action.user_id.active
            ]
        )

    def _ask_for_checks(self):
        """Gives who is to find out whether the actions helped an activity for that day."""
        reviews = self.env["compliance.risk.review"]
        actions = self.sudo().filtered(lambda action: action.kind != "correction")
        managers = {company: reviews._get_managers(company) for company in actions.company_id}
        self._create_activities(
            [
                action._prepare_activity(
                    user, action.check_date, self.env._("Check the effect: %s", action.display_name)
                )
                for action in actions
                for user in (action.verifier_id or managers[action.company_id]) - action._get_barred()
            ]
        )

    # -------------------------------------------------------------------------
    # LINKS
    # -------------------------------------------------------------------------

    def action_open_origin(self):
        """Opens what the action comes from."""
        self.ensure_one()
        if not self.origin_ref:
            raise UserError(self.env._("There is nothing to open."))
        return open_form(self.origin_ref)

    def action_view_chain(self):
        """The actions before and after, where one did not help."""
        self.ensure_one()
        chain = self
        while chain[0].previous_id:
            chain = chain[0].previous_id | chain
        while chain[-1].next_ids:
            chain |= chain[-1].next_ids
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_action_action")
        return {**action, "domain": [("id", "in", chain.ids)], "context": {}}

    def action_view_history(self):
        """Who changed what of the action."""
        return self.env["compliance.audit.history"]._open(self)

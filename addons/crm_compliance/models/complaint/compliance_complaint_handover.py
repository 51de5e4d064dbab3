# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.exceptions import UserError

from .compliance_complaint import OFFICER


class ComplianceComplaint(models.Model):
    """Whose case it is: of who took the first contact, until somebody accepts to take it over."""

    _inherit = "compliance.complaint"

    def action_take(self):
        """Takes a case nobody owns, or whose owner does not work here any more.

        :raises UserError: if somebody owns it
        """
        self._check_owner_step()
        self._check_all(
            lambda case: not case.user_id.active or case.user_id == self.env.user,
            self.env._("%s has an owner; ask for its handover."),
        )
        return self._own(self.filtered(lambda case: case.user_id != self.env.user))

    def action_ask_handover(self, user=None):
        """Asks somebody to take over; the owner stays responsible until they accept. Without a user asks for one.

        :param user: user or id
        :raises UserError: if neither owner nor leader nor officer asks, or the user cannot take over
        """
        self._check_owner_step()
        self._check_all(lambda case: case._may_hand_over(), self.env._("%s is handed over by its owner."))
        if user is None:
            return self._ask("handover")
        user = self.env["res.users"].browse(user.id if isinstance(user, models.BaseModel) else user).exists()
        self._check_successor(user)
        self._transition({"handover_user_id": user.id, "handover_by_id": self.env.uid})
        self._unlink_handover_activities()
        self.activity_schedule(
            "crm_compliance.mail_activity_type_handover", fields.Date.context_today(self), user_id=user.id
        )
        return True

    def action_accept_handover(self):
        """The case is mine from here on.

        :raises UserError: unless the user was asked and nobody has accepted yet
        """
        self._check_owner_step()
        self._check_all(
            lambda case: case.handover_user_id == self.env.user,
            self.env._("The handover of %s is not yours to accept (any more)."),
        )
        self._unlink_handover_activities()
        return self._own(self)

    def action_decline_handover(self):
        """The case stays with its owner; also how the asking side takes its request back."""
        self._check_owner_step()
        self._check_all(
            lambda case: case.handover_user_id and (case.handover_user_id == self.env.user or case._may_hand_over()),
            self.env._("There is no handover of %s for you to decline."),
        )
        self._unlink_handover_activities()
        self._transition({"handover_user_id": False, "handover_by_id": False})
        return self._note(self.env._("The handover was declined by %s.", self.env.user.name))

    # -------------------------------------------------------------------------
    # HELPERS
    # -------------------------------------------------------------------------

    def _check_owner_step(self):
        self._check_step(("new", "acknowledged", "investigating", "solution_proposed", "resolved"))

    def _own(self, cases):
        """Makes the user the owner; who owns a case first is its first contact."""
        if not cases:
            return True
        fresh = cases.filtered(lambda case: not case.first_contact_user_id)
        vals = {"user_id": self.env.uid, "handover_user_id": False, "handover_by_id": False}
        fresh._transition({**vals, "first_contact_user_id": self.env.uid})
        (cases - fresh)._transition(vals)
        # The calls that were planned for the owner before are the new owner's.
        cases.sudo().activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref("crm_compliance.mail_activity_type_follow_up", raise_if_not_found=False)
            )
        ).user_id = self.env.user
        cases.message_subscribe(self.env.user.partner_id.ids)
        return True

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        """Whoever takes a case in or over follows it by that; Odoo would look it up for every single case."""
        followers = super()._message_auto_subscribe_followers(updated_values, default_subtype_ids)
        return [follower for follower in followers if follower[0] != self.env.user.partner_id.id]

    def _take_first_contact(self):
        """Whoever of us does something about a case nobody owns takes it by that."""
        if not self.env.su and self.env.user._is_internal():
            self._own(self.filtered(lambda case: not case.user_id))

    def _may_hand_over(self):
        """Owners hand over; leaders of the team and officers have anybody asked."""
        self.ensure_one()
        return (
            self.env.su
            or not self.user_id
            or self.env.user in (self.user_id | self.team_id.user_id)
            or self.env.user.has_group(OFFICER)
        )

    def _check_successor(self, user):
        """:raises UserError: if the user cannot take over one of these cases"""
        group = "crm_compliance.group_compliance_user"
        if not user.active or not user.sudo().has_group(group) or self.company_id - user.sudo().company_ids:
            raise UserError(self.env._("%s does not handle complaints of this company.", user.name or ""))
        self._check_all(lambda case: case.user_id != user, self.env._("%s belongs to them already."))

    def _unlink_handover_activities(self):
        self.sudo().activity_unlink(["crm_compliance.mail_activity_type_handover"])

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.tests import tagged

from .common import RestrictionCommon
from .review_common import ReviewCommon


class NoticeCase:
    """What people were told."""

    def _told(self, user, since):
        """Messages that notified a user, the last one last: [(subject, body)]."""
        notifications = self.env["mail.notification"].search(
            [("res_partner_id", "=", user.partner_id.id), ("mail_message_id", ">", since)], order="id"
        )
        return [(message.subject, str(message.body)) for message in notifications.mail_message_id.sorted("id")]

    def _now(self):
        return self.env["mail.message"].search([], order="id desc", limit=1).id


@tagged("post_install", "-at_install")
class TestReviewNotice(NoticeCase, ReviewCommon):
    """Officers, managers and account managers hear of reviews, each in their own language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.user["sales"].lang = "fr_FR"
        now = fields.Datetime.now()
        cls.reviews.search([])._write_state({"reminded_at": now, "escalated_at": now})

    def test_decided_with_conditions(self):
        self._set_zone("grey")
        template = self.env.ref("crm_compliance.mail_template_review_decided")
        template.with_context(lang="fr_FR").subject = "Décidé : {{ object.customer_name }}"
        review = self._submitted(decision="conditional")
        since = self._now()
        self._as("manager", review).action_approve()
        ((subject, body),) = self._told(self.user["officer"], since)
        self.assertIn("Approve with Conditions", subject)
        for text in (review.name, "Licence on file", self.user["manager"].name):
            self.assertIn(text, body)
        self.assertIn("Décidé : Customer", [told[0] for told in self._told(self.user["sales"], since)])
        self.assertFalse(self._told(self.user["manager"], since))

    def test_rejected(self):
        self._set_zone("standard")
        review = self._submitted(decision="reject", conclusion="Secret")
        since = self._now()
        self._as("manager", review).action_approve()
        told = " ".join(body for _subject, body in self._told(self.user["officer"], since))
        self.assertIn("New business with this customer is blocked", told)
        for _subject, told in self._told(self.user["sales"], since):
            self.assertNotIn("Secret", told)

    def test_due_once_and_in_one_message(self):
        reviews = self._open_review() | self._open_review("exit")
        since = self._now()
        self.assertEqual(self.reviews._remind(), reviews)
        ((subject, body),) = self._told(self.user["officer"], since)
        self.assertIn("2", subject)
        for review in reviews:
            self.assertIn(f"res_id={review.id}", body)
        self.assertFalse(self.reviews._remind())
        later = self._open_review("triggered", due_date=fields.Date.add(self.today, days=1))
        self.assertFalse(self.reviews._remind())
        self.assertFalse(later.reminded_at)

    def test_escalated(self):
        review = self._open_review()
        review._write_state({"due_date": self._days_ago(60)})
        since = self._now()
        self.reviews._escalate()
        for role in ("manager", "manager_2"):
            self.assertEqual(len(self._told(self.user[role], since)), 1, role)
            self.assertIn(review.name, self._told(self.user[role], since)[0][1])
        self.assertFalse(self._told(self.user["officer"], since))

    def test_deleted_template(self):
        self.env.ref("crm_compliance.mail_template_reviews_due").unlink()
        review = self._open_review()
        self.assertEqual(self.reviews._remind(), review)


@tagged("post_install", "-at_install")
class TestRestrictionNotice(NoticeCase, RestrictionCommon):
    """Who looks after a customer hears of restrictions, managers of what they are to decide, askers of the answer."""

    def test_restriction(self):
        self._dossier(self.free).write({"user_id": self.user["sales"].id, "officer_id": self.officer.id})
        since = self._now()
        restriction = self._restrict(self.free, user=self.officer, reason="Secret", reason_public="Under review")
        self.assertIn("Secret", self._told(self.manager, since)[0][1])
        since = self._now()
        restriction.with_user(self.manager).action_impose()
        ((subject, body),) = self._told(self.user["sales"], since)
        self.assertIn("Free", subject)
        self.assertIn("Under review", body)
        self.assertNotIn("Secret", body)
        since = self._now()
        restriction.with_user(self.manager)._lift("Paid")
        self.assertEqual([len(self._told(user, since)) for user in (self.user["sales"], self.officer)], [1, 1])

    def test_exception(self):
        since = self._now()
        exception = self._except(self._draft(self.contact), approver=False)
        self.assertIn("Prepaid", self._told(self.manager, since)[0][1])
        since = self._now()
        exception.with_user(self.manager).action_approve()
        ((subject, body),) = self._told(self.second_manager, since)
        self.assertIn("Approved", subject)
        self.assertIn("It holds once", body)

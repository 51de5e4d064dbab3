# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .review_common import ReviewCommon


@tagged("post_install", "-at_install")
class TestDiscussion(ReviewCommon):
    """What is said about a customer reaches nobody who may not read it."""

    def setUp(self):
        super().setUp()
        self.review = self._open_review()
        self.seller, self.stranger = self.user["sales"].partner_id, self.user["employee"].partner_id

    def _say(self, record, role="officer", **kwargs):
        return record.with_user(self.user[role]).message_post(
            body="Suspected of laundering money",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **kwargs,
        )

    def _assert_secret(self, message, role):
        self.assertNotIn(self.user[role].partner_id, message.sudo().notification_ids.res_partner_id)
        with self.assertRaises(AccessError, msg=role):
            message.with_user(self.user[role]).read(["body"])

    def test_following_a_review(self):
        """A salesperson sees that there is a review of an own customer, and not why."""
        for role in ("officer", "sales"):
            self.review.with_user(self.user[role]).message_subscribe((self.seller | self.stranger).ids[:1])
        self.review.with_user(self.user["officer"]).message_subscribe((self.seller | self.stranger).ids)
        self.assertFalse(self.review.message_partner_ids & (self.seller | self.stranger))
        message = self._say(self.review)
        self._assert_secret(message, "sales")
        self._assert_secret(message, "employee")
        with self.assertRaises(AccessError):
            self._say(self.review, "sales")
        manager = self.user["manager"].partner_id
        self.review.with_user(self.user["officer"]).message_subscribe(manager.ids)
        self.assertIn(manager, self.review.message_partner_ids)
        self.assertIn(manager, self._say(self.review).notified_partner_ids)

    def test_who_followed_before(self):
        self.env["mail.followers"].create(
            {
                "res_model": self.review._name,
                "res_id": self.review.id,
                "partner_id": self.seller.id,
                "subtype_ids": self.env.ref("mail.mt_comment").ids,
            }
        )
        self._assert_secret(self._say(self.review), "sales")

    def test_mentions(self):
        message = self._say(self.review, partner_ids=(self.seller | self.user["manager"].partner_id).ids)
        self.assertEqual(message.partner_ids, self.user["manager"].partner_id)
        self._assert_secret(message, "sales")
        self.review.with_user(self.user["officer"])._message_update_content(
            message, body="Suspected", partner_ids=self.seller.ids
        )
        self._assert_secret(message, "sales")

    def test_an_activity_lets_nobody_follow(self):
        """It is told by a notice of its own, which says what is to be done."""
        for record, user in ((self.review, self.user["sales"]), (self.dossier, self.user["employee"])):
            activity = record.sudo().activity_schedule(
                "mail.mail_activity_data_todo", summary="Ask for the extract", user_id=user.id
            )
            self.assertNotIn(user.partner_id, record.message_partner_ids)
            notice = self.env["mail.message"].search(
                [("model", "=", record._name), ("res_id", "=", record.id), ("message_type", "=", "user_notification")],
                limit=1,
            )
            self.assertIn(user.partner_id, notice.notified_partner_ids)
            activity.user_id = self.user["officer"]
            activity.user_id = user
            self.assertNotIn(user.partner_id, record.message_partner_ids)

    def test_reminder_of_a_contact(self):
        """An account manager without any role in compliance is reminded, and hears nothing else."""
        self.dossier.user_id = self.user["employee"]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE compliance_profile SET next_contact_date = %s WHERE id = %s",
            (fields.Date.today(), self.dossier.id),
        )
        self.env.invalidate_all()
        self.profiles._schedule_contacts()
        self.assertIn(self.user["employee"], self.dossier.activity_ids.user_id)
        self._assert_secret(self._say(self.dossier), "employee")

    def test_every_confidential_model(self):
        """A stranger follows none of them, by whichever way."""
        names = {
            name
            for name, model in self.env.registry.items()
            if issubclass(model, self.env.registry["compliance.discussion"]) and not model._abstract
        }
        self.assertEqual(
            names,
            {
                "compliance.action",
                "compliance.alert",
                "compliance.complaint",
                "compliance.contact",
                "compliance.profile",
                "compliance.restriction",
                "compliance.restriction.exception",
                "compliance.risk.override",
                "compliance.risk.review",
            },
        )
        contact = self.env["compliance.contact"].create({"name": "Visit", "profile_id": self.dossier.id})
        alert = self.env["compliance.alert"].create(
            {"kind": "overdue", "profile_id": self.dossier.id, "raised_at": fields.Datetime.now()}
        )
        for record in (contact, alert, self.dossier, self.review):
            record.message_subscribe(self.stranger.ids)
            self.assertNotIn(self.stranger, record.message_partner_ids, record)

    def test_customers_of_a_complaint_go_on_hearing(self):
        customer = self.user["portal"].partner_id
        unknown = self.env["res.partner"].create({"name": "Without User", "email": "w@example.com"})
        case = self.env["compliance.complaint"].create({"subject": "Late", "partner_id": customer.id})
        case.message_subscribe((customer | unknown | self.stranger | self.seller).ids)
        self.assertLessEqual(customer | unknown, case.message_partner_ids)
        self.assertNotIn(self.stranger, case.message_partner_ids)
        message = self._say(case, partner_ids=(unknown | self.stranger).ids)
        self.assertLessEqual(customer | unknown, message.notified_partner_ids)
        self._assert_secret(message, "employee")

    def test_cost(self):
        """By person, not by record."""
        dossiers = self.profiles.browse()
        for number in range(20):
            dossiers += self._dossier(self._customer(f"Customer {number}"))
        self.env.flush_all()
        people = [user.partner_id.id for user in self.user.values()]
        dossiers._get_discussion_readers(people)
        self.env.invalidate_all()
        counted = []
        for records in (dossiers[:2], dossiers):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records._get_discussion_readers(people)
            counted.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counted[0], counted[1])

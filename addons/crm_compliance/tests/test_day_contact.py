# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ComplianceCommon

# A Wednesday.
NOW = datetime(2026, 3, 18, 12, 0)


@tagged("post_install", "-at_install")
class TestContact(ComplianceCommon):
    """An ordinary customer and an important one, both of the salesperson, in a company that works Monday to Friday."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.company.resource_calendar_id = cls.env["resource.calendar"].create(
            {"name": "Five days", "company_id": cls.company.id, "tz": "UTC"}
        )
        cls.customer = cls._customer("Ordinary", user_id=cls.user["sales"].id)
        cls.important = cls._customer("Important", user_id=cls.user["sales"].id)
        cls.dossier, cls.key_dossier = cls._dossier(cls.customer), cls._dossier(cls.important)
        cls._put(cls.dossier, lifecycle="active", value_tier="low")
        cls._put(cls.key_dossier, lifecycle="active", value_tier="high")

    @classmethod
    def _put(cls, dossier, **figures):
        dossier.flush_recordset()
        figures["create_date"] = datetime(2026, 3, 2, 8, 0)
        assignments = ", ".join(f"{name} = %s" for name in figures)
        cls.env.cr.execute(
            f"UPDATE compliance_profile SET {assignments} WHERE id = %s",  # pylint: disable=sql-injection
            [*figures.values(), dossier.id],
        )
        dossier.invalidate_recordset()

    def test_dated_ahead(self):
        """A sender's clock, or an imported visit, may say anything."""
        self.customer.message_post(
            body="Hello",
            message_type="email",
            author_id=self.customer.id,
            date=datetime(2035, 1, 1, 10, 0),
            subtype_xmlid="mail.mt_comment",
        )
        visit = self._visit(datetime(2026, 3, 10, 9, 0))
        self._visit(datetime(2026, 3, 9, 9, 0))
        self.env.flush_all()
        self.env.cr.execute("UPDATE compliance_contact SET date_start = '2035-01-01' WHERE id = %s", [visit.id])
        self.assertEqual(self._dates()[0], date(2026, 3, 9))

    def test_day_of_a_call(self):
        """The day a call was done stays that day, whatever the company's time zone."""
        activity = self.customer.activity_schedule("mail.mail_activity_data_call", user_id=self.user["sales"].id)
        activity.action_feedback()
        for zone in ("UTC", "America/New_York", "Asia/Shanghai"):
            self.company.resource_calendar_id.tz = zone
            for written in ("2026-03-16 15:00", "2026-03-17 13:00"):
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE mail_activity SET date_done = '2026-03-16', write_date = %s WHERE id = %s",
                    [written, activity.id],
                )
                self.env.invalidate_all()
                self.assertEqual(self._dates()[0], date(2026, 3, 16), zone)

    def test_merged_customers(self):
        """What was said at the visits of the one is known of the other."""
        visit = self._visit(datetime(2026, 3, 10, 9, 0))
        change = self.env["compliance.zone.change"].sudo().create({"profile_id": self.dossier.id, "zone": "grey"})
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.customer | self.important).ids, self.important)
        self.env.invalidate_all()
        self.assertFalse(self.dossier.exists())
        self.assertEqual((visit.profile_id, visit.partner_id), (self.key_dossier, self.important))
        self.assertEqual(change.profile_id, self.key_dossier)
        self.assertEqual(self._dates(self.key_dossier)[0], date(2026, 3, 10))

    def _dates(self, dossier=None):
        self.profiles._update_contact_dates()
        dossier = dossier or self.dossier
        return dossier.last_contact_date, dossier.next_contact_date

    def _visit(self, moment, role="sales", dossier=None, **vals):
        return (
            self.env["compliance.contact"]
            .with_user(self.user[role])
            .create(
                {
                    "name": "Visit",
                    "profile_id": (dossier or self.dossier).id,
                    "date_start": moment,
                    **vals,
                }
            )
        )

    # -------------------------------------------------------------------------
    # DATES
    # -------------------------------------------------------------------------

    def test_never(self):
        """Who was never in touch is due an interval after the dossier was opened on 2 March."""
        self.assertEqual(self._dates(), (False, date(2026, 4, 1)))
        self.assertEqual(self._dates(self.key_dossier), (False, date(2026, 3, 16)))

    def test_weekend(self):
        """16 March plus 14 days is a Monday; 14 March plus 14 days a Saturday, so it is the Friday before."""
        self._visit(datetime(2026, 3, 16, 9, 0), dossier=self.key_dossier)
        self.assertEqual(self._dates(self.key_dossier), (date(2026, 3, 16), date(2026, 3, 30)))
        self.env["compliance.contact"].search([("profile_id", "=", self.key_dossier.id)]).unlink()
        self._visit(datetime(2026, 3, 14, 9, 0), dossier=self.key_dossier)
        self.assertEqual(self._dates(self.key_dossier), (date(2026, 3, 14), date(2026, 3, 27)))

    def test_public_holiday(self):
        """30 March off as well: the Friday before."""
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 3, 30, 0, 0),
                "date_to": datetime(2026, 3, 30, 23, 59),
            }
        )
        self._visit(datetime(2026, 3, 16, 9, 0), dossier=self.key_dossier)
        self.assertEqual(self._dates(self.key_dossier)[1], date(2026, 3, 27))

    def test_risk(self):
        """High risk makes an ordinary customer important."""
        self._put(self.dossier, risk_level="high")
        self._visit(datetime(2026, 3, 16, 9, 0))
        self.assertEqual(self._dates()[1], date(2026, 3, 30))

    def test_own_rules(self):
        """A company with rules of its own uses those alone."""
        self.env["compliance.contact.cadence"].create({"company_id": self.company.id, "interval_days": 7})
        self._visit(datetime(2026, 3, 16, 9, 0))
        self._visit(datetime(2026, 3, 16, 9, 0), dossier=self.key_dossier)
        self.assertEqual(self._dates()[1], date(2026, 3, 23))
        self.assertEqual(self._dates(self.key_dossier)[1], date(2026, 3, 23))

    def test_left(self):
        """Nobody keeps in touch with who left, was refused, or never bought."""
        for values in ({"lifecycle": "prospect"}, {"lifecycle": "lost"}, {"admission_state": "exited"}):
            with self.subTest(values=values):
                self._put(self.dossier, **{"lifecycle": "active", "admission_state": "draft", **values})
                self.assertFalse(self._dates()[1])

    # -------------------------------------------------------------------------
    # CONTACTS
    # -------------------------------------------------------------------------

    def _meet(self, **vals):
        return self.env["calendar.event"].create(
            {
                "name": "Meeting",
                "start": datetime(2026, 3, 17, 9, 0),
                "stop": datetime(2026, 3, 17, 10, 0),
                "user_id": self.user["sales"].id,
                "partner_ids": [Command.set(self.customer.ids)],
                **vals,
            }
        )

    def test_meeting(self):
        event = self._meet()
        self.assertEqual(self._dates()[0], date(2026, 3, 17))
        event.attendee_ids.filtered(lambda attendee: attendee.partner_id == self.customer).state = "declined"
        self.assertFalse(self._dates()[0], "who declined was not there")

    def test_meeting_to_come(self):
        self._meet(start=datetime(2026, 3, 19, 9, 0), stop=datetime(2026, 3, 19, 10, 0))
        self.assertFalse(self._dates()[0])

    def test_meeting_with_contact(self):
        """A person of the customer stands for the customer."""
        person = self.env["res.partner"].create({"name": "Person", "parent_id": self.customer.id})
        self._meet(partner_ids=[Command.set(person.ids)])
        self.assertEqual(self._dates()[0], date(2026, 3, 17))

    def test_call(self):
        """A call marked as done counts at once; a to-do does not."""
        for activity_type, expected in (("mail_activity_data_todo", False), ("mail_activity_data_call", NOW.date())):
            activity = self.customer.with_user(self.user["sales"]).activity_schedule(
                f"mail.{activity_type}", user_id=self.user["sales"].id
            )
            activity.action_feedback()
            self.env.invalidate_all()
            self.assertEqual(self.dossier.last_contact_date, expected)

    def _message(self, author, **vals):
        return self.env["mail.message"].create(
            {
                "model": "res.partner",
                "res_id": self.customer.id,
                "author_id": author.id,
                "date": datetime(2026, 3, 17, 9, 0),
                "message_type": "email",
                "body": "Hello",
                **vals,
            }
        )

    def test_mail_received(self):
        self._message(self.customer)
        self.assertEqual(self._dates()[0], date(2026, 3, 17))
        self.assertFalse(self._dates(self.key_dossier)[0])

    def test_mail_sent(self):
        sender = self.user["sales"].partner_id
        message = self._message(sender, message_type="comment")
        self.assertFalse(self._dates()[0], "an internal note is no contact")
        message.partner_ids = self.customer
        self.assertEqual(self._dates()[0], date(2026, 3, 17))

    def test_invoice_sent(self):
        """That an invoice was sent is no contact."""
        invoice = self._invoice(self.customer, 100, date(2026, 3, 17))
        self._message(
            self.user["sales"].partner_id,
            model="account.move",
            res_id=invoice.id,
            message_type="email_outgoing",
            partner_ids=[Command.set(self.customer.ids)],
        )
        self._put(self.dossier, lifecycle="active")
        self.assertFalse(self._dates()[0])

    def test_manager_left(self):
        """Whoever looks after the customer besides takes over; whom nobody is left for every officer sees."""
        officer, left = self.user["officer"], self.user["sales"]
        self.dossier.write({"user_id": left.id, "officer_id": officer.id})
        self._put(self.dossier, next_contact_date=NOW.date())
        tasks = self.env["compliance.my.day"].with_user(officer).with_context(allowed_company_ids=self.company.ids)
        for absence in ({"active": False}, {"active": True, "company_ids": [Command.set(self._elsewhere().ids)]}):
            left.write({"company_id": self._elsewhere().id, "company_ids": [Command.link(self._elsewhere().id)]})
            left.write(absence)
            self.env.flush_all()
            due = self.env.execute_query(self.profiles._due_contacts_query())
            self.assertIn((self.dossier.id, officer.id, NOW.date()), due)
            self.assertEqual(tasks.search([("kind", "=", "contact")]).partner_id, self.customer)
        self.dossier.officer_id = False
        self.assertNotIn(
            self.dossier.id, [row[0] for row in self.env.execute_query(self.profiles._due_contacts_query())]
        )
        self.assertEqual(tasks.search([("kind", "=", "contact")]).partner_id, self.customer)

    def _elsewhere(self):
        companies = self.env["res.company"]
        return companies.search([("name", "=", "Elsewhere")]) or companies.create({"name": "Elsewhere"})

    def test_other_company(self):
        """A colleague who works for another company only does not keep this one in touch."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.user["employee"]
        stranger.write({"company_ids": [Command.set(company.ids)], "company_id": company.id})
        self._meet(user_id=stranger.id)
        self.assertFalse(self._dates()[0])

    # -------------------------------------------------------------------------
    # VISITS
    # -------------------------------------------------------------------------

    def test_visit_next_step(self):
        visit = self._visit(datetime(2026, 3, 17, 9, 0), next_step="Send the offer", next_step_date="2026-03-20")
        self.assertEqual(self.dossier.last_contact_date, date(2026, 3, 17), "at once")
        self.assertEqual(visit.activity_ids.summary, "Send the offer")
        self.assertEqual(visit.activity_ids.date_deadline, date(2026, 3, 20))
        visit.unlink()
        self.assertFalse(self.dossier.last_contact_date)

    def test_next_step_afterwards(self):
        """What comes next may be entered, changed and taken back after the visit was logged."""
        visit = self._visit(datetime(2026, 3, 17, 9, 0))
        visit.write({"next_step": "Send the offer", "next_step_date": "2026-03-20"})
        self.assertRecordValues(
            visit.activity_ids,
            [{"summary": "Send the offer", "date_deadline": date(2026, 3, 20), "user_id": visit.user_id.id}],
        )
        visit.next_step_date = "2026-03-23"
        self.assertEqual(visit.activity_ids.mapped("date_deadline"), [date(2026, 3, 23)])
        visit.next_step = False
        self.assertFalse(visit.activity_ids)

    def test_visit_to_come(self):
        with self.assertRaises(ValidationError):
            self._visit(datetime(2026, 3, 19, 9, 0))

    def test_rights(self):
        """Salespeople log contacts of theirs with their customers; auditors and accountants none."""
        stranger = self._dossier(self._customer("Stranger"))
        with self.assertRaises(AccessError):
            self._visit(datetime(2026, 3, 17, 9, 0), dossier=stranger)
        with self.assertRaises(AccessError):
            self._visit(datetime(2026, 3, 17, 9, 0), user_id=self.user["officer"].id)
        visit = self._visit(datetime(2026, 3, 17, 9, 0), role="officer", dossier=stranger)
        with self.assertRaises(AccessError):
            visit.with_user(self.user["sales"]).read(["name"])
        for role in ("auditor", "accountant", "employee"):
            with self.subTest(role=role), self.assertRaises(AccessError):
                self._visit(datetime(2026, 3, 17, 9, 0), role=role)
        self.assertTrue(visit.with_user(self.user["auditor"]).read(["name"]))

    def test_dates_are_not_entered(self):
        for name in ("last_contact_date", "next_contact_date"):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.dossier.with_user(self.user["manager"]).write({name: "2026-03-18"})

    # -------------------------------------------------------------------------
    # ACTIVITIES
    # -------------------------------------------------------------------------

    def _activities(self, dossiers=None):
        return self.env["mail.activity"].search(
            [
                ("activity_type_id", "=", self.env.ref("crm_compliance.mail_activity_type_contact").id),
                ("res_id", "in", (dossiers or self.dossier + self.key_dossier).ids),
            ]
        )

    def test_preparation(self):
        """On Wednesday what is due until Friday, two working days ahead, is prepared; once."""
        self._visit(datetime(2026, 3, 6, 9, 0), dossier=self.key_dossier)
        self.assertEqual(self._dates(self.key_dossier)[1], date(2026, 3, 20))
        self._dates()
        self.profiles._schedule_contacts()
        self.profiles._schedule_contacts()
        activity = self._activities()
        self.assertEqual(len(activity), 1)
        self.assertEqual((activity.user_id, activity.date_deadline), (self.user["sales"], date(2026, 3, 20)))
        self._visit(datetime(2026, 3, 17, 9, 0), dossier=self.key_dossier)
        self.assertFalse(self._activities(), "somebody was in touch")

    def test_handed_over(self):
        """Who looks after the customer now is to be in touch; that others do not changes nothing for them."""
        self._put(self.dossier, next_contact_date=NOW.date())
        self._put(self.key_dossier, next_contact_date=NOW.date())
        self.profiles._schedule_contacts()
        officer, sales = self.user["officer"], self.user["sales"]
        self.assertEqual(self._activities().user_id, sales)
        self.dossier.with_user(officer).user_id = officer
        self.assertEqual(self._activities(self.dossier).user_id, officer)
        self.assertEqual(self._activities(self.key_dossier).user_id, sales)
        self.profiles._schedule_contacts()
        self.assertEqual(len(self._activities()), 2)

    def test_type_stays(self):
        """The hourly job needs the type of its activities."""
        with self.assertRaises(UserError):
            self.env.ref("crm_compliance.mail_activity_type_contact").unlink()
        self.profiles._schedule_contacts()

    def test_not_yet(self):
        self._visit(datetime(2026, 3, 9, 9, 0), dossier=self.key_dossier)
        self.assertEqual(self._dates(self.key_dossier)[1], date(2026, 3, 23))
        self.profiles._schedule_contacts()
        self.assertFalse(self._activities())

    def test_limit(self):
        """Nobody gets more than the company allows."""
        self.company.compliance_contact_max = 1
        for dossier in self.dossier + self.key_dossier:
            self._visit(datetime(2026, 1, 5, 9, 0), dossier=dossier)
        self.profiles._schedule_contacts()
        self.assertEqual(self._activities().res_id, self.key_dossier.id, "the longest due")

    def test_silent(self):
        self._visit(datetime(2026, 1, 5, 9, 0))
        self.assertTrue(self.dossier.is_silent)
        silent = self.profiles.search([("is_silent", "=", True), ("company_id", "=", self.company.id)])
        self.assertIn(self.dossier, silent)
        self._visit(datetime(2026, 3, 17, 9, 0))
        self.assertFalse(self.dossier.is_silent)

    def test_query_count(self):
        few = self._count(self.profiles._update_contact_dates)
        for number in range(20):
            self._customer(f"More {number}")
        self._assert_no_dearer(few, self._count(self.profiles._update_contact_dates))

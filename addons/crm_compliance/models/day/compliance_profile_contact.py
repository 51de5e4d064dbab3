# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

ACTIVITY = "crm_compliance.mail_activity_type_contact"
# Customers somebody keeps in touch with.
LIVING = ("new", "active", "at_risk")
LEFT = ("rejected", "exited")
# How far the calendar of working days is laid out, in days from today.
BEHIND, AHEAD = 60, 800
TOUCHED = ("compliance.contact", "calendar.event", "calendar.attendee", "mail.activity", "mail.message")


class ComplianceProfile(models.Model):
    """When a customer was last in touch with us, and when it should be again.

    Contacts are what people do anyway: meetings that took place, calls and meetings marked as done, mails to and from
    the customer, and visits they logged. Both dates follow from those (``_update_contacts``) and are entered by nobody.
    """

    _inherit = "compliance.profile"

    last_contact_date = fields.Date(readonly=True, help="Last meeting, call, mail or visit.")
    next_contact_date = fields.Date(
        readonly=True, index="btree_not_null", help="From the contact cadence, on a working day of the company."
    )
    contact_ids = fields.One2many("compliance.contact", "profile_id", string="Visits")
    contact_count = fields.Integer(compute="_compute_contact_count", string="Number of Visits")
    is_silent = fields.Boolean(
        string="Silent", compute="_compute_is_silent", search="_search_is_silent", help="The day to be in touch passed."
    )

    def _compute_contact_count(self):
        contacts = self.env["compliance.contact"]
        counts = (
            dict(contacts._read_group([("profile_id", "in", self.ids)], ["profile_id"], ["__count"]))
            if contacts.has_access("read")
            else {}
        )
        for profile in self:
            profile.contact_count = counts.get(profile, 0)

    def write(self, vals):
        result = super().write(vals)
        if {"user_id", "officer_id"} & set(vals):
            self._hand_over_contacts()
        return result

    def _merge_into(self, target):
        """Visits go along with the dossier, and so does the history of its zones."""
        sources = (self - target).sudo()
        for model in ("compliance.contact", "compliance.zone.change"):
            self.env[model].sudo().search([("profile_id", "in", sources.ids)]).write({"profile_id": target.id})
        self.env.flush_all()
        sources.invalidate_recordset(["contact_ids"])
        return super()._merge_into(target)

    @api.depends("next_contact_date")
    def _compute_is_silent(self):
        today = fields.Date.context_today(self)
        for profile in self:
            profile.is_silent = bool(profile.next_contact_date and profile.next_contact_date < today)

    def _search_is_silent(self, operator, value):
        if operator != "in" or len(set(value)) != 1:
            return NotImplemented
        silent = Domain("next_contact_date", "<", "today")
        return silent if True in value else ~silent

    @api.model
    def _get_computed_fields(self):
        return super()._get_computed_fields() | {"last_contact_date", "next_contact_date"}

    def _get_my_day_title(self):
        self.ensure_one()
        if self.last_contact_date:
            return self.env._(
                "Contact %(customer)s (last on %(date)s)",
                customer=self.display_name,
                date=self.env["ir.qweb.field.date"].value_to_html(self.last_contact_date, {}),
            )
        return self.env._("Contact %(customer)s", customer=self.display_name)

    # -------------------------------------------------------------------------
    # ACTIONS
    # -------------------------------------------------------------------------

    def action_view_contacts(self):
        """The visits logged of this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_compliance.compliance_contact_action")
        return {**action, "domain": [("profile_id", "=", self.id)], "context": {"default_profile_id": self.id}}

    # -------------------------------------------------------------------------
    # CRON
    # -------------------------------------------------------------------------

    @api.model
    def _cron_contacts(self):
        """Every hour: dates of contacts, in one statement for all customers, and the activities that follow."""
        self._update_contact_dates()
        self.env["ir.cron"]._commit_progress(remaining=1)
        self._schedule_contacts()
        self.env["ir.cron"]._commit_progress(1, remaining=0)

    def _update_contacts(self):
        """The same for these customers at once, because somebody just was in touch with them."""
        # sudo: the dates follow from contacts, whoever may read those.
        profiles = self.sudo().exists()
        if profiles:
            profiles._update_contact_dates(profiles.partner_id)
            profiles._end_contact_activities()

    # -------------------------------------------------------------------------
    # DATES
    # -------------------------------------------------------------------------

    @api.model
    def _update_contact_dates(self, partners=None):
        """Rewrites the dates that changed, in one statement.

        :param partners: commercial entities; None means all
        :return: number of dossiers rewritten
        """
        self.flush_model()
        for name in (*TOUCHED, "mail.notification", "crm.lead", "res.partner", "res.users"):
            self.env[name].flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH touch AS MATERIALIZED (%(touches)s),
                     fresh AS (%(dates)s)
                UPDATE compliance_profile profile
                   SET last_contact_date = fresh.last_date, next_contact_date = fresh.next_date
                  FROM fresh
                 WHERE profile.id = fresh.id
                   AND (profile.last_contact_date, profile.next_contact_date)
                       IS DISTINCT FROM (fresh.last_date, fresh.next_date)
                """,
                touches=SQL(" UNION ALL ").join(self._get_touch_queries(partners)),
                dates=self._contact_dates_query(partners),
            )
        )
        self.invalidate_model(["last_contact_date", "next_contact_date", "is_silent"], flush=False)
        return self.env.cr.rowcount

    @api.model
    def _get_touch_queries(self, partners):
        """Contacts, each a SELECT of partner_id (commercial entity), user_id (who of us; or NULL), company_id (or NULL:
        of all companies the user works for) and moment (UTC). Extended by whoever knows of other contacts.
        """
        scope = SQL("TRUE") if partners is None else SQL("partner.commercial_partner_id = ANY(%s)", partners.ids)
        return [
            self._visits_query(scope),
            self._meetings_query(scope),
            self._done_activities_query(scope),
            self._mails_received_query(scope),
            *self._mails_sent_queries(scope),
        ]

    @api.model
    def _visits_query(self, scope):
        return SQL(
            """
            SELECT partner.commercial_partner_id AS partner_id, NULL::int4 AS user_id, contact.company_id,
                   contact.date_start AS moment
              FROM compliance_contact contact
              JOIN res_partner partner ON partner.id = contact.partner_id
             WHERE %s
            """,
            scope,
        )

    @api.model
    def _meetings_query(self, scope):
        """Meetings that took place, with whoever of the customer did not decline."""
        return SQL(
            """
            SELECT partner.commercial_partner_id, event.user_id, NULL::int4, event.stop
              FROM calendar_event event
              JOIN calendar_event_res_partner_rel invited ON invited.calendar_event_id = event.id
              JOIN res_partner partner ON partner.id = invited.res_partner_id
             WHERE event.active AND event.stop <= %s AND %s
               AND NOT EXISTS (SELECT FROM calendar_attendee attendee
                                WHERE attendee.event_id = event.id AND attendee.partner_id = partner.id
                                  AND attendee.state = 'declined')
            """,
            fields.Datetime.now(),
            scope,
        )

    @api.model
    def _done_activities_query(self, scope):
        """Calls and meetings marked as done on the customer, its leads and its dossier. Odoo keeps the day (UTC) they
        were done; the moment is that of the last change on that day, or else noon: midnight is yesterday in America.
        """
        return SQL(
            """
            SELECT partner.commercial_partner_id, activity.user_id, dossier.company_id,
                   CASE WHEN activity.write_date::date = activity.date_done THEN activity.write_date
                        ELSE activity.date_done + TIME '12:00' END
              FROM mail_activity activity
              JOIN mail_activity_type kind ON kind.id = activity.activity_type_id
                   AND kind.category IN ('phonecall', 'meeting')
         LEFT JOIN crm_lead lead ON activity.res_model = 'crm.lead' AND lead.id = activity.res_id
         LEFT JOIN compliance_profile dossier ON activity.res_model = 'compliance.profile'
                   AND dossier.id = activity.res_id
              JOIN res_partner partner ON partner.id = CASE WHEN activity.res_model = 'res.partner'
                                                            THEN activity.res_id
                                                            ELSE COALESCE(lead.partner_id, dossier.partner_id) END
             WHERE NOT activity.active AND activity.date_done IS NOT NULL AND %s
            """,
            scope,
        )

    @api.model
    def _mails_received_query(self, scope):
        """Mails and portal messages of the customer's people."""
        return SQL(
            """
            SELECT partner.commercial_partner_id, NULL::int4, message.record_company_id, message.date
              FROM mail_message message
              JOIN res_partner partner ON partner.id = message.author_id
             WHERE message.message_type IN ('email', 'comment') AND %s
               AND NOT EXISTS (SELECT FROM res_users employee
                                WHERE employee.partner_id = partner.id AND NOT employee.share)
            """,
            scope,
        )

    @api.model
    def _mails_sent_queries(self, scope):
        """Mails of our people to the customer: addressed, or notified as a follower. That an invoice was sent is no
        contact, nor are messages Odoo writes by itself.
        """
        template = """
            SELECT partner.commercial_partner_id, author.id, message.record_company_id, message.date
              FROM mail_message message
              JOIN %(recipients)s recipient ON recipient.mail_message_id = message.id AND %(delivered)s
              JOIN res_partner partner ON partner.id = recipient.res_partner_id
              JOIN res_users author ON author.partner_id = message.author_id AND NOT author.share
             WHERE message.message_type IN ('comment', 'email_outgoing')
               AND message.model IS DISTINCT FROM 'account.move'
               AND %(scope)s
        """
        delivered = SQL(
            "recipient.notification_type = 'email'"
            " AND recipient.notification_status NOT IN ('bounce', 'exception', 'canceled')"
        )
        addressed = SQL(
            "NOT EXISTS (SELECT FROM mail_notification failed WHERE failed.mail_message_id = message.id"
            " AND failed.res_partner_id = recipient.res_partner_id"
            " AND failed.notification_status IN ('bounce', 'exception', 'canceled'))"
        )
        return [
            SQL(template, recipients=SQL.identifier(table), delivered=condition, scope=scope)
            for table, condition in (("mail_notification", delivered), ("mail_message_res_partner_rel", addressed))
        ]

    @api.model
    def _contact_dates_query(self, partners):
        """SELECT over ``touch`` of every dossier's id, last_date and next_date. Who was never in touch is due an
        interval after its dossier was opened.
        """
        scope = SQL("TRUE") if partners is None else SQL("profile.partner_id = ANY(%s)", partners.ids)
        companies = self._get_contact_companies(partners)
        return SQL(
            """
            SELECT dated.id, dated.last_date, COALESCE(holiday.workday, dated.next_date) AS next_date
              FROM (
                    SELECT profile.id, profile.company_id, touched.last_date,
                           CASE WHEN profile.active AND profile.lifecycle = ANY(%(living)s)
                                 AND profile.admission_state <> ALL(%(left)s)
                                THEN COALESCE(touched.last_date, profile.create_date::date) + cadence.days
                           END AS next_date
                      FROM compliance_profile profile
                      JOIN (%(cadences)s) cadence ON cadence.company_id = profile.company_id
                           AND cadence.value_tier = profile.value_tier
                           AND cadence.risk_level = COALESCE(profile.risk_level, '')
                 LEFT JOIN (%(last)s) touched ON touched.partner_id = profile.partner_id
                           AND touched.company_id = profile.company_id
                     WHERE %(scope)s
                   ) dated
         LEFT JOIN (%(holidays)s) holiday ON holiday.company_id = dated.company_id AND holiday.day = dated.next_date
            """,
            living=list(LIVING),
            left=list(LEFT),
            cadences=self.env["compliance.contact.cadence"]._intervals_query(),
            last=self._last_contacts_query(companies),
            scope=scope,
            holidays=self._holidays_query(companies),
        )

    @api.model
    def _last_contacts_query(self, companies):
        """SELECT over ``touch`` of partner_id, company_id and the day of the last contact by the company's clock. A
        contact counts for its company, or for those its person works for; what is dated ahead, as a sender's clock may
        have it, did not happen yet.
        """
        return SQL(
            """
            SELECT touch.partner_id, company.id AS company_id,
                   MAX((touch.moment AT TIME ZONE 'UTC' AT TIME ZONE company.tz)::date) AS last_date
              FROM touch
              JOIN (VALUES %s) company (id, tz) ON touch.company_id IS NULL OR touch.company_id = company.id
             WHERE touch.moment <= %s
               AND (touch.user_id IS NULL OR touch.company_id IS NOT NULL
                    OR EXISTS (SELECT FROM res_company_users_rel works
                                WHERE works.cid = company.id AND works.user_id = touch.user_id))
          GROUP BY touch.partner_id, company.id
            """,
            SQL(", ").join(
                SQL("(%s::int4, %s::varchar)", company.id, company._get_compliance_zone().key) for company in companies
            ),
            fields.Datetime.now(),
        )

    # -------------------------------------------------------------------------
    # WORKING DAYS
    # -------------------------------------------------------------------------

    @api.model
    def _get_contact_companies(self, partners=None):
        """All companies, or those that have a dossier of these customers."""
        if partners:
            dossiers = self.sudo().with_context(active_test=False)
            groups = dossiers._read_group([("partner_id", "in", partners.ids)], ["company_id"])
            return self.env["res.company"].sudo().union(*(company for (company,) in groups))
        return self.env["res.company"]._get_compliance_companies()

    @api.model
    def _holidays_query(self, companies):
        """SELECT of company_id, each day nobody works there, and the working day before it: contacts are due rather a
        day early than late.
        """
        rows = [
            SQL("(%s::int4, %s::date, %s::date)", company.id, day, workday)
            for company in companies
            for day, workday in self._get_holidays(company).items()
        ]
        rows = rows or [SQL("(0, NULL::date, NULL::date)")]
        return SQL("SELECT * FROM (VALUES %s) holiday (company_id, day, workday)", SQL(", ").join(rows))

    @api.model
    def _get_holidays(self, company):
        """Days without work around today: {day: working day before it}."""
        workdays = self._get_workdays(company)
        if not workdays:
            return {}
        first, last = min(workdays), max(workdays)
        holidays, workday = {}, first
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day in workdays:
                workday = day
            else:
                holidays[day] = workday
        return holidays

    @api.model
    def _get_workdays(self, company):
        """Set of the days on which the company works, by its working hours and public holidays; empty where it has no
        fixed hours.
        """
        calendar, zone = company.resource_calendar_id, company._get_compliance_zone()
        if not calendar:
            return set()
        today = datetime.combine(company._get_compliance_today(), time.min, tzinfo=zone)
        intervals = calendar._work_intervals_batch(today - timedelta(days=BEHIND), today + timedelta(days=AHEAD))
        return {start.astimezone(zone).date() for start, _stop, _line in intervals[False]}

    @api.model
    def _get_preparation_day(self, company):
        """The last day whose contacts are prepared today: some working days ahead."""
        today = company._get_compliance_today()
        ahead = sorted(day for day in self._get_workdays(company) if day > today)
        days = company.compliance_contact_lead_days
        return ahead[days - 1] if 0 < days <= len(ahead) else fields.Date.add(today, days=days)

    # -------------------------------------------------------------------------
    # ACTIVITIES
    # -------------------------------------------------------------------------

    @api.model
    def _schedule_contacts(self):
        """Gives the people who look after customers an activity some working days before a contact is due, so that it
        can be prepared. Nobody gets more than the company allows; the rest stands in the list of silent customers.

        :return: the activities
        """
        self._end_contact_activities()
        due = self.env.execute_query(self._due_contacts_query())
        model_id = self.env["ir.model"]._get_id(self._name)
        type_id = self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY)
        activities = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        return activities.create(
            [
                {
                    "res_model_id": model_id,
                    "res_id": profile_id,
                    "activity_type_id": type_id,
                    "user_id": user_id,
                    "date_deadline": date,
                    "summary": self.env._("Contact the customer"),
                }
                for profile_id, user_id, date in due
            ]
        )

    @api.model
    def _due_contacts_query(self):
        """SELECT of the dossier's id, who is to be in touch and when, of those without an activity for it: the account
        manager, or the officer where that person is not there.
        """
        self.flush_model()
        self.env["mail.activity"].flush_model()
        companies = self._get_contact_companies()
        return SQL(
            """
            SELECT id, user_id, next_contact_date
              FROM (
                    SELECT profile.id, person.id AS user_id, profile.next_contact_date, company.most,
                           ROW_NUMBER() OVER (PARTITION BY person.id ORDER BY profile.next_contact_date, profile.id)
                           + (SELECT COUNT(*) FROM mail_activity open
                               WHERE open.activity_type_id = %(type)s AND open.user_id = person.id AND open.active)
                           AS number
                      FROM compliance_profile profile
                      JOIN (VALUES %(companies)s) company (id, ahead, most) ON company.id = profile.company_id
                 LEFT JOIN (%(people)s) manager ON (manager.user_id, manager.company_id) = (profile.user_id, company.id)
                 LEFT JOIN (%(people)s) officer ON (officer.user_id, officer.company_id)
                                                 = (profile.officer_id, company.id)
                CROSS JOIN LATERAL (SELECT COALESCE(manager.user_id, officer.user_id) AS id) person
                     WHERE profile.next_contact_date <= company.ahead AND person.id IS NOT NULL
                       AND NOT EXISTS (SELECT FROM mail_activity open
                                        WHERE open.res_model = 'compliance.profile' AND open.res_id = profile.id
                                          AND open.activity_type_id = %(type)s AND open.active)
                   ) due
             WHERE number <= most
          ORDER BY next_contact_date, id
            """,
            type=self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY),
            people=self.env["res.users"]._get_people_sql(),
            companies=SQL(", ").join(
                SQL(
                    "(%s::int4, %s::date, %s::int4)",
                    company.id,
                    self._get_preparation_day(company),
                    company.compliance_contact_max,
                )
                for company in companies
            ),
        )

    def _hand_over_contacts(self):
        """Somebody else looks after these customers now: open activities go along."""
        # sudo: the activities are other people's.
        activities = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        open_activities = activities.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("activity_type_id", "=", self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY)),
            ]
        )
        people = {profile.id: profile._get_present("user_id", "officer_id") for profile in self.sudo()}
        for user, moved in open_activities.grouped(lambda activity: people[activity.res_id]).items():
            if user:
                moved.filtered(lambda activity: activity.user_id != user).write({"user_id": user.id})  # noqa: B023

    def _end_contact_activities(self):
        """Somebody was in touch meanwhile: activities whose day is no longer the dossier's go.

        Called on no dossiers it looks at all of them.
        """
        self.env["mail.activity"].flush_model()
        ended = self.env.execute_query(
            SQL(
                """
                SELECT activity.id
                  FROM mail_activity activity
                  JOIN compliance_profile profile ON profile.id = activity.res_id
                 WHERE activity.res_model = 'compliance.profile' AND activity.activity_type_id = %s AND activity.active
                   AND profile.next_contact_date IS DISTINCT FROM activity.date_deadline
                   AND (profile.next_contact_date IS NULL OR profile.next_contact_date > activity.date_deadline)
                   AND %s
                """,
                self.env["ir.model.data"]._xmlid_to_res_id(ACTIVITY),
                SQL("profile.id = ANY(%s)", self.ids) if self else SQL("TRUE"),
            )
        )
        # sudo: the activities are other people's.
        self.env["mail.activity"].sudo().browse(activity_id for (activity_id,) in ended).unlink()

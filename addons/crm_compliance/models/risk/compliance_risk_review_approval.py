# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
from hashlib import sha256

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.merkle import canonical
from .compliance_risk_review import ADMISSION_OF, ENDING, MANAGER, OPEN

# Format of what is hashed; what must differ one day gets another number.
FORMAT = "1"
PARTS = ("line_ids", "opinion_ids", "condition_ids", "restriction_ids")


class ComplianceRiskReview(models.Model):
    """The approval of a review: by whom, what it brings about, and how what was approved is kept."""

    _inherit = "compliance.risk.review"

    # -------------------------------------------------------------------------
    # APPROVAL
    # -------------------------------------------------------------------------

    def action_approve(self):
        """Decides as proposed: the customer's admission, conditions, credit limit and restrictions follow at once.

        :raises AccessError: for everybody but a manager who did not work on the review
        :raises UserError: if the review does not wait for its approval, or the criteria stand against the decision
        """
        self.check_access("write")
        for review in self:
            review._check_approver()
        self._lock()
        for review in self:
            review._check_criteria()
            review._approve()

    def _check_approver(self):
        """:raises AccessError: unless the user is a manager, a person, and did not work on the review"""
        self.ensure_one()
        actor = self._get_actor()
        if not self._is_person(actor) or not self._is_person(self.env.user):
            raise AccessError(self.env._("A review is approved by a person, not by the system."))
        if not all(user.has_group(MANAGER) for user in actor | self.env.user):
            raise AccessError(self.env._("Only compliance managers approve reviews."))
        if self.state != "approval":
            raise UserError(self.env._("%s does not wait for an approval.", self.display_name))
        if (actor | self.env.user) & self._get_barred():
            raise AccessError(
                self.env._("%s is approved by somebody who neither prepared nor edited it.", self.display_name)
            )

    def _check_criteria(self):
        """:raises UserError: if the criteria stand against the decision, or were answered anew since the submission"""
        if self.decision in ENDING:
            return
        self.profile_id.sudo()._refresh_zones()
        self.profile_id._check_zone_allows(ADMISSION_OF[self.decision])
        if self.profile_id.zone != self.zone:
            labels = dict(self._fields["zone"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "When %(review)s was submitted, the customer's zone was %(before)s, and now it is %(now)s: send the"
                    " review back.",
                    review=self.display_name,
                    before=labels.get(self.zone, ""),
                    now=labels.get(self.profile_id.zone, ""),
                )
            )

    def _approve(self):
        """Puts one review into effect."""
        self._write_state(
            {
                "state": "done",
                "approved_by": self._get_actor().id,
                "approved_at": fields.Datetime.now(),
                "customer_name": self.partner_id.complete_name,
                "company_name": self.company_id.name,
            }
        )
        self._end_activities()
        self._seal()
        self._apply_answers()
        self._apply_admission()
        self._apply_conditions()
        self._apply_credit_limit()
        self._apply_restrictions()
        self._tell_decision()

    # -------------------------------------------------------------------------
    # EFFECTS
    # -------------------------------------------------------------------------

    def _apply_answers(self):
        """The risk model may look at the answers; what it makes of them is known to this review and calls for no
        other.
        """
        # sudo: scores are nobody's to write.
        self.env["compliance.profile"].sudo()._score(self.sudo().partner_id)

    def _apply_admission(self):
        """Writes the decision into the dossier, with the dates of this and the next review."""
        # sudo: whoever may approve the review need not be able to write anything else of the dossier.
        profile = self.profile_id.sudo()
        profile._write_admission(
            {
                "admission_state": ADMISSION_OF[self.decision],
                "last_review_date": self._get_today(self.company_id),
                "next_review_date": False if self.decision in ENDING else self.next_review_date,
                "review_level": profile.risk_level,
            }
        )
        profile._message_log(
            body=self.env._(
                "%(review)s was approved by %(user)s: %(decision)s.",
                review=self.name,
                user=self.approved_by.name,
                decision=self._get_label("decision"),
            )
        )

    def _apply_conditions(self):
        """Every condition becomes an activity of who is responsible for it."""
        for condition in self.condition_ids:
            activity = self._create_activities(
                [
                    self._prepare_activity(
                        condition.user_id, condition.deadline, self.env._("Condition: %s", condition.name)
                    )
                ],
                notify=True,
            )
            condition._write_unsigned({"activity_id": activity.id})

    def _apply_credit_limit(self):
        """Sets Odoo's credit limit of the customer in the company of the review."""
        if self.set_credit_limit:
            # sudo: credit limits are the accountants'; this one was proposed, and approved by another.
            self.partner_id.with_company(self.company_id).sudo().credit_limit = self.credit_limit

    def _apply_restrictions(self):
        """Imposes the restrictions proposed, and after the end of a business a block of everything.

        A business that goes on is freed from the block that an earlier review ended it with.
        """
        if "compliance.restriction" not in self.env:
            return
        restrictions = self.env["compliance.restriction"]
        restrictions._impose(self._prepare_restrictions())
        if self.decision not in ENDING:
            ended = self.sudo().search([("profile_id", "=", self.profile_id.id), ("decision", "in", ENDING)])
            origins = [f"{self._name},{review.id}" for review in ended]
            # Most customers were never turned away.
            blocks = origins and restrictions.search([("origin_ref", "in", origins), ("state", "=", "active")])
            if blocks:
                blocks._lift(self.env._("%s was approved.", self.name))

    def _tell_decision(self):
        """Tells who prepared the review and who looks after the customer, with the conditions."""
        # sudo: whether somebody may read the review does not depend on who approved it.
        review = self.sudo()
        people = review.prepared_by | review.submitted_by | review.profile_id.user_id | review.profile_id.officer_id
        readers = (people - self._get_actor()).filtered(lambda user: self.with_user(user).has_access("read"))
        self._send_notice("mail_template_review_decided", readers)

    def _prepare_restrictions(self):
        """:return: list of values of restrictions, see ``compliance.restriction._impose``"""
        today = self._get_today(self.company_id)
        shared = {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "origin_ref": f"{self._name},{self.id}",
            "approved_by": self.approved_by.id,
            "requested_by": (self.last_edited_by or self.submitted_by).id,
        }
        scopes = ("scope_lead", "scope_quotation", "scope_invoice")
        vals_list = [
            {
                **shared,
                "level": proposed.level,
                **{scope: proposed[scope] for scope in scopes},
                "reason": proposed.reason,
                "date_from": max(proposed.date_from or today, today),
                "date_to": proposed.date_to,
            }
            for proposed in self.restriction_ids
            if not proposed.date_to or proposed.date_to >= today
        ]
        if self.decision in ENDING:
            reason = self.env._("%(review)s: %(decision)s", review=self.name, decision=self._get_label("decision"))
            vals_list.append(
                {**shared, "level": "block", **dict.fromkeys(scopes, True), "reason": reason, "date_from": today}
            )
        return vals_list

    def _start_admission(self):
        """A new customer whose onboarding review was opened is in review."""
        profiles = self.filtered(lambda review: review.kind == "onboarding").profile_id.sudo()
        profiles.filtered(lambda profile: profile.admission_state == "draft")._write_admission(
            {"admission_state": "in_review"}
        )

    def _end_admission(self):
        """Without its onboarding review, a customer is where it was before."""
        profiles = self.filtered(lambda review: review.kind == "onboarding").profile_id.sudo()
        profiles.filtered(lambda profile: profile.admission_state == "in_review")._write_admission(
            {"admission_state": "draft"}
        )

    # -------------------------------------------------------------------------
    # WHAT WAS APPROVED
    # -------------------------------------------------------------------------

    def _seal(self):
        """Keeps what was approved as text, and its hash."""
        self.flush_recordset()
        snapshot = canonical(self.sudo()._get_content())
        self._write_state({"snapshot": snapshot.decode(), "content_hash": sha256(snapshot).hexdigest()})

    def _get_content(self):
        """Everything that is approved: texts, lists and dicts only, the same in every language and time zone.

        Records are named by model and id; documents by name and checksum.
        """
        self.ensure_one()
        content = {"format": FORMAT, **self._freeze(self, self._get_frozen_fields())}
        content["documents"] = self._freeze_documents(self._get_own_documents())
        for fname in PARTS:
            content[fname] = [part._freeze_part() for part in self[fname].sorted("id")]
        return content

    @api.model
    def _get_frozen_fields(self):
        """Names of the fields that are approved."""
        return [
            "name",
            "kind",
            "customer_name",
            "company_name",
            "due_date",
            "prepared_by",
            "last_edited_by",
            "last_edited_at",
            "submitted_by",
            "submitted_at",
            "approved_by",
            "approved_at",
            "zone",
            "risk_level",
            "risk_score",
            "figures",
            "open_matters",
            "decision",
            "conclusion",
            "treatment",
            "treatment_plan",
            "treatment_owner_id",
            "set_credit_limit",
            "credit_limit",
            "next_review_date",
        ]

    def _get_own_documents(self):
        """The documents attached to the review itself."""
        return self.env["ir.attachment"].search(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("res_field", "=", False)], order="id"
        )

    @api.model
    def _freeze(self, record, names):
        """Fields of a record as texts: {name: text, None, list or dict}."""
        return {name: self._freeze_value(record._fields[name], record[name]) for name in names}

    @api.model
    def _freeze_value(self, field, value):
        if field.type == "boolean":
            return "true" if value else "false"
        if field.type in ("float", "monetary"):
            return f"{value:.6f}"
        if field.type == "integer":
            return str(value)
        if not value:
            return None
        if field.type == "many2one":
            return f"{value._name},{value.id}"
        return value.isoformat() if field.type in ("date", "datetime") else value

    @api.model
    def _freeze_documents(self, attachments):
        return [{"name": document.name, "checksum": document.checksum} for document in attachments.sorted("id")]

    def _is_intact(self):
        """Whether what stands there is what was approved.

        :return: sorted list of what differs: names of fields; "snapshot" if even the text kept does not fit its hash
        """
        self.ensure_one()
        review = self.sudo()
        differences = []
        if sha256((review.snapshot or "").encode()).hexdigest() != review.content_hash:
            differences.append("snapshot")
        try:
            approved = json.loads(review.snapshot or "{}")
        except ValueError:
            approved = {}
        current = json.loads(canonical(review._get_content()))
        differences += [name for name in {*approved, *current} if approved.get(name) != current.get(name)]
        return sorted(differences)

    def _get_report_footer(self):
        """On every page, which review it belongs to and the hash of what was approved."""
        return f"{self.name}  SHA-256 {self.content_hash}" if self.content_hash else f"{self.name}"

    def action_check(self):
        """Says whether the review still is what was approved.

        :raises UserError: if it is not approved
        """
        self.ensure_one()
        self.check_access("read")
        if self.state != "done":
            raise UserError(self.env._("%s is not approved yet.", self.display_name))
        self.env.invalidate_all()
        differences = self._is_intact()
        message = (
            self.env._("Not as approved: %(fields)s.", fields=", ".join(map(self._describe_difference, differences)))
            if differences
            else self.env._("Everything is as it was approved.")
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.name,
                "message": message,
                "type": "danger" if differences else "success",
                "sticky": bool(differences),
            },
        }

    @api.model
    def _describe_difference(self, name):
        if name == "documents":
            return self.env._("Documents")
        return self._fields[name]._description_string(self.env) if name in self._fields else name

    # -------------------------------------------------------------------------
    # MERGED CUSTOMERS
    # -------------------------------------------------------------------------

    def _move_to(self, profile):
        """Moves reviews to the dossier theirs is merged into; open ones of a kind that is open there end."""
        open_kinds = set(profile.review_ids.filtered(lambda review: review.state in OPEN).mapped("kind"))
        for review in self:
            if review.state in OPEN and review.kind in open_kinds:
                review._write_state(
                    {"state": "cancelled", "cancel_reason": self.env._("The customer was merged into another one.")}
                )
                review._end_activities()
            elif review.state in OPEN:
                open_kinds.add(review.kind)
            review._write_state({"profile_id": profile.id})

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields
from odoo.fields import Command

from .common import CriteriaCommon


class ReviewCommon(CriteriaCommon):
    """A customer of the salesperson, one criterion, one questionnaire of two questions per kind, a second manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reviews = cls.env["compliance.risk.review"]
        cls.criterion = cls.env["compliance.criterion"].create({"code": "X", "name": "X"})
        cls.env["compliance.risk.questionnaire"].search([]).active = False
        for kind in ("onboarding", "periodic", "exit"):
            cls._questionnaire(kind)
        cls.user |= cls._new_users({f"{role}_2": cls.ROLES[role] for role in ("officer", "manager")})
        cls.customer.user_id = cls.user["sales"]
        cls.dossier.write({"officer_id": cls.user["officer"].id, "user_id": cls.user["sales"].id})
        cls._work_off_queue()

    @classmethod
    def _new_user(cls, name, groups, company=None):
        return cls._new_users({name: groups}, company)[name]

    @classmethod
    def _questionnaire(cls, kind, **vals):
        return cls.env["compliance.risk.questionnaire"].create(
            {
                "name": f"Questions {kind}",
                "kind": kind,
                "question_ids": [
                    Command.create({"name": f"Owner known ({kind})?", "answer_type": "yes_no", "sequence": 1}),
                    Command.create({"name": f"Remarks ({kind})", "answer_type": "text", "required": False}),
                ],
                **vals,
            }
        )

    def _as(self, role, records=None):
        return records.with_user(self.user[role])

    def _set_zone(self, zone, role="officer"):
        """Brings the customer into a zone by its answer to the one criterion."""
        self.criterion.knockout = zone == "non_compliant"
        self._answer(self.criterion, {"standard": "met", "unknown": "unknown"}.get(zone, "unmet"), role=role)
        self.assertEqual(self.dossier.zone, zone)

    def _open_review(self, kind="onboarding", role="officer", dossier=None, **vals):
        """A review created by somebody of this role, as superuser for what follows."""
        values = {"profile_id": (dossier or self.dossier).id, "kind": kind, **vals}
        return self.reviews.browse(self._as(role, self.reviews).create(values).id)

    def _fill(self, review, decision="approve", role="officer", **vals):
        """Answers what is required and proposes a decision, with a condition where one is needed."""
        review = self._as(role, review)
        if review.state == "draft":
            review.action_start()
        for line in review.line_ids.filtered("required"):
            line.answer_yes_no = "yes"
        if decision == "conditional":
            vals.setdefault("condition_ids", [Command.create(self._condition())])
        review.write({"decision": decision, **vals})

    def _condition(self, **vals):
        return {
            "name": "Licence on file",
            "deadline": fields.Date.add(self.today, days=30),
            "user_id": self.user["sales"].id,
            **vals,
        }

    def _submitted(self, kind="onboarding", decision="approve", role="officer", dossier=None, **vals):
        """A review that was prepared by the role and waits for its approval; the zone has to fit the decision."""
        review = self._open_review(kind, role, dossier)
        self._fill(review, decision, role, **vals)
        self._as(role, review).action_submit()
        self.assertEqual(review.state, "approval")
        return review

    def _approved(self, kind="onboarding", decision="approve", dossier=None, **vals):
        review = self._submitted(kind, decision, dossier=dossier, **vals)
        self._as("manager", review).action_approve()
        self.assertEqual(review.state, "done")
        return review

    def _admit(self):
        """A customer of the standard zone, approved."""
        self._set_zone("standard")
        return self._approved()

    def _activities(self, review, role=None):
        domain = [("res_model", "=", review._name), ("res_id", "in", review.ids)]
        if role:
            domain.append(("user_id", "=", self.user[role].id))
        return self.env["mail.activity"].search(domain)

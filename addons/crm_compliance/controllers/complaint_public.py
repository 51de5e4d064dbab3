# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from . import complaint_answers as answers

_logger = logging.getLogger(__name__)
# A field people do not see; programs fill it in.
HONEYPOT = "homepage"


class ComplaintPublic(Controller):
    """For people without an account: the form, and the case of whoever has its tracking link.

    Pages opened by GET change nothing, so that mail clients that look links up beforehand decide nothing; answers are
    POST with the token against cross-site requests of the very session that opened the page.
    """

    # -------------------------------------------------------------------------
    # FORM
    # -------------------------------------------------------------------------

    @route(
        "/complaint",
        type="http",
        auth="public",
        website=True,
        sitemap=True,
        methods=["GET", "POST"],
        captcha="complaint",
        max_content_length=answers.MAX_BODY,
    )
    def complaint_form(self, **form):
        if not request.env.company.sudo().complaint_public_form:
            raise request.not_found()
        if request.httprequest.method != "POST":
            return self._render_form({})
        if form.get(HONEYPOT):
            _logger.info("Complaint form: filled in by a program from %s", request.httprequest.remote_addr)
            return request.redirect("/complaint/thanks", code=303)
        form = answers.get_texts(form)
        try:
            values = self._check_form(form)
        except UserError as error:
            return self._render_form(form, str(error))
        if not answers.admit([request.httprequest.remote_addr or "", values["email"]]):
            error = request.env._("We cannot take more complaints from you right now. Please try again in an hour.")
            return self._render_form(form, error, status=429)
        case = request.env["compliance.complaint"]._file(channel="web", **values)
        request.session["complaint_filed"] = case.name
        return request.redirect("/complaint/thanks", code=303)

    @route("/complaint/thanks", type="http", auth="public", website=True, sitemap=False, methods=["GET"])
    def complaint_thanks(self, **_kwargs):
        number = request.session.pop("complaint_filed", None)
        return request.render("crm_compliance.complaint_thanks", {"number": number})

    def _render_form(self, form, error=None, status=200):
        response = request.render(
            "crm_compliance.complaint_form",
            {
                **answers.get_form_values(),
                "form": form,
                "error": error,
                "honeypot": HONEYPOT,
            },
        )
        response.status_code = status
        if status == 429:
            response.headers["Retry-After"] = "3600"
        return response

    def _check_form(self, form):
        """:return: arguments of ``_file``: these and no others
        :raises UserError: if the form cannot be taken
        """
        complaints, company = request.env["compliance.complaint"], request.env.company
        if not all((form.get(name) or "").strip() for name in ("name", "subject", "description")):
            raise UserError(request.env._("Please fill in your name, the subject and what happened."))
        email = complaints._check_email(form.get("email"))
        return {
            "company": company,
            "subject": form["subject"],
            "description": form["description"],
            "partner": complaints._find_customer(email, company),
            "name": form["name"],
            "email": email,
            "files": complaints._check_files(request.httprequest.files.getlist("files")),
            "lang": request.env.lang,
        }

    # -------------------------------------------------------------------------
    # TRACKING
    # -------------------------------------------------------------------------

    def _find(self, token):
        """The case a tracking link gives access to, told as the visitor reads: language, time zone."""
        return request.env["compliance.complaint.access"]._find(token)

    def _render_gone(self):
        """The same for links that never were, expired or were revoked."""
        response = request.render("crm_compliance.complaint_link_gone", {})
        response.status_code = 404
        return answers.close_page(response)

    @route(
        ["/complaint/track/<string:token>", "/complaint/track/<string:token>/<any(confirm, reject, rate):focus>"],
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        methods=["GET"],
    )
    def complaint_track(self, token, focus=None, **_kwargs):
        case = self._find(token)
        if not case:
            return self._render_gone()
        messages = self._get_messages(case)
        values = answers.get_case_values(case)
        shown = {file for message in messages for file in message["files"]}
        values = {
            **values,
            **answers.get_form_values(),
            **answers.take_flash(),
            # Those of messages are shown there.
            "files": [file for file in values["files"] if file not in shown],
            "messages": messages,
            "base_url": f"/complaint/track/{token}",
            "focus": focus,
        }
        return answers.close_page(request.render("crm_compliance.complaint_track", values))

    @route(
        "/complaint/track/<string:token>/<string:action>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        methods=["POST"],
        max_content_length=answers.MAX_BODY,
    )
    def complaint_answer(self, token, action, **form):
        case = self._find(token)
        if not case:
            return self._render_gone()
        done, error = answers.answer(case, action, form, request.env["res.partner"])
        answers.flash(done=done, error=error)
        return answers.close_page(request.redirect(f"/complaint/track/{token}", code=303))

    @route(
        "/complaint/track/<string:token>/file/<int:file_id>",
        type="http",
        auth="public",
        website=True,
        sitemap=False,
        methods=["GET"],
    )
    def complaint_file(self, token, file_id):
        case = self._find(token)
        return answers.send_file(case, file_id) if case else self._render_gone()

    def _get_messages(self, case):
        """:return: list of {"author", "is_ours", "date", "body", "files"} of the public messages"""
        return [
            {
                "author": message.author_id.name or case.partner_name or message.email_from,
                "is_ours": message.author_id == case.company_id.partner_id
                or (bool(message.author_id) and not message.author_id.partner_share),
                "date": case._format_customer_date(message.date, hours=True),
                "body": message.body,
                "files": [(file.id, file.name) for file in message.attachment_ids],
            }
            for message in case._get_customer_messages()
        ]

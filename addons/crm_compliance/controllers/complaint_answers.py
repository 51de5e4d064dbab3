# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the portal and the tracking pages have in common: what is shown of a case, and what is done with an answer."""

from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import request

from ..tools.upload import ACCEPT

ACTIONS = ("confirm", "reject", "rate", "reopen", "reply")
# No more than this is read of a request: the files of a form and its text.
MAX_BODY = 64 * 1024 * 1024


def get_case_values(case):
    """What the templates show of a case: values named here and nothing else of it.

    :param case: one complaint as superuser, to be shown to its customer
    """
    return {
        "number": case.name,
        "subject": case.subject,
        "description": case.description,
        "category": case.category_id.display_name,
        "product": case.product_id.display_name,
        "date_received": case._format_customer_date(case.date_received, hours=True),
        "status": case._get_customer_status(),
        "steps": case._get_customer_steps(),
        "is_over": case.state == "cancelled",
        "outlook": case._get_customer_outlook(),
        "solution": case._get_customer_solution(),
        "decided": case._get_decided_text(),
        "rated": case._get_rated_text(),
        "may_decide": case._may_customer_decide(),
        "may_rate": case._may_customer_rate(),
        "may_reopen": case._may_customer_reopen(),
        "may_reply": case._may_customer_reply(),
        "files": [(file.id, file.name) for file in case._get_customer_files()],
    }


def get_form_values():
    """Limits that forms tell people beforehand."""
    return {"accept": ACCEPT, "max_file_mb": request.env["compliance.complaint"]._get_max_file_mb()}


def get_texts(form):
    """The texts of a form; whoever sends a file instead of one has not filled it in."""
    return {name: value for name, value in form.items() if isinstance(value, str)}


def admit(addresses, total=True):
    """Counts a request once, however often the server repeats it after a conflict in the database.

    :return: False if there were too many, see ``compliance.intake.attempt``
    """
    if not getattr(request, "complaint_admitted", False):
        request.complaint_admitted = request.env["compliance.intake.attempt"]._admit(addresses, total)
    return request.complaint_admitted


def answer(case, action, form, author):
    """Does what a customer answered, or says why not; nothing is half done.

    :param case: one complaint as superuser, whose customer has been found to be asking
    :param str action: one of ``ACTIONS``
    :param dict form: fields of the form
    :param author: partner of the portal user, empty for a tracking link
    :return: (name of what was done, None) or (None, one sentence)
    """
    if action not in ACTIONS:
        raise NotFound
    try:
        with request.env.cr.savepoint():
            _act(case, action, get_texts(form), author)
    except UserError as error:
        case.invalidate_recordset()
        return None, str(error)
    return action, None


def _act(case, action, form, author):
    if action == "confirm":
        case._customer_confirm(author)
    elif action == "reject":
        case._customer_reject(author, form.get("reason"))
    elif action == "reopen":
        case._customer_reopen(author, form.get("reason"))
    elif action == "rate":
        value = str(form.get("rating") or "")
        case._customer_rate(author, int(value) if value.isdigit() and len(value) == 1 else 0, form.get("comment"))
    else:
        # All else a customer does goes once, and then waits for us.
        if not admit([f"case-{case.id}"], total=False):
            raise UserError(request.env._("These are too many messages at once. Please try again in an hour."))
        files = case._check_files(request.httprequest.files.getlist("files"))
        case._customer_reply(author, form.get("message"), files)


def send_file(case, file_id):
    """A file of a case its customer may see, as a download: nothing a stranger sent runs in our name."""
    file = case._get_customer_files().filtered(lambda file: file.id == file_id)
    if not file:
        raise NotFound
    response = request.env["ir.binary"].sudo()._get_stream_from(file).get_response(as_attachment=True)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return close_page(response)


def close_page(response):
    """Keeps a page that a secret leads to out of caches, of search engines and of the Referer of links on it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["X-Frame-Options"] = "DENY"
    return response


def flash(**values):
    """Keeps what to say on the next page."""
    request.session["complaint_flash"] = values


def take_flash():
    return request.session.pop("complaint_flash", None) or {}

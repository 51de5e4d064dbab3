# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount
from odoo.addons.portal.controllers.portal import pager

from . import complaint_answers as answers

PER_PAGE = 20
MOST_CHOICES = 200
CHOICES = ("category_id", "product_id", "invoice_id")


class ComplaintPortal(PortalAccount):
    """Complaints of the customer a portal user belongs to: all are read as that user, under the record rules."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "complaint_count" in counters:
            complaints = request.env["compliance.complaint"]
            values["complaint_count"] = complaints.search_count([]) if complaints.has_access("read") else 0
        return values

    # -------------------------------------------------------------------------
    # LIST
    # -------------------------------------------------------------------------

    @route(["/my/complaints", "/my/complaints/page/<int:page>"], type="http", auth="user", website=True)
    def portal_my_complaints(self, page=1, sortby=None, filterby=None, search=None, search_in=None, **_kwargs):
        complaints = request.env["compliance.complaint"]
        sortings, filters = self._get_complaint_sortings(), self._get_complaint_filters()
        inputs = self._get_complaint_inputs()
        sortby = sortby if sortby in sortings else "date"
        filterby = filterby if filterby in filters else "all"
        search_in = search_in if search_in in inputs else "all"
        # The database knows no character of number zero.
        search = (search or "").replace("\x00", "").strip()[:100]
        domain = filters[filterby]["domain"] & self._get_complaint_search(search_in, search)
        if not complaints.has_access("read"):
            domain = Domain.FALSE
        arguments = {"sortby": sortby, "filterby": filterby, "search": search, "search_in": search_in}
        pages = pager(
            "/my/complaints", total=complaints.search_count(domain), page=page, step=PER_PAGE, url_args=arguments
        )
        found = complaints.search(domain, order=sortings[sortby]["order"], limit=PER_PAGE, offset=pages["offset"])
        request.session["my_complaints_history"] = found.ids[:100]
        # sudo: found as the user; the status is told in words for customers, made of what they do not read themselves.
        rows = [(case, case._get_customer_status()) for case in found.sudo()]
        return request.render(
            "crm_compliance.portal_my_complaints",
            {
                **self._prepare_portal_layout_values(),
                **arguments,
                "rows": rows,
                "page_name": "complaint",
                "default_url": "/my/complaints",
                "pager": pages,
                "searchbar_sortings": sortings,
                "searchbar_filters": filters,
                "searchbar_inputs": inputs,
            },
        )

    def _get_complaint_sortings(self):
        return {
            "date": {"label": request.env._("Newest"), "order": "date_received desc, id desc"},
            "oldest": {"label": request.env._("Oldest"), "order": "date_received, id"},
            "name": {"label": request.env._("Number"), "order": "name desc, id desc"},
            "subject": {"label": request.env._("Subject"), "order": "subject, id"},
            "state": {"label": request.env._("Status"), "order": "state, date_received desc, id desc"},
        }

    def _get_complaint_filters(self):
        opened = ["new", "acknowledged", "investigating", "solution_proposed"]
        return {
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
            "open": {"label": request.env._("Open"), "domain": Domain("state", "in", opened)},
            "proposed": {
                "label": request.env._("Solution proposed"),
                "domain": Domain("state", "=", "solution_proposed"),
            },
            "solved": {"label": request.env._("Solved"), "domain": Domain("state", "in", ["resolved", "closed"])},
            "withdrawn": {"label": request.env._("Withdrawn"), "domain": Domain("state", "=", "cancelled")},
        }

    def _get_complaint_inputs(self):
        return {
            "all": {"input": "all", "label": request.env._("Search in All")},
            "name": {"input": "name", "label": request.env._("Search in Number")},
            "subject": {"input": "subject", "label": request.env._("Search in Subject")},
            "content": {"input": "content", "label": request.env._("Search in Description")},
        }

    def _get_complaint_search(self, search_in, search):
        if not search:
            return Domain.TRUE
        names = {"name": ["name"], "subject": ["subject"], "content": ["description"]}
        names = names.get(search_in, ["name", "subject", "description"])
        return Domain.OR(Domain(name, "ilike", search) for name in names)

    # -------------------------------------------------------------------------
    # FILE
    # -------------------------------------------------------------------------

    @route(
        "/my/complaints/new",
        type="http",
        auth="user",
        website=True,
        methods=["GET", "POST"],
        max_content_length=answers.MAX_BODY,
    )
    def portal_new_complaint(self, **form):
        if request.httprequest.method != "POST":
            return self._render_new_complaint({"invoice_id": form.get("invoice_id")})
        form = answers.get_texts(form)
        try:
            case = self._file_complaint(form)
        except UserError as error:
            return self._render_new_complaint(form, str(error))
        answers.flash(done="filed")
        return request.redirect(f"/my/complaints/{case.id}", code=303)

    def _render_new_complaint(self, form, error=None):
        return request.render(
            "crm_compliance.portal_new_complaint",
            {
                **self._prepare_portal_layout_values(),
                **answers.get_form_values(),
                **{name: self._get_choices(name, form.get(name)) for name in CHOICES},
                "form": form,
                "error": error,
                "page_name": "new_complaint",
            },
        )

    def _file_complaint(self, form):
        """:raises UserError: if the form cannot be taken"""
        complaints = request.env["compliance.complaint"]
        if not (form.get("subject") or "").strip() or not (form.get("description") or "").strip():
            raise UserError(request.env._("Please fill in the subject and what happened."))
        files = complaints._check_files(request.httprequest.files.getlist("files"))
        chosen = {name: self._get_chosen(name, form) for name in CHOICES}
        if not answers.admit([f"user-{request.env.uid}"]):
            raise UserError(request.env._("These are too many complaints at once. Please try again in an hour."))
        return complaints._file(
            channel="portal",
            company=request.env.company,
            subject=form["subject"],
            description=form["description"],
            partner=request.env.user.partner_id,
            category=chosen["category_id"],
            product=chosen["product_id"],
            invoices=chosen["invoice_id"],
            files=files,
            lang=request.env.lang,
        )

    def _get_chosen(self, name, form):
        """:return: the record chosen, one of those offered, or none
        :raises UserError: for anything else
        """
        value = form.get(name) or ""
        choices = self._get_choices(name, value)
        chosen = choices.filtered(lambda record: str(record.id) == value)
        if value and not chosen:
            raise UserError(request.env._("This choice is not available any more; please choose again."))
        return chosen

    def _get_choices(self, name, value=None):
        """What customers choose from: categories offered to them, their own invoices, products they were invoiced.

        :param str value: id of an own invoice that is offered even if it is not one of the latest
        """
        # sudo: the domains are what is their own.
        env = request.env(su=True)
        if name == "category_id":
            return env["compliance.complaint.category"].search(
                [("is_public", "=", True), ("company_id", "in", [False, request.env.company.id])]
            )
        domain = self._get_own_invoice_domain()
        invoices = env["account.move"].search(domain, order="invoice_date desc, id desc", limit=MOST_CHOICES)
        if name == "invoice_id":
            asked = [int(value)] if str(value or "").isdecimal() and len(str(value)) < 10 else []
            return invoices | env["account.move"].search(domain & Domain("id", "in", asked))
        products = invoices.invoice_line_ids.product_id
        return products.filtered(lambda product: product.company_id in (product.company_id.browse(), env.company))

    def _get_own_invoice_domain(self):
        """The invoices a portal user can complain about: those of their own company, posted by the company they see."""
        return (
            Domain("commercial_partner_id", "=", request.env.user.commercial_partner_id.id)
            & Domain("company_id", "=", request.env.company.id)
            & Domain("move_type", "in", ["out_invoice", "out_refund", "out_receipt"])
            & Domain("state", "=", "posted")
        )

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        """A button to complain for whom the invoice is; not for visitors who have a link to it."""
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        is_own = bool(invoice.sudo().filtered_domain(self._get_own_invoice_domain()))
        if is_own and not request.env.user._is_public():
            values["complaint_url"] = f"/my/complaints/new?invoice_id={invoice.id}"
        return values

    # -------------------------------------------------------------------------
    # FOLLOW AND ANSWER
    # -------------------------------------------------------------------------

    def _get_own_complaint(self, complaint_id):
        """:return: the case as superuser, None if the user may not read it"""
        try:
            return self._document_check_access("compliance.complaint", complaint_id)
        except (AccessError, MissingError):
            return None

    @route("/my/complaints/<int:complaint_id>", type="http", auth="user", website=True, methods=["GET"])
    def portal_my_complaint(self, complaint_id, **_kwargs):
        case = self._get_own_complaint(complaint_id)
        if not case:
            return request.redirect("/my/complaints")
        case = case.with_user(request.env.user).sudo()
        values = {
            **answers.get_case_values(case),
            **answers.get_form_values(),
            **answers.take_flash(),
            "complaint": case,
            "page_name": "complaint",
            "base_url": f"/my/complaints/{case.id}",
        }
        values = self._get_page_view_values(case, None, values, "my_complaints_history", False)
        for name in ("prev_record", "next_record"):
            # Complaints have no token of Odoo's that a link could carry.
            values[name] = values.get(name) and values[name].partition("?")[0]
        return request.render("crm_compliance.portal_my_complaint", values)

    @route(
        "/my/complaints/<int:complaint_id>/<any(confirm, reject, rate):focus>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def portal_open_complaint(self, complaint_id, focus, **_kwargs):
        """Links in mails lead to the page; what is decided there is decided by its buttons."""
        return request.redirect(f"/my/complaints/{complaint_id}#{'rate' if focus == 'rate' else 'solution'}")

    @route(
        "/my/complaints/<int:complaint_id>/<string:action>",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
        max_content_length=answers.MAX_BODY,
    )
    def portal_answer_complaint(self, complaint_id, action, **form):
        case = self._get_own_complaint(complaint_id)
        if not case:
            return request.redirect("/my/complaints")
        case = case.with_user(request.env.user).sudo()
        done, error = answers.answer(case, action, form, request.env.user.partner_id)
        answers.flash(done=done, error=error)
        return request.redirect(f"/my/complaints/{complaint_id}", code=303)

    @route(
        "/my/complaints/<int:complaint_id>/file/<int:file_id>", type="http", auth="user", methods=["GET"], website=True
    )
    def portal_complaint_file(self, complaint_id, file_id):
        case = self._get_own_complaint(complaint_id)
        if not case:
            raise request.not_found()
        return answers.send_file(case, file_id)

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging

from odoo import api, models

_logger = logging.getLogger(__name__)

# Headers by which machines say that nobody wrote the message; RFC 3834 and what came before it.
AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply")
AUTOMATIC_PRECEDENCES = ("auto_reply", "auto-reply", "bulk", "junk")


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """Out-of-office replies and reports of machines open no complaint; in an open one they are no answer."""
        checked = super()._routing_check_route(message, message_dict, route, raise_exception)
        if not checked or checked[0] != "compliance.complaint" or not self._is_automatic_message(message):
            return checked
        if checked[1]:
            message_dict["message_type"] = "auto_comment"
            return checked
        _logger.info("Automatic message %s opens no complaint", message_dict.get("message_id"))
        return False

    @api.model
    def _is_automatic_message(self, message):
        """:param email.message.EmailMessage message: as received"""
        submitted = (message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
        return (
            submitted != "no"
            or (message.get("Precedence") or "").strip().lower() in AUTOMATIC_PRECEDENCES
            or (message.get("Return-Path") or "").strip() == "<>"
            or any(message.get(header) for header in AUTOMATIC_HEADERS)
        )

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import ipaddress

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import hmac

KEPT_HOURS = 24
TOTAL = "total"


class ComplianceIntakeAttempt(models.Model):
    """Who tried how often to send a form: one row per attempt, none is ever updated, so that workers never wait for
    each other and count together all the same.

    An attempt is written and committed before the attempts are counted. Of those that are counted at the same time the
    last to be committed sees all others, so no more than the limit are let through, however many workers there are.
    """

    _name = "compliance.intake.attempt"
    _description = "Attempt to Send a Form"
    _log_access = False
    _order = "id desc"

    # An address is known by its keyed hash only.
    key = fields.Char(required=True, readonly=True)
    at = fields.Datetime(required=True, readonly=True)

    _key_at_idx = models.Index("(key, at)")
    _at_idx = models.Index("(at)")

    @api.model
    def _admit(self, addresses, total=True):
        """Notes an attempt, in a transaction of its own, so that it counts whatever becomes of the request.

        :param addresses: list of str: where it comes from (network address, e-mail address, user, case)
        :param total: False for what strangers cannot send: they do not use up what is left for others
        :return: False if there were too many within an hour, from one of the addresses or altogether
        """
        limits = {self._get_key(address): self._get_limit("address", 10) for address in addresses}
        if total:
            limits[TOTAL] = self._get_limit("total", 600)
        with self.env.registry.cursor() as cr:
            return all(self._admit_key(cr, key, limit) for key, limit in limits.items())

    @api.model
    def _admit_key(self, cr, key, limit):
        # What is over the limit already leaves no rows: a flood does not fill the table.
        if self._count(cr, key, limit) >= limit:
            return False
        cr.execute(
            SQL(
                "INSERT INTO compliance_intake_attempt (key, at) VALUES (%s, clock_timestamp() AT TIME ZONE 'UTC')", key
            )
        )
        cr.commit()  # pylint: disable=invalid-commit  # a transaction of its own, which is the point
        return self._count(cr, key, limit + 1) <= limit

    @api.model
    def _count(self, cr, key, most):
        """:return: attempts within the last hour, counted up to ``most``"""
        cr.execute(
            SQL(
                """
                SELECT count(*)
                  FROM (SELECT 1
                          FROM compliance_intake_attempt
                         WHERE key = %s AND at > clock_timestamp() AT TIME ZONE 'UTC' - INTERVAL '1 hour'
                         LIMIT %s) attempt
                """,
                key,
                most,
            )
        )
        return cr.fetchone()[0]

    @api.model
    def _get_key(self, address):
        # sudo: the key of the database is read to compute a hash that tells nothing of it.
        return hmac(self.env(su=True), "complaint-intake", self._get_network(address))

    @api.model
    def _get_network(self, address):
        """Whoever has one address of a network of IPv6 has all of them."""
        try:
            network = ipaddress.ip_network(f"{address}/64" if ":" in address else address, strict=False)
        except ValueError:  # no network address at all
            return address
        return str(network)

    @api.model
    def _get_limit(self, name, default):
        """:return: attempts allowed in an hour"""
        # sudo: limits are read for whoever sends the form.
        value = self.env["ir.config_parameter"].sudo().get_param(f"crm_compliance.complaint_limit_{name}")
        return int(value) if str(value or "").isdigit() else default

    @api.autovacuum
    def _gc_attempts(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=KEPT_HOURS)
        self.env.cr.execute(SQL("DELETE FROM compliance_intake_attempt WHERE at < %s", limit))

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
from odoo import fields, models
from odoo.tools import SQL


class ComplianceSettlement(models.Model):
    """What settled which invoice when: the rows behind the payment habit of a dossier."""

    _name = "compliance.settlement"
    _description = "Settlement of an Invoice"
    _auto = False
    _order = "settled_on desc, id desc"
    _rec_name = "move_name"
    _depends = {
        "account.partial.reconcile": ["debit_move_id", "credit_move_id", "exchange_move_id", "amount", "max_date"],
        "account.move.line": ["move_id", "date_maturity", "display_type"],
        "account.move": ["commercial_partner_id", "company_id", "invoice_date", "move_type", "name", "state"],
        "res.partner": ["commercial_partner_id"],
    }

    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    move_id = fields.Many2one("account.move", string="Invoice", readonly=True)
    move_name = fields.Char(string="Number", readonly=True)
    counterpart_move_id = fields.Many2one("account.move", string="Settled by", readonly=True)
    kind = fields.Selection([("payment", "Payment"), ("credit_note", "Credit Note")], readonly=True)
    invoice_date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    settled_on = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)
    days_to_pay = fields.Integer(readonly=True, aggregator="avg", help="Days from the invoice to the settlement.")
    days_late = fields.Integer(
        readonly=True, aggregator="avg", help="Days from the due date to the settlement; negative: early."
    )
    is_late = fields.Boolean(string="Late", readonly=True)

    @property
    def _table_query(self):
        """Settlements by payments and credit notes, and the exchange differences that complete those.

        Two queries and not one with a day from either: this way a condition on the day reaches the reconciliations,
        and years of them are not joined for the sake of twelve months.
        """
        direct = SQL("JOIN account_move_line counterpart ON counterpart.id = partial.credit_move_id")
        by_exchange = SQL(
            """
              JOIN account_move_line credit ON credit.id = partial.credit_move_id
              JOIN account_partial_reconcile origin ON origin.exchange_move_id = credit.move_id
              JOIN account_move_line counterpart ON counterpart.id = origin.credit_move_id
            """
        )
        is_direct = SQL(
            """
            NOT EXISTS (SELECT FROM account_partial_reconcile origin
                         WHERE origin.exchange_move_id = counterpart.move_id)
            """
        )
        return SQL(
            "%s UNION ALL %s",
            self._settlement_query(direct, SQL("partial.max_date"), is_direct),
            self._settlement_query(by_exchange, SQL("origin.max_date"), SQL("origin.exchange_move_id IS NOT NULL")),
        )

    def _settlement_query(self, joins, day, condition):
        """SELECT of settlements.

        Odoo lets no line of a credit note be on a receivable account but those of the payment term: of all others the
        document need not be looked up.

        :param SQL joins: to ``counterpart``, the line that settled
        """
        return SQL(
            """
            SELECT partial.id, entity.commercial_partner_id AS partner_id, move.company_id, move.id AS move_id,
                   move.name AS move_name,
                   counterpart.move_id AS counterpart_move_id,
                   CASE WHEN counterpart.display_type = 'payment_term'
                         AND (SELECT move_type FROM account_move WHERE id = counterpart.move_id) = 'out_refund'
                        THEN 'credit_note' ELSE 'payment' END AS kind,
                   move.invoice_date, COALESCE(line.date_maturity, move.invoice_date) AS due_date,
                   %(day)s AS settled_on, partial.amount,
                   %(day)s - move.invoice_date AS days_to_pay,
                   %(day)s - COALESCE(line.date_maturity, move.invoice_date) AS days_late,
                   %(day)s > COALESCE(line.date_maturity, move.invoice_date) AS is_late
              FROM account_partial_reconcile partial
              JOIN account_move_line line ON line.id = partial.debit_move_id AND line.display_type = 'payment_term'
              JOIN account_move move ON move.id = line.move_id
         LEFT JOIN res_partner entity ON entity.id = move.commercial_partner_id
              %(joins)s
             WHERE move.move_type IN ('out_invoice', 'out_receipt') AND move.state = 'posted'
               AND move.commercial_partner_id IS NOT NULL AND %(condition)s
            """,
            day=day,
            joins=joins,
            condition=condition,
        )

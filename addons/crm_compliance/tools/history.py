# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Books a ledger's past in Odoo: customers, posted invoices and the payments they were settled with.

Everything goes through Odoo's own models, so that whatever hangs on them (numbers, journal items, residuals, the
dossiers of this add-on) is the same as if the invoices had been typed in. The speed comes from batches: one create,
one posting and one reconciliation for hundreds of rows.
"""

from dataclasses import dataclass, field

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import split_every

from .history_file import HistoryFile

BATCH_SIZE = 200
# History needs no chatter, and a payment needs its journal entry even where bank synchronisation would make it later.
CONTEXT = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_reset_password": True,
    "force_payment_move": True,
    # Nobody has edited the analytic distribution of lines that are just being created.
    "skip_analytic_sync": True,
}


@dataclass
class HistoryResult:
    """What a load did: invoices created, payments added, rows with nothing left to do, and the bad rows."""

    created: int = 0
    paid: int = 0
    skipped: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)


class HistoryLoader:
    """Loads a file into one company; see ``load``."""

    def __init__(self, env, company=None):
        self.company = company or env.company
        self.env = env(context={**env.context, **CONTEXT, "allowed_company_ids": self.company.ids})
        self.company = self.company.with_env(self.env)

    def load(self, lines, progress=None, commit=None):
        """Book the rows of a CSV file and return a ``HistoryResult``.

        An invoice is known again by its number (``ref``) and its customer's ``ref``, so a load may be repeated or
        resumed at any time: only what is missing is added.

        :param lines: the lines of text, the header first
        :param progress: called after each batch with the number of good rows done and their total
        :param commit: called after each batch; what is committed survives an interruption
        """
        rows, bad = HistoryFile(self.env, lines).read_rows()
        self._find_journals()
        # In the order of their dates, so that Odoo's own numbers run with the calendar as in a grown ledger.
        rows.sort(key=lambda row: row.invoice_date)
        result = HistoryResult(bad=bad)
        done = 0
        for batch in split_every(BATCH_SIZE, rows, list):
            self._book_or_split(batch, result)
            # Keeps the memory of a long load flat.
            self.env.invalidate_all()
            if commit:
                commit()
            done += len(batch)
            if progress:
                progress(done, len(rows))
        result.bad.sort()
        return result

    def _find_journals(self):
        journals = self.env["account.journal"]
        domain = journals._check_company_domain(self.company)
        self.sale_journal = journals.search(
            [*domain, ("type", "=", "sale"), ("default_account_id", "!=", False)], limit=1
        )
        self.bank_journal = journals.search(
            [*domain, ("type", "=", "bank"), ("inbound_payment_method_line_ids", "!=", False)], limit=1
        )
        accounts = self.env["account.account"]
        chart = accounts.search_count(
            [*accounts._check_company_domain(self.company), ("account_type", "=", "asset_receivable")], limit=1
        )
        if not (chart and self.sale_journal and self.bank_journal):
            raise UserError(
                self.env._(
                    "The company %(company)s needs a chart of accounts, a sales journal and a bank journal"
                    " before invoices can be loaded.",
                    company=self.company.display_name,
                )
            )

    def _book_or_split(self, rows, result):
        """Book the rows at once; where Odoo refuses, narrow it down until the refused rows stand alone."""
        try:
            with self.env.cr.savepoint():
                created, paid, skipped = self._book(rows)
        except AccessError:
            raise
        except UserError as error:
            if len(rows) == 1:
                result.bad.append((rows[0].line, " ".join(str(error).split())))
                return
            half = len(rows) // 2
            self._book_or_split(rows[:half], result)
            self._book_or_split(rows[half:], result)
        else:
            result.created += created
            result.paid += paid
            result.skipped += skipped

    def _book(self, rows):
        partners = self._get_partners({row.customer for row in rows})
        known = self._find_invoices(rows)
        new = [row for row in rows if row not in known]
        invoices = known | self._create_invoices(new, partners)
        # An invoice known without any payment was still open in an earlier file, or lost its payment. One in draft or
        # cancelled was touched by somebody and stays as it is.
        unpaid = [
            row
            for row in rows
            if row.paid and invoices[row].state == "posted" and invoices[row].payment_state == "not_paid"
        ]
        self._pay({row: invoices[row] for row in unpaid})
        return len(new), len(unpaid), len(known.keys() - set(unpaid))

    def _get_partners(self, refs):
        """Return the customers by their number in the file, archived ones included; missing ones are created."""
        partners = self.env["res.partner"].with_context(active_test=False)
        domain = [*partners._check_company_domain(self.company), ("ref", "in", list(refs))]
        found = {partner.ref: partner for partner in partners.search(domain, order="id desc")}
        missing = sorted(refs - found.keys())
        created = partners.create(
            [{"name": self.env._("Customer %s", ref), "ref": ref, "is_company": True} for ref in missing]
        )
        return found | dict(zip(missing, created, strict=True))

    def _find_invoices(self, rows):
        moves = self.env["account.move"].search(
            [
                ("company_id", "=", self.company.id),
                ("move_type", "=", "out_invoice"),
                ("partner_id.ref", "in", [row.customer for row in rows]),
                ("ref", "in", [row.number for row in rows]),
            ]
        )
        by_key = {(move.partner_id.ref, move.ref): move for move in moves}
        keys = {row: (row.customer, row.number) for row in rows}
        return {row: by_key[key] for row, key in keys.items() if key in by_key}

    def _create_invoices(self, rows, partners):
        invoices = self.env["account.move"].create([self._prepare_invoice(row, partners[row.customer]) for row in rows])
        invoices.action_post()
        return dict(zip(rows, invoices, strict=True))

    def _prepare_invoice(self, row, partner):
        amount = self.company.currency_id.round(float(row.amount))
        return {
            "move_type": "out_invoice",
            "company_id": self.company.id,
            "journal_id": self.sale_journal.id,
            "currency_id": self.company.currency_id.id,
            "partner_id": partner.id,
            "ref": row.number,
            "invoice_date": row.invoice_date,
            # Without these three the customer's defaults of today would replace the terms of the time.
            "invoice_payment_term_id": False,
            "invoice_date_due": row.due_date,
            "fiscal_position_id": False,
            "compliance_disputed": row.disputed,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": self.env._("Invoice %s", row.number),
                        "price_unit": amount,
                        # Said outright, they spare Odoo the search for taxes that are not there.
                        "balance": -amount,
                        "amount_currency": -amount,
                        "tax_ids": [Command.clear()],
                        # Given, because guessing the usual account of each customer costs a query per line.
                        "account_id": self.sale_journal.default_account_id.id,
                    }
                )
            ],
        }

    def _pay(self, invoices):
        payments = (
            self.env["account.payment"]
            .with_context(skip_invoice_sync=True)
            .create([self._prepare_payment(row, invoice) for row, invoice in invoices.items()])
        )
        self._add_entries(payments)
        payments.action_post()
        # One plan for all pairs; what the payment wizard does pair by pair.
        receivables = [
            (invoice.line_ids + payment.move_id.line_ids).filtered(
                lambda line: line.account_type == "asset_receivable" and not line.reconciled
            )
            for invoice, payment in zip(invoices.values(), payments, strict=True)
        ]
        self.env["account.move.line"]._reconcile_plan(receivables)

    def _add_entries(self, payments):
        """Create the journal entries of the payments, which posting would do too but link one by one.

        Each such write searches everything that depends on a payment, half the time of a load. Written as computed
        values are, straight to the cache, what depends on them is searched once for all.
        """
        entries = self.env["account.move"].create([payment._generate_move_vals() for payment in payments])
        with self.env.protecting([payments._fields["move_id"]], payments):
            for payment, entry in zip(payments, entries, strict=True):
                payment.move_id = entry
        payments.modified(["move_id"])

    def _prepare_payment(self, row, invoice):
        receivable = invoice.line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        return {
            "date": row.settled_date,
            "amount": min(self.company.currency_id.round(float(row.paid)), invoice.amount_residual),
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": invoice.commercial_partner_id.id,
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "journal_id": self.bank_journal.id,
            "payment_method_line_id": self.bank_journal.inbound_payment_method_line_ids[0].id,
            "destination_account_id": receivable.account_id[:1].id,
            "memo": invoice.payment_reference or invoice.name,
            "invoice_ids": [Command.set(invoice.ids)],
        }

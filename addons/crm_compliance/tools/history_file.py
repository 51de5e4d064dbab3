# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Reads the rows of a ledger file; knows the two accepted formats and nothing of accounting.

Every line is read on its own: neither format has multi-line cells, and a stray quote then spoils one row instead of
swallowing the rest of the file.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from odoo import fields
from odoo.exceptions import UserError

LEDGER_COLUMNS = ("customerID", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "Disputed", "SettledDate")
RETAIL_COLUMNS = ("InvoiceNo", "InvoiceDate", "CustomerID", "TotalPrice")

DATE_FORMATS = ("%m/%d/%Y", "%Y-%m-%d")
# Dates and amounts outside these are typing errors, not history.
FIRST_DAY = date(1970, 1, 1)
LARGEST_AMOUNT = Decimal(10) ** 12
CENT = Decimal("0.01")


class BadRowError(ValueError):
    """A row that cannot be booked; the message is the one-sentence reason shown to the user."""


@dataclass(frozen=True)
class HistoryRow:
    """One invoice of the file. ``paid`` is what was received on ``settled_date``, zero without one."""

    line: int
    customer: str
    number: str
    invoice_date: date
    due_date: date
    amount: Decimal
    disputed: bool = False
    settled_date: date | None = None
    paid: Decimal = Decimal(0)


class HistoryFile:
    """The rows of a file in one of the two formats, told apart by the header."""

    def __init__(self, env, lines):
        self.env = env
        self.today = fields.Date.context_today(env["account.move"])
        self._numbers = {}
        self._lines = enumerate(lines, start=1)
        try:
            _line, text = next(self._lines, (1, ""))
            # Spreadsheets put a byte order mark in front of the first column name.
            self._header = self._split(text.lstrip("\ufeff"))
        except BadRowError:
            self._header = []
        self._parse = self._choose_format()

    def read_rows(self):
        """Return the good rows in the file's order, and (line number, reason) of the bad ones."""
        rows, bad = [], []
        for line, text in self._lines:
            if not text.strip():
                continue
            try:
                rows.append(self._row(line, text))
            except BadRowError as error:
                bad.append((line, str(error)))
        return rows, bad

    def _choose_format(self):
        for columns, parse in ((LEDGER_COLUMNS, self._parse_ledger), (RETAIL_COLUMNS, self._parse_retail)):
            if set(columns) <= set(self._header):
                return parse
        raise UserError(
            self.env._(
                "The header of the file is unknown: it must have the columns %(ledger)s or %(retail)s.",
                ledger=",".join(LEDGER_COLUMNS),
                retail=",".join(RETAIL_COLUMNS),
            )
        )

    def _split(self, text):
        # U+FFFD is what undecodable bytes were read as; a database text cannot hold NUL.
        if "\0" in text or "\ufffd" in text:
            raise BadRowError(self.env._("The row holds bytes that are not UTF-8 text."))
        try:
            return [cell.strip() for cell in next(csv.reader([text], strict=True), [])]
        except csv.Error:
            raise BadRowError(self.env._("The row has a quotation mark too many or too few.")) from None

    def _row(self, line, text):
        cells = self._split(text)
        if len(cells) != len(self._header):
            raise BadRowError(
                self.env._(
                    "The row has %(count)s columns instead of %(expected)s.",
                    count=len(cells),
                    expected=len(self._header),
                )
            )
        row = self._parse(line, dict(zip(self._header, cells, strict=True)))
        self._check_dates(row)
        self._check_amounts(row)
        self._check_number(row)
        return row

    def _parse_ledger(self, line, cells):
        amount = self._amount(cells, "InvoiceAmount")
        settled_date = self._date(cells, "SettledDate") if cells["SettledDate"] else None
        default = amount if settled_date else Decimal(0)
        return HistoryRow(
            line=line,
            customer=self._text(cells, "customerID"),
            number=self._text(cells, "invoiceNumber"),
            invoice_date=self._date(cells, "InvoiceDate"),
            due_date=self._date(cells, "DueDate"),
            amount=amount,
            disputed=self._yes(cells, "Disputed"),
            settled_date=settled_date,
            paid=self._amount(cells, "Paid") if cells.get("Paid") else default,
        )

    def _parse_retail(self, line, cells):
        # The shop's file knows neither terms nor payments: every invoice is due at once and stays open.
        day = self._date(cells, "InvoiceDate")
        return HistoryRow(
            line=line,
            customer=self._text(cells, "CustomerID"),
            number=self._text(cells, "InvoiceNo"),
            invoice_date=day,
            due_date=day,
            amount=self._amount(cells, "TotalPrice"),
        )

    def _text(self, cells, column):
        if not cells[column]:
            raise BadRowError(self.env._("The column %(column)s is empty.", column=column))
        return cells[column]

    def _yes(self, cells, column):
        answer = cells[column].lower()
        if answer not in ("yes", "no", ""):
            raise BadRowError(
                self.env._("%(column)s is neither Yes nor No: %(value)s.", column=column, value=cells[column])
            )
        return answer == "yes"

    def _amount(self, cells, column):
        text = self._text(cells, column)
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        # Decimal reads 1_000 and Infinity as numbers too.
        if not amount.is_finite() or "_" in text:
            raise BadRowError(self.env._("%(column)s is not a number: %(value)s.", column=column, value=text))
        if amount < 0:
            raise BadRowError(self.env._("%(column)s is negative: %(value)s.", column=column, value=text))
        if amount > LARGEST_AMOUNT:
            raise BadRowError(self.env._("%(column)s is too large: %(value)s.", column=column, value=text))
        return amount.quantize(CENT, rounding=ROUND_HALF_UP)

    def _date(self, cells, column):
        """Return a date cell; a plain number such as -120 counts days from today and keeps demo data young."""
        text = self._text(cells, column)
        if re.fullmatch(r"[+-]?\d{1,5}", text, re.ASCII):
            return self.today + timedelta(days=int(text))
        for date_format in DATE_FORMATS:
            try:
                day = datetime.strptime(text, date_format).date()
            except ValueError:
                continue
            if day >= FIRST_DAY:
                return day
        raise BadRowError(self.env._("%(column)s is not a valid date: %(value)s.", column=column, value=text))

    def _check_dates(self, row):
        if row.due_date < row.invoice_date:
            raise BadRowError(self.env._("The due date lies before the invoice date."))
        if row.settled_date and row.settled_date < row.invoice_date:
            raise BadRowError(self.env._("The settled date lies before the invoice date."))
        if max(row.invoice_date, row.settled_date or row.invoice_date) > self.today:
            raise BadRowError(self.env._("The invoice date or the settled date lies in the future."))

    def _check_amounts(self, row):
        if row.paid and not row.settled_date:
            raise BadRowError(self.env._("An amount was paid but the settled date is empty."))
        if row.paid > row.amount:
            raise BadRowError(self.env._("More was paid than the invoice amounts to."))

    def _check_number(self, row):
        first = self._numbers.setdefault(row.number, row.line)
        if first != row.line:
            raise BadRowError(
                self.env._(
                    "The invoice number %(number)s was used in line %(line)s already.", number=row.number, line=first
                )
            )

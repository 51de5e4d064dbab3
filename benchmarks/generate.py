# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Fills an Odoo database with customers, invoices, payments and reconciliations: generate.py DATABASE N M

Set-based SQL into Odoo's real tables: going through the ORM would take a day for a million invoices. What comes out is
what the ORM would have left behind: balanced posted entries, residuals that agree with the reconciliations, names that
follow the journal's sequence. Every random number is a hash of the customer and the document, so that two runs on the
same day give the same ledger.

How it looks: customer number r has a weight of 1 / (r + 50), which gives a few customers thousands of invoices and half
of them at most three; purchases spread over the customer's own time within the last three years; 5 % are credit notes,
4 % are due in two instalments, 3 % of the customers buy in another currency, 10 % have a contact that every other
invoice is addressed to. Each customer has a habit of paying around which single payments scatter; 80 % of the documents
end up reconciled. Several invoices settled on one day share one payment.
"""

import contextlib
import sys
import time

import psycopg2

YEARS = 3
FIRST_NUMBER = 100000  # of the generated documents, out of the way of demo data
TABLES = ("res_partner", "account_move", "account_move_line", "account_payment", "account_partial_reconcile")
RELATIONS = ("account_move_line_account_tax_rel", "account_move__account_payment", "account_full_reconcile")

# Accounts, journals and ids to continue from, as Odoo's own set-up left them.
CONSTANTS = """
    SELECT company.id AS company, company.currency_id AS currency, currency.id AS foreign_currency,
           sale.id AS sale_journal, bank.id AS bank_journal, misc.id AS misc_journal,
           sale.default_account_id AS income, receivable.json_value::int AS receivable,
           outstanding.id AS outstanding, method.id AS method_line, method.payment_method_id AS method,
           expense.id AS expense, tax.id AS tax, tax.tax_group_id AS tax_group, line.account_id AS tax_account,
           line.id AS tax_line, refund_line.id AS tax_refund_line, users.id AS user,
           (SELECT COALESCE(MAX(id), 0) FROM res_partner) AS last_partner,
           (SELECT COALESCE(MAX(id), 0) FROM account_move) AS last_move,
           (SELECT COALESCE(MAX(id), 0) FROM account_move_line) AS last_line,
           (SELECT COALESCE(MAX(id), 0) FROM account_payment) AS last_payment,
           (SELECT COALESCE(MAX(id), 0) FROM account_full_reconcile) AS last_full
      FROM res_company company
      JOIN res_currency currency ON currency.name = 'EUR'
      JOIN account_journal sale ON sale.company_id = company.id AND sale.type = 'sale'
      JOIN account_journal bank ON bank.company_id = company.id AND bank.type = 'bank'
      JOIN account_journal misc ON misc.company_id = company.id AND misc.type = 'general'
      JOIN account_payment_method_line method ON method.journal_id = bank.id
      JOIN account_payment_method kind ON kind.id = method.payment_method_id AND kind.payment_type = 'inbound'
      JOIN ir_model_fields field ON field.model = 'res.partner' AND field.name = 'property_account_receivable_id'
      JOIN ir_default receivable ON receivable.field_id = field.id AND receivable.company_id = company.id
      JOIN account_account_res_company_rel owner ON owner.res_company_id = company.id
      JOIN account_account outstanding ON outstanding.id = owner.account_account_id
           AND outstanding.account_type = 'asset_current' AND outstanding.reconcile
      JOIN account_account_res_company_rel owner2 ON owner2.res_company_id = company.id
      JOIN account_account expense ON expense.id = owner2.account_account_id AND expense.account_type = 'expense'
      JOIN account_tax tax ON tax.company_id = company.id AND tax.type_tax_use = 'sale' AND tax.amount = 15
      JOIN account_tax_repartition_line line ON line.tax_id = tax.id
           AND line.repartition_type = 'tax' AND line.document_type = 'invoice'
      JOIN account_tax_repartition_line refund_line ON refund_line.tax_id = tax.id
           AND refund_line.repartition_type = 'tax' AND refund_line.document_type = 'refund'
      JOIN res_users users ON users.id = 1
     WHERE company.id = %(company)s
     ORDER BY sale.id, bank.id, misc.id, method.id, outstanding.name ->> 'en_US' NOT LIKE 'Outstanding%%',
              outstanding.id, expense.id, tax.id
     LIMIT 1
"""

# Staging tables: what the books will say, computed before it is written to Odoo's tables in the order of time.
STAGING = [
    (
        "random numbers",
        """
        DROP SCHEMA IF EXISTS bn CASCADE;
        CREATE SCHEMA bn;
        -- A number from 0 to 1 that depends on a key and the purpose it is used for.
        CREATE FUNCTION bn.rnd(key bigint, purpose int) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
            SELECT (hashint8extended(key, purpose) & 1073741823)::float8 / 1073741824
        $$;
        """,
    ),
    (
        "customers",
        """
        CREATE UNLOGGED TABLE bn.customer AS
        WITH weight AS (
            SELECT r, SUM(1.0::float8 / (r + 50)) OVER (ORDER BY r) / SUM(1.0::float8 / (r + 50)) OVER () AS upto
              FROM generate_series(1, %(customers)s) r
        ), counted AS (
            SELECT r, ROUND(upto * %(invoices)s)::int - COALESCE(LAG(ROUND(upto * %(invoices)s)::int) OVER (ORDER
                BY r), 0)
                      AS documents
              FROM weight
        ), life AS (
            SELECT counted.*, CURRENT_DATE - 365 * %(years)s
                       + FLOOR((365 * %(years)s - 1) * bn.rnd(r, 1) ^ 2.5)::int AS since
              FROM counted
        )
        SELECT r::bigint AS r, documents,
               %(last_partner)s + 1 + (r::bigint * 7919 %% %(customers)s)::int AS id,
               CASE WHEN bn.rnd(r, 2) < 0.1
                    THEN %(last_partner)s + %(customers)s + 1 + (r::bigint * 7919 %% %(customers)s)::int END AS
                        contact_id,
               CASE WHEN bn.rnd(r, 3) < 0.03 THEN 0.9 ELSE 1 END AS rate,
               bn.rnd(r, 4) < 0.6 AS taxed,
               EXP(4 + 3 * bn.rnd(r, 5)) AS typical_amount,
               -8 + 40 * bn.rnd(r, 6) ^ 2 AS typical_delay,
               CASE WHEN bn.rnd(r, 7) < 0.1 THEN 40 ELSE 0 END AS drift,
               since,
               CASE WHEN bn.rnd(r, 8) < 0.6 THEN CURRENT_DATE - since
                    ELSE FLOOR((CURRENT_DATE - since) * (0.2 + 0.7 * bn.rnd(r, 9)))::int END AS days
          FROM life;
        """,
    ),
    (
        "invoices",
        """
        CREATE UNLOGGED TABLE bn.invoice AS
        WITH document AS (
            SELECT r, k, r * 100000 + k AS key, rate, taxed, typical_delay + drift * k / documents AS delay,
                   k > 1 AND bn.rnd(r * 100000 + k, 1) < 0.057
                         AND (k = 2 OR bn.rnd(r * 100000 + k - 1, 1) >= 0.057) AS is_refund,
                   since + FLOOR(days * (k - bn.rnd(r * 100000 + k, 2)) / documents)::int AS day,
                   CASE WHEN contact_id IS NOT NULL AND k %% 2 = 1 THEN contact_id ELSE id END AS partner_id,
                   id AS entity_id, documents > 50 AS is_big,
                   ROUND((typical_amount * EXP(2.4 * (bn.rnd(r * 100000 + k, 3) + bn.rnd(r * 100000 + k, 4)
                          + bn.rnd(r * 100000 + k, 5) - 1.5)))::numeric, 2) AS untaxed
              FROM bn.customer CROSS JOIN LATERAL generate_series(1, documents) k
        ), taxed AS (
            SELECT *, CASE WHEN taxed THEN ROUND(untaxed * 0.15, 2) ELSE 0 END AS tax FROM document
        )
        SELECT r, key, rate, delay, is_refund, day, partner_id, entity_id, is_big, untaxed, tax, untaxed + tax AS total,
               ROUND(untaxed / rate, 2) AS untaxed_own, ROUND(tax / rate, 2) AS tax_own,
               ROUND(untaxed / rate, 2) + ROUND(tax / rate, 2) AS total_own,
               NOT is_refund AND bn.rnd(key, 6) < 0.04 AS is_split
          FROM taxed;
        CREATE UNIQUE INDEX ON bn.invoice (key);
        ANALYZE bn.invoice;

        -- A credit note takes back all or some of the customer's previous invoice, up to three weeks after it.
        CREATE UNLOGGED TABLE bn.refund AS
        WITH share AS (
            SELECT refund.key, CASE WHEN bn.rnd(refund.key, 7) < 0.4 THEN 1
                               ELSE ROUND((0.1 + 0.4 * bn.rnd(refund.key, 8))::numeric, 2) END AS share
              FROM bn.invoice refund WHERE refund.is_refund
        ), amounts AS (
            SELECT refund.key, refund.key - 1 AS invoice_key, share, refund.rate,
                   LEAST(invoice.day + 1 + FLOOR(20 * bn.rnd(refund.key, 9))::int, CURRENT_DATE) AS day,
                   ROUND(invoice.untaxed * share, 2) AS untaxed, ROUND(invoice.tax * share, 2) AS tax,
                   CASE WHEN bn.rnd(refund.key, 10) < 0.85 THEN 'allocated'
                        WHEN bn.rnd(refund.key, 10) < 0.93 THEN 'open' ELSE 'paid out' END AS fate
              FROM share JOIN bn.invoice refund USING (key) JOIN bn.invoice ON invoice.key = refund.key - 1
        )
        SELECT *, untaxed + tax AS total, ROUND(untaxed / rate, 2) AS untaxed_own, ROUND(tax / rate, 2) AS tax_own,
               ROUND(untaxed / rate, 2) + ROUND(tax / rate, 2) AS total_own
          FROM amounts;
        UPDATE bn.invoice SET day = refund.day, untaxed = refund.untaxed, tax = refund.tax, total = refund.total,
               untaxed_own = refund.untaxed_own, tax_own = refund.tax_own, total_own = refund.total_own
          FROM bn.refund WHERE refund.key = invoice.key;
        """,
    ),
    (
        "instalments and how they are settled",
        """
        CREATE UNLOGGED TABLE bn.instalment AS
        SELECT invoice.key * 2 + part AS key, invoice.key AS invoice_key, r, rate, is_refund, is_big, entity_id,
            day, delay,
               day + CASE WHEN is_refund THEN 0 WHEN part = 0 THEN 30 ELSE 60 END AS due,
               CASE WHEN NOT is_split THEN total WHEN part = 0 THEN ROUND(total * 0.3, 2)
                    ELSE total - ROUND(total * 0.3, 2) END AS amount,
               CASE WHEN NOT is_split THEN total_own WHEN part = 0 THEN ROUND(total_own * 0.3, 2)
                    ELSE total_own - ROUND(total_own * 0.3, 2) END AS amount_own
          FROM bn.invoice CROSS JOIN (VALUES (0), (1)) parts (part)
         WHERE part = 0 OR is_split;

        -- amount: in the document's currency; amount_own: in the company's.
        CREATE UNLOGGED TABLE bn.settlement (
            key bigint, refund_key bigint, r bigint, rate numeric, entity_id int, kind text, day date,
            amount numeric, amount_own numeric);

        -- Credit notes settle the last instalment, or all of them where the whole invoice is taken back.
        INSERT INTO bn.settlement
        SELECT instalment.key, refund.key, instalment.r, instalment.rate, instalment.entity_id, 'credit', refund.day,
               CASE WHEN share = 1 THEN instalment.amount ELSE refund.total END,
               CASE WHEN share = 1 THEN instalment.amount_own ELSE refund.total_own END
          FROM bn.refund
          JOIN bn.invoice ON invoice.key = refund.invoice_key
          JOIN bn.instalment ON instalment.invoice_key = invoice.key
               AND (share = 1 OR instalment.key = invoice.key * 2 + is_split::int)
         WHERE fate = 'allocated';
        INSERT INTO bn.settlement
        SELECT instalment.key, NULL, r, instalment.rate, instalment.entity_id, 'out', LEAST(refund.day + 10,
            CURRENT_DATE),
               instalment.amount, instalment.amount_own
          FROM bn.refund JOIN bn.instalment ON instalment.invoice_key = refund.key
         WHERE fate = 'paid out';

        CREATE UNLOGGED TABLE bn.remainder AS
        WITH credited AS (
            SELECT key, SUM(amount) AS amount, SUM(amount_own) AS amount_own, MAX(day) AS day
              FROM bn.settlement WHERE kind = 'credit' GROUP BY key
        ), remainder AS (
            SELECT instalment.key, r, rate, entity_id, instalment.day, due, is_big, bn.rnd(instalment.key, 1) AS fate,
                   bn.rnd(instalment.key, 8) < 0.06 AS in_two, instalment.amount - COALESCE(credited.amount, 0) AS
                       amount,
                   instalment.amount_own - COALESCE(credited.amount_own, 0) AS amount_own,
                   GREATEST(due + ROUND(delay + 12 * (bn.rnd(instalment.key, 2) + bn.rnd(instalment.key, 3)
                            + bn.rnd(instalment.key, 4) - 1.5) + CASE WHEN bn.rnd(instalment.key, 5) < 0.05
                            THEN 30 + 60 * bn.rnd(instalment.key, 6) ELSE 0 END)::int,
                            instalment.day, credited.day) AS paid
              FROM bn.instalment LEFT JOIN credited USING (key)
             WHERE NOT is_refund
        )
        SELECT key, r, rate, entity_id, day, fate, in_two, amount, amount_own,
               -- Big customers pay on Fridays, many invoices at a time.
               CASE WHEN is_big THEN paid + (12 - EXTRACT(DOW FROM paid)::int) %% 7 ELSE paid END AS paid,
               -- share of the first of two payments
               ROUND((0.3 + 0.4 * bn.rnd(key, 7))::numeric, 2) AS part
          FROM remainder WHERE amount > 0 AND amount_own > 0;

        INSERT INTO bn.settlement
        SELECT key, NULL, r, rate, entity_id, 'in', GREATEST(paid - first_before, day), amount, amount_own
          FROM (
            -- paid in full, at once (first) or in two (second)
            SELECT *, 0 AS first_before FROM bn.remainder WHERE fate < %(paid)s AND NOT in_two
            UNION ALL
            SELECT key, r, rate, entity_id, day, fate, in_two, amount - ROUND(amount * part, 2),
                   amount_own - ROUND(amount_own * part, 2), paid, part, 0
              FROM bn.remainder WHERE fate < %(paid)s AND in_two
            UNION ALL
            -- the first of two payments; of some the second never comes, of few it is written off
            SELECT key, r, rate, entity_id, day, fate, in_two, ROUND(amount * part, 2), ROUND(amount_own * part, 2),
                   paid, part, 14
              FROM bn.remainder WHERE (fate < %(paid)s AND in_two) OR fate BETWEEN %(paid)s AND %(paid)s + 0.04
          ) payment
         WHERE GREATEST(paid - first_before, day) <= CURRENT_DATE AND amount > 0 AND amount_own > 0;
        INSERT INTO bn.settlement
        SELECT key, NULL, r, rate, entity_id, 'off', paid + 90, amount - ROUND(amount * part, 2),
               amount_own - ROUND(amount_own * part, 2)
          FROM bn.remainder WHERE fate BETWEEN %(paid)s AND %(paid)s + 0.003 AND paid + 90 <= CURRENT_DATE;
        ANALYZE bn.settlement;
        """,
    ),
    (
        "entries in the order of time",
        """
        CREATE UNLOGGED TABLE bn.entry AS
        WITH state AS (
            SELECT instalment.key, instalment.amount - COALESCE(settled.amount, 0) AS residual,
                   instalment.amount_own - COALESCE(settled.amount_own, 0) AS residual_own, settlements
              FROM bn.instalment
              LEFT JOIN (SELECT key, SUM(amount) AS amount, SUM(amount_own) AS amount_own, COUNT(*) AS settlements
                           FROM bn.settlement GROUP BY key) settled USING (key)
        ), spent AS (
            SELECT refund_key AS key, SUM(amount) AS amount, SUM(amount_own) AS amount_own
              FROM bn.settlement WHERE kind = 'credit' GROUP BY refund_key
        ), document AS (
            SELECT CASE WHEN invoice.is_refund THEN 'refund' ELSE 'invoice' END AS kind, invoice.key, NULL::date AS
                group_day,
                   invoice.day, invoice.rate, partner_id, invoice.entity_id, untaxed, tax, total, untaxed_own,
                       tax_own, total_own,
                   one.amount AS one, one.amount_own AS one_own, one.due AS one_due,
                   s1.residual - COALESCE(spent.amount, 0) AS one_left,
                   s1.residual_own - COALESCE(spent.amount_own, 0) AS one_left_own,
                   two.amount AS two, two.amount_own AS two_own, two.due AS two_due,
                   s2.residual AS two_left, s2.residual_own AS two_left_own
              FROM bn.invoice
              JOIN bn.instalment one ON one.key = invoice.key * 2
              JOIN state s1 ON s1.key = one.key
              LEFT JOIN bn.instalment two ON two.key = invoice.key * 2 + 1
              LEFT JOIN state s2 ON s2.key = two.key
              LEFT JOIN spent ON spent.key = invoice.key
            UNION ALL
            SELECT kind, r, day, day, rate, entity_id, entity_id, 0, 0, SUM(amount), 0, 0, SUM(amount_own),
                   NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
              FROM bn.settlement WHERE kind <> 'credit'
             GROUP BY kind, r, day, rate, entity_id
        ), ordered AS (
            SELECT document.*, ROW_NUMBER() OVER (ORDER BY day, kind, key) AS n FROM document
        )
        SELECT ordered.*, %(last_move)s + n AS id, %(last_line)s + 5 * n AS line_id,
               CASE WHEN kind IN ('in', 'out')
                    THEN %(last_payment)s + ROW_NUMBER() OVER (PARTITION BY kind IN ('in', 'out') ORDER BY n) END
                    AS payment_id,
               CASE kind WHEN 'invoice' THEN 'INV/' WHEN 'refund' THEN 'RINV/' WHEN 'off' THEN 'MISC/' ELSE 'PBNK1/' END
                   || EXTRACT(YEAR FROM day) || '/' AS prefix,
               %(first_number)s + ROW_NUMBER() OVER (
                   PARTITION BY CASE WHEN kind IN ('in', 'out') THEN 'payment' ELSE kind END, EXTRACT(YEAR FROM day)
                   ORDER BY n) AS number,
               CASE WHEN rate = 1 THEN %(currency)s ELSE %(foreign_currency)s END AS currency_id,
               kind IN ('invoice', 'refund') AS is_document,
               -- 1: receivable goes up, -1: down
               CASE WHEN kind IN ('invoice', 'out') THEN 1 ELSE -1 END AS sign
          FROM ordered ORDER BY n;
        CREATE UNIQUE INDEX ON bn.entry (kind, key, group_day, rate) WHERE NOT is_document;
        CREATE UNIQUE INDEX ON bn.entry (key) WHERE is_document;
        ANALYZE bn.entry;
        """,
    ),
    (
        "matches",
        """
        -- Both lines of each settlement, in the order of time. The line ids follow from the entry's, see LINES.
        CREATE UNLOGGED TABLE bn.match AS
        WITH pair AS (
            SELECT settlement.*, document.id AS document_id, other.id AS other_id, other.payment_id,
                   document.line_id + (settlement.key %% 2)::int AS document_line, other.line_id AS other_line,
                   document.is_document AND document.kind = 'refund' AS out,
                   COALESCE(CASE WHEN settlement.key %% 2 = 1 THEN document.two_left_own ELSE document.one_left_own
                       END, 0)
                       + CASE WHEN other.is_document THEN other.one_left_own ELSE 0 END AS left_over
              FROM bn.settlement
              JOIN bn.entry document ON document.is_document AND document.key = settlement.key / 2
              JOIN bn.entry other ON other.is_document AND other.key = settlement.refund_key
             WHERE settlement.kind = 'credit'
            UNION ALL
            SELECT settlement.*, document.id, other.id, other.payment_id,
                   document.line_id + (settlement.key %% 2)::int, other.line_id, document.kind = 'refund',
                   CASE WHEN settlement.key %% 2 = 1 THEN document.two_left_own ELSE document.one_left_own END
              FROM bn.settlement
              JOIN bn.entry document ON document.is_document AND document.key = settlement.key / 2
              JOIN bn.entry other ON NOT other.is_document AND other.kind = settlement.kind AND other.key = settlement.r
                   AND other.group_day = settlement.day AND other.rate = settlement.rate
             WHERE settlement.kind <> 'credit'
        ), counted AS (
            SELECT pair.*, COUNT(*) OVER (PARTITION BY document_line) AS of_document,
                   COUNT(*) OVER (PARTITION BY other_line) AS of_other,
                   ROW_NUMBER() OVER (ORDER BY day, document_line, other_line) AS n
              FROM pair
        )
        -- A full reconciliation is recorded where one line met exactly one other; it changes no figure elsewhere.
        SELECT counted.*,
               CASE WHEN of_document = 1 AND of_other = 1 AND left_over = 0 THEN %(last_full)s + n END AS full_id
          FROM counted ORDER BY n;
        CREATE INDEX ON bn.match (document_line);
        CREATE INDEX ON bn.match (other_line);
        ANALYZE bn.match;
        """,
    ),
]

PARTNERS = """
    INSERT INTO res_partner (id, company_id, name, complete_name, commercial_company_name, parent_id,
           commercial_partner_id, type, active, is_company, partner_share, employee, lang, tz, color, country_id, city,
           email, email_normalized, message_bounce, supplier_rank, customer_rank, autopost_bills, credit_limit,
           create_uid, create_date, write_uid, write_date)
    SELECT partner.id, NULL, partner.name, complete_name, company_name, parent_id, entity_id, 'contact', TRUE,
        is_company,
           TRUE, FALSE, 'en_US', 'Europe/Brussels', 0, country.id, 'Springfield', email, email, 0, 0, documents,
           'ask', credit_limit, %(user)s, NOW() AT TIME ZONE 'UTC', %(user)s, NOW() AT TIME ZONE 'UTC'
      FROM (
            SELECT id, 'Customer ' || r AS name, 'Customer ' || r AS complete_name, 'Customer ' || r AS company_name,
                   NULL::int AS parent_id, id AS entity_id, TRUE AS is_company, 'info@customer' || r ||
                       '.example.com' AS
                   email, documents, CASE WHEN bn.rnd(r, 20) < 0.2 THEN jsonb_build_object(%(company)s::text,
                   ROUND((typical_amount * 20)::numeric, -2)) END AS credit_limit, r
              FROM bn.customer
             UNION ALL
            SELECT contact_id, 'Contact ' || r, 'Customer ' || r || ', Contact ' || r, 'Customer ' || r, id, id, FALSE,
                   'contact@customer' || r || '.example.com', 0, NULL, r
              FROM bn.customer WHERE contact_id IS NOT NULL
           ) partner
      JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) - 1 AS n, COUNT(*) OVER () AS countries FROM res_country) country
           ON country.n = partner.r %% country.countries
     ORDER BY partner.id
"""

MOVES = """
    INSERT INTO account_move (id, sequence_prefix, sequence_number, name, journal_id, company_id, origin_payment_id,
           partner_id, commercial_partner_id, partner_shipping_id, invoice_partner_display_name, currency_id,
           reversed_entry_id, invoice_user_id, ref, payment_reference, state, move_type, auto_post, payment_state,
           date, invoice_date, invoice_date_due, delivery_date, invoice_currency_rate,
           amount_untaxed, amount_tax, amount_total, amount_residual,
           amount_untaxed_signed, amount_untaxed_in_currency_signed, amount_tax_signed, amount_total_signed,
           amount_total_in_currency_signed, amount_residual_signed,
           always_tax_exigible, checked, posted_before, made_sequence_gap, is_manually_modified, is_move_sent,
           create_uid, create_date, write_uid, write_date)
    SELECT entry.id, prefix, number, prefix || number,
           CASE WHEN is_document THEN %(sale_journal)s WHEN kind = 'off' THEN %(misc_journal)s ELSE
               %(bank_journal)s END,
           %(company)s, payment_id, entry.partner_id, entity_id, CASE WHEN is_document THEN entry.partner_id END,
           'Customer', currency_id, reversed.id, CASE WHEN is_document THEN %(user)s END,
           CASE WHEN NOT is_document THEN 'Payment of ' || day END,
           CASE WHEN kind = 'invoice' THEN prefix || number END, 'posted',
           CASE kind WHEN 'invoice' THEN 'out_invoice' WHEN 'refund' THEN 'out_refund' ELSE 'entry' END, 'no',
           CASE WHEN NOT is_document THEN 'not_paid'
                WHEN one_left + COALESCE(two_left, 0) = 0 THEN
                     CASE WHEN kind = 'invoice' AND NOT EXISTS (
                               SELECT FROM bn.match WHERE document_line IN (entry.line_id, entry.line_id + 1)
                                  AND kind <> 'credit') THEN 'reversed' ELSE 'paid' END
                WHEN one_left + COALESCE(two_left, 0) < total THEN 'partial'
                ELSE 'not_paid' END,
           day, CASE WHEN is_document THEN day END, GREATEST(one_due, two_due), CASE WHEN is_document THEN day END,
           CASE WHEN is_document THEN rate ELSE 0 END,
           untaxed, tax, total, COALESCE(one_left + COALESCE(two_left, 0), 0),
           sign * untaxed_own, sign * untaxed, sign * tax_own,
           CASE WHEN is_document THEN sign ELSE 1 END * total_own, CASE WHEN is_document THEN sign ELSE 1 END * total,
           COALESCE(sign * (one_left_own + COALESCE(two_left_own, 0)), 0),
           NOT is_document, TRUE, TRUE, FALSE, is_document, FALSE, %(user)s, day + TIME '09:00', %(user)s, day +
               TIME '09:00'
      FROM bn.entry
      LEFT JOIN (SELECT key AS refund_key, invoice_key FROM bn.refund) taken_back
             ON entry.kind = 'refund' AND taken_back.refund_key = entry.key
      LEFT JOIN (SELECT id, key FROM bn.entry WHERE kind = 'invoice') reversed ON reversed.key = taken_back.invoice_key
     ORDER BY entry.id
"""

# Line ids: the entry's line_id for the first receivable line, + 1 for the second, + 2 for the rest, + 3 for the tax.
LINES = """
    INSERT INTO account_move_line (id, move_id, journal_id, company_id, company_currency_id, sequence, account_id,
           currency_id, partner_id, payment_id, tax_line_id, tax_group_id, tax_repartition_line_id, full_reconcile_id,
           create_uid, write_uid, move_name, parent_state, name, matching_number, display_type, date, invoice_date,
           date_maturity, debit, credit, balance, amount_currency, tax_base_amount, amount_residual,
           amount_residual_currency, quantity, price_unit, price_subtotal, price_total, discount, is_storno, reconciled,
           no_followup, create_date, write_date, deductible_amount)
    SELECT line.id, entry.id,
           CASE WHEN is_document THEN %(sale_journal)s WHEN kind = 'off' THEN %(misc_journal)s ELSE
               %(bank_journal)s END,
           %(company)s, %(currency)s, CASE WHEN line.type = 'payment_term' THEN 12000 ELSE 100 END, line.account_id,
           currency_id, entity_id, payment_id, CASE WHEN line.type = 'tax' THEN %(tax)s END,
           CASE WHEN line.type = 'tax' THEN %(tax_group)s END,
           CASE WHEN line.type = 'tax' THEN CASE kind WHEN 'invoice' THEN %(tax_line)s ELSE %(tax_refund_line)s END END,
           reconciliation.full_id, %(user)s, %(user)s, prefix || number, 'posted',
           CASE line.type WHEN 'product' THEN 'Goods' WHEN 'tax' THEN '15%%' ELSE prefix || number END,
           reconciliation.matching, line.type, day, CASE WHEN is_document THEN day END, line.due,
           GREATEST(line.balance, 0), GREATEST(-line.balance, 0), line.balance, line.amount,
           CASE WHEN line.type = 'tax' THEN untaxed_own END, line.residual, line.residual_currency,
           CASE WHEN line.type = 'product' THEN 1 ELSE 0 END, CASE WHEN line.type = 'product' THEN untaxed ELSE 0 END,
           CASE WHEN line.type = 'product' THEN untaxed ELSE 0 END,
           CASE WHEN line.type = 'product' THEN total ELSE 0 END, 0, FALSE,
           line.reconcilable AND line.residual = 0 AND line.residual_currency = 0, FALSE,
           day + TIME '09:00', day + TIME '09:00', 100
      FROM bn.entry
     CROSS JOIN LATERAL (VALUES
            (line_id, CASE WHEN is_document THEN 'payment_term' ELSE 'product' END, %(receivable)s, TRUE,
             CASE WHEN is_document THEN one_due ELSE day END,
             sign * COALESCE(one_own, total_own), sign * COALESCE(one, total),
             sign * COALESCE(one_left_own, 0), sign * COALESCE(one_left, 0)),
            (line_id + 1, 'payment_term', %(receivable)s, TRUE, two_due, sign * two_own, sign * two,
             sign * two_left_own, sign * two_left),
            (line_id + 2, 'product', CASE WHEN is_document THEN %(income)s WHEN kind = 'off' THEN %(expense)s
                                     ELSE %(outstanding)s END,
             FALSE, CASE WHEN NOT is_document THEN day END,
             -sign * CASE WHEN is_document THEN untaxed_own ELSE total_own END,
             -sign * CASE WHEN is_document THEN untaxed ELSE total END,
             CASE WHEN kind IN ('in', 'out') THEN -sign * total_own ELSE 0 END,
             CASE WHEN kind IN ('in', 'out') THEN -sign * total ELSE 0 END),
            (line_id + 3, 'tax', %(tax_account)s, FALSE, NULL, -sign * NULLIF(tax_own, 0), -sign * NULLIF(tax, 0), 0, 0)
           ) line (id, type, account_id, reconcilable, due, balance, amount, residual, residual_currency)
      LEFT JOIN (
            SELECT line_id, MAX(full_id) AS full_id, COALESCE(MAX(full_id)::text, 'P' || MIN(n)) AS matching
              FROM (SELECT document_line AS line_id, full_id, n FROM bn.match
                     UNION ALL SELECT other_line, full_id, n FROM bn.match) matched
             GROUP BY line_id) reconciliation ON reconciliation.line_id = line.id
     WHERE line.balance IS NOT NULL
     ORDER BY line.id
"""

PAYMENTS = """
    INSERT INTO account_payment (id, move_id, journal_id, company_id, payment_method_line_id, payment_method_id,
           currency_id, partner_id, outstanding_account_id, destination_account_id, name, state, payment_type,
           partner_type, memo, date, amount, amount_company_currency_signed, is_reconciled, is_matched, is_sent,
           create_uid, create_date, write_uid, write_date)
    SELECT payment_id, id, %(bank_journal)s, %(company)s, %(method_line)s, %(method)s, currency_id, entity_id,
           %(outstanding)s, %(receivable)s, prefix || number, 'paid',
           CASE kind WHEN 'in' THEN 'inbound' ELSE 'outbound' END, 'customer', 'Payment of ' || day, day, total,
           -sign * total_own, TRUE, FALSE, FALSE, %(user)s, day + TIME '09:00', %(user)s, day + TIME '09:00'
      FROM bn.entry WHERE payment_id IS NOT NULL ORDER BY id
"""

MATCHES = """
    INSERT INTO account_full_reconcile (id, create_uid, create_date, write_uid, write_date)
    SELECT full_id, %(user)s, day + TIME '09:00', %(user)s, day + TIME '09:00' FROM bn.match
     WHERE full_id IS NOT NULL ORDER BY full_id;
    INSERT INTO account_partial_reconcile (debit_move_id, credit_move_id, full_reconcile_id, debit_currency_id,
           credit_currency_id, company_id, max_date, amount, debit_amount_currency, credit_amount_currency, create_uid,
           create_date, write_uid, write_date)
    SELECT CASE WHEN out THEN other_line ELSE document_line END, CASE WHEN out THEN document_line ELSE other_line END,
           full_id, own.currency_id, own.currency_id, %(company)s, day, amount_own, amount, amount, %(user)s,
           day + TIME '09:00', %(user)s, day + TIME '09:00'
      FROM bn.match
     CROSS JOIN LATERAL (SELECT CASE WHEN rate = 1 THEN %(currency)s ELSE %(foreign_currency)s END AS currency_id) own
     ORDER BY n;
    INSERT INTO account_move__account_payment (invoice_id, payment_id)
    SELECT DISTINCT document_id, payment_id FROM bn.match WHERE payment_id IS NOT NULL;
    INSERT INTO account_move_line_account_tax_rel (account_move_line_id, account_tax_id)
    SELECT line_id + 2, %(tax)s FROM bn.entry WHERE is_document AND tax > 0;
"""

CURRENCY = """
    UPDATE res_currency SET active = TRUE WHERE id = %(foreign_currency)s;
    DELETE FROM res_currency_rate WHERE currency_id = %(foreign_currency)s;
    INSERT INTO res_currency_rate (currency_id, company_id, name, rate) VALUES (%(foreign_currency)s, %(company)s,
        '2000-01-01', 0.9);
"""

LOAD = [
    ("currency", CURRENCY),
    ("partners", PARTNERS),
    ("moves", MOVES),
    ("lines", LINES),
    ("payments", PAYMENTS),
    ("reconciliations", MATCHES),
]


def generate(dsn, customers, invoices, company=1, verbose=False):
    """Fill the database with that many customers and posted invoices (credit notes included).

    :param str dsn: of psycopg2, e.g. ``dbname=bench``; PGHOST and PGUSER are honoured
    :return: dict of the rows written by table
    """
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    with connection.cursor() as cr:
        cr.execute("SET synchronous_commit = off; SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'")
        # Rows must arrive in the order of the staging tables: real ledgers grow with time.
        cr.execute("SET synchronize_seqscans = off; SET jit = off")
        before = _count(cr)
        constants = _constants(cr, company, customers=customers, invoices=invoices)
        for title, sql in STAGING:
            _run(cr, title, sql, constants, verbose)
        _load(cr, constants, verbose)
        _run(cr, "vacuum", "", {}, verbose)
        for table in (*TABLES, *RELATIONS):
            cr.execute(f"VACUUM (ANALYZE) {table}")
        cr.execute("DROP SCHEMA bn CASCADE; ANALYZE")
        after = _count(cr)
    connection.close()
    return {table: after[table] - before[table] for table in after}


def _constants(cr, company, **sizes):
    """Parameters of all statements."""
    cr.execute(CONSTANTS, {"company": company})
    row = cr.fetchone()
    if not row:
        raise SystemExit(f"Company {company} has no chart of accounts with a 15 % sales tax: nothing was generated.")
    constants = dict(zip([column.name for column in cr.description], row, strict=True))
    # 0.88 of the instalments are paid once their day has come; with what is not due yet, 80 % of all invoices.
    return {**constants, **sizes, "years": YEARS, "first_number": FIRST_NUMBER, "paid": 0.86}


def _load(cr, constants, verbose):
    """Write the staged rows to Odoo's tables; their indexes and triggers would take most of the time."""
    _run(cr, "indexes off", "", {}, verbose)
    cr.execute(
        "SELECT indexname, indexdef FROM pg_indexes i WHERE schemaname = 'public' AND tablename = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = i.indexname)",
        [[*TABLES, *RELATIONS]],
    )
    indexes = cr.fetchall()
    for name, _definition in indexes:
        cr.execute(f'DROP INDEX "{name}"')
    _switch_triggers(cr, "replica")
    for title, sql in LOAD:
        _run(cr, title, sql, constants, verbose)
    _switch_triggers(cr, "origin")
    for name, definition in indexes:
        _run(cr, name, definition, None, verbose)
    for table in (*TABLES, "account_full_reconcile"):
        cr.execute(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}) + 1)")


def _switch_triggers(cr, role):
    """Checking foreign keys row by row is the superuser's to skip; elsewhere the load takes longer."""
    with contextlib.suppress(psycopg2.errors.InsufficientPrivilege):
        cr.execute(f"SET session_replication_role = {role}")


def _count(cr):
    counts = {}
    for table in TABLES:
        cr.execute(f"SELECT COUNT(*) FROM {table}")
        (counts[table],) = cr.fetchone()
    return counts


def _run(cr, title, sql, constants, verbose):
    started = time.perf_counter()
    if sql:
        cr.execute(sql, constants)
    if verbose:
        print(f"{time.perf_counter() - started:7.1f} s  {title}", flush=True)


if __name__ == "__main__":
    begin = time.perf_counter()
    print(generate(f"dbname={sys.argv[1]}", int(sys.argv[2]), int(sys.argv[3]), verbose=True))
    print(f"{time.perf_counter() - begin:.0f} s in all")

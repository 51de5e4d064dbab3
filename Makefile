# Every target installs what it needs; see README.md.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# 'make run LANG=zh_CN': the language of Odoo, not of the shell.
ifeq ($(origin LANG),command line)
UI_LANG := $(LANG)
endif
unexport LANG
export UI_LANG PORT BENCH YES

.PHONY: help setup run test load shell bench storm lint i18n clean

help: ## Show what can be made
	@grep -hE '^[a-z0-9]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

setup: ## Install what is missing, nothing else
	@scripts/setup.sh --test

run: ## Serve Odoo with demo data on http://localhost:8069 (PORT=..., LANG=zh_CN)
	@scripts/run.sh

test: ## Run all tests on a throwaway database (ARGS="-k name")
	@scripts/test.sh $(ARGS)

load: ## Load real invoices and payments: make load FILE=history.csv
	@scripts/with_database.sh load "$(FILE)"

shell: ## Open a Python shell on the database of 'make run'
	@scripts/with_database.sh shell

bench: ## Measure against plain SQL and the OCA peers (BENCH=profile)
	@scripts/bench.sh

storm: ## Load the audit trail with writers, kill them and PostgreSQL (minutes)
	@scripts/storm.sh

lint: ## Check style: ruff, pylint-odoo, XML
	@scripts/lint.sh

i18n: ## Export the terms to translate, keep the translations there are
	@scripts/translate.sh

clean: ## Remove what 'make run' keeps: its database and files (downloads stay)
	@scripts/clean.sh

# make live: the program. make test: every check. Both set up what they need first.
PYTHON ?= python3
SOURCE ?=

.PHONY: live test bench
live:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/uvanet run $(if $(SOURCE),"$(SOURCE)")

test:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/check.py

bench:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/uvanet bench

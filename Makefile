# make live: the program. make test: every check. Both set up what they need first.
PYTHON ?= python3
SOURCE ?=

.PHONY: live test bench pictures weights ablation
live:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/uvanet run $(if $(SOURCE),"$(SOURCE)")

test:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/check.py

# All that is measured, kept for this class of machine; leave the machine alone meanwhile.
bench:
	@$(PYTHON) packaging/bootstrap.py test
	@mkdir -p packaging/bench
	@.venv/bin/uvanet bench -o packaging/bench/bench.json --plots packaging/bench

# All pictures of the README, each from a scene of the real program.
pictures:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/python packaging/make_pictures.py

# Every weight that ships, from the data in UVANET_DATA; goes on where it was stopped. Hours.
weights:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/make_weights.py

# What each part is worth: resources/weights/ABLATION.md. Hours.
ablation:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/ablate.py

# make live: runs the program. make test: runs all checks. Both install dependencies first.
PYTHON ?= python3
SOURCE ?=

.PHONY: live test coverage fuzz kill soak monkey trust bench bundle deb docs web translations pictures weights ablation
live:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/uvanet run $(if $(SOURCE),"$(SOURCE)")

test:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/check.py

# The same, and the share of lines and branches that tests run.
coverage:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/check.py --coverage

# Reads thousands of damaged variants of each kind of file. FUZZ: examples a test. MEDIA: variants
# of each media file.
FUZZ ?= 5000
MEDIA ?= 200
fuzz:
	@$(PYTHON) packaging/bootstrap.py test
	@UVANET_FUZZ_EXAMPLES=$(FUZZ) .venv/bin/python -m pytest -q tests/trust/test_hostile_*.py
	@mkdir -p dist
	@.venv/bin/python tests/media/fuzz.py dist/media.jsonl --variants $(MEDIA)

# Kills programs that write, at random moments; lets each write fail once. KILLS: how often each.
KILLS ?= 100
kill:
	@$(PYTHON) packaging/bootstrap.py test
	@UVANET_KILLS=$(KILLS) .venv/bin/python -m pytest -q -o junit_family=xunit1 --junitxml dist/kills.xml tests/trust/test_kills.py tests/trust/test_failed_writes.py

# A million frames, and 2,000 times something opened and closed: does anything grow? dist/soak.
FRAMES ?= 1000000
CYCLES ?= 2000
soak:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python tests/trust/soak.py --frames $(FRAMES) --cycles $(CYCLES) -o dist/soak

# Random walks through the window; each prints its seed. SEED: of one walk that failed.
WALKS ?= 100
STEPS ?= 2000
monkey:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python tests/trust/monkey.py --walks $(WALKS) --steps $(STEPS) $(if $(SEED),--seed $(SEED),-o dist/walks.jsonl)

# All of that, for hours, and writes the table of docs/trust.md.
trust: fuzz kill soak monkey
	@.venv/bin/python packaging/trust_table.py --soak dist/soak/soak.json --walks dist/walks.jsonl --kills dist/kills.xml --media dist/media.jsonl

# Measures everything and writes README's table of speed; other programs disturb the result.
bench:
	@$(PYTHON) packaging/bootstrap.py test
	@mkdir -p packaging/bench
	@.venv/bin/uvanet bench -o packaging/bench/bench.json --plots packaging/bench
	@.venv/bin/python packaging/readme_table.py

# The program without torch as a folder, dist/uvanet-live, for this operating system.
bundle:
	@$(PYTHON) packaging/bundle/build.py

# A Debian package of that folder.
deb: bundle
	@$(PYTHON) packaging/bundle/make_deb.py

# The documentation as a static site, dist/docs.
docs:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/mkdocs build --strict --quiet --site-dir dist/docs

# Collects the texts of the window for translators and compiles their catalogs.
translations:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/translate.py

# Makes the pictures of the README with the program.
pictures:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/python packaging/make_pictures.py

# Trains all weights that ship, from the data in UVANET_DATA; resumes a stopped run. Takes hours.
weights:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/make_weights.py
	@.venv/bin/python packaging/readme_table.py

# Measures what each part contributes: resources/weights/ABLATION.md. Takes hours.
ablation:
	@$(PYTHON) packaging/bootstrap.py test
	@.venv/bin/python packaging/ablate.py

# The page that runs the students in a browser, as a static folder, dist/web.
web:
	@$(PYTHON) packaging/bootstrap.py live
	@.venv/bin/python packaging/web/build.py

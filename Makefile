# The work is done in bootstrap/; `make help` lists the verbs.
PYTHON ?= python3
STACK ?= dev
ARGS ?=

VERBS := help up preview refresh down pulumi report operations test test-slow test-faults test-contract bench check pictures lock servers pulumi-path
.PHONY: $(VERBS)
.DEFAULT_GOAL := help

# By the environment: no quote in a value ends a word of the shell's.
export STACK ARGS

# -E: no PYTHON* variable of the user's changes what is imported.
$(VERBS):
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON). Install Python 3.11 or newer, or name one: make PYTHON=python3.12 $@" >&2; exit 1; }
	@$(PYTHON) -E -m bootstrap $@ --stack "$$STACK" --args="$$ARGS"

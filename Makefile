# Thin on purpose: what a target does is in scripts/ (each can be run by itself) and in xtask.
.PHONY: help run build test check bench torture setup
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Build what changed and start at http://127.0.0.1:8080 (guests allowed, data in ./data; ARGS="…" goes to madang serve)
	@scripts/run.sh $(ARGS)

build: ## The web app and the optimised binary: target/release/madang
	@scripts/build.sh

test: ## Everything that must hold: Rust, the stand-in against the SDKs, web, end to end in Chromium
	@scripts/test.sh

check: ## What a reviewer should not have to say: format, lints, docs, tidy, drift
	@scripts/check.sh

bench: ## Measure the optimised binary (ARGS="start", …); results: bench/README.md
	@scripts/bench.sh $(ARGS)

torture: ## Kills, power losses, storms, an hour's soak (ARGS="kill storm", …); results: docs/reliability.md
	@scripts/torture.sh $(ARGS)

setup: ## Install what is missing for run, build and test
	@scripts/setup.sh --test

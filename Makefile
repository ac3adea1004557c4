# Thin names for commands that a person could type. Each installs what it needs from the project's own files.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help up webapp synth check test test-loading golden docs lint scan bench bench-synth deploy-local tools moto clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 18

up: webapp ## run the pipeline of ENV=dev on this machine, with its web page; ARGS="--unlimited" and the like
	@echo "building bin/ingest; the first time Go compiles what it is made of, which takes about a minute"
	@go build -o bin/ingest ./cmd/ingest
	@exec bin/ingest up --env $(or $(ENV),dev) $(ARGS)

webapp: webapp/dist/index.html ## build the web application to static files: webapp/dist
webapp/dist/index.html: webapp/node_modules/.package-lock.json $(shell find webapp -path webapp/node_modules -prune -o -path webapp/dist -prune -o -type f -print)
	@echo "building the web application"
	@npm --prefix webapp run --silent build
	@touch $@

webapp/node_modules/.package-lock.json: webapp/package-lock.json
	@command -v npm >/dev/null || { echo "npm is not to be found; install Node.js 20 or newer: https://nodejs.org" >&2; exit 1; }
	@echo "installing what the web application is made of"
	@npm ci --prefix webapp --no-audit --no-fund
	@touch $@

synth: ## write cdktf.out/stacks/ENV/cdk.tf.json for every environment, or for those named in ENV=dev,prod
	@echo "synthesising; the first time Go compiles the AWS provider's bindings, which takes about a minute"
	go run .

check: ## what to run before each commit: build, vet, goldens and the quick Go tests
	go build ./...
	go vet ./...
	go run ./internal/testrun -short

test: tools moto webapp clients ## run every test; deploytest applies the pipeline to a moto server with real Terraform
	@echo "building what the tests run; the first time Go compiles the AWS provider's bindings, which takes about two minutes"
	@go build -o bin/ingest ./cmd/ingest
	@INGEST=$(CURDIR)/bin/ingest go run ./internal/testrun

test-loading: ## compare CDKTF's own loading with the project's on every environment of the catalogue; make test does so on two
	INGEST_TEST_LOADING=all go test -timeout 1h -run TestLoadingLess -v ./synth

golden: ## rewrite the golden files in testdata/goldens from what is synthesised
	go test . -run TestGoldens -update

docs: ## rewrite docs/options.md and docs/policy.md from the code
	go test ./docs -run '^Test(Options|Policy)Page$$' -update

lint: webapp/node_modules/.package-lock.json ## check the style of the code and the direction of its imports
	@echo "linting; the first time Go compiles golangci-lint, which takes some minutes"
	go tool -modfile=tools/go.mod golangci-lint run
	go run ./internal/exported
	npm --prefix webapp run --silent lint
	npm --prefix webapp run --silent typecheck

scan: ## scan every environment that is not public with Trivy and tflint; it says how to have them
	scripts/scan

bench: ## measure the pipeline on this machine; docs/benchmarks.md has results
	@npm ci --prefix bench --no-audit --no-fund || echo "kinesalite could not be installed and is left out" >&2
	go run ./bench

bench-synth: ## measure a synthesis beside jsii's own loading
	go run ./bench/synth

deploy-local: tools ## deploy ENV=dev to a moto server on this machine, by cdktf and real Terraform; KEEP=1 leaves it running
	scripts/deploy-local $(ENV)

# cdktf-cli, as package-lock.json pins it.
tools: node_modules/.package-lock.json
node_modules/.package-lock.json: package-lock.json
	@command -v npm >/dev/null || { echo "npm is not to be found; install Node.js 20 or newer: https://nodejs.org" >&2; exit 1; }
	npm ci --no-audit --no-fund
	@touch $@

# AWS's JavaScript clients, which the tests of local drive.
.PHONY: clients
clients: local/testdata/clients/node_modules/.package-lock.json
local/testdata/clients/node_modules/.package-lock.json: local/testdata/clients/package-lock.json
	@command -v npm >/dev/null || { echo "npm is not to be found; install Node.js 20 or newer: https://nodejs.org" >&2; exit 1; }
	@npm ci --prefix local/testdata/clients --no-audit --no-fund
	@touch $@

# moto_server with boto3, as deploytest/requirements.txt pins it. Without Python the tests that need it skip and say so.
moto:
	@if command -v moto_server >/dev/null || test -x .venv/bin/moto_server; then exit; fi; \
	if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "moto_server needs Python 3, which is missing; install Python 3 (with venv)" >&2; exit; \
	fi; \
	echo "installing moto_server to .venv"; \
	python3 -m venv .venv && .venv/bin/pip install -q -r deploytest/requirements.txt || \
		{ rm -rf .venv; echo "moto_server could not be installed; the tests against it will say what they miss" >&2; }

clean: ## remove what the other targets made, also what KEEP=1 kept; the state beside cdktf.json stays
	@for file in .local/deploy-*/moto.pid; do \
		pid=$$(cat "$$file" 2>/dev/null) || continue; \
		if ps -p "$$pid" -o args= 2>/dev/null | grep -q moto_server; then \
			echo "a kept server still runs on $$(dirname "$$file"); end it first: kill $$pid" >&2; exit 1; \
		fi; \
	done
	rm -rf bin cdktf.out cdktf.out.tmp-* .local .venv node_modules bench/node_modules webapp/node_modules local/testdata/clients/node_modules webapp/dist

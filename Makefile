# Thin names for commands that a person could type. Each checks what it needs, and installs the rest from the project's own files.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help up webapp synth diff deploy destroy output curl verify smoke check test test-loading golden docs lint scan bench bench-synth deploy-local tools moto clean

# Packages that take long to compile, for scripts/compiling.
sdk := github.com/aws/aws-sdk-go-v2/service/s3
bindings := github.com/cdktf/cdktf-provider-aws-go/aws/v19/kinesisstream

help: ## Print this help
	@echo 'Usage: make TARGET [ENV=dev] [ARGS="--flag value"]'
	@echo
	@echo Targets:
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | sed -E "s/^([a-z-]+)[a-z -]*:.*## /  \1$$(printf '\t')/" | expand -t 18
	@echo
	@echo Examples:
	@echo '  make up ENV=staging ARGS="--api 127.0.0.1:9090"'
	@echo '  make synth ENV=dev,prod'
	@echo '  make deploy ENV=dev'

# --silent: make would say "Nothing to be done" of what is there already.
up: ## Run the pipeline of ENV (default dev) and its web page on this machine; ARGS are flags of "ingest up"
	@$(if $(ENV),$(name-one))
	@scripts/need go node npm
	@scripts/check-addresses $(ARGS)
	@$(if $(ENV),$(declared))
	@$(MAKE) --silent --no-print-directory webapp
	@scripts/compiling "building bin/ingest" $(sdk) "about a minute"
	@go build -o bin/ingest ./cmd/ingest
	@exec bin/ingest up $(if $(ENV),--env "$$ENV") $(ARGS)

webapp: webapp/dist/index.html ## Build the web page to static files in webapp/dist
webapp/dist/index.html: webapp/node_modules/.package-lock.json $(shell find webapp -path webapp/node_modules -prune -o -path webapp/dist -prune -o -type f -print)
	@echo "building the web page"
	@npm --prefix webapp run --silent build
	@touch $@

webapp/node_modules/.package-lock.json: webapp/package-lock.json
	@scripts/need node npm
	@echo "installing the packages of the web page"
	@scripts/install-packages webapp
	@touch $@

synth: ## Write cdktf.out/stacks/ENV/cdk.tf.json of every environment, or of those in ENV=dev,prod
	@scripts/need go node
	@scripts/compiling "synthesising" $(bindings) "about a minute"
	@go run .

# cdktf deploys, and runs Terraform without a look whether it is there.
diff: ## Print what a deployment of ENV would change on AWS
deploy: ## Deploy ENV to AWS
destroy: ## Destroy what is deployed of ENV on AWS
diff deploy destroy:
	@$(name-one)
	@scripts/need go node npm terraform
	@$(declared)
	@$(MAKE) --silent --no-print-directory tools
	@env -u ENV npx --no-install cdktf $@ $(ENV) $(lock) $(ARGS)

output: ## Print the outputs of a deployed ENV: addresses, a curl command, the stream, and the bucket
	@$(name-one)
	@scripts/need go node npm terraform
	@$(declared)
	@$(MAKE) --silent --no-print-directory tools
	@env -u ENV npx --no-install cdktf $@ $(ENV) $(lock) $(ARGS)
	@! test -d $(stack) || scripts/check-outputs $(ENV) $(stack)

# cdktf wraps lines at the terminal's width, and Terraform prints them raw. A folder that cdktf has not deployed from is initialised first.
# A synthesis of one environment removes the others' stacks, so that of a missing one is of all.
curl: ## Print the command that submits an event to a deployed ENV, or one of the event type TYPE
	@$(name-one)
	@scripts/need terraform
	@test -f $(stack)/cdk.tf.json || { scripts/need go node && $(declared) && $(MAKE) --no-print-directory synth ENV=; } >&2
	@test -d $(stack)/.terraform || $(or $(TERRAFORM_BINARY_NAME),terraform) -chdir=$(stack) init -input=false >&2
	@scripts/check-outputs $(ENV) $(stack) $(curl-output)
	@$(or $(TERRAFORM_BINARY_NAME),terraform) -chdir=$(stack) output -raw $(curl-output) && echo

stack = cdktf.out/stacks/$(ENV)
curl-output = "curl$${TYPE:+_$$TYPE}"

verify: ## Verify a deployed ENV; with ARGS=--local a running "make up", with ARGS=--preflight an account
smoke: ## Send one event to a deployed ENV, and find it in the bucket; ARGS=--local as above
verify smoke:
	@$(name-one)
	@scripts/need go
	@scripts/compiling "building bin/ingest" $(sdk) "about a minute"
	@go build -o bin/ingest ./cmd/ingest
	@exec bin/ingest verify --env $(ENV) $(if $(filter smoke,$@),--smoke) $(ARGS)

# The lock of other platforms' providers asks the registry, even if Terraform may use only a mirror.
lock = $(if $(wildcard $(TF_CLI_CONFIG_FILE)),--skip-provider-lock)

# A target that changes or reads AWS has no default environment, and changes one. cdktf would take a pattern, such as *, for several.
name-one = [[ "$$ENV" =~ ^[A-Za-z0-9_][A-Za-z0-9_-]*$$ ]] || { echo "error: ENV is $${ENV:-empty}; name one environment: make $@ ENV=dev" >&2; exit 1; }

# Only the compiled stacks know which environments there are. What needs them compiles them anyway, so this comes before the rest.
declared = scripts/compiling "looking for $$ENV in stacks/" $(bindings) "about a minute" && go run . -check

check: ## Run the checks for each commit: build, vet, goldens, and the quick Go tests
	@scripts/need go node
	go build ./...
	go vet ./...
	go run ./internal/testrun -short

test: ## Run every test; deploytest applies the pipeline to a moto server with real Terraform
	@scripts/need go node npm
	@$(MAKE) --silent --no-print-directory --jobs=5 tools moto webapp clients test-command
	@INGEST="$(CURDIR)/bin/ingest" go run ./internal/testrun

test-loading: ## Compare CDKTF's own loading with the project's on every tested environment; "make test" does so on two
	@scripts/need go node
	INGEST_TEST_LOADING=all go test -timeout 1h -run TestLoadingLess -v ./synth

golden: ## Rewrite the golden files in testdata/goldens from what is synthesised
	@scripts/need go node
	go test . -run TestGoldens -update

docs: ## Rewrite the pages of docs that the code determines
	@scripts/need go node
	go test ./docs -run '^Test(Assumptions|Options|Policy|Prices|Scale)Page$$' -update

lint: ## Check the style of the code and the direction of its imports
	@scripts/need go node npm
	@$(MAKE) --silent --no-print-directory webapp/node_modules/.package-lock.json
	@scripts/compiling "linting" github.com/golangci/golangci-lint/v2/pkg/commands "some minutes" -modfile=tools/go.mod
	go tool -modfile=tools/go.mod golangci-lint run
	go run ./internal/exported
	npm --prefix webapp run --silent lint
	npm --prefix webapp run --silent typecheck

scan: ## Scan every environment that is not public with Trivy and tflint
	@scripts/need go node
	@scripts/scan

bench: ## Measure the pipeline on this machine; docs/benchmarks.md has results
	@scripts/need go node npm
	@scripts/install-packages bench || echo "kinesalite could not be installed and is left out" >&2
	go run ./bench

bench-synth: ## Measure a synthesis beside jsii's own loading
	@scripts/need go node
	go run ./bench/synth

deploy-local: ## Deploy ENV to a moto server on this machine with cdktf and Terraform; KEEP=1 keeps the server
	@scripts/deploy-local "$$ENV"

# cdktf-cli, as package-lock.json pins it.
tools: node_modules/.package-lock.json
node_modules/.package-lock.json: package-lock.json
	@scripts/need node npm
	@echo "installing cdktf"
	@scripts/install-packages .
	@touch $@

# The command that the tests of the page run. It compiles while others install, which mostly wait.
.PHONY: test-command
test-command:
	@scripts/compiling "building the tests" $(bindings) "about two minutes"
	@go build -o bin/ingest ./cmd/ingest

# AWS's JavaScript clients, which the tests of local drive.
.PHONY: clients
clients: local/testdata/clients/node_modules/.package-lock.json
local/testdata/clients/node_modules/.package-lock.json: local/testdata/clients/package-lock.json
	@scripts/need node npm
	@scripts/install-packages local/testdata/clients
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

clean: ## Remove what the other targets made, and what KEEP=1 kept; Terraform's state and .ingest stay
	@for file in .local/deploy-*/moto.pid; do \
		pid=$$(cat "$$file" 2>/dev/null) || continue; \
		if ps -p "$$pid" -o args= 2>/dev/null | grep -q moto_server; then \
			echo "a kept server still runs on $$(dirname "$$file"); end it first: kill $$pid" >&2; exit 1; \
		fi; \
	done
	rm -rf bin cdktf.out cdktf.out.tmp-* .local .venv node_modules bench/node_modules webapp/node_modules local/testdata/clients/node_modules webapp/dist

# Sandi. `make help` lists the targets.
SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GOFLAGS_BUILD := -ldflags "-s -w -X sandi.internal/gateway/node.Version=$(VERSION) -X main.version=$(VERSION)"
TOOL := go tool -modfile=.ci/tools.mod
FUZZ_RUNS ?= 8000
# All that goes without the race detector is compiled one way, and so once.
PLAIN := CGO_ENABLED=0 GOFLAGS="$$(go env GOFLAGS) -trimpath"
# Where most of the time goes into long counts of code without goroutines: the race
# detector, which makes it ten times slower, sees fewer (-short), and all follow without.
COUNTED := ./api/public ./api/sheet ./consensus/ledger ./consensus/membership ./consensus/procedure ./consensus/procedure/law ./node/audit ./node/backup

.PHONY: help demo build test lint unit e2e console fuzz openapi soak bench clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: build ## three regions on this machine, a working day played; Ctrl-C ends it
	@bin/sandi demo charger

build: ## static bin/sandi and bin/sandi-audit
	@echo "building bin/sandi and bin/sandi-audit (the first time takes a minute or two on two cores)"
	@mkdir -p bin
	@$(PLAIN) go build $(GOFLAGS_BUILD) -o bin/ ./node/cmd/sandi ./node/cmd/sandi-audit

test: lint unit e2e console fuzz openapi ## everything: linters, race detector, demo scenarios, the console in a browser, short fuzz and fault runs

lint: ## formatting, vet, staticcheck
	@echo "lint: gofumpt, vet, staticcheck"
	@unformatted=$$($(TOOL) gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run: $(TOOL) gofumpt -w FILE):"; echo "$$unformatted"; exit 1; fi
	@$(PLAIN) go vet ./...
	@$(PLAIN) $(TOOL) staticcheck ./...

# node comes first: it waits more than it computes, and others can go on beside it.
unit: ## all Go tests under the race detector
	@echo "unit: go test -race"
	@others=$$(go list ./... | grep -vxF "$$(go list $(COUNTED))"); go test -race -timeout 20m ./node $$others
	@echo "unit: long counts, fewer under the race detector, then all without"
	@go test -race -short -timeout 20m $(COUNTED)
	@$(PLAIN) go test -timeout 20m $(COUNTED)

e2e: build ## the demo scenarios on real processes, every refusal and digest checked
	@echo "e2e: scenarios on three real processes"
	@$(PLAIN) go test -tags e2e -count 1 -timeout 15m ./node/e2e/...

console: build ## the web console: unit tests, its build again, a walk in a browser
	@.ci/console

fuzz: ## each fuzz target FUZZ_RUNS times
	@.ci/fuzz $(FUZZ_RUNS)

openapi: ## lint the API description
	@.ci/openapi

soak: build ## the long counts: kills, crashes, seeds; about an hour, with progress and a summary
	@.ci/soak

bench: build ## against a pinned etcd in the same run; the last line is one JSON object
	@go run ./node/bench

clean: ## remove what was built
	@rm -rf bin

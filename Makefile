# Every task of the project. `make` alone lists them; CI calls these and nothing else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Cargo uses all cores by itself, and two of them at once wait for one lock.
.NOTPARALLEL:

SERVICE ?= image-cache
CRASH_ROUNDS ?= 200
MODEL_SEEDS ?= 20
MODEL_OPERATIONS ?= 10000
MODEL_KILLS ?= 20
FUZZ_SECONDS ?= 60
# Compose v2 if it is there, else docker-compose 1.29.
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

##@ Every day

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## install what a build needs and is missing
	@set -e; missing=; \
	command -v cmake >/dev/null || missing="$$missing cmake"; \
	command -v nasm >/dev/null || missing="$$missing nasm"; \
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v python3 >/dev/null || missing="$$missing python3"; \
	if [ -n "$$missing" ]; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo "Please install cmake, nasm, python3 and a C compiler with your package manager" >&2; \
	    echo "(macOS: xcode-select --install; brew install cmake nasm python), then try again." >&2; \
	    exit 1; \
	  fi; \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  echo "installing$$missing"; \
	  $$sudo apt-get update -qq; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	fi; \
	if ! command -v cargo >/dev/null; then \
	  echo "Please install Rust 1.95 or newer (https://rustup.rs), then try again." >&2; \
	  exit 1; \
	fi; \
	components=; \
	cargo fmt --version >/dev/null 2>&1 || components="$$components rustfmt"; \
	cargo clippy --version >/dev/null 2>&1 || components="$$components clippy"; \
	if [ -n "$$components" ]; then \
	  if ! command -v rustup >/dev/null; then \
	    echo "Please install$$components for your Rust, then try again." >&2; \
	    exit 1; \
	  fi; \
	  rustup component add $$components; \
	fi

.PHONY: dev
dev: setup ## run everything in one process, without Docker; data in ./data
	cargo run --release --locked -p safelight -- serve --data-dir ./data

.PHONY: setup-test
setup-test: setup ## install what the tests need and is missing: a broker
	@if ! command -v mosquitto >/dev/null && [ ! -x /usr/sbin/mosquitto ]; then \
	  if ! command -v apt-get >/dev/null; then \
	    echo "Please install mosquitto with your package manager, then try again." >&2; \
	    exit 1; \
	  fi; \
	  if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	  echo "installing mosquitto"; \
	  $$sudo apt-get update -qq; \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mosquitto; \
	  : "The package starts a broker, and the tests start their own."; \
	  if command -v systemctl >/dev/null; then $$sudo systemctl disable --quiet --now mosquitto || true; fi; \
	fi

.PHONY: test
test: setup-test ## run all tests
	cargo test --workspace --locked

.PHONY: check
check: setup fmt-check tidy dag lint doc test ## all that CI checks

.PHONY: fmt
fmt: ## format the code
	cargo fmt --all

.PHONY: openapi
openapi: setup ## renew crates/api/openapi and docs/options.md from the code
	cargo build --quiet --locked -p image-cache -p image-processor
	cargo run --quiet --locked -p image-cache -- openapi > crates/api/openapi/image-cache.json
	cargo run --quiet --locked -p image-processor -- openapi > crates/api/openapi/image-processor.json
	cargo run --quiet --locked -p domain --example options < docs/options.md > target/options.md
	cp target/options.md docs/options.md

.PHONY: fix
fix: setup ## let clippy repair what it can, then format
	cargo clippy --workspace --all-targets --locked --fix --allow-dirty --allow-staged
	cargo fmt --all

##@ The parts of `make check`

.PHONY: fmt-check
fmt-check: setup ## fail if the code is not formatted
	cargo fmt --all -- --check

.PHONY: tidy
tidy: ## fail on what no compiler sees: names, heads of files, sleeps in tests
	.ci/tidy.sh

.PHONY: dag
dag: ## fail if a crate uses one it may not know
	.ci/dag.sh

.PHONY: lint
lint: setup ## clippy; every warning is an error
	cargo clippy --workspace --all-targets --locked -- -D warnings

.PHONY: doc
doc: setup ## build the documentation; every warning is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

##@ Slower tests

.PHONY: test-crash
test-crash: setup ## kill image-cache in the middle of uploads, CRASH_ROUNDS times
	CRASH_ROUNDS=$(CRASH_ROUNDS) cargo test -p image-cache --release --locked --test api crash -- --nocapture

.PHONY: test-model
test-model: setup ## race clients and kill image-cache against a model; MODEL_SEED=… replays one
	MODEL_SEEDS=$(MODEL_SEEDS) MODEL_OPERATIONS=$(MODEL_OPERATIONS) MODEL_KILLS=$(MODEL_KILLS) \
	  cargo test -p image-cache --release --locked --test api model -- --nocapture

.PHONY: test-api
test-api: setup ## make requests from the OpenAPI documents, good and bad, and check the answers
	.ci/test-api.sh

.PHONY: fuzz
fuzz: setup ## give random bytes to the image code for FUZZ_SECONDS a target; needs a nightly Rust
	@cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
	cd crates/imaging/fuzz && cargo run --quiet --release --bin seeds corpus
	for target in probe blur derive; do \
	  (cd crates/imaging && cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -max_len=65536 -timeout=20); \
	done

.PHONY: test-compose
test-compose: setup ## run docker-compose.yml for real and walk through it
	services/compose/test.sh

.PHONY: deny
deny: setup ## check licences, banned crates and sources
	@cargo deny --version >/dev/null 2>&1 || cargo install cargo-deny --locked
	cargo deny --locked check bans licenses sources

##@ Benchmarks

.PHONY: bench
bench: setup ## micro-benchmarks of our own code
	cargo bench --workspace --locked

.PHONY: bench-http
bench-http: setup ## requests per second against nginx, and the time to start
	python3 bench/throughput.py

.PHONY: bench-peers
bench-peers: setup ## blurs and resizes against sharp, imagor, oximg and others; renews bench/RESULTS.md
	python3 bench/peers.py

.PHONY: bench-uploads
bench-uploads: setup ## memory under 20 uploads of 16 MB at once
	python3 bench/uploads.py

.PHONY: bench-stampede
bench-stampede: setup ## 100 cold requests for one image: one making
	python3 bench/stampede.py

.PHONY: bench-stop
bench-stop: setup ## SIGTERM under load: no failed request
	python3 bench/stop.py

.PHONY: bench-albums
bench-albums: setup ## an album of 100,000 images: page, rename, delete
	python3 bench/albums.py

.PHONY: bench-broker
bench-broker: setup ## 500 changes while the broker is in trouble: none lost
	python3 bench/broker.py

##@ Docker

# The compose file can't know how many cores there are; Docker does.
.PHONY: run
run: export IMAGE_PROCESSOR_CPUS ?= $(shell docker info --format '{{.NCPU}}' 2>/dev/null || echo 1)
run: export DOCKER_BUILDKIT := 1
run: export COMPOSE_DOCKER_CLI_BUILD := 1
run: ## build and start image-cache, image-processor and a broker
	$(COMPOSE) up --build -d
	@echo
	@echo "image-cache      http://127.0.0.1:$${IMAGE_CACHE_PORT:-3000}/swagger/"
	@echo "image-processor  http://127.0.0.1:$${IMAGE_PROCESSOR_PORT:-3001}/swagger/"

.PHONY: logs
logs: ## follow their logs
	$(COMPOSE) logs --follow --tail=100

.PHONY: stop
stop: ## stop them; the data stays
	$(COMPOSE) --profile tools down

.PHONY: clean
clean: ## stop them and delete their data
	$(COMPOSE) --profile tools down --volumes

.PHONY: image
image: ## build one image: make image SERVICE=image-cache|image-processor|safelight
	DOCKER_BUILDKIT=1 docker build -f services/Dockerfile --target $(SERVICE) -t safelight/$(SERVICE):$${SAFELIGHT_TAG:-dev} \
	  --build-arg BUILD_IMAGE=$${BUILD_IMAGE:-rust:1.95-bookworm} \
	  --build-arg RUNTIME_IMAGE=$${RUNTIME_IMAGE:-debian:bookworm-slim} \
	  --build-arg BINARIES=$${BINARIES:-build} .

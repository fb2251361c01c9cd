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
ACTIONLINT ?= v1.7.12
VERSITYGW := v1.8.0
# Compose v2 if it is there, else docker-compose 1.29.
COMPOSE = $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

##@ Every day

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: ## see what a build needs; root has it installed, others are told how
	@.ci/setup.sh build

.PHONY: dev
dev: setup ## run everything in one process, without Docker; data in ./data
	cargo run --release --locked -p safelight -- serve --data-dir ./data

.PHONY: setup-test
setup-test:
	@.ci/setup.sh test

.PHONY: setup-lint
setup-lint:
	@.ci/setup.sh lint

.PHONY: setup-check
setup-check:
	@.ci/setup.sh test lint

.PHONY: test
test: setup-test ## run all tests
	cargo test --workspace --locked

.PHONY: check
check: setup-check fmt-check tidy dag shellcheck ruff deny lint doc test ## all that CI checks

.PHONY: fmt
fmt: ## format the code
	cargo fmt --all

.PHONY: generate
generate: setup ## renew what the code describes: crates/api/openapi, docs/options.md, docs/settings.md
	cargo build --quiet --locked --workspace --bins
	cargo run --quiet --locked -p image-cache -- openapi > crates/api/openapi/image-cache.json
	cargo run --quiet --locked -p image-processor -- openapi > crates/api/openapi/image-processor.json
	cargo run --quiet --locked -p domain --example options < docs/options.md > target/options.md
	cp target/options.md docs/options.md
	cargo run --quiet --locked -p safelight --example settings > target/settings.md
	cp target/settings.md docs/settings.md

.PHONY: hooks
hooks: setup-lint ## have git check format, house rules and scripts before each commit, in seconds
	@hook=$$(git rev-parse --git-path hooks)/pre-commit; \
	if [ -e "$$hook" ] && ! grep -q 'make hooks' "$$hook"; then \
	  echo "$$hook is there already; call .ci/pre-commit.sh from it" >&2; exit 1; \
	fi; \
	mkdir -p "$$(dirname "$$hook")"; \
	printf '%s\n' '#!/bin/sh' '# Put here by make hooks.' 'exec .ci/pre-commit.sh' > "$$hook"; \
	chmod +x "$$hook"; \
	echo "installed $$hook; git commit --no-verify goes past it"

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

.PHONY: shellcheck
shellcheck: setup-lint ## lint the shell scripts
	git ls-files -z '*.sh' .ci/run | xargs -0 env PATH="$(CURDIR)/target/tools/bin:$$PATH" shellcheck

.PHONY: ruff
ruff: setup-lint ## lint the Python scripts
	target/tools/bin/ruff check --quiet --no-cache bench .ci

.PHONY: deny
deny: setup-lint ## check licences, banned crates and sources
	@PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo deny --version >/dev/null 2>&1 || \
	  { echo "compiling cargo-deny, which has no prebuilt binary for this machine"; cargo install cargo-deny --locked; }
	PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo deny --locked check bans licenses sources

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

.PHONY: test-docs
test-docs: setup ## do what README.md and docs/ tell people to do, backup and restore included
	.ci/test-docs.sh

.PHONY: setup-scale
setup-scale: setup ## install the server that test-scale needs, versitygw, into target/tools; needs Go
	@command -v go >/dev/null || { echo "missing: Go (https://go.dev/dl), which builds versitygw" >&2; exit 1; }
	@[ -x target/tools/bin/versitygw ] || \
	  GOBIN="$(CURDIR)/target/tools/bin" go install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW)

.PHONY: test-scale
test-scale: setup ## what all stores promise, on a real S3 server; see setup-scale
	cargo test -p storage --locked --test scale

.PHONY: test-console
test-console: setup ## walk through the gateway's front page in headless Chromium
	@command -v chromedriver >/dev/null && command -v chromium >/dev/null || \
	  { echo "missing: apt-get install chromium chromium-driver" >&2; exit 1; }
	cargo build --quiet --locked -p safelight
	python3 .ci/test-console.py target/debug/safelight target/console

.PHONY: test-monitoring
test-monitoring: ## check metrics, alert rules and dashboard against running services; RENEW=1 renews their table in docs/operations.md
	@.ci/setup.sh monitoring
	.ci/test-monitoring.sh

.PHONY: test-memory
test-memory: setup ## compare estimates of memory with what images of up to 50 megapixels take
	cargo test -p imaging --release --locked --test memory -- --all

.PHONY: fuzz
fuzz: setup ## give random bytes to the image code for FUZZ_SECONDS a target; needs a nightly Rust
	@cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
	cd crates/imaging/fuzz && cargo run --quiet --release --bin seeds corpus
	for target in probe blur shrink derive; do \
	  (cd crates/imaging && cargo +nightly fuzz run $$target -- -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -max_len=65536 -timeout=20); \
	done

.PHONY: test-compose
test-compose: setup ## run docker-compose.yml for real and walk through it
	services/compose/test.sh

.PHONY: advisories
advisories: setup-lint ## check dependencies against the RustSec database, which comes from GitHub
	PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo deny --locked check advisories

.PHONY: workflows
workflows: ## check .github/workflows with actionlint; needs Go
	@command -v go >/dev/null || { echo "missing: Go (https://go.dev/dl), which builds actionlint" >&2; exit 1; }
	PATH="$(CURDIR)/target/tools/bin:$$PATH" go run github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT)

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

.PHONY: bench-gateway
bench-gateway: setup ## CPU time of the gateway per request, against nginx as a proxy
	python3 bench/gateway.py

.PHONY: bench-replicas
bench-replicas: setup ## kill -9 of one of three image-processors under load: no failed request
	python3 bench/replicas.py

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
run: ## build and start the services and a broker
	$(COMPOSE) up --build -d
	@echo
	@echo "Safelight listens at http://127.0.0.1:$${GATEWAY_PORT:-8080}"

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
image: ## build one image: make image SERVICE=image-cache|image-processor|gateway|safelight
	DOCKER_BUILDKIT=1 docker build -f services/Dockerfile --target $(SERVICE) -t safelight/$(SERVICE):$${SAFELIGHT_TAG:-dev} \
	  --build-arg BUILD_IMAGE=$${BUILD_IMAGE:-rust:1.95-bookworm} \
	  --build-arg RUNTIME_IMAGE=$${RUNTIME_IMAGE:-debian:bookworm-slim} \
	  --build-arg BINARIES=$${BINARIES:-build} .

.PHONY: dist
dist: setup ## compile the binaries of a release into dist/, as images with BINARIES=prebuilt take them
	cargo build --release --locked -p image-cache -p image-processor -p gateway -p safelight
	mkdir -p dist
	cp target/release/image-cache target/release/image-processor target/release/gateway target/release/safelight dist/
	cp /etc/ssl/certs/ca-certificates.crt dist/

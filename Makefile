# make demo          see it run: daemon, simulated relay and terminal on this machine
# make test          formatting, lints and every test, on the real engines
# make build         both programs, into target/release
# make bench         what it costs to read, to write and to draw: BENCHMARKS.md, figures into assets/bench
# make screenshots   the README's pictures anew, into assets/screens

LIBCHDB_DIR = $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/oot-hud/lib
LIBCHDB = $(LIBCHDB_DIR)/$(if $(filter Darwin,$(shell uname -s)),libchdb.dylib,libchdb.so)
EMULATOR = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/oot-hud/dynoxide-3.2.0
NEXTEST = $(shell cargo nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: help demo screenshots test bench build libchdb emulator need
.NOTPARALLEL:

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: libchdb build
	@scripts/demo.sh $(ARGS)

screenshots: libchdb build
	@scripts/screenshots.sh

build: need
	cargo build --release

test: libchdb emulator
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo build --workspace --bins --locked
	$(if $(NEXTEST),cargo nextest run --workspace --locked,cargo test --workspace --locked)

# One after the other, on a machine with nothing else to do: some 30 minutes. Of the whole workspace, else what is built is built anew with
# the features of one package.
bench: libchdb
	cargo build --release --workspace --bins --benches --locked
	cargo bench --locked --workspace --bench endpoint
	cargo bench --locked --workspace --bench writing
	cargo bench --locked --workspace --bench terminal
	cargo bench --locked --workspace --bench reading

# The ClickHouse engine as a library, where oot-ingest looks for it.
libchdb: need
	@scripts/libchdb.sh "$(LIBCHDB)"

# DynamoDB, as far as the tests need it.
emulator: need
	@scripts/emulator.sh "$(EMULATOR)"

need:
	@scripts/need.sh "$(LIBCHDB)"

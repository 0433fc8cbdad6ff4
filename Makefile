# make demo, make test, make bench: each installs what is missing, builds, and runs.
BUILD := build
JOBS ?= $(shell nproc)

.PHONY: all deps release programs demo test bench tidy format clean

all: release

deps:
	@tools/install-packages

release: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS)

# What a firewall consists of, without tests and benchmarks.
programs: deps
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target programs

demo: programs
	@demo/run || [ $$? -eq 141 ]  # SIGPIPE: whoever read it has seen enough

test: deps
	@tools/run-tests

bench: release
	@bench/run

tidy: deps
	@tools/run-tidy

format:
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 -i

clean:
	rm -rf $(BUILD)

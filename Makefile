# tristore: each target documents itself; a bare `make` prints them.
# Variables: REACH=auto|embedded|container  ENGINES=postgres:16,…  DEPTH=smoke|nightly|release  ARGS='more flags'

REACH   ?= auto
DEPTH   ?= smoke
ENGINES ?=
ARGS    ?=
RUN     ?= reports/out/latest
TESTFLAGS ?=
FUZZTIME ?= 20s

.DEFAULT_GOAL := help
.PHONY: help build certify test browser bench lint fuzz images daemon doctor report clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## compile ./tristore
	go build -o tristore .

certify: build ## the main job: certify PostgreSQL 12–16 and a MongoDB-compatible engine, write the report
	./tristore certify --reach $(REACH) --depth $(DEPTH) $(if $(ENGINES),--engines $(ENGINES)) $(ARGS)

test: build browser ## every test, on real servers that the tests start themselves
	go vet ./...
	go test -timeout 30m $(TESTFLAGS) ./...

browser: ## install Debian's chromium, in which the tests open the report (as root; elsewhere that test says that it is skipped)
	@command -v chromium >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || reports/render/browser.sh

bench: build ## performance targets, ours beside theirs in one run; a table, and reports/out/bench/latest.json
	@mkdir -p reports/out/bench && rm -f reports/out/bench/latest.json
	go test -v -run '^$$' -bench . -benchtime 1x -timeout 30m -p 1 \
	  $$(grep -rl --include='*_test.go' '^func Benchmark' . | xargs -n 1 dirname | sort -u) | tee reports/out/bench/latest.txt
	@./tristore bench-table < reports/out/bench/latest.txt

lint: ## golangci-lint with the linters of .golangci.yml; the first run builds it, which takes minutes
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

fuzz: ## every fuzz target for FUZZTIME (20s) each; one that fails stops it, its input saved in the package's testdata
	.ci/fuzz $(FUZZTIME)

daemon: ## install and start a Docker daemon where none answers (Debian, as root)
	drivers/cluster/images/daemon.sh

images: ## build local images of PostgreSQL 12–18 and FerretDB, for machines that reach no container registry
	drivers/cluster/images/build.sh

doctor: build ## what this machine can run; ARGS=--sweep removes what dead runs left
	./tristore doctor $(ARGS)

report: build ## write the pages of a saved run again (RUN=reports/out/<run id>)
	./tristore report $(RUN)

clean: ## remove what builds and runs left in this folder; the per-user cache stays
	rm -rf tristore reports/out

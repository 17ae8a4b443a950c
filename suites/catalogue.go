package suites

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/auth"
	"tristore/scenarios/availability"
	"tristore/scenarios/backup"
	"tristore/scenarios/collections"
	"tristore/scenarios/conformance"
	"tristore/scenarios/judge"
	"tristore/scenarios/migrations"
	"tristore/scenarios/security"
)

// The areas of the catalogue, one folder below suites each; also Ginkgo labels.
const (
	Security    = "security"
	Migrations  = "migrations"
	Conformance = "conformance"
	Backup      = "backup"
	Load        = "load"
	// Availability is what goes on working while a part is away.
	Availability = "availability"
)

// Row is one claim of the catalogue: its words, what is done to try it, and the rule
// that judges what was seen. Every claim applies to every engine; a check that an
// engine cannot be asked records the probe that says so.
type Row struct {
	result.Claim
	Check scenarios.Check
	Rule  judge.Rule
	// Measures marks a load window: it runs while nothing else of ours does.
	Measures bool
	Max      time.Duration // for one spec; 0 is that of most
}

// Source marks.
const (
	documented = "D" // the platform's documents say so
	inCode     = "C" // seen in the platform's code
	inferred   = "I" // a modelling choice of ours
)

// Catalogue lists every claim, in the order they are tried and shown.
func Catalogue() []Row {
	smoke := string(scenarios.Smoke)
	row := func(id, domain, area, source string) result.Claim {
		return result.Claim{ID: id, Domain: domain, Area: area, Source: source, Depth: smoke}
	}
	says := func(claim result.Claim, sentence string) result.Claim {
		claim.Sentence = sentence
		return claim
	}
	nightly := func(claim result.Claim) result.Claim {
		claim.Depth = string(scenarios.Nightly)
		return claim
	}
	return []Row{
		{Claim: says(row("TLS-1", "1", Security, documented), "Each of the three databases refuses a plain connection and accepts an encrypted one."),
			Check: security.TLS, Rule: tlsRule()},
		{Claim: says(row("TLS-2", "2", Security, documented), "A certificate of another authority is refused unless the self-signed flag says otherwise."),
			Check: security.Authority, Rule: authorityRule()},
		{Claim: says(row("CONF-1", "3", Security, documented), "A configuration whose driver, URL and engine do not agree over the three stores is refused."),
			Check: security.Configuration, Rule: configurationRule()},

		{Claim: says(row("MIG-1", "6", Migrations, documented), "A first start on empty databases, as a role with the documented grants only, creates every object."),
			Check: migrations.FirstStart, Rule: firstStartRule()},
		{Claim: says(row("MIG-2", "7", Migrations, documented+"+"+inferred), "Replicas that start at once converge to one schema, and a second start changes nothing."),
			Check: migrations.Concurrent, Rule: concurrentRule()},
		{Claim: says(row("MIG-3", "8", Migrations, inCode), "After start-up every expected index and unique constraint exists and is valid."),
			Check: migrations.Indexes, Rule: indexesRule()},
		{Claim: says(row("MIG-4", "9", Migrations, inferred), "A migration that stopped half way is completed or refused by name, never skipped."),
			Check: migrations.HalfApplied, Rule: halfAppliedRule()},
		{Claim: nightly(says(row("MIG-5", "38", Migrations, inferred), "The newest migration changes no value of rows that are there, and what it adds says nothing of them.")), Check: migrations.OverRows, Rule: overRowsRule()},
		{Claim: nightly(says(row("MIG-6", "13", Migrations, inferred), "The newest migration keeps nobody from reading a table that holds rows.")), Check: migrations.UnderReaders, Rule: underReadersRule()},

		{Claim: says(row("UNIQ-1", "15", Conformance, inCode+"+"+documented), "Of concurrent creates of one slug, page, subject id or binding exactly one wins."),
			Check: conformance.Uniqueness, Rule: uniquenessRule()},
		{Claim: says(row("UNIQ-2", "16", Conformance, inCode), "Concurrent sign-ups with one email lose no acknowledged account; duplicates are counted."),
			Check: conformance.SignUps, Rule: signUpsRule()},
		{Claim: says(row("SHARE-1", "20", Conformance, inferred), "Two concurrent shares on one workspace both survive."),
			Check: conformance.Shares, Rule: sharesRule()},
		{Claim: says(row("DIFF-1", "21", Conformance, documented), "Every documented difference between the engines is as documented, and there is no other."),
			Check: conformance.Differences, Rule: differencesRule()},
		{Claim: says(row("BULK-1", "22", Conformance, documented), "An empty filter changes nothing, and a bulk insert with one bad row writes nothing."),
			Check: conformance.Bulk, Rule: bulkRule()},
		{Claim: says(row("TENANT-1", "23", Conformance, documented), "Workspaces with the same app never see each other's rows; a deleted one leaves nothing."),
			Check: conformance.Tenants, Rule: tenantsRule()},
		{Claim: says(row("PLAN-1", "29", Conformance, documented+"+"+inferred), "The hot statements of a request are served by indexes."),
			Check: conformance.Plans, Rule: plansRule()},

		{Claim: says(row("BACKUP-1", "31", Backup, documented+"+"+inferred), "What was dumped and restored equals the source: rows, types, indexes, constraints, grants."),
			Check: backup.RoundTrip, Rule: roundTripRule()},
		{Claim: says(row("BACKUP-2", "32", Backup, documented+"+"+inferred), "The application role starts on the restored copy, which serves every sign-in and the next write."),
			Check: backup.Serve, Rule: serveRule()},
		{Claim: says(row("BACKUP-3", "36b", Backup, documented), "A cut, altered, partial, ill-restored or stale dump is seen by its named check, and a sound one by none."),
			Check: backup.Detection, Rule: detectionRule()},

		{Claim: says(row("PITR-1", "34a", Backup, documented), "A cluster that was lost comes back as it was at a moment; a recovery that ends early or late is seen by its named check."),
			Check: backup.PointInTime, Rule: pointInTimeRule()},
		{Claim: nightly(says(row("PAGE-1", "36b", Backup, inferred), "A damaged page of a B-tree or a table is seen by amcheck, the data checksums or the content, and a sound one by none.")),
			Check: backup.Pages, Rule: pagesRule()},

		{Claim: says(row("LOAD-1", "25", Load, inferred), "The auth path answers every request of an open-loop replay, timed from when it was due."),
			Check: auth.OpenLoop, Rule: openLoopRule(), Measures: true},
		{Claim: says(row("LOAD-2", "25", Load, inferred), "The collections mix answers every operation of an open-loop replay, timed from when it was due."),
			Check: collections.OpenLoop, Rule: openLoopRule(), Measures: true},

		{Claim: nightly(says(row("SPLIT-1", "39", Availability, inferred), "After a split, sign-ins and workspace checks go on while the collections cluster is down or out of reach.")),
			Check: availability.SignIns, Rule: signInsRule()},
		{Claim: nightly(says(row("SPLIT-2", "40", Availability, documented+"+"+inferred), "While the collections cluster is away no product binding is granted or denied, and afterwards it is answered as before.")),
			Check: availability.Bindings, Rule: bindingsRule()},
	}
}

// Rules are the rules of the catalogue by claim id, for the judge.
func Rules() judge.Rules { return RulesOf(slices.Concat(Catalogue(), Bounds(nil))) }

// Select gives the rows that a depth and a list of claim ids or areas ask for; an empty
// list asks for all. More are rows beside the catalogue. Its error is a sentence for the user.
func Select(depth scenarios.Depth, asked []string, more ...Row) ([]Row, error) {
	var known []string
	all := slices.Concat(Catalogue(), more)
	for _, row := range all {
		for _, word := range []string{row.ID, row.Area} {
			if !slices.Contains(known, word) {
				known = append(known, word)
			}
		}
	}
	for _, word := range asked {
		if !slices.Contains(known, word) {
			return nil, fmt.Errorf("claim or area %q is not known; did you mean %s? known: %s", word, drivers.Nearest(word, known), strings.Join(known, ", "))
		}
	}
	var rows []Row
	for _, row := range all {
		wanted := len(asked) == 0 || slices.Contains(asked, row.ID) || slices.Contains(asked, row.Area)
		if wanted && depth.Includes(scenarios.Depth(row.Depth)) {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no claim of %s is tried at depth %s: choose a greater depth", strings.Join(asked, ", "), depth)
	}
	return rows, nil
}

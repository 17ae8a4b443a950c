package render

import (
	"fmt"
	"slices"
	"strings"

	"tristore/reports/result"
)

// certifiable is what the platform's fact sheet lists to certify, by its numbers. What
// no claim of a run decided is printed as not tested, so that a certificate is never
// read for more than it says. A line of two halves has two numbers.
func certifiable() []subject {
	return []subject{
		{"1", "transport encryption of each database"},
		{"2", "which certificate authorities are trusted"},
		{"3", "mixed configurations over the three stores"},
		{"4", "the two accepted shapes of a connection secret"},
		{"5", "rotation of passwords and short-lived tokens under traffic"},
		{"6", "a first start with only the documented grants"},
		{"7", "several replicas that start at once"},
		{"8", "presence and validity of every expected index"},
		{"9", "a migration that stopped half way"},
		{"10", "the documented minimal MongoDB role"},
		{"11", "that the collections role cannot read the other stores"},
		{"12", "the message when CREATE on schema public is missing"},
		{"13", "a migration under live load"},
		{"14", "an old release on a new schema"},
		{"15", "uniqueness under concurrent creates"},
		{"16", "concurrent sign-ups with one email"},
		{"17", "key rotation by several replicas"},
		{"18", "expiry and purge of anonymous users and tokens"},
		{"19", "revocation reaching every replica in time"},
		{"20", "concurrent changes of one permission map"},
		{"21", "the documented differences between engine families"},
		{"22", "empty filters and all-or-nothing bulks"},
		{"23", "isolation of workspaces from each other"},
		{"24", "concurrent schema changes of one collection"},
		{"25", "the workloads in an open loop, timed from when each request was due"},
		{"26", "socket counts against the pool formula"},
		{"27", "exhausted connections and recovery from them"},
		{"28", "a connection pooler in transaction mode"},
		{"29", "that hot statements are served by indexes"},
		{"30", "failover to a standby, and writes lost by it"},
		{"31", "a dump and restore that equals its source"},
		{"32", "a restored copy serving sign-ins"},
		{"33", "restoring one store without touching the others"},
		{"34a", "recovery of a lost cluster to a moment"},
		{"34b", "the time to serve again at the size of a real deployment"},
		{"35", "stores restored to different moments"},
		{"36a", "a backup taken under load"},
		{"36b", "detection of a damaged or stale backup"},
		{"37", "import from MongoDB into PostgreSQL"},
		{"38", "an upgrade to a newer major"},
		{"39", "sign-in while the collections cluster is down"},
		{"40", "product checks that fail closed and recover"},
		{"41", "collections load no longer moving the auth path after a split"},
		{"42", "readiness when one store is down"},
	}
}

type subject struct{ number, what string }

// untested says, in sentences, what this run did not look at, beside its subjects.
func untested(run *result.Run) []string {
	var said []string
	if !slices.ContainsFunc(run.Engines, func(e result.Engine) bool { return strings.HasPrefix(e.Engine, "mongo:") }) {
		said = append(said, "MongoDB itself: no MongoDB server was asked. What a compatible server answered says nothing about it.")
	}
	if unsafe := withoutDurability(run); len(unsafe) > 0 {
		said = append(said, "Durability and write speed on "+strings.Join(unsafe, ", ")+": fsync was off.")
	}
	said = append(said, longest(run))
	if run.Split == nil {
		said = append(said, "Whether one cluster is enough for the three stores: the split was not measured.")
	}
	return append(said, surroundings(run)...)
}

// undecided lists the subjects that no claim passed or failed on any engine.
func undecided(run *result.Run) []string {
	decided := map[string]bool{}
	for _, c := range gridOf(run).cells(result.Pass, result.Fail) {
		for _, number := range strings.FieldsFunc(c.Claim.Domain, noNumber) {
			decided[number] = true
		}
	}
	var missing []string
	for _, s := range certifiable() {
		if !decided[s.number] {
			missing = append(missing, s.what)
		}
	}
	return missing
}

// noNumber parts the numbers of a claim; a letter after one means a half of that line.
func noNumber(r rune) bool { return (r < '0' || r > '9') && r != 'a' && r != 'b' }

func withoutDurability(run *result.Run) []string {
	var engines []string
	for _, engine := range run.Engines {
		if run.Environment.InForce[engine.Engine]["fsync"] == "off" {
			engines = append(engines, engine.Title)
		}
	}
	return engines
}

// longest says for how long load was applied at most.
func longest(run *result.Run) string {
	var window float64
	for _, m := range run.Measurements {
		window = max(window, m.Seconds)
	}
	if window == 0 {
		return "Behaviour under load: no load window was recorded."
	}
	return fmt.Sprintf("Anything that shows after longer than %s of load: growth, bloat, long transactions, memory.", span(window))
}

// surroundings are limits that hold for every run of its reaches.
func surroundings(run *result.Run) []string {
	var started bool
	for _, engine := range run.Engines {
		started = started || engine.Reach != "external"
	}
	said := []string{
		"Isolation levels other than those the stores use, and anomalies that only a history checker finds.",
		"Other extensions, collations, operating systems and hardware than those listed under environment.",
	}
	if started {
		said = append(said, "Managed services, real networks and their latency: the servers ran beside tristore, on this host.")
	}
	return said
}

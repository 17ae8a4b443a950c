package judge

import (
	"fmt"
	"math"

	"tristore/reports/result"
)

// onMongo is the same page as a MongoDB-compatible server can be asked for it: in the order
// of thresholds, with the claims of that table.
func onMongo() []threshold {
	otherwise := map[string]threshold{}
	for _, t := range mongoRows() {
		otherwise[t.claim.ID] = t
	}
	all := thresholds()
	for i, t := range all {
		if of, is := otherwise[t.claim.ID]; is {
			all[i].rule, all[i].facts = of.rule, of.facts
		}
	}
	return all
}

func mongoRows() []threshold {
	row := func(id string) result.Claim { return result.Claim{ID: id} }
	as := func(id, why string) threshold { return unseen(row(id), why) }
	alike := func(id string) threshold {
		for _, t := range thresholds() {
			if t.claim.ID == id {
				return t
			}
		}
		return threshold{}
	}
	return []threshold{
		{row("CONNECTIONS"), alike("CONNECTIONS").rule, told(connections, "connections", result.UntoldConnections)},
		{row("SLOTS"), Rule{Floors: []Limit{enough()}, Limits: []Limit{{"refused", Is, 0, critical + "no connection is refused for want of a slot"}}}, told(rejected, "connections_rejected", result.UntoldRefused)},
		{row("TRANSACTIONS"), alike("TRANSACTIONS").rule, told(level("oldest_s", "oldest_transaction_s"), "oldest_transaction_s", result.UntoldUnderWay)},
		as("DEADLOCKS", "MongoDB's documents are not locked against each other: of two writers one is told to try again, which is counted as write conflicts"),
		as("CACHE", "the platform's threshold is of PostgreSQL's buffers; what MongoDB's cache did stands in the report"),
		as("XID", "MongoDB has no transaction ids that run out"),
		{row("LAG"), alike("LAG").rule, inSet(lag, "replication_lag_s")},
		as("POOLER", "MongoDB's clients pool by themselves, and the server does not see who waits there"),
		{row("PRIMARY"), Rule{Floors: []Limit{enough()}, Limits: []Limit{{"without_s", AtMost, 30, critical + "the replica set is not without a primary for over 30 s"}}},
			inSet(level("without_s", "without_primary_s"), "without_primary_s")},
		{row("TICKETS"), Rule{Floors: []Limit{enough()}, Limits: []Limit{{"fewest_free", AtLeast, 10, critical + "at least 10 tickets are free"}, {"fewest_free", AtLeast, 30, warning + "at least 30 tickets are free"}}},
			told(tickets, "tickets_read_free", result.UntoldTickets)},
	}
}

// told wraps facts that need a level or a rate of the server: where it is not there, the
// reason is that of the observation, and nothing is judged.
func told(facts func(result.Observed, *result.Observation), name, what string) func(result.Observed, *result.Observation) {
	return func(seen result.Observed, o *result.Observation) {
		_, stands := seen.Levels[name]
		if _, counts := seen.PerSecond[name]; stands || counts || o.Trouble != "" {
			facts(seen, o)
			return
		}
		o.Trouble = "not told: " + what
		if why := notRead(seen, what); why != "" {
			o.Trouble += ": " + why
		}
	}
}

// inSet wraps facts of a replica set. A server that says that it is in none has no lag,
// and no primary to lose; one that says nothing may have both.
func inSet(facts func(result.Observed, *result.Observation), name string) func(result.Observed, *result.Observation) {
	return func(seen result.Observed, o *result.Observation) {
		members, known := seen.Levels["members"]
		switch {
		case !known:
			told(facts, name, result.UntoldMembers)(seen, o)
		case members.Max == 0:
			o.Probe = "the server says that it is in no replica set (the platform asks for one of three)"
		default:
			facts(seen, o)
		}
	}
}

func notRead(seen result.Observed, what string) string {
	for _, n := range seen.NotRead {
		if n.What == what {
			return n.Why
		}
	}
	return ""
}

func rejected(seen result.Observed, o *result.Observation) {
	o.Set("samples", float64(seen.Samples))
	o.Set("refused", math.Round(seen.PerSecond["connections_rejected"]*seen.Seconds))
}

// ticketsSettled is how many tickets a threshold of 30 free ones needs at the least. Since
// MongoDB 7 the server sets their number by itself, and may do with fewer while at rest.
const ticketsSettled = 31

func tickets(seen result.Observed, o *result.Observation) {
	o.Set("samples", float64(seen.Samples))
	for _, kind := range []string{"read", "write"} {
		waiters := map[string]string{"read": "queued_readers", "write": "queued_writers"}[kind]
		free, told := seen.Levels["tickets_"+kind+"_free"]
		if !told {
			continue
		}
		all, settled := seen.Levels["tickets_"+kind+"_total"]
		o.See("%s: %s of %s tickets free at the least; %s queued at most", kind, number(free.Min), number(all.Min), number(max(seen.Levels["tickets_"+kind+"_queued"].Max, seen.Levels[waiters].Max)))
		if settled && all.Min < ticketsSettled {
			o.Probe = fmt.Sprintf("the server itself had only %s tickets to %s, as MongoDB 7 and later settle by themselves, so that the threshold says nothing: see what was queued", number(all.Min), kind)
			continue
		}
		if fewest, known := o.Facts["fewest_free"]; !known || free.Min < fewest {
			o.Set("fewest_free", free.Min)
		}
	}
}

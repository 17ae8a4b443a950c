package suites

import (
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/failover"
	"tristore/scenarios/judge"
)

// FailoverArea is the area of the claims about the loss of a primary. They are no rows of
// the catalogue: they need clusters of a shape of their own.
const FailoverArea = "failover"

// Failovers lists the claims of tristore failover drill, in the order they are shown. They
// have no check of their own: failover.Drill tries both on the same losses.
func Failovers() []Row {
	row := func(id, sentence string) result.Claim {
		return result.Claim{ID: id, Domain: "30", Area: FailoverArea, Source: documented + "+" + inferred, Depth: string(scenarios.Nightly), Sentence: sentence}
	}
	return []Row{
		{Claim: row(failover.Kept, "When the primary is lost no acknowledged write is lost with a synchronous standby, and at most five minutes of them without one."), Rule: failoverKeptRule()},
		{Claim: row(failover.Writable, "Every store is written to again within 30 seconds of the loss, at the same address and with nobody's hand on the application."), Rule: failoverWritableRule()},
	}
}

func failoverKeptRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("failovers", 1, "no primary was lost"),
			none("undone", "fewer primaries were lost than was asked for"),
			atLeast("acknowledged", 30, "too few writes were acknowledged before the losses"),
			none("not_streaming", "a standby had not everything before its primary was lost"),
		},
		Limits: []judge.Limit{
			none("lost_synchronous", "writes are lost that a synchronous standby was to keep"),
			atMost("lost_s", 300, "more than five minutes of acknowledged writes are lost"),
		},
	}
}

func failoverWritableRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("failovers", 1, "no primary was lost"),
			none("undone", "fewer primaries were lost than was asked for"),
			atLeast("min_ms", 0.001, "no time was measured"),
		},
		Limits: []judge.Limit{
			none("not_writable", "a store took no write after the loss"),
			atMost("worst_s", 30, "nobody could write for more than 30 seconds"),
		},
	}
}

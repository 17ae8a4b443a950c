package suites

import (
	"tristore/reports/result"
	"tristore/scenarios"
	"tristore/scenarios/backup/drill"
	"tristore/scenarios/judge"
)

// DrillArea is the area of the claims about one backup drill. They are no rows of the
// catalogue: certify neither tries nor misses them.
const DrillArea = "drill"

// Drills lists the claims that a drill tries: all, or those that it was asked for. They
// have no check of their own: drill.Run tries all of them on one loss and return.
func Drills(of *result.Drill) (asked []Row) {
	all := []Row{
		{Claim: drillClaim(drill.ClaimCopy, "31,32", documented+"+"+inferred,
			"What was dumped and came back equals what was dumped, the planner knows it, and the application starts on it, serves every sign-in and writes on."), Rule: drillCopyRule()},
		{Claim: drillClaim(drill.ClaimAcross, "35", inferred,
			"The three restored stores fit together: no permission map, binding or createdBy names a user whom the users store lost."), Rule: drillAcrossRule()},
		{Claim: drillClaim(drill.ClaimLedger, "34", documented+"+"+inferred,
			"No write that was acknowledged before a dump's moment is missing, and what was lost after it spans at most five minutes."), Rule: drillLedgerRule()},
		{Claim: drillClaim(drill.ClaimEvery, "34", documented,
			"With dumps taken as often as was asked, at most five minutes of acknowledged writes can be lost."), Rule: drillEveryRule()},
		{Claim: drillClaim(drill.ClaimServe, "34", documented,
			"From the archives to the first served request takes at most one hour."), Rule: drillServeRule()},
		{Claim: drillClaim(drill.ClaimCurve, "34b", documented+"+"+inferred,
			"For the planned size, too, the first request is served within one hour."), Rule: drillCurveRule()},
	}
	if of == nil {
		return all
	}
	if of.Own != nil {
		all = ownDrills(all)
	}
	for _, row := range all {
		if row.ID == drill.ClaimEvery && of.EverySeconds == 0 || row.ID == drill.ClaimCurve && of.PlannedBytes == 0 {
			continue // nobody said how often, or for which size
		}
		asked = append(asked, row)
	}
	return asked
}

// ownDrills are the claims on somebody's own databases, whose content nobody knows before:
// what came back and what lives on it are two claims, since the second may not be known.
func ownDrills(all []Row) (own []Row) {
	for _, row := range all {
		switch row.ID {
		case drill.ClaimCopy:
			row.Sentence, row.Rule = "What was dumped of your databases and came back equals what was dumped, row by row and line by line, and the planner knows it.", ownCopyRule()
			own = append(own, row, Row{Claim: drillClaim(drill.ClaimLive, "32", documented+"+"+inferred,
				"The application starts on what came back, as it is and as of a next release, reads restored rows and makes the next write."), Rule: ownLiveRule()})
			continue
		case drill.ClaimAcross:
			row.Rule.Floors = []judge.Limit{atLeast("references", 1, "no reference to a user was found to look up")}
		}
		own = append(own, row)
	}
	return own
}

func ownCopyRule() judge.Rule {
	return judge.Rule{
		MinCases: 6, // content and catalogue of three stores
		Floors: []judge.Limit{
			exactly("stores", 3, "all three databases must be dumped and restored"),
			atLeast("rows", 1, "the databases hold no row that could be compared"),
			atLeast("tables", 3, "too few tables were compared"),
			atLeast("objects", 3, "too little of the catalogue was compared"),
		},
		Limits: copiedLimits(),
	}
}

func ownLiveRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("starts", 6, "the application must start on all three, as it is and as of a next release"),
			exactly("next_releases", 3, "a next release must change a restored table of each store"),
			atLeast("reads", 1, "no restored row could be asked for"),
			exactly("writes", 3, "the next write must be made in each store"),
			known(),
		},
		Limits: []judge.Limit{
			none("start_errors", "the application could not start on the copy"),
			none("refused", "the copy refused to read a restored row"),
			none("wrong", "the copy answered with another record"),
			none("writes_refused", "the copy refused the next write"),
		},
	}
}

// copiedLimits hold what came back against what was dumped.
func copiedLimits() []judge.Limit {
	return []judge.Limit{
		none("tools_failed", "a dump, a fetch or a restore ended badly"),
		none("stderr_errors", "a tool wrote errors"),
		none("rows_missing", "rows did not come back"),
		none("rows_extra", "rows came back that were not dumped"),
		none("tables_changed", "tables came back with another content"),
		none("catalogue_differences", "the catalogue came back different"),
		none("sequences_behind", "the next value of a sequence is taken already"),
		none("without_statistics", "the planner knows nothing of a restored table"),
	}
}

func drillClaim(id, domain, source, sentence string) result.Claim {
	return result.Claim{ID: id, Domain: domain, Area: DrillArea, Source: source, Depth: string(scenarios.Smoke), Sentence: sentence}
}

func drillCopyRule() judge.Rule {
	return judge.Rule{
		MinCases: 14, // content and catalogue of three stores, and eight kinds of write
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be dumped and restored"),
			atLeast("rows", 500, "too few rows were compared"),
			atLeast("tables", 20, "too few tables were compared"),
			atLeast("objects", 30, "too little of the catalogue was compared"),
			exactly("starts", 6, "the application must start on all three, as it is and as of a next release"),
			exactly("next_releases", 3, "a next release must change a restored table of each store"),
			atLeast("reads", 300, "too few sign-ins were replayed"),
			exactly("writes", 8, "every kind of write must be made"),
			known(),
		},
		Limits: append(copiedLimits(),
			none("start_errors", "the application could not start on the copy"),
			none("applied_again", "a start on the copy applied versions that it had"),
			none("refused", "the copy refused a sign-in"),
			none("wrong", "the copy answered with another record"),
			none("writes_refused", "the copy refused the next write"),
		),
	}
}

func noSilentLoad() judge.Limit {
	return none("silent_load", "the load that was asked for did nothing, so the dumps were of idle stores")
}

func drillAcrossRule() judge.Rule {
	return judge.Rule{
		Valid:  []judge.Limit{noSilentLoad()},
		Floors: []judge.Limit{atLeast("references", 100, "too few references to users were looked up")},
		Limits: []judge.Limit{none("dangling", "restored stores name users whom the restored users store lacks")},
	}
}

func drillLedgerRule() judge.Rule {
	return judge.Rule{
		Valid: []judge.Limit{noSilentLoad()},
		Floors: []judge.Limit{
			atLeast("least_older", 10, "too few writes of a store were acknowledged before its dump"),
			atLeast("least_later", 1, "no write was made after a store's dump, so that nothing says what is lost"),
		},
		Limits: []judge.Limit{
			none("older_missing", "writes acknowledged before the dump's moment are missing"),
			none("later_found", "writes begun after the dump's moment came back: the copy is not of what was dumped"),
			atMost("lost_s", 300, "more than five minutes of acknowledged writes are lost"),
		},
	}
}

func drillEveryRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("dumps", 3, "all three stores must be dumped"),
			atLeast("every_s", 1, "how often dumps are taken was not said"),
		},
		Limits: []judge.Limit{atMost("worst_loss_s", 300, "the time between two dumps and the time that one takes are more than five minutes: continuous archiving is needed")},
	}
}

func drillServeRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("served", 1, "no request was served"),
			atLeast("bytes", 1, "the stores were empty"),
		},
		Limits: []judge.Limit{atMost("rto_s", 3600, "the first request was served after more than one hour")},
	}
}

// drillCurveRule judges what recovery.Derived says of the rounds: the whole interval must
// lie beyond the planned size, and a line is followed to so many times what was measured.
func drillCurveRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("sizes", 3, "the time to serve was measured at too few sizes"),
			atLeast("low_per_planned", 1, "the planned size lies within the interval in which one hour is exceeded: drill larger sizes, or more rounds"),
			atMost("planned_per_largest", 16, "the planned size is too many times the largest one drilled: drill larger sizes"),
		},
		Limits: []judge.Limit{atLeast("high_per_planned", 1, "one hour is exceeded below the planned size")},
	}
}

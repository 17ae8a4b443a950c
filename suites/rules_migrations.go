package suites

import "tristore/scenarios/judge"

func firstStartRule() judge.Rule {
	return judge.Rule{
		MinCases: 23,
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be started"),
			atLeast("versions", 3, "too few versions were applied"),
			atLeast("objects", 50, "too few objects were found to compare"),
			exactly("roles_asked", 3, "the server must tell what the role may do, on all three databases"),
			none("start_errors", "a start that failed leaves nothing to look at"), // a broken case says why, and fails
		},
		Limits: []judge.Limit{
			none("powers", "the application role may do more than the documents grant"),
		},
	}
}

func concurrentRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("rounds", 12, "too few rounds were run"),
			atLeast("starters", 42, "too few starters began"),
			atLeast("rounds_overlapped", 6, "the starters hardly ever met"),
		},
		Limits: []judge.Limit{
			none("start_errors", "a starter did not come up"),
			none("versions_not_once", "a version was applied by none of the starters, or by several"),
			none("catalogue_differences", "the starters left another schema than a single start"),
			none("applied_again", "a second start was no no-op"),
		},
	}
}

func indexesRule() judge.Rule {
	return judge.Rule{
		MinCases: 15,
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be asked"),
			atLeast("expected", 15, "too few indexes were expected"),
			none("unsupported", "the engine has no such kind of index"),
		},
		Limits: []judge.Limit{
			none("missing", "a promised index is not there"),
			none("invalid", "an index is invalid"),
			none("not_unique", "an index that must be unique is not"),
		},
	}
}

func halfAppliedRule() judge.Rule {
	return judge.Rule{
		MinCases: 9,
		Floors: []judge.Limit{
			atLeast("states", 9, "too few half-applied states were made"),
			atLeast("killed", 1, "no starter died while migrating"),
		},
		Limits: []judge.Limit{
			none("survived", "a starter that died while migrating reported success"),
			none("skipped", "a start reported success on a half-applied schema"),
			none("refused_unnamed", "a start failed without naming the half-applied version"),
			none("changed_by_refusal", "a refused start changed the schema"),
		},
	}
}

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

func overRowsRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be brought to the newest version over rows"),
			atLeast("rows", 300, "too few rows were there"),
			atLeast("compared", 10, "too few columns were compared"),
		},
		Limits: []judge.Limit{
			none("changed", "the newest version left other values in rows that were there"),
			none("invented", "a column that came with the newest version says something of rows that were there before"),
		},
	}
}

func underReadersRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			exactly("stores", 3, "the newest version of all three stores must be halted"),
			atLeast("tables", 10, "too few tables with rows were read"),
			none("untold", "a table could not be read until the newest version's file was done, and how long that takes on your rows is not known from here"),
		},
		Limits: []judge.Limit{
			none("rewritten", "a table is written anew while nobody may read it, for longer the larger it is"),
			atMost("kept_out_ms", 1000, "a table could not be read for over a second"),
		},
	}
}

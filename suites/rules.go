package suites

import "tristore/scenarios/judge"

// The rules stand in the catalogue's order. Limits are promises: broken means FAIL.
// Floors say how much must have been seen for a pass to mean something, and that no
// outcome was left unknown: below means INCONCLUSIVE. Valid are assumptions of the
// measurement itself: broken means INVALID. The facts are described where each check is.

func none(fact, says string) judge.Limit { return judge.Limit{Fact: fact, Op: judge.Is, Says: says} }

func exactly(fact string, n float64, says string) judge.Limit {
	return judge.Limit{Fact: fact, Op: judge.Is, Value: n, Says: says}
}

func atLeast(fact string, n float64, says string) judge.Limit {
	return judge.Limit{Fact: fact, Op: judge.AtLeast, Value: n, Says: says}
}

func atMost(fact string, n float64, says string) judge.Limit {
	return judge.Limit{Fact: fact, Op: judge.AtMost, Value: n, Says: says}
}

// known is the floor of every check that writes: an outcome nobody can tell proves nothing.
func known() judge.Limit { return none("unknown", "every outcome must be known") }

func tlsRule() judge.Rule {
	return judge.Rule{
		MinCases: 6,
		Floors:   []judge.Limit{exactly("databases", 3, "all three databases must be tried")},
		Limits: []judge.Limit{
			none("plain_accepted", "a plain connection was accepted"),
			none("tls_refused", "an encrypted connection was refused"),
			none("sessions_unencrypted", "the server calls an encrypted session plain"),
		},
	}
}

func authorityRule() judge.Rule {
	return judge.Rule{
		MinCases: 12,
		Floors:   []judge.Limit{exactly("databases", 3, "all three databases must be tried")},
		Limits: []judge.Limit{
			none("foreign_authority_accepted", "a certificate that nobody trusted was accepted"),
			none("right_authority_refused", "the right certificate was refused"),
		},
	}
}

func configurationRule() judge.Rule {
	return judge.Rule{
		MinCases: 12,
		Floors:   []judge.Limit{atLeast("configurations", 12, "too few configurations were offered")},
		Limits: []judge.Limit{
			none("unsound_accepted", "an unsound configuration was accepted"),
			none("sound_refused", "a sound configuration was refused"),
		},
	}
}

func uniquenessRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("races", 32, "too few races were run"),
			atLeast("races_overlapped", 16, "the racers hardly ever met"),
			known(),
		},
		Limits: []judge.Limit{
			none("extra_winners", "more than one create of the same value was acknowledged"),
			none("rows_not_one", "a race did not leave exactly one row"),
			none("winners_missing", "a race had no winner"),
			none("wrong_refusals", "a loser was refused for another reason than the value being taken"),
		},
	}
}

func signUpsRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{atLeast("sign_ups", 64, "too few people signed up"), known()},
		Limits: []judge.Limit{
			none("acknowledged_lost", "an acknowledged account is not there"),
			none("refused_but_stored", "a refused account is there"),
			none("emails_without_account", "nobody could sign up with a fresh email"),
		},
	}
}

func sharesRule() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("rounds", 32, "too few rounds were run"),
			atLeast("rounds_overlapped", 16, "the changes hardly ever met"),
			atLeast("changes_acknowledged", 32, "too few changes were acknowledged"),
			atLeast("rounds_both", 16, "hardly ever were both of two changes that met acknowledged"),
			known(),
		},
		Limits: []judge.Limit{
			none("shares_lost", "an acknowledged share is not in the map"),
			none("unshares_undone", "an acknowledged removal is still in the map"),
			none("bystanders_changed", "somebody else's entry changed"),
			none("wrong_refusals", "a change was refused for another reason than a conflict"),
		},
	}
}

func differencesRule() judge.Rule {
	return judge.Rule{
		MinCases: 75,
		Floors: []judge.Limit{
			atLeast("questions", 75, "too few questions were asked"),
			none("cases_unsupported", "a stand-in refused questions as unsupported"),
			known(),
		},
	}
}

func bulkRule() judge.Rule {
	return judge.Rule{
		MinCases: 14,
		Floors:   []judge.Limit{atLeast("bulks", 5, "too few bulks were sent"), known()},
		Limits: []judge.Limit{
			none("rows_changed_by_empty_filter", "an empty filter changed rows"),
			none("rows_from_refused_bulk", "a refused bulk left rows"),
			none("rows_missing_from_bulk", "an acknowledged bulk lacks rows"),
		},
	}
}

func tenantsRule() judge.Rule {
	return judge.Rule{
		MinCases: 59,
		Floors: []judge.Limit{
			exactly("namespaces", 3, "all three workspaces must be filled"),
			exactly("neighbour_rows_expected", 12, "the neighbours must have had rows"),
			exactly("tables_after_drop", 2, "the server must list the neighbours' tables"),
			exactly("subject_rows", 18, "all three workspaces must have had pages, files, secrets and roles"),
		},
		Limits: []judge.Limit{
			none("foreign_rows_seen", "a workspace saw another one's rows"),
			none("neighbour_rows_changed", "a write reached another workspace"),
			none("left_after_drop", "a deleted workspace left collections or bindings"),
			exactly("neighbour_rows_after_drop", 12, "deleting a workspace touched its neighbours"),
			exactly("subject_rows_after_delete", 12, "deleting a workspace left rows of it, or took its neighbours'"),
		},
	}
}

func plansRule() judge.Rule {
	return judge.Rule{
		MinCases: 12,
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be asked"),
			atLeast("statements", 12, "too few statements were asked about"),
		},
		Limits: []judge.Limit{
			none("full_scans", "a hot statement reads a whole table"),
			none("without_index", "a hot statement uses no index"),
		},
	}
}

// away is what both claims about an absent collections cluster ask for.
func away() judge.Rule {
	return judge.Rule{
		Floors: []judge.Limit{
			atLeast("before", 1, "nothing was asked with everything up"),
			exactly("injections", 2, "the collections must be away in both ways"),
			atLeast("asked_away", 2, "nobody asked for a binding meanwhile"),
		},
		Limits: []judge.Limit{
			none("answered_away", "a binding was granted or denied although it could not be read"),
			{Fact: "recovered", Op: judge.Is, Value: 2, Says: "bindings were not answered again"},
		},
	}
}

func bindingsRule() judge.Rule { return away() }

func signInsRule() judge.Rule {
	rule := away()
	rule.Floors = append(rule.Floors, atLeast("asked", 1, "nobody signed in meanwhile"))
	rule.Limits = append(rule.Limits, none("failed", "sign-ins failed"), none("wrong", "sign-ins got another account or workspace"))
	return rule
}

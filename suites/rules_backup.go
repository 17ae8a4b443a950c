package suites

import (
	"tristore/scenarios/judge"
	"tristore/scenarios/load"
)

func roundTripRule() judge.Rule {
	return judge.Rule{
		MinCases: 6,
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be dumped and restored"),
			atLeast("rows", 2000, "too few rows were compared"),
			atLeast("tables", 25, "too few tables were compared"),
			atLeast("objects", 30, "too few catalogue lines were compared"),
		},
		Limits: []judge.Limit{
			none("tools_failed", "a dump or restore ended badly, or complained behind an exit of 0"),
			none("stderr_errors", "a tool wrote errors"),
			none("rows_missing", "rows are missing from the copy"),
			none("rows_extra", "the copy has rows that the source had not"),
			none("tables_changed", "a table has another content in the copy"),
			none("catalogue_differences", "the copy has another catalogue"),
		},
	}
}

func serveRule() judge.Rule {
	return judge.Rule{
		MinCases: 8,
		Floors: []judge.Limit{
			exactly("stores", 3, "all three stores must be served from"),
			atLeast("starts", 3, "the role did not start on every copy"),
			atLeast("next_releases", 3, "a next release was not tried on every copy"),
			atLeast("reads", 500, "too few reads were replayed"),
			atLeast("writes", 8, "too few writes were tried"),
			known(),
		},
		Limits: []judge.Limit{
			none("tools_failed", "a dump or restore ended badly"),
			none("start_errors", "the application role could not start on the copy"),
			none("applied_again", "a start on the copy applied versions that it had"),
			none("refused", "the copy refused a read of the replay"),
			none("wrong", "the copy answered with somebody else's record"),
			none("writes_refused", "the copy refused the next write"),
			none("sequences_behind", "the next value of a sequence is taken already"),
		},
	}
}

func detectionRule() judge.Rule {
	return judge.Rule{
		MinCases: 12,
		Floors: []judge.Limit{
			atLeast("formats", 1, "no format of dumps was gone through"),
			atLeast("damages", 5, "too few damages were tried"),
			atLeast("twins", 1, "no sound dump went the same way"),
			atLeast("rows", 200, "too few rows were compared"),
			atLeast("acknowledged", 2, "the ledger of acknowledged writes is too short"),
			known(),
		},
		Limits: []judge.Limit{
			none("undetected", "a damaged dump was restored and nobody saw it"),
			none("missed", "a check that had to see a damage did not"),
			none("false_alarms", "a check saw damage in a sound dump"),
		},
	}
}

// openLoopRule: the generator must have kept its own schedule and accounted for every
// arrival; then whatever was refused, lost or not started is the store's.
func openLoopRule() judge.Rule {
	return judge.Rule{
		Valid: []judge.Limit{
			atMost("lag_p99_ms", load.LagLimitMs, "the generator itself fell behind its schedule"),
			none("clipped", "latencies fell outside the recorder's range"),
			none("unaccounted", "arrivals are not accounted for"),
		},
		Floors: []judge.Limit{atLeast("due", 100, "too few arrivals were due"), known()},
		Limits: []judge.Limit{
			none("refused", "the store refused what was due"),
			none("dropped", "arrivals could not be started, since the store was behind"),
			atLeast("achieved_ratio", 0.95, "the store did not keep up with the offered rate"),
		},
	}
}

func pointInTimeRule() judge.Rule {
	return judge.Rule{
		MinCases: 9 + 4, // the named checks of the sound recovery, and those that had to see a damage
		Floors: []judge.Limit{
			atLeast("recoveries", 3, "too few recoveries were tried"),
			atLeast("damages", 2, "too few recoveries went wrong on purpose"),
			exactly("twins", 1, "the cluster must be recovered to the moment, once"),
			exactly("acknowledged", 4, "the ledger must have writes before and after the moment"),
			atLeast("segments", 4, "too few segments of WAL lead from the base to the last write"),
			atLeast("rows", 200, "too few rows were compared"),
			known(),
		},
		Limits: []judge.Limit{
			none("tools_failed", "the base backup ended badly"),
			none("unarchived", "WAL did not get into the archive"),
			none("undetected", "a recovery went wrong and nobody saw it"),
			none("missed", "a check that had to see a wrong recovery did not"),
			none("false_alarms", "the recovered cluster is not what was there at the moment"),
		},
	}
}

func pagesRule() judge.Rule {
	return judge.Rule{
		MinCases: 3 + 6, // the named checks of the sound twin, and those that had to see a damage
		Floors: []judge.Limit{
			exactly("damages", 4, "a B-tree, a row, a whole page and a collation must be damaged"),
			exactly("twins", 1, "a sound copy must go the same way"),
			atLeast("btrees", 20, "too few B-trees were looked through"),
			atLeast("tables", 10, "too few tables were read"),
			atLeast("rows", 200, "too few rows were compared"),
		},
		Limits: []judge.Limit{
			none("tools_failed", "the base backup ended badly"),
			none("undetected", "a page was damaged and nobody saw it"),
			none("missed", "a check that had to see a damaged page did not"),
			none("false_alarms", "a check saw damage in sound pages"),
		},
	}
}

package main

import (
	"fmt"

	"tristore/reports/advice"
	"tristore/reports/result"
	"tristore/scenarios/capacity"
)

// readTests reads saved tests of interference for the verdict on a split measurement, or
// says in one sentence why one cannot speak of it.
func readTests(paths []string, of *result.Split) (all []result.Interference, err error) {
	seen := map[result.Test]string{}
	for _, path := range paths {
		run, _, err := savedRun(path)
		if err != nil {
			return nil, fmt.Errorf("--interference: %w", err)
		}
		test := run.Interference
		switch {
		case run.Kind != kindInterference || test == nil:
			return nil, fmt.Errorf("--interference %s is no run of tristore interference", path)
		case run.Interrupted != "":
			return nil, fmt.Errorf("--interference %s was not finished: %s", path, run.Interrupted)
		case seen[test.Test] != "":
			return nil, fmt.Errorf("--interference: %s and %s are both a %s test: give one", seen[test.Test], path, test.Test)
		}
		if why := advice.Unfit(of, test); why != "" {
			return nil, fmt.Errorf("--interference %s cannot speak of this measurement: %s", path, why)
		}
		seen[test.Test], test.Run = path, run.ID
		all = append(all, *test)
	}
	return all, nil
}

// readTests reads those that were named; a resumed run keeps what it had where none are.
func (p *Plan) readTests(paths []string, before *result.Split) (err error) {
	of := unmeasured(splitPlan(*p))
	if before != nil {
		if of = before; len(paths) == 0 {
			p.tests = before.Tests
			return nil
		}
	}
	if p.tests, err = readTests(paths, of); err == nil {
		p.version, err = versionOf(p.tests)
	}
	return err
}

// unmeasured is what a plan will measure, as far as it is known before a server ran.
func unmeasured(plan capacity.Plan) *result.Split {
	return &result.Split{Engine: plan.Engine.String(), Reach: string(plan.Reach), AuthRate: plan.AuthRate, CollectionsRate: plan.CollectionsRate, Ground: plan.Ground("")}
}

// versionOf is the server's version that all tests were measured on; they were compared by it.
func versionOf(tests []result.Interference) (version string, err error) {
	for _, t := range tests {
		if version != "" && t.Ground.Version != version {
			return "", fmt.Errorf("--interference: the tests ran on the versions %s and %s: give those of one", version, t.Ground.Version)
		}
		version = t.Ground.Version
	}
	return version, nil
}

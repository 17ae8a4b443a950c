package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"tristore/reports/render"
	"tristore/reports/result"
	"tristore/reports/terminal"
	"tristore/scenarios/judge"
	"tristore/suites"
)

// judgeCommand judges a saved run again, with every server gone.
func judgeCommand(to streams) *cobra.Command {
	var gate string
	var tests []string
	c := &cobra.Command{
		Use:   "judge RUN",
		Short: "Judge a saved run again by the rules of this tristore, without any server",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if gate != string(judge.GateSupported) && gate != string(judge.GateAll) {
				return fmt.Errorf("gate %q is not known: choose supported or all", gate)
			}
			run, dir, err := savedRun(args[0])
			if err != nil {
				return err
			}
			if len(tests) > 0 {
				if run.Kind != kindCapacity || run.Split == nil {
					return fmt.Errorf("--interference goes with a run of tristore capacity, and %s is none", args[0])
				}
				if run.Split.Tests, err = readTests(tests, run.Split); err != nil {
					return err
				}
			}
			judgeRun(run, judge.Gate(gate))
			if err := render.Save(dir, run); err != nil {
				return err
			}
			return conclude(run, dir, to)
		},
	}
	c.Flags().StringSliceVar(&tests, "interference", nil, "saved runs of tristore interference on the same, for the verdict of a capacity run to read: RUN,RUN")
	c.Flags().StringVar(&gate, "gate", string(judge.GateSupported), "whose findings decide the exit code: supported, all (stand-ins too)")
	return c
}

// reportCommand renders a saved run again and changes no finding. It does not repeat a
// PASS that the facts beside it do not ask for: then it says so, and exits 3.
func reportCommand(to streams) *cobra.Command {
	return &cobra.Command{
		Use:   "report RUN",
		Short: "Write the pages of a saved run again",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			run, dir, err := savedRun(args[0])
			if err != nil {
				return err
			}
			if err := render.Pages(dir, run); err != nil {
				return err
			}
			if err := terminal.Table(to.out, run, dir); err != nil {
				return err
			}
			if run.Verdict.Status == result.Pass && !passes(run) {
				return troubleError{fmt.Errorf("the saved verdict is PASS, but by the rules of this tristore the saved facts ask for another: judge them again with tristore judge %s", dir)}
			}
			return nil
		},
	}
}

// passes tells whether a run's facts ask for a PASS by either gate, and leaves the run as it is.
func passes(run *result.Run) bool {
	for _, gate := range []judge.Gate{judge.GateSupported, judge.GateAll} {
		again := *run
		again.Engines = slices.Clone(run.Engines)
		if judgeRun(&again, gate); again.Verdict.Status == result.Pass {
			return true
		}
	}
	return false
}

// savedRun reads a run by its folder or its file, and gives the folder.
func savedRun(path string) (*result.Run, string, error) {
	run, err := result.Read(path)
	if err != nil {
		return nil, "", err
	}
	dir := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		dir = filepath.Dir(path)
	}
	return run, dir, nil
}

// judgeRun gives the findings and the verdict that a run's facts ask for. A run of the
// split alone tried no claim; one that did is judged by its claims, whatever its kind says.
func judgeRun(run *result.Run, gate judge.Gate) {
	if run.Kind == kindLoad || run.Kind == kindReplay {
		judge.Load(run)
		return
	}
	if run.Kind == kindInterference && len(run.Engines)+len(run.Observations) == 0 {
		run.Findings, run.Verdict = nil, interferenceVerdict(run)
		return
	}
	if run.Kind == kindPrepared && len(run.Engines)+len(run.Observations) == 0 {
		run.Findings, run.Verdict = nil, preparedVerdict(run)
		return
	}
	if run.Kind == kindObserve {
		judge.Observed(run)
		return
	}
	if work, is := operationOf(run); is {
		work.judge(run)
		return
	}
	judge.Run(run, suites.Rules(), gate)
	if run.Kind == kindCapacity && len(run.Engines)+len(run.Observations) == 0 {
		run.Split = suites.JudgeRemedies(run.Split)
		run.Verdict = splitVerdict(run)
	}
}

// conclude prints how a run ended and turns its verdict into the exit code.
func conclude(run *result.Run, dir string, to streams) error {
	if err := terminal.Table(to.out, run, dir); err != nil {
		return err
	}
	if code := run.Verdict.ExitCode(); code != 0 {
		return verdictError{code}
	}
	return nil
}

// The kinds of run.
const (
	kindCertify      = "certify"
	kindCapacity     = "capacity"
	kindLoad         = "load"
	kindReplay       = "replay"
	kindRestore      = "restore"
	kindImport       = "import"
	kindObserve      = "observe"
	kindInterference = "interference"
	kindPrepared     = "prepared"
	kindDrill        = "drill"
	kindUpgrade      = "upgrade"
	kindFailover     = "failover"
)

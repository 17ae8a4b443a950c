package suites

import (
	"context"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/gcustom"
	"github.com/onsi/gomega/types"

	"tristore/reports/result"
)

// The bounds of specs and of their setting up; reaching one names the spec.
const (
	startMax = 10 * time.Minute // the first start on a fresh machine fetches programs
	closeMax = 2 * time.Minute
	specMax  = 10 * time.Minute
	graceMax = 30 * time.Second // from the end of a spec's time to its giving up
)

// Specs declares one spec per claim of an area that the lane tries, in catalogue order.
func (l *Lane) Specs(area string) {
	rows := l.Rows(area)
	if len(rows) == 0 {
		return
	}
	l.specs = append(l.specs, rows...)
	ginkgo.Describe(area, ginkgo.Label(area), func() {
		for _, row := range rows {
			ginkgo.It(row.ID+" "+row.Sentence, ginkgo.Label(row.ID, row.Depth), ginkgo.SpecTimeout(max(specMax, row.Max)), ginkgo.GracePeriod(graceMax),
				func(spec ginkgo.SpecContext) {
					ctx, cancel := within(spec, l.outer())
					defer cancel()
					finding := l.Try(ctx, row)
					if finding.Status == result.NotApplicable {
						ginkgo.Skip("NOT_APPLICABLE: " + finding.Reason)
					}
					gomega.Expect(finding).To(Hold())
				})
		}
	})
}

// Setting declares the cluster's start and end around all specs, and the end of the
// suite when ctx ends.
func (l *Lane) Setting(ctx context.Context) {
	l.until = ctx
	ginkgo.BeforeSuite(func(spec ginkgo.SpecContext) {
		started, cancel := within(spec, ctx)
		defer cancel()
		gomega.Expect(l.Start(started)).To(gomega.Succeed())
	}, ginkgo.NodeTimeout(startMax))
	ginkgo.AfterSuite(func(spec ginkgo.SpecContext) {
		gomega.Expect(l.Close(context.WithoutCancel(spec))).To(gomega.Succeed())
	}, ginkgo.NodeTimeout(closeMax))
	ginkgo.BeforeEach(func() {
		if ctx.Err() != nil {
			ginkgo.AbortSuite("stopped: " + context.Cause(ctx).Error())
		}
	})
}

// outer is what the whole lane runs under; a lane whose setting was not declared has no end of its own.
func (l *Lane) outer() context.Context {
	if l.until == nil {
		return context.Background()
	}
	return l.until
}

// within ends with either context.
func within(spec, outer context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancelCause(spec)
	stop := context.AfterFunc(outer, func() { cancel(context.Cause(outer)) })
	return both, func() { stop(); cancel(nil) }
}

// Hold succeeds on a finding whose claim holds; the message of any other carries its evidence.
func Hold() types.GomegaMatcher {
	return gcustom.MakeMatcher(func(finding result.Finding) (bool, error) {
		return finding.Status == result.Pass, nil
	}).WithTemplate("{{.Actual.Claim}} on {{.Actual.Engine}}: {{.Actual.Status}}: {{.Actual.Reason}}{{range .Actual.Evidence}}\n  {{.}}{{end}}")
}

// Run declares and runs the lane's specs in this process, which may do so once. Its
// error says that the cluster could not be started or closed; findings are in the facts.
// Ginkgo writes its own account to standard output.
func Run(ctx context.Context, lane *Lane, declare ...func(*Lane)) error {
	gomega.RegisterFailHandler(ginkgo.Fail)
	lane.Setting(ctx)
	// One ordered container around all, since Ginkgo shuffles others: the catalogue's
	// order is kept, with load windows last, and a failed spec does not end it.
	ginkgo.Describe(lane.Plan.Engine.Title(), ginkgo.Ordered, ginkgo.ContinueOnFailure, func() {
		for _, area := range declare {
			area(lane)
		}
	})
	suite, reporter := ginkgo.GinkgoConfiguration()
	suite.RandomSeed, suite.FailOnEmpty = int64(lane.Plan.Seed), true
	reporter.NoColor, reporter.Succinct = true, false
	ginkgo.RunSpecs(unheard{}, "tristore "+lane.Plan.Engine.String(), suite, reporter)
	return lane.fatal
}

// unheard does not listen when specs fail: the facts say which, and which never ended.
type unheard struct{}

func (unheard) Fail() {}

package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"tristore/reports/result"
)

// JUnit writes one testsuite per engine and one testcase per claim: FAIL is a failure,
// INCONCLUSIVE and INVALID are errors, NOT_APPLICABLE is skipped. A run that did not
// pass although no testcase says why (it was interrupted, or judged nothing) gets one
// more suite with its verdict, because build servers take "0 failures" for green.
func JUnit(w io.Writer, run *result.Run) error {
	table := gridOf(run)
	root := junitRoot{Name: "tristore " + run.ID}
	for _, engine := range table.Engines {
		root.add(engineSuite(run, table, engine))
	}
	if run.Verdict.Status != result.Pass && root.Failures+root.Errors == 0 {
		root.add(verdictSuite(run))
	}
	root.Time = seconds(run.Ended.Sub(run.Began).Seconds())
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the JUnit file: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(root); err != nil {
		return fmt.Errorf("writing the JUnit file: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("writing the JUnit file: %w", err)
	}
	return nil
}

type junitRoot struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property,omitempty"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Time    string       `xml:"time,attr"`
	Failure *junitReason `xml:"failure"`
	Error   *junitReason `xml:"error"`
	Skipped *junitReason `xml:"skipped"`
	Output  string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func (r *junitRoot) add(s junitSuite) {
	r.Suites = append(r.Suites, s)
	r.Tests += s.Tests
	r.Failures += s.Failures
	r.Errors += s.Errors
	r.Skipped += s.Skipped
}

func engineSuite(run *result.Run, table grid, engine result.Engine) junitSuite {
	suite := junitSuite{
		Name: printable(engine.Engine), Time: seconds(engine.Seconds), Timestamp: run.Began.UTC().Format(time.RFC3339),
		Properties: []junitProperty{
			{"version", printable(engine.Version)}, {"reach", printable(engine.Reach)},
			{"stand_in", strconv.FormatBool(engine.StandIn)}, {"verdict", printable(engine.Verdict.Sentence)},
			{"seed", strconv.FormatUint(run.Seed, 10)}, {"command", printable(run.Command)},
		},
	}
	for _, line := range table.Rows {
		for _, c := range line.Cells {
			if c.Engine.Engine == engine.Engine {
				suite.addCell(c)
			}
		}
	}
	return suite
}

func (s *junitSuite) addCell(c cell) {
	name := strings.TrimSpace(c.Claim.ID + " " + c.Claim.Sentence)
	class := "tristore." + strings.NewReplacer(":", "-", ".", "_").Replace(c.Engine.Engine)
	if c.Claim.Area != "" {
		class += "." + c.Claim.Area
	}
	test := junitCase{Name: printable(name), Class: printable(class), Time: seconds(c.Seconds)}
	evidence := printable(strings.Join(c.Finding.Evidence, "\n"))
	reason := &junitReason{Message: printable(c.Finding.Reason), Type: c.Finding.Status.String(), Text: evidence}
	s.Tests++
	switch c.Finding.Status {
	case result.Pass:
		test.Output = evidence
	case result.Fail:
		s.Failures++
		test.Failure = reason
	case result.NotApplicable:
		s.Skipped++
		test.Skipped = reason
	default: // INCONCLUSIVE, INVALID, and whatever is no status: nothing else is green
		s.Errors++
		test.Error = reason
	}
	s.Cases = append(s.Cases, test)
}

func verdictSuite(run *result.Run) junitSuite {
	reason := &junitReason{Message: printable(verdictSentence(run)), Type: run.Verdict.Status.String()}
	test := junitCase{Name: "the run reached a verdict", Class: "tristore.run", Time: seconds(0)}
	suite := junitSuite{Name: "run", Tests: 1, Time: seconds(0), Timestamp: run.Began.UTC().Format(time.RFC3339)}
	if run.Verdict.Status == result.Fail {
		suite.Failures, test.Failure = 1, reason
	} else {
		suite.Errors, test.Error = 1, reason
	}
	suite.Cases = []junitCase{test}
	return suite
}

// printable drops what XML 1.0 cannot hold and what a terminal would obey; a server's
// own words may contain both.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return r
		case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0xfffe, r == 0xffff:
			return -1
		default:
			return r
		}
	}, text)
}

func seconds(s float64) string { return strconv.FormatFloat(max(0, s), 'f', 3, 64) }

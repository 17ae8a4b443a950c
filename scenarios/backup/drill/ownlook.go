package drill

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/postgres"
	"tristore/drivers/store"
	life "tristore/scenarios/backup"
)

// lookOwn compares the copy of somebody's databases with what was dumped, and lets an
// application live on it where it is one of the platform's.
func (r *round) lookOwn(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.compare, r.catalogue, r.fitOwn, r.liveOwn} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	r.saw[ClaimLedger].Probe = "somebody's own databases are only read, so that no ledger of acknowledged writes was kept and what a loss costs in writes is not known; mark a sandbox and drill there with --size for that"
	longest := 0.0
	for _, one := range r.main.of {
		longest = max(longest, one.ended.Sub(one.mark.asked).Seconds())
	}
	r.every(longest)
	return nil
}

// serveOwn starts the application on the copy and serves a first request, or reads a row
// of each table where nobody knows the application. A refusal is no end: what came back is
// compared all the same, and nobody was served.
func (r *round) serveOwn(ctx context.Context) error {
	if why, err := r.newer(ctx); err != nil || why != "" {
		r.foreign = why
		if err != nil {
			return err
		}
	}
	if r.foreign != "" {
		return r.readOwn(ctx)
	}
	lived, asked := r.living(), false
	for _, blank := range r.copy.Copies {
		lived.Saw.Add("starts", 1)
		if _, err := deployment.Migrate(ctx, blank.Target, blank.Store, r.host.Files(blank.Store)); err != nil {
			lived.Saw.Add("start_errors", 1)
			lived.Saw.See("%s: starting on the copy as %s: %v", blank.Store, blank.Target.URL.User(), err)
			r.unserved = "the application did not start on the copy, see DRILL-3"
		}
	}
	if r.unserved != "" {
		return ctx.Err()
	}
	var err error
	if r.opened, err = r.host.OpenOn(ctx, r.copy.Copies); err != nil {
		return err
	}
	r.ends.Add(r.opened.Close)
	for _, blank := range r.copy.Copies {
		is, outcome, err := lived.First(ctx, r.opened, blank)
		if err != nil {
			return err
		}
		if asked = asked || is; !outcome.OK() {
			r.unserved = fmt.Sprintf("the first request to %s: %s", blank.Store, outcome.Detail())
		}
	}
	if !asked {
		r.unserved = "the databases hold no living row that a request could ask for"
	}
	return ctx.Err()
}

// newer says why the schema files known here are too old for what was restored.
func (r *round) newer(ctx context.Context) (string, error) {
	if r.foreign != "" {
		return r.foreign, nil
	}
	for _, blank := range r.copy.Copies {
		known, err := deployment.Versions(r.host.Files(blank.Store))
		if err != nil {
			return "", err
		}
		at, err := postgres.Sample(ctx, blank.Admin, postgres.Sampled{Table: deployment.VersionTable, Column: "version"}, 1)
		if err != nil {
			return "", err
		}
		if len(at) == 0 || len(known) == 0 {
			continue
		}
		if last := known[len(known)-1]; !upTo(at[0], last) {
			return fmt.Sprintf("the schema of %s is at version %s, and the schema files known here end at %d: give yours by --migrations", blank.Store, at[0], last), nil
		}
	}
	return "", nil
}

func upTo(version string, last int64) bool {
	is, err := strconv.ParseInt(version, 10, 64)
	return err == nil && is <= last
}

// readOwn reads a row of each table as the role that owns most of them.
func (r *round) readOwn(ctx context.Context) error {
	for _, blank := range r.copy.Copies {
		if err := postgres.ReadSome(ctx, blank.Target); err != nil && ctx.Err() == nil {
			r.unserved = fmt.Sprintf("the copy of %s, as %s: %v", blank.Store, blank.Target.URL.User(), err)
		}
	}
	return ctx.Err()
}

// living is the copy, seen by the claim that the application lives on it.
func (r *round) living() *life.Restored {
	lived := r.copy
	lived.Saw = r.saw[ClaimLive]
	return &lived
}

// liveOwn starts a next release, reads some restored rows and makes the next write.
func (r *round) liveOwn(ctx context.Context) error {
	saw := r.saw[ClaimLive]
	if r.foreign != "" {
		saw.Probe = r.foreign
		return nil
	}
	for _, fact := range []string{"starts", "start_errors", "next_releases", "reads", "refused", "wrong", "writes", "writes_refused", "unknown"} {
		saw.Add(fact, 0)
	}
	if r.opened == nil {
		return nil // it did not start, and that is counted
	}
	began, lived := time.Now(), r.living()
	r.meter.tell(0, "reading restored rows and making the next writes on the copy")
	if err := lived.Start(ctx); err != nil {
		return err
	}
	for _, blank := range r.copy.Copies {
		if err := lived.Sample(ctx, r.opened, blank); err != nil {
			return err
		}
	}
	r.step("start a next release, read restored rows and make the next writes", time.Since(began), 0, fmt.Sprintf("%.0f reads, %.0f refused, %.0f wrong; %.0f writes, %.0f refused",
		saw.Facts["reads"], saw.Facts["refused"], saw.Facts["wrong"], saw.Facts["writes"], saw.Facts["writes_refused"]))
	return nil
}

// fitOwn looks across the stores, where their tables are known.
func (r *round) fitOwn(ctx context.Context) error {
	if r.users == nil {
		r.saw[ClaimAcross].Probe = r.foreign
		return nil
	}
	r.saw[ClaimAcross].Set("silent_load", 0) // their own users make it, or nobody does
	return r.fit(ctx)
}

// systemOwned are the kinds of catalogue lines that name the superuser made by initdb,
// whom each cluster calls by its own name.
func systemOwned() []string { return []string{"schema ", "schema grant ", "default grant "} }

// comparable leaves out of two fingerprints what two clusters cannot have in common, and
// counts it: the name of the first superuser, what a newer major writes by itself, the
// version of an extension, and the locale where the throwaway cluster lacks it.
func (r *round) comparable(name store.Name, promised, got store.Fingerprint) (store.Fingerprint, store.Fingerprint) {
	if r.plan.Own == nil {
		return promised, got
	}
	was, is := named(promised.Objects, r.from.own[name].Bootstrap), named(got.Objects, r.target.Admin.URL.User())
	expected := func(line string, others []string) bool {
		extension, _, _ := strings.Cut(strings.TrimPrefix(line, "extension "), " ")
		return strings.HasPrefix(line, "extension ") && slices.ContainsFunc(others, func(other string) bool { return strings.HasPrefix(other, "extension "+extension+" ") }) ||
			strings.HasPrefix(line, "database ") && slices.Contains(r.unlike, name)
	}
	left := func(lines, others []string, more func(string) bool) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
			return !slices.Contains(others, line) && (expected(line, others) || more(line))
		})
	}
	promised.Objects = left(was, is, func(string) bool { return false })
	got.Objects = left(is, was, func(line string) bool { return life.ByMajor(line, r.plan.Engine, r.plan.Own.Into) })
	r.saw[ClaimCopy].Add("expected_differences", float64(len(was)-len(promised.Objects)+len(is)-len(got.Objects)))
	return promised, got
}

// named gives the first superuser one name in the lines about what is its own.
func named(lines []string, superuser string) []string {
	all := slices.Clone(lines)
	for i, line := range all {
		if slices.ContainsFunc(systemOwned(), func(kind string) bool { return strings.HasPrefix(line, kind) }) {
			words := strings.Split(line, " ")
			for at, word := range words {
				if strings.Trim(word, `"`) == superuser {
					words[at] = "the-first-superuser"
				}
			}
			all[i] = strings.Join(words, " ")
		}
	}
	slices.Sort(all)
	return all
}

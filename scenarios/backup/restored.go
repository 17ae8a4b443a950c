package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tristore/drivers"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios/dataset"
)

// Restored are three databases that came back from dumps, on which the platform is to
// live, and what they should hold. What is seen of them goes into one observation.
type Restored struct {
	Host        *deployment.Host
	Copies      []*deployment.Blank // in the order of store.Names
	Identity    dataset.Identity
	Collections dataset.Collections
	// Grown tells that others wrote before the dumps were taken, so that maps and collections
	// hold what the data set says and more.
	Grown bool
	// Without are tables that were not restored, where an engine needs that.
	Without []string
	Saw     *result.Observation
}

// shownPerStore keeps one store's differences from hiding another's.
const shownPerStore = 5

// Compare counts how one restored database differs from its source as it was dumped.
func (r *Restored) Compare(name store.Name, promised, got store.Fingerprint) {
	compare(r.Saw, name, r.compared(promised), r.compared(got, promised.Objects...))
}

func compare(saw *result.Observation, name store.Name, promised, got store.Fingerprint) {
	for _, table := range promised.Tables {
		saw.Add("tables", 1)
		saw.Add("rows", float64(table.Rows))
	}
	saw.Add("objects", float64(len(promised.Objects)))
	difference := promised.Against(got)
	missing, extra, changed := difference.Rows()
	saw.Add("rows_missing", float64(missing))
	saw.Add("rows_extra", float64(extra))
	saw.Add("tables_changed", float64(changed))
	saw.Add("catalogue_differences", float64(difference.Catalogue()))
	saw.Compare("content of "+string(name), "equal", equality(len(difference.Tables)))
	saw.Compare("catalogue of "+string(name), "equal", equality(difference.Catalogue()))
	for i, line := range difference.Lines() {
		if i >= shownPerStore {
			saw.WitnessDropped++
			continue
		}
		saw.See("%s: %s", name, line)
	}
}

// maintain is what an owner may do to a table from 17 on, without anybody granting it.
var maintain = regexp.MustCompile(`^grant .* MAINTAIN to (\S+) by (\S+)$`)

// ByMajor tells whether a catalogue line that only the newer side has is one that its major
// writes for every table. Nothing else differs between 12 and 18, and nothing may be missing.
func ByMajor(gained string, from, to drivers.Engine) bool {
	const since = 17
	found := maintain.FindStringSubmatch(gained)
	return from.Major < since && to.Major >= since && found != nil && found[1] == found[2]
}

func equality(differences int) string {
	if differences == 0 {
		return "equal"
	}
	return "different"
}

// Start does what each service of the platform does first, as released and as of a next
// release that adds an index to a restored table.
func (r *Restored) Start(ctx context.Context) error {
	for _, blank := range r.Copies {
		r.Saw.Add("starts", 1)
		files := r.Host.Files(blank.Store)
		done, err := deployment.Migrate(ctx, blank.Target, blank.Store, files)
		if err != nil {
			r.Saw.Add("start_errors", 1)
			r.Saw.See("%s: starting on the copy: %v", blank.Store, err)
			continue
		}
		if len(done.Applied) > 0 {
			r.Saw.Add("applied_again", float64(len(done.Applied)))
			r.Saw.See("%s: a start on the copy applied %v", blank.Store, done.Applied)
		}
		next, err := deployment.NextRelease(files, blank.Target.Engine.Family(), oneTable(blank.Store))
		if err != nil {
			return err
		}
		if done, err = deployment.Migrate(ctx, blank.Target, blank.Store, next); err != nil {
			r.Saw.Add("start_errors", 1)
			r.Saw.See("%s: starting a next release on the copy: %v", blank.Store, err)
			continue
		}
		r.Saw.Add("next_releases", float64(len(done.Applied)))
		behind, sequences, err := deployment.SequencesBehind(ctx, blank.Admin)
		if err != nil {
			return err
		}
		r.Saw.Add("sequences", float64(sequences))
		r.Saw.Add("sequences_behind", float64(len(behind)))
		for _, sequence := range behind {
			r.Saw.See("%s: %s", blank.Store, sequence)
		}
	}
	return nil
}

// oneTable is a table of the contract that a next release might index.
func oneTable(name store.Name) string {
	return map[store.Name]string{store.UsersStore: store.User{}.Table(), store.PermissionsStore: store.Workspace{}.Table(),
		store.CollectionsStore: store.BindingsTable}[name]
}

// Live opens the copy as the role, replays every sign-in and writes on.
func (r *Restored) Live(ctx context.Context) (err error) {
	if r.Saw.Facts["start_errors"] > 0 {
		return nil // a service that does not start serves nobody
	}
	opened, err := r.Host.OpenOn(ctx, r.Copies)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	return r.Answer(ctx, opened)
}

// Answer asks the opened copy for every sign-in, and writes on.
func (r *Restored) Answer(ctx context.Context, opened *deployment.Deployment) error {
	ask := replay{content{r.Identity, r.Collections}, opened, r.Saw, r.Grown}
	for _, kind := range []func(context.Context){ask.callers, ask.organisations, ask.workspaces, ask.bindings} {
		kind(ctx)
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("replaying sign-ins: %w", err)
		}
	}
	ask.writeOn(ctx)
	return ctx.Err()
}

// MakeIndexes makes in the empty databases what a restore would leave out (see
// backup.LeavesIndexesOut): by a start, and by declaring the collections as their
// workspaces do. What that writes into the copy stays, so those rows are neither restored
// nor compared.
func (r *Restored) MakeIndexes(ctx context.Context, more ...store.Schema) (err error) {
	r.Without = append(deployment.VersionTables(), deployment.DeclaredTable)
	r.Saw.See("indexes were made before the restore, by a start and by declaring the collections; not restored: %s", strings.Join(r.Without, ", "))
	for _, blank := range r.Copies {
		if _, err := deployment.Migrate(ctx, blank.Target, blank.Store, r.Host.Files(blank.Store)); err != nil {
			return err
		}
	}
	opened, err := r.Host.OpenOn(ctx, r.Copies)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	schemas := more
	for w := range r.Collections.Sizes.Workspaces {
		schemas = append(schemas, r.Collections.Schemas(w)...)
	}
	for _, schema := range schemas {
		if outcome := opened.Collections.UpdateSchema(ctx, schema); !outcome.OK() {
			return fmt.Errorf("declaring %s on the copy: %s", schema.Collection.Physical(), outcome.Detail())
		}
	}
	return nil
}

// compared is a fingerprint without what does not come from the restore: the content of
// tables left out and, where a start made the catalogue, lines beyond those promised.
func (r *Restored) compared(of store.Fingerprint, promised ...string) store.Fingerprint {
	if len(r.Without) == 0 {
		return of
	}
	of.Tables = maps.Clone(of.Tables)
	maps.DeleteFunc(of.Tables, func(name string, _ store.TableDigest) bool { return slices.Contains(r.Without, name) })
	if len(promised) > 0 {
		of.Objects = slices.DeleteFunc(slices.Clone(of.Objects), func(line string) bool { return !slices.Contains(promised, line) })
	}
	return of
}

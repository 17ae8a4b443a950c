package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tristore/drivers"
	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	life "tristore/scenarios/backup"
)

// restore brings the stores back, and times each part until a request is served.
func (r *round) restore(ctx context.Context) error {
	r.copy = life.Restored{Host: r.host, Identity: r.from.identity(), Collections: r.from.set.Collections, Grown: r.plan.Under != Idle, Saw: r.saw[ClaimCopy]}
	blanks, serve := r.blanks, r.serve
	if r.plan.Own != nil {
		blanks, serve = r.ownBlanks, r.serveOwn
	}
	fetched, err := r.fetch(ctx)
	if err != nil {
		return err
	}
	if err := r.timed(ctx, "prepare", "make the application's role and empty databases", func() error { return blanks(ctx, fetched) }); err != nil {
		return err
	}
	indexes := time.Duration(0)
	if backup.LeavesIndexesOut(r.plan.Engine) {
		began := time.Now()
		if err := r.copy.MakeIndexes(ctx); err != nil {
			return err
		}
		indexes = time.Since(began)
		r.step("make the indexes in the empty databases", indexes, 0, "the restore leaves them out on this engine")
	}
	if err := r.bringBack(ctx, fetched, indexes); err != nil {
		return err
	}
	if err := r.analyze(ctx); err != nil {
		return err
	}
	if err := r.timed(ctx, "first request", "start the application on the copy, as its own role, and serve a request", func() error { return serve(ctx) }); err != nil {
		return err
	}
	for _, part := range r.facts.Parts {
		r.facts.RTOSeconds += part.Seconds
	}
	served := r.saw[ClaimServe]
	served.Set("served", 1)
	if r.unserved != "" {
		served.Set("served", 0)
		served.See("%s", r.unserved)
		r.facts.RTOSeconds = 0
	}
	served.Set("bytes", float64(r.facts.Bytes))
	served.Set("rto_s", r.facts.RTOSeconds)
	for _, part := range r.facts.Parts {
		served.See("%s: %.2f s", part.Name, part.Seconds)
	}
	return nil
}

// timed is one step that is one part.
func (r *round) timed(ctx context.Context, part, what string, do func() error) error {
	r.meter.tell(0, what)
	began := time.Now()
	err := do()
	r.step(what, time.Since(began), 0, "")
	if err == nil {
		r.part(part, time.Since(began), 0)
	}
	return errors.Join(err, ctx.Err())
}

// fetch copies the archives to where they are restored from.
func (r *round) fetch(ctx context.Context) (map[store.Name]backup.Archive, error) {
	folder := filepath.Join(r.folder, "fetched")
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("making a folder for the archives: %w", err)
	}
	began, all := time.Now(), map[store.Name]backup.Archive{}
	for _, name := range store.Names() {
		r.meter.tell(0, "fetching "+string(name))
		fetched, err := backup.Fetch(r.main.of[name].archive, folder)
		if err != nil {
			return nil, r.broke(backup.Report{Tool: "fetching"}, err)
		}
		all[name] = fetched
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	r.part("fetch", time.Since(began), r.main.facts.Bytes)
	r.step("fetch the archives and compare their digests", time.Since(began), r.main.facts.Bytes, "from this machine's own disk")
	return all, nil
}

// blanks makes three empty databases for a copy, and on another cluster the role that owns
// what was dumped.
func (r *round) blanks(ctx context.Context, _ map[store.Name]backup.Archive) error {
	role := r.from.Host.Role
	if r.host != r.from.Host && role.Restricted {
		var err error
		if role, err = r.host.AddRole(ctx, role.Name); err != nil {
			return err
		}
	}
	r.owner = role
	return r.empty(ctx, &r.copy)
}

// empty makes three empty databases for a copy. They go at the round's end.
func (r *round) empty(ctx context.Context, into *life.Restored) error {
	for _, name := range store.Names() {
		blank, err := r.blank(ctx, name)
		if err != nil {
			return err
		}
		if r.host == r.from.Host { // elsewhere the whole cluster goes
			r.ends.Add(blank.Drop)
		}
		into.Copies = append(into.Copies, blank)
	}
	return nil
}

func (r *round) blank(ctx context.Context, name store.Name) (*deployment.Blank, error) {
	if r.plan.Own != nil {
		return r.ownBlank(ctx, name)
	}
	return r.host.BlankFor(ctx, name, r.owner)
}

// bringBack restores each store, rows and then indexes.
func (r *round) bringBack(ctx context.Context, fetched map[store.Name]backup.Archive, indexes time.Duration) error {
	rows, bytes := time.Duration(0), int64(0)
	for i, name := range store.Names() {
		blank, archive := r.copy.Copies[i], fetched[name]
		share, err := deployment.Size(ctx, r.from.at(name))
		if err != nil {
			return err
		}
		var parts backup.Parts
		sofar := func(ctx context.Context) int64 {
			size, _ := deployment.Size(ctx, blank.Admin) // only drawn
			return size
		}
		err = r.meter.during(ctx, work{"restoring " + string(name), share, sofar}, func() (err error) {
			parts, err = backup.RestoreParts(ctx, backup.Place{Cluster: r.target, Database: blank.Target.URL.Database()}, archive, backup.How{Without: r.copy.Without, Jobs: r.plan.jobs()})
			return err
		})
		report := parts.Both()
		r.note(report)
		r.drill.facts.Steps = append(r.drill.facts.Steps, result.Step{What: fmt.Sprintf("restore %s, as the administrator", name), Seconds: report.Seconds, Bytes: archive.Bytes,
			Said: fmt.Sprintf("rows %.2f s, indexes %.2f s; %s", parts.Rows.Seconds, parts.Indexes.Seconds, heard(report, err)), Commands: commands(report)})
		if err != nil {
			return r.broke(report, err)
		}
		r.saw[ClaimCopy].Add("stores", 1)
		rows += time.Duration(parts.Rows.Seconds * float64(time.Second))
		indexes += time.Duration(parts.Indexes.Seconds * float64(time.Second))
		bytes += archive.Bytes
	}
	r.part("restore", rows, bytes)
	r.part("indexes", indexes, 0)
	return nil
}

// owning is who owns every table of a copy: another may be let pass over one in silence. Of
// somebody's databases nobody knows that of one role, and the administrator may everything.
func (r *round) owning(blank *deployment.Blank) drivers.Target {
	if r.plan.Own != nil {
		return blank.Admin
	}
	return blank.Target
}

// analyze gives the planner its statistics, without which a restored server answers and is slow.
func (r *round) analyze(ctx context.Context) error {
	asked, began := false, time.Now()
	for _, blank := range r.copy.Copies {
		r.meter.tell(0, "analyzing "+string(blank.Store))
		is, err := deployment.Analyze(ctx, r.owning(blank))
		if err != nil {
			return fmt.Errorf("analyzing %s: %w", blank.Store, err)
		}
		asked = asked || is
	}
	r.part("analyze", time.Since(began), 0)
	if asked {
		r.drill.facts.Steps = append(r.drill.facts.Steps, result.Step{What: "analyze the three databases", Seconds: time.Since(began).Seconds(), Commands: []string{"ANALYZE"}})
	}
	return nil
}

// serve starts the application and makes one sign-in and one read. What a refusal says is
// a fact of DRILL-1, and then nobody was served.
func (r *round) serve(ctx context.Context) (err error) {
	saw := r.saw[ClaimCopy]
	for _, blank := range r.copy.Copies {
		saw.Add("starts", 1)
		done, err := deployment.Migrate(ctx, blank.Target, blank.Store, r.host.Files(blank.Store))
		if err != nil {
			saw.Add("start_errors", 1)
			saw.See("%s: starting on the copy: %v", blank.Store, err)
			return errors.Join(errBroke, ctx.Err())
		}
		if !backup.LeavesIndexesOut(r.plan.Engine) { // there it started before the restore
			saw.Add("applied_again", float64(len(done.Applied)))
		}
	}
	if r.opened, err = r.host.OpenOn(ctx, r.copy.Copies); err != nil {
		return err
	}
	r.ends.Add(r.opened.Close)
	of := r.from.identity()
	_, outcome := r.opened.Users.LoadCaller(ctx, of.UserID(1))
	if outcome.OK() {
		_, outcome = r.opened.Permissions.WorkspaceByID(ctx, of.WorkspaceID(0))
	}
	if !outcome.OK() {
		saw.Add("refused", 1)
		saw.See("the first request on the copy: %s", outcome.Detail())
		return errors.Join(errBroke, ctx.Err())
	}
	return nil
}

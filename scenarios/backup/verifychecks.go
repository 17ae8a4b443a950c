package backup

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
)

// errNotRestored is why a later check looked at nothing.
var errNotRestored = errors.New("the dump was not restored, so there is nothing to look at")

// restore asks the tools.
//
// Facts: restores = 1: tried; tools_failed = 0; stderr_errors = 0; stderr_warnings; bytes: of the dump, at least 1; restore_s.
func (v *verification) restore(ctx context.Context, saw *result.Observation) error {
	record(saw, "restores", "tools_failed", "stderr_errors", "stderr_warnings", "restore_s")
	saw.Set("bytes", float64(v.plan.Dump.Bytes))
	saw.See("SHA-256 of the dump: %s", v.plan.Dump.SHA256)
	var err error
	if v.blank, err = v.host.BlankFor(ctx, store.UsersStore, v.role); err != nil {
		return err
	}
	var report backup.Report
	err = v.book.Step("restore the dump into an empty database", func(s *result.Step) (err error) {
		s.Bytes = v.plan.Dump.Bytes
		report, err = backup.RestoreAs(ctx, backup.Place{Cluster: v.host.Cluster, Database: v.blank.Target.URL.Database()}, v.plan.Dump, backup.How{Jobs: 2})
		s.Said = strings.TrimSpace(fmt.Sprintf("%s, %s%s", report.Version, report.Where, also(report.Way)))
		return err
	})
	saw.Add("restores", 1)
	saw.Set("restore_s", report.Seconds)
	saw.Set("stderr_errors", float64(len(report.Errors)))
	saw.Set("stderr_warnings", float64(len(report.Warnings)))
	for _, line := range append(report.Errors, report.Warnings...) {
		saw.See("%s: %s", report.Tool, line)
	}
	var altered *backup.Altered
	switch {
	case errors.As(err, &altered):
		return fmt.Errorf("the dump changed while it was looked at: %w", err)
	case err != nil && !backup.Broke(err):
		return err
	case err != nil:
		saw.Add("tools_failed", 1)
		saw.See("%s", complaint(report, err))
	default:
		v.restored = true
	}
	return nil
}

// whole counts what came back and asks the server what is not in force.
//
// Facts: tables, rows, objects: at least 1; indexes; not_in_force = 0: indexes that are not
// valid, constraints not validated, triggers disabled; sequences; sequences_behind = 0;
// tables_missing = 0: promised by the
// store that the dump is of.
func (v *verification) whole(ctx context.Context, saw *result.Observation) error {
	if !v.restored {
		return errNotRestored
	}
	record(saw, "tables", "rows", "objects", "indexes", "not_in_force", "sequences", "sequences_behind", "tables_missing")
	return v.book.Step("count rows and read the catalogue", func(s *result.Step) (err error) {
		if v.print, err = deployment.Fingerprint(ctx, v.blank.Admin); err != nil {
			return err
		}
		for name, table := range v.print.Tables {
			saw.Add("tables", 1)
			saw.Add("rows", float64(table.Rows))
			s.Bytes += table.Bytes
			saw.See("table %s: %d rows", name, table.Rows)
		}
		for _, line := range v.print.Objects {
			saw.Add("objects", 1)
			if strings.HasPrefix(line, "index ") {
				saw.Add("indexes", 1)
			}
			if notInForce(line) {
				saw.Add("not_in_force", 1)
				saw.See("not in force: %s", line)
			}
		}
		behind, sequences, err := deployment.SequencesBehind(ctx, v.blank.Admin)
		if err != nil {
			return err
		}
		saw.Set("sequences", float64(sequences))
		saw.Set("sequences_behind", float64(len(behind)))
		for _, line := range behind {
			saw.See("%s", line)
		}
		v.recognise(saw)
		s.Said = fmt.Sprintf("%.0f tables, %.0f rows, %.0f catalogue lines; store: %s", saw.Facts["tables"], saw.Facts["rows"], saw.Facts["objects"], orNone(string(v.store)))
		return nil
	})
}

// notInForce reads a catalogue line of a fingerprint.
func notInForce(line string) bool {
	return strings.HasPrefix(line, "index ") && strings.HasSuffix(line, " (not valid)") ||
		strings.HasPrefix(line, "constraint ") && strings.HasSuffix(line, " (not validated)") ||
		strings.HasPrefix(line, "trigger ") && strings.HasSuffix(line, " enabled=D")
}

// recognise tells which store the dump is of: the one of whose tables it has most, and at
// least half. What that store promises beyond them is missing.
func (v *verification) recognise(saw *result.Observation) {
	most := 0
	var missing []string
	for _, name := range store.Names() {
		promised := map[string]bool{}
		for _, index := range deployment.ExpectedIndexes(v.blank.Admin, name) {
			promised[index.Table] = true
		}
		var lost []string
		for table := range promised {
			if _, there := v.print.Tables[table]; !there {
				lost = append(lost, table)
			}
		}
		if there := len(promised) - len(lost); there > most && 2*there >= len(promised) {
			most, v.store, missing = there, name, lost
		}
	}
	saw.Set("tables_missing", float64(len(missing)))
	for _, table := range missing {
		saw.See("store %s has no table %s", v.store, table)
	}
}

// serve lets the application role start on the copy, read and write.
//
// Facts: starts = 1, start_errors = 0, applied_again = 0, next_releases = 1; reads: at least
// 1, refused = 0, wrong = 0; writes = 1, writes_refused = 0; unknown = 0.
func (v *verification) serve(ctx context.Context, saw *result.Observation) error {
	if !v.restored {
		return errNotRestored
	}
	record(saw, "starts", "start_errors", "applied_again", "next_releases", "reads", "refused", "wrong", "writes", "writes_refused", "unknown")
	if _, versioned := v.print.Tables[deployment.VersionTable]; v.store == "" || !versioned {
		saw.Probe = fmt.Sprintf("the copy's catalogue shows none of the three stores with a table %s, so how an application starts on it is not known", deployment.VersionTable)
		return nil
	}
	v.blank.Store = v.store
	err := v.book.Step("start as "+v.role.Name+", as released and as of a next release", func(*result.Step) error { return v.startOn(ctx, saw) })
	if err != nil || saw.Facts["start_errors"] > 0 {
		return err
	}
	return v.book.Step("read restored rows and make the next write, as "+v.role.Name, func(s *result.Step) error { return v.live(ctx, saw, s) })
}

func (v *verification) startOn(ctx context.Context, saw *result.Observation) error {
	saw.Add("starts", 1)
	files := v.host.Files(v.store)
	done, err := deployment.Migrate(ctx, v.blank.Target, v.store, files)
	if err == nil {
		saw.Add("applied_again", float64(len(done.Applied)))
		next, nextErr := deployment.NextRelease(files, v.blank.Target.Engine.Family(), oneTable(v.store))
		if nextErr != nil {
			return nextErr
		}
		done, err = deployment.Migrate(ctx, v.blank.Target, v.store, next)
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		saw.Add("start_errors", 1)
		saw.See("starting as %s: %s", v.role.Name, firstLine(err.Error()))
		return nil
	}
	saw.Add("next_releases", float64(len(done.Applied)))
	return nil
}

// live opens the store on the copy, beside two empty ones, as the application role.
func (v *verification) live(ctx context.Context, saw *result.Observation, s *result.Step) (err error) {
	beside, err := v.host.Deploy(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, beside.Close(context.WithoutCancel(ctx))) }()
	places := []*deployment.Blank{v.blank}
	for _, name := range store.Names() {
		if name != v.store {
			places = append(places, &deployment.Blank{Store: name, Target: beside.Target(name)})
		}
	}
	opened, err := v.host.OpenOn(ctx, places)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close(context.WithoutCancel(ctx))) }()
	if err := (&Restored{Saw: saw}).Sample(ctx, opened, v.blank); err != nil {
		return err
	}
	s.Said = fmt.Sprintf("%.0f reads, %.0f refused, %.0f wrong; %.0f writes, %.0f refused", saw.Facts["reads"], saw.Facts["refused"], saw.Facts["wrong"], saw.Facts["writes"], saw.Facts["writes_refused"])
	return ctx.Err()
}

func listed(names []string) string { return orNone(strings.Join(names, ", ")) }

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

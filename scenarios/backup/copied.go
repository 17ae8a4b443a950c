package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"tristore/drivers/backup"
	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
	"tristore/scenarios"
)

// copied is a filled deployment and what was restored from its dumps.
type copied struct {
	Restored
	source *deployment.Deployment
	// promised is the source as it was dumped.
	promised []store.Fingerprint

	on     scenarios.Stage
	folder string
}

// errToolFailed ends a check whose facts hold what the tool did.
var errToolFailed = errors.New("a tool failed")

// facts of every copy, for both checks.
func recordCopy(saw *result.Observation) {
	record(saw, "stores", "tools_failed", "stderr_errors", "stderr_warnings", "dump_s", "restore_s", "archive_bytes")
}

// makeCopy fills a deployment, dumps and restores it, and lets the stage's fault damage
// the copy. The caller must drop what it returns, also when there is an error.
func makeCopy(ctx context.Context, on scenarios.Stage, saw *result.Observation) (*copied, error) {
	identity, collections := contentOf(on)
	c := &copied{Restored: Restored{Host: on.Host, Identity: identity, Collections: collections, Saw: saw}, on: on}
	var err error
	if c.source, err = on.Deploy(ctx); err != nil {
		return c, err
	}
	if c.folder, err = os.MkdirTemp(on.Dir, "dump-"); err != nil {
		return c, fmt.Errorf("making a folder for the archives: %w", err)
	}
	if err := c.fill(ctx); err != nil {
		return c, err
	}
	for _, name := range store.Names() {
		blank, err := on.Host.Blank(ctx, name)
		if err != nil {
			return c, err
		}
		c.Copies = append(c.Copies, blank)
	}
	if backup.LeavesIndexesOut(on.Engine) {
		schema, _ := corpus(identity.WorkspaceID(0))
		if err := c.MakeIndexes(ctx, schema); err != nil {
			return c, err
		}
	}
	for i, name := range store.Names() {
		if err := c.roundTrip(ctx, name, c.Copies[i]); err != nil {
			return c, err
		}
	}
	for i, name := range store.Names() {
		if err := on.Fault.AfterRestore(ctx, c.Copies[i].Admin, name); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *copied) drop(ctx context.Context) error {
	var all []error
	for _, blank := range c.Copies {
		all = append(all, blank.Drop(ctx))
	}
	if c.source != nil {
		all = append(all, c.source.Close(ctx))
	}
	if c.folder != "" {
		all = append(all, os.RemoveAll(c.folder))
	}
	return errors.Join(all...)
}

// fill loads the data set, and the corpus into the first workspace.
func (c *copied) fill(ctx context.Context) error {
	if err := errors.Join(c.Identity.LoadInto(ctx, c.source), c.Collections.LoadInto(ctx, c.source)); err != nil {
		return err
	}
	schema, rows := corpus(c.Identity.WorkspaceID(0))
	if outcome := c.source.Collections.UpdateSchema(ctx, schema); !outcome.OK() {
		return fmt.Errorf("declaring the corpus: %s", outcome.Detail())
	}
	if outcome := c.source.Collections.BulkCreate(ctx, schema.Collection, rows); !outcome.OK() {
		return fmt.Errorf("inserting the corpus: %s", outcome.Detail())
	}
	return nil
}

// roundTrip dumps one store and restores it into the blank database.
func (c *copied) roundTrip(ctx context.Context, name store.Name, blank *deployment.Blank) error {
	promised, err := deployment.Fingerprint(ctx, c.source.AdminTarget(name))
	if err != nil {
		return err
	}
	c.promised = append(c.promised, promised)
	cluster := c.on.Host.Cluster
	archive, report, err := backup.Dump(ctx, backup.Place{Cluster: cluster, Database: c.source.Target(name).URL.Database()}, c.folder)
	c.note(name, "dump_s", report)
	if err != nil {
		return c.failed(name, err)
	}
	c.Saw.Add("archive_bytes", float64(archive.Bytes))
	report, err = backup.Restore(ctx, backup.Place{Cluster: cluster, Database: blank.Target.URL.Database()}, archive, c.Without...)
	c.note(name, "restore_s", report)
	if err != nil {
		return c.failed(name, err)
	}
	c.Saw.Add("stores", 1)
	return nil
}

// note keeps what a tool reported.
func (c *copied) note(name store.Name, seconds string, report backup.Report) {
	c.Saw.Add(seconds, report.Seconds)
	c.Saw.Add("stderr_errors", float64(len(report.Errors)))
	c.Saw.Add("stderr_warnings", float64(len(report.Warnings)))
	if name == store.Names()[0] { // the tools are the same for all three
		c.Saw.See("%s, %s%s", report.Version, report.Where, also(report.Way))
	}
	for _, line := range append(report.Errors, report.Warnings...) {
		c.Saw.See("%s of %s: %s", report.Tool, name, line)
	}
}

func also(way string) string {
	if way == "" {
		return ""
	}
	return ": " + way
}

// failed tells a tool that broke the promise from a harness that could not measure.
func (c *copied) failed(name store.Name, err error) error {
	if !backup.Broke(err) {
		return err
	}
	c.Saw.Add("tools_failed", 1)
	c.Saw.See("%s: %s", name, firstLine(err.Error()))
	return errToolFailed
}

// firstLine leaves a tool's last words to the lines that were sorted before.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

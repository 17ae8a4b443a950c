package deployment

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster"
	"tristore/drivers/mongo"
	"tristore/drivers/postgres"
)

// SandboxRefusal says why a cluster that somebody else runs is not written to, and how
// to mark it as a sandbox. It counts as cluster.ErrUnreachable: the user can mend it.
type SandboxRefusal struct {
	Why string
	URL drivers.URL // only its host is printed
	// Engine is what is behind the URL.
	Engine drivers.Engine
	// Mend tells whether marking it would help.
	Mend bool
}

func (e *SandboxRefusal) Error() string {
	text := fmt.Sprintf("%s is not written to: %s", e.URL.HostPort(), e.Why)
	if e.Mend {
		text += fmt.Sprintf("; if everything on it may be destroyed, mark it: tristore init-sandbox --url-file FILE --engines %s --owner NAME", e.Engine)
	}
	return text
}

// Is makes the refusal one of those that the user can mend.
func (e *SandboxRefusal) Is(target error) bool { return target == cluster.ErrUnreachable }

// SandboxMax bounds how long a mark may give rights.
const SandboxMax = 90 * 24 * time.Hour

// InitSandbox marks the database that the cluster's URL names, so that tristore may make
// and drop databases of its own on that cluster until it expires. The database must be
// empty, or hold an older mark only. A refusal is a *SandboxRefusal.
func InitSandbox(ctx context.Context, on *cluster.Cluster, owner string, expires time.Time) (drivers.Sandbox, error) {
	mark := drivers.Sandbox{ID: rand.Text(), Owner: owner, Expires: expires.UTC().Truncate(time.Second)}
	if strings.TrimSpace(owner) == "" {
		return mark, fmt.Errorf("a sandbox needs an owner: say who may be asked about it")
	}
	permit := func(facts drivers.SandboxFacts) error {
		why := unfit(facts)
		switch {
		case why != "":
		case !mark.Expires.After(facts.Now):
			why = fmt.Sprintf("the mark would expire at %s, and there it is %s already", mark.Expires.Format(time.RFC3339), facts.Now.UTC().Format(time.RFC3339))
		case mark.Expires.Sub(facts.Now) > SandboxMax:
			why = fmt.Sprintf("the mark would last longer than %d days", int(SandboxMax.Hours()/24))
		default:
			return nil
		}
		return &SandboxRefusal{Why: why, URL: on.Admin.URL, Engine: on.Engine}
	}
	write := mongo.MarkSandbox
	if on.Engine.Family() == drivers.FamilyPostgres {
		write = postgres.MarkSandbox
	}
	return write(ctx, on.Admin, mark, permit)
}

// CheckSandbox asks the live session whether the cluster may be written to: it is no
// standby, nobody else's sessions are on it, and the database of the URL holds one
// unexpired mark made for this very cluster and database, and nothing else. It writes
// nothing. A refusal is a *SandboxRefusal.
//
// What it does not see: databases of somebody else without a session at that moment, and
// on MongoDB sessions at all.
func CheckSandbox(ctx context.Context, on *cluster.Cluster) error {
	ask := mongo.SandboxFacts
	if on.Engine.Family() == drivers.FamilyPostgres {
		ask = postgres.SandboxFacts
	}
	facts, err := ask(ctx, on.Admin)
	if err != nil {
		return fmt.Errorf("looking for the sandbox mark: %w", err)
	}
	return judgeSandbox(facts, on.Admin)
}

func judgeSandbox(facts drivers.SandboxFacts, at drivers.Target) error {
	if why := unfit(facts); why != "" {
		return &SandboxRefusal{Why: why, URL: at.URL, Engine: at.Engine}
	}
	if why := unmarked(facts); why != "" {
		return &SandboxRefusal{Why: why, URL: at.URL, Engine: at.Engine, Mend: true}
	}
	return nil
}

// unfit says why a cluster cannot be a sandbox at all; empty when it can.
func unfit(facts drivers.SandboxFacts) string {
	switch {
	case facts.Standby:
		return "it is a standby"
	case len(facts.Objects) > 0:
		return fmt.Sprintf("database %q holds what tristore did not make (%s): name an empty one", facts.Database, strings.Join(facts.Objects, ", "))
	case len(facts.Sessions) > 0:
		return fmt.Sprintf("others are at work on it: %s", strings.Join(facts.Sessions, ", "))
	default:
		return ""
	}
}

// unmarked says why the mark gives no rights; empty when it does.
func unmarked(facts drivers.SandboxFacts) string {
	if len(facts.Marks) == 0 {
		return fmt.Sprintf("database %q holds no sandbox mark", facts.Database)
	}
	if len(facts.Marks) > 1 {
		return fmt.Sprintf("database %q holds more than one sandbox mark", facts.Database)
	}
	mark := facts.Marks[0]
	switch {
	case facts.Identity == "":
		return "the server does not tell who it is, so that a copied mark could not be told from a real one"
	case mark.Identity != facts.Identity:
		return fmt.Sprintf("the sandbox mark in database %q was made for another cluster or database: it came with a copy", facts.Database)
	case !mark.Expires.After(facts.Now):
		return fmt.Sprintf("the sandbox mark of %s expired at %s", mark.Owner, mark.Expires.UTC().Format(time.RFC3339))
	default:
		return ""
	}
}

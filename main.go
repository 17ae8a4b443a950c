// Command tristore certifies that three structured-data stores (users, permissions,
// collections) keep their promises on PostgreSQL and MongoDB-compatible engines, that
// they survive a restore, and measures what one shared cluster costs.
//
// One file per subcommand. Exit codes everywhere: 0 passed, 1 failed, 2 usage or
// configuration, 3 inconclusive or invalid.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/drivers/cluster"
)

// The exit codes. 0 and those of a verdict come from result.Verdict.
const (
	exitUsage        = 2
	exitInconclusive = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, to streams) int {
	root := command(to)
	root.SetArgs(args)
	root.SetIn(to.in)
	root.SetOut(to.out)
	root.SetErr(to.err)
	err := root.ExecuteContext(ctx)
	var ended verdictError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return ended.code
	default:
		// The mark of what the user can mend is for code; the sentence after it is for people.
		sentence := strings.TrimPrefix(err.Error(), cluster.ErrUnreachable.Error()+": ")
		_, _ = fmt.Fprintf(to.err, "tristore: %s\n", sentence) // nowhere else to say it
		return codeOf(err)
	}
}

// codeOf: what the user can mend is exit 2, what we could not measure is exit 3.
func codeOf(err error) int {
	var broken troubleError
	if errors.As(err, &broken) && !errors.Is(err, cluster.ErrUnreachable) {
		return exitInconclusive
	}
	return exitUsage
}

// verdictError carries the exit code of a verdict that has been printed already.
type verdictError struct{ code int }

func (e verdictError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// troubleError says that something could not be measured, through no fault of the user's.
type troubleError struct{ error }

func (e troubleError) Unwrap() error { return e.error }

func command(to streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "tristore",
		Short:         "Certify three stores on PostgreSQL and MongoDB: conformance, restore, and what sharing a cluster costs",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.Args = func(_ *cobra.Command, words []string) error { return unknownCommand(root, words) }
	root.AddCommand(certifyCommand(to), capacityCommand(to), loadCommand(to), replayCommand(to), judgeCommand(to), reportCommand(to), doctorCommand(to), imagesCommand(to),
		claimsCommand(to), faultsCommand(to), sandboxCommand(to), datasetCommand(to), traceCommand(to), benchCommand(to), restoreCommand(to), importCommand(to), observeCommand(to), interferenceCommand(to), backupCommand(to), upgradeCommand(to), failoverCommand(to), laneCommand(to))
	return root
}

// unknownCommand refuses a word that is no command, in one sentence with the nearest.
func unknownCommand(root *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	var known []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	return fmt.Errorf("command %q is not known; did you mean %s? known: %s", words[0], drivers.Nearest(words[0], known), strings.Join(known, ", "))
}

// version is the module's version, or the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			return setting.Value[:12]
		}
	}
	return info.Main.Version
}

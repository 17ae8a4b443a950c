package programs

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Command prepares a helper program that ends with its context and cannot outlive this
// program: it leads a process group of its own, which is killed as a whole. Run it by
// Run, and by nothing else.
func Command(ctx context.Context, path string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, path, args...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = pipeGrace
	return command
}

// pipeGrace is how long a grandchild may hold the pipes open after its program ended.
const pipeGrace = 5 * time.Second

// Run starts the command and waits for its end. The kernel sends the death signal when
// the thread that forked ends, not the program; so the thread is held until then.
func Run(command *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return command.Run()
}

// Tail keeps the last bytes written to it, for messages. The zero value keeps TailBytes.
type Tail struct{ kept []byte }

// TailBytes is how much a Tail keeps.
const TailBytes = 2000

func (t *Tail) Write(data []byte) (int, error) {
	t.kept = append(t.kept, data...)
	if extra := len(t.kept) - TailBytes; extra > 0 {
		t.kept = t.kept[extra:]
	}
	return len(data), nil
}

// String is what is kept, trimmed.
func (t *Tail) String() string { return strings.TrimSpace(string(t.kept)) }

// Line is what is kept as one line, for a sentence.
func (t *Tail) Line() string { return strings.Join(strings.Fields(string(t.kept)), " ") }

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tristore/drivers"
)

// launch describes a server process.
type launch struct {
	path string
	args []string
	env  []string // the whole environment
	dir  string   // working folder, by which Sweep finds the process and its children
	log  *os.File // standard output and error
	as   *account // nil means as ourselves
	cpus []int    // cores it may run on; empty means all of ours
	// farewell is what the kernel sends when this program ends, in whatever way.
	farewell syscall.Signal
}

// process is a server that cannot outlive this program.
type process struct {
	pid  int
	done chan struct{} // closed when it was collected
	err  error         // how it ended; read after done
}

// supervise starts a server as leader of its own process group, so that a Ctrl-C at the
// terminal reaches it through us only. The parent-death signal is bound to the thread
// that forked, not to the program: that thread is held by one goroutine from the fork
// until the server was collected, and then given up, since it may have lost cores.
func supervise(l launch) (*process, error) {
	p := &process{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()                     // never unlocked: the thread ends with this goroutine
		command := exec.Command(l.path, l.args...) //nolint:noctx // it outlives the call that starts it; its owner stops it
		command.Env, command.Dir, command.Stdout, command.Stderr = l.env, l.dir, l.log, l.log
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: l.farewell, Credential: l.as.credential()}
		err := pin(l.cpus)
		if err == nil {
			err = command.Start()
		}
		if err != nil {
			started <- err
			return
		}
		p.pid = command.Process.Pid
		started <- nil
		p.err = command.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(l.path), err)
	}
	return p, nil
}

// pin binds the calling thread, and what it forks, to some cores.
func pin(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("binding to cores %v: %w", cpus, err)
	}
	return nil
}

// ended tells whether the server is over already.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// how tells in what way an ended server ended.
func (p *process) how() string {
	if p.err == nil {
		return "exit status 0"
	}
	return p.err.Error()
}

// signalPatience bounds the wait after each signal.
const signalPatience = 10 * time.Second

// end asks with each signal in turn, waiting a bounded time after each, and kills the
// server and its descendants in the end. It holds also when ctx is over.
func (p *process) end(ctx context.Context, signals ...syscall.Signal) error {
	ctx = context.WithoutCancel(ctx)
	for _, signal := range signals {
		if p.ended() {
			return nil
		}
		if err := syscall.Kill(p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("ending process %d: %w", p.pid, err)
		}
		if waitFor(ctx, signalPatience, p.done) {
			return nil
		}
	}
	if p.ended() {
		return nil
	}
	// PostgreSQL's children lead sessions of their own: killing the group would not reach them.
	family := append([]int{p.pid}, descendants(p.pid)...)
	if err := killAll(ctx, family); err != nil {
		return err
	}
	if !waitFor(ctx, signalPatience, p.done) {
		return fmt.Errorf("process %d does not end although it was killed", p.pid)
	}
	return nil
}

func waitFor(ctx context.Context, patience time.Duration, done <-chan struct{}) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// killAll kills processes and waits until each is gone or waits to be collected.
func killAll(ctx context.Context, pids []int) error {
	started := map[int]string{}
	for _, pid := range pids {
		started[pid] = startTicks(pid)
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("killing process %d: %w", pid, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, signalPatience)
	defer cancel()
	for _, pid := range pids {
		for startTicks(pid) != "" && startTicks(pid) == started[pid] && !zombie(pid) {
			if err := drivers.Pause(ctx, 2*time.Millisecond); err != nil {
				return fmt.Errorf("process %d does not end although it was killed", pid)
			}
		}
	}
	return nil
}

// descendants are all processes below pid, nearest first.
func descendants(pid int) []int {
	children := map[int][]int{}
	for _, other := range processes() {
		parent, _ := strconv.Atoi(statField(other, 1))
		children[parent] = append(children[parent], other)
	}
	var all []int
	for queue := children[pid]; len(queue) > 0; queue = queue[1:] {
		all = append(all, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return all
}

// processes lists the numbers of all processes of this machine that are visible.
func processes() []int {
	entries, _ := os.ReadDir("/proc")
	var all []int
	for _, entry := range entries {
		if pid, err := strconv.Atoi(entry.Name()); err == nil {
			all = append(all, pid)
		}
	}
	return all
}

// zombie tells that a process is over and only waits to be collected.
func zombie(pid int) bool { return statField(pid, 0) == "Z" }

// statField is one field of /proc/PID/stat after the name: 0 the state, 1 the parent.
func statField(pid, index int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if index >= len(fields) {
		return ""
	}
	return fields[index]
}

package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
	"tristore/drivers/postgres"
)

// TestMain is also the program that the kill tests end: it starts a cluster and holds it.
func TestMain(m *testing.M) {
	if len(os.Args) == 5 && os.Args[1] == "hold" {
		if err := hold(holding{how: os.Args[2], engine: os.Args[3], dir: os.Args[4]}); err != nil {
			panic(err)
		}
		return
	}
	m.Run()
}

type holding struct{ how, engine, dir string }

// hold starts a cluster as the command line does, says so, and ends as it is told.
func hold(h holding) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	engine, err := drivers.ParseEngine(h.engine)
	if err != nil {
		return err
	}
	spec := Spec{Engine: engine, Reach: drivers.Embedded, Durability: Relaxed, Dir: h.dir, Cache: programs.DefaultDir(), RunID: "kill-" + h.how}
	started, err := Start(ctx, spec)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(os.Stdout, "ready"); err != nil {
		return err
	}
	told := make(chan struct{})
	go func() {
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		close(told)
	}()
	select {
	case <-told:
	case <-ctx.Done():
	}
	if h.how == "panic" {
		panic("as told")
	}
	return started.Close(context.Background())
}

// held is a holder that is ready, and what it started.
type held struct {
	command *exec.Cmd
	say     func()
	run     runDir
	family  map[int]string // process number to start time
}

func startHolder(t *testing.T, how string, engine drivers.Engine) *held {
	t.Helper()
	command := exec.Command(os.Args[0], "hold", how, engine.String(), t.TempDir())
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = t.Output()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	h := &held{command: command, family: map[int]string{}, say: func() { _, _ = in.Write([]byte("\n")) }}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the holder said %q: %v", line, err)
	}
	t.Log(line)
	for i, pid := range descendants(command.Process.Pid) {
		h.family[pid] = startTicks(pid)
		if i == 0 {
			at, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
			if err != nil {
				t.Fatal(err)
			}
			h.run = runDir{filepath.Dir(at)}
		}
	}
	return h
}

// alive lists what of the holder's family still runs.
func (h *held) alive() []int {
	var all []int
	for pid, started := range h.family {
		if now := startTicks(pid); now != "" && now == started && !zombie(pid) {
			all = append(all, pid)
		}
	}
	return all
}

func (h *held) expectGone(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for len(h.alive()) > 0 {
		if drivers.Pause(ctx, 5*time.Millisecond) != nil {
			t.Fatalf("still there after a minute: %v of %v", h.alive(), h.family)
		}
	}
}

func (h *held) traces() []string {
	found, _ := filepath.Glob(h.run.path + "*")
	return found
}

// TestNothingSurvives ends a program that holds a real server in each way a program can
// end, and looks for the server, its children and its data.
func TestNothingSurvives(t *testing.T) {
	engines := []drivers.Engine{{Product: drivers.Postgres, Major: 16}, {Product: drivers.FerretDB, Major: 1}}
	for _, test := range []struct {
		how   string
		end   func(*held)
		swept bool // its data is left to the next sweep
	}{
		{how: "normal", end: func(h *held) { h.say() }},
		{how: "interrupt", end: func(h *held) { _ = syscall.Kill(-h.command.Process.Pid, syscall.SIGINT) }},
		{how: "terminate", end: func(h *held) { _ = h.command.Process.Signal(syscall.SIGTERM) }},
		{how: "kill", end: func(h *held) { _ = h.command.Process.Kill() }, swept: true},
		{how: "panic", end: func(h *held) { h.say() }, swept: true},
	} {
		for _, engine := range engines {
			t.Run(test.how+"/"+engine.String(), func(t *testing.T) {
				h := startHolder(t, test.how, engine)
				if len(h.alive()) == 0 || len(h.traces()) != 2 {
					t.Fatalf("before the end: processes %v, files %v", h.alive(), h.traces())
				}
				test.end(h)
				_ = h.command.Wait() // its exit code is not what is tried here
				h.expectGone(t)
				if test.swept {
					if _, err := sweepRuns(t.Context(), programs.DefaultDir()); err != nil {
						t.Fatal(err)
					}
				}
				if left := h.traces(); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
			})
		}
	}
}

// TestFailedStartLeavesNothing: a server that refuses its settings has started already.
func TestFailedStartLeavesNothing(t *testing.T) {
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	spec.RunID, spec.Settings = "failed"+strconv.Itoa(os.Getpid()), map[string]string{"no_such_setting": "1"}
	before := descendants(os.Getpid())
	started, err := Start(t.Context(), spec)
	if err == nil {
		t.Fatal("it started", started.Close(t.Context()))
	}
	t.Log(err)
	if now := descendants(os.Getpid()); len(now) > len(before) {
		t.Errorf("processes before %v and after %v", before, now)
	}
	if left, _ := filepath.Glob(filepath.Join(spec.Cache, runsFolder, spec.RunID+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSweep: a server whose owner lives stays; one whose owner is dead is ended with its
// children, and its data goes. The owner file is forged for it, since a real death takes
// the server along: even a stopped one, which the kernel wakes when its group is orphaned.
func TestSweep(t *testing.T) {
	spec := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16})
	spec.RunID = "sweep" + strconv.Itoa(os.Getpid())
	started := startTest(t, spec)
	family := map[int]string{}
	for _, pid := range descendants(os.Getpid()) {
		family[pid] = startTicks(pid)
	}
	owners, err := filepath.Glob(filepath.Join(spec.Cache, runsFolder, spec.RunID+"*"+ownerSuffix))
	if err != nil || len(owners) != 1 {
		t.Fatalf("owner files %v: %v", owners, err)
	}
	h := &held{family: family, run: runDir{strings.TrimSuffix(owners[0], ownerSuffix)}}
	removed, err := Sweep(t.Context(), spec.Cache)
	if _, _, alive := postgres.ServerInfo(t.Context(), started.Admin); err != nil || alive != nil || len(h.traces()) != 2 {
		t.Fatalf("a sweep removed %v of a live run: %v, %v", removed, err, alive)
	}
	labels := ownerLabels(spec.RunID)
	labels[labelStarted] = "1" // this number was another process's then
	forged, err := json.Marshal(labels)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(owners[0], forged, 0o644); err != nil {
		t.Fatal(err)
	}
	if removed, err = Sweep(t.Context(), spec.Cache); err != nil {
		t.Fatal(err)
	}
	t.Log(removed)
	h.expectGone(t)
	if left := h.traces(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestServerOutlivesThread: the death signal is bound to a thread, and Go ends threads
// as it likes. Here the one that asked for the server ends at once.
func TestServerOutlivesThread(t *testing.T) {
	type outcome struct {
		started *Cluster
		err     error
	}
	spec, done := embeddedSpec(t, drivers.Engine{Product: drivers.Postgres, Major: 16}), make(chan outcome)
	thread := make(chan int, 1)
	over := make(chan struct{})
	var ask func()
	ask = func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		if syscall.Gettid() == os.Getpid() {
			go ask() // the first thread stays as long as the program
			<-over
			return
		}
		thread <- syscall.Gettid()
		started, err := Start(t.Context(), spec)
		done <- outcome{started, err}
	}
	go ask()
	got := <-done
	close(over)
	if got.err != nil {
		t.Fatal(got.err)
	}
	defer func() {
		if err := got.started.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	task := "/proc/self/task/" + strconv.Itoa(<-thread)
	for _, err := os.Stat(task); err == nil; _, err = os.Stat(task) {
		if drivers.Pause(ctx, time.Millisecond) != nil {
			t.Fatal("the thread does not end")
		}
	}
	if _, _, err := postgres.ServerInfo(t.Context(), got.started.Admin); err != nil {
		t.Errorf("the server went with the thread: %v", err)
	}
}

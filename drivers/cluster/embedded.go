package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tristore/drivers"
	"tristore/drivers/cluster/programs"
)

// embedded is one server of ours on loopback, while it comes up and until it ends.
type embedded struct {
	spec    Spec
	as      *account
	cache   programs.Cache
	run     runDir
	tls     material
	cpus    []int
	log     *os.File
	server  *process
	address string // host:port, once it is ready

	program serverProgram
}

// serverProgram is what differs between server programs. A program is for one start.
type serverProgram interface {
	// needs is what the server wants at the least.
	needs(spec Spec) needs
	// prepare fetches the program and makes its data in the run's folder.
	prepare(ctx context.Context, e *embedded) error
	// launch is the command that serves on the given loopback port.
	launch(e *embedded, port int) (launch, error)
	// ready asks once, and returns the cluster when the server answers a query over TLS.
	ready(ctx context.Context, e *embedded, port int) (*Cluster, error)
	// signals end the server, the kindest first.
	signals() []syscall.Signal
}

// startEmbedded starts a server process on loopback. What can be mended by the user is ErrUnreachable.
func startEmbedded(ctx context.Context, spec Spec) (*Cluster, error) {
	program, err := programFor(spec.Engine)
	if err != nil {
		return nil, err
	}
	return startProgram(ctx, spec, program)
}

func startProgram(ctx context.Context, spec Spec, program serverProgram) (*Cluster, error) {
	began := time.Now()
	e := &embedded{spec: spec, as: serverAccount(), cache: programs.Cache{Dir: spec.Cache, Log: spec.Log}, program: program}
	started, err := e.start(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", spec.Engine, err), e.close(ctx))
	}
	started.Engine, started.Reach, started.Dir = spec.Engine, drivers.Embedded, spec.Dir
	started.CAFile, started.OtherCAFile = e.tls.CAFile, e.tls.OtherCAFile
	started.Ready = time.Since(began)
	started.close, started.kill, started.material = e.close, e.server.killed, e.tls
	if spec.Archiving {
		started.fetchWAL = e.fetchArchive
	}
	return started, nil
}

func programFor(engine drivers.Engine) (serverProgram, error) {
	switch {
	case engine.Product == drivers.Postgres:
		return &postgresProgram{password: drivers.GenerateSecret()}, nil
	case engine == drivers.Engine{Product: drivers.FerretDB, Major: 1}:
		return &ferretProgram{password: drivers.GenerateSecret()}, nil
	default:
		return nil, fmt.Errorf("%w: no server program of %s can be had by package name; use --reach container or external", ErrUnreachable, engine.Title())
	}
}

func (e *embedded) start(ctx context.Context) (*Cluster, error) {
	var err error
	if e.cache.Dir, err = filepath.Abs(e.spec.Cache); err != nil {
		return nil, err
	}
	if e.cpus, err = cores(e.spec.Limits); err != nil {
		return nil, err
	}
	if e.run, err = openRunDir(e.cache.Dir, e.spec.RunID, e.as); err != nil {
		return nil, err
	}
	if err := e.program.needs(e.spec).met(e.run.path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(e.spec.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("%w: making the folder for logs: %w", ErrUnreachable, err)
	}
	if e.log, err = os.OpenFile(e.logPath(), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o644); err != nil {
		return nil, fmt.Errorf("%w: opening the server's log: %w", ErrUnreachable, err)
	}
	if e.tls, err = e.material(); err != nil {
		return nil, err
	}
	if err := e.as.give(e.tls.CertFile, e.tls.KeyFile); err != nil {
		return nil, err
	}
	if err := e.program.prepare(ctx, e); err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return nil, fmt.Errorf("%w: the disk of the cache folder %s is full; make room or name another with --cache: %w", ErrUnreachable, e.cache.Dir, err)
		}
		return nil, err
	}
	return e.serve(ctx)
}

// portTries bounds how often another program may take the port that was free a moment ago.
const portTries = 5

func (e *embedded) serve(ctx context.Context) (*Cluster, error) {
	var lost error
	for range portTries {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		command, err := e.program.launch(e, port)
		if err != nil {
			return nil, err
		}
		command.log, command.as, command.cpus = e.log, e.as, e.cpus
		command.env = append(serverEnvironment(), command.env...)
		if e.server, err = supervise(command); err != nil {
			return nil, err
		}
		started, err := e.await(ctx, port)
		if err == nil {
			e.address = net.JoinHostPort(loopback, strconv.Itoa(port))
			return started, nil
		}
		if !e.server.ended() || !taken(port) {
			return nil, err
		}
		lost = err
	}
	return nil, fmt.Errorf("%w: %d free ports in turn were taken by other programs before the server could listen: %w", ErrUnreachable, portTries, lost)
}

// Polling is close, since a server is there within some 20 ms; patience is long, since a
// machine may be slow. A server that recovers refuses everybody meanwhile, with a process
// and two lines of its log for each.
const (
	embeddedPoll    = 2 * time.Millisecond
	recoveryPoll    = 25 * time.Millisecond
	embeddedTry     = 10 * time.Second
	defaultPatience = 2 * time.Minute
)

// await asks until the server answers a query, ends, or patience does.
func (e *embedded) await(ctx context.Context, port int) (*Cluster, error) {
	patience := e.spec.Patience
	if patience <= 0 {
		patience = defaultPatience
	}
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	refusal := errors.New("it was not asked")
	for {
		if e.server.ended() {
			return nil, fmt.Errorf("%w: %w (%s); its log ends: %s", ErrUnreachable, ErrEnded, e.server.how(), e.logTail())
		}
		started, err := e.ask(waiting, port)
		if err == nil {
			return started, nil
		}
		if waiting.Err() == nil {
			refusal = err // one that the end of patience cut short says nothing
		}
		poll := embeddedPoll
		if e.spec.Recovery != nil {
			poll = recoveryPoll
		}
		if drivers.Pause(waiting, poll) != nil {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("waiting for the server was given up; its last refusal: %s: %w", refusal.Error(), err) // why it was given up is the class
			}
			return nil, fmt.Errorf("%w: the server was not ready within %s; its last refusal: %w; its log ends: %s", ErrUnreachable, patience, refusal, e.logTail())
		}
	}
}

// ask asks once. A try is bounded, and is over when the server is: another program may
// hold the port, take the connection and never answer.
func (e *embedded) ask(ctx context.Context, port int) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, embeddedTry)
	defer cancel()
	asked := make(chan struct{})
	defer close(asked)
	go func() {
		select {
		case <-e.server.done:
			cancel()
		case <-asked:
		}
	}()
	return e.program.ready(ctx, e, port)
}

// close ends the server and removes its data; the log stays. It may be called at any stage.
func (e *embedded) close(ctx context.Context) error {
	var err error
	if e.server != nil {
		err = e.server.end(ctx, e.program.signals()...)
	}
	if e.run.path != "" {
		err = errors.Join(err, e.run.remove())
	}
	if e.log != nil {
		err = errors.Join(err, e.log.Close())
	}
	if err != nil {
		return fmt.Errorf("ending %s: %w", e.spec.Engine, err)
	}
	return nil
}

func (e *embedded) logPath() string { return filepath.Join(e.spec.Dir, "server.log") }

// logTail is the end of the server's log as one line.
func (e *embedded) logTail() string {
	content := make([]byte, programs.TailBytes)
	end, err := e.log.Seek(0, 2)
	if err != nil {
		return err.Error()
	}
	read, _ := e.log.ReadAt(content, max(0, end-int64(len(content))))
	return strings.Join(strings.Fields(string(content[:read])), " ")
}

// tools reach the server by the name in its certificate, since older clients do not
// compare addresses, and without looking that name up.
func (e *embedded) tools(port int) Tools {
	return localTools{engine: e.spec.Engine, cache: e.cache, scratch: e.run.path,
		host: "localhost", address: loopback, port: strconv.Itoa(port), ca: e.tls.CAFile}
}

// limitsInForce reads back what the kernel keeps of the limits.
func (e *embedded) limitsInForce() map[string]string {
	facts := map[string]string{"limit.memory_bytes": "none (embedded)"}
	if cpus, err := coresOf(e.server.pid); err == nil {
		facts["limit.cpuset"] = joinCores(cpus)
	}
	return facts
}

// limitsAsked are those the spec names.
func (e *embedded) limitsAsked() map[string]string {
	facts := map[string]string{}
	if len(e.cpus) > 0 {
		facts["limit.cpuset"] = joinCores(e.cpus)
	}
	if e.spec.Limits.MemoryBytes > 0 {
		facts["limit.memory_bytes"] = strconv.FormatInt(e.spec.Limits.MemoryBytes, 10)
	}
	return facts
}

const loopback = "127.0.0.1"

func freePort() (int, error) {
	listener, err := net.Listen("tcp4", loopback+":0")
	if err != nil {
		return 0, fmt.Errorf("looking for a free port on loopback: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

// taken tells whether some program holds the port now.
func taken(port int) bool {
	listener, err := net.Listen("tcp4", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if err == nil {
		_ = listener.Close()
	}
	return errors.Is(err, syscall.EADDRINUSE)
}

func merged(parts ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

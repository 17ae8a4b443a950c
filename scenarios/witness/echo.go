package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Echo is an endpoint on loopback that gives back what it is sent, with one connection
// for each worker.
type Echo struct {
	listener net.Listener
	serving  sync.WaitGroup
	callers  []net.Conn
	buffers  [][]byte
}

// echoBytes is about what a small question and its answer take.
const echoBytes = 64

// NewEcho opens it with one connection for each worker. The caller must Close it.
func NewEcho(ctx context.Context, workers int) (e *Echo, err error) {
	e = &Echo{}
	if e.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("opening an endpoint on loopback: %w", err)
	}
	for range workers {
		caller, err := (&net.Dialer{}).DialContext(ctx, "tcp", e.listener.Addr().String())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("calling an endpoint on loopback: %w", err), e.Close())
		}
		e.callers, e.buffers = append(e.callers, caller), append(e.buffers, make([]byte, echoBytes))
		served, err := e.listener.Accept()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("serving an endpoint on loopback: %w", err), e.Close())
		}
		e.serving.Go(func() {
			_, _ = io.Copy(served, served) // ends when the caller hangs up
			_ = served.Close()
		})
	}
	return e, nil
}

// Ask sends and waits for the answer; a worker asks from one goroutine.
func (e *Echo) Ask(worker int) error {
	if _, err := e.callers[worker].Write(e.buffers[worker]); err != nil {
		return err
	}
	_, err := io.ReadFull(e.callers[worker], e.buffers[worker])
	return err
}

// Close ends it and waits until it has ended.
func (e *Echo) Close() error {
	all := []error{e.listener.Close()}
	for _, caller := range e.callers {
		all = append(all, caller.Close())
	}
	e.serving.Wait()
	return errors.Join(all...)
}

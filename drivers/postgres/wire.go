package postgres

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// wire is a connection that sends a question and waits for its answer in one go, so that a
// load costs the machine little more than the store does. It waits at once, where net.Conn
// first tries to read what cannot have come yet. And it does not tell the runtime of calls
// that cannot block: the first such word after every pause wakes the runtime's watching
// thread, which costs more processor time than the whole of a point read.
type wire struct {
	net.Conn
	raw  syscall.RawConn
	hold bool   // what is written now is sent by the read of its answer
	out  []byte // held
	in   []byte // where a read puts what came
	n    int    // of it, and why it is no more
	err  error
	step func(fd uintptr) (done bool) // made once, so that no read allocates
}

// dialWire is a dialer's function of pgconn. A connection that has no socket is left as it is.
func dialWire(dial func(ctx context.Context, network, address string) (net.Conn, error)) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		on, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		socket, is := on.(syscall.Conn)
		if !is {
			return on, nil
		}
		raw, err := socket.SyscallConn()
		if err != nil {
			_ = on.Close()
			return nil, fmt.Errorf("reaching the socket of a connection to %s: %w", address, err)
		}
		w := &wire{Conn: on, raw: raw}
		w.step = w.exchange
		return w, nil
	}
}

// wireOf finds the wire of a connection, below TLS too; nil where there is none.
func wireOf(on net.Conn) *wire {
	if secured, is := on.(*tls.Conn); is {
		on = secured.NetConn()
	}
	w, _ := on.(*wire)
	return w
}

// Write serves net.Conn.
func (w *wire) Write(b []byte) (int, error) {
	if w.hold {
		w.out = append(w.out, b...)
		return len(b), nil
	}
	if err := w.flush(); err != nil {
		return 0, err
	}
	return w.Conn.Write(b)
}

// flush sends what is held, as long as that takes.
func (w *wire) flush() error {
	if len(w.out) == 0 {
		return nil
	}
	_, err := w.Conn.Write(w.out)
	w.out = w.out[:0]
	return err
}

// Read serves net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for {
		w.in, w.n, w.err = b, 0, nil
		err := w.raw.Read(w.step)
		w.in = nil
		if err == nil && len(w.out) > 0 { // the socket did not take all of it
			if err = w.flush(); err == nil {
				continue
			}
		}
		if err == nil {
			err = w.err
		}
		return w.n, err
	}
}

// exchange is called when the runtime's poller is ready to wait for what comes, and again
// when something has: so that an answer cannot have come unseen before it is waited for.
func (w *wire) exchange(fd uintptr) (done bool) {
	if len(w.out) > 0 {
		sent, errno := transfer(syscall.SYS_WRITE, fd, w.out)
		if errno != 0 && errno != syscall.EAGAIN {
			w.out, w.err = w.out[:0], os.NewSyscallError("write", errno)
			return true
		}
		w.out = w.out[:copy(w.out, w.out[sent:])]
		return len(w.out) > 0
	}
	read, errno := transfer(syscall.SYS_READ, fd, w.in)
	switch {
	case errno == syscall.EAGAIN:
		return false
	case errno != 0:
		w.err = os.NewSyscallError("read", errno)
	case read == 0:
		w.err = io.EOF
	}
	w.n = read
	return true
}

// transfer reads or writes a socket that does not block.
func transfer(call, fd uintptr, b []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		if errno == syscall.EINTR {
			continue // ends: a signal was answered
		}
		if errno != 0 {
			n = 0
		}
		return int(n), errno
	}
}

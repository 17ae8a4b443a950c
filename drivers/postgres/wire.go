package postgres

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// wire is a connection that reads and writes its socket without telling the runtime. Its
// socket does not block, so that there is nothing to tell; and the first such word after
// every pause wakes the runtime's watching thread, which costs a load at a fixed rate more
// processor time than the runtime spends on the read itself.
type wire struct {
	net.Conn
	raw         syscall.RawConn
	read, write transfer
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
		w := &wire{Conn: on, raw: raw, read: transfer{call: syscall.SYS_READ}, write: transfer{call: syscall.SYS_WRITE}}
		w.read.step, w.write.step = w.read.try, w.write.try
		return w, nil
	}
}

// Read serves net.Conn, for one goroutine at a time.
func (w *wire) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n, err := w.read.run(w.raw.Read, b)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

// Write serves net.Conn, for one goroutine at a time.
func (w *wire) Write(b []byte) (int, error) {
	for sent := 0; sent < len(b); {
		n, err := w.write.run(w.raw.Write, b[sent:])
		if sent += n; err != nil {
			return sent, err
		}
	}
	return len(b), nil
}

// transfer is one direction of a wire.
type transfer struct {
	call  uintptr
	bytes []byte
	n     int
	errno syscall.Errno
	step  func(fd uintptr) (done bool) // made once, so that nothing is allocated
}

// run moves some bytes; until there are any, or room for any, the runtime's poller waits.
func (t *transfer) run(wait func(func(uintptr) bool) error, b []byte) (int, error) {
	t.bytes, t.n, t.errno = b, 0, 0
	err := wait(t.step)
	t.bytes = nil
	if err == nil && t.errno != 0 {
		err = os.NewSyscallError("moving bytes", t.errno)
	}
	return t.n, err
}

func (t *transfer) try(fd uintptr) (done bool) {
	for {
		n, _, errno := syscall.RawSyscall(t.call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(t.bytes))), uintptr(len(t.bytes)))
		switch errno {
		case syscall.EINTR: // a signal was answered
		case syscall.EAGAIN:
			return false
		case 0:
			t.n = int(n)
			return true
		default:
			t.errno = errno
			return true
		}
	}
}

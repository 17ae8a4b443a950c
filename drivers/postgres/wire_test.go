package postgres

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// wired is a wire on a real socket, and its other end.
func wired(t *testing.T) (net.Conn, *net.TCPConn) {
	t.Helper()
	listening, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	on, err := dialWire((&net.Dialer{}).DialContext)(t.Context(), "tcp", listening.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listening.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []io.Closer{on, far, listening} {
			_ = end.Close() // some tests close one themselves
		}
	})
	if _, is := on.(*wire); !is {
		t.Fatalf("dialled a %T", on)
	}
	return on, far.(*net.TCPConn)
}

func TestAWireBringsBytesBothWays(t *testing.T) {
	w, far := wired(t)
	go func() { _, _ = io.Copy(far, far) }()    // ends with the connection
	for size := 1; size <= 16<<20; size *= 16 { // the largest is more than both sockets hold
		question := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)
		answer := make([]byte, len(question))
		ended := make(chan error, 1)
		go func() {
			_, err := w.Write(question)
			ended <- err
		}()
		if _, err := io.ReadFull(w, answer); err != nil || !bytes.Equal(answer, question) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWireEndsAsAConnectionDoes(t *testing.T) {
	one, much := make([]byte, 1), make([]byte, 64<<20)
	w, far := wired(t)
	var late net.Error
	_ = w.SetDeadline(longAgo())
	for what, move := range map[string]func([]byte) (int, error){"read": w.Read, "written": w.Write} {
		if _, err := move(one); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &late) || !late.Timeout() {
			t.Errorf("%s over time: %v", what, err)
		}
	}
	_ = w.SetDeadline(time.Time{})
	if n, err := w.Read(nil); n != 0 || err != nil {
		t.Errorf("of nothing: %d, %v", n, err)
	}
	_, _ = far.Write([]byte("y"))
	_ = far.CloseWrite()
	if n, err := w.Read(one); n != 1 || one[0] != 'y' || err != nil {
		t.Errorf("%d, %q, %v", n, one, err)
	}
	if _, err := w.Read(one); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	_ = w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := w.Write(much); n == 0 || n == len(much) || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("more than anybody reads: %d, %v", n, err)
	}

	w, far = wired(t)
	_ = far.SetLinger(0)
	_ = far.Close() // with a reset
	if _, err := w.Read(one); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	if _, err := w.Write(one); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("asked of one that is gone: %v", err)
	}

	w, _ = wired(t)
	go func() { _ = w.Close() }()
	if _, err := w.Read(one); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed meanwhile: %v", err)
	}
}

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
func wired(t *testing.T) (*wire, net.Conn) {
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
	return wireOf(on), far
}

// held writes what the next read sends.
func (w *wire) held(b []byte) {
	w.hold = true
	_, _ = w.Write(b) // is kept
	w.hold = false
}

func TestAQuestionIsSentByTheReadOfItsAnswer(t *testing.T) {
	w, far := wired(t)
	go func() { _, _ = io.Copy(far, far) }()    // ends with the connection
	for size := 1; size <= 16<<20; size *= 16 { // the largest is more than both sockets hold
		question := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)
		answer := make([]byte, len(question))
		ended := make(chan error, 1)
		if size > 1<<16 { // whoever answers while it is asked must be read meanwhile
			go func() {
				_, err := w.Write(question)
				ended <- err
			}()
		} else {
			w.held(question)
			ended <- nil
		}
		if _, err := io.ReadFull(w, answer); err != nil || !bytes.Equal(answer, question) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
}

func TestAQuestionLargerThanTheSocketIsSentWhole(t *testing.T) {
	w, far := wired(t)
	question := bytes.Repeat([]byte("0123456789abcdef"), 2<<20)
	go func() {
		all := make([]byte, len(question)+3)
		_, _ = io.ReadFull(far, all) // what is missing is not answered
		_, _ = far.Write([]byte{all[0], all[len(question)-1], all[len(question)+2]})
	}()
	w.held(question)
	w.held([]byte("xyz"))
	answer := make([]byte, 3)
	if _, err := io.ReadFull(w, answer); err != nil || string(answer) != "0fz" {
		t.Errorf("answered %q: %v", answer, err)
	}
}

func TestWhatIsHeldKeepsItsPlace(t *testing.T) {
	w, far := wired(t)
	w.held([]byte("first "))
	if _, err := w.Write([]byte("second")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 12)
	if _, err := io.ReadFull(far, got); err != nil || string(got) != "first second" {
		t.Errorf("%q: %v", got, err)
	}
}

func TestAWireEndsAsAConnectionDoes(t *testing.T) {
	one := make([]byte, 1)
	w, far := wired(t)
	w.held([]byte("x"))
	if err := w.SetReadDeadline(longAgo()); err != nil {
		t.Fatal(err)
	}
	var late net.Error
	if _, err := w.Read(one); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("over time: %v", err)
	}
	_ = w.SetReadDeadline(time.Time{})
	if n, err := w.Read(nil); n != 0 || err != nil {
		t.Errorf("of nothing: %d, %v", n, err)
	}
	_, _ = far.Write([]byte("y"))
	_ = far.(*net.TCPConn).CloseWrite()
	if n, err := w.Read(one); n != 1 || one[0] != 'y' || err != nil {
		t.Errorf("%d, %q, %v", n, one, err)
	}
	if _, err := w.Read(one); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}

	w, far = wired(t)
	_ = far.(*net.TCPConn).SetLinger(0)
	_ = far.Close() // with a reset
	if _, err := w.Read(one); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	w.held([]byte("x"))
	if _, err := w.Read(one); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("asked of one that is gone: %v", err)
	}

	w, _ = wired(t)
	go func() { _ = w.Close() }()
	if _, err := w.Read(one); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed meanwhile: %v", err)
	}
}

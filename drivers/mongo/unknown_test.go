package mongo_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"tristore/drivers"
	"tristore/drivers/mongo"
	"tristore/drivers/store"
)

// wire stands between a client and the server and can hold back what the server says.
type wire struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	sockets []net.Conn
	muted   bool
	heard   chan struct{} // the server answered while muted
}

func newWire(t *testing.T, server string) *wire {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, server: server, heard: make(chan struct{}, 1)}
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			ended.Go(func() { w.carry(client) })
		}
	})
	t.Cleanup(func() {
		w.cut()
		ended.Wait()
	})
	return w
}

func (w *wire) carry(client net.Conn) {
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.sockets = append(w.sockets, client, server)
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(server, client); _ = server.Close() })
	both.Go(func() { _, _ = io.Copy(muffled{w, client}, server); _ = client.Close() })
	both.Wait()
}

// muffled drops what the server says while the wire is muted.
type muffled struct {
	on *wire
	to net.Conn
}

func (m muffled) Write(said []byte) (int, error) {
	m.on.mu.Lock()
	muted := m.on.muted
	m.on.mu.Unlock()
	if !muted {
		return m.to.Write(said)
	}
	select {
	case m.on.heard <- struct{}{}:
	default:
	}
	return len(said), nil
}

func (w *wire) mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.muted = true
}

// cut closes every socket and lets nobody in any more.
func (w *wire) cut() {
	_ = w.listener.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, socket := range w.sockets {
		_ = socket.Close()
	}
}

func through(target drivers.Target, w *wire) drivers.Target {
	url := target.URL
	target.URL = drivers.Address{Scheme: "mongodb", User: url.User(), Password: url.Password(), HostPort: w.listener.Addr().String(), Database: url.Database()}.URL().
		WithOption("authSource", "admin").WithOption("directConnection", "true").WithOption("heartbeatFrequencyMS", "600000")
	return target
}

// A write whose answer never comes may have happened; one that finds no server has not.
func TestALostAnswerIsUnknown(t *testing.T) {
	direct := migrated(t, store.UsersStore)
	on := newWire(t, direct.URL.HostPort())
	users, err := mongo.OpenUsers(t.Context(), through(direct, on))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, users.Close) })
	want(t, "while all is well", "committed", users.Insert(t.Context(), store.User{ID: id(1)}))

	on.mute()
	outcomes := make(chan store.Outcome, 1)
	go func() { outcomes <- users.Insert(t.Context(), store.User{ID: id(2)}) }()
	select {
	case <-on.heard: // the server has done it
	case <-time.After(time.Minute):
		t.Fatal("the write never reached the server")
	}
	on.cut()
	want(t, "an answer that was lost", "unknown", <-outcomes)
	witness, err := mongo.OpenUsers(t.Context(), direct)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, witness.Close) })
	_, outcome := witness.LoadCaller(t.Context(), id(2))
	want(t, "the write whose answer was lost", "committed", outcome)

	want(t, "nobody there", "refused(unavailable)", users.Insert(t.Context(), store.User{ID: id(3)}))
	want(t, "sign-up with nobody there", "refused(unavailable)", users.SignUp(t.Context(), store.User{ID: id(3)}))
	_, outcome = witness.LoadCaller(t.Context(), id(3))
	want(t, "the write that was never sent", "refused(not found)", outcome)
}

func TestAnExpiredContextBeforeSendingIsUnavailable(t *testing.T) {
	users, _ := openUsers(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, "a context that is over", "refused(unavailable)", users.Insert(over, store.User{ID: id(1)}))
	_, outcome := users.LoadCaller(t.Context(), id(1))
	want(t, "the account", "refused(not found)", outcome)
}

func TestOpeningTellsWhatIsWrong(t *testing.T) {
	target := migrated(t, store.UsersStore)
	foreign := target
	foreign.CAFile = started.OtherCAFile
	for name, wrong := range map[string]drivers.Target{"a wrong password": withPassword(target, "wrong"), "a certificate of another CA": foreign, "no database": target.WithDatabase("")} {
		if opened, err := mongo.OpenUsers(t.Context(), wrong); err == nil {
			t.Errorf("%s: opened", name)
			closed(t, opened.Close)
		}
	}
}

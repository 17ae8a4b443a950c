package auth

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
)

// Profile is how many store operations a request costs.
type Profile string

// The two generations of the platform.
const (
	// Fork: load the caller, then one read of permissions.
	Fork Profile = "fork"
	// V27: load the caller and the organisation context (four rows), then two reads of permissions.
	V27 Profile = "v27"
)

// Workload makes requests over one identity data set. It does not change; its Step may
// be called by any number of workers.
type Workload struct {
	users       store.Users
	permissions store.Permissions
	data        dataset.Identity
	profile     Profile
	window      uint64 // keeps visitors of two windows apart
	expires     time.Time
	callers     dataset.Keys
	kinds       []kind
}

// New prepares a workload for one window. Data must have been loaded into the stores;
// window is any number that no other window on them has; visitors expire at expires.
func New(users store.Users, permissions store.Permissions, with Options) *Workload {
	active := with.Data.ActiveUsers()
	return &Workload{
		users: users, permissions: permissions, data: with.Data, profile: with.Profile, window: with.Window, expires: with.Expires,
		callers: dataset.Scattered{Keys: dataset.NewZipfian(active, dataset.HotTheta), N: active}, kinds: kinds(),
	}
}

// Options of a workload.
type Options struct {
	Data    dataset.Identity
	Profile Profile
	Window  uint64
	Expires time.Time
}

// Step serves load.Step: it makes the request of one arrival. The outcome is that of
// the first operation that was not committed, or of the last.
func (w *Workload) Step(ctx context.Context, _ int, arrival int64) store.Outcome {
	k, r := w.ask(arrival)
	return k.serve(w, ctx, r)
}

// Asks says what one arrival asks for: the kind of request, the caller and the
// workspace. It is a function of the arrival alone.
func (w *Workload) Asks(arrival int64) string {
	k, r := w.ask(arrival)
	return fmt.Sprintf("%s of user %d in workspace %d, then %x", k.name, r.caller, r.workspace, r.chance.Uint64())
}

func (w *Workload) ask(arrival int64) (kind, *request) {
	chance := dataset.Draw(w.data.Seed^w.window, dataset.Purpose(purpose), arrival)
	k := pick(w.kinds, chance.Below(whole))
	caller := 1 + w.callers.Pick(&chance)
	return k, &request{arrival: arrival, caller: caller, workspace: w.data.WorkspaceOf(caller), chance: &chance}
}

// pick finds the kind at a place of the whole; a test holds that the weights fill it.
func pick(all []kind, at int) kind {
	for _, k := range all {
		if at -= k.weight; at < 0 {
			return k
		}
	}
	return all[len(all)-1]
}

// purpose keeps the draws of this workload apart from every other use of the seed.
const purpose = 0x61757468

// request is who asks for what.
type request struct {
	arrival   int64
	caller    int // user index, never the deactivated one
	workspace int // one that the caller may read
	chance    *dataset.Stream
}

// kind is one sort of request and its share.
type kind struct {
	name   string
	weight int // of whole
	serve  func(*Workload, context.Context, *request) store.Outcome
}

// whole is what the weights add up to.
const whole = 1000

// kinds is the mix of DOMAIN §3.3 and §4.4: most requests come from a browser with a
// JWT; every request is a read but the last three, which are 3 % together.
func kinds() []kind {
	return []kind{
		{"get a workspace", 510, (*Workload).getWorkspace},
		{"open a page", 200, (*Workload).openPage},
		{"list files", 60, (*Workload).listFiles},
		{"workspace API key", 60, (*Workload).workspaceKey},
		{"organisation API key", 40, (*Workload).orgKey},
		{"personal token", 30, (*Workload).personalToken},
		{"who am I", 30, (*Workload).whoAmI},
		{"list my workspaces", 20, (*Workload).listMine},
		{"sign in", 20, (*Workload).signIn},
		{"single sign-on", 10, (*Workload).singleSignOn},
		{"visit", 15, (*Workload).visit},
		{"share", 5, (*Workload).share},
	}
}

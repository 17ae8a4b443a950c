package auth

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
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

// Mix is which requests are made, and how often.
type Mix string

// The mixes.
const (
	// Everyday is what DOMAIN §3.3 and §4.4 say of a platform at work: mostly reads with a session.
	Everyday Mix = "everyday"
	// Storm is everybody signing in at once, as after a restart of the platform.
	Storm Mix = "storm"
	// Visitors is a public page: an anonymous account for each visitor, who then looks around.
	Visitors Mix = "visitors"
	// APIKeys is programs: keys of workspaces and organisations, and personal tokens.
	APIKeys Mix = "keys"
	// FanOut is the heavy side of permissions: lists over everything one may see, and shares.
	FanOut Mix = "fanout"
)

// Mixes lists them in the order of the weights in kinds.
func Mixes() []Mix { return []Mix{Everyday, Storm, Visitors, APIKeys, FanOut} }

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
	pipelined   bool
	operations  *load.Operations
}

// New prepares a workload for one window. Data must have been loaded into the stores;
// window is any number that no other window on them has; visitors expire at expires.
func New(users store.Users, permissions store.Permissions, with Options) *Workload {
	return &Workload{
		users: users, permissions: permissions, data: with.Data, profile: with.Profile, window: with.Window, expires: with.Expires,
		callers: dataset.KeysOf(with.Keys, with.Data.ActiveUsers()), kinds: kinds(with.Mix), pipelined: with.Pipeline, operations: with.Operations,
	}
}

// Options of a workload.
type Options struct {
	Data    dataset.Identity
	Profile Profile
	Mix     Mix            // empty means Everyday
	Keys    dataset.Spread // of callers; empty means zipfian
	Window  uint64
	Expires time.Time
	// Pipeline sends the reads of a request that need no earlier answer together, to stores
	// that Pipelines says nothing against. A request's latency still ends with its last answer.
	Pipeline bool
	// Operations hears of each operation, of Stores; nil does not.
	Operations *load.Operations
}

// Step serves load.Step: it makes the request of one arrival. The outcome is that of
// the first operation that was not committed, or of the last.
func (w *Workload) Step(ctx context.Context, worker int, arrival int64) store.Outcome {
	k, r := w.ask(arrival)
	return w.inOrder(ctx, worker, k.operations(w, r)...)
}

// Would are the stores that an arrival asks when all goes well.
func (w *Workload) Would(arrival int64) measure.Stores {
	k, r := w.ask(arrival)
	return w.stores(k, r)
}

func (w *Workload) stores(k kind, r *request) (asked measure.Stores) {
	for _, one := range k.operations(w, r) {
		if of := one.place(); of != ofNone {
			asked = asked.With(int(of))
		}
	}
	return asked
}

// Asked are the stores that the requests of a mix ask.
func Asked(profile Profile, mix Mix) (names []store.Name) {
	w := New(nil, nil, Options{Data: dataset.Identity{Sizes: dataset.Small()}, Profile: profile, Mix: mix})
	var asked measure.Stores
	for _, k := range w.kinds {
		if _, r := w.ask(0); k.weight > 0 {
			asked |= w.stores(k, r)
		}
	}
	for at, name := range Stores() {
		if asked.Has(at) {
			names = append(names, name)
		}
	}
	return names
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
	// operations are what the request does, in their order.
	operations func(*Workload, *request) []operation
}

// whole is what the weights add up to.
const whole = 1000

// kinds lists the requests with their weights in a mix. Of the everyday mix every request
// is a read but the last three, which are 3 % together.
func kinds(mix Mix) []kind {
	at := max(0, slices.Index(Mixes(), mix)) // the zero mix is the everyday one
	all := []struct {
		name       string
		weights    [5]int
		operations func(*Workload, *request) []operation
	}{ //                    everyday storm visitors keys fanout
		{"get a workspace", [5]int{510, 0, 300, 0, 400}, (*Workload).getWorkspace},
		{"open a page", [5]int{200, 0, 300, 0, 0}, (*Workload).openPage},
		{"list files", [5]int{60, 0, 0, 0, 0}, (*Workload).listFiles},
		{"workspace API key", [5]int{60, 0, 0, 500, 0}, (*Workload).workspaceKey},
		{"organisation API key", [5]int{40, 0, 0, 300, 0}, (*Workload).orgKey},
		{"personal token", [5]int{30, 0, 0, 200, 0}, (*Workload).personalToken},
		{"who am I", [5]int{30, 200, 0, 0, 0}, (*Workload).whoAmI},
		{"list my workspaces", [5]int{20, 100, 0, 0, 400}, (*Workload).listMine},
		{"sign in", [5]int{20, 450, 0, 0, 0}, (*Workload).signIn},
		{"single sign-on", [5]int{10, 250, 0, 0, 0}, (*Workload).singleSignOn},
		{"visit", [5]int{15, 0, 400, 0, 0}, (*Workload).visit},
		{"share", [5]int{5, 0, 0, 0, 200}, (*Workload).share},
	}
	weighed := make([]kind, len(all))
	for i, k := range all {
		weighed[i] = kind{k.name, k.weights[at], k.operations}
	}
	return weighed
}

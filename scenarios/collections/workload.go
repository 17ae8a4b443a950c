package collections

import (
	"context"
	"fmt"
	"slices"

	"tristore/drivers/store"
	"tristore/scenarios/dataset"
	"tristore/scenarios/load"
	"tristore/scenarios/measure"
)

// Mix is which operations are asked for, and how often.
type Mix string

// The mixes.
const (
	// Everyday is what DOMAIN §5.2 says of a platform at work.
	Everyday Mix = "everyday"
	// Heavy adds imports and reports: bulks and sums over whole collections, which use
	// CPU, memory and log far beyond their number.
	Heavy Mix = "heavy"
	// Imports is the everyday mix while tables of 5,000 rows are imported: a bulk now and
	// then, as large as the platform allows.
	Imports Mix = "imports"
)

// Workload makes operations over one collections data set. It does not change; its
// Step may be called by any number of workers.
type Workload struct {
	in     store.Collections
	data   dataset.Collections
	bulk   int
	sums   bool // only sums and counts
	window uint64

	workspaces dataset.Keys
	huge       dataset.Keys // conversations of a huge workspace, the latest hottest
	ordinary   dataset.Keys // conversations of an ordinary one
	kinds      []kind
	operations *load.Operations
}

// Options of a workload. Window is any number that no other window on the stores has;
// it keeps added rows apart.
type Options struct {
	Data     dataset.Collections
	Mix      Mix
	Window   uint64
	BulkRows int  // rows of one bulk, at most store.BulkMax
	SumsOnly bool // aggregate by sum and count alone
	// Keys is how workspaces and conversations are asked for; empty means the huge
	// workspaces most and their latest conversations most.
	Keys dataset.Spread
	// Operations hears of each operation, of Stores; nil does not.
	Operations *load.Operations
}

// Stores are those that arrivals ask.
func Stores() []store.Name { return []store.Name{store.CollectionsStore} }

// Would are the stores that an arrival asks.
func Would(int64) (asked measure.Stores) { return asked.With(0) }

// Mixes lists the mixes in the order of the weights in kinds.
func Mixes() []Mix { return []Mix{Everyday, Heavy, Imports} }

// New prepares a workload for one window over a loaded data set.
func New(in store.Collections, with Options) *Workload {
	sizes := with.Data.Sizes
	workspaces := dataset.Keys(dataset.NewZipfian(sizes.Workspaces, dataset.HotTheta)) // the huge ones come first
	if with.Keys != "" {
		workspaces = dataset.KeysOf(with.Keys, sizes.Workspaces)
	}
	latest := func(w int) dataset.Keys {
		if with.Keys != "" {
			return dataset.KeysOf(with.Keys, with.Data.ConversationCount(w))
		}
		return dataset.Latest{Zipfian: dataset.NewZipfian(with.Data.ConversationCount(w), dataset.HotTheta)}
	}
	return &Workload{
		in: in, data: with.Data, bulk: min(max(1, with.BulkRows), store.BulkMax), sums: with.SumsOnly, window: with.Window,
		workspaces: workspaces, huge: latest(0), ordinary: latest(sizes.HugeWorkspaces), kinds: kinds(with.Mix), operations: with.Operations,
	}
}

// Step serves load.Step: it makes the operation of one arrival, of which some are two
// statements; the first that was not committed decides.
func (w *Workload) Step(ctx context.Context, worker int, arrival int64) store.Outcome {
	k, r := w.ask(arrival)
	r.worker = worker
	outcome := k.serve(w, ctx, r)
	w.operations.Ended(worker, 0, outcome)
	return outcome
}

// followed tells of a statement that another follows, if it was committed; Step tells of the last.
func (w *Workload) followed(r *request, outcome store.Outcome) store.Outcome {
	if outcome.OK() {
		w.operations.Ended(r.worker, 0, outcome)
	}
	return outcome
}

// Asks says what one arrival asks for. It is a function of the arrival alone.
func (w *Workload) Asks(arrival int64) string {
	k, r := w.ask(arrival)
	return fmt.Sprintf("%s about conversation %d of workspace %d, then %x", k.name, r.conversation, r.workspace, r.chance.Uint64())
}

func (w *Workload) ask(arrival int64) (kind, *request) {
	chance := dataset.Draw(w.data.Of.Seed^w.window, dataset.Purpose(purpose), arrival)
	k := ofWhole(w.kinds, chance.Below(whole))
	r := &request{arrival: arrival, workspace: w.workspaces.Pick(&chance), chance: &chance}
	r.conversation = w.pick(r.workspace).Pick(&chance)
	return k, r
}

// ofWhole finds the kind at a place of the whole; a test holds that the weights fill it.
func ofWhole(all []kind, at int) kind {
	for _, k := range all {
		if at -= k.weight; at < 0 {
			return k
		}
	}
	return all[len(all)-1]
}

// pick is how conversations of a workspace are asked for.
func (w *Workload) pick(workspace int) dataset.Keys {
	if workspace < w.data.Sizes.HugeWorkspaces {
		return w.huge
	}
	return w.ordinary
}

// purpose keeps the draws of this workload apart from every other use of the seed.
const purpose = 0x636f6c6c

// request is what one arrival is about.
type request struct {
	arrival      int64
	worker       int
	workspace    int
	conversation int
	chance       *dataset.Stream
}

// kind is one sort of operation and its share.
type kind struct {
	name   string
	weight int // of whole
	serve  func(*Workload, context.Context, *request) store.Outcome
}

// whole is what the weights of a mix add up to.
const whole = 1000

// kinds lists the operations with their weights in a mix. Everyday: 62 % finds, 10 %
// counts, 5 % sums and distincts, 20 % small writes, 2 % bulks, 1 % deletes.
func kinds(mix Mix) []kind {
	at := max(0, slices.Index(Mixes(), mix)) // the zero mix is the everyday one
	all := []struct {
		name    string
		weights [3]int
		serve   func(*Workload, context.Context, *request) store.Outcome
	}{ //                      everyday heavy imports
		{"list conversations", [3]int{240, 150, 250}, (*Workload).listConversations},
		{"read a conversation", [3]int{150, 100, 155}, (*Workload).readConversation},
		{"conversation by id", [3]int{120, 100, 120}, (*Workload).conversationByID},
		{"message by id", [3]int{60, 50, 60}, (*Workload).messageByID},
		{"binding", [3]int{50, 50, 50}, (*Workload).binding},
		{"count", [3]int{100, 100, 100}, (*Workload).count},
		{"sum of metrics", [3]int{25, 50, 25}, (*Workload).sumMetrics},
		{"sum of messages", [3]int{5, 120, 5}, (*Workload).sumMessages},
		{"distinct", [3]int{20, 30, 20}, (*Workload).distinct},
		{"begin a conversation", [3]int{20, 20, 20}, (*Workload).beginConversation},
		{"append a message", [3]int{70, 70, 70}, (*Workload).appendMessage},
		{"change a status", [3]int{50, 30, 50}, (*Workload).changeStatus},
		{"upsert a metric", [3]int{60, 30, 60}, (*Workload).upsertMetric},
		{"bulk", [3]int{20, 90, 5}, (*Workload).bulkMessages},
		{"add and delete", [3]int{10, 10, 10}, (*Workload).addAndDelete},
	}
	weighed := make([]kind, len(all))
	for i, k := range all {
		weighed[i] = kind{k.name, k.weights[at], k.serve}
	}
	return weighed
}

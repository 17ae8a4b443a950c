package dataset

import (
	"context"
	"fmt"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
)

// Collections is what agents leave behind in each workspace of an identity: their
// conversations, the messages in them, hourly metrics, and product bindings. The first
// HugeWorkspaces hold HugeFactor times as much as the others. Methods are pure but LoadInto.
type Collections struct {
	Of    Identity
	Sizes CollectionSizes
}

// CollectionSizes says how much one ordinary workspace holds.
type CollectionSizes struct {
	Workspaces              int // the first so many of the identity have collections
	HugeWorkspaces          int
	HugeFactor              int
	Conversations           int // per workspace
	MessagesPerConversation int
	MessageBytes            int
	Agents                  int // per workspace; each has MetricHours metrics and Bindings bindings
	MetricHours             int
	Bindings                int
}

// ModestCollections loads within seconds on a small machine: about 10,000 rows.
func ModestCollections() CollectionSizes {
	return CollectionSizes{
		Workspaces: 16, HugeWorkspaces: 1, HugeFactor: 10, Conversations: 40, MessagesPerConversation: 8, MessageBytes: 1000,
		Agents: 3, MetricHours: 24, Bindings: 4,
	}
}

// SmallCollections goes with Small.
func SmallCollections() CollectionSizes {
	return CollectionSizes{
		Workspaces: 6, HugeWorkspaces: 1, HugeFactor: 4, Conversations: 20, MessagesPerConversation: 5, MessageBytes: 600,
		Agents: 3, MetricHours: 8, Bindings: 3,
	}
}

// check refuses sizes that could hold no request.
func (d Collections) check() error {
	s := d.Sizes
	if s.Workspaces < 1 || s.Workspaces > d.Of.Sizes.Workspaces || s.Conversations < 1 || s.MessagesPerConversation < 1 || s.Agents < 1 || s.MetricHours < 1 || s.Bindings < 1 {
		return fmt.Errorf("a collections data set needs 1 to %d workspaces and at least one of everything; asked for %+v", d.Of.Sizes.Workspaces, s)
	}
	return d.Of.Sizes.check()
}

// The collections of a workspace.
const (
	conversations = "conversations"
	messages      = "messages"
	metrics       = "metrics"
)

// Conversations is the collection of workspace w that holds one row per conversation.
func (d Collections) Conversations(w int) store.Collection { return d.in(w, conversations) }

// Messages is the collection of workspace w that holds one row per message.
func (d Collections) Messages(w int) store.Collection { return d.in(w, messages) }

// Metrics is the collection of workspace w that holds one row per agent and hour.
func (d Collections) Metrics(w int) store.Collection { return d.in(w, metrics) }

func (d Collections) in(w int, name string) store.Collection {
	return store.Collection{Namespace: d.Of.WorkspaceID(w), Name: name}
}

// ConversationCount is how many conversations workspace w holds before the load.
func (d Collections) ConversationCount(w int) int {
	if w < d.Sizes.HugeWorkspaces {
		return d.Sizes.Conversations * max(1, d.Sizes.HugeFactor)
	}
	return d.Sizes.Conversations
}

// MessageCount is how many messages workspace w holds before the load.
func (d Collections) MessageCount(w int) int {
	return d.ConversationCount(w) * d.Sizes.MessagesPerConversation
}

// Rows is how many rows LoadInto writes, bindings included.
func (d Collections) Rows() int {
	rows := d.Sizes.Workspaces * d.Sizes.Agents * (d.Sizes.MetricHours + d.Sizes.Bindings)
	for w := range d.Sizes.Workspaces {
		rows += d.ConversationCount(w) + d.MessageCount(w)
	}
	return rows
}

// ConversationID names conversation c of workspace w.
func (d Collections) ConversationID(w, c int) string { return d.Of.uuid(kindConversation, w<<20|c) }

// MessageID names message m of workspace w.
func (d Collections) MessageID(w, m int) string { return d.Of.uuid(kindMessage, w<<24|m) }

// AddedID names the row that an arrival of one window adds; no row of the data set and
// of no other window has it. Of several in one arrival, n counts.
func (d Collections) AddedID(window uint64, arrival int64, n int) string {
	return Identity{Seed: mix(d.Of.Seed ^ window)}.uuid(kindAdded+uint64(n)*kinds, int(arrival))
}

// AgentID names agent a of workspace w.
func (d Collections) AgentID(w, a int) string { return d.Of.uuid(kindAgent, w<<8|a) }

// Hour is bucket h of the metrics.
func (d Collections) Hour(h int) string {
	return epoch().Add(time.Duration(h) * time.Hour).Format("2006-01-02T15")
}

// Conversation is the row of conversation c of workspace w.
func (d Collections) Conversation(w, c int) store.Document {
	return store.Document{
		"conversationId": d.ConversationID(w, c), "agentId": d.AgentID(w, c%d.Sizes.Agents), "userId": d.Of.UserID(d.UserOf(w, c)),
		"title": "Conversation about " + d.Of.text(kindConversation, w<<20|c, 60), "status": []string{"open", "done", "waiting"}[c%3],
		"messagesCount": int64(d.Sizes.MessagesPerConversation), "lastMessageAt": moment(c), "tags": []any{"topic-" + fmt.Sprint(c%5), "lang-en"},
	}
}

// UserOf is who leads conversation c of workspace w: somebody the workspace lets in.
func (d Collections) UserOf(w, c int) int {
	all := d.Of.Principals(w)
	return all[c%len(all)]
}

// Message is the row of message m of workspace w, in conversation m modulo their number.
func (d Collections) Message(w, m int) store.Document {
	return d.NewMessage(w, m%d.ConversationCount(w), d.MessageID(w, m), int64(m))
}

// NewMessage is a row as an agent would append it to conversation c of workspace w;
// number makes its text and its time.
func (d Collections) NewMessage(w, c int, id string, number int64) store.Document {
	return store.Document{
		"messageId": id, "conversationId": d.ConversationID(w, c), "role": []string{"user", "assistant"}[number%2],
		"content": map[string]any{"text": filler(uint64(number)^d.Of.Seed, d.Sizes.MessageBytes)}, "tokens": 10 + number%900, "sentAt": moment(int(number)),
	}
}

// Metric is the row of agent a of workspace w in hour h.
func (d Collections) Metric(w, a, h int) store.Document {
	runs := int64(d.Of.hash(kindAgent, w<<16|a<<8|h) % 100)
	return store.Document{"agentId": d.AgentID(w, a), "bucket": d.Hour(h), "runs": runs, "tokens": runs * 800, "cost": float64(runs) / 8}
}

// BindingKey is binding b of agent a of workspace w.
func (d Collections) BindingKey(w, a, b int) store.BindingKey {
	return store.BindingKey{
		WorkspaceID: d.Of.WorkspaceID(w), ResourceType: "agent", ResourceID: d.AgentID(w, a),
		PrincipalType: "user", PrincipalID: d.Of.UserID(1 + (w+b)%d.Of.ActiveUsers()),
	}
}

// Schemas are the declarations of workspace w's collections.
func (d Collections) Schemas(w int) []store.Schema {
	required := func(name string) store.Property { return store.Property{Name: name, Type: store.Text, Required: true} }
	return []store.Schema{
		{Collection: d.Conversations(w), Properties: []store.Property{
			required("conversationId"), required("agentId"), {Name: "userId", Type: store.Text}, {Name: "title", Type: store.Text}, {Name: "status", Type: store.Text},
			{Name: "messagesCount", Type: store.Integer}, {Name: "lastMessageAt", Type: store.Datetime}, {Name: "tags", Type: store.TextArray},
		}, Indexes: []store.Index{{Fields: []string{"conversationId"}, Unique: true}, {Fields: []string{"lastMessageAt"}}, {Fields: []string{"agentId"}}}},
		{Collection: d.Messages(w), Properties: []store.Property{
			required("messageId"), required("conversationId"), {Name: "role", Type: store.Text}, {Name: "content", Type: store.JSON},
			{Name: "tokens", Type: store.Integer}, {Name: "sentAt", Type: store.Datetime},
		}, Indexes: []store.Index{{Fields: []string{"messageId"}, Unique: true}, {Fields: []string{"conversationId", "sentAt"}}, {Fields: []string{"sentAt"}}}},
		{Collection: d.Metrics(w), Properties: []store.Property{
			required("agentId"), required("bucket"), {Name: "runs", Type: store.Integer}, {Name: "tokens", Type: store.Integer}, {Name: "cost", Type: store.Double},
		}, Indexes: []store.Index{{Fields: []string{"agentId", "bucket"}, Unique: true}}},
	}
}

// LoadInto declares and fills the collections of every workspace and writes the
// bindings, on an empty collections store. What was not acknowledged is an error that
// names it; what was written before stays.
func (d Collections) LoadInto(ctx context.Context, into *deployment.Deployment) error {
	if err := d.check(); err != nil {
		return err
	}
	for w := range d.Sizes.Workspaces {
		if err := d.loadWorkspace(ctx, into.Collections, w); err != nil {
			return fmt.Errorf("loading the collections data set: %w", err)
		}
	}
	return nil
}

func (d Collections) loadWorkspace(ctx context.Context, into store.Collections, w int) error {
	for _, schema := range d.Schemas(w) {
		if outcome := into.UpdateSchema(ctx, schema); !outcome.OK() {
			return notDone(outcome, "declaring %s", schema.Collection.Physical())
		}
	}
	fills := []fill{
		{d.Conversations(w), d.ConversationCount(w), func(i int) store.Document { return d.Conversation(w, i) }},
		{d.Messages(w), d.MessageCount(w), func(i int) store.Document { return d.Message(w, i) }},
		{d.Metrics(w), d.Sizes.Agents * d.Sizes.MetricHours, func(i int) store.Document { return d.Metric(w, i/d.Sizes.MetricHours, i%d.Sizes.MetricHours) }},
	}
	for _, f := range fills {
		if err := f.insert(ctx, into); err != nil {
			return err
		}
	}
	for i := range d.Sizes.Agents * d.Sizes.Bindings {
		a, b := i/d.Sizes.Bindings, i%d.Sizes.Bindings
		binding := store.Binding{
			MongoID: d.Of.object(kindBinding, w<<16|i), BindingKey: d.BindingKey(w, a, b), OrgSlug: d.Of.OrgSlug(0), RoleSlug: "viewer",
			GrantedBy: d.Of.UserID(d.Of.Owner(w)), CreatedAt: moment(i),
		}
		if outcome := into.Bind(ctx, binding); !outcome.OK() {
			return notDone(outcome, "binding %d of workspace %s", i, binding.WorkspaceID)
		}
	}
	return nil
}

// fill is the rows of one collection.
type fill struct {
	into store.Collection
	rows int
	row  func(i int) store.Document
}

// bulkRows keeps one bulk near a megabyte, well below the product's 5,000 rows.
const bulkRows = 1000

func (f fill) insert(ctx context.Context, into store.Collections) error {
	for begin := 0; begin < f.rows; begin += bulkRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := make([]store.Document, min(bulkRows, f.rows-begin))
		for i := range batch {
			batch[i] = f.row(begin + i)
		}
		if outcome := into.BulkCreate(ctx, f.into, batch); !outcome.OK() {
			return notDone(outcome, "inserting rows %d to %d of %s", begin, begin+len(batch)-1, f.into.Physical())
		}
	}
	return nil
}

package dataset

import (
	"fmt"
	"time"

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

// Check refuses sizes that could hold no request, in a sentence for the user.
func (d Collections) Check() error { return d.check() }

// LargeCollections goes with Large: about 500,000 rows.
func LargeCollections() CollectionSizes {
	s := ModestCollections()
	s.Workspaces, s.Conversations, s.MessagesPerConversation = 100, 200, 20
	return s
}

// check refuses sizes that could hold no request.
func (d Collections) check() error {
	s := d.Sizes
	if s.Workspaces < 1 || s.Workspaces > d.Of.Sizes.Workspaces || s.Conversations < 1 || s.MessagesPerConversation < 1 || s.Agents < 1 || s.MetricHours < 1 || s.Bindings < 1 || s.HugeWorkspaces < 0 || s.HugeWorkspaces > s.Workspaces {
		return fmt.Errorf("a collections data set needs 1 to %d workspaces and at least one of everything; asked for %+v", d.Of.Sizes.Workspaces, s)
	}
	// What the numbers in identifiers have room for.
	largest := max(1, s.HugeFactor)
	if s.Agents > 1<<8 || s.Conversations > 1<<20/largest || s.MessagesPerConversation > 1<<24/(s.Conversations*largest) {
		return fmt.Errorf("a workspace has at most 256 agents, %d conversations and %d messages, a huge one included; asked for %+v", 1<<20, 1<<24, s)
	}
	return d.Of.check()
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

// NewConversation is a row as an agent would begin it in workspace w; number makes its
// agent, its text and its time.
func (d Collections) NewConversation(w int, id string, number int64) store.Document {
	row := d.Conversation(w, int(number%int64(d.ConversationCount(w))))
	row["conversationId"], row["messagesCount"], row["lastMessageAt"] = id, int64(0), moment(int(number))
	return row
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

package collections

import (
	"context"
	"fmt"

	"tristore/drivers/store"
	"tristore/scenarios/load"
)

// listLimit is how many rows a list shows.
const listLimit = 20

func (w *Workload) listConversations(ctx context.Context, r *request) store.Outcome {
	rows, outcome := w.in.Find(ctx, w.data.Conversations(r.workspace), store.Query{Sort: newest("lastMessageAt"), Limit: listLimit})
	return load.Expect(outcome, "as many conversations as there are", within(len(rows), w.data.ConversationCount(r.workspace), listLimit), true)
}

// within tells whether so many of what began as first are an answer that ends at most: others
// begin more meanwhile, and nobody ends one.
func within(n, first, most int) bool { return n >= min(first, most) && n <= most }

func (w *Workload) readConversation(ctx context.Context, r *request) store.Outcome {
	rows, outcome := w.in.Find(ctx, w.data.Messages(r.workspace), store.Query{Filter: w.ofConversation(r), Sort: newest("sentAt"), Limit: listLimit})
	// Others append while we read, but nobody takes a message of the data set away.
	return load.Expect(outcome, "all of the conversation's first messages", len(rows) >= min(listLimit, w.data.Sizes.MessagesPerConversation), true)
}

func (w *Workload) conversationByID(ctx context.Context, r *request) store.Outcome {
	rows, outcome := w.in.Find(ctx, w.data.Conversations(r.workspace), store.Query{Filter: w.ofConversation(r), Limit: 1})
	return load.Expect(outcome, "conversation by id", only(rows, "conversationId"), w.data.ConversationID(r.workspace, r.conversation))
}

func (w *Workload) messageByID(ctx context.Context, r *request) store.Outcome {
	id := w.data.MessageID(r.workspace, r.chance.Below(w.data.MessageCount(r.workspace)))
	rows, outcome := w.in.Find(ctx, w.data.Messages(r.workspace), store.Query{Filter: equal("messageId", id), Limit: 1})
	return load.Expect(outcome, "message by id", only(rows, "messageId"), id)
}

// binding is the check of a product resource: may this user use this agent?
func (w *Workload) binding(ctx context.Context, r *request) store.Outcome {
	key := w.data.BindingKey(r.workspace, r.chance.Below(w.data.Sizes.Agents), r.chance.Below(w.data.Sizes.Bindings))
	found, outcome := w.in.BindingOf(ctx, key)
	return load.Expect(outcome, "binding", found.BindingKey, key)
}

func (w *Workload) count(ctx context.Context, r *request) store.Outcome {
	agent, agents, all := r.chance.Below(w.data.Sizes.Agents), w.data.Sizes.Agents, w.data.ConversationCount(r.workspace)
	n, outcome := w.in.Count(ctx, w.data.Conversations(r.workspace), equal("agentId", w.data.AgentID(r.workspace, agent)))
	// Others begin conversations meanwhile, and nobody ends one.
	return load.Expect(outcome, "all of the agent's first conversations", n >= int64((all-agent+agents-1)/agents), true)
}

func (w *Workload) sumMetrics(ctx context.Context, r *request) store.Outcome {
	groups, outcome := w.in.Aggregate(ctx, w.data.Metrics(r.workspace), store.Aggregation{
		GroupBy: []string{"agentId"}, Outputs: w.outputs(store.Accumulator{Name: "cost", Function: "avg", Field: "cost"}),
	})
	return load.Expect(outcome, "agents summed", len(groups), w.data.Sizes.Agents)
}

// sumMessages reads the whole collection.
func (w *Workload) sumMessages(ctx context.Context, r *request) store.Outcome {
	groups, outcome := w.in.Aggregate(ctx, w.data.Messages(r.workspace), store.Aggregation{
		GroupBy: []string{"role"}, Outputs: w.outputs(store.Accumulator{Name: "last", Function: "max", Field: "sentAt"}),
	})
	return load.Expect(outcome, "roles summed", len(groups) > 0, true)
}

// outputs are tokens and number, and one accumulator more where the engine has it.
func (w *Workload) outputs(more store.Accumulator) []store.Accumulator {
	all := []store.Accumulator{{Name: "tokens", Function: "sum", Field: "tokens"}, {Name: "number", Function: "count"}}
	if !w.sums {
		all = append(all, more)
	}
	return all
}

func (w *Workload) distinct(ctx context.Context, r *request) store.Outcome {
	values, outcome := w.in.Distinct(ctx, w.data.Conversations(r.workspace), "agentId", store.Filter{})
	return load.Expect(outcome, "as many agents as have conversations", within(len(values), w.data.ConversationCount(r.workspace), w.data.Sizes.Agents), true)
}

// beginConversation adds one to those that lists, counts and distincts go over from then on.
func (w *Workload) beginConversation(ctx context.Context, r *request) store.Outcome {
	row := w.data.NewConversation(r.workspace, w.data.AddedID(w.window, r.arrival, 0), r.arrival)
	_, outcome := w.in.Create(ctx, w.data.Conversations(r.workspace), row)
	return outcome
}

// Rows is how many conversations, messages and metrics are there by now, of all workspaces.
func (w *Workload) Rows(ctx context.Context) (rows int64, err error) {
	for at := range w.data.Sizes.Workspaces {
		for _, in := range []store.Collection{w.data.Conversations(at), w.data.Messages(at), w.data.Metrics(at)} {
			n, outcome := w.in.Count(ctx, in, store.Filter{})
			if !outcome.OK() {
				return rows, fmt.Errorf("counting %s: %s", in.Name, outcome.Detail())
			}
			rows += n
		}
	}
	return rows, nil
}

// appendMessage is one turn of a conversation: the message, then the hot counters.
func (w *Workload) appendMessage(ctx context.Context, r *request) store.Outcome {
	row := w.data.NewMessage(r.workspace, r.conversation, w.data.AddedID(w.window, r.arrival, 0), r.arrival)
	return load.InOrder(func() store.Outcome {
		_, outcome := w.in.Create(ctx, w.data.Messages(r.workspace), row)
		return w.followed(r, outcome)
	}, func() store.Outcome {
		return w.change(ctx, r, store.Update{Inc: map[string]float64{"messagesCount": 1}, Set: map[string]any{"lastMessageAt": row["sentAt"]}})
	})
}

func (w *Workload) changeStatus(ctx context.Context, r *request) store.Outcome {
	return w.change(ctx, r, store.Update{Set: map[string]any{"status": []string{"open", "done", "waiting"}[r.chance.Below(3)]}})
}

// change updates the request's conversation, which must be there.
func (w *Workload) change(ctx context.Context, r *request, update store.Update) store.Outcome {
	return load.Retried(func() store.Outcome {
		matched, outcome := w.in.Update(ctx, w.data.Conversations(r.workspace), w.ofConversation(r), update)
		return load.Expect(outcome, "conversations updated", matched, 1)
	})
}

// upsertMetric counts a run in the current hour, which is new now and then.
func (w *Workload) upsertMetric(ctx context.Context, r *request) store.Outcome {
	agent, hour := r.chance.Below(w.data.Sizes.Agents), r.chance.Below(w.data.Sizes.MetricHours+1)
	return load.Retried(func() store.Outcome {
		return w.in.Upsert(ctx, w.data.Metrics(r.workspace), store.Upsert{
			ConflictFields: []string{"agentId", "bucket"},
			Row:            store.Document{"agentId": w.data.AgentID(r.workspace, agent), "bucket": w.data.Hour(hour)},
			InsertOnly:     store.Document{"cost": 0.5},
			Inc:            map[string]float64{"runs": 1, "tokens": 800},
		})
	})
}

func (w *Workload) bulkMessages(ctx context.Context, r *request) store.Outcome {
	rows := make([]store.Document, w.bulk)
	for n := range rows {
		rows[n] = w.data.NewMessage(r.workspace, r.conversation, w.data.AddedID(w.window, r.arrival, n), r.arrival+int64(n))
	}
	return w.in.BulkCreate(ctx, w.data.Messages(r.workspace), rows)
}

// addAndDelete leaves nothing behind, so that rare deletes never eat the data set.
func (w *Workload) addAndDelete(ctx context.Context, r *request) store.Outcome {
	id := w.data.AddedID(w.window, r.arrival, 0)
	return load.InOrder(func() store.Outcome {
		_, outcome := w.in.Create(ctx, w.data.Messages(r.workspace), w.data.NewMessage(r.workspace, r.conversation, id, r.arrival))
		return w.followed(r, outcome)
	}, func() store.Outcome {
		gone, outcome := w.in.Delete(ctx, w.data.Messages(r.workspace), equal("messageId", id))
		return load.Expect(outcome, "messages deleted", gone, 1)
	})
}

func (w *Workload) ofConversation(r *request) store.Filter {
	return equal("conversationId", w.data.ConversationID(r.workspace, r.conversation))
}

func equal(field, value string) store.Filter {
	return store.Where(store.Condition{Field: field, Op: store.Eq, Value: value})
}

func newest(field string) []store.Sort { return []store.Sort{{Field: field, Descending: true}} }

// only is the text of one field of the one row; anything else reads as what it is.
func only(rows []store.Document, field string) string {
	if len(rows) != 1 {
		return "no single row"
	}
	text, _ := rows[0][field].(string)
	return text
}

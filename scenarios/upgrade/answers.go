package upgrade

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tristore/drivers/deployment"
	"tristore/drivers/store"
	"tristore/reports/result"
)

// answers are what one side said to the hot statements.
type answers struct {
	said  []answer
	plans []store.HotPlan
	// median of one question, over all of them, asked one after the other.
	median time.Duration
	asked  int
}

// answer is one question and what came of it: rows as JSON in the order they came, or the
// refusal with its reason and SQLSTATE.
type answer struct {
	question, said string
	rows           int
	refused        bool
}

func (a answers) String() string {
	return fmt.Sprintf("%d questions, median %s", len(a.said), a.median.Round(time.Microsecond))
}

// askRounds is how often each question is asked for its latency; the first one's answer
// is kept.
const askRounds = 3

// ask puts every question to one side, as the application.
func ask(ctx context.Context, p *passage, s *side) (all answers, err error) {
	var took []time.Duration
	for round := range askRounds {
		for _, q := range p.questions(s.opened) {
			if err := ctx.Err(); err != nil {
				return all, err
			}
			began := time.Now()
			value, outcome := q.ask(ctx)
			took = append(took, time.Since(began))
			if outcome.Status == store.Unknown {
				return all, fmt.Errorf("asking %s: %s", q.name, outcome.Detail())
			}
			if round == 0 {
				one, err := answered(q.name, value, outcome)
				if err != nil {
					return all, err
				}
				all.said = append(all.said, one)
			}
		}
	}
	slices.Sort(took)
	all.median, all.asked = took[len(took)/2], len(took)
	for _, blank := range s.blanks {
		plans, err := deployment.HotPlans(ctx, blank.Target, blank.Store)
		if err != nil {
			return all, err
		}
		all.plans = append(all.plans, plans...)
	}
	return all, nil
}

func answered(name string, value any, outcome store.Outcome) (answer, error) {
	if !outcome.OK() {
		return answer{question: name, said: strings.TrimSpace(fmt.Sprintf("%s %s", outcome, outcome.Code)), refused: true}, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return answer{}, fmt.Errorf("keeping the answer to %s: %w", name, err)
	}
	var list []any
	rows := 1
	if json.Unmarshal(text, &list) == nil {
		rows = len(list)
	}
	return answer{question: name, said: string(text), rows: rows}, nil
}

// question is one call of the contract.
type question struct {
	name string
	ask  func(context.Context) (any, store.Outcome)
}

// The questions are about so many users and workspaces at most.
const (
	askedUsers      = 40
	askedWorkspaces = 12
)

// questions are the reads of the request paths, with lists in the order that the contract
// promises, and calls that must be refused for the same reason. None changes a row.
func (p *passage) questions(of *deployment.Deployment) []question {
	return slices.Concat(p.userQuestions(of), p.workspaceQuestions(of), p.collectionQuestions(of), p.refusals(of))
}

func (p *passage) userQuestions(of *deployment.Deployment) (all []question) {
	d := p.content.Identity()
	for i := 1; i <= min(askedUsers, d.Sizes.Users-1); i++ {
		id, email, token, org := d.UserID(i), d.Email(i), d.Token(i), d.OrgSlug(d.OrgOf(i))
		all = append(all,
			question{"LoadCaller " + id, func(ctx context.Context) (any, store.Outcome) { return asked(of.Users.LoadCaller(ctx, id)) }},
			question{"LoginByEmail " + email, func(ctx context.Context) (any, store.Outcome) { return asked(of.Users.LoginByEmail(ctx, email)) }},
			question{"AccessTokenByToken of " + id, func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Users.AccessTokenByToken(ctx, token))
			}},
			question{"OrgContext of " + id, func(ctx context.Context) (any, store.Outcome) { return asked(of.Users.OrgContext(ctx, org, id)) }})
	}
	return all
}

func (p *passage) workspaceQuestions(of *deployment.Deployment) (all []question) {
	d := p.content.Identity()
	for w := range min(askedWorkspaces, d.Sizes.Workspaces) {
		id, slug, key, owner := d.WorkspaceID(w), d.WorkspaceSlug(w), d.WorkspaceKey(w), d.UserID(d.Owner(w))
		all = append(all,
			question{"WorkspaceByID " + id, func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Permissions.WorkspaceByID(ctx, id))
			}},
			question{"PageBySlug of " + id, func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Permissions.PageBySlug(ctx, slug, d.PageSlug(0)))
			}},
			question{"RoleByAPIKey of " + id, func(ctx context.Context) (any, store.Outcome) { return asked(of.Permissions.RoleByAPIKey(ctx, key)) }},
			question{"Files of " + id + ", newest first", func(ctx context.Context) (any, store.Outcome) { return asked(of.Permissions.Files(ctx, id, 50)) }},
			question{"ListMyWorkspaces of " + owner + ", newest first", func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Permissions.ListMyWorkspaces(ctx, store.WorkspaceList{UserID: owner, Limit: 600}))
			}})
	}
	return all
}

func (p *passage) collectionQuestions(of *deployment.Deployment) (all []question) {
	d := p.content.Collections()
	for w := range d.Sizes.Workspaces {
		messages, key := d.Messages(w), d.BindingKey(w, 0, 0)
		all = append(all,
			question{"BindingOf in " + key.WorkspaceID, func(ctx context.Context) (any, store.Outcome) { return asked(of.Collections.BindingOf(ctx, key)) }},
			question{"Find messages of " + key.WorkspaceID + ", by time and id", func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Collections.Find(ctx, messages, store.Query{Sort: []store.Sort{{Field: "sentAt", Descending: true}, {Field: "messageId"}}, Limit: 50}))
			}},
			question{"Aggregate metrics of " + key.WorkspaceID, func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Collections.Aggregate(ctx, d.Metrics(w), store.Aggregation{GroupBy: []string{"agentId"},
					Outputs: []store.Accumulator{{Name: "runs", Function: "sum", Field: "runs"}, {Name: "cost", Function: "avg", Field: "cost"}}}))
			}},
			question{"ListCollections of " + key.WorkspaceID, func(ctx context.Context) (any, store.Outcome) {
				return asked(of.Collections.ListCollections(ctx, key.WorkspaceID))
			}})
	}
	corpus := store.Collection{Namespace: p.content.Identity().WorkspaceID(0), Name: "corpus"}
	return append(all,
		question{"Find in every script, by words", func(ctx context.Context) (any, store.Outcome) {
			return asked(of.Collections.Find(ctx, corpus, store.Query{Sort: []store.Sort{{Field: "words"}, {Field: "key"}}, Limit: 100}))
		}},
		question{"Distinct words of every script", func(ctx context.Context) (any, store.Outcome) {
			return asked(of.Collections.Distinct(ctx, corpus, "words", store.Filter{}))
		}},
		question{"Find by a pattern beyond ASCII", func(ctx context.Context) (any, store.Outcome) {
			return asked(of.Collections.Find(ctx, corpus, store.Query{Filter: store.Filter{All: []store.Condition{{Field: "words", Op: store.Regex, Value: "[Ωω漢]"}}}, Sort: []store.Sort{{Field: "key"}}}))
		}})
}

// refusals are calls that every major must refuse, and for the same reason.
func (p *passage) refusals(of *deployment.Deployment) []question {
	d, now := p.content.Identity(), time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	corpus := store.Collection{Namespace: d.WorkspaceID(0), Name: "corpus"}
	only := func(call func(context.Context) store.Outcome) func(context.Context) (any, store.Outcome) {
		return func(ctx context.Context) (any, store.Outcome) { return nil, call(ctx) }
	}
	slug := d.WorkspaceSlug(1)
	return []question{
		{"sign up with an id that is taken", only(func(ctx context.Context) store.Outcome {
			return of.Users.SignUp(ctx, store.User{ID: d.UserID(1), Status: "validated", CreatedAt: now, UpdatedAt: now})
		})},
		{"sign up with a NUL in the name", only(func(ctx context.Context) store.Outcome {
			return of.Users.SignUp(ctx, store.User{ID: "7d0000000000000000000001", FirstName: "a\x00b", Status: "validated", CreatedAt: now, UpdatedAt: now})
		})},
		{"create a workspace with a slug that is taken", only(func(ctx context.Context) store.Outcome {
			return of.Permissions.CreateWorkspace(ctx, store.Workspace{Subject: store.Subject{MongoID: "7d0000000000000000000002", ID: "~taken1", CreatedAt: now, UpdatedAt: now}, Name: "x", Slug: &slug})
		})},
		{"share a workspace that is not there", only(func(ctx context.Context) store.Outcome {
			return of.Permissions.Share(ctx, "~nobody", d.UserID(1), store.Grant{Role: "editor"})
		})},
		{"bulk with one key twice", only(func(ctx context.Context) store.Outcome {
			return of.Collections.BulkCreate(ctx, corpus, []store.Document{{"key": "twice"}, {"key": "twice"}})
		})},
		{"bulk without what is required", only(func(ctx context.Context) store.Outcome {
			return of.Collections.BulkCreate(ctx, corpus, []store.Document{{"words": "no key"}})
		})},
		{"a pattern that is none", func(ctx context.Context) (any, store.Outcome) {
			return asked(of.Collections.Find(ctx, corpus, store.Query{Filter: store.Filter{All: []store.Condition{{Field: "words", Op: store.Regex, Value: "(["}}}}))
		}},
		{"a caller that is not there", func(ctx context.Context) (any, store.Outcome) {
			return asked(of.Users.LoadCaller(ctx, "7d0000000000000000000003"))
		}},
	}
}

// asked keeps a call's value as any.
func asked[T any](value T, outcome store.Outcome) (any, store.Outcome) { return value, outcome }

// alike puts the same questions to the new side and compares.
//
// Facts: questions: at least 150; rows: in their answers, at least 300; refusals: at least
// 8, that the old one gave; other_answers = 0; statements: planned, at least 12;
// other_plans = 0: of another class than on the old one; old_median_ms, new_median_ms and
// latency_ratio, which nothing is decided by.
func (p *passage) alike(ctx context.Context, saw *result.Observation) error {
	record(saw, "questions", "rows", "refusals", "other_answers", "statements", "other_plans")
	return p.step("ask the new one the same, and compare answers and plans", func(s *result.Step) error {
		after, err := ask(ctx, p, p.new)
		if err != nil {
			return err
		}
		s.Said = after.String()
		p.compareAnswers(saw, after)
		old, now := p.before.median.Seconds()*1000, after.median.Seconds()*1000
		saw.Set("old_median_ms", old)
		saw.Set("new_median_ms", now)
		saw.Set("latency_ratio", now/old)
		saw.See("a question took %.3f ms on the old one and %.3f ms on the new one (medians over %d and %d, one after the other, the old one beside writes)", old, now, p.before.asked, after.asked)
		return nil
	})
}

func (p *passage) compareAnswers(saw *result.Observation, after answers) {
	others := 0
	for i, was := range p.before.said {
		is := answer{said: "not asked"}
		if i < len(after.said) && after.said[i].question == was.question {
			is = after.said[i]
		}
		saw.Add("questions", 1)
		saw.Add("rows", float64(was.rows))
		if was.refused {
			saw.Add("refusals", 1)
			saw.Compare(was.question, was.said, is.said)
		}
		if was.said != is.said {
			others++
			saw.See("%s: the old one said %s, the new one %s", was.question, clipped(was.said), clipped(is.said))
		}
	}
	saw.Set("other_answers", float64(others))
	for i, was := range p.before.plans {
		got := "not planned"
		if i < len(after.plans) {
			got = class(after.plans[i].Plan)
		}
		saw.Add("statements", 1)
		saw.Compare(fmt.Sprintf("%s on %s", was.Operation, was.Table), class(was.Plan), got)
		if class(was.Plan) != got {
			saw.Add("other_plans", 1)
			saw.See("%s on %s: %s on the old one, %s on the new one", was.Operation, was.Table, class(was.Plan), got)
		}
	}
}

// class is how a statement would be run, in a word.
func class(plan store.PlanInfo) string {
	switch {
	case plan.FullScan:
		return "full scan"
	case len(plan.Indexes) == 0:
		return "no index"
	default:
		return "index"
	}
}

func clipped(text string) string {
	const most = 120
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most]) + " …"
	}
	return text
}

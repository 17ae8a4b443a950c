package dataset

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"tristore/drivers/store"
)

func small() Identity { return Identity{Seed: 7, Sizes: Modest()} }

func TestIdentifiersAreUniqueAndWellFormed(t *testing.T) {
	d := small()
	d.Sizes.Users = 3000
	seen := map[string]string{}
	see := func(kind, id string, length int) {
		t.Helper()
		if other, twice := seen[id]; twice {
			t.Fatalf("%s %q is also a %s", kind, id, other)
		}
		seen[id] = kind
		if length > 0 && len(id) != length {
			t.Fatalf("%s %q has %d characters, want %d", kind, id, len(id), length)
		}
	}
	for i := range d.Sizes.Users {
		see("user", d.UserID(i), 24)
		see("token", d.Token(i), 39)
		see("provider id", d.ProviderID(i), 36)
		see("email", d.Email(i), 0)
		if d.Email(i) != strings.ToLower(d.Email(i)) {
			t.Fatalf("email %q is not lower-cased", d.Email(i))
		}
	}
	for w := range d.Sizes.Workspaces {
		see("workspace", d.WorkspaceID(w), 7)
		see("slug", d.WorkspaceSlug(w), 0)
		see("key", d.WorkspaceKey(w), 36)
		for p := range d.Sizes.PagesPerWorkspace {
			see("page", d.PageID(w, p), 7)
		}
		for f := range d.Sizes.FilesPerWorkspace {
			see("file", d.File(w, f).ID, 21)
		}
	}
	for o := range d.Sizes.Orgs {
		see("org", d.OrgSlug(o), 0)
		see("org key", d.OrgKeyHash(o, 0), 64)
	}
	for _, tab := range d.parts() {
		for i := range tab.rows {
			row, id := rowID(t, tab.record(i))
			if numbered := strings.TrimSuffix(strings.TrimSuffix(id, "apiKey"), "role"); row == (store.Role{}).Table() && tab.id(i) != numbered || row != (store.Role{}).Table() && tab.id(i) != id {
				t.Fatalf("row %d of %s has _id %s, not %s", i, row, id, tab.id(i))
			}
			see("_id of "+row+" ", row+" "+id, 0)
		}
	}
}

// rowID reads _id the way both drivers will: by its tag.
func rowID(t *testing.T, record store.Record) (table, id string) {
	t.Helper()
	switch r := record.(type) {
	case store.User:
		id = r.ID
	case store.AccessToken:
		id = r.ID
	case store.Organisation:
		id = r.ID
	case store.OrgRole:
		id = r.ID
	case store.OrgMembership:
		id = r.ID
	case store.OrgGroupMember:
		id = r.ID
	case store.OrgAPIKey:
		id = r.ID
	case store.Workspace:
		id = r.MongoID
	case store.Page:
		id = r.MongoID
	case store.File:
		id = r.MongoID
	case store.Role:
		id = r.MongoID + r.Type
	default:
		t.Fatalf("unknown record %T", record)
	}
	return record.Table(), id
}

func TestRowsAreAFunctionOfSeedAndIndex(t *testing.T) {
	digest := func(seed uint64) string {
		d := Identity{Seed: seed, Sizes: Modest()}
		c := Collections{Of: d, Sizes: ModestCollections()}
		text, err := json.Marshal([]any{d.User(5), d.Workspace(3), d.Page(2, 1), d.Role(1, 1), d.KeyRole(4), d.OrgKey(1, 1),
			c.Conversation(0, 9), c.Message(1, 17), c.Metric(2, 1, 3), c.BindingKey(1, 1, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	first := digest(1)
	if digest(1) != first {
		t.Error("two readings of one row differ")
	}
	if digest(2) == first {
		t.Error("the seed changes nothing")
	}
}

func TestUserZeroIsNeverAskedFor(t *testing.T) {
	d := small()
	if d.Active(0) || d.User(0).Status != "deactivated" || d.User(1).Status != "validated" {
		t.Error("user 0 must be the deactivated one")
	}
	first := d.parts()[0]
	if got := first.record(0).(store.User).ID; got != d.UserID(0) {
		t.Errorf("the first record inserted is %s, want user 0", got)
	}
	for w := range d.Sizes.Workspaces {
		for _, i := range d.Principals(w) {
			if !d.Active(i) || i >= d.Sizes.Users {
				t.Fatalf("workspace %d names user %d", w, i)
			}
		}
	}
}

func TestEveryUserMayReadTheUsersWorkspace(t *testing.T) {
	for _, sizes := range []Sizes{Modest(), {Users: 5, Orgs: 2, Workspaces: 30, PagesPerWorkspace: 1, KeysPerOrg: 1}} {
		d := Identity{Seed: 3, Sizes: sizes}
		for i := 1; i < sizes.Users; i++ {
			grant, named := d.Workspace(d.WorkspaceOf(i)).Permissions[d.UserID(i)]
			if !named || !grant.Policies["read"] {
				t.Fatalf("with %d users, user %d may not read workspace %d", sizes.Users, i, d.WorkspaceOf(i))
			}
		}
	}
}

func TestKeysStayInRangeAndKeepTheirSkew(t *testing.T) {
	const n, draws = 1000, 200_000
	share := func(keys Keys, hot func(int) bool) float64 {
		hits, from := 0, Draw(1, PurposeOf("keys"), 0)
		for range draws {
			i := keys.Pick(&from)
			if i < 0 || i >= n {
				t.Fatalf("%T picked %d of %d", keys, i, n)
			}
			if hot(i) {
				hits++
			}
		}
		return float64(hits) / draws
	}
	zipf := NewZipfian(n, HotTheta)
	top := 1 / zipf.zeta // what the formula promises row 0
	for _, c := range []struct {
		name string
		keys Keys
		hot  func(int) bool
		want float64
	}{
		{"uniform, one row", Uniform{n}, func(i int) bool { return i == 7 }, 1.0 / n},
		{"zipfian, row 0", zipf, func(i int) bool { return i == 0 }, top},
		{"zipfian, first ten", zipf, func(i int) bool { return i < 10 }, partial(10) / zipf.zeta},
		{"latest, last row", Latest{zipf}, func(i int) bool { return i == n-1 }, top},
		{"scattered, its hottest", Scattered{zipf, n}, func(i int) bool { return i == scatter(0, n) }, top},
	} {
		if got := share(c.keys, c.hot); math.Abs(got-c.want) > 0.1*c.want+0.001 {
			t.Errorf("%s: share %.4f, want %.4f", c.name, got, c.want)
		}
	}
	for _, tiny := range []int{1, 2, 3} {
		from := Draw(1, PurposeOf("tiny"), 0)
		for range 1000 {
			if i := NewZipfian(tiny, HotTheta).Pick(&from); i < 0 || i >= tiny {
				t.Fatalf("of %d rows it picked %d", tiny, i)
			}
		}
	}
}

func partial(k int) (sum float64) {
	for i := 1; i <= k; i++ {
		sum += math.Pow(float64(i), -HotTheta)
	}
	return sum
}

func TestScatterIsABijection(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 499, 1000} {
		seen := map[int]bool{}
		for i := range n {
			seen[scatter(i, n)] = true
		}
		if len(seen) != n {
			t.Errorf("of %d rows %d are reached", n, len(seen))
		}
	}
}

func TestSizesThatHoldNoRequestAreRefused(t *testing.T) {
	for _, sizes := range []Sizes{{}, {Users: 1, Orgs: 1, Workspaces: 1, PagesPerWorkspace: 1, KeysPerOrg: 1}} {
		if err := (Identity{Sizes: sizes}).LoadInto(t.Context(), nil); err == nil {
			t.Errorf("%+v was accepted", sizes)
		}
	}
	if err := (Collections{Of: small()}).LoadInto(t.Context(), nil); err == nil {
		t.Error("empty collections were accepted")
	}
}

func TestAnIDSaysWhichRowItIs(t *testing.T) {
	set := Whole{Collections{Of: small(), Sizes: ModestCollections()}}
	ids := map[string]bool{}
	for _, table := range byTable(set.parts()) {
		for at, p := range table.parts {
			for i := range p.rows {
				if gotAt, gotRow, known := find(table.parts, p.id(i)); !known || gotAt != at || gotRow != i {
					t.Fatalf("%s row %d of part %d was taken for row %d of part %d (%t)", table.table, i, at, gotRow, gotAt, known)
				}
				ids[table.table+" "+p.id(i)] = true
			}
		}
		past := table.parts[0].id(table.parts[0].rows)
		for _, id := range []string{"", "x", past, "zz" + past[2:], "000000000000000000000001", "not of this set at all"} {
			if _, _, known := find(table.parts, id); known {
				t.Errorf("%s: %q was taken for a row", table.table, id)
			}
		}
	}
	if len(ids) != Total(set) {
		t.Errorf("%d rows have %d ids", Total(set), len(ids))
	}
}

func TestAChunkIsBoundedByBytesAndByRows(t *testing.T) {
	for _, bytes := range []int{10, 1000, 100_000, 5 << 20} {
		d := Collections{Of: small(), Sizes: ModestCollections()}
		d.Sizes.MessageBytes = bytes
		p := d.documents(0, d.Schemas(0)[1])
		rows, size := p.chunk(), len(Canonical(p.row(1)))
		if rows < 1 || rows > store.BulkMax || rows > 1 && rows*size > chunkBytes*11/10 {
			t.Errorf("rows of %d bytes go by %d, %d bytes", bytes, rows, rows*size)
		}
	}
}

func TestAQueueHandsOutEveryMissingRowOnce(t *testing.T) {
	set := Whole{Collections{Of: small(), Sizes: ModestCollections()}}
	parts := set.parts()
	q := &queue{parts: parts}
	missing := 0
	for at, p := range parts {
		q.there = append(q.there, newPresent(p.rows))
		for i := range p.rows {
			if there := (i+at)%3 == 0; there {
				q.there[at].set(i)
			} else {
				missing++
			}
		}
	}
	seen := map[string]bool{}
	for next, more := q.next(); more; next, more = q.next() {
		for _, i := range next.rows {
			seen[next.of.table+" "+next.of.id(i)] = true
			missing--
		}
	}
	if missing != 0 || len(seen) == 0 {
		t.Errorf("%d rows were left out, or came twice when negative; %d came", missing, len(seen))
	}
}

func TestSizesThatIdentifiersCannotNumberAreRefused(t *testing.T) {
	whole := func(change func(*Collections)) Collections {
		d := Collections{Of: small(), Sizes: ModestCollections()}
		change(&d)
		return d
	}
	for name, d := range map[string]Collections{
		"agents":        whole(func(d *Collections) { d.Sizes.Agents = 257 }),
		"conversations": whole(func(d *Collections) { d.Sizes.Conversations = 1 << 20 }),
		"messages":      whole(func(d *Collections) { d.Sizes.MessagesPerConversation = 1<<24/400 + 1 }),
		"users":         whole(func(d *Collections) { d.Of.Sizes.Users = rowsMax + 1 }),
	} {
		if err := d.check(); err == nil {
			t.Errorf("too many %s were accepted", name)
		}
	}
	if err := whole(func(*Collections) {}).check(); err != nil {
		t.Error(err)
	}
}

package dataset

import (
	"encoding/json"
	"fmt"
	"strconv"

	"tristore/drivers/store"
)

// Set is what can be loaded and verified: an Identity, Collections, or a Whole of both.
type Set interface {
	check() error
	// parts lists the kinds of rows in the order they are loaded.
	parts() []part
}

// Whole is the content of all three stores.
type Whole struct{ Collections }

func (w Whole) parts() []part { return append(w.Of.parts(), w.Collections.parts()...) }

// Total is how many rows a set has.
func Total(of Set) (rows int) {
	for _, p := range of.parts() {
		rows += p.rows
	}
	return rows
}

// Check refuses a set that could hold no request, or that identifiers cannot number.
func Check(set Set) error { return set.check() }

// part is one kind of row of one table: how many, and row i. A row's _id ends in its
// index, so that a row that was read back says which one it should be.
type part struct {
	in    store.Name
	table string // physical
	rows  int
	like  store.Record // of the table's type; nil for documents
	id    func(i int) string
	// record or document gives row i; the other is nil. Documents have a schema.
	record   func(i int) store.Record
	document func(i int) store.Document
	schema   store.Schema
}

// rowsMax is how many rows of one part an index in an _id can tell apart.
const rowsMax = 1 << 32

// chunkBytes bounds one insert, so that a load holds a few megabytes per connection
// whatever the rows' size; it is well below the 16 MB and 48 MB of MongoDB's protocol.
const chunkBytes = 2 << 20

// chunk is how many rows one insert takes, judged by the first row, which no other of its
// kind exceeds by much.
func (p part) chunk() int {
	size := max(1, len(Canonical(p.row(0))))
	return min(max(1, chunkBytes/size), store.BulkMax)
}

func (p part) row(i int) any {
	if p.record != nil {
		return p.record(i)
	}
	return p.document(i)
}

// Canonical is the text of a row as it is compared: fields by name, moments in UTC, and
// no field that is null. Whole numbers are alike whatever their width; the columns' types
// are the schema's business.
func Canonical(row any) []byte {
	if document, is := row.(store.Document); is {
		filled := make(store.Document, len(document))
		for name, value := range document {
			if value != nil {
				filled[name] = value
			}
		}
		row = filled
	}
	text, err := json.Marshal(row)
	if err != nil {
		return []byte(err.Error()) // a number that JSON has no word for: equal to no row of ours
	}
	return text
}

// find tells which row of the table an _id belongs to; parts are all those of one table.
func find(parts []part, id string) (at, row int, known bool) {
	const digits = 8
	if len(id) < digits {
		return 0, 0, false
	}
	index, err := strconv.ParseUint(id[len(id)-digits:], 16, 32)
	if err != nil {
		return 0, 0, false
	}
	for at, p := range parts {
		if int(index) < p.rows && p.id(int(index)) == id {
			return at, int(index), true
		}
	}
	return 0, 0, false
}

// parts of an identity: user 0 first.
func (d Identity) parts() []part {
	s, roles := d.Sizes, len(orgRoles())
	var all []part
	add := func(in store.Name, kind uint64, rows int, like store.Record, record func(i int) store.Record) {
		if rows > 0 {
			all = append(all, part{in: in, table: like.Table(), like: like, rows: rows, record: record, id: func(i int) string { return d.object(kind, i) }})
		}
	}
	add(store.UsersStore, kindUser, s.Users, store.User{}, func(i int) store.Record { return d.User(i) })
	add(store.UsersStore, kindToken, s.Users, store.AccessToken{}, func(i int) store.Record { return d.AccessToken(i) })
	add(store.UsersStore, kindOrg, s.Orgs, store.Organisation{}, func(i int) store.Record { return d.Organisation(i) })
	add(store.UsersStore, kindOrgRole, s.Orgs*roles, store.OrgRole{}, func(i int) store.Record { return d.OrgRole(i/roles, i%roles) })
	add(store.UsersStore, kindMembership, s.Users, store.OrgMembership{}, func(i int) store.Record { return d.Membership(i) })
	add(store.UsersStore, kindOrgKey, s.Orgs*s.KeysPerOrg, store.OrgAPIKey{}, func(i int) store.Record { return d.OrgKey(i/s.KeysPerOrg, i%s.KeysPerOrg) })
	add(store.PermissionsStore, kindWorkspace, s.Workspaces, store.Workspace{}, func(i int) store.Record { return d.Workspace(i) })
	add(store.PermissionsStore, kindPage, s.Workspaces*s.PagesPerWorkspace, store.Page{}, func(i int) store.Record { return d.Page(i/s.PagesPerWorkspace, i%s.PagesPerWorkspace) })
	add(store.PermissionsStore, kindAPIKey, s.Workspaces, store.Role{}, func(i int) store.Record { return d.KeyRole(i) })
	add(store.UsersStore, kindGroup, s.Users*s.GroupsPerUser, store.OrgGroupMember{}, func(i int) store.Record { return d.GroupMember(i/s.GroupsPerUser, i%s.GroupsPerUser) })
	add(store.PermissionsStore, kindFile, s.Workspaces*s.FilesPerWorkspace, store.File{}, func(i int) store.Record { return d.File(i/s.FilesPerWorkspace, i%s.FilesPerWorkspace) })
	add(store.PermissionsStore, kindRole, s.Workspaces*s.RolesPerWorkspace, store.Role{}, func(i int) store.Record { return d.Role(i/s.RolesPerWorkspace, i%s.RolesPerWorkspace) })
	return all
}

// parts of collections: each workspace's documents, and at the end the bindings of all.
func (d Collections) parts() []part {
	var all []part
	for w := range d.Sizes.Workspaces {
		for _, schema := range d.Schemas(w) {
			all = append(all, d.documents(w, schema))
		}
	}
	bindings := d.Sizes.Agents * d.Sizes.Bindings
	return append(all, part{
		in: store.CollectionsStore, table: store.BindingsTable, like: store.Binding{}, rows: d.Sizes.Workspaces * bindings,
		id:     func(i int) string { return d.Of.object(kindBinding, i) },
		record: func(i int) store.Record { return d.binding(i/bindings, i%bindings) },
	})
}

// documents are the rows of one collection of workspace w. Their _ids ascend, as those of
// the platform do in time, so that new rows lie together in the index.
func (d Collections) documents(w int, schema store.Schema) part {
	p := part{in: store.CollectionsStore, table: schema.Collection.Physical(), schema: schema}
	var kind uint64
	var row func(i int) store.Document
	switch schema.Collection.Name {
	case conversations:
		kind, p.rows, row = kindConversation, d.ConversationCount(w), func(i int) store.Document { return d.Conversation(w, i) }
	case messages:
		kind, p.rows, row = kindMessage, d.MessageCount(w), func(i int) store.Document { return d.Message(w, i) }
	default:
		hours := d.Sizes.MetricHours
		kind, p.rows, row = kindAgent, d.Sizes.Agents*hours, func(i int) store.Document { return d.Metric(w, i/hours, i%hours) }
	}
	prefix := fmt.Sprintf("%016x", d.Of.hash(kind+kinds, w))
	p.id = func(i int) string { return fmt.Sprintf("%s%08x", prefix, uint32(i)) }
	p.document = func(i int) store.Document {
		whole := row(i)
		whole["_id"], whole["createdAt"], whole["updatedAt"] = p.id(i), moment(i), moment(i)
		return whole
	}
	return p
}

// binding is binding number i of workspace w.
func (d Collections) binding(w, i int) store.Binding {
	a, b := i/d.Sizes.Bindings, i%d.Sizes.Bindings
	return store.Binding{
		MongoID: d.Of.object(kindBinding, w*d.Sizes.Agents*d.Sizes.Bindings+i), BindingKey: d.BindingKey(w, a, b), OrgSlug: d.Of.OrgSlug(0), RoleSlug: "viewer",
		GrantedBy: d.Of.UserID(d.Of.Owner(w)), CreatedAt: moment(i),
	}
}

package dataset

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strings"
	"time"
)

// Identity is the content of the users and permissions stores. Every method is pure:
// who holds the same value knows every id, secret and relation.
//
// A user belongs to one organisation; a workspace has an owner, members, sometimes a
// role or everybody in its map; tokens, keys and roles belong to those.
type Identity struct {
	Seed  uint64
	Sizes Sizes
}

// Sizes says how much an Identity holds. The zero value holds nothing and is refused by LoadInto.
type Sizes struct {
	Users      int // at least 2: user 0 is deactivated and never asked for
	Orgs       int
	Workspaces int

	PagesPerWorkspace int
	FilesPerWorkspace int
	RolesPerWorkspace int // custom roles; one API key role comes on top
	KeysPerOrg        int
	GroupsPerUser     int
	Members           int // principals of an ordinary workspace's map, its owner besides
	HugeMembers       int // principals of every hundredth workspace, the first included

	UserBytes      int // of a user's meta map
	WorkspaceBytes int // of a workspace's config
	PageBytes      int // of a page's description
	RulesBytes     int // of a role's rules
}

// Modest is a data set that loads within seconds on a small machine and still has
// every relation: about 5,000 rows.
func Modest() Sizes {
	return Sizes{
		Users: 500, Orgs: 10, Workspaces: 80,
		PagesPerWorkspace: 8, FilesPerWorkspace: 12, RolesPerWorkspace: 4, KeysPerOrg: 2, GroupsPerUser: 2, Members: 8, HugeMembers: 200,
		UserBytes: 600, WorkspaceBytes: 1500, PageBytes: 800, RulesBytes: 1200,
	}
}

// Small is for engines that read a whole table where others use an index.
func Small() Sizes {
	s := Modest()
	s.Users, s.Orgs, s.Workspaces = 100, 4, 20
	s.PagesPerWorkspace, s.FilesPerWorkspace, s.RolesPerWorkspace, s.HugeMembers = 4, 6, 2, 30
	return s
}

// Large loads within minutes: about 120,000 rows.
func Large() Sizes {
	s := Modest()
	s.Users, s.Orgs, s.Workspaces = 20_000, 100, 1_000
	return s
}

// check refuses sizes that could hold no request.
func (s Sizes) check() error {
	if min(s.FilesPerWorkspace, s.RolesPerWorkspace, s.GroupsPerUser, s.Members, s.HugeMembers, s.UserBytes, s.WorkspaceBytes, s.PageBytes, s.RulesBytes) < 0 {
		return fmt.Errorf("an identity data set has no negative size; asked for %+v", s)
	}
	if s.Users < 2 || s.Orgs < 1 || s.Workspaces < 1 || s.PagesPerWorkspace < 1 || s.KeysPerOrg < 1 {
		return fmt.Errorf("an identity data set needs at least 2 users, 1 organisation, 1 workspace, 1 page and 1 key; asked for %+v", s)
	}
	return nil
}

// check refuses what could hold no request, or more rows than an _id can number.
func (d Identity) check() error {
	if err := d.Sizes.check(); err != nil {
		return err
	}
	for _, p := range d.parts() {
		if p.rows > rowsMax {
			return fmt.Errorf("table %s would have %d rows, over %d", p.table, p.rows, rowsMax)
		}
	}
	return nil
}

// Active tells whether requests may come from user i; user 0 is deactivated.
func (d Identity) Active(i int) bool { return i != 0 }

// ActiveUsers is how many users may be asked for: those from 1 on.
func (d Identity) ActiveUsers() int { return d.Sizes.Users - 1 }

// UserID is the _id of user i.
func (d Identity) UserID(i int) string { return d.object(kindUser, i) }

// Email is the lower-cased address of user i.
func (d Identity) Email(i int) string {
	return fmt.Sprintf("user%d@%s.example.org", i, d.OrgSlug(d.OrgOf(i)))
}

// ProviderID is what the identity provider Provider calls user i.
func (d Identity) ProviderID(i int) string { return d.uuid(kindProvider, i) }

// VisitorID is the _id of the anonymous visitor that an arrival of one window creates;
// no account and no visitor of another window has it.
func (d Identity) VisitorID(window uint64, arrival int64) string {
	return Identity{Seed: mix(d.Seed ^ window)}.object(kindVisitor, int(arrival))
}

// GuestID is a principal that is no account: somebody a workspace is shared with during a load.
func (d Identity) GuestID(g int) string { return d.object(kindGuest, g) }

// Provider is the key in every user's authData.
const Provider = "azure"

// Token is the personal access token of user i.
func (d Identity) Token(i int) string { return "at:" + d.uuid(kindToken, i) }

// OrgOf is the index of the organisation of user i.
func (d Identity) OrgOf(i int) int { return i % d.Sizes.Orgs }

// OrgSlug names organisation o.
func (d Identity) OrgSlug(o int) string { return fmt.Sprintf("org-%d-%x", o, d.hash(kindOrg, o)>>48) }

// OrgRoleOf is the slug of the role that user i has in the organisation.
func (d Identity) OrgRoleOf(i int) string {
	roles := orgRoles()
	return roles[d.hash(kindMembership, i)%uint64(len(roles))]
}

// OrgKeyHash is the stored hash of key k of organisation o: 64 hex digits.
func (d Identity) OrgKeyHash(o, k int) string {
	at := o*d.Sizes.KeysPerOrg + k
	return strings.ReplaceAll(d.uuid(kindOrgKey, at)+d.uuid(kindOrgKey+kinds, at), "-", "")
}

// WorkspaceID is the 7-character id of workspace w; no two are equal.
func (d Identity) WorkspaceID(w int) string { return d.short(w) }

// WorkspaceSlug names workspace w in addresses.
func (d Identity) WorkspaceSlug(w int) string {
	return fmt.Sprintf("workspace-%d-%s", w, strings.ToLower(d.short(w)))
}

// PageSlug names page p of a workspace.
func (d Identity) PageSlug(p int) string { return fmt.Sprintf("page-%d", p) }

// PageID is the 7-character id of page p of workspace w.
func (d Identity) PageID(w, p int) string {
	return d.short(d.Sizes.Workspaces + w*d.Sizes.PagesPerWorkspace + p)
}

// WorkspaceKey is the API key of workspace w.
func (d Identity) WorkspaceKey(w int) string { return d.uuid(kindAPIKey, w) }

// Owner is the index of the user who owns workspace w; never the deactivated one.
func (d Identity) Owner(w int) int { return 1 + w%d.ActiveUsers() }

// WorkspaceOf is a workspace that user i may read: the user's own where there is one,
// else one that the user is at home in as a member.
func (d Identity) WorkspaceOf(i int) int { return (i - 1) % d.Sizes.Workspaces }

// Principals are the user indices in the map of workspace w: its owner first, then
// those at home in it, then others by chance; nobody twice, never the deactivated one.
func (d Identity) Principals(w int) []int {
	all, seen := []int{d.Owner(w)}, map[int]bool{d.Owner(w): true}
	add := func(i int) {
		if !seen[i] {
			seen[i] = true
			all = append(all, i)
		}
	}
	for i := w + 1; i < d.Sizes.Users; i += d.Sizes.Workspaces {
		add(i)
	}
	others := d.Sizes.Members
	if w%100 == 0 {
		others = d.Sizes.HugeMembers
	}
	chance := Draw(d.Seed, Purpose(kindMember), int64(w))
	for range others {
		add(1 + chance.Below(d.ActiveUsers()))
	}
	return all
}

// SharedWithEverybody tells whether everybody may read workspace w: one in forty.
func (d Identity) SharedWithEverybody(w int) bool { return w%40 == 3 }

// StaffRole is the role whose holders may read one workspace in twenty.
const StaffRole = "staff"

// SharedWithStaff tells whether StaffRole stands in the map of workspace w.
func (d Identity) SharedWithStaff(w int) bool { return w%20 == 7 }

// epoch is the fixed time before which nothing of a data set happened.
func epoch() time.Time { return time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC) }

// far is when tokens and keys of a data set end.
func far() time.Time { return time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC) }

// moment is a time of row i, in whole milliseconds as both engine families keep them.
func moment(i int) time.Time { return epoch().Add(time.Duration(i) * time.Minute) }

func orgRoles() []string { return []string{"owner", "admin", "builder", "member", "viewer", "guest"} }

// The kinds keep the hashes of two rows with one index apart.
const (
	kindUser uint64 = iota + 1
	kindProvider
	kindToken
	kindOrg
	kindMembership
	kindOrgKey
	kindOrgRole
	kindGroup
	kindWorkspace
	kindPage
	kindFile
	kindRole
	kindAPIKey
	kindMember
	kindText
	kindConversation
	kindMessage
	kindAgent
	kindBinding
	kindVisitor
	kindGuest
	kindAdded
	kinds // how many there are; a kind plus this is its second half
)

func (d Identity) hash(kind uint64, i int) uint64 { return mix(mix(d.Seed+kind*golden) + uint64(i)) }

// object is a 24-hex-digit id: 8 digits of kind and seed, 8 of chance, 8 of index, so
// that two rows of one kind never share it.
func (d Identity) object(kind uint64, i int) string {
	var raw [12]byte
	binary.BigEndian.PutUint32(raw[0:], 0x65000000|uint32(mix(d.Seed+kind)&0xffffff))
	binary.BigEndian.PutUint32(raw[4:], uint32(d.hash(kind, i)))
	binary.BigEndian.PutUint32(raw[8:], uint32(i))
	return hex.EncodeToString(raw[:])
}

// uuid has the shape of a version 4 UUID.
func (d Identity) uuid(kind uint64, i int) string {
	high, low := d.hash(kind, i), mix(d.hash(kind, i)+golden)
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}

// short is a 7-character id: a walk through all 62^7 of them by a step that is
// coprime with 62, so that no id comes twice.
func (d Identity) short(i int) string {
	const all, step = 62 * 62 * 62 * 62 * 62 * 62 * 62, 1_361_528_402_257
	high, low := bits.Mul64(uint64(i), step)
	_, place := bits.Div64(high%all, low, all)
	return base62((place+mix(d.Seed)%all)%all, 7)
}

func base62(value uint64, digits int) string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	text := make([]byte, digits)
	for at := digits - 1; at >= 0; at-- {
		text[at] = alphabet[value%62]
		value /= 62
	}
	return string(text)
}

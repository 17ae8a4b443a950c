package dataset

import (
	"fmt"
	"strings"

	"tristore/drivers/store"
)

// User is account i as it stands before the load.
func (d Identity) User(i int) store.User {
	email, status := d.Email(i), "validated"
	if !d.Active(i) {
		status = "deactivated"
	}
	return store.User{
		ID: d.UserID(i), Email: &email, Password: d.passwordHash(i),
		FirstName: "Ada" + fmt.Sprint(i), LastName: "Lovelace", Language: "en", Photo: "https://cdn.example.org/photos/" + d.UserID(i) + ".png",
		Status: status,
		AuthData: map[string]map[string]any{Provider: {
			"id": d.ProviderID(i), "email": email, "name": "Ada Lovelace " + fmt.Sprint(i), "tenant": d.OrgSlug(d.OrgOf(i)),
		}},
		Meta:     map[string]any{"pins": d.text(kindUser, i, d.Sizes.UserBytes)},
		Groups:   []string{"everyone"},
		OrgSlugs: []string{d.OrgSlug(d.OrgOf(i))}, PlatformRole: "",
		CreatedAt: moment(i), UpdatedAt: moment(i),
	}
}

// passwordHash has the shape of bcrypt at cost 10; nobody can sign in with it.
func (d Identity) passwordHash(i int) string {
	return "$2b$10$" + strings.ReplaceAll(d.uuid(kindUser, i)+d.uuid(kindUser+kinds, i), "-", "")[:53]
}

// AccessToken is the personal token of user i.
func (d Identity) AccessToken(i int) store.AccessToken {
	return store.AccessToken{ID: d.object(kindToken, i), UserID: d.UserID(i), Name: "laptop", Token: d.Token(i), ExpiresAt: far()}
}

// Organisation is tenant o.
func (d Identity) Organisation(o int) store.Organisation {
	return store.Organisation{
		ID: d.object(kindOrg, o), Slug: d.OrgSlug(o), Name: fmt.Sprintf("Organisation %d", o), Status: "active",
		Domains: []string{d.OrgSlug(o) + ".example.org"}, Branding: map[string]any{"primary": "#1a2b3c", "navigation": d.text(kindOrg, o, 2000)},
		CreatedAt: moment(o),
	}
}

// OrgRole is the role named by place r of organisation o.
func (d Identity) OrgRole(o, r int) store.OrgRole {
	slug := orgRoles()[r]
	return store.OrgRole{
		ID: d.object(kindOrgRole, o*len(orgRoles())+r), OrgSlug: d.OrgSlug(o), Slug: slug,
		Permissions: []string{"workspaces:read", "workspaces:" + slug, "agents:run"}, Scopes: []string{"org"},
	}
}

// Membership ties user i to the user's organisation.
func (d Identity) Membership(i int) store.OrgMembership {
	return store.OrgMembership{
		ID: d.object(kindMembership, i), OrgSlug: d.OrgSlug(d.OrgOf(i)), UserID: d.UserID(i), RoleSlug: d.OrgRoleOf(i), Status: "active", JoinedAt: moment(i),
	}
}

// GroupMember puts user i into the user's group number g.
func (d Identity) GroupMember(i, g int) store.OrgGroupMember {
	return store.OrgGroupMember{
		ID: d.object(kindGroup, i*d.Sizes.GroupsPerUser+g), OrgSlug: d.OrgSlug(d.OrgOf(i)), GroupSlug: fmt.Sprintf("group-%d", (i+g)%20), UserID: d.UserID(i),
	}
}

// OrgKey is key k of organisation o.
func (d Identity) OrgKey(o, k int) store.OrgAPIKey {
	owner := 1 + (o+k)%d.ActiveUsers()
	return store.OrgAPIKey{
		ID: d.object(kindOrgKey, o*d.Sizes.KeysPerOrg+k), OrgSlug: d.OrgSlug(o), Hash: d.OrgKeyHash(o, k), OwnerType: "user", OwnerID: d.UserID(owner),
		Permissions: []string{"workspaces:read"}, Scopes: []string{"api"}, ExpiresAt: far(),
	}
}

// Workspace is workspace w with its permission map.
func (d Identity) Workspace(w int) store.Workspace {
	slug, base := d.WorkspaceSlug(w), d.of(kindWorkspace, d.WorkspaceID(w), w, w)
	base.Permissions = d.grants(w)
	return store.Workspace{
		Subject: base,
		Name:    fmt.Sprintf("Workspace %d", w), Slug: &slug, Photo: "https://cdn.example.org/w/" + d.WorkspaceID(w) + ".png",
		Description: "Assistants of team " + fmt.Sprint(w), Labels: []string{"team-" + fmt.Sprint(w%7)},
		Config: map[string]any{"imports": d.text(kindWorkspace, w, d.Sizes.WorkspaceBytes)},
	}
}

// grants is the map of workspace w: the owner may do everything, members may read.
func (d Identity) grants(w int) map[string]store.Grant {
	all := map[string]store.Grant{}
	for at, i := range d.Principals(w) {
		grant := store.Grant{Role: "editor", Policies: map[string]bool{"read": true}}
		if at == 0 {
			grant = store.Grant{Role: "owner", Policies: map[string]bool{"read": true, "write": true, "manage_permissions": true}}
		}
		all[d.UserID(i)] = grant
	}
	if d.SharedWithEverybody(w) {
		all[store.Everybody] = store.Grant{Policies: map[string]bool{"read": true}}
	}
	if d.SharedWithStaff(w) {
		all[store.RolePrefix+StaffRole] = store.Grant{Policies: map[string]bool{"read": true}}
	}
	return all
}

// Page is page p of workspace w.
func (d Identity) Page(w, p int) store.Page {
	workspaceSlug, slug := d.WorkspaceSlug(w), d.PageSlug(p)
	at := w*d.Sizes.PagesPerWorkspace + p
	return store.Page{
		Subject:     d.of(kindPage, d.PageID(w, p), w, at),
		WorkspaceID: d.WorkspaceID(w), WorkspaceSlug: &workspaceSlug, Slug: &slug,
		Name: map[string]string{"en": fmt.Sprintf("Page %d", p), "fr": fmt.Sprintf("Page %d (fr)", p)}, Description: d.text(kindPage, at, d.Sizes.PageBytes),
		Labels: []string{"public"},
	}
}

// File is file f of workspace w.
func (d Identity) File(w, f int) store.File {
	at := w*d.Sizes.FilesPerWorkspace + f
	id := d.short(at) + d.short(at+1) + d.WorkspaceID(w)
	return store.File{
		Subject:     d.of(kindFile, id, w, at),
		WorkspaceID: d.WorkspaceID(w), Name: fmt.Sprintf("report-%d.pdf", f), SizeBytes: int64(d.hash(kindFile, at) % (16 << 20)), MimeType: "application/pdf",
		Path: d.WorkspaceID(w) + "/" + id, Metadata: map[string]any{"pages": float64(at % 40)},
	}
}

// Role is custom role r of workspace w.
func (d Identity) Role(w, r int) store.Role {
	at := w*d.Sizes.RolesPerWorkspace + r
	name := fmt.Sprintf("role-%d", r)
	return store.Role{
		Subject: d.of(kindRole, "workspaces/"+d.WorkspaceID(w)+"/role/"+name, w, at),
		Name:    name, Type: "role", SubjectType: SubjectWorkspaces, SubjectID: d.WorkspaceID(w), Rules: d.rules(kindRole, at),
	}
}

// KeyRole is the API key role of workspace w.
func (d Identity) KeyRole(w int) store.Role {
	return store.Role{
		Subject: d.of(kindAPIKey, "workspaces/"+d.WorkspaceID(w)+"/apiKey/"+d.uuid(kindAPIKey+kinds, w), w, w),
		Name:    "key", Type: "apiKey", SubjectType: SubjectWorkspaces, SubjectID: d.WorkspaceID(w), Rules: d.rules(kindAPIKey, w),
		Auth: store.Auth{APIKey: &store.APIKey{Value: d.WorkspaceKey(w)}},
	}
}

// SubjectWorkspaces is the subject type of roles that belong to a workspace.
const SubjectWorkspaces = "workspaces"

// of is the base of a record of workspace w, number at among its kind.
func (d Identity) of(kind uint64, id string, w, at int) store.Subject {
	owner := d.UserID(d.Owner(w))
	return store.Subject{
		MongoID: d.object(kind, at), ID: id, CreatedBy: owner, UpdatedBy: owner, CreatedAt: moment(at), UpdatedAt: moment(at),
		Permissions: map[string]store.Grant{owner: {Role: "owner", Policies: map[string]bool{"read": true}}},
	}
}

func (d Identity) rules(kind uint64, at int) string {
	return `[{"action":["read"],"subject":"workspaces","reason":"` + d.text(kind, at, d.Sizes.RulesBytes) + `"}]`
}

// text is n bytes of lower-case letters and spaces that do not compress to nothing.
func (d Identity) text(kind uint64, i, n int) string { return filler(d.hash(kindText, i)+kind, n) }

func filler(from uint64, n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz    ea"
	out, chance := make([]byte, n), Stream{from}
	for at := 0; at < n; {
		word := chance.Uint64()
		for range 12 {
			if at == n {
				break
			}
			out[at] = letters[word&31]
			word >>= 5
			at++
		}
	}
	return string(out)
}

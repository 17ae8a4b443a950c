package store

import "context"

// Pipeline is the power of a store to be asked several independent reads at once: all are
// sent before the first answer is waited for, so that together they take one round trip,
// and two where a part of a read needs the answer of another. How one read ends says
// nothing of the others.
type Pipeline interface {
	// Pipelines is nil where reads go together, and says why where they do not.
	Pipelines() error
	// Together fills in what each read found, and tells how each ended. What is no read of
	// this store is refused as Invalid.
	Together(ctx context.Context, reads ...Read) []Outcome
}

// Read is one read of a Pipeline: a pointer to one of the types below, named after the
// method that asks the same by itself.
type Read interface{ isRead() }

// LoadCallerRead is Users.LoadCaller.
type LoadCallerRead struct {
	UserID string
	Found  User
}

// OrgContextRead is Users.OrgContext: three of its rows at once, and then the role.
type OrgContextRead struct {
	OrgSlug, UserID string
	Found           OrgContext
}

// WorkspaceByIDRead is Permissions.WorkspaceByID.
type WorkspaceByIDRead struct {
	ID    string
	Found Workspace
}

// FilesRead is Permissions.Files.
type FilesRead struct {
	WorkspaceID string
	Limit       int
	Found       []File
}

// CustomRolesRead is Permissions.CustomRoles.
type CustomRolesRead struct {
	SubjectType, SubjectID string
	Found                  []Role
}

func (*LoadCallerRead) isRead()    {}
func (*OrgContextRead) isRead()    {}
func (*WorkspaceByIDRead) isRead() {}
func (*FilesRead) isRead()         {}
func (*CustomRolesRead) isRead()   {}

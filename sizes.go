package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tristore/drivers"
	"tristore/scenarios/dataset"
)

// sizeFlags are the words by which a command line sizes a data set.
type sizeFlags struct {
	size                                                        string
	users, workspaces, files, conversations, messages, rowBytes int
}

func (f *sizeFlags) declare(c *cobra.Command, otherwise string) {
	set := c.Flags()
	set.StringVar(&f.size, "size", otherwise, "how much: small (2,000 rows), modest (15,000), large (600,000)")
	set.IntVar(&f.users, "users", 0, "users, instead of those of --size; so with the others")
	set.IntVar(&f.workspaces, "workspaces", 0, "workspaces")
	set.IntVar(&f.files, "files", 0, "files in each workspace")
	set.IntVar(&f.conversations, "conversations", 0, "conversations in each workspace that has collections")
	set.IntVar(&f.messages, "messages", 0, "messages in each conversation")
	set.IntVar(&f.rowBytes, "row-bytes", 0, "bytes of each message, and of what each user has stored")
}

// read turns sizes into the content of all three stores, or says which word is wrong.
func (f *sizeFlags) read(c *cobra.Command, seed uint64) (dataset.Whole, error) {
	of, inside := dataset.Modest(), dataset.ModestCollections()
	switch f.size {
	case "small":
		of, inside = dataset.Small(), dataset.SmallCollections()
	case "modest":
	case "large":
		of, inside = dataset.Large(), dataset.LargeCollections()
	default:
		known := []string{"small", "modest", "large"}
		return dataset.Whole{}, fmt.Errorf("size %q is not known; did you mean %s? known: small, modest, large", f.size, drivers.Nearest(f.size, known))
	}
	for name, into := range map[string]struct {
		given int
		to    []*int
	}{
		"users": {f.users, []*int{&of.Users}}, "workspaces": {f.workspaces, []*int{&of.Workspaces}}, "files": {f.files, []*int{&of.FilesPerWorkspace}},
		"conversations": {f.conversations, []*int{&inside.Conversations}}, "messages": {f.messages, []*int{&inside.MessagesPerConversation}},
		"row-bytes": {f.rowBytes, []*int{&of.UserBytes, &inside.MessageBytes}},
	} {
		if !c.Flags().Changed(name) {
			continue
		}
		if into.given < 1 {
			return dataset.Whole{}, fmt.Errorf("--%s is a number from 1 on: it cannot be %d", name, into.given)
		}
		for _, one := range into.to {
			*one = into.given
		}
	}
	inside.Workspaces = min(inside.Workspaces, of.Workspaces)
	set := dataset.Whole{Collections: dataset.Collections{Of: dataset.Identity{Seed: seed, Sizes: of}, Sizes: inside}}
	return set, dataset.Check(set)
}

package mongo

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"tristore/drivers"
	"tristore/drivers/store"
)

// Fingerprint is the content and the catalogue of the target's database. Documents are
// streamed, a batch at a time, so memory is bounded; collections are read one after the
// other and not at one instant: let nobody write meanwhile.
//
// A document's hash is the first half of the SHA-256 of its BSON: types, numbers' widths
// and the order of fields all count, since two documents that differ in any of them are
// not equal to the server either. A collection's hash is the sum of these modulo 2^128,
// so it does not depend on the order of documents and counts duplicates. Two different
// contents agree by accident with probability about 2^-128.
func Fingerprint(ctx context.Context, target drivers.Target) (print store.Fingerprint, err error) {
	print.Tables = map[string]store.TableDigest{}
	err = oneClient(ctx, target, func(in *driver.Database) error {
		s := session{client: in.Client(), in: in}
		names, err := s.collectionNames(ctx)
		if err != nil {
			return err
		}
		for _, name := range names {
			if name == drivers.SandboxMark {
				continue // bound to this one database on purpose
			}
			if print.Tables[name], err = digest(ctx, in.Collection(name)); err != nil {
				return fmt.Errorf("collection %s: %w", name, err)
			}
		}
		print.Objects, err = s.objects(ctx)
		return err
	})
	if err != nil {
		return store.Fingerprint{}, fmt.Errorf("fingerprinting %s: %w", target.URL.Database(), err)
	}
	return print, nil
}

// digestBatch bounds the documents that one answer of the server holds.
const digestBatch = 1000

func digest(ctx context.Context, of *driver.Collection) (store.TableDigest, error) {
	cursor, err := of.Find(ctx, bson.D{}, options.Find().SetBatchSize(digestBatch))
	if err != nil {
		return store.TableDigest{}, err
	}
	var d store.TableDigest
	var high, low uint64
	for cursor.Next(ctx) {
		sum := sha256.Sum256(cursor.Current)
		var carry uint64
		low, carry = bits.Add64(low, binary.BigEndian.Uint64(sum[8:16]), 0)
		high, _ = bits.Add64(high, binary.BigEndian.Uint64(sum[:8]), carry)
		d.Rows++
		d.Bytes += int64(len(cursor.Current))
	}
	if err := cursor.Err(); err != nil {
		return store.TableDigest{}, err
	}
	d.Hash = fmt.Sprintf("%016x%016x", high, low)
	return d, cursor.Close(ctx)
}

// objects is one sorted line per collection, view and index, with its options. What a
// copy cannot keep is left out: UUIDs, the namespace and the version of the index format.
func (s session) objects(ctx context.Context) ([]string, error) {
	cursor, err := s.in.ListCollections(ctx, bson.D{})
	if err != nil {
		return nil, err
	}
	var specs []bson.Raw
	if err := cursor.All(ctx, &specs); err != nil {
		return nil, err
	}
	var lines []string
	for _, spec := range specs {
		name, _ := spec.Lookup("name").StringValueOK()
		kind, _ := spec.Lookup("type").StringValueOK()
		if kind == "" {
			kind = "collection"
		}
		if name == drivers.SandboxMark {
			continue
		}
		settings := "{}"
		if given, is := spec.Lookup("options").DocumentOK(); is {
			settings = sortedText(given)
		}
		lines = append(lines, kind+" "+name+" "+settings)
		if kind == "view" {
			continue
		}
		indexes, err := s.indexSpecs(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, index := range indexes {
			key, _ := index.Lookup("key").DocumentOK() // its order counts
			lines = append(lines, "index of "+name+" "+key.String()+" "+sortedText(index))
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// sortedText is a document's fields by name, as extended JSON.
func sortedText(document bson.Raw) string {
	elements, _ := document.Elements() // the driver decoded it already
	var fields []string
	for _, element := range elements {
		if !slices.Contains([]string{"v", "ns", "uuid", "key"}, element.Key()) {
			fields = append(fields, element.String())
		}
	}
	slices.Sort(fields)
	return fmt.Sprint(fields)
}

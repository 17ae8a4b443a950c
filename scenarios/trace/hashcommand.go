package trace

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// command hashes what users wrote into a command of MongoDB. As of SQL, names of
// collections, fields and variables stay, and so do limits, orders and switches; values
// keep their type, and equal ones stay equal.
func (h *hasher) command(c bson.D) (bson.D, error) {
	hashed := slices.Clone(c)
	known, _ := formOf(canonical(c[0].Key)) // it was classified
	for i, e := range c[1:] {
		var err error
		if hashed[i+1].Value, err = h.part(known.parts[e.Key], e.Value); err != nil {
			return nil, err
		}
	}
	return hashed, nil
}

func (h *hasher) part(what role, v any) (any, error) {
	_, list := v.(bson.A)
	switch {
	case what == data, what == change && !list:
		return h.mapped(v, h.dataField, h.scalar)
	case what == change, what == pipeline:
		return h.expression(v)
	case what == projection:
		return h.projected(v)
	case what == statements:
		return h.mapped(v, h.statementField, h.scalar)
	default:
		return v, nil
	}
}

// statementField hashes a field of one statement of an update or a delete.
func (h *hasher) statementField(name string, v any) (any, error) {
	return h.part(statementParts()[name], v)
}

func plainSwitch(v any) bool {
	_, number := asNumber(v)
	_, yes := v.(bool)
	return number || yes
}

// mapped hashes fields and elements one by one.
func (h *hasher) mapped(v any, inside func(name string, v any) (any, error), scalar func(any) (any, error)) (any, error) {
	switch v := v.(type) {
	case bson.D:
		hashed := make(bson.D, len(v))
		for i, e := range v {
			value, err := inside(e.Key, e.Value)
			if err != nil {
				return nil, err
			}
			hashed[i] = bson.E{Key: e.Key, Value: value}
		}
		return hashed, nil
	case bson.A:
		hashed := make(bson.A, len(v))
		for i, one := range v {
			var err error
			if hashed[i], err = h.mapped(one, inside, scalar); err != nil {
				return nil, err
			}
		}
		return hashed, nil
	default:
		return scalar(v)
	}
}

// typeNames are what $type may name.
func typeNames() []string {
	return []string{"double", "string", "object", "array", "binData", "objectId", "bool", "date", "null", "regex", "int", "timestamp", "long", "decimal", "number"}
}

// dataField hashes a field of a filter, an update or a document. What follows an operator
// that takes a count, a kind or letters of options stays.
func (h *hasher) dataField(name string, v any) (any, error) {
	word, _ := v.(string)
	switch {
	case name == "$expr":
		return h.expression(v)
	case slices.Contains([]string{"$exists", "$size", "$slice", "$position", "$sort", "$type"}, name) && plainSwitch(v),
		name == "$type" && slices.Contains(typeNames(), word), name == "$options" && strings.Trim(word, "imxsu") == "":
		return v, nil
	default:
		return h.mapped(v, h.dataField, h.scalar)
	}
}

// stageNames are the fields that hold names or numbers that shape a stage, by the stage.
func stageNames(stage string) []string {
	switch stage {
	case "$lookup":
		return []string{"from", "localField", "foreignField", "as"}
	case "$graphLookup":
		return []string{"from", "connectFromField", "connectToField", "as", "maxDepth", "depthField"}
	case "$unwind":
		return []string{"path", "includeArrayIndex"}
	case "$unionWith":
		return []string{"coll"}
	case "$merge":
		return []string{"into", "on", "whenNotMatched"}
	case "$dateToString":
		return []string{"format", "timezone"}
	case "$dateFromString":
		return []string{"format", "timezone"}
	case "$dateTrunc":
		return []string{"unit", "timezone", "startOfWeek"}
	case "$dateAdd":
		return []string{"unit", "timezone"}
	case "$dateDiff":
		return []string{"unit", "timezone", "startOfWeek"}
	case "$convert":
		return []string{"to"}
	default:
		return nil
	}
}

// expression hashes stages and expressions: a string that begins with $ is a path there.
func (h *hasher) expression(v any) (any, error) { return h.mapped(v, h.stage, h.term) }

func (h *hasher) term(v any) (any, error) {
	if text, is := v.(string); is && strings.HasPrefix(text, "$") {
		return v, nil
	}
	return h.scalar(v)
}

func (h *hasher) stage(name string, v any) (any, error) {
	_, word := v.(string)
	switch name {
	case "$literal", "$match", "restrictSearchWithMatch":
		return h.mapped(v, h.dataField, h.scalar)
	case "$limit", "$skip", "$sample", "$sort", "$count", "$unset", "$out":
		return v, nil
	case "$project":
		return h.projected(v)
	}
	names := stageNames(name)
	if word && (name == "$unionWith" || name == "$merge") {
		return v, nil
	}
	return h.mapped(v, func(inner string, v any) (any, error) {
		_, named := v.(string)
		if slices.Contains(names, inner) || name == "$merge" && inner == "whenMatched" && named {
			return v, nil
		}
		return h.stage(inner, v)
	}, h.term)
}

// projected hashes a projection, in which a number says whether a field is wanted.
func (h *hasher) projected(v any) (any, error) {
	return h.mapped(v, func(name string, v any) (any, error) {
		if plainSwitch(v) || name == "$meta" {
			return v, nil
		}
		return h.stage(name, v)
	}, h.term)
}

// scalar is another value of the same type and shape. An error of a parser would show it.
func (h *hasher) scalar(v any) (any, error) {
	hashed, err := h.drawn(v)
	if err != nil {
		return nil, errEscaped
	}
	return hashed, nil
}

func (h *hasher) drawn(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, bson.MinKey, bson.MaxKey, bson.Undefined, bson.Null:
		return v, nil
	case string:
		return h.value(v), nil
	case int32:
		n, err := strconv.ParseInt(h.number(strconv.FormatInt(int64(v), 10)), 10, 32)
		return int32(n), err // read as 32 bits
	case int64:
		return strconv.ParseInt(h.number(strconv.FormatInt(v, 10)), 10, 64)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return v, nil
		}
		return strconv.ParseFloat(h.number(strconv.FormatFloat(v, 'g', -1, 64)), 64)
	case bson.DateTime: // between 2000 and 2027
		return bson.DateTime(946_684_800_000 + binary.LittleEndian.Uint64(h.sum("t"+strconv.FormatInt(int64(v), 10)))%883_612_800_000), nil // below 2^41
	case bson.ObjectID:
		return bson.ObjectIDFromHex(h.shaped(v.Hex(), hexDigit))
	case bson.Binary:
		bytes, err := hex.DecodeString(h.shaped(hex.EncodeToString(v.Data), hexDigit))
		return bson.Binary{Subtype: v.Subtype, Data: bytes}, err
	case bson.Decimal128:
		if v.IsNaN() || v.IsInf() != 0 {
			return v, nil
		}
		return bson.ParseDecimal128(h.number(v.String()))
	case bson.Regex:
		return bson.Regex{Pattern: h.shaped(v.Pattern, letter), Options: v.Options}, nil
	default:
		return nil, errEscaped
	}
}

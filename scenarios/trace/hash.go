package trace

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hasher replaces literals by others of the same shape, so that a trace can leave its
// site: equal ones stay equal within one import, and nobody can tell or try out what
// they were, since the key is made for the import and kept nowhere.
//
// The shape stays: length in characters, upper and lower case, digits and punctuation, so
// that a UUID is a UUID, a moment is a moment and JSON is JSON. NULL, true and false stay
// as they are, and so do LIMIT and OFFSET. Names of tables and columns stay; comments go,
// since tools write users and addresses into them. Words whose meaning the server checks
// (an interval, a path into JSON, a word of an enum) lose it: it refuses those statements.
type hasher struct{ key []byte }

func newHasher() *hasher {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &hasher{key}
}

var errEscaped = errors.New("a literal of a kind that cannot be hashed")

// record hashes the statement's literals and its parameters.
func (h *hasher) record(r *Record, tokens []token) error {
	var statement strings.Builder
	var at place
	for i, t := range tokens {
		keep := at.keeps(t)
		switch t.kind {
		case text:
			statement.WriteString(h.literal(t))
		case bits:
			statement.WriteString(t.raw[:2] + h.digits(t.inner) + "'")
		case number:
			if keep {
				statement.WriteString(t.raw)
			} else {
				statement.WriteString(h.value(t.raw))
			}
		case escaped:
			return errEscaped
		case space:
			if i > 0 && i < len(tokens)-1 {
				statement.WriteByte(' ')
			}
		default:
			statement.WriteString(t.raw)
		}
	}
	r.Text = statement.String()
	hashed := make([]Param, len(r.Params))
	for i, p := range r.Params {
		if hashed[i] = p; !p.Null {
			hashed[i].Value = h.value(p.Value)
		}
	}
	r.Params = hashed
	return nil
}

// place tells the numbers that shape a statement from those that are data: how many rows
// are wanted, and columns by their place in ORDER BY and GROUP BY.
type place struct {
	last token
	list bool // inside ORDER BY or GROUP BY
}

func (p *place) keeps(t token) bool {
	if t.kind == space {
		return false
	}
	last := p.last
	p.last = t
	switch {
	case t.is("BY"):
		p.list = true
	case t.kind == word && !t.is("ASC") && !t.is("DESC") && !t.is("NULLS") && !t.is("FIRST") && !t.is("LAST"), t.raw == "(", t.raw == ")":
		p.list = false
	}
	return last.is("LIMIT") || last.is("OFFSET") || last.is("FIRST") || last.is("NEXT") || last.is("BY") || p.list && last.raw == ","
}

// literal is the string with the hashed value of a string of any form.
func (h *hasher) literal(t token) string {
	plain := t.inner
	switch {
	case t.raw[0]|0x20 == 'e':
		plain = unescape(plain)
	case t.raw[0] != '$':
		plain = strings.ReplaceAll(plain, "''", "'")
	}
	return "'" + strings.ReplaceAll(h.value(plain), "'", "''") + "'"
}

// unescape reads the escapes of E'…' that change what a value is; octal and hexadecimal
// ones are hashed as they are written.
func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `''`, `'`, `\n`, "\n", `\t`, "\t", `\r`, "\r").Replace(s)
}

var (
	uuidShape   = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	hexShape    = regexp.MustCompile(`^\\x[0-9a-fA-F]*$`)
	numberShape = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	momentShape = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})((?:[ T])[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)?( ?(?:Z|UTC|[-+][0-9]{2}(?::?[0-9]{2})?))?$`)
)

// value is another value of the same shape.
func (h *hasher) value(plain string) string {
	if bare := strings.Trim(plain, " \t\r\n"); bare != plain { // white space around it is no part of what it is
		before, after, _ := strings.Cut(plain, bare)
		if bare == "" {
			return plain
		}
		return before + h.value(bare) + after
	}
	switch {
	case plain == "" || strings.EqualFold(plain, "true") || strings.EqualFold(plain, "false") || plain == "t" || plain == "f":
		return plain
	case uuidShape.MatchString(plain):
		return h.shaped(strings.ToLower(plain), hexDigit)
	case hexShape.MatchString(plain):
		return `\x` + h.digits(plain[2:])
	case numberShape.MatchString(plain):
		return h.number(plain)
	case momentShape.MatchString(plain):
		return h.moment(plain)
	case plain[0] == '{' || plain[0] == '[' || plain[0] == '"':
		return h.document(plain)
	default:
		return h.shaped(plain, letter)
	}
}

// digits hashes the inside of B'…' and X'…': ones and zeros stay such.
func (h *hasher) digits(plain string) string {
	if strings.Trim(plain, "01") == "" {
		return h.shaped(plain, func(_ rune, n byte) rune { return rune('0' + n%2) })
	}
	return h.shaped(strings.ToLower(plain), hexDigit)
}

// number keeps sign, length and point. A long one begins with 1, so that it fits the
// type that the first one fitted.
func (h *hasher) number(plain string) string {
	mantissa, exponent := plain, ""
	if at := strings.IndexAny(plain, "eE"); at >= 0 {
		mantissa, exponent = plain[:at], plain[at:]
	}
	hashed := []byte(h.shaped(mantissa, letter))
	whole, _, _ := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	begin := len(mantissa) - len(strings.TrimLeft(mantissa, "+-"))
	switch {
	case len(whole) >= 5: // smallint and integer end at 3 and 2 with all their digits
		hashed[begin] = '1'
	case len(whole) > 1 && whole[0] != '0' && hashed[begin] == '0':
		hashed[begin] = '1'
	}
	return string(hashed) + exponent
}

// moment is a date, and a time if there was one, between 2000 and 2027.
func (h *hasher) moment(plain string) string {
	parts := momentShape.FindStringSubmatch(plain)
	sum := h.sum(plain)
	date := fmt.Sprintf("%04d-%02d-%02d", 2000+int(sum[0])%28, 1+sum[1]%12, 1+sum[2]%28)
	if parts[4] == "" {
		return date + parts[5]
	}
	rest := []byte(parts[4])
	copy(rest[1:], fmt.Sprintf("%02d:%02d:%02d", sum[3]%24, sum[4]%60, sum[5]%60))
	for i := len(" 00:00:00."); i < len(rest); i++ {
		rest[i] = '0' + sum[i]%10
	}
	return date + string(rest) + parts[5]
}

// document hashes what stands between the punctuation of JSON or of an array, names of
// fields included: they are the same wherever the statement names them as literals.
func (h *hasher) document(plain string) string {
	var out strings.Builder
	for rest := plain; rest != ""; {
		switch c := rest[0]; {
		case c == '"':
			end := 1
			for end < len(rest) && rest[end] != '"' {
				if rest[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(rest))
			out.WriteString(`"` + h.inside(rest[1:end]))
			rest = rest[end:]
			if rest != "" {
				out.WriteByte('"')
				rest = rest[1:]
			}
		case strings.IndexByte("{}[],:; \t\r\n", c) >= 0:
			out.WriteByte(c)
			rest = rest[1:]
		default:
			end := strings.IndexAny(rest, "{}[],:; \t\r\n\"")
			if end < 0 {
				end = len(rest)
			}
			if bare := rest[:end]; strings.EqualFold(bare, "null") {
				out.WriteString(bare)
			} else {
				out.WriteString(h.value(bare))
			}
			rest = rest[end:]
		}
	}
	return out.String()
}

// inside hashes a quoted string of a document; its escapes are letters then.
func (h *hasher) inside(plain string) string {
	return strings.NewReplacer(`\`, "_", `"`, "_").Replace(h.value(strings.ReplaceAll(plain, `\`, "_")))
}

// shaped draws every character anew from its own kind.
func (h *hasher) shaped(plain string, draw func(was rune, n byte) rune) string {
	var out strings.Builder
	sum, used := h.sum(plain), 0
	for _, was := range plain {
		if used == len(sum) {
			sum, used = h.sum(string(sum)), 0
		}
		if unicode.IsLetter(was) || unicode.IsDigit(was) || was == utf8.RuneError || was > 0x7f {
			out.WriteRune(draw(was, sum[used]))
			used++
		} else {
			out.WriteRune(was)
		}
	}
	return out.String()
}

func letter(was rune, n byte) rune {
	switch {
	case unicode.IsDigit(was):
		return rune('0' + n%10)
	case unicode.IsUpper(was):
		return rune('A' + n%26)
	default:
		return rune('a' + n%26)
	}
}

func hexDigit(_ rune, n byte) rune { return rune("0123456789abcdef"[n%16]) }

// session tells sessions apart without telling when they began.
func (h *hasher) session(name string) uint64 { return binary.LittleEndian.Uint64(h.sum(name)) }

func (h *hasher) sum(plain string) []byte {
	mac := hmac.New(sha256.New, h.key)
	_ = binary.Write(mac, binary.LittleEndian, uint64(len(plain))) // a hash never fails
	mac.Write([]byte(plain))
	return mac.Sum(nil)
}

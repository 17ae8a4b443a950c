package trace

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// kind is what a piece of SQL is.
type kind int

const (
	space     kind = iota // white space and comments
	word                  // a keyword or a bare name
	quoted                // "a name"
	text                  // '…', E'…', $$…$$
	bits                  // B'…', X'…'
	escaped               // U&'…', whose escapes are another language
	number                // 12, 1.5e3
	parameter             // $1
	symbol                // one character of anything else
)

// token is one piece of SQL. The pieces of a statement put together are the statement.
type token struct {
	kind kind
	raw  string
	// inner is the part of raw between the quotes, where there are quotes.
	inner string
}

// is tells whether the token is that keyword, given in upper case.
func (t token) is(keyword string) bool { return t.kind == word && strings.EqualFold(t.raw, keyword) }

var (
	errUnended = errors.New("its text ends inside a literal or a comment")
	errCrowded = errors.New("of over a million words and signs")
)

// tokensMax bounds what one statement takes in memory while it is looked at.
const tokensMax = 1 << 20

// lex cuts a statement into tokens as PostgreSQL's scanner does with
// standard_conforming_strings on, its default since 9.1.
func lex(statement string) ([]token, error) {
	var all []token
	for rest := statement; rest != ""; {
		t, err := first(rest)
		if err != nil {
			return nil, err
		}
		if len(all) >= tokensMax {
			return nil, errCrowded
		}
		all = append(all, t)
		rest = rest[len(t.raw):]
	}
	return all, nil
}

// first is the token at the front of a text that is not empty.
func first(s string) (token, error) {
	lower := s[0] | 0x20
	follows := func(at int, c byte) bool { return len(s) > at && s[at] == c }
	switch c := s[0]; {
	case isSpace(c):
		return plain(space, s, isSpace), nil
	case c == '-' && follows(1, '-'):
		end := strings.IndexAny(s, "\n\r")
		if end < 0 {
			end = len(s)
		}
		return token{kind: space, raw: s[:end]}, nil
	case c == '/' && follows(1, '*'):
		return comment(s)
	case c == '\'':
		return between(text, s, 1, false)
	case c == '"':
		return between(quoted, s, 1, false)
	case lower == 'e' && follows(1, '\''):
		return between(text, s, 2, true)
	case lower == 'n' && follows(1, '\''):
		return between(text, s, 2, false)
	case (lower == 'b' || lower == 'x') && follows(1, '\''):
		return between(bits, s, 2, false)
	case lower == 'u' && follows(1, '&') && follows(2, '\''):
		return between(escaped, s, 3, false)
	case lower == 'u' && follows(1, '&') && follows(2, '"'):
		return between(quoted, s, 3, false)
	case c == '$' && len(s) > 1 && isDigit(s[1]):
		digits := plain(parameter, s[1:], isDigit)
		return token{kind: parameter, raw: s[:1+len(digits.raw)]}, nil
	case c == '$':
		return dollars(s)
	case isDigit(c), c == '.' && len(s) > 1 && isDigit(s[1]):
		return token{kind: number, raw: s[:numberEnd(s)]}, nil
	case isName(c):
		return plain(word, s, func(c byte) bool { return isName(c) || isDigit(c) || c == '$' }), nil
	default:
		_, size := utf8.DecodeRuneInString(s)
		return token{kind: symbol, raw: s[:size]}, nil
	}
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isName(c byte) bool  { return c == '_' || c >= 0x80 || c|0x20 >= 'a' && c|0x20 <= 'z' }

// plain is the longest beginning of s whose bytes all fit.
func plain(k kind, s string, fits func(byte) bool) token {
	end := 0
	for end < len(s) && fits(s[end]) {
		end++
	}
	return token{kind: k, raw: s[:end]}
}

// comment may hold comments.
func comment(s string) (token, error) {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
		}
		if depth == 0 {
			return token{kind: space, raw: s[:i+1]}, nil
		}
	}
	return token{}, errUnended
}

// between reads up to the quote that ends it; the opening one is the byte before begin.
func between(k kind, s string, begin int, backslashes bool) (token, error) {
	quote := s[begin-1]
	for i := begin; i < len(s); i++ {
		switch {
		case s[i] == '\\' && backslashes:
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return token{kind: k, raw: s[:i+1], inner: s[begin:i]}, nil
		}
	}
	return token{}, errUnended
}

// dollars reads $$…$$ or $tag$…$tag$; a lone dollar is a symbol.
func dollars(s string) (token, error) {
	tag := plain(word, s[1:], func(c byte) bool { return isName(c) || isDigit(c) })
	begin := 1 + len(tag.raw)
	if begin >= len(s) || s[begin] != '$' {
		return token{kind: symbol, raw: s[:1]}, nil
	}
	begin++
	length := strings.Index(s[begin:], s[:begin])
	if length < 0 {
		return token{}, errUnended
	}
	return token{kind: text, raw: s[:begin+length+begin], inner: s[begin : begin+length]}, nil
}

// numberEnd: digits, a point, an exponent; also 0x1f and 1_000 of newer servers.
func numberEnd(s string) int {
	end := 0
	for end < len(s) {
		c := s[end]
		sign := (c == '+' || c == '-') && end > 0 && s[end-1]|0x20 == 'e' && !strings.HasPrefix(strings.ToLower(s[:end]), "0x")
		point := c == '.' && !strings.HasPrefix(s[end:], "..")
		if !isDigit(c) && !point && !sign && !isName(c) || c >= 0x80 {
			break
		}
		end++
	}
	return end
}

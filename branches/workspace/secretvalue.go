package workspace

import (
	"fmt"
	"log/slog"
)

const redacted = "[[SENSITIVE]]"

// A SecretValue holds the bytes of a secret or of a token and cannot print them: not under any verb, in any encoder, nor
// in an unexported field of another struct. There, where fmt calls no methods, it shows a pointer, and for a verb that is
// wrong for pointers (%s among them) what the pointer leads to: so the text is two pointers away. Reveal is the one way to
// the text, so that every use is easy to find. The zero SecretValue holds the empty text.
type SecretValue struct{ p *secretText }

type secretText struct{ s *string }

// NewSecretValue wraps text.
func NewSecretValue(text string) SecretValue { return SecretValue{&secretText{&text}} }

// Reveal gives the text.
func (v SecretValue) Reveal() string {
	if v.p == nil {
		return ""
	}
	return *v.p.s
}

// Format prints [[SENSITIVE]] whatever the verb.
func (v SecretValue) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String is [[SENSITIVE]].
func (v SecretValue) String() string { return redacted }

// MarshalText gives [[SENSITIVE]] to encoders, JSON among them.
func (v SecretValue) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue gives [[SENSITIVE]] to slog.
func (v SecretValue) LogValue() slog.Value { return slog.StringValue(redacted) }

package seal

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// KeyBytes is the length of a Key.
const KeyBytes = 32

const (
	redacted = "[[SENSITIVE]]"
	howTo    = "make one with: openssl rand -base64 32"
)

// A Key is the key-encryption key: 32 bytes that wrap the keysets. It cannot print itself, whatever the verb or encoder.
// The zero Key is no key. It is immutable and safe to share.
type Key struct{ p *keyBytes }

// keyBytes keeps the bytes two pointers away from a Key: where fmt calls no methods, it follows the first one.
type keyBytes struct{ b *[KeyBytes]byte }

// ParseKey reads a key as `openssl rand -base64 32` prints it; white space around it does not matter. Its errors say what
// is wrong and how to make a key, and never hold the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}, fmt.Errorf("the key is empty; %s", howTo)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return Key{}, fmt.Errorf("the key is not standard base64; %s", howTo)
	}
	if len(raw) != KeyBytes {
		return Key{}, fmt.Errorf("the key has %d bytes and must have %d; %s", len(raw), KeyBytes, howTo)
	}
	k := Key{&keyBytes{new([KeyBytes]byte)}}
	copy(k.p.b[:], raw)
	clear(raw)
	return k, nil
}

// NewKey makes a key from the random source.
func NewKey(random io.Reader) (Key, error) {
	k := Key{&keyBytes{new([KeyBytes]byte)}}
	if _, err := io.ReadFull(random, k.p.b[:]); err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	return k, nil
}

// IsZero tells whether k is no key.
func (k Key) IsZero() bool { return k.p == nil }

// Reveal gives the text that ParseKey reads, for the one file that keeps it.
func (k Key) Reveal() string {
	if k.p == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(k.p.b[:])
}

// Format prints [[SENSITIVE]] whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// String is [[SENSITIVE]].
func (k Key) String() string { return redacted }

// MarshalText gives [[SENSITIVE]] to encoders, JSON among them.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue gives [[SENSITIVE]] to slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

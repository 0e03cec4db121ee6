package seal_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"penstock/sql/seal"
)

func newKey(t testing.TB) seal.Key {
	t.Helper()
	k, err := seal.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newSealer(t testing.TB) *seal.Sealer {
	t.Helper()
	s, _, err := seal.New(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func places() *rapid.Generator[seal.Place] {
	text := rapid.OneOf(rapid.StringN(0, 4, -1), rapid.SampledFrom([]string{"", "a", "ab", "\x00", "secrets"}))
	return rapid.Custom(func(t *rapid.T) seal.Place {
		return seal.Place{Table: text.Draw(t, "table"), Workspace: text.Draw(t, "workspace"), Name: text.Draw(t, "name"), Version: rapid.Int64().Draw(t, "version")}
	})
}

// What is sealed opens at its place and at no other one, however alike the two are.
func TestSealedOpensAtItsPlaceOnly(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	rapid.Check(t, func(t *rapid.T) {
		at, other := places().Draw(t, "at"), places().Draw(t, "other")
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		sealed, err := s.Seal(at, plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Open(at, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %q, %v, want %q", got, err, plain)
		}
		if len(sealed) != len(plain)+34 {
			t.Fatalf("got %d bytes of %d", len(sealed), len(plain))
		}
		if _, err := s.Open(other, sealed); at != other && !errors.Is(err, seal.ErrSealed) {
			t.Fatalf("%+v opens at %+v: %v", at, other, err)
		}
	})
}

// The same bytes divided among the fields in another way are another place.
func TestPlacesDoNotRunTogether(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	sealed, err := s.Seal(seal.Place{Table: "ab", Workspace: "c", Name: "d", Version: 1}, []byte("v"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []seal.Place{{"a", "bc", "d", 1}, {"abc", "", "d", 1}, {"ab", "cd", "", 1}, {"ab", "", "cd", 1}, {"ab", "c", "d", 2}, {"ab", "c", "d", 0}, {"AB", "c", "d", 1}} {
		if _, err := s.Open(p, sealed); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%+v: got %v", p, err)
		}
	}
}

func TestChangedBytesDoNotOpen(t *testing.T) {
	t.Parallel()
	s := newSealer(t)
	at := seal.Place{Table: "secrets", Workspace: "main", Name: "n", Version: 1}
	sealed, err := s.Seal(at, []byte("a value"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			if _, err := s.Open(at, changed); !errors.Is(err, seal.ErrSealed) {
				t.Errorf("byte %d, bit %d: got %v", i, bit, err)
			}
		}
		if _, err := s.Open(at, sealed[:i]); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("cut at %d: got %v", i, err)
		}
	}
	if _, err := s.Open(at, append(bytes.Clone(sealed), 0)); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("one byte more: got %v", err)
	}
	if again, err := s.Seal(at, []byte("a value")); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealing twice gives the same bytes, or %v", err)
	}
}

func TestKeysets(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	s, w, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	at := seal.Place{Table: "secrets", Workspace: "main", Name: "n", Version: 1}
	sealed, err := s.Seal(at, []byte("v"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := s.HMAC([]byte("token"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := seal.Open(key, w)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Open(at, sealed); err != nil || string(got) != "v" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := again.HMAC([]byte("token")); err != nil || !bytes.Equal(got, sum) {
		t.Errorf("another sum for the same token: %v", err)
	}
	if got, err := again.HMAC([]byte("tokem")); err != nil || bytes.Equal(got, sum) {
		t.Errorf("the same sum for another token: %v", err)
	}
	for name, w := range map[string]seal.Wrapped{
		"exchanged": {Values: w.Tokens, Tokens: w.Values},
		"absent":    {Values: w.Values},
		"cut":       {Values: w.Values[:len(w.Values)/2], Tokens: w.Tokens},
		"empty":     {},
	} {
		if _, err := seal.Open(key, w); !errors.Is(err, seal.ErrKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, k := range map[string]seal.Key{"another key": newKey(t), "no key": {}} {
		if _, err := seal.Open(k, w); !errors.Is(err, seal.ErrKey) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if got, err := newSealer(t).Open(at, sealed); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("opens under other keysets: %q, %v", got, err)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb, 0x01}, 16)
	text := base64.StdEncoding.EncodeToString(raw)
	k, err := seal.ParseKey(" \n" + text + "\r\n")
	if err != nil || k.Reveal() != text || k.IsZero() {
		t.Errorf("got %q, %v", k.Reveal(), err)
	}
	for name, bad := range map[string]string{
		"empty":         " \n",
		"not base64":    "correct-horse-battery-staple-and-more-of-it!",
		"base64url":     base64.URLEncoding.EncodeToString(raw),
		"short":         base64.StdEncoding.EncodeToString(raw[:31]),
		"long":          base64.StdEncoding.EncodeToString(append(raw, 1)),
		"hex":           strings.Repeat("ab", 32),
		"without pad":   strings.TrimRight(text, "="),
		"two keys":      text + text,
		"stray newline": text[:10] + "\n\n x" + text[10:],
	} {
		_, err := seal.ParseKey(bad)
		if err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if b := strings.TrimSpace(bad); b != "" && strings.Contains(err.Error(), b[:8]) {
			t.Errorf("%s: the error holds the key", name)
		}
	}
}

func TestKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	k := newKey(t)
	type holder struct {
		Open   seal.Key
		hidden seal.Key
		In     any
	}
	h := holder{k, k, []seal.Key{k}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&out, verb+verb+verb+"\n", k, h, &h)
	}
	if err := json.NewEncoder(&out).Encode(h); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "key", k, "holder", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "key", k, "holder", h)
	raw, err := base64.StdEncoding.DecodeString(k.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{k.Reveal(), string(raw), fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw), strings.Trim(fmt.Sprint(raw), "[]"), strings.Trim(strings.ReplaceAll(fmt.Sprintf("%#v", raw), "[]byte", ""), "{}")} {
		if strings.Contains(out.String(), form) {
			t.Errorf("the key is printed as %.12s…", form)
		}
	}
}

func BenchmarkOpen8KB(b *testing.B) {
	s := newSealer(b)
	at := seal.Place{Table: "secrets", Workspace: "main", Name: "n", Version: 1}
	sealed, err := s.Seal(at, make([]byte, 8192))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(8192)
	for b.Loop() {
		if _, err := s.Open(at, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHMAC(b *testing.B) {
	s, token := newSealer(b), bytes.Repeat([]byte("t"), 120)
	for b.Loop() {
		if _, err := s.HMAC(token); err != nil {
			b.Fatal(err)
		}
	}
}

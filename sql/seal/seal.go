package seal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/mac"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// ErrKey says that the key does not unwrap the keysets: it is another key, or the keysets were changed.
var ErrKey = errors.New("the key does not open this data")

// ErrSealed says that bytes do not open: changed, cut, sealed under other keys, or moved from another place.
var ErrSealed = errors.New("sealed bytes do not open at this place")

// format is the first byte of everything sealed. Another arrangement of the bytes takes another number.
const format = 1

// What wraps each keyset is bound to its purpose, so that one cannot stand for the other.
const (
	valuesPurpose = "penstock keyset: values"
	tokensPurpose = "penstock keyset: tokens"
)

// A Place is where a sealed value belongs. Bytes sealed for one Place open at no other.
type Place struct {
	Table     string
	Workspace string
	Name      string
	Version   int64
}

// Wrapped is the two keysets as they may be stored: encrypted under the Key.
type Wrapped struct {
	Values []byte
	Tokens []byte
}

// A Sealer seals, opens, and makes look-up sums. It is immutable and safe for concurrent use.
type Sealer struct {
	values tink.AEAD
	tokens tink.MAC
}

// New makes fresh keysets and wraps them under the key. Store what it returns before anything that is sealed.
func New(key Key) (*Sealer, Wrapped, error) {
	kek, err := wrapper(key)
	if err != nil {
		return nil, Wrapped{}, err
	}
	values, wrappedValues, err := create(aead.AES256GCMKeyTemplate(), kek, valuesPurpose)
	if err != nil {
		return nil, Wrapped{}, err
	}
	tokens, wrappedTokens, err := create(mac.HMACSHA256Tag256KeyTemplate(), kek, tokensPurpose)
	if err != nil {
		return nil, Wrapped{}, err
	}
	s, err := newSealer(values, tokens)
	if err != nil {
		return nil, Wrapped{}, err
	}
	return s, Wrapped{Values: wrappedValues, Tokens: wrappedTokens}, nil
}

// Open unwraps the keysets that New made. A wrong key, and keysets that were changed or exchanged, give ErrKey.
func Open(key Key, w Wrapped) (*Sealer, error) {
	kek, err := wrapper(key)
	if err != nil {
		return nil, err
	}
	values, err := unwrap(w.Values, kek, valuesPurpose)
	if err != nil {
		return nil, err
	}
	tokens, err := unwrap(w.Tokens, kek, tokensPurpose)
	if err != nil {
		return nil, err
	}
	return newSealer(values, tokens)
}

// Seal encrypts plaintext for its place. Two calls never give the same bytes. The result is 34 bytes longer than plaintext.
func (s *Sealer) Seal(at Place, plaintext []byte) ([]byte, error) {
	ciphertext, err := s.values.Encrypt(plaintext, at.associated())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append([]byte{format}, ciphertext...), nil
}

// Open decrypts what Seal made for the same place. Anything else gives ErrSealed.
func (s *Sealer) Open(at Place, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != format {
		return nil, ErrSealed
	}
	plaintext, err := s.values.Decrypt(sealed[1:], at.associated())
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

// HMAC is the sum by which a token is found without its text: the same for equal tokens, telling nothing of them without
// the keyset. It begins with the id of the key that made it.
func (s *Sealer) HMAC(token []byte) ([]byte, error) {
	sum, err := s.tokens.ComputeMAC(token)
	if err != nil {
		return nil, fmt.Errorf("sum of a token: %w", err)
	}
	return sum, nil
}

// associated writes the place so that no two places give the same bytes: each text has its length in front.
func (p Place) associated() []byte {
	b := make([]byte, 0, 1+3*4+8+len(p.Table)+len(p.Workspace)+len(p.Name))
	b = append(b, format)
	for _, text := range [...]string{p.Table, p.Workspace, p.Name} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	return binary.BigEndian.AppendUint64(b, uint64(p.Version))
}

func wrapper(key Key) (tink.AEAD, error) {
	if key.IsZero() {
		return nil, fmt.Errorf("no key given: %w", ErrKey)
	}
	kek, err := subtle.NewAESGCM(key.p.b[:])
	if err != nil {
		return nil, fmt.Errorf("use the key: %w", err)
	}
	return kek, nil
}

func create(template *tinkpb.KeyTemplate, kek tink.AEAD, purpose string) (*keyset.Handle, []byte, error) {
	handle, err := keyset.NewHandle(template)
	if err != nil {
		return nil, nil, fmt.Errorf("make a keyset: %w", err)
	}
	var wrapped bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&wrapped), kek, []byte(purpose)); err != nil {
		return nil, nil, fmt.Errorf("wrap a keyset: %w", err)
	}
	return handle, wrapped.Bytes(), nil
}

// unwrap gives ErrKey without Tink's cause, which tells no more.
func unwrap(wrapped []byte, kek tink.AEAD, purpose string) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(wrapped)), kek, []byte(purpose))
	if err != nil {
		return nil, ErrKey
	}
	return handle, nil
}

func newSealer(values, tokens *keyset.Handle) (*Sealer, error) {
	v, err := aead.New(values)
	if err != nil {
		return nil, fmt.Errorf("use the keyset of values: %w", err)
	}
	t, err := mac.New(tokens)
	if err != nil {
		return nil, fmt.Errorf("use the keyset of tokens: %w", err)
	}
	return &Sealer{values: v, tokens: t}, nil
}

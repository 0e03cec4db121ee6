// Package api holds the bodies of the wire: what requests and answers of the HTTP API look like, key by key in the order
// in which they are written. It has no behaviour but encoding.
package api

import (
	"bytes"
	"encoding/json"
	"time"
)

// Error is the body of every answer that is no success.
type Error struct {
	Error         string `json:"error"`
	Documentation string `json:"documentation"`
}

// Secret is a secret at /v0/secrets. It has no field for a value, on purpose.
type Secret struct {
	Name      string    `json:"name"`
	CreatedAt Timestamp `json:"created_at"`
	UpdatedAt Timestamp `json:"updated_at"`
	EditedBy  string    `json:"edited_by"`
}

// Variable is a secret at /v0/variables.
type Variable struct {
	Name      string    `json:"name"`
	Type      string    `json:"type"` // always "secret"
	CreatedAt Timestamp `json:"created_at"`
	UpdatedAt Timestamp `json:"updated_at"`
	EditedBy  string    `json:"edited_by"`
}

// SecretList answers GET /v0/secrets.
type SecretList struct {
	Secrets []Secret `json:"secrets"`
}

// VariableList answers GET /v0/variables.
type VariableList struct {
	Variables []Variable `json:"variables"`
}

// OK answers a DELETE.
type OK struct {
	OK bool `json:"ok"`
}

// Timestamp is written as 2024-06-21T10:27:57: UTC, no zone, no fraction.
type Timestamp time.Time

// MarshalJSON writes the timestamp.
func (t Timestamp) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(`"2006-01-02T15:04:05"`)), nil
}

// Marshal encodes a body as JSON, leaving <, > and & as they are.
func Marshal(body any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

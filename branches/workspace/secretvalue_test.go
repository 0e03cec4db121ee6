package workspace_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"penstock/branches/workspace"
)

// The text is printed by no verb and no encoder, whatever the value stands in.
func TestSecretValueDoesNotPrint(t *testing.T) {
	t.Parallel()
	const text = "hunter2-hunter2"
	v := workspace.NewSecretValue(text)
	type inner struct {
		Open   workspace.SecretValue
		hidden workspace.SecretValue
	}
	type holder struct {
		inner
		Pointer *workspace.SecretValue
		pointer *workspace.SecretValue
		list    []workspace.SecretValue
		dict    map[string]workspace.SecretValue
		any     any
		array   [1]inner
		Token   workspace.Token
		token   workspace.Token
	}
	h := holder{
		inner: inner{v, v}, Pointer: &v, pointer: &v, list: []workspace.SecretValue{v}, dict: map[string]workspace.SecretValue{"k": v},
		any: v, array: [1]inner{{v, v}}, Token: workspace.Token{Text: v}, token: workspace.Token{Text: v},
	}
	values := []any{v, &v, h, &h, []any{v, h}, map[string]any{"a": v, "b": &h}, map[workspace.SecretValue]int{v: 1}, errors.New(v.String()), [2]holder{h}, struct{ x any }{h}}
	var out bytes.Buffer
	for verb := range 0x80 {
		if verb == '%' || verb == '*' || verb == '[' || verb >= '0' && verb <= '9' || strings.ContainsRune(" +-#.\x00", rune(verb)) {
			continue
		}
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "8.3", "# "} {
			for _, x := range values {
				fmt.Fprintf(&out, "%"+flags+string(rune(verb))+"\n", x)
			}
		}
	}
	for _, x := range values {
		fmt.Fprintln(&out, x)
		_ = json.NewEncoder(&out).Encode(x) // some cannot be encoded
		_ = xml.NewEncoder(&out).Encode(x)
		_ = gob.NewEncoder(&out).Encode(x)
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("m", "x", x, slog.Group("g", "x", x))
		}
	}
	for _, form := range []string{text, text[:8], fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), base64.StdEncoding.EncodeToString([]byte(text)), strings.Trim(fmt.Sprint([]byte(text)), "[]")} {
		if i := strings.Index(out.String(), form); i >= 0 {
			t.Errorf("the text is printed: …%q", out.String()[max(0, i-80):i+len(form)])
		}
	}
	if !strings.Contains(out.String(), "[[SENSITIVE]]") {
		t.Error("nothing was printed: the test is broken")
	}
	if v.Reveal() != text || (workspace.SecretValue{}).Reveal() != "" {
		t.Error("Reveal does not give the text")
	}
}

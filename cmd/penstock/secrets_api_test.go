package main

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The contract of the secrets API, from its description: bodies with their keys in order, codes, sentences.
func TestSecretsAPI(t *testing.T) {
	t.Parallel()
	g := serve(t, "--secret-rate", "0")
	const stamp = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"`
	secret := func(name string) string {
		return `{"name":"` + name + `","created_at":` + stamp + `,"updated_at":` + stamp + `,"edited_by":"token: 'admin token'"}`
	}
	variable := func(name string) string {
		return `{"name":"` + name + `","type":"secret","created_at":` + stamp + `,"updated_at":` + stamp + `,"edited_by":"token: 'admin token'"}`
	}
	failure := func(text string) string { return `{"error":"` + text + `","documentation":"[^"]+"}` }
	const value = "Zq7-SEKRET-vW4x"
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	json := http.Header{"Content-Type": {"application/json"}}
	steps := []struct {
		name, method, path string
		header             http.Header
		body               string
		status             int
		want               string // regular expression of the whole body
	}{
		{"create by form", "POST", "/v0/secrets", form, "name=first&value=" + value, 200, secret("first")},
		{"create by JSON, trailing slash", "POST", "/v0/secrets/", json, `{"name":"second","value":"` + value + `"}`, 200, secret("second")},
		{"create by JSON without a content type", "POST", "/v0/secrets", nil, `{"name":"third","value":"` + value + `"}`, 200, secret("third")},
		{"create by form without a content type", "POST", "/v0/secrets", nil, `name=fourth&value=` + value, 200, secret("fourth")},
		{"create a variable", "POST", "/v0/variables", form, "type=secret&name=var1&value=" + value, 200, variable("var1")},
		{"create a variable, trailing slash", "POST", "/v0/variables/", form, "name=var2&value=" + value, 200, variable("var2")},
		{"get", "GET", "/v0/secrets/first", nil, "", 200, secret("first")},
		{"get, trailing slash", "GET", "/v0/secrets/first/", nil, "", 200, secret("first")},
		{"get as a variable", "GET", "/v0/variables/first", nil, "", 200, variable("first")},
		{"change", "PUT", "/v0/secrets/first", form, "value=x" + value, 200, secret("first")},
		{"change by JSON", "PUT", "/v0/variables/first/", json, `{"value":"y` + value + `"}`, 200, variable("first")},
		{"list", "GET", "/v0/secrets", nil, "", 200, `{"secrets":\[` + strings.Join([]string{secret("first"), secret("fourth"), secret("second"), secret("third"), secret("var1"), secret("var2")}, ",") + `\]}`},
		{"list variables", "GET", "/v0/variables/", nil, "", 200, `{"variables":\[` + variable("first") + `,.*\]}`},
		{"exists", "POST", "/v0/secrets", form, "name=first&value=" + value, 400, failure(`[^"]*PUT[^"]*`)},
		{"no name", "POST", "/v0/secrets", form, "value=" + value, 400, failure(`[^"]*name[^"]*`)},
		{"bad name", "POST", "/v0/secrets", form, "name=a-b&value=" + value, 400, failure(`[^"]+`)},
		{"name too long", "POST", "/v0/secrets", form, "name=" + strings.Repeat("n", 129) + "&value=" + value, 400, failure(`[^"]+`)},
		{"no value", "POST", "/v0/secrets", form, "name=fifth", 400, failure(`[^"]*value[^"]*`)},
		{"empty value", "POST", "/v0/secrets", form, "name=fifth&value=", 400, failure(`[^"]*value[^"]*`)},
		{"empty value of a change", "PUT", "/v0/secrets/first", form, "value=", 400, failure(`[^"]*value[^"]*`)},
		{"value too long", "POST", "/v0/secrets", form, "name=fifth&value=" + strings.Repeat("v", 8193), 400, failure(`[^"]*8[,.]?192[^"]*`)},
		{"value just right", "POST", "/v0/secrets", form, "name=fifth&value=" + strings.Repeat("v", 8192), 200, secret("fifth")},
		{"other type", "POST", "/v0/variables", form, "type=plain&name=sixth&value=" + value, 400, failure(`[^"]+`)},
		{"broken JSON", "POST", "/v0/secrets", json, `{"name":"sixth","value":"` + value, 400, failure(`[^"]+`)},
		{"JSON list", "POST", "/v0/secrets", json, `["` + value + `"]`, 400, failure(`.+`)},
		{"broken form", "POST", "/v0/secrets", form, `name=sixth&value=%zz` + value, 400, failure(`[^"]+`)},
		{"value in the address", "POST", "/v0/secrets?name=sixth&value=" + value, form, "", 400, failure(`[^"]+`)},
		{"get none", "GET", "/v0/secrets/nope", nil, "", 404, failure("Not found")},
		{"get no variable", "GET", "/v0/variables/nope", nil, "", 404, failure("Not found")},
		{"change none", "PUT", "/v0/secrets/nope", form, "value=v", 404, failure("Secret not found")},
		{"change no variable", "PUT", "/v0/variables/nope", form, "value=v", 404, failure("Variable not found")},
		{"delete none", "DELETE", "/v0/secrets/nope", nil, "", 404, failure("Secret not found")},
		{"delete no variable", "DELETE", "/v0/variables/nope", nil, "", 404, failure("Variable not found")},
		{"delete", "DELETE", "/v0/secrets/second", nil, "", 200, `{"ok":true}`},
		{"delete as a variable", "DELETE", "/v0/variables/third/", nil, "", 200, `{"ok":true}`},
		{"deleted", "GET", "/v0/secrets/second", nil, "", 404, failure("Not found")},
		{"wrong method", "PATCH", "/v0/secrets", nil, "", 405, failure(`[^"]+`)},
	}
	for _, s := range steps {
		r := g.as(g.token).send(s.method, s.path, s.header, strings.NewReader(s.body))
		if r.status != s.status || !regexp.MustCompile(`^`+s.want+`$`).MatchString(r.body) {
			t.Errorf("%s: got %d %s, want %d %s", s.name, r.status, r.body, s.status, s.want)
		}
		if strings.Contains(r.body, value) {
			t.Errorf("%s: the answer has the value", s.name)
		}
		if ct := r.header.Get("Content-Type"); ct != "application/json" {
			t.Errorf("%s: content type: got %s, want application/json", s.name, ct)
		}
		for _, h := range []string{"X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy"} {
			if r.header.Get(h) == "" {
				t.Errorf("%s: the answer has no %s", s.name, h)
			}
		}
	}
	for name, token := range map[string]string{"missing": "", "unknown": "p.e30.abc", "odd": "x"} {
		for _, path := range []string{"/v0/secrets", "/v0/variables", "/v0/secrets/first", "/v0/sql?q=SELECT+1", "/v0/pipes/x.json"} {
			if r := g.as(token).call("GET", path, nil); r.status != 403 {
				t.Errorf("%s token at %s: got %d %s, want 403", name, path, r.status, r.body)
			}
		}
	}
	if r := g.as("").call("GET", "/v0/secrets?token="+url.QueryEscape(g.token), nil); r.status != 200 {
		t.Errorf("token in the address: got %d, want 200", r.status)
	}
	if r := g.as("wrong").call("GET", "/v0/secrets?token="+url.QueryEscape(g.token), nil); r.status != 403 {
		t.Errorf("the header wins over the address: got %d, want 403", r.status)
	}
}

func TestSecretLimits(t *testing.T) {
	t.Parallel()
	g := serve(t, "--max-secrets", "3")
	allowed, r := g.burst(40, "5", "/v0/secrets", "/v0/variables") // both names together
	if allowed < 5 || r.status != 429 {
		t.Fatalf("40 calls at once: got %d allowed and then %d, want the limit of 5 and 429", allowed, r.status)
	}
	for _, h := range []string{"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
		n, err := strconv.Atoi(r.header.Get(h))
		if err != nil || h == "Retry-After" && n < 1 {
			t.Errorf("%s of a 429: got %q, want a whole number", h, r.header.Get(h))
		}
	}
	// Failed authentication takes nothing from the bucket.
	for range 20 {
		if r := g.as("nobody").call("GET", "/v0/secrets", nil); r.status != 403 {
			t.Fatalf("unknown token: got %d, want 403", r.status)
		}
	}
	for i := range 3 {
		g.secret(fmt.Sprint("s", i), "value")
	}
	waitFor(t, bound, "an answer that is not 429", func() bool {
		r = g.call("POST", "/v0/secrets", url.Values{"name": {"s4"}, "value": {"v"}})
		return r.status != 429
	})
	if r.status != 403 || !strings.Contains(r.body, "limit reached") {
		t.Errorf("one secret more than the limit: got %d %s, want 403 and 'limit reached'", r.status, r.body)
	}
}

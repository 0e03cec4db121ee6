package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// remoteFlags say which penstock to speak to.
type remoteFlags struct {
	URL   string `env:"PENSTOCK_URL" placeholder:"URL" help:"Address of penstock. Default: the one that serves --data."`
	Token string `env:"PENSTOCK_TOKEN" placeholder:"TOKEN" help:"Admin token. Default: the one kept in --data."`
	Data  string `default:".penstock" env:"PENSTOCK_DATA" placeholder:"DIR" help:"Data folder of the penstock on this machine."`
}

type secretCommand struct {
	LS  secretList   `cmd:"" name:"ls" help:"List secrets; never their values."`
	Set secretSet    `cmd:"" help:"Create a secret or change its value."`
	RM  secretRemove `cmd:"" name:"rm" help:"Remove a secret."`
}

// Help shows an example.
func (secretCommand) Help() string { return "Example:\n  penstock secret set pg_password" }

type secretList struct{ remoteFlags }

// Help shows an example.
func (secretList) Help() string { return "Example:\n  penstock secret ls --url http://127.0.0.1:7181" }

type secretObject struct {
	Name      string `json:"name"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
	EditedBy  string `json:"edited_by"`
}

// Run prints a line for each secret.
func (c secretList) Run(ctx context.Context, std stdio) error {
	var list struct {
		Secrets []secretObject `json:"secrets"`
	}
	if err := c.call(ctx, http.MethodGet, "", nil, &list); err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tCREATED\tUPDATED\tEDITED BY")
	for _, s := range list.Secrets {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, s.CreatedAt, s.UpdatedAt, s.EditedBy)
	}
	return w.Flush()
}

type secretSet struct {
	remoteFlags
	Name  string `arg:"" help:"Name of the secret."`
	Value string `arg:"" optional:"" help:"The value. Better left out: arguments stay in the shell's history."`
	File  string `placeholder:"FILE" help:"Read the value from a file, as it is to the last byte."`
}

// Help tells where the value comes from.
func (secretSet) Help() string {
	return `The value is asked for without echo; or read from standard input when that is no terminal (one line end at its end is
left out); or from a file.

Examples:
  penstock secret set pg_password
  pass show db | penstock secret set pg_password
  penstock secret set tls_key --file key.pem`
}

// Run changes the secret, or creates it when it is not there.
func (c secretSet) Run(ctx context.Context, std stdio) error {
	value, err := c.value(ctx, std)
	if err != nil {
		return err
	}
	form := url.Values{"value": {value}}
	err = c.call(ctx, http.MethodPut, c.Name, form, nil)
	var status *statusError
	if errors.As(err, &status) && status.code == http.StatusNotFound {
		form.Set("name", c.Name)
		err = c.call(ctx, http.MethodPost, "", form, nil)
	}
	if err == nil {
		fmt.Fprintf(std.out, "The secret %s is set.\n", c.Name)
	}
	return err
}

func (c secretSet) value(ctx context.Context, std stdio) (string, error) {
	switch {
	case c.Value != "" && c.File != "":
		return "", usageError{"give the value or --file, not both"}
	case c.Value != "":
		fmt.Fprintln(std.err, "Warning: the value stands in your shell's history and in the list of processes. Leave it out to be asked for it.")
		return c.Value, nil
	case c.File != "":
		b, err := os.ReadFile(c.File)
		if err != nil {
			return "", fmt.Errorf("read value: %w", err)
		}
		return string(b), nil
	}
	if term.IsTerminal(int(std.in.Fd())) {
		fmt.Fprintf(std.err, "Value of %s: ", c.Name)
		b, err := readHidden(ctx, int(std.in.Fd()))
		fmt.Fprintln(std.err)
		if err != nil {
			return "", fmt.Errorf("read value: %w", err)
		}
		return string(b), nil
	}
	b, err := io.ReadAll(std.in)
	if err != nil {
		return "", fmt.Errorf("read value: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), nil
}

// readHidden reads a line from the terminal without echo. A signal ends the asking, and not the process: its terminal would go on
// to show nothing of what is typed.
func readHidden(ctx context.Context, terminal int) ([]byte, error) {
	ctx, stop := signal.NotifyContext(ctx, endings...)
	defer stop()
	before, err := term.GetState(terminal)
	if err != nil {
		return nil, err
	}
	type line struct {
		text []byte
		err  error
	}
	lines := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		lines <- line{text, err}
	}()
	select {
	case l := <-lines:
		return l.text, l.err
	case <-ctx.Done():
		return nil, errors.Join(errors.New("interrupted: the secret is as it was"), term.Restore(terminal, before))
	}
}

type secretRemove struct {
	remoteFlags
	Name string `arg:"" help:"Name of the secret."`
}

// Help shows an example.
func (secretRemove) Help() string { return "Example:\n  penstock secret rm pg_password" }

// Run removes the secret.
func (c secretRemove) Run(ctx context.Context, std stdio) error {
	if err := c.call(ctx, http.MethodDelete, c.Name, nil, nil); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "The secret %s is removed.\n", c.Name)
	return nil
}

// A statusError is an answer that is no success.
type statusError struct {
	code int
	text string
}

func (e *statusError) Error() string { return e.text }

// call sends one request to the secrets API and decodes the answer into out.
func (r remoteFlags) call(ctx context.Context, method, name string, form url.Values, out any) error {
	base, token, err := r.target()
	if err != nil {
		return err
	}
	address := strings.TrimRight(base, "/") + "/v0/secrets"
	if name != "" {
		address += "/" + url.PathEscape(name)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return usageError{"--url is not an address"}
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	// A redirect would carry the value to whoever it names.
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("reach penstock: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var e struct {
			Error string `json:"error"`
		}
		if json.NewDecoder(res.Body).Decode(&e) != nil || e.Error == "" {
			e.Error = "penstock answered " + res.Status
		}
		return &statusError{res.StatusCode, e.Error}
	}
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("understand penstock's answer: %w", err)
	}
	return nil
}

func (r remoteFlags) target() (base, token string, err error) {
	base, token = r.URL, r.Token
	d := dataDir(r.Data)
	if base == "" {
		if base, err = d.readLine(urlFile); err != nil {
			return "", "", fmt.Errorf("no penstock serves %s: start it, or give --url (%w)", r.Data, err)
		}
	}
	if token == "" {
		if r.URL != "" && !isLoopback(r.URL) {
			return "", "", usageError{"--url is another machine's: give its token by PENSTOCK_TOKEN or --token; the one kept here is not sent there"}
		}
		if token, err = d.readLine(adminTokenFile); err != nil {
			return "", "", fmt.Errorf("there is no token in %s: give --token or PENSTOCK_TOKEN (%w)", filepath.Join(r.Data, adminTokenFile), err)
		}
	}
	return base, token, nil
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"penstock/branches/workspace"
	"penstock/sql/store"
)

// A manager does what the commands workspace and branch ask for. The process that holds the data folder does it: one that
// serves answers on the control socket; otherwise the command opens the store itself.
type manager struct {
	store *store.DB
	data  dataDir
	// created is told of a new workspace, refreshed of one whose token no longer holds. Both are nil when nothing is served.
	created   func(context.Context, workspace.Workspace) error
	refreshed func(workspace.Workspace)
}

// A change is what a command asks for, and the body of a request on the control socket.
type change struct {
	Action string `json:"action"` // see manager.do
	Name   string `json:"name,omitempty"`
	Of     string `json:"of,omitempty"`
	Token  string `json:"token,omitempty"` // text of the new token; empty: penstock makes one
}

// An outcome is what there is to tell about a workspace.
type outcome struct {
	Name      string `json:"name"`
	Parent    string `json:"parent,omitempty"`
	Database  string `json:"database"`
	TokenFile string `json:"token_file"`
}

func (m *manager) do(ctx context.Context, c change) ([]outcome, error) {
	switch c.Action {
	case "list":
		return m.list(ctx)
	case "create workspace":
		w, err := m.store.CreateWorkspace(ctx, c.Name)
		return m.new(ctx, w, err)
	case "create branch":
		parent, err := m.workspace(ctx, c.Of)
		if err != nil {
			return nil, err
		}
		w, err := m.store.CreateBranch(ctx, parent.ID, c.Name)
		return m.new(ctx, w, err)
	case "refresh token":
		w, err := m.workspace(ctx, c.Name)
		if err != nil {
			return nil, err
		}
		if _, err := m.store.RefreshAdminToken(ctx, w.ID, workspace.NewSecretValue(c.Token)); err != nil {
			return nil, err
		}
		if m.refreshed != nil {
			m.refreshed(w)
		}
		return m.told(ctx, w)
	}
	return nil, fmt.Errorf("the action %q is not known: the command and the serving penstock are of different versions", c.Action)
}

func (m *manager) workspace(ctx context.Context, name string) (workspace.Workspace, error) {
	w, err := m.store.WorkspaceByName(ctx, name)
	if workspace.CodeOf(err) == workspace.NotFound {
		err = workspace.Errorf(workspace.NotFound, "There is no workspace '%s': see penstock workspace ls", name)
	}
	return w, err
}

func (m *manager) new(ctx context.Context, w workspace.Workspace, err error) ([]outcome, error) {
	if err != nil {
		return nil, err
	}
	out, err := m.told(ctx, w)
	if err == nil && m.created != nil {
		if err = m.created(ctx, w); err != nil {
			err = fmt.Errorf("the workspace %s is created, but not its tables: they follow when penstock starts again (%w)", w.Name, err)
		}
	}
	return out, err
}

// told writes the token's file and tells where it is.
func (m *manager) told(ctx context.Context, w workspace.Workspace) ([]outcome, error) {
	if err := keepToken(ctx, m.store, m.data, w); err != nil {
		return nil, err
	}
	return []outcome{{Name: w.Name, Database: w.ID.Database(), TokenFile: m.data.path(tokenFile(w))}}, nil
}

func (m *manager) list(ctx context.Context) ([]outcome, error) {
	all, err := m.store.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	names := make(map[workspace.ID]string, len(all))
	for _, w := range all {
		names[w.ID] = w.Name
	}
	out := make([]outcome, 0, len(all))
	for _, w := range all {
		out = append(out, outcome{Name: w.Name, Parent: names[w.Parent], Database: w.ID.Database(), TokenFile: m.data.path(tokenFile(w))})
	}
	return out, nil
}

// keepToken writes a workspace's admin token where its owner finds it.
func keepToken(ctx context.Context, db *store.DB, d dataDir, w workspace.Workspace) error {
	t, err := db.AdminToken(ctx, w.ID)
	if err != nil {
		return err
	}
	if last, err := d.readLine(tokenFile(w)); err == nil && last == t.Text.Reveal() {
		return nil
	}
	return d.write(tokenFile(w), t.Text.Reveal())
}

// keepTokens does so for every workspace.
func keepTokens(ctx context.Context, db *store.DB, d dataDir) error {
	all, err := db.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if err := keepToken(ctx, db, d, w); err != nil {
			return err
		}
	}
	return nil
}

// serveControl answers on the control socket until ctx ends.
func serveControl(ctx context.Context, m *manager) (stop func(), err error) {
	_ = os.Remove(m.data.path(controlSocket)) // of a process that was killed: we hold the lock
	var l net.Listener
	err = atSocket(m.data, func(address string) (err error) {
		l, err = net.Listen("unix", address)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listen on control socket: %w", err)
	}
	if err := os.Chmod(m.data.path(controlSocket), 0o600); err != nil {
		_ = l.Close()
		return nil, fmt.Errorf("protect control socket: %w", err)
	}
	server := &http.Server{ReadTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx },
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var c change
			if err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&c); err != nil {
				http.Error(w, "the request is no change", http.StatusBadRequest)
				return
			}
			out, err := m.do(r.Context(), c)
			if err != nil {
				http.Error(w, userText(err), http.StatusConflict)
				return
			}
			_ = json.NewEncoder(w).Encode(out) // the command that asked is on this machine: there is nobody else to tell
		})}
	go func() { _ = server.Serve(l) }() // ends by Close, with ErrServerClosed
	return func() { _ = server.Close() }, nil
}

// atSocket calls f with an address for the control socket. Such an address has room for about 100 bytes; a longer one is
// reached through the folder's descriptor.
func atSocket(d dataDir, f func(address string) error) error {
	path := d.path(controlSocket)
	if len(path) < 100 {
		return f(path)
	}
	dir, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer dir.Close()
	return f(fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), controlSocket))
}

// manage does a change through the process that serves the folder, or by itself when there is none.
func manage(ctx context.Context, d dataDir, f storeFlags, c change) ([]outcome, error) {
	if err := d.open(); err != nil {
		return nil, err
	}
	unlock, err := d.lock()
	switch {
	case errors.Is(err, errLocked):
		return manageThrough(ctx, d, c)
	case err != nil:
		return nil, err
	}
	defer unlock()
	adminToken := os.Getenv(adminTokenVariable)
	if c.Action == "refresh token" {
		adminToken = "" // it may be what the token is to become
	}
	db, err := openStore(ctx, d, f, adminToken, nil)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := keepTokens(ctx, db, d); err != nil {
		return nil, err
	}
	return (&manager{store: db, data: d}).do(ctx, c)
}

func manageThrough(ctx context.Context, d dataDir, c change) ([]outcome, error) {
	client := &http.Client{Timeout: 60 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
			err = atSocket(d, func(address string) (err error) {
				conn, err = (&net.Dialer{}).DialContext(ctx, "unix", address)
				return err
			})
			return conn, err
		}}}
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://penstock/", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the penstock that uses this data folder: it is starting or ending, try again (%w)", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
		return nil, errors.New(string(bytes.TrimSpace(text)))
	}
	var out []outcome
	return out, json.NewDecoder(res.Body).Decode(&out)
}

// userText is the sentence of an error for the one who gave the command.
func userText(err error) string {
	var e *workspace.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}

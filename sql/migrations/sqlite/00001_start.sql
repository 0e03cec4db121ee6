-- Times are microseconds since 1970, UTC.

-- +goose Up

-- The keysets of sql/seal, wrapped by the operator's key.
CREATE TABLE keysets (
    purpose    TEXT    NOT NULL PRIMARY KEY,
    wrapped    BLOB    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A workspace with a parent is a branch. Names are unique among both.
CREATE TABLE workspaces (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL UNIQUE,
    parent     TEXT    REFERENCES workspaces (id),
    created_at INTEGER NOT NULL
) STRICT;

-- hmac finds a token, sealed holds its text; the version grows when the text is refreshed.
CREATE TABLE tokens (
    id           TEXT    NOT NULL PRIMARY KEY,
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id),
    name         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    hmac         BLOB    NOT NULL UNIQUE,
    sealed       BLOB    NOT NULL,
    scopes       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, name)
) STRICT;

CREATE TABLE secrets (
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id),
    name         TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    sealed       BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    edited_by    TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, name)
) STRICT;

-- The last version that a name ever had. A row stays when its secret is deleted, so that no version is used twice and an
-- old sealed value never fits a secret made again under its name.
CREATE TABLE secret_versions (
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id),
    name         TEXT    NOT NULL,
    last         INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, name)
) STRICT;

-- Who changed what. Entries outlive what they speak of, so nothing is referenced.
CREATE TABLE audit (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    workspace_id TEXT    NOT NULL,
    actor        TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    subject      TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_workspace ON audit (workspace_id, id);

// Package store keeps penstock's metadata: workspaces and branches, tokens, secrets, and the audit trail.
//
// The model. Every method is one whole transaction, and what it answered is on the disk. Values of secrets and texts of
// tokens are sealed on the way in and opened on the way out, each bound to its row by seal.Place; plaintext exists only
// inside these methods. A token is found by its HMAC. A change writes its audit entry first, in the same transaction.
//
// Errors that users may see are *workspace.Error: NotFound, Conflict, Forbidden, Invalid, and Timeout, Canceled or
// Unavailable when the context ended or the database stayed locked. Everything else is internal.
package store

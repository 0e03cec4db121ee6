// Package seal encrypts what penstock keeps and opens it again.
//
// The model. A Key, which the operator holds, wraps two keysets: one encrypts values (AES-256-GCM), one makes the look-up
// sums of tokens (HMAC-SHA-256). The wrapped keysets are kept with the data; the Key is kept apart from it. A Sealer has
// both keysets in the clear, in memory only. Every sealed value is bound to its Place, so that a row copied to another
// workspace, name or version does not open there. DESIGN.md beside this file says why.
package seal

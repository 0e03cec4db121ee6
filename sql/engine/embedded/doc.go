// Package embedded runs ClickHouse inside the machine of the gateway: libchdb, in a child process that speaks
// ClickHouse's HTTP interface on loopback.
//
// There are two sides. [Start] is the gateway's: it opens the listening socket, starts the gateway's own executable
// again with a hidden argument, hands it the socket, and starts it anew whenever it dies. The socket and the password
// outlive every child, so a client sees a pause and no other address. [RunChild] is the other side, which a main function
// (and a TestMain) calls first thing when [IsChild] says so: it loads the library, answers requests, and ends when its
// standard input ends, which is how it learns that the gateway is gone, however it went.
//
// The child has nothing to show to a statement that reads files: no environment, no argument that tells anything, an
// empty working folder of its own; password and settings come through standard input. A child that prints has its output
// counted and not written down, since the engine may print statements, and statements may hold secrets.
//
// Inside the child every request has an engine connection of its own, closed afterwards: a query that failed leaves rows
// in its connection's buffer. A SELECT is written by the engine into a pipe (INTO OUTFILE), which is the only way in
// which the library streams every format; an INSERT reads its rows from one (FROM INFILE). What a statement may do
// beyond ClickHouse's own rules is not judged here: one statement a request, no INTO OUTFILE or FROM INFILE of its own,
// and no log_comment, by which the child finds a query that it must kill.
package embedded

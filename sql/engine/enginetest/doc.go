// Package enginetest holds what every engine must do, as tests ([Run]), and the real parts that tests need: ClickHouse
// ([Start]) and PostgreSQL ([StartPostgres]), both from npm. A part that is missing fails the test with the command that
// gets it; nothing is skipped.
//
// A test binary that uses Start calls [Main] from its TestMain, because the engine's child is the same binary again.
package enginetest

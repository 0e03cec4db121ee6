// Package datafile reads the files of a project: .pipe, .datasource and .connection.
//
// The model. A file is a list of instructions, each at the start of a line: a word in capitals, then its value on the same
// line, or ">" and a block that goes on until the next line that has a known instruction at its first column. A line whose
// first character other than a blank is "#" is a comment wherever it stands, inside blocks too; it counts as an empty line.
//
// SQL is kept as it stands in the file, with the line and column of its first character, so that a position in it is a
// position in the file. Instructions that penstock does not run are kept and not refused. Parsing finds all that is wrong
// with a file: an error of this package joins an *Error for each. Parsing takes time in proportion to the text, and what
// it gives is the caller's own.
package datafile

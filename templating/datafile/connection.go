package datafile

import "strings"

// A Connection is a .connection file. penstock does not run it; it is read so that a project that has one is no error.
type Connection struct {
	Name        string // the file's, without folders and extension
	File        string
	Description string
	Type        string // as the file has it, e.g. "kafka"
	Other       []Instruction
}

// ParseConnection reads a .connection file: any word in capitals is an instruction. The error joins an *Error for each
// thing that is wrong, in the order of the file.
func ParseConnection(file, text string) (*Connection, error) {
	s := newSplitter(file, text, func(key string) bool { return isCapitals(key) && key[0] >= 'A' })
	c := &Connection{Name: resourceName(file), File: file}
	for _, in := range s.instructions() {
		in.Value = strings.TrimSpace(unquoteLine(in))
		switch in.Key {
		case "TYPE":
			c.Type = in.Value
		case "DESCRIPTION":
			c.Description = dedent(in.Value)
		default:
			c.Other = append(c.Other, in)
		}
	}
	if err := s.err(); err != nil {
		return nil, err
	}
	return c, nil
}

package datafile

import (
	"regexp"
	"strings"
)

// A Datasource is a .datasource file.
type Datasource struct {
	Name        string // the file's, without folders and extension
	File        string
	Description string
	Tokens      []Token
	Tags        []string
	Columns     []Column // at least one
	Indexes     []Index
	Engine      Engine
	Other       []Instruction // among them what ENGINE_… says that is no part of Engine
}

// A Column is one line of a schema. Type, Default, Codec and TTL are SQL as the file has it; each has its brackets and
// quotes closed and no comment in it, so that it stays in its place.
type Column struct {
	Name     string
	Type     string
	JSONPath string // from "$" on; "" for the column's name
	Default  string // an expression; "" for none
	Codec    string // what stands in the brackets of CODEC; "" for none
	TTL      string // an expression; "" for none
	// Line and Column are the place of the name.
	Line, Column int
}

// An Index is a data skipping index: its name, and what follows in ClickHouse's syntax.
type Index struct {
	Name       string
	Definition string
}

// An Engine is how a table keeps its rows. What the file does not say is "". All but Name are SQL as the file has it, safe
// like a Column's.
type Engine struct {
	Name         string // MergeTree when the file says nothing
	SortingKey   string
	PartitionKey string
	PrimaryKey   string
	SamplingKey  string
	TTL          string
	Settings     string
	Version      string // ENGINE_VER
	IsDeleted    string
	Sign         string
	Columns      string // what SummingMergeTree sums
	// JoinStrictness, JoinType and KeyColumns are Join's.
	JoinStrictness, JoinType, KeyColumns string
}

// knownInDatasources tells the instructions of .datasource files, those that penstock does not run among them.
func knownInDatasources() func(string) bool {
	return knownIn(`SCHEMA ENGINE INDEXES DESCRIPTION TOKEN TAGS VERSION TYPE FORWARD_QUERY SHARED_WITH INCLUDE MAINTAINER
		BACKFILL SOURCE CACHE SETTINGS DATASOURCE PROJECTIONS`, "ENGINE_", "KAFKA_", "IMPORT_", "S3_", "GCS_", "DYNAMODB_", "EXPORT_", "BACKFILL_")
}

// ParseDatasource reads a .datasource file. file is its path as the user knows it; it gives the name, and the errors'
// place. The error joins an *Error for each thing that is wrong, in the order of the file.
func ParseDatasource(file, text string) (*Datasource, error) {
	r := &datasourceReader{
		splitter: newSplitter(file, text, knownInDatasources()),
		d:        &Datasource{Name: resourceName(file), File: file},
		seen:     map[string]bool{},
	}
	for _, in := range r.instructions() {
		r.read(in)
	}
	if !r.seen["SCHEMA"] {
		r.add(position{1, 1}, "the data source has no SCHEMA: write SCHEMA > and a column a line below it")
	}
	r.checkEngine()
	if err := r.err(); err != nil {
		return nil, err
	}
	return r.d, nil
}

type datasourceReader struct {
	*splitter
	d      *Datasource
	seen   map[string]bool
	engine Instruction
}

func (r *datasourceReader) read(in Instruction) {
	switch in.Key {
	case "TOKEN", "SHARED_WITH", "INCLUDE":
	default:
		if r.seen[in.Key] {
			r.add(in.at, "%s stands in this file already: keep one of the two", in.Key)
			return
		}
	}
	r.seen[in.Key] = true
	switch in.Key {
	case "SCHEMA":
		r.d.Columns = r.schema(in)
	case "INDEXES":
		r.d.Indexes = r.indexes(in)
	case "DESCRIPTION":
		r.d.Description = dedent(unquoteLine(in))
	case "TAGS":
		r.d.Tags = tags(unquoteLine(in))
	case "TOKEN":
		t, ok := token(in.Value)
		if !ok {
			r.add(in.at, `a TOKEN has a name and what it may do: TOKEN "name" APPEND`)
			return
		}
		r.d.Tokens = append(r.d.Tokens, t)
	case "ENGINE":
		r.engine = in
		r.d.Engine.Name = strings.TrimSpace(unquoteLine(in))
	default:
		value := strings.TrimSpace(unquoteLine(in))
		if part := r.d.Engine.part(in.Key); part != nil {
			if r.isSafe(in) && r.isClause(in, value) {
				*part = value
			}
			return
		}
		if in.Key != "INCLUDE" { // its quoted parts belong to it
			in.Value = value
		}
		r.d.Other = append(r.d.Other, in)
	}
}

// part is where an ENGINE_… instruction is kept; nil for one that is not run.
func (e *Engine) part(key string) *string {
	switch key {
	case "ENGINE_SORTING_KEY":
		return &e.SortingKey
	case "ENGINE_PARTITION_KEY":
		return &e.PartitionKey
	case "ENGINE_PRIMARY_KEY":
		return &e.PrimaryKey
	case "ENGINE_SAMPLING_KEY":
		return &e.SamplingKey
	case "ENGINE_TTL":
		return &e.TTL
	case "ENGINE_SETTINGS":
		return &e.Settings
	case "ENGINE_VER", "ENGINE_VERSION":
		return &e.Version
	case "ENGINE_IS_DELETED":
		return &e.IsDeleted
	case "ENGINE_SIGN":
		return &e.Sign
	case "ENGINE_COLUMNS":
		return &e.Columns
	case "ENGINE_JOIN_STRICTNESS":
		return &e.JoinStrictness
	case "ENGINE_JOIN_TYPE":
		return &e.JoinType
	case "ENGINE_KEY_COLUMNS":
		return &e.KeyColumns
	}
	return nil
}

// isSafe tells whether a value may go into a statement as it is, and reports it where not.
func (r *datasourceReader) isSafe(in Instruction) bool {
	value := unquoteLine(in)
	_, bad := splitTop(value)
	if bad == nil {
		return true
	}
	if value != in.Value { // the quote in front
		in.Column++
		in.Value = value
	}
	r.add(locate(in).place(bad.off), "%s", bad.message)
	return false
}

// isClause judges the two clauses that cannot stand in brackets: a TTL must not go on with another clause, and settings
// are names with plain values, none of which chooses where rows are kept.
func (r *datasourceReader) isClause(in Instruction, value string) bool {
	at := position{in.Line, in.Column}
	switch in.Key {
	case "ENGINE_TTL":
		for _, w := range topWords(value) {
			switch strings.ToUpper(w) {
			case "SETTINGS", "ENGINE", "COMMENT", "AS", "SELECT", "FROM", "TO", "PARTITION", "ORDER", "PRIMARY", "SAMPLE", "EMPTY", "FORMAT", "INTO":
				r.add(at, "%s has no place in ENGINE_TTL", w)
				return false
			}
		}
	case "ENGINE_SETTINGS":
		if value == "" {
			return true
		}
		for _, s := range strings.Split(value, ",") {
			name, v, _ := strings.Cut(s, "=")
			name, v = strings.TrimSpace(name), strings.TrimSpace(v)
			if !settingName.MatchString(name) || !settingValue.MatchString(v) {
				r.add(at, "ENGINE_SETTINGS is a list of names with numbers or quoted words: index_granularity = 8192")
				return false
			}
			if strings.Contains(name, "disk") || strings.Contains(name, "storage_policy") {
				r.add(at, "the setting %s chooses where rows are kept, which is the operator's to say: leave it out", name)
				return false
			}
		}
	}
	return true
}

var (
	settingName  = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	settingValue = regexp.MustCompile(`^(-?[0-9]+(\.[0-9]+)?|'[A-Za-z0-9_. -]*')$`)
)

// checkEngine judges the engine once all is read.
func (r *datasourceReader) checkEngine() {
	e := &r.d.Engine
	at := position{r.engine.Line, r.engine.Column}
	if !r.seen["ENGINE"] {
		at = position{1, 1}
		e.Name = "MergeTree"
	}
	name, args, hasArgs := strings.Cut(e.Name, "(")
	e.Name = strings.TrimSpace(name)
	kind, known := engines()[e.Name]
	switch {
	case e.Name == "":
		r.add(r.engine.at, `ENGINE has no value: write for example ENGINE "MergeTree"`)
	case strings.ContainsAny(e.Name, "“”‘’„"):
		r.add(at, `write straight quotes around the name of the engine: ENGINE "MergeTree"`)
	case !known:
		r.add(at, "the engine is none of those that a data source may have: %s", engineNames)
	case hasArgs && strings.TrimSpace(args) != ")":
		r.add(at, "give what stands in the engine's brackets by instructions of their own, for example ENGINE_VER or ENGINE_SORTING_KEY")
	case kind.needs != nil && *kind.needs(e) == "":
		r.add(at, "%s needs %s", e.Name, kind.needsName)
	case e.IsDeleted != "" && e.Version == "" && kind.replacing:
		r.add(at, "ENGINE_IS_DELETED needs ENGINE_VER")
	}
}

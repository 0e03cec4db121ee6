package datafile

import (
	"slices"
	"strings"
)

// engineKind is what the statement of an engine looks like.
type engineKind struct {
	keys      bool // ORDER BY and the like
	replacing bool
	args      func(*Engine) []string
	needs     func(*Engine) *string // a part that must be there
	needsName string
}

const engineNames = "MergeTree, ReplacingMergeTree, SummingMergeTree, AggregatingMergeTree, CollapsingMergeTree, VersionedCollapsingMergeTree, CoalescingMergeTree, Join, Memory, Null"

// engines are those that a data source may have: none of them reads or writes beyond its own table.
func engines() map[string]engineKind {
	return map[string]engineKind{
		"MergeTree":            {keys: true},
		"AggregatingMergeTree": {keys: true},
		"ReplacingMergeTree":   {keys: true, replacing: true, args: func(e *Engine) []string { return []string{e.Version, e.IsDeleted} }},
		"SummingMergeTree":     {keys: true, args: func(e *Engine) []string { return []string{tuple(e.Columns)} }},
		"CoalescingMergeTree":  {keys: true, args: func(e *Engine) []string { return []string{tuple(e.Columns)} }},
		"CollapsingMergeTree": {keys: true, args: func(e *Engine) []string { return []string{e.Sign} },
			needs: func(e *Engine) *string { return &e.Sign }, needsName: "ENGINE_SIGN"},
		"VersionedCollapsingMergeTree": {keys: true, args: func(e *Engine) []string { return []string{e.Sign, e.Version} },
			needs: func(e *Engine) *string {
				if e.Sign == "" {
					return &e.Sign
				}
				return &e.Version
			}, needsName: "ENGINE_SIGN and ENGINE_VERSION"},
		"Join": {args: func(e *Engine) []string {
			return []string{or(e.JoinStrictness, "ANY"), or(e.JoinType, "LEFT"), e.KeyColumns}
		}, needs: func(e *Engine) *string { return &e.KeyColumns }, needsName: "ENGINE_KEY_COLUMNS"},
		"Memory": {},
		"Null":   {},
	}
}

// CreateTableSQL is the statement that makes the data source's table under the given names, unless it exists. Names are
// quoted; what the file gives as SQL was judged when the file was read.
func (d *Datasource) CreateTableSQL(database, table string) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + Quote(database) + "." + Quote(table) + "\n(")
	for i, c := range d.Columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n    " + c.definition())
	}
	for _, x := range d.Indexes {
		b.WriteString(",\n    INDEX " + Quote(x.Name) + " " + x.Definition)
	}
	b.WriteString("\n)\n")
	d.Engine.write(&b)
	return b.String()
}

// AddColumnSQL is the statement that adds one of the data source's columns to a table of it that lacks the column. It
// panics for a column that the data source does not have.
func (d *Datasource) AddColumnSQL(database, column string) string {
	i := slices.IndexFunc(d.Columns, func(c Column) bool { return c.Name == column })
	if i < 0 {
		panic("datafile: AddColumnSQL for a column that is not there")
	}
	sql := "ALTER TABLE " + Quote(database) + "." + Quote(d.Name) + " ADD COLUMN IF NOT EXISTS " + d.Columns[i].definition()
	if i == 0 {
		return sql + " FIRST"
	}
	return sql + " AFTER " + Quote(d.Columns[i-1].Name)
}

func (c Column) definition() string {
	s := Quote(c.Name) + " " + c.Type
	if c.Default != "" {
		s += " DEFAULT " + c.Default
	}
	if c.Codec != "" {
		s += " CODEC(" + c.Codec + ")"
	}
	if c.TTL != "" {
		s += " TTL " + c.TTL
	}
	return s
}

func (e *Engine) write(b *strings.Builder) {
	kind := engines()[e.Name]
	b.WriteString("ENGINE = " + e.Name)
	if kind.args != nil {
		args := slices.DeleteFunc(kind.args(e), func(a string) bool { return a == "" })
		if len(args) > 0 {
			b.WriteString("(" + strings.Join(args, ", ") + ")")
		}
	}
	if !kind.keys {
		return
	}
	// Brackets keep what the file gives in its clause.
	b.WriteString(clause("PARTITION BY", e.PartitionKey) + clause("PRIMARY KEY", e.PrimaryKey))
	b.WriteString(clause("ORDER BY", or(or(e.SortingKey, e.PrimaryKey), "tuple()")) + clause("SAMPLE BY", e.SamplingKey))
	if e.TTL != "" {
		b.WriteString("\nTTL " + e.TTL)
	}
	if e.Settings != "" {
		b.WriteString("\nSETTINGS " + e.Settings)
	}
}

func clause(word, value string) string {
	switch value {
	case "":
		return ""
	case "tuple()":
		return "\n" + word + " tuple()"
	}
	return "\n" + word + " (" + value + ")"
}

// tuple puts brackets around a list; "" stays "".
func tuple(list string) string {
	if list == "" {
		return ""
	}
	return "(" + list + ")"
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

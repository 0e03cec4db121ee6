package templating

import (
	"sort"
	"strings"

	"penstock/templating/parse"
)

// checkName refuses names that nobody may use.
func (c *compiler) checkName(name string, pos int) {
	switch {
	case isDunder(name):
		c.faults = append(c.faults, unsupported("Invalid name: %s", name).at(pos))
	case (name == "q" || name == "format") && len(c.later) < maxErrors:
		line := 1 + strings.Count(c.t.src.Text[c.offset:pos], "\n")
		c.later = append(c.later, faultf(KindReservedName, "", "\"%s\" can not be used as a variable name, line %d", name, line).at(pos))
	}
}

func isDunder(name string) bool {
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__") && len(name) > 4
}

// checkListArgument refuses a list where the name of a parameter is expected in {{ }}: the reference takes it for a name.
func (c *compiler) checkListArgument(fn string, args []parse.Expr) {
	switch fn {
	case "column", "columns", "split_to_array", "defined":
	default:
		if documentedType(fn) == "" {
			return
		}
	}
	if len(args) == 0 || !c.printed {
		return
	}
	l, ok := args[0].(*parse.Seq)
	if !ok || l.Kind != parse.List {
		return
	}
	c.later = append(c.later, faultf(KindReservedName, "", "\"%s\" can not be used as a variable name", staticRepr(l)).at(c.pos(l)))
}

// staticRepr writes a list as Python does, as far as its items are constants.
func staticRepr(l *parse.Seq) []byte {
	out := []byte{'['}
	for i, it := range l.Items {
		if i > 0 {
			out = append(out, ", "...)
		}
		k, ok := it.(*parse.Const)
		name, isName := it.(*parse.Name)
		switch {
		case isName:
			out = appendRepr(out, name.Ident)
		case ok && k.Kind == parse.Str:
			out = appendRepr(out, k.Str)
		case ok && (k.Kind == parse.Int || k.Kind == parse.Float):
			out = appendNumber(out, constValue(k))
		default:
			out = append(out, it.String()...)
		}
	}
	return append(out, ']')
}

// attr handles an attribute that is not called.
func (c *compiler) attr(x *parse.Attr) eval {
	pos := c.offset + x.At
	e := c.expr(x.X)
	if c.loose && !strings.HasPrefix(x.Name, "_") && !pythonMethod(x.Name) {
		return c.noAttribute(e, x.Name, pos)
	}
	return c.reject(pos, unsupported("Invalid attribute: %s; values have no attributes, only methods to call", x.Name))
}

func (c *compiler) noAttribute(e eval, name string, pos int) eval {
	return func(r *run) (value, *fault) {
		v, f := e(r)
		if f != nil {
			return none, f
		}
		if v.hidden() {
			return none, secretFault("looked into").at(pos)
		}
		return none, noAttribute(v, name).at(pos)
	}
}

func noAttribute(v value, name string) *fault {
	f := badArgument("'%s' object has no attribute '%s'", v.typeName(), name)
	f.class = "AttributeError"
	if name == "get" {
		f.msg += ". Make sure you're using an object/dictionary where trying to use .get()"
	}
	return f
}

// dangerous are the names of Python's functions that reach beyond values. Calling one is refused in any place.
func dangerous(name string) bool {
	switch name {
	case "type", "vars", "dir", "object", "super", "property", "classmethod", "staticmethod", "getattr", "setattr",
		"delattr", "memoryview", "eval", "exec", "compile", "globals", "locals", "breakpoint", "exit", "quit", "help",
		"input", "id", "hash":
		return true
	}
	return false
}

// leftOut are the names of Python's functions that the reference knows and this language does not.
func leftOut(name string) bool {
	switch name {
	case "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "complex", "dict", "divmod",
		"filter", "frozenset", "hasattr", "hex", "isinstance", "issubclass", "iter", "map", "next", "oct", "ord", "pow",
		"repr", "round", "set", "slice", "tuple", "Symbol":
		return true
	}
	return false
}

// functionNames are the names to suggest for one that is unknown.
func functionNames() []string {
	return append(strings.Fields(`Array Boolean DateTime DateTime64 Date Float32 Float64 Int Int8 Int16 Int32 Int64 Int128
		Int256 Integer JSON String UInt8 UInt16 UInt32 UInt64 UInt128 UInt256 activate backend_hint cache_ttl column columns
		custom_error date_diff_in_days date_diff_in_hours date_diff_in_minutes date_diff_in_seconds day_diff defined disable
		enumerate_with_last error max_threads split_to_array sql_and sql_unescape symbol table tb_secret tb_var`),
		"enumerate", "float", "int", "len", "list", "max", "min", "range", "reversed", "sorted", "str", "sum", "zip")
}

// suggest finds the known name nearest to one that is not known.
func suggest(name string, known []string) string {
	if len(name) > 64 {
		return ""
	}
	best, score := "", 3
	if len(name) < 4 {
		score = 2
	}
	sort.Strings(known)
	for _, k := range known {
		if strings.EqualFold(k, name) {
			best = k
			break
		}
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < score && k != name {
			best, score = k, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

// distance counts the letters to add, drop, change or swap to make b of a.
func distance(a, b string) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}

// clashes tells whether the HTTP layer uses a parameter of that name itself.
func clashes(name string) bool {
	switch name {
	case "debug", "debug_source_tables", "explain", jobTimestamp, "query_id", "finalize_aggregations", "output_format_json_quote_64bit_integers",
		"output_format_json_quote_denormals", "output_format_parquet_string_as_string", "tag", "token",
		"template_parameters", "pipeline", "playground", "release_replacements", "__tb__csv_header", "__tb__semver":
		return true
	}
	return false
}

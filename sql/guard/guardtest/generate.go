// Package guardtest makes statements for the tests of whoever puts a guard in front of an engine: random sentences of
// ClickHouse's grammar over the tables of the guard's corpus, honest and hostile alike.
package guardtest

import (
	"fmt"
	"math/rand"
	"strings"
)

// Generate gives one random statement over the tables of testdata/schema.sql (own database: unqualified names and ws_main;
// somebody else's: tenant_b, default). Most are valid ClickHouse; some are not, and some do what a guard must refuse. Equal
// states of r give equal statements.
func Generate(r *rand.Rand) string {
	g := generator{r: r}
	return g.statement()
}

// Secret and Param stand in the statements of GenerateTemplate for the literal of a secret and of a request parameter.
const (
	Secret = "\x01S\x01"
	Param  = "\x01P\x01"
)

// GenerateTemplate is Generate with Secret and Param in the places of some literals. It gives at least one Secret.
func GenerateTemplate(r *rand.Rand) string {
	g := generator{r: r, marks: true}
	for {
		if s := g.statement(); strings.Contains(s, Secret) {
			return s
		}
	}
}

type generator struct {
	r     *rand.Rand
	marks bool
	depth int
	names int
}

// A table of the schema, with some of its columns by kind.
type table struct {
	name             string
	number, text, at []string
}

var tables = []table{
	{"events", []string{"id", "user_id", "value", "int_value"}, []string{"name", "path"}, []string{"ts"}},
	{"orders", []string{"id", "user_id", "amount"}, []string{"currency", "status"}, []string{"created"}},
	{"users", []string{"id", "version"}, []string{"email", "email_hash", "enc_note"}, []string{"created"}},
	{"countries", nil, []string{"code", "title"}, nil},
	{"api_keys", []string{"id", "user_id", "active"}, []string{"key_hash"}, []string{"revoked_at"}},
	{"rates", []string{"rate"}, []string{"currency"}, []string{"at"}},
	{"weird", []string{"id"}, []string{"v"}, nil},
}

func (g *generator) chance(n int) bool       { return g.r.Intn(n) == 0 }
func (g *generator) pick(s ...string) string { return s[g.r.Intn(len(s))] }
func (g *generator) maybe(n int, s string) string {
	if g.chance(n) {
		return s
	}
	return ""
}

func (g *generator) fresh(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *generator) statement() string {
	g.depth, g.names = 0, 0
	q := g.query()
	if g.chance(12) {
		q += " SETTINGS " + g.pick("max_threads = 1", "join_use_nulls = 1", "max_execution_time = 5", "readonly = 0",
			"log_comment = "+g.text(), "additional_result_filter = '1'", "send_logs_level = 'trace'")
	}
	if g.chance(25) {
		q += g.pick(";", " ; -- end", " FORMAT JSON", "; SELECT 1", " INTO OUTFILE '/tmp/x'")
	}
	return g.dress(q)
}

// dress changes what has no meaning: white space, comments, case of keywords, quotes of names.
func (g *generator) dress(q string) string {
	if !g.chance(4) {
		return q
	}
	out, inside := strings.Builder{}, false // inside a string every space counts
	for i, part := range strings.Split(q, " ") {
		if i > 0 && inside {
			out.WriteByte(' ')
		} else if i > 0 {
			out.WriteString(g.pick(" ", " ", " ", " ", "\n", "\t", " /* ' */ ", " /* a /* b */ */", "\u00a0", " -- it's\n", "\u200b ", " # x\n", " // y\n"))
		}
		bare := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(part, `\\`, ""), `\'`, ""), "$$h'd$$", "")
		inside = inside != (strings.Count(bare, "'")%2 == 1)
		if g.chance(6) && !strings.ContainsAny(part, "'\x01`") {
			switch part {
			case "SELECT", "FROM", "WHERE", "AND", "OR", "ORDER", "BY", "GROUP", "LIMIT", "AS", "ON", "JOIN", "IN", "UNION", "ALL":
				part = strings.ToLower(part)
			}
		}
		out.WriteString(part)
	}
	return out.String()
}

func (g *generator) query() string {
	g.depth++
	defer func() { g.depth-- }()
	q := g.arm()
	for g.depth < 4 && g.chance(9) {
		arm := g.arm()
		if g.chance(2) {
			arm = "(" + arm + ")"
		}
		q += " " + g.pick("UNION ALL", "UNION DISTINCT", "UNION", "INTERSECT", "EXCEPT") + " " + arm
	}
	return q
}

func (g *generator) arm() string {
	t := tables[g.r.Intn(len(tables))]
	var b strings.Builder
	if g.depth < 4 && g.chance(5) {
		b.WriteString("WITH " + g.with(t) + " ")
	}
	from := g.from(&t)
	grouped := g.chance(4)
	b.WriteString("SELECT ")
	on := !grouped && g.chance(25)
	if on {
		b.WriteString("DISTINCT ON (" + g.column(t) + ") ")
	} else if !grouped {
		b.WriteString(g.maybe(12, "DISTINCT "))
	}
	var key string
	if grouped {
		key = g.column(t)
		b.WriteString(key + " AS k, " + g.aggregate(t))
	} else {
		for i := range 1 + g.r.Intn(3) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(g.projected(t))
		}
	}
	if !g.chance(15) {
		b.WriteString(" FROM " + from)
	}
	if g.chance(2) {
		b.WriteString(" " + g.pick("WHERE", "WHERE", "WHERE", "PREWHERE") + " " + g.predicate(t))
	}
	if grouped {
		b.WriteString(" GROUP BY k" + g.maybe(6, " WITH TOTALS") + g.maybe(3, " HAVING "+g.aggregate(t)+" > "+g.number(t)))
	}
	if !grouped && g.chance(20) {
		b.WriteString(" WINDOW w AS (PARTITION BY " + g.column(t) + " ORDER BY " + g.column(t) + ")")
	}
	ties := ""
	if g.chance(3) {
		b.WriteString(" ORDER BY " + g.pick("1", "ALL", g.expression(t), g.column(t)+g.pick("", " DESC", " ASC NULLS LAST")+g.maybe(9, " WITH FILL FROM 1 TO "+g.number(t))))
		if !on {
			ties = g.maybe(3, " WITH TIES")
		}
	}
	if g.chance(3) {
		if ties == "" && !on {
			b.WriteString(g.maybe(4, " LIMIT 1 BY "+g.expression(t)))
		}
		b.WriteString(" LIMIT " + g.pick("1", "5", "2, 3", "3 OFFSET 1", "length("+g.text()+")") + ties)
	}
	if g.chance(30) {
		b.WriteString(" SETTINGS " + g.pick("max_threads = 2", "optimize_read_in_order = 0", "readonly = 0"))
	}
	return b.String()
}

func (g *generator) with(t table) string {
	switch g.r.Intn(5) {
	case 0:
		return g.fresh("c") + " AS (" + g.query() + ")"
	case 1:
		return t.name + " AS (SELECT * FROM " + t.name + " WHERE " + g.predicate(t) + ")"
	case 2:
		return "(" + g.query() + ") AS " + g.fresh("s")
	case 3:
		return "(x -> concat(x, 'l')) AS " + g.pick("shout", "upper", "hostName")
	}
	return g.literal() + " AS " + g.fresh("e")
}

func (g *generator) from(t *table) string {
	one := g.source(t)
	if g.depth > 3 || !g.chance(5) {
		return one
	}
	other := tables[g.r.Intn(len(tables))]
	alias := g.fresh("j")
	switch g.r.Intn(6) {
	case 0:
		return one + ", " + other.name + " AS " + alias
	case 1:
		return one + " CROSS JOIN (" + g.query() + ") AS " + alias
	case 2:
		return one + " ARRAY JOIN " + g.pick("[1, 2]", "splitByChar(',', "+g.text()+")") + " AS " + alias
	case 3:
		return one + " " + g.pick("LEFT ", "INNER ", "ANY LEFT ", "FULL OUTER ", "LEFT SEMI ", "LEFT ANTI ", "GLOBAL ") + "JOIN " + other.name + " AS " + alias + " USING (id)"
	case 4:
		return "(" + one + " JOIN " + other.name + " AS " + alias + " ON " + g.predicate(*t) + ")"
	}
	return one + " JOIN (" + g.query() + ") AS " + alias + " ON " + g.predicate(*t)
}

func (g *generator) source(t *table) string {
	switch g.r.Intn(16) {
	case 0:
		return g.pick("ws_main.", "`ws_main`.", "\"ws_main\" . ") + t.name
	case 1:
		return "(SELECT * FROM " + t.name + " WHERE " + g.predicate(*t) + ")" + g.maybe(2, " AS "+g.fresh("q"))
	case 2:
		*t = table{"numbers", []string{"number"}, nil, nil}
		return g.pick("numbers(10)", "numbers(2, 3)", "zeros(3)", "generate_series(1, 3)", "values('number UInt8', (1), (2))", "view(SELECT 1 AS number)")
	case 3:
		return g.pick("tenant_b.ledger", "`tenant_b`.ledger", "tenant_b/**/.ledger", "\u201ctenant_b\u201d.ledger", "default.host_notes", "system.tables",
			"merge('tenant_b', '^l')", "merge('^countries$')", "file('/etc/passwd')", "remote('127.0.0.1', tenant_b.ledger)", "dictionary('country_names')",
			"user_orders(uid = 1)", "tenant_b.pv(i = 1)", "url('http://127.0.0.1/')",
			"postgresql('db.example:5432', 'd', 't', 'u', "+g.text()+")", "s3('https://b.example/x', "+g.text()+", "+g.text()+", 'CSV', 'a String')")
	case 4:
		return t.name + " AS " + g.fresh("a") + g.maybe(4, " FINAL")
	}
	return t.name
}

func (g *generator) projected(t table) string {
	switch g.r.Intn(10) {
	case 0:
		return g.pick("*", t.name+".*", "* EXCEPT (id)", "COLUMNS('a') APPLY (toString)", "* APPLY "+g.pick("toTypeName", "hostName"))
	case 1:
		return g.expression(t) + " AS " + g.fresh("x")
	case 2:
		return g.aggregate(t) + " OVER " + g.pick("()", "(ORDER BY "+g.column(t)+")", "(PARTITION BY "+g.column(t)+" ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)")
	}
	return g.expression(t)
}

func (g *generator) aggregate(t table) string {
	return g.pick("count()", "sum("+g.number(t)+")", "max("+g.expression(t)+")", "uniq("+g.column(t)+")", "quantile(0.5)("+g.number(t)+")",
		"countIf("+g.predicate(t)+")", "count() FILTER (WHERE "+g.predicate(t)+")", "argMax("+g.column(t)+", "+g.column(t)+")",
		"groupArray(3)("+g.column(t)+")", "anyOrNull("+g.expression(t)+")", "count(DISTINCT "+g.column(t)+")")
}

func (g *generator) column(t table) string {
	all := append(append(append([]string(nil), t.number...), t.text...), t.at...)
	c := g.pick(all...)
	switch g.r.Intn(12) {
	case 0:
		return "`" + c + "`"
	case 1:
		return t.name + "." + c
	case 2:
		if g.chance(8) { // words of the grammar as names
			return g.pick("at", "format", "final", "left", "any", "desc", "offset", "window", "key", "type", "date", "interval", "first", "values", "settings", "full", "group", "over", "filter")
		}
	}
	return c
}

// predicate gives a condition.
func (g *generator) predicate(t table) string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 6 {
		return "1"
	}
	switch g.r.Intn(14) {
	case 0:
		return g.predicate(t) + " AND " + g.predicate(t)
	case 1:
		return "(" + g.predicate(t) + " OR " + g.predicate(t) + ")"
	case 2:
		return "NOT " + g.predicate(t)
	case 3:
		return g.expression(t) + g.pick(" IN ", " NOT IN ", " GLOBAL IN ") + g.inList(t)
	case 4:
		return g.text() + " " + g.pick("LIKE", "ILIKE", "NOT LIKE") + " " + g.string(t)
	case 5:
		return g.number(t) + " BETWEEN " + g.number(t) + " AND " + g.number(t)
	case 6:
		return g.expression(t) + g.pick(" IS NULL", " IS NOT NULL", " <=> NULL", " IS DISTINCT FROM "+g.literal())
	case 7:
		return g.pick("EXISTS", "NOT EXISTS") + " (" + g.query() + ")"
	case 8:
		return g.pick("startsWith", "endsWith", "match", "like", "equals") + "(" + g.string(t) + ", " + g.string(t) + ")"
	case 9:
		return "arrayExists(x -> x = " + g.string(t) + ", [" + g.string(t) + "])"
	case 10:
		return "(" + g.expression(t) + " AS " + g.fresh("p") + ") != " + g.literal()
	case 11:
		return g.string(t) + " = " + g.pick("ANY", "ALL") + " (" + g.query() + ")"
	}
	return g.expression(t) + " " + g.pick("=", "!=", "<", ">=", "<>", "==", "<=>") + " " + g.expression(t)
}

func (g *generator) inList(t table) string {
	switch g.r.Intn(6) {
	case 0:
		return "(" + g.query() + ")"
	case 1:
		return g.pick("countries", "ws_main.countries", "tenant_b.ledger", "(tenant_b.ledger)", "(countries)")
	case 2:
		return "[" + g.literal() + ", " + g.literal() + "]"
	}
	return "(" + g.literal() + ", " + g.literal() + ")"
}

func (g *generator) expression(t table) string {
	g.depth++
	defer func() { g.depth-- }()
	if g.depth > 6 {
		return g.literal()
	}
	switch g.r.Intn(12) {
	case 0:
		return "if(" + g.predicate(t) + ", " + g.literal() + ", " + g.literal() + ")"
	case 1:
		return "CASE WHEN " + g.predicate(t) + " THEN " + g.string(t) + " ELSE " + g.string(t) + " END"
	case 2:
		return "(" + g.query() + ")"
	case 3:
		return "(" + g.expression(t) + ", " + g.literal() + ")" + g.maybe(2, ".1")
	case 4:
		return "[" + g.literal() + "][1]"
	case 5:
		return g.number(t)
	case 6:
		return "toString(" + g.expression(t) + ")"
	case 7:
		return g.pick("CAST("+g.literal()+" AS String)", g.literal()+"::Nullable(String)", "toStartOfInterval(now(), INTERVAL 1 HOUR)",
			"arrayMap(x -> (x, "+g.literal()+"), [1])", "arrayMap("+g.pick("upper", "hostName", "file", "length")+", ["+g.text()+"])",
			"dictGet("+g.pick("'country_names'", "'tenant_b.d'", "tenant_b.d", "concat('tenant_b', '.d')")+", 'title', "+g.text()+")",
			"joinGet('plan_join', 'quota', toUInt32(1))", g.pick("hostName()", "version()", "file('/etc/passwd')", "getSetting('max_threads')", "sleep(0)"),
			"EXTRACT(YEAR FROM now())", "substring("+g.string(t)+" FROM 1 FOR 3)", "position('a' IN "+g.string(t)+")", "trim(BOTH 'x' FROM "+g.string(t)+")")
	}
	if len(t.text) > 0 {
		return g.string(t)
	}
	return g.number(t)
}

func (g *generator) number(t table) string {
	switch g.r.Intn(5) {
	case 0:
		return g.pick("1", "0.5", "-3", "1e3", "0x1F", "1_000", "length("+g.text()+")", "toUInt8("+g.text()+")", "ascii("+g.string(t)+")")
	case 1:
		if g.depth < 6 {
			g.depth++
			defer func() { g.depth-- }()
			return "(" + g.number(t) + " " + g.pick("+", "-", "*", "/", "%", "DIV", "MOD") + " " + g.number(t) + ")"
		}
	}
	if len(t.number) == 0 {
		return "1"
	}
	return g.pick(t.number...)
}

func (g *generator) string(t table) string {
	switch g.r.Intn(6) {
	case 0:
		return g.text()
	case 1:
		if g.depth < 6 {
			g.depth++
			defer func() { g.depth-- }()
			return g.pick("lower", "upper", "reverse", "hex", "SHA256", "trim", "toString", "base64Encode") + "(" + g.string(t) + ")"
		}
	case 2:
		if g.depth < 6 {
			g.depth++
			defer func() { g.depth-- }()
			return "concat(" + g.string(t) + ", " + g.string(t) + ")"
		}
	}
	if len(t.text) == 0 {
		return g.text()
	}
	return g.pick(t.text...)
}

func (g *generator) literal() string {
	return g.pick("1", "NULL", "true", "1.5", g.text(), g.text(), "[1]", "(1, 'a')")
}

// text gives a string, or a mark in its place.
func (g *generator) text() string {
	if g.marks && g.chance(3) {
		return g.pick(Secret, Secret, Param)
	}
	return g.pick("'a'", "'view'", "'it''s'", `'a\'b'`, `'\\'`, "''", "$$h'd$$", "'%'", "'/*no*/'", "\u2018q\u2019", "x'41'", "';DROP'")
}

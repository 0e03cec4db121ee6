package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"penstock/branches/workspace"
	"penstock/gateway/query"
	"penstock/sql/engine"
	"penstock/sql/engine/embedded"
	"penstock/sql/engine/enginetest"
	"penstock/sql/guard"
	"penstock/sql/guard/guardtest"
	"penstock/sql/lexer"
)

// The guard, judged by the engine: what it says of random statements is compared with what ClickHouse makes of them.
// make fuzz sets JUDGED_STATEMENTS to 100,000; make test runs some. The number counts the statements that reached the engine.

func judgedStatements() (n int, seed int64) {
	if n, err := strconv.Atoi(os.Getenv("JUDGED_STATEMENTS")); err == nil {
		return n, time.Now().UnixNano()
	}
	return 250, 1
}

// corpusEngine is an engine with the tables of the guard's corpus, without a gateway.
func corpusEngine(t *testing.T, change ...func(*embedded.Config)) *enginetest.Engine {
	t.Helper()
	e := enginetest.StartOwn(t, change...)
	places := strings.NewReplacer("@DB@", "ws_main")
	for _, statement := range strings.Split(places.Replace(readFile(t, filepath.Join(root(t), "sql", "guard", "testdata", "schema.sql"))), ";\n") {
		lines := slices.DeleteFunc(strings.Split(statement, "\n"), func(l string) bool { return strings.HasPrefix(l, "--") })
		if sql := strings.TrimSpace(strings.Join(lines, "\n")); sql != "" && !strings.HasPrefix(sql, "ATTACH") {
			if err := e.Client.Exec(t.Context(), "default", sql); err != nil {
				t.Fatalf("%.100s: %v", sql, err)
			}
		}
	}
	return e
}

// ask runs a statement as a pipe's would be run.
func ask(ctx context.Context, e *enginetest.Engine, sql, format string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	res, err := e.Client.Stream(ctx, engine.Query{ID: uuid.NewString(), SQL: []byte(sql), Database: "ws_main", Format: format, ReadOnly: true,
		Settings: []engine.Setting{{Name: "max_execution_time", Value: "3"}, {Name: "max_result_rows", Value: "100000"}}})
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return string(b), err
}

func messageOf(err error) string {
	var e *engine.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return ""
}

func plainStatement(sql string) lexer.Statement {
	var b lexer.Builder
	b.Generated(&lexer.Source{Pipe: "p", Node: "n", Text: sql}, 0, sql)
	return b.Statement()
}

var functionInTree = regexp.MustCompile(`(?m)^ *TABLE_FUNCTION id: .*table_function_name: (\S+?)(?:,.*)?$`)

var tableInTree = regexp.MustCompile(`(?m)^ *TABLE id: .*table_name: (\S+?)(?:,.*)?$`)

// What a syntax tree shows of FROM. An unqualified name may be that of a common table expression, so only others tell.
var (
	tableInAST    = regexp.MustCompile(`(?m)^ *TableIdentifier (\S+\.\S+)(?: \(.*)?$`)
	functionInAST = regexp.MustCompile(`(?m)^ *TableExpression .*\n *Function (\S+)`)
)

// named are the tables and table functions that the guard reports of a statement.
type named struct{ tables, functions map[string]bool }

func namedBy(q *guard.Query) named {
	n := named{map[string]bool{}, map[string]bool{"view": true}} // which the engine resolves before it shows the tree
	for _, ref := range q.Tables() {
		database := ref.Database
		if database == "" {
			database = "ws_main"
		}
		n.tables[database+"."+ref.Name] = true
		if ref.Kind == guard.View {
			n.functions[strings.ToLower(strings.TrimPrefix(database+"."+ref.Name, "ws_main."))] = true
		}
	}
	for _, f := range q.TableFunctions() {
		n.functions[strings.ToLower(f)] = true
	}
	return n
}

// missing are what the engine shows and the guard does not report; seen is how many it shows.
func (n named) missing(shown string, table, function *regexp.Regexp) (out []string, seen int) {
	for _, m := range function.FindAllStringSubmatch(shown, -1) {
		seen++
		if !n.functions[strings.ToLower(m[1])] {
			out = append(out, "the table function "+m[1])
		}
	}
	for _, m := range table.FindAllStringSubmatch(shown, -1) {
		seen++
		if t := strings.ReplaceAll(m[1], "`", ""); !n.tables[t] && t != "system.one" {
			out = append(out, "the table "+t)
		}
	}
	return out, seen
}

// Every table and table function that the engine finds in a statement is one that the guard names: in the syntax tree of
// whatever the guard reads, and in the resolved tree of what it lets through, which then reads no table of others.
func TestTablesJudgedByEngine(t *testing.T) {
	t.Parallel()
	e := corpusEngine(t)
	n, seed := judgedStatements()
	r := rand.New(rand.NewSource(seed))
	parsed, compared, unread, made, inASTs, inTrees := 0, 0, 0, 0, 0, 0
	for ; compared < n && made < 60*n; made++ {
		sql := guardtest.Generate(r)
		q, err := guard.Parse(plainStatement(sql))
		if err != nil {
			continue
		}
		allowed := q.Judge(guard.Policy{Database: "ws_main"}).Err() == nil
		if !allowed && r.Intn(4) > 0 {
			continue
		}
		names := namedBy(q)
		ast, err := ask(t.Context(), e, "SELECT * FROM (EXPLAIN AST "+sql[:q.End()]+"\n)", "TSVRaw")
		if err == nil {
			parsed++
			missing, seen := names.missing(ast, tableInAST, functionInAST)
			inASTs += seen
			for _, m := range missing {
				t.Errorf("seed %d: the guard did not name %s in\n%s\n%s", seed, m, sql, ast)
			}
		} else if allowed && strings.Contains(messageOf(err), "SYNTAX_ERROR") {
			unread++
			t.Logf("seed %d: the engine does not read\n%s", seed, sql)
		}
		if !allowed {
			continue
		}
		tree, err := ask(t.Context(), e, "EXPLAIN QUERY TREE "+sql[:q.End()], "TSVRaw")
		if err != nil {
			continue // what the engine does not understand it does not run
		}
		compared++
		missing, seen := names.missing(tree, tableInTree, functionInTree)
		inTrees += seen
		for _, m := range missing {
			t.Errorf("seed %d: the guard did not name %s in\n%s", seed, m, sql)
		}
		for _, m := range tableInTree.FindAllStringSubmatch(tree, -1) {
			if table := strings.ReplaceAll(m[1], "`", ""); !strings.HasPrefix(table, "ws_main.") && table != "system.one" {
				t.Errorf("seed %d: the guard let %s pass in\n%s", seed, table, sql)
			}
		}
	}
	if compared < n || inASTs < n/4 || inTrees < n {
		t.Errorf("only %d of %d statements, %d and %d names were compared", compared, n, inASTs, inTrees)
	}
	// What we read and the engine does not is harmless, since it runs nothing; much of it would mean that we read another
	// language.
	if unread > n/100 {
		t.Errorf("the engine does not read %d of %d statements that the guard lets pass", unread, n)
	}
	t.Logf("%d statements made, %d names in %d syntax trees and %d in %d resolved trees compared, %d statements that only we read",
		made, inASTs, parsed, inTrees, compared, unread)
}

// kindNames are the engine's names of the lexer's tokens.
var kindNames = map[lexer.Kind]string{lexer.Space: "Whitespace", lexer.Comment: "Comment", lexer.Word: "BareWord", lexer.Number: "Number",
	lexer.String: "StringLiteral", lexer.QuotedName: "QuotedIdentifier", lexer.Heredoc: "HereDoc", lexer.OpenRound: "OpeningRoundBracket",
	lexer.CloseRound: "ClosingRoundBracket", lexer.Comma: "Comma", lexer.Semicolon: "Semicolon", lexer.Dot: "Dot"}

// The engine sees the same tokens, whatever the bytes.
func TestTokensJudgedByEngine(t *testing.T) {
	t.Parallel()
	e := corpusEngine(t)
	n, seed := judgedStatements()
	r := rand.New(rand.NewSource(seed))
	const batch = 200
	for done := 0; done < n; done += batch {
		texts := make([]string, batch)
		for i := range texts {
			texts[i] = oddSQL(r)
		}
		for i, got := range engineTokens(t, e, texts) {
			if want := ourTokens(texts[i], len(strings.Split(got, " "))); want != got && !strings.Contains(got, "Error") {
				t.Errorf("seed %d: %q: the engine sees\n%s\nwe see\n%s", seed, texts[i], got, want)
			}
		}
	}
}

func oddSQL(r *rand.Rand) string {
	pieces := []string{"'", "\"", "`", "\\", "--", "/*", "*/", "#", "# ", "#!", "$$", "$a$", "$", "‘", "’", "“", "”", "x'41'", "b'01'", "1.5", "1_0", "0x1F",
		".", "..", "a", "SELECT", " ", "\n", "\r", "\t", "\u200b", "\u00a0", "\ufeff", ";", ",", "(", ")", "[", "{", "}", "::", "->", "<=>", "||", "=", "==", "?", "é", "\xff", "e5", "1e", "t.1", "//"}
	var b strings.Builder
	for range 1 + r.Intn(12) {
		b.WriteString(pieces[r.Intn(len(pieces))])
	}
	return b.String()
}

func engineTokens(t *testing.T, e *enginetest.Engine, texts []string) []string {
	t.Helper()
	var sql strings.Builder
	for i, text := range texts {
		fmt.Fprintf(&sql, "%sSELECT %d AS i, arrayStringConcat(arrayMap(t -> concat(toString(t.1), '-', toString(t.2), ':', toString(t.3)), tokenizeQuery(unhex('%s'))), ' ') AS s",
			[]string{"", " UNION ALL "}[min(i, 1)], i, hex.EncodeToString([]byte(text)))
	}
	out, err := ask(t.Context(), e, "SELECT s FROM ("+sql.String()+") ORDER BY i", "TSV")
	for range 5 { // a busy machine is no difference
		if !isTimeout(err) {
			break
		}
		out, err = ask(t.Context(), e, "SELECT s FROM ("+sql.String()+") ORDER BY i", "TSV")
	}
	if err != nil {
		t.Fatalf("%v: %.300s", err, messageOf(err))
	}
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}

func isTimeout(err error) bool {
	var e *engine.Error
	return errors.As(err, &e) && e.Kind == engine.Timeout
}

func ourTokens(text string, most int) string {
	var out []string
	for _, tok := range lexer.Tokens(text) {
		if len(out) == most {
			break
		}
		name, ok := kindNames[tok.Kind]
		if tok.Kind == lexer.End {
			continue
		}
		if !ok {
			name = engineName(tok.Kind.String())
		}
		out = append(out, fmt.Sprintf("%d-%d:%s", tok.Start, tok.End, name))
	}
	return strings.Join(out, " ")
}

// engineName is the engine's name of a token that our lexer names by its text.
func engineName(text string) string {
	names := map[string]string{"[": "OpeningSquareBracket", "]": "ClosingSquareBracket", "{": "OpeningCurlyBrace", "}": "ClosingCurlyBrace", "*": "Asterisk",
		"$": "DollarSign", "+": "Plus", "-": "Minus", "/": "Slash", "%": "Percent", "->": "Arrow", "?": "QuestionMark", ":": "Colon", "::": "DoubleColon",
		"^": "Caret", "=": "Equals", "!=": "NotEquals", "<": "Less", ">": "Greater", "<=": "LessOrEquals", ">=": "GreaterOrEquals", "<=>": "Spaceship",
		"|": "PipeMark", "||": "Concatenation", "@": "At", "@@": "DoubleAt", `\G`: "VerticalDelimiter", "error": "Error"}
	return names[text]
}

// A planted value is in nothing that comes back from a statement that the guard let through, nor in what the engine prints,
// and changes nothing around it.
func TestSecretsJudgedByEngine(t *testing.T) {
	t.Parallel()
	const marker = "Zq7-SEKRET-vW4x"
	printed := &output{}
	e := corpusEngine(t, func(c *embedded.Config) { c.Output = printed })
	// The engine does print statements, when a setting tells it to: what is looked for below can be found.
	_, _ = ask(t.Context(), e, "SELECT '"+marker+"' SETTINGS send_logs_level = 'trace'", "JSON")
	waitFor(t, 10*time.Second, "the engine to print the statement", func() bool { return strings.Contains(printed.String(), marker) })
	printed.take()
	n, seed := judgedStatements()
	r := rand.New(rand.NewSource(seed))
	g := guard.New(guard.Policy{Database: workspace.Main.Database(), Oracles: guard.Warn}, 0)
	allowed, made := 0, 0
	for ; allowed < n && made < 100*n; made++ {
		text := guardtest.GenerateTemplate(r)
		st := fillMarks(text, marker)
		report, err := g.Check(st)
		if err != nil {
			continue
		}
		allowed++
		body, err := ask(t.Context(), e, st.SQL(), "JSON")
		answer := body + printed.take()
		if err != nil { // as a caller of the gateway reads it
			answer += query.Shown(st, report, workspace.Main.Database(), err).Error()
		}
		for _, form := range []string{marker, "SEKRET", strings.ToLower(marker), strings.ToUpper(marker), "x4Wv-TERKES-7qZ", hex.EncodeToString([]byte(marker)),
			strings.ToUpper(hex.EncodeToString([]byte(marker))), "WnE3LVNFS1JFVC12VzR4"} {
			if strings.Contains(answer, form) {
				t.Errorf("seed %d: %q came back from\n%s\n%.500s", seed, form, st.Log(), answer)
			}
		}
		odd, plain := fillMarks(text, randomValue(r)), fillMarks(text, "x")
		tokens := engineTokens(t, e, []string{odd.SQL(), plain.SQL()})
		if a, b := kindsOnly(tokens[0]), kindsOnly(tokens[1]); a != b {
			t.Errorf("seed %d: a value changed the statement around it:\n%s\n%s", seed, odd.Log(), plain.Log())
		}
	}
	if allowed < n {
		t.Errorf("only %d of %d statements were let through", allowed, n)
	}
	t.Logf("%d statements made, %d let through", made, allowed)
}

func randomValue(r *rand.Rand) string {
	b := make([]byte, r.Intn(30))
	const matter = "'\\\"`%_$-#/*;{}()\x00\n\r\t\x1axbX019 \xe2\x80\x98\x99\xc2\xa0"
	for i := range b {
		b[i] = matter[r.Intn(len(matter))]
	}
	return string(b)
}

var position = regexp.MustCompile(`\d+-\d+:`)

func kindsOnly(tokens string) string { return position.ReplaceAllString(tokens, "") }

// fillMarks writes the value for each secret, and a word for each parameter, with their spans.
func fillMarks(text, value string) lexer.Statement {
	src := &lexer.Source{Pipe: "p", Node: "n", Text: text}
	var b lexer.Builder
	at := 0
	for at < len(text) {
		i := strings.IndexByte(text[at:], 1)
		if i < 0 {
			break
		}
		b.Text(src, at, at+i)
		mark := text[at+i : at+i+3]
		if mark == guardtest.Secret {
			b.Secret(src, at+i, quoted(value), []string{"s"})
		} else {
			b.Param(src, at+i, "'p'", []string{"p"})
		}
		at += i + 3
	}
	b.Text(src, at, len(text))
	return b.Statement()
}

func quoted(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(value) + "'"
}

// Every function and table function of the engine stands in a list: it is allowed, or refused for a reason.
func TestListsJudgedByEngine(t *testing.T) {
	t.Parallel()
	e := corpusEngine(t)
	names := func(sql string) []string {
		out, err := ask(t.Context(), e, sql, "TSV")
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		return strings.Fields(out)
	}
	seen := 0
	known := func(format, name string) {
		seen++
		sql := fmt.Sprintf(format, name)
		q, err := guard.Parse(plainStatement(sql))
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			return
		}
		for _, f := range q.Judge(guard.Policy{Database: "ws_main"}).Findings {
			if strings.Contains(f.Sentence, "is not one that the guard knows") || strings.Contains(f.Sentence, "does not know this table function") {
				t.Errorf("%s: %s", sql, f.Sentence)
			}
		}
	}
	const call = "SELECT `%s`('sum', 1)"
	for _, name := range names("SELECT name FROM system.functions") {
		known(call, name)
	}
	for _, name := range names("SELECT name FROM system.functions WHERE case_insensitive") {
		known(call, strings.ToUpper(name))
		known(call, strings.ToLower(name))
	}
	for _, name := range names("SELECT name FROM system.aggregate_function_combinators") {
		known("SELECT sum%s(a)", name)
	}
	for _, name := range names("SELECT name FROM system.table_functions") {
		known("SELECT 1 FROM `%s`('a')", name)
	}
	if seen < 2000 {
		t.Errorf("the engine named only %d functions", seen)
	}
}

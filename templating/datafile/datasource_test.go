package datafile_test

import (
	"reflect"
	"strings"
	"testing"

	"penstock/templating/datafile"
)

func TestCreateTableSQL(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{
			"all of a schema", lines(
				"# comment", "DESCRIPTION >", "    All.", "SCHEMA >",
				"    `id` UInt64 `json:$.id`,",
				"    `name` LowCardinality(String) `json:$.user.name` DEFAULT 'a, (b' CODEC(ZSTD(1)),",
				"    tags Array(String) `json:$.tags[:]`,",
				"    # `gone` String,",
				"    `state` AggregateFunction(uniq, String),",
				"    `at` DateTime64(3, 'UTC') DEFAULT now64(3) TTL toDateTime(at) + toIntervalDay(1),",
				"    `two words` Enum8('x' = 1, 'y' = 2) codec(LZ4)",
				`ENGINE "MergeTree"`, `ENGINE_SORTING_KEY "id, name"`, `ENGINE_PARTITION_KEY "toYYYYMM(at)"`, `ENGINE_PRIMARY_KEY 'id'`,
				`ENGINE_TTL "toDateTime(at) + toIntervalDay(30)"`, `ENGINE_SETTINGS "index_granularity=32, ttl_only_drop_parts = 1"`,
				"INDEXES >", "    INDEX i1 name TYPE bloom_filter(0.01) GRANULARITY 4", "    i2 lower(name) TYPE minmax GRANULARITY 1",
				"TOKEN \"x\" APPEND", "KAFKA_TOPIC t"),
			lines("CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`",
				"(", "    `id` UInt64,", "    `name` LowCardinality(String) DEFAULT 'a, (b' CODEC(ZSTD(1)),", "    `tags` Array(String),",
				"    `state` AggregateFunction(uniq, String),", "    `at` DateTime64(3, 'UTC') DEFAULT now64(3) TTL toDateTime(at) + toIntervalDay(1),",
				"    `two words` Enum8('x' = 1, 'y' = 2) CODEC(LZ4),",
				"    INDEX `i1` name TYPE bloom_filter(0.01) GRANULARITY 4,", "    INDEX `i2` lower(name) TYPE minmax GRANULARITY 1", ")",
				"ENGINE = MergeTree", "PARTITION BY (toYYYYMM(at))", "PRIMARY KEY (id)", "ORDER BY (id, name)",
				"TTL toDateTime(at) + toIntervalDay(30)", "SETTINGS index_granularity=32, ttl_only_drop_parts = 1"),
		},
		{"no engine", "SCHEMA >\n  a String", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String\n)\nENGINE = MergeTree\nORDER BY tuple()"},
		{"empty keys, trailing comma", "SCHEMA >\n  a String,\n\nENGINE MergeTree\nENGINE_PARTITION_KEY \"\"\nENGINE_SORTING_KEY tuple()\n", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String\n)\nENGINE = MergeTree\nORDER BY tuple()"},
		{"replacing", "SCHEMA >\n  a String, v UInt8, d UInt8\nENGINE \"ReplacingMergeTree\"\nENGINE_VER v\nENGINE_IS_DELETED d\nENGINE_SORTING_KEY a", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String,\n    `v` UInt8,\n    `d` UInt8\n)\nENGINE = ReplacingMergeTree(v, d)\nORDER BY (a)"},
		{"summing", "SCHEMA >\n  a String, v UInt8, w UInt8\nENGINE \"SummingMergeTree\"\nENGINE_COLUMNS \"v, w\"\nENGINE_SORTING_KEY a", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String,\n    `v` UInt8,\n    `w` UInt8\n)\nENGINE = SummingMergeTree((v, w))\nORDER BY (a)"},
		{"join", "SCHEMA >\n  a String, v UInt8\nENGINE \"Join\"\nENGINE_KEY_COLUMNS a", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String,\n    `v` UInt8\n)\nENGINE = Join(ANY, LEFT, a)"},
		{"aggregating with brackets", "SCHEMA >\n  a String\nENGINE \"AggregatingMergeTree()\"\nENGINE_SORTING_KEY a", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String\n)\nENGINE = AggregatingMergeTree\nORDER BY (a)"},
		{"columns called like refused functions", "SCHEMA >\n  file String, user String DEFAULT lower(file), b UInt8 DEFAULT file IN ('a') AND user in ['x']\nENGINE MergeTree\nENGINE_SORTING_KEY \"file, lower(user)\"", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `file` String,\n    `user` String DEFAULT lower(file),\n    `b` UInt8 DEFAULT file IN ('a') AND user in ['x']\n)\nENGINE = MergeTree\nORDER BY (file, lower(user))"},
		{"comments", "SCHEMA > # all\n  -- `gone` String,\n  a String DEFAULT 'x -- y', -- a, b'\n  b Int8 --\n  -- c Int8\nENGINE MergeTree # the default\nENGINE_SORTING_KEY a, '#' # by a\n", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String DEFAULT 'x -- y',\n    `b` Int8\n)\nENGINE = MergeTree\nORDER BY (a, '#')"},
		{"bare names", "SCHEMA >\n  n.a Array(String), b-c Int8, 1d Int8\nENGINE Null", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `n.a` Array(String),\n    `b-c` Int8,\n    `1d` Int8\n)\nENGINE = Null"},
		{"null", "SCHEMA >\n  a String\nENGINE Null", "CREATE TABLE IF NOT EXISTS `ws_main`.`t` \t`\n(\n    `a` String\n)\nENGINE = Null"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := datafile.ParseDatasource("x/events.datasource", tt.text)
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(tt.want, "`t` \t`", "`a\\`b`", 1)
			if got := d.CreateTableSQL("ws_main", "a`b"); strings.TrimSpace(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if d.Name != "events" {
				t.Errorf("got name %q", d.Name)
			}
			checkDatasourceText(t, d)
		})
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	d, err := datafile.ParseDatasource("t.datasource", "SCHEMA >\n    `a``b` Nullable(String) `json:$.x.y[:]`, `n` Int8\nENGINE Null\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []datafile.Column{{Name: "a`b", Type: "Nullable(String)", JSONPath: "$.x.y[:]", Line: 2, Column: 5}, {Name: "n", Type: "Int8", Line: 2, Column: 46}}
	if !reflect.DeepEqual(d.Columns, want) {
		t.Errorf("got  %+v\nwant %+v", d.Columns, want)
	}
	if got, want := d.AddColumnSQL("db", "n"), "ALTER TABLE `db`.`t` ADD COLUMN IF NOT EXISTS `n` Int8 AFTER `a\\`b`"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := d.AddColumnSQL("db", "a`b"), "ALTER TABLE `db`.`t` ADD COLUMN IF NOT EXISTS `a\\`b` Nullable(String) FIRST"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDatasourceErrors(t *testing.T) {
	t.Parallel()
	const head = "SCHEMA >\n  a String\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "1:1: the data source has no SCHEMA: write SCHEMA > and a column a line below it"},
		{"empty schema", "SCHEMA >\nENGINE MergeTree\n", "1:1: the SCHEMA is empty: write a column a line below it"},
		{"bracket", "SCHEMA >\n  a Array(String\n", "2:17: a bracket is not closed: ) is missing"},
		{"closing bracket", "SCHEMA >\n  a String) ENGINE = File('CSV'), b String\n", "2:11: this bracket closes nothing"},
		{"quote", "SCHEMA >\n  `a String\n", "2:3: this quote is not closed"},
		{"comment", "SCHEMA >\n  a String /* x */\n", "2:12: a comment has no place here: a line that begins with # is one"},
		{"comma missing", "SCHEMA >\n  `a` String\n  `b` String\n", "3:3: a comma is missing before this"},
		{"comma missing, bare", "SCHEMA >\n  a String\n  b String\n", "3:3: a comma is missing before this"},
		{"comma missing after a path", "SCHEMA >\n  `a` String `json:$.a`\n  `b` String\n", "3:3: a comma is missing before this"},
		{"no type", "SCHEMA >\n  `a` `json:$.a`\n", "2:7: the column 'a' has no type"},
		{"twice", "SCHEMA >\n  a String,\n  a Int8\n", "3:3: there are two columns called 'a'"},
		{"path", "SCHEMA >\n  a String `json:a`\n", "2:12: a JSON path begins with $, for example `json:$.a.b` or `json:$.a[:]`"},
		{"default", "SCHEMA >\n  a String DEFAULT\n", "2:12: DEFAULT has no expression"},
		{"materialized", "SCHEMA >\n  a String MATERIALIZED 1\n", "2:12: a column may have DEFAULT, CODEC and TTL after its type; MATERIALIZED is not known here"},
		{"engine that reads elsewhere", head + `ENGINE "URL('http://x')"`, "3:8: the engine is none of those that a data source may have: MergeTree, ReplacingMergeTree, SummingMergeTree, AggregatingMergeTree, CollapsingMergeTree, VersionedCollapsingMergeTree, CoalescingMergeTree, Join, Memory, Null"},
		{"engine with arguments", head + `ENGINE "ReplacingMergeTree(v)"`, "3:8: give what stands in the engine's brackets by instructions of their own, for example ENGINE_VER or ENGINE_SORTING_KEY"},
		{"curly quotes", head + "ENGINE “MergeTree”", `3:8: write straight quotes around the name of the engine: ENGINE "MergeTree"`},
		{"collapsing", head + "ENGINE CollapsingMergeTree", "3:8: CollapsingMergeTree needs ENGINE_SIGN"},
		{"is deleted", head + "ENGINE ReplacingMergeTree\nENGINE_IS_DELETED a", "3:8: ENGINE_IS_DELETED needs ENGINE_VER"},
		{"key that leaves its place", head + `ENGINE_SORTING_KEY "a) SETTINGS x = (1"`, "3:22: this bracket closes nothing"},
		{"TTL that goes on", head + `ENGINE_TTL "(a)SETTINGS disk = 'x'"`, "3:12: SETTINGS has no place in ENGINE_TTL"},
		{"disk", head + `ENGINE_SETTINGS "disk = 'x'"`, "3:17: the setting disk chooses where rows are kept, which is the operator's to say: leave it out"},
		{"disk function", head + `ENGINE_SETTINGS "disk = disk(type = local)"`, "3:17: ENGINE_SETTINGS is a list of names with numbers or quoted words: index_granularity = 8192"},
		{"twice the engine", head + "ENGINE Null\nENGINE Null", "4:1: ENGINE stands in this file already: keep one of the two"},
		{"heredoc", "SCHEMA >\n  a String DEFAULT $$ ' $$\n", "2:20: a dollar sign has no place here outside of quotes"},
		{"file of the host", "SCHEMA >\n  a String DEFAULT file('/etc/passwd')\n", "2:20: the function file has no place in a data source: it reads more than the row"},
		{"file, quoted", "SCHEMA >\n  a String DEFAULT `file`\t('x')\n", "2:20: the function file has no place in a data source: it reads more than the row"},
		{"file, escaped", "SCHEMA >\n  a String DEFAULT `fi\\x6ce`('x')\n", "2:20: a quoted name has no backslash here"},
		{"file as an argument", "SCHEMA >\n  a Array(String) DEFAULT arrayMap( file, ['x'])\n", "2:37: the function file has no place in a data source: it reads more than the row"},
		{"file in a key", head + "ENGINE_SORTING_KEY \"lower(file('x'))\"", "3:27: the function file has no place in a data source: it reads more than the row"},
		{"another table by IN", "SCHEMA >\n  a UInt8 DEFAULT 'x' IN other.t\n", "2:23: IN takes a list of constants in brackets here"},
		{"another table by IN and brackets", head + "ENGINE_TTL \"toDate(1) DELETE WHERE a NOT IN (other.t)\"", "3:46: IN takes a list of constants in brackets here"},
		{"another table by in()", "SCHEMA >\n  a UInt8 DEFAULT in('x', other.t)\n", "2:27: IN takes a list of constants in brackets here"},
		{"sub-query", "SCHEMA >\n  a UInt8 DEFAULT (SELECT 1)\n", "2:20: a SELECT has no place in a data source"},
		{"dictionary in a TTL", head + "ENGINE_TTL \"toDate(dictGetDate('d', 'a', 1))\"", "3:20: the function dictgetdate has no place in a data source: it reads more than the row"},
		{"index", head + "INDEXES >\n  x y\n", "4:3: an index is one line: INDEX name expression TYPE minmax GRANULARITY 4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := datafile.ParseDatasource("d.datasource", tt.text)
			if got := errorTexts(t, err); !reflect.DeepEqual(got, []string{"d.datasource:" + tt.want}) || d != nil {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestParseConnection(t *testing.T) {
	t.Parallel()
	c, err := datafile.ParseConnection("k.connection", "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS {{ tb_secret(\"s\", \"localhost:9092\") }}\nANY_THING 'x'\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []datafile.Instruction{{Key: "KAFKA_BOOTSTRAP_SERVERS", Value: `{{ tb_secret("s", "localhost:9092") }}`}, {Key: "ANY_THING", Value: "x"}}
	if got := bare(c.Other); c.Name != "k" || c.Type != "kafka" || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", c)
	}
}

func bareDatasource(d datafile.Datasource) datafile.Datasource {
	d.Other = bare(d.Other)
	d.Columns = append([]datafile.Column(nil), d.Columns...)
	for i := range d.Columns {
		d.Columns[i].Line, d.Columns[i].Column = 0, 0
	}
	return d
}

func checkDatasourceText(t *testing.T, d *datafile.Datasource) {
	t.Helper()
	again, err := datafile.ParseDatasource(d.File, d.String())
	if err != nil {
		t.Fatalf("printed text does not parse: %v\n%s", err, d)
	}
	if g, w := bareDatasource(*again), bareDatasource(*d); !reflect.DeepEqual(g, w) {
		t.Errorf("printed text parses to another data source:\n%s\ngot  %#v\nwant %#v", d, g, w)
	}
}

// Every text is read without a panic; what is read prints to a text that reads the same, and gives a statement.
func FuzzParseDatasource(f *testing.F) {
	for _, s := range []string{
		"SCHEMA >\n  `a` Array(String) `json:$.a[:]` DEFAULT ['x'] CODEC(ZSTD(1)),\n b Int8 TTL x\nENGINE \"MergeTree\"\nENGINE_SORTING_KEY \"a, b\"\nENGINE_TTL b\nINDEXES >\n INDEX i a TYPE minmax GRANULARITY 1\n",
		"DESCRIPTION x\nTOKEN a APPEND\nSCHEMA >\n a String\nENGINE Join\nENGINE_KEY_COLUMNS a\nFORWARD_QUERY >\n SELECT 1\n", "SCHEMA a String\nTAGS \"x, y\"\nENGINE_SETTINGS \"a = 1\"\nKAFKA_X \"'\"\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := datafile.ParseDatasource("d/t.datasource", text)
		if err != nil {
			errorTexts(t, err)
			return
		}
		checkDatasourceText(t, d)
		if d.CreateTableSQL("db", "t") == "" {
			t.Error("no statement")
		}
	})
}

func BenchmarkParsePipe(b *testing.B) {
	for _, size := range []struct {
		name  string
		nodes int
	}{{"1KB", 1}, {"46KB", 46}, {"460KB", 460}} {
		text := strings.Repeat("NODE n\nSQL >\n    %\n"+strings.Repeat("    SELECT a, b FROM t WHERE x = {{String(x)}}\n", 21), size.nodes)
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := datafile.ParsePipe("p.pipe", text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

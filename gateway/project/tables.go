package project

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"penstock/branches/workspace"
	"penstock/sql/engine"
	"penstock/templating/datafile"
)

// createTables brings a workspace's database to what the data sources say. It never drops a row: a table whose columns
// changed is made anew when it is empty, gets columns that are added, and is a problem otherwise.
func (p *Project) createTables(ctx context.Context, w workspace.Workspace) []Problem {
	ctx, cancel := context.WithTimeout(ctx, tablesTimeout)
	defer cancel()
	database := w.ID.Database()
	done := p.created[database]
	if done == nil {
		if err := p.cfg.Tables.CreateDatabase(ctx, database); err != nil {
			problem := p.problem(file{}, "database", err)
			return []Problem{problem}
		}
		done = map[string]file{}
		p.created[database] = done
	}
	var problems []Problem
	for _, path := range slices.Sorted(maps.Keys(p.sources.datasources)) {
		d := p.sources.datasources[path]
		if last, ok := done[path]; ok && last.same(d.file) {
			continue
		}
		if err := p.createTable(ctx, database, d.def); err != nil {
			problems = append(problems, p.problem(d.file, "table", err))
			continue
		}
		done[path] = d.file
	}
	return problems
}

func (p *Project) createTable(ctx context.Context, database string, d *datafile.Datasource) error {
	have, err := p.cfg.Tables.Columns(ctx, database, d.Name)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		return p.cfg.Tables.Exec(ctx, database, d.CreateTableSQL(database, d.Name))
	}
	added, same, err := p.compare(ctx, database, d, have)
	switch {
	case err != nil:
		return err
	case same:
		return nil
	case added != nil:
		for _, c := range added {
			if err := p.cfg.Tables.Exec(ctx, database, d.AddColumnSQL(database, c)); err != nil {
				return err
			}
		}
		return nil
	}
	empty, err := p.cfg.Tables.IsEmpty(ctx, database, d.Name)
	if err != nil {
		return err
	}
	if !empty {
		return fmt.Errorf("the table '%s' has other columns than this file, and rows: move the rows away and drop the table, or give the data source a new name", d.Name)
	}
	if err := p.cfg.Tables.Exec(ctx, database, "DROP TABLE "+qualified(database, d.Name)); err != nil {
		return err
	}
	return p.cfg.Tables.Exec(ctx, database, d.CreateTableSQL(database, d.Name))
}

// drop drops a table of our own making, also when ctx has ended.
func (p *Project) drop(ctx context.Context, database, table string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tablesTimeout)
	defer cancel()
	return p.cfg.Tables.Exec(ctx, database, "DROP TABLE IF EXISTS "+qualified(database, table))
}

func qualified(database, table string) string {
	return datafile.Quote(database) + "." + datafile.Quote(table)
}

// compare sets the columns of a table against those of a file: added is not nil when the file only has more of them.
// ClickHouse writes types in its own way, so an empty twin of the table is made to ask for them where the texts differ.
func (p *Project) compare(ctx context.Context, database string, d *datafile.Datasource, have []engine.Column) (added []string, same bool, err error) {
	want := make([]engine.Column, len(d.Columns))
	for i, c := range d.Columns {
		want[i] = engine.Column{Name: c.Name, Type: c.Type}
	}
	if equalColumns(have, want) {
		return nil, true, nil
	}
	twin := "_penstock_twin_of_" + d.Name
	if err := p.drop(ctx, database, twin); err != nil {
		return nil, false, err
	}
	if err := p.cfg.Tables.Exec(ctx, database, d.CreateTableSQL(database, twin)); err != nil {
		return nil, false, err
	}
	want, err = p.cfg.Tables.Columns(ctx, database, twin)
	if e := p.drop(ctx, database, twin); err == nil {
		err = e
	}
	if err != nil || equalColumns(have, want) {
		return nil, err == nil, err
	}
	types := make(map[string]string, len(have))
	for _, c := range have {
		types[c.Name] = c.Type
	}
	for _, c := range want {
		switch t, known := types[c.Name]; {
		case !known:
			added = append(added, c.Name)
		case t != c.Type:
			return nil, false, nil
		}
		delete(types, c.Name)
	}
	if len(types) > 0 { // the file has fewer
		return nil, false, nil
	}
	return added, len(added) == 0, nil
}

func equalColumns(a, b []engine.Column) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || squeeze(a[i].Type) != squeeze(b[i].Type) {
			return false
		}
	}
	return true
}

// squeeze leaves out the blanks of a type.
func squeeze(t string) string { return strings.Join(strings.Fields(t), "") }

package guard

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed lists/functions.txt
var functionsText string

//go:embed lists/aggregates.txt
var aggregatesText string

//go:embed lists/refused.txt
var refusedText string

//go:embed lists/quiet.txt
var quietText string

//go:embed lists/settings.txt
var settingsText string

//go:embed lists/formats.txt
var formatsText string

// catalog is what the files in lists say. It is read once and never changed.
type catalog struct {
	functions  map[string]bool      // exact names
	aggregates map[string]bool      // likewise
	lowered    map[string]string    // names of both, lower-cased
	folded     map[string]bool      // the lower-cased names of both
	anyCase    map[string]string    // lower-cased names that ClickHouse reads in any case, to the name in the list
	refused    map[string]string    // lower-cased names to the reason
	quiet      map[string]quietness // lower-cased names to their groups
	settings   map[string]string    // name to the form of its value: bool, limit, or words separated by |
	formats    map[string]bool      // lower-cased
}

var catalogOf = sync.OnceValue(func() *catalog {
	c := &catalog{functions: map[string]bool{}, aggregates: map[string]bool{}, anyCase: map[string]string{}, folded: map[string]bool{}, lowered: map[string]string{},
		refused: map[string]string{}, quiet: map[string]quietness{}, settings: map[string]string{}, formats: map[string]bool{"auto": true, "nosign": true}}
	c.names(functionsText, c.functions)
	c.names(aggregatesText, c.aggregates)
	groupedEach(refusedText, func(reason, name string) { c.refused[name] = reason })
	groupedEach(quietText, func(group, name string) { c.quiet[name] |= quietGroups[group] })
	groupedEach(formatsText, func(_, name string) { c.formats[name] = true })
	for line := range strings.Lines(settingsText) {
		if f := strings.Fields(line); len(f) > 2 && f[0] != "#" {
			c.settings[f[0]] = f[1]
		}
	}
	return c
})

func (c *catalog) names(text string, into map[string]bool) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range strings.Fields(line) {
			exact, star := strings.CutSuffix(name, "*")
			lower := strings.ToLower(exact)
			into[exact], c.folded[lower], c.lowered[exact] = true, true, lower
			if star {
				c.anyCase[lower] = exact
			}
		}
	}
}

// groupedEach calls f with each name, lower-cased, and the comment line above it.
func groupedEach(text string, f func(group, name string)) {
	group := ""
	for line := range strings.Lines(text) {
		if g, ok := strings.CutPrefix(line, "# "); ok {
			group = strings.TrimSpace(g)
			continue
		}
		for name := range strings.FieldsSeq(line) {
			f(group, strings.ToLower(name))
		}
	}
}

// lower is a name in small letters, without garbage for those of the lists.
func (c *catalog) lower(name string) string {
	if lower, ok := c.lowered[name]; ok {
		return lower
	}
	return strings.ToLower(name)
}

// function tells whether a statement may call name: an ordinary function or an aggregate with combinators. base is the name
// in the list.
func (c *catalog) function(name string) (base string, aggregate, ok bool) {
	if c.functions[name] {
		return name, false, true
	}
	if exact, ok := c.anyCase[strings.ToLower(name)]; ok && c.functions[exact] {
		return exact, false, true
	}
	if base, ok := c.aggregate(name); ok {
		return base, true, true
	}
	return "", false, false
}

// combinators may stand behind the name of an aggregate function, several in a row.
var combinators = [...]string{"ArgMax", "ArgMin", "Array", "Distinct", "ForEach", "If", "Map", "MergeState", "Merge", "Null",
	"OrDefault", "OrNull", "Resample", "SimpleState", "State", "Tuple"}

func (c *catalog) aggregate(name string) (string, bool) {
	for range 8 { // no one stacks more
		if c.aggregates[name] {
			return name, true
		}
		if exact, ok := c.anyCase[strings.ToLower(name)]; ok && c.aggregates[exact] {
			return exact, true
		}
		cut := ""
		for _, suffix := range combinators {
			if base, ok := strings.CutSuffix(name, suffix); ok && base != "" && len(suffix) > len(cut) {
				cut = suffix
			}
		}
		if cut == "" {
			break
		}
		name = name[:len(name)-len(cut)]
	}
	return "", false
}

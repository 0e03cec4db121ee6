package templating

import (
	"sort"

	"penstock/templating/literal"
)

// sqlFunction is a function of the language that is neither a type nor Python's.
func sqlFunction(name string) *function {
	switch name {
	case "column":
		return &function{name: name, params: []string{"x", "default"}, need: 1, typed: true, call: columnCall}
	case "columns":
		return &function{name: name, params: []string{"x", "default", "fn"}, need: 1, typed: true, call: columnsCall}
	case "symbol":
		return &function{name: name, params: []string{"x", "quote"}, need: 1, typed: true, call: symbolCall}
	case "table":
		return &function{name: name, params: []string{"x", "quote"}, need: 1, typed: true, call: tableCall}
	case "sql_unescape":
		return &function{name: name, params: []string{"x", "what"}, need: 1, typed: true, call: unescapeCall}
	case "split_to_array":
		return &function{name: name, params: []string{"x", "default", "separator"}, need: 1, typed: true, call: splitCall}
	case "enumerate_with_last":
		return &function{name: name, params: []string{"x"}, need: 1, typed: true, call: enumerateWithLast}
	case "defined":
		return &function{name: name, params: []string{"x"}, call: definedCall}
	case "error":
		return &function{name: name, params: []string{"message", "code"}, call: errorCall}
	case "custom_error":
		return &function{name: name, params: []string{"message", "code"}, call: customErrorCall}
	case "max_threads":
		return &function{name: name, params: []string{"x"}, need: 1, typed: true, call: maxThreads}
	case "cache_ttl":
		return &function{name: name, params: []string{"x"}, need: 1, typed: true, call: cacheTTL}
	case "backend_hint":
		return &function{name: name, params: []string{"x"}, need: 1, typed: true, call: backendHint}
	case "activate":
		return &function{name: name, params: []string{"x"}, need: 1, typed: true, call: activateCall}
	case "disable":
		return &function{name: name, params: []string{"x"}, need: 1, typed: true, call: disableCall}
	}
	return dateFunction(name)
}

func definedCall(r *run, a []value) (value, *fault) {
	v := a[0]
	return boolean(v.kind != kNone && v.kind != kAbsent && v.kind != kMissing).with(v.from), nil
}

// appendSQL writes a value as a tag would print it.
func (r *run) appendSQL(dst []byte, v value) ([]byte, *fault) {
	switch v.kind {
	case kStr, kExc:
		return literal.String(dst, v.s), nil
	case kRaw, kSym:
		return append(dst, v.s...), nil
	case kBool, kInt, kBig, kFloat:
		return appendTyped(dst, v), nil
	case kMissing:
		return literal.String(dst, missingText), nil
	case kFunc:
		return dst, unsupported("the function %s is no value; call it", v.s)
	case kIter:
		return dst, unsupported("range, zip and the like print nothing; make a list of it")
	case kNone, kAbsent:
		return append(dst, "None"...), nil
	case kSecret, kParts:
		return dst, secretFault("joined to other text")
	}
	return r.container(dst, v, r.appendItem)
}

// appendItem writes an item of a list: texts are literals there too, and numbers have no casts. A percent sign stays as it
// is: an item is compared and is no pattern.
func (r *run) appendItem(dst []byte, v value) ([]byte, *fault) {
	switch v.kind {
	case kStr, kRaw, kSym:
		return literal.Item(dst, v.s), nil
	case kBool, kInt, kBig, kFloat:
		return appendNumber(dst, v), nil
	}
	return r.appendSQL(dst, v)
}

// originOf is the origin of a value and of everything in it.
func originOf(v value) *origin {
	all := make(map[*origin]bool)
	origins(v, all)
	delete(all, nil)
	if len(all) < 2 {
		for o := range all {
			return o
		}
		return nil
	}
	seen := make(map[string]bool)
	out := new(origin)
	for o := range all {
		for _, name := range *o {
			if !seen[name] {
				seen[name] = true
				*out = append(*out, name)
			}
		}
	}
	sort.Strings(*out)
	return out
}

// origins gathers the origins of a value and of everything in it.
func origins(v value, all map[*origin]bool) {
	all[v.from] = true
	switch o := v.obj.(type) {
	case *list:
		for _, it := range o.items {
			origins(it, all)
		}
	case *dict:
		for i := range o.keys {
			origins(o.keys[i], all)
			origins(o.vals[i], all)
		}
	}
}

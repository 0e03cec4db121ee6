package templating

import (
	"unsafe"

	"penstock/templating/literal"
)

// print writes what {{ }} prints for a value. source is the tag's content, for the error about null.
func (r *run) print(pos int, v value, source string) *fault {
	from := v.from
	b := r.scratch[:0]
	switch v.kind {
	case kStr, kExc:
		b = literal.String(b, v.s)
	case kRaw, kSym:
		r.write(pos, v.s, from)
		return nil
	case kInt, kBool, kBig, kFloat:
		b = appendTyped(b, v)
	case kNone, kAbsent:
		return evaluatedToNull(source)
	case kSecret:
		return r.printSecret(pos, v.obj.(*secret))
	case kParts:
		for _, p := range v.obj.([]part) {
			if p.secret != nil {
				if f := r.printSecret(pos, p.secret); f != nil {
					return f
				}
				continue
			}
			r.write(pos, p.text, p.from)
		}
		return nil
	default:
		var f *fault
		if b, f = r.appendSQL(b, v); f != nil {
			return f
		}
		from = originOf(v)
	}
	r.scratch = b
	// The builder copies the bytes, and they are not changed until it did.
	r.write(pos, unsafe.String(unsafe.SliceData(b), len(b)), from)
	return nil
}

// write appends text with its origin.
func (r *run) write(pos int, s string, from *origin) {
	if from == nil {
		r.b.Generated(r.t.src, pos, s)
		return
	}
	r.b.Param(r.t.src, pos, s, from.names)
}

// maxSourceShown is how much of a tag the error about null shows, in characters.
const maxSourceShown = 20

func evaluatedToNull(source string) *fault {
	if runeLen(source) > maxSourceShown {
		source = source[:runeOffset(source, maxSourceShown)] + "..."
	}
	return faultf(KindNull, "SQLTemplateException", prefix+"expression \"%s\" evaluated to null", source)
}

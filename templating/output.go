package templating

import (
	"penstock/templating/literal"
)

// print writes what {{ }} prints for a value. source is the tag's content, for the error about null.
func (r *run) print(pos int, v value, source string) *fault {
	from := v.from
	b := r.w.Open()
	switch v.kind {
	case kStr, kExc:
		b = literal.String(b, v.s)
	case kRaw, kSym:
		b = append(b, v.s...)
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
			r.w.Close(r.src, pos, p.from, append(r.w.Open(), p.text...))
		}
		return nil
	default:
		var f *fault
		if b, f = r.appendSQL(b, v); f != nil {
			return f
		}
		from = originOf(v)
	}
	r.w.Close(r.src, pos, from, b)
	return nil
}

// maxSourceShown is how much of a tag the error about null shows, in characters.
const maxSourceShown = 20

func evaluatedToNull(source string) *fault {
	if runeLen(source) > maxSourceShown {
		source = source[:runeOffset(source, maxSourceShown)] + "..."
	}
	return faultf(KindNull, "SQLTemplateException", prefix+"expression \"%s\" evaluated to null", source)
}

package templating

import (
	"math"
	"math/big"
	"strings"
)

// maxBits is the size that integers may reach.
const maxBits = 16384

// binary is Python's arithmetic on two values. Typed numbers count as plain ones.
func (r *run) binary(op string, a, b value) (value, *fault) {
	if a.hidden() || b.hidden() {
		return none, secretFault("joined to other text")
	}
	var v value
	var f *fault
	switch {
	case a.isNumber() && b.isNumber():
		if a.kind == kInt && b.kind == kInt && (op == "+" || op == "-") {
			v, f = addInts(a.n, b.n, op == "-")
		} else if a.kind == kFloat || b.kind == kFloat || op == "/" {
			v, f = floatOp(op, a, b)
		} else {
			v, f = r.intOp(op, a, b)
		}
	case op == "+":
		v, f = r.join(a, b)
	case op == "*" && a.isInt():
		v, f = r.repeat(b, a)
	case op == "*":
		v, f = r.repeat(a, b)
	case op == "%" && a.isStr():
		if strings.IndexByte(a.s, '%') < 0 {
			return none, badType("not all arguments converted during string formatting")
		}
		return none, unsupported("formatting text with %% is not supported; use + or an f-string")
	default:
		return none, badOperands(op, a, b)
	}
	if f != nil {
		return none, f
	}
	return v.with(r.union(a.from, b.from)), nil
}

func badOperands(op string, a, b value) *fault {
	if op == "**" {
		op = "** or pow()"
	}
	return badType("unsupported operand type(s) for %s: '%s' and '%s'", op, a.typeName(), b.typeName())
}

func addInts(a, b int64, minus bool) (value, *fault) {
	c := a + b
	if minus {
		c = a - b
		if (a^b)&(a^c) < 0 {
			return bigInteger(new(big.Int).Sub(big.NewInt(a), big.NewInt(b))), nil
		}
		return integer(c), nil
	}
	if (a^c)&(b^c) < 0 {
		return bigInteger(new(big.Int).Add(big.NewInt(a), big.NewInt(b))), nil
	}
	return integer(c), nil
}

// join is + of texts and lists.
func (r *run) join(a, b value) (value, *fault) {
	switch {
	case a.isStr() && b.isStr():
		if f := r.grow(len(a.s) + len(b.s)); f != nil {
			return none, f
		}
		return text(a.s + b.s), nil
	case a.kind == kMissing:
		return a, nil
	case a.isStr():
		return none, badType("can only concatenate str (not \"%s\") to str", b.typeName())
	case a.kind == kList && b.kind == kList, a.kind == kTuple && b.kind == kTuple:
		x, y := a.list().items, b.list().items
		if f := r.grow((len(x) + len(y)) * valueSize); f != nil {
			return none, f
		}
		return r.newList(a.kind, append(append(make([]value, 0, len(x)+len(y)), x...), y...))
	case a.kind == kList || a.kind == kTuple:
		return none, badType("can only concatenate %s (not \"%s\") to %s", a.typeName(), b.typeName(), a.typeName())
	}
	return none, badOperands("+", a, b)
}

// repeat is a text or list times a number.
func (r *run) repeat(a, n value) (value, *fault) {
	if !a.isStr() && a.kind != kList && a.kind != kTuple {
		return none, badOperands("*", a, n)
	}
	if !n.isInt() {
		return none, badType("can't multiply sequence by non-int of type '%s'", n.typeName())
	}
	if n.kind == kBig {
		return none, faultf(KindRuntime, "OverflowError", "cannot fit 'int' into an index-sized integer")
	}
	times := int(max(0, min(n.n, math.MaxInt32)))
	if a.isStr() {
		if len(a.s) == 0 {
			return text(""), nil
		}
		if f := r.grow(len(a.s) * times); f != nil {
			return none, f
		}
		return text(strings.Repeat(a.s, times)), nil
	}
	items := a.list().items
	if len(items) > 0 && times > r.grown/(len(items)*valueSize) {
		return none, overLimit("bytes of values", r.in.Limits.Values)
	}
	out := make([]value, 0, len(items)*times)
	for ; len(items) > 0 && times > 0; times-- {
		out = append(out, items...)
	}
	return r.newList(a.kind, out)
}

func (r *run) intOp(op string, a, b value) (value, *fault) {
	if a.kind != kBig && b.kind != kBig {
		if v, ok := smallOp(op, a.n, b.n); ok {
			return v, nil
		}
	}
	x, y, z := a.bigInt(), b.bigInt(), new(big.Int)
	if f := r.step(); f != nil {
		return none, f
	}
	bits := x.BitLen() + y.BitLen()
	if op == "**" {
		if y.Sign() < 0 {
			return floatOp(op, a, b)
		}
		bits = 0
		if x.BitLen() > 1 {
			bits = maxBits + 1
			if y.IsInt64() && y.Int64() <= maxBits {
				bits = x.BitLen() * int(y.Int64())
			}
		}
	}
	if bits > maxBits {
		return none, overLimit("bits of an integer", maxBits)
	}
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	case "//", "%":
		if y.Sign() == 0 {
			return none, divisionByZero(op)
		}
		q, m := z.QuoRem(x, y, new(big.Int))
		if m.Sign() != 0 && m.Sign() != y.Sign() {
			q.Sub(q, big.NewInt(1))
			m.Add(m, y)
		}
		if op == "%" {
			z = m
		}
	case "**":
		switch {
		case y.Sign() == 0:
			z.SetInt64(1)
		case x.BitLen() <= 1 && y.Bit(0) == 0: // 0, 1 and -1 to any even power
			z.Abs(x)
		case x.BitLen() <= 1:
			z.Set(x)
		default:
			z.Exp(x, y, nil)
		}
	default:
		return none, badOperands(op, a, b)
	}
	return bigInteger(z), nil
}

// smallOp does what cannot overflow.
func smallOp(op string, a, b int64) (value, bool) {
	const half = 1 << 31
	switch op {
	case "*":
		if a > -half && a < half && b > -half && b < half {
			return integer(a * b), true
		}
	case "//", "%":
		if b == 0 || b == -1 {
			return none, false
		}
		q, m := a/b, a%b
		if m != 0 && (m < 0) != (b < 0) {
			q--
			m += b
		}
		if op == "%" {
			return integer(m), true
		}
		return integer(q), true
	}
	return none, false
}

func divisionByZero(op string) *fault {
	what := map[string]string{"/": "division by zero", "//": "integer division or modulo by zero", "%": "integer modulo by zero"}[op]
	return faultf(KindRuntime, "ZeroDivisionError", "%s", what)
}

func floatOp(op string, a, b value) (value, *fault) {
	x, xok := a.float64()
	y, yok := b.float64()
	if !xok || !yok {
		return none, faultf(KindRuntime, "OverflowError", "int too large to convert to float")
	}
	switch op {
	case "+":
		return float(x + y), nil
	case "-":
		return float(x - y), nil
	case "*":
		return float(x * y), nil
	case "/":
		if y == 0 {
			if a.kind == kFloat || b.kind == kFloat {
				return none, faultf(KindRuntime, "ZeroDivisionError", "float division by zero")
			}
			return none, divisionByZero(op)
		}
		if a.kind != kFloat && b.kind != kFloat && x != 0 {
			q, _ := new(big.Rat).SetFrac(a.bigInt(), b.bigInt()).Float64() // rounded once
			return float(q), nil
		}
		return float(x / y), nil
	case "//", "%":
		if y == 0 {
			return none, faultf(KindRuntime, "ZeroDivisionError", "float floor division by zero")
		}
		m := math.Mod(x, y)
		if m != 0 && (m < 0) != (y < 0) {
			m += y
		}
		if op == "%" {
			if m == 0 {
				m = math.Copysign(0, y)
			}
			return float(m), nil
		}
		return float(floorDiv(x, y, m)), nil
	case "**":
		if x == 0 && y < 0 {
			return none, faultf(KindRuntime, "ZeroDivisionError", "0.0 cannot be raised to a negative power")
		}
		if x < 0 && y != math.Trunc(y) {
			return none, unsupported("complex numbers are not supported")
		}
		p := power(x, y)
		if math.IsInf(p, 0) && !math.IsInf(x, 0) && !math.IsInf(y, 0) {
			return none, faultf(KindRuntime, "OverflowError", "Numerical result out of range")
		}
		return float(p), nil
	}
	return none, badOperands(op, a, b)
}

// power is x to the y. Whole exponents are worked out with more bits, to round once as C's pow does.
func power(x, y float64) float64 {
	const most = 1024
	if y != math.Trunc(y) || math.Abs(y) > most || x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return math.Pow(x, y)
	}
	p, base := big.NewFloat(1).SetPrec(256), new(big.Float).SetPrec(256).SetFloat64(x)
	for n := int(math.Abs(y)); n > 0; n >>= 1 {
		if n&1 == 1 {
			p.Mul(p, base)
		}
		base.Mul(base, base)
	}
	if y < 0 {
		p.Quo(big.NewFloat(1).SetPrec(256), p)
	}
	f, _ := p.Float64()
	return f
}

// floorDiv is x // y when m is x % y, exact where x / y would round up.
func floorDiv(x, y, m float64) float64 {
	q := (x - m) / y
	if q == 0 {
		return math.Copysign(0, x/y)
	}
	n := math.Floor(q)
	if q-n > 0.5 {
		n++
	}
	return n
}

// unary is -v or +v.
func (r *run) unary(op string, v value) (value, *fault) {
	if v.hidden() {
		return none, secretFault("computed with")
	}
	if !v.isNumber() {
		return none, badType("bad operand type for unary %s: '%s'", op, v.typeName())
	}
	from := v.from
	switch {
	case op == "+":
		if v.kind == kBool {
			v.kind = kInt
		}
		return v.plain(), nil
	case v.kind == kFloat:
		return float(-v.f()).with(from), nil
	case v.kind != kBig && v.n != math.MinInt64:
		return integer(-v.n).with(from), nil
	}
	return bigInteger(new(big.Int).Neg(v.bigInt())).with(from), nil
}

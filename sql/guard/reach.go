package guard

import (
	"slices"
	"strconv"
	"strings"

	"penstock/sql/lexer"
)

// tableFunction judges a function in FROM: its name, and whether its arguments are as plain as they must be.
func (j *judge) tableFunction(n id) {
	parts := j.parts(n)
	args := j.childOf(n, kParams)
	if len(parts) == 0 || len(parts) > 2 {
		return // reported as a name that cannot be read
	}
	if len(parts) == 2 {
		j.viewArguments(n, args)
		return
	}
	f, known := knownTableFunction(parts[0])
	allowed := j.p.Functions[parts[0]]
	if !j.nodes[n].flag { // in (VALUES …) all texts are data
		j.texts(parts[0], f, args)
	}
	switch {
	case !known && allowed, f.class == tableRefused && allowed:
		j.plainArguments(args)
	case !known:
		j.viewArguments(n, args)
	case f.class == tableRefused:
		j.refuse(ruleTableFunction, n, "The table function "+parts[0]+" is not allowed: it "+f.reason+".", "")
	case f.class == tableGenerator:
		j.rows = n
		j.noSubquery(args)
		j.fixedTexts(parts[0], args)
		if f.endless >= j.count(args) && !j.limited(n) {
			j.refuse(ruleEndless, n, "The table function "+parts[0]+" makes rows without end here.", "Put a LIMIT into the same SELECT.")
		}
	case f.class == tableView:
		if c := j.nodes[args].first; c == 0 || j.nodes[c].kind != kSub || j.nodes[c].next != 0 {
			j.refuse(ruleTableFunction, n, "The table function view takes one SELECT.", "")
		}
	case f.class == tableOutbound:
		j.outbound(n, parts[0], f.outbound, args)
	}
}

// viewArguments demands name = value: only so is a name that the guard does not know a parameterized view.
func (j *judge) viewArguments(n, args id) {
	ok := j.nodes[args].first != 0
	j.each(args, func(a id) {
		x := &j.nodes[a]
		ok = ok && x.kind == kBinary && x.sym == lexer.Equals && j.nodes[x.first].kind == kIdent && len(j.parts(x.first)) == 1
	})
	if !ok {
		j.refuse(ruleTableFunction, n, "The guard does not know this table function.", "A parameterized view takes name = value; an operator allows further table functions with --allow-function.")
	}
	j.noSubquery(args)
}

func (j *judge) plainArguments(args id) {
	j.each(args, func(a id) {
		if k := j.nodes[a].kind; k != kLiteral && k != kIdent || j.mayBeText(a) || j.isQuotedName(a) {
			j.refuse(ruleArgument, a, "The arguments of this table function must be plain values.", "")
		}
	})
}

// mayBeText tells a name that the statement gives to something: in an argument it may stand for any text.
func (j *judge) mayBeText(a id) bool {
	return j.nodes[a].kind == kIdent && slices.ContainsFunc(j.parts(a), j.isAlias)
}

func (j *judge) noSubquery(args id) {
	j.within(args, func(n id) bool {
		if k := j.nodes[n].kind; k == kSub || k == kSettings {
			j.refuse(ruleArgument, n, "This may not stand in the arguments of a table function.", "Write the values themselves.")
			return false
		}
		return true
	})
}

// limited tells whether the SELECT that reads n ends after some rows.
func (j *judge) limited(n id) bool {
	s := j.above(n, kSelect)
	return j.childOf(s, kLimit) != 0 || j.childOf(s, kTop) != 0
}

// outbound judges a table function that reads from another host.
func (j *judge) outbound(n id, name string, f outbound, args id) {
	if f.optIn && !j.p.Functions[name] {
		j.refuse(ruleTableFunction, n, "The table function "+name+" is not allowed here.", "An operator allows it with --allow-function "+name+".")
	}
	j.report.CallsOut = true
	j.stay(name, f)
	list := j.outboundArguments(name, f, args)
	if len(list) <= f.shift {
		j.refuse(ruleTableFunction, n, "The table function "+name+" needs the address that it reads from.", "")
		return
	}
	j.address(list[f.shift], name, f)
	if isAzure(name) && (len(list)-f.shift < 5 || j.isFormat(list[3+f.shift])) && !j.p.Functions[name] {
		j.refuse(ruleArgument, list[len(list)-1], name+" needs the account and its key: without them the engine would show its own identity to the host.",
			"An operator allows it with --allow-function "+name+".")
	}
	if name == "mongodb" && len(list) > 6 {
		j.mongoOptions(list[6])
	}
	if !j.spanIn(j.start(n), j.endByte(n), lexer.Secret) {
		return
	}
	for i, a := range list {
		if !j.isCredential(list, f, i) && j.paramIn(a) {
			j.refuse(ruleHost, a, "A request parameter chooses where the credential of "+name+" goes.", "Write the host, database and table into the pipe.")
		}
	}
}

func isAzure(function string) bool { return strings.Contains(strings.ToLower(function), "azure") }

// mongoOptions judges the options of mongodb: some name files of the server, or make the driver ask the host for others.
func (j *judge) mongoOptions(a id) {
	j.varying = j.varying || j.spanIn(j.start(a), j.endByte(a), 0)
	text, ok := j.nameOf(j.nodes[a].tok)
	for option := range strings.SplitSeq(text, "&") {
		switch name, _, _ := strings.Cut(option, "="); strings.ToLower(name) {
		case "connecttimeoutms", "sockettimeoutms", "serverselectiontimeoutms", "tls", "ssl", "authsource", "readpreference", "retryreads",
			"maxpoolsize", "minpoolsize", "maxidletimems", "appname", "compressors", "readconcernlevel", "":
		default:
			ok = false
		}
	}
	if !ok || !j.isString(a) {
		j.refuse(ruleArgument, a, "An option of mongodb is not allowed here.", "Time limits, tls, authSource and readPreference may be given.")
	}
}

// stay notes the settings that keep a table function from following a redirect. What has none speaks no HTTP.
func (j *judge) stay(name string, f outbound) {
	if f.address != webURL {
		return
	}
	if j.report.Stay == nil {
		j.report.Stay = map[string]string{"max_http_get_redirects": "0"}
	}
	if isAzure(name) {
		j.report.Stay["azure_max_redirects"] = "0"
	} else if f.keys != keysNone {
		j.report.Stay["s3_max_redirects"] = "0"
	}
	if strings.HasPrefix(name, "deltaLake") {
		j.report.Stay["allow_experimental_delta_kernel_rs"] = "0" // which follows redirects whatever the settings are
	}
}

// outboundArguments demands plain arguments and gives them in order.
func (j *judge) outboundArguments(name string, f outbound, args id) (list []id) {
	j.each(args, func(a id) {
		x := &j.nodes[a]
		switch x.kind {
		case kLiteral:
		case kIdent:
			parts := j.parts(a)
			if len(list) == f.shift || len(parts) == 0 || j.mayBeText(a) || len(parts) == 2 && f.keys != keysRemote || len(parts) > 2 || j.isCredentialPlace(f, len(list)) && !j.isFormat(a) && f.keys != keysRemote {
				j.refuse(ruleArgument, a, "A name stands where "+name+" takes a value: named collections hold the credentials of others.", "Write the values as strings.")
			}
		case kSettings:
			j.tableSettings(name, a)
			return
		case kCall:
			if fn, _ := j.nameOf(x.name); fn != "headers" || f.address != webURL || f.keys != keysNone {
				j.refuse(ruleArgument, a, "The arguments of "+name+" must be plain values.", "Write the value itself, not an expression.")
				break
			}
			j.each(a, func(h id) {
				if y := &j.nodes[h]; y.kind != kBinary || y.sym != lexer.Equals || !j.isString(y.first) || !j.isString(j.nodes[y.first].next) {
					j.refuse(ruleArgument, h, "Headers must be plain strings: 'name' = 'value'.", "")
				}
			})
		default:
			j.refuse(ruleArgument, a, "The arguments of "+name+" must be plain values.", "Write the value itself, not an expression.")
		}
		list = append(list, a)
	})
	return list
}

// isCredentialPlace tells the arguments that are always, or may be, credentials; i counts from 0.
func (j *judge) isCredentialPlace(f outbound, i int) bool {
	switch pos := i + 1 - f.shift; f.keys {
	case keys45:
		return pos == 4 || pos == 5
	case keys5:
		return pos == 5
	case keysS3:
		return pos >= 2 && pos <= 4
	}
	return false
}

// tableSettings judges SETTINGS inside a table function: mysql's own only.
func (j *judge) tableSettings(name string, n id) {
	j.each(n, func(s id) {
		if setting, _ := j.nameOf(j.nodes[s].name); name == "mysql" {
			switch setting {
			case "connection_pool_size", "connection_max_tries", "connection_wait_timeout", "connection_auto_close", "connect_timeout",
				"read_write_timeout":
				// A host that says nothing keeps a statement as long as its time limits let it.
				value := j.nodes[s].first
				j.varying = j.varying || j.spanIn(j.start(value), j.endByte(value), 0)
				if n, err := strconv.ParseUint(j.sql[j.start(value):j.endByte(value)], 10, 64); err == nil && n <= 60 {
					return
				}
			}
		}
		j.refuse(ruleSetting, s, "This setting is not allowed in "+name+".", "")
	})
}

// isFormat tells whether an argument names a format: then it is no credential, and neither is what stands behind it.
func (j *judge) isFormat(a id) bool {
	text := ""
	switch x := &j.nodes[a]; x.kind {
	case kIdent:
		if parts := j.parts(a); len(parts) == 1 {
			text = parts[0]
		}
	case kLiteral:
		text, _ = j.nameOf(x.tok)
	}
	return j.c.formats[strings.ToLower(text)]
}

// isCredential tells whether argument i (from 0) of an outbound table function is a credential, given what stands in the
// others.
func (j *judge) isCredential(list []id, f outbound, i int) bool {
	pos := i + 1 - f.shift
	at := func(pos int) id { return list[pos-1+f.shift] }
	count := len(list) - f.shift
	switch f.keys {
	case keys45:
		// Of the functions for Azure four arguments have no credential: the last is a format or a structure.
		return (pos == 4 || pos == 5) && !(f.address == webURL && (count < 5 || j.isFormat(at(4))))
	case keys5:
		return pos == 5
	case keysRemote:
		if count >= 2 && j.isDotted(at(2)) {
			return pos == 3 || pos == 4
		}
		return pos == 4 || pos == 5
	case keysS3:
		if count < 3 || pos < 2 || pos > 4 || j.isFormat(at(2)) {
			return false
		}
		return pos < 4 || !j.isFormat(at(4)) && !j.isFormat(at(3))
	}
	return false
}

// isDotted tells whether the second argument of remote names database and table in one.
func (j *judge) isDotted(a id) bool {
	if j.nodes[a].kind == kIdent {
		return len(j.parts(a)) == 2
	}
	text, _ := j.nameOf(j.nodes[a].tok)
	return strings.Contains(text, ".")
}

// address judges the host that a table function reads from.
func (j *judge) address(a id, name string, f outbound) {
	if !j.isString(a) {
		if j.nodes[a].kind == kLiteral {
			j.refuse(ruleHost, a, "The address of "+name+" must be a plain string.", "")
		}
		return // others were refused as arguments, names as named collections
	}
	j.varying = true
	text, ok := j.nameOf(j.nodes[a].tok)
	secret := j.spanIn(j.start(a), j.endByte(a), lexer.Secret)
	var host string
	var err error
	if !ok {
		err = errAddress
	} else if f.address == webURL {
		host, err = urlHost(text)
	} else {
		host, err = plainHost(text, f.port)
	}
	if err == nil {
		if j.p.Host == nil {
			err = errNoHosts
		} else {
			err = j.p.Host(host, f.clickhouse)
		}
	}
	if f.keys == keysS3 && err == nil {
		for _, inner := range bucketHosts(host) {
			if err == nil {
				err = j.p.Host(inner, false)
			}
		}
	}
	if isAzure(name) && strings.Contains(text, ";") {
		err = errAddress
	}
	if err == nil {
		return
	}
	why := err.Error()
	if secret || j.paramIn(a) {
		why = "it is not one that may be reached"
	}
	j.refuse(ruleHost, a, "The host of "+name+" is not allowed: "+why+".", "An operator allows it with --allow-host HOST:PORT.")
}

// hostOf is the address of an outbound table function for a report; "" when a secret or a parameter holds it.
func (j *judge) hostOf(list []id, f outbound) string {
	if len(list) <= f.shift || !j.isString(list[f.shift]) {
		return ""
	}
	a := list[f.shift]
	if j.spanIn(j.start(a), j.endByte(a), 0) {
		return ""
	}
	text, _ := j.nameOf(j.nodes[a].tok)
	if f.address == webURL {
		host, _ := urlHost(text)
		return host
	}
	host, _ := plainHost(text, f.port)
	return host
}

package datafile

import "strings"

// reach finds what lets an expression read more than its own row: files of the host, other tables, the server's own state,
// other services. What a data source says is run with the rights of the gateway, whoever wrote the file, so these are
// refused here; ClickHouse takes them in a DEFAULT. text has no fault that splitTop finds.
func reach(text string) *fault {
	var calls []string // what is called by each open bracket
	var last string    // the word just before, in lower case
	var lastOff int
	first := false // whether a bracket stands just before
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			continue
		case c == '(':
			if refused(last) {
				return &fault{lastOff, "the function " + last + " has no place in a data source: it reads more than the row"}
			}
			if last == "" && len(calls) > 0 && isIn(calls[len(calls)-1]) { // a tuple in the list of an IN
				last = calls[len(calls)-1]
			}
			calls, first, last = append(calls, last), true, ""
			continue
		case last != "" && isIn(last) && c != '[':
			return &fault{lastOff, notConstant}
		case c == ')':
			calls = calls[:len(calls)-1]
		case c == '\'':
			i = quoteEnd(text, i)
		case c == '`' || c == '"' || isWordByte(c):
			start := i
			if isWordByte(c) {
				for i+1 < len(text) && isWordByte(text[i+1]) {
					i++
				}
				last = strings.ToLower(text[start : i+1])
			} else {
				i = quoteEnd(text, i)
				last = strings.ToLower(text[start+1 : i])
				if strings.IndexByte(last, '\\') >= 0 {
					return &fault{start, "a quoted name has no backslash here"}
				}
			}
			lastOff = start
			switch {
			case last == "select" && isWordByte(c):
				return &fault{start, "a SELECT has no place in a data source"}
			case len(calls) > 0 && isIn(calls[len(calls)-1]) && !isConstant(last) && !strings.HasPrefix(strings.TrimLeft(text[i+1:], " \t\r\n"), "("):
				return &fault{start, notConstant}
			case first && takesFunction(calls[len(calls)-1]) && refused(last):
				return &fault{start, "the function " + last + " has no place in a data source: it reads more than the row"}
			}
			first = false
			continue
		}
		first, last = false, ""
	}
	if last != "" && isIn(last) {
		return &fault{lastOff, notConstant}
	}
	return nil
}

// A name behind IN may be that of a table.
const notConstant = "IN takes a list of constants in brackets here"

func isIn(name string) bool {
	switch strings.TrimSuffix(name, "ignoreset") {
	case "in", "notin", "globalin", "globalnotin", "nullin", "notnullin", "globalnullin", "globalnotnullin":
		return true
	}
	return false
}

// isConstant tells whether a word, in lower case, is a number or one of the constants that have a name.
func isConstant(word string) bool {
	return word == "true" || word == "false" || word == "null" || word != "" && word[0] >= '0' && word[0] <= '9'
}

// takesFunction tells whether a function's first argument may be the name of another one.
func takesFunction(name string) bool {
	return strings.HasPrefix(name, "array") || strings.HasPrefix(name, "map") || strings.HasPrefix(name, "apply")
}

// refused tells whether a function, in lower case, reads more than its arguments, or does more than give a value.
func refused(name string) bool {
	for _, family := range []string{"dict", "filesystem", "ai"} {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	switch name {
	case "file", "catboostevaluate", "evalmlmethod", // files and models
		"joinget", "joingetornull", "hascolumnintable", "exists", // tables
		"hostname", "fullhostname", "fqdn", "serveruuid", "getmacro", "getserverport", "tcpport", "getserversetting",
		"getmergetreesetting", "getsetting", "getsettingordefault", "getoskernelversion", "uptime", "displayname", "currentuser", "user",
		"authenticateduser", "session_user", "currentroles", "enabledroles", "defaultroles", "currentprofiles", "enabledprofiles",
		"defaultprofiles", "queryid", "initialqueryid", "connectionid", "showcertificate", "getclienthttpheader", "currentrequesturl",
		"currenthandler", "zookeepersessionuptime", // the server and its callers
		"addresstosymbol", "addresstoline", "addresstolinewithinlines", "demangle", "trap", "buildid",
		"sleep", "sleepeachrow", "logtrace", "generateserialid":
		return true
	}
	return false
}

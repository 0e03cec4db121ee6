package templating

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// ArgOfJSON is the parameter that a JSON value stands for: a list has its items, null was not sent. A text is taken as it is
// and anything else as it is written, so that no digit of a number and no key of an object is lost. raw is valid JSON.
func ArgOfJSON(raw json.RawMessage) (a Arg, sent bool, err error) {
	var items []json.RawMessage
	switch {
	case string(raw) == "null":
		return Arg{}, false, nil
	case json.Unmarshal(raw, &items) != nil:
		a.Text, err = textOfJSON(raw)
		return a, true, err
	}
	a = Arg{IsList: true, List: make([]string, len(items))}
	for i, item := range items {
		if a.List[i], err = textOfJSON(item); err != nil {
			return Arg{}, false, err
		}
	}
	return a, true, nil
}

func textOfJSON(raw json.RawMessage) (string, error) {
	var text string
	if string(raw) == "null" || json.Unmarshal(raw, &text) != nil {
		return string(raw), nil
	}
	// Decoding puts this character for what is none.
	if strings.ContainsRune(text, utf8.RuneError) && !bytes.ContainsRune(raw, utf8.RuneError) && !bytes.Contains(bytes.ToLower(raw), []byte(`\ufffd`)) {
		return "", errors.New("JSON with half of a surrogate pair is no text: send it in UTF-8")
	}
	return text, nil
}

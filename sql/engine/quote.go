package engine

// Quote writes a string or, with a backtick, a name as ClickHouse reads it.
func Quote(text string, mark byte) string {
	b := make([]byte, 0, len(text)+2)
	b = append(b, mark)
	for i := 0; i < len(text); i++ {
		if text[i] == mark || text[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, text[i])
	}
	return string(append(b, mark))
}

package query

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestStatisticsAreZeros(t *testing.T) {
	t.Parallel()
	long := "{\n\t\"data\": [" + strings.Repeat("\n}\n,", 30000) + "],\n\t\"rows\": 1"
	for _, c := range [][2]string{
		{"{\n\t\"rows\": 1\n}\n", "{\n\t\"rows\": 1" + zeros}, {"", ""}, {"}\n", "}\n"}, {"no json", "no json"}, {long + jsonEnd, long + zeros},
	} {
		for _, wrap := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
			got, err := io.ReadAll(withZeros(io.NopCloser(wrap(strings.NewReader(c[0])))))
			if err != nil || string(got) != c[1] {
				t.Errorf("of %.40q: got %.80q, %v", c[0], got, err)
			}
		}
	}
	broken := errors.New("broken")
	got, err := io.ReadAll(withZeros(io.NopCloser(io.MultiReader(strings.NewReader("{\n}\n"), iotest.ErrReader(broken)))))
	if !errors.Is(err, broken) || string(got) != "{\n}\n" {
		t.Errorf("of a broken answer: got %q, %v", got, err)
	}
}

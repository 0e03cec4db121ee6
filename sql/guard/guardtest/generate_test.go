package guardtest_test

import (
	"math/rand"
	"strings"
	"testing"

	"penstock/sql/guard"
	"penstock/sql/guard/guardtest"
	"penstock/sql/lexer"
)

// Most statements must be read, or the generator tests the refusals only; and what is read must be judged without a panic.
func TestGenerate(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(7))
	const rounds = 5000
	read, allowed := 0, 0
	for range rounds {
		sql := guardtest.Generate(r)
		var b lexer.Builder
		b.Text(&lexer.Source{Text: sql}, 0, len(sql))
		q, err := guard.Parse(b.Statement())
		if err != nil {
			continue
		}
		read++
		if q.Judge(guard.Policy{Database: "ws_main"}).Err() == nil {
			allowed++
		}
	}
	if read < rounds*8/10 || allowed < rounds/5 {
		t.Errorf("of %d statements %d were read and %d allowed", rounds, read, allowed)
	}
	t.Logf("of %d statements %d were read and %d allowed", rounds, read, allowed)
	for range 100 {
		if s := guardtest.GenerateTemplate(r); !strings.Contains(s, guardtest.Secret) {
			t.Fatal(s)
		}
	}
}

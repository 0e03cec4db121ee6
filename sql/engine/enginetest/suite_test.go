package enginetest_test

import (
	"testing"

	"penstock/sql/engine"
	"penstock/sql/engine/chengine"
	"penstock/sql/engine/enginetest"
)

func TestMain(m *testing.M) { enginetest.Main(m) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	enginetest.Run(t, func(*testing.T) engine.Streamer { return e.Client })
}

// TestRemote runs the suite as it would on a cluster: the client sends KILL QUERY as well.
func TestRemote(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t)
	remote, err := chengine.Open(chengine.Config{URL: e.AccessURL(), Remote: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remote.Close(); err != nil {
			t.Error(err)
		}
	})
	enginetest.Run(t, func(*testing.T) engine.Streamer { return remote })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	p := enginetest.StartPostgres(t)
	p.Exec(t, "CREATE TABLE words (id int PRIMARY KEY, word text); INSERT INTO words VALUES (1, 'one'), (2, 'two')")
	e := enginetest.Start(t)
	res, err := e.Client.ResultColumns(t.Context(), "default", "SELECT id, word FROM postgresql('"+p.Addr+"', '"+p.Database+"', 'words', '"+p.User+"', '"+p.Password+"')")
	if err != nil {
		t.Fatal(err)
	}
	if len(res) != 2 || res[0] != (engine.Column{Name: "id", Type: "Int32"}) {
		t.Errorf("got columns %v, want id and word", res)
	}
}

package gateway

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
	"penstock/gateway/api"
)

// secretsTimeout bounds a call of the secrets API.
const secretsTimeout = 10 * time.Second

// One resource under two names: what differs is the shape of its objects and a word in two sentences.
type secretResource struct {
	path string
	noun string // in "… not found"
	one  func(workspace.SecretMeta) any
	list func([]workspace.SecretMeta) any
	// typed resources have a field "type", which can only be "secret".
	typed bool
}

func secretResources() []secretResource {
	return []secretResource{
		{path: "/v0/secrets", noun: "Secret",
			one:  func(m workspace.SecretMeta) any { return secretBody(m) },
			list: func(ms []workspace.SecretMeta) any { return api.SecretList{Secrets: each(ms, secretBody)} }},
		{path: "/v0/variables", noun: "Variable", typed: true,
			one:  func(m workspace.SecretMeta) any { return variableBody(m) },
			list: func(ms []workspace.SecretMeta) any { return api.VariableList{Variables: each(ms, variableBody)} }},
	}
}

func (s *Server) registerSecrets(r fiber.Router) {
	for _, res := range secretResources() {
		r.Post(res.path, s.secretRoute(func(ctx context.Context, caller workspace.Caller, in input) (any, error) {
			if t := in.field("type"); res.typed && t != "" && t != "secret" {
				return nil, workspace.Errorf(workspace.Invalid, "The type of a variable is 'secret': leave 'type' out, or send 'secret'")
			}
			m, err := s.cfg.Secrets.Create(ctx, caller, in.field("name"), workspace.NewSecretValue(in.field("value")))
			return res.one(m), err
		}))
		r.Get(res.path, s.secretRoute(func(ctx context.Context, caller workspace.Caller, _ input) (any, error) {
			ms, err := s.cfg.Secrets.List(ctx, caller)
			return res.list(ms), err
		}))
		one := res.path + "/:name"
		r.Get(one, s.secretRoute(func(ctx context.Context, caller workspace.Caller, in input) (any, error) {
			m, err := s.cfg.Secrets.Get(ctx, caller, in.name)
			return res.one(m), notFound(err, "Not found")
		}))
		r.Put(one, s.secretRoute(func(ctx context.Context, caller workspace.Caller, in input) (any, error) {
			m, err := s.cfg.Secrets.Update(ctx, caller, in.name, workspace.NewSecretValue(in.field("value")))
			return res.one(m), notFound(err, res.noun+" not found")
		}))
		r.Delete(one, s.secretRoute(func(ctx context.Context, caller workspace.Caller, in input) (any, error) {
			return api.OK{OK: true}, notFound(s.cfg.Secrets.Delete(ctx, caller, in.name), res.noun+" not found")
		}))
		r.All(res.path, s.wrongMethod("GET, POST"))
		r.All(one, s.wrongMethod("GET, PUT, DELETE"))
	}
}

// secretRoute is the way of every call of the secrets API: who, how often, what, answer.
func (s *Server) secretRoute(run func(context.Context, workspace.Caller, input) (any, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		caller, err := s.authenticate(c)
		if err != nil {
			return err
		}
		if err := limited(c, s.cfg.SecretRate.Take(caller.Workspace.ID), ""); err != nil {
			return err
		}
		in, err := decode(c)
		if err != nil {
			return err
		}
		if in.valueInAddress {
			return workspace.Errorf(workspace.Invalid, "Send the value in the body, not in the address: addresses are written into logs on their way")
		}
		ctx, cancel := context.WithTimeout(s.base, secretsTimeout)
		defer cancel()
		body, err := run(ctx, caller, in)
		if err != nil {
			return err
		}
		return answer(c, fiber.StatusOK, body)
	}
}

// notFound gives the wire's own sentence to an error that says that something is not there.
func notFound(err error, sentence string) error {
	if err != nil && workspace.CodeOf(err) == workspace.NotFound {
		return &workspace.Error{Code: workspace.NotFound, Message: sentence, Cause: err}
	}
	return err
}

func secretBody(m workspace.SecretMeta) api.Secret {
	return api.Secret{Name: m.Name, CreatedAt: api.Timestamp(m.CreatedAt), UpdatedAt: api.Timestamp(m.UpdatedAt), EditedBy: editedBy(m)}
}

func variableBody(m workspace.SecretMeta) api.Variable {
	return api.Variable{Name: m.Name, Type: "secret", CreatedAt: api.Timestamp(m.CreatedAt), UpdatedAt: api.Timestamp(m.UpdatedAt), EditedBy: editedBy(m)}
}

func editedBy(m workspace.SecretMeta) string { return "token: '" + m.EditedBy + "'" }

func each[T, U any](in []T, f func(T) U) []U {
	out := make([]U, 0, len(in))
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}

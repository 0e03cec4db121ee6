package gateway

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"penstock/branches/workspace"
)

// authenticate tells who sends the request: by the Authorization header, else by the parameter token.
func (s *Server) authenticate(c *fiber.Ctx) (workspace.Caller, error) {
	token := c.Query("token")
	if h := c.Get(fiber.HeaderAuthorization); h != "" {
		scheme, rest, _ := strings.Cut(h, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return workspace.Caller{}, workspace.Errorf(workspace.Forbidden, "The Authorization header must be 'Bearer TOKEN'")
		}
		token = strings.TrimSpace(rest)
	}
	caller, err := s.cfg.Auth.Caller(s.base, token)
	if err == nil {
		recordOf(c).workspace = caller.Workspace.Name
	}
	return caller, err
}

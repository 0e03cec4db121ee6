package gateway

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"penstock/branches/workspace"
	"penstock/gateway/api"
)

const readyTimeout = 2 * time.Second

// registerOperations has what the one who runs penstock asks: is it alive, is it ready, how much does it do.
func (s *Server) registerOperations(r fiber.Router) {
	r.Get("/healthz", func(c *fiber.Ctx) error { return answer(c, fiber.StatusOK, api.OK{OK: true}) })
	r.Get("/readyz", func(c *fiber.Ctx) error {
		ctx, cancel := context.WithTimeout(s.base, readyTimeout)
		defer cancel()
		if err := s.cfg.Ready(ctx); err != nil {
			return &workspace.Error{Code: workspace.Unavailable, RetryAfter: time.Second, Cause: err,
				Message: "Not ready: pipes cannot be called yet; the log tells why"}
		}
		return answer(c, fiber.StatusOK, api.OK{OK: true})
	})
	r.Get("/metrics", adaptor.HTTPHandler(promhttp.HandlerFor(s.cfg.Metrics, promhttp.HandlerOpts{})))
}

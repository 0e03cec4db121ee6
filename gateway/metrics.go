package gateway

import (
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	inFlight prometheus.Gauge
	duration *prometheus.HistogramVec
	rows     prometheus.Counter
	broken   prometheus.Counter
	children *childCache
}

func newMetrics(r *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "penstock_requests_in_flight", Help: "Requests that are being answered."}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "penstock_request_duration_seconds",
			Help: "Time from the first byte of a request to the last byte of its answer.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)},
			[]string{"route", "method", "status"}),
		rows:   prometheus.NewCounter(prometheus.CounterOpts{Name: "penstock_read_rows_total", Help: "Rows that ClickHouse read."}),
		broken: prometheus.NewCounter(prometheus.CounterOpts{Name: "penstock_broken_answers_total", Help: "Answers that were broken off after their first byte."}),
	}
	m.children = &childCache{vec: m.duration}
	for _, c := range []prometheus.Collector{m.inFlight, m.duration, m.rows, m.broken} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) requests(route, method string, status int) prometheus.Observer {
	return m.children.get(childKey{route, method, status})
}

// childKey names one labelled histogram. There are few: routes, never paths.
type childKey struct {
	route, method string
	status        int
}

// childCache resolves labels once: prometheus hashes them on every look-up.
type childCache struct {
	vec *prometheus.HistogramVec
	m   sync.Map // childKey → prometheus.Observer
}

func (c *childCache) get(k childKey) prometheus.Observer {
	if o, ok := c.m.Load(k); ok {
		return o.(prometheus.Observer)
	}
	o := c.vec.WithLabelValues(k.route, k.method, strconv.Itoa(k.status))
	c.m.Store(k, o)
	return o
}

# Renders a template of ../testdata/bench.jsonl as often as it is told, with the reference's released renderer, and prints
# the nanoseconds that it took. Arguments: the id of the template and how often.
import json
import sys
import time

from tinybird.sql_template import render_sql_template

case, times = sys.argv[1], int(sys.argv[2])
for line in open("../testdata/bench.jsonl"):
    c = json.loads(line)
    if c["id"] == case:
        render_sql_template(c["template"], dict(c["params"]))  # compiled once, kept by the renderer
        start = time.perf_counter_ns()
        for _ in range(times):
            render_sql_template(c["template"], dict(c["params"]))
        print(time.perf_counter_ns() - start)

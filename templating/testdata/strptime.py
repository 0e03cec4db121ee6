#!/usr/bin/env python3
"""Records what Python's strptime makes of texts, for TestStrptimeIsPythons.

    python3 templating/testdata/strptime.py > templating/testdata/strptime.jsonl

Each line is [text, format, microseconds since 1970], the last null when Python refuses.
"""
import datetime
import itertools
import json

texts = ["2024-01-31", "2024-1-3", "2024-02-29", "2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "20240131", "0001-01-01",
         "9999-12-31", "24-01-31", "68-01-01", "69-12-31", " 2024-01-31", "2024-01-31 ", "", "x", "2024-01-31 10:20:30",
         "2024-01-31  10:20:30", "2024-01-31T10:20:30", "2024-01-31 1:2:3", "2024-01-31 24:00:00", "2024-01-31 23:59:60",
         "2024-01-31 23:59:61", "2024-01-31 23:60:00", "2024-01-31 10:20:30.5", "2024-01-31 10:20:30.123456",
         "2024-01-31 10:20:30.1234567", "2024-01-31 10:20:30.", "2024-01-31T10:20:30Z", "2024-01-31T10:20:30.123Z",
         "2024-01-31T10:20:30+02:00", "2024-01-31T10:20:30-0330", "2024-01-31T10:20:30+02:00:15", "2024-01-31T10:20:30+2",
         "2024-01-31T10:20:30 UTC", "31/01/2024", "1/2/2024", "12/31/2024", "31 Jan 2024", "31 january 2024", "1 Jul 2024", "Wed 31 JAN 2024",
         "Wednesday 31 Jan 2024", "Sat 31 Jan 2024", "10:20 PM", "1:5 pm", "01:05 PM", "13:00 PM", "0:00 AM", "2024 1", "2024 31", "2024 0", "2024 367",
         "2024-1-31 1:2:3", "2024-1-31 9:59:09", "5/6/2024", "0/1/2024", "2024-01-31T10:20:30-02:00", "2024-01-31T10:20:30+23:59",
         "2024-01-31T10:20:30+24:00", "2024-01-31T10:20:30+02:60", "2024-01-31T10:20:30 GMT", "2024-01-31T10:20:30 gmt", "00-01-01",
         "99-01-01", "4-01-01", "12024-01-01", "2024-01-31 10:20:30.000001", "2024-01-31 10:20:30.99", "1 Dec 2024", "30 Feb 2024",
         "Sun 1 Sep 2024", "Monday 7 Oct 2024", "12:00 am", "12:00 PM", "00:30 PM", "2024 031", "2024 366", "2023 366",
         "2024-031", "100%", "2024%01", "2024-02-30 00:00:00", "2024-01-31 10:20", "2024-01-31\n10:20:30"]
formats = ["%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ",
           "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S %Z", "%d/%m/%Y", "%m/%d/%Y", "%y-%m-%d", "%d %b %Y", "%d %B %Y", "%a %d %b %Y",
           "%A %d %b %Y", "%I:%M %p", "%Y %j", "%Y-%j", "%Y%m%d", "%Y%%%m", "%d%%", "%H:%M", "%Y-%m-%d  %H:%M:%S", "zz", "%", "%Q", "",
           "%Y-%m-%d %H:%M"]

epoch = datetime.datetime(1970, 1, 1)
for text, fmt in itertools.product(texts, formats):
    try:
        d = datetime.datetime.strptime(text, fmt)
        if d.tzinfo:
            d = (d - d.utcoffset()).replace(tzinfo=None)
        out = (d - epoch) // datetime.timedelta(microseconds=1)
    except Exception:  # noqa: BLE001
        out = None
    print(json.dumps([text, fmt, out]))

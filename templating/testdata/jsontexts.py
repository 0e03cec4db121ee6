#!/usr/bin/env python3
"""Records what Python's json makes of texts, for TestJSONIsPythons.

    python3 templating/testdata/jsontexts.py > templating/testdata/jsontexts.jsonl

Each line is [text, repr of the value] or [text, null, message].
"""
import json

texts = ["", " ", "null", "true", "false", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "-NaN", "Inf", "0", "-0", "1", "-1", "01",
         "-01", "1.5", "-1.5", "1.", ".5", "1.e5", "1e5", "1E+5", "1e-5", "1e", "1e+", "1.5e400", "-1e400", "+1", "--1", "1 2", "12345678901234567890",
         "-12345678901234567890", "0.1", "1.0", "1e16", "1e22", "\"\"", "\"a\"", "\"a", "\"", "\"\\", "\"\\\"", "\"\\\"\"", "\"\\\\\"", "\"\\/\"",
         "\"\\b\\f\\n\\r\\t\"", "\"\\x\"", "\"\\u00e9\"", "\"\\u00E9\"", "\"\\u00g9\"", "\"\\u00\"", "\"\\u\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00x\"",
         "\"\\udbff\\udfff\"", "\"\\ud800\\udc00\"", "\"\\ud7ff\\ue000\"", "\"\\ud83d\\u0041\"", "\"\\udc00\"", "\"\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"", "\"\\ud83d\\ud83d\\ude00\"",
         "\"\\udbff\\ue000\"", "\"\\udbff\\udbff\"", "\"a\nb\"", "\"a\tb\"", "\"a\x00b\"", "\"a\x1fb\"", "\"a\x20b\"", "\"a\x7fb\"", "'a'", "[]", "[ ]", "[1]",
         "[1,2]", "[ 1 , 2 ]", "[1,]", "[,1]", "[1 2]", "[1", "[1,", "[", "]", "[[]]", "[[1],[2,[3]]]", "[1]]", "[1}", "{}", "{ }", "{\"a\":1}",
         "{ \"a\" : 1 , \"b\" : 2 }", "{\"a\":1,\"a\":2}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}",
         "{1:2}", "{\"a\":1", "{\"a\":", "{\"a\"", "{\"a", "{", "}", "{\"a\":{\"b\":[1,null,true]}}", "{\"a\":1}x", "\n\n {\"a\":\n1}\n", "\ufeff1", "\u00a01", "[1,\n2,\n x]",
         "{\n\"a\": 1,\n\"b\" 2}", "[\"\u00f1\", \"\U0001f600\", x]", "\"\u00f1\n\"", "[1,2,3,4,5,6,7,8,9,10]", "{\"\":0}", "[\"a\",\"b\\\"c\"]", "[true,false,null]",
         "[1.0,-0.0,1e3]", "{\"k\": [1, {\"z\": \"it's\"}]}", "[nan]", "[NaN, Infinity]", "tru", "-", "- 1", "1-", "1e5.5", "1.5.5", "0x10", "1_000", "\"\\u12 4\"",
         "\"\\u+123\"", "{\"a\":\"b\"", "[\"a\"", "[\"a", "{\"a\": [1, 2}", "[[[[[[[[[[1]]]]]]]]]]", "\"\\u0041\\u0042\"", "\"\\u0041\\u00e9x\"", "\"\\ud83d\\\"", "\"\\ud83d\\u\"",
         "\"\\ue000\\u0041\"", "\"\\uffff\"", "\"\\uABCDx\"", "\"\\uabcd\\uDEFX\"", "[0,-0.5,1E2]", "{\"a\": \"\\u0031\"}"]

for text in texts:
    try:
        value = json.loads(text)
        out = [text, repr(value)]
        repr(value).encode("utf-8")
        json.dumps(value).encode("utf-8")
        if any(0xD800 <= ord(c) < 0xE000 for c in str(value)) or "\\ud" in repr(value):
            continue  # half a character: a text of ours cannot hold it
    except json.JSONDecodeError as e:
        out = [text, None, str(e)]
    print(json.dumps(out))

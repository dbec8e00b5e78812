/** Calls of every function, with arguments that fit and that do not; and of printf with every verb. */

const CALLS: Readonly<Record<string, readonly string[]>> = {
  "hello": [
    ""
  ],
  "abbrev": [
    "5 \"hello world\"",
    "3 \"hello\"",
    "20 \"short\"",
    "6 .unicode",
    "4 \"\"",
    "10 .b"
  ],
  "abbrevboth": [
    "5 10 \"1234 5678 9123\"",
    "1 5 \"abcdefgh\"",
    "3 6 \"abcdefghijk\"",
    "5 10 \"short\"",
    "0 8 \"abcdefghijklmnop\"",
    "20 10 \"abcdefghijklmnopqrstuvwxyz\""
  ],
  "trunc": [
    "3 \"hello\"",
    "-3 \"hello\"",
    "0 \"hello\"",
    "-10 \"hello\"",
    "10 \"hello\"",
    "2 .unicode",
    "-2 .unicode",
    "\"x\" \"y\"",
    "3 5"
  ],
  "trim": [
    "\"  a b  \"",
    ".spaces",
    "\"\\t\\n x \\u00a0\"",
    "\"\"",
    "1",
    ".unicode"
  ],
  "upper": [
    "\"aé ß ǆ\"",
    ".b",
    ".unicode",
    "\"\"",
    "\"ŉ ﬁ\""
  ],
  "lower": [
    "\"AÉ İ Ǆ Σ\"",
    ".b",
    ".unicode",
    "\"\""
  ],
  "title": [
    "\"hello world\"",
    "\"it's a-test_ok 1st\"",
    ".unicode",
    "\"éa ǆx\"",
    "\"\""
  ],
  "untitle": [
    "\"Hello World\"",
    "\"ÉA B\"",
    "\"\"",
    "\" A  B\""
  ],
  "substr": [
    "0 3 \"hello\"",
    "2 -1 \"hello\"",
    "-1 2 \"hello\"",
    "1 10 \"hello\"",
    "3 1 \"hello\"",
    "6 7 \"hello\"",
    "0 0 \"\"",
    "-1 9 \"abc\"",
    "1 3 .unicode"
  ],
  "repeat": [
    "3 \"ab\"",
    "0 \"ab\"",
    "-1 \"ab\"",
    "1 \"\"",
    "\"3\" \"a\"",
    "(add 1 1) \"x\"",
    "2 .a"
  ],
  "trimall": [
    "\"$\" \"$5.00$\""
  ],
  "trimAll": [
    "\"-\" \"--a-b--\"",
    "\"\" \"abc\"",
    "\"ab\" \"abcba\"",
    "\"é\" \"éaé\"",
    "\"x\" .unicode"
  ],
  "trimSuffix": [
    "\"-\" \"a-\"",
    "\"x\" \"a\"",
    "\"\" \"a\"",
    "\"abc\" \"abc\""
  ],
  "trimPrefix": [
    "\"-\" \"-a\"",
    "\"x\" \"a\"",
    "\"\" \"a\""
  ],
  "nospace": [
    "\"h e l l o\"",
    ".unicode",
    "\"\\t\\n\"",
    "\"abc\"",
    "\" é \""
  ],
  "initials": [
    "\"First Try\"",
    "\"\"",
    ".unicode",
    "\"  a  b\"",
    "\"é f\""
  ],
  "swapcase": [
    "\"aLPHA Beta\"",
    ".unicode",
    "\"é É\"",
    "\"\""
  ],
  "snakecase": [
    "\"FirstName\"",
    "\"HTTPServer\"",
    "\"NoHTTPS\"",
    "\"GO_PATH\"",
    "\"GO PATH\"",
    "\"GO-PATH\"",
    "\"http2xx\"",
    "\"HTTP20xOK\"",
    "\"Duration2m3s\"",
    "\"Bld4Floor3rd\"",
    "\"a__b\"",
    "\"_a_\"",
    "\"a.b\"",
    "\"FooBar1\"",
    "\"1FooBar\"",
    "\"v1Beta2\"",
    "\"\"",
    ".unicode",
    "\"世界HelloWorld\"",
    "\" Foo Bar \"",
    "\"X\"",
    "\"a1\"",
    "\"A1B2\""
  ],
  "camelcase": [
    "\"http_server\"",
    "\"_camel_case\"",
    "\"no_https\"",
    "\"_complex__case_\"",
    "\"all\"",
    "\"GOLANG_IS_GREAT\"",
    "\"GOLANG\"",
    "\"a-b c\"",
    "\"HTTPServer\"",
    "\"\"",
    ".unicode",
    "\"___\"",
    "\"aB\"",
    "\"a\""
  ],
  "kebabcase": [
    "\"FirstName\"",
    "\"HTTPServer\"",
    "\"\\xff\"",
    "\"a\\xffB\"",
    "\"aB\\xff\"",
    "\"\\xffAb\\xff_\\xff1\\xff\"",
    "\"some words here\"",
    "\"A1B2\"",
    "\"\"",
    "\"foo_bar-baz\""
  ],
  "wrap": [
    "5 \"Hello World example\"",
    "80 .b",
    "1 \"a bb ccc\"",
    "0 \"a b\"",
    "3 \"abcdef gh\"",
    "4 \"\"",
    "5 \"a    b    c\""
  ],
  "wrapWith": [
    "5 \"\\t\" \"HelloWorld abc\"",
    "5 \"|\" \"Hello World\"",
    "3 \"\" \"abcdef\"",
    "1 \"-\" \"ab c\""
  ],
  "contains": [
    "\"cat\" \"catch\"",
    "\"x\" \"a\"",
    "\"\" \"a\""
  ],
  "hasPrefix": [
    "\"c\" \"cat\"",
    "\"x\" \"cat\"",
    "\"\" \"\""
  ],
  "hasSuffix": [
    "\"t\" \"cat\"",
    "\"x\" \"cat\""
  ],
  "quote": [
    "\"a\"",
    "\"a\" \"b\" nil 1 1.5 true",
    ".quotes",
    ".unicode",
    "\"\"",
    "nil",
    "(list \"a\" 1)",
    "\"\\x00\\x7f\\u200b\\ufeff\"",
    "(index \"a\" 0)"
  ],
  "squote": [
    "\"a\"",
    "\"it's\" nil 2",
    "(list 1)"
  ],
  "cat": [
    "\"a\" 1 nil true 2.5 (list 1 \"b\")",
    "\"\"",
    "",
    "\"  a  \" \" b \"",
    "nil"
  ],
  "indent": [
    "2 .lines",
    "0 \"a\"",
    "-1 \"a\"",
    "4 \"\""
  ],
  "nindent": [
    "2 .lines",
    "0 \"\""
  ],
  "replace": [
    "\"a\" \"b\" \"banana\"",
    "\"\" \"-\" \"abc\"",
    "\"x\" \"y\" \"abc\"",
    "\"na\" \"\" \"banana\"",
    "\"\" \"-\" .unicode",
    "\"a\" \"\" \"\""
  ],
  "plural": [
    "\"one\" \"many\" 1",
    "\"one\" \"many\" 2",
    "\"one\" \"many\" (len .a)",
    "\"one\" \"many\" (int64 1)"
  ],
  "toString": [
    "1",
    "1.5",
    "true",
    "nil",
    "\"s\"",
    "(list 1 2)",
    "(dict \"a\" 1)",
    "'a'",
    "(index \"a\" 0)"
  ],
  "toStrings": [
    "(list 1 \"a\" nil 2.5)",
    "\"s\"",
    "nil",
    "(until 3)",
    "(dict)"
  ],
  "join": [
    "\",\" (list 1 2 \"a\")",
    "\",\" (until 3)",
    "\",\" \"s\"",
    "\",\" nil",
    "\"\" (list)",
    "\"-\" (splitList \",\" .list)",
    "\",\" (list nil 1)"
  ],
  "split": [
    "\",\" .list",
    "\"\" \"abc\"",
    "\"x\" \"\"",
    "\"$\" \"foo$bar$baz\""
  ],
  "splitn": [
    "\",\" 2 .list",
    "\",\" 0 .list",
    "\",\" -1 .list",
    "\"\" 2 \"abc\"",
    "\",\" 1 .list",
    "\",\" 10 .list"
  ],
  "splitList": [
    "\",\" .list",
    "\"\" \"abc\"",
    "\"\" .unicode",
    "\",\" \"\"",
    "\"\" \"\""
  ],
  "fail": [
    "\"x\"",
    "1"
  ],
  "b64enc": [
    "\"hello\"",
    ".unicode",
    "\"\"",
    "1"
  ],
  "b64dec": [
    ".b64",
    "\"aGVsbG8\"",
    "\"!!!\"",
    "\"aGVs\\nbG8=\"",
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"abc\"",
    "\"abcd=\"",
    "\"ab==\"",
    "\"ab=c\"",
    "\"=abc\"",
    "\"a===\"",
    "\"YQ==YQ==\"",
    "\"aGVsbG8= \"",
    "\"YR==\"",
    "\"YQ=\\n=\"",
    "\"YQ=\\n\"",
    "\"Y\\nQ\"",
    "\"/+8=\"",
    "\"_-8=\""
  ],
  "b32enc": [
    "\"hello\"",
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"abc\"",
    "\"abcd\"",
    "\"abcdef\""
  ],
  "b32dec": [
    "\"NBSWY3DP\"",
    "\"ME======\"",
    "\"ME=====x\"",
    "\"M\"",
    "\"me======\"",
    "\"\"",
    "\"NBSWY3DP\\n\"",
    "\"1\"",
    "\"MFRGG===\"",
    "\"MFRGGZA=\"",
    "\"MF======x\"",
    "\"MFRA====\"",
    "\"MFRA===\"",
    "\"MFR=====\"",
    "\"ME\"",
    "\"M=======\""
  ],
  "sha1sum": [
    "\"a\"",
    ".unicode"
  ],
  "sha256sum": [
    "\"a\"",
    "\"\""
  ],
  "sha512sum": [
    "\"a\""
  ],
  "adler32sum": [
    "\"Hello World!\"",
    "\"\"",
    ".unicode"
  ],
  "atoi": [
    "\"42\"",
    "\"-7\"",
    "\"x\"",
    "\"\"",
    "\"9223372036854775808\"",
    "\"-9223372036854775809\"",
    "\"0x1\"",
    "\"1.5\"",
    "\"+5\"",
    "\"1_0\"",
    "5"
  ],
  "int": [
    "\"42\"",
    "1.9",
    "-1.9",
    "\"0x1f\"",
    "\"017\"",
    "true",
    "nil",
    "\"1.00\"",
    "\"1.5\"",
    "1e30",
    "(list)",
    "'a'",
    "\"1_000\"",
    "\"-0b11\"",
    "9223372036854775807",
    "(int64 5)"
  ],
  "int64": [
    "\"42\"",
    "3.99",
    "\"abc\"",
    "(index \"a\" 0)",
    "\"10.000\"",
    "\".\"",
    "\"00\"",
    "\"08\"",
    "\".0\""
  ],
  "float64": [
    "\"1.5\"",
    "1",
    "\"x\"",
    "true",
    "nil",
    "\"1e3\"",
    "\"inf\"",
    "\"NaN\"",
    "\"0x1p4\"",
    "\"1_0\"",
    "(int64 7)",
    "\"-Inf\""
  ],
  "toDecimal": [
    "\"0777\"",
    "777",
    "8",
    "\"-17\"",
    "nil",
    "1.5",
    "true",
    "\"9\""
  ],
  "add1": [
    "1",
    "\"5\"",
    "1.9",
    "9223372036854775807"
  ],
  "add": [
    "1 2 3",
    "",
    "\"1\" 2.7 nil",
    "9223372036854775807 1",
    "true 1"
  ],
  "sub": [
    "5 3",
    "-9223372036854775807 5",
    "\"a\" 1"
  ],
  "div": [
    "7 2",
    "-7 2",
    "7 0",
    "1.9 1",
    "(int64 -9223372036854775807) -1"
  ],
  "mod": [
    "7 3",
    "-7 3",
    "7 0",
    "7 -3"
  ],
  "mul": [
    "2 3 4",
    "2",
    "9223372036854775807 2",
    "\"2\" \"3\"",
    "4611686018427387904 4 3"
  ],
  "add1f": [
    "1.5",
    "1",
    "\"2.25\"",
    "0.1"
  ],
  "addf": [
    "0.1 0.2",
    "1.5 2 \"3\"",
    "",
    "1e20 1",
    "(float64 \"NaN\")"
  ],
  "subf": [
    "0.3 0.1",
    "7.5 2 3",
    "1"
  ],
  "divf": [
    "10 3",
    "1 0",
    "2 3 4",
    "1 7",
    "-1 3",
    "1e-20 3"
  ],
  "mulf": [
    "1.5 2",
    "0.1 3",
    "1.1 1.1 1.1",
    "1e200 1e200"
  ],
  "max": [
    "1 2 3",
    "\"5\" 2",
    "3"
  ],
  "min": [
    "3 1 2",
    "1.9 1.2"
  ],
  "biggest": [
    "1 5"
  ],
  "maxf": [
    "1 2.5 \"3\"",
    "1 (float64 \"NaN\")"
  ],
  "minf": [
    "1 0.5",
    "-0.0 0"
  ],
  "ceil": [
    "1.2",
    "\"1.5\"",
    "-1.5",
    "3"
  ],
  "floor": [
    "1.8",
    "-1.5",
    "\"x\""
  ],
  "round": [
    "3.14159 2",
    "2.5 0",
    "-2.5 0",
    "1.005 2",
    "123.456 -1",
    "\"3.7\" 0",
    "3.5 0 0.6",
    "1e300 5",
    "-0.4 0",
    "5"
  ],
  "list": [
    "",
    "1 2",
    "nil \"a\""
  ],
  "tuple": [
    "1 \"a\""
  ],
  "append": [
    "(list 1) 2",
    "(until 2) \"x\"",
    "nil 1",
    "\"s\" 1",
    "(splitList \",\" .list) 3"
  ],
  "push": [
    "(list) nil"
  ],
  "mustAppend": [
    "(list 1) 2"
  ],
  "prepend": [
    "(list 1) 0",
    "(dict) 1"
  ],
  "mustPrepend": [
    "(list 1) 0"
  ],
  "mustPush": [
    "(list) 1"
  ],
  "first": [
    "(list 1 2)",
    "(list)",
    "nil",
    "\"abc\"",
    "(until 3)"
  ],
  "last": [
    "(list 1 2)",
    "(list)",
    "(splitList \",\" .list)"
  ],
  "rest": [
    "(list 1 2 3)",
    "(list)",
    "(list 1)",
    "(until 3)"
  ],
  "initial": [
    "(list 1 2 3)",
    "(list)",
    "(until 2)"
  ],
  "reverse": [
    "(list 1 2 3)",
    "(list)",
    "(until 3)",
    "\"abc\""
  ],
  "compact": [
    "(list 1 0 \"\" nil \"a\" (list) (dict) false)",
    "(list)"
  ],
  "uniq": [
    "(list 1 1 2 \"1\" 1.0 (list 1) (list 1))",
    "(splitList \",\" .list)",
    "(list nil nil)"
  ],
  "mustFirst": [
    "(list)",
    "1"
  ],
  "mustLast": [
    "(list 5)"
  ],
  "mustRest": [
    "(list 1 2)"
  ],
  "mustInitial": [
    "(list 1 2)"
  ],
  "mustReverse": [
    "(list 1 2)"
  ],
  "mustCompact": [
    "(list 0 1)"
  ],
  "mustUniq": [
    "(list 1 1)"
  ],
  "mustWithout": [
    "(list 1 2) 2"
  ],
  "mustHas": [
    "1 (list 1)",
    "1 2"
  ],
  "mustSlice": [
    "(list 1 2 3) 1"
  ],
  "mustChunk": [
    "2 (list 1 2 3)"
  ],
  "without": [
    "(list 1 2 3 1) 1",
    "(list 1 2) 1 2",
    "(splitList \",\" .list) \"a\"",
    "(list \"a\") 1",
    "(until 4) 2"
  ],
  "has": [
    "1 (list 1 2)",
    "\"1\" (list 1)",
    "1 nil",
    "(int64 1) (list 1)",
    "\"a\" \"abc\"",
    "(list 1) (list (list 1))",
    "nil (list nil)"
  ],
  "slice": [
    "(list 1 2 3 4) 1 3",
    "(list 1 2 3) 1",
    "(list 1 2 3)",
    "(list)",
    "(list 1 2 3) 2 1",
    "(list 1 2 3) -1",
    "\"abc\" 1 2",
    "(until 5) 2 4",
    "(list 1 2 3) \"1\" 2.0",
    "(splitList \",\" .list) 1"
  ],
  "chunk": [
    "2 (list 1 2 3 4 5)",
    "3 (list 1 2 3)",
    "1 (list)",
    "0 (list 1)",
    "-1 (list 1)",
    "5 (list 1 2)",
    "2 (until 4)",
    "-2 (list 1 2)"
  ],
  "concat": [
    "(list 1) (list 2 3)",
    "",
    "(list) (list)",
    "(list 1) (until 2) (splitList \",\" \"a,b\")",
    "(list 1) 2",
    "nil"
  ],
  "sortAlpha": [
    "(list \"b\" \"a\" \"C\" \"10\" \"9\")",
    "(splitList \",\" .list)",
    "\"x\"",
    "nil",
    "(list 3 1 2 nil)",
    "(list)",
    "(dict)"
  ],
  "until": [
    "5",
    "0",
    "-3"
  ],
  "untilStep": [
    "3 6 2",
    "6 3 -2",
    "0 5 0",
    "5 0 1",
    "0 -4 -1",
    "0 10 3",
    "1 1 1"
  ],
  "seq": [
    "5",
    "-3",
    "2 5",
    "5 2",
    "0 2 10",
    "10 -3 1",
    "5 1 0",
    "0 0",
    "1 0 5",
    "",
    "1 2 3 4",
    "0",
    "0 -2 -5"
  ],
  "default": [
    "\"d\" .empty",
    "\"d\" .a",
    "\"d\"",
    "\"d\" nil",
    "0 (list)",
    "1 0",
    "\"d\" false",
    "\"d\" 0.0",
    "\"d\" .a .b"
  ],
  "empty": [
    "0",
    "\"\"",
    "nil",
    "(list)",
    "(dict)",
    "1",
    "false",
    ".a",
    "0.0",
    "(list 0)"
  ],
  "coalesce": [
    "0 \"\" 2",
    "",
    "0 nil",
    ".empty .a"
  ],
  "all": [
    "1 2",
    "1 0",
    ""
  ],
  "any": [
    "0 1",
    "0 \"\"",
    ""
  ],
  "ternary": [
    "1 2 true",
    "1 2 false",
    "1 2 0",
    "\"a\" \"b\" (eq 1 1)"
  ],
  "fromJson": [
    ".json",
    "\"[1,2.5,\\\"a\\\",null,true]\"",
    "\"bad\"",
    "\"1e400\"",
    "\"\"",
    "\"{\\\"a\\\":{\\\"b\\\":[]}}\"",
    "\"\\\"\\\\u00e9\\\\ud83d\\\\ude00\\\\ud800\\\"\"",
    "\"12345678901234567890\"",
    "\"null\"",
    "\" 1 \"",
    "\"{\\\"a\\\":1,\\\"a\\\":2}\""
  ],
  "mustFromJson": [
    "\"{}\"",
    "\"bad\""
  ],
  "toJson": [
    "1",
    "1.5",
    "\"a<b>&\\u2028\\\"\\\\\"",
    "nil",
    "(list)",
    "(list 1 \"a\" nil true 2.5)",
    "(dict \"b\" 1 \"a\" (dict \"c\" (list)))",
    ".",
    "1e21",
    "1e20",
    "1e-7",
    "0.000001",
    "100000000.0",
    "(float64 \"NaN\")",
    "(until 3)",
    "\"\\x00\\x1f\\x7f\\b\\f\\n\\r\\t\"",
    "\"\\xff\"",
    ".unicode",
    "(rest (list))",
    "(list (float64 \"Inf\"))",
    "-0.0"
  ],
  "mustToJson": [
    "(float64 \"NaN\")",
    "(list 1)"
  ],
  "toPrettyJson": [
    "(dict \"a\" 1 \"b\" (list 1 2) \"c\" (dict) \"d\" (list))",
    "1",
    "(list (dict \"x\" \"<\"))",
    "(list)"
  ],
  "mustToPrettyJson": [
    "(dict \"a\" 1)"
  ],
  "toRawJson": [
    "\"<a>&\"",
    "(dict \"a\" \"<\")",
    "(float64 \"Inf\")",
    "\"\\u2028\""
  ],
  "mustToRawJson": [
    "\"<\""
  ],
  "dict": [
    "",
    "\"a\" 1",
    "\"a\"",
    "\"a\" 1 \"b\"",
    "1 2",
    "\"a\" 1 \"a\" 2",
    "nil 1"
  ],
  "get": [
    "(dict \"a\" 1) \"a\"",
    "(dict \"a\" 1) \"b\"",
    ". \"a\"",
    "(dict \"a\" nil) \"a\"",
    "nil \"a\""
  ],
  "set": [
    "(dict) \"a\" 1",
    ". \"a\" 1",
    "nil \"a\" 1",
    "(dict \"a\" 1) \"a\" (list)"
  ],
  "unset": [
    "(dict \"a\" 1 \"b\" 2) \"a\"",
    "(dict) \"x\"",
    "nil \"a\""
  ],
  "hasKey": [
    "(dict \"a\" 1) \"a\"",
    "(dict) \"a\"",
    ". \"a\"",
    "nil \"a\""
  ],
  "pluck": [
    "\"a\" (dict \"a\" 1) (dict \"b\" 2) (dict \"a\" 3)",
    "\"x\""
  ],
  "keys": [
    "(dict \"a\" 1)",
    "(dict)",
    "",
    "(dict \"a\" 1) (dict \"b\" 2)",
    "."
  ],
  "values": [
    "(dict \"a\" 1)",
    "(dict)"
  ],
  "pick": [
    "(dict \"a\" 1 \"b\" 2) \"a\"",
    "(dict \"a\" 1) \"x\"",
    "(dict \"a\" 1)"
  ],
  "omit": [
    "(dict \"a\" 1 \"b\" 2) \"a\"",
    "(dict \"a\" 1)"
  ],
  "merge": [
    "(dict \"a\" 1) (dict \"a\" 2 \"b\" 3)",
    "(dict \"x\" (dict \"y\" 1)) (dict \"x\" (dict \"y\" 2 \"z\" 3))",
    "(dict \"a\" \"\") (dict \"a\" 2)",
    "(dict \"a\" (list 1)) (dict \"a\" (list 2) \"b\" (list 3))",
    "(dict) (dict \"a\" nil)",
    "(dict \"a\" (dict)) (dict \"a\" (dict \"b\" 1))",
    "(dict \"a\" 1) (dict \"a\" (dict \"b\" 1))",
    "(dict \"a\" (dict \"b\" 1)) (dict \"a\" 5)",
    "nil (dict \"a\" 1)",
    "(dict \"a\" false) (dict \"a\" true)",
    "(dict \"a\" 1)",
    "(dict \"a\" \"s\") (dict \"a\" (list 1))"
  ],
  "mergeOverwrite": [
    "(dict \"a\" 1) (dict \"a\" 2 \"b\" 3)",
    "(dict \"x\" (dict \"y\" 1)) (dict \"x\" (dict \"y\" 2 \"z\" 3))",
    "(dict \"a\" 1) (dict \"a\" nil)",
    "(dict \"a\" 1) (dict \"a\" \"\")",
    "(dict \"a\" (list 1)) (dict \"a\" (list))",
    "(dict \"a\" (dict \"b\" 1)) (dict \"a\" 5)",
    "(dict \"a\" 5) (dict \"a\" (dict \"b\" 1))",
    "(dict \"a\" (dict \"b\" 1)) (dict \"a\" (dict))"
  ],
  "mustMerge": [
    "(dict \"a\" 1) (dict \"b\" 2)"
  ],
  "mustMergeOverwrite": [
    "(dict \"a\" 1) (dict \"a\" 2)"
  ],
  "deepCopy": [
    "(dict \"a\" (list 1 (dict \"b\" 2)))",
    "(list 1 \"a\")",
    "\"s\"",
    "1"
  ],
  "mustDeepCopy": [
    "(dict)"
  ],
  "dig": [
    "\"a\" \"b\" \"d\" (dict \"a\" (dict \"b\" 1))",
    "\"a\" \"x\" \"d\" (dict \"a\" (dict \"b\" 1))",
    "\"x\" \"d\" (dict)",
    "\"a\" \"b\" \"d\" (dict \"a\" 1)",
    "\"a\" (dict)",
    "1 \"d\" (dict)",
    "\"a\" \"d\" ."
  ],
  "deepEqual": [
    "1 1",
    "1 1.0",
    "(list 1) (list 1)",
    "(dict \"a\" 1) (dict \"a\" 1)",
    "(int64 1) 1",
    "nil nil",
    "(list) nil",
    "(until 2) (list 0 1)"
  ],
  "typeOf": [
    "1",
    "1.5",
    "\"s\"",
    "nil",
    "true",
    "(list)",
    "(dict)",
    ".",
    "(until 1)",
    "(int64 1)",
    "(index \"a\" 0)",
    "(splitList \",\" \"\")",
    "(split \",\" \"\")",
    "(chunk 1 (list 1))",
    "(fromJson \"1\")",
    "'a'",
    "(semver \"1.2.3\")",
    "(now)"
  ],
  "typeIs": [
    "\"int\" 1",
    "\"string\" 1",
    "\"[]interface {}\" (list)"
  ],
  "typeIsLike": [
    "\"semver.Version\" (semver \"1.2.3\")",
    "\"int\" 1"
  ],
  "kindOf": [
    "1",
    "nil",
    "(list)",
    "(dict)",
    "(index \"a\" 0)",
    "(semver \"1.0.0\")",
    "(now)",
    "1.5"
  ],
  "kindIs": [
    "\"slice\" (list)",
    "\"map\" .",
    "\"int\" 1.0"
  ],
  "base": [
    "\"/a/b.txt\"",
    "\"\"",
    "\"/\"",
    "\"a//\"",
    "\"a/b/\""
  ],
  "dir": [
    "\"/a/b\"",
    "\"a\"",
    "\"\"",
    "\"/\"",
    "\"a/b/\"",
    "\"../x\""
  ],
  "clean": [
    "\"/a/../b//c/.\"",
    "\"\"",
    "\"../../a\"",
    "\"/..\"",
    "\"a/..\"",
    "\"./a\""
  ],
  "ext": [
    "\"a.tar.gz\"",
    "\"a\"",
    "\".x\"",
    "\"a.b/c\""
  ],
  "isAbs": [
    "\"/a\"",
    "\"a\""
  ],
  "osBase": [
    "\"/a/b\""
  ],
  "osDir": [
    "\"/a/b\""
  ],
  "osClean": [
    "\"a//b\""
  ],
  "osExt": [
    "\"a.txt\""
  ],
  "osIsAbs": [
    "\"/x\""
  ],
  "date": [
    "\"2006-01-02 15:04:05\" (toDate \"2006-01-02\" \"2020-05-06\")",
    "\"Mon Jan 2 3:4:5 pm 06 MST -0700\" 0",
    "\"Monday January _2 __2 002 03:04:05.000 PM Z07:00\" (int64 1600000000)",
    "\"2006\" -62135596800",
    "\"x2006y\" 1e9",
    "\"Jan Mon January Monday\" 86400",
    "\"15h04\" 1500000000",
    "\"Z0700 -07:00 -07 .999 ,000\" 1",
    "\"\" 5",
    "\"02/01/2006\" 951782400"
  ],
  "dateInZone": [
    "\"2006-01-02 15:04 MST -0700\" (int64 1600000000) \"UTC\"",
    "\"15:04 MST\" 1600000000 \"America/New_York\"",
    "\"15:04 MST\" 1580000000 \"Europe/Berlin\"",
    "\"15:04 -0700\" 1600000000 \"Asia/Tokyo\"",
    "\"15:04 MST\" 1600000000 \"Bad/Zone\"",
    "\"2006\" 0 \"\""
  ],
  "date_in_zone": [
    "\"2006\" 0 \"UTC\""
  ],
  "htmlDate": [
    "0",
    "(int64 1600000000)"
  ],
  "htmlDateInZone": [
    "1600000000 \"UTC\""
  ],
  "dateModify": [
    "\"1h\" (toDate \"2006-01-02\" \"2020-01-01\")",
    "\"-1.5h\" (toDate \"2006-01-02\" \"2020-01-01\")",
    "\"bad\" (toDate \"2006-01-02\" \"2020-01-01\")",
    "\"1h\" 5"
  ],
  "date_modify": [
    "\"24h\" (toDate \"2006-01-02\" \"2020-02-28\")"
  ],
  "mustDateModify": [
    "\"bad\" (toDate \"2006-01-02\" \"2020-01-01\")",
    "\"1ns\" (toDate \"2006-01-02\" \"2020-01-01\")"
  ],
  "must_date_modify": [
    "\"1m\" (toDate \"2006-01-02\" \"2020-01-01\")"
  ],
  "duration": [
    "\"95\"",
    "95",
    "(int64 3661)",
    "\"x\"",
    "\"-5\"",
    "(int64 0)"
  ],
  "durationRound": [
    "\"2h10m5s\"",
    "\"2400h10m5s\"",
    "\"30s\"",
    "\"1s\"",
    "(int64 5000000000)",
    "\"-90m\"",
    "\"x\"",
    "5",
    "\"8760h1s\"",
    "\"1h0m1s\"",
    "\"45m\""
  ],
  "toDate": [
    "\"2006-01-02\" \"2017-12-31\"",
    "\"2006-01-02\" \"bad\"",
    "\"2006-01-02 15:04:05 -0700\" \"2020-01-02 03:04:05 +0530\"",
    "\"Jan 2, 2006 at 3:04pm (MST)\" \"Feb 3, 2013 at 7:54pm (UTC)\"",
    "\"2006-01-02\" \"2019-02-29\"",
    "\"2006-01-02\" \"2020-02-29\"",
    "\"15:04:05\" \"25:00:00\"",
    "\"15:04:05\" \"01:02:03.456\"",
    "\"02 Jan 06\" \"03 Feb 71\"",
    "\"2006-002\" \"2020-366\"",
    "\"2006-01-02T15:04:05Z07:00\" \"2020-01-02T03:04:05Z\""
  ],
  "mustToDate": [
    "\"2006-01-02\" \"bad\"",
    "\"2006-01-02\" \"2020-01-01\""
  ],
  "unixEpoch": [
    "(toDate \"2006-01-02\" \"2017-12-31\")",
    "5"
  ],
  "urlParse": [
    ".url",
    "\"http://h\"",
    "\"//h/p\"",
    "\"mailto:a@b\"",
    "\"/p?q#f\"",
    "\"http://[::1]:80/\"",
    "\"http://a b/\"",
    "\"%zz\"",
    "\"http://h:x/\"",
    "\"HTTP://H\"",
    "\"\"",
    "\"http://u@h\"",
    "\"http://u:@h\"",
    "\"a:b:c\"",
    "\":x\"",
    "\"http://h/%2f a\"",
    "\"http://h?q=%zz\"",
    "\"http://%41/\"",
    "\"http://é/é\""
  ],
  "urlJoin": [
    "(dict \"scheme\" \"http\" \"host\" \"h:80\" \"path\" \"/p q\" \"query\" \"a=b\" \"fragment\" \"f g\" \"userinfo\" \"u:p@\")",
    "(urlParse .url)",
    "(dict)",
    "(dict \"host\" \"h\" \"path\" \"p\")",
    "(dict \"scheme\" \"mailto\" \"opaque\" \"a@b\")",
    "(dict \"path\" 1)",
    "(dict \"path\" \"a:b\")",
    "(dict \"scheme\" \"s\" \"path\" \"//x\")",
    "(dict \"path\" \"/é;,=:@&$+!'()*\" )",
    "(dict \"userinfo\" \"a b\" \"host\" \"h\")"
  ],
  "urlquery": [
    "\"a b&c/é\"",
    "1 2",
    ".url",
    "nil",
    "\"\"",
    "(list 1)"
  ],
  "html": [
    ".quotes",
    "\"\\x00\"",
    "1 \"a\"",
    "nil",
    "\"\""
  ],
  "js": [
    ".quotes",
    "\"\\n\\x00=é\\u2028\"",
    "1",
    "\"\"",
    "nil"
  ],
  "print": [
    "",
    "1 2",
    "\"a\" \"b\"",
    "\"a\" 1 2 \"b\"",
    "nil",
    "1.5 true",
    "(list 1 \"a\" nil)",
    "(dict \"a\" nil \"b\" \"c\")",
    "1e6 1e-5 1e21 123456789.0 0.1",
    "(float64 \"NaN\") (float64 \"-Inf\")",
    "(list (list) (dict))",
    "(rest (list))"
  ],
  "println": [
    "",
    "1 \"a\" 2",
    "nil"
  ],
  "len": [
    ".unicode",
    "(list 1 2)",
    ".",
    "1",
    "nil",
    "\"x\" \"y\""
  ],
  "index": [
    "(list 1 2 3) 1",
    "(list 1) 5",
    "(list 1) -1",
    "(dict \"a\" (list 7 8)) \"a\" 1",
    "\"abc\" 1",
    "(dict \"a\" 1) 1",
    "nil 1",
    "(list 1)",
    "1",
    "(list (list 1 2)) 0 1",
    "(list 1) (int64 0)",
    "(list 1) \"0\"",
    "(list 1) 0.0",
    "(list 1) nil",
    ". \"a\" 0",
    "(split \",\" .list) \"_1\""
  ],
  "regexMatch": [
    "\"^[a-z]+$\" .a",
    "\"(\" \"x\"",
    "\"^A\" .a",
    "\"(?i)ALPHA\" .a",
    "\"\" \"\""
  ],
  "mustRegexMatch": [
    "\"(\" \"x\"",
    "\"a\" \"a\""
  ],
  "regexFindAll": [
    "\"[aeiou]\" \"banana\" -1",
    "\"[aeiou]\" \"banana\" 2",
    "\"x\" \"banana\" -1",
    "\"(\" \"x\" 1",
    "\"\" \"ab\" -1",
    "\"a*\" \"baac\" -1"
  ],
  "mustRegexFindAll": [
    "\"a\" \"aa\" 0"
  ],
  "regexFind": [
    "\"[0-9]+\" \"a12b3\"",
    "\"x\" \"a\"",
    "\"[\" \"a\""
  ],
  "mustRegexFind": [
    "\"a.\" \"abc\""
  ],
  "regexReplaceAll": [
    "\"a(x*)b\" \"-ab-axxb-\" \"${1}W\"",
    "\"a(x*)b\" \"-ab-axxb-\" \"$1W\"",
    "\"a\" \"banana\" \"\"",
    "\"(?P<n>a)\" \"ba\" \"<$n>\"",
    "\"\" \"abc\" \"-\"",
    "\"é\" .unicode \"e\"",
    "\"a\" \"aa\" \"$$\"",
    "\"(\" \"a\" \"b\""
  ],
  "mustRegexReplaceAll": [
    "\"a\" \"a\" \"b\""
  ],
  "regexReplaceAllLiteral": [
    "\"a(x*)b\" \"-ab-axxb-\" \"${1}\""
  ],
  "mustRegexReplaceAllLiteral": [
    "\"(\" \"\" \"\""
  ],
  "regexSplit": [
    "\"z+\" \"pizza\" -1",
    "\"z+\" \"pizza\" 0",
    "\"z+\" \"pizza\" 1",
    "\"\" \"abc\" -1",
    "\",\" \"a,b,c\" 2"
  ],
  "mustRegexSplit": [
    "\"a\" \"bab\" -1"
  ],
  "regexQuoteMeta": [
    "\"1.2.3[x]^$\"",
    ".unicode"
  ],
  "semver": [
    "\"1.2.3\"",
    "\"v1.2\"",
    "\"1.2.3-beta.1+build\"",
    "\"x\"",
    "\"01.2.3\"",
    "\"1.2.3-01\"",
    "\"1\"",
    "\"\""
  ],
  "semverCompare": [
    "\"^1.2.0\" \"1.3.0\"",
    "\">=1.0, <2.0\" \"1.5.0\"",
    "\"~1.2\" \"1.2.9\"",
    "\"1.x\" \"1.9.9\"",
    "\"*\" \"2.0.0\"",
    "\"!=1.0.0\" \"1.0.1\"",
    "\"1.2 - 1.4\" \"1.3.5\"",
    "\"<1 || >2\" \"3.0.0\"",
    "\">1\" \"1.5.0\"",
    "\">1.2\" \"1.3.0\"",
    "\"<=1.2\" \"1.2.9\"",
    "\"=1.2.3\" \"1.2.3\"",
    "\"^0.2.3\" \"0.2.9\"",
    "\"^0.0.3\" \"0.0.4\"",
    "\"~0\" \"0.5.0\"",
    "\"^1.2.0\" \"1.3.0-beta\"",
    "\">=1.0-0\" \"1.1.0-alpha\"",
    "\"bad\" \"1.0.0\"",
    "\"1.0\" \"bad\"",
    "\"!=1.x\" \"1.5.0\"",
    "\"~>1.2.3\" \"1.2.5\"",
    "\"=>1\" \"1.0.0\"",
    "\"^0\" \"0.1.0\"",
    "\"1.2.x\" \"1.3.0\"",
    "\"\"  \"1.0.0\"",
    "\"1 2\" \"1.0.0\"",
    "\">= 1.0.0 <2\" \"1.4\""
  ],
  "toYaml": [
    ".",
    "1",
    "\"a\"",
    "\"\"",
    "nil",
    "(list)",
    "(dict)",
    "(list 1 \"a\" (list 1 2) (dict \"x\" 1 \"y\" (list)))",
    "(dict \"b\" (list 1 2) \"a\" (dict \"c\" \"d\") \"e\" (dict) \"f\" nil)",
    "(list \"yes\" \"no\" \"null\" \"~\" \"1\" \"1.5\" \"0x1\" \"1e3\" \"true\" \"y\" \"on\" \"2020-01-01\" \"1:20\" \"a: b\" \"a #b\" \"#c\" \"- x\" \"-\" \"?\" \":\" \"a:\" \"'q'\" \"\\\"d\\\"\" \"@a\" \"`b\" \"%c\" \"{x\" \"[y\" \"a,b\" \" lead\" \"trail \" \"tab\\tx\" \"\\n\" \"a\\nb\" \"a\\nb\\n\" \"a\\n\\n\" \" a\\nb\" \"a \\nb\" \"é\" \"\\u00a0\" \"\\u2028\" \"\\x01\" \"<<\" \"=\" \".5\" \"...\" \"---\" \"*a\" \"&b\" \"!c\" \"|d\" \">e\" \"\" \"0o7\" \"08\" \"1_000\" \"+1\" \".inf\" \".nan\" \"012\")",
    "(dict \"1\" 1 \"a b\" 2 \"yes\" 3 \"\" 4 \"a10\" 5 \"a9\" 6 \"A\" 7 \"é\" 8 \"a: b\" 9 \"~\" 10 \"multi\\nline\" 11 \"_x\" 12)",
    "1.5",
    "1e21",
    "1e-7",
    "100000000.0",
    "(fromJson .json)",
    "true",
    "(list (list (list 1)) (list))",
    "(dict \"long\" (repeat 30 \"word and \"))",
    "(dict (repeat 140 \"k\") 1)",
    "(float64 \"NaN\")",
    "\"multi\\nline\"",
    "(list \"a\\n b\" (dict \"k\" \"x\\ny\\n\"))",
    "(list (dict \"a\" (dict \"b\" 1) \"c\" 2))",
    "1000000.0",
    "123456789012.0"
  ],
  "fromYaml": [
    ".yaml",
    "\"a: 1\\nb: yes\\nc: 0x10\\nd: 1.5\\ne: ~\\nf: 010\\ng: \\\"1\\\"\\nh: [1, x]\\ni: {j: k}\\n\"",
    "\"\"",
    "\"a: &x {b: 1}\\nc: *x\\nd: {<<: *x, e: 2}\"",
    "\"1: a\\ntrue: b\\n\"",
    "\"a: |\\n  x\\n  y\\nb: >\\n  p\\n  q\\n\""
  ],
  "derivePassword": [
    "1 \"long\" \"password\" \"user\" \"example.com\"",
    "2 \"pin\" \"p\" \"u\" \"s\"",
    "1 \"bad\" \"p\" \"u\" \"s\"",
    "1 \"maximum\" \"é\" \"u\" \"s\""
  ],
  "encryptAES": [
    "\"key\" \"\""
  ],
  "decryptAES": [
    "\"secretkey\" \"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=\"",
    "\"key\" \"\"",
    "\"key\" \"bad\"",
    "\"k\" \"YWJj\""
  ],
  "htpasswd": [
    "\"a:b\" \"c\""
  ],
  "buildCustomCert": [
    "\"x\" \"y\"",
    "\"YQ==\" \"YQ==\""
  ],
  "genPrivateKey": [
    "\"nosuch\""
  ],
  "randAlpha": [
    "0",
    "-1"
  ],
  "shuffle": [
    "\"\"",
    "\"a\"",
    "\"aaa\""
  ],
  "randInt": [
    "5 5",
    "5 6"
  ],
  "bcrypt": [
    "(repeat 80 \"x\")"
  ]
};

const VERBS = ["%v", "%d", "%s", "%q", "%x", "%X", "%t", "%f", "%e", "%g", "%G", "%E", "%F", "%b", "%o", "%O", "%c", "%U", "%T", "%z", "%w", "%#v", "%+v", "%#x", "%+d", "%5d", "%-5d|", "%05d", "%+.2e", "%10.3f", "%-10s|", "%10s", "%.2s", "%5t", "%#q", "%+q", "%x", "%", "x", "%#", "x", "%#o", "%#b", "%08b", "%+08d", "%x", "%6.2f", "%#g", "%.0f", "%.3g", "%#.3g", "%+g", "%010.2f", "%-010d|", "%3c", "%#U", "%08.3f", "%", "d", "%", "+d", "%.10d", "%+5q", "%.0d", "%#X", "%v%%", "%!", "%-"];
const VALUES = ["\"héllo\"", "42", "-42", "3.14159", "true", "nil", "(list 1 \"a\" 2.5)", "(dict \"k\" \"v\" \"n\" 1)", "'x'", "1e21", "(int64 7)", "(index \"A\" 0)", "(until 2)", "0", "0.0", "\"\""];
const FORMATS = ["%", "%d", "%s %s", "%[2]s %[1]s", "%[3]d", "%[1]*d", "%*d", "%-*d|", "%.*f", "%[2]*[1]d", "%[x]d", "%[1]", "%d %d %d", "no verbs", "%!", "%z", "%5%", "%[1]d %d", "%[1]d %[1]d", "%.", "%.x", "%6", "%é", "%[0]d", "%[-1]d", "%100000000d", "%.[2]*[1]f", "%[5]*d", "%d%%", "%v %v"];
const ARGUMENTS = ["", "1", "1 2", "5 3.14159", '"a" "b"', "nil"];

/** Each call alone, and as a pipeline into `typeOf`, which tells kinds that print alike. */
export function calls(): readonly string[] {
  const alone = Object.entries(CALLS).flatMap(([name, all]) => all.map((values) => `{{ ${`${name} ${values}`.trim()} }}`));
  const typed = Object.entries(CALLS).flatMap(([name, all]) => all.slice(0, 2).map((values) => `{{ ${`${name} ${values}`.trim()} | printf "%T %[1]v" }}`));
  const verbs = VERBS.flatMap((verb) => VALUES.map((value) => `{{ printf ${JSON.stringify(verb)} ${value} }}`));
  const formats = FORMATS.flatMap((format) => ARGUMENTS.map((values) => `{{ printf ${JSON.stringify(format)} ${values} }}`));
  return [...alone, ...typed, ...verbs, ...formats];
}

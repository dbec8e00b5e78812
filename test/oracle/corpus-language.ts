/** Templates for the language itself: every construct, right and wrong. */

const NUMBERS =
  "0 1 -1 +7 42 007 0x1F 0X1f 0b101 0o17 1_000 0x_1F 1__0 _1 1_ 1e3 1E-3 1.5 .5 5. 1e400 1.e1 0x1p4 0x1.8p1 0x1p-2 0x.8p0 'a' '\\n' '\\x41' '\\u00e9' '\\'' '世' '\\377' '' 'ab' '\\400' 9223372036854775807 9223372036854775808 18446744073709551616 -9223372036854775808 123456789.0 1000000.0 100000.0 1e20 1e21 0.0001 0.00001 12345678901234567890.0 0.1 1e-7 3.0 1_0.5 08 0b12 0xG 1a 1i1 1+2".split(
    " ",
  );

const STRINGS = [
  '"plain"', '"tab\\t"', '"nl\\n"', '"\\u00e9\\U0001F600"', '"\\x41\\101"', '"\\a\\b\\f\\v\\\\\\""', "`raw \\n`", "`raw\nline`", '"bad\\q"', '"unclosed', '"\\ud800"', '"\\xff"', '"new\nline"', "`unclosed",
];

const VALUES = [
  "true", "false", "nil", ".", "$", ".a", "$.a", ".missing", ".empty", "(.a)", '"s"', "`r`", "1", "1.5", "'c'", "(list)", "(list 1 2)", "(dict)", '(dict "k" "v")', "(until 3)", "(fromJson .json)", '(first (list))',
];

const TEXTS = [
  "plain text", "", " ", "{", "}", "}}", "{ {", "{{", "{{ }}", "{{}}", "{{-}}", "{{- }}", "{{ -}}", "{{--}}", "a{{/* c */}}b", "a {{- /* c */ -}} b", "a{{ /* c */ }}b", "{{/* unclosed", "{{/* c */ x}}", "{{/* a */ -}}  b", "{{/**/}}",
  "a {{- 1 }} b", "a {{ 1 -}} b", "a {{- 1 -}} b", "a\n{{- 1 -}}\nb", "{{1 -}}\n\n x", "{{- 1}}", "{{ -1 }}", "{{-1}}", "{{- -1 -}}", "{{1-}}", "{{ 1 - }}", "{{\n1\n}}", "{{\t1\r}}", "日本{{ 1 }}語",
  "{{ .a }}{{ .b }}", "{{.a}}", "{{ .a.b }}", "{{ .a.b.c }}", "{{ .missing }}", "{{ .missing.x }}", "{{ $x }}", "{{ $ }}", "{{ $.a }}", "{{ $.missing }}", "{{ .dashed-key }}", '{{ index . "dashed-key" }}', '{{ index . "missing" }}', '{{ index . "a" "b" }}',
  "{{ .constructor }}", '{{ index . "__proto__" }}', "{{ .__proto__ }}", "{{ .toString }}", '{{ (dict "__proto__" 1 "constructor" 2 "toString" 3) }}', '{{ $d := dict }}{{ $_ := set $d "__proto__" 1 }}{{ $d }}{{ hasKey $d "__proto__" }}{{ hasKey $d "toString" }}',
  '{{ $d := fromJson `{"__proto__":{"x":1},"constructor":2}` }}{{ $d.__proto__.x }}{{ $d.constructor }}{{ $d | toJson }}',
  "{{ nosuch }}", "{{ nosuch 1 }}", "{{ .a nosuch }}", "{{ 1 2 }}", "{{ .a 1 }}", "{{ nil }}", "{{ true }}", "{{ false }}", "{{ 1 | 2 }}", "{{ 1 | print }}", "{{ print 1 | print 2 }}", "{{ print | print }}", "{{ | print }}", "{{ print | }}", "{{ print || print }}", "{{ .a | }}", "{{ (print 1) }}", "{{ (1) }}", "{{ ((1)) }}", "{{ () }}", "{{ (print }}", "{{ print ) }}", "{{ (print 1)x }}", "{{ (dict \"x\" 1).x }}", '{{ (dict "x" (dict "y" 2)).x.y }}', '{{ (dict "x" 1).y }}', "{{ (nil).x }}", "{{ nil.x }}", "{{ 1.x }}", "{{ true.x }}", '{{ "s".x }}', "{{ print.x }}", "{{ .a.}}", "{{ .. }}", "{{ . . }}", "{{ .1 }}", "{{ .é }}", "{{ $é := 1 }}{{ $é }}", "{{ a-b }}", "{{ a! }}", "{{ $ a }}", "{{ # }}", "{{ @ }}", "{{ é }}", "{{ \\ }}", "{{ = }}", "{{ := }}", "{{ : }}", "{{ , }}", "{{ 1, 2 }}",
  "{{ $x := 1 }}{{ $x }}", "{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "{{ $x = 1 }}", "{{ $x := $x }}", "{{ $x := 1 }}{{ $y := $x }}{{ $y }}", "{{ $x, $y := 1 }}", "{{ $x := 1 | print }}{{ $x }}", "{{ if $x := 1 }}{{ $x }}{{ end }}", "{{ if $x := 1 }}{{ end }}{{ $x }}", "{{ with $x := .a }}{{ $x }}{{ . }}{{ end }}", "{{ $x := }}", "{{ $x:=1 }}{{ $x}}", "{{$x := 1}}{{if true}}{{$x = 5}}{{end}}{{$x}}", "{{$x := 1}}{{if true}}{{$x := 5}}{{$x}}{{end}}{{$x}}", "{{ $ := 1 }}{{ $ }}", "{{ print ($x := 1) }}", "{{ print ($x := 1) $x }}",
  "{{ if true }}y{{ end }}", "{{ if false }}y{{ end }}", "{{ if false }}y{{ else }}n{{ end }}", "{{ if false }}1{{ else if true }}2{{ else }}3{{ end }}", "{{ if false }}1{{ else if false }}2{{ else if 0 }}3{{ else }}4{{ end }}", "{{ if }}{{ end }}", "{{ if true }}", "{{ end }}", "{{ else }}", "{{ if true }}{{ else }}{{ else }}{{ end }}", "{{ if true }}{{ else if }}{{ end }}", "{{ if true }}{{ else with 1 }}{{ end }}{{ end }}", "{{ with .a }}{{ else if 1 }}{{ end }}", "{{ if true }}{{ end x }}", "{{ if true }}{{ else x }}{{ end }}", "{{ if true }} {{- else }} {{- end }}",
  "{{ with .a }}{{ . }}{{ end }}", "{{ with .empty }}{{ . }}{{ else }}none{{ end }}", "{{ with .empty }}1{{ else with .a }}{{ . }}{{ else }}3{{ end }}", "{{ with .missing }}{{ end }}", "{{ with nil }}{{ end }}", '{{ with dict "x" 1 }}{{ .x }}{{ $.a }}{{ end }}',
  "{{ range list 1 2 3 }}{{ . }},{{ end }}", "{{ range $x := list 1 2 }}{{ $x }}{{ end }}", "{{ range $i, $x := list 5 6 }}{{ $i }}={{ $x }};{{ end }}", "{{ range list }}x{{ else }}none{{ end }}", "{{ range $k, $v := dict \"b\" 2 \"a\" 1 }}{{ $k }}{{ $v }}{{ end }}", "{{ range dict \"b\" 2 \"a\" 1 }}{{ . }}{{ end }}", "{{ range . }}{{ . | len }},{{ end }}", "{{ range $k, $v := . }}{{ $k }};{{ end }}", "{{ range 3 }}{{ . }}{{ end }}", "{{ range $i := 3 }}{{ $i }}{{ end }}", "{{ range $i, $j := 3 }}{{ end }}", "{{ range 0 }}x{{ else }}none{{ end }}", "{{ range -1 }}x{{ else }}none{{ end }}", "{{ range .a }}{{ . }}{{ end }}", "{{ range \"abc\" }}{{ . }}{{ end }}", "{{ range 1.5 }}{{ end }}", "{{ range true }}{{ end }}", "{{ range nil }}{{ end }}", "{{ range .missing }}{{ end }}", "{{ range (int64 3) }}{{ . | typeOf }}{{ end }}", "{{ range first (list) }}x{{ else }}none{{ end }}", "{{ range until 5 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ if eq . 4 }}{{ break }}{{ end }}{{ . }}{{ end }}", "{{ break }}", "{{ continue }}", "{{ range 3 }}{{ break x }}{{ end }}", "{{ range 2 }}{{ range 3 }}{{ if . }}{{ break }}{{ end }}{{ . }}{{ end }};{{ end }}", "{{ range 2 }}{{ define \"x\" }}{{ end }}{{ end }}", "{{ define \"x\" }}{{ break }}{{ end }}", "{{ range $i, $x := list 1 }}{{ $i = 5 }}{{ $i }}{{ end }}", "{{ $i := 9 }}{{ range $i = list 1 2 }}{{ end }}{{ $i }}", "{{ $i := 9 }}{{ $j := 8 }}{{ range $i, $j = list 1 2 }}{{ end }}{{ $i }}{{ $j }}", "{{ range $x, := list }}{{ end }}", "{{ range $x, $y, $z := list }}{{ end }}", "{{ range $x $y := list }}{{ end }}", "{{ range }}{{ end }}", "{{ range $i, $_ := list 1 2 }}{{ $x := $i }}{{ $x }}{{ end }}",
  '{{ define "t" }}T{{ . }}{{ end }}{{ template "t" }}', '{{ define "t" }}T{{ . }}{{ end }}{{ template "t" .a }}', '{{ template "t" . }}{{ define "t" }}{{ .a }}{{ end }}', '{{ template "missing" }}', '{{ template }}', '{{ template t }}', '{{ template "t" 1 2 }}', '{{ define }}{{ end }}', '{{ define t }}{{ end }}', '{{ define "t" x }}{{ end }}', '{{ define "t" }}', '{{ define "t" }}a{{ end }}{{ define "t" }}b{{ end }}{{ template "t" }}', '{{ define "t" }}{{ end }}{{ define "t" }}b{{ end }}{{ template "t" }}', '{{ define "t" }}b{{ end }}{{ define "t" }} {{ end }}{{ template "t" }}', '{{ define `t` }}raw{{ end }}{{ template `t` }}', '{{ block "t" .a }}B{{ . }}{{ end }}', '{{ block "t" . }}B{{ .a }}{{ end }}{{ template "t" . }}', '{{ block "t" }}{{ end }}', '{{ define "t" }}{{ $ }}{{ end }}{{ template "t" 5 }}', '{{ $x := 1 }}{{ define "t" }}{{ $x }}{{ end }}', '{{ define "a" }}{{ template "b" . }}{{ end }}{{ define "b" }}<{{ . }}>{{ end }}{{ template "a" 1 }}', '{{ if true }}{{ define "t" }}{{ end }}{{ end }}', '{{ define "t" }}{{ if true }}x{{ end }}{{ end }}{{ template "t" }}', '{{ define "case" }}x{{ end }}', '{{ define "case" }}x{{ end }}y', '{{ define "r" }}{{ if gt . 0 }}{{ . }}{{ template "r" (int (sub . 1)) }}{{ end }}{{ end }}{{ template "r" 5 }}', "x{{ else }}", "{{ template \"t\" }}{{ define \"t\" }}{{ else }}{{ end }}",
  "{{ and }}", "{{ or }}", "{{ not }}", "{{ not 1 2 }}", "{{ and 1 0 2 }}", "{{ or 0 \"\" 5 }}", "{{ and 1 2 3 }}", "{{ or 0 0 }}", "{{ 0 | and 1 }}", "{{ 1 | or 0 }}", "{{ and false .missing }}", "{{ or true .missing }}", "{{ and true .missing }}", "{{ not .a }}", "{{ not .empty }}", "{{ or .empty \"d\" }}", "{{ and .a .b }}", "{{ call print }}", "{{ call 1 }}", "{{ call nil }}", "{{ call }}",
];

function escaped(values: readonly string[], wrap: (value: string) => string): string[] {
  return values.map(wrap);
}

export function language(): readonly string[] {
  const pairs = ["eq", "ne", "lt", "le", "gt", "ge"].flatMap((name) =>
    ["1 1", "1 2", "2 1", "1 1.0", "1.5 1.5", "1.5 2.5", '"a" "a"', '"a" "b"', '"a" 1', "true true", "true false", "nil nil", "nil 1", '1 nil', "(list) (list)", "(list 1) nil", "(dict) nil", "(first (list)) nil", '(index "a" 0) 97', '97 (index "a" 0)', '-1 (index "a" 0)', "(int64 3) 3", ".a .a", '.a "alpha"', "1 2 1", "1", "", '"é" "z"', "(until 2) (until 2)", "(dict) (dict)", "'a' 97"].map(
      (operands) => `{{ ${name} ${operands} }}`,
    ),
  );
  return [
    ...TEXTS,
    ...escaped(NUMBERS, (number) => `{{ ${number} }}`),
    ...escaped(NUMBERS, (number) => `{{ print ${number} | printf "%s %T" ${number} }}`),
    ...escaped(NUMBERS, (number) => `{{ plural "one" "many" ${number} }}{{ round 1.5 0 ${number} }}`),
    ...escaped(STRINGS, (text) => `{{ ${text} }}`),
    ...escaped(STRINGS, (text) => `{{ len ${text} }}{{ printf "%q" ${text} }}`),
    ...escaped(VALUES, (value) => `{{ ${value} }}`),
    ...escaped(VALUES, (value) => `{{ if ${value} }}y{{ else }}n{{ end }}`),
    ...escaped(VALUES, (value) => `{{ with ${value} }}{{ . }}{{ else }}n{{ end }}`),
    ...escaped(VALUES, (value) => `{{ range ${value} }}[{{ . }}]{{ else }}n{{ end }}`),
    ...escaped(VALUES, (value) => `{{ $x := ${value} }}{{ $x }}`),
    ...escaped(VALUES, (value) => `{{ ${value}.x }}`),
    ...escaped(VALUES, (value) => `{{ ${value} | print }}`),
    ...escaped(VALUES, (value) => `{{ len ${value} }}`),
    ...escaped(VALUES, (value) => `{{ index ${value} 0 }}`),
    ...escaped(VALUES, (value) => `{{ index ${value} "k" }}`),
    ...escaped(VALUES, (value) => `{{ not ${value} }}{{ and ${value} 1 }}{{ or ${value} 1 }}`),
    ...pairs,
  ];
}

/** The words of the grammar of random templates. */

export const KEYS = ["a", "b", "c", "empty", "number", "json", "lines"];

export const WORDS = [
  "",
  "a",
  "B",
  "foo bar",
  "Hello World",
  "x,y,z",
  "ünï",
  "世界",
  " pad ",
  "HTTPServer2",
  "a-b_c",
  "1.50",
  "-7",
  "true",
  "<&>",
  "it's",
  '\\"q\\"',
  "line\\nbreak",
  "%d%s",
  "2020-02-03",
  "v1.2.3",
  "~",
  "key: value",
  "\\x00",
  "\\xff",
  "aGk=",
  "😀",
  "/a/../b.txt",
  "null",
  "0x1F",
];

export const INTS = ["0", "1", "2", "3", "-1", "-5", "7", "10", "42", "100", "0x10", "1_000", "'x'", "9223372036854775807"];

export const FLOATS = ["0.0", "1.5", "-2.25", "3.14159", "1e6", "1e21", "1e-7", "0.1", "100.0", "123456789.0", "2.5"];

export const FORMATS = [
  "%v",
  "%d",
  "%s",
  "%q",
  "%x",
  "%5d|",
  "%-5s|",
  "%05d",
  "%.2f",
  "%+v",
  "%#v",
  "%t",
  "%T",
  "%c",
  "%U",
  "%e",
  "%g",
  "%08.3f",
  "%x %v",
  "%s=%v",
  "%[2]v %[1]v",
  "%6.2f%%",
  "%X",
  "%o",
  "%b",
  "%#x",
  "% x",
  "%+d",
];

export const DEFINITIONS = ['{{ define "t" }}<{{ . }}>{{ end }}', '{{ define "u" }}{{ with . }}{{ . | typeOf }}{{ end }}{{ end }}', ""];

export const JSONS = [
  '{"k":1,"z":{"k":"v","n":null},"a":[1,2.5,"x",true]}',
  "[1,2]",
  "bad",
  '{"10":"b","9":"a"}',
  '{"k":"y: 1\\n","e":""}',
];

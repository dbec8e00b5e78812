/** Templates for the language itself: every construct, right and wrong. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Language {
  readonly templates: readonly string[];
  readonly numbers: readonly string[];
  readonly strings: readonly string[];
  readonly values: readonly string[];
  /** Two operands, or a wrong number of them. */
  readonly comparisons: readonly string[];
}

const OF_NUMBERS = ["{{ # }}", '{{ print # | printf "%s %T" # }}', '{{ plural "one" "many" # }}{{ round 1.5 0 # }}'];
const OF_STRINGS = ["{{ # }}", '{{ len # }}{{ printf "%q" # }}'];
const OF_VALUES = [
  "{{ # }}",
  "{{ if # }}y{{ else }}n{{ end }}",
  "{{ with # }}{{ . }}{{ else }}n{{ end }}",
  "{{ range # }}[{{ . }}]{{ else }}n{{ end }}",
  "{{ $x := # }}{{ $x }}",
  "{{ #.x }}",
  "{{ # | print }}",
  "{{ len # }}",
  "{{ index # 0 }}",
  '{{ index # "k" }}',
  "{{ not # }}{{ and # 1 }}{{ or # 1 }}",
];
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"];

/** Each of the shapes with each of the values in the place of the number sign. */
function fill(shapes: readonly string[], values: readonly string[]): readonly string[] {
  return shapes.flatMap((shape) => values.map((value) => shape.replaceAll("#", () => value)));
}

export function language(): readonly string[] {
  const data = JSON.parse(readFileSync(join(import.meta.dirname, "corpus-language.json"), "utf8")) as Language;
  return [
    ...data.templates,
    ...fill(OF_NUMBERS, data.numbers),
    ...fill(OF_STRINGS, data.strings),
    ...fill(OF_VALUES, data.values),
    ...COMPARISONS.flatMap((name) => data.comparisons.map((operands) => `{{ ${name} ${operands} }}`)),
  ];
}

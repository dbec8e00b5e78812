/** Templates as real manifests have them. */
import type { OracleCase } from "./corpus.ts";

const DOCKER =
  '{"auths":{"{{ .registry }}":{"username":"{{ .username }}","password":{{ .password | toJson }},"auth":"{{ printf "%s:%s" .username .password | b64enc }}"}}}';

const NGINX = `server {
  listen {{ .port }};
  server_name {{ .hosts | splitList "," | join " " }};
{{- range $index, $upstream := splitList "," .upstreams }}
  # upstream {{ $index }}
  {{- if contains ":" $upstream }}
  proxy_pass http://{{ $upstream | trim }};
  {{- else }}
  proxy_pass http://{{ $upstream | trim }}:80;
  {{- end }}
{{- end }}
{{- with .password }}
  set $token "{{ . | b64enc }}";
{{- end }}
}
`;

const TEMPLATES = [
  DOCKER,
  NGINX,
  "postgresql://{{ .username }}:{{ .password | urlquery }}@{{ .host }}:{{ .port }}/db?sslmode=require",
  '{{ $c := .json | fromJson }}jdbc:{{ $c.engine }}://{{ $c.host }}:{{ $c.port }}/{{ $c.name | default "db" }}',
  '{{ $c := .json | fromJson }}{{ range $k, $v := $c }}{{ $k | upper | replace "-" "_" }}={{ $v | toString | quote }}\n{{ end }}',
  "[default]\naws_access_key_id = {{ .username }}\naws_secret_access_key = {{ .password }}\n",
  "{{ .json | fromJson | toYaml }}",
  "config:\n{{ .json | fromJson | toYaml | indent 2 }}",
  '{{ dict "a" (dict "b" (list 1 "two" 3.5)) | toPrettyJson }}',
  '{{- $hosts := splitList "," .hosts -}}\n{{- range $i, $h := $hosts -}}\n{{- if $i }},{{ end }}{{ $h }}\n{{- end -}}',
  '{{ printf "%-20s|%08.3f|%+d|%x" .username 3.14159 42 .password }}',
  "{{ .password | sha256sum }} {{ .password | b64enc | b64dec }} {{ .password | trunc 4 }}***",
  '{{ if and (eq .host "db") (ne .port "0") }}ok{{ else }}no{{ end }}',
  '{{ regexReplaceAll "([a-z]+)@([a-z.]+)" .email "${2} at ${1}" }}',
  '{{ .email | regexFind "[a-z]+$" }} {{ regexSplit "[@.]" .email -1 | join "|" }}',
  "{{ .missing }}",
  '{{ index . "missing" | default "fallback" }}',
  '{{ define "line" }}{{ .k }}={{ .v }}\n{{ end }}{{ range $k, $v := . }}{{ template "line" (dict "k" $k "v" (len $v)) }}{{ end }}',
];

const SETS: readonly Readonly<Record<string, string>>[] = [
  {
    registry: "ghcr.io",
    username: "robot",
    password: 'p@ss"w\\ord<&>',
    host: "db",
    port: "5432",
    hosts: "a.example,b.example",
    upstreams: "one:8080, two",
    email: "someone@example.com",
    json: '{"engine":"postgres","host":"h","port":5432,"name":"","big":12345678901234567890,"list":[1,2.5,"x",null,true,{"y":"no"}],"z":{"b":"1","a":"0x1"}}',
  },
  {
    registry: "r",
    username: "ü",
    password: "",
    host: "",
    port: "0",
    hosts: "",
    upstreams: "",
    email: "",
    json: "not json",
  },
  {
    username: "only",
    password: "multi\nline\n",
    json: "[1,2]",
    email: "x@y",
    hosts: "h",
    upstreams: "::",
    host: "db",
    port: "1",
    registry: "\u0000\u2028",
  },
];

export function manifests(): readonly OracleCase[] {
  return TEMPLATES.flatMap((template) => SETS.map((data) => ({ template, data })));
}

/** The two that the benchmark renders. */
export const BENCH_CASES: Readonly<Record<"docker-config" | "nginx-conf", OracleCase>> = {
  "docker-config": { template: DOCKER, data: SETS[0] ?? {} },
  "nginx-conf": { template: NGINX, data: SETS[0] ?? {} },
};

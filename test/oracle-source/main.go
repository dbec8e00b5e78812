// Command oracle-source prints what Go makes of keys, encodings and rewrites, step by step as External Secrets Operator
// documents them: go run . strings < strings.json > ../vectors/strings.json, and the same with rewrite.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

type stringVector struct {
	Op   string  `json:"op"`
	In   string  `json:"in"`
	Want *string `json:"want,omitempty"`
}

func isKeyRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '-' || r == '.' || r == '_'
}

func convertKey(in string, isUnicode bool) string {
	var out strings.Builder
	for _, r := range in {
		hex := strconv.FormatInt(int64(r), 16)
		switch {
		case isKeyRune(r):
			out.WriteRune(r)
		case isUnicode:
			out.WriteString("_U" + strings.Repeat("0", max(0, 4-len(hex))) + hex + "_")
		default:
			out.WriteString("_")
		}
	}
	return out.String()
}

// decode takes and gives Latin-1 text, a character for each byte.
func decode(strategy, in string) *string {
	raw := make([]byte, 0, len(in))
	for _, r := range in {
		raw = append(raw, byte(r))
	}
	try := func(encoding *base64.Encoding) *string {
		out, err := encoding.DecodeString(string(raw))
		if err != nil {
			return nil
		}
		runes := []rune{}
		for _, b := range out {
			runes = append(runes, rune(b))
		}
		text := string(runes)
		return &text
	}
	switch strategy {
	case "Base64":
		return try(base64.StdEncoding)
	case "Base64URL":
		return try(base64.URLEncoding)
	case "Auto":
		if out := try(base64.StdEncoding); out != nil {
			return out
		}
		if out := try(base64.URLEncoding); out != nil {
			return out
		}
	}
	return &in
}

func tags(in string) *string {
	var parsed map[string]string
	if json.Unmarshal([]byte(in), &parsed) != nil {
		return nil
	}
	out, _ := json.Marshal(parsed)
	text := string(out)
	return &text
}

func (v *stringVector) run() {
	switch v.Op {
	case "Default", "Unicode":
		out := convertKey(v.In, v.Op == "Unicode")
		v.Want = &out
	case "Tags":
		v.Want = tags(v.In)
	default:
		v.Want = decode(v.Op, v.In)
	}
}

type operation struct {
	Regexp *struct {
		Source string `json:"source"`
		Target string `json:"target"`
	} `json:"regexp,omitempty"`
	Transform *struct {
		Template string `json:"template"`
	} `json:"transform,omitempty"`
	Merge *merge `json:"merge,omitempty"`
}

type merge struct {
	Into           string   `json:"into,omitempty"`
	Priority       []string `json:"priority,omitempty"`
	PriorityPolicy string   `json:"priorityPolicy,omitempty"`
	ConflictPolicy string   `json:"conflictPolicy,omitempty"`
	Strategy       string   `json:"strategy,omitempty"`
}

type rewriteVector struct {
	Name    string            `json:"name"`
	Rewrite []operation       `json:"rewrite"`
	In      map[string]string `json:"in"`
	// Absent where it fails.
	Want any `json:"want,omitempty"`
}

// rename works in the order of the old keys, the last wins: ESO leaves it to chance.
func rename(in map[string]string, name func(string) (string, error)) (map[string]string, error) {
	keys := []string{}
	for key := range in {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	out := map[string]string{}
	for _, key := range keys {
		renamed, err := name(key)
		if err != nil {
			return nil, err
		}
		out[renamed] = in[key]
	}
	return out, nil
}

func valueText(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	case nil:
		return "", nil
	default:
		out, err := json.Marshal(v)
		return string(out), err
	}
}

func (m *merge) run(in map[string]string) (map[string]string, error) {
	keys := []string{}
	for key := range in {
		if !slices.Contains(m.Priority, key) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	merged := map[string]any{}
	for _, key := range append(keys, m.Priority...) {
		value, exists := in[key]
		if !exists {
			if m.PriorityPolicy == "IgnoreNotFound" {
				continue
			}
			return nil, errors.New("no such key")
		}
		var object map[string]any
		if err := json.Unmarshal([]byte(value), &object); err != nil {
			return nil, err
		}
		for name, member := range object {
			if _, exists := merged[name]; exists && m.ConflictPolicy != "Ignore" {
				return nil, errors.New("conflict")
			}
			merged[name] = member
		}
	}
	out := map[string]string{}
	if m.Strategy == "JSON" {
		if m.Into == "" {
			return nil, errors.New("no into")
		}
		for key, value := range in {
			out[key] = value
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(merged); err != nil {
			return nil, err
		}
		out[m.Into] = strings.TrimRight(text.String(), "\n")
		return out, nil
	}
	for name, member := range merged {
		text, err := valueText(member)
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}

func (o operation) run(in map[string]string) (map[string]string, error) {
	switch {
	case o.Merge != nil:
		return o.Merge.run(in)
	case o.Regexp != nil:
		pattern, err := regexp.Compile(o.Regexp.Source)
		if err != nil {
			return nil, err
		}
		return rename(in, func(key string) (string, error) { return pattern.ReplaceAllString(key, o.Regexp.Target), nil })
	case o.Transform != nil:
		parsed, err := template.New("").Parse(o.Transform.Template)
		if err != nil {
			return nil, err
		}
		return rename(in, func(key string) (string, error) {
			var out bytes.Buffer
			err := parsed.Execute(&out, map[string]string{"value": key})
			return out.String(), err
		})
	default:
		return in, nil
	}
}

func (v *rewriteVector) run() {
	out := v.In
	for _, operation := range v.Rewrite {
		var err error
		if out, err = operation.run(out); err != nil {
			return
		}
	}
	for _, value := range out {
		if !utf8.ValidString(value) {
			panic("vectors are text")
		}
	}
	v.Want = out
}

type runner[T any] interface {
	*T
	run()
}

func runAll[T any, R runner[T]]() {
	var vectors []T
	if err := json.NewDecoder(os.Stdin).Decode(&vectors); err != nil {
		panic(err)
	}
	for i := range vectors {
		R(&vectors[i]).run()
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(vectors); err != nil {
		panic(err)
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "rewrite" {
		runAll[rewriteVector]()
		return
	}
	runAll[stringVector]()
}

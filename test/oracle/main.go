// The oracle renders templates as External Secrets Operator does: text/template with sprig's functions and missingkey=error.
// It reads one JSON array of cases from standard input and writes one JSON array of answers, in the same order; with
// "-bench N" it renders each case N times and writes nanoseconds per rendering instead.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

type testCase struct {
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
}

// Output is base64, since a rendered text may be no UTF-8.
type answer struct {
	Output *string `json:"output,omitempty"`
	Error  string  `json:"error,omitempty"`
	Nanos  float64 `json:"nanos,omitempty"`
}

func functions() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(all, name)
	}
	// ESO's own, of runtime/template/v2/yaml.go.
	all["toYaml"] = func(value any) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	all["fromYaml"] = func(text string) map[string]any {
		value := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	return all
}

func parse(text string) (*template.Template, error) {
	return template.New("case").Option("missingkey=error").Funcs(functions()).Parse(text)
}

// What takes longer has no end that anybody would wait for: `range` over the largest integer, say.
const patience = 5 * time.Second

var errTooLong = errors.New("takes too long")

// A buffer that takes nothing any more once nobody waits for it, which ends whatever still writes.
type patientBuffer struct {
	bytes.Buffer
	isLeft atomic.Bool
}

func (b *patientBuffer) Write(text []byte) (int, error) {
	if b.isLeft.Load() {
		return 0, errTooLong
	}
	return b.Buffer.Write(text)
}

func render(c testCase) answer {
	var out patientBuffer
	done := make(chan answer, 1)
	go func() { done <- execute(c, &out) }()
	select {
	case result := <-done:
		return result
	case <-time.After(patience):
		out.isLeft.Store(true)
		return answer{Error: errTooLong.Error()}
	}
}

func execute(c testCase, out *patientBuffer) (result answer) {
	defer func() {
		// What Go itself would die of counts as an error.
		if r := recover(); r != nil {
			result = answer{Error: fmt.Sprint(r)}
		}
	}()
	parsed, err := parse(c.Template)
	if err != nil {
		return answer{Error: err.Error()}
	}
	if err := parsed.Execute(out, c.Data); err != nil {
		return answer{Error: err.Error()}
	}
	text := base64.StdEncoding.EncodeToString(out.Bytes())
	return answer{Output: &text}
}

func bench(c testCase, times int) answer {
	parsed, err := parse(c.Template)
	if err != nil {
		return answer{Error: err.Error()}
	}
	start := time.Now()
	for i := 0; i < times; i++ {
		var out bytes.Buffer
		if err := parsed.Execute(&out, c.Data); err != nil {
			return answer{Error: err.Error()}
		}
	}
	return answer{Nanos: float64(time.Since(start).Nanoseconds()) / float64(times)}
}

func run() error {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		return err
	}
	times := 0
	if len(os.Args) == 3 && os.Args[1] == "-bench" {
		parsed, err := strconv.Atoi(os.Args[2])
		if err != nil {
			return err
		}
		times = parsed
	}
	answers := make([]answer, len(cases))
	for i, c := range cases {
		if times > 0 {
			answers[i] = bench(c, times)
		} else {
			answers[i] = render(c)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

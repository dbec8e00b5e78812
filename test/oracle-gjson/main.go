// Command oracle-gjson reads cases on standard input and prints what External Secrets Operator finds with gjson:
// go run . < cases.json > ../vectors/property.json
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/tidwall/gjson"
)

type testCase struct {
	JSON string `json:"json"`
	Path string `json:"path"`
}

type vector struct {
	testCase
	// Absent where the path finds nothing.
	Found *string `json:"found,omitempty"`
}

// find is ESO's escapeDotsIfRequired (providers/v1/aws/secretsmanager) and the look-up behind it.
func find(c testCase) *string {
	path := c.Path
	if strings.Contains(path, ".") {
		escaped := strings.ReplaceAll(path, ".", "\\.")
		if gjson.Get(c.JSON, escaped).Exists() {
			path = escaped
		}
	}
	result := gjson.Get(c.JSON, path)
	if !result.Exists() {
		return nil
	}
	text := result.String()
	return &text
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	vectors := []vector{}
	for _, c := range cases {
		vectors = append(vectors, vector{c, find(c)})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(vectors); err != nil {
		panic(err)
	}
}

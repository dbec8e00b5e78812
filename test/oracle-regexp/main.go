// Command oracle-regexp reads cases on standard input and prints what Go's regexp package makes of them:
// go run . < cases.json > ../vectors/go-regexp.json
package main

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"regexp/syntax"
)

type testCase struct {
	Pattern  string `json:"pattern"`
	Text     string `json:"text"`
	Template string `json:"template"`
	Limit    int    `json:"limit"`
}

type vector struct {
	testCase
	Fault    string      `json:"fault,omitempty"`
	Test     bool        `json:"test"`
	FindAll  []string    `json:"findAll"`
	Replaced string      `json:"replaced"`
	Literal  string      `json:"literal"`
	Split    []string    `json:"split"`
	All      [][]*string `json:"all"`
}

func run(c testCase) vector {
	v := vector{testCase: c}
	re, err := regexp.Compile(c.Pattern)
	if err != nil {
		var syntaxError *syntax.Error
		if !errors.As(err, &syntaxError) {
			panic(err)
		}
		v.Fault = syntaxError.Code.String()
		return v
	}
	v.Test = re.MatchString(c.Text)
	v.FindAll = re.FindAllString(c.Text, c.Limit)
	v.Replaced = re.ReplaceAllString(c.Text, c.Template)
	v.Literal = re.ReplaceAllLiteralString(c.Text, c.Template)
	v.Split = re.Split(c.Text, c.Limit)
	for _, spans := range re.FindAllStringSubmatchIndex(c.Text, c.Limit) {
		groups := []*string{}
		for i := 0; i < len(spans); i += 2 {
			if spans[i] < 0 {
				groups = append(groups, nil)
				continue
			}
			text := c.Text[spans[i]:spans[i+1]]
			groups = append(groups, &text)
		}
		v.All = append(v.All, groups)
	}
	return v
}

func main() {
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	vectors := []vector{}
	for _, c := range cases {
		vectors = append(vectors, run(c))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(vectors); err != nil {
		panic(err)
	}
}

// Command oracle-cron reads cases on standard input and prints what ESO's cron library makes of them:
// go run . < cases.json > ../vectors/cron.json
package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/robfig/cron/v3"
)

type testCase struct {
	Schedule string `json:"schedule"`
	// RFC 3339; "" where only the syntax matters.
	From  string `json:"from,omitempty"`
	Count int    `json:"count,omitempty"`
}

type vector struct {
	Schedule string   `json:"schedule"`
	Valid    bool     `json:"valid"`
	From     string   `json:"from,omitempty"`
	Next     []string `json:"next,omitempty"`
}

// parse gives false for what makes the library panic, too: a TZ without a space behind it.
func parse(text string) (schedule cron.Schedule, valid bool) {
	defer func() {
		if recover() != nil {
			schedule, valid = nil, false
		}
	}()
	schedule, err := cron.ParseStandard(text)
	return schedule, err == nil
}

// next gives false where the library looks for ever: where a day does not exist in a zone.
func next(schedule cron.Schedule, at time.Time) (time.Time, bool) {
	found := make(chan time.Time, 1)
	go func() { found <- schedule.Next(at) }()
	select {
	case result := <-found:
		return result, true
	case <-time.After(2 * time.Second):
		return time.Time{}, false
	}
}

func main() {
	time.Local = time.UTC
	var cases []testCase
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	vectors := []vector{}
	for _, one := range cases {
		schedule, valid := parse(one.Schedule)
		result := vector{Schedule: one.Schedule, Valid: valid, From: one.From}
		if valid && one.From != "" {
			at, err := time.Parse(time.RFC3339Nano, one.From)
			if err != nil {
				panic(err)
			}
			for range max(1, one.Count) {
				firing, ends := next(schedule, at)
				if at = firing; !ends {
					result.Next = append(result.Next, "hangs")
					break
				}
				if at.IsZero() {
					result.Next = append(result.Next, "never")
					break
				}
				result.Next = append(result.Next, at.UTC().Format(time.RFC3339))
			}
		}
		vectors = append(vectors, result)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(vectors); err != nil {
		panic(err)
	}
}

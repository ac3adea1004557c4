package vtl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// maxBody is API Gateway's largest body (developer guide, "Quotas for configuring and running a REST API").
const maxBody = 10 << 20

// order is an event of about 8 kB, as a shop has.
func order() string {
	var items []string
	for i := range 120 {
		items = append(items, fmt.Sprintf(`{"sku": "sku-%d", "qty": %d, "price": %.2f, "tags": ["a", "b"]}`, i, i, float64(i)*1.25))
	}
	return `{"event": "order", "items": [` + strings.Join(items, ", ") + `]}`
}

// A batch of NDJSON and an event with an envelope may have all the bytes that API Gateway takes.
func TestTheLargestBodiesFitTheBudget(t *testing.T) {
	if testing.Short() {
		t.Skip("it renders bodies of 10 MB; run it without -short")
	}
	const set = "#set($stream = \"s\")\n#set($envelope = '{\"receivedAt\":\"now\"')\n#set($key = \"k\")\n"
	lines := deployed(t, set, "lines-begin.vtl", "line-envelope.vtl", "one-value.vtl", "lines-end.vtl")
	single := deployed(t, set, "one-line.vtl", "one-value.vtl", "put-record-envelope.vtl")
	for name, test := range map[string]struct {
		template *Template
		event    string
	}{
		"lines of texts":    {lines, `{"a":"` + strings.Repeat("x", 20_000) + `"}`},
		"lines of escapes":  {lines, `{"a":"` + strings.Repeat(`\"`, 10_000) + `"}`},
		"lines of orders":   {lines, order()},
		"lines of brackets": {lines, `{"a":[` + strings.Repeat(`{"x":1},`, 2_500) + `0]}`},
		"deep lines":        {lines, strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)},
		"short lines":       {lines, `{"a":1}`},
		"long lines":        {lines, `{"a":"` + strings.Repeat("é", 500_000) + `"}`},
		"an event of texts": {single, `{"a":"` + strings.Repeat("x", 1_000_000) + `"}`},
		"an event of rows":  {single, `{"a":[` + strings.Repeat(`{"x":1,"y":[]},`, 66_000) + `0]}`},
		"an event of a deep part": {
			single, `{"a":[` + strings.Repeat(`"x",`, 200_000) + strings.Repeat(`[{"c":`, 190) + "1" + strings.Repeat("}]", 190) + `]}`,
		},
		"an event over Kinesis's limit": {single, `{"a":"` + strings.Repeat("x", maxBody-10) + `"}`},
		"pretty":                        {single, "{\n" + strings.Repeat("  \"a\": 1,\n", 100_000) + "\"b\": 1}"},
	} {
		t.Run(name, func(t *testing.T) {
			body := test.event
			if test.template == lines {
				body = strings.Repeat(test.event+"\n", min(500, maxBody/(len(test.event)+1)))
			}
			rendered, err := test.template.Render(t.Context(), &Request{Body: []byte(body), Context: requestContext})
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(rendered.Body) || bytes.Contains(rendered.Body, []byte(`"PartitionKey": ""`)) {
				t.Errorf("%.100s", rendered.Body)
			}
		})
	}
}

package assumptions

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestRead(t *testing.T) {
	const good = "package s3\n\n// Assumption S3-1: keys are sorted by their bytes (API reference, ListObjectsV2).\n"
	tests := map[string]struct {
		file, text string
		want       []string
	}{
		"a mention":            {"local/s3/list.go", "// as assumption S3-1 has it\n", nil},
		"the same id again":    {"local/s3/list.go", good, []string{"local/s3/list.go:3: S3-1 is also declared at local/s3/key.go:3"}},
		"not declared":         {"README.md", "see assumption S3-2\n", []string{"README.md:1: S3-2 is declared nowhere"}},
		"not declared, alone":  {"README.md", "see KIN-2\n", []string{"README.md:1: KIN-2 is declared nowhere"}},
		"no room":              {"README.md", "see assumption 2\n", []string{`README.md:1: "2" is not an id; write ROOM-n`}},
		"no text":              {"local/s3/list.go", "// Assumption S3-2:\n", []string{"local/s3/list.go:1: S3-2 cites no source"}},
		"no source":            {"local/s3/list.go", "// Assumption S3-2: S3 is so.\n//\n// The developer guide differs.\n", []string{"local/s3/list.go:1: S3-2 cites no source"}},
		"the next one's":       {"local/s3/list.go", "// Assumption S3-2: S3 is so.\n// Assumption S3-3: S3 is so, which is not documented.\n", []string{"local/s3/list.go:1: S3-2 cites no source"}},
		"no subject":           {"local/s3/list.go", "// Assumption S3-2: these are sorted (API reference).\n", []string{`local/s3/list.go:1: S3-2 begins with "These"; name the subject, because users read the statement without the code`}},
		"source on a new line": {"local/s3/list.go", "// S3 is so. Assumption S3-2: S3 is as one\n// has found (owner/name#12).\n", nil},
		"wrong room":           {"local/kinesis/put.go", "// Assumption S3-2: that is not documented.\n", []string{"local/kinesis/put.go:1: S3-2 is declared in the room of KIN"}},
		"room below":           {"local/durable/write.go", "// Assumption LOC-1: that is not documented.\n", nil},
		"outside the rooms":    {"policy/key.go", "// Assumption S3-2: that is not documented.\n", []string{"policy/key.go:1: S3-2 is declared in a folder that is not a room"}},
		"declared in prose":    {"README.md", "Assumption S3-2: that is not documented.\n", []string{"README.md:1: S3-2 is declared outside Go code"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, got, err := Read(fstest.MapFS{
				"local/s3/key.go": {Data: []byte(good)},
				test.file:         {Data: []byte(test.text)},
			})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A statement is its paragraph in one line, and the statements are sorted by their numbers and not by their digits.
func TestReadStatements(t *testing.T) {
	got, _, err := Read(fstest.MapFS{"local/s3/key.go": {Data: []byte("package s3\n\n" +
		"\t// sorts keys. Assumption S3-100: keys are sorted by\n\t// their bytes (API reference).\n\t//\n\t// A detail.\n" +
		"// Assumption S3-99: S3 is so (API reference).\n")}})
	want := []Assumption{
		{ID: "S3-99", Text: "S3 is so (API reference).", File: "local/s3/key.go"},
		{ID: "S3-100", Text: "Keys are sorted by their bytes (API reference).", File: "local/s3/key.go"},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

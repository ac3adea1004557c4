package replay

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecode(t *testing.T) {
	when := time.UnixMilli(1654710150135).UTC()
	for name, test := range map[string]struct {
		line  string
		want  failed
		error string
	}{
		"a transformation that failed": {
			line: `{"attemptsMade":4,"arrivalTimestamp":1654710150135,"errorCode":"Lambda.FunctionTimedOut","errorMessage":"The Lambda function invocation timed out.","attemptEndingTimestamp":1654710238263,"rawData":"eyJhIjoxfQ==","lambdaArn":"test"}`,
			want: failed{[]byte(`{"a":1}`), "Lambda.FunctionTimedOut", when},
		},
		"as the guide writes it": {
			line: `{"attemptsMade":"4","arrivalTimestamp":"1654710150135","errorCode":"code","errorMessage":"message","attemptEndingTimestamp":"1654710238263","rawData":"eyJhIjoxfQ==","lambdaArn":"arn"}`,
			want: failed{[]byte(`{"a":1}`), "code", when},
		},
		"a conversion that failed": {
			line: `{"attemptsMade":1,"arrivalTimestamp":1654710150135,"ErrorCode":"DataFormatConversion.ParseError","ErrorMessage":"no","attemptEndingTimestamp":1,"rawData":"eyJhIjoxfQ==","sequenceNumber":"49546986683135544286507457936321625675700192471156785154","subSequenceNumber":0,"dataCatalogTable":{"databaseName":"d"}}`,
			want: failed{[]byte(`{"a":1}`), "DataFormatConversion.ParseError", when},
		},
		"a record without a partition": {
			line: `{"attemptsMade":1,"arrivalTimestamp":1654710150135,"errorCode":"DynamicPartitioning.MetadataExtractionFailed","errorMessage":"partitionKeys values must not be null or empty","attemptEndingTimestamp":1654710150136,"rawData":"eyJhIjoxfQ=="}`,
			want: failed{[]byte(`{"a":1}`), "DynamicPartitioning.MetadataExtractionFailed", when},
		},
		"in the older form": {
			line: `{"lastErrorCode":"DataFormatConversion.MalformedData","lastErrorMessage":"no","rawData":"eyJhIjoxfQ=="}`,
			want: failed{[]byte(`{"a":1}`), "DataFormatConversion.MalformedData", time.Time{}},
		},
		"no text":         {line: `{"rawData":"AP8="}`, want: failed{data: []byte{0, 0xff}}},
		"an empty record": {line: `{"rawData":""}`, want: failed{data: []byte{}}},
		"no JSON":         {line: `{"rawData":`, error: "not one of Firehose's error records: unexpected end of JSON input"},
		"two on a line":   {line: `{"rawData":""}{"rawData":""}`, error: "not one of Firehose's error records: invalid character '{' after top-level value"},
		"no object":       {line: `["eA=="]`, error: "not one of Firehose's error records: json: cannot unmarshal array into Go value of type struct { RawData *string; ErrorCode string; LastErrorCode string; ArrivalTimestamp json.RawMessage }"},
		"no data":         {line: `{"errorCode":"E"}`, error: "it has no rawData", want: failed{code: "E"}},
		"no base64":       {line: `{"rawData":"eA="}`, error: "its rawData is not base64: illegal base64 data at input byte 3"},
	} {
		got, err := decode([]byte(test.line))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != test.error || string(got.data) != string(test.want.data) || got.code != test.want.code || !got.arrived.Equal(test.want.arrived) {
			t.Errorf("%s: got %+v, %q, want %+v, %q", name, got, text, test.want, test.error)
		}
	}
}

func TestLines(t *testing.T) {
	long := "{" + strings.Repeat("x", longestLine)
	l, err := readLines(strings.NewReader(" \n{1}\r\n\n{2}\n"+long+"\n{3}"), "{ ")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for {
		line, err := (failures{l}).next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(line.number, string(line.text), line.problem))
	}
	want := []string{"1<nil>", "2{1}<nil>", "3<nil>", "4{2}<nil>", "5the line is longer than 16 MiB, more than any record can have", "6{3}<nil>"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if empty, err := readLines(strings.NewReader(""), "{"); err != nil {
		t.Errorf("an empty object: %v", err)
	} else if _, err := empty.next(); !errors.Is(err, io.EOF) {
		t.Errorf("an empty object's first line: %v", err)
	}
}

// The order of additions does not matter: the ranges have the same lines.
func TestRanges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var r ranges
		added := map[int]bool{}
		for range random.IntN(60) {
			n := 1 + random.IntN(40)
			r = r.add(n)
			added[n] = true
		}
		last := -1
		for _, pair := range r {
			if pair[0] <= last+1 || pair[1] < pair[0] {
				t.Fatalf("%v are not apart or not in order", r)
			}
			last = pair[1]
		}
		most := 0
		for n := range 42 {
			if r.has(n) != added[n] {
				t.Fatalf("%v has %d: %t", r, n, r.has(n))
			}
			if added[n] && most == n-1 {
				most = n
			}
		}
		if len(added) > 0 && r.all(len(added)) != (most == len(added)) {
			t.Fatalf("%v: all of %d is %t", r, len(added), r.all(len(added)))
		}
	}
}

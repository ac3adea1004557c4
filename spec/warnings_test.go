package spec

import (
	"slices"
	"testing"
)

func TestWarnings(t *testing.T) {
	const (
		tls = ` API.Domain.DisableDefaultEndpoint is false: the API's own address takes TLS 1.0; set API.Domain.Name, whose address takes TLS 1.2 or newer, and set this to true`
		vpc = ` API.Domain.Name is empty: in a VPC that has an execute-api endpoint with private DNS the API's own address leads to that endpoint, which answers 403; ` +
			`set API.Domain for such producers`
	)
	with := func(name string, change func(e *Environment)) Environment {
		env := Default(name)
		change(&env)
		return env
	}
	plain := Default("a")
	private := with("private", func(e *Environment) { e.API.Access.VPCEndpoints = []string{"vpce-0123456789abcdef0"} })
	named := with("named", func(e *Environment) { e.API.Domain.Name = "events.example.com" })
	closed := with("closed", func(e *Environment) {
		e.API.Domain.Name, e.API.Domain.DisableDefaultEndpoint = "events.example.com", true
	})
	others := with("others", produced(Producers{Organization: "o-a1b2c3d4e5"}))
	closedToOthers := with("closed-to-others", func(e *Environment) {
		produced(Producers{Organization: "o-a1b2c3d4e5"})(e)
		e.API.Domain = closed.API.Domain
	})
	privateToOthers := with("private-to-others", func(e *Environment) {
		produced(Producers{Organization: "o-a1b2c3d4e5"})(e)
		e.API.Access.VPCEndpoints = private.API.Access.VPCEndpoints
	})
	dated := func(name, prefix, errors string) Environment {
		return with(name, func(e *Environment) {
			e.API.Domain, e.Delivery.Prefix, e.Delivery.ErrorPrefix = closed.API.Domain, prefix, errors
		})
	}
	const plainErrors = "errors/!{firehose:error-output-type}/"
	weekYear := dated("a", "events/!{timestamp:YYYY/MM}/", plainErrors)
	weekYear2 := dated("week-2", "events/!{timestamp:YYYY}/!{timestamp:MM}/", plainErrors)
	errorDates := dated("errors", "events/", plainErrors+"!{timestamp:yyyy/MM/DD}/")
	ended := with("ended", func(e *Environment) {
		e.API.Domain, e.Delivery.Compression, e.Delivery.FileExtension = closed.API.Domain, GZIP, ".json"
	})
	endedToo := with("ended-too", func(e *Environment) { e.API.Domain, e.Delivery.FileExtension = closed.API.Domain, ".json.gz" })
	endedWell := with("ended-well", func(e *Environment) {
		e.API.Domain, e.Delivery.Compression, e.Delivery.FileExtension = closed.API.Domain, Snappy, ".json.snappy"
	})
	beacons := func(name string, kind AuthorizationKind, origin string) Environment {
		return with(name, func(e *Environment) {
			e.API.Domain, e.API.ContentTypes = closed.API.Domain, []ContentType{TextPlain}
			e.API.Authorization.Kind, e.API.CORS.AllowOrigins = kind, []string{origin}
		})
	}
	for _, test := range []struct {
		name string
		envs []Environment
		want []string
	}{
		{"the API's own address", []Environment{plain}, []string{`environment "a":` + tls}},
		{"a private one, which takes TLS 1.2", []Environment{private}, nil},
		{"beside a domain", []Environment{named}, []string{`environment "named":` + tls}},
		{"a domain alone", []Environment{closed}, nil},
		{"producers of other accounts", []Environment{others}, []string{`environment "others":` + tls, `environment "others":` + vpc}},
		{"producers at a domain", []Environment{closedToOthers}, nil},
		{"producers behind endpoints", []Environment{privateToOthers}, nil},
		{"the year of the week", []Environment{weekYear, weekYear2}, []string{
			`environments "a", "week-2": Delivery.Prefix holds "YYYY", the year of the week: the days about New Year land in the folder of another year; write "yyyy"`,
		}},
		{"beacons of one origin", []Environment{beacons("one", ByNothing, "https://a.example")}, []string{
			`environment "one": API.ContentTypes has "text/plain": a page of any origin can send it without a preflight, ` +
				`so API.CORS.AllowOrigins does not keep other pages from submitting events; leave it out if that matters`,
		}},
		{"beacons of every origin", []Environment{beacons("all", ByNothing, "*")}, nil},
		{"beacons with a key, for which a page needs a preflight", []Environment{beacons("key", ByAPIKey, "https://a.example")}, nil},
		{"lines", []Environment{with("lines", func(e *Environment) {
			e.API.Domain, e.API.Batch, e.API.ContentTypes = closed.API.Domain, true, []ContentType{NDJSON}
		})}, []string{
			`environment "lines": API.ContentTypes has "application/x-ndjson": API Gateway does not check its events against any schema, so a client can submit any JSON object; leave it out if that matters`,
		}},
		{"lines of no objects", []Environment{with("numbers", func(e *Environment) {
			e.API.Domain, e.API.Batch, e.API.ContentTypes = closed.API.Domain, true, []ContentType{NDJSON}
			e.API.EventTypes = []EventType{{Name: "order", Schema: `{"type": "object"}`}, {Name: "celsius", Schema: `{"type": "number"}`}}
		})}, []string{
			`environment "numbers": API.ContentTypes has "application/x-ndjson": API Gateway does not check its events against any schema, so a client can submit any JSON object; leave it out if that matters`,
			`environment "numbers": API.EventTypes[1].Schema is of events that are no objects: a line of "application/x-ndjson" takes an object alone; send these events as "application/json"`,
		}},
		{"letters of an error prefix", []Environment{errorDates}, []string{
			`environment "errors": Delivery.ErrorPrefix holds "DD", the day of the year, beside a month; write "dd" for the day of the month`,
		}},
		{"extensions of another compression", []Environment{ended, endedToo, endedWell}, []string{
			`environment "ended": Delivery.FileExtension is ".json", and the objects are compressed with GZIP; end it with ".gz": readers tell the compression by the end of a name`,
			`environment "ended-too": Delivery.FileExtension is ".json.gz", and the objects are not compressed; leave ".gz" out: readers tell the compression by the end of a name`,
		}},
		{"several", []Environment{plain, closed, private, others}, []string{`environments "a", "others":` + tls, `environment "others":` + vpc}},
	} {
		if got := Warnings(test.envs); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

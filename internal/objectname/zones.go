// Package objectname has what is known of the names of the objects that Firehose delivers and that more than one package goes
// by: the parts of their prefix, the time zones of its dates, and their extension.
package objectname

import (
	_ "embed"
	"slices"
	"strings"
)

// UTC is Firehose's default time zone.
const UTC = "UTC"

//go:embed zones.txt
var zonesText string

var zones = strings.Fields(zonesText)

// Zones are the time zones that Firehose accepts, in order. FH-10 has their source. Two of Firehose's list are not among them.
func Zones() []string { return zones }

// refusedZones are in Firehose's list, and its API takes no "-" in a time zone (FH-10).
var refusedZones = []string{"Africa/Porto-Novo", "America/Port-au-Prince"}

// IsRefusedZone reports whether Firehose's API refuses a time zone that its list has.
func IsRefusedZone(name string) bool { return slices.Contains(refusedZones, name) }

// AthenaEnd is the end of the range of a projected date whose values are in a time zone. Athena evaluates NOW in UTC ("Projected
// date columns are generated in Coordinated Universal Time (UTC) at query execution time", Athena user guide, "Supported types
// for partition projection"). East of UTC a range that ends at NOW lacks the newest partitions for up to 14 hours, which is the
// offset of Pacific/Kiritimati, the largest of all. The same end for each zone depends on no country's law, and costs a query at
// most the look at 14 hours of partitions that are not there yet.
func AthenaEnd(zone string) string {
	if zone == UTC || zone == "" {
		return "NOW"
	}
	return "NOW+14HOURS"
}

package objectname

import (
	"fmt"
	"path"
	"regexp"
	"slices"
)

// Extension matches the extensions that Firehose accepts, the empty one among them (API reference,
// ExtendedS3DestinationConfiguration, FileExtension: at most 128 characters).
var Extension = regexp.MustCompile(`^(|\.[0-9a-z!\-_.*'()]{1,127})$`)

// own are the extensions that Firehose gives the objects of a compression (assumption FH-4).
var own = map[string]string{"GZIP": ".gz", "ZIP": ".zip", "Snappy": ".snappy", "HADOOP_SNAPPY": ".snappy"}

// compressed are the last extensions from which readers of text conclude that an object is compressed: those of Trino, on which
// Athena is built (trinodb/trino, CompressionKind.forFile), and ZIP's.
var compressed = []string{".bz2", ".deflate", ".gz", ".lz4", ".lzo", ".lzo_deflate", ".snappy", ".zip", ".zst"}

// Mismatch says how an extension contradicts the compression of the objects, and the remedy. Both are empty if it does not.
// Firehose writes such objects (their Content-Encoding is right), but a reader that goes by the name reads them wrongly. So
// does Athena: it takes compressed lines for text, or cannot decompress text.
func Mismatch(compression, extension string) (fault, remedy string) {
	last := path.Ext(extension)
	want := own[compression]
	switch {
	case extension == "" || last == want:
		return "", ""
	case want != "":
		return fmt.Sprintf("is %q, and the objects are compressed with %s", extension, compression),
			fmt.Sprintf("end it with %q: readers tell the compression by the end of a name", want)
	case slices.Contains(compressed, last):
		return fmt.Sprintf("is %q, and the objects are not compressed", extension),
			fmt.Sprintf("leave %q out: readers tell the compression by the end of a name", last)
	}
	return "", ""
}

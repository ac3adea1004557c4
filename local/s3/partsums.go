package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"io"
	"strings"

	"github.com/johannesboyne/gofakes3"
)

// namedSums are the checksums that a completion names beside the ETags of its parts, which are all that gofakes3 reads.
type namedSums struct {
	Part []struct {
		PartNumber int
		Members    []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
}

// checkParts compares the checksums that a completion names with those of the upload's parts. S3 answers InvalidPart to another one
// (localstack's test_complete_multipart_parts_checksum_composite, recorded on AWS). A part that was not sent is refused later.
func (u *upload) checkParts(s *Service, completion []byte) error {
	var named namedSums
	_ = xml.Unmarshal(completion, &named) // gofakes3 refuses what is malformed
	for _, part := range named.Part {
		sent, found := u.parts[part.PartNumber]
		for _, member := range part.Members {
			algorithm, isSum := strings.CutPrefix(member.XMLName.Local, "Checksum")
			if !isSum || !found {
				continue
			}
			is, err := s.sumOf(sent, algorithm)
			if err != nil {
				return err
			}
			if want, err := base64.StdEncoding.DecodeString(strings.TrimSpace(member.Text)); err != nil || !bytes.Equal(want, is) {
				return gofakes3.ErrorMessagef(gofakes3.ErrInvalidPart, "part %d does not have the %s %s; send the part again, or name its %s, %s",
					part.PartNumber, member.XMLName.Local, member.Text, member.XMLName.Local, base64.StdEncoding.EncodeToString(is))
			}
		}
	}
	return nil
}

// sumOf is a part's checksum by an algorithm, such as CRC32.
func (s *Service) sumOf(part sentPart, algorithm string) ([]byte, error) {
	if algorithm == "" || checksums[algorithm[:1]+strings.ToLower(algorithm[1:])] == nil {
		return nil, guard{s}.notImitated("Checksum" + algorithm + " of a part")
	}
	sum := checksums[algorithm[:1]+strings.ToLower(algorithm[1:])]()
	file, err := s.root.Open(part.file)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	_, err = io.Copy(sum, file)
	return sum.Sum(nil), err
}

// checkPartsAlgorithm refuses a part with another checksum than its upload was begun for (localstack's
// test_multipart_parts_checksum_exceptions_composite, recorded on AWS). AWS's SDKs add a CRC32 to a part for which the caller names none.
func (s backend) checkPartsAlgorithm(u *upload) error {
	if s.asked == nil || u.algorithm == "" {
		return nil
	}
	for _, name := range sumsIn(s.asked.Header) {
		if which := strings.TrimPrefix(name, checksumPrefix); !strings.EqualFold(which, u.algorithm) {
			return wrongChoice("Checksum Type mismatch occurred, expected checksum Type: %s, actual checksum Type: %s", strings.ToLower(u.algorithm), strings.ToLower(which))
		}
	}
	return nil
}

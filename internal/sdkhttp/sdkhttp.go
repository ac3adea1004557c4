// Package sdkhttp keeps the AWS SDK from losing an answer on a busy machine.
package sdkhttp

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Keep returns a client that sends copies of the requests' bodies; nil stands for the SDK's own client. The SDK closes a body as soon
// as the answer has begun. Where net/http has not yet seen the body's end by then, it closes the connection, and the answer to a
// request that was carried out is lost: "deserialization failed, ... use of closed network connection" (aws/aws-sdk-go-v2#2737).
// PutRecords would be sent again, and its records stored twice.
//
// A body is held in memory: it is for requests, and not for uploads.
func Keep(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	return keeper{client}
}

type keeper struct{ client aws.HTTPClient }

// Do implements [aws.HTTPClient].
func (k keeper) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return k.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the request's body: %w", err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return k.client.Do(r)
}

package local

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"
)

// Header names reach the API as an HTTP/1.1 client spelt them.
func TestHeaderNamesOfAClient(t *testing.T) {
	stack := devStack(t)
	stack.body("aws_api_gateway_gateway_response", "api_default-4xx")["response_parameters"] = object{"gatewayresponse.header.X-Got": "method.request.header.X-Device-Id"}
	p := run(t, optionsOf(t, stack.write(t)))
	for name, want := range map[string]string{"X-Device-Id": "7", "x-device-id": "", "X-DEVICE-ID": ""} {
		conn, err := net.Dial("tcp", p.apiServer.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "GET /dev/nothing HTTP/1.1\r\nHost: localhost\r\n%s: 7\r\n\r\n", name); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close() // the test only reads the headers
		_ = conn.Close()
		if got := response.Header.Get("X-Got"); response.StatusCode != http.StatusForbidden || got != want {
			t.Errorf("%s: %s, X-Got %q, want %q", name, response.Status, got, want)
		}
	}
}

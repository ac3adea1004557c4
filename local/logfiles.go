package local

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"cdk.tf/go/ingest/local/cloudwatch"
)

// groupsWithFiles are the log groups to which something here writes.
func (p *Pipeline) groupsWithFiles() []string {
	var groups []string
	if p.declared.accessLog != "" {
		groups = append(groups, p.declared.accessLog)
	}
	for _, delivery := range p.declared.deliveries {
		if delivery.LogGroup != "" && !slices.Contains(groups, delivery.LogGroup) {
			groups = append(groups, delivery.LogGroup)
		}
	}
	return groups
}

// insteadOfLogs says which files have the lines that a call of CloudWatch Logs asks for: those of the groups that it names, or of all.
func (p *Pipeline) insteadOfLogs(w http.ResponseWriter, r *http.Request) string {
	body, _ := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm)) // a body that is too long names no group
	var call struct {
		Name        string   `json:"logGroupName"`
		Identifier  string   `json:"logGroupIdentifier"`
		Names       []string `json:"logGroupNames"`
		Identifiers []string `json:"logGroupIdentifiers"`
	}
	_ = json.Unmarshal(body, &call)
	asked := append(append(call.Names, call.Identifiers...), call.Name, call.Identifier)
	var named, all []string
	for _, group := range p.groupsWithFiles() {
		file, err := cloudwatch.File(p.logsDir(), group)
		if err != nil {
			continue // it has no file
		}
		text := fmt.Sprintf("the log group %s is the file %s", group, file)
		all = append(all, text)
		if slices.ContainsFunc(asked, func(name string) bool { return name == group || strings.HasSuffix(name, ":log-group:"+group) }) {
			named = append(named, text)
		}
	}
	if len(named) == 0 {
		named = all
	}
	if len(named) == 0 {
		return ""
	}
	return "; " + strings.Join(named, "; ")
}

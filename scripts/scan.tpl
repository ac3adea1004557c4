{{- range . -}}
{{- $file := .Target -}}
{{- with .MisconfSummary -}}
read {{ $file }} {{ .Successes }}
{{ end -}}
{{- range .Misconfigurations -}}
{{- if eq .Status "FAIL" -}}
new    {{ printf "%-8s" .Severity }} {{ .ID }} {{ $file }}: {{ .Message }} [{{ .CauseMetadata.Resource }}]
{{ end -}}
{{- end -}}
{{- range .ModifiedFindings -}}
{{- if eq .Finding.Status "FAIL" -}}
listed {{ printf "%-8s" .Finding.Severity }} {{ .Finding.ID }} {{ $file }}: {{ .Finding.Message }} [{{ .Finding.CauseMetadata.Resource }}] -- {{ .Statement }}
{{ end -}}
{{- end -}}
{{- end -}}

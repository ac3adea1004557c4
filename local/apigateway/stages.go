package apigateway

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/time/rate"

	"cdk.tf/go/ingest/internal/quota"
	"cdk.tf/go/ingest/tfjson"
)

// stageName is what API Gateway allows (developer guide, "Important notes").
var stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

func (r *reader) readStages() {
	deployments := map[string]bool{}
	each(r, "aws_api_gateway_deployment", func(res tfjson.Resource, block deploymentBlock) {
		if !r.ours(res, block.API) {
			return
		}
		if block.StageName != "" || len(block.Canary) > 0 || len(block.Variables) > 0 {
			r.problem(res, "stage_name, variables and canary_settings make a stage of a deployment, which is not imitated on one machine; declare an aws_api_gateway_stage")
		}
		deployments[r.id(res)] = true
	})
	each(r, "aws_api_gateway_stage", func(res tfjson.Resource, block stageBlock) {
		if !r.ours(res, block.API) {
			return
		}
		if !deployments[block.Deployment] {
			r.dangling(res, "deployment", "deployment_id is %q, which is no deployment of the API", block.Deployment)
		}
		r.addStage(res, block)
	})
	if len(r.api.stages) == 0 && len(r.problems) == 0 {
		r.problem(r.stack.Resources("aws_api_gateway_rest_api")[0], "no aws_api_gateway_stage belongs to it, so there is nothing to serve")
	}
}

func (r *reader) addStage(res tfjson.Resource, block stageBlock) {
	if !stageName.MatchString(block.Name) {
		r.problem(res, `stage_name is %q; use 1 to 128 letters, digits, "-" and "_"`, block.Name)
	}
	if r.api.stages[block.Name] != nil {
		r.problem(res, "stage_name is %s, which another stage has", block.Name)
	}
	if block.CacheCluster {
		r.problem(res, "cache_cluster_enabled is true; a cache is not imitated on one machine, leave it out of the environment that runs here")
	}
	if len(block.Canary) > 0 {
		r.problem(res, "canary_settings is not imitated on one machine; leave it out of the environment that runs here")
	}
	added := &stage{name: block.Name, deployment: block.Deployment, variables: block.Variables, tracing: block.Tracing, settings: map[int]settings{}}
	r.checkVariables(res, block.Variables)
	for _, log := range block.AccessLog {
		added.accessLog = r.accessLogFormat(res, log.Format)
	}
	for _, m := range r.api.methods {
		added.settings[m.number] = settings{logging: "OFF"}
	}
	r.api.stages[block.Name] = added
	r.checkStageVariables(res, added)
}

func (r *reader) accessLogFormat(res tfjson.Resource, text string) format {
	if strings.Contains(strings.TrimSuffix(text, "\n"), "\n") {
		r.problem(res, "access_log_settings.format has more than one line; API Gateway takes one")
	}
	if !strings.Contains(text, "$context.requestId") && !strings.Contains(text, "$context.extendedRequestId") {
		r.problem(res, "access_log_settings.format has neither $context.requestId nor $context.extendedRequestId; API Gateway requires one of them")
	}
	parsed, err := parseFormat(strings.TrimSuffix(text, "\n"), findLogged)
	if err != nil {
		r.problem(res, "access_log_settings.format: %w", err)
	}
	return parsed
}

// These are the characters that API Gateway accepts in a stage's variables (API reference, CreateStage; refusals and spaces:
// deployed on AWS by badmintoncryer/cdk-preflight, pf-apigw-stage-variable-name and pf-apigw-stage-variable-value).
var (
	stageVariableName  = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	stageVariableValue = regexp.MustCompile(`^[A-Za-z0-9 ._~:/?#&=,-]*$`)
)

func (r *reader) checkVariables(res tfjson.Resource, variables map[string]string) {
	for _, name := range sortedKeys(variables) {
		if !stageVariableName.MatchString(name) {
			r.problem(res, `variables has %q; API Gateway takes names of letters, digits and "_"`, name)
		}
		if value := variables[name]; !stageVariableValue.MatchString(value) {
			r.problem(res, `variables has %s = %q; API Gateway takes letters, digits, " " and -._~:/?#&=, in a value`, name, value)
		}
	}
}

var stageVariable = regexp.MustCompile(`\$\{stageVariables\.(\w+)\}`)

// checkStageVariables refuses a stage without a variable that its integrations name.
func (r *reader) checkStageVariables(res tfjson.Resource, s *stage) {
	for _, m := range r.api.methods {
		if m.integration == nil {
			continue
		}
		for _, use := range stageVariable.FindAllStringSubmatch(m.integration.roleARN, -1) {
			if s.variables[use[1]] == "" {
				r.problem(res, "variables has no %q, which the integration of %s %s names", use[1], m.verb, m.resource.path)
			}
		}
	}
}

// fill puts a stage's variables into text such as a role's ARN.
func (s *stage) fill(text string) string {
	if !strings.Contains(text, "${") {
		return text
	}
	return stageVariable.ReplaceAllStringFunc(text, func(use string) string {
		return s.variables[stageVariable.FindStringSubmatch(use)[1]]
	})
}

// readMethodSettings reads the settings of */* first, so the settings of one method override them.
func (r *reader) readMethodSettings() {
	var all []declared[methodSettingsBlock]
	each(r, "aws_api_gateway_method_settings", func(res tfjson.Resource, block methodSettingsBlock) {
		if r.ours(res, block.API) {
			all = append(all, declared[methodSettingsBlock]{res, block})
		}
	})
	slices.SortStableFunc(all, func(a, b declared[methodSettingsBlock]) int {
		return strings.Count(b.block.Path, "*") - strings.Count(a.block.Path, "*")
	})
	for _, e := range all {
		s := r.api.stages[e.block.Stage]
		if s == nil {
			r.dangling(e.res, "stage", "stage_name is %q, which is no stage of the API", e.block.Stage)
			continue
		}
		numbers, problem := r.methodsAt(e.block.Path)
		if problem != "" {
			r.dangling(e.res, "method", "method_path is %q%s", e.block.Path, problem)
		} else if escaped := escapedPath(e.block.Path); escaped != e.block.Path {
			r.problem(e.res, "method_path is %q, in which API Gateway takes only the last \"/\" for one; use %s", e.block.Path, escaped)
		}
		if n := len(e.block.Settings); n != 1 {
			r.problem(e.res, "settings is there %d times; give one", n)
		}
		for _, block := range e.block.Settings {
			r.applySettings(e.res, s, numbers, block)
		}
	}
}

// methodsAt returns the methods that a path such as "*/*", "submit/POST" or "~1a~1b/GET" names.
func (r *reader) methodsAt(methodPath string) ([]int, string) {
	var numbers []int
	if methodPath == "*/*" {
		for _, m := range r.api.methods {
			numbers = append(numbers, m.number)
		}
		return numbers, ""
	}
	slash := strings.LastIndex(methodPath, "/")
	if slash < 0 || strings.Contains(methodPath, "*") {
		return nil, "; use */*, or PATH/METHOD such as submit/POST"
	}
	path := strings.NewReplacer("~1", "/", "~0", "~").Replace(methodPath[:slash])
	path = "/" + strings.Trim(path, "/")
	for _, m := range r.api.methods {
		if m.resource.path == path && m.verb == methodPath[slash+1:] {
			return []int{m.number}, ""
		}
	}
	return nil, ", which is no method of the API"
}

// escapedPath is the spelling of a method's path that UpdateStage takes. The provider passes method_path on as it is, as a part of a
// JSON pointer (hashicorp/terraform-provider-aws#9738, and its documentation for the slash at the beginning).
func escapedPath(methodPath string) string {
	slash := strings.LastIndex(methodPath, "/")
	path := strings.Trim(methodPath[:slash], "/")
	return cmp.Or(strings.ReplaceAll(path, "/", "~1"), "~1") + methodPath[slash:]
}

func (r *reader) applySettings(res tfjson.Resource, s *stage, numbers []int, block settingsBlock) {
	r.checkSettings(res, block)
	for _, number := range numbers {
		set := s.settings[number]
		if block.LoggingLevel != nil && *block.LoggingLevel != "" {
			set.logging = *block.LoggingLevel
		}
		if block.DataTrace != nil {
			set.dataTrace = *block.DataTrace
		}
		if block.Metrics != nil {
			set.detailed = *block.Metrics
		}
		set.limit = limitOf(block)
		s.settings[number] = set
	}
}

func (r *reader) checkSettings(res tfjson.Resource, block settingsBlock) {
	if block.Caching {
		r.problem(res, "settings.caching_enabled is true; a cache is not imitated on one machine, leave it out of the environment that runs here")
	}
	if block.Rate != nil && *block.Rate < 0 && *block.Rate != -1 {
		r.problem(res, "settings.throttling_rate_limit is %v; use at least 0, or -1 for the account's", *block.Rate)
	}
	if block.Burst != nil && *block.Burst < -1 {
		r.problem(res, "settings.throttling_burst_limit is %d; use at least 0, or -1 for the account's", *block.Burst)
	}
	if block.LoggingLevel != nil && !slices.Contains([]string{"", "OFF", "ERROR", "INFO"}, *block.LoggingLevel) {
		r.problem(res, "settings.logging_level is %q; use OFF, ERROR or INFO", *block.LoggingLevel)
	}
}

// limitOf is the limit that a block of settings leaves its methods with, also where other settings gave them one. The provider writes
// both values of every block, and its default is -1 (terraform-provider-aws, internal/service/apigateway/method_settings.go). That is no
// limit, which leaves the account's.
func limitOf(block settingsBlock) *limit {
	own := limit{rate: quota.AccountRate, burst: quota.AccountBurst}
	if block.Rate != nil && *block.Rate >= 0 {
		own.rate = rate.Limit(*block.Rate)
	}
	if block.Burst != nil && *block.Burst >= 0 {
		own.burst = *block.Burst
	}
	return &own
}

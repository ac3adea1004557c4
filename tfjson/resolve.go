package tfjson

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cdk.tf/go/ingest/internal/region"
)

// NoAccount stands for the account of a stack that is resolved without one, as on one machine. It is no account on AWS; other emulators
// use it too.
const NoAccount = "000000000000"

// Surroundings are values that a stack's expressions can refer to and the stack does not hold. They say where the stack is
// applied.
type Surroundings struct {
	// Account is the AWS account's id, 12 digits.
	Account string
	// Partition is "aws", "aws-cn", "aws-us-gov" or "aws-eusc". Empty means the partition of the provider block's region.
	Partition string
	// APIBase is the address of the stack's REST APIs, such as http://127.0.0.1:8080. With it the invoke_url of a stage is
	// APIBase + "/" + its name. Empty means AWS's own address.
	APIBase string
}

// Output is one output of a resolved stack.
type Output struct {
	Name string
	// Description is empty if the stack has none.
	Description string
	// Value is a string, float64, bool, nil, []any or map[string]any.
	Value any
}

// resolver evaluates one stack. Afterwards it has the values that an apply would compute.
type resolver struct {
	stack  *Stack
	where  Surroundings
	region string
	nodes  map[string]*node
	// defaultTags are the provider's tags, which every resource with tags gets.
	defaultTags map[string]any
	budget      int
	// templates are the texts with expressions that were parsed, by text.
	templates map[string]*template
	errs      []error
	// blamed are the places that refer to an unavailable value, by the problem: it is one problem, however many places refer to
	// the value.
	blamed map[string][]string
}

// Resolve evaluates every expression of a stack, as Terraform would in an apply. It returns a stack of the same resources whose
// strings are plain values. The region is the one in the stack's provider block.
//
// Ids and ARNs, which an apply would generate, are derived from the stack, so two runs agree; see computed.go. An expression
// that cannot be evaluated is an error that names its place. So is a part of Terraform's language that would need more than
// evaluation (count, for_each, dynamic, provisioner). The error has every problem on a line of its own, sorted.
func (s *Stack) Resolve(where Surroundings) (*Stack, error) {
	if s.after != nil {
		return nil, errors.New("the stack is resolved already")
	}
	r := &resolver{
		stack: s, where: where, nodes: map[string]*node{}, budget: maxEvaluated,
		templates: map[string]*template{}, blamed: map[string][]string{},
	}
	r.checkAccount()
	r.collect()
	groups := r.order()
	r.placeProvider(groups)
	for _, group := range groups {
		r.evaluateGroup(group)
	}
	r.failBlamed()
	if len(r.errs) > 0 {
		return nil, sortedErrors(r.errs)
	}
	resolved := &Stack{byAddress: map[string]Resource{}, root: s.root, after: r}
	for _, resource := range s.resources {
		resource.Body = r.nodes[resource.Address()].object()
		resolved.resources = append(resolved.resources, resource)
		resolved.byAddress[resource.Address()] = resource
	}
	r.stack = resolved
	return resolved, nil
}

// sortedErrors sorts and joins errors, without duplicates.
func sortedErrors(errs []error) error {
	byText := func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) }
	slices.SortFunc(errs, byText)
	return errors.Join(slices.CompactFunc(errs, func(a, b error) bool { return byText(a, b) == 0 })...)
}

// fail reports a problem at a place: an address, a path within it, an expression. It leaves out empty parts of the place.
func (r *resolver) fail(place []string, format string, args ...any) {
	place = slices.DeleteFunc(slices.Clone(place), func(part string) bool { return part == "" })
	problem := oneLine(fmt.Sprintf(format, args...))
	r.errs = append(r.errs, errors.New(strings.Join(append(place, problem), ": ")))
}

// blame reports an error of the value that a place refers to. If the error names the value, it is reported once for all places.
func (r *resolver) blame(place []string, address string, err error) {
	if address == "" || !strings.Contains(err.Error(), address) {
		r.fail(place, "%s", err)
		return
	}
	place = slices.DeleteFunc(slices.Clone(place), func(part string) bool { return part == "" })
	r.blamed[err.Error()] = append(r.blamed[err.Error()], strings.Join(place, ": "))
}

func (r *resolver) failBlamed() {
	for problem, places := range r.blamed {
		slices.Sort(places)
		places = slices.Compact(places)
		if len(places) == 1 {
			r.fail(places, "%s", problem)
			continue
		}
		r.fail(nil, "%s (%d places refer to it, such as %s)", problem, len(places), places[0])
	}
}

func oneLine(text string) string {
	if !strings.ContainsAny(text, "\r\n") {
		return text
	}
	return strings.Join(strings.Fields(text), " ")
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

func (r *resolver) checkAccount() {
	if !accountID.MatchString(r.where.Account) {
		r.fail(nil, "the account id is %q; use 12 digits", r.where.Account)
	}
}

const providerAddress = "provider.aws"

// placeProvider evaluates the provider block, after the nodes that it refers to, because everything else depends on its region.
func (r *resolver) placeProvider(groups [][]string) {
	provider := r.nodes[providerAddress]
	if provider == nil {
		return // collect has reported this
	}
	needed := map[string]bool{}
	r.mark(providerAddress, needed)
	for _, group := range groups {
		if !needed[group[0]] {
			continue
		}
		if r.nodes[group[0]].resource != nil {
			r.fail([]string{providerAddress}, "it refers to %s, which depends on the provider itself; refer to variables and local values", group[0])
		}
		r.evaluateGroup(group)
	}
	if provider.failed["region"] {
		return
	}
	name, _ := provider.object()["region"].(string)
	if name == "" {
		r.fail([]string{providerAddress}, "it has no region; write one into the stack, because nothing else defines the stack's region")
		return
	}
	r.region = name
	partition := region.Partition(name)
	if r.where.Partition == "" {
		r.where.Partition = partition
	}
	switch {
	case partition == "":
		r.fail([]string{providerAddress, "region"}, "%q is not a supported region; %s", name, region.Remedy(name))
	case r.where.Partition != partition:
		r.fail([]string{providerAddress, "region"}, "%s is in the partition %s, and not in %q", name, partition, r.where.Partition)
	}
	r.defaultTags = tagsOf(provider.object()["default_tags"])
}

// mark collects an address and all that it refers to.
func (r *resolver) mark(address string, needed map[string]bool) {
	n := r.nodes[address]
	if n == nil || needed[address] {
		return
	}
	needed[address] = true
	for _, next := range n.refersTo {
		r.mark(next, needed)
	}
}

// tagsOf reads the provider's block default_tags.
func tagsOf(block any) map[string]any {
	tags := map[string]any{}
	blocks, _ := Blocks(map[string]any{"block": block}, "block")
	for _, b := range blocks {
		given, _ := b["tags"].(map[string]any)
		maps.Copy(tags, given)
	}
	return tags
}

// Region returns the region of a resolved stack, such as "us-east-1", or "" before it is resolved.
func (s *Stack) Region() string {
	if s.after == nil {
		return ""
	}
	return s.after.region
}

// DNSSuffix returns the suffix of AWS's host names in a resolved stack's partition, such as "amazonaws.com", or "" before it is
// resolved.
func (s *Stack) DNSSuffix() string { return region.DNSSuffix(s.Region()) }

// Surroundings returns the surroundings that the stack was resolved with, including the partition.
func (s *Stack) Surroundings() Surroundings {
	if s.after == nil {
		return Surroundings{}
	}
	return s.after.where
}

// RefersTo returns the addresses of the resources and data sources that a resource or data source of a resolved stack refers
// to, sorted. References are in expressions and in depends_on, directly or through local values. It returns none before the
// stack is resolved.
func (s *Stack) RefersTo(address string) []string {
	if s.after == nil || s.after.nodes[address] == nil {
		return nil
	}
	seen, found := map[string]bool{}, []string{}
	var visit func(n *node)
	visit = func(n *node) {
		for _, next := range n.refersTo {
			switch {
			case seen[next]:
			case s.after.nodes[next].resource == nil:
				seen[next] = true
				visit(s.after.nodes[next])
			default:
				seen[next], found = true, append(found, next)
			}
		}
	}
	visit(s.after.nodes[address])
	slices.Sort(found)
	return found
}

// Outputs returns a resolved stack's outputs, sorted by name, or none before it is resolved.
func (s *Stack) Outputs() []Output {
	if s.after == nil {
		return nil
	}
	var outputs []Output
	for _, address := range slices.Sorted(maps.Keys(s.after.nodes)) {
		name, ok := strings.CutPrefix(address, "output.")
		if !ok {
			continue
		}
		body := s.after.nodes[address].object()
		description, _ := body["description"].(string)
		outputs = append(outputs, Output{Name: name, Description: description, Value: body["value"]})
	}
	return outputs
}

// Attribute returns an attribute of a resolved resource or data source as text: an argument of its body, or one that an apply
// computes, such as the arn of aws_kinesis_stream.stream. It returns a number or boolean as Terraform writes it. It returns an
// error if there is no such resource or attribute, or if its value is not text.
func (s *Stack) Attribute(address, name string) (string, error) {
	if s.after == nil {
		return "", errors.New("the stack is not resolved")
	}
	if _, ok := s.byAddress[address]; !ok {
		return "", undeclared(address)
	}
	value, err := s.after.attribute(s.after.nodes[address], name)
	if err != nil {
		return "", fmt.Errorf("%s.%s: %w", address, name, err)
	}
	text, ok := Scalar(value)
	if !ok {
		return "", fmt.Errorf("%s.%s is %s, and no text", address, name, kind(value))
	}
	return text, nil
}

// Tags returns the tags of a resource of a resolved stack, including the provider's default_tags, or nil if it has none.
func (s *Stack) Tags(address string) map[string]string {
	if s.after == nil || s.after.nodes[address] == nil {
		return nil
	}
	all, err := s.after.attribute(s.after.nodes[address], "tags_all")
	given, ok := all.(map[string]any)
	if err != nil || !ok || len(given) == 0 {
		return nil
	}
	tags := map[string]string{}
	for key, value := range given {
		tags[key], _ = Scalar(value)
	}
	return tags
}

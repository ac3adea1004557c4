package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"

	"cdk.tf/go/ingest/local/firehose"
	"cdk.tf/go/ingest/tfjson"
)

func queryChecks() []check {
	return []check{{id: "surroundings/query", title: "Athena finds the events of this run", late: true, hidden: noQuery, look: athenaFinds}}
}

func noQuery(r *run) string {
	if why := cmp.Or(onlyAWS("Athena")(r), nothingSent(r)); why != "" {
		return why
	}
	if !r.delivery.parquet && len(r.readInStream())-len(r.missing()) == 0 {
		return "no event of this run was found in the bucket"
	}
	return ""
}

// queryLimit bounds the wait for a query, and, with Parquet, for the first object.
const queryLimit = 2 * time.Minute

// athenaFinds asks for the rows of the objects that have the run's events. Which objects those are is known where they have lines; of
// Parquet the check waits for rows of objects that are newer than the run.
func athenaFinds(ctx context.Context, r *run) outcome {
	table := r.stack.Resources("aws_glue_catalog_table")[0].Body
	sql, what, err := r.query(table)
	if err != nil {
		return unknown(err, "compare the table's storage.location.template with the delivery's prefix in the stack, and correct one of them")
	}
	limit := queryLimit
	if r.delivery.parquet {
		limit = r.Timeout
	}
	rows := 0
	var next time.Time
	_, err = r.within(ctx, limit, func() (bool, error) {
		if r.Clock.Now().Before(next) {
			return false, nil
		}
		// Each query is charged, so the wait is divided among those that the run has said.
		next = r.Clock.Now().Add(limit / (maxQueries - 1))
		rows, err = r.count(ctx, sql)
		return rows > 0 || !r.delivery.parquet, err
	})
	const permissions = "athena:StartQueryExecution, athena:GetQueryExecution and athena:GetQueryResults, glue:GetTable, and reading both buckets"
	var failed *queryError
	switch {
	case errors.As(err, &failed) && refusal.MatchString(failed.reason):
		return unknown(failed, "Athena reads the table and the objects, and writes the result, with the credentials that run the command: allow them "+permissions+", writing the results, and both buckets' keys")
	case errors.As(err, &failed):
		return differs(what, failed.Error(), "read docs/query.md; the query was: "+oneSpace(sql))
	case err != nil:
		return unread(err, permissions, "the workgroup "+text(r.workgroup()["name"]))
	case rows == 0:
		return differs(what, "no rows", "compare the table's storage.location.template with the objects' keys: make diff; the query was: "+oneSpace(sql))
	}
	return holds("%s: %d rows", what, rows)
}

func oneSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

func (r *run) workgroup() map[string]any {
	return r.stack.Resources("aws_athena_workgroup")[0].Body
}

// query is the SQL, and what it shows. It names partitions, so it reads little.
func (r *run) query(table map[string]any) (sql, what string, err error) {
	locate, err := newLocator(text(texts(table["parameters"])["storage.location.template"]))
	if err != nil {
		return "", "", err
	}
	from := fmt.Sprintf("SELECT count(*) FROM %q.%q WHERE ", text(table["database_name"]), text(table["name"]))
	if r.delivery.parquet {
		return r.newRows(from, locate)
	}
	var conditions []string
	found := slices.DeleteFunc(r.readInStream(), func(e *event) bool { return e.object == "" })
	place := "s3://" + r.delivery.bucket + "/" + found[0].object
	partition, ok := locate.values(place)
	if !ok {
		return "", "", fmt.Errorf("the object %s is not in the table's location %s", place, locate.template)
	}
	conditions = append(conditions, partition, fmt.Sprintf(`"$path" = '%s'`, quoted(place)))
	what = "rows of the object " + place
	if column := wholeColumn(table); column != "" && r.report.Marked {
		conditions = append(conditions, fmt.Sprintf("%s LIKE '%%%s%%'", column, quoted(r.Mark)))
		what = "rows with this run's mark"
	}
	return from + strings.Join(conditions, " AND "), what, nil
}

// newRows counts the rows of objects that S3 has got since the run began.
func (r *run) newRows(from string, locate locator) (sql, what string, err error) {
	began := r.events[0].asked
	prefixes, err := firehose.KeyPrefixes(r.delivery.prefix, r.delivery.zone, began.Add(-r.delivery.interval-clocks), r.Clock.Now().Add(clocks))
	if err != nil {
		return "", "", err
	}
	var partitions []string
	for _, prefix := range prefixes {
		if values, ok := locate.values("s3://" + r.delivery.bucket + "/" + prefix); ok {
			partitions = append(partitions, "("+values+")")
		}
	}
	if len(partitions) == 0 {
		return "", "", fmt.Errorf("the prefix %s does not say the partitions of the table's location %s", r.delivery.prefix, locate.template)
	}
	return fmt.Sprintf(`%s(%s) AND "$file_modified_time" >= from_iso8601_timestamp('%s')`, from, strings.Join(partitions, " OR "), began.UTC().Format(time.RFC3339)),
		"rows of objects that are newer than this run", nil
}

// wholeColumn is the column that has the whole event; "" where the table has one for each field.
func wholeColumn(table map[string]any) string {
	columns, _ := tfjson.Blocks(firstBlock(table, "storage_descriptor"), "columns")
	if len(columns) == 1 && text(columns[0]["name"]) == "event" && text(columns[0]["type"]) == "string" {
		return "event"
	}
	return ""
}

func firstBlock(body map[string]any, name string) map[string]any {
	if blocks, err := tfjson.Blocks(body, name); err == nil && len(blocks) > 0 {
		return blocks[0]
	}
	return nil
}

// quoted is a text within single quotes of SQL.
func quoted(text string) string { return strings.ReplaceAll(text, "'", "''") }

// locator finds the values of a table's partitions in the address of an object.
type locator struct {
	template string
	pattern  *regexp.Regexp
}

var projected = regexp.MustCompile(`\\\$\\\{([a-z0-9_]+)\\\}`)

func newLocator(template string) (locator, error) {
	names := map[string]bool{}
	pattern := projected.ReplaceAllStringFunc(regexp.QuoteMeta(template), func(part string) string {
		name := projected.FindStringSubmatch(part)[1]
		if names[name] {
			return "[^/]+" // a name stands once in a pattern
		}
		names[name] = true
		return "(?P<" + name + ">[^/]+)"
	})
	compiled, err := regexp.Compile("^" + pattern)
	return locator{template, compiled}, err
}

// values is the condition for the partition of an address.
func (l locator) values(address string) (string, bool) {
	found := l.pattern.FindStringSubmatch(address)
	if found == nil {
		return "", false
	}
	conditions := []string{"true"}
	for i, name := range l.pattern.SubexpNames() {
		if name != "" {
			conditions = append(conditions, fmt.Sprintf("%q = '%s'", name, quoted(found[i])))
		}
	}
	return strings.Join(conditions, " AND "), true
}

// refusal is how Athena words that the caller may not read what a query reads, or write its result. Such a query fails only after its start
// (re:Post, "Why do I get the 'Access Denied' error when I run a query in Athena?").
var refusal = regexp.MustCompile(`(?i)access ?denied|permission denied|insufficient (lake formation )?permission|not authorized to perform`)

// queryError is a query that Athena did not carry out.
type queryError struct{ reason string }

func (e *queryError) Error() string { return "the query failed: " + e.reason }

// count runs a query within the stack's workgroup, whose limit bounds what it reads, and gives the number that it answers.
func (r *run) count(ctx context.Context, sql string) (int, error) {
	if err := r.queried(); err != nil {
		return 0, err
	}
	started, err := r.AWS.Athena.StartQueryExecution(ctx, &athena.StartQueryExecutionInput{
		QueryString: aws.String(sql), WorkGroup: aws.String(text(r.workgroup()["name"])),
	})
	if err != nil {
		return 0, err
	}
	var state types.QueryExecutionState
	done, err := r.within(ctx, queryLimit, func() (bool, error) {
		answer, err := r.AWS.Athena.GetQueryExecution(ctx, &athena.GetQueryExecutionInput{QueryExecutionId: started.QueryExecutionId})
		if err != nil || answer.QueryExecution == nil || answer.QueryExecution.Status == nil {
			return false, err
		}
		state = answer.QueryExecution.Status.State
		if state == types.QueryExecutionStateFailed || state == types.QueryExecutionStateCancelled {
			return false, &queryError{string(state) + ": " + aws.ToString(answer.QueryExecution.Status.StateChangeReason)}
		}
		return state == types.QueryExecutionStateSucceeded, nil
	})
	if err != nil {
		return 0, err
	}
	if !done {
		return 0, &queryError{fmt.Sprintf("it is %s after %s", state, queryLimit)}
	}
	answer, err := r.AWS.Athena.GetQueryResults(ctx, &athena.GetQueryResultsInput{QueryExecutionId: started.QueryExecutionId})
	if err != nil {
		return 0, err
	}
	return firstNumber(answer.ResultSet)
}

// firstNumber is the value of the first row. Athena's first row of a SELECT has the columns' names (API reference, GetQueryResults).
func firstNumber(result *types.ResultSet) (int, error) {
	if result == nil || len(result.Rows) < 2 || len(result.Rows[1].Data) == 0 {
		return 0, &queryError{"the answer has no row"}
	}
	n, err := strconv.Atoi(aws.ToString(result.Rows[1].Data[0].VarCharValue))
	if err != nil {
		return 0, &queryError{err.Error()}
	}
	return n, nil
}

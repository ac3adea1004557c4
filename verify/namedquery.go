package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/athena"
	"github.com/aws/aws-sdk-go-v2/service/athena/types"
)

func namedQueryChecks() []check {
	return []check{{id: "surroundings/named-queries", title: "Athena has the stack's queries with their SQL and database", hidden: onlyAWS("Athena"), look: namedQueriesAsDeclared}}
}

// namedQueriesAsDeclared compares the queries that the stack keeps in its workgroups. People keep queries of their own beside them, which
// play no part.
func namedQueriesAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	var names []string
	missing := map[string][]map[string]any{} // by workgroup
	for _, query := range r.stack.Resources("aws_athena_named_query") {
		names = append(names, text(query.Body["name"]))
		workgroup := text(query.Body["workgroup"])
		missing[workgroup] = append(missing[workgroup], query.Body)
	}
	for workgroup, queries := range sorted(missing) {
		if err := r.compareNamedQueries(ctx, &d, workgroup, queries); err != nil {
			return worse(d.outcome("", redeploy), unread(err, "athena:ListNamedQueries and athena:GetNamedQuery", "the workgroup "+workgroup))
		}
	}
	return d.outcome(strings.Join(names, ", "), redeploy)
}

// compareNamedQueries looks through a workgroup until it has seen each declared query. A name may stand there several times, so one that is as
// declared suffices.
func (r *run) compareNamedQueries(ctx context.Context, d *differences, workgroup string, missing []map[string]any) error {
	unlike := map[string]differences{}
	ask := &athena.ListNamedQueriesInput{MaxResults: aws.Int32(50)}
	if workgroup != "" {
		ask.WorkGroup = &workgroup
	}
	for pages := athena.NewListNamedQueriesPaginator(r.AWS.Athena, ask); pages.HasMorePages() && len(missing) > 0; {
		page, err := pages.NextPage(ctx)
		switch {
		case noWorkgroup(err):
			d.add("the workgroup "+workgroup, "it does not exist")
			return nil
		case err != nil:
			return err
		}
		for _, id := range page.NamedQueryIds {
			answer, err := r.AWS.Athena.GetNamedQuery(ctx, &athena.GetNamedQueryInput{NamedQueryId: &id})
			if err != nil {
				return err
			}
			if answer.NamedQuery == nil {
				continue
			}
			missing = slices.DeleteFunc(missing, func(body map[string]any) bool {
				name := text(body["name"])
				if name != aws.ToString(answer.NamedQuery.Name) {
					return false
				}
				unlike[name] = r.compareNamedQuery(body, answer.NamedQuery)
				return len(unlike[name].got) == 0
			})
		}
	}
	for _, body := range missing {
		name := text(body["name"])
		found, exists := unlike[name]
		if !exists {
			found.add("the query "+name, "it does not exist")
		}
		d.want, d.got = append(d.want, found.want...), append(d.got, found.got...)
	}
	return nil
}

func (r *run) compareNamedQuery(body map[string]any, is *types.NamedQuery) (d differences) {
	name := text(body["name"])
	d.compare(name+": database", text(body["database"]), aws.ToString(is.Database))
	d.compare(name+": description", text(body["description"]), aws.ToString(is.Description))
	if want, got := r.actual(text(body["query"])), aws.ToString(is.QueryString); want != got {
		d.add(name+": SQL "+oneSpace(want), name+": SQL "+quoteEmpty(oneSpace(got)))
	}
	return d
}

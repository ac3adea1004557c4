package verify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"

	"cdk.tf/go/ingest/tfjson"
)

func dashboardChecks() []check {
	return []check{{id: "surroundings/dashboards", title: "Each dashboard has its declared widgets, and no others", hidden: onlyAWS("dashboards"), look: dashboardsAsDeclared}}
}

// dashboardsAsDeclared compares what people see while they answer an alarm.
func dashboardsAsDeclared(ctx context.Context, r *run) outcome {
	var d differences
	dashboards := r.stack.Resources("aws_cloudwatch_dashboard")
	for _, dashboard := range dashboards {
		name := text(dashboard.Body["dashboard_name"])
		answer, err := r.AWS.CloudWatch.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: aws.String(name)})
		switch {
		case absent(codeOf(err)):
			d.add("the dashboard "+name, "it does not exist")
		case err != nil:
			return worse(d.outcome("", redeploy), unread(err, "cloudwatch:GetDashboard", "the dashboard "+name))
		default:
			d.compareWidgets(name, r.actual(text(dashboard.Body["dashboard_body"])), aws.ToString(answer.DashboardBody))
		}
	}
	return d.outcome(counted(len(dashboards), "dashboard"), redeploy)
}

// compareWidgets notes the widgets that are missing, and those that are too many. One that somebody changed is both.
func (d *differences) compareWidgets(name, want, got string) {
	wanted, err := widgetsOf(want)
	if err != nil {
		d.add(name+" as JSON", name+" in the stack: "+oneLine(err))
		return
	}
	found, err := widgetsOf(got)
	if err != nil {
		d.add(name+" as JSON", name+": "+oneLine(err))
		return
	}
	for _, one := range wanted {
		if i := slices.Index(found, one); i >= 0 {
			found = slices.Delete(found, i, i+1)
			continue
		}
		d.add(fmt.Sprintf("%s has the declared widget %q", name, one.title), "it has none that is so")
	}
	for _, one := range found {
		d.add(name+" has only the stack's widgets", fmt.Sprintf("it also has %q, or has it otherwise", one.title))
	}
}

// widget is a widget of a dashboard, with its JSON in one form.
type widget struct{ title, written string }

func widgetsOf(body string) ([]widget, error) {
	var dashboard struct{ Widgets []map[string]any }
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil {
		return nil, err
	}
	var widgets []widget
	for _, one := range dashboard.Widgets {
		written, err := json.Marshal(one)
		if err != nil {
			return nil, err
		}
		widgets = append(widgets, widget{cmp.Or(text(tfjson.At(one, "properties", "title")), text(one["type"])), string(written)})
	}
	return widgets, nil
}

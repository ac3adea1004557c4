package plan

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

func sortBySaving(others []Other) {
	slices.SortStableFunc(others, func(a, b Other) int { return cmp.Compare(b.Saves, a.Saves) })
}

// table is a table with a heading.
type table struct {
	heading string
	columns []string
	rows    [][]string
	after   []string
}

// lines are the rows below what heads them. A table without rows has no head.
func (t table) lines(head ...[]string) [][]string {
	if len(t.rows) == 0 {
		return nil
	}
	return append(head, t.rows...)
}

// tables are what a report says.
func (r Report) tables() []table {
	limits := table{heading: "Limits, from the client to S3", columns: []string{"limit", "takes", "at the peak", "used", "verdict", "what would do"}}
	for _, l := range r.Limits {
		limits.rows = append(limits.rows, []string{l.Name, count(l.Limit) + " " + l.Unit, count(l.Use), percent(l.Use / l.Limit), l.Verdict, l.Remedy})
	}
	if r.First != "" {
		limits.after = append(limits.after, fmt.Sprintf("Such events fit up to %s a second. Then %s fails first.", count(r.MaxPerSecond), r.First))
	}
	for _, step := range r.Steps {
		needs := "nothing"
		if len(step.Needs) > 0 {
			needs = strings.Join(step.Needs, "; ")
		}
		limits.after = append(limits.after, fmt.Sprintf("%g times this load needs: %s.", step.Times, needs))
	}
	tables := append([]table{limits}, r.costTables()...)
	if r.Sample != nil {
		tables = append(tables, r.Sample.tables()...)
	}
	return tables
}

func (r Report) costTables() []table {
	costs := table{heading: "A month in dollars, by list prices", columns: []string{"charged", "quantity", "dollars", ""}}
	for _, line := range r.Cost.Lines {
		kind := "by use"
		if line.Fixed {
			kind = "fixed"
		}
		if !line.Regional {
			kind += " *"
		}
		costs.rows = append(costs.rows, []string{line.Name, quantity(line), money(line.Dollars), kind})
	}
	costs.rows = append(costs.rows, []string{"total", "", money(r.Cost.Total), ""})
	costs.after = []string{fmt.Sprintf("Fixed %s, by use %s: %s for a million events.", money(r.Cost.Fixed), money(r.Cost.ByUse), money(r.Cost.PerMillion))}
	if len(r.OtherRegion) > 0 {
		costs.after = append(costs.after, fmt.Sprintf("* No price of %s was found; this is the price of us-east-1.", r.Region))
	}
	costs.after = append(costs.after, r.Notes...)
	others := table{heading: "What would change the bill", columns: []string{"change", "a month"}}
	for _, other := range r.Cheaper {
		others.rows = append(others.rows, []string{other.Change, difference(-other.Saves)})
	}
	return []table{costs, others}
}

// difference is an amount with its sign.
func difference(dollars float64) string {
	if dollars > 0 {
		return "+" + money(dollars)
	}
	return money(dollars)
}

// quantity is a line's quantity with its unit, which stands in the plural in the data.
func quantity(line Line) string {
	if line.Quantity == 1 {
		return "1 " + strings.TrimSuffix(line.Units, "s")
	}
	return count(line.Quantity) + " " + line.Units
}

// lead says what the report is about.
func (r Report) lead() string {
	events := "single events"
	if r.Load.BatchSize > 1 {
		events = fmt.Sprintf("events in batches of %d", r.Load.BatchSize)
	}
	said := fmt.Sprintf("%s events/s at the peak and %s a month: %s of %s bytes, in %s.", count(r.Load.PeakPerSecond), count(r.Load.EventsPerMonth), events, count(float64(r.Load.EventBytes)), r.Region)
	if !r.Declared {
		said += " The stack declares no load; set Load in the environment, or try --rate, --bytes and --month."
	}
	return said
}

// Text writes the report for a terminal.
func (r Report) Text(w io.Writer, name string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Plan of %s: %s\n", name, r.lead())
	for _, t := range r.tables() {
		fmt.Fprintf(&text, "\n%s\n\n", t.heading)
		t.text(&text)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// text writes a table for a terminal, without its heading.
func (t table) text(text *strings.Builder) {
	aligned := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	for _, row := range t.lines(t.columns) {
		fmt.Fprintln(aligned, "  "+strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	_ = aligned.Flush() // a strings.Builder takes everything
	if len(t.rows) > 0 && len(t.after) > 0 {
		fmt.Fprintln(text)
	}
	for _, line := range t.after {
		fmt.Fprintln(text, "  "+line)
	}
}

// Markdown writes the report for a pull request.
func (r Report) Markdown(w io.Writer, name string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "## Plan of %s\n\n%s\n", name, r.lead())
	for _, t := range r.tables() {
		fmt.Fprintf(&text, "\n### %s\n\n", t.heading)
		t.markdown(&text)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// markdown writes a table in Markdown, without its heading.
func (t table) markdown(text *strings.Builder) {
	rule := make([]string, len(t.columns))
	for i := range rule {
		rule[i] = "---"
	}
	for _, row := range t.lines(t.columns, rule) {
		cells := make([]string, len(t.columns))
		for i := range row {
			cells[i] = strings.NewReplacer("|", `\|`, "*", `\*`).Replace(row[i])
		}
		fmt.Fprintf(text, "| %s |\n", strings.Join(cells, " | "))
	}
	if len(t.rows) > 0 && len(t.after) > 0 {
		fmt.Fprintln(text)
	}
	for _, line := range t.after {
		fmt.Fprintln(text, "- "+strings.TrimPrefix(line, "* "))
	}
}

// count is a number with commas: whole from 100 on, and with decimals below.
func count(value float64) string {
	switch {
	case value > 0 && value < 0.01:
		return strings.TrimRight(fmt.Sprintf("%.*f", decimals(value), value), "0")
	case value < 100 && value != math.Trunc(value):
		return commas(fmt.Sprintf("%.2f", value))
	}
	return commas(fmt.Sprintf("%.0f", value))
}

// decimals is how many decimals show a number: two, or as many as its first two digits need where these would be zeros. A usage plan may
// let a key send one request in some minutes, and "0.00" would say that it may send none.
func decimals(value float64) int {
	if value <= 0 || value >= 0.01 {
		return 2
	}
	return 1 - int(math.Floor(math.Log10(value)))
}

// money is an amount in dollars and cents.
func money(value float64) string { return commas(fmt.Sprintf("%.2f", value)) }

func commas(text string) string {
	whole, decimals, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if decimals != "" {
		whole += "." + decimals
	}
	return sign + whole
}

// percent is a part in whole percents. Of a limit of 0, each use is more than all.
func percent(part float64) string {
	switch {
	case part > 0 && part < 0.01:
		return "<1 %"
	case math.IsInf(part, 1):
		return ">100 %"
	}
	return fmt.Sprintf("%.0f %%", part*100)
}

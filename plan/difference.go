package plan

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Difference is what two versions of an environment differ in, as far as their plans say.
type Difference struct {
	name  string
	said  []string
	lists []table
}

// Compare compares the plans of an environment before and after a change. A version without the environment has nil;
// at least one has it. It compares what the plans show, so amounts differ from a cent on.
func Compare(name string, before, after *Report) Difference {
	d := Difference{name: name}
	switch {
	case before == nil:
		d.said = []string{"The environment is new. " + after.lead(), after.monthly(), after.holding()}
		return d
	case after == nil:
		d.said = []string{fmt.Sprintf("The environment is removed. Its month cost %s dollars by list prices.", money(before.Cost.Total))}
		return d
	}
	for _, list := range []table{
		compared("Load", []string{"load", "before", "after"}, before.loadRows(), after.loadRows()),
		compared("Limits", []string{"limit", "before", "after"}, before.limitRows(), after.limitRows()),
		comparedCosts(before.Cost, after.Cost),
	} {
		if len(list.rows) > 0 {
			d.lists = append(d.lists, list)
		}
	}
	if now, then := money(after.Cost.Total), money(before.Cost.Total); now != then {
		d.said = append(d.said, fmt.Sprintf("By list prices a month costs %s dollars, and before %s: %s.", now, then, difference(after.Cost.Total-before.Cost.Total)))
	}
	if now, then := after.holding(), before.holding(); now != then {
		d.said = append(d.said, now, "Before: "+then)
	}
	return d
}

// monthly says what a month costs.
func (r Report) monthly() string {
	return fmt.Sprintf("By list prices a month costs %s dollars: %s fixed, and %s for a million events.", money(r.Cost.Total), money(r.Cost.Fixed), money(r.Cost.PerMillion))
}

// holding says which rate every limit holds, and what fails first.
func (r Report) holding() string {
	if r.First == "" {
		return "No limit ends the rate."
	}
	return fmt.Sprintf("Such events fit up to %s a second. Then %s fails first.", count(r.MaxPerSecond), r.First)
}

// row is what a plan says about one thing.
type row struct{ what, said string }

func (r Report) loadRows() []row {
	keys := "not declared"
	if r.Load.Keys > 0 {
		keys = count(float64(r.Load.Keys))
	}
	return []row{
		{"region", r.Region},
		{"events/s at the peak", count(r.Load.PeakPerSecond)},
		{"events a month", count(r.Load.EventsPerMonth)},
		{"bytes of an event", count(float64(r.Load.EventBytes))},
		{"events in a request", count(float64(r.Load.BatchSize))},
		{"partition keys", keys},
		{"declared", map[bool]string{true: "yes", false: "no"}[r.Declared]},
	}
}

func (r Report) limitRows() []row {
	var rows []row
	for _, l := range r.Limits {
		said := fmt.Sprintf("%s %s, %s used: %s", count(l.Limit), l.Unit, percent(l.Use/l.Limit), l.Verdict)
		if l.Remedy != "" {
			said += " (" + l.Remedy + ")"
		}
		rows = append(rows, row{l.Name, said})
	}
	return rows
}

// nothing stands for what one of the versions does not have.
const nothing = "none"

// compared has a row for each thing about which two plans say something different.
func compared(heading string, columns []string, before, after []row) table {
	t := table{heading: heading, columns: columns}
	for _, what := range names(before, after, func(r row) string { return r.what }) {
		then, now := find(before, what), find(after, what)
		if then != now {
			t.rows = append(t.rows, []string{what, cmp.Or(then, nothing), cmp.Or(now, nothing)})
		}
	}
	return t
}

func find(rows []row, what string) string {
	for _, r := range rows {
		if r.what == what {
			return r.said
		}
	}
	return ""
}

// comparedCosts has a row for each line of the bill that differs, and the total.
func comparedCosts(before, after Cost) table {
	t := table{heading: "A month in dollars, by list prices", columns: []string{"charged", "before", "after", "change"}}
	for _, name := range names(before.Lines, after.Lines, func(l Line) string { return l.Name }) {
		t.add(name, dollarsOf(before.Lines, name), dollarsOf(after.Lines, name))
	}
	if len(t.rows) > 0 {
		t.rows = append(t.rows, []string{"total", money(before.Total), money(after.Total), difference(after.Total - before.Total)})
	}
	return t
}

// add adds a row where two amounts differ by what is shown of them. Nothing is nil.
func (t *table) add(name string, before, after *float64) {
	then, now, change := nothing, nothing, 0.0
	if before != nil {
		then, change = money(*before), -*before
	}
	if after != nil {
		now, change = money(*after), change+*after
	}
	if then != now {
		t.rows = append(t.rows, []string{name, then, now, difference(change)})
	}
}

func dollarsOf(lines []Line, name string) *float64 {
	for _, line := range lines {
		if line.Name == name {
			return &line.Dollars
		}
	}
	return nil
}

// names are the names of two lists, without repetitions: those of the second in its order, and then those that only the first has.
func names[T any](before, after []T, name func(T) string) []string {
	var found []string
	for _, one := range slices.Concat(after, before) {
		if !slices.Contains(found, name(one)) {
			found = append(found, name(one))
		}
	}
	return found
}

// empty reports whether the plans say the same.
func (d Difference) empty() bool { return len(d.said) == 0 && len(d.lists) == 0 }

// DifferencesText writes differences for a terminal.
func DifferencesText(w io.Writer, all []Difference) error {
	var text strings.Builder
	for _, d := range all {
		if d.empty() {
			continue
		}
		fmt.Fprintf(&text, "What changes in the plan of %s\n\n", d.name)
		for _, line := range d.said {
			fmt.Fprintln(&text, "  "+line)
		}
		for _, t := range d.lists {
			fmt.Fprintf(&text, "\n%s\n\n", t.heading)
			t.text(&text)
		}
		fmt.Fprintln(&text)
	}
	return writeWithSame(w, &text, all)
}

// DifferencesMarkdown writes differences for a pull request.
func DifferencesMarkdown(w io.Writer, all []Difference) error {
	var text strings.Builder
	for _, d := range all {
		if d.empty() {
			continue
		}
		fmt.Fprintf(&text, "### What changes in the plan of %s\n\n", d.name)
		for _, line := range d.said {
			fmt.Fprintln(&text, "- "+line)
		}
		if len(d.said) > 0 {
			fmt.Fprintln(&text)
		}
		for _, t := range d.lists {
			fmt.Fprintf(&text, "#### %s\n\n", t.heading)
			t.markdown(&text)
			fmt.Fprintln(&text)
		}
	}
	return writeWithSame(w, &text, all)
}

// writeWithSame writes a text, and then a line with the environments in which nothing differs.
func writeWithSame(w io.Writer, text *strings.Builder, all []Difference) error {
	var same []string
	for _, d := range all {
		if d.empty() {
			same = append(same, d.name)
		}
	}
	if len(same) > 0 {
		fmt.Fprintf(text, "Nothing differs in the plan of %s.\n", strings.Join(same, ", "))
	}
	_, err := io.WriteString(w, strings.TrimRight(text.String(), "\n")+"\n")
	return err
}

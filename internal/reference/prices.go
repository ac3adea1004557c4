package reference

import (
	"fmt"
	"reflect"
	"strings"

	"cdk.tf/go/ingest/internal/prices"
)

// Prices is docs/prices.md: every price of package prices, by region.
func Prices() string {
	p := &page{}
	p.paragraph("%s", pricesLead)
	p.heading(2, "By region")
	regions := prices.Regions()
	p.row(append([]string{"item", "for one"}, regions...))
	p.underline(len(regions) + 2)
	for _, item := range prices.Items() {
		cells := []string{string(item), prices.MeasureOf(item).Name}
		for _, region := range regions {
			cells = append(cells, priceIn(region, item))
		}
		p.row(cells)
	}
	p.WriteString("\n")
	p.heading(2, "Sources")
	p.row([]string{"region", "item", "page", "read", "through"})
	p.underline(5)
	for _, region := range regions {
		for _, item := range prices.Items() {
			price, own := prices.In(region).Of(item)
			if home, _ := prices.In(prices.Home).Of(item); own && (region == prices.Home || !reflect.DeepEqual(price, home)) {
				p.row([]string{region, string(item), price.Source, price.Read, price.Through})
			}
		}
	}
	return p.text()
}

const pricesLead = `# Prices

Look up the list prices from which ` + "`ingest plan`" + ` and [Costs and limits](costs.md) compute, in dollars, without taxes and discounts.

<!-- Written by "` + Remedy + `" from internal/prices/list.go. Edit that. -->

An asterisk marks a price of us-east-1 that stands in for a region's own, because none was found for the region. A region that is not in
the table has the prices of us-east-1. Where only the price of the first tier was found, it stands for all quantities. AWS shows most prices only to a browser that runs the page's script. The column "through" says
where such a price was read. Compare the prices with AWS's page before you rely on a figure.`

// priceIn is an item's price in a region, tier by tier.
func priceIn(region string, item prices.Item) string {
	price, own := prices.In(region).Of(item)
	unit := prices.MeasureOf(item).Units
	var tiers []string
	for _, tier := range price.Tiers {
		text := dollars(tier.Dollars)
		if tier.From > 0 {
			text = fmt.Sprintf("%s from %s", text, count(tier.From/unit))
		}
		tiers = append(tiers, text)
	}
	text := strings.Join(tiers, ", ")
	if !own {
		text += " *"
	}
	return text
}

// dollars is a price with two decimals, or more where it has more.
func dollars(value float64) string {
	text := strings.TrimRight(fmt.Sprintf("%.4f", value), "0")
	for strings.Index(text, ".") > len(text)-3 {
		text += "0"
	}
	return text
}

// count is a whole number with commas.
func count(value float64) string {
	text := fmt.Sprintf("%.0f", value)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func (p *page) row(cells []string) { p.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

// underline is the line below the head of a table with n columns.
func (p *page) underline(n int) { p.WriteString(strings.Repeat("| --- ", n) + "|\n") }

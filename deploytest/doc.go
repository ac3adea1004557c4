// Package deploytest deploys the pipeline with real Terraform and the real AWS provider to a moto server, an imitation
// of AWS's APIs on this machine.
//
// It tests what no reading of the synthesised JSON can: that the provider accepts it, that what is made is what was
// declared, that a second plan is empty, and that a change touches what it must and nothing else. Moto carries no data
// from one service to the next; package local does that.
//
// Each test has a moto server and a provider process of its own, which all its Terraform commands share; provider_test.go says
// how and why. TestCLI runs what a user runs, with a provider that each command starts.
//
// The tests need terraform, a way to get its AWS provider, moto_server and, for the one that runs cdktf, Node.js with
// the packages of package.json. Where something is missing they are skipped with a line that says how to have it, or
// fail with it where CI is "true".
package deploytest

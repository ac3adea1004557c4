// Package deploytest deploys the pipeline with real Terraform and the real AWS provider to a moto server, an imitation
// of AWS's APIs on this machine.
//
// The synthesised JSON alone cannot show what this package tests: that the provider accepts it, that the made resources are the
// declared ones, that a second plan is empty, and that a change affects only the resources that it must. Moto carries no data
// from one service to the next; package local does that.
//
// Each test has its own moto server. All Terraform commands of a test share a provider process, which the next test takes over. For the
// reasons, see provider_test.go. TestCLI runs the same commands as a user, and each starts a provider.
//
// The tests need terraform, a way to get its AWS provider, moto_server and, for the one that runs cdktf, Node.js with
// the packages of package.json. If something is missing, they skip with a line that says how to install it. If CI is "true",
// they fail with that line.
package deploytest

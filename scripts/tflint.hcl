# How scripts/scan runs tflint, and how `tflint --init` installs the rules. A rule that is wrong here is turned off in this
# file, with its reason:
#
#   rule "NAME" {
#     enabled = false # the reason
#   }

plugin "aws" {
  enabled = true
  version = "0.48.0"
  source  = "github.com/terraform-linters/tflint-ruleset-aws"
}

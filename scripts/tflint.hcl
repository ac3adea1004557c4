# scripts/scan runs tflint with this file, and `tflint --init` installs its rules. Turn off a rule that is wrong here with its reason:
#
#   rule "NAME" {
#     enabled = false # the reason
#   }

plugin "aws" {
  enabled = true
  version = "0.48.0"
  source  = "github.com/terraform-linters/tflint-ruleset-aws"
}

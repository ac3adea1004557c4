#!/bin/sh
# A client: it reports a sign-up and an order of the user in USER_ID. Put your own in its place.
set -eu

submit() {
	curl -sS --fail-with-body -X POST "$SUBMIT_URL" -H 'Content-Type: application/json' -d "$1"
}

submit "{\"event\": \"signup\", \"user_id\": $USER_ID}"
submit "{\"event\": \"order\", \"user_id\": $USER_ID, \"total\": 89.90}"

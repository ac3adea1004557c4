#!/bin/sh
# Tests a client of the API against a running "ingest up": it runs the client, and asserts on the events that arrived.
#
#   sh docs/examples/clienttest/test.sh sh docs/examples/clienttest/client.sh
#
# The arguments are the command that runs the client. The client finds the API's address in SUBMIT_URL, and the user that it reports in
# USER_ID. You need curl 7.76 or newer, grep and sed. Start the pipeline with --buffer-interval 1s, so that the objects come soon.
set -eu

api=${API:-http://127.0.0.1:8080} # the address of ingest up
wait=${WAIT:-10s}                 # how long an event may take, and its object, in seconds

# events asks for the events that the arguments of curl describe.
events() {
	curl -sS --fail-with-body --get "$api/_local/events" "$@"
}

# fail says what is wrong, and what arrived.
fail() {
	echo "FAILED: $1" >&2
	echo "The newest events are: $(events --data limit=10)" >&2
	exit 1
}

# expect N WHAT [ARGUMENT OF CURL]... asserts that exactly N events match. It waits until there are N.
expect() {
	expected=$1 what=$2
	shift 2
	if [ "$expected" -gt 0 ]; then
		set -- --data "least=$expected" --data "wait=$wait" "$@"
	fi
	answer=$(events --data limit=0 "$@") || fail "$answer"
	number=$(echo "$answer" | sed 's/.*"matched":\([0-9]*\),.*/\1/')
	[ "$number" = "$expected" ] || fail "$what: $number events, want $expected"
	echo "ok: $what"
}

# setting NAME is one of the settings that the web page reads.
setting() {
	curl -sS --fail-with-body "$api/config.json" | sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"
}

# 1. Wait until the pipeline answers, and forget the events of other tests.
curl -sS --retry 60 --retry-delay 1 --retry-connrefused -o /dev/null "$api/_local/status"
curl -sS --fail-with-body -o /dev/null -X POST "$api/_local/reset"

# 2. Run the client. A user of its own tells this run's objects from those of earlier runs, which stay in the bucket.
SUBMIT_URL=$(setting submit_url)
USER_ID=$(date +%s)$$
export SUBMIT_URL USER_ID
"$@" > /dev/null || fail "the client ended with $?"

# 3. Assert on what the stream has.
expect 1 "one sign-up is in the stream" --data fate=accepted --data-urlencode 'text="event": "signup"'
expect 1 "one order is in the stream" --data fate=accepted --data-urlencode 'text="event": "order"'
expect 2 "nothing else is in the stream" --data fate=accepted
expect 0 "no event was rejected" --data fate=rejected

# 4. Assert on a rejected event, and on the reason: the schema takes no empty event.
curl -sS -o /dev/null -X POST "$SUBMIT_URL" -H 'Content-Type: application/json' -d '{}'
expect 1 "an empty event is rejected" --data fate=rejected
events --data fate=rejected | grep -q '"reason":"BAD_REQUEST_BODY: [^"]*too few properties' || fail "the reason is another"

# 5. Assert on the object: the sign-up is a record of one. _local/delivered searches the objects.
left=${wait%s}
until curl -sS --fail-with-body --get "$api/_local/delivered" --data limit=1 --data-urlencode "text=\"signup\", \"user_id\": $USER_ID" | grep -q '"key":"events/'; do
	[ "$left" -gt 0 ] || fail "no object holds the sign-up after $wait"
	left=$((left - 1))
	sleep 1
done
echo "ok: the sign-up is in the bucket"

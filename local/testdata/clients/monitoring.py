"""Reads alarms and metrics with boto3, as an operator does. The pipeline's alarm api-4xx is in ALARM."""

import os
from datetime import timedelta

import boto3

client = boto3.client("cloudwatch", endpoint_url=os.environ["ENDPOINT"])

[alarm] = client.describe_alarms(StateValue="ALARM")["MetricAlarms"]
assert alarm["AlarmName"].endswith("-api-4xx"), alarm
assert alarm["StateReason"].startswith("Threshold Crossed: 3 out of the last 3 datapoints [96.0 ("), alarm
assert alarm["Threshold"] == 5.0 and alarm["EvaluationPeriods"] == 3, alarm

items = client.describe_alarm_history(AlarmName=alarm["AlarmName"])["AlarmHistoryItems"]
assert [item["HistorySummary"] for item in items] == [
    "Alarm updated from OK to ALARM",
    "Alarm updated from INSUFFICIENT_DATA to OK",
], items

metrics = [
    metric
    for page in client.get_paginator("list_metrics").paginate(Namespace="AWS/Kinesis")
    for metric in page["Metrics"]
]
assert "PutRecord.Success" in {metric["MetricName"] for metric in metrics}, metrics

end = alarm["StateUpdatedTimestamp"]
start = end - timedelta(minutes=10)
[result] = client.get_metric_data(
    StartTime=start,
    EndTime=end,
    MetricDataQueries=[{"Id": query["Id"], "Expression": query["Expression"]} if "Expression" in query
                       else {"Id": query["Id"], "MetricStat": query["MetricStat"], "ReturnData": False}
                       for query in alarm["Metrics"]],
)["MetricDataResults"]
assert result["Values"] == [96.0, 96.0] and result["Timestamps"][0] == end - timedelta(minutes=5), result

[stream] = metrics[0]["Dimensions"]
points = client.get_metric_statistics(
    Namespace="AWS/Kinesis", MetricName="PutRecord.Success", Dimensions=[stream],
    StartTime=start, EndTime=end, Period=300, Statistics=["Sum"],
)["Datapoints"]
assert [point["Sum"] for point in points] == [5.0, 5.0], points

try:
    client.get_metric_statistics(
        Namespace="N", MetricName="m", StartTime=end, EndTime=start, Period=60, Statistics=["Sum"])
    raise AssertionError("a time that ends before it begins is taken")
except client.exceptions.InvalidParameterValueException:
    pass

print("done")

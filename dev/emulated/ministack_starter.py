"""Starts MiniStack with what it lacks for this project bridged here, so that the template stays the one for AWS.

It takes everything from the environment: GATEWAY_PORT, BIND_HOST and AUTH are MiniStack's own. CALLS_FILE is where every
request that is checked against a policy is written, one JSON object a line. FAIL_RESOURCE is the logical id of a resource
that CloudFormation cannot make, for a deploy that breaks off in the middle.
"""

import json
import os
import signal
import threading
import time

from ministack.core import iam_evaluator, lambda_runtime
from ministack.services.cloudformation import provisioners, stacks


def main():
    end_with_the_parent(os.getppid())
    find_cjs_handlers()
    take_alarms_on_expressions()
    fail_one_resource(os.environ.get("FAIL_RESOURCE"))
    record_calls(os.environ.get("CALLS_FILE"))
    authorize_batches_of_messages()
    call_the_loopback_secure()

    from ministack.app import main as serve

    serve()


def end_with_the_parent(parent):
    """Nobody could stop an emulator whose starter was killed."""

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def find_cjs_handlers():
    """Lambda looks for `<handler>.js`, `.mjs` and `.cjs`; MiniStack's worker does not know the last.

    https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
    """
    know_cjs = 'require("module")._extensions[".cjs"] ??= require("module")._extensions[".js"];\n'
    lambda_runtime._NODEJS_WORKER_SCRIPT = know_cjs + lambda_runtime._NODEJS_WORKER_SCRIPT


def take_alarms_on_expressions():
    """MiniStack keeps alarms on one metric only. One on an expression is kept with its parts and watches the first of its
    metrics, which is enough to see that it is made, changed and deleted; it does not turn with the expression.
    """
    record_of_metric = provisioners._cw_metric_alarm_record

    def record(name, props):
        queries = props.get("Metrics")
        if not queries:
            return record_of_metric(name, props)
        metrics = [query["MetricStat"] for query in queries if "MetricStat" in query]
        if not metrics:
            raise ValueError("Metrics has an expression and no metric that it could be about")
        if sum(query.get("ReturnData", True) is not False for query in queries) != 1:
            raise ValueError("Exactly one element of the metrics list should return data")
        first = metrics[0]
        stand_in = {key: value for key, value in props.items() if key != "Metrics"}
        stand_in.update(first["Metric"], Period=first["Period"], Statistic=first["Stat"])
        return {**record_of_metric(name, stand_in), "Metrics": queries}

    provisioners._cw_metric_alarm_record = record


def authorize_batches_of_messages():
    """IAM has no action for a batch of SQS: sending ten messages in a request needs sqs:SendMessage.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
    """
    enforce = iam_evaluator.enforce

    def enforce_of_one(access_key_id, iam_action, *args, **kwargs):
        is_batch = iam_action.startswith("sqs:") and iam_action.endswith("Batch")
        action = iam_action.removesuffix("Batch") if is_batch else iam_action
        return enforce(access_key_id, action, *args, **kwargs)

    iam_evaluator.enforce = enforce_of_one


def call_the_loopback_secure():
    """AWS is reached over TLS, and policies refuse what is not. Here the requests do not leave the machine."""
    pin_request_origin = iam_evaluator.pin_request_origin

    def pin_as_secure(source_ip, secure_transport):
        pin_request_origin(source_ip, True)

    iam_evaluator.pin_request_origin = pin_as_secure


def fail_one_resource(logical_id):
    """Makes CloudFormation fail at this resource, as at a limit of the account."""
    if not logical_id:
        return
    provision = stacks._provision_resource

    def provision_or_fail(resource_type, resource_id, *args, **kwargs):
        if resource_id == logical_id:
            raise ValueError(f"{logical_id} was told to fail")
        return provision(resource_type, resource_id, *args, **kwargs)

    stacks._provision_resource = provision_or_fail


def record_calls(path):
    """Writes who asked for which action on what, and whether the policies allowed it."""
    if not path:
        return
    enforce = iam_evaluator.enforce
    lock = threading.Lock()

    def enforce_and_record(access_key_id, iam_action, service, region, resource_arn="*", **others):
        refusal = enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, **others)
        call = {
            "principal": iam_evaluator.caller_arn(),
            "action": iam_action,
            "resource": resource_arn,
            "allowed": refusal is None,
            "reason": getattr(refusal, "reason", "") or getattr(refusal, "code", ""),
        }
        with lock, open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(call) + "\n")
        return refusal

    iam_evaluator.enforce = enforce_and_record


if __name__ == "__main__":
    main()

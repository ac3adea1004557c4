"""Makes moto_server a parent of many servers. sitecustomize loads it if MOTOMEND_FORK is set.

A server spends two to three seconds of processor time on its modules and AWS's service models before it answers the first call of
each service. The parent loads them once, and every server is a copy of it.

It reads one line for each server from standard input, `begin LOGFILE`, and answers with `PID PORT` when the port listens. A line
`end PID` ends a server. At the end of its input the parent ends all servers.
"""

import functools
import gc
import os
import signal
import socket
import sys
import traceback

import moto.backends
import moto.core.responses
import moto.core.serialize
import moto.server
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

# The services that the stacks deploy, by moto's names, with botocore's names if those differ. The first call of any other service
# loads it.
SERVICES = {
    "acm": "", "apigateway": "", "athena": "", "cloudfront": "", "cloudwatch": "", "firehose": "", "glue": "", "iam": "", "kinesis": "",
    "kms": "", "logs": "", "route53": "", "s3": "", "sns": "", "sts": "", "wafv2": "", "cognitoidp": "cognito-idp", "awslambda": "lambda",
}  # fmt: skip


# Moto does these for each request, and the results are always the same: twice it looks into its own folder for its services' modules,
# it looks for the methods of a service's class, and for each object of a list it parses the time. The first alone took a sixth of a
# server's processor time.
_modules = tuple(moto.backends.list_of_moto_modules())
moto.backends.list_of_moto_modules = lambda: _modules
moto.core.responses.method_names_from_class = functools.cache(moto.core.responses.method_names_from_class)
moto.core.serialize.parse_to_aware_datetime = functools.lru_cache(maxsize=10_000)(moto.core.serialize.parse_to_aware_datetime)


def serve(application, listener, log):
    """Runs a server until it is ended. It closes the parent's input and output, or their ends would go unnoticed."""
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    for file, number in ((null, 0), (out, 1), (out, 2)):
        os.dup2(file, number)
    host, port = listener.getsockname()
    os.environ["MOTO_PORT"] = str(port)
    make_server(host, port, application, threaded=True, fd=listener.fileno()).serve_forever()


def begin(application, log):
    """Starts a server on a free port; returns its process id and the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        child = os.fork()
        if child == 0:
            try:
                serve(application, listener, log)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(1)
        return child, listener.getsockname()[1]


def end(child):
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def main():
    application = DomainDispatcherApplication(create_backend_app)
    application.debug = True
    for service, model in SERVICES.items():
        application.app_instances[service] = create_backend_app(service)
        get_service_model(model or service)
    # The service models live as long as the process. Without this, each collection in each server would look at all of them, and
    # write to their pages, which the servers would then no longer share.
    gc.collect()
    gc.freeze()
    children = set()
    try:
        for line in iter(sys.stdin.readline, ""):
            command, _, argument = line.rstrip("\n").partition(" ")
            if command == "end":
                children.remove(int(argument))
                end(int(argument))
                print("ended", flush=True)
                continue
            child, port = begin(application, argument)
            children.add(child)
            print(child, port, flush=True)
    finally:
        for child in children:
            end(child)


moto.server.main = main

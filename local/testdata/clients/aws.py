"""Makes one process a parent of many commands of the AWS CLI: python3 aws.py FOLDER.

A command spends most of its processor time on loading the CLI and AWS's service models. The parent loads them once, and every command
is a copy of it. The parent writes a program aws into the folder, and then a line to standard output. The program asks the parent
for a copy with its own arguments, environment and files, and ends with the copy's status.
"""

import contextlib
import gc
import io
import os
import stat
import sys
import traceback

from awscli import clidriver

# The services that the commands ask.
SERVICES = ("cloudwatch", "firehose", "kinesis", "kms", "s3")

# The number is written by a process of its own: for a moment, its standard output is the calls, and a copy takes that of the program.
PROGRAM = """#!/bin/sh
mkfifo "$0.$$" && (echo $$ >"$0.calls") && read -r status <"$0.$$" || exit 255
rm "$0.$$"
exit "$status"
"""


def load():
    """Returns a driver of the CLI that has loaded what the commands need."""
    driver = clidriver.create_clidriver()
    for service in SERVICES:
        driver.session.create_client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    with contextlib.redirect_stdout(io.StringIO()):
        driver.main(["cloudwatch", "get-metric-statistics", "--generate-cli-skeleton"])
    gc.collect()
    gc.freeze()  # the copies share it
    return driver


def run(driver, process):
    """Runs the command of a process, in its place."""
    with open(f"{process}/environ", "rb") as text:
        own = os.environ.get("AWS_DATA_PATH")  # set by the CLI
        os.environb.clear()
        os.environb.update(variable.split(b"=", 1) for variable in text.read().split(b"\0") if variable)
        if own:
            os.environ["AWS_DATA_PATH"] = own
    for number, mode in enumerate((os.O_RDONLY, os.O_WRONLY, os.O_WRONLY)):
        os.dup2(os.open(f"{process}/fd/{number}", mode), number)
    with open(f"{process}/cmdline", "rb") as text:
        _, _, *arguments = text.read().split(b"\0")[:-1]  # the shell, and the program
    return driver.main([os.fsdecode(argument) for argument in arguments])


def copy(driver, process):
    """Runs the command of a process as a copy of this one, and returns its status."""
    child = os.fork()
    if child == 0:
        status = 255
        try:
            status = run(driver, process)
        except SystemExit as end:
            status = end.code
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status or 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder):
    os.stat("/proc/self/fd/1")  # a system without it cannot run this
    driver = load()
    program = os.path.join(folder, "aws")
    with open(program, "w") as text:
        text.write(PROGRAM)
    os.chmod(program, stat.S_IRWXU)
    os.mkfifo(program + ".calls")
    calls = os.fdopen(os.open(program + ".calls", os.O_RDWR))  # it has no end, because this process can write to it
    print("ready", flush=True)
    for call in calls:
        try:
            serve(driver, program, int(call))
        except Exception:  # of one call, for which the others must not wait
            traceback.print_exc()


def serve(driver, program, number):
    """Runs the command of the process with this number, and tells it the status."""
    try:
        status = copy(driver, f"/proc/{number}")
    except Exception:
        traceback.print_exc()
        status = 255
    with open(f"{program}.{number}", "w") as answer:
        print(status, file=answer)


main(sys.argv[1])

#!/usr/bin/env python3
"""Runs the Autobahn|Testsuite against a server or a client, and prints a table of the results.

    python3 tests/conformance/autobahn.py server ws://127.0.0.1:9001/
    python3 tests/conformance/autobahn.py client target/release/conformance_client
    python3 tests/conformance/autobahn.py --cases '1.*,6.4.*' server ws://127.0.0.1:9001/

A client is a program that takes the URL of the suite's fuzzing server as its last argument. It asks for /getCaseCount,
echoes in /runCase?case=NUMBER&agent=NAME for each number, and asks for /updateReports?agent=NAME.

The exit status is 0 if every case passed, 1 if one did not or was not run, 2 if the suite cannot be run, and 77 without
Python 2.7. environment.py says what the suite needs. docs/conformance.md has the results.
"""

import argparse
import collections
import contextlib
import functools
import json
import pathlib
import re
import shutil
import signal
import socket
import sys
import tempfile
import time
from urllib.parse import urlsplit

import environment
from suite import Suite

ALL = "1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*,12.*,13.*"
# The suite writes its results when it ends. So it is run once for each section, and more often for the sections that
# take long: a case that hangs costs the results of its portion alone.
LONG_SECTIONS = {"9", "12", "13"}
PORTION = 18

# From good to bad.
VERDICTS = ["passed", "non-strict", "unimplemented", "failed", "not run"]
# The suite's words for a case's behavior and for its close; all others are failures. What it calls informational it
# does not judge.
WORDS = {
    "OK": "passed",
    "INFORMATIONAL": "passed",
    "NON-STRICT": "non-strict",
    "UNIMPLEMENTED": "unimplemented",
}


def main():
    options = parse_arguments()
    # As an exception, so that what was started is ended on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    try:
        return conform(options)
    except environment.NoPython27 as error:
        print(error, file=sys.stderr)
        return environment.NO_PYTHON27
    except environment.Unavailable as error:
        print(error, file=sys.stderr)
        return 2


def conform(options):
    suite = Suite(environment.prepare(options.environment))
    cases = suite.select(options.cases, options.exclude)
    if options.side == "server":
        check_is_reachable(options.url)
        test = functools.partial(suite.test_server, options.url)
    else:
        test = functools.partial(suite.test_client, options.command)

    start = time.monotonic()
    reports = pathlib.Path(options.reports or tempfile.mkdtemp(prefix="conformance-")).absolute()
    results = test_in_portions(test, cases, reports, options)
    print(f"{options.side}: {len(cases)} cases in {time.monotonic() - start:.0f} s")
    passed = show(cases, results, options.allow)
    if options.json:
        times = {case: [r["behavior"], r["behaviorClose"], r["duration"]] for case, r in results.items()}
        pathlib.Path(options.json).write_text(json.dumps(times, indent=0, sort_keys=True) + "\n")
    if passed and not options.reports:
        shutil.rmtree(reports)
    else:
        print(f"reports: {reports}/*/index.html")
    return 0 if passed else 1


def parse_arguments():
    parser = argparse.ArgumentParser(description="Runs the Autobahn|Testsuite.")
    patterns = functools.partial(str.split, sep=",")
    parser.add_argument("--cases", type=patterns, default=patterns(ALL), help="such as 1.*,7.9.1 (default: all)")
    parser.add_argument("--exclude", type=patterns, default=[], help="the same, of cases that are not run")
    parser.add_argument("--quick", action="store_true", help="excludes sections 9, 12 and 13")
    parser.add_argument(
        "--allow",
        choices=["non-strict", "unimplemented"],
        action="append",
        default=[],
        help="a result that does not fail the run, beside passed",
    )
    parser.add_argument("--timeout", type=float, default=3600, help="for all cases, in seconds")
    parser.add_argument("--portion-timeout", type=float, default=600, help="for 18 cases or a section, in seconds")
    parser.add_argument("--environment", help="where the suite is or will be (default: see environment.py)")
    parser.add_argument("--reports", help="where the suite's reports go (default: they are kept if a case fails)")
    parser.add_argument("--json", help="writes {case: [behavior, behaviorClose, milliseconds]} here")
    sides = parser.add_subparsers(dest="side", required=True)
    server = sides.add_parser("server", help="tests the server at a URL")
    server.add_argument("url")
    client = sides.add_parser("client", help="tests a client program")
    client.add_argument("command", nargs=argparse.REMAINDER, help="the program and its arguments before the URL")
    options = parser.parse_args()
    if options.side == "client" and not options.command:
        client.error("the program is missing")
    if options.quick:
        options.exclude += [f"{section}.*" for section in sorted(LONG_SECTIONS)]
    return options


def check_is_reachable(url):
    parts = urlsplit(url)
    if parts.scheme != "ws" or not parts.hostname:
        raise environment.Unavailable(f"{url} is no URL with `ws://`")
    try:
        socket.create_connection((parts.hostname, parts.port or 80), 5).close()
    except OSError as error:
        raise environment.Unavailable(f"there is no server at {url}: {error}") from error


def test_in_portions(test, cases, reports, options):
    """Runs the cases; returns what the suite says of each, and where its report is."""
    until = time.monotonic() + options.timeout
    results = {}
    for portion in portions(cases):
        name = portion[0] if len(portion) == 1 else f"{portion[0]}-{portion[-1]}"
        seconds = min(options.portion_timeout, until - time.monotonic())
        if seconds <= 0:
            print(f"{name}: no time is left", file=sys.stderr)
            continue
        test(portion, reports / name, seconds)
        results.update(read_results(reports / name))
    return results


def portions(cases):
    sections = collections.defaultdict(list)
    for case in cases:
        sections[section_of(case)].append(case)
    for section, members in sections.items():
        size = PORTION if section in LONG_SECTIONS else len(members)
        for start in range(0, len(members), size):
            yield members[start : start + size]


def section_of(case):
    return case.partition(".")[0]


def read_results(directory):
    try:
        agents = json.loads((directory / "index.json").read_text())
    except (OSError, ValueError):
        # The suite did not get so far.
        return {}
    # There is one agent, regardless of what a client calls itself.
    return {
        case: {**result, "report": directory / result["reportfile"]}
        for results in agents.values()
        for case, result in results.items()
    }


def show(cases, results, allowed):
    """Prints a table of the verdicts, and what is to be said of cases that did not pass; returns whether all did."""
    verdicts = {case: verdict(results.get(case)) for case in cases}
    sections = collections.defaultdict(collections.Counter)
    for case in cases:
        for section in (section_of(case), "all"):
            sections[section][verdicts[case]] += 1
    total = sections.pop("all")
    print(f"| section | cases | {' | '.join(VERDICTS)} |")
    print("|---" + "|---:" * (len(VERDICTS) + 1) + "|")
    for section, counts in [*sections.items(), ("all", total)]:
        print(f"| {section} | {counts.total()} | {' | '.join(str(counts[v]) for v in VERDICTS)} |")

    for bad in VERDICTS[1:]:
        concerned = [case for case in cases if verdicts[case] == bad]
        if concerned:
            print(f"{bad}: {' '.join(concerned)}")
        if bad in ("non-strict", "failed"):
            for case in concerned:
                print(f"  {case}: {explanation(results[case])}")
    return total.keys() <= {"passed", *allowed}


def verdict(result):
    """The worse of the two verdicts on a case's behavior and on its close."""
    if result is None:
        return "not run"
    verdicts = [WORDS.get(result[key], "failed") for key in ("behavior", "behaviorClose")]
    return max(verdicts, key=VERDICTS.index)


def explanation(result):
    """What the suite's report says of a case that it is not content with."""
    said = [f"{result['behavior']}, close {result['behaviorClose']}"]
    with contextlib.suppress(OSError, ValueError, KeyError):
        report = json.loads(result["report"].read_text())
        if verdict({**result, "behaviorClose": "OK"}) != "passed":
            said += [report["result"], f"expected: {report['expectation']}"]
        if verdict({**result, "behavior": "OK"}) != "passed":
            said.append(report["resultClose"])
    # The suite writes HTML.
    return re.sub(r"(<[^>]*>|\s)+", " ", "; ".join(said))


if __name__ == "__main__":
    sys.exit(main())

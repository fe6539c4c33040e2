"""Posts two callbacks for each of many jobs at once, as the relay's client does: 10 s a try, four tries, waits of 1, 2 and 4 s."""
import json, sys, threading, time, urllib.error, urllib.request

url, token, jobs = sys.argv[1], sys.argv[2], int(sys.argv[3])


def body(job, status):
    return json.dumps({"trusted": {"verified_repo": "a/b", "ci_metrics": {"queue_time": 3}},
        "untrusted": {"callback_payload": {"event_type": "pull_request", "delivery_id": "d",
            "payload": {"pull_request": {"number": 7, "head": {"sha": "0" * 40}}},
            "workflow": {"status": status, "conclusion": "success" if status == "completed" else None, "name": "w",
                "job_name": f"job-{job}", "check_run_id": str(job)}}}}).encode()


results, lock = [], threading.Lock()


def step(job, status):
    began, tries, outcome = time.time(), 0, "failed"
    for wait in (1, 2, 4, 0):
        tries += 1
        request = urllib.request.Request(url, body(job, status), {"X-OOT-Relay-Token": token, "Content-Type": "application/json"})
        try:
            urllib.request.urlopen(request, timeout=10).read()
            outcome = "acknowledged"
            break
        except urllib.error.HTTPError as error:
            error.read()
            if error.code < 500:
                break
        except urllib.error.URLError as error:
            # Only what never reached the server is tried again.
            if not isinstance(error.reason, ConnectionRefusedError):
                break
        except OSError:
            break
        time.sleep(wait)
    with lock:
        results.append((outcome, tries, time.time() - began))


threads = [threading.Thread(target=step, args=(job, status)) for job in range(jobs) for status in ("in_progress", "completed")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
failed = sum(outcome != "acknowledged" for outcome, _, _ in results)
took = sorted(seconds for _, _, seconds in results)
print(f"{len(results)} steps, {failed} failed, {sum(tries for _, tries, _ in results) - len(results)} tries more than one each, "
    f"p50 {took[len(took) // 2]:.3f} s, p99 {took[len(took) * 99 // 100]:.3f} s, longest {took[-1]:.3f} s")
sys.exit(failed > 0)

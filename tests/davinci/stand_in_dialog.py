"""Speaks as `foley dialog` does, without a window: what the editor does is a plan, read from a file.

    python stand_in_dialog.py PLAN dialog --folder DIR

PLAN holds {"acts": [...], "trouble": ""}; each act is for the next view that is shown. All that is heard
is kept beside it, in PLAN.heard. A trouble is "silent", "dies", "no tkinter", "too old", "garbage" or "slow".
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time

PLAN, FOLDER = sys.argv[1], sys.argv[4]
with open(PLAN, encoding="utf-8") as file:
    plan = json.load(file)
acts, trouble = plan["acts"], plan["trouble"]
position = 0


def say(**words: object) -> None:
    line = json.dumps(words).encode() + b"\n"
    halves = [line[:9], line[9:]] if trouble == "slow" else [line]
    for half in halves:
        with open(os.path.join(FOLDER, "from-dialog.jsonl"), "ab") as out:
            out.write(half)
        time.sleep(0.15 if trouble == "slow" else 0)


def fail(code: int, reason: str, message: str) -> None:
    print("foley: " + message, file=sys.stderr)
    print(json.dumps({"error": {"message": message, "code": "FAILED_PRECONDITION", "reason": reason}}))
    sys.stdout.flush()
    os._exit(code)


def hear() -> list[dict]:
    global position  # noqa: PLW0603
    with open(os.path.join(FOLDER, "to-dialog.jsonl"), "rb") as heard:
        heard.seek(position)
        new = heard.read()
    position += len(new)
    with open(PLAN + ".heard", "ab") as kept:
        kept.write(new)
    return [json.loads(line) for line in new.splitlines()]


def watch() -> None:
    while os.read(0, 100):
        pass
    with open(PLAN + ".heard", "ab") as kept:
        kept.write(b'{"eof": true}\n')
    os._exit(0)


def act_on(said: dict) -> None:
    act = acts.pop(0)
    if act[0] == "close window between":
        say(cancel=True)
        os._exit(0)
    kind = said["show"]
    if trouble == "garbage":
        say_garbage()
    elif trouble == "dies":
        print("Traceback\nRuntimeError: out of luck", file=sys.stderr)
        sys.stderr.flush()
        os._exit(7)
    elif kind == "ask":
        values = dict(said["question"]["values"])
        values.update(act[1] if len(act) > 1 else {})
        say(answer=values if act[0] == "generate" else None)
        if acts and acts[0][0] == "close window between":
            act_on(said)
    elif kind == "tell":
        say(closed=True)
    elif kind == "choose":
        say(chosen=act[1] if act[0] == "choose" else None)
    elif kind == "progress":
        say(cancel=True)


def say_garbage() -> None:
    with open(os.path.join(FOLDER, "from-dialog.jsonl"), "ab") as out:
        out.write(b"{no json\n")


def main() -> None:
    threading.Thread(target=watch, daemon=True).start()
    if trouble == "no tkinter":
        fail(2, "DIALOG_UNAVAILABLE", "this Python has no tkinter; install python3-tk")
    if trouble == "too old":
        fail(2, "USAGE", "No such command 'dialog'.")
    if trouble == "silent":
        time.sleep(60)
    say(ready=True)
    progress = 0
    while True:
        for said in hear():
            if said.get("close"):
                return
            progress = progress + 1 if said["show"] == "progress" else 0
            waits = acts and acts[0][0] == "cancel at"
            if said["show"] != "progress" or (waits and progress == acts[0][1]):
                act_on(said)
        time.sleep(0.01)


main()

"""A child that speaks as ``foley call`` does, well or badly: PYTHON child.py HOW call METHOD --request …"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

how, _, method, *words = sys.argv[1:]
paths = dict(zip(words[::2], words[1::2], strict=False))
events = os.open(paths["--events"], os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)


def say(text: str | bytes) -> None:
    os.write(events, text if isinstance(text, bytes) else text.encode())


def event(number: int, **what: object) -> str:
    return json.dumps({"job_id": "j", "sequence": str(number), **what}) + "\n"


STAGE = {"name": "hear", "fraction": 0.5, "step": 1, "steps": 2, "words": ""}
DONE = event(9, done={"takes": [{"id": "a", "seed": "5"}]})
if how == "broken-lines":
    say(event(1, queued={"position": 0}) + '{"a": \n[1]\n\xff\nnull\n'.encode("latin-1").decode("latin-1"))
    say(b"\xff\xfe\n" + b"[" * 100_000 + b"\n")
    say(event(2, stage=STAGE).replace('"2"', '"two"'))
    say(DONE)
elif how == "slowly":
    for letter in event(1, queued={"position": 0}) + DONE:
        say(letter)
        time.sleep(0.002)
elif how == "half-a-line":
    say(event(1, queued={"position": 0}) + event(2, stage=STAGE)[:30])
    sys.stderr.write("something broke\n")
    sys.exit(1)
elif how == "killed":
    say(event(1, queued={"position": 0}))
    os.kill(os.getpid(), signal.SIGKILL)
elif how == "thousands":
    say("".join(event(number, stage=STAGE) for number in range(1, 8001)) + DONE)
elif how == "usage":
    print(json.dumps({"error": {"message": "no such option", "code": "INVALID_ARGUMENT", "reason": "USAGE"}}))
    sys.exit(2)
elif how == "lingers":
    say(DONE)
    time.sleep(600)
elif how == "environment":
    say(json.dumps({"names": sorted(os.environ), "folder": os.getcwd()}) + "\n")
elif how == "until-cancelled":
    say(event(1, queued={"position": 0}))
    while not os.path.exists(paths["--cancel-file"]):
        time.sleep(0.01)
    say(event(2, cancelled={"reason": "request"}))
    sys.exit(3)
elif how == "until-input-ends":
    say(event(1, queued={"position": 0}))
    sys.stdin.read()
    say(event(2, cancelled={"reason": "request"}))
    sys.exit(3)
elif how == "fills-the-disk":
    say(event(1, queued={"position": 0}))
    filler = os.open(paths["--request"] + ".filler", os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(filler, b"x" * 4096)
    except OSError:
        say(DONE.rstrip() + " " * 8192 + "\n")  # more than the page that the file has already

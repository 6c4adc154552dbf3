"""The demo: Foley for a bundled clip, and where to find what was made. Run by ``make demo``."""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path

FOLEY = Path(sys.executable).with_name("foley")
FROM, UNTIL = "15", "35"
"""The stretch of the clip in which hands are busy, in seconds."""


def main() -> int:
    """Generates, then prints what lies where and what to try next; returns foley's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", required=True)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--out", required=True)
    given = parser.parse_args()
    words = ["generate", given.clip, "--in", FROM, "--out", UNTIL, "--prompt", given.prompt, "-o", given.out]
    print(f"$ {shlex.join(['foley', *words])}\n")
    done = subprocess.run([FOLEY, *words, "--json"], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        return done.returncode
    report(json.loads(done.stdout))
    return 0


def report(result: dict[str, object]) -> None:
    """Says in words what RESULT, foley's JSON, holds."""
    cue = result["cues"][0]  # type: ignore[index]
    take = cue["takes"][0]
    print("\nMade in this folder:")
    seconds = take["samples"] / take["sample_rate"]
    print(f"  {take['path']}\n      the take: {seconds:.2f} s, 24-bit Broadcast Wave,")
    print(f"      {len(take['events_s'])} sounds on what the picture does")
    print(f"  {result['otio']}\n      the timeline, for DaVinci Resolve, Premiere, Kdenlive and others")
    print(f"  {result['preview']}\n      the clip with its sound: play this first")
    print(f"  {result['picture']}\n      filmstrip, waveform and events in one picture")
    print("\nNext:")
    print(f"  {FOLEY} generate YOUR-CLIP.mp4 --prompt 'footsteps on gravel, light rain'")
    print(f"  {FOLEY} status      what the daemon is doing; it leaves by itself when idle")
    print(f"  {FOLEY} --help")


if __name__ == "__main__":
    sys.exit(main())

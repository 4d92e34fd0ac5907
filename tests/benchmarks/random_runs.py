"""Random sequences of commands for the worker with its files, each state compared after each command with what a fresh Trainer makes of it.

    python -m tests.benchmarks.random_runs [--episodes 1000] [--seed 0]
    python -m tests.benchmarks.random_runs --seed 0 --episode 17 [--kept 2,5,9]

Prints the shortest sequence that fails, and the line that runs it again.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

from tests.random_runs.episode import LONGEST, Episode


def passes(episode: Episode) -> bool:
    """Whether nothing is wrong in an episode; prints the shortest like it where something is."""
    fault = episode.fault()
    if fault is None:
        return True
    print(f"FAILED {episode.command_line}\n{fault.sentence}", flush=True)
    shortest = episode.shortest()
    print(f"shortest: {shortest.command_line}\n{shortest.fault()}", flush=True)
    return False


def main() -> int:
    """Read the options, run episodes, say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first episode")
    parser.add_argument("--episode", type=int, help="run this one alone")
    parser.add_argument("--kept", help="with --episode: do these of its actions alone")
    parser.add_argument("--quick", action="store_true", help="do not shorten what fails")
    parser.add_argument("--longest", type=int, default=LONGEST, help="actions in an episode, at most")
    parser.add_argument(
        "--without", default="", help="names of actions that are left out, with commas between"
    )
    options = parser.parse_args()
    without = tuple(filter(None, options.without.split(",")))
    if options.episode is not None:
        kept = None if options.kept is None else tuple(map(int, options.kept.split(",")))
        fault = Episode(options.seed, options.episode, kept, without, options.longest).fault()
        print(fault or "nothing wrong")
        return int(fault is not None)
    started, failed = perf_counter(), 0
    for number in range(options.first, options.first + options.episodes):
        episode = Episode(options.seed, number, None, without, options.longest)
        if options.quick:
            fault = episode.fault()
            if fault is not None:
                failed += 1
                print(f"FAILED {number}: {fault.sentence:.300}", flush=True)
        else:
            failed += not passes(episode)
    seconds = perf_counter() - started
    print(f"{options.episodes} episodes of seed {options.seed} in {seconds:.0f} s, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""Opens mutated run files: each must be read, or refused with a sentence, at once and in little memory.

    python -m tests.benchmarks.fuzz_run_files [--count 20000] [--seed 0]

Bytes are changed, cut, doubled and swapped in files with and without a log; some get new seals, so that what
lies behind them is reached too. What can be read is then used: exported and brought back as a Trainer.
"""

from __future__ import annotations

import argparse
import resource
import sqlite3
import struct
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from unittest.mock import patch

from visualnet.core.errors import VisualNetError
from visualnet.core.replay.keyframes import Keyframe
from visualnet.core.runfile import keyframe_rows
from visualnet.core.runfile.branch import ROOT, Branch
from visualnet.core.runfile.export import export_run
from visualnet.core.runfile.reader import read_run
from visualnet.core.runfile.save_request import SaveRequest
from visualnet.core.runfile.schema import COLUMNS
from visualnet.core.runfile.sealed import DIGEST_BYTES, sealed
from visualnet.core.runfile.writer import RunStore
from visualnet.core.setup.presets import load_preset
from visualnet.core.setup.run_commands import Change
from visualnet.core.training.trainer import Trainer

LONGEST_SECONDS = 2.0
SMALL_PIECE = 200
"""Bytes: with this, keyframes of a small network are in pieces too."""

LARGEST_BYTES = 500 << 20
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)


def make_sound_file(path: Path, with_log: bool, piece_bytes: int = keyframe_rows.PIECE_BYTES) -> None:
    """A run of a few hundred steps with commands, keyframes, a branch and a validation part.

    Args:
        path: the file.
        with_log: whether a log lies beside it, as a kill leaves one.
        piece_bytes: keyframes of more bytes are written in pieces.
    """
    with patch.object(keyframe_rows, "PIECE_BYTES", piece_bytes):
        _write_sound_file(path, with_log)


def _write_sound_file(path: Path, with_log: bool) -> None:
    setup = replace(load_preset("xor"), steps=600)
    data = setup.data.load()
    trainer = Trainer(setup, replace(data, validation=data.test))
    store = RunStore.create(path, trainer)
    for part in range(6):
        for _ in range(100):
            trainer.step()
        trainer.apply(Change(learning_rate=0.05 + part / 100))
        store.save(batch_of(trainer, ROOT, part))
    branch = Branch(1, 0, 600, 6, "what if")
    trainer.apply(Change(batch_size=2))
    for _ in range(50):
        trainer.step()
    store.save(batch_of(trainer, branch, 9.0))
    if with_log:
        for suffix in ("", "-wal"):
            source = path.with_name(path.name + suffix)
            source.with_name(f"kept{suffix}").write_bytes(source.read_bytes())
    store.close()
    if with_log:
        for suffix in ("", "-wal"):
            path.with_name(f"kept{suffix}").replace(path.with_name(path.name + suffix))


def batch_of(trainer: Trainer, branch: Branch, taken_at: float) -> SaveRequest:
    """All of a Trainer as it is now."""
    view = trainer.history.view()
    keyframe = Keyframe(trainer.state, trainer.past.misclassified)
    return SaveRequest(branch, view, tuple(trainer.journal), keyframe, taken_at)


def change_bytes(content: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        content[random.randrange(len(content))] = random.choice((*INTERESTING, random.randrange(256)))


def change_header(content: bytearray, random: Random) -> None:
    content[random.randrange(min(len(content), 2048))] = random.choice((*INTERESTING, random.randrange(256)))


def cut(content: bytearray, random: Random) -> None:
    del content[random.randrange(len(content)) :]


def swap_pages(content: bytearray, random: Random) -> None:
    first, second = (random.randrange(max(1, len(content) // 4096)) * 4096 for _ in range(2))
    content[first : first + 4096] = content[second : second + 4096]


def lengthen(content: bytearray, random: Random) -> None:
    at = random.randrange(len(content))
    content[at:at] = random.randbytes(random.choice((1, 100, 5000)))


def write_large_number(content: bytearray, random: Random) -> None:
    at = random.randrange(max(1, len(content) - 8))
    content[at : at + 8] = struct.pack(">q", random.choice((2**31 - 1, 2**62, -1, -(2**63))))


MUTATIONS: tuple[Callable[[bytearray, Random], None], ...] = (
    change_bytes, change_bytes, change_header, cut, swap_pages, lengthen, write_large_number,
)  # fmt: skip


def reseal_a_row(path: Path, random: Random) -> None:
    """Change a payload or number inside a sound database and seal it anew, as somebody hostile would."""
    connection = sqlite3.connect(path)
    filled = {table: connection.execute(f"SELECT * FROM {table}").fetchall() for table in COLUMNS}
    table, rows = random.choice([(table, rows) for table, rows in filled.items() if rows])
    id_, *numbers, record = random.choice(rows)
    payload = bytearray(record[DIGEST_BYTES:] or b"?")
    if numbers and random.random() < 0.4:
        numbers[random.randrange(len(numbers))] = random.choice((-1, 0, 1, 2**31, 2**62))
    else:
        random.choice((change_bytes, cut, lengthen, swap_words))(payload, random)
    columns = (*COLUMNS[table], "record")
    values = (*numbers, sealed(bytes(payload), table, *numbers))
    sets = ", ".join(f"{column} = ?" for column in columns)
    connection.execute(f"UPDATE {table} SET {sets} WHERE id = ?", (*values, id_))
    connection.commit()
    connection.close()


def swap_words(payload: bytearray, random: Random) -> None:
    """Make numbers of JSON larger: a one becomes many nines."""
    at = [place for place, byte in enumerate(payload) if chr(byte).isdigit()]
    if at:
        place = random.choice(at)
        payload[place : place + 1] = b"9" * random.choice((1, 4, 12, 30))


def use(path: Path, out: Path) -> str:
    """Read a file and do with it what can be done; how far that went."""
    try:
        run = read_run(path)
    except VisualNetError as error:
        assert len(str(error)) < 1000
        return "refused"
    outcome = "damaged" if run.damage else "sound"
    for form, step in (("csv", None), ("npz", None), ("npz", 450)):
        try:
            export_run(run, max(run.branches), step, out, form)
        except VisualNetError as error:
            assert len(str(error)) < 1000
            outcome += "-"
    return outcome


def fuzz(folder: Path, count: int, seed: int) -> tuple[Counter[str], float]:
    """How many files ended how, and the seconds of computing that the slowest took.

    Raises:
        AssertionError: when one took too long, or was changed by being read.
    """
    random, outcomes, slowest = Random(seed), Counter[str](), 0.0
    bases = {}
    for with_log, piece_bytes in product((False, True), (SMALL_PIECE, keyframe_rows.PIECE_BYTES)):
        base = folder / f"base{with_log}-{piece_bytes}.vnet"
        make_sound_file(base, with_log, piece_bytes)
        log = base.with_name(f"{base.name}-wal")
        bases[with_log, piece_bytes] = base.read_bytes(), log.read_bytes() if log.exists() else None
    path, out = folder / "mutated.vnet", folder / "out"
    log = path.with_name(f"{path.name}-wal")
    for number in range(count):
        piece_bytes = SMALL_PIECE if number % 2 else keyframe_rows.PIECE_BYTES
        content, log_content = (part and bytearray(part) for part in bases[number % 3 == 0, piece_bytes])
        log.unlink(missing_ok=True)
        path.write_bytes(content)
        if log_content is not None:
            random.choice(MUTATIONS)(log_content if random.random() < 0.6 else content, random)
            log.write_bytes(log_content)
            path.write_bytes(content)
        elif number % 3 == 1:
            reseal_a_row(path, random)
        else:
            random.choice(MUTATIONS)(content, random)
            path.write_bytes(content)
        before = path.read_bytes()
        started = process_time()
        try:
            outcomes[use(path, out)] += 1
        except BaseException:
            (Path("/tmp") / f"failed-{number}.vnet").write_bytes(before)
            print(f"file {number} of seed {seed} failed", file=sys.stderr)
            raise
        taken = process_time() - started
        assert taken <= LONGEST_SECONDS, f"file {number} took {taken:.2f} s"
        assert path.read_bytes() == before
        slowest = max(slowest, taken)
    return outcomes, slowest


def peak_bytes() -> int:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Read the options, fuzz, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        outcomes, slowest = fuzz(Path(folder), options.count, options.seed)
    print(f"{options.count:,} files, slowest {slowest:.2f} s, memory {peak_bytes() >> 20} MB")
    for outcome, count in outcomes.most_common():
        print(f"{count:7,} {outcome}")
    return 0 if peak_bytes() <= LARGEST_BYTES else 1


if __name__ == "__main__":
    sys.exit(main())
